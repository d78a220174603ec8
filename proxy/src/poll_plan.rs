//! Decides which candidates to poll, and when. No clock, network or disk.
//!
//! A candidate on somebody's screen is polled often; any other more rarely the longer nothing changes, and
//! in groups: one that is due waits a little for others, and joins the call for those on screens. So the
//! number of calls grows with what people look at and what changes.

use atsi_greenhouse::MAX_CANDIDATE_IDS;
use atsi_protocol::Millis;
use std::collections::HashSet;

const MINUTE: Millis = 60 * 1000;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;
/// Factor between two polls while webhooks bring the changes.
const SLOWER_WITH_HOOKS: u64 = 4;
/// Time for which a screen is polled at full rate.
const FULL_ATTENTION: Millis = 10 * MINUTE;
/// A candidate that is due waits for others, for this part of its interval.
const PATIENCE: u64 = 8;
/// Webhooks count as working if one came within this time.
const HOOK_WITHIN: Millis = DAY;
/// After a read found a change that no webhook had brought, webhooks count as not working for this long.
const DISTRUST: Millis = HOUR;

/// Time until a candidate is polled after a webhook about it: more may have happened than it says.
pub const AFTER_A_HOOK: Millis = HOUR;

/// How often a company's candidates are polled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Time between two polls of a candidate on a screen, in milliseconds.
    pub looked_at: Millis,
    /// Shortest time between two polls of any other candidate, in milliseconds.
    pub others: Millis,
    /// Whether webhooks bring the changes.
    pub hooks: bool,
}

/// The properties of a candidate that decide about its next poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PollState {
    /// When something last changed.
    pub changed_at: Millis,
    pub readable: bool,
    /// Every application is hired or rejected, and there is one.
    pub is_final: bool,
}

/// A candidate in the schedule of polls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheduled {
    pub candidate_id: u64,
    /// Time of the last poll, or of its arrival in Greenhouse.
    pub asked_at: Millis,
    pub due_at: Millis,
}

/// A candidate on a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Looked {
    pub scheduled: Scheduled,
    pub since: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Poll these, at most [`MAX_CANDIDATE_IDS`], each once; `looked_at` if one of them is on a screen and due.
    Ask {
        candidates: Vec<Scheduled>,
        looked_at: bool,
    },
    /// Nothing is due before this time; `None` if there are no candidates.
    Wait(Option<Millis>),
}

impl Pace {
    fn slower(self, every: Millis) -> Millis {
        let factor = if self.hooks { SLOWER_WITH_HOOKS } else { 1 };
        every.saturating_mul(factor)
    }

    /// Returns the time between two polls of a candidate on a screen; it grows if no screen has named the
    /// candidate for long.
    fn between_looks(self, since: Millis, now: Millis) -> Millis {
        let held = now.saturating_sub(since);
        let stretched = (self.looked_at).saturating_mul(held.max(FULL_ATTENTION)) / FULL_ATTENTION;
        self.slower(stretched.min(self.others.max(self.looked_at)))
    }

    /// Returns the time of the next poll of a candidate that was polled just now. `spread`, from 0 to 1,
    /// drives candidates apart that are due together.
    #[must_use]
    pub fn next(self, known: PollState, now: Millis, spread: f64) -> Millis {
        let unchanged = now.saturating_sub(known.changed_at);
        // Recently changed and not final: likely to change again.
        let (part, least, most) = match known {
            PollState {
                readable: false, ..
            } => (8, 4, DAY),
            PollState { is_final: true, .. } => (4, 24, 7 * DAY),
            _ => (16, 1, DAY),
        };
        let least = self.others.saturating_mul(least);
        let every = self.slower((unchanged / part).clamp(least, most.max(least)));
        let earlier = (every / 8) as f64 * spread.clamp(0.0, 1.0);
        now.saturating_add(every).saturating_sub(earlier as Millis)
    }

    /// Returns the time of the next poll of a candidate whose answer may be lost.
    #[must_use]
    pub fn again(self, now: Millis) -> Millis {
        now.saturating_add(self.others)
    }
}

/// Returns whether webhooks bring the changes: one came lately, and no read found a change without one.
#[must_use]
pub fn hooks_tell(heard_at: Option<Millis>, surprised_at: Option<Millis>, now: Millis) -> bool {
    let is_within = |at: Millis, span| now.saturating_sub(at) < span;
    heard_at.is_some_and(|at| is_within(at, HOOK_WITHIN))
        && !surprised_at.is_some_and(|at| is_within(at, DISTRUST))
}

/// Decides what to do now. `soonest`: the candidates that are due first, at least [`MAX_CANDIDATE_IDS`] if
/// there are as many.
#[must_use]
pub fn plan(pace: Pace, looked: &[Looked], soonest: &[Scheduled], now: Millis) -> Plan {
    let mut looked: Vec<(Millis, Scheduled)> = looked
        .iter()
        .map(|one| {
            let asked = one.scheduled.asked_at;
            let at = asked.saturating_add(pace.between_looks(one.since, now));
            (at.min(one.scheduled.due_at.max(asked)), one.scheduled)
        })
        .collect();
    // The longest wait goes first.
    looked.sort_unstable_by_key(|(at, one)| (*at, one.candidate_id));
    let mut soonest = soonest.to_vec();
    soonest.sort_unstable_by_key(|one| (one.due_at, one.candidate_id));

    let looked_at = looked.iter().any(|(at, _)| *at <= now);
    let ripe = |one: &Scheduled| {
        let planned = one.due_at.saturating_sub(one.asked_at);
        one.due_at.saturating_add(planned / PATIENCE)
    };
    let is_full = (soonest.get(MAX_CANDIDATE_IDS - 1)).is_some_and(|last| last.due_at <= now);
    let is_ripe = soonest.iter().any(|one| ripe(one) <= now);
    if looked_at || is_full || is_ripe {
        let waiting = looked.iter().filter(|(at, _)| *at <= now);
        let due = soonest.iter().filter(|one| one.due_at <= now);
        let mut asked = HashSet::new();
        let candidates = waiting
            .map(|(_, one)| one)
            .chain(due)
            .filter(|one| asked.insert(one.candidate_id))
            .take(MAX_CANDIDATE_IDS)
            .copied()
            .collect();
        return Plan::Ask {
            candidates,
            looked_at,
        };
    }
    let full = soonest.get(MAX_CANDIDATE_IDS - 1).map(|last| last.due_at);
    let first_look = looked.first().map(|(at, _)| *at);
    let first_ripe = soonest.iter().map(ripe).min();
    Plan::Wait([full, first_look, first_ripe].into_iter().flatten().min())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PACE: Pace = Pace {
        looked_at: 30_000,
        others: 15 * MINUTE,
        hooks: false,
    };
    const NOW: Millis = 1_800_000_000_000;

    fn scheduled() -> impl Strategy<Value = Scheduled> {
        (1..400_u64, 0..2 * DAY, 0..8 * DAY).prop_map(|(candidate_id, ago, planned)| {
            let asked_at = NOW - ago;
            let due_at = asked_at + planned;
            Scheduled {
                candidate_id,
                asked_at,
                due_at,
            }
        })
    }

    fn looked() -> impl Strategy<Value = Looked> {
        (scheduled(), 0..DAY).prop_map(|(scheduled, ago)| Looked {
            scheduled,
            since: NOW - ago,
        })
    }

    fn pace() -> impl Strategy<Value = Pace> {
        any::<bool>().prop_map(|hooks| Pace { hooks, ..PACE })
    }

    proptest! {
        #[test]
        fn call_has_due_candidates_only_each_once_and_not_too_many(
            pace in pace(),
            looked in prop::collection::vec(looked(), 0..120),
            soonest in prop::collection::vec(scheduled(), 0..120),
        ) {
            match plan(pace, &looked, &soonest, NOW) {
                Plan::Ask { candidates, looked_at } => {
                    prop_assert!(!candidates.is_empty() && candidates.len() <= MAX_CANDIDATE_IDS);
                    let ids: HashSet<u64> = candidates.iter().map(|one| one.candidate_id).collect();
                    prop_assert_eq!(ids.len(), candidates.len());
                    // No candidate is polled before its interval is over or it is due.
                    for one in &candidates {
                        let rested = NOW - one.asked_at >= pace.slower(pace.looked_at);
                        prop_assert!(rested || one.due_at <= NOW, "{:?}", one);
                    }
                    // Candidates on screens come first.
                    if looked_at && candidates.len() == MAX_CANDIDATE_IDS {
                        let is_looked = |one: &Scheduled| looked.iter().any(|l| l.scheduled == *one);
                        let first_other = candidates.iter().position(|one| !is_looked(one));
                        let last_looked = candidates.iter().rposition(is_looked);
                        if let (Some(other), Some(last)) = (first_other, last_looked) {
                            prop_assert!(last < other);
                        }
                    }
                }
                Plan::Wait(until) => {
                    // It waits for a candidate, and not longer than for that.
                    prop_assert_eq!(until.is_none(), looked.is_empty() && soonest.is_empty());
                    if let Some(until) = until {
                        prop_assert!(until > NOW);
                        let later = plan(pace, &looked, &soonest, until);
                        let asks = matches!(later, Plan::Ask { .. });
                        prop_assert!(asks, "{:?}", later);
                    }
                }
            }
        }

        #[test]
        fn recently_changed_candidate_is_polled_sooner_than_a_settled_one(
            pace in pace(),
            ago in 0..400 * DAY,
            longer in 0..400 * DAY,
            spread in 0.0..1.0,
        ) {
            let known = |changed_at, readable, is_final| PollState { changed_at, readable, is_final };
            let after = |known| pace.next(known, NOW, spread) - NOW;
            let active = after(known(NOW - ago, true, false));
            prop_assert!(active >= pace.others / 8 * 7);
            prop_assert!(active <= after(known(NOW - ago - longer, true, false)));
            prop_assert!(active <= after(known(NOW - ago, true, true)));
            prop_assert!(after(known(NOW - ago, true, true)) >= 5 * HOUR);
            // No candidate is forgotten.
            for (readable, is_final) in [(true, false), (true, true), (false, false)] {
                prop_assert!(after(known(NOW - ago, readable, is_final)) <= 28 * DAY);
            }
            let silent = Pace { hooks: false, ..pace };
            let told = Pace { hooks: true, ..pace };
            let lately = known(NOW - ago, true, false);
            prop_assert!(told.next(lately, NOW, spread) > silent.next(lately, NOW, spread));
        }

    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        /// Over half a day, no candidate that is due waits for long.
        #[test]
        fn due_candidate_is_polled_before_long(
            mut all in prop::collection::vec(scheduled(), 1..300),
            looked_at in 0..60_usize,
        ) {
            const STEP: Millis = 24_000;
            let mut seen = HashSet::new();
            all.retain(|one| seen.insert(one.candidate_id));
            let mut latest: Millis = 0;
            for tick in 0..1_800 {
                let now = NOW + tick * STEP;
                let looked: Vec<Looked> = (all.iter().take(looked_at))
                    .map(|one| Looked { scheduled: *one, since: now })
                    .collect();
                let mut soonest = all.clone();
                soonest.sort_unstable_by_key(|one| one.due_at);
                soonest.truncate(MAX_CANDIDATE_IDS);
                let Plan::Ask { candidates, .. } = plan(PACE, &looked, &soonest, now) else {
                    continue;
                };
                for asked in candidates {
                    let one = all.iter_mut().find(|one| **one == asked).unwrap();
                    let patience = one.due_at.saturating_sub(one.asked_at) / PATIENCE;
                    // Candidates that were due before the start are polled first.
                    if tick > 20 {
                        latest = latest.max(now.saturating_sub(one.due_at + patience));
                    }
                    one.asked_at = now;
                    let known = PollState { changed_at: now - DAY, readable: true, is_final: false };
                    one.due_at = PACE.next(known, now, 0.5);
                }
            }
            prop_assert!(latest <= 10 * STEP, "{latest}");
        }
    }

    #[test]
    fn webhooks_count_while_they_come_and_miss_nothing() {
        assert!(!hooks_tell(None, None, NOW));
        assert!(hooks_tell(Some(NOW - HOUR), None, NOW));
        assert!(!hooks_tell(Some(NOW - 25 * HOUR), None, NOW));
        assert!(!hooks_tell(Some(NOW - HOUR), Some(NOW - MINUTE), NOW));
        assert!(hooks_tell(Some(NOW - HOUR), Some(NOW - 2 * HOUR), NOW));
    }

    #[test]
    fn screen_left_alone_is_polled_more_and_more_rarely() {
        let every = |held| PACE.between_looks(NOW - held, NOW);
        assert_eq!(every(0), 30_000);
        assert_eq!(every(10 * MINUTE), 30_000);
        assert_eq!(every(HOUR), 3 * MINUTE);
        assert_eq!(every(DAY), 15 * MINUTE);
    }
}

//! The status in Jopwell's candidate tracker follows Greenhouse: automatically where the company chose so,
//! else by a click. The proxy decides, and lets one browser set a row.

use super::call::{self, Call, ProxyAnswer};
use super::connection::repeat_after;
use super::effect::{Effect, ask_proxy};
use super::look_up::FRESH;
use crate::page::seen::Tracked;
use crate::state::State;
use crate::state::task::SetStatus;
use crate::state::tracker::{PlannedRow, PlannedWait, RowStatus, TimeLeft};
use atsi_protocol::{
    KnownCandidate, Millis, TrackedRow, WriteBackPress, WriteBackRequest, WriteBackResponse,
};

/// What follows from a row that a page shows.
#[derive(Debug, Default)]
pub struct LookedRow {
    pub status: Option<RowStatus>,
    /// What this page is to set. One page is told, once.
    pub set: Option<SetStatus>,
    /// What to ask the proxy; none where enough is known.
    pub question: Option<TrackedRow>,
}

pub fn row(state: &mut State, now: Millis, person: &str, row: &Tracked) -> LookedRow {
    let mut looked = LookedRow::default();
    let Some(stage) = state.known(person).and_then(only_stage) else {
        return looked;
    };
    let asked = TrackedRow {
        row: row.id.clone(),
        external_id: Some(person.to_owned()),
        shows: row.shows.clone(),
        stage: stage.to_owned(),
        press: None,
    };
    let known = (state.tracker.iter_mut()).find(|known| known.asked.row == asked.row);
    let Some(known) = known.filter(|known| known.asked == asked) else {
        looked.question = Some(asked);
        return looked;
    };
    let is_old = known.asked_at + FRESH <= now;
    if is_old {
        looked.question = Some(asked.clone());
    }
    let Some(plan) = &mut known.plan else {
        return looked;
    };
    if is_old {
        plan.set = None;
    }
    match (&plan.to, plan.set.take(), &plan.was) {
        (Some(to), Some(id), _) => {
            known.set = Some(id);
            looked.set = Some(SetStatus {
                row: row.number,
                from: row.shows.clone(),
                to: to.clone(),
                id,
            });
        }
        (Some(to), None, _) => {
            let to = to.clone();
            looked.status = Some(match known.wait {
                Some(wait) => RowStatus::Waits {
                    to,
                    left: TimeLeft::of(wait.due.saturating_sub(now)).0,
                },
                None => RowStatus::Offered {
                    to,
                    stage: asked.stage,
                },
            });
        }
        (None, _, Some(was)) => looked.status = Some(RowStatus::SetByAtsi { was: was.clone() }),
        (None, _, None) => {}
    }
    looked
}

/// While a page is open, has its rows show the time left, and asks about them when it is over. Returns when
/// to check again.
pub fn tick(state: &mut State, now: Millis, effects: &mut Vec<Effect>) -> Option<Millis> {
    if !state.is_watched() {
        return None;
    }
    let mut next: Option<Millis> = None;
    let mut is_news = false;
    for row in &mut state.tracker {
        let Some(wait) = &mut row.wait else {
            continue;
        };
        if wait.due <= now {
            row.asked_at = 0;
            row.wait = None;
            is_news = true;
            continue;
        }
        if wait.shown_until <= now {
            wait.shown_until = now + TimeLeft::of(wait.due - now).1;
            is_news = true;
        }
        let until = wait.shown_until;
        next = Some(next.map_or(until, |next| next.min(until)));
    }
    if is_news {
        effects.push(Effect::TellPages);
    }
    next
}

/// The stage of the only application; with several, nobody knows which one the row is about.
fn only_stage(known: &KnownCandidate) -> Option<&str> {
    let status = known.status.as_ref().filter(|status| status.readable)?;
    match status.applications.as_slice() {
        [application] => Some(application.stage_or_status()),
        _ => None,
    }
}

pub fn ask(state: &mut State, now: Millis, rows: Vec<TrackedRow>, effects: &mut Vec<Effect>) {
    if rows.is_empty() || !state.is_connected() {
        return;
    }
    for asked in &rows {
        let before = forget(state, &asked.row);
        let set = before.as_ref().and_then(|before| before.set);
        // The plan for the very same row holds until there is an answer.
        let same = before.filter(|before| before.asked == *asked);
        state.tracker.push(PlannedRow {
            asked: TrackedRow {
                press: None,
                ..asked.clone()
            },
            asked_at: now,
            wait: same.as_ref().and_then(|same| same.wait),
            plan: same.and_then(|same| same.plan),
            set,
        });
    }
    let request = WriteBackRequest { rows };
    ask_proxy(state, Call::PlanWriteBacks(request), effects);
}

fn forget(state: &mut State, row: &str) -> Option<PlannedRow> {
    let at = (state.tracker.iter()).position(|known| known.asked.row == row)?;
    Some(state.tracker.swap_remove(at))
}

/// The proxy knows how setting a row went, so what it said of the row before is outdated. The row stays:
/// somebody may click before it is asked about again. Where the report did not arrive, the row is free again
/// soon.
pub fn finished(state: &mut State, id: u64, effects: &mut Vec<Effect>) {
    for row in &mut state.tracker {
        if row.set == Some(id) {
            row.asked_at = 0;
            row.set = None;
        }
    }
    effects.push(Effect::TellPages);
}

pub fn answered(
    state: &mut State,
    now: Millis,
    request: &WriteBackRequest,
    answer: &ProxyAnswer,
    effects: &mut Vec<Effect>,
) {
    let response = match call::read::<WriteBackResponse>(answer) {
        Ok(response) => response,
        Err(trouble) => {
            if repeat_after(state, now, &trouble) {
                for known in &mut state.tracker {
                    if request.rows.iter().any(|row| row.row == known.asked.row) {
                        known.asked_at = 0;
                    }
                }
            }
            return;
        }
    };
    for asked in &request.rows {
        let known = (state.tracker.iter_mut()).find(|known| known.asked.row == asked.row);
        let Some(known) = known else { continue };
        let mut plan = (response.rows.iter())
            .find(|plan| plan.row == asked.row)
            .cloned();
        if let (Some(plan), Some(earlier)) = (&mut plan, &known.plan)
            && plan.to == earlier.to
        {
            // An answer that was overtaken takes nothing away from the one that came before it.
            plan.set = plan.set.or(earlier.set);
        }
        known.asked_at = now;
        // By this clock: the proxy's may differ.
        let left = plan.as_ref().and_then(|plan| plan.sets_in);
        known.wait = left.map(|left| PlannedWait {
            due: now + left,
            shown_until: now + TimeLeft::of(left).1,
        });
        known.plan = plan;
    }
    effects.push(Effect::TellPages);
}

/// A person clicked in a row.
pub fn clicked(
    state: &mut State,
    now: Millis,
    row: &str,
    press: WriteBackPress,
    effects: &mut Vec<Effect>,
) {
    let known = state.tracker.iter().find(|known| known.asked.row == row);
    if let Some(known) = known {
        let asked = TrackedRow {
            press: Some(press),
            ..known.asked.clone()
        };
        ask(state, now, vec![asked], effects);
    }
}

/// A page reports how setting a row went.
pub fn reported(state: &State, id: u64, is_set: bool, effects: &mut Vec<Effect>) {
    ask_proxy(state, Call::FinishWriteBack { id, is_set }, effects);
}

#[cfg(test)]
mod tests;

//! Candidates who were hired, got an offer or were rejected: the browser notifies whoever wants it, once.

use super::call::Call;
use super::effect::{Effect, ask_proxy, save_settings};
use crate::page::address::Address;
use crate::state::State;
use crate::state::notifications::{DAY, MINUTE, Milestone, News, NewsKind, Notifications};
use atsi_protocol::{Change, Millis, SendState};

/// News within this time become one notification.
const TOGETHER: Millis = 60_000;
/// How often the proxy is asked while no page of either site is open.
const LOOK_EVERY: Millis = 5 * 60_000;
/// Applications whose last notification is remembered.
const ANNOUNCED_KEPT: usize = 500;
const MOST_WAITING: usize = 200;
/// The page that a notification of several news opens.
const CANDIDATES: &str = "candidates.html";

/// A person chose anew. What was wanted before is still wanted since that time.
pub fn choose(
    state: &mut State,
    now: Millis,
    mut wanted: Notifications,
    effects: &mut Vec<Effect>,
) {
    let before = *state.settings.notifications.take().unwrap_or_default();
    for (wanted, before) in [
        (&mut wanted.hired, before.hired),
        (&mut wanted.offer, before.offer),
        (&mut wanted.rejected, before.rejected),
    ] {
        *wanted = wanted.map(|_| before.unwrap_or(now));
    }
    wanted.announced = before.announced;
    wanted.waiting = before.waiting;
    // It may have waited for other quiet hours.
    wanted.due = before.due.map(|due| due.min(now + TOGETHER));
    let is_on = wanted.hired.or(wanted.offer).or(wanted.rejected).is_some();
    state.settings.notifications = is_on.then(|| Box::new(wanted));
    save_settings(state, effects);
    // From which number on.
    if is_on && state.settings.after.is_none() {
        ask_proxy(state, Call::GetChanges { after: None }, effects);
    }
}

/// Takes news from changes with greater numbers than `known`. They are on disk together with the number.
pub fn heard(state: &mut State, now: Millis, changes: &[Change], known: u64) {
    let Some(wanted) = &mut state.settings.notifications else {
        return;
    };
    for Change { number, candidate } in changes {
        if *number <= known {
            continue;
        }
        let key = &candidate.idempotency_key;
        let (SendState::Created(there) | SendState::Existing(there)) = &candidate.send else {
            // Erased, or no longer there.
            wanted.waiting.retain(|news| news.key != *key);
            continue;
        };
        for application in candidate
            .status
            .iter()
            .flat_map(|status| &status.applications)
        {
            let kind = NewsKind::of(application);
            let milestone = kind.map(|kind| Milestone {
                application: application.application_id,
                kind,
            });
            // Notify again only after the status has changed back.
            let stays = |known: &Milestone| {
                known.application != application.application_id || Some(*known) == milestone
            };
            wanted.announced.retain(stays);
            wanted.waiting.retain(|news| stays(&news.milestone));
            let Some(milestone) = milestone else { continue };
            let since = wanted.wanted_since(milestone.kind).zip(application.since);
            if since.is_none_or(|(wanted, since)| since < wanted)
                || wanted.announced.contains(&milestone)
                || !wanted.concerns_me(&state.records, candidate)
            {
                continue;
            }
            if wanted.waiting.len() < MOST_WAITING {
                wanted.waiting.push(News {
                    milestone,
                    key: key.clone(),
                    page: there.profile_url.clone(),
                    job: application.job.clone().unwrap_or_default(),
                });
            }
            if wanted.announced.len() >= ANNOUNCED_KEPT {
                wanted.announced.remove(0);
            }
            wanted.announced.push(milestone);
            wanted.due.get_or_insert(now + TOGETHER);
        }
    }
}

/// Shows the news that are due. Returns when to check again.
pub fn tick(state: &mut State, now: Millis, effects: &mut Vec<Effect>) -> Option<Millis> {
    let wanted = state.settings.notifications.as_mut()?;
    let due = wanted.due?;
    // Nothing waits for a day: the clock was set back since.
    if (now + 1..=now + DAY * MINUTE).contains(&due) {
        return Some(due);
    }
    if let Some(end) = wanted.quiet_end(now, state.minutes_east) {
        wanted.due = Some(end);
        return Some(end);
    }
    wanted.due = None;
    let mut news = std::mem::take(&mut wanted.waiting);
    // The person may want less by now.
    news.retain(|one| wanted.wanted_since(one.milestone.kind).is_some());
    // The id says where a click leads. Should the worker end before this is on disk, the same notification
    // comes once more and replaces the first.
    let id = match news.as_slice() {
        [] => return None,
        [one] => one.page.clone(),
        _ => format!("{CANDIDATES}#{}", state.settings.after.unwrap_or_default()),
    };
    effects.push(Effect::Notify { id, news });
    save_settings(state, effects);
    None
}

/// After the clock was set back: the due time lies in the future, so it is due now.
pub fn make_due(state: &mut State, now: Millis) {
    let wanted = state.settings.notifications.as_mut();
    if let Some(due) = wanted.and_then(|wanted| wanted.due.as_mut()) {
        *due = now;
    }
}

/// A notification was clicked.
pub fn clicked(id: String, effects: &mut Vec<Effect>) {
    let is_greenhouse =
        Address::parse(&id).is_some_and(|page| page.host.ends_with(".greenhouse.io"));
    if is_greenhouse || id.starts_with(CANDIDATES) {
        effects.push(Effect::OpenPage(id));
    }
}

/// Asks for changes while no page is open, because no channel is then. Returns when to ask again.
pub fn look(state: &mut State, now: Millis, effects: &mut Vec<Effect>) -> Option<Millis> {
    state.settings.notifications.as_ref()?;
    if state.look_for_news_at <= now {
        state.look_for_news_at = now + LOOK_EVERY;
        let after = state.settings.after;
        ask_proxy(state, Call::GetChanges { after }, effects);
    }
    Some(state.look_for_news_at)
}

#[cfg(test)]
mod tests;

//! The live channel: what changed at the proxy, told while a page of either site is open.
//!
//! A change says how a send stands now, with a number; a change that comes late or twice has a number that
//! is known already. It updates what is known and never adds to it: which of a person's sends counts, the
//! proxy says when it is asked.

use super::call::{self, Call, ProxyAnswer, since};
use super::effect::{Effect, ask_proxy, keep, save_settings};
use super::{connection, jobs, notifications};
use crate::state::known::{KnownInGreenhouse, KnownPerson};
use crate::state::live::{Channel, Live};
use crate::state::record::{Whereabouts, doubled};
use crate::state::{State, find};
use atsi_protocol::live::{LiveMessage, MAX_LOOKING};
use atsi_protocol::{Change, ChangesPage, Millis, SendState};

/// How often to check whether a page is still open. Browsers stop a worker that had nothing to do for half
/// a minute, and the channel with it.
const CHECK_PAGES_EVERY: Millis = 20_000;
/// Waits between attempts to open the channel: doubled from the first up to the last, each made up to
/// a half shorter or longer, so that a proxy that starts again is not asked by everybody at once.
const FIRST_WAIT: Millis = 1_000;
const LONGEST_WAIT: Millis = 30_000;
/// Bytes of ids in one message. A message longer than `MAX_MESSAGE_BYTES` would end the channel; ids have
/// few characters that JSON escapes.
const MOST_ID_BYTES: usize = 12_000;

/// A page asks about these people: all that it shows or, of a list, some `more`.
pub fn looked(state: &mut State, tab: u32, mut people: Vec<String>, more: bool) {
    let live = &mut state.live;
    if !live.is_watched {
        live.is_watched = true;
        live.due = 0;
    }
    let known = live.tabs.iter().position(|(known, _)| *known == tab);
    if let Some(at) = known {
        let (_, before) = live.tabs.swap_remove(at);
        if more {
            people.extend(before);
        }
    }
    people.truncate(MAX_LOOKING);
    live.tabs.push((tab, people));
}

/// Tells the proxy whose status it should read often.
fn report_people(live: &mut Live, effects: &mut Vec<Effect>) {
    let mut room = MOST_ID_BYTES;
    let people: Vec<String> = (live.tabs.iter())
        .flat_map(|(_, people)| people)
        .take(MAX_LOOKING)
        .take_while(|id| {
            room = room.saturating_sub(id.len() + 3);
            room > 0
        })
        .cloned()
        .collect();
    if people != live.reported {
        effects.push(Effect::ReportPeople(people.clone()));
        live.reported = people;
    }
}

/// These tabs have a page of ours.
pub fn counted(state: &mut State, tabs: &[u32], effects: &mut Vec<Effect>) {
    let live = &mut state.live;
    live.is_watched = !tabs.is_empty();
    live.tabs.retain(|(tab, _)| tabs.contains(tab));
    // What a worker that ended had asked for them, nobody else asks.
    let asked = |tab: &u32| live.tabs.iter().any(|(known, _)| known == tab);
    if !std::mem::replace(&mut live.is_counted, true) && !tabs.iter().all(asked) {
        effects.push(Effect::TellPages);
    }
}

/// Does what is due now. Returns when to check again.
pub fn tick(state: &mut State, now: Millis, effects: &mut Vec<Effect>) -> Option<Millis> {
    // A member hears of it when somebody connects the company.
    let may_listen = state.is_connected() || state.settings.company.is_some();
    let is_wanted = state.is_watched() && may_listen && !state.is_signed_out();
    if !is_wanted {
        hang_up(state, effects);
        return match may_listen && !state.is_signed_out() {
            true => notifications::look(state, now, effects),
            false => None,
        };
    }
    let live = &mut state.live;
    if live.due <= now {
        effects.push(Effect::CountPages);
        if live.channel == Channel::Opening {
            // It took too long.
            lost(state, now, effects);
        } else {
            live.due = now + CHECK_PAGES_EVERY;
            if live.channel == Channel::Open {
                report_people(live, effects);
            } else {
                live.channel = Channel::Opening;
                live.reported.clear();
                effects.push(Effect::Listen {
                    base: state.settings.proxy.clone(),
                    path: since("/v1/live", state.settings.after),
                });
            }
        }
    }
    Some(state.live.due)
}

/// The channel broke, or could not be opened. Until it can, the proxy is asked at each attempt.
pub fn lost(state: &mut State, now: Millis, effects: &mut Vec<Effect>) {
    let live = &mut state.live;
    live.channel = Channel::Closed;
    live.tries += 1;
    let wait = doubled(FIRST_WAIT, LONGEST_WAIT, live.tries);
    let luck = now.wrapping_mul(0x5851_f42d_4c95_7f2d) >> 33;
    live.due = now + wait / 2 + luck % wait;
    if live.tries > 1 {
        let after = state.settings.after;
        ask_proxy(state, Call::GetChanges { after }, effects);
    }
}

/// A message of the channel.
pub fn heard(state: &mut State, now: Millis, message: LiveMessage, effects: &mut Vec<Effect>) {
    match message {
        LiveMessage::Changes(page) => {
            state.live.channel = Channel::Open;
            state.live.tries = 0;
            learn(state, now, page, effects);
        }
        LiveMessage::Changed { .. } => connection::ask_now(state, now, effects),
        LiveMessage::Looking { .. } | LiveMessage::Unknown => {}
    }
}

/// An answer to `/v1/changes`, which is asked where the channel cannot be had.
pub fn answered(state: &mut State, now: Millis, answer: &ProxyAnswer, effects: &mut Vec<Effect>) {
    match call::read::<ChangesPage>(answer) {
        Ok(page) => learn(state, now, page, effects),
        Err(trouble) if trouble.is_signed_out() => {
            connection::note_trouble(state, now, trouble, effects);
        }
        Err(_) => {}
    }
}

fn learn(state: &mut State, now: Millis, page: ChangesPage, effects: &mut Vec<Effect>) {
    if state.trouble.take().is_some() {
        effects.push(Effect::TellPages);
    }
    let known_to = state.settings.after;
    let is_anew = page.reset || known_to.is_none();
    if is_anew {
        state.directory.clear();
        state.live.floor = page.next;
    }
    if is_anew || !page.jobs.is_empty() {
        jobs::changed(state, (!is_anew).then_some(page.jobs.as_slice()));
        effects.push(Effect::TellPages);
    }
    if let Some(known) = known_to.filter(|_| !is_anew) {
        notifications::heard(state, now, &page.changes, known);
    }
    if is_anew || known_to.is_some_and(|known| known < page.next) {
        state.settings.after = Some(page.next);
        save_settings(state, effects);
    }
    if !page.changes.is_empty() {
        effects.push(Effect::TellPages);
    }
    for change in page.changes {
        learn_change(state, now, change, effects);
    }
    if page.more && state.live.channel != Channel::Open {
        let after = state.settings.after;
        ask_proxy(state, Call::GetChanges { after }, effects);
    }
}

fn learn_change(state: &mut State, now: Millis, change: Change, effects: &mut Vec<Effect>) {
    let Change { number, candidate } = change;
    let key = &candidate.idempotency_key;
    if let Some(record) = find(&mut state.records, key)
        && matches!(&record.at, Whereabouts::AtProxy(known) if *known != candidate.send)
    {
        record.learn(now, candidate.send.clone());
        keep(record, effects);
    }
    let directory = &mut state.directory;
    if candidate.external_id.is_empty() {
        // Erased: only the key is left. An answer on its way may still name anybody.
        state.live.floor = state.live.floor.max(number);
        let is_it = |person: &KnownPerson| {
            (person.candidate.as_ref()).is_some_and(|known| known.idempotency_key == *key)
        };
        directory.people.retain(|_, person| !is_it(person));
        return;
    }
    if let SendState::Created(there) | SendState::Existing(there) = &candidate.send
        && let Some(known) = directory.candidates.get_mut(&there.candidate_id)
        && known.external_id.is_none()
    {
        *known = KnownInGreenhouse::default();
    }
    let Some(person) = directory.people.get_mut(&candidate.external_id) else {
        return;
    };
    if person.number >= number {
        return;
    }
    person.number = number;
    match &mut person.candidate {
        Some(known) if known.idempotency_key == *key => *known = candidate,
        _ => person.asked_at = 0,
    }
}

/// Returns whether an answer to a question from this number on may be older than what is known.
#[must_use]
pub fn is_outdated(state: &State, asked_at_number: u64) -> bool {
    asked_at_number < state.live.floor
}

/// Closes the channel; the session that is on disk then opens the next.
pub fn hang_up(state: &mut State, effects: &mut Vec<Effect>) {
    let live = &mut state.live;
    live.tries = 0;
    live.due = 0;
    if std::mem::take(&mut live.channel) != Channel::Closed {
        effects.push(Effect::HangUp);
    }
}

#[cfg(test)]
mod tests;

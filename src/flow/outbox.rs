//! Sends on disk that are not known to be done: what is due goes out, what is settled is forgotten in time.

use super::call::Call;
use super::effect::{Effect, ask_proxy};
use super::send::own_problem;
use super::{connection, live, notifications, tracker};
use crate::state::record::{Record, Whereabouts};
use crate::state::{State, find};
use atsi_protocol::{Millis, SendState};

/// When to check on a request that is on its way: the worker may be stopped, or trap, meanwhile, and only
/// an alarm wakes it.
const CHECK_AFTER: Millis = 30_000;
/// Settled sends that are kept for the popup and for pages seen while the proxy is away.
pub const SENDS_KEPT: usize = 500;
/// Settled applications that are kept.
const APPLICATIONS_KEPT: usize = 5_000;

/// Makes everything due that is not settled.
pub fn resume(records: &mut [Record], now: Millis) {
    for record in records {
        if record.due.is_some() {
            record.due = Some(now);
        }
    }
}

/// A record could not be written to disk, so its send must not go out.
pub fn not_kept(state: &mut State, now: Millis, key: &str, effects: &mut Vec<Effect>) {
    let Some(record) = find(&mut state.records, key) else {
        return;
    };
    record.in_flight = false;
    if matches!(record.at, Whereabouts::Here { .. }) {
        let problem = own_problem(key!(
            "The browser could not store this send (is the disk full?), so it was not sent."
        ));
        record.learn(now, SendState::Refused { problem });
        effects.push(Effect::TellPages);
    }
}

/// Retries a send now.
pub fn try_now(state: &mut State, now: Millis, key: &str) {
    if let Some(record) = find(&mut state.records, key).filter(|record| !record.is_final()) {
        record.due = Some(now);
    }
}

/// Removes a settled send from the lists.
pub fn dismiss(state: &mut State, key: String, effects: &mut Vec<Effect>) {
    if state.record(&key).is_some_and(Record::is_final) {
        forget(state, key, effects);
        effects.push(Effect::TellPages);
    }
}

pub fn forget(state: &mut State, key: String, effects: &mut Vec<Effect>) {
    state.records.retain(|record| record.key != key);
    effects.push(Effect::Forget { key });
}

/// Starts what is due in every story, and sets the alarm for the next.
pub fn start_what_is_due(state: &mut State, now: Millis, effects: &mut Vec<Effect>) {
    let others = [
        live::tick(state, now, effects),
        tracker::tick(state, now, effects),
        notifications::tick(state, now, effects),
        connection::repeat_what_is_due(state, now, effects),
        post_what_is_due(state, now, effects),
    ];
    if let Some(next) = others.into_iter().flatten().min()
        && state.wake.is_none_or(|wake| next < wake || wake <= now)
    {
        state.wake = Some(next);
        effects.push(Effect::WakeAt(next));
    }
}

/// Returns when to check again.
fn post_what_is_due(state: &mut State, now: Millis, effects: &mut Vec<Effect>) -> Option<Millis> {
    let mut next: Option<Millis> = None;
    let mut calls = Vec::new();
    for record in &mut state.records {
        let Some(due) = record.due else { continue };
        let at = match record.in_flight || due <= now {
            true => now + CHECK_AFTER,
            false => due,
        };
        next = Some(next.map_or(at, |next| next.min(at)));
        if record.in_flight || due > now {
            continue;
        }
        record.in_flight = true;
        let (key, is_application) = (record.key.clone(), record.job.is_some());
        calls.push(match &record.at {
            Whereabouts::Here { request, .. } => Call::PostSend {
                key,
                body: request.clone(),
                is_application,
            },
            Whereabouts::AtProxy(_) => Call::GetSend {
                key,
                is_application,
            },
        });
    }
    for call in calls {
        ask_proxy(state, call, effects);
    }
    next
}

/// Forgets the oldest settled sends. Applications are kept longer: while a row is still in the tracker, one
/// that was forgotten would be read and sent again.
pub fn forget_old(state: &mut State, effects: &mut Vec<Effect>) {
    for (is_application, most) in [(false, SENDS_KEPT), (true, APPLICATIONS_KEPT)] {
        let is_one = |record: &&Record| record.is_final() && record.job.is_some() == is_application;
        while state.records.iter().filter(is_one).count() > most {
            let settled = state.records.iter().filter(is_one);
            let Some(oldest) = settled.min_by_key(|record| record.asked_at) else {
                return;
            };
            let key = oldest.key.clone();
            forget(state, key, effects);
        }
    }
}

/// Shows on the toolbar how many sends wait or need a decision.
pub fn count_waiting(state: &mut State, effects: &mut Vec<Effect>) {
    let waiting = (state.records.iter())
        .filter(|record| record.waits_or_needs_decision())
        .count();
    if waiting != state.toolbar {
        state.toolbar = waiting;
        effects.push(Effect::Toolbar { waiting });
    }
}

#[cfg(test)]
mod tests;

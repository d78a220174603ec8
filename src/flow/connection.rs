//! The company's connection to Greenhouse, as the proxy has it.

use super::call::{self, Call, ProxyAnswer};
use super::effect::{Effect, ask_proxy, save_settings};
use crate::state::State;
use crate::state::record::Whereabouts;
use crate::state::trouble::Trouble;
use atsi_protocol::{Connection, Millis};

/// How long the proxy is left alone after it failed to answer a question.
pub const PAUSE_AFTER_TROUBLE: Millis = 10_000;

/// Asks for the connection, unless that was done just now.
pub fn ask(state: &mut State, now: Millis, effects: &mut Vec<Effect>) {
    if state
        .connection_asked_at
        .is_none_or(|asked| asked + PAUSE_AFTER_TROUBLE <= now)
    {
        ask_now(state, now, effects);
    }
}

pub fn ask_now(state: &mut State, now: Millis, effects: &mut Vec<Effect>) {
    state.connection_asked_at = Some(now);
    ask_proxy(state, Call::GetConnection, effects);
}

pub fn answered(state: &mut State, now: Millis, answer: &ProxyAnswer, effects: &mut Vec<Effect>) {
    match call::read::<Connection>(answer) {
        Ok(connection) => learn(state, now, connection, effects),
        Err(trouble) => note_trouble(state, now, trouble, effects),
    }
}

fn learn(state: &mut State, now: Millis, connection: Connection, effects: &mut Vec<Effect>) {
    state.trouble = None;
    state.connection_asked_at = Some(now);
    if state.settings.connection.as_ref() != Some(&connection) {
        state.settings.connection = Some(connection);
        save_settings(state, effects);
        effects.push(Effect::TellPages);
    }
    if state.is_connected() {
        let is_known = |candidate: &Option<_>| candidate.is_some();
        (state.directory.people).retain(|_, person| is_known(&person.candidate));
        for record in &mut state.records {
            let waits = matches!(
                record.at,
                Whereabouts::Here {
                    trouble: Some(_),
                    ..
                }
            );
            if waits && !record.in_flight {
                record.due = Some(now);
            }
        }
    }
}

/// The proxy could not be asked, or did not let itself be asked.
pub fn note_trouble(state: &mut State, now: Millis, trouble: Trouble, effects: &mut Vec<Effect>) {
    let is_news = state.trouble.as_ref().map(|(_, known)| known) != Some(&trouble);
    if trouble == Trouble::NotConnected {
        ask_now(state, now, effects);
    }
    if trouble.is_signed_out() {
        // Only members may see what the company knows.
        state.directory.clear();
        effects.push(Effect::ForgetSession);
        if state.settings.connection.take().is_some() {
            save_settings(state, effects);
        }
    }
    state.trouble = Some((now, trouble));
    if is_news {
        effects.push(Effect::TellPages);
    }
}

/// Has open pages look again soon, where asking again can help. Returns whether it can.
pub fn repeat_after(state: &mut State, now: Millis, trouble: &Trouble) -> bool {
    let helps = !trouble.is_refusal() && !trouble.is_signed_out();
    if helps {
        repeat_at(state, now + PAUSE_AFTER_TROUBLE);
    }
    helps
}

/// Has open pages look again at this moment, or earlier.
pub fn repeat_at(state: &mut State, at: Millis) {
    state.repeat_at = Some(state.repeat_at.map_or(at, |known| known.min(at)));
}

/// Repeats an unanswered question while a page waits for it. Returns when to check again.
pub fn repeat_what_is_due(
    state: &mut State,
    now: Millis,
    effects: &mut Vec<Effect>,
) -> Option<Millis> {
    let at = state.repeat_at?;
    if state.is_watched() && at > now {
        return Some(at);
    }
    state.repeat_at = None;
    if state.is_watched() {
        effects.push(Effect::TellPages);
    }
    None
}

//! What the proxy knows of the people on a page.

use super::call::{self, Call, ProxyAnswer};
use super::connection::{PAUSE_AFTER_TROUBLE, note_trouble, repeat_after, repeat_at};
use super::effect::{Effect, ask_proxy};
use super::live;
use crate::state::State;
use atsi_protocol::{
    KnownCandidate, LookupRequest, LookupResponse, MAX_LOOKUP_IDS, Millis, SendState,
};
use std::collections::HashMap;

/// How long an answer about a person is used before it is asked for again.
pub const FRESH: Millis = 60_000;
/// The same for a status, which somebody may just have changed in Greenhouse.
pub const STATUS_FRESH: Millis = 10_000;

/// Asks about people by their ids on Jopwell.
pub fn people(state: &mut State, now: Millis, ids: &[String], effects: &mut Vec<Effect>) {
    let mut stale = Vec::new();
    for id in ids {
        let known = state.directory.people.get(id);
        if known.is_none_or(|known| known.asked_at + FRESH <= now) && !stale.contains(id) {
            stale.push(id.clone());
        }
    }
    for ids in stale.chunks(MAX_LOOKUP_IDS) {
        let request = LookupRequest {
            external_ids: ids.to_vec(),
            ..LookupRequest::default()
        };
        ask(state, now, request, effects);
    }
}

/// Asks about candidates by their ids in Greenhouse; `refresh`: and to read their status anew.
pub fn candidates(
    state: &mut State,
    now: Millis,
    ids: Vec<u64>,
    refresh: bool,
    effects: &mut Vec<Effect>,
) {
    let mut stale = Vec::new();
    for id in ids {
        let known = state.directory.candidates.get(&id);
        let good_until = match refresh {
            true => known.map_or(0, |known| known.refreshed + STATUS_FRESH),
            false => known.map_or(0, |known| known.looked_up + FRESH),
        };
        if good_until <= now && !stale.contains(&id) {
            stale.push(id);
        }
    }
    for ids in stale.chunks(MAX_LOOKUP_IDS) {
        let mut by_press = false;
        if refresh {
            for id in ids {
                let known = state.directory.candidates.get_mut(id);
                by_press |= known.is_some_and(|known| std::mem::take(&mut known.by_click));
            }
        }
        let request = LookupRequest {
            candidate_ids: ids.to_vec(),
            refresh,
            by_press,
            ..LookupRequest::default()
        };
        ask(state, now, request, effects);
    }
}

/// A person clicked for a candidate's status: the look that follows reads it.
pub fn refresh(state: &mut State, candidate_id: u64) {
    if let Some(known) = state.directory.candidates.get_mut(&candidate_id) {
        known.refreshed = 0;
        known.by_click = true;
    }
}

fn ask(state: &mut State, now: Millis, request: LookupRequest, effects: &mut Vec<Effect>) {
    if !state.is_connected() {
        return;
    }
    if let Some((since, _)) = state.trouble
        && since + PAUSE_AFTER_TROUBLE > now
    {
        repeat_at(state, since + PAUSE_AFTER_TROUBLE);
        return;
    }
    for id in &request.candidate_ids {
        let known = state.directory.candidates.entry(*id).or_default();
        known.looked_up = now;
        if request.refresh {
            known.refreshed = now;
        }
    }
    for id in &request.external_ids {
        let person = state.directory.people.entry(id.clone()).or_default();
        person.asked_at = now;
    }
    let number = state.settings.after.unwrap_or_default();
    ask_proxy(state, Call::Lookup(request, number), effects);
}

pub fn answered(
    state: &mut State,
    now: Millis,
    request: &LookupRequest,
    number: u64,
    answer: &ProxyAnswer,
    effects: &mut Vec<Effect>,
) {
    match call::read::<LookupResponse>(answer) {
        Ok(response) => {
            state.trouble = None;
            let is_outdated = live::is_outdated(state, number);
            if is_outdated {
                expire(state, request);
            }
            if is_outdated || learn(state, now, request, number, response) {
                effects.push(Effect::TellPages);
            }
        }
        Err(trouble) => {
            if repeat_after(state, now, &trouble) {
                expire(state, request);
            }
            note_trouble(state, now, trouble, effects);
        }
    }
}

/// Returns whether something is news.
fn learn(
    state: &mut State,
    now: Millis,
    request: &LookupRequest,
    number: u64,
    response: LookupResponse,
) -> bool {
    let directory = &mut state.directory;
    directory.make_room(response.candidates.len());
    let mut is_news = false;
    for id in &request.candidate_ids {
        let known = directory.candidates.entry(*id).or_default();
        is_news |= known.external_id.as_ref().is_some_and(|external_id| {
            !(response.candidates.iter()).any(|candidate| candidate.external_id == *external_id)
        });
        known.external_id = None;
        known.is_answered = true;
    }
    let found: HashMap<String, KnownCandidate> = response
        .candidates
        .into_iter()
        .map(|candidate| (candidate.external_id.clone(), candidate))
        .collect();
    for id in &request.external_ids {
        if !found.contains_key(id) {
            is_news |= directory.learn(now, number, id, None);
        }
    }
    for (id, candidate) in found {
        if let SendState::Created(there) | SendState::Existing(there) = &candidate.send {
            let known = directory.candidates.entry(there.candidate_id).or_default();
            known.external_id = Some(id.clone());
        }
        is_news |= directory.learn(now, number, &id, Some(candidate));
    }
    is_news
}

/// Has a question that was not answered, or too late, asked again with the next look.
fn expire(state: &mut State, request: &LookupRequest) {
    for id in &request.external_ids {
        if let Some(person) = state.directory.people.get_mut(id) {
            person.asked_at = 0;
        }
    }
    for id in &request.candidate_ids {
        if let Some(known) = state.directory.candidates.get_mut(id) {
            known.looked_up = 0;
            if request.refresh {
                known.refreshed = 0;
                known.by_click |= request.by_press;
            }
        }
    }
}

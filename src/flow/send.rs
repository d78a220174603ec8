//! A send, from the click to the outcome.

use super::call::{self, Call, ProxyAnswer};
use super::effect::{Effect, ask_proxy, keep};
use super::{connection, outbox, resumes};
use crate::page::ProfilePage;
use crate::state::record::{Hold, Record, Standing, Whereabouts};
use crate::state::task::Fetch;
use crate::state::trouble::Trouble;
use crate::state::{NO_LAST_NAME, State, find};
use atsi_protocol::{
    Decision, Millis, Problem, ProblemCode, Send, SendRequest, SendState, WaitReason,
};
use serde::Deserialize;

/// A click on *Send to ATS*.
pub struct SendClick<'a> {
    pub page: &'a ProfilePage,
    pub url: &'a str,
    /// The idempotency key.
    pub key: String,
    /// The person agreed to send a candidate with one name only.
    pub with_one_name: bool,
}

/// Keeps the send on disk; from there it goes out. Returns what the page shall read for it.
pub fn send(
    state: &mut State,
    now: Millis,
    click: SendClick,
    effects: &mut Vec<Effect>,
) -> Option<Fetch> {
    let SendClick { page, url, key, .. } = click;
    let external_id = page.external_id.clone()?;
    if state.record(&key).is_some() {
        return None;
    }
    if let Some(record) = state.latest(&external_id) {
        if !matches!(record.standing(), Standing::Refused(_)) {
            return None;
        }
        let former = record.key.clone();
        outbox::forget(state, former, effects);
    }
    let mut profile = page.profile.clone();
    if profile.last_name.trim().is_empty() {
        if !click.with_one_name {
            state.one_name.push(external_id);
            return None;
        }
        profile.last_name = NO_LAST_NAME.to_owned();
    }
    let checked = profile.check();
    let request = SendRequest {
        external_id,
        job_id: None,
        profile,
        resume: None,
    };
    let mut record = Record::new(key, page.name.full(), now, &request);
    if let Err(invalid) = checked {
        let problem = own_problem(&format!(
            "This profile can’t be sent: its {} {}.",
            invalid.field, invalid.reason
        ))
        .with_param("field", invalid.field)
        .with_param("reason", invalid.reason);
        record.learn(now, SendState::Refused { problem });
    }
    let fetch = resumes::wait_for_file(&mut record, now, url, &request.profile);
    keep(&record, effects);
    state.records.push(record);
    effects.push(Effect::TellPages);
    fetch
}

/// A problem that the extension itself found; `title` is in English. Its status is 0, as no request was made.
pub fn own_problem(title: &str) -> Problem {
    Problem {
        kind: String::new(),
        title: title.to_owned(),
        status: 0,
        ..Problem::new(ProblemCode::Unknown)
    }
}

/// A person settles an uncertain send, or lets a held application go.
pub fn decide(state: &mut State, key: String, decision: Decision, effects: &mut Vec<Effect>) {
    if let Some(record) = find(&mut state.records, &key)
        && (matches!(record.standing(), Standing::Uncertain) || record.hold.is_some())
        && !record.in_flight
    {
        record.in_flight = true;
        record.decision_trouble = None;
        ask_proxy(state, Call::Decide { key, decision }, effects);
    }
}

/// A `Send`, or of an `Application` what the core needs.
#[derive(Deserialize)]
struct Outcome {
    #[serde(flatten)]
    send: Send,
    #[serde(default)]
    held: Option<Hold>,
}

/// The proxy answered for a send; `is_decision`: for what a person decided.
pub fn answered(
    state: &mut State,
    now: Millis,
    key: &str,
    is_decision: bool,
    answer: &ProxyAnswer,
    effects: &mut Vec<Effect>,
) {
    let Some(record) = find(&mut state.records, key) else {
        return;
    };
    record.in_flight = false;
    let before = record.clone();
    let mut is_disconnected = false;
    match call::read::<Outcome>(answer) {
        Ok(Outcome { send, held }) => {
            state.trouble = None;
            record.hold = held;
            record.learn_file(&send);
            record.learn(now, send.state);
        }
        Err(Trouble::Problem(problem)) if problem.code == ProblemCode::StillRunning => {
            let (reason, retry_at) = (WaitReason::Sending, None);
            record.learn(now, SendState::Waiting { reason, retry_at });
        }
        // Somebody or something else settled it: ask how.
        Err(Trouble::Problem(problem)) if problem.code == ProblemCode::NotUncertain => {
            record.due = Some(now);
        }
        Err(Trouble::Problem(problem))
            if problem.code == ProblemCode::NotFound
                && matches!(record.at, Whereabouts::AtProxy(_)) =>
        {
            let problem = (*problem).with_detail(
                "The proxy does not know this send any more. Look in Greenhouse before you send again.",
            );
            record.learn(now, SendState::Refused { problem });
        }
        Err(trouble) if trouble.is_resume_unknown() => {
            record.attach(None);
            record.due = Some(now);
        }
        Err(trouble) => {
            let is_here = matches!(record.at, Whereabouts::Here { .. });
            let is_refusal = is_here && trouble.is_refusal();
            match trouble {
                Trouble::Problem(problem) if is_refusal => {
                    record.learn(now, SendState::Refused { problem: *problem });
                }
                trouble => {
                    is_disconnected = trouble == Trouble::NotConnected;
                    if is_decision {
                        record.decision_trouble = Some(trouble.clone());
                    }
                    record.not_taken(now, trouble);
                }
            }
        }
    }
    if *record != before {
        if let Standing::InGreenhouse(there) = record.standing() {
            // Pages that were looked up before now have another answer.
            state.directory.candidates.remove(&there.candidate_id);
            // The number of the last change stays: an answer from before it must not count.
            if let Some(person) = state.directory.people.get_mut(&record.external_id) {
                person.asked_at = 0;
                person.candidate = None;
            }
        }
        keep(record, effects);
        effects.push(Effect::TellPages);
    }
    if is_disconnected {
        connection::ask_now(state, now, effects);
    }
}

#[cfg(test)]
pub mod model;
#[cfg(test)]
mod tests;

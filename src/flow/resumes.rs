//! Résumés that only the page's session may read: the send waits for the file, and goes without it where the
//! file cannot be had.

use super::applications;
use super::call::{self, Call, ProxyAnswer};
use super::effect::{Effect, ask_proxy, keep};
use crate::message::FileRead;
use crate::page;
use crate::state::record::{Record, Whereabouts};
use crate::state::resume::ResumeNote;
use crate::state::task::Fetch;
use crate::state::{State, find};
use atsi_protocol::{Millis, Profile, Resume};

/// How long a page has to read a file before its send goes without it.
pub const PATIENCE: Millis = 20_000;

/// Has a new send wait for its file, where the page has one to read.
pub fn wait_for_file(
    record: &mut Record,
    now: Millis,
    page_url: &str,
    profile: &Profile,
) -> Option<Fetch> {
    let url = profile.resume_url.as_deref()?;
    if record.due.is_none() || !page::same_origin(page_url, url) {
        return None;
    }
    record.due = Some(now + PATIENCE);
    Some(Fetch::Resume {
        key: record.key.clone(),
        url: url.to_owned(),
    })
}

/// A page has read a file, or could not. Returns what to fetch next.
pub fn read(
    state: &mut State,
    now: Millis,
    FileRead { key, name, problem }: FileRead,
    effects: &mut Vec<Effect>,
) -> Option<Fetch> {
    if let Some(record) = waiting_for_file(&mut state.records, &key) {
        match problem {
            None => {
                // For as long as the upload may take.
                record.due = Some(now + 2 * PATIENCE);
                ask_proxy(state, Call::PostResume { key, name }, effects);
            }
            Some(problem) => without_file(record, now, ResumeNote::NotRead(problem), effects),
        }
    }
    applications::next(state, now)
}

fn waiting_for_file<'a>(records: &'a mut [Record], key: &str) -> Option<&'a mut Record> {
    find(records, key).filter(|record| {
        let is_here = matches!(record.at, Whereabouts::Here { trouble: None, .. });
        is_here && !record.in_flight && record.attempts == 0
    })
}

fn without_file(record: &mut Record, now: Millis, note: ResumeNote, effects: &mut Vec<Effect>) {
    record.file = Some(note);
    record.due = Some(now);
    keep(record, effects);
    effects.push(Effect::TellPages);
}

/// The proxy took the file, or did not.
pub fn answered(
    state: &mut State,
    now: Millis,
    key: &str,
    answer: &ProxyAnswer,
    effects: &mut Vec<Effect>,
) {
    let Some(record) = waiting_for_file(&mut state.records, key) else {
        return;
    };
    match call::read::<Resume>(answer) {
        Ok(resume) => {
            record.attach(Some(resume.id));
            record.due = Some(now);
            keep(record, effects);
        }
        Err(trouble) => without_file(record, now, ResumeNote::NotTaken(trouble), effects),
    }
}

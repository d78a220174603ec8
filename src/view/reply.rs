//! The reply to a page: what it shows, and where.

use super::node::{Node, line};
use super::problem::of_trouble;
use super::{applications, greenhouse, job, jopwell, popup, session, tracker};
use crate::message::{Answer, ListedPerson, PageAnswer, Showing};
use crate::page::seen::List;
use crate::state::State;
use crate::state::task::{Fetch, SetStatus, Task};
use atsi_protocol::Millis;
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    Views {
        views: Vec<Placed>,
        /// The language that they are in.
        lang: &'static str,
        /// Handed back with the next look at the document.
        key: Option<String>,
        /// Look again soon.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        again: bool,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        sets: Vec<SetStatus>,
        /// On a job's page.
        #[serde(skip_serializing_if = "Option::is_none")]
        job: Option<Task>,
        /// The rows of a list whose people are not from Jopwell. Absent where the page is no list.
        #[serde(skip_serializing_if = "Option::is_none")]
        others: Option<Vec<u32>>,
        /// What the person chose for the list, where that is new.
        #[serde(skip_serializing_if = "Option::is_none")]
        choice: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        fetch: Option<Fetch>,
    },
    Fetched {
        /// What to fetch next.
        fetch: Option<Fetch>,
    },
    Popup {
        view: Node,
    },
    Session {
        /// Why the session was refused.
        problem: Option<String>,
    },
}

/// A view and where it goes: `name`, `corner`, or the number of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Placed {
    pub place: Place,
    pub node: Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// Beside the person's name.
    Name,
    Corner,
    #[serde(untagged)]
    Row(u32),
}

#[must_use]
pub fn render(state: &State, now: Millis, answer: Answer) -> Reply {
    match answer {
        Answer::Page(answer) => page(state, now, *answer),
        Answer::Fetched { fetch } => Reply::Fetched { fetch },
        Answer::Popup => Reply::Popup {
            view: popup::popup(state, now),
        },
        Answer::Session { refusal } => Reply::Session {
            problem: refusal.as_ref().map(session::sentence),
        },
    }
}

fn page(state: &State, now: Millis, answer: PageAnswer) -> Reply {
    Reply::Views {
        views: views(state, now, &answer.showing),
        lang: crate::language::tag(),
        key: answer.key,
        again: answer.again,
        sets: answer.sets,
        job: answer.job,
        others: answer.others,
        choice: answer.choice,
        fetch: answer.fetch,
    }
}

#[must_use]
pub fn views(state: &State, now: Millis, showing: &Showing) -> Vec<Placed> {
    match showing {
        Showing::Nothing => Vec::new(),
        Showing::Profile(page) => jopwell::profile(state, page, now),
        Showing::JopwellSettings => jopwell::settings(state),
        Showing::JopwellList { url, rows } => {
            let rows = rows.iter().filter_map(|row| jopwell_row(state, row, now));
            rows.chain(applications::panel_of(state, url, now))
                .collect()
        }
        Showing::Job(page) => {
            let known = state.jobs.iter().find(|known| known.id == page.job.id);
            let known = known.filter(|_| state.is_connected());
            known.map_or_else(Vec::new, |known| job::panel_of(known, page))
        }
        Showing::Candidate(id) => match state.directory.candidate(*id) {
            Some(candidate) => greenhouse::candidate(candidate, &state.waiting(candidate)),
            None => Vec::new(),
        },
        Showing::GreenhouseList { rows, list } => {
            let rows = (rows.iter()).filter_map(|(row, id)| greenhouse_row(state, *row, *id));
            let toolbar = list.as_ref().and_then(|list| toolbar(state, list));
            rows.chain(toolbar).collect()
        }
    }
}

fn jopwell_row(state: &State, person: &ListedPerson, now: Millis) -> Option<Placed> {
    let id = &person.external_id;
    let job = person.job.as_ref();
    let application = job.and_then(|job| applications::row(state, id, job, now));
    let mut parts = match state.known(id).and_then(jopwell::in_row) {
        Some(mut parts) => {
            let status = person.status.iter();
            parts.extend(status.flat_map(|(id, status)| tracker::row(status, id)));
            parts
        }
        None if application.is_none() => return None,
        None => Vec::new(),
    };
    parts.extend(application.unwrap_or_default());
    Some(Placed {
        place: Place::Row(person.row),
        node: line(parts),
    })
}

fn greenhouse_row(state: &State, row: u32, id: u64) -> Option<Placed> {
    let candidate = state.directory.candidate(id)?;
    Some(Placed {
        place: Place::Row(row),
        node: greenhouse::in_row(candidate, &state.waiting(candidate)),
    })
}

fn toolbar(state: &State, list: &List) -> Option<Placed> {
    let trouble = state.trouble.as_ref();
    greenhouse::list(list, trouble.map(|(_, trouble)| of_trouble(trouble)))
}

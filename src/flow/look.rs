//! A page was seen: what it is, what to ask the proxy for it, and what it shall show.

use super::effect::Effect;
use super::{applications, connection, jobs, live, look_up, report, tracker};
use crate::message::{ListedPerson, PageAnswer, Showing};
use crate::page::seen::{List, Seen};
use crate::page::{Page, PageKey, ProfilePage, recognise};
use crate::state::State;
use crate::state::record::Standing;
use atsi_protocol::Millis;

/// Recognises a page; `was` is the key of the last answer to the same document.
pub fn page_of(seen: &Seen, was: Option<&str>) -> Page {
    recognise(seen, was.and_then(PageKey::parse).as_ref())
}

pub fn look(
    state: &mut State,
    now: Millis,
    tab: u32,
    seen: &Seen,
    was: Option<&str>,
    effects: &mut Vec<Effect>,
) -> PageAnswer {
    let page = page_of(seen, was);
    state.report.note(now, report::page(seen, &page));
    let mut answer = PageAnswer {
        key: was.map(str::to_owned),
        ..PageAnswer::default()
    };
    // The people whom the page shows, for the live channel.
    let mut people = Vec::new();
    let mut is_list = false;
    match page {
        // A look at a list whose rows are all known brings none of them.
        Page::Nothing if state.applying.is_on(&seen.url) => {
            answer.fetch = applications::looked(state, now, effects);
            answer.again = state.applying.is_reading();
            answer.showing = Showing::JopwellList {
                url: seen.url.clone(),
                rows: Vec::new(),
            };
        }
        Page::Nothing => {}
        Page::Changing => answer.again = true,
        Page::JopwellProfile(page) => {
            people.extend(page.external_id.clone());
            profile(state, now, page, &seen.url, &mut answer, effects);
        }
        Page::JopwellSettings => {
            connection::ask(state, now, effects);
            answer.showing = Showing::JopwellSettings;
        }
        Page::JopwellList(rows) => {
            is_list = true;
            people.extend(rows.iter().map(|(_, id)| id.clone()));
            jopwell_list(state, now, seen, rows, &mut answer, effects);
        }
        Page::JopwellJob(page) => {
            connection::ask(state, now, effects);
            answer.job = jobs::look(state, now, tab, &page, effects);
            answer.showing = Showing::Job(page);
        }
        Page::GreenhouseCandidate(page) => {
            connection::ask(state, now, effects);
            look_up::candidates(state, now, vec![page.candidate_id], true, effects);
            let known = state.directory.candidate(page.candidate_id);
            people.extend(known.map(|known| known.external_id.clone()));
            answer.showing = Showing::Candidate(page.candidate_id);
        }
        Page::GreenhouseList(rows) => {
            connection::ask(state, now, effects);
            let ids = rows.iter().map(|(_, id)| *id).collect();
            look_up::candidates(state, now, ids, false, effects);
            let others = (rows.iter())
                .filter(|(_, id)| state.directory.is_from_elsewhere(*id))
                .map(|(row, _)| *row);
            answer.others = Some(others.collect());
            let list = seen.list.clone();
            answer.again = list.as_ref().is_some_and(|list| is_incomplete(state, list));
            answer.showing = Showing::GreenhouseList { rows, list };
        }
    }
    live::looked(state, tab, people, is_list);
    answer
}

/// A person who waits for a filter to take effect shall not wait for the next look.
fn is_incomplete(state: &State, list: &List) -> bool {
    !list.choice.is_empty()
        && list.ours + list.others < list.people
        && state.trouble.is_none()
        && state.is_connected()
}

fn profile(
    state: &mut State,
    now: Millis,
    page: Box<ProfilePage>,
    url: &str,
    answer: &mut PageAnswer,
    effects: &mut Vec<Effect>,
) {
    answer.key = Some(page.key.to_string());
    connection::ask(state, now, effects);
    if let Some(id) = &page.external_id {
        look_up::people(state, now, std::slice::from_ref(id), effects);
        let there = state.directory.in_greenhouse(id);
        if let Some(candidate_id) = there.map(|there| there.candidate_id) {
            look_up::candidates(state, now, vec![candidate_id], true, effects);
        }
        // A page that asks again wakes a worker that was stopped in the middle of a send.
        let own = state.latest(id);
        answer.again = own.is_some_and(|own| own.standing() == Standing::Sending);
    }
    answer.fetch = applications::completes(state, &page, url);
    answer.showing = Showing::Profile(page);
}

/// Search results, or the candidate tracker.
fn jopwell_list(
    state: &mut State,
    now: Millis,
    seen: &Seen,
    rows: Vec<(u32, String)>,
    answer: &mut PageAnswer,
    effects: &mut Vec<Effect>,
) {
    connection::ask(state, now, effects);
    let people: Vec<String> = rows.iter().map(|(_, id)| id.clone()).collect();
    look_up::people(state, now, &people, effects);
    let is_new = !state.applying.is_on(&seen.url);
    let mut listed: Vec<ListedPerson> = (rows.into_iter())
        .map(|(row, external_id)| ListedPerson {
            row,
            external_id,
            status: None,
            job: None,
        })
        .collect();
    let find = |row: u32| {
        seen.tracked
            .iter()
            .find(move |tracked| tracked.number == row)
    };
    for person in &mut listed {
        let link = seen.rows.iter().find(|(row, _)| *row == person.row);
        if let (Some(tracked), Some((_, link))) = (find(person.row), link) {
            let (id, page) = (&person.external_id, link.text());
            person.job = applications::row(state, &seen.url, id, page, tracked);
        }
    }
    // A worker that was stopped does not know the rows that were seen before.
    if is_new && listed.iter().any(|person| person.job.is_some()) {
        effects.push(Effect::TellPages);
    }
    if !state.applying.people.is_empty() {
        answer.fetch = applications::looked(state, now, effects);
        answer.again = state.applying.is_reading();
    }
    let mut questions = Vec::new();
    for person in &mut listed {
        let tracked = find(person.row).filter(|tracked| !tracked.shows.is_empty());
        if let Some(tracked) = tracked {
            let row = tracker::row(state, now, &person.external_id, tracked);
            person.status = row.status.map(|status| (tracked.id.clone(), status));
            answer.sets.extend(row.set);
            questions.extend(row.question);
        }
    }
    tracker::ask(state, now, questions, effects);
    answer.showing = Showing::JopwellList {
        url: seen.url.clone(),
        rows: listed,
    };
}

#[cfg(test)]
mod tests;

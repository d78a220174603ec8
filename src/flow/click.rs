//! A click, or a page's report of how a task ended: each action goes to its story.

use super::effect::Effect;
use super::send::{SendClick, decide, send};
use super::{applications, jobs, look, look_up, outbox, report, tracker};
use crate::action::Action;
use crate::message::{Answer, Click};
use crate::page::Page;
use crate::page::seen::List;
use crate::state::State;
use atsi_protocol::{Decision, Millis, WriteBackPress};

pub fn clicked(
    state: &mut State,
    now: Millis,
    tab: u32,
    click: Click,
    effects: &mut Vec<Effect>,
) -> Answer {
    let Click {
        action,
        value,
        key,
        mut seen,
        was,
    } = click;
    state.report.note(now, report::click(&action));
    let mut choice = None;
    if let Some(list) = seen.as_mut().and_then(|seen| seen.list.as_mut())
        && let Some(toggle) = toggle_of(&action)
    {
        toggle(list);
        choice = Some(list.choice.clone());
    }
    let value = value.as_deref().unwrap_or_default();
    let page = seen
        .as_ref()
        .map(|seen| look::page_of(seen, was.as_deref()));
    let mut fetch = None;
    match (&page, action) {
        (Some(Page::JopwellProfile(page)), action @ (Action::Send | Action::SendWithOneName)) => {
            let click = SendClick {
                page,
                url: seen.as_ref().map_or("", |seen| seen.url.as_str()),
                key,
                with_one_name: action == Action::SendWithOneName,
            };
            fetch = send(state, now, click, effects);
        }
        (Some(Page::JopwellJob(page)), action) if jobs::is_of_job(&action) => {
            jobs::clicked(state, tab, page, action, value, effects);
        }
        (_, action) => without_page(state, now, action, value, effects),
    }
    let Some(seen) = &seen else {
        return Answer::Popup;
    };
    let mut answer = look::look(state, now, tab, seen, was.as_deref(), effects);
    answer.choice = choice;
    // What the send needs comes before what the look would fetch.
    answer.fetch = fetch.or(answer.fetch);
    answer.into()
}

fn toggle_of(action: &Action) -> Option<fn(&mut List)> {
    match action {
        Action::ToggleJopwellFirst => Some(List::toggle_first),
        Action::ToggleOnlyJopwell => Some(List::toggle_only),
        _ => None,
    }
}

/// Actions that do not depend on the page that they were clicked on.
fn without_page(
    state: &mut State,
    now: Millis,
    action: Action,
    value: &str,
    effects: &mut Vec<Effect>,
) {
    match action {
        Action::Sync(candidate_id) => look_up::refresh(state, candidate_id),
        Action::OpenWelcome => effects.push(Effect::OpenPage("welcome.html#start".to_owned())),
        Action::OpenOptions => effects.push(Effect::OpenOptions),
        Action::TryNow(key) => outbox::try_now(state, now, &key),
        Action::Dismiss(key) => outbox::dismiss(state, key, effects),
        Action::FoundInGreenhouse(key) => {
            let profile_url = value.trim().to_owned();
            decide(state, key, Decision::ItIsThere { profile_url }, effects);
        }
        Action::SendAgain(key) => decide(state, key, Decision::SendAgain, effects),
        Action::SetStatus(row) => tracker::clicked(state, now, &row, WriteBackPress::Set, effects),
        Action::UndoStatus(row) => {
            tracker::clicked(state, now, &row, WriteBackPress::Undo, effects);
        }
        Action::SkipStatus(row) => {
            tracker::clicked(state, now, &row, WriteBackPress::Skip, effects);
        }
        Action::StatusSet { id, is_set } => tracker::reported(state, id, is_set, effects),
        Action::PauseApplications
        | Action::ResumeApplications
        | Action::TurnOnApplications(_)
        | Action::TurnOffApplications(_)
        | Action::LinkApplications { .. }
        | Action::DropApplication(_) => applications::clicked(state, action, effects),
        // They need a page that is no longer there, or are for pages of our own.
        Action::Send
        | Action::SendWithOneName
        | Action::ToggleJopwellFirst
        | Action::ToggleOnlyJopwell
        | Action::LinkJob(_)
        | Action::UnlinkJob
        | Action::ChooseJob
        | Action::FindJobs
        | Action::CopyTrackingLink
        | Action::TrackingLinkCopied(_)
        | Action::FillJobForm
        | Action::JobFormFilled(_)
        | Action::ShowDifference
        | Action::UndoJobSave(_)
        | Action::JobSaved { .. }
        | Action::SetRole { .. }
        | Action::RemoveMember(_)
        | Action::RemoveDevice(_)
        | Action::LeaveCompany(_)
        | Action::Revoke(_)
        | Action::EndSession(_)
        | Action::Redeliver(_) => {}
    }
}

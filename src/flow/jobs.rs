//! Jobs on Jopwell: which Greenhouse job each one is, its state there, and its description.

use super::call::{self, Call, ProxyAnswer, encoded};
use super::connection::PAUSE_AFTER_TROUBLE;
use super::effect::{Effect, ask_proxy};
use super::look_up::FRESH;
use crate::action::{Action, JobSaveOutcome};
use crate::page::fnv1a;
use crate::page::job::JobPage as SeenJob;
use crate::state::State;
use crate::state::jobs::{JobNotice, KnownJob, PageVersion, index_of};
use crate::state::task::{JobField, Task};
use atsi_protocol::{
    Job, JobDescription, JobLinkRequest, JobPage, JobPageRequest, JobSave, JobSaveDone, JobState,
    Jobs, Millis, TrackingLink, TrackingLinkRequest,
};

/// Jobs that a search finds at most.
const MOST_FOUND: usize = 8;
/// How long a page may take to be told to save: after it, another browser may be at it.
const SAVE_WITHIN: Millis = 5_000;

/// A page of the job is open in this tab. Returns what the page is to do.
pub fn look(
    state: &mut State,
    now: Millis,
    tab: u32,
    seen: &SeenJob,
    effects: &mut Vec<Effect>,
) -> Option<Task> {
    if !state.is_connected() {
        return None;
    }
    // What somebody has typed into the form is theirs to save.
    let saves = seen.edit.is_some() && !seen.is_form;
    let request = JobPageRequest {
        job: seen.job.clone(),
        description: seen.description.clone(),
        open: seen.is_open,
        saves,
    };
    let body = hash_of(&request);
    let index = index_of(&mut state.jobs, &seen.job);
    let known = state.jobs.get_mut(index)?;
    let version = known.version(body);
    known.is_old = version.is_old;
    if version.asked_at + FRESH <= now {
        known.remember(PageVersion {
            asked_at: now,
            ..version
        });
        let request = Box::new(request);
        ask_proxy(state, Call::JobPage { request, body }, effects);
    }
    let known = state.jobs.get_mut(index)?;
    let mut task = (known.task.take_if(|(of, _)| *of == tab)).map(|(_, task)| task);
    if saves {
        known.edit.clone_from(&seen.edit);
        // One page is told, once.
        if task.is_none()
            && let Some((at, save)) = known.save.take()
            && now < at + SAVE_WITHIN
        {
            task = known.save_task(save);
        }
    }
    task
}

/// Tells versions of a page apart.
fn hash_of(request: &JobPageRequest) -> u64 {
    let text = serde_json::to_string(request).unwrap_or_default();
    fnv1a([text.as_str()].into_iter())
}

/// Returns whether an action needs the page of its job.
#[must_use]
pub fn is_of_job(action: &Action) -> bool {
    matches!(
        action,
        Action::LinkJob(_)
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
    )
}

/// A click on the page of a job, or the page's report of how a task ended; `value`: the form's text.
pub fn clicked(
    state: &mut State,
    tab: u32,
    seen: &SeenJob,
    action: Action,
    value: &str,
    effects: &mut Vec<Effect>,
) {
    let index = index_of(&mut state.jobs, &seen.job);
    let Some(known) = state.jobs.get_mut(index) else {
        return;
    };
    let id = known.id.clone();
    let linked = known.linked().map(|job| job.id);
    known.notice = None;
    let mut notice = None;
    let call = match (action, linked) {
        (Action::LinkJob(job), _) => Some(Call::LinkJob(JobLinkRequest {
            jopwell_job: seen.job.clone(),
            greenhouse_job_id: job,
            applications: None,
        })),
        (Action::UnlinkJob, Some(_)) => Some(Call::UnlinkJob { id }),
        (Action::ChooseJob, _) => {
            known.is_choosing = !known.is_choosing;
            known.found = None;
            None
        }
        (Action::FindJobs, _) => Some(Call::FindJobs {
            id,
            words: value.to_owned(),
        }),
        (Action::CopyTrackingLink, Some(job)) => match &known.tracking {
            Some(url) => {
                known.task = Some((tab, Task::Copy(url.clone())));
                None
            }
            None => Some(Call::TrackingLink {
                request: TrackingLinkRequest {
                    greenhouse_job_id: job,
                },
                id,
                tab,
            }),
        },
        (Action::TrackingLinkCopied(is_done), _) => {
            notice = Some(match is_done {
                true => JobNotice::LinkCopied,
                false => JobNotice::ClipboardRefused,
            });
            None
        }
        (Action::FillJobForm, Some(_)) => Some(Call::Describe { id, tab }),
        (Action::JobFormFilled(is_done), _) => {
            notice = Some(match is_done {
                true => JobNotice::FormFilled,
                false => JobNotice::NoDescriptionField,
            });
            None
        }
        (Action::JobSaved { id: save, outcome }, _) => Some(Call::FinishJobSave {
            id,
            save,
            done: done(outcome),
        }),
        (Action::UndoJobSave(save), _) => Some(Call::UndoJobSave { id, save, tab }),
        (Action::ShowDifference, Some(_)) => {
            let mut path = format!("job.html?job={}", encoded(&id));
            if let Some(edit) = &seen.edit {
                path += &format!("&edit={}", encoded(edit));
            }
            effects.push(Effect::OpenPage(path));
            None
        }
        _ => None,
    };
    if notice.is_some() {
        known.notice = notice;
        effects.push(Effect::TellPages);
    }
    if let Some(call) = call {
        ask_proxy(state, call, effects);
    }
}

fn done(outcome: JobSaveOutcome) -> JobSaveDone {
    match outcome {
        JobSaveOutcome::Saved { before } => JobSaveDone {
            problem: None,
            before: Some(before),
        },
        JobSaveOutcome::Failed(problem) => JobSaveDone {
            problem: Some(problem),
            before: None,
        },
    }
}

/// The proxy answered about a job's page; `body` tells which version of it.
pub fn learn(
    state: &mut State,
    now: Millis,
    id: &str,
    body: u64,
    answer: &ProxyAnswer,
    effects: &mut Vec<Effect>,
) {
    let Some(known) = find(state, id) else {
        return;
    };
    match call::read::<JobPage>(answer) {
        Ok(mut page) => {
            known.remember(PageVersion {
                is_old: page.is_old,
                ..known.version(body)
            });
            if let Some(save) = page.save.take() {
                known.save = Some((now, save));
            }
            let linked = page.link.job.as_ref().map(|job| job.id);
            if known.linked().map(|job| job.id) != linked {
                known.tracking = None;
                known.is_choosing = false;
                known.found = None;
            }
            known.trouble = None;
            known.page = Some(page);
        }
        Err(trouble) => {
            known.remember(PageVersion {
                asked_at: (now + PAUSE_AFTER_TROUBLE).saturating_sub(FRESH),
                ..known.version(body)
            });
            known.trouble = Some(trouble);
        }
    }
    effects.push(Effect::TellPages);
}

/// The proxy answered what somebody clicked for.
pub fn answered(state: &mut State, call: Call, answer: &ProxyAnswer, effects: &mut Vec<Effect>) {
    let id = match &call {
        Call::LinkJob(request) => &request.jopwell_job.id,
        Call::UnlinkJob { id }
        | Call::FindJobs { id, .. }
        | Call::TrackingLink { id, .. }
        | Call::Describe { id, .. }
        | Call::FinishJobSave { id, .. }
        | Call::UndoJobSave { id, .. } => id,
        _ => return,
    };
    let Some(known) = find(state, id) else { return };
    let done = match call {
        Call::FindJobs { words, .. } => {
            call::read::<Jobs>(answer).map(|all| known.found = Some(matching(all.jobs, &words)))
        }
        Call::TrackingLink { tab, .. } => call::read::<TrackingLink>(answer).map(|link| {
            known.task = Some((tab, Task::Copy(link.url.clone())));
            known.tracking = Some(link.url);
        }),
        Call::Describe { tab, .. } => call::read::<JobDescription>(answer).map(|described| {
            let mut fields = vec![(JobField::Description, described.text)];
            fields.extend(described.job.title.map(|title| (JobField::Title, title)));
            known.task = Some((tab, Task::Fill(fields)));
        }),
        Call::UndoJobSave { tab, .. } => call::read::<JobSave>(answer)
            .map(|save| known.task = known.save_task(save).map(|task| (tab, task))),
        // What follows from it is read anew.
        _ => call::body(answer).map(|_| {
            known.expire();
            known.is_choosing = false;
            known.found = None;
        }),
    };
    if let Err(trouble) = done {
        known.notice = Some(JobNotice::Failed(trouble));
    }
    effects.push(Effect::TellPages);
}

/// Returns open jobs that have each of the words in their name, title, requisition or location, or this id.
fn matching(mut jobs: Vec<Job>, words: &str) -> Vec<Job> {
    let words = words.to_ascii_lowercase();
    jobs.retain(|job| {
        let texts = [&job.title, &job.requisition, &job.location];
        let mut all = format!("{} {}", job.name, job.id);
        for text in texts.into_iter().flatten() {
            all.push(' ');
            all += text;
        }
        let all = all.to_ascii_lowercase();
        job.state == JobState::Open && words.split_whitespace().all(|word| all.contains(word))
    });
    jobs.truncate(MOST_FOUND);
    jobs
}

fn find<'a>(state: &'a mut State, id: &str) -> Option<&'a mut KnownJob> {
    state.jobs.iter_mut().find(|known| known.id == id)
}

/// These Greenhouse jobs changed; none: any may have.
pub fn changed(state: &mut State, jobs: Option<&[u64]>) {
    for known in &mut state.jobs {
        // A job that is not linked here may just have been, by a colleague.
        let concerns = match (jobs, known.linked()) {
            (Some(jobs), Some(job)) => jobs.contains(&job.id),
            _ => true,
        };
        if concerns {
            known.expire();
        }
    }
}

#[cfg(test)]
mod tests;

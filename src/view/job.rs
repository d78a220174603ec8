//! The panel on a job's page on Jopwell: the linked job in Greenhouse and its state.

use super::node::{
    Node, Tone, button, facts, form, line, link, list, panel, stack, status, submit, text, time,
};
use super::problem;
use super::reply::{Place, Placed};
use crate::action::Action;
use crate::page::job::JobPage as Seen;
use crate::state::jobs::{JobNotice, KnownJob};
use crate::state::trouble::Trouble;
use atsi_protocol::{
    Job, JobPage, JobSaveKind, JobSaveProblem, JobSaveState, JobSaved, JobState, ProblemCode,
};

#[must_use]
pub fn panel_of(known: &KnownJob, seen: &Seen) -> Vec<Placed> {
    let mut parts = Vec::new();
    if let Some(trouble) = &known.trouble {
        parts.push(status(job_trouble(trouble), Tone::Warn));
    }
    if let Some(page) = &known.page {
        match &page.link.job {
            Some(job) => linked(known, page, job, seen, &mut parts),
            None => {
                parts.push(status(
                    say!("Not linked to a job in Greenhouse yet"),
                    Tone::Quiet,
                ));
                choices(known, page, &mut parts);
            }
        }
        if let Some(notice) = &known.notice {
            let (words, tone) = notice_words(notice);
            parts.push(status(words, tone));
            let is_done = matches!(notice, JobNotice::LinkCopied | JobNotice::FormFilled);
            parts.extend((known.tracking.as_ref()).filter(|_| !is_done).map(text));
        }
    }
    if parts.is_empty() {
        return Vec::new();
    }
    vec![Placed {
        place: Place::Corner,
        node: panel(say!("This job in Greenhouse"), vec![stack(parts)]),
    }]
}

fn notice_words(notice: &JobNotice) -> (String, Tone) {
    let (words, tone) = match notice {
        JobNotice::LinkCopied => (
            say!("Tracking link copied. People who apply through it are credited to Jopwell."),
            Tone::Good,
        ),
        JobNotice::ClipboardRefused => (
            say!("The browser didn’t let ATSi use the clipboard. Copy the link below by hand."),
            Tone::Warn,
        ),
        JobNotice::FormFilled => (
            say!("Filled in from Greenhouse. Review the form, then save it here on Jopwell."),
            Tone::Good,
        ),
        JobNotice::NoDescriptionField => (
            say!(
                "ATSi found no field for the description in this form. Copy the text from the page that shows the difference."
            ),
            Tone::Warn,
        ),
        JobNotice::Failed(trouble) => return (job_trouble(trouble), Tone::Warn),
    };
    (words.to_owned(), tone)
}

fn job_trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Problem(problem) if problem.code == ProblemCode::JobUnknown => {
            say!(
                "{trouble} It may be closed, deleted, or hidden from the user ATSi acts as. Link another job, or ask your Greenhouse admin.",
                trouble = problem::of_trouble(trouble)
            )
        }
        _ => problem::of_trouble(trouble),
    }
}

fn linked(known: &KnownJob, page: &JobPage, job: &Job, seen: &Seen, parts: &mut Vec<Node>) {
    let (words, tone, advice) = match job.state {
        JobState::Open => (key!("Open in Greenhouse"), Tone::Good, ""),
        JobState::Closed => (
            key!("Closed in Greenhouse"),
            Tone::Warn,
            say!(
                "If it’s still open on Jopwell, close it there: edit the job, set its status to closed, and save."
            ),
        ),
        JobState::Deleted => (
            key!("Deleted in Greenhouse"),
            Tone::Bad,
            key!("Close it on Jopwell, or link it to another job."),
        ),
        JobState::NotListed => (
            key!("Not among the open jobs in Greenhouse"),
            Tone::Warn,
            say!(
                "It’s closed, deleted, or hidden from the user ATSi acts as. If it’s closed, close it on Jopwell, too: edit the job, set its status to closed, and save."
            ),
        ),
    };
    // A job that is no longer listed has the time of the list's last reading.
    let read_at = match job.state {
        JobState::Open | JobState::NotListed => page.read_at.unwrap_or(0).max(job.heard_at),
        _ => job.heard_at,
    };
    let mut pairs = vec![(say!("Job"), text(&job.name))];
    pairs.extend(
        job.requisition
            .as_ref()
            .map(|id| (say!("Requisition"), text(id))),
    );
    pairs.push((say!("State"), status(say!(words), tone)));
    if job.on_board == Some(false) {
        let left = status(say!("No longer on your job board"), Tone::Warn);
        pairs.push((
            say!("Job board"),
            left.tip(say!("It may still be open in Greenhouse")),
        ));
    }
    pairs.push((say!("Updated"), time(read_at)));
    parts.push(facts(pairs));
    parts.extend(
        page.problem
            .as_ref()
            .map(|problem| text(problem::sentence(problem)).tone(Tone::Warn)),
    );
    let edit = |label: &str| seen.edit.as_ref().map(|edit| link(label, edit));
    let is_closed_there = seen.is_open == Some(false)
        || (page.saved.iter())
            .any(|saved| (saved.kind, saved.state) == (JobSaveKind::Closing, JobSaveState::Saved));
    if !advice.is_empty() && !is_closed_there {
        parts.push(text(say!(advice)));
        parts.extend(edit(say!("Edit the job on Jopwell")));
    }
    let difference = || {
        button(say!("Show difference"), Action::ShowDifference).tip(say!(
            "Opens a page that shows both descriptions side by side"
        ))
    };
    match page.described_at {
        Some(_) if seen.is_form => {
            parts.push(
                button(say!("Fill in from Greenhouse"), Action::FillJobForm)
                    .tone(Tone::Main)
                    .tip(say!("Fills in title and description. Review, then save.")),
            );
            parts.push(difference());
        }
        Some(at) if page.description_is_news => {
            parts.push(line(vec![
                status(say!("Description changed in Greenhouse"), Tone::Warn),
                time(at),
            ]));
            let mut ways = vec![difference()];
            ways.extend(edit(say!("Update on Jopwell")).map(|edit| {
                edit.tip(say!(
                    "Opens the job’s form, which ATSi fills in for you to save"
                ))
            }));
            parts.push(line(ways));
        }
        _ => {}
    }
    for saved in &page.saved {
        saved_automatically(saved, known.is_old, seen, parts);
    }
    if job.state == JobState::Open {
        parts.push(
            button(say!("Copy tracking link"), Action::CopyTrackingLink)
                .tip(say!("A link to this job on your job board. People who apply through it are credited to Jopwell.")),
        );
    }
    if known.is_choosing {
        choices(known, page, parts);
    }
    parts.push(line(vec![
        button(say!("Link another job"), Action::ChooseJob).pressed(known.is_choosing),
        button(say!("Unlink"), Action::UnlinkJob)
            .tip(say!("What was sent stays; new applications wait")),
    ]));
}

/// What ATSi saved on Jopwell, or failed to save.
fn saved_automatically(saved: &JobSaved, is_old: bool, seen: &Seen, parts: &mut Vec<Node>) {
    let is_closing = saved.kind == JobSaveKind::Closing;
    let (words, tone) = match (saved.state, is_closing) {
        (JobSaveState::Failed, _) => ("", Tone::Warn),
        (JobSaveState::Saved, false) => (say!("Description saved by ATSi"), Tone::Good),
        (JobSaveState::Saved, true) => (say!("Closed on Jopwell by ATSi"), Tone::Good),
        (JobSaveState::Undone, false) => {
            (say!("Jopwell’s earlier description restored"), Tone::Quiet)
        }
        (JobSaveState::Undone, true) => (say!("Reopened on Jopwell"), Tone::Quiet),
    };
    if !words.is_empty() {
        parts.push(line(vec![status(words, tone), time(saved.at)]));
    }
    if let Some(problem) = saved.problem {
        parts.push(status(crate::language::text(sentence(problem)), Tone::Warn));
    }
    let is_undone = saved.state == JobSaveState::Undone;
    if is_old && !is_closing || is_closing && !words.is_empty() && seen.is_open == Some(!is_undone)
    {
        parts.push(
            text(say!(
                "This page may be out of date. Reload it to see the current status."
            ))
            .tone(Tone::Quiet),
        );
    }
    if saved.undoable && seen.edit.is_some() && !seen.is_form {
        parts.push(
            button(say!("Undo"), Action::UndoJobSave(saved.id)).tip(say!(
                "Restores what Jopwell showed before. ATSi won’t change it back."
            )),
        );
    }
}

fn sentence(problem: JobSaveProblem) -> &'static str {
    match problem {
        JobSaveProblem::Changed => key!(
            "Someone changed this on Jopwell in the meantime, so ATSi left it alone. Reload the page and review it."
        ),
        JobSaveProblem::Form => {
            key!(
                "ATSi doesn’t recognize this job’s form, so it saved nothing. Edit the job manually."
            )
        }
        JobSaveProblem::Login => key!(
            "Jopwell asked for a login, so ATSi saved nothing. Log in, then edit the job manually or come back in 10 minutes."
        ),
        JobSaveProblem::Refused => key!(
            "Jopwell didn’t accept what ATSi saved. Edit the job manually to see why, or come back in 10 minutes."
        ),
        JobSaveProblem::Away => key!(
            "Jopwell didn’t respond. Reload this page to see whether it was saved, or come back in 10 minutes."
        ),
    }
}

fn choices(known: &KnownJob, page: &JobPage, parts: &mut Vec<Node>) {
    let mut rows: Vec<Node> = Vec::new();
    match &known.found {
        Some(found) => rows.extend(found.iter().map(|job| choice(job, ""))),
        None => rows.extend((page.link.proposals.iter()).map(|proposal| {
            choice(
                &proposal.job,
                &say!("Same {what}", what = because(&proposal.because)),
            )
        })),
    }
    if rows.is_empty() && known.found.is_some() {
        parts.push(status(
            say!("No open job in Greenhouse matches. Try fewer words or the requisition."),
            Tone::Warn,
        ));
    } else if !rows.is_empty() {
        parts.push(list(rows));
    }
    parts.push(form(
        say!("Find a job by name, location or requisition"),
        Action::FindJobs,
        submit(say!("Find jobs")),
    ));
}

/// Why a job is proposed, in words.
pub(super) fn because(all: &[String]) -> String {
    let words = all.iter().map(|one| match one.as_str() {
        "requisition" => say!("requisition"),
        "title" => say!("title"),
        "location" => say!("location"),
        other => other,
    });
    words.collect::<Vec<&str>>().join(", ")
}

fn choice(job: &Job, why: &str) -> Node {
    let mut parts = vec![
        button(
            say!("Link to {job}", job = job.name),
            Action::LinkJob(job.id),
        )
        .tip(why),
    ];
    let more: Vec<&str> = [&job.requisition, &job.location]
        .into_iter()
        .flatten()
        .map(String::as_str)
        .collect();
    if !more.is_empty() {
        parts.push(text(more.join(" · ")).tone(Tone::Quiet));
    }
    line(parts)
}

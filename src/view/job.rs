//! What stands on a job's page on Jopwell: which job it is in Greenhouse, and how it stands there.

use super::node::{
    Node, Tone, button, facts, form, line, link, list, panel, stack, status, submit, text, time,
};
use super::reply::{Place, Placed};
use crate::action::Action;
use crate::page::job::JobPage as Seen;
use crate::state::jobs::{JobNotice, KnownJob};
use crate::state::trouble::{Trouble, problem_sentence};
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
            let is_by_hand = matches!(notice, JobNotice::LinkCopied | JobNotice::FormFilled);
            parts.extend((known.tracking.as_ref()).filter(|_| !is_by_hand).map(text));
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
    let words = match notice {
        JobNotice::LinkCopied => {
            say!(
                "The tracking link is on the clipboard. Whoever applies through it is credited to Jopwell."
            )
        }
        JobNotice::ClipboardRefused => {
            say!("The browser did not let ATSi use the clipboard. Copy the link below by hand.")
        }
        JobNotice::FormFilled => {
            say!("Filled in from Greenhouse. Look it through, then save it here on Jopwell.")
        }
        JobNotice::NoDescriptionField => {
            say!(
                "This form has no field for the description that ATSi knows. Copy the text from the page that shows the difference."
            )
        }
        JobNotice::Failed(trouble) => return (job_trouble(trouble), Tone::Warn),
    };
    let tone = match notice {
        JobNotice::LinkCopied | JobNotice::FormFilled => Tone::Good,
        _ => Tone::Warn,
    };
    (words.to_owned(), tone)
}

fn job_trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Problem(problem) if problem.code == ProblemCode::JobUnknown => {
            say!(
                "{trouble} It may be closed, deleted, or hidden from the user that ATSi acts as. Link another job, or ask your Greenhouse admin.",
                trouble = trouble.sentence()
            )
        }
        _ => trouble.sentence(),
    }
}

fn linked(known: &KnownJob, page: &JobPage, job: &Job, seen: &Seen, parts: &mut Vec<Node>) {
    let (words, tone, advice) = match job.state {
        JobState::Open => (key!("Open in Greenhouse"), Tone::Good, ""),
        JobState::Closed => (
            key!("Closed in Greenhouse"),
            Tone::Warn,
            say!(
                "If it is still open on Jopwell, close it there: edit the job, set its status to closed, and save."
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
                "It is closed, deleted, or hidden from the user that ATSi acts as. If it is closed, close it on Jopwell, too: edit the job, set its status to closed, and save."
            ),
        ),
    };
    // What the list says no more, it says as of its last reading.
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
        let left = status(say!("Not on your job board any more"), Tone::Warn);
        pairs.push((
            say!("Board"),
            left.tip(say!("In Greenhouse it may be open all the same")),
        ));
    }
    pairs.push((say!("Read"), time(read_at)));
    parts.push(facts(pairs));
    parts.extend(
        page.problem
            .as_ref()
            .map(|problem| text(problem_sentence(problem)).tone(Tone::Warn)),
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
        button(say!("Show the difference"), Action::ShowDifference).tip(say!(
            "Opens a page that shows both descriptions side by side"
        ))
    };
    match page.described_at {
        Some(_) if seen.is_form => {
            parts.push(
                button(say!("Fill in from Greenhouse"), Action::FillJobForm)
                    .tone(Tone::Main)
                    .tip(say!("Writes title and description into this form. You look them through and save.")),
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
                    "Opens the job's form, which ATSi fills in for you to save"
                ))
            }));
            parts.push(line(ways));
        }
        _ => {}
    }
    for saved in &page.saved {
        saved_by_itself(saved, known.is_old, seen, parts);
    }
    if job.state == JobState::Open {
        parts.push(
            button(say!("Copy tracking link"), Action::CopyTrackingLink)
                .tip(say!("A link to apply on your own job board; whoever applies through it is credited to Jopwell")),
        );
    }
    if known.is_choosing {
        choices(known, page, parts);
    }
    parts.push(line(vec![
        button(say!("Link another job"), Action::ChooseJob).pressed(known.is_choosing),
        button(say!("Unlink"), Action::UnlinkJob).tip(say!(
            "Nothing that was sent changes; whoever applies from now on waits"
        )),
    ]));
}

/// What ATSi saved on Jopwell, or could not.
fn saved_by_itself(saved: &JobSaved, is_old: bool, seen: &Seen, parts: &mut Vec<Node>) {
    let is_closing = saved.kind == JobSaveKind::Closing;
    let (words, tone) = match (saved.state, is_closing) {
        (JobSaveState::Failed, _) => ("", Tone::Warn),
        (JobSaveState::Saved, false) => (say!("Description saved by ATSi"), Tone::Good),
        (JobSaveState::Saved, true) => (say!("Closed on Jopwell by ATSi"), Tone::Good),
        (JobSaveState::Undone, false) => {
            (say!("Jopwell’s earlier description put back"), Tone::Quiet)
        }
        (JobSaveState::Undone, true) => (say!("Opened on Jopwell again"), Tone::Quiet),
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
                "This page may be from before. Reload it to see what stands there now."
            ))
            .tone(Tone::Quiet),
        );
    }
    if saved.undoable && seen.edit.is_some() && !seen.is_form {
        parts.push(
            button(say!("Undo"), Action::UndoJobSave(saved.id)).tip(say!(
                "Puts back on Jopwell what stood there before; ATSi leaves it so"
            )),
        );
    }
}

fn sentence(problem: JobSaveProblem) -> &'static str {
    match problem {
        JobSaveProblem::Changed => key!(
            "Somebody changed this on Jopwell meanwhile, so ATSi left it. Reload the page and look it through."
        ),
        JobSaveProblem::Form => {
            key!("ATSi does not know this job’s form, so it saved nothing. Edit the job by hand.")
        }
        JobSaveProblem::Login => key!(
            "Jopwell asked to log in, so ATSi saved nothing. Log in, and edit the job by hand or come back in ten minutes."
        ),
        JobSaveProblem::Refused => key!(
            "Jopwell did not take what ATSi saved. Edit the job by hand to see why, or come back in ten minutes."
        ),
        JobSaveProblem::Away => key!(
            "Jopwell did not answer. Reload this page to see whether it was saved, or come back in ten minutes."
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
                &say!("The same {what}", what = because(&proposal.because)),
            )
        })),
    }
    if rows.is_empty() && known.found.is_some() {
        parts.push(status(
            say!("No open job in Greenhouse has these words. Try fewer, or the requisition."),
            Tone::Warn,
        ));
    } else if !rows.is_empty() {
        parts.push(list(rows));
    }
    parts.push(form(
        say!("Find a job by name, place or requisition"),
        Action::FindJobs,
        submit(say!("Find")),
    ));
}

/// What speaks for a proposal, in words.
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

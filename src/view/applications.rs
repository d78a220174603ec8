//! Applications on Jopwell: the state of each beside its row, and a panel in the corner that decides which jobs'
//! applications are sent automatically.

use super::job::because;
use super::node::{Node, Tone, button, line, link, list, panel, stack, status, text, time};
use super::problem;
use super::reply::{Place, Placed};
use super::resume;
use super::send::{details, headline, open};
use crate::action::Action;
use crate::language::known;
use crate::state::State;
use crate::state::applications::{Applicant, AppliedJob, ProfileLack};
use crate::state::record::{Hold, Record, Standing};
use atsi_protocol::{ApplicationsSwitch, HoldReason, Millis};

/// The most names in a preview.
const PREVIEWED: usize = 15;
/// The most applications under *Recently sent*.
const RECORDED: usize = 5;

/// The state of an application; none where the row shows nothing.
#[must_use]
pub fn row(state: &State, external_id: &str, job: &str, now: Millis) -> Option<Vec<Node>> {
    if let Some(record) = state.application(external_id, job) {
        if let Some(hold) = &record.hold {
            return Some(held(hold, record));
        }
        let standing = record.standing();
        // The row already shows that they are in Greenhouse.
        let is_shown = state.known(external_id).is_some();
        return match standing {
            Standing::InGreenhouse(_) if is_shown => None,
            standing => Some(vec![headline(&standing, now)]),
        };
    }
    let (seen, one) = (
        state.applying.job(job)?,
        state.applying.applicant(external_id, job)?,
    );
    let waits = |what: &'static str, why: &'static str| {
        Some(vec![status(say!(what), Tone::Quiet).tip(say!(why))])
    };
    match (seen.switch(), &one.lacks) {
        (None, _) if seen.link.is_none() => None,
        (None, _) => waits(
            key!("Applied · job not linked"),
            say!(
                "This job isn’t linked to a Greenhouse job yet. Link it in the panel in the corner, then turn on sending there."
            ),
        ),
        (Some(ApplicationsSwitch::Off), _) => waits(
            key!("Applied · not sent"),
            say!(
                "Applications to this job aren’t sent automatically yet. Turn that on in the panel in the corner."
            ),
        ),
        (Some(ApplicationsSwitch::Paused), _) => waits(
            key!("Applied · paused"),
            say!("Applications to this job are paused. This one is sent when the pause ends."),
        ),
        (_, Some(lacks)) => Some(vec![
            status(say!("Applied · details missing"), Tone::Warn).tip(lack_sentence(lacks)),
            link(say!("Open profile"), &one.page)
                .tip(say!("Opening the profile sends the application")),
        ]),
        _ => Some(vec![status(
            say!("Applied · reading the profile…"),
            Tone::Busy,
        )]),
    }
}

fn lack_sentence(lack: &ProfileLack) -> String {
    match lack {
        ProfileLack::Unreadable => {
            say!("The row only has a name, and ATSi couldn’t read the profile from here.")
                .to_owned()
        }
        ProfileLack::AnotherPerson => {
            say!("The profile behind this row is another person’s.").to_owned()
        }
        ProfileLack::Invalid { field, reason } => say!(
            "The profile's {field} {reason}.",
            field = field,
            reason = reason
        ),
    }
}

/// Why the proxy holds an application, with what the person can do.
pub(super) fn held(hold: &Hold, record: &Record) -> Vec<Node> {
    let key = &record.key;
    let drop = || button(say!("Don’t send"), Action::DropApplication(key.clone()));
    let again = |label: &str| button(label, Action::SendAgain(key.clone()));
    let (what, tone) = match hold.reason {
        Some(HoldReason::JobNotLinked) => (key!("Applied · job not linked"), Tone::Quiet),
        Some(HoldReason::ApplicationsOff) => (key!("Applied · not sent"), Tone::Quiet),
        Some(HoldReason::ApplicationsPaused) => (key!("Applied · paused"), Tone::Quiet),
        Some(HoldReason::JobNotOpen) => (key!("Applied · job not open in Greenhouse"), Tone::Warn),
        Some(HoldReason::AlreadyProspect) => (key!("Applied · already a prospect"), Tone::Warn),
        Some(HoldReason::OtherApplication) => (
            key!("Applied · another application is being sent"),
            Tone::Quiet,
        ),
        Some(HoldReason::Refused) | None => (key!("Applied · not accepted"), Tone::Bad),
    };
    let why = match &hold.problem {
        Some(problem) => format!("{} {}", known(&hold.sentence), problem::sentence(problem)),
        None => known(&hold.sentence),
    };
    let mut parts = vec![status(say!(what), tone).tip(why)];
    match hold.reason {
        Some(HoldReason::AlreadyProspect) => {
            let prospect = hold.prospect.as_ref();
            parts.extend(
                prospect.map(|there| open(there).tip(say!("Convert the prospect in Greenhouse"))),
            );
            parts.push(again(say!("Send anyway")));
            parts.push(drop());
        }
        Some(HoldReason::Refused) => {
            parts.push(again(say!("Send again")));
            parts.push(drop());
        }
        Some(HoldReason::JobNotOpen | HoldReason::OtherApplication) => parts.push(drop()),
        _ => {}
    }
    let trouble = record.decision_trouble.as_ref();
    parts.extend(trouble.map(|trouble| status(problem::of_trouble(trouble), Tone::Bad)));
    parts
}

/// The panel in the corner of a list with applications.
#[must_use]
pub fn panel_of(state: &State, page: &str, now: Millis) -> Option<Placed> {
    let applying = &state.applying;
    let mut people: Vec<&Applicant> = (applying.people.iter())
        .filter(|one| one.on.iter().any(|on| on == page))
        .collect();
    let known: Vec<&AppliedJob> = (applying.jobs.iter())
        .filter(|seen| seen.link.is_some() && people.iter().any(|one| one.job == seen.job.id))
        .collect();
    if known.is_empty() || !state.is_connected() {
        return None;
    }
    people.retain(|one| known.iter().any(|seen| seen.job.id == one.job));
    let is_sent = |one: &&&Applicant| {
        let record = state.application(&one.external_id, &one.job);
        record.is_some_and(|record| matches!(record.standing(), Standing::InGreenhouse(_)))
    };
    let sent = people.iter().filter(is_sent).count();
    let applied = say!(
        "{people} applied to {jobs}",
        people = counted(people.len(), key!("1 person"), key!("{count} people")),
        jobs = counted(known.len(), key!("1 job"), key!("{count} jobs"))
    );
    let in_all = match sent {
        0 => say!("{applied}; none sent yet.", applied = applied),
        sent if sent == people.len() => {
            say!("{applied}; all are in Greenhouse.", applied = applied)
        }
        1 => say!("{applied}; 1 of them is in Greenhouse.", applied = applied),
        sent => say!(
            "{applied}; {sent} of them are in Greenhouse.",
            applied = applied,
            sent = sent
        ),
    };
    let mut parts = vec![text(in_all)];
    let jobs = known.iter().map(|seen| job(state, seen, &people));
    parts.push(list(jobs.collect()));
    let has = |switch| known.iter().any(|seen| seen.switch() == Some(switch));
    if has(ApplicationsSwitch::On) {
        parts.push(button(say!("Pause all"), Action::PauseApplications));
    } else if has(ApplicationsSwitch::Paused) {
        parts.push(button(say!("Resume all"), Action::ResumeApplications));
    }
    parts.extend(record(state, now));
    Some(Placed {
        place: Place::Corner,
        node: panel(say!("Applications"), parts),
    })
}

fn counted(count: usize, one: &'static str, more: &'static str) -> String {
    match count {
        1 => crate::language::text(one).to_owned(),
        count => crate::language::fill(more, &[("count", &count)]),
    }
}

fn job(state: &State, seen: &AppliedJob, people: &[&Applicant]) -> Node {
    let id = &seen.job.id;
    let mut parts = vec![text(seen.job.title.as_str())];
    let Some(link) = &seen.link else {
        return stack(parts);
    };
    let trouble = seen.trouble.as_ref();
    let trouble = trouble.map(|trouble| status(problem::of_trouble(trouble), Tone::Bad));
    let waiting: Vec<&str> = (people.iter())
        .filter(|one| one.job == *id && state.application(&one.external_id, id).is_none())
        .map(|one| one.name.as_str())
        .collect();
    let Some(job) = &link.job else {
        let applied = counted(
            waiting.len(),
            key!("1 person is waiting"),
            key!("{count} people are waiting"),
        );
        parts.push(
            text(say!(
                "Not linked to a Greenhouse job; {people}.",
                people = applied
            ))
            .tone(Tone::Quiet),
        );
        let proposals = link.proposals.iter().map(|proposal| {
            let action = Action::LinkApplications {
                greenhouse_job: proposal.job.id,
                jopwell_job: id.clone(),
            };
            let tip = say!("Same: {what}", what = because(&proposal.because));
            button(say!("Link to {job}", job = proposal.job.name), action).tip(tip)
        });
        let before = parts.len();
        parts.extend(proposals.take(3));
        if parts.len() == before {
            let why =
                say!("No similar job is open in Greenhouse. Open the job on Jopwell to link it.");
            parts.push(text(why).tone(Tone::Quiet));
        }
        parts.extend(trouble);
        return stack(parts);
    };
    parts.push(text(say!("In Greenhouse: {what}", what = job.name)).tone(Tone::Quiet));
    if !waiting.is_empty() && link.applications != ApplicationsSwitch::On {
        let names = names(&waiting);
        parts.push(text(match link.applications {
            ApplicationsSwitch::Paused => {
                say!(
                    "When the pause ends, these people are sent: {names}.",
                    names = names
                )
            }
            _ => say!(
                "Turning this on sends these people: {names}.",
                names = names
            ),
        }));
    }
    let off = |words: &str| {
        let button = button(say!("Turn off"), Action::TurnOffApplications(id.clone()));
        let button = button.tip(say!(
            "New applications to {job} will wait",
            job = seen.job.title
        ));
        line(vec![text(words), button])
    };
    parts.push(match link.applications {
        ApplicationsSwitch::On => off(say!("Sent automatically")),
        ApplicationsSwitch::Paused => off(say!("Paused")),
        ApplicationsSwitch::Off => button(
            say!("Send applications automatically"),
            Action::TurnOnApplications(id.clone()),
        )
        .tone(Tone::Main),
    });
    parts.extend(trouble);
    stack(parts)
}

fn names(all: &[&str]) -> String {
    let mut listed: Vec<&str> = all.iter().take(PREVIEWED).copied().collect();
    let more = say!("{count} more", count = all.len().saturating_sub(PREVIEWED));
    if all.len() > PREVIEWED {
        listed.push(&more);
    }
    listed.join(", ")
}

/// Sends that need a person, and the latest ones.
fn record(state: &State, now: Millis) -> Vec<Node> {
    let own = |record: &&Record| record.job.is_some();
    let mut parts = Vec::new();
    for record in state.records.iter().filter(own) {
        let standing = record.standing();
        if matches!(standing, Standing::Uncertain) {
            parts.push(text(record.name.as_str()));
            parts.extend(details(&standing, Some(record), now));
        }
    }
    let mut sent: Vec<&Record> = Vec::new();
    while let Some(next) = (state.records.iter())
        .filter(own)
        .filter(|record| !sent.iter().any(|known| known.key == record.key))
        .filter(|record| matches!(record.standing(), Standing::InGreenhouse(_)))
        .max_by_key(|record| record.asked_at)
        .filter(|_| sent.len() < RECORDED)
    {
        sent.push(next);
    }
    if sent.is_empty() {
        return parts;
    }
    parts.push(text(say!("Recently sent")).tone(Tone::Quiet));
    let sent = sent.into_iter().map(|record| {
        let mut about = vec![text(record.name.as_str()), time(record.asked_at)];
        if let Standing::InGreenhouse(there) = record.standing() {
            about.push(open(there));
        }
        let mut parts = vec![line(about)];
        let file = record.file.as_ref();
        parts.extend(file.map(|note| text(resume::sentence(note)).tone(Tone::Quiet)));
        stack(parts)
    });
    parts.push(list(sent.collect()));
    parts
}

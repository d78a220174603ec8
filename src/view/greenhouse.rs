//! Views on Greenhouse pages: profiles of Jopwell candidates, and lists with some of them.

use super::node::{Kind, Node, Tone, badge, button, facts, line, panel, stack, status, text, time};
use super::reply::{Place, Placed};
use crate::action::Action;
use crate::page::seen::List;
use atsi_protocol::{
    ApplicationStatus, CandidateStatus, KnownCandidate, SendState, StatusRoute, Waiting, WaitingFor,
};
use std::borrow::Cow;

/// The text that recruiters look for.
pub const SOURCE: &str = "Source = Jopwell";

#[must_use]
pub fn source(candidate: &KnownCandidate) -> Node {
    match &candidate.status {
        Some(status) if !status.readable && !status.merged => {
            badge(say!("From Jopwell, source may have changed"))
                .tone(Tone::Warn)
                .tip(say!(UNREADABLE))
        }
        _ => badge(SOURCE).tip(say!("This candidate was sent from Jopwell with ATSi")),
    }
}

/// In a row of a list: the source, and a mark where something is not done.
#[must_use]
pub fn in_row(candidate: &KnownCandidate, waiting: &[Waiting]) -> Node {
    let Some(first) = waiting.first() else {
        return source(candidate);
    };
    let (words, tone) = match waiting.iter().any(|one| one.failed) {
        true => (say!("Not done"), Tone::Bad),
        false => (say!("Waiting"), Tone::Warn),
    };
    let worst = waiting.iter().find(|one| one.failed).unwrap_or(first);
    let tip = format!("{}. {}", in_short(worst), what_to_do(worst));
    line(vec![source(candidate), status(words, tone).tip(tip)])
}

fn in_short(waiting: &Waiting) -> String {
    let name = waiting.name.as_deref();
    match (waiting.what, name) {
        (WaitingFor::Send, _) => say!("Send to Greenhouse").to_owned(),
        (WaitingFor::Application, None) => say!("Application").to_owned(),
        (WaitingFor::Application, Some(job)) => say!("Application for {job}", job = job),
        (WaitingFor::WriteBack, to) => say!(
            "Set {status} on Jopwell",
            status = to.unwrap_or(say!("the status"))
        ),
    }
}

fn what_to_do(waiting: &Waiting) -> &'static str {
    match (waiting.what, waiting.failed) {
        (WaitingFor::WriteBack, false) => {
            say!(
                "It isn’t set in Jopwell’s candidate tracker yet. Open the tracker and set it in the candidate’s row."
            )
        }
        (WaitingFor::WriteBack, true) => {
            say!(
                "Jopwell’s candidate tracker didn’t accept it. Open the tracker and set it manually."
            )
        }
        (WaitingFor::Send, false) => say!("It goes out automatically."),
        (WaitingFor::Application, false) => {
            say!(
                "It goes out automatically, or once someone decides. The job’s applicants on Jopwell show what it’s waiting for."
            )
        }
        (WaitingFor::Send | WaitingFor::Application, true) => {
            say!(
                "Greenhouse rejected it or gave no clear answer. The candidate’s page on Jopwell says what you can do."
            )
        }
    }
}

fn all_of(waiting: &[Waiting]) -> Node {
    let one = |waiting: &Waiting| {
        let tone = match waiting.failed {
            true => Tone::Bad,
            false => Tone::Warn,
        };
        status(in_short(waiting), tone).tip(what_to_do(waiting))
    };
    let mut lines: Vec<Node> = waiting.iter().map(one).collect();
    match lines.len() {
        0 => text(say!("Nothing")).tone(Tone::Quiet),
        1 => lines.remove(0),
        _ => super::node::list(lines),
    }
}

/// When the status was read, and by which route.
fn read(status: &CandidateStatus) -> Node {
    let mut parts = vec![time(status.read_at)];
    let route = status.route.map(|route| match route {
        StatusRoute::WebHook => {
            text(say!("by webhook")).tip(say!("Greenhouse sent it automatically"))
        }
        StatusRoute::Asked => {
            text(say!("checked by ATSi")).tip(say!("ATSi checked Greenhouse automatically"))
        }
        StatusRoute::SyncNow => text(say!("by Sync now")).tip(say!("Someone clicked Sync now")),
    });
    parts.extend(route.map(|route| route.tone(Tone::Quiet)));
    line(parts)
}

/// Controls that sort and filter a list with Jopwell candidates. `trouble` says why the list is incomplete.
#[must_use]
pub fn list(list: &List, trouble: Option<String>) -> Option<Placed> {
    let List {
        people,
        ours,
        others,
        ..
    } = *list;
    if ours == 0 && list.choice.is_empty() {
        return None;
    }
    let mut words = match ours {
        1 => say!(
            "1 of {people} on this page is from Jopwell",
            people = people
        ),
        ours => say!(
            "{ours} of {people} on this page are from Jopwell",
            ours = ours,
            people = people
        ),
    };
    if list.only_ours() && others > 0 {
        words += &say!(", {others} hidden", others = others);
    }
    let mut parts = vec![
        status(words, Tone::Quiet),
        line(vec![
            button(say!("Jopwell first"), Action::ToggleJopwellFirst)
                .pressed(list.ours_first())
                .tip(say!("Moves Jopwell candidates to the top of this page")),
            button(say!("Only Jopwell"), Action::ToggleOnlyJopwell)
                .pressed(list.only_ours())
                .tip(say!(
                    "Hides everyone else on this page. Bulk actions still affect hidden rows."
                )),
        ]),
    ];
    if ours + others < people {
        parts.extend(trouble.map(|trouble| text(trouble).tone(Tone::Warn)));
    }
    Some(Placed {
        place: Place::Corner,
        node: panel(say!("From Jopwell"), vec![stack(parts)]),
    })
}

const MERGED: &str = key!("Merged");
pub(super) const MERGED_INTO: &str = key!(
    "The profile that was sent was merged into another one in Greenhouse. This is the status of that profile."
);
const MERGED_AWAY: &str = key!(
    "The profile that was sent was merged into another one in Greenhouse, which the API key can’t read. Open it there."
);
const NOT_READABLE: &str = key!("Not available with this key");
const UNREADABLE: &str = key!(
    "Greenhouse no longer shows this candidate to the API key. The profile was deleted, merged or given another source, or is on a job that the service user can’t see."
);

/// The badge beside the name, and the panel.
#[must_use]
pub fn candidate(candidate: &KnownCandidate, waiting: &[Waiting]) -> Vec<Placed> {
    let by = candidate
        .sent_by
        .as_deref()
        .unwrap_or(say!("someone in your company"));
    let mut pairs = vec![
        (say!("Sent"), time(candidate.sent_at)),
        (say!("Sent by"), text(by)),
    ];
    match &candidate.status {
        None => pairs.push((
            say!("Status"),
            text(say!("Not read from Greenhouse yet")).tone(Tone::Quiet),
        )),
        Some(status) => {
            pairs.push((say!("Status"), in_words(status)));
            pairs.push((say!("Updated"), read(status)));
        }
    }
    let on_jopwell = match &candidate.on_jopwell {
        Some(there) => line(vec![text(&there.status), time(there.at)]),
        None => text(say!("Not read yet")).tone(Tone::Quiet).tip(say!(
            "ATSi reads it when someone opens the candidate tracker"
        )),
    };
    pairs.push((say!("On Jopwell"), on_jopwell));
    pairs.push((say!("Waiting"), all_of(waiting)));
    let mut parts = vec![facts(pairs)];
    if let SendState::Created(there) | SendState::Existing(there) = &candidate.send {
        parts.push(
            button(say!("Sync now"), Action::Sync(there.candidate_id)).tip(say!(
                "Checks the status in Greenhouse now, for Jopwell, too"
            )),
        );
    }
    let node = panel(say!("From Jopwell"), vec![stack(parts)]);
    vec![
        Placed {
            place: Place::Name,
            node: source(candidate),
        },
        Placed {
            place: Place::Corner,
            node,
        },
    ]
}

fn in_words(status: &CandidateStatus) -> Node {
    if !status.readable {
        let (words, tip) = unreadable(status);
        return self::status(words, Tone::Warn).tip(tip);
    }
    let mut lines: Vec<Node> = status.applications.iter().map(application).collect();
    if status.merged {
        lines.push(text(say!(MERGED)).tone(Tone::Quiet).tip(say!(MERGED_INTO)));
    }
    match lines.len() {
        0 => text(say!("In Greenhouse, without an application")),
        1 => lines.remove(0),
        _ => Node {
            is: Kind::List,
            children: lines,
            ..Node::default()
        },
    }
}

/// State and explanation for a candidate whom Greenhouse does not show to the key.
pub(super) fn unreadable(status: &CandidateStatus) -> (&'static str, &'static str) {
    match status.merged {
        true => (say!(MERGED), say!(MERGED_AWAY)),
        false => (say!(NOT_READABLE), say!(UNREADABLE)),
    }
}

#[must_use]
pub fn state_of(application: &ApplicationStatus) -> (Cow<'_, str>, Tone) {
    let tone = match application.status.as_str() {
        "rejected" => Tone::Bad,
        "hired" => Tone::Good,
        _ => Tone::Plain,
    };
    let words = match (application.status.as_str(), &application.stage) {
        ("rejected", _) => say!("Rejected"),
        ("hired", _) => say!("Hired"),
        ("active", None) => match &application.pool {
            Some(pool) => return (say!("Prospect in “{pool}”", pool = pool).into(), tone),
            None => say!("Prospect"),
        },
        _ => application.stage_or_status(),
    };
    (words.into(), tone)
}

fn application(application: &ApplicationStatus) -> Node {
    let (state, tone) = state_of(application);
    let mut parts = vec![status(state, tone)];
    if let Some(job) = &application.job {
        parts.push(text(job).tone(Tone::Quiet));
    }
    line(parts)
}

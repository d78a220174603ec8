//! What stands on Greenhouse pages of people who came from Jopwell.

use super::node::{Kind, Node, Tone, badge, button, facts, line, panel, stack, status, text, time};
use crate::flow::{Place, Placed};
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

/// In a row of a list: the source and, where something is not done, a mark that says so.
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
        (WaitingFor::Send, _) => say!("A send").to_owned(),
        (WaitingFor::Application, None) => say!("An application").to_owned(),
        (WaitingFor::Application, Some(job)) => say!("An application for {job}", job = job),
        (WaitingFor::WriteBack, to) => say!(
            "{status} for Jopwell",
            status = to.unwrap_or(say!("A status"))
        ),
    }
}

fn what_to_do(waiting: &Waiting) -> &'static str {
    match (waiting.what, waiting.failed) {
        (WaitingFor::WriteBack, false) => {
            say!(
                "It is not set in Jopwell's candidate tracker yet: open the tracker, and set it in the person's row."
            )
        }
        (WaitingFor::WriteBack, true) => {
            say!(
                "Jopwell's candidate tracker did not take it: open the tracker, and set it by hand."
            )
        }
        (WaitingFor::Send, false) => say!("It goes out by itself."),
        (WaitingFor::Application, false) => {
            say!(
                "It goes by itself, or once somebody decides: the job's applicants on Jopwell say what it waits for."
            )
        }
        (WaitingFor::Send | WaitingFor::Application, true) => {
            say!(
                "Greenhouse refused it, or gave no clear answer: the person's page on Jopwell says what can be done."
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

/// When it was read, and how it came.
fn read(status: &CandidateStatus) -> Node {
    let mut parts = vec![time(status.read_at)];
    let route = status.route.map(|route| match route {
        StatusRoute::WebHook => text(say!("by web hook")).tip(say!("Greenhouse told it by itself")),
        StatusRoute::Asked => {
            text(say!("asked by ATSi")).tip(say!("ATSi asked Greenhouse by itself"))
        }
        StatusRoute::SyncNow => text(say!("by Sync now")).tip(say!("Somebody pressed Sync now")),
    });
    parts.extend(route.map(|route| route.tone(Tone::Quiet)));
    line(parts)
}

/// Sorts and filters a list that some of ours stand in. `trouble` says why more cannot be told.
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
            button(say!("Jopwell first"), "list:first")
                .pressed(list.ours_first())
                .tip(say!("Sorts this page: those from Jopwell stand first")),
            button(say!("Only Jopwell"), "list:only")
                .pressed(list.only_ours())
                .tip(say!("Hides everybody else on this page. What Greenhouse does to all, it still does to those who are hidden.")),
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
    "The profile that was sent was merged into another one in Greenhouse, which this is about."
);
const MERGED_AWAY: &str = key!(
    "In Greenhouse the profile that was sent was merged into another one, which the API key does not show. Open it there."
);
const NOT_READABLE: &str = key!("Not readable with this key");
const UNREADABLE: &str = key!(
    "Greenhouse no longer shows this candidate to the API key: deleted, merged into another profile, given another source, or on a job that the service user may not see."
);

/// The badge beside the name, and the panel.
#[must_use]
pub fn candidate(candidate: &KnownCandidate, waiting: &[Waiting]) -> Vec<Placed> {
    let by = candidate
        .sent_by
        .as_deref()
        .unwrap_or(say!("somebody of your company"));
    let mut pairs = vec![
        (say!("Sent"), time(candidate.sent_at)),
        (say!("By"), text(by)),
    ];
    match &candidate.status {
        None => pairs.push((
            say!("Status"),
            text(say!("Not read from Greenhouse yet")).tone(Tone::Quiet),
        )),
        Some(status) => {
            pairs.push((say!("Status"), in_words(status)));
            pairs.push((say!("Read"), read(status)));
        }
    }
    let on_jopwell = match &candidate.on_jopwell {
        Some(there) => line(vec![text(&there.status), time(there.at)]),
        None => text(say!("Not seen yet")).tone(Tone::Quiet).tip(say!(
            "ATSi sees it in the candidate tracker, once somebody opens it there"
        )),
    };
    pairs.push((say!("On Jopwell"), on_jopwell));
    pairs.push((say!("Waiting"), all_of(waiting)));
    let mut parts = vec![facts(pairs)];
    if let SendState::Created(there) | SendState::Existing(there) = &candidate.send {
        let sync = format!("sync:{}", there.candidate_id);
        parts.push(button(say!("Sync now"), &sync).tip(say!(
            "Reads the status from Greenhouse anew, for Jopwell too"
        )));
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

/// What is known of a candidate whom Greenhouse does not show to the key, and its explanation.
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

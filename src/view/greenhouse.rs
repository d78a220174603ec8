//! What stands on Greenhouse pages of people who came from Jopwell.

use super::node::{Kind, Node, Tone, badge, button, facts, line, panel, stack, status, text, time};
use crate::flow::{Place, Placed};
use crate::page::seen::List;
use atsi_protocol::{ApplicationStatus, CandidateStatus, KnownCandidate, SendState};

/// The text that recruiters look for.
pub const SOURCE: &str = "Source = Jopwell";

#[must_use]
pub fn source(candidate: &KnownCandidate) -> Node {
    match &candidate.status {
        Some(CandidateStatus {
            readable: false, ..
        }) => badge(say!("From Jopwell, source may have changed"))
            .tone(Tone::Warn)
            .tip(say!(UNREADABLE)),
        _ => badge(SOURCE).tip(say!("This candidate was sent from Jopwell with ATSi")),
    }
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

pub(super) const NOT_READABLE: &str = key!("Not readable with this key");
pub(super) const UNREADABLE: &str = key!(
    "Greenhouse no longer shows this candidate to the API key: deleted, merged into another profile, given another source, or on a job that the service user may not see."
);

/// The badge beside the name, and the panel.
#[must_use]
pub fn candidate(candidate: &KnownCandidate) -> Vec<Placed> {
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
            pairs.push((say!("Read"), time(status.read_at)));
        }
    }
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
        return self::status(say!(NOT_READABLE), Tone::Warn).tip(say!(UNREADABLE));
    }
    let mut lines: Vec<Node> = status.applications.iter().map(application).collect();
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

#[must_use]
pub fn state_of(application: &ApplicationStatus) -> (&str, Tone) {
    match (application.status.as_str(), &application.stage) {
        ("rejected", _) => (say!("Rejected"), Tone::Bad),
        ("hired", _) => (say!("Hired"), Tone::Good),
        ("active", Some(stage)) => (stage, Tone::Plain),
        ("active", None) => (say!("Prospect"), Tone::Plain),
        (other, _) => (other, Tone::Plain),
    }
}

fn application(application: &ApplicationStatus) -> Node {
    let (state, tone) = state_of(application);
    let mut parts = vec![status(state, tone)];
    if let Some(job) = &application.job {
        parts.push(text(job).tone(Tone::Quiet));
    }
    line(parts)
}

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
        }) => badge("From Jopwell, source may have changed")
            .tone(Tone::Warn)
            .tip(UNREADABLE),
        _ => badge(SOURCE).tip("This candidate was sent from Jopwell with ATSi"),
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
    let are = if ours == 1 { "is" } else { "are" };
    let mut words = format!("{ours} of {people} on this page {are} from Jopwell");
    if list.only_ours() && others > 0 {
        words += &format!(", {others} hidden");
    }
    let mut parts = vec![
        status(words, Tone::Quiet),
        line(vec![
            button("Jopwell first", "list:first")
                .pressed(list.ours_first())
                .tip("Sorts this page: those from Jopwell stand first"),
            button("Only Jopwell", "list:only")
                .pressed(list.only_ours())
                .tip("Hides everybody else on this page. What Greenhouse does to all, it still does to those who are hidden."),
        ]),
    ];
    if ours + others < people {
        parts.extend(trouble.map(|trouble| text(trouble).tone(Tone::Warn)));
    }
    Some(Placed {
        place: Place::Corner,
        node: panel("From Jopwell", vec![stack(parts)]),
    })
}

pub(super) const NOT_READABLE: &str = "Not readable with this key";
pub(super) const UNREADABLE: &str = "Greenhouse no longer shows this candidate to the API key: deleted, merged into another profile, given another source, or on a job that the service user may not see.";

/// The badge beside the name, and the panel.
#[must_use]
pub fn candidate(candidate: &KnownCandidate) -> Vec<Placed> {
    let by = candidate
        .sent_by
        .as_deref()
        .unwrap_or("somebody of your company");
    let mut pairs = vec![("Sent", time(candidate.sent_at)), ("By", text(by))];
    match &candidate.status {
        None => pairs.push((
            "Status",
            text("Not read from Greenhouse yet").tone(Tone::Quiet),
        )),
        Some(status) => {
            pairs.push(("Status", in_words(status)));
            pairs.push(("Read", time(status.read_at)));
        }
    }
    let mut parts = vec![facts(pairs)];
    if let SendState::Created(there) | SendState::Existing(there) = &candidate.send {
        let sync = format!("sync:{}", there.candidate_id);
        parts.push(
            button("Sync now", &sync).tip("Reads the status from Greenhouse anew, for Jopwell too"),
        );
    }
    let node = panel("From Jopwell", vec![stack(parts)]);
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
        return self::status(NOT_READABLE, Tone::Warn).tip(UNREADABLE);
    }
    let mut lines: Vec<Node> = status.applications.iter().map(application).collect();
    match lines.len() {
        0 => text("In Greenhouse, without an application"),
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
        ("rejected", _) => ("Rejected", Tone::Bad),
        ("hired", _) => ("Hired", Tone::Good),
        ("active", Some(stage)) => (stage, Tone::Plain),
        ("active", None) => ("Prospect", Tone::Plain),
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

//! What stands on Greenhouse pages of people who came from Jopwell.

use super::node::{Kind, Node, Tone, badge, facts, line, panel, status, text, time};
use crate::flow::{Place, Placed};
use atsi_protocol::{ApplicationStatus, CandidateStatus, KnownCandidate};

/// The text that recruiters look for.
pub const SOURCE: &str = "Source = Jopwell";

#[must_use]
pub fn source() -> Node {
    badge(SOURCE).tip("This candidate was sent from Jopwell with ATSi")
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
    let node = panel("From Jopwell", vec![facts(pairs)]);
    vec![
        Placed {
            place: Place::Name,
            node: source(),
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

pub(super) fn state_of(application: &ApplicationStatus) -> (&str, Tone) {
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

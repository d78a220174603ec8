//! The checks of a key and its user, line by line.

use super::node::{Node, Tone, line, list, stack, text};
use crate::language::known;
use atsi_protocol::{CheckName, ConnectionCheck};

/// One line for each check: a tick, cross or dash, the result, and what to change.
#[must_use]
pub fn checks(checks: &[ConnectionCheck]) -> Node {
    let rows = checks.iter().map(|one| {
        let (mark, tone) = match one.ok {
            Some(true) => ("✓", Tone::Good),
            Some(false) => ("✗", Tone::Bad),
            None => ("–", Tone::Quiet),
        };
        let says = match (one.ok, &one.hint) {
            (Some(_), _) => text(known(&one.says)),
            (None, Some(_)) => text(known(&one.says)).tone(Tone::Quiet),
            // Not checked, because an earlier check failed.
            (None, None) => text(say!(
                "{what}: not checked yet",
                what = crate::language::text(about(one.check))
            ))
            .tone(Tone::Quiet),
        };
        let mut parts = vec![says];
        parts.extend((one.hint.as_ref()).map(|hint| text(known(hint)).tone(Tone::Quiet)));
        line(vec![text(mark).tone(tone), stack(parts)])
    });
    list(rows.collect())
}

fn about(check: CheckName) -> &'static str {
    match check {
        CheckName::KeyShape => key!("The key"),
        CheckName::UserShape => key!("The service user"),
        CheckName::CurrentUser => key!("The key with this user"),
        CheckName::Jobs => key!("Jobs"),
        CheckName::ProspectPools => key!("Prospect pools"),
        CheckName::Role => key!("The user’s role"),
    }
}

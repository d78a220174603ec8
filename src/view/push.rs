//! Applications that Jopwell's own systems push, on the options page.

use super::node::{Node, Tone, line, stack, text};
use super::secret::{SecretView, failed, stands, times};
use crate::flow::record::Trouble;
use atsi_protocol::{HookCount, ProblemCode, Push};

pub const CANNOT_REACH: &str = key!(
    "Jopwell’s systems cannot reach this address, as it is on this computer only. Whoever runs the proxy can give it a public one (--public-url)."
);

#[must_use]
pub fn push(push: Result<Push, Trouble>) -> SecretView {
    match push {
        Ok(push) => {
            let came = push.url.as_ref().map(|_| came(&push.received));
            stands(push.url, came, CANNOT_REACH)
        }
        Err(trouble) => failed(&trouble),
    }
}

fn came(counts: &[HookCount]) -> Node {
    let mut parts = Vec::new();
    match counts.iter().find(|count| count.name == "accepted") {
        Some(taken) => parts.push(line(vec![
            text(say!("Taken:")).tone(Tone::Quiet),
            times(taken),
        ])),
        None => parts.push(text(say!("No application has come this way yet.")).tone(Tone::Quiet)),
    }
    for count in counts.iter().filter(|count| count.name != "accepted") {
        parts.push(text(turned_away(&count.name)).tone(Tone::Bad));
        parts.push(times(count));
    }
    stack(parts)
}

/// Why, and what to do: what is turned away stays with Jopwell, which was told so.
fn turned_away(code: &str) -> &'static str {
    let is = |problem: ProblemCode| problem.as_str() == code;
    if is(ProblemCode::PushUnsigned) {
        say!(
            "Turned away: it was not signed. Jopwell’s systems have to sign with the secret of this page."
        )
    } else if is(ProblemCode::PushStale) {
        say!(
            "Turned away: it was signed more than five minutes before or after it came. Ask Jopwell to look at the clock of its system, and whoever runs the proxy at its own."
        )
    } else if is(ProblemCode::PushSignatureWrong) {
        say!(
            "Turned away: the signature was not right. Give Jopwell the secret once more, or make a new one."
        )
    } else if is(ProblemCode::IdempotencyKeyReused) {
        say!(
            "Turned away: it came under the id of another application. The first one counts; Jopwell has to name each by an id of its own."
        )
    } else if is(ProblemCode::NotConnected) {
        say!(
            "Turned away: your company was not connected to Greenhouse. Connect above; Jopwell sends it again."
        )
    } else if is(ProblemCode::BodyTooLarge) {
        say!("Turned away: it was larger than an application can be.")
    } else {
        say!(
            "Turned away: it was not an application as ATSi can read it. Jopwell was told what is wrong with it."
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_was_turned_away_is_told_with_what_to_do() {
        let count = |name: &str| HookCount {
            name: name.to_owned(),
            count: 2,
            last_at: 17,
        };
        let view = push(Ok(Push {
            url: Some("https://atsi.kiln.example/hooks/jopwell/x".to_owned()),
            secret_made_at: Some(1),
            previous_secret_until: None,
            received: ["accepted", "push_stale", "push_signature_wrong", "new_code"]
                .map(count)
                .to_vec(),
        }));
        assert_eq!(view.problem, None);
        let shown = crate::json::write(&view.seen.unwrap());
        for words in [
            "Taken:",
            "2 times, last at",
            "look at the clock",
            "make a new one",
            "as ATSi can read it",
        ] {
            assert!(shown.contains(words), "{words}: {shown}");
        }
    }

    #[test]
    fn before_a_secret_there_is_nothing_to_see() {
        let none = Push {
            url: None,
            secret_made_at: None,
            previous_secret_until: None,
            received: Vec::new(),
        };
        assert_eq!(push(Ok(none)), SecretView::default());
    }
}

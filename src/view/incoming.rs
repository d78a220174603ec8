//! What other systems send to the proxy, on the options page: Greenhouse's webhooks and the applications of
//! Jopwell's systems. Both have an address and a secret to enter there, and counts of what was received.

use super::node::{Node, Tone, facts, line, stack, text, time};
use super::problem::of_trouble;
use crate::state::trouble::Trouble;
use atsi_protocol::{HookCount, HookSecret, Hooks, ProblemCode, Push};

/// The webhooks that ATSi listens for; `options.html` has a row for each.
const LISTED_ACTIONS: [&str; 10] = [
    "new_candidate_application",
    "new_prospect_application",
    "candidate_stage_change",
    "reject_candidate",
    "unreject_candidate",
    "hire_candidate",
    "unhire_candidate",
    "merge_candidate",
    "delete_candidate",
    "candidate_anonymized",
];

/// Who sends to the proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    Greenhouse,
    Jopwell,
}

impl Origin {
    /// What to say of an address that exists on this computer only.
    fn unreachable(self) -> &'static str {
        match self {
            Self::Greenhouse => say!(
                "Greenhouse can’t reach this address because it exists on this computer only. The proxy’s operator can set a public one (--public-url)."
            ),
            Self::Jopwell => say!(
                "Jopwell’s systems can’t reach this address because it exists on this computer only. The proxy’s operator can set a public one (--public-url)."
            ),
        }
    }
}

/// The content of a card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IncomingView {
    /// None before the first secret was made.
    pub url: Option<String>,
    /// Only right after it was made.
    pub secret: Option<String>,
    /// What was received and what was rejected.
    pub counts: Option<Node>,
    pub problem: Option<String>,
    /// By action, for webhooks: when the last one was received.
    pub received: Vec<(&'static str, Node)>,
}

#[must_use]
pub fn webhooks(answer: Result<Hooks, Trouble>) -> IncomingView {
    match answer {
        Ok(hooks) => IncomingView {
            received: received(&hooks),
            counts: Some(webhook_counts(&hooks)),
            ..with_address(Origin::Greenhouse, hooks.url)
        },
        Err(trouble) => failed(&trouble),
    }
}

#[must_use]
pub fn applications(answer: Result<Push, Trouble>) -> IncomingView {
    match answer {
        Ok(push) => IncomingView {
            counts: push
                .url
                .as_ref()
                .map(|_| application_counts(&push.received)),
            ..with_address(Origin::Jopwell, push.url)
        },
        Err(trouble) => failed(&trouble),
    }
}

/// After a secret was made.
#[must_use]
pub fn with_secret(origin: Origin, answer: Result<HookSecret, Trouble>) -> IncomingView {
    match answer {
        Ok(made) => IncomingView {
            secret: Some(made.secret),
            ..with_address(origin, Some(made.url))
        },
        Err(trouble) => failed(&trouble),
    }
}

fn with_address(origin: Origin, url: Option<String>) -> IncomingView {
    let is_local = url.as_deref().is_some_and(|url| url.starts_with("http:"));
    IncomingView {
        problem: is_local.then(|| origin.unreachable().to_owned()),
        url,
        ..IncomingView::default()
    }
}

fn failed(trouble: &Trouble) -> IncomingView {
    IncomingView {
        problem: Some(of_trouble(trouble)),
        ..IncomingView::default()
    }
}

fn received(hooks: &Hooks) -> Vec<(&'static str, Node)> {
    let row = |action| {
        let count = hooks.received.iter().find(|count| count.name == action);
        let node = match count {
            Some(count) => line(vec![
                text(say!("Received")).tone(Tone::Good),
                time(count.last_at),
            ]),
            None => text(say!("Not received yet")).tone(Tone::Quiet),
        };
        (action, node)
    };
    LISTED_ACTIONS.into_iter().map(row).collect()
}

/// What the table of webhooks does not say: how many were received, other ones, and what was rejected.
fn webhook_counts(hooks: &Hooks) -> Node {
    let is_listed = |count: &&HookCount| LISTED_ACTIONS.contains(&count.name.as_str());
    let words = match hooks.received.iter().filter(is_listed).count() {
        0 => say!("No webhooks received yet.").to_owned(),
        some => say!(
            "{some} of {all} received.",
            some = some,
            all = LISTED_ACTIONS.len()
        ),
    };
    let mut parts = vec![text(words).tone(Tone::Quiet)];
    let others: Vec<_> = (hooks.received.iter())
        .filter(|count| !is_listed(count))
        .map(|count| (count.name.as_str(), how_often(count)))
        .collect();
    if !others.is_empty() {
        parts.push(facts(others));
    }
    for count in &hooks.refused {
        parts.extend(rejected(webhook_rejection(&count.name), count));
    }
    stack(parts)
}

fn application_counts(counts: &[HookCount]) -> Node {
    let mut parts = Vec::new();
    match counts.iter().find(|count| count.name == "accepted") {
        Some(accepted) => parts.push(line(vec![
            text(say!("Accepted:")).tone(Tone::Quiet),
            how_often(accepted),
        ])),
        None => parts.push(text(say!("No applications received yet.")).tone(Tone::Quiet)),
    }
    for count in counts.iter().filter(|count| count.name != "accepted") {
        parts.extend(rejected(application_rejection(&count.name), count));
    }
    stack(parts)
}

fn rejected(why: &'static str, count: &HookCount) -> [Node; 2] {
    [text(why).tone(Tone::Bad), how_often(count)]
}

fn how_often(count: &HookCount) -> Node {
    let words = match count.count {
        1 => say!("Once:").to_owned(),
        many => say!("{count} times, last:", count = many),
    };
    line(vec![text(words).tone(Tone::Quiet), time(count.last_at)])
}

fn webhook_rejection(name: &str) -> &'static str {
    match name {
        "signature" => {
            say!("Rejected: wrong signature. Enter the secret key in Greenhouse again.")
        }
        "too_large" => say!("Rejected: too large for a Greenhouse webhook."),
        _ => say!("Rejected: not a Greenhouse webhook."),
    }
}

/// Says why an application was rejected, and what to do. Jopwell's system keeps it and was told the reason.
fn application_rejection(code: &str) -> &'static str {
    match ProblemCode::ALL.iter().find(|known| known.as_str() == code) {
        Some(ProblemCode::PushUnsigned) => say!(
            "Rejected: it isn’t signed. Jopwell’s systems have to sign with the secret on this page."
        ),
        Some(ProblemCode::PushStale) => say!(
            "Rejected: its timestamp is more than five minutes off. Ask Jopwell and the proxy’s operator to check their clocks."
        ),
        Some(ProblemCode::PushSignatureWrong) => {
            say!("Rejected: wrong signature. Give Jopwell the secret again, or create a new one.")
        }
        Some(ProblemCode::IdempotencyKeyReused) => say!(
            "Rejected: it reused another application’s ID. The first one counts; Jopwell has to give each application its own ID."
        ),
        Some(ProblemCode::NotConnected) => say!(
            "Rejected: your company wasn’t connected to Greenhouse. Connect above; Jopwell sends it again."
        ),
        Some(ProblemCode::BodyTooLarge) => {
            say!("Rejected: it’s larger than an application can be.")
        }
        _ => say!("Rejected: ATSi can’t read it as an application. Jopwell’s system was told why."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(name: &str, count: u64) -> HookCount {
        HookCount {
            name: name.to_owned(),
            count,
            last_at: 17,
        }
    }

    fn hooks(received: Vec<HookCount>, refused: Vec<HookCount>) -> Hooks {
        Hooks {
            url: Some("https://proxy.example/hooks/greenhouse/x".into()),
            secret_made_at: Some(1),
            previous_secret_until: None,
            received,
            refused,
        }
    }

    fn shown(node: &Node) -> String {
        serde_json::to_string(node).unwrap()
    }

    #[test]
    fn rejected_webhook_is_shown_with_advice() {
        let view = webhooks(Ok(hooks(Vec::new(), vec![count("signature", 3)])));
        let counts = shown(&view.counts.unwrap());
        assert!(
            counts.contains("Enter the secret key in Greenhouse again"),
            "{counts}"
        );
        assert!(counts.contains("3 times"), "{counts}");
        assert_eq!(view.problem, None);
    }

    #[test]
    fn rejected_application_is_shown_with_advice() {
        let view = applications(Ok(Push {
            url: Some("https://atsi.kiln.example/hooks/jopwell/x".to_owned()),
            secret_made_at: Some(1),
            previous_secret_until: None,
            received: ["accepted", "push_stale", "push_signature_wrong", "new_code"]
                .map(|name| count(name, 2))
                .to_vec(),
        }));
        assert_eq!(view.problem, None);
        let counts = shown(&view.counts.unwrap());
        for words in [
            "Accepted:",
            "2 times, last:",
            "check their clocks",
            "create a new one",
            "can’t read it as an application",
        ] {
            assert!(counts.contains(words), "{words}: {counts}");
        }
    }

    #[test]
    fn card_before_the_first_secret_is_empty() {
        let none = Push {
            url: None,
            secret_made_at: None,
            previous_secret_until: None,
            received: Vec::new(),
        };
        assert_eq!(applications(Ok(none)), IncomingView::default());
    }

    #[test]
    fn each_listed_webhook_has_a_row_with_its_last_time() {
        let page = include_str!("../../extension/options.html");
        for action in LISTED_ACTIONS {
            assert!(page.contains(&format!("id=\"hook-{action}\"")), "{action}");
        }
        let view = webhooks(Ok(hooks(vec![count("hire_candidate", 1)], Vec::new())));
        assert_eq!(view.received.len(), LISTED_ACTIONS.len());
        for (action, node) in view.received {
            let shown = shown(&node);
            let is_received = action == "hire_candidate";
            assert_eq!(shown.contains("Received"), is_received, "{action}: {shown}");
            assert_eq!(
                shown.contains("\"at\":17"),
                is_received,
                "{action}: {shown}"
            );
        }
    }

    #[test]
    fn local_address_is_reported_as_unreachable() {
        let made = |url: &str| {
            let secret = HookSecret {
                url: url.into(),
                secret: "5ec4e7".into(),
                previous_secret_until: None,
            };
            with_secret(Origin::Greenhouse, Ok(secret))
        };
        let local = made("http://127.0.0.1:8787/hooks/greenhouse/x");
        assert!(
            local
                .problem
                .is_some_and(|problem| problem.contains("--public-url"))
        );
        assert_eq!(local.secret.as_deref(), Some("5ec4e7"));
        let public = made("https://proxy.example/hooks/greenhouse/x");
        assert_eq!(public.problem, None);
    }
}

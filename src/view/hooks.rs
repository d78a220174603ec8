//! Greenhouse's web hooks, on the options page.

use super::node::{Node, Tone, facts, line, stack, text, time};
use crate::flow::record::Trouble;
use atsi_protocol::{HookCount, HookSecret, Hooks};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HooksView {
    /// What to enter in Greenhouse; none before the first secret was made.
    pub url: Option<String>,
    /// Only right after it was made.
    pub secret: Option<String>,
    /// What came and what was turned away.
    pub seen: Option<Node>,
    /// What stands in the way.
    pub problem: Option<String>,
}

#[must_use]
pub fn hooks(hooks: Result<Hooks, Trouble>) -> HooksView {
    match hooks {
        Ok(hooks) => HooksView {
            seen: Some(seen(&hooks)),
            problem: hooks.url.as_deref().and_then(out_of_reach),
            url: hooks.url,
            secret: None,
        },
        Err(trouble) => failed(&trouble),
    }
}

#[must_use]
pub fn secret(secret: Result<HookSecret, Trouble>) -> HooksView {
    match secret {
        Ok(made) => HooksView {
            problem: out_of_reach(&made.url),
            url: Some(made.url),
            secret: Some(made.secret),
            seen: None,
        },
        Err(trouble) => failed(&trouble),
    }
}

fn failed(trouble: &Trouble) -> HooksView {
    HooksView {
        problem: Some(trouble.sentence()),
        ..HooksView::default()
    }
}

fn out_of_reach(url: &str) -> Option<String> {
    url.starts_with("http:").then(|| {
        "Greenhouse cannot reach this address, as it is on this computer only. Whoever runs the proxy can give it a public one (--public-url).".to_owned()
    })
}

fn seen(hooks: &Hooks) -> Node {
    if hooks.received.is_empty() && hooks.refused.is_empty() {
        return text("No web hook has come yet.").tone(Tone::Quiet);
    }
    let mut parts = Vec::new();
    if !hooks.received.is_empty() {
        let pairs = hooks
            .received
            .iter()
            .map(|count| (count.name.as_str(), times(count)));
        parts.push(facts(pairs.collect()));
    }
    for count in &hooks.refused {
        let why = match count.name.as_str() {
            "signature" => {
                "Turned away: the signature was not right. Enter the secret key once more in Greenhouse."
            }
            "too_large" => "Turned away: too large to be a web hook of Greenhouse’s.",
            _ => "Turned away: not a web hook of Greenhouse’s.",
        };
        parts.push(text(why).tone(Tone::Bad));
        parts.push(times(count));
    }
    stack(parts)
}

fn times(count: &HookCount) -> Node {
    let often = match count.count {
        1 => "once, at".to_owned(),
        many => format!("{many} times, last at"),
    };
    line(vec![text(often).tone(Tone::Quiet), time(count.last_at)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_web_hook_is_told_with_what_to_do() {
        let refused = vec![HookCount {
            name: "signature".into(),
            count: 3,
            last_at: 5,
        }];
        let view = hooks(Ok(Hooks {
            url: Some("https://proxy.example/hooks/greenhouse/x".into()),
            secret_made_at: Some(1),
            previous_secret_until: None,
            received: Vec::new(),
            refused,
        }));
        let shown = serde_json::to_string(&view.seen).unwrap();
        assert!(shown.contains("Enter the secret key once more"), "{shown}");
        assert!(shown.contains("3 times"), "{shown}");
        assert_eq!(view.problem, None);
    }

    #[test]
    fn an_address_of_this_computer_is_no_use_to_greenhouse() {
        let made = secret(Ok(HookSecret {
            url: "http://127.0.0.1:8787/hooks/greenhouse/x".into(),
            secret: "5ec4e7".into(),
            previous_secret_until: None,
        }));
        assert!(
            made.problem
                .is_some_and(|problem| problem.contains("--public-url"))
        );
        assert_eq!(made.secret.as_deref(), Some("5ec4e7"));
    }
}

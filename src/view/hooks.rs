//! Greenhouse's web hooks, on the options page.

use super::node::{Node, Tone, facts, stack, text};
use super::secret::{SecretView, failed, stands, times};
use crate::state::trouble::Trouble;
use atsi_protocol::{HookCount, Hooks, Millis};

/// What ATSi listens for; `options.html` has a row for each.
const ACTIONS: [&str; 10] = [
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

pub const CANNOT_REACH: &str = key!(
    "Greenhouse cannot reach this address, as it is on this computer only. Whoever runs the proxy can give it a public one (--public-url)."
);

/// What is said of an action: `not yet received`, `received 5 s ago`.
type Received = Vec<(&'static str, String)>;

#[must_use]
pub fn hooks(hooks: Result<Hooks, Trouble>, now: Millis) -> (SecretView, Received) {
    match hooks {
        Ok(hooks) => {
            let received = received(&hooks, now);
            let seen = seen(&hooks);
            (stands(hooks.url, Some(seen), CANNOT_REACH), received)
        }
        Err(trouble) => (failed(&trouble), Vec::new()),
    }
}

/// By action: how long ago its last web hook came.
fn received(hooks: &Hooks, now: Millis) -> Received {
    ACTIONS
        .into_iter()
        .map(|action| {
            let count = hooks.received.iter().find(|count| count.name == action);
            let words = count.map_or(say!("not yet received").to_owned(), |count| {
                say!(
                    "received {ago}",
                    ago = ago(now.saturating_sub(count.last_at))
                )
            });
            (action, words)
        })
        .collect()
}

fn ago(since: Millis) -> String {
    const SECOND: Millis = 1_000;
    const MINUTE: Millis = 60 * SECOND;
    const HOUR: Millis = 60 * MINUTE;
    const DAY: Millis = 24 * HOUR;
    match since {
        ..MINUTE => say!("{count} s ago", count = since / SECOND),
        MINUTE..HOUR => say!("{count} min ago", count = since / MINUTE),
        HOUR..DAY => say!("{count} h ago", count = since / HOUR),
        DAY.. => match since / DAY {
            1 => say!("a day ago").to_owned(),
            days => say!("{count} days ago", count = days),
        },
    }
}

/// What the list does not say: how many came, what came beside it, what was turned away.
fn seen(hooks: &Hooks) -> Node {
    let is_listed = |count: &&HookCount| ACTIONS.contains(&count.name.as_str());
    let listed = hooks.received.iter().filter(is_listed).count();
    let mut parts = vec![
        match listed {
            0 => text(say!("No web hook of the list has come yet.")),
            some => text(say!(
                "{some} of {all} have come.",
                some = some,
                all = ACTIONS.len()
            )),
        }
        .tone(Tone::Quiet),
    ];
    let others: Vec<_> = (hooks.received.iter())
        .filter(|count| !is_listed(count))
        .map(|count| (count.name.as_str(), times(count)))
        .collect();
    if !others.is_empty() {
        parts.push(facts(others));
    }
    for count in &hooks.refused {
        let why = match count.name.as_str() {
            "signature" => {
                say!(
                    "Turned away: the signature was not right. Enter the secret key once more in Greenhouse."
                )
            }
            "too_large" => key!("Turned away: too large to be a web hook of Greenhouse’s."),
            _ => key!("Turned away: not a web hook of Greenhouse’s."),
        };
        parts.push(text(say!(why)).tone(Tone::Bad));
        parts.push(times(count));
    }
    stack(parts)
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
        let (view, _) = hooks(
            Ok(Hooks {
                url: Some("https://proxy.example/hooks/greenhouse/x".into()),
                secret_made_at: Some(1),
                previous_secret_until: None,
                received: Vec::new(),
                refused,
            }),
            5,
        );
        let shown = serde_json::to_string(&view.seen).unwrap();
        assert!(shown.contains("Enter the secret key once more"), "{shown}");
        assert!(shown.contains("3 times"), "{shown}");
        assert_eq!(view.problem, None);
    }

    #[test]
    fn each_web_hook_has_a_row_that_says_how_long_ago_it_came() {
        let page = include_str!("../../extension/options.html");
        for action in ACTIONS {
            assert!(page.contains(&format!("id=\"hook-{action}\"")), "{action}");
        }
        let came = |ago| {
            let now = 1_790_000_000_000;
            let count = HookCount {
                name: "hire_candidate".into(),
                count: 1,
                last_at: now - ago,
            };
            let hooks = Hooks {
                url: None,
                secret_made_at: None,
                previous_secret_until: None,
                received: vec![count],
                refused: Vec::new(),
            };
            received(&hooks, now)[5].1.clone()
        };
        assert_eq!(came(5_400), "received 5 s ago");
        assert_eq!(came(61_000), "received 1 min ago");
        assert_eq!(came(3 * 3_600_000), "received 3 h ago");
        assert_eq!(came(30 * 3_600_000), "received a day ago");
        assert_eq!(came(72 * 3_600_000), "received 3 days ago");
    }
}

//! An address and a secret, to be entered in somebody else's system, on the options page.

use super::node::{Node, Tone, line, text, time};
use crate::state::trouble::Trouble;
use atsi_protocol::{HookCount, HookSecret};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretView {
    /// None before the first secret was made.
    pub url: Option<String>,
    /// Only right after it was made.
    pub secret: Option<String>,
    /// What came, and what was turned away.
    pub seen: Option<Node>,
    /// What stands in the way.
    pub problem: Option<String>,
}

/// `cannot_reach`: what to say of an address that is on this computer only.
#[must_use]
pub fn made(secret: Result<HookSecret, Trouble>, cannot_reach: &'static str) -> SecretView {
    match secret {
        Ok(made) => SecretView {
            secret: Some(made.secret),
            ..stands(Some(made.url), None, cannot_reach)
        },
        Err(trouble) => failed(&trouble),
    }
}

pub(super) fn stands(
    url: Option<String>,
    seen: Option<Node>,
    cannot_reach: &'static str,
) -> SecretView {
    let is_here = url.as_deref().is_some_and(|url| url.starts_with("http:"));
    SecretView {
        problem: is_here.then(|| crate::language::text(cannot_reach).to_owned()),
        url,
        seen,
        secret: None,
    }
}

pub(super) fn failed(trouble: &Trouble) -> SecretView {
    SecretView {
        problem: Some(trouble.sentence()),
        ..SecretView::default()
    }
}

pub(super) fn times(count: &HookCount) -> Node {
    let often = match count.count {
        1 => say!("once, at").to_owned(),
        many => say!("{count} times, last at", count = many),
    };
    line(vec![text(often).tone(Tone::Quiet), time(count.last_at)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_computer_is_no_use_to_others() {
        let secret = |url: &str| {
            made(
                Ok(HookSecret {
                    url: url.into(),
                    secret: "5ec4e7".into(),
                    previous_secret_until: None,
                }),
                super::super::hooks::CANNOT_REACH,
            )
        };
        let here = secret("http://127.0.0.1:8787/hooks/greenhouse/x");
        assert!(
            here.problem
                .is_some_and(|problem| problem.contains("--public-url"))
        );
        assert_eq!(here.secret.as_deref(), Some("5ec4e7"));
        assert_eq!(
            secret("https://proxy.example/hooks/greenhouse/x").problem,
            None
        );
    }
}

//! What the proxy says to people beside problems: mails, and the pages of its links, in the language of whoever
//! asks. What the extension shows it translates itself, so problems and everything else stay English here.

use axum::{extract::Request, http::header, middleware::Next, response::Response};
use serde_json::Value;
use std::sync::LazyLock;

/// The extension's catalog, and the one place for every text.
static SPANISH: LazyLock<Value> = LazyLock::new(|| {
    let catalog = include_str!("../../extension/languages/es.json");
    serde_json::from_str(catalog).unwrap_or_default()
});

tokio::task_local! {
    static IS_SPANISH: bool;
}

/// Asks in the language that the request names first, of those that we speak.
pub async fn as_asked(request: Request, next: Next) -> Response {
    let named = request.headers().get(header::ACCEPT_LANGUAGE);
    let named = named.and_then(|value| value.to_str().ok());
    let is_spanish = is_spanish(named.unwrap_or_default());
    IS_SPANISH.scope(is_spanish, next.run(request)).await
}

/// What is said in it, in the language with this tag.
pub fn said_in<T>(tag: &str, say: impl FnOnce() -> T) -> T {
    IS_SPANISH.sync_scope(tag == "es", say)
}

/// Browsers name the languages in the order of preference.
fn is_spanish(named: &str) -> bool {
    let bases = named.split(',').map(|one| {
        let tag = one.split(';').next().unwrap_or_default();
        tag.trim().split('-').next().unwrap_or_default()
    });
    let known = bases.into_iter().find(|base| ["en", "es"].contains(base));
    known == Some("es")
}

/// Its BCP 47 tag. What nobody asked for is English.
pub fn tag() -> &'static str {
    match IS_SPANISH.try_with(|is_spanish| *is_spanish) {
        Ok(true) => "es",
        _ => "en",
    }
}

pub fn text(key: &'static str) -> &'static str {
    translated(key)
}

/// The same for a text that was made before.
pub fn translated(english: &str) -> &str {
    match tag() {
        "es" => SPANISH
            .get(english)
            .and_then(Value::as_str)
            .unwrap_or(english),
        _ => english,
    }
}

/// A text with values in its holes; a value is never read for holes.
pub fn fill(key: &'static str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text(key);
    while let Some((literal, (name, behind))) = rest
        .split_once('{')
        .and_then(|(literal, behind)| Some((literal, behind.split_once('}')?)))
    {
        filled.push_str(literal);
        let value = values.iter().find(|(known, _)| *known == name);
        filled.push_str(value.map_or("", |(_, value)| value));
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

/// As in the core: `say!("Get Started")`, or with values `say!("{name} writes:", name = who)`.
macro_rules! say {
    ($key:literal) => {
        $crate::language::text($key)
    };
    ($key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::language::fill($key, &[$((stringify!($name), $value)),+])
    };
}
pub(crate) use say;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_language_that_we_speak_counts() {
        for (named, expected) in [
            ("es", true),
            ("es-MX,es;q=0.9,en;q=0.8", true),
            ("fr-FR, es;q=0.5", true),
            ("en-US,en;q=0.9,es;q=0.8", false),
            ("estonian", false),
            ("", false),
        ] {
            assert_eq!(is_spanish(named), expected, "{named}");
        }
    }

    #[tokio::test]
    async fn a_text_is_said_as_asked_and_values_stay() {
        let said = || say!("{name} writes:", name = "Enter {name}");
        assert_eq!(said(), "Enter {name} writes:");
        let in_spanish = IS_SPANISH.scope(true, async { (tag(), said()) }).await;
        assert_eq!(in_spanish, ("es", "Enter {name} escribe:".to_owned()));
    }
}

//! The language of mails and of the pages of one-time links: that of the person who asks. The extension
//! translates what it shows, so problems and everything else stay English here.

use axum::{extract::Request, http::header, middleware::Next, response::Response};
use serde_json::Value;
use std::sync::LazyLock;

/// The extension's catalog, the only place for translations.
static SPANISH: LazyLock<Value> = LazyLock::new(|| {
    let catalog = include_str!("../../extension/languages/es.json");
    serde_json::from_str(catalog).unwrap_or_default()
});

tokio::task_local! {
    static IS_SPANISH: bool;
}

/// Handles a request in the first of its languages that has a catalog.
pub async fn as_asked(request: Request, next: Next) -> Response {
    let named = request.headers().get(header::ACCEPT_LANGUAGE);
    let named = named.and_then(|value| value.to_str().ok());
    let is_spanish = is_spanish(named.unwrap_or_default());
    IS_SPANISH.scope(is_spanish, next.run(request)).await
}

/// Returns the texts that `say` makes in the language with this tag.
pub fn said_in<T>(tag: &str, say: impl FnOnce() -> T) -> T {
    IS_SPANISH.sync_scope(tag == "es", say)
}

/// Browsers name languages in the order of preference.
fn is_spanish(named: &str) -> bool {
    let bases = named.split(',').map(|one| {
        let tag = one.split(';').next().unwrap_or_default();
        tag.trim().split('-').next().unwrap_or_default()
    });
    let known = bases.into_iter().find(|base| ["en", "es"].contains(base));
    known == Some("es")
}

/// Returns the BCP 47 tag of the language; outside of a request it is English.
pub fn tag() -> &'static str {
    match IS_SPANISH.try_with(|is_spanish| *is_spanish) {
        Ok(true) => "es",
        _ => "en",
    }
}

/// Translates a text.
pub fn text(key: &'static str) -> &'static str {
    translated(key)
}

/// Translates a text that was made earlier.
pub fn translated(english: &str) -> &str {
    match tag() {
        "es" => SPANISH
            .get(english)
            .and_then(Value::as_str)
            .unwrap_or(english),
        _ => english,
    }
}

/// Translates a text and fills its holes.
pub fn fill(key: &'static str, values: &[(&str, &str)]) -> String {
    filled(text(key), values)
}

/// Puts values into the holes of a text. A value is never read for holes.
pub fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = text;
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

/// A text in the person's language, as in the core: `say!("Get started")`, or with values
/// `say!("{name} writes:", name = who)`.
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
    fn first_language_with_a_catalog_is_chosen() {
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
    async fn text_is_translated_and_its_values_are_not() {
        let said = || say!("{name} writes:", name = "Enter {name}");
        assert_eq!(said(), "Enter {name} writes:");
        let in_spanish = IS_SPANISH.scope(true, async { (tag(), said()) }).await;
        assert_eq!(in_spanish, ("es", "Enter {name} escribe:".to_owned()));
    }
}

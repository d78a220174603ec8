//! Texts in the person's language. The English text is the key into a catalog, which is data
//! (`extension/languages/*.json`); English itself needs no catalog. Names of people, jobs and stages are put
//! into a text afterwards, and never translated.

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt::{Display, Write};

/// A text, maybe with holes: `say!("Sent by {by}", by = name)`.
macro_rules! say {
    ($key:literal) => {
        $crate::language::text($key)
    };
    ($key:path) => {
        $crate::language::text($key)
    };
    ($key:literal, $($name:ident = $value:expr),+ $(,)?) => {
        $crate::language::fill($key, &[$((stringify!($name), &$value as &dyn std::fmt::Display)),+])
    };
}

/// A text that is shown elsewhere, by `say!(CONSTANT)`, `text` or `known`.
macro_rules! key {
    ($key:literal) => {
        $key
    };
}

type Catalog = &'static HashMap<String, String>;

thread_local! {
    static SPOKEN: Cell<(&'static str, Option<Catalog>)> = const { Cell::new(("en", None)) };
}

/// Switches to a language; without a catalog, to English. Texts of the language before may still be held, so
/// its catalog stays in memory; people change the language rarely.
pub fn speak(tag: &str, catalog: Option<&str>) {
    let catalog = catalog.and_then(|catalog| serde_json::from_str(catalog).ok());
    SPOKEN.set((
        Box::leak(tag.into()),
        catalog.map(|catalog| &*Box::leak(Box::new(catalog))),
    ));
}

/// Returns the BCP 47 tag of the language.
#[must_use]
pub fn tag() -> &'static str {
    SPOKEN.get().0
}

#[must_use]
pub fn text(key: &'static str) -> &'static str {
    found(key).unwrap_or(key)
}

/// Translates a text that was not written in this crate; one that the catalog lacks stays as it is.
#[must_use]
pub fn known(text: &str) -> String {
    found(text).unwrap_or(text).to_owned()
}

fn found(key: &str) -> Option<&'static str> {
    SPOKEN.get().1?.get(key).map(String::as_str)
}

/// Returns a text with values in its holes.
#[must_use]
pub fn fill(key: &'static str, values: &[(&str, &dyn Display)]) -> String {
    filled(text(key), values)
}

/// Like [`fill`], for a text that was not written in this crate.
#[must_use]
pub fn fill_known(text: &str, values: &[(&str, &dyn Display)]) -> String {
    filled(found(text).unwrap_or(text), values)
}

fn filled(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut rest = text;
    let mut filled = String::new();
    while let Some((literal, behind)) = rest.split_once('{') {
        let (hole, behind) = behind.split_once('}').unwrap_or((behind, ""));
        filled.push_str(literal);
        for (_, value) in values.iter().filter(|(name, _)| *name == hole) {
            // Writing to a String cannot fail.
            let _ = write!(filled, "{value}");
        }
        rest = behind;
    }
    filled.push_str(rest);
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    const CATALOG: &str = r#"{
        "Send to ATS": "Enviar al ATS",
        "Sent by {by} on {day}": "El {day}, por {by}"
    }"#;

    #[test]
    fn english_needs_no_catalog() {
        assert_eq!(say!("Send to ATS"), "Send to ATS");
        assert_eq!(
            say!("Sent by {by} on {day}", by = "Ada", day = 3),
            "Sent by Ada on 3"
        );
        assert_eq!(
            known("Whatever the proxy says."),
            "Whatever the proxy says."
        );
        assert_eq!(tag(), "en");
    }

    #[test]
    fn value_is_neither_translated_nor_read_for_holes() {
        speak("es-MX", Some(CATALOG));
        assert_eq!(tag(), "es-MX");
        assert_eq!(say!("Send to ATS"), "Enviar al ATS");
        assert_eq!(say!("Not in the catalog"), "Not in the catalog");
        assert_eq!(
            say!("Sent by {by} on {day}", by = "Send to ATS", day = "{by}"),
            "El {by}, por Send to ATS"
        );
        speak("en", None);
        assert_eq!(say!("Send to ATS"), "Send to ATS");
    }
}

//! What is said, in the person's language. The English text is the key into a catalog, which is data
//! (`extension/languages/*.json`); what English says is looked up nowhere. Names of people, jobs and stages
//! are put into a text afterwards, and never translated.

use serde_json::Value;
use std::cell::Cell;
use std::fmt::{Display, Write};

/// A text, or with holes: `say!("Sent by {by}", by = name)`.
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

/// A text that is said elsewhere, by `say!(CONSTANT)`, `text` or `told`.
macro_rules! key {
    ($key:literal) => {
        $key
    };
}

type Catalog = &'static Value;

/// Fewer letters in a sentence of the proxy tell nothing of which one it is.
const TELLING: usize = 10;

thread_local! {
    static SPOKEN: Cell<(&'static str, Option<Catalog>)> = const { Cell::new(("en", None)) };
}

/// From now on this language is spoken. None: English. What was said before may still be held, so a
/// catalog stays in memory; a person changes the language now and then.
pub fn speak(tag: &str, catalog: Option<&str>) {
    let catalog = catalog.and_then(|catalog| serde_json::from_str::<Value>(catalog).ok());
    SPOKEN.set((
        Box::leak(tag.into()),
        catalog.map(|catalog| &*Box::leak(Box::new(catalog))),
    ));
}

/// Its BCP 47 tag.
#[must_use]
pub fn tag() -> &'static str {
    SPOKEN.get().0
}

// Called from everywhere: no copy of them shall be anywhere else.
#[inline(never)]
#[must_use]
pub fn text(key: &'static str) -> &'static str {
    found(key).unwrap_or(key)
}

/// A text that was not written in this crate, as it is in the catalog; unchanged where it is not there.
#[must_use]
pub fn known(text: &str) -> String {
    found(text).unwrap_or(text).to_owned()
}

#[inline(never)]
fn found(key: &str) -> Option<&'static str> {
    SPOKEN.get().1?.get(key)?.as_str()
}

#[inline(never)]
#[must_use]
pub fn fill(key: &'static str, values: &[(&str, &dyn Display)]) -> String {
    filled(text(key), values)
}

#[inline(never)]
fn filled(text: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::new();
    for (literal, hole) in parts(text) {
        filled.push_str(literal);
        for (name, value) in values {
            if *name == hole {
                // Nothing fails to be written to a text.
                let _ = write!(filled, "{value}");
            }
        }
    }
    filled
}

/// What the proxy said in English, or a record of what was said before. A sentence with values in it is
/// recognised by what stands around them.
#[inline(never)]
#[must_use]
pub fn told(english: &str) -> String {
    if let Some(text) = found(english) {
        return text.to_owned();
    }
    let mut most = TELLING;
    let mut told = english.to_owned();
    let catalog = SPOKEN.get().1.and_then(Value::as_object);
    for (key, text) in catalog.into_iter().flatten() {
        let parts = parts(key);
        let telling = parts.iter().map(|(literal, _)| literal.len()).sum();
        if parts.len() > 1
            && telling >= most
            && let (Some(values), Some(text)) = (values(&parts, english), text.as_str())
        {
            let values: Vec<(&str, &dyn Display)> = (values.iter())
                .map(|(name, value)| (*name, value as &dyn Display))
                .collect();
            most = telling;
            told = filled(text, &values);
        }
    }
    told
}

/// What stands in the holes of a key, where the text is one of its.
fn values<'a>(parts: &[(&'a str, &'a str)], text: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut values = Vec::new();
    let mut rest = text;
    let mut open = "";
    for (literal, hole) in parts {
        let at = match (open, *hole) {
            ("", _) => 0,
            // The last literal ends the text.
            (_, "") => rest.len().checked_sub(literal.len())?,
            _ => rest.find(literal)?,
        };
        let (value, behind) = rest.split_at_checked(at)?;
        rest = behind.strip_prefix(literal)?;
        if !open.is_empty() {
            // The one hole for words of ours.
            let ours = found(value).filter(|_| open == "why");
            values.push((open, ours.unwrap_or(value)));
        }
        open = hole;
    }
    Some(values)
}

/// A text in parts: what stands before a hole, and the hole's name; it is empty behind the last.
fn parts(mut text: &str) -> Vec<(&str, &str)> {
    let mut parts = Vec::new();
    while let Some((literal, behind)) = text.split_once('{') {
        let (name, behind) = behind.split_once('}').unwrap_or((behind, ""));
        parts.push((literal, name));
        text = behind;
    }
    parts.push((text, ""));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    const CATALOG: &str = r#"{
        "Send to ATS": "Enviar al ATS",
        "Sent by {by} on {day}": "El {day}, por {by}",
        "No file went along: {why}": "Sin archivo: {why}",
        "it is empty": "está vacío",
        "{a} of {b}": "{a} de {b}"
    }"#;

    #[test]
    fn english_needs_no_catalog() {
        assert_eq!(say!("Send to ATS"), "Send to ATS");
        assert_eq!(
            say!("Sent by {by} on {day}", by = "Ada", day = 3),
            "Sent by Ada on 3"
        );
        assert_eq!(told("Whatever the proxy says."), "Whatever the proxy says.");
        assert_eq!(tag(), "en");
    }

    #[test]
    fn a_value_is_never_translated_nor_read_for_holes() {
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

    #[test]
    fn a_sentence_of_the_proxy_is_recognised_with_its_values() {
        speak("es", Some(CATALOG));
        assert_eq!(told("Send to ATS"), "Enviar al ATS");
        assert_eq!(
            told("Sent by Ada on May 3 on Mars"),
            "El May 3 on Mars, por Ada"
        );
        assert_eq!(
            told("No file went along: it is empty"),
            "Sin archivo: está vacío"
        );
        assert_eq!(
            told("No file went along: status 500"),
            "Sin archivo: status 500"
        );
        assert_eq!(told("3 of 5"), "3 of 5", "too little to tell");
        assert_eq!(told("Sent by"), "Sent by");
        assert_eq!(told(""), "");
    }
}

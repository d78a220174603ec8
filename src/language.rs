//! What is said, in the person's language. The English text is the key into a catalog, which is data
//! (`extension/languages/*.json`); what English says is looked up nowhere. Names of people, jobs and stages
//! are put into a text afterwards, and never translated.

use serde_json::{Map, Value};
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

type Catalog = &'static Map<String, Value>;

/// Fewer letters in a sentence of the proxy tell nothing of which one it is.
const TELLING: usize = 10;

thread_local! {
    static SPOKEN: Cell<(&'static str, Option<Catalog>)> = const { Cell::new(("en", None)) };
}

/// From now on this language is spoken. None: English. What was said before may still be held, so a
/// catalog stays in memory; a person changes the language now and then.
pub fn speak(tag: &str, catalog: Option<&str>) {
    let catalog = catalog.and_then(|json| serde_json::from_str(json).ok());
    let catalog = catalog.map(|catalog: Map<String, Value>| &*Box::leak(Box::new(catalog)));
    SPOKEN.set((Box::leak(tag.into()), catalog));
}

/// Its BCP 47 tag.
#[must_use]
pub fn tag() -> &'static str {
    SPOKEN.get().0
}

#[must_use]
pub fn text(key: &'static str) -> &'static str {
    found(key).unwrap_or(key)
}

fn found(key: &str) -> Option<&'static str> {
    SPOKEN.get().1?.get(key)?.as_str()
}

#[must_use]
pub fn fill(key: &'static str, values: &[(&str, &dyn Display)]) -> String {
    let mut filled = String::new();
    for (literal, hole) in parts(text(key)) {
        filled.push_str(literal);
        if let Some((_, value)) = values.iter().find(|(name, _)| *name == hole) {
            // Nothing fails to be written to a text.
            let _ = write!(filled, "{value}");
        }
    }
    filled
}

/// What the proxy said in English, or a record of what was said before. A sentence with values in it is
/// recognised by what stands around them.
#[must_use]
pub fn told(english: &str) -> String {
    let Some(catalog) = SPOKEN.get().1 else {
        return english.to_owned();
    };
    if let Some(text) = found(english) {
        return text.to_owned();
    }
    let mut best = (TELLING, None);
    for (key, text) in catalog.iter().filter(|(key, _)| key.contains('{')) {
        let telling = parts(key).map(|(literal, _)| literal.len()).sum();
        if telling > best.0
            && let Some(values) = values(key, english)
        {
            best = (telling, text.as_str().zip(Some(values)));
        }
    }
    let Some((text, values)) = best.1 else {
        return english.to_owned();
    };
    let mut filled = String::new();
    for (literal, hole) in parts(text) {
        filled.push_str(literal);
        let value = values.iter().find(|(name, _)| *name == hole);
        filled.push_str(match value {
            // The one hole for words of ours.
            Some(("why", value)) => found(value).unwrap_or(value),
            Some((_, value)) => value,
            None => "",
        });
    }
    filled
}

/// What stands in the holes of a key, where the text is one of its.
fn values<'a>(key: &'a str, text: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut values = Vec::new();
    let mut rest = text;
    let mut open = "";
    for (literal, hole) in parts(key) {
        let at = match (open, hole) {
            ("", _) => rest.starts_with(literal).then_some(0)?,
            // The last literal ends the text.
            (_, "") => rest
                .len()
                .checked_sub(literal.len())
                .filter(|_| rest.ends_with(literal))?,
            _ => rest.find(literal)?,
        };
        if !open.is_empty() {
            values.push((open, rest.get(..at)?));
        }
        rest = rest.get(at + literal.len()..)?;
        open = hole;
    }
    rest.is_empty().then_some(values)
}

/// A text in parts: what stands before a hole, and the hole's name; it is empty behind the last.
fn parts(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let hole = text
            .split_once('{')
            .and_then(|(literal, behind)| Some((literal, behind.split_once('}')?)));
        Some(match hole {
            Some((literal, (name, behind))) => {
                rest = Some(behind);
                (literal, name)
            }
            None => {
                rest = None;
                (text, "")
            }
        })
    })
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

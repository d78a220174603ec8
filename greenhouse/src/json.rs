//! JSON from outside, read with a repair of the one fault that senders are known for.

use std::borrow::Cow;

use serde::de::DeserializeOwned;

/// U+FFFD, as an escape.
const REPLACEMENT: &[u8] = br"\ufffd";
const ESCAPE_LEN: usize = br"\ud83d".len();

/// Reads JSON. A text that was cut inside a character holds half of a surrogate pair or an incomplete
/// UTF-8 sequence, which no JSON parser accepts: there U+FFFD is read, so that the rest is not lost.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> serde_json::Result<T> {
    serde_json::from_slice(body).or_else(|error| match repaired(body) {
        Some(body) => serde_json::from_slice(&body),
        None => Err(error),
    })
}

/// Returns `None` where there is nothing to repair.
fn repaired(body: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(body);
    let mut is_changed = matches!(text, Cow::Owned(_));
    let mut rest = text.as_bytes();
    let mut repaired = Vec::with_capacity(rest.len());
    while let Some((&byte, after)) = rest.split_first() {
        let (kept, taken) = match (byte, surrogate(rest)) {
            (_, Some(0xD800..=0xDBFF)) if follows_a_low_one(rest) => (rest, 2 * ESCAPE_LEN),
            (_, Some(_)) => (REPLACEMENT, ESCAPE_LEN),
            // The next character is escaped, so it starts no escape of its own.
            (b'\\', None) if !after.is_empty() => (rest, 2),
            _ => (rest, 1),
        };
        is_changed |= kept == REPLACEMENT;
        repaired.extend(kept.iter().take(taken));
        rest = rest.get(taken..).unwrap_or_default();
    }
    is_changed.then_some(repaired)
}

/// Whether the escape that `text` starts with is followed by the second half of a pair.
fn follows_a_low_one(text: &[u8]) -> bool {
    let next = text.get(ESCAPE_LEN..).and_then(surrogate);
    next.is_some_and(|next| next >= 0xDC00)
}

/// Returns the surrogate whose escape `text` starts with.
fn surrogate(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(br"\u")?.get(..4)?;
    if !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let unit = u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    (0xD800..=0xDFFF).contains(&unit).then_some(unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    #[test]
    fn half_of_a_surrogate_pair_is_replaced_and_the_rest_kept() {
        for (body, expected) in [
            (r#""Care lead \ud83d""#, "Care lead \u{FFFD}"),
            (r#""\uDC69 lead""#, "\u{FFFD} lead"),
            (r#""\ud83d\ud83d\udc69""#, "\u{FFFD}\u{1F469}"),
            (r#""\udc69\ud83d""#, "\u{FFFD}\u{FFFD}"),
            (r#""\ud83d\u0041""#, "\u{FFFD}A"),
            (r#""\ud83d\n""#, "\u{FFFD}\n"),
            // A pair beside it is whole, and an escaped backslash starts no escape.
            (r#""\ud83d \ud83d\udc69""#, "\u{FFFD} \u{1F469}"),
            (r#""\\ud83d \ud83d""#, "\\ud83d \u{FFFD}"),
            (r#""\\\ud83d""#, "\\\u{FFFD}"),
        ] {
            assert_eq!(read::<String>(body.as_bytes()).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn incomplete_utf8_is_replaced() {
        let cut = b"{\"title\":\"Care lead \xF0\x9F\x91\",\"id\":7}";
        assert_eq!(
            read::<Value>(cut).unwrap(),
            json!({"title": "Care lead \u{FFFD}", "id": 7})
        );
        // A surrogate in the bytes themselves, as some senders encode it.
        assert!(read::<String>(b"\"\xED\xA0\xBD\"").is_ok());
    }

    #[test]
    fn broken_json_is_still_refused() {
        for body in [
            r#"{"a":"#,
            r#""\ud8""#,
            r#""\ud83d"#,
            r"\",
            "",
            "\"\\u\u{E9}12\"",
        ] {
            assert!(read::<Value>(body.as_bytes()).is_err(), "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(body: Vec<u8>) {
            let _ = read::<Value>(&body);
        }

        /// A repair that is made without need would change what is said.
        #[test]
        fn valid_json_is_never_repaired(text in "[\\\\ud8c0-9\u{1F469}\"]{0,20}") {
            let body = json!(text).to_string();
            prop_assert_eq!(repaired(body.as_bytes()), None);
            prop_assert_eq!(read::<String>(body.as_bytes()).unwrap(), text);
        }

        #[test]
        fn text_cut_anywhere_between_its_units_is_read(
            text in "[a-c\u{1F469}\u{1F52C}\\\\\"]{1,12}",
            cut: prop::sample::Index,
        ) {
            let units: Vec<u16> = text.encode_utf16().collect();
            let units = &units[..=cut.index(units.len())];
            let escaped: String = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            prop_assert_eq!(
                read::<String>(format!("\"{escaped}\"").as_bytes()).unwrap(),
                String::from_utf16_lossy(units)
            );
        }
    }
}

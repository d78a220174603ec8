//! E-mail addresses in texts and links.
//!
//! The crate `email_address` decides what an address is, as `lettre` does in the proxy. What is here
//! finds candidates for it. `[at]` and `[dot]` are not undone: whoever writes so does not want programs
//! to read the address.

use super::address::percent_decode;
use email_address::{EmailAddress, Options};

/// Finds the addresses in a text, each once, in their order.
#[must_use]
pub fn find(text: &str) -> Vec<String> {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    let mut found = Vec::new();
    let separates = |c: char| c.is_whitespace() || ",;:<>()[]{}\"“”„«»|\\、，；：（）".contains(c);
    for word in visible.split(separates) {
        add(&mut found, word);
    }
    found
}

/// Reads the recipients of a `mailto:` link (RFC 6068): several, in `to` as well, percent-encoded, with
/// or without display names. Not those of `cc` and `bcc`: they are other people's.
#[must_use]
pub fn from_mailto(href: &str) -> Vec<String> {
    let href = href.trim();
    let Some(rest) = (href.get(..7))
        .filter(|scheme| scheme.eq_ignore_ascii_case("mailto:"))
        .and_then(|_| href.get(7..))
    else {
        return Vec::new();
    };
    let rest = rest.split('#').next().unwrap_or_default();
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    // Some pages escape the ampersand once more.
    let to = query
        .split('&')
        .map(|field| field.trim_start_matches("amp;"))
        .filter_map(|field| {
            let (name, value) = field.split_once('=')?;
            name.eq_ignore_ascii_case("to").then_some(value)
        });
    let mut found: Vec<String> = Vec::new();
    for part in std::iter::once(path).chain(to) {
        for address in find(&percent_decode(part)) {
            if !is_known(&found, &address) {
                found.push(address);
            }
        }
    }
    found
}

fn add(found: &mut Vec<String>, word: &str) {
    // A sentence ends behind an address, a quote or a slash begins before one.
    let word = word.trim_matches(|c: char| "./'’‘`*_~!?=#&".contains(c) || c == '-');
    // The site writes its placeholder with a real at sign.
    if word.split('@').count() != 2 || word.contains("email-protection") {
        return;
    }
    let options = Options::default()
        .with_required_tld()
        .without_domain_literal()
        .without_display_text();
    let Ok(address) = EmailAddress::parse_with_options(word, options) else {
        return;
    };
    let has_letters = (address.domain().rsplit('.').next()).is_some_and(|end| {
        end.chars().all(|c| c.is_alphanumeric() || c == '-') && end.chars().any(char::is_alphabetic)
    });
    let is_file = ["png", "jpg", "jpeg", "gif", "svg", "webp", "js", "css"]
        .iter()
        .any(|end| {
            address
                .domain()
                .to_ascii_lowercase()
                .ends_with(&format!(".{end}"))
        });
    if has_letters && !is_file && !is_known(found, word) {
        found.push(word.to_owned());
    }
}

fn is_known(found: &[String], address: &str) -> bool {
    found
        .iter()
        .any(|known| known.eq_ignore_ascii_case(address))
}

/// Characters that a page puts into an address so that it can break there, or to mark a direction.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2064}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses_in_a_text_are_found_without_what_is_around_them() {
        for (text, expected) in [
            ("ines@post.example", &["ines@post.example"][..]),
            ("ines@post.example (preferred)", &["ines@post.example"]),
            (
                "Write to Ines.Prado+jobs@post.example.",
                &["Ines.Prado+jobs@post.example"],
            ),
            (
                "E-mail:ines@post.example; work: ip@firm.example",
                &["ines@post.example", "ip@firm.example"],
            ),
            ("“Ines Prado” <ines@post.example>", &["ines@post.example"]),
            (
                "ines@post.example, INES@post.example",
                &["ines@post.example"],
            ),
            ("ines\u{200B}@post\u{AD}.example", &["ines@post.example"]),
            ("inés@correo.example", &["inés@correo.example"]),
            ("o'neil@post.example", &["o'neil@post.example"]),
        ] {
            assert_eq!(find(text), expected, "{text}");
        }
    }

    #[test]
    fn texts_that_are_no_address_are_not_claimed() {
        for text in [
            "",
            "ines [at] post [dot] example",
            "ines(at)post.example",
            "ines at post dot example",
            "@ines",
            "ines@localhost",
            "ines@[127.0.0.1]",
            "ines@post..example",
            "ines@@post.example",
            "[email\u{A0}protected]",
            "/cdn-cgi/l/email-protection#5a283f34",
            "photo@2x.png",
            "ines@10.0.0.1",
        ] {
            assert!(find(text).is_empty(), "{text}");
        }
    }

    #[test]
    fn mailto_links_name_their_recipients() {
        for (href, expected) in [
            ("mailto:ines@post.example", &["ines@post.example"][..]),
            (
                "MAILTO:ines@post.example?subject=Hi%20there",
                &["ines@post.example"],
            ),
            (
                "mailto:ines@post.example,ip@firm.example",
                &["ines@post.example", "ip@firm.example"],
            ),
            (
                "mailto:ines@post.example;ip@firm.example",
                &["ines@post.example", "ip@firm.example"],
            ),
            (
                "mailto:Ines%20Prado%20%3Cines@post.example%3E",
                &["ines@post.example"],
            ),
            (
                "mailto:%22Prado,%20Ines%22%20%3Cines%40post.example%3E",
                &["ines@post.example"],
            ),
            (
                "mailto:?to=ines@post.example&cc=boss@firm.example",
                &["ines@post.example"],
            ),
            (
                "mailto:ines@post.example?cc=boss@firm.example&amp;to=ip@firm.example",
                &["ines@post.example", "ip@firm.example"],
            ),
            (
                "mailto:ines%2Bjobs@post.example",
                &["ines+jobs@post.example"],
            ),
            ("mailto:ines+jobs@post.example", &["ines+jobs@post.example"]),
            ("mailto:", &[]),
            ("mailto:?subject=Look&body=at%20me@home.example", &[]),
            ("https://post.example/ines@post.example", &[]),
        ] {
            assert_eq!(from_mailto(href), expected, "{href}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".*") {
            for address in find(&text) {
                prop_assert_eq!(find(&address), [address.clone()]);
            }
            let _ = from_mailto(&format!("mailto:{text}"));
        }
    }
}

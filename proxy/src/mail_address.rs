//! Mail addresses: one form for each, and whether the domain is an employer's.

use lettre::Address;
use std::{collections::HashSet, str::FromStr, sync::LazyLock};
use url::Host;

/// RFC 5321, 4.5.3.1.3, without the angle brackets.
const MAX_CHARS: usize = 254;

static FREE_MAIL: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    include_str!("../data/free-mail-domains.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// An address to which mail can be sent over the internet: in lower case, its domain in ASCII.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailAddress(Address);

impl MailAddress {
    /// Returns `None` for anything but one plain address at a domain of the internet.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (local, domain) = text.trim().rsplit_once('@')?;
        // Legal, but nobody's: a quoted name, and one that only some mail servers understand.
        if local.starts_with('"') || !local.is_ascii() {
            return None;
        }
        let Ok(Host::Domain(domain)) = Host::parse(domain) else {
            return None;
        };
        let address = Address::from_str(&format!("{}@{domain}", local.to_ascii_lowercase()));
        let address = address.ok()?;
        let is_on_the_internet = domain.contains('.');
        let text: &str = address.as_ref();
        let fits = text.len() <= MAX_CHARS;
        (is_on_the_internet && fits).then_some(Self(address))
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_ref()
    }

    /// Returns the domain if it is an employer's, not one at which anybody can have an address.
    #[must_use]
    pub fn work_domain(&self) -> Option<&str> {
        let domain = self.0.domain();
        let mut name = domain;
        loop {
            if FREE_MAIL.contains(name) {
                return None;
            }
            match name.split_once('.') {
                Some((_, parent)) => name = parent,
                None => return Some(domain),
            }
        }
    }

    /// Guesses a name to begin with: `ada.park+work@kiln.example` is probably Ada Park.
    #[must_use]
    pub fn likely_name(&self) -> String {
        let local = self.0.user().split('+').next().unwrap_or_default();
        let words = local
            .split(|c: char| !c.is_ascii_alphabetic())
            .filter(|word| !word.is_empty())
            .map(|word| {
                let mut letters = word.chars();
                let first = letters.next().map(|first| first.to_ascii_uppercase());
                first.into_iter().chain(letters).collect::<String>()
            });
        let name = words.collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            local.to_owned()
        } else {
            name
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Option<String> {
        MailAddress::parse(text).map(|address| address.as_str().to_owned())
    }

    #[test]
    fn address_has_one_form() {
        for text in ["ada@kiln.example", " ADA@Kiln.Example ", "Ada@KILN.example"] {
            assert_eq!(email(text).as_deref(), Some("ada@kiln.example"), "{text}");
        }
        let name = email("ada@bücher.example");
        assert_eq!(name.as_deref(), Some("ada@xn--bcher-kva.example"));
    }

    #[test]
    fn text_that_is_not_one_plain_address_is_refused() {
        for text in [
            "",
            "ada",
            "@kiln.example",
            "ada@",
            "ada@kiln",
            "ada@127.0.0.1",
            "ada@[::1]",
            "ada lovelace@kiln.example",
            "ada@kiln.example, noor@kiln.example",
            "\"ada\"@kiln.example",
            "ada@kiln..example",
            ".ada@kiln.example",
            "ada\r\nBcc: noor@kiln.example",
            "ada@kiln.example\r\nBcc: x@y.example",
            "<ada@kiln.example>",
            "ada@-kiln.example",
        ] {
            assert_eq!(email(text), None, "{text:?}");
        }
        assert_eq!(email(&format!("{}@kiln.example", "a".repeat(65))), None);
    }

    #[test]
    fn free_mail_domain_is_not_an_employer() {
        let work = |text: &str| {
            let address = MailAddress::parse(text).unwrap();
            address.work_domain().map(str::to_owned)
        };
        for free in [
            "a@gmail.com",
            "a@GMAIL.com",
            "a@outlook.com",
            "a@proton.me",
            "a@yahoo.co.uk",
            "a@qq.com",
            "a@sub.gmail.com",
        ] {
            assert_eq!(work(free), None, "{free}");
        }
        assert_eq!(work("a@kiln.example").as_deref(), Some("kiln.example"));
        assert_eq!(work("a@notgmail.com").as_deref(), Some("notgmail.com"));
        assert!(FREE_MAIL.len() > 4_000);
    }

    #[test]
    fn address_suggests_a_name() {
        for (text, name) in [
            ("ada.park+work@kiln.example", "Ada Park"),
            ("noor@kiln.example", "Noor"),
            ("j_doe2@kiln.example", "J Doe"),
            ("42@kiln.example", "42"),
        ] {
            assert_eq!(MailAddress::parse(text).unwrap().likely_name(), name);
        }
    }
}

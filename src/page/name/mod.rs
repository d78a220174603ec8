//! Names of people: whether a text is one, and which part is which.
//!
//! [`divide`] answers in one of three ways: divided, to be asked, or not a name. It asks where the
//! order is open and nothing else on the page decides it, because a wrong name in Greenhouse costs
//! more than a question. `table.tsv` is the table of truth; `docs/adr/0007-names.md` says what was
//! chosen and why.

mod affixes;
mod clean;
mod order;
mod parts;
mod reading;
#[cfg(test)]
mod tests;
mod words;

use super::recipe::{Lists, list};
use atsi_protocol::MAX_FIELD_CHARS;
use parts::Parts;
use reading::Reading;
use words::{has, key};

/// Longest text that can be a name, in characters, and in words.
const MAX_NAME_CHARS: usize = 200;
const MAX_NAME_WORDS: usize = 14;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Name {
    pub first: String,
    /// Empty where the page shows one name only.
    pub last: String,
}

impl Name {
    #[must_use]
    pub fn full(&self) -> String {
        format!("{} {}", self.first, self.last).trim().to_owned()
    }
}

/// Evidence from elsewhere on the page. It decides only what the name as shown leaves open, except for
/// structured data, which decides always.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hints<'a> {
    /// The given name in structured data.
    pub given: Option<&'a str>,
    /// The family name in structured data.
    pub family: Option<&'a str>,
    /// The person's e-mail addresses.
    pub emails: &'a [String],
    /// The last part of the page's address.
    pub slug: Option<&'a str>,
    /// The document's title.
    pub title: Option<&'a str>,
    /// The document's language, as `lang` has it.
    pub language: Option<&'a str>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Division {
    Divided {
        name: Name,
        nickname: Option<String>,
        /// Shown with the name and no part of it: titles, credentials, pronouns, a former name.
        left_out: Vec<String>,
    },
    /// Cannot be divided safely. The person sees the guess in two boxes.
    Asked {
        /// The name as shown, cleaned.
        shown: String,
        guess: Name,
        why: Why,
    },
    NotAName,
}

/// Why a name cannot be divided safely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// There is one name only.
    OneName,
    /// Either part may be the family name.
    Order,
    /// The family name is an initial.
    Abbreviated,
    /// The page cut the text.
    Cut,
    /// It names several people.
    Several,
    /// A word may be part of the name or something else.
    Unclear,
}

impl Division {
    /// The name to show and to send. Where the person has to be asked, `last` is empty.
    #[must_use]
    pub fn into_name(self) -> Option<Name> {
        match self {
            Self::Divided { name, .. } => Some(name),
            Self::Asked { shown, .. } => Some(Name {
                first: shown,
                last: String::new(),
            }),
            Self::NotAName => None,
        }
    }
}

/// Whether a heading can be somebody's name: it reads like one, and is none of the site's own texts.
#[must_use]
pub fn can_be_name(text: &str, vocabulary: &Lists) -> bool {
    let lower = text.trim().to_ascii_lowercase();
    let says = |word: &String| {
        (lower.strip_prefix(word.as_str()))
            .is_some_and(|rest| rest.chars().next().is_none_or(|c| !c.is_alphanumeric()))
    };
    !list(vocabulary, "not_names").iter().any(says)
        && divide(text, &Hints::default()) != Division::NotAName
}

/// Divides a name as a page shows it.
#[must_use]
pub fn divide(shown: &str, hints: &Hints) -> Division {
    if shown.chars().take(MAX_NAME_CHARS * 2 + 1).count() > MAX_NAME_CHARS * 2 {
        return Division::NotAName;
    }
    let text = clean::text(shown);
    if !is_plausible(&text) {
        return Division::NotAName;
    }
    let mut parts = parts::take_apart(&text);
    let reading = Reading::of(&mut parts, hints);
    let Some(reading) = reading.filter(|reading| !reading.is_no_name()) else {
        return Division::NotAName;
    };
    let (name, why) = reading.name(hints);
    if let Some(name) = completed(&name, why, hints) {
        return divided(name, parts);
    }
    let unclear = (parts.is_cut.then_some(Why::Cut))
        .or(why)
        .or(parts.unclear_tail.then_some(Why::Unclear));
    match unclear {
        Some(why) => Division::Asked {
            shown: cut(&text),
            guess: name,
            why,
        },
        None => divided(name, parts),
    }
}

fn divided(name: Name, parts: Parts) -> Division {
    Division::Divided {
        name,
        nickname: parts.nickname,
        left_out: parts.left_out,
    }
}

/// Structured data completes a heading that shows one of the two names.
fn completed(name: &Name, why: Option<Why>, hints: &Hints) -> Option<Name> {
    let (given, family) = (hints.given?.trim(), hints.family?.trim());
    let shown = order::fold(&name.full());
    let is_part = |whole: &str| !shown.is_empty() && order::fold(whole) == shown;
    let is_open = matches!(why, Some(Why::OneName | Why::Abbreviated));
    (is_open
        && !given.is_empty()
        && !family.is_empty()
        && (is_part(given) || is_part(family) || shown.starts_with(&order::fold(given))))
    .then(|| Name {
        first: cut(given),
        last: cut(family),
    })
}

fn is_plausible(text: &str) -> bool {
    let is_ordinal = |word: &str| {
        ["st", "nd", "rd", "th"]
            .iter()
            .any(|end| word.ends_with(end))
    };
    let starts_well = !text.starts_with(|c: char| c.is_ascii_digit())
        || text.split(' ').next().is_some_and(is_ordinal);
    let lower = text.to_ascii_lowercase();
    let is_address = ["@", "://", "www.", ".com"]
        .iter()
        .any(|sign| lower.contains(sign));
    let is_greeting = text.contains(' ')
        && lower
            .split([' ', ','])
            .next()
            .is_some_and(|word| has(words::GREETINGS, word));
    text.chars().any(char::is_alphabetic)
        && text.chars().count() <= MAX_NAME_CHARS
        && text.split(' ').count() <= MAX_NAME_WORDS
        && starts_well
        && !is_address
        && !is_greeting
        && !text.contains('?')
}

/// Where a script has capitals, names use them: "Getting started at work" is a title. A name in small
/// letters is short.
fn reads_like_a_name(words: &[String]) -> bool {
    let Some(last) = words.last() else {
        return false;
    };
    let last = key(last);
    let is_heading = words.len() > 1
        && (has(words::JOB_WORDS, &last)
            || [
                "results",
                "settings",
                "information",
                "details",
                "experience",
                "profile",
                "preferences",
                "documents",
                "overview",
                "summary",
                "education",
                "skills",
            ]
            .contains(&last.as_str())
            || words
                .iter()
                .any(|word| has(words::ORGANIZATIONS, &key(word))));
    let has_digit = words
        .iter()
        .any(|word| word.chars().all(|c| c.is_ascii_digit() || c == '.'));
    let is_plain = |word: &&String| {
        word.chars()
            .all(|c| c.is_alphabetic() || "'’-.".contains(c))
    };
    let is_small = |word: &&String| {
        let mut letters = word.chars().filter(|c| c.is_alphabetic()).peekable();
        letters.peek().is_some() && letters.all(char::is_lowercase)
    };
    let small: Vec<&String> = words.iter().filter(is_plain).filter(is_small).collect();
    let says_something = small
        .iter()
        .any(|word| has(words::PLAIN_WORDS, word.as_str()));
    let strange = small
        .iter()
        .filter(|word| !order::is_particle(word) && !has(words::CONJUNCTIONS, word))
        .count();
    let is_all_small = small.len() == words.len();
    !is_heading && !has_digit && !says_something && (strange < 2 || is_all_small && words.len() < 6)
}

fn cut(text: &str) -> String {
    text.trim().chars().take(MAX_FIELD_CHARS).collect()
}

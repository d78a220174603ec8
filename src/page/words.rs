//! The vocabulary of the page reader: `extension/reader/words.json`. It is data, so that a company
//! or a newer recipe set can extend it without a release.

use super::evidence::field::Field;
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// Words and phrases in lower case.
pub type Set = HashSet<String>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    Name,
    FirstName,
    LastName,
    Email,
    Phone,
    Title,
    Company,
    /// Title and company in one: *Current role: Buyer at Lumen Labs*.
    Work,
    Location,
    Resume,
    Website,
    ExternalId,
    /// Somebody else's, or a wish: a recruiter's address, the position applied for.
    Ignored,
    /// Of a field that is not sent by itself.
    Other,
}

impl Label {
    #[must_use]
    pub fn field(self) -> Option<Field> {
        Some(match self {
            Self::Name => Field::Name,
            Self::Email => Field::Email,
            Self::Phone => Field::Phone,
            Self::Title => Field::Title,
            Self::Company => Field::Company,
            Self::Location => Field::Location,
            Self::Resume => Field::Resume,
            Self::Website => Field::Website,
            Self::ExternalId => Field::ExternalId,
            Self::FirstName | Self::LastName | Self::Work | Self::Ignored | Self::Other => {
                return None;
            }
        })
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Places {
    pub navigation: Vec<String>,
    pub banner: Vec<String>,
    pub footer: Vec<String>,
    pub quote: Vec<String>,
    pub others: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SectionKind {
    Experience,
    Education,
    About,
    Skills,
    Contact,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub struct Words {
    pub labels: HashMap<Label, Set>,
    /// What may stand in a label beside its word: *personal* email.
    pub qualifiers: Set,
    /// Words in class names and the like, by what the element holds.
    pub hints: HashMap<Label, Set>,
    pub places: Places,
    /// Headings of parts of a page that are about other people: phrases of several words, and words
    /// with a star, begin such a heading; other words are one.
    pub others: Vec<String>,
    pub sections: HashMap<SectionKind, Set>,
    /// Words that no name has.
    pub not_names: Set,
    /// Words around a name that belong to it.
    pub name_words: Set,
    pub given_names: Set,
    pub profile_controls: Vec<String>,
    pub own_controls: Vec<String>,
    pub job_controls: Vec<String>,
    pub job_words: Set,
    pub settings_words: Set,
    pub list_words: Set,
    pub login_words: Set,
    pub article_words: Set,
    pub inbox_words: Set,
    pub company_page_words: Set,
    pub other_page_words: Set,
    pub account_words: Vec<String>,
    pub resume: Set,
    pub not_resume: Set,
    pub occupations: Set,
    pub company_words: Set,
    /// Between a title and a company.
    pub at: Vec<String>,
    pub separators: Vec<String>,
    /// How an entry says that it has not ended.
    pub now: Set,
    /// Local parts of addresses that are nobody's own.
    pub role_addresses: Set,
    pub social_domains: Set,
    pub share_words: Set,
    pub not_titles: Set,
}

impl Words {
    /// None where the text does not fit.
    #[must_use]
    pub fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// What a text is the label of.
    #[must_use]
    pub fn label(&self, text: &str) -> Option<Label> {
        let text = plain(text);
        if text.is_empty() || text.chars().count() > 40 {
            return None;
        }
        let of = |text: &str| {
            let mut found: Vec<Label> = (self.labels.iter())
                .filter(|(_, words)| words.contains(text))
                .map(|(label, _)| *label)
                .collect();
            found.sort();
            // A word that is both stays with its own field: *position* before *position applied for*.
            found.first().copied()
        };
        if let Some(label) = of(&text) {
            return Some(label);
        }
        // "Phone / Teléfono" is one label in two languages.
        let parts: Vec<Option<Label>> =
            text.split(['/', '|']).map(|part| of(part.trim())).collect();
        if let (Some(Some(first)), true) = (
            parts.first(),
            parts.len() > 1 && parts.iter().all(Option::is_some),
        ) {
            return Some(*first);
        }
        let without = text
            .split(['(', '[', '（'])
            .next()
            .unwrap_or_default()
            .trim();
        if let Some(label) = of(without) {
            return Some(label);
        }
        let words: Vec<&str> = without
            .split(' ')
            .filter(|word| !self.qualifiers.contains(*word))
            .collect();
        if words.is_empty() {
            None
        } else {
            of(&words.join(" "))
        }
    }

    /// What the words in a class name say that an element holds, besides the words for structure.
    #[must_use]
    pub fn has_hint(&self, hints: &[String], label: Label) -> bool {
        (self.hints.get(&label)).is_some_and(|words| hints.iter().any(|hint| words.contains(hint)))
    }

    #[must_use]
    pub fn is_about_others(&self, heading: &str) -> bool {
        let heading = plain(heading);
        let words = heading
            .split(['(', ':'])
            .next()
            .unwrap_or_default()
            .trim_end_matches(|c: char| c.is_numeric() || c == ' ');
        self.others
            .iter()
            .any(|phrase| match phrase.strip_suffix('*') {
                Some(prefix) => starts_with_phrase(prefix, &heading),
                None if phrase.contains(' ') => starts_with_phrase(phrase, &heading),
                // One word alone is the whole heading: "Family", but not "Family Nurse Practitioner".
                None => phrase == words,
            })
    }

    #[must_use]
    pub fn section(&self, heading: &str) -> Option<SectionKind> {
        let heading = plain(heading);
        let is_one = |words: &Set| words.contains(&heading);
        self.sections
            .iter()
            .find(|(_, words)| is_one(words))
            .map(|(kind, _)| *kind)
    }

    #[must_use]
    pub fn is_section(&self, heading: &str) -> bool {
        self.section(heading).is_some()
    }

    #[must_use]
    pub fn is_profile_control(&self, name: &str) -> bool {
        starts_with(&self.profile_controls, &plain(name))
    }

    #[must_use]
    pub fn is_own_control(&self, name: &str) -> bool {
        starts_with(&self.own_controls, &plain(name))
    }

    #[must_use]
    pub fn is_job_control(&self, name: &str) -> bool {
        starts_with(&self.job_controls, &plain(name))
    }

    /// Whether the words of a text, or any two or three of them together, are in a set.
    #[must_use]
    pub fn any_word(set: &Set, text: &str) -> bool {
        let words: Vec<String> = (text
            .split(|c: char| !c.is_alphanumeric() && c != '-' && c != '\''))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
        words.iter().any(|word| set.contains(word))
            || words.windows(2).any(|pair| set.contains(&pair.join(" ")))
            || words
                .iter()
                .flat_map(|word| word.split('-'))
                .any(|part| set.contains(part))
    }
}

/// In lower case, without the colons, stars and the like around it.
#[must_use]
pub fn plain(text: &str) -> String {
    let text = text.to_lowercase().replace('\u{a0}', " ").replace('’', "'");
    let text = text.trim_matches(|c: char| {
        !c.is_alphanumeric() && !matches!(c, '(' | ')' | '+' | '#' | '（' | '）')
    });
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// Whether a text begins with one of the phrases, and the phrase ends where a word does.
fn starts_with(phrases: &[String], text: &str) -> bool {
    phrases
        .iter()
        .any(|phrase| starts_with_phrase(phrase, text))
}

fn starts_with_phrase(phrase: &str, text: &str) -> bool {
    text.strip_prefix(phrase)
        .is_some_and(|rest| rest.chars().next().is_none_or(|c| !c.is_alphabetic()))
}

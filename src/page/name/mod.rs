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
#[cfg(test)]
mod tests;
mod words;

use super::recipe::{Lists, list};
use affixes::Titles;
use atsi_protocol::MAX_FIELD_CHARS;
use order::{Guess, Order};
use parts::Parts;
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
    let is_capitals = !text.chars().any(char::is_lowercase);
    let mut parts = parts::take_apart(&text);
    let reading = read(&mut parts, is_capitals, hints);
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
    let starts_well = !text.starts_with(|c: char| c.is_ascii_digit()) || text.contains(',');
    let lower = text.to_ascii_lowercase();
    let is_address = ["@", "://", "www.", ".com"]
        .iter()
        .any(|sign| lower.contains(sign));
    text.chars().any(char::is_alphabetic)
        && text.chars().count() <= MAX_NAME_CHARS
        && text.split(' ').count() <= MAX_NAME_WORDS
        && starts_well
        && !is_address
        && !text.contains('?')
}

/// A name without what was left out: in the order shown, or with the family name told by a comma.
#[derive(Debug)]
enum Words {
    AsShown(Vec<String>),
    Listed {
        family: Vec<String>,
        given: Vec<String>,
    },
}

#[derive(Debug)]
struct Reading {
    words: Words,
    generation: Option<String>,
    why: Option<Why>,
}

impl Reading {
    fn is_no_name(&self) -> bool {
        match &self.words {
            Words::AsShown(words) => !reads_like_a_name(words),
            Words::Listed { family, given } => {
                !reads_like_a_name(family) || !reads_like_a_name(given)
            }
        }
    }

    fn name(&self, hints: &Hints) -> (Name, Option<Why>) {
        let (mut name, why) = match &self.words {
            Words::Listed { family, given } => (named(given, family), None),
            Words::AsShown(words) => in_order(words, hints),
        };
        if let Some(generation) = self.generation.as_ref().filter(|_| !name.last.is_empty()) {
            name.last = cut(&format!("{} {generation}", name.last));
        }
        (name, self.why.or(why))
    }
}

fn named(given: &[String], family: &[String]) -> Name {
    Name {
        first: cut(&given.join(" ")),
        last: cut(&family.join(" ")),
    }
}

fn in_order(words: &[String], hints: &Hints) -> (Name, Option<Why>) {
    if let [word] = words {
        return one_word(word, hints);
    }
    let at = |index: usize| words.split_at(index.min(words.len()));
    match order::order(words, hints) {
        Order::GivenFirst(count) => (named(at(count).0, at(count).1), None),
        Order::FamilyFirst(count) => (named(at(count).1, at(count).0), None),
        Order::Open(Guess::GivenFirst(count), why) => (named(at(count).0, at(count).1), Some(why)),
        Order::Open(Guess::FamilyFirst(count), why) => (named(at(count).1, at(count).0), Some(why)),
    }
}

fn one_word(word: &str, hints: &Hints) -> (Name, Option<Why>) {
    // A foreign name in an East Asian script: given name, middle dot, family name.
    if let Some((given, family)) = word
        .split_once(['·', '・', '‧'])
        .filter(|(given, family)| order::is_east_asian(given) && !family.is_empty())
    {
        return (
            Name {
                first: cut(given),
                last: cut(family),
            },
            None,
        );
    }
    let split = |count: usize| {
        let family: String = word.chars().take(count).collect();
        Name {
            first: cut(&word.chars().skip(count).collect::<String>()),
            last: cut(&family),
        }
    };
    match order::unspaced(word, hints) {
        Some(Ok(count)) => (split(count), None),
        Some(Err(count)) => (split(count), Some(Why::Order)),
        None => (
            Name {
                first: cut(word),
                last: String::new(),
            },
            Some(Why::OneName),
        ),
    }
}

/// What a part between commas is.
enum Part {
    Generation(String),
    /// Credentials, titles, a description.
    Beside,
    Name,
}

fn read(parts: &mut Parts, is_capitals: bool, hints: &Hints) -> Option<Reading> {
    let mut segments = std::mem::take(&mut parts.comma).into_iter();
    let mut head = segments.next()?;
    let mut why = without_titles(&mut head, &mut parts.left_out);
    if let [word] = head.as_mut_slice()
        && let Some(ending) = words::POLITE_ENDINGS
            .split(' ')
            .find(|ending| word.ends_with(ending) && order::is_east_asian(word))
    {
        word.truncate(word.len() - ending.len());
    }
    let ending = affixes::take_suffixes(&mut head, is_capitals);
    parts.left_out.extend(ending.credentials);
    let mut generation = ending.generation;
    if ending.is_unclear {
        why = why.or(Some(Why::Unclear));
    }
    let mut given: Option<Vec<String>> = None;
    for mut segment in segments {
        match kind_of(&segment, &head, is_capitals) {
            Part::Generation(found) => generation = generation.or(Some(found)),
            Part::Beside => parts.left_out.push(segment.join(" ")),
            Part::Name => {
                why = why.or(without_titles(&mut segment, &mut parts.left_out));
                let ending = affixes::take_suffixes(&mut segment, is_capitals);
                parts.left_out.extend(ending.credentials);
                generation = generation.or(ending.generation);
                match given.as_mut() {
                    None => given = Some(segment),
                    Some(given) if segment.iter().all(|word| order::is_initial(word)) => {
                        given.extend(segment)
                    }
                    Some(_) => {
                        parts.left_out.push(segment.join(" "));
                        why = why.or(Some(Why::Unclear));
                    }
                }
            }
        }
    }
    let Some(mut given) = given else {
        return Some(Reading {
            words: Words::AsShown(head),
            generation,
            why,
        });
    };
    why = why.or_else(|| doubt_of_list(&head, &given, is_capitals, hints));
    // "Dijk, Ludwig van": the particles belong to the family name.
    let is_particle =
        |word: &String| word.starts_with(char::is_lowercase) && has(words::PARTICLES, &key(word));
    let particles = given
        .iter()
        .rev()
        .take_while(|word| is_particle(word))
        .count();
    let mut family = given.split_off(given.len() - particles.min(given.len() - 1));
    family.extend(head);
    Some(Reading {
        words: Words::Listed { family, given },
        generation,
        why,
    })
}

fn without_titles(words: &mut Vec<String>, left_out: &mut Vec<String>) -> Option<Why> {
    match affixes::titles(words) {
        Titles::Count(0) => None,
        Titles::Count(count) => {
            let rest = words.split_off(count);
            left_out.push(std::mem::replace(words, rest).join(" "));
            None
        }
        Titles::Unclear => Some(Why::Unclear),
    }
}

/// Judges a part behind a comma. `head` is what stands before the first comma.
fn kind_of(part: &[String], head: &[String], is_capitals: bool) -> Part {
    let keys: Vec<String> = part.iter().map(|word| key(word)).collect();
    if let [only] = keys.as_slice()
        && (has(words::GENERATIONS, only)
            || has(words::GENERATIONS_OR_NAMES, only)
                && (head.len() > 1 || only.chars().count() > 1))
        && !(only == "sen"
            || part
                .iter()
                .any(|word| order::is_initial(word) && word.ends_with('.')))
    {
        return Part::Generation(part.join(" "));
    }
    let joined = keys.concat();
    let is_title = |word: &String| {
        let key = key(word);
        has(words::TITLES, &key)
            || has(words::TITLE_PARTS, &key)
            || has(words::TITLES_OR_NAMES, &key) && head.len() > 1
    };
    let is_credential = |word: &String| {
        let is_known = affixes::is_credential(word, true) || has(words::GENERATIONS, &key(word));
        let has_vowel = word
            .chars()
            .any(|c| "AEIOUYaeiouy".contains(c) || !c.is_ascii());
        if is_capitals {
            // Capitals say nothing: known ones, and what nobody could pronounce.
            has(words::CREDENTIALS, &key(word))
                || head.len() > 1 && (!has_vowel || has(words::CREDENTIALS_OR_NAMES, &key(word)))
        } else {
            is_known
                && !(word.starts_with(char::is_uppercase)
                    && word.ends_with('.')
                    && word.matches('.').count() > 1
                    && head.len() == 1
                    && word.chars().filter(|c| c.is_alphabetic()).count() <= 3
                    && !has(words::CREDENTIALS, &key(word))
                    && !has(words::CREDENTIALS_OR_NAMES, &key(word)))
                || word.chars().any(|c| c.is_ascii_digit())
        }
    };
    let is_described = |(index, word): (usize, &String)| {
        let key = key(word);
        has(words::DESCRIPTIONS, &key) && (head.len() > 1 || part.len() > 1)
            || word.chars().any(|c| c.is_ascii_digit())
            || ["at", "of", "in", "for", "and", "with", "the", "&"].contains(&word.as_str())
                && index > 0
    };
    if has(words::CREDENTIALS, &joined) && part.len() > 1
        || part.iter().all(is_credential)
        || part.iter().all(is_title)
        || part.iter().enumerate().any(is_described)
        || parts::is_pronouns(&part.join(" "))
            && part
                .iter()
                .all(|word| !word.chars().any(char::is_uppercase))
    {
        return Part::Beside;
    }
    Part::Name
}

/// Whether `Okoro Denise, Atlanta` may be something else than a family name and a given name.
fn doubt_of_list(
    family: &[String],
    given: &[String],
    is_capitals: bool,
    hints: &Hints,
) -> Option<Why> {
    let has_particle = family.iter().any(|word| {
        has(words::PARTICLES, &key(word)) || has(words::IBERIAN_FAMILY_NAMES, &key(word))
    });
    if has_particle
        || family.len() == 1
            && !given
                .iter()
                .all(|word| affixes::is_credential(word, true) && !is_capitals)
    {
        return None;
    }
    // An address that names the word before the comma last says that this is no list.
    let in_order = [family, given].concat();
    if let Order::FamilyFirst(count) = order::order(&in_order, hints)
        && count == family.len()
    {
        return None;
    }
    (family.len() != 2 || is_capitals && given.len() == 1).then_some(Why::Unclear)
}

/// Where a script has capitals, names use them: "How to write a CV" is a title. A name in small letters
/// is short.
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
    let counted = small
        .iter()
        .filter(|word| !has(words::PARTICLES, &key(word)) && !has(words::CONJUNCTIONS, &key(word)))
        .count();
    let is_name_in_small = counted == 0 || words.len() - (small.len() - counted) <= 3;
    !is_heading && !has_digit && !says_something && is_name_in_small
}

fn cut(text: &str) -> String {
    text.trim().chars().take(MAX_FIELD_CHARS).collect()
}

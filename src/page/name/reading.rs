//! Puts the parts of a name together: what stands before a comma and what behind it.

use super::affixes::{self, Titles};
use super::order::{self, Guess, Order};
use super::parts::{self, Parts};
use super::words::{self, has, key};
use super::{Hints, Name, Why, cut, reads_like_a_name};

/// A name without what was left out.
#[derive(Debug)]
enum Words {
    AsShown(Vec<String>),
    /// The family name stood before a comma.
    Listed {
        family: Vec<String>,
        given: Vec<String>,
    },
}

#[derive(Debug)]
pub struct Reading {
    words: Words,
    generation: Option<String>,
    why: Option<Why>,
}

/// What a part behind a comma is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// Generations, credentials, titles, a description.
    Beside,
    Name,
    /// A name, or something beside it.
    Unclear,
}

impl Reading {
    /// None where the text has no word of a name.
    #[must_use]
    pub fn of(parts: &mut Parts, hints: &Hints) -> Option<Self> {
        let mut segments = std::mem::take(&mut parts.comma).into_iter();
        let mut head = segments.next()?;
        let mut why = without_titles(&mut head, &mut parts.left_out);
        without_polite_words(&mut head, &mut parts.left_out);
        // Capitals tell nothing in a name that has nothing else.
        let is_capitals = !head.iter().any(|word| {
            !affixes::is_credential(word, true) && word.chars().any(char::is_lowercase)
        });
        let mut generation = without_suffixes(&mut head, is_capitals, parts, &mut why);
        let mut given: Option<Vec<String>> = None;
        let mut is_behind_suffix = false;
        for mut segment in segments {
            let part = kind_of(
                &segment,
                is_capitals,
                is_family_name(&head) && given.is_none(),
                is_iberian(&head),
            );
            if part == Part::Beside {
                let is_suffix = |word: &&String| behind(word, is_capitals, false) == Behind::Suffix;
                let says_generation = |word: &&String| {
                    affixes::is_generation(word) || has(words::GENERATIONS_OR_NAMES, &key(word))
                };
                let found = (segment.iter().take_while(is_suffix))
                    .find(says_generation)
                    .filter(|_| segment.len() == 1 || segment.iter().all(|word| is_suffix(&word)))
                    .cloned();
                let is_generation = found.is_some() && generation.is_none();
                if is_generation {
                    generation = found;
                }
                if segment.len() > 1 || !is_generation {
                    parts.left_out.push(segment.join(" "));
                }
                is_behind_suffix = true;
                continue;
            }
            // "Jane Banks, PhD, Boston": behind credentials comes no given name.
            if part == Part::Unclear || is_behind_suffix && !is_family_name(&head) {
                why = why.or(Some(Why::Unclear));
            }
            why = why.or(without_titles(&mut segment, &mut parts.left_out));
            let found = without_suffixes(&mut segment, is_capitals, parts, &mut why);
            generation = generation.or(found);
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
        let words = match given {
            None => Words::AsShown(head),
            Some(given) => {
                why = why.or_else(|| doubt_of_list(&head, &given, hints));
                listed(head, given)
            }
        };
        Some(Self {
            words,
            generation,
            why,
        })
    }

    #[must_use]
    pub fn is_no_name(&self) -> bool {
        match &self.words {
            Words::AsShown(words) => !reads_like_a_name(words),
            Words::Listed { family, given } => {
                !reads_like_a_name(family) || !reads_like_a_name(given)
            }
        }
    }

    /// The name or a guess of it, and why it is one.
    #[must_use]
    pub fn name(&self, hints: &Hints) -> (Name, Option<Why>) {
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
    let is_dotted = |(given, family): &(&str, &str)| {
        order::is_east_asian(given) && order::is_east_asian(family)
    };
    if let Some((given, family)) = word.split_once(['·', '・', '‧']).filter(is_dotted) {
        // A Japanese dot stands between two Japanese names as well.
        let is_open = word.contains('・')
            && !given
                .chars()
                .all(|c| ('\u{30A0}'..='\u{30FF}').contains(&c));
        return (
            Name {
                first: cut(given),
                last: cut(family),
            },
            is_open.then_some(Why::Order),
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

fn listed(head: Vec<String>, mut given: Vec<String>) -> Words {
    // "Dijk, Ludwig van": the particles belong to the family name.
    let is_small = |word: &String| {
        word.chars()
            .find(|c| c.is_alphabetic())
            .is_some_and(char::is_lowercase)
    };
    let particles = given
        .iter()
        .rev()
        .take_while(|word| is_small(word) && order::is_particle(word))
        .count();
    let mut family = given.split_off(given.len() - particles.min(given.len().saturating_sub(1)));
    family.extend(head);
    Words::Listed { family, given }
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

fn without_suffixes(
    words: &mut Vec<String>,
    is_capitals: bool,
    parts: &mut Parts,
    why: &mut Option<Why>,
) -> Option<String> {
    let ending = affixes::take_suffixes(words, is_capitals);
    parts.left_out.extend(ending.credentials);
    if ending.is_unclear {
        *why = why.or(Some(Why::Unclear));
    }
    ending.generation
}

fn without_polite_words(words: &mut Vec<String>, left_out: &mut Vec<String>) {
    while words.len() > 1
        && words
            .last()
            .is_some_and(|word| has(words::POLITE_WORDS, word))
    {
        left_out.extend(words.pop());
    }
    let Some(last) = words.last_mut().filter(|last| order::is_east_asian(last)) else {
        return;
    };
    let ending = words::POLITE_ENDINGS
        .split(' ')
        .find(|ending| last.ends_with(ending) && last.len() > ending.len());
    if let Some(ending) = ending {
        last.truncate(last.len() - ending.len());
        left_out.push(ending.to_owned());
    }
}

/// Whether what stands before a comma can only be a family name: one word, a particle first, or two
/// joined names.
fn is_family_name(head: &[String]) -> bool {
    let joins = |word: &String| has(words::CONJUNCTIONS, word);
    head.len() == 1
        || head.len() == 3 && head.get(1).is_some_and(joins)
        || head.first().is_some_and(|word| order::is_particle(word))
}

fn is_iberian(words: &[String]) -> bool {
    words
        .iter()
        .any(|word| has(words::IBERIAN_FAMILY_NAMES, &key(word)))
}

/// What a word behind a comma can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Behind {
    /// A generation or a credential that no name is spelled like.
    Suffix,
    /// Capitals that nobody here knows, such as `CPPM`.
    Capitals,
    /// `Md`, `Ed`, `Ma`: a credential or a given name.
    Either,
    /// `M.J.`: initials, or a credential that nobody here knows.
    Initials,
    Title,
    Word,
}

/// Judges a part behind a comma. `is_family_name`: what stands before it can be nothing else.
fn kind_of(part: &[String], is_capitals: bool, is_family_name: bool, is_iberian: bool) -> Part {
    use Behind::{Capitals, Either, Initials, Suffix, Word};
    let joined = key(&part.concat());
    let text = part.join(" ");
    let is_small = !text.chars().any(char::is_uppercase);
    if part.len() > 1
        && (has(words::CREDENTIALS, &joined)
            || !is_family_name && has(words::CREDENTIALS_OR_NAMES, &joined))
        || is_small && parts::is_pronouns(&text)
        || is_description(part, is_family_name)
    {
        return Part::Beside;
    }
    let kinds: Vec<Behind> = part
        .iter()
        .map(|word| behind(word, is_capitals, is_family_name))
        .collect();
    let has_kind = |kind: Behind| kinds.contains(&kind);
    if has_kind(Word) {
        return Part::Name;
    }
    if !has_kind(Capitals) && !has_kind(Either) && !has_kind(Initials) {
        return Part::Beside;
    }
    if is_family_name {
        return match part {
            _ if has_kind(Suffix) && !has_kind(Initials) => Part::Beside,
            _ if has_kind(Capitals) => Part::Unclear,
            _ => Part::Name,
        };
    }
    match part {
        _ if has_kind(Suffix) || has_kind(Capitals) || part.len() > 1 && !has_kind(Initials) => {
            Part::Beside
        }
        [only] if has_kind(Either) && (is_small || only.ends_with('.')) => Part::Beside,
        _ if has_kind(Initials) && is_iberian => Part::Name,
        _ => Part::Unclear,
    }
}

fn behind(word: &str, is_capitals: bool, is_family_name: bool) -> Behind {
    let key = key(word);
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    let has_vowel = word
        .chars()
        .any(|c| "AEIOUYaeiouy".contains(c) || !c.is_ascii());
    let is_either = has(words::CREDENTIALS_OR_NAMES, &key);
    if affixes::is_generation(word) {
        return Behind::Suffix;
    }
    if has(words::GENERATIONS_OR_NAMES, &key)
        && !word.ends_with('.')
        && (!is_family_name || letters > 1)
    {
        return Behind::Suffix;
    }
    if is_either {
        let is_credential = affixes::is_credential(word, true) && (!is_capitals || !is_family_name);
        return if is_credential {
            Behind::Suffix
        } else {
            Behind::Either
        };
    }
    if has(words::CREDENTIALS, &key) {
        return Behind::Suffix;
    }
    if has(words::TITLES, &key)
        || has(words::TITLE_PARTS, &key)
        || has(words::TITLES_OR_NAMES, &key) && !is_family_name
    {
        return Behind::Title;
    }
    let is_dotted =
        word.contains('.') && letters == word.matches('.').count().max(1) && letters <= 3;
    if order::is_initial(word)
        || is_dotted
        || letters == 2 && affixes::is_all_capitals(word) && !is_capitals
    {
        return if letters == 1 {
            Behind::Word
        } else {
            Behind::Initials
        };
    }
    let is_unknown = if is_capitals {
        letters > 2 && !has_vowel
    } else {
        affixes::is_credential(word, true)
    };
    if is_unknown {
        Behind::Capitals
    } else {
        Behind::Word
    }
}

/// A job, a place of work, a year: not a name.
fn is_description(part: &[String], is_family_name: bool) -> bool {
    part.iter().enumerate().any(|(index, word)| {
        let says = has(words::DESCRIPTIONS, &key(word)) && (!is_family_name || part.len() > 1);
        let joins = index > 0 && has("at of in for and with the &", word);
        says || joins || word.chars().any(|c| c.is_ascii_digit())
    })
}

/// Why what stands before the comma may not be a family name: `Okoro Denise Marie, Atlanta`.
fn doubt_of_list(family: &[String], given: &[String], hints: &Hints) -> Option<Why> {
    let has_particle = family.iter().skip(1).any(|word| order::is_particle(word));
    if is_family_name(family) || is_iberian(family) && !has_particle {
        return None;
    }
    // An address that spells the family name of several words.
    let turned = [given, family].concat();
    let is_list = order::by_evidence(&turned, hints) == Some(Order::GivenFirst(given.len()));
    (!is_list).then_some(Why::Unclear)
}

//! Which words are the given name and which the family name.

use super::words::{self, has, key};
use super::{Hints, Why};
use unicode_normalization::UnicodeNormalization;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The given name has so many words and comes first.
    GivenFirst(usize),
    /// The family name has so many words and comes first.
    FamilyFirst(usize),
    /// The guess, and why it is one.
    Open(Guess, Why),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    GivenFirst(usize),
    FamilyFirst(usize),
}

/// Decides for two words or more.
#[must_use]
pub fn order(words: &[String], hints: &Hints) -> Order {
    if let Some(order) = by_evidence(words, hints) {
        return order;
    }
    let count = words.len();
    let boundary = family_begins(words);
    if words.iter().all(|word| is_east_asian(word)) {
        // A name of the script's own people begins with the family name; one that is written in
        // katakana alone is foreign.
        let is_foreign = words
            .iter()
            .flat_map(|word| word.chars())
            .all(|c| ('\u{30A0}'..='\u{30FF}').contains(&c));
        return match (is_foreign, count) {
            (true, _) => Order::GivenFirst(count - 1),
            (false, 2) => Order::FamilyFirst(1),
            _ => Order::Open(Guess::FamilyFirst(1), Why::Order),
        };
    }
    if let Some(order) = slavic(words) {
        return order;
    }
    let first = words.first().map(|word| key(word)).unwrap_or_default();
    let last = words.last().map(|word| key(word)).unwrap_or_default();
    let is_two_people = words
        .iter()
        .any(|word| word == "&" || ["and", "und", "y", "et", "e"].contains(&word.as_str()))
        && boundary == count;
    if is_two_people || words.iter().any(|word| word == "&" || word == "and") {
        return Order::Open(Guess::GivenFirst(count - 1), Why::Several);
    }
    // `Juan y García`: two family names, or two people.
    if words
        .get(1)
        .is_some_and(|word| has(words::CONJUNCTIONS, word))
    {
        return Order::Open(Guess::GivenFirst(1), Why::Unclear);
    }
    if let Some(order) = family_name_in_capitals(words) {
        return order;
    }
    let is_vietnamese = words.iter().any(|word| {
        word.chars()
            .any(|c| ('\u{1EA0}'..='\u{1EF9}').contains(&c) || "ăđơưĂĐƠƯ".contains(c))
    });
    let begins_like_family =
        has(words::EAST_ASIAN_FAMILY_NAMES, &first) && !has(words::EAST_ASIAN_FAMILY_NAMES, &last);
    if is_vietnamese && begins_like_family && count > 2 {
        return Order::FamilyFirst(1);
    }
    let is_native = matches!(
        hints
            .language
            .map(|language| language.get(..2).unwrap_or_default()),
        Some("vi" | "hu")
    );
    if is_native && boundary == count - 1 {
        return if begins_like_family {
            Order::FamilyFirst(1)
        } else {
            Order::Open(Guess::FamilyFirst(1), Why::Order)
        };
    }
    let is_korean_given = |word: &String| {
        word.split_once('-')
            .is_some_and(|(_, second)| second.starts_with(char::is_lowercase) && second.is_ascii())
    };
    if begins_like_family && count == 2 && words.get(1).is_some_and(is_korean_given) {
        return Order::FamilyFirst(1);
    }
    let is_name_elsewhere = [
        "kim", "lee", "han", "park", "song", "oh", "lin", "jung", "yi", "cho",
    ]
    .contains(&first.as_str());
    if begins_like_family && !is_name_elsewhere
        || is_vietnamese && count > 2 && !has(words::EAST_ASIAN_FAMILY_NAMES, &last)
    {
        return Order::Open(Guess::FamilyFirst(1), Why::Order);
    }
    if boundary == 0 {
        return Order::Open(Guess::GivenFirst(1.min(count - 1)), Why::OneName);
    }
    if words
        .last()
        .is_some_and(|word| is_initial(word) && word.ends_with('.'))
        && boundary == count - 1
    {
        return Order::Open(Guess::GivenFirst(count - 1), Why::Abbreviated);
    }
    Order::GivenFirst(boundary)
}

/// The index of the family name's first word where the given name comes first; 0 where all are the
/// family name's.
fn family_begins(words: &[String]) -> usize {
    let count = words.len();
    let keys: Vec<String> = words.iter().map(|word| key(word)).collect();
    let at = |index: usize| keys.get(index).map_or("", String::as_str);
    let is_small = |index: usize| {
        words
            .get(index)
            .is_some_and(|word| word.chars().next().is_some_and(char::is_lowercase))
    };
    let is_all_small = (0..count).all(is_small);
    // `de la Cruz`, `Del Rey` alone.
    let is_family_name_alone = count == 2 && has("da de del der des di du von", at(0));
    if is_family_name_alone
        || is_small(0)
            && !is_all_small
            && words.first().is_some_and(|word| is_particle(word))
            && count > 1
    {
        return 0;
    }
    let mut given = 1;
    // `La Toya Jackson`, `Abdul Rahman Yusuf`, `St. John Rivers`.
    let is_followed_by_particle = words.get(1).is_some_and(|word| is_particle(word));
    if count > 2 && has(words::GIVEN_BEGINNINGS, at(0)) && !is_followed_by_particle {
        given = 2;
    }
    // `María del Carmen`, `José de Jesús`.
    let joins = |from: usize| {
        (from..count.min(from + 2))
            .take_while(|&index| ["de", "del", "la", "los", "las", "el"].contains(&at(index)))
            .count()
    };
    let joined = joins(given);
    if joined > 0 && has(words::DEVOTIONS, at(given + joined)) && given + joined + 1 < count {
        given += joined + 1;
    }
    let last = count - 1;
    let begins =
        (given..last).find(|&index| words.get(index).is_some_and(|word| is_particle(word)));
    // `Ortega y Gasset`: the word before belongs to it.
    let joined = (given + 1..last).find(|&index| {
        has(words::CONJUNCTIONS, at(index))
            && is_small(index)
            && !words.get(index - 1).is_some_and(|word| is_particle(word))
    });
    let iberian = (given..last).find(|&index| has(words::IBERIAN_FAMILY_NAMES, at(index)));
    [begins, joined.map(|index| index - 1), iberian]
        .into_iter()
        .flatten()
        .min()
        .unwrap_or(last)
        .max(1)
}

/// Whether a word that is not the first begins a family name.
#[must_use]
pub fn is_particle(word: &str) -> bool {
    let key = key(word);
    let is_small = word
        .chars()
        .find(|c| c.is_alphabetic())
        .is_some_and(char::is_lowercase);
    let is_initial = is_initial(word) && key != "ó" && !is_small;
    !is_initial && (has(words::PARTICLES, &key) || is_small && has(words::SMALL_PARTICLES, &key))
}

#[must_use]
pub fn is_initial(word: &str) -> bool {
    let mut letters = word.chars().filter(|c| *c != '.');
    letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
}

/// `DUPONT Marie`: capitals mark the family name where the rest has small letters.
fn family_name_in_capitals(words: &[String]) -> Option<Order> {
    let is_marked = |word: &String| {
        super::affixes::is_all_capitals(word)
            && word.chars().filter(|c| c.is_alphabetic()).count() > 2
            && !word.contains('.')
    };
    let marked = words.iter().take_while(|word| is_marked(word)).count();
    let rest = words.get(marked..)?;
    let is_mixed = !rest.is_empty() && rest.iter().all(|word| word.chars().any(char::is_lowercase));
    if marked == 0 || !is_mixed {
        // `Marie Claire DUPONT DURAND`: all that is marked, to the end.
        let ends = words
            .iter()
            .rev()
            .take_while(|word| is_marked(word))
            .count();
        let begins = words.len() - ends;
        let head = words.get(..begins)?;
        let is_marking = ends > 1
            && !head.is_empty()
            && head.iter().all(|word| word.chars().any(char::is_lowercase));
        return is_marking.then_some(Order::GivenFirst(begins));
    }
    Some(Order::Open(Guess::FamilyFirst(marked), Why::Order))
}

/// A patronymic says which of three words is the family name.
fn slavic(words: &[String]) -> Option<Order> {
    let [_, second, third] = words else {
        return None;
    };
    let is_patronymic = |word: &str| {
        let word = word.to_lowercase();
        [
            "ович",
            "евич",
            "ична",
            "овна",
            "евна",
            "йович",
            "івна",
            "ївна",
        ]
        .iter()
        .any(|end| word.ends_with(end))
    };
    match (is_patronymic(second), is_patronymic(third)) {
        (true, false) => Some(Order::GivenFirst(2)),
        (false, true) => Some(Order::FamilyFirst(1)),
        _ if ["ovna", "evna"].iter().any(|end| third.ends_with(end)) => Some(Order::FamilyFirst(1)),
        _ => None,
    }
}

/// What the page says elsewhere: structured data, then the document's title, then e-mail addresses and
/// the slug.
#[must_use]
pub fn by_evidence(words: &[String], hints: &Hints) -> Option<Order> {
    let folded: Vec<String> = words.iter().map(|word| fold(word)).collect();
    let count = words.len();
    let joined = |from: usize, to: usize| {
        folded
            .get(from..to)
            .map(|part| part.concat())
            .unwrap_or_default()
    };
    let given = hints.given.map(fold).filter(|text| !text.is_empty());
    let family = hints.family.map(fold).filter(|text| !text.is_empty());
    if given.is_some() || family.is_some() {
        for at in 1..count {
            let (one, other) = (joined(0, at), joined(at, count));
            let fits = |given_part: &str, family_part: &str| match (&given, &family) {
                (Some(given), Some(family)) => {
                    given_part.starts_with(given.as_str()) && family_part == family.as_str()
                }
                (Some(given), None) => given_part == given.as_str(),
                (None, Some(family)) => family_part == family.as_str(),
                (None, None) => false,
            };
            if fits(&one, &other) {
                return Some(Order::GivenFirst(at));
            }
            if fits(&other, &one) {
                return Some(Order::FamilyFirst(at));
            }
        }
    }
    if let Some((before, after)) = hints.title.and_then(|title| title.split_once(',')) {
        let (before, after) = (fold(before), fold(after));
        for at in 1..count {
            let (one, other) = (joined(0, at), joined(at, count));
            if before.ends_with(&other) && after.starts_with(&one) {
                return Some(Order::GivenFirst(at));
            }
            if before.ends_with(&one) && after.starts_with(&other) {
                return Some(Order::FamilyFirst(at));
            }
        }
    }
    let locals = hints
        .emails
        .iter()
        .filter_map(|email| Some(email.split_once('@')?.0));
    for local in locals {
        if let Some(order) = by_local_part(&folded, local) {
            return Some(order);
        }
    }
    // A slug that repeats the order shown says nothing; one that turns it round does.
    let slug: Vec<String> = hints
        .slug?
        .split(|c: char| !c.is_alphabetic())
        .map(fold)
        .filter(|word| !word.is_empty())
        .collect();
    let slug = slug.concat();
    (1..count)
        .find(|&at| {
            slug.starts_with(&(joined(at, count) + &joined(0, at)))
                && joined(0, at) != joined(at, count)
        })
        .map(Order::FamilyFirst)
}

/// `aokafor`, `amara.okafor`, `okafor.amara`: only where the address is made of the name's words.
fn by_local_part(words: &[String], local: &str) -> Option<Order> {
    let local = local.split('+').next().unwrap_or_default();
    let parts: Vec<String> = local
        .split(|c: char| !c.is_alphabetic())
        .map(fold)
        .filter(|part| !part.is_empty())
        .collect();
    let whole = parts.concat();
    let initial = |word: &str| word.chars().next().map(String::from).unwrap_or_default();
    let count = words.len();
    let first = words.first()?;
    let last = words.last()?;
    for at in 1..count {
        let word = words.get(at)?;
        if word.chars().count() < 3 {
            continue;
        }
        let from_here = words.get(at..)?.concat();
        for family in [word.as_str(), from_here.as_str()] {
            // The given name or its initial before the family name.
            let middle: String = words.get(1..at)?.iter().map(|word| initial(word)).collect();
            let spelled = [
                first.clone() + family,
                initial(first) + family,
                initial(first) + &middle + family,
            ];
            if spelled.contains(&whole)
                && (at == count - 1
                    || family != word.as_str()
                    || !words
                        .get(at + 1..)?
                        .iter()
                        .any(|word| word.chars().count() < 3))
            {
                return Some(Order::GivenFirst(at));
            }
        }
    }
    // The last word before the first one, or its initial before it.
    let is_turned = first.chars().count() > 2
        && (whole == last.clone() + first && parts.len() > 1 || whole == initial(last) + first);
    is_turned.then_some(Order::FamilyFirst(1))
}

/// A word without case, accents and punctuation, as addresses spell it.
#[must_use]
pub fn fold(text: &str) -> String {
    let lower = text
        .nfkd()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphabetic());
    lower
        .flat_map(|c| {
            match c {
                'ø' => "o".chars(),
                'ł' => "l".chars(),
                'đ' | 'ð' => "d".chars(),
                'ß' => "ss".chars(),
                'æ' => "ae".chars(),
                'œ' => "oe".chars(),
                'ı' => "i".chars(),
                _ => "".chars(),
            }
            .chain((!"øłđðßæœı".contains(c)).then_some(c))
        })
        .collect()
}

/// Han, kana or hangul.
#[must_use]
pub fn is_east_asian(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' | '々' | '〆' | '\u{E0100}'..='\u{E01EF}'))
}

/// Divides a name that is written without a space, where its script allows: the number of characters
/// of the family name, or a guess of it.
#[must_use]
pub fn unspaced(word: &str, hints: &Hints) -> Option<Result<usize, usize>> {
    let letters: Vec<char> = word.chars().collect();
    if !is_east_asian(word) || !(2..=4).contains(&letters.len()) {
        return None;
    }
    let starts = |list: &str| list.split(' ').any(|name| word.starts_with(name));
    let begins_with = |list: &str| letters.first().is_some_and(|c| list.contains(*c));
    let is_hangul = letters
        .iter()
        .all(|c| ('\u{AC00}'..='\u{D7AF}').contains(c));
    if is_hangul {
        return Some(match letters.len() {
            2 if starts(words::HANGUL_FAMILY_NAMES_OF_TWO) => return None,
            3 | 4 if starts(words::HANGUL_FAMILY_NAMES_OF_TWO) => Ok(2),
            2 | 3 if begins_with(words::HANGUL_FAMILY_NAMES) => Ok(1),
            _ => Err(1),
        });
    }
    let is_han = letters
        .iter()
        .all(|c| !('\u{3040}'..='\u{30FF}').contains(c));
    let is_chinese = hints
        .language
        .is_some_and(|language| language.starts_with("zh"));
    Some(match letters.len() {
        3 | 4 if is_han && starts(words::HAN_FAMILY_NAMES_OF_TWO) => Ok(2),
        2 | 3 if is_han && is_chinese && begins_with(words::HAN_FAMILY_NAMES) => Ok(1),
        2 | 3 if is_han && begins_with(words::HAN_FAMILY_NAMES) => Err(1),
        2 => Err(1),
        _ => Err(2),
    })
}

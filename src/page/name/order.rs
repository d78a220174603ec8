//! Which words are the given name and which the family name.

use super::words::{self, has, key};
use super::{Hints, Why, evidence};

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
    evidence::order(words, hints)
        .or_else(|| east_asian_script(words))
        .or_else(|| slavic(words))
        .or_else(|| several(words))
        .or_else(|| family_name_in_capitals(words))
        .or_else(|| family_name_first(words, hints))
        .unwrap_or_else(|| given_name_first(words))
}

/// A name in Han, kana or hangul begins with the family name; one in katakana alone is foreign.
fn east_asian_script(words: &[String]) -> Option<Order> {
    if !words.iter().all(|word| is_east_asian(word)) {
        return None;
    }
    Some(match words.len() {
        count if words.iter().all(|word| is_katakana(word)) => Order::GivenFirst(count - 1),
        2 => Order::FamilyFirst(1),
        _ => Order::Open(Guess::FamilyFirst(1), Why::Order),
    })
}

/// `Omar and Leila Nasser` are two people, `Juan y García` may be.
fn several(words: &[String]) -> Option<Order> {
    if words.iter().any(|word| word == "&" || word == "and") {
        return Some(Order::Open(
            Guess::GivenFirst(words.len() - 1),
            Why::Several,
        ));
    }
    let joins = words
        .get(1)
        .is_some_and(|word| has(words::CONJUNCTIONS, word));
    joins.then_some(Order::Open(Guess::GivenFirst(1), Why::Unclear))
}

/// Vietnamese, Hungarian, Chinese, Japanese and Korean names in Latin letters: in their own order, in
/// the English one, or open.
fn family_name_first(words: &[String], hints: &Hints) -> Option<Order> {
    let known = |word: Option<&String>| {
        word.is_some_and(|word| has(words::EAST_ASIAN_FAMILY_NAMES, &key(word)))
    };
    let begins_like_family = known(words.first()) && !known(words.last());
    let open = Some(Order::Open(Guess::FamilyFirst(1), Why::Order));
    let is_vietnamese = words.len() > 2 && words.iter().any(|word| has_vietnamese_letter(word));
    if is_vietnamese && !known(words.last()) {
        return if begins_like_family {
            Some(Order::FamilyFirst(1))
        } else {
            open
        };
    }
    let language = hints.language.and_then(|language| language.get(..2));
    if matches!(language, Some("vi" | "hu")) && family_begins(words) == words.len() - 1 {
        return if begins_like_family {
            Some(Order::FamilyFirst(1))
        } else {
            open
        };
    }
    // `Kim Min-jun`: nobody but Koreans spells a given name so.
    let is_korean = |word: &String| {
        word.split_once('-')
            .is_some_and(|(_, end)| end.starts_with(char::is_lowercase) && end.is_ascii())
    };
    if begins_like_family && words.len() == 2 && words.get(1).is_some_and(is_korean) {
        return Some(Order::FamilyFirst(1));
    }
    let is_given_elsewhere = words
        .first()
        .is_some_and(|word| has("han kim lee lin", &key(word)));
    (begins_like_family && !is_given_elsewhere)
        .then_some(open)
        .flatten()
}

fn given_name_first(words: &[String]) -> Order {
    let begins = family_begins(words);
    if begins == 0 {
        return Order::Open(Guess::GivenFirst(1), Why::OneName);
    }
    let is_abbreviated = words
        .last()
        .is_some_and(|word| is_initial(word) && word.ends_with('.'));
    if is_abbreviated && begins == words.len() - 1 {
        return Order::Open(Guess::GivenFirst(begins), Why::Abbreviated);
    }
    Order::GivenFirst(begins)
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

/// Han, kana or hangul.
#[must_use]
pub fn is_east_asian(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{323AF}' | '々' | '〆' | '\u{E0100}'..='\u{E01EF}'))
}

#[must_use]
pub fn is_katakana(word: &str) -> bool {
    word.chars().all(|c| ('\u{30A0}'..='\u{30FF}').contains(&c))
}

/// A letter that only Vietnamese has.
fn has_vietnamese_letter(word: &str) -> bool {
    word.chars()
        .any(|c| ('\u{1EA0}'..='\u{1EF9}').contains(&c) || "ăđơưĂĐƠƯ".contains(c))
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

//! What the page says elsewhere about the order of a name: structured data, then the document's title,
//! then e-mail addresses, then the slug.

use super::order::{self, Guess, Order};
use super::{Hints, Why};
use unicode_normalization::UnicodeNormalization;

/// The order that the evidence shows, if it shows one.
#[must_use]
pub fn order(words: &[String], hints: &Hints) -> Option<Order> {
    let shown = Shown {
        words,
        folded: words.iter().map(|word| fold(word)).collect(),
    };
    let locals = hints
        .emails
        .iter()
        .filter_map(|email| Some(email.split_once('@')?.0));
    (shown.by_structured_data(hints))
        .or_else(|| shown.by_title(hints.title?))
        .or_else(|| {
            locals
                .into_iter()
                .find_map(|local| shown.by_local_part(local))
        })
        .or_else(|| shown.by_slug(hints.slug?))
}

struct Shown<'a> {
    words: &'a [String],
    folded: Vec<String>,
}

impl Shown<'_> {
    /// Every way to divide the words in two: how many come first, these, and the rest.
    fn divisions(&self) -> impl Iterator<Item = (usize, String, String)> {
        (1..self.folded.len()).map(|at| {
            let (one, other) = self.folded.split_at(at);
            (at, one.concat(), other.concat())
        })
    }

    fn by_structured_data(&self, hints: &Hints) -> Option<Order> {
        let given = hints.given.map(fold).filter(|text| !text.is_empty());
        let family = hints.family.map(fold).filter(|text| !text.is_empty());
        let fits = |first: &str, last: &str| match (&given, &family) {
            // A middle name may be missing from the data.
            (Some(given), Some(family)) => {
                (first.starts_with(given.as_str()) || first.ends_with(given.as_str()))
                    && last == family
            }
            (Some(given), None) => first == given,
            (None, Some(family)) => last == family,
            (None, None) => false,
        };
        self.divisions().find_map(|(at, one, other)| {
            if fits(&one, &other) {
                Some(Order::GivenFirst(at))
            } else {
                fits(&other, &one).then_some(Order::FamilyFirst(at))
            }
        })
    }

    /// `Freeland, Ada – Jopwell`
    fn by_title(&self, title: &str) -> Option<Order> {
        let (before, after) = title.split_once(',')?;
        let (before, after) = (fold(before), fold(after));
        self.divisions().find_map(|(at, one, other)| {
            if before.ends_with(&other) && after.starts_with(&one) {
                Some(Order::GivenFirst(at))
            } else {
                (before.ends_with(&one) && after.starts_with(&other))
                    .then_some(Order::FamilyFirst(at))
            }
        })
    }

    /// `afreeland`, `ada.freeland`, `freeland.ada`: only where the address is made of the name's words.
    fn by_local_part(&self, local: &str) -> Option<Order> {
        let local = local.split('+').next().unwrap_or_default();
        let parts: Vec<String> = local
            .split(|c: char| !c.is_alphabetic())
            .map(fold)
            .filter(|part| !part.is_empty())
            .collect();
        let whole = parts.concat();
        let (first, last) = (self.folded.first()?, self.folded.last()?);
        let count = self.folded.len();
        for at in (1..count).filter(|&at| {
            self.folded
                .get(at)
                .is_some_and(|word| word.chars().count() > 2)
        }) {
            let (given, family) = self.folded.split_at(at);
            let begins = family.first()?;
            let initials: String = given.iter().map(|word| initial(word)).collect();
            let is_spelled = |family: &str| {
                whole == initial(first) + family || whole == initials.clone() + family
            };
            let at = self.with_particles(at);
            if is_spelled(&family.concat())
                || whole == first.clone() + &family.concat()
                || is_spelled(begins)
            {
                return Some(Order::GivenFirst(at));
            }
            // `mary.ann@` may be a given name of two words, `ana.prieto@` the first family name of two.
            if whole == first.clone() + begins {
                return Some(Order::Open(Guess::GivenFirst(at), Why::Order));
            }
        }
        let is_turned = first.chars().count() > 2
            && (whole == last.clone() + first && parts.len() > 1 || whole == initial(last) + first);
        is_turned.then_some(Order::FamilyFirst(1))
    }

    /// `ludwig.houten@` is Ludwig van Houten's.
    fn with_particles(&self, at: usize) -> usize {
        let before = self.words.get(1..at).unwrap_or_default();
        at - before
            .iter()
            .rev()
            .take_while(|word| order::is_particle(word))
            .count()
    }

    /// A slug that repeats the order shown says nothing; one that turns it round does.
    fn by_slug(&self, slug: &str) -> Option<Order> {
        let slug = fold(slug);
        self.divisions().find_map(|(at, one, other)| {
            let is_turned = one != other && slug.starts_with(&format!("{other}{one}"));
            is_turned.then_some(Order::FamilyFirst(at))
        })
    }
}

fn initial(word: &str) -> String {
    word.chars().next().map(String::from).unwrap_or_default()
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

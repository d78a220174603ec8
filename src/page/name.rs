//! Names of people: is this text one, and which part is which.

use super::recipe::{Lists, list};
use atsi_protocol::MAX_FIELD_CHARS;

/// Longest text that can be a name, in characters, and in words.
const MAX_NAME_CHARS: usize = 200;
const MAX_NAME_WORDS: usize = 12;

#[derive(Clone, Debug, PartialEq, Eq)]
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

/// Whether a heading can be somebody's name. Markup and punctuation in it do not matter, because a
/// page shows what people typed.
#[must_use]
pub fn can_be_name(text: &str, words: &Lists) -> bool {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let count = text.split_whitespace().count();
    if count == 0 || count > MAX_NAME_WORDS || text.chars().count() > MAX_NAME_CHARS {
        return false;
    }
    let says = |word: &String| {
        lower
            .strip_prefix(word.as_str())
            .is_some_and(|rest| rest.chars().next().is_none_or(|c| !c.is_alphanumeric()))
    };
    if list(words, "not_names").iter().any(says) || !text.chars().any(char::is_alphabetic) {
        return false;
    }
    if text.chars().next().is_some_and(|c| c.is_ascii_digit()) {
        return false;
    }
    // Where a script has capitals, a name uses them: "How to write a CV" is a title. Words with
    // other signs in them are not judged.
    let is_plain = |word: &&str| {
        word.chars()
            .all(|c| c.is_alphabetic() || "'’-.,".contains(c))
    };
    text.split_whitespace().filter(is_plain).all(|word| {
        // The capital need not come first: al-Hassan, d'Arc.
        let mut letters = word.chars().filter(|c| c.is_alphabetic()).peekable();
        letters.peek().is_none()
            || letters.any(|c| !c.is_lowercase())
            || list(words, "name_particles")
                .iter()
                .any(|particle| particle == &word.to_ascii_lowercase())
    }) || lower == text && count <= 3
}

/// Divides a full name. Initials and particles stay where they belong: `Amara J. Okafor` has the
/// first name `Amara J.`, `Ludwig van Dijk` the last name `van Dijk`, `Ana Belén Ruiz Soto` the first
/// name `Ana` (which of several names are family names, no text tells).
#[must_use]
pub fn divide(full: &str, words: &Lists) -> Name {
    let full = full.split_whitespace().collect::<Vec<_>>().join(" ");
    let full = without_other_spelling(&full);
    let (full, suffix) = match full.split_once(',') {
        Some((before, after)) => {
            let after = after.trim();
            let parts_are_suffixes =
                after
                    .split([',', ' '])
                    .filter(|part| !part.is_empty())
                    .all(|part| {
                        let part = part.trim_end_matches('.').to_ascii_lowercase();
                        list(words, "suffixes").contains(&part)
                    });
            if parts_are_suffixes {
                (before.to_owned(), format!(", {after}"))
            } else if before.contains(' ') && after.contains(' ') {
                (full.clone(), String::new())
            } else {
                // "Park, Ada": the family name stands first.
                return Name {
                    first: cut(after),
                    last: cut(before),
                };
            }
        }
        None => (full.clone(), String::new()),
    };
    let is_honorific = |word: &str| {
        let word = word.trim_end_matches('.').to_ascii_lowercase();
        list(words, "honorifics").contains(&word)
    };
    let mut parts: Vec<&str> = full.split(' ').collect();
    while parts.len() > 1 && parts.first().is_some_and(|word| is_honorific(word)) {
        parts.remove(0);
    }
    let is_initial = |word: &str| {
        let mut letters = word.trim_end_matches('.').chars();
        letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
    };
    let mut first_count = 1;
    while parts.len() > first_count + 1
        && parts
            .get(first_count)
            .is_some_and(|word| is_initial(word) || word.starts_with('('))
    {
        first_count += 1;
    }
    let (first, last) = parts.split_at(first_count.min(parts.len()));
    let suffix = suffix.trim_end_matches([',', ' ']);
    let last = if last.is_empty() {
        String::new()
    } else {
        format!("{}{suffix}", last.join(" "))
    };
    Name {
        first: cut(&first.join(" ")),
        last: cut(&last),
    }
}

/// `서지훈 (Ji-hoon Seo)` is one name in two spellings: the one that can be divided.
fn without_other_spelling(full: &str) -> String {
    let spellings = full
        .strip_suffix(')')
        .and_then(|rest| rest.split_once(" ("));
    match spellings {
        Some((one, other)) if !one.contains(' ') && other.contains(' ') => other.to_owned(),
        Some((one, _)) if one.contains(' ') => one.to_owned(),
        _ => full.to_owned(),
    }
}

fn cut(text: &str) -> String {
    text.trim().chars().take(MAX_FIELD_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::super::jopwell_recipe;
    use super::*;
    use proptest::prelude::*;

    fn divided(full: &str) -> (String, String) {
        let name = divide(full, &jopwell_recipe().words);
        (name.first, name.last)
    }

    #[test]
    fn names_are_divided_where_people_would() {
        for (full, first, last) in [
            ("Imani Brooks", "Imani", "Brooks"),
            ("Amara J. Okafor", "Amara J.", "Okafor"),
            ("Ludwig van Dijk", "Ludwig", "van Dijk"),
            ("Dr. Leila Haddad", "Leila", "Haddad"),
            ("Marcus Webb, Jr.", "Marcus", "Webb, Jr."),
            ("Ada Park, PhD", "Ada", "Park, PhD"),
            ("Okonkwo, Chidi", "Chidi", "Okonkwo"),
            ("Surya", "Surya", ""),
            ("山田 太郎", "山田", "太郎"),
            ("서지훈 (Ji-hoon Seo)", "Ji-hoon", "Seo"),
            ("Robert (Bob) Smith", "Robert (Bob)", "Smith"),
            ("Robert Smith (Bob)", "Robert", "Smith"),
            ("محمد الأمين", "محمد", "الأمين"),
            ("  Jean-Luc \n  Ånström ", "Jean-Luc", "Ånström"),
        ] {
            assert_eq!(divided(full), (first.to_owned(), last.to_owned()), "{full}");
        }
    }

    #[test]
    fn titles_of_pages_are_not_names() {
        let recipe = jopwell_recipe();
        for title in [
            "Search results",
            "Candidates",
            "How to write a CV",
            "248 candidates",
            "Log in",
            "Candidate Tracker",
            "Account settings",
            "",
            "—",
            "Jobs at Acme",
            "Messages (3)",
        ] {
            assert!(!can_be_name(title, &recipe.words), "{title}");
        }
        for name in [
            "Imani Brooks",
            "Surya",
            "Ludwig van Dijk",
            "山田太郎",
            "דנה לוי",
            "bell hooks",
            "<img src=x onerror=alert(1)> Smith",
            "Searcy Jobson",
            "O'Neil D'Angelo",
            "Fatima al-Hassan",
            "Jeanne d’Arc",
            "Anna von und zu Stolzing",
            "Joris van 't Veld",
            "Pía de los Santos",
            "Bettina vom Berg",
            "Caoimhe ní Bhriain",
            "Malik ben Yusuf",
        ] {
            assert!(can_be_name(name, &recipe.words), "{name}");
        }
    }

    proptest! {
        #[test]
        fn nothing_of_a_plain_name_is_lost(parts in prop::collection::vec("[A-Z][a-z]{1,8}", 1..5)) {
            let full = parts.join(" ");
            let name = divide(&full, &Lists::default());
            prop_assert_eq!(name.full(), full);
        }

        #[test]
        fn no_text_breaks_it(text in ".*") {
            let _ = divide(&text, &jopwell_recipe().words);
            let _ = can_be_name(&text, &jopwell_recipe().words);
        }
    }
}

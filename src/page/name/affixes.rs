//! Titles before a name, and generations and credentials after it.

use super::words::{self, has, key};

/// How many words at the head are titles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Titles {
    Count(usize),
    /// The first word is a title or a given name: `Major Anna Petrov`.
    Unclear,
}

#[must_use]
pub fn titles(words: &[String]) -> Titles {
    let is_title =
        |word: &str| has(words::TITLES, &key(word)) || has(words::TITLES_OR_NAMES, &key(word));
    let run = (words.iter())
        .enumerate()
        .take_while(|(index, word)| {
            is_title(word)
                || has(words::TITLE_PARTS, &key(word))
                || *index > 0 && has(words::NAMES_OR_TITLES, &key(word))
        })
        .count()
        .min(words.len().saturating_sub(1));
    // The longest run that holds a title and leaves a name.
    for count in (1..=run).rev() {
        let (head, rest) = words.split_at(count);
        let ends_well = head.last().is_some_and(|word| {
            is_title(word) || has(words::NAMES_OR_TITLES, &key(word)) || is_place_of_office(head)
        });
        let is_sure = head.iter().any(|word| is_sure_title(word, rest.len()))
            || rest.len() > 1 && head.iter().any(|word| is_title(word));
        if ends_well && is_sure {
            let more = match titles(rest) {
                Titles::Count(more) if rest.len() > 1 => more,
                _ => 0,
            };
            return Titles::Count(count + more);
        }
    }
    let Some(first) = words.first() else {
        return Titles::Count(0);
    };
    let first_key = key(first);
    if words.len() > 2 {
        // `CW3 Marcus Bell`
        let is_grade = first.chars().any(|c| c.is_ascii_digit())
            && first.starts_with(|c: char| c.is_ascii_uppercase());
        if is_grade && first.chars().count() < 5 {
            return Titles::Count(1);
        }
        let is_abbreviation = first.ends_with('.')
            && first.matches('.').count() == 1
            && first_key.chars().count() > 1
            && first_key.chars().all(char::is_alphabetic)
            && !has(words::SHORT_GIVEN_NAMES, &first_key)
            && !has(words::GIVEN_BEGINNINGS, &first_key);
        if is_abbreviation {
            return match words.get(1..).map(titles) {
                Some(Titles::Count(more)) => Titles::Count(1 + more),
                _ => Titles::Count(1),
            };
        }
        if has(words::NAMES_OR_TITLES, &first_key) {
            return Titles::Unclear;
        }
    }
    if words.len() == 2 && has(words::TITLES_OR_NAMES, &first_key) {
        return Titles::Unclear;
    }
    Titles::Count(0)
}

/// Short titles without a dot are given names as well: `Sen Yamada`, `Col Banks`.
fn is_sure_title(word: &str, following: usize) -> bool {
    let key = key(word);
    let is_short = key.chars().count() <= 4
        && !has(
            "dr dra mr mrs ms mx miss prof sir rev mme mlle lt sgt capt cpl pvt srta sra smt",
            &key,
        );
    is_chained_title(word)
        || has(words::TITLES, &key) && (following > 1 || word.ends_with('.') || !is_short)
}

/// `Lt.Gov.`
fn is_chained_title(word: &str) -> bool {
    word.contains('.')
        && is_dotted(word)
        && word
            .split('.')
            .filter(|chunk| !chunk.is_empty())
            .all(|chunk| chunk.chars().count() > 1 && has(words::TITLES, &key(chunk)))
}

/// `Secretary of State`.
fn is_place_of_office(head: &[String]) -> bool {
    let keys: Vec<String> = head.iter().map(|word| key(word)).collect();
    keys.len() > 2
        && keys
            .iter()
            .any(|word| word == "of" || word == "for" || word == "en")
        && keys.last().is_some_and(|last| last != "of")
        || keys
            .last()
            .is_some_and(|last| has("emeritus emerita elect retired class", last))
}

/// `Jr.` and its kin; `J.R.` are initials.
#[must_use]
pub fn is_generation(word: &str) -> bool {
    has(words::GENERATIONS, &key(word)) && !is_dotted(word)
}

/// What a word after a name can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suffix {
    No,
    Generation,
    Credential,
    /// Capitals that may be a credential or a family name.
    Unclear,
}

/// Looks at the last of several words. `is_capitals`: the whole name is in capitals, which then say
/// nothing.
#[must_use]
pub fn suffix(words: &[String], is_capitals: bool) -> Suffix {
    let Some(last) = words.last().filter(|_| words.len() > 1) else {
        return Suffix::No;
    };
    let key = key(last);
    let is_portuguese =
        ["filho", "neto", "sobrinho", "bisneto", "fils", "père"].contains(&key.as_str());
    if is_generation(last) && (!is_portuguese || words.len() > 2) {
        return Suffix::Generation;
    }
    if words.len() > 2 && has(words::GENERATIONS_OR_NAMES, &key) {
        let is_numeral = key.chars().count() > 1
            || (last.chars().all(char::is_uppercase)
                || key == "v"
                    && words
                        .iter()
                        .all(|word| !word.chars().any(char::is_uppercase)))
                && key != "x";
        return if is_numeral {
            Suffix::Generation
        } else {
            Suffix::No
        };
    }
    // `Maria de Sá`
    if words
        .iter()
        .rev()
        .nth(1)
        .is_some_and(|word| super::order::is_particle(word))
    {
        return Suffix::No;
    }
    let is_known = has(words::CREDENTIALS, &key);
    let can_be_name = has(words::CREDENTIALS_OR_NAMES, &key);
    if is_capitals {
        return match (is_known || can_be_name, can_be_name) {
            (true, false) => Suffix::Credential,
            (true, true) if is_dotted(last) => Suffix::Credential,
            (true, true) if words.len() > 2 && key != "ma" && key != "do" && key != "ba" => {
                Suffix::Credential
            }
            (true, true) if words.len() > 2 => Suffix::Unclear,
            _ => Suffix::No,
        };
    }
    let is_title = has(words::TITLES, &key)
        && (last.ends_with('.') || words.len() > 2 && has("dr prof mr mrs lt capt", &key));
    if is_title || is_credential(last, false) {
        return Suffix::Credential;
    }
    let letters = last.chars().filter(|c| c.is_alphabetic()).count();
    if words.len() > 2 && is_all_capitals(last) && (2..=4).contains(&letters) {
        let before_is_capitals = words
            .iter()
            .rev()
            .nth(1)
            .is_some_and(|word| is_all_capitals(word));
        return if before_is_capitals {
            Suffix::No
        } else {
            Suffix::Unclear
        };
    }
    Suffix::No
}

/// Whether a word is a credential. Behind a comma any capitals are one: nobody knows all that exist.
#[must_use]
pub fn is_credential(word: &str, after_comma: bool) -> bool {
    let word = word.trim_matches(['(', ')', ',']);
    if let Some((one, other)) = word
        .split_once(['/', '&', '+'])
        .filter(|(_, other)| !other.is_empty())
    {
        let is_letter = other.chars().count() == 1 && other.chars().all(char::is_uppercase);
        return is_credential(one, after_comma) && (is_letter || is_credential(other, true));
    }
    let key = key(word);
    let letters = key.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 2 {
        return false;
    }
    let is_capitals = is_all_capitals(word);
    let is_title_case = word.starts_with(char::is_uppercase)
        && word.chars().skip(1).all(|c| !c.is_uppercase())
        && !is_dotted(word);
    if has(words::CREDENTIALS_OR_NAMES, &key) {
        return is_capitals || is_dotted(word) || ends_in_capital(word) || begins_in_capitals(word);
    }
    if has(words::CREDENTIALS, &key) {
        return !is_title_case
            || after_comma
            || [
                "esq", "esquire", "retd", "retired", "phd", "mba", "dds", "cpa", "dvm", "msc",
                "bsc", "jd", "llm", "psyd", "edd",
            ]
            .contains(&key.as_str());
    }
    // `Msc.Ed.`, `JD.CPA`
    let chunks: Vec<&str> = word.split('.').filter(|chunk| !chunk.is_empty()).collect();
    if chunks.len() > 1
        && chunks
            .iter()
            .any(|chunk| chunk.len() > 1 && has(words::CREDENTIALS, &self::key(chunk)))
    {
        return true;
    }
    if let Some((one, other)) = word.split_once('-') {
        let is_known = |part: &str| {
            has(words::CREDENTIALS, &self::key(part))
                || has(words::CREDENTIALS_OR_NAMES, &self::key(part))
        };
        if is_capitals
            && (is_known(one)
                || is_known(other)
                || (after_comma && one.len() <= 6 && other.len() <= 6))
        {
            return true;
        }
    }
    if after_comma {
        return letters <= 9 && is_capitals
            || is_dotted(word)
            || letters <= 7 && (ends_in_capital(word) || begins_in_capitals(word));
    }
    let has_vowel = key
        .chars()
        .any(|c| "aeiouyáéíóúäöüàèìòùâêîôûãõ".contains(c));
    is_capitals && !has_vowel && letters > 2 && word.is_ascii()
        || is_dotted(word)
            && letters > 2
            && !word.chars().any(char::is_lowercase)
            && word.matches('.').count() > 2
        || letters <= 7 && (ends_in_capital(word) || begins_in_capitals(word)) && word.is_ascii()
}

/// `M.D.`, `Ph.D.`, `B.Arch`: a dot between letters.
fn is_dotted(word: &str) -> bool {
    let chunks: Vec<&str> = (word.split(['.', ' ']))
        .filter(|chunk| !chunk.is_empty())
        .collect();
    chunks.len() > 1
        && chunks
            .iter()
            .all(|chunk| chunk.chars().all(char::is_alphabetic))
}

/// `PharmD`, `EdD`: a capital at the end behind a small letter.
fn ends_in_capital(word: &str) -> bool {
    let mut ends = word.chars().rev();
    ends.next().is_some_and(char::is_uppercase) && ends.next().is_some_and(char::is_lowercase)
}

/// `SAFe`, `MSEd`: two capitals at the beginning, small letters behind.
fn begins_in_capitals(word: &str) -> bool {
    let capitals = word.chars().take_while(|c| c.is_uppercase()).count();
    capitals > 1 && word.chars().skip(capitals).any(char::is_lowercase)
}

/// Every letter that could be small is a capital, and there are two at least.
#[must_use]
pub fn is_all_capitals(word: &str) -> bool {
    let mut cased = word
        .chars()
        .filter(|c| c.is_lowercase() || c.is_uppercase())
        .peekable();
    cased.peek().is_some()
        && word.chars().filter(|c| c.is_alphabetic()).count() > 1
        && cased.all(char::is_uppercase)
}

/// Takes generations and credentials off the end. What is left has a word at least.
pub struct Ending {
    pub generation: Option<String>,
    pub credentials: Vec<String>,
    pub is_unclear: bool,
}

pub fn take_suffixes(words: &mut Vec<String>, is_capitals: bool) -> Ending {
    let mut ending = Ending {
        generation: None,
        credentials: Vec::new(),
        is_unclear: false,
    };
    while !ending.is_unclear {
        if words.len() > 2
            && words
                .last()
                .is_some_and(|word| has(words::BADGES, &word.to_lowercase()))
        {
            ending.credentials.extend(words.pop());
            continue;
        }
        match suffix(words, is_capitals) {
            Suffix::Generation if ending.generation.is_none() => ending.generation = words.pop(),
            Suffix::Credential | Suffix::Generation => ending.credentials.extend(words.pop()),
            Suffix::Unclear => ending.is_unclear = true,
            Suffix::No => break,
        }
    }
    // Behind a sure suffix stands no name: `Eric Holt Jr. Attorney General`.
    let is_sure = |word: &String| {
        has("jr sr ii iii iv jnr snr", &key(word)) && !is_dotted(word)
            || !is_capitals
                && is_credential(word, false)
                && !has(words::CREDENTIALS_OR_NAMES, &key(word))
    };
    let within = (0..words.len()).find(|&at| words.get(at).is_some_and(is_sure));
    if let Some(at) = within {
        let can_follow = |word: &String| {
            let key = key(word);
            is_sure(word)
                || [
                    words::TITLES,
                    words::TITLES_OR_NAMES,
                    words::TITLE_PARTS,
                    words::CREDENTIALS,
                    words::CREDENTIALS_OR_NAMES,
                    words::GENERATIONS,
                ]
                .iter()
                .any(|list| has(list, &key))
        };
        let is_ending = at > 1
            && words
                .get(at + 1..)
                .is_some_and(|rest| rest.iter().all(can_follow));
        ending.is_unclear |= !is_ending;
        if is_ending {
            let cut = words.split_off(at);
            for word in cut {
                if has(words::GENERATIONS, &key(&word)) && ending.generation.is_none() {
                    ending.generation = Some(word);
                } else {
                    ending.credentials.push(word);
                }
            }
        }
    }
    // The full stop of a sentence.
    if let Some(last) = words
        .last_mut()
        .filter(|word| word.matches('.').count() == 1 && word.chars().count() > 4)
    {
        last.truncate(last.trim_end_matches('.').len());
    }
    ending
}

//! Takes a name as shown apart: what is in brackets and quotes, what commas and dashes separate.

use super::words::{self, has, key};

/// A name without brackets, in the parts that commas separate.
#[derive(Debug, Default)]
pub struct Parts {
    /// At least one, none empty, unless the text had no name at all.
    pub comma: Vec<Vec<String>>,
    pub nickname: Option<String>,
    /// What was shown with the name and is no part of it, in its order.
    pub left_out: Vec<String>,
    /// Behind a hyphen with spaces around it stood one word that could be the rest of the name.
    pub unclear_tail: bool,
    /// The text ends in an ellipsis.
    pub is_cut: bool,
}

const PAIRS: &[(char, char)] = &[
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
    ('“', '”'),
    ('„', '“'),
    ('”', '”'),
    ('«', '»'),
    ('»', '«'),
    ('‹', '›'),
    ('「', '」'),
    ('『', '』'),
    ('（', '）'),
    ('【', '】'),
    ('〈', '〉'),
    ('《', '》'),
    ('"', '"'),
    ('‘', '’'),
    ('\'', '\''),
    ('`', '`'),
    ('’', '’'),
    ('`', '\''),
    ('‚', '‘'),
    ('｢', '｣'),
    ('〔', '〕'),
];

#[must_use]
pub fn take_apart(text: &str) -> Parts {
    let mut parts = Parts::default();
    let (outside, groups) = without_groups(text);
    let mut name = outside;
    for group in groups {
        let inside = group.trim();
        if inside.is_empty() {
            continue;
        }
        // One name in two scripts: the spelling that can be divided.
        let says_more = name.split_whitespace().count() == 1 && is_other_spelling(&name, inside);
        if says_more {
            parts.left_out.push(name.trim().to_owned());
            name = inside.to_owned();
        } else if parts.nickname.is_none() && is_nickname(inside) {
            parts.nickname = Some(inside.trim_matches([',', '.']).to_owned());
        } else {
            parts.left_out.push(inside.to_owned());
        }
    }
    if let Some(rest) = name
        .trim_end()
        .strip_suffix('…')
        .or_else(|| name.trim_end().strip_suffix("..."))
    {
        parts.is_cut = true;
        name = rest.to_owned();
    }
    let name = before_dash(&name, &mut parts);
    for part in name.split([',', '，', '、', '،', ';', '；']) {
        let mut words: Vec<String> = part.split_whitespace().map(str::to_owned).collect();
        join_credentials(&mut words);
        without_other_script(&mut words, &mut parts.left_out);
        cut_former_name(&mut words, &mut parts.left_out);
        without_pronouns(&mut words, parts.comma.is_empty(), &mut parts.left_out);
        words.retain(|word| word.chars().any(char::is_alphanumeric) || word == "&");
        if !words.is_empty() && !parts.comma.contains(&words) {
            parts.comma.push(words);
        }
    }
    parts
}

/// Splits off what stands in brackets and quotes.
fn without_groups(text: &str) -> (String, Vec<String>) {
    let letters: Vec<char> = text
        .replace("''", "\"")
        .replace("``", "\"")
        .replace("’’", "\"")
        .chars()
        .collect();
    let (mut outside, mut groups) = (String::new(), Vec::new());
    let mut at = 0;
    while let Some(&c) = letters.get(at) {
        let before = at
            .checked_sub(1)
            .and_then(|at| letters.get(at))
            .copied()
            .unwrap_or(' ');
        let closed = PAIRS
            .iter()
            .filter(|(open, _)| *open == c)
            .find_map(|(_, close)| closing(&letters, at, *close, before));
        if let Some(end) = closed {
            groups.push(
                letters
                    .get(at + 1..end)
                    .unwrap_or_default()
                    .iter()
                    .collect(),
            );
            outside.push(' ');
            at = end + 1;
            continue;
        }
        // A bracket that is never closed: the text was cut there.
        if "([{（【".contains(c) && outside.split_whitespace().count() > 1 {
            groups.push(letters.get(at + 1..).unwrap_or_default().iter().collect());
            break;
        }
        outside.push(if "()[]{}\"“”„«»（）【】".contains(c) {
            ' '
        } else {
            c
        });
        at += 1;
    }
    if outside.chars().any(char::is_alphabetic) {
        return (outside, groups);
    }
    // A whole name in brackets or quotes.
    (groups.join(" "), Vec::new())
}

/// Where the group that opens at `at` ends. An apostrophe opens and closes at the edges of words only.
fn closing(letters: &[char], at: usize, close: char, before: char) -> Option<usize> {
    let is_apostrophe = "'’`".contains(close) || close == '‘';
    if is_apostrophe && before.is_alphanumeric() {
        return None;
    }
    let mut depth = 0;
    let open = letters.get(at).copied()?;
    for (index, &c) in letters.iter().enumerate().skip(at + 1) {
        if c == close {
            let after = letters.get(index + 1).copied().unwrap_or(' ');
            if is_apostrophe && after.is_alphanumeric() {
                continue;
            }
            if depth == 0 {
                // `Joris van 't Veld` opens, and something far away closes.
                return (!is_apostrophe || index - at < 30).then_some(index);
            }
            depth -= 1;
        } else if c == open {
            depth += 1;
        }
    }
    None
}

fn is_other_spelling(outside: &str, inside: &str) -> bool {
    let count = inside.split_whitespace().count();
    let is_latin = |text: &str| text.chars().any(|c| c.is_alphabetic() && c < '\u{0250}');
    (2..=4).contains(&count)
        && !former_name_begins(inside)
        && !is_pronouns(inside)
        && is_latin(outside) != is_latin(inside)
        && inside
            .chars()
            .all(|c| c.is_alphabetic() || " .'’-".contains(c))
}

fn is_nickname(inside: &str) -> bool {
    let words: Vec<&str> = inside.split_whitespace().collect();
    words.len() <= 3
        && !is_pronouns(inside)
        && !former_name_begins(inside)
        && !words
            .iter()
            .all(|word| super::affixes::is_credential(word, true) || has(words::TITLES, &key(word)))
        && !inside
            .chars()
            .any(|c| c.is_numeric() || c == '@' || c == '/')
}

fn former_name_begins(text: &str) -> bool {
    let first = text.split_whitespace().next().unwrap_or_default();
    has(words::FORMER_NAME, &key(first)) || text.starts_with("旧姓")
}

/// `陈晓明 Chen Xiaoming` is one name in two scripts.
fn without_other_script(words: &mut Vec<String>, left_out: &mut Vec<String>) {
    let is_other = |word: &String| super::order::is_east_asian(word);
    let count = words.iter().filter(|word| is_other(word)).count();
    if count > 0 && words.len() - count > 1 {
        left_out.extend(words.extract_if(.., |word| is_other(word)));
    }
}

/// `Ph. D.`, `M. Ed.`: one credential in two words.
fn join_credentials(words: &mut Vec<String>) {
    let mut at = 0;
    while let (Some(one), Some(other)) = (words.get(at), words.get(at + 1)) {
        let both = format!("{one} {other}");
        let is_one = one.ends_with('.')
            && one.chars().count() <= 4
            && has(
                "phd med msc bsc edd psyd mphil dphil llb llm bed mba barch march pharmd",
                &key(&both),
            );
        if is_one && (other.ends_with('.') || other.chars().all(char::is_uppercase)) {
            words.splice(at..at + 2, [both]);
        }
        at += 1;
    }
}

/// `Corinne Mabry née Tolbert`: the marker and what follows are left out.
fn cut_former_name(words: &mut Vec<String>, left_out: &mut Vec<String>) {
    let is_marker = |word: &String| {
        // `Nee` and `Born` are family names.
        word.chars().next().is_some_and(char::is_lowercase) && has(words::FORMER_NAME, &key(word))
            || word == "旧姓"
    };
    if let Some(at) = words.iter().position(is_marker) {
        let former = words.split_off(at);
        left_out.push(former.join(" "));
    }
}

/// Removes pronouns at the end: `They/Them`, `she / her`, `she her`.
fn without_pronouns(words: &mut Vec<String>, is_first_part: bool, left_out: &mut Vec<String>) {
    // The longest end that is nothing but pronouns; the first part keeps a word for the name.
    for at in usize::from(is_first_part)..words.len() {
        let Some(end) = words.get(at..) else { return };
        let tail = end.join(" ");
        let is_sure = tail.contains('/')
            || end
                .iter()
                .all(|word| has(words::SURE_PRONOUNS, &word.to_lowercase()))
            || end.len() > 1
                && end
                    .iter()
                    .all(|word| word.chars().all(|c| !c.is_uppercase()))
            || !is_first_part && tail.chars().all(|c| !c.is_uppercase());
        if is_sure && is_pronouns(&tail) {
            words.truncate(at);
            left_out.push(tail);
            return;
        }
    }
}

/// Whether a text is pronouns, however they are separated.
#[must_use]
pub fn is_pronouns(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut words = lower
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .peekable();
    words.peek().is_some()
        && words.all(|word| {
            has(words::PRONOUNS, word)
                || ["me", "my", "pronoun", "or", "and", "y", "o", "preferred"].contains(&word)
        })
}

/// What comes before a dash or a bar is the name; what comes after describes the person.
fn before_dash(text: &str, parts: &mut Parts) -> String {
    let found = ['|', '•', '—', '–', '·', '-', '/', '~', '‧', '−', '―', ':']
        .iter()
        .filter_map(|sign| position_of_separator(text, *sign))
        .min();
    let Some(at) = found else {
        return text.to_owned();
    };
    let (head, tail) = text.split_at(at);
    let sign = tail.chars().next().unwrap_or(' ');
    let tail = tail.get(sign.len_utf8()..).unwrap_or_default().trim();
    let is_label = sign == ':' && has(words::LABELS, &key(head.trim()));
    if is_label || !head.chars().any(char::is_alphabetic) {
        return before_dash(tail, parts);
    }
    let words: Vec<&str> = tail.split_whitespace().collect();
    let is_one_name = |word: &str| {
        !super::affixes::is_credential(word, true)
            && !has(words::DESCRIPTIONS, &key(word))
            && !is_pronouns(word)
            && !has(words::BADGES, &word.to_lowercase())
    };
    let has_first_and_last = head.split_whitespace().count() > 1;
    parts.unclear_tail = match words.as_slice() {
        [] => false,
        [one] => is_one_name(one) && (sign == '-' || !has_first_and_last),
        _ => !has_first_and_last && !is_pronouns(tail),
    };
    if !tail.is_empty() {
        parts.left_out.push(tail.to_owned());
    }
    head.to_owned()
}

/// A separator has a space on one side at least; `|` and `•` need none.
fn position_of_separator(text: &str, sign: char) -> Option<usize> {
    text.char_indices().find_map(|(at, c)| {
        if c != sign {
            return None;
        }
        let before = text.get(..at)?.chars().next_back().unwrap_or(' ');
        let after = text.get(at + c.len_utf8()..)?.chars().next().unwrap_or(' ');
        let is_separator = match c {
            '|' | '•' => true,
            '—' | '―' => before != ' ' || after == ' ',
            ':' => after == ' ',
            '-' => before == ' ' || after == ' ' && text.get(at + 1..)?.trim().is_empty(),
            _ => before == ' ' && after == ' ',
        };
        is_separator.then_some(at)
    })
}

//! What looks like a person's name, and which values agree with one.

use super::super::tree::Tree;
use super::super::words::{Set, Words};
use crate::page::snapshot::{NodeId, Sight};

/// The longest text that can be a name, in characters.
const MAX_NAME: usize = 90;

/// How much a text looks like one person's name, from 0 to 1.
#[must_use]
pub fn likeness(text: &str, words: &Words) -> f32 {
    let text = bare(text);
    if text.is_empty()
        || text.chars().count() > MAX_NAME
        || text.contains([
            '@', '/', '?', '!', ':', ';', '|', '•', '&', '=', '#', '%', '$', '€', '+', '_',
        ])
    {
        return 0.0;
    }
    if text.chars().any(|c| c.is_numeric()) {
        return 0.0;
    }
    let tokens: Vec<&str> = text
        .split([' ', '　', '·', '・'])
        .filter(|token| !token.is_empty())
        .collect();
    let lower: Vec<String> = tokens.iter().map(|token| token.to_lowercase()).collect();
    let plain = |token: &str| {
        token
            .trim_matches(|c: char| !c.is_alphanumeric())
            .to_owned()
    };
    let is_known = |set: &Set| {
        lower
            .iter()
            .any(|token| set.contains(plain(token).as_str()))
    };
    if tokens.len() > 7 || is_known(&words.not_names) {
        return 0.0;
    }
    let is_name_word = |token: &String| {
        words.name_words.contains(plain(token).as_str()) || words.name_words.contains(token)
    };
    let own: Vec<(&&str, &String)> = tokens
        .iter()
        .zip(&lower)
        .filter(|(_, lower)| !is_name_word(lower))
        .collect();
    if own.is_empty() {
        return if tokens.len() > 1 { 0.2 } else { 0.0 };
    }
    let has_case = |token: &str| token.chars().any(|c| c.is_lowercase() || c.is_uppercase());
    let is_capital = |token: &str| {
        let token = token.trim_matches(|c: char| !c.is_alphabetic());
        !has_case(token) || token.chars().any(char::is_uppercase)
    };
    let capitals = own.iter().filter(|(token, _)| is_capital(token)).count();
    let scripted = !text.chars().any(|c| c.is_ascii_alphabetic())
        && !own.iter().any(|(token, _)| has_case(token));
    let mut score: f32 = match own.len() {
        1 if scripted && (2..=12).contains(&text.chars().count()) => 0.55,
        1 => 0.25,
        2 | 3 => 0.65,
        4 => 0.5,
        _ => 0.25,
    };
    if capitals < own.len() {
        // "bell hooks" is possible, "warehouse lead" is likelier.
        score *= if capitals == 0 && own.len() <= 3 {
            0.35
        } else {
            0.1
        };
    }
    let given = |token: &str| {
        token
            .to_lowercase()
            .split(['-', '\'', '’'])
            .any(|part| words.given_names.contains(part))
    };
    let has_given = own.first().is_some_and(|(token, _)| given(&plain(token)))
        || text.contains(',') && own.iter().any(|(token, _)| given(&plain(token)));
    if has_given {
        score += 0.3;
    } else if own.iter().any(|(token, _)| given(&plain(token))) {
        score += 0.15;
    }
    if is_known(&words.occupations) {
        score *= if has_given { 0.5 } else { 0.15 };
    }
    if is_known(&words.company_words) {
        score *= if has_given { 0.4 } else { 0.15 };
    }
    let is_acronym =
        |token: &&str| token.chars().count() <= 4 && token.chars().all(|c| c.is_uppercase());
    if own.iter().any(|(token, _)| is_acronym(token))
        && !own
            .iter()
            .all(|(token, _)| token.chars().all(|c| !c.is_lowercase()))
    {
        score *= 0.7;
    }
    score.min(1.0)
}

/// Without pronouns, credentials, emoji and what stands in brackets.
#[must_use]
pub fn bare(text: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '(' | '（' | '[' | '【' => depth += 1,
            ')' | '）' | ']' | '】' => depth = depth.saturating_sub(1),
            '，' | '、' if depth == 0 => out.push(','),
            '"' | '“' | '”' | '„' | '«' | '»' if depth == 0 => out.push(' '),
            // Pictures, flags and their joiners.
            '\u{200d}'
            | '\u{fe0f}'
            | '\u{2600}'..='\u{27bf}'
            | '\u{2b00}'..='\u{2bff}'
            | '\u{1f000}'..='\u{1faff}' => {}
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    let is_credential = |part: &str| {
        let letters: Vec<char> = part.chars().filter(|c| c.is_alphabetic()).collect();
        let capitals = letters.iter().filter(|c| c.is_uppercase()).count();
        letters.is_empty()
            || (letters.len() <= 7 && capitals * 2 >= letters.len() && capitals > 1)
            || matches!(
                part.to_lowercase().as_str(),
                "jr" | "jr."
                    | "sr"
                    | "sr."
                    | "ii"
                    | "iii"
                    | "iv"
                    | "esq"
                    | "esq."
                    | "phd"
                    | "ph.d."
                    | "ret."
            )
            || part.contains('/')
    };
    let mut parts = out.split(',').map(str::trim);
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        // "Okafor, Imani", but not "Okafor, CPPM".
        if !part.split_whitespace().all(is_credential) {
            kept.push_str(", ");
            kept.push_str(part);
        }
    }
    let kept = kept.split(" - ").next().unwrap_or_default();
    kept.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .trim_matches([',', ' ', '-', '–', '.'])
        .to_owned()
}

/// The parts of a name in lower case and without accents, without initials and honorifics.
#[must_use]
pub fn tokens(name: &str, words: &Words) -> Vec<String> {
    let folded = fold(&bare(name));
    let parts = folded.split(|c: char| !c.is_alphanumeric() && c != '\'');
    let parts = parts.map(|part| part.replace('\'', ""));
    parts
        .filter(|part| !part.is_empty() && !words.name_words.contains(part.as_str()))
        .collect()
}

/// Whether two spellings are of one person: all tokens of the shorter one, at least two or the only
/// one, are in the other.
#[must_use]
pub fn is_same(one: &[String], other: &[String]) -> bool {
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    !short.is_empty()
        && short.iter().all(|token| long.contains(token))
        && (short.len() > 1 || long.len() <= 2)
}

/// Whether any token with more than an initial is in both.
#[must_use]
pub fn shares(one: &[String], other: &[String]) -> bool {
    one.iter()
        .any(|token| token.chars().count() > 1 && other.contains(token))
}

/// How well the part of an address before the `@`, or the last part of a path, agrees with a name.
#[must_use]
pub fn handle_agrees(handle: &str, name: &[String]) -> f32 {
    let folded = fold(handle);
    let parts: Vec<&str> = folded
        .split(|c: char| !c.is_alphabetic())
        .filter(|part| !part.is_empty())
        .collect();
    let whole: String = parts.concat();
    let long: Vec<&String> = name
        .iter()
        .filter(|token| token.chars().count() > 2)
        .collect();
    let has = |token: &str| parts.contains(&token);
    let found = long.iter().filter(|token| has(token)).count();
    if found >= 2 || (found >= 1 && long.len() == 1) {
        return 1.0;
    }
    let joined = long
        .iter()
        .filter(|token| token.chars().count() > 3 && whole.contains(token.as_str()))
        .count();
    if joined >= 2
        || whole.len() > 4
            && long
                .iter()
                .any(|one| long.iter().any(|two| whole == format!("{one}{two}")))
    {
        return 1.0;
    }
    let first_of = |token: &String| token.chars().next().map(String::from).unwrap_or_default();
    // rsilva, r.silva, silvar, renatas
    let is_with_initial = long.iter().any(|token| {
        name.iter().filter(|other| other != token).any(|other| {
            let initial = first_of(other);
            whole == format!("{initial}{token}")
                || whole == format!("{token}{initial}")
                || (has(token) && parts.contains(&initial.as_str()))
        })
    });
    if is_with_initial {
        return 0.9;
    }
    if found == 1 || joined == 1 {
        return 0.7;
    }
    let initials: String = name.iter().map(first_of).collect();
    if initials.len() > 1 && whole == initials {
        return 0.4;
    }
    0.0
}

/// In lower case, with Latin letters in their basic form.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.to_lowercase().chars() {
        let plain = match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' => "a",
            'æ' => "ae",
            'ç' | 'ć' | 'č' => "c",
            'ď' | 'đ' | 'ð' => "d",
            'è'..='ë' | 'ē' | 'ė' | 'ę' | 'ě' => "e",
            'ğ' => "g",
            'ì'..='ï' | 'ī' | 'į' | 'ı' => "i",
            'ł' | 'ľ' => "l",
            'ñ' | 'ń' | 'ň' => "n",
            'ò'..='ö' | 'ø' | 'ō' | 'ő' => "o",
            'œ' => "oe",
            'ř' => "r",
            'ś' | 'š' | 'ş' | 'ș' => "s",
            'ß' => "ss",
            'ť' | 'ț' | 'ţ' => "t",
            'ù'..='ü' | 'ū' | 'ů' | 'ű' => "u",
            'ý' | 'ÿ' => "y",
            'ź' | 'ż' | 'ž' => "z",
            '’' => "'",
            '\u{300}'..='\u{36f}' => "",
            c => {
                out.push(c);
                continue;
            }
        };
        out.push_str(plain);
    }
    out
}

/// Somebody's name in the page's text.
#[derive(Clone, Debug)]
pub struct Mention {
    pub node: NodeId,
    pub tokens: Vec<String>,
    pub text: String,
    pub likeness: f32,
}

/// Everything in the text that looks like a name.
#[must_use]
pub fn mentions(tree: &Tree) -> Vec<Mention> {
    let mut found = Vec::new();
    for line in &tree.lines {
        if line.sight == Sight::Hidden || line.text.chars().count() > 300 {
            continue;
        }
        let mut add = |node: NodeId, text: &str| {
            let likeness = likeness(text, tree.words);
            let tokens = tokens(text, tree.words);
            if likeness >= 0.6 && tokens.len() > 1 {
                found.push(Mention {
                    node,
                    tokens,
                    text: text.to_owned(),
                    likeness,
                });
            }
        };
        if line.pieces.len() > 1 && line.text.chars().count() <= MAX_NAME {
            add(line.node(), &line.text);
        }
        for piece in &line.pieces {
            for part in piece
                .text
                .split([',', '(', ')', '·', '–', '—', ':', '|', '•', ';', '<', '>'])
            {
                add(piece.node, part.trim());
                // "Signed in as Gerald Pope", "Supervisor: Dr. Harold Tsosie".
                for word in [
                    "as", "by", "with", "to", "von", "por", "par", "hi", "hello", "hola", "contact",
                ] {
                    let lower = part.to_lowercase();
                    if let Some(at) = lower
                        .find(&format!("{word} "))
                        .filter(|at| *at == 0 || lower.get(..*at).is_some_and(|b| b.ends_with(' ')))
                    {
                        add(
                            piece.node,
                            part.get(at + word.len()..).unwrap_or_default().trim(),
                        );
                    }
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        Words::parse(include_str!("../../../extension/reader/words.json")).unwrap()
    }

    #[test]
    fn names_look_more_like_names_than_other_headings() {
        let words = words();
        for name in [
            "Imani Okafor",
            "Okafor, Imani",
            "Dr. Leila Haddad, PhD",
            "Denise Okoro, CPPM",
            "JEAN-LUC DE LA CRUZ",
            "山田 太郎",
            "Maya Solis (she/her)",
            "🌟 Talia Banks",
        ] {
            assert!(likeness(name, &words) >= 0.6, "{name}");
        }
        for other in [
            "Search results",
            "Lumen Labs",
            "Buyer at Lumen Labs",
            "248 candidates",
            "Hart & Sons",
            "warehouse lead",
            "Account settings",
            "Family Nurse Practitioner",
        ] {
            assert!(likeness(other, &words) < 0.5, "{other}");
        }
    }

    #[test]
    fn addresses_agree_with_the_names_they_are_made_of() {
        let name = tokens("Renata Silva", &words());
        for handle in [
            "renata.silva",
            "rsilva",
            "renatasilva88",
            "silva_r",
            "renata",
        ] {
            assert!(handle_agrees(handle, &name) >= 0.7, "{handle}");
        }
        for handle in ["tomas", "info", "kiln.potter"] {
            assert!(handle_agrees(handle, &name) < 0.5, "{handle}");
        }
    }
}

//! Telephone numbers in texts and links.
//!
//! A number keeps the person's spelling. What it dials serves to compare only: the proxy compares with
//! libphonenumber's metadata, which are too large to load in every worker.

use super::address::percent_decode;

/// Digits of a whole number (E.164), and fewest that are one without a country code.
const MOST_DIGITS: usize = 15;
const FEWEST_DIGITS: usize = 7;
/// Longest text to look at: beyond it stands an essay.
const MOST_CHARS: usize = 4_000;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phone {
    /// As the page spells it.
    pub shown: String,
    /// The digits behind `ext.`, where there are any.
    pub extension: Option<String>,
}

/// Finds numbers in a text about anything: only what can be nothing else.
#[must_use]
pub fn find(text: &str) -> Vec<Phone> {
    found(text, false)
}

/// Finds numbers in a text that is said to hold one, such as the value beside *Phone*: local numbers as
/// well.
#[must_use]
pub fn labelled(text: &str) -> Vec<Phone> {
    found(text, true)
}

/// Reads a `tel:` link (RFC 3966). The extension is spelled as people do.
#[must_use]
pub fn from_tel(href: &str) -> Option<Phone> {
    let href = href.trim();
    let rest = href.get(4..).filter(|_| {
        href.get(..4)
            .is_some_and(|scheme| scheme.eq_ignore_ascii_case("tel:"))
    })?;
    let rest = percent_decode(rest);
    let mut parts = rest.trim_start_matches('/').split([';', '?']);
    let number = parts.next()?.trim();
    let parameter = |name: &str, part: &str| {
        let (key, value) = part.split_once('=')?;
        (key.eq_ignore_ascii_case(name) && value.chars().any(|c| c.is_ascii_digit()))
            .then(|| value.trim().to_owned())
    };
    let parameters: Vec<&str> = parts.collect();
    let extension = parameters.iter().find_map(|part| parameter("ext", part));
    let context = parameters
        .iter()
        .find_map(|part| parameter("phone-context", part))
        .filter(|context| context.starts_with('+'));
    let number = match context {
        Some(context) if !number.starts_with('+') => format!("{context} {number}"),
        _ => number.to_owned(),
    };
    let shown = match &extension {
        Some(extension) => format!("{number} ext. {extension}"),
        None => number,
    };
    labelled(&shown).into_iter().next()
}

/// Whether two spellings dial the same number. A spelling without an extension is the same as one with
/// it; two extensions are two numbers.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    let (one, other) = (Dialled::of(one), Dialled::of(other));
    let extensions_differ =
        matches!((&one.extension, &other.extension), (Some(one), Some(other)) if one != other);
    !one.digits.is_empty() && !other.digits.is_empty() && !extensions_differ && one.is(&other)
}

/// What a spelling dials.
#[derive(Debug, PartialEq, Eq)]
struct Dialled {
    digits: String,
    is_international: bool,
    extension: Option<String>,
}

impl Dialled {
    fn of(spelling: &str) -> Self {
        let spelling = plain(spelling);
        let (number, extension) = split_extension(&spelling);
        let number = number.trim().trim_start_matches("tel:");
        let mut digits: String = number
            .replace("(0)", " ")
            .chars()
            .filter_map(dialled)
            .collect();
        let mut is_international = number.trim_start_matches(['(', ' ']).starts_with('+');
        if !is_international {
            // What is dialled before a country code, in most of the world and in North America.
            let code = ["011", "00"]
                .iter()
                .find_map(|prefix| digits.strip_prefix(prefix));
            if let Some(rest) = code.filter(|rest| rest.len() >= 10) {
                digits = rest.to_owned();
                is_international = true;
            }
        }
        Self {
            digits,
            is_international,
            extension,
        }
    }

    fn is(&self, other: &Self) -> bool {
        if self.digits == other.digits {
            return true;
        }
        match (self.is_international, other.is_international) {
            (true, true) => {
                without_trunk_zero(&self.digits, &other.digits)
                    || without_trunk_zero(&other.digits, &self.digits)
            }
            (true, false) => self.ends_with_national(other),
            (false, true) => other.ends_with_national(self),
            (false, false) => {
                let (one, other) = (national(&self.digits), national(&other.digits));
                is_end(one, other) || is_end(other, one)
            }
        }
    }

    /// A national number is an international one without its country code.
    fn ends_with_national(&self, other: &Self) -> bool {
        let rest = national(&other.digits);
        rest.len() >= FEWEST_DIGITS
            && (self.digits == other.digits
                || self.digits.ends_with(rest)
                    && (1..=3).contains(&(self.digits.len() - rest.len()))
                || self.digits.starts_with('1')
                    && self.digits.len() == 11
                    && is_end(rest, &self.digits))
    }
}

fn is_end(short: &str, long: &str) -> bool {
    short.len() >= FEWEST_DIGITS && long.ends_with(short)
}

/// Whether `long` is `short` with a zero behind the country code: `+44 020 7946 0958`.
fn without_trunk_zero(long: &str, short: &str) -> bool {
    (1..=3).any(|code| {
        let (Some(head), Some(rest)) = (long.get(..code), long.get(code..)) else {
            return false;
        };
        rest.strip_prefix('0')
            .is_some_and(|rest| short.strip_prefix(head) == Some(rest))
    })
}

fn national(digits: &str) -> &str {
    let rest = digits.strip_prefix('0').unwrap_or(digits);
    match rest.strip_prefix('1') {
        Some(north_american) if rest.len() == 11 => north_american,
        _ => rest,
    }
}

/// The digit that a character dials; letters as on the keys of a telephone.
fn dialled(c: char) -> Option<char> {
    match c.to_ascii_uppercase() {
        c if c.is_ascii_digit() => Some(c),
        'A'..='C' => Some('2'),
        'D'..='F' => Some('3'),
        'G'..='I' => Some('4'),
        'J'..='L' => Some('5'),
        'M'..='O' => Some('6'),
        'P'..='S' => Some('7'),
        'T'..='V' => Some('8'),
        'W'..='Z' => Some('9'),
        _ => None,
    }
}

/// A text with ASCII digits, hyphens and spaces, character for character.
fn plain(text: &str) -> String {
    text.chars().map(plain_char).collect()
}

fn plain_char(c: char) -> char {
    // The zero of each script's digits.
    const ZEROS: &[char] = &[
        '٠', '۰', '߀', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '០', '᠐',
        '０',
    ];
    match c {
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '－' | '\u{AD}' => '-',
        '＋' => '+',
        '（' => '(',
        '）' => ')',
        c if c.is_whitespace() && c != '\n' => ' ',
        c if c.is_ascii() => c,
        c => {
            let digit = ZEROS.iter().find_map(|zero| {
                let value = u32::from(c).checked_sub(u32::from(*zero))?;
                char::from_digit(value, 10)
            });
            digit.unwrap_or(c)
        }
    }
}

fn found(text: &str, is_labelled: bool) -> Vec<Phone> {
    let letters: Vec<char> = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .take(MOST_CHARS)
        .collect();
    let plain: Vec<char> = letters.iter().copied().map(plain_char).collect();
    let mut phones: Vec<Phone> = Vec::new();
    let mut at = 0;
    while at < plain.len() {
        let rest = plain.get(at..).unwrap_or_default();
        let Some(length) = candidate(rest, plain.get(..at).unwrap_or_default()) else {
            at += 1;
            continue;
        };
        let number: String = rest.iter().take(length).collect();
        let after = rest.get(length).copied();
        let length = if is_number(&number, after, is_labelled) {
            length
        } else {
            at += length.max(1);
            continue;
        };
        let extension_length = extension(rest.get(length..).unwrap_or_default());
        let shown: String = letters
            .get(at..at + length + extension_length)
            .unwrap_or_default()
            .iter()
            .collect();
        let spelling: String = rest.iter().take(length + extension_length).collect();
        let phone = Phone {
            shown: shown.trim().to_owned(),
            extension: split_extension(&spelling).1,
        };
        if !phones.iter().any(|known| same(&known.shown, &phone.shown)) {
            phones.push(phone);
        }
        at += length + extension_length;
    }
    phones
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// How long a run of what numbers are spelled with begins here, up to its last digit.
fn candidate(text: &[char], before: &[char]) -> Option<usize> {
    let first = *text.first()?;
    let begins = first.is_ascii_digit() || first == '+' || first == '(';
    // In the middle of a word, an amount, a path; a slash behind a digit separates two numbers.
    let is_inside = match before {
        [.., earlier, '/'] => !earlier.is_ascii_digit() && *earlier != ' ',
        [.., before] => before.is_alphanumeric() || "+#$€£¥@_%=&/".contains(*before),
        [] => false,
    };
    if !begins || is_inside {
        return None;
    }
    let (mut end, mut at, mut gap) = (0, 0, 0);
    let mut digits = 0;
    while let Some(&c) = text.get(at) {
        if c.is_ascii_digit() {
            gap = 0;
            digits += 1;
            end = at + 1;
        } else if at == 0 && c == '+' {
            // The sign of a country code.
            at += 1;
            continue;
        } else if c == '+' || !" ()-./".contains(c) {
            // Letters of a number that spells a word: 1-800-FLOWERS.
            let word = text
                .get(at..)
                .unwrap_or_default()
                .iter()
                .take_while(|c| c.is_ascii_uppercase() || **c == '-')
                .count();
            let letters = text
                .get(at..at + word)
                .unwrap_or_default()
                .iter()
                .filter(|c| c.is_ascii_uppercase())
                .count();
            let is_vanity = (3..=4).contains(&digits)
                && digits + letters >= 10
                && digits + letters <= 15
                && text.get(at - 1).is_some_and(|c| "- .)".contains(*c));
            return Some(if is_vanity { at + word } else { end }).filter(|end| *end > 0);
        } else {
            // A slash with spaces around it, or behind a whole number, separates two numbers.
            let is_between = c == '/'
                && (digits > 8
                    || text.get(at.wrapping_sub(1)) == Some(&' ')
                    || text.get(at + 1) == Some(&' '));
            gap += 1;
            if is_between || gap > 3 {
                break;
            }
            // A second number in brackets.
            if c == '(' && digits >= FEWEST_DIGITS {
                break;
            }
        }
        at += 1;
    }
    (end > 0).then_some(end)
}

/// Whether a run of digits and separators is a number.
fn is_number(number: &str, after: Option<char>, is_labelled: bool) -> bool {
    let count = number.chars().filter_map(dialled).count();
    if !(FEWEST_DIGITS..=MOST_DIGITS + 2).contains(&count)
        || after.is_some_and(|c| {
            c.is_alphanumeric() && !c.eq_ignore_ascii_case(&'x') && !c.eq_ignore_ascii_case(&'e')
                || "@%_".contains(c)
        })
    {
        return false;
    }
    let groups: Vec<&str> = number
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|group| !group.is_empty())
        .collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    if is_date(&groups, number) || is_other_number(&lengths, number) {
        return false;
    }
    if number.starts_with('+') {
        return (FEWEST_DIGITS..=MOST_DIGITS).contains(
            &number
                .replace("(0)", "")
                .chars()
                .filter_map(dialled)
                .count(),
        );
    }
    if number.chars().any(|c| c.is_ascii_uppercase()) {
        return true;
    }
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    let north_american = digits
        .strip_prefix('1')
        .filter(|rest| rest.len() == 10)
        .unwrap_or(&digits);
    let is_north_american = north_american.len() == 10
        && !north_american.starts_with(['0', '1'])
        && !north_american
            .get(3..4)
            .is_some_and(|c| c == "0" || c == "1");
    if is_labelled {
        return count <= MOST_DIGITS || digits.starts_with("00");
    }
    let is_grouped = lengths.len() > 1;
    let ends_like_north_american =
        lengths.ends_with(&[3, 4]) || lengths.ends_with(&[7]) && number.contains(')');
    is_north_american && (!is_grouped || ends_like_north_american)
        || digits.starts_with("00") && (11..=17).contains(&digits.len())
        || digits.starts_with('0') && is_grouped && (9..=12).contains(&digits.len())
        || number.starts_with('(') && (8..=12).contains(&digits.len())
}

/// `2019-2023`, `12/05/2024`, `2024-05-12`, and `12.05.2024`.
fn is_date(groups: &[&str], number: &str) -> bool {
    let is_year =
        |group: &str| group.len() == 4 && (group.starts_with("19") || group.starts_with("20"));
    let is_small = |group: &str| {
        group.len() <= 2
            && group
                .parse::<u8>()
                .is_ok_and(|value| (1..=31).contains(&value))
    };
    if number.contains('(') || number.starts_with('+') {
        return false;
    }
    match groups {
        [one, other] => is_year(one) && is_year(other) || is_year(one) && other.len() == 2,
        [one, two, three] => {
            is_small(one) && is_small(two) && (is_year(three))
                || is_year(one) && is_small(two) && is_small(three)
        }
        // Two dates, or a date and a time.
        [_, _, _, ..] if groups.len() >= 5 => {
            groups.iter().filter(|group| is_year(group)).count() > 0
                && groups.iter().filter(|group| is_small(group)).count() > 1
        }
        _ => false,
    }
}

/// A ZIP+4, a social security number, an IP address, a number of a card.
fn is_other_number(lengths: &[usize], number: &str) -> bool {
    let has_dashes = number.contains('-') && !number.contains(['(', '+', ' ', '.']);
    has_dashes && (lengths == [5, 4] || lengths == [3, 2, 4] || lengths == [2, 7])
        || lengths == [4, 4, 4, 4]
        || number.matches('.').count() == 3 && lengths.iter().all(|length| *length <= 3)
        || number.matches('.').count() == 1
            && lengths.len() == 2
            && !number.contains(['-', ' ', '('])
}

/// How long an extension begins here: ` ext. 22`, `x22`, `, extension 22`, `#22`, `;ext=22`.
fn extension(text: &[char]) -> usize {
    let text: String = text.iter().take(24).collect();
    let rest = text.trim_start_matches([' ', ',', ';', '(']);
    let lower = rest.to_ascii_lowercase();
    let marker = ["extension", "extn", "ext", "x", "#", "durchwahl"]
        .iter()
        .find_map(|marker| lower.strip_prefix(marker));
    let Some(after) = marker else { return 0 };
    let number = after.trim_start_matches(['.', ':', ' ', '=', '#']);
    let digits = number.chars().take_while(char::is_ascii_digit).count();
    let ends = number
        .chars()
        .nth(digits)
        .is_none_or(|c| !c.is_alphanumeric());
    if (1..=7).contains(&digits) && ends {
        text.len() - number.len() + digits
    } else {
        0
    }
}

/// The number, and the digits of its extension.
fn split_extension(text: &str) -> (String, Option<String>) {
    let letters: Vec<char> = text.chars().collect();
    for at in 0..letters.len() {
        let length = letters.get(at..).map_or(0, extension);
        let Some(head) = letters
            .get(..at)
            .filter(|head| length > 0 && head.iter().filter(|c| c.is_ascii_digit()).count() > 2)
        else {
            continue;
        };
        let digits: String = letters
            .get(at..at + length)
            .unwrap_or_default()
            .iter()
            .filter(|c| c.is_ascii_digit())
            .collect();
        return (head.iter().collect(), Some(digits));
    }
    (text.to_owned(), None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(phones: Vec<Phone>) -> Vec<String> {
        phones.into_iter().map(|phone| phone.shown).collect()
    }

    #[test]
    fn numbers_in_a_text_are_found_as_they_are_spelled() {
        for (text, expected) in [
            ("Call (312) 555-0142 after six", &["(312) 555-0142"][..]),
            ("312.555.0142", &["312.555.0142"]),
            ("3125550142", &["3125550142"]),
            ("+1 312 555 0142", &["+1 312 555 0142"]),
            (
                "(312) 555-0142 / (312) 555-0177",
                &["(312) 555-0142", "(312) 555-0177"],
            ),
            (
                "312-555-0142, 312-555-0177",
                &["312-555-0142", "312-555-0177"],
            ),
            (
                "h 312-555-0142 m 312-555-0177",
                &["312-555-0142", "312-555-0177"],
            ),
            ("+44 (0)20 7946 0123", &["+44 (0)20 7946 0123"]),
            ("020 7946 0123", &["020 7946 0123"]),
            ("+٢٠ ١٠٠ ٥٥٥ ٠١٤٢", &["+٢٠ ١٠٠ ٥٥٥ ٠١٤٢"]),
            ("1-888-GOTALENT", &["1-888-GOTALENT"]),
            ("312-555-0142 ext. 7", &["312-555-0142 ext. 7"]),
            ("312-555-0142x7", &["312-555-0142x7"]),
            ("312–555–0142", &["312–555–0142"]),
            ("Tel.: 030/1234567-0", &["030/1234567-0"]),
            ("0033 1 23 45 67 89", &["0033 1 23 45 67 89"]),
        ] {
            assert_eq!(shown(find(text)), expected, "{text}");
        }
    }

    #[test]
    fn other_figures_are_not_claimed() {
        for text in [
            "2019-2023",
            "2019 – 2023",
            "12/05/2024",
            "2024-05-12",
            "12.05.2024 18:30",
            "60601-1234",
            "Chicago, IL 60601",
            "123-45-6789",
            "Candidate 12345678",
            "ID 98-7654321",
            "192.168.10.254",
            "$1,250,000",
            "3.14159265",
            "4111 1111 1111 1111",
            "order312555014299",
            "https://host.example/3125550142x",
            "v1.20.300.4000",
            "",
            "Class of 2024",
            "40 hours",
            "2024-05-12 2024-06-30",
        ] {
            assert_eq!(shown(find(text)), [""; 0], "{text}");
        }
    }

    #[test]
    fn labelled_texts_may_hold_local_numbers() {
        assert_eq!(shown(labelled("555-0142")), ["555-0142"]);
        assert_eq!(shown(labelled("98765 43210 (home)")), ["98765 43210"]);
        assert_eq!(
            shown(labelled("+1 312 555 0142 (mobile)")),
            ["+1 312 555 0142"]
        );
        assert!(labelled("on request").is_empty());
        assert!(labelled("2019-2023").is_empty());
    }

    #[test]
    fn tel_links_are_spelled_for_people() {
        for (href, expected) in [
            ("tel:+13125550142", Some(("+13125550142", None))),
            (
                "TEL:+1-312-555-0142;ext=22",
                Some(("+1-312-555-0142 ext. 22", Some("22"))),
            ),
            (
                "tel:%2B1%20312%20555%200142",
                Some(("+1 312 555 0142", None)),
            ),
            ("tel://3125550142", Some(("3125550142", None))),
            (
                "tel:5550142;phone-context=+1312",
                Some(("+1312 5550142", None)),
            ),
            ("tel:", None),
            ("mailto:x@post.example", None),
        ] {
            let phone = from_tel(href);
            let found = phone
                .as_ref()
                .map(|phone| (phone.shown.as_str(), phone.extension.as_deref()));
            assert_eq!(found, expected, "{href}");
        }
    }

    #[test]
    fn two_spellings_of_one_number_are_the_same() {
        for (one, other) in [
            ("+442079460123", "+44 (0)20 7946 0123"),
            ("+442079460123", "+44 020 7946 0123"),
            ("+442079460123", "020 7946 0123"),
            ("+442079460123", "0044 20 7946 0123"),
            ("+13125550142", "(312) 555-0142"),
            ("+13125550142", "1-312-555-0142"),
            ("+13125550142", "011 1 312 555 0142"),
            ("+201005550142", "+٢٠ ١٠٠ ٥٥٥ ٠١٤٢"),
            ("tel:+1-312-555-0142;ext=22", "(312) 555-0142 ext. 22"),
            ("(312) 555-0142", "312-555-0142 x7"),
            ("1-888-GOTALENT", "+1 888 468 25368"),
            ("(312) 555-0142", "555-0142"),
            ("３１２－５５５－０１４２", "312 555 0142"),
        ] {
            assert!(same(one, other), "{one} {other}");
            assert!(same(other, one), "{other} {one}");
        }
    }

    #[test]
    fn two_numbers_are_not_the_same() {
        for (one, other) in [
            ("+13125550142", "+13125550177"),
            ("312-555-0142 x1", "312-555-0142 x2"),
            ("+13125550142", "+443125550142"),
            ("", ""),
            ("142", "0142"),
            ("+442079460123", "207946012"),
        ] {
            assert!(!same(one, other), "{one} {other}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in ".*") {
            for phone in find(&text).into_iter().chain(labelled(&text)).chain(from_tel(&format!("tel:{text}"))) {
                prop_assert!(same(&phone.shown, &phone.shown));
            }
        }

        #[test]
        fn a_number_is_found_in_any_grouping(digits in "[2-9][0-9]{2}[2-9][0-9]{6}", sign in "[-. ]") {
            let (area, exchange, line) = (&digits[..3], &digits[3..6], &digits[6..]);
            let text = format!("Phone {area}{sign}{exchange}{sign}{line}");
            prop_assert_eq!(find(&text).len(), 1);
            prop_assert!(same(&text, &digits) || same(&find(&text)[0].shown, &digits));
        }
    }
}

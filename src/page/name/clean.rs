//! The characters of a name as shown: without what is invisible, a picture or written twice.

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory};

/// Returns the text in composed form with single spaces. Apart from full-width and ornamental letters,
/// which become plain ones, what is left is spelled as it was.
#[must_use]
pub fn text(shown: &str) -> String {
    let mut plain = String::with_capacity(shown.len());
    let mut characters = shown.chars().peekable();
    let mut before = ' ';
    while let Some(c) = characters.next() {
        let after = characters.peek().copied().unwrap_or(' ');
        match kind(c, before, after) {
            Kind::Kept if c == '。' => plain.push('.'),
            Kind::Kept => plain.push(c),
            Kind::Space => plain.push(' '),
            Kind::Dropped => continue,
            Kind::Simplified => plain.extend(c.nfkc()),
        }
        before = c;
    }
    let words: Vec<&str> = plain.split_whitespace().collect();
    once(&words.join(" ")).nfc().collect()
}

enum Kind {
    Kept,
    Space,
    /// Nothing was there for a reader.
    Dropped,
    /// A letter or a sign in another shape.
    Simplified,
}

fn kind(c: char, before: char, after: char) -> Kind {
    if c.is_ascii_alphanumeric() {
        return Kind::Kept;
    }
    match c {
        // Full-width forms, letter-like ornaments (mathematical, ligatures), spaces of other widths.
        '\u{FF01}'..='\u{FF5E}'
        | '\u{FF65}'..='\u{FFDC}'
        | '\u{1D400}'..='\u{1D7FF}'
        | '\u{FB00}'..='\u{FB06}' => Kind::Simplified,
        // Part of the spelling in scripts whose letters join.
        '\u{200C}' | '\u{200D}' if joins(before) && after.is_alphabetic() => Kind::Kept,
        '\u{FE00}'..='\u{FE0F}' | '\u{20E3}' | '\u{034F}' | '®' | '™' | '©' | '℠' => {
            Kind::Dropped
        }
        // Digits of an emoji, as `1` in `1️⃣`, and marks of Markdown.
        '*' | '#' | '_' | '✓' => Kind::Space,
        '`' | '´' | '^' | '˜' => Kind::Kept,
        _ => match c.general_category() {
            GeneralCategory::Control => Kind::Space,
            GeneralCategory::Format => Kind::Dropped,
            GeneralCategory::MathSymbol if c.is_ascii() => Kind::Kept,
            _ => match c.general_category_group() {
                GeneralCategoryGroup::Symbol | GeneralCategoryGroup::Separator => Kind::Space,
                // Private use: icons of a font.
                GeneralCategoryGroup::Other => Kind::Space,
                _ => Kind::Kept,
            },
        },
    }
}

fn joins(c: char) -> bool {
    matches!(c, '\u{0600}'..='\u{08FF}' | '\u{0900}'..='\u{0DFF}' | '\u{1000}'..='\u{109F}' | '\u{FB50}'..='\u{FEFF}')
}

/// `Nia ColemanNia Coleman` is what a page says once to the eye and once to a screen reader.
fn once(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let count = letters.len();
    // With a space between the two, or without.
    for gap in [0, 1] {
        let half = (count - gap.min(count)) / 2;
        let (Some(one), Some(other)) = (letters.get(..half), letters.get(half + gap..)) else {
            continue;
        };
        if half < 2 || one.len() != other.len() || (gap == 1 && letters.get(half) != Some(&' ')) {
            continue;
        }
        let spelled = |half: &[char]| half.iter().collect::<String>();
        let (one, other) = (spelled(one), spelled(other));
        // `Li Li` is a name; `SuryaSurya` is not.
        let is_whole_name = one.contains(' ')
            || gap == 0
                && one.chars().last().is_some_and(char::is_lowercase)
                && other.starts_with(char::is_uppercase);
        if is_whole_name && one.to_lowercase() == other.to_lowercase() {
            return if one.chars().any(char::is_lowercase) {
                one
            } else {
                other
            };
        }
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn invisible_characters_are_dropped() {
        for (shown, plain) in [
            ("Ama\u{200B}ra O\u{AD}kafor", "Amara Okafor"),
            (
                "\u{202B}Amara\u{202C} \u{2068}Okafor\u{2069}\u{FEFF}",
                "Amara Okafor",
            ),
            ("Amara\u{A0}\u{2003}Okafor\n", "Amara Okafor"),
            ("Amara\u{3000}Okafor", "Amara Okafor"),
        ] {
            assert_eq!(text(shown), plain);
        }
    }

    #[test]
    fn pictures_are_dropped() {
        for shown in [
            "👩🏽‍💻 Amara Okafor",
            "Amara 🏳️‍🌈 Okafor 🇳🇬",
            "★ Amara Okafor ✔️",
            "Amara Okafor\u{E00B}",
        ] {
            assert_eq!(text(shown), "Amara Okafor", "{shown}");
        }
        assert_eq!(text("Amara Okafor, CFP®"), "Amara Okafor, CFP");
    }

    #[test]
    fn ornamental_letters_become_plain() {
        assert_eq!(text("𝓐𝓶𝓪𝓻𝓪 𝐎𝐤𝐚𝐟𝐨𝐫"), "Amara Okafor");
        assert_eq!(text("Ａｍａｒａ（Ama）"), "Amara(Ama)");
    }

    #[test]
    fn joiners_are_kept_where_they_are_spelling() {
        assert_eq!(text("حسین\u{200C}زاده"), "حسین\u{200C}زاده");
    }

    #[test]
    fn a_text_written_twice_is_read_once() {
        for shown in [
            "Amara OkaforAmara Okafor",
            "Amara Okafor Amara Okafor",
            "AMARA OKAFOR Amara Okafor",
        ] {
            assert_eq!(text(shown), "Amara Okafor", "{shown}");
        }
        assert_eq!(text("AmaraAmara"), "Amara");
        assert_eq!(text("Li Li"), "Li Li");
        assert_eq!(text("Baba"), "Baba");
    }
}

//! Phone numbers, for comparing only: what is sent to Greenhouse keeps the person's spelling.
//!
//! The rules are libphonenumber's, with its metadata of every country. A number without a country code
//! is read as one of the United States, where Jopwell's candidates apply.

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region};

/// Longest spelling that is looked at. libphonenumber refuses more than 250.
const MOST_CHARS: usize = 250;

/// Returns the number in its one normal spelling (E.164, with `;ext=` where it has an extension), by
/// which equal numbers are found. None where the text is no number that could be dialled.
#[must_use]
pub fn normal(spelling: &str) -> Option<String> {
    let number = parsed(spelling)?;
    let mut normal = PHONE_NUMBER_UTIL
        .format(&number, PhoneNumberFormat::E164)
        .into_owned();
    if let Some(extension) = number
        .extension
        .as_deref()
        .filter(|extension| !extension.is_empty())
    {
        normal.push_str(";ext=");
        normal.push_str(extension);
    }
    Some(normal)
}

/// Whether two spellings are one person's same number. A number without an extension is the same as
/// one with it; two extensions are two numbers.
#[must_use]
pub fn same(one: &str, other: &str) -> bool {
    let (Some(one), Some(other)) = (normal(one), normal(other)) else {
        return false;
    };
    let parts = |number: &str| match number.split_once(";ext=") {
        Some((number, extension)) => (number.to_owned(), Some(extension.to_owned())),
        None => (number.to_owned(), None),
    };
    let ((one, one_extension), (other, other_extension)) = (parts(&one), parts(&other));
    one == other
        && (one_extension == other_extension
            || one_extension.is_none()
            || other_extension.is_none())
}

fn parsed(spelling: &str) -> Option<PhoneNumber> {
    if spelling.chars().count() > MOST_CHARS {
        return None;
    }
    let number = PHONE_NUMBER_UTIL.parse(spelling, Some(Region::US)).ok()?;
    // Possible, not valid: numbers are assigned faster than metadata follow, and 555 is never.
    PHONE_NUMBER_UTIL
        .is_possible_number(&number)
        .then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_number_has_one_normal_spelling() {
        for (spelling, expected) in [
            ("+44 (0)20 7946 0123", "+442079460123"),
            ("+442079460123", "+442079460123"),
            ("tel:+44-20-7946-0123", "+442079460123"),
            ("(312) 555-0142", "+13125550142"),
            ("1 312.555.0142", "+13125550142"),
            ("011 44 20 7946 0123", "+442079460123"),
            ("312-555-0142 ext. 22", "+13125550142;ext=22"),
            ("+1-312-555-0142;ext=22", "+13125550142;ext=22"),
            ("1-888-FLOWERS", "+18883569377"),
            ("+٢٠ ١٠٠ ٥٥٥ ٠١٤٢", "+201005550142"),
            ("＋８１　３　１２３４　５６７８", "+81312345678"),
            ("+39 06 698 12345", "+390669812345"),
        ] {
            assert_eq!(normal(spelling).as_deref(), Some(expected), "{spelling}");
        }
    }

    #[test]
    fn what_cannot_be_dialled_has_none() {
        for text in [
            "",
            "n/a",
            "555",
            "12",
            "on request",
            "ada@kiln.example",
            "+999 123",
            &"1".repeat(300),
        ] {
            assert_eq!(normal(text), None, "{text}");
        }
    }

    #[test]
    fn extensions_tell_numbers_apart_only_where_both_have_one() {
        assert!(same("312-555-0142", "+1 312 555 0142 x22"));
        assert!(same("312-555-0142 ext 22", "+1 312 555 0142 x22"));
        assert!(!same("312-555-0142 x21", "312-555-0142 x22"));
        assert!(!same("312-555-0142", "312-555-0143"));
        assert!(!same("n/a", "n/a"));
    }

    proptest! {
        #[test]
        fn a_normal_spelling_is_its_own(text in "\\PC{0,40}") {
            if let Some(spelling) = normal(&text) {
                prop_assert_eq!(normal(&spelling), Some(spelling.clone()));
            }
        }

        #[test]
        fn grouping_does_not_matter(digits in "[2-9][0-9]{2}[2-9][0-9]{6}", sign in "[-. ]") {
            let spelled = format!("({}){sign}{}{sign}{}", &digits[..3], &digits[3..6], &digits[6..]);
            prop_assert!(same(&digits, &spelled));
            prop_assert_eq!(normal(&spelled), Some(format!("+1{digits}")));
        }
    }
}

//! Sentences about one occurrence of a problem, with their values apart.
//!
//! The English text is the key into the extension's catalogs (`extension/languages/`). A problem carries
//! it as the parameter [`SENTENCE`], with holes, and each value under the name of its hole, so that the
//! extension makes the sentence again in the person's language.

use crate::language::{filled, translated};
use atsi_protocol::{Problem, ProblemCode};
use std::collections::BTreeMap;

/// The parameter with the English text, holes included. It is absent where the sentence has no holes.
pub const SENTENCE: &str = "sentence";

/// An English sentence, and its values by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence {
    pub text: String,
    pub params: BTreeMap<String, String>,
}

impl Sentence {
    /// Fills the holes of a sentence; see [`sentence!`].
    #[must_use]
    pub fn new(sentence: &'static str, values: &[(&'static str, String)]) -> Self {
        let shown: Vec<(&str, &str)> = (values.iter())
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let named = (values.iter()).map(|(name, value)| ((*name).to_owned(), value.clone()));
        let mut params: BTreeMap<String, String> = named.collect();
        if !params.is_empty() {
            params.insert(SENTENCE.to_owned(), sentence.to_owned());
        }
        Self {
            text: filled(sentence, &shown),
            params,
        }
    }

    /// Makes a problem whose detail is this sentence.
    #[must_use]
    pub fn problem(self, code: ProblemCode) -> Problem {
        let mut problem = Problem::new(code).with_detail(self.text);
        problem.params = self.params;
        problem
    }
}

impl From<&str> for Sentence {
    fn from(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            params: BTreeMap::new(),
        }
    }
}

/// Writes a sentence again in the language of the person who asks.
#[must_use]
pub fn in_their_language(text: &str, params: &BTreeMap<String, String>) -> String {
    let values: Vec<(&str, &str)> = (params.iter())
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    match params.get(SENTENCE) {
        Some(sentence) => filled(translated(sentence), &values),
        None => translated(text).to_owned(),
    }
}

/// A sentence with values: `sentence!("More than {most} ids.", most = 500)`.
macro_rules! sentence {
    ($sentence:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::sentence::Sentence::new(
            $sentence,
            &[$((stringify!($name), $value.to_string())),*],
        )
    };
}
pub(crate) use sentence;

/// A problem with a sentence about this occurrence: `problem!(InvalidRequest, "More than {most} ids.",
/// most = 500)`.
macro_rules! problem {
    ($code:expr, $sentence:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::sentence::sentence!($sentence $(, $name = $value)*).problem($code)
    };
}
pub(crate) use problem;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentence_with_values_is_shown_filled_and_carried_with_its_holes() {
        let problem = problem!(
            ProblemCode::InvalidRequest,
            "{field} has more than {most} ids.",
            field = "rows",
            most = 500,
        );
        assert_eq!(
            problem.detail.as_deref(),
            Some("rows has more than 500 ids.")
        );
        assert_eq!(
            problem.param(SENTENCE),
            Some("{field} has more than {most} ids.")
        );
        assert_eq!(
            (problem.param("field"), problem.param("most")),
            (Some("rows"), Some("500"))
        );
    }

    #[test]
    fn sentence_without_values_needs_no_params() {
        let problem = problem!(ProblemCode::InvalidRequest, "It is empty.");
        assert_eq!(problem.detail.as_deref(), Some("It is empty."));
        assert!(problem.params.is_empty());
    }
}

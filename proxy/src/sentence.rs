//! Sentences about one occurrence of a problem, with their values apart.
//!
//! The English text is the key into the extension's catalogs (`extension/languages/`). A problem carries
//! it as the parameter [`SENTENCE`], with holes, and each value under the name of its hole, so that the
//! extension makes the sentence again in the person's language.

use crate::language::filled;
use atsi_protocol::{Problem, ProblemCode};

/// The parameter with the English text, holes included. It is absent where the detail has no holes.
pub const SENTENCE: &str = "sentence";

/// Returns a problem with a detail; see [`problem!`].
#[must_use]
pub fn with_sentence(
    code: ProblemCode,
    sentence: &'static str,
    values: &[(&'static str, String)],
) -> Problem {
    let shown: Vec<(&str, &str)> = (values.iter())
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let mut problem = Problem::new(code).with_detail(filled(sentence, &shown));
    if !values.is_empty() {
        problem = problem.with_param(SENTENCE, sentence);
    }
    for (name, value) in values {
        problem = problem.with_param(*name, value);
    }
    problem
}

/// A problem with a sentence about this occurrence: `problem!(InvalidRequest, "More than {most} ids.",
/// most = 500)`.
macro_rules! problem {
    ($code:expr, $sentence:literal $(, $name:ident = $value:expr)* $(,)?) => {
        $crate::sentence::with_sentence(
            $code,
            $sentence,
            &[$((stringify!($name), $value.to_string())),*],
        )
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

//! Sentences about what went wrong and what to do next, in the person's language: from a problem's code and
//! params, not from the proxy's English `detail`.

use crate::language;
use crate::state::trouble::Trouble;
use atsi_protocol::{Problem, ProblemCode};
use std::fmt::Display;

/// The param with the English text of a detail, holes included; each value is a param of its hole's name. It is
/// absent where the detail has no values.
const SENTENCE: &str = "sentence";

/// The sentence for a request to the proxy that failed.
#[must_use]
pub fn of_trouble(trouble: &Trouble) -> String {
    match trouble {
        Trouble::NoAnswer => say!(
            "The ATSi proxy isn’t responding. Check that atsi-proxy is running and that the ATSi options have its address."
        )
        .to_owned(),
        Trouble::NotAProxy => say!(
            "The proxy address doesn’t lead to an ATSi proxy. Check the address in the ATSi options."
        )
        .to_owned(),
        Trouble::NotConnected => language::text(ProblemCode::NotConnected.title()).to_owned(),
        Trouble::Problem(problem) => sentence(problem),
    }
}

/// The sentence for a problem: its title, and more about this occurrence where it says more.
#[must_use]
pub fn sentence(problem: &Problem) -> String {
    match detail(problem) {
        None => title(problem),
        // "The request is not valid." adds nothing to what is wrong with the person's input.
        Some(detail) if problem.code == ProblemCode::InvalidRequest => detail,
        Some(detail) => format!("{} {detail}", title(problem)),
    }
}

/// What happened, without more about this occurrence.
#[must_use]
pub fn title(problem: &Problem) -> String {
    match problem.code {
        // Found by the extension itself, without a request.
        _ if problem.status == 0 => own_title(problem),
        // From a newer proxy, whose own words are the best available.
        ProblemCode::Unknown => language::known(&problem.title),
        code => language::text(code.title()).to_owned(),
    }
}

fn own_title(problem: &Problem) -> String {
    match (problem.param("field"), problem.param("reason")) {
        (Some(field), Some(reason)) => say!(
            "This profile can’t be sent: its {field} {reason}.",
            field = field,
            reason = reason
        ),
        _ => language::known(&problem.title),
    }
}

fn detail(problem: &Problem) -> Option<String> {
    if let Some(sentence) = problem.param(SENTENCE) {
        let values: Vec<(&str, &dyn Display)> = (problem.params.iter())
            .map(|(name, value)| (name.as_str(), value as &dyn Display))
            .collect();
        return Some(language::fill_known(sentence, &values));
    }
    let detail = problem.detail.as_deref()?;
    (!detail.is_empty()).then(|| language::known(detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_spanish<T>(catalog: &str, show: impl FnOnce() -> T) -> T {
        language::speak("es", Some(catalog));
        let shown = show();
        language::speak("en", None);
        shown
    }

    #[test]
    fn sentence_with_params_is_translated_with_its_values() {
        let problem = Problem::new(ProblemCode::InvalidRequest)
            .with_detail("There are more than 500 rows.")
            .with_param(SENTENCE, "There are more than {most} {what}.")
            .with_param("most", 500)
            .with_param("what", "rows");
        assert_eq!(sentence(&problem), "There are more than 500 rows.");
        let catalog = r#"{"There are more than {most} {what}.": "De {what} hay más de {most}."}"#;
        assert_eq!(
            in_spanish(catalog, || sentence(&problem)),
            "De rows hay más de 500."
        );
    }

    #[test]
    fn detail_without_params_is_translated_whole_after_the_title() {
        let problem = Problem::new(ProblemCode::GreenhouseRefused).with_detail("It is closed.");
        let title = ProblemCode::GreenhouseRefused.title();
        assert_eq!(sentence(&problem), format!("{title} It is closed."));
        let catalog = serde_json::json!({ title: "Rechazado.", "It is closed.": "Está cerrada." });
        let shown = in_spanish(&catalog.to_string(), || sentence(&problem));
        assert_eq!(shown, "Rechazado. Está cerrada.");
    }

    #[test]
    fn problem_of_a_newer_proxy_keeps_its_own_words() {
        let problem = Problem {
            title: "The moon is full.".to_owned(),
            ..Problem::new(ProblemCode::Unknown)
        };
        assert_eq!(sentence(&problem), "The moon is full.");
    }
}

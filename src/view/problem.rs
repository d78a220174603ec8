//! Sentences about what went wrong and what to do next, in the person's language: from a problem's code and
//! params, not from the proxy's English `detail`.

use crate::language;
use crate::state::trouble::Trouble;
use atsi_protocol::{Problem, ProblemCode};

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
    let detail = problem
        .detail
        .as_deref()
        .filter(|detail| !detail.is_empty())?;
    Some(language::known(detail))
}

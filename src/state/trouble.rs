//! Why the proxy did not do what it was asked.

use crate::language::told;
use atsi_protocol::{Problem, ProblemCode};
use serde::{Deserialize, Serialize};

/// Why the proxy did not take a send, or did not answer a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    NoAnswer,
    /// Something answers at the address, and it is not an ATSi proxy.
    NotAProxy,
    NotConnected,
    Problem(Problem),
}

impl Trouble {
    /// Returns whether the proxy clearly refused a send, so that repeating it cannot help.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        use ProblemCode as Code;
        matches!(self, Self::Problem(problem) if matches!(
            problem.code,
            Code::InvalidRequest
                | Code::BodyTooLarge
                | Code::UnsupportedMediaType
                | Code::IdempotencyKeyMissing
                | Code::IdempotencyKeyReused
                | Code::GreenhouseRefused
                | Code::PermissionDenied
        ))
    }

    /// Returns whether the proxy has no valid session for this browser.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        self.has_code(ProblemCode::SignInNeeded)
    }

    /// Returns whether the proxy no longer has the résumé that a send refers to.
    #[must_use]
    pub fn is_resume_unknown(&self) -> bool {
        self.has_code(ProblemCode::ResumeUnknown)
    }

    fn has_code(&self, code: ProblemCode) -> bool {
        matches!(self, Self::Problem(problem) if problem.code == code)
    }

    /// What happened and what to do next, for the person.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::NoAnswer => say!("The ATSi proxy does not answer. Check that atsi-proxy is running, and its address in the ATSi options.").to_owned(),
            Self::NotAProxy => say!("What answers at the proxy address is not an ATSi proxy. Check the address in the ATSi options.").to_owned(),
            Self::NotConnected => say!("Your company is not connected to Greenhouse yet. Open the ATSi options and connect first.").to_owned(),
            Self::Problem(problem) => problem_sentence(problem),
        }
    }
}

#[must_use]
pub fn problem_sentence(problem: &Problem) -> String {
    match &problem.detail {
        // "The request is not valid." tells nobody more than what is wrong with what they entered.
        Some(detail) if !detail.is_empty() && problem.code == ProblemCode::InvalidRequest => {
            told(detail)
        }
        Some(detail) if !detail.is_empty() => format!("{} {}", told(&problem.title), told(detail)),
        _ => told(&problem.title),
    }
}

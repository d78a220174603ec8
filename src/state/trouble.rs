//! Why the proxy did not do what it was asked.

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
    Problem(Box<Problem>),
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
}

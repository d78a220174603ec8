//! What became of a résumé's file that only the page's session could read.

use super::trouble::Trouble;
use serde::{Deserialize, Serialize};

/// What a person has to know of the file of a send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResumeNote {
    /// Greenhouse cannot reach the proxy, so only the link was sent.
    NoPublicAddress,
    /// The page could not read the file.
    NotRead(ResumeProblem),
    /// The proxy did not take the file.
    NotTaken(Trouble),
    /// A sentence in English, from version 0.1.
    #[serde(untagged)]
    Sentence(String),
}

/// Why a page could not read a file. Crosses as the port's word for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum ResumeProblem {
    Empty,
    TooLarge,
    SignInNeeded,
    NoAnswer,
    /// The HTTP status that came instead of the file.
    Status(u16),
}

impl From<String> for ResumeProblem {
    fn from(word: String) -> Self {
        match word.as_str() {
            "empty" => Self::Empty,
            "large" => Self::TooLarge,
            "login" => Self::SignInNeeded,
            word => word
                .strip_prefix("status ")
                .and_then(|status| status.parse().ok())
                .map_or(Self::NoAnswer, Self::Status),
        }
    }
}

impl From<ResumeProblem> for String {
    fn from(problem: ResumeProblem) -> Self {
        match problem {
            ResumeProblem::Empty => "empty".to_owned(),
            ResumeProblem::TooLarge => "large".to_owned(),
            ResumeProblem::SignInNeeded => "login".to_owned(),
            ResumeProblem::NoAnswer => String::new(),
            ResumeProblem::Status(status) => format!("status {status}"),
        }
    }
}

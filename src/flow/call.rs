//! Requests to the proxy and what their answers mean.

use super::record::Trouble;
use crate::json::FromJson;
use crate::language::told;
use atsi_protocol::{
    Decision, JobLinkRequest, JopwellJob, LookupRequest, Problem, ProblemCode, WriteBackDone,
    WriteBackRequest,
};

/// One request to the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    PostSend {
        key: String,
        /// A `SendRequest` as JSON, or an `ApplicationRequest`.
        body: String,
        is_application: bool,
    },
    GetSend {
        key: String,
        is_application: bool,
    },
    Decide {
        key: String,
        decision: Decision,
    },
    /// With the number of the last change that was known when it was asked.
    Lookup(LookupRequest, u64),
    GetChanges {
        after: Option<u64>,
    },
    GetConnection,
    /// How a job on Jopwell stands, and which it may be.
    ProposeJob(JopwellJob),
    PutJobLink(JobLinkRequest),
    /// An application shall not go.
    DismissApplication {
        key: String,
    },
    /// The file that waits for the send with this key.
    PostResume {
        key: String,
        name: String,
    },
    /// What concerns a job has its id on Jopwell; a body is JSON.
    JobPage {
        id: String,
        body: String,
    },
    LinkJob {
        id: String,
        body: String,
    },
    UnlinkJob {
        id: String,
    },
    FindJobs {
        id: String,
        words: String,
    },
    TrackingLink {
        body: String,
        id: String,
        tab: u32,
    },
    Describe {
        id: String,
        tab: u32,
    },
    /// How saving the job on Jopwell went.
    FinishJobSave {
        id: String,
        save: u64,
        body: String,
    },
    UndoJobSave {
        id: String,
        save: u64,
        tab: u32,
    },
    PlanWriteBacks(WriteBackRequest),
    FinishWriteBack {
        id: u64,
        is_set: bool,
    },
}

/// A call as HTTP; the edge adds the proxy's address in front of `path`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    pub method: &'static str,
    pub path: String,
    pub idempotency_key: Option<String>,
    pub body: Option<String>,
}

/// What came back: nothing at all, or a status and a body.
pub type Answer = Option<Response>;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    pub status: u16,
    pub body: String,
}

impl Call {
    #[must_use]
    pub fn http(&self) -> Http {
        let plain = |method, path: &str| Http {
            method,
            path: path.to_owned(),
            idempotency_key: None,
            body: None,
        };
        match self {
            Self::PostSend {
                key,
                body,
                is_application,
            } => Http {
                idempotency_key: Some(key.clone()),
                body: Some(body.clone()),
                ..plain("POST", what(*is_application))
            },
            Self::GetSend {
                key,
                is_application,
            } => plain("GET", &one(*is_application, key)),
            Self::Decide { key, decision } => Http {
                body: json(decision),
                ..plain("POST", &format!("/v1/sends/{}/decision", path_segment(key)))
            },
            Self::Lookup(request, _) => Http {
                body: json(request),
                ..plain("POST", "/v1/lookups")
            },
            Self::GetChanges { after } => plain("GET", &super::live::since("/v1/changes", *after)),
            Self::PlanWriteBacks(request) => Http {
                body: json(request),
                ..plain("POST", "/v1/write-backs")
            },
            Self::FinishWriteBack { id, is_set } => Http {
                body: json(&WriteBackDone { is_set: *is_set }),
                ..plain("POST", &format!("/v1/write-backs/{id}"))
            },
            Self::GetConnection => plain("GET", "/v1/connection"),
            Self::ProposeJob(job) => Http {
                body: json(job),
                ..plain("POST", "/v1/job-links/proposals")
            },
            Self::PutJobLink(request) => Http {
                body: json(request),
                ..plain("PUT", "/v1/job-links")
            },
            Self::DismissApplication { key } => plain("DELETE", &one(true, key)),
            Self::PostResume { name, .. } => {
                plain("POST", &format!("/v1/resumes?name={}", query_value(name)))
            }
            Self::JobPage { body, .. } => Http {
                body: Some(body.clone()),
                ..plain("POST", "/v1/job-pages")
            },
            Self::LinkJob { body, .. } => Http {
                body: Some(body.clone()),
                ..plain("PUT", "/v1/job-links")
            },
            Self::UnlinkJob { id } => plain("DELETE", &job_link(id)),
            Self::FindJobs { .. } => plain("GET", "/v1/jobs?refresh=true"),
            Self::TrackingLink { body, .. } => Http {
                body: Some(body.clone()),
                ..plain("POST", "/v1/tracking-link")
            },
            Self::FinishJobSave { save, body, .. } => Http {
                body: Some(body.clone()),
                ..plain("POST", &job_save(*save))
            },
            Self::UndoJobSave { save, .. } => plain("POST", &(job_save(*save) + "/undo")),
            Self::Describe { id, .. } => plain("GET", &(job_link(id) + "/description")),
        }
    }
}

fn what(is_application: bool) -> &'static str {
    match is_application {
        true => "/v1/applications",
        false => "/v1/sends",
    }
}

fn one(is_application: bool, key: &str) -> String {
    format!("{}/{}", what(is_application), path_segment(key))
}

/// A file's name for a query; what is not plain becomes `_`, which the proxy would do as well.
fn query_value(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = name.chars().map(|c| if plain(c) { c } else { '_' });
    name.take(100).collect()
}

fn job_link(id: &str) -> String {
    format!("/v1/job-links/{}", super::jobs::encoded(id))
}

fn job_save(id: u64) -> String {
    format!("/v1/job-saves/{id}")
}

fn json(value: &impl serde::Serialize) -> Option<String> {
    Some(crate::json::write(value))
}

/// Keys are UUIDs of ours; anything else in one cannot leave its path segment.
fn path_segment(key: &str) -> String {
    key.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect()
}

/// Reads an answer of the proxy.
///
/// # Errors
/// Why it cannot be used.
pub fn read<T: FromJson>(answer: &Answer) -> Result<T, Trouble> {
    crate::json::parse(body(answer)?).ok_or(Trouble::NotAProxy)
}

/// The body of an answer of the proxy.
///
/// # Errors
/// Why there is none.
pub fn body(answer: &Answer) -> Result<&str, Trouble> {
    let response = answer.as_ref().ok_or(Trouble::NoAnswer)?;
    if (200..300).contains(&response.status) {
        return Ok(&response.body);
    }
    match crate::json::parse::<Problem>(&response.body) {
        Some(problem) if problem.code == ProblemCode::NotConnected => Err(Trouble::NotConnected),
        Some(problem) => Err(Trouble::Problem(problem)),
        None => Err(Trouble::NotAProxy),
    }
}

impl Trouble {
    /// Whether the proxy said a clear no to a send: repeating it cannot help.
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

    /// Nobody is signed in here, or no longer.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        matches!(self, Self::Problem(problem) if problem.code == ProblemCode::SignInNeeded)
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

//! Requests to the proxy and what their answers mean.

use crate::state::trouble::Trouble;
use atsi_protocol::{
    Decision, JobLinkRequest, JobPageRequest, JobSaveDone, JopwellJob, LookupRequest, Problem,
    ProblemCode, TrackingLinkRequest, WriteBackDone, WriteBackRequest,
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use serde::de::DeserializeOwned;

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
    /// Asks how a job on Jopwell is linked, and which Greenhouse job it may be.
    ProposeJob(JopwellJob),
    PutJobLink(JobLinkRequest),
    /// Drops an application.
    DismissApplication {
        key: String,
    },
    /// The file that waits for the send with this key.
    PostResume {
        key: String,
        name: String,
    },
    /// Calls about a job's page carry the job's id on Jopwell; `body` is the hash of what the page says.
    JobPage {
        request: Box<JobPageRequest>,
        body: u64,
    },
    LinkJob(JobLinkRequest),
    UnlinkJob {
        id: String,
    },
    FindJobs {
        id: String,
        words: String,
    },
    TrackingLink {
        request: TrackingLinkRequest,
        id: String,
        tab: u32,
    },
    Describe {
        id: String,
        tab: u32,
    },
    /// How saving the job on Jopwell ended.
    FinishJobSave {
        id: String,
        save: u64,
        done: JobSaveDone,
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
pub type ProxyAnswer = Option<Response>;

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
                ..plain("POST", collection(*is_application))
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
            Self::GetChanges { after } => plain("GET", &since("/v1/changes", *after)),
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
            Self::JobPage { request, .. } => Http {
                body: json(request),
                ..plain("POST", "/v1/job-pages")
            },
            Self::LinkJob(request) => Http {
                body: json(request),
                ..plain("PUT", "/v1/job-links")
            },
            Self::UnlinkJob { id } => plain("DELETE", &job_link(id)),
            Self::FindJobs { .. } => plain("GET", "/v1/jobs?refresh=true"),
            Self::TrackingLink { request, .. } => Http {
                body: json(request),
                ..plain("POST", "/v1/tracking-link")
            },
            Self::FinishJobSave { save, done, .. } => Http {
                body: json(done),
                ..plain("POST", &job_save(*save))
            },
            Self::UndoJobSave { save, .. } => plain("POST", &(job_save(*save) + "/undo")),
            Self::Describe { id, .. } => plain("GET", &(job_link(id) + "/description")),
        }
    }
}

fn collection(is_application: bool) -> &'static str {
    match is_application {
        true => "/v1/applications",
        false => "/v1/sends",
    }
}

fn one(is_application: bool, key: &str) -> String {
    format!("{}/{}", collection(is_application), path_segment(key))
}

/// A file's name for a query; what is not plain becomes `_`, which the proxy would do as well.
fn query_value(name: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name = name.chars().map(|c| if plain(c) { c } else { '_' });
    name.take(100).collect()
}

fn job_link(id: &str) -> String {
    format!("/v1/job-links/{}", encoded(id))
}

fn job_save(id: u64) -> String {
    format!("/v1/job-saves/{id}")
}

/// Our own types have text keys only, so writing them cannot fail.
fn json(value: &impl Serialize) -> Option<String> {
    serde_json::to_string(value).ok()
}

/// A path with the number of the change after which to read.
#[must_use]
pub fn since(path: &str, after: Option<u64>) -> String {
    match after {
        Some(after) => format!("{path}?after={after}"),
        None => path.to_owned(),
    }
}

const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// A text as a path segment, or as a value of a query.
#[must_use]
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, PLAIN).to_string()
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
pub fn read<T: DeserializeOwned>(answer: &ProxyAnswer) -> Result<T, Trouble> {
    serde_json::from_str(body(answer)?).map_err(|_| Trouble::NotAProxy)
}

/// The body of an answer of the proxy.
///
/// # Errors
/// Why there is none.
pub fn body(answer: &ProxyAnswer) -> Result<&str, Trouble> {
    let response = answer.as_ref().ok_or(Trouble::NoAnswer)?;
    if (200..300).contains(&response.status) {
        return Ok(&response.body);
    }
    match serde_json::from_str::<Problem>(&response.body) {
        Ok(problem) if problem.code == ProblemCode::NotConnected => Err(Trouble::NotConnected),
        Ok(problem) => Err(Trouble::Problem(Box::new(problem))),
        Err(_) => Err(Trouble::NotAProxy),
    }
}

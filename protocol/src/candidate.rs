use crate::{Millis, SendState};
use serde::{Deserialize, Serialize};

/// `POST /v1/lookups`: asks which of these people the company sent, and what is known of them. Others
/// are absent from the answer.
///
/// ```json
/// {"candidate_ids": [259096501002], "external_ids": ["101"], "refresh": true, "by_press": true}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct LookupRequest {
    /// Greenhouse candidate ids, at most [`crate::MAX_LOOKUP_IDS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub candidate_ids: Vec<u64>,
    /// Jopwell ids, at most [`crate::MAX_LOOKUP_IDS`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub external_ids: Vec<String>,
    /// First reads statuses older than ten seconds from Greenhouse, of the first 50 people at most.
    pub refresh: bool,
    /// A person clicked *Sync now*; the statuses that are read get [`StatusRoute::SyncNow`].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_press: bool,
}

/// Answer to `POST /v1/lookups`, in no particular order.
///
/// ```json
/// {
///   "candidates": [
///     {
///       "external_id": "101",
///       "idempotency_key": "k-1",
///       "sent_at": 1790000000000,
///       "send": {"state": "uncertain", "since": 1790000000000}
///     }
///   ]
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LookupResponse {
    pub candidates: Vec<KnownCandidate>,
}

/// A page of `GET /v1/candidates`: everybody whom the company sent, newest send first. A person who is
/// sent again while the pages are read may appear twice; the first one counts.
///
/// ```json
/// {
///   "candidates": [
///     {
///       "external_id": "101",
///       "idempotency_key": "k-1",
///       "sent_at": 1790000000000,
///       "send": {"state": "uncertain", "since": 1790000000000}
///     }
///   ],
///   "next": 41
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CandidatesPage {
    pub candidates: Vec<KnownCandidate>,
    /// `after` of the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A person whom the company sent from Jopwell, with their latest send.
///
/// ```json
/// {
///   "external_id": "101",
///   "idempotency_key": "k-1",
///   "sent_at": 1790000000000,
///   "sent_by": "Ada Park",
///   "send": {
///     "state": "created",
///     "candidate_id": 259096501002,
///     "application_id": 273686618002,
///     "profile_url": "https://app.greenhouse.io/people/259096501002"
///   },
///   "status": {"read_at": 1790000000000, "readable": true},
///   "on_jopwell": {"status": "Phone Screen", "at": 1790000000000},
///   "waiting": [{"what": "write_back", "name": "Phone Screen", "failed": false}]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KnownCandidate {
    pub external_id: String,
    pub idempotency_key: String,
    pub sent_at: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_by: Option<String>,
    pub send: SendState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<CandidateStatus>,
    /// What Jopwell's candidate tracker shows; absent until ATSi has seen this person there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_jopwell: Option<OnJopwell>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
}

/// The status in Jopwell's candidate tracker, as ATSi last saw or set it there.
///
/// ```json
/// {"status": "Phone Screen", "at": 1790000000000}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OnJopwell {
    pub status: String,
    pub at: Millis,
}

/// Something that is not done yet for a person.
///
/// ```json
/// {"what": "write_back", "name": "Phone Screen", "failed": false}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Waiting {
    pub what: WaitingFor,
    /// For an application the job on Jopwell, for a write-back the status to set there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// It failed, or its outcome is uncertain, so a person has to look.
    pub failed: bool,
}

/// What is not done yet.
///
/// ```json
/// "send"
/// "application"
/// "write_back"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    Send,
    Application,
    /// A status for Jopwell's candidate tracker.
    WriteBack,
}

/// What Greenhouse last said about a candidate.
///
/// ```json
/// {
///   "read_at": 1790000000000,
///   "route": "web_hook",
///   "readable": true,
///   "merged": true,
///   "applications": [
///     {
///       "application_id": 273686618002,
///       "status": "active",
///       "stage": "Phone Interview"
///     }
///   ]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CandidateStatus {
    /// When it was read from Greenhouse, or received in a webhook.
    pub read_at: Millis,
    /// Absent for statuses from before routes were recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<StatusRoute>,
    /// False if Greenhouse no longer shows the candidate to this key, for one of [`MISSING_REASONS`]. It does
    /// not mean rejected.
    pub readable: bool,
    /// The profile was merged into another one, and this is the status of that one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub merged: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applications: Vec<ApplicationStatus>,
}

/// How a status came from Greenhouse.
///
/// ```json
/// "web_hook"
/// "asked"
/// "sync_now"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StatusRoute {
    WebHook,
    /// ATSi asked automatically.
    Asked,
    /// ATSi asked because a person clicked *Sync now*.
    SyncNow,
}

impl StatusRoute {
    pub const ALL: [Self; 3] = [Self::WebHook, Self::Asked, Self::SyncNow];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WebHook => "web_hook",
            Self::Asked => "asked",
            Self::SyncNow => "sync_now",
        }
    }
}

/// Why Greenhouse may no longer show a candidate to a key; it does not say which reason applies.
/// Source: Greenhouse Candidate Ingestion API, *GET candidates*.
pub const MISSING_REASONS: [&str; 5] = [
    "The service user was disabled, or may see less than before.",
    "The candidate is on a job that the service user cannot see.",
    "The profile was deleted.",
    "The source on the profile was changed by hand to another than Jopwell.",
    "The candidate was merged into another profile.",
];

/// A candidate's application, or a prospect, in Greenhouse.
///
/// ```json
/// {
///   "application_id": 273686618002,
///   "job": "Kiln Operator",
///   "status": "active",
///   "stage": "Phone Interview",
///   "pool": "Campus 2026",
///   "since": 1790000000000
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationStatus {
    pub application_id: u64,
    /// The job's name; absent for a prospect without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// `active`, `rejected`, `hired`, or another word of Greenhouse's, in lower case.
    pub status: String,
    /// The stage's name; absent for prospects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The prospect pool's name; absent until a webhook names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// When this status began: Greenhouse's time for a rejection, otherwise when the proxy learned of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Millis>,
}

impl ApplicationStatus {
    /// The stage's name, or `Prospect`, `Hired` or `Rejected`; another word of Greenhouse's as it is.
    #[must_use]
    pub fn stage_or_status(&self) -> &str {
        match (self.status.as_str(), &self.stage) {
            ("rejected", _) => "Rejected",
            ("hired", _) => "Hired",
            ("active", Some(stage)) => stage,
            ("active", None) => "Prospect",
            (other, _) => other,
        }
    }
}

use crate::{Millis, SendState};
use serde::{Deserialize, Serialize};

/// `POST /v1/lookups`: which of these people are ours, and what is known of them. Ids that are not
/// ours are simply absent from the answer.
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
    /// Read the status from Greenhouse first where it is older than ten seconds. Only the first 50
    /// people are read anew.
    pub refresh: bool,
    /// A person pressed *Sync now*; what is read says that it came by it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_press: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LookupResponse {
    pub candidates: Vec<KnownCandidate>,
}

/// A page of `GET /v1/candidates`: everybody whom this company sent, the newest send first. Whoever is
/// sent once more while the pages are read may come twice; the first counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CandidatesPage {
    pub candidates: Vec<KnownCandidate>,
    /// `after` of the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<u64>,
}

/// A person whom this company sent from Jopwell: the latest send for an `external_id`.
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
    /// What Jopwell's candidate tracker shows; absent where no page with ATSi has shown it yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_jopwell: Option<OnJopwell>,
    /// What is not done yet for this person.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
}

/// The status in Jopwell's candidate tracker as it was last seen, or set, there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OnJopwell {
    pub status: String,
    pub at: Millis,
}

/// Something that is not done yet for a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Waiting {
    pub what: WaitingFor,
    /// Of an application the job on Jopwell, of a write-back the status that is to be set there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// It was tried and did not work, or nobody knows whether it did: a person has to look.
    pub failed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    Send,
    Application,
    /// A status for Jopwell's candidate tracker.
    WriteBack,
}

/// What Greenhouse last said of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CandidateStatus {
    /// When Greenhouse was asked, or told it by itself.
    pub read_at: Millis,
    /// How it came; absent where it came before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<StatusRoute>,
    /// False where Greenhouse no longer shows the candidate to this key, for one of
    /// [`MISSING_REASONS`]. It does not mean rejected.
    pub readable: bool,
    /// The profile that was sent was merged into another one, and this is how that one stands.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub merged: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applications: Vec<ApplicationStatus>,
}

/// How a status came from Greenhouse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StatusRoute {
    WebHook,
    /// ATSi asked by itself.
    Asked,
    /// ATSi asked because a person pressed *Sync now*.
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

/// Why Greenhouse may no longer show a candidate to a key; it does not say which. Source: Greenhouse
/// Candidate Ingestion API, *GET candidates*.
pub const MISSING_REASONS: [&str; 5] = [
    "The service user was disabled, or may see less than before.",
    "The candidate is on a job that the service user cannot see.",
    "The profile was deleted.",
    "The source on the profile was changed by hand to another than Jopwell.",
    "The candidate was merged into another profile.",
];

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationStatus {
    pub application_id: u64,
    /// The job's name, absent for a prospect without one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// `active`, `rejected`, `hired`, or a word of Greenhouse's that we do not know, in lower case.
    pub status: String,
    /// The stage's name, absent for prospects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The pool's name, for prospects; absent where no web hook told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pool: Option<String>,
    /// Since when it stands so: by Greenhouse's own time of a rejection, else since the proxy knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Millis>,
}

impl ApplicationStatus {
    /// The stage's name, or `Prospect`, `Hired`, `Rejected`.
    #[must_use]
    pub fn stands(&self) -> &str {
        match (self.status.as_str(), &self.stage) {
            ("rejected", _) => "Rejected",
            ("hired", _) => "Hired",
            ("active", Some(stage)) => stage,
            ("active", None) => "Prospect",
            (other, _) => other,
        }
    }
}

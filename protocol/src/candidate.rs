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
}

/// What Greenhouse last said of a candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CandidateStatus {
    /// When Greenhouse was asked.
    pub read_at: Millis,
    /// False where Greenhouse no longer shows the candidate to this key, for one of
    /// [`MISSING_REASONS`]. It does not mean rejected.
    pub readable: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub applications: Vec<ApplicationStatus>,
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
    /// Since when it stands so: by Greenhouse's own time of a rejection, else since the proxy knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Millis>,
}

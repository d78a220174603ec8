use crate::{ChangedJob, KnownCandidate};
use serde::{Deserialize, Serialize};

/// A page of `GET /v1/changes`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Changes {
    #[serde(flatten)]
    pub page: ChangesPage,
    /// The `jobs` of the page, as they stand now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_jobs: Vec<ChangedJob>,
}

/// What changed, by number: each message of `GET /v1/live`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangesPage {
    /// By number; each send once.
    pub changes: Vec<Change>,
    /// Jobs of Greenhouse's, linked to some on Jopwell, that changed, or whose links or descriptions
    /// did: read them anew.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<u64>,
    /// The number after which to ask from now on.
    pub next: u64,
    /// There is another page already.
    pub more: bool,
    /// What came before `next` is not known here any more: read everything anew.
    pub reset: bool,
}

/// A send that changed, or whose candidate did, as it stands now: known by `idempotency_key`, since an
/// erased person has no other id left. The same may come again and changes nothing then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// Grows with each change of the company.
    pub number: u64,
    pub candidate: KnownCandidate,
}

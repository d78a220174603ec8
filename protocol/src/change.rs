use crate::{ChangedJob, KnownCandidate};
use serde::{Deserialize, Serialize};

/// Answer to `GET /v1/changes`: the keys of a [`ChangesPage`], and its jobs in full.
///
/// ```json
/// {
///   "changes": [
///     {
///       "number": 42,
///       "candidate": {
///         "external_id": "101",
///         "idempotency_key": "k-1",
///         "sent_at": 1790000000000,
///         "send": {"state": "uncertain", "since": 1790000000000}
///       }
///     }
///   ],
///   "jobs": [144371],
///   "next": 42,
///   "more": false,
///   "reset": false,
///   "changed_jobs": [
///     {
///       "job": {
///         "id": 144371,
///         "name": "Kiln Operator",
///         "state": "open",
///         "public": true,
///         "heard_at": 1790000000000
///       },
///       "jopwell_jobs": []
///     }
///   ]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Changes {
    #[serde(flatten)]
    pub page: ChangesPage,
    /// The page's `jobs` in their current state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_jobs: Vec<ChangedJob>,
}

/// Changes in the order of their numbers; also each message of changes in [`crate::live`].
///
/// ```json
/// {
///   "changes": [
///     {
///       "number": 42,
///       "candidate": {
///         "external_id": "101",
///         "idempotency_key": "k-1",
///         "sent_at": 1790000000000,
///         "send": {"state": "uncertain", "since": 1790000000000}
///       }
///     }
///   ],
///   "jobs": [144371],
///   "next": 42,
///   "more": false,
///   "reset": false
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangesPage {
    /// In the order of their numbers, each send once.
    pub changes: Vec<Change>,
    /// Ids of linked Greenhouse jobs that changed, or whose links or descriptions did: read them again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jobs: Vec<u64>,
    /// The `after` of the next request.
    pub next: u64,
    /// Another page is available now.
    pub more: bool,
    /// Changes between the requested number and `next` are no longer known: read everything again.
    pub reset: bool,
}

/// A send that changed, or whose candidate did, in its current state. It is identified by
/// `idempotency_key`, because an erased person has no other id left. Applying the same change twice has
/// no effect.
///
/// ```json
/// {
///   "number": 42,
///   "candidate": {
///     "external_id": "101",
///     "idempotency_key": "k-1",
///     "sent_at": 1790000000000,
///     "send": {"state": "uncertain", "since": 1790000000000}
///   }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Change {
    /// Grows with each change in the company.
    pub number: u64,
    pub candidate: KnownCandidate,
}

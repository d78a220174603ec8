use crate::Millis;
use serde::{Deserialize, Serialize};

/// The statuses of Jopwell's candidate tracker, in the order in which candidates advance. Candidates see all
/// but the first three. Source: help.jopwell.com, Candidate Tracker Guide.
pub const TRACKER_STATUSES: [&str; 9] = [
    "Prospect",
    "Highlighted",
    "Pipelined",
    "Applied",
    "Phone Screen",
    "Interviewing",
    "Offer",
    "Hired",
    "Rejected",
];

/// Most rules of a company.
pub const MAX_STAGE_RULES: usize = 100;

/// The status that may be delayed, because nobody should read it by mistake.
pub const REJECTED: &str = "Rejected";

/// Longest delay of [`REJECTED`], in milliseconds: 30 days.
pub const MAX_REJECTED_AFTER: Millis = 30 * 24 * 60 * 60 * 1000;

/// `GET` and `PUT /v1/write-back`: how the status in Jopwell's candidate tracker follows Greenhouse.
///
/// ```json
/// {
///   "rules": [{"stage": "Phone", "status": "Phone Screen"}],
///   "automatic": ["Phone Screen"],
///   "rejected_after": 86400000
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteBackSettings {
    /// The first rule that matches a stage applies; a stage without one is not written.
    pub rules: Vec<StageRule>,
    /// Statuses that are written without a click; empty at first.
    pub automatic: Vec<String>,
    /// Delay between the rejection in Greenhouse and the automatic `Rejected`, in milliseconds; at once if
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_after: Option<Millis>,
}

/// The status on Jopwell for a stage in Greenhouse.
///
/// ```json
/// {"stage": "Phone", "status": "Phone Screen"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StageRule {
    /// Part of the stage's name, or `Prospect`, `Hired`, `Rejected`; case does not matter.
    pub stage: String,
    pub status: String,
}

/// `POST /v1/write-backs`: rows of the candidate tracker, as a page shows them.
///
/// ```json
/// {"rows": [{"row": "r-9", "shows": "Applied", "stage": "Phone Interview"}]}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteBackRequest {
    /// At most [`crate::MAX_LOOKUP_IDS`].
    pub rows: Vec<TrackedRow>,
}

/// A row of the candidate tracker.
///
/// ```json
/// {
///   "row": "r-9",
///   "external_id": "101",
///   "shows": "Applied",
///   "stage": "Phone Interview",
///   "press": "set"
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrackedRow {
    /// The row's id on Jopwell.
    pub row: String,
    /// The candidate's id on Jopwell; absent if only the row is known. Without it no status can be delayed,
    /// and one that should be is not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The status that the row shows now.
    pub shows: String,
    /// The stage in Greenhouse, as [`crate::ApplicationStatus::stage_or_status`] has it.
    pub stage: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub press: Option<WriteBackPress>,
}

/// What a person clicked in a row.
///
/// ```json
/// "set"
/// "undo"
/// "skip"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WriteBackPress {
    Set,
    Undo,
    /// Do not set the status that is waiting.
    Skip,
}

/// Answer to `POST /v1/write-backs`.
///
/// ```json
/// {"rows": [{"row": "r-9", "to": "Phone Screen"}]}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteBackResponse {
    /// Only rows that have a plan.
    pub rows: Vec<RowPlan>,
}

/// What happens to a row.
///
/// ```json
/// {"row": "r-9", "to": "Phone Screen", "set": 31, "sets_in": 3600000, "was": "Applied"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RowPlan {
    pub row: String,
    /// The status for the stage, if the row shows another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// This browser should set it now, and no other one for 30 seconds; the result is reported under this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<u64>,
    /// It is due in this many milliseconds, in any browser that shows the row then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sets_in: Option<Millis>,
    /// ATSi set the status that the row shows; before, it was this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

/// `POST /v1/write-backs/{id}`: whether the row was set.
///
/// ```json
/// {"is_set": true}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteBackDone {
    pub is_set: bool,
}

impl Default for WriteBackSettings {
    fn default() -> Self {
        let rule = |(stage, status): (&str, &str)| StageRule {
            stage: stage.to_owned(),
            status: status.to_owned(),
        };
        let rules = [
            ("Hired", "Hired"),
            ("Rejected", "Rejected"),
            ("Prospect", "Prospect"),
            ("Offer", "Offer"),
            ("Phone", "Phone Screen"),
            ("Interview", "Interviewing"),
            ("Onsite", "Interviewing"),
            ("Face to Face", "Interviewing"),
            ("Review", "Applied"),
        ];
        Self {
            rules: rules.map(rule).into(),
            automatic: Vec::new(),
            rejected_after: None,
        }
    }
}

impl WriteBackSettings {
    /// Returns the status on Jopwell for a stage in Greenhouse.
    #[must_use]
    pub fn status_for(&self, stage: &str) -> Option<&str> {
        let stage = stage.to_ascii_lowercase();
        let fits = |rule: &&StageRule| stage.contains(&rule.stage.to_ascii_lowercase());
        Some(self.rules.iter().find(fits)?.status.as_str())
    }
}

/// Returns whether a status comes after another one; a rejection does, except after `Hired`.
#[must_use]
pub fn moves_forward(from: &str, to: &str) -> bool {
    let place = |status| TRACKER_STATUSES.iter().position(|known| *known == status);
    match (place(from), place(to)) {
        (Some(from_place), Some(to_place)) => {
            from_place < to_place && !(from == "Hired" && to == "Rejected")
        }
        _ => false,
    }
}

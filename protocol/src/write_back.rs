use crate::Millis;
use serde::{Deserialize, Serialize};

/// Jopwell's statuses of the candidate tracker, in the order in which people move forward. Candidates
/// see all but the first three (help.jopwell.com, Candidate Tracker Guide).
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

/// The status that may wait before it is written: the one that nobody likes to read by mistake.
pub const REJECTED: &str = "Rejected";

/// The longest that it may wait.
pub const MAX_REJECTED_AFTER: Millis = 30 * 24 * 60 * 60 * 1000;

/// How a company wants the status in Jopwell's candidate tracker to follow Greenhouse:
/// `PUT /v1/write-back`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteBackSettings {
    /// The first that fits a stage counts; a stage that none fits is not written.
    pub rules: Vec<StageRule>,
    /// Statuses of Jopwell that are written without a press. Nothing is at first.
    pub automatic: Vec<String>,
    /// How long after the rejection in Greenhouse `Rejected` is written without a press, in
    /// milliseconds; absent: at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_after: Option<Millis>,
}

/// What a stage in Greenhouse is called on Jopwell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StageRule {
    /// Part of the stage's name, or `Prospect`, `Hired`, `Rejected`; small and capital letters are the
    /// same.
    pub stage: String,
    pub status: String,
}

/// `POST /v1/write-backs`: rows of the candidate tracker as a page shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteBackRequest {
    /// At most [`crate::MAX_LOOKUP_IDS`].
    pub rows: Vec<TrackedRow>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrackedRow {
    /// The row's id on Jopwell.
    pub row: String,
    /// Whose row it is, by the id on Jopwell; absent where only the row is known. Without it nothing
    /// waits, and what should is not written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// The status that it shows now.
    pub shows: String,
    /// How the candidate stands in Greenhouse: the stage's name, or `Prospect`, `Hired`, `Rejected`.
    pub stage: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub press: Option<WriteBackPress>,
}

/// What a person pressed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WriteBackPress {
    Set,
    Undo,
    /// What waits to be set shall not be.
    Skip,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteBackResponse {
    /// Of each row that there is something to say of.
    pub rows: Vec<RowPlan>,
}

/// What becomes of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RowPlan {
    pub row: String,
    /// The status that goes with the stage, where the row shows another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// This browser is to set it now, and no other for half a minute; how it went is told under this id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<u64>,
    /// It is to be set in so many milliseconds, by whoever looks then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sets_in: Option<Millis>,
    /// ATSi set what the row shows: before, it showed this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
}

/// `POST /v1/write-backs/{id}`: how it went.
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
    /// The status on Jopwell for a stage in Greenhouse.
    #[must_use]
    pub fn status_for(&self, stage: &str) -> Option<&str> {
        let stage = stage.to_ascii_lowercase();
        let fits = |rule: &&StageRule| stage.contains(&rule.stage.to_ascii_lowercase());
        Some(self.rules.iter().find(fits)?.status.as_str())
    }
}

/// Whether a status is further on than another; a rejection is, except of somebody hired.
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

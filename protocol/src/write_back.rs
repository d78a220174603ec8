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

/// How a company wants the status in Jopwell's candidate tracker to follow Greenhouse:
/// `PUT /v1/write-back`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteBackSettings {
    /// The first that fits a stage counts; a stage that none fits is not written.
    pub rules: Vec<StageRule>,
    /// Statuses of Jopwell that are written without a press. Nothing is at first.
    pub automatic: Vec<String>,
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

/// `GET /v1/write-back`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteBackState {
    pub settings: WriteBackSettings,
    /// The last one of each row, the newest first, at most 500.
    pub last: Vec<WriteBack>,
}

/// A status that was, or is about to be, set in a row of the candidate tracker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteBack {
    pub id: u64,
    /// The row's id on Jopwell.
    pub row: String,
    pub from: String,
    pub to: String,
    pub state: WriteBackOutcome,
    pub at: Millis,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WriteBackOutcome {
    /// Some browser is at it, or was when it ended.
    Claimed,
    Written,
    Failed,
    /// A person took it back.
    Undone,
}

/// `POST /v1/write-backs`: may this browser set this row? Only one is told yes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteBackRequest {
    pub row: String,
    /// What the row shows now.
    pub from: String,
    pub to: String,
    /// A person pressed for it.
    #[serde(default)]
    pub pressed: bool,
}

/// The answer: an id where this browser is to write, or why it is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteBackClaim {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<WriteBackRefusal>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WriteBackRefusal {
    /// The company did not choose to have this status written by itself.
    NotAutomatic,
    /// A person set what the row shows; theirs stays.
    ByHand,
    /// Another browser is at it.
    Taken,
}

/// `POST /v1/write-backs/{id}`: how it went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WriteBackDone {
    pub state: WriteBackOutcome,
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

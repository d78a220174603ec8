use crate::{MAX_EXTERNAL_ID_CHARS, MAX_FIELD_CHARS, Millis, Problem};
use serde::{Deserialize, Serialize};

/// A job in Greenhouse.
///
/// Source: Greenhouse Candidate Ingestion API, `GET /jobs`, and the webhooks about jobs and job posts.
/// Title, requisition and location come with webhooks only.
///
/// ```json
/// {
///   "id": 144371,
///   "name": "Kiln Operator (internal)",
///   "title": "Kiln Operator",
///   "state": "open",
///   "public": true,
///   "requisition": "R-17",
///   "location": "Chicago, IL",
///   "on_board": true,
///   "heard_at": 1790000000000
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Job {
    pub id: u64,
    /// The internal name.
    pub name: String,
    /// The name on the job board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub state: JobState,
    /// Whether one of its posts is live on a job board.
    pub public: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requisition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Whether one of its posts is on the company's public job board; absent if that is not read, or the job
    /// was never there. Leaving the board does not close a job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_board: Option<bool>,
    /// When Greenhouse last confirmed its state.
    pub heard_at: Millis,
}

/// `GET /v1/job-board`: the public job board that the proxy reads.
///
/// ```json
/// {
///   "token": "kiln",
///   "read_at": 1790000000000,
///   "problem": "Greenhouse has no job board with this name."
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobBoard {
    /// Absent if no board is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Millis>,
    /// Why the last read failed, in a sentence for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// `PUT /v1/job-board`.
///
/// ```json
/// {"token": "kiln"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobBoardRequest {
    /// The last part of the board's URL.
    pub token: String,
}

/// Whether a job takes candidates.
///
/// ```json
/// "open"
/// "closed"
/// "deleted"
/// "not_listed"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Open,
    /// According to a webhook.
    Closed,
    /// According to a webhook.
    Deleted,
    /// Missing from Greenhouse's list: closed, deleted, or hidden from the service user.
    NotListed,
}

impl JobState {
    pub const ALL: [Self; 4] = [Self::Open, Self::Closed, Self::Deleted, Self::NotListed];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Deleted => "deleted",
            Self::NotListed => "not_listed",
        }
    }
}

/// Answer to `GET /v1/jobs`.
///
/// ```json
/// {
///   "jobs": [
///     {
///       "id": 144371,
///       "name": "Kiln Operator",
///       "state": "open",
///       "public": true,
///       "heard_at": 1790000000000
///     }
///   ],
///   "read_at": 1790000000000,
///   "problem": {
///     "type": "/problems/permission_denied",
///     "title": "…",
///     "status": 422,
///     "code": "permission_denied"
///   }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Jobs {
    /// Open jobs first, then by name.
    pub jobs: Vec<Job>,
    /// When Greenhouse's list was last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Millis>,
    /// Why it could not be read just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// A job on Jopwell.
///
/// ```json
/// {"id": "/jobs/310", "title": "Kiln Operator", "location": "Chicago, IL", "requisition": "R-17"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JopwellJob {
    /// Its id on Jopwell, or the path of its page; stays the same when the job is renamed.
    pub id: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requisition: Option<String>,
}

impl JopwellJob {
    /// Checks that no field is empty, too long or contains control characters.
    ///
    /// # Errors
    /// Returns the first invalid field and the reason, in words for a person.
    pub fn check(&self) -> Result<(), (&'static str, &'static str)> {
        let fields = [
            ("jopwell_job.id", Some(&self.id), MAX_EXTERNAL_ID_CHARS),
            ("jopwell_job.title", Some(&self.title), MAX_FIELD_CHARS),
            (
                "jopwell_job.location",
                self.location.as_ref(),
                MAX_FIELD_CHARS,
            ),
            (
                "jopwell_job.requisition",
                self.requisition.as_ref(),
                MAX_FIELD_CHARS,
            ),
        ];
        for (field, text, most) in fields {
            let Some(text) = text else { continue };
            if text.trim().is_empty() {
                return Err((field, "is empty"));
            }
            if text.chars().count() > most {
                return Err((field, "is too long"));
            }
            if text.contains(char::is_control) {
                return Err((field, "has control characters"));
            }
        }
        Ok(())
    }
}

/// Whether people who apply to a linked job go to Greenhouse automatically.
///
/// ```json
/// "off"
/// "on"
/// "paused"
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApplicationsSwitch {
    /// Not turned on yet: applications wait, and are shown.
    #[default]
    Off,
    On,
    /// Turned off for a while: applications wait.
    Paused,
}

impl ApplicationsSwitch {
    pub const ALL: [Self; 3] = [Self::Off, Self::On, Self::Paused];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::On => "on",
            Self::Paused => "paused",
        }
    }
}

/// `PUT /v1/job-links`: links a job on Jopwell to a job in Greenhouse.
///
/// ```json
/// {
///   "jopwell_job": {"id": "/jobs/310", "title": "Kiln Operator"},
///   "greenhouse_job_id": 144371,
///   "applications": "on"
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobLinkRequest {
    pub jopwell_job: JopwellJob,
    pub greenhouse_job_id: u64,
    /// If absent, it stays as it is; `off` for a new link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applications: Option<ApplicationsSwitch>,
}

/// A job on Jopwell and the Greenhouse job that it is linked to.
///
/// ```json
/// {
///   "jopwell_job": {"id": "/jobs/310", "title": "Kiln Operator"},
///   "job": {
///     "id": 144371,
///     "name": "Kiln Operator",
///     "state": "open",
///     "public": true,
///     "heard_at": 1790000000000
///   },
///   "linked_at": 1790000000000,
///   "applications": "on",
///   "held": 2,
///   "proposals": [
///     {
///       "job": {
///         "id": 144371,
///         "name": "Kiln Operator",
///         "state": "open",
///         "public": true,
///         "heard_at": 1790000000000
///       },
///       "score": 100,
///       "because": ["requisition"]
///     }
///   ]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobLink {
    pub jopwell_job: JopwellJob,
    /// The linked job; absent until a person links it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Job>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked_at: Option<Millis>,
    pub applications: ApplicationsSwitch,
    /// Number of applications that are held.
    pub held: u64,
    /// For a job that is not linked: jobs that it may be, most likely first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<JobProposal>,
}

/// Answer to `GET /v1/job-links`.
///
/// ```json
/// {
///   "links": [
///     {
///       "jopwell_job": {"id": "/jobs/310", "title": "Kiln Operator"},
///       "applications": "off",
///       "held": 0
///     }
///   ]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobLinks {
    /// Jobs without a link first, then by title.
    pub links: Vec<JobLink>,
}

/// A Greenhouse job that may be the same as a Jopwell job; a person has to confirm it.
///
/// ```json
/// {
///   "job": {
///     "id": 144371,
///     "name": "Kiln Operator",
///     "state": "open",
///     "public": true,
///     "heard_at": 1790000000000
///   },
///   "score": 100,
///   "because": ["requisition"]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobProposal {
    pub job: Job,
    /// From 0 to 100. The same requisition is 100; otherwise up to 80 for the words of the title and up to 20
    /// for those of the location.
    pub score: u8,
    /// What matches: `requisition`, `title`, `location`.
    pub because: Vec<String>,
}

/// A Greenhouse job that was opened, closed, renamed, described anew, linked or unlinked, in its
/// current state.
///
/// ```json
/// {
///   "job": {
///     "id": 144371,
///     "name": "Kiln Operator",
///     "state": "open",
///     "public": true,
///     "heard_at": 1790000000000
///   },
///   "jopwell_jobs": [{"id": "/jobs/310", "title": "Kiln Operator"}],
///   "described_at": 1790000000000
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedJob {
    pub job: Job,
    /// The jobs on Jopwell that are linked to it; empty if it was just unlinked.
    pub jopwell_jobs: Vec<JopwellJob>,
    /// When its description last changed, by Greenhouse's clock; absent if it is not known. The text is at
    /// `GET /v1/job-links/{jopwell_job}/description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described_at: Option<Millis>,
}

/// `POST /v1/tracking-link`.
///
/// ```json
/// {"greenhouse_job_id": 144371}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrackingLinkRequest {
    pub greenhouse_job_id: u64,
}

/// A link to apply on the company's own job board; people who apply through it are credited to Jopwell.
///
/// Source: Greenhouse Candidate Ingestion API, `POST /tracking_link`.
///
/// ```json
/// {
///   "url": "https://boards.greenhouse.io/kiln/jobs/144371?t=9f",
///   "job": "Kiln Operator",
///   "source": "Jopwell",
///   "referrer": "Ada Park"
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrackingLink {
    /// `http` or `https`.
    pub url: String,
    /// The job's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// The source that Greenhouse will name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// The person whom Greenhouse will credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
}

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

/// `POST /v1/job-pages`: a page of a job on Jopwell is open.
///
/// ```json
/// {
///   "job": {"id": "/jobs/310", "title": "Kiln Operator"},
///   "description": "<p>Glaze firing</p>",
///   "open": true,
///   "saves": true
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobPageRequest {
    pub job: JopwellJob,
    /// The page's description, as HTML or text; absent on a page without one, such as a form. Cut after
    /// [`crate::MAX_DESCRIPTION_CHARS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether the page says that the job is open or closed; absent if it says neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    /// The browser can save the job; it is asked to if the company turned that on.
    #[serde(default)]
    pub saves: bool,
}

/// Answer to `POST /v1/job-pages`: what Greenhouse says about the job of this page.
///
/// ```json
/// {
///   "link": {
///     "jopwell_job": {"id": "/jobs/310", "title": "Kiln Operator"},
///     "applications": "off",
///     "held": 0
///   },
///   "read_at": 1790000000000,
///   "problem": {
///     "type": "/problems/permission_denied",
///     "title": "…",
///     "status": 422,
///     "code": "permission_denied"
///   },
///   "described_at": 1790000000000,
///   "description_is_news": true,
///   "save": {"id": 4, "kind": "description", "undoes": false},
///   "saved": [
///     {
///       "id": 4,
///       "kind": "closing",
///       "state": "saved",
///       "at": 1790000000000,
///       "undoable": true
///     }
///   ],
///   "is_old": false
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobPage {
    pub link: JobLink,
    /// When Greenhouse's list was last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Millis>,
    /// Why it could not be read just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// When the description in Greenhouse last changed, by Greenhouse's clock. Absent if no webhook brought
    /// it, or no job is linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described_at: Option<Millis>,
    /// That description differs from Jopwell's, and nobody has taken it over or dismissed it.
    pub description_is_news: bool,
    /// What this browser, and no other, should save on Jopwell within 30 seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub save: Option<JobSave>,
    /// What was saved automatically in the last 24 hours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saved: Vec<JobSaved>,
    /// The page still shows the text from before that save, because it was opened earlier.
    pub is_old: bool,
}

/// `GET` and `PUT /v1/job-saving`: what is saved on Jopwell without a click. Both are off at first.
///
/// ```json
/// {"descriptions": true, "closing": false}
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobSaving {
    /// Greenhouse's description, if Jopwell's matched the previous one.
    pub descriptions: bool,
    /// That the job is closed, if Greenhouse says so for certain.
    pub closing: bool,
}

/// The part of a job that is saved on Jopwell.
///
/// ```json
/// "description"
/// "closing"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobSaveKind {
    Description,
    Closing,
}

impl JobSaveKind {
    pub const ALL: [Self; 2] = [Self::Description, Self::Closing];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Description => "description",
            Self::Closing => "closing",
        }
    }
}

/// What a browser has to save in a job's form on Jopwell.
///
/// ```json
/// {"id": 4, "kind": "description", "undoes": false, "was": "Old text", "to": "New text"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobSave {
    pub id: u64,
    pub kind: JobSaveKind,
    /// It undoes an earlier one.
    pub undoes: bool,
    /// What the form must still contain, comparing letters and digits only; absent for a closing, because
    /// the site has its own words for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// What it should contain afterwards; absent for a closing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// `POST /v1/job-saves/{save}`: the result. `{}` means that it is saved.
///
/// ```json
/// {"problem": "changed", "before": "Old text"}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobSaveDone {
    /// Why it is not saved; absent if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<JobSaveProblem>,
    /// What the form contained before, for an undo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

/// Why a job was not saved on Jopwell.
///
/// ```json
/// "changed"
/// "form"
/// "login"
/// "refused"
/// "away"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobSaveProblem {
    /// The form contains something else, so a person changed it.
    Changed,
    /// The form is missing or looks different.
    Form,
    /// Jopwell asks the person to log in.
    Login,
    /// Jopwell rejected it.
    Refused,
    /// Jopwell did not answer.
    Away,
}

impl JobSaveProblem {
    pub const ALL: [Self; 5] = [
        Self::Changed,
        Self::Form,
        Self::Login,
        Self::Refused,
        Self::Away,
    ];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Form => "form",
            Self::Login => "login",
            Self::Refused => "refused",
            Self::Away => "away",
        }
    }
}

/// What was last saved of a job on Jopwell automatically.
///
/// ```json
/// {
///   "id": 4,
///   "kind": "closing",
///   "state": "failed",
///   "at": 1790000000000,
///   "problem": "login",
///   "undoable": false
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobSaved {
    pub id: u64,
    pub kind: JobSaveKind,
    pub state: JobSaveState,
    pub at: Millis,
    /// Why it was not saved or undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<JobSaveProblem>,
    /// The previous text is known and can be restored.
    pub undoable: bool,
}

/// What became of an automatic save.
///
/// ```json
/// "saved"
/// "undone"
/// "failed"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobSaveState {
    Saved,
    /// A person undid it; it is not saved again automatically.
    Undone,
    /// It is tried again in ten minutes at the earliest.
    Failed,
}

/// Answer to `GET /v1/job-links/{jopwell_job}/description`.
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
///   "changed_at": 1790000000000,
///   "is_news": true,
///   "text": "Glaze firing",
///   "seen_at": 1790000000000,
///   "rows": [{"before": [], "after": [{"text": "Glaze firing", "changed": true}]}]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobDescription {
    pub jopwell_job: JopwellJob,
    pub job: Job,
    /// When it last changed in Greenhouse, by Greenhouse's clock. Identifies this version.
    pub changed_at: Millis,
    /// As `description_is_news` in [`JobPage`].
    pub is_news: bool,
    /// Greenhouse's description as plain text.
    pub text: String,
    /// When ATSi last saw Jopwell's page; absent if it never did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Millis>,
    /// By paragraph: Jopwell's description as last seen, beside Greenhouse's.
    pub rows: Vec<DescriptionRow>,
}

/// A paragraph on both sides; empty on the side that lacks it.
///
/// ```json
/// {"before": [], "after": [{"text": "Glaze firing", "changed": true}]}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DescriptionRow {
    /// On Jopwell.
    pub before: Vec<DescriptionPiece>,
    /// In Greenhouse.
    pub after: Vec<DescriptionPiece>,
}

/// A piece of a paragraph.
///
/// ```json
/// {"text": "Glaze firing", "changed": true}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DescriptionPiece {
    /// Plain text.
    pub text: String,
    /// It is on this side only.
    pub changed: bool,
}

/// `PUT /v1/job-links/{jopwell_job}/description`: keeps Jopwell's text although Greenhouse's differs.
///
/// ```json
/// {"changed_at": 1790000000000}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassedOver {
    /// The version of Greenhouse's text, from [`JobDescription`].
    pub changed_at: Millis,
}

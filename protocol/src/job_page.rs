use crate::{Job, JobLink, JopwellJob, Millis, Problem};
use serde::{Deserialize, Serialize};

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

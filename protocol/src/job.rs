use crate::{MAX_EXTERNAL_ID_CHARS, MAX_FIELD_CHARS, Millis, Problem};
use serde::{Deserialize, Serialize};

/// A job in Greenhouse.
///
/// Source: Greenhouse Candidate Ingestion API, `GET /jobs`, and the web hooks about jobs and job
/// posts. Title, requisition and location come with web hooks only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Job {
    pub id: u64,
    /// The internal name.
    pub name: String,
    /// What the job is called on the job board.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub state: JobState,
    /// Whether a post of it is live on a job board.
    pub public: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requisition: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Whether a post of it stands on the company's own job board; absent where that is not read, or the
    /// job never stood there. A job that left it is not closed by that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_board: Option<bool>,
    /// When its state was last told.
    pub heard_at: Millis,
}

/// `GET /v1/job-board`: the public job board that is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobBoard {
    /// Absent where none is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Millis>,
    /// Why it could not be read last time, in a sentence for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// `PUT /v1/job-board`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobBoardRequest {
    /// The last part of the board's address.
    pub token: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    Open,
    /// A web hook said so.
    Closed,
    /// A web hook said so.
    Deleted,
    /// Greenhouse's list no longer has it: closed, deleted, or hidden from the service user.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Jobs {
    /// Open ones first, then by name.
    pub jobs: Vec<Job>,
    /// When Greenhouse's list was last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Millis>,
    /// Why it could not be read anew just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// A job on Jopwell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JopwellJob {
    /// What stays when the job is renamed: its id on Jopwell, or the path of its page.
    pub id: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requisition: Option<String>,
}

impl JopwellJob {
    /// Checks lengths, that id and title are there, and that nothing has control characters.
    ///
    /// # Errors
    /// The first field that does not hold, and why, in words for a person.
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

/// Whether people who apply to a linked job go to Greenhouse by themselves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ApplicationsSwitch {
    /// Nobody has said yes yet: whoever applies waits, and is shown.
    #[default]
    Off,
    On,
    /// For a while: whoever applies waits.
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

/// `PUT /v1/job-links`: this job on Jopwell is that one in Greenhouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobLinkRequest {
    pub jopwell_job: JopwellJob,
    pub greenhouse_job_id: u64,
    /// Absent: as it was, `off` for a new link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub applications: Option<ApplicationsSwitch>,
}

/// A job on Jopwell and what it is in Greenhouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobLink {
    pub jopwell_job: JopwellJob,
    /// The linked job; absent where a person has yet to link it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<Job>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub linked_at: Option<Millis>,
    pub applications: ApplicationsSwitch,
    /// Applications to it that do not leave yet.
    pub held: u64,
    /// For a job that is not linked: which one it may be, the likeliest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proposals: Vec<JobProposal>,
}

/// Answer to `GET /v1/job-links`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobLinks {
    /// Jobs that are not linked first, then by title.
    pub links: Vec<JobLink>,
}

/// A Greenhouse job that a Jopwell job may be; a person has to say so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobProposal {
    pub job: Job,
    /// From 0 to 100. The same requisition is 100; else up to 80 for the words of the title and up to
    /// 20 for those of the location.
    pub score: u8,
    /// What speaks for it: `requisition`, `title`, `location`.
    pub because: Vec<String>,
}

/// A job of Greenhouse's that changed, as it stands now: opened, closed, renamed, described anew, linked
/// or unlinked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedJob {
    pub job: Job,
    /// The jobs on Jopwell that are linked to it; none where it was just unlinked.
    pub jopwell_jobs: Vec<JopwellJob>,
    /// When its description was last changed, by Greenhouse's clock; absent where none was told. The text
    /// is at `GET /v1/job-links/{jopwell_job}/description`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described_at: Option<Millis>,
}

/// `POST /v1/tracking-link`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrackingLinkRequest {
    pub greenhouse_job_id: u64,
}

/// A link to apply on the company's own job board; whoever applies through it is credited to Jopwell.
///
/// Source: Greenhouse Candidate Ingestion API, `POST /tracking_link`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrackingLink {
    /// `http` or `https`.
    pub url: String,
    /// The job's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<String>,
    /// Whom Greenhouse will name as source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Whom Greenhouse will credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<String>,
}

/// `POST /v1/job-pages`: somebody looks at this page of a job on Jopwell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobPageRequest {
    pub job: JopwellJob,
    /// What it says of the job, as HTML or as text; absent where it says nothing, as a form does. What
    /// is longer than 50,000 characters is cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it says that the job is open; absent where it says neither that nor that it is closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open: Option<bool>,
    /// The browser can save the job: it is told to where the company chose so.
    #[serde(default)]
    pub saves: bool,
}

/// How a job on Jopwell stands in Greenhouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobPage {
    pub link: JobLink,
    /// When Greenhouse's list was last read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_at: Option<Millis>,
    /// Why it could not be read anew just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
    /// When the description in Greenhouse was last changed, by its own clock. Absent where no web hook
    /// has told of it, or no job is linked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub described_at: Option<Millis>,
    /// That description is another than Jopwell's, and nobody has taken it over or passed it over.
    pub description_is_news: bool,
    /// What this browser, and no other, is to save on Jopwell within half a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub save: Option<JobSave>,
    /// What was saved there by itself last, for a day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub saved: Vec<JobSaved>,
    /// The page says what stood there before that: it was opened earlier.
    pub is_old: bool,
}

/// What of jobs is saved on Jopwell without a press: `GET` and `PUT /v1/job-saving`. Nothing at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobSaving {
    /// Greenhouse's description, where Jopwell's was in step with it before.
    pub descriptions: bool,
    /// That the job is closed, where Greenhouse says for certain that it is.
    pub closing: bool,
}

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

/// What a browser is to save in a job's form on Jopwell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobSave {
    pub id: u64,
    pub kind: JobSaveKind,
    /// It takes an earlier one back.
    pub undoes: bool,
    /// What the form must still hold, letters and digits compared; absent for whether the job is open,
    /// as the site has its own words for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub was: Option<String>,
    /// What it is to hold; absent for the site's word for closed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// `POST /v1/job-saves/{save}`: how it went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobSaveDone {
    /// Why it is not saved; absent where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<JobSaveProblem>,
    /// What the form held before, for an undo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobSaveProblem {
    /// The form holds something else: a person was there.
    Changed,
    /// There is no form as expected.
    Form,
    /// Jopwell asks to log in.
    Login,
    /// Jopwell did not take it.
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

/// What was last saved of a job on Jopwell by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobSaved {
    pub id: u64,
    pub kind: JobSaveKind,
    pub state: JobSaveState,
    pub at: Millis,
    /// Why it was not saved, or not taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<JobSaveProblem>,
    /// What was there before is known, and can be put back.
    pub undoable: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobSaveState {
    Saved,
    /// Taken back by a person; not saved again by itself.
    Undone,
    /// Left alone for ten minutes.
    Failed,
}

/// Answer to `GET /v1/job-links/{jopwell_job}/description`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobDescription {
    pub jopwell_job: JopwellJob,
    pub job: Job,
    /// When it was last changed in Greenhouse, by its own clock. Names this version.
    pub changed_at: Millis,
    /// As in [`JobPage`].
    pub is_news: bool,
    /// Greenhouse's, as plain text.
    pub text: String,
    /// When Jopwell's page was last looked at; absent where it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_at: Option<Millis>,
    /// Paragraph by paragraph: Jopwell's, as it was last seen, beside Greenhouse's.
    pub rows: Vec<DescriptionRow>,
}

/// A paragraph on both sides; empty where it stands on one only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DescriptionRow {
    /// On Jopwell.
    pub before: Vec<DescriptionPiece>,
    /// In Greenhouse.
    pub after: Vec<DescriptionPiece>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DescriptionPiece {
    /// Plain text.
    pub text: String,
    /// It stands on this side only.
    pub changed: bool,
}

/// `PUT /v1/job-links/{jopwell_job}/description`: Jopwell's text stays although Greenhouse's is this.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PassedOver {
    /// The version, as [`JobDescription`] names it.
    pub changed_at: Millis,
}

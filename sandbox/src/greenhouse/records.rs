//! The records that Greenhouse keeps: users, keys, jobs, candidates and their applications.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use crate::clock::timestamp;

/// The source that the ready API key's partner owns.
pub const JOPWELL: &str = "Jopwell";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    SiteAdmin,
    JobAdmin,
    Interviewer,
    Basic,
}

#[derive(Clone, Debug, Serialize)]
pub struct User {
    pub id: u64,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub role: Role,
    pub disabled: bool,
    /// "Can manage unattached prospects" in the user's permissions.
    pub manages_unattached_prospects: bool,
    /// Jobs this user is assigned to (site admins see all).
    pub job_ids: Vec<u64>,
}

impl User {
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name, self.last_name)
    }

    /// Jobs a user may list and create on: Greenhouse Candidate Ingestion API, introduction, "Permissions".
    pub(super) fn may_use(&self, job: &Job) -> bool {
        match self.role {
            Role::SiteAdmin | Role::Basic => true,
            Role::JobAdmin | Role::Interviewer => self.job_ids.contains(&job.id) || job.is_public(),
        }
    }

    /// Whether the Ingestion API lets this user read the application's candidate.
    pub(super) fn may_read(&self, application: &Application) -> bool {
        match (self.role, application.job_id) {
            (Role::Basic, _) => false,
            (_, None) => self.manages_unattached_prospects,
            (Role::SiteAdmin, Some(_)) => true,
            (Role::JobAdmin, Some(job)) => self.job_ids.contains(&job),
            (Role::Interviewer, Some(_)) => false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyType {
    CandidateIngestion,
    Harvest,
    JobBoard,
}

impl KeyType {
    pub const ALL: [Self; 3] = [Self::CandidateIngestion, Self::Harvest, Self::JobBoard];

    pub fn label(self) -> &'static str {
        match self {
            Self::CandidateIngestion => "Candidate Ingestion",
            Self::Harvest => "Harvest",
            Self::JobBoard => "Job Board",
        }
    }
}

/// An API key. Its secret stays out of `Debug` and of every page but the one that shows it once.
#[derive(Clone)]
pub struct ApiKey {
    pub id: u64,
    pub secret: String,
    pub key_type: KeyType,
    pub partner: Option<String>,
    pub description: String,
    pub created_at: OffsetDateTime,
}

impl ApiKey {
    pub fn masked(&self) -> String {
        let tail: String = self
            .secret
            .chars()
            .skip(self.secret.chars().count().saturating_sub(4))
            .collect();
        format!("••••••••••••{tail}")
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Named {
    pub id: u64,
    pub name: String,
}

#[derive(Clone, Debug)]
pub struct JobPost {
    pub id: u64,
    pub title: String,
    pub location: String,
    /// HTML, unescaped.
    pub content: String,
    pub live: bool,
    pub updated_at: OffsetDateTime,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobStatus {
    Open,
    Draft,
    Closed,
}

impl JobStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Draft => "draft",
            Self::Closed => "closed",
        }
    }
}

#[derive(Clone, Debug)]
pub struct Job {
    pub id: u64,
    pub name: String,
    pub requisition_id: String,
    pub notes: String,
    pub status: JobStatus,
    pub department: Named,
    pub office: Named,
    pub employment_type: String,
    pub stages: Vec<Named>,
    pub post: JobPost,
    pub created_at: OffsetDateTime,
    pub opened_at: OffsetDateTime,
    pub closed_at: Option<OffsetDateTime>,
}

impl Job {
    pub fn is_public(&self) -> bool {
        self.status == JobStatus::Open && self.post.live
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct ProspectPool {
    pub id: u64,
    pub name: String,
    pub stages: Vec<Named>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    Active,
    Rejected,
    Hired,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Rejected => "rejected",
            Self::Hired => "hired",
        }
    }
}

#[derive(Clone, Debug, Serialize)]
pub struct Typed {
    pub value: String,
    #[serde(rename = "type")]
    pub kind: String,
}

#[derive(Clone, Debug, Serialize)]
pub struct Attachment {
    pub filename: String,
    pub url: String,
    #[serde(rename = "type")]
    pub kind: &'static str,
}

#[derive(Clone, Debug)]
pub struct Application {
    pub id: u64,
    pub prospect: bool,
    pub job_id: Option<u64>,
    pub stage_id: Option<u64>,
    pub pool_id: Option<u64>,
    pub pool_stage_id: Option<u64>,
    pub prospect_owner_id: Option<u64>,
    pub status: Status,
    pub rejection_reason: Option<String>,
    pub rejected_at: Option<OffsetDateTime>,
    pub applied_at: OffsetDateTime,
    pub last_activity_at: OffsetDateTime,
}

#[derive(Clone, Debug, Serialize)]
pub struct Activity {
    pub at: String,
    pub who: String,
    pub what: String,
}

#[derive(Clone, Debug)]
pub struct Candidate {
    pub id: u64,
    pub first_name: String,
    pub last_name: String,
    pub company: Option<String>,
    pub title: Option<String>,
    pub external_id: Option<String>,
    pub phone_numbers: Vec<Typed>,
    pub emails: Vec<Typed>,
    pub addresses: Vec<Typed>,
    pub websites: Vec<Typed>,
    pub social_media: Vec<String>,
    pub resume_url: Option<String>,
    pub attachments: Vec<Attachment>,
    pub notes: Option<String>,
    pub tags: Vec<String>,
    pub source: Option<Named>,
    pub credited_to: Option<u64>,
    pub referrer: Option<String>,
    /// E-mail address of the user the Ingestion API acted for.
    pub on_behalf_of: Option<String>,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    pub applications: Vec<Application>,
    pub activity: Vec<Activity>,
    /// Shown once on the next page of this candidate.
    pub notice: Option<String>,
    pub anonymized: bool,
}

impl Candidate {
    pub fn name(&self) -> String {
        [self.first_name.as_str(), self.last_name.as_str()]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub fn application(&self, id: u64) -> Option<&Application> {
        self.applications
            .iter()
            .find(|application| application.id == id)
    }

    pub(super) fn log(&mut self, now: OffsetDateTime, who: &str, what: impl Into<String>) {
        self.updated_at = now;
        self.activity.insert(
            0,
            Activity {
                at: timestamp(now),
                who: who.to_owned(),
                what: what.into(),
            },
        );
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub action: &'static str,
    pub payload: Value,
}

pub const REJECTION_REASONS: [&str; 5] = [
    "Lacking skill(s)/qualification(s)",
    "Hired another candidate",
    "Position closed",
    "Candidate withdrew",
    "Not a match right now",
];

/// A file that was fetched.
#[derive(Clone)]
pub struct File {
    pub filename: String,
    pub media_type: String,
    pub bytes: Vec<u8>,
}

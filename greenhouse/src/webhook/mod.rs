//! Greenhouse's webhooks: [`is_signed`] says whether a delivery is genuine, [`read`] what it says.
//!
//! No clock, network or disk. Source: [Greenhouse webhooks][docs].
//!
//! [docs]: https://developers.greenhouse.io/webhooks.html

mod action;
mod read;
mod signature;

pub use action::Action;
pub use read::read;
pub use signature::is_signed;

use crate::Millis;

/// A delivery, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub action: Action,
    pub event: Event,
}

/// The meaning of a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The state of an application at a moment.
    Application(Box<Snapshot>),
    ApplicationDeleted {
        application_id: u64,
    },
    Merged {
        candidate_id: u64,
        into: u64,
    },
    /// Deleted or anonymized: whatever is stored about the candidate has to go.
    Erased {
        candidate_id: u64,
    },
    Job(Box<JobDetails>),
    JobDeleted {
        job_id: u64,
    },
    Post(Box<PostDetails>),
    /// Nothing to store: a ping, personal data (which names no application, so it cannot settle a
    /// send), an offer, an interview, a post for prospects, or an action that is not known.
    Nothing,
}

/// The state of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobDetails {
    pub job_id: u64,
    pub name: Option<String>,
    pub status: JobStatus,
    pub requisition: Option<String>,
    pub location: Option<String>,
}

/// The `status` of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobStatus {
    Open,
    Closed,
    /// A draft, or a word that Greenhouse does not document.
    Other,
}

/// The text of a job's post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostDetails {
    pub job_id: u64,
    pub title: Option<String>,
    pub location: Option<String>,
    /// Absent for a post that is not meant for the public.
    pub description: Option<PostDescription>,
}

/// The description of a job in one of its posts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostDescription {
    pub post_id: u64,
    /// Whether the post is live on a job board.
    pub live: bool,
    /// HTML as received. It is not sanitized.
    pub html: String,
    /// Absent where the action brings no time.
    pub changed_at: Option<Millis>,
}

/// The candidate of an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CandidateRef {
    pub candidate_id: u64,
    pub external_id: Option<String>,
    pub created_at: Option<Millis>,
}

/// The state of an application at a moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub candidate: CandidateRef,
    pub application_id: u64,
    pub is_prospect: bool,
    pub job_ids: Vec<u64>,
    /// The name of the first job.
    pub job: Option<String>,
    /// `active`, `rejected`, `hired`, or another word of Greenhouse's, in lower case.
    pub status: String,
    pub stage: Option<String>,
    /// The prospect pool. `None` where the action does not say; `Some(None)` for no pool.
    pub pool: Option<Option<String>>,
    /// When the application was rejected, by Greenhouse's clock.
    pub rejected_at: Option<Millis>,
    /// The moment, by Greenhouse's clock. Absent where the action brings no time.
    pub as_of: Option<Millis>,
    /// Orders the actions of one moment; the larger one is the later one.
    pub rank: i64,
    pub url: Option<String>,
}

/// The reason for which a body is not a webhook. It repeats nothing of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    #[error("it is not JSON")]
    NotJson,
    #[error("it has no action")]
    NoAction,
    #[error("its action lacks an id")]
    NoId,
}

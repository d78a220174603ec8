//! Jobs in Greenhouse, jobs on Jopwell, and the links between them.

use super::{CompanyId, Result};
use crate::description::{blocks, have_same_text};
use atsi_protocol::{ApplicationsSwitch, ChangedJob, Job, JopwellJob, Millis};

/// A row of Greenhouse's list of open jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedJob {
    pub id: u64,
    pub name: String,
    pub public: bool,
}

/// A company's known jobs in Greenhouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredJobs {
    /// When Greenhouse's list was last read.
    pub read_at: Option<Millis>,
    pub jobs: Vec<Job>,
}

/// The descriptions of a job on both sides, as sanitized HTML.
#[derive(Clone, Debug)]
pub struct StoredDescription {
    /// Greenhouse's.
    pub html: String,
    pub changed_at: Millis,
    /// Jopwell's, once its page was seen.
    pub shown: Option<String>,
    pub seen_at: Option<Millis>,
    /// The text of Greenhouse's that was last applied to Jopwell, or deliberately was not.
    pub taken: Option<String>,
    /// Whether the post with this text is on a job board.
    pub live: bool,
    /// Jopwell's text when both sides last agreed.
    pub agreed: Option<String>,
}

impl StoredDescription {
    /// Whether Greenhouse's text differs from Jopwell's and nobody has dealt with that yet.
    #[must_use]
    pub fn is_news(&self) -> bool {
        // What Jopwell shows is unknown until its page was seen.
        let Some(shown) = (self.seen_at.filter(|at| *at > 0)).and(self.shown.as_ref()) else {
            return false;
        };
        self.taken.as_ref() != Some(&self.html)
            && !have_same_text(&blocks(shown), &blocks(&self.html))
    }
}

/// A job on Jopwell and its link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLink {
    pub jopwell_job: JopwellJob,
    pub job: Option<Job>,
    pub linked_at: Option<Millis>,
    pub applications: ApplicationsSwitch,
    /// Number of held applications.
    pub held: u64,
}

/// The tables `greenhouse_job`, `jopwell_job`, `job_list` and `greenhouse_description`.
#[async_trait::async_trait]
pub trait JobStore {
    /// Returns the company's jobs in Greenhouse that are known, open ones first.
    async fn jobs(&self, company: CompanyId) -> Result<StoredJobs>;

    /// Returns those of these jobs in Greenhouse that are known, with their jobs on Jopwell.
    async fn changed_jobs(&self, company: CompanyId, ids: &[u64]) -> Result<Vec<ChangedJob>>;

    /// Records Greenhouse's list of open jobs as it was at `read_at`, unless the connection was replaced
    /// since `generation`. An open job that is absent from it becomes *not listed*, and applications that
    /// waited for a job are looked at again.
    async fn put_jobs(
        &self,
        company: CompanyId,
        generation: i64,
        listed: &[ListedJob],
        read_at: Millis,
        now: Millis,
    ) -> Result<()>;

    /// Returns the jobs on Jopwell that were seen, those without a link first.
    async fn job_links(&self, company: CompanyId) -> Result<Vec<StoredLink>>;

    /// Links a job on Jopwell to one in Greenhouse, and lets its applications leave. Returns `None`, and
    /// writes nothing, where no such job is known. Without `applications` the switch stays as it is.
    async fn link_job(
        &self,
        company: CompanyId,
        job: &JopwellJob,
        job_id: u64,
        applications: Option<ApplicationsSwitch>,
        who: &str,
        now: Millis,
    ) -> Result<Option<StoredLink>>;

    /// Deletes a link; its applications are held from then on. Returns false where there was no link.
    async fn unlink_job(
        &self,
        company: CompanyId,
        jopwell_id: &str,
        who: &str,
        now: Millis,
    ) -> Result<bool>;

    /// Returns both sides' descriptions, or `None` where the job is not linked or Greenhouse's description
    /// is not known.
    async fn job_description(
        &self,
        company: CompanyId,
        jopwell_id: &str,
    ) -> Result<Option<StoredDescription>>;

    /// Records that Jopwell's text stays, whatever Greenhouse's description of `changed_at` says. Returns
    /// false, and writes nothing, where Greenhouse has a newer one.
    async fn keep_jopwell_description(
        &self,
        company: CompanyId,
        jopwell_id: &str,
        changed_at: Millis,
        who: &str,
        now: Millis,
    ) -> Result<bool>;
}

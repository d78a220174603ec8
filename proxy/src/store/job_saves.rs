//! Changes of jobs that browsers save on Jopwell automatically.

use super::{CompanyId, Result};
use atsi_protocol::{JobSave, JobSaveDone, JobSaved, JobSaving, JopwellJob, Millis};

/// What the page of a job on Jopwell shows.
#[derive(Clone, Copy, Debug, Default)]
pub struct JobPageContent<'a> {
    /// The description, sanitized.
    pub shown: Option<&'a str>,
    pub is_open: Option<bool>,
    /// Whether the browser that shows it can save the job.
    pub saves: bool,
}

/// What to save of a job on Jopwell, and what was saved.
#[derive(Debug, Default)]
pub struct JobPagePlan {
    /// The change that the asking browser should save.
    pub save: Option<JobSave>,
    pub saved: Vec<JobSaved>,
    /// The page shows the text from before a save.
    pub is_old: bool,
}

/// The tables `job_saving` and `job_save`, and `jopwell_description`.
#[async_trait::async_trait]
pub trait JobSaveStore {
    /// Keeps what the page of a linked job shows; nothing is kept of a job without a link. Of all browsers
    /// that show the job, one gets the claim to save it.
    async fn record_job_page(
        &self,
        company: CompanyId,
        job: &JopwellJob,
        page: &JobPageContent<'_>,
        now: Millis,
    ) -> Result<JobPagePlan>;

    /// Returns which changes of jobs the company has saved automatically.
    async fn job_saving(&self, company: CompanyId) -> Result<JobSaving>;

    /// Replaces that choice; it holds for pages that are shown from now on.
    async fn put_job_saving(
        &self,
        company: CompanyId,
        chosen: JobSaving,
        who: &str,
        now: Millis,
    ) -> Result<()>;

    /// Records how a save went. Returns false where the company has no such save.
    async fn finish_job_save(
        &self,
        company: CompanyId,
        id: u64,
        done: &JobSaveDone,
        who: &str,
        now: Millis,
    ) -> Result<bool>;

    /// Claims the save that restores what was there before save `id`. Returns `None`, and writes nothing,
    /// where something else was saved since or the earlier value is not known.
    async fn undo_job_save(
        &self,
        company: CompanyId,
        id: u64,
        now: Millis,
    ) -> Result<Option<JobSave>>;
}

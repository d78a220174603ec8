//! Jobs on Jopwell whose pages were looked at.

use super::task::{JobField, JobFormSave, Task};
use super::trouble::Trouble;
use crate::page::job::words_for;
use atsi_protocol::{Job, JobPage, JobSave, JobSaveKind, JopwellJob, Millis};

/// Jobs that are remembered.
const MOST_KEPT: usize = 50;
/// Versions of one job's page that the proxy is asked about, each once.
const MOST_VERSIONS: usize = 8;

#[derive(Debug, Default)]
pub struct KnownJob {
    /// On Jopwell.
    pub id: String,
    pub versions: Vec<PageVersion>,
    /// The address of the job's form.
    pub edit: Option<String>,
    /// What one of its pages is to save, and when the proxy said so.
    pub save: Option<(Millis, JobSave)>,
    /// The page that was looked at last was opened before something was saved.
    pub is_old: bool,
    /// What the proxy said of it.
    pub page: Option<JobPage>,
    pub trouble: Option<Trouble>,
    /// The person is about to link it, or to link it to another job.
    pub is_choosing: bool,
    /// What the person's search found.
    pub found: Option<Vec<Job>>,
    /// The address of the tracking link, once there is one.
    pub tracking: Option<String>,
    /// How the last click went.
    pub notice: Option<JobNotice>,
    /// For the page in this tab.
    pub task: Option<(u32, Task)>,
}

/// How a click on a job's page went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JobNotice {
    LinkCopied,
    ClipboardRefused,
    FormFilled,
    /// The form has no field for the description.
    NoDescriptionField,
    Failed(Trouble),
}

/// A page of the job, as a hash of what it says; and when the proxy was asked about it.
#[derive(Clone, Copy, Debug)]
pub struct PageVersion {
    pub body: u64,
    pub asked_at: Millis,
    pub is_old: bool,
}

impl KnownJob {
    /// Returns the linked Greenhouse job.
    #[must_use]
    pub fn linked(&self) -> Option<&Job> {
        self.page.as_ref()?.link.job.as_ref()
    }

    #[must_use]
    pub fn version(&self, body: u64) -> PageVersion {
        let known = self.versions.iter().find(|version| version.body == body);
        known.copied().unwrap_or(PageVersion {
            body,
            asked_at: 0,
            is_old: false,
        })
    }

    pub fn remember(&mut self, version: PageVersion) {
        self.versions.retain(|known| known.body != version.body);
        if self.versions.len() >= MOST_VERSIONS {
            self.versions.remove(0);
        }
        self.versions.push(version);
    }

    /// Has the proxy asked again with the next look.
    pub fn expire(&mut self) {
        for version in &mut self.versions {
            version.asked_at = 0;
        }
    }

    /// Returns the task that does this save; none where the form's address is not known.
    #[must_use]
    pub fn save_task(&self, save: JobSave) -> Option<Task> {
        let or_words = |text: Option<String>, is_open| {
            text.map_or_else(|| words_for(is_open).to_vec(), |text| vec![text])
        };
        Some(Task::Save(Box::new(JobFormSave {
            id: save.id,
            edit: self.edit.clone()?,
            field: match save.kind {
                JobSaveKind::Description => JobField::Description,
                JobSaveKind::Closing => JobField::Status,
            },
            was: or_words(save.was, !save.undoes),
            to: or_words(save.to, save.undoes),
        })))
    }
}

/// Returns the place of a job among those that are known, and adds it where it is new.
pub fn index_of(jobs: &mut Vec<KnownJob>, job: &JopwellJob) -> usize {
    if let Some(index) = jobs.iter().position(|known| known.id == job.id) {
        return index;
    }
    if jobs.len() >= MOST_KEPT {
        jobs.remove(0);
    }
    jobs.push(KnownJob {
        id: job.id.clone(),
        ..KnownJob::default()
    });
    jobs.len() - 1
}

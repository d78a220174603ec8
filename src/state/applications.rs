//! People who applied on Jopwell, as lists show them, and the jobs they applied to.

use super::trouble::Trouble;
use atsi_protocol::{ApplicationsSwitch, JobLink, JopwellJob, Millis};

#[derive(Debug, Default)]
pub struct Applying {
    /// Seen on pages since the worker started.
    pub people: Vec<Applicant>,
    pub jobs: Vec<AppliedJob>,
    /// The profile that a page is reading, and since when.
    pub reading: Option<(Millis, String)>,
}

/// A person who applied, as a row shows it.
#[derive(Debug)]
pub struct Applicant {
    pub external_id: String,
    pub name: String,
    /// Their profile, of the same origin as the row's page.
    pub page: String,
    /// The job's id on Jopwell.
    pub job: String,
    pub applied_at: Option<Millis>,
    /// The addresses of pages that show the row.
    pub on: Vec<String>,
    /// Why the last reading of the profile was not enough to send it.
    pub lacks: Option<ProfileLack>,
    /// When that was.
    pub read_at: Millis,
}

/// Why an application cannot be sent from what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProfileLack {
    /// The row has a name only, and the profile could not be read.
    Unreadable,
    /// The profile behind the row is another person's.
    AnotherPerson,
    /// Greenhouse would refuse a field of it.
    Invalid {
        field: &'static str,
        reason: &'static str,
    },
}

/// A job on Jopwell that somebody applied to.
#[derive(Debug)]
pub struct AppliedJob {
    pub job: JopwellJob,
    pub asked_at: Millis,
    pub link: Option<JobLink>,
    /// Why the person's last click failed.
    pub trouble: Option<Trouble>,
}

impl AppliedJob {
    /// Returns whether applications go to Greenhouse; none where the job is not linked.
    #[must_use]
    pub fn switch(&self) -> Option<ApplicationsSwitch> {
        let link = self.link.as_ref()?;
        link.job.as_ref().map(|_| link.applications)
    }
}

impl Applying {
    #[must_use]
    pub fn job(&self, id: &str) -> Option<&AppliedJob> {
        self.jobs.iter().find(|known| known.job.id == id)
    }

    /// Returns whether a profile is being read, so that a page looks again soon.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.reading.is_some()
    }

    /// Returns whether rows on this page are known.
    #[must_use]
    pub fn is_on(&self, page: &str) -> bool {
        (self.people.iter()).any(|one| one.on.iter().any(|on| on == page))
    }

    #[must_use]
    pub fn applicant(&self, external_id: &str, job: &str) -> Option<&Applicant> {
        let is_it = |known: &&Applicant| known.external_id == external_id && known.job == job;
        self.people.iter().find(is_it)
    }
}

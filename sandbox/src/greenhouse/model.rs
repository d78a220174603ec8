//! What Greenhouse remembers, and questions to it. No HTTP and no clock in here.

use std::collections::BTreeMap;

use super::records::{
    ApiKey, Application, Candidate, Job, JobPost, JobStatus, Named, ProspectPool, User,
};
use time::{Duration, OffsetDateTime};

/// E-mail address of the person who is signed in to the web app.
pub const SIGNED_IN: &str = "ada.park@hartwell.example";

pub struct Greenhouse {
    pub organization_id: u64,
    pub organization: String,
    pub board_token: String,
    pub users: Vec<User>,
    pub keys: Vec<ApiKey>,
    pub jobs: Vec<Job>,
    pub pools: Vec<ProspectPool>,
    pub sources: Vec<Named>,
    /// Merged and deleted people are gone from here, as they are from Greenhouse.
    pub candidates: BTreeMap<u64, Candidate>,
    pub tracking_links: BTreeMap<String, u64>,
    /// Serial numbers before the suffix of the data silo.
    pub next_serial: u64,
}

/// Ids end in the three digits of the data silo, as ids of the host app2 do.
pub const SILO: u64 = 2;
impl Greenhouse {
    pub fn next_id(&mut self) -> u64 {
        self.next_serial += 1;
        self.next_serial * 1000 + SILO
    }

    pub fn job(&self, id: u64) -> Option<&Job> {
        self.jobs.iter().find(|job| job.id == id)
    }

    pub fn pool(&self, id: u64) -> Option<&ProspectPool> {
        self.pools.iter().find(|pool| pool.id == id)
    }

    pub fn user(&self, id: u64) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub fn user_by_email(&self, email: &str) -> Option<&User> {
        self.users
            .iter()
            .find(|user| user.email.eq_ignore_ascii_case(email))
    }

    /// The person who is signed in to the web app's pages.
    pub fn signed_in(&self) -> Option<&User> {
        self.user_by_email(SIGNED_IN)
    }

    pub(super) fn signed_in_name(&self) -> String {
        self.signed_in().map(User::full_name).unwrap_or_default()
    }

    pub fn key_by_secret(&self, secret: &str) -> Option<&ApiKey> {
        self.keys.iter().find(|key| key.secret == secret)
    }

    pub fn source_named(&mut self, name: &str) -> Named {
        if let Some(source) = self.sources.iter().find(|source| source.name == name) {
            return source.clone();
        }
        let source = Named {
            id: self.next_id(),
            name: name.to_owned(),
        };
        self.sources.push(source.clone());
        source
    }

    pub fn stage_name(&self, application: &Application) -> Option<&str> {
        let job = self.job(application.job_id?)?;
        let stage_id = application.stage_id?;
        job.stages
            .iter()
            .find(|stage| stage.id == stage_id)
            .map(|stage| stage.name.as_str())
    }

    pub fn pool_stage_name(&self, application: &Application) -> Option<&str> {
        let pool = self.pool(application.pool_id?)?;
        let stage_id = application.pool_stage_id?;
        pool.stages
            .iter()
            .find(|stage| stage.id == stage_id)
            .map(|stage| stage.name.as_str())
    }

    /// The address the API prints: the older of the two shapes of a profile's URL.
    pub fn profile_url(candidate_id: u64, application_id: u64) -> String {
        format!("https://app.greenhouse.io/people/{candidate_id}?application_id={application_id}")
    }

    /// Jobs that `user` sees: Greenhouse Candidate Ingestion API, GET /jobs (open ones only).
    pub fn visible_jobs(&self, user: &User) -> Vec<&Job> {
        self.jobs
            .iter()
            .filter(|job| job.status == JobStatus::Open && user.may_use(job))
            .collect()
    }

    /// The candidates among `ids` that exist to this partner and this user; the others are dropped in silence, as
    /// Greenhouse Candidate Ingestion API, GET /candidates documents.
    pub fn readable_candidates(&self, ids: &[u64], partner: &str, user: &User) -> Vec<&Candidate> {
        ids.iter()
            .filter_map(|id| self.candidates.get(id))
            .filter(|candidate| {
                !user.disabled
                    && candidate
                        .source
                        .as_ref()
                        .is_some_and(|source| source.name == partner)
                    && candidate
                        .applications
                        .iter()
                        .any(|application| user.may_read(application))
            })
            .collect()
    }
    pub fn named(&mut self, name: &str) -> Named {
        Named {
            id: self.next_id(),
            name: name.to_owned(),
        }
    }

    /// An open, draft or closed job with the usual stages and one post.
    pub fn new_job(
        &mut self,
        name: &str,
        department: &str,
        office: &str,
        status: JobStatus,
        live: bool,
        now: OffsetDateTime,
    ) -> Job {
        let id = self.next_id();
        let stages = [
            "Application Review",
            "Preliminary Phone Screen",
            "Phone Interview",
            "Face to Face",
            "Reference Check",
            "Offer",
        ]
        .map(|stage| self.named(stage))
        .to_vec();
        let post_id = self.next_id();
        Job {
            id,
            name: name.to_owned(),
            requisition_id: format!("HW-{}", id / 1000 % 1000),
            notes: String::new(),
            status,
            department: self.named(department),
            office: self.named(office),
            employment_type: "Full-time".to_owned(),
            stages,
            post: JobPost {
                id: post_id,
                // The board shows another title than the team uses: job and job post are two things.
                title: name.split(" (").next().unwrap_or(name).to_owned(),
                location: format!("{office}, United States"),
                content: format!(
                    "<p>Hartwell makes kitchen scales that tell the truth. As <strong>{}</strong> you join the \
                     {department} team in {office}.</p><h3>What you will do</h3><ul><li>Own work from the first \
                     question to what our customers hold in their hands</li><li>Write things down so that others can \
                     build on them</li><li>Say early when something will not work</li></ul><h3>What we offer</h3>\
                     <p>25 days off, a learning budget &amp; honest feedback.</p>",
                    name.split(" (").next().unwrap_or(name),
                ),
                live,
                updated_at: now - Duration::days(3),
            },
            created_at: now - Duration::days(60),
            opened_at: now - Duration::days(58),
            closed_at: (status == JobStatus::Closed).then(|| now - Duration::days(5)),
        }
    }
}

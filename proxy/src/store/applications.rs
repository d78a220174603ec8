//! Applications on Jopwell that become candidates on a job in Greenhouse.

use super::{Accepted, CompanyId, NewSend, Result};
use atsi_protocol::{HoldReason, InGreenhouse, JopwellJob, Millis, Problem, Send};

/// An application made on Jopwell.
#[derive(Clone, Debug)]
pub struct NewApplication {
    /// Its `job_id` is not used, as the link determines it.
    pub send: NewSend,
    pub jopwell_job: JopwellJob,
    pub applied_at: Option<Millis>,
}

/// Selects a page of applications.
#[derive(Clone, Copy, Debug, Default)]
pub struct ApplicationsPage<'a> {
    /// The id of the last application on the page before; absent for the newest.
    pub before: Option<u64>,
    pub limit: u32,
    pub jopwell_id: Option<&'a str>,
    pub held_only: bool,
}

/// An application and what holds it.
#[derive(Clone, Debug)]
pub struct StoredApplication {
    /// Grows with each application.
    pub id: u64,
    pub send: Send,
    pub jopwell_job: JopwellJob,
    pub applied_at: Option<Millis>,
    /// Present until the application is settled.
    pub sealed_profile: Option<Vec<u8>>,
    /// The idempotency key that the profile was sealed with.
    pub sealed_under: String,
    pub reason: Option<HoldReason>,
    pub problem: Option<Problem>,
    /// The prospect, where that is the reason.
    pub prospect: Option<InGreenhouse>,
}

/// The answer to [`ApplicationStore::dismiss_application`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dismissed {
    Done,
    NoSuchApplication,
    /// It is on its way, or settled already.
    NotHeld,
}

/// Applications: the tables `application_claim` and `held`, and sends of kind `application`.
#[async_trait::async_trait]
pub trait ApplicationStore {
    /// Claims (company, external_id, job on Jopwell) and records the application as held. It moves to the
    /// outbox as soon as its job is linked, nothing is switched off, and the person is no prospect.
    async fn accept_application(
        &self,
        company: CompanyId,
        new: NewApplication,
        now: Millis,
    ) -> Result<Accepted>;

    /// Returns a page of applications, the newest first.
    async fn applications(
        &self,
        company: CompanyId,
        page: ApplicationsPage<'_>,
        now: Millis,
    ) -> Result<Vec<StoredApplication>>;

    /// Returns the application that an idempotency key belongs to.
    async fn application(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        now: Millis,
    ) -> Result<Option<StoredApplication>>;

    /// Refuses a held application for good, by a person's decision. Its claim stays, so that the same
    /// application is never taken in again.
    async fn dismiss_application(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        who: &str,
        now: Millis,
    ) -> Result<Dismissed>;
}

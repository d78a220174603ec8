//! The outbox: sends on disk whose outcome is not known yet.

use super::{CompanyId, MemberId, Result, SendId, StoredConnection};
use atsi_protocol::{HoldReason, InGreenhouse, Millis, Problem, WaitReason};
use std::time::Duration;

/// A leased row of the outbox.
#[derive(Clone, Debug)]
pub struct Leased {
    pub send: SendId,
    pub company: CompanyId,
    pub attempt: i64,
    pub idempotency_key: String,
    pub external_id: String,
    pub job_id: Option<u64>,
    /// It becomes a candidate on the job instead of a prospect.
    pub is_application: bool,
    /// It has a résumé's file.
    pub has_resume: bool,
    pub sealed_profile: Vec<u8>,
    pub connection: StoredConnection,
    /// The sending member, where their e-mail address is known.
    pub sender: Option<Sender>,
}

/// The member on whose behalf a send goes out.
#[derive(Clone, Debug)]
pub struct Sender {
    pub member: MemberId,
    pub email: String,
    pub name: String,
    /// Whether Greenhouse knows them as a user; absent until found out under the present key.
    pub acting: Option<bool>,
}

/// The outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    Created(InGreenhouse),
    Refused(Problem),
    Uncertain,
    /// Nothing was created; the application is held until a person decides or its job changes.
    Held(HoldReason, Problem),
    /// Nothing was created, and Greenhouse needs a pause. The send stays in the outbox.
    Pause {
        reason: WaitReason,
        until: Millis,
    },
    /// Nothing was created, because Greenhouse refused the key or its user. The send stays in the outbox.
    ConnectionBroken(Problem),
    /// Nothing was sent. The row becomes as it was before the lease.
    HandedBack,
}

/// How many rows [`OutboxStore::lease`] may take.
#[derive(Clone, Copy, Debug)]
pub struct LeaseLimits {
    pub total: u32,
    pub per_company: u32,
}

/// Numbers of sends in the outbox, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueFigures {
    pub waiting: u64,
    pub uncertain: u64,
    /// When the oldest waiting send was queued.
    pub oldest: Option<Millis>,
}

/// The table `outbox`, and the outcomes of its sends.
#[async_trait::async_trait]
pub trait OutboxStore {
    /// Leases due rows to `owner` for `duration`, the oldest first and every company in turn. A connection
    /// whose last request failed gets a single send; one that is broken, paused or gone gets none.
    async fn lease(
        &self,
        owner: &str,
        limits: LeaseLimits,
        now: Millis,
        duration: Duration,
    ) -> Result<Vec<Leased>>;

    /// Records that the request is about to leave. Returns false where the lease was lost meanwhile: the
    /// request must not leave then.
    async fn dispatch(&self, leased: &Leased, now: Millis) -> Result<bool>;

    /// Records the outcome of an attempt. Returns false, and writes nothing, where a newer attempt or a
    /// decision was faster.
    async fn settle(&self, leased: &Leased, settlement: Settlement, now: Millis) -> Result<bool>;

    /// Marks every send uncertain that left under a lease that has run out; returns how many.
    async fn mark_lost_sends_uncertain(&self, now: Millis) -> Result<u64>;

    /// Ends the leases of `owner` whose requests have not left.
    async fn hand_back(&self, owner: &str) -> Result<()>;

    /// Returns when the next row becomes due, after a pause or at the end of a lease.
    async fn next_due(&self, now: Millis) -> Result<Option<Millis>>;

    /// Counts all companies' rows, for the metrics.
    async fn queue_figures(&self) -> Result<QueueFigures>;
}

//! The address to which a company has its changes delivered, and the outbox of those deliveries.

use super::{CompanyId, Result, StoredSecret};
use atsi_protocol::{ChangedJob, KnownCandidate, Millis};
use std::time::Duration;

/// An address is disabled, and a delivery fails, after three days without success.
pub const GIVE_UP_AFTER_MS: Millis = 3 * 24 * 60 * 60 * 1000;

/// The address to which a company has its changes delivered, and how deliveries are doing.
#[derive(Clone, Debug)]
pub struct StoredCallback {
    pub url: String,
    pub failing_since: Option<Millis>,
    pub delivered_at: Option<Millis>,
    /// Set once it has failed for too long, or the receiver answered 410 Gone.
    pub disabled_at: Option<Millis>,
    /// Deliveries that wait.
    pub waiting: u64,
    /// The valid secrets, the newest first.
    pub secrets: Vec<StoredSecret>,
}

/// A leased delivery to a callback address.
#[derive(Clone, Debug)]
pub struct LeasedCallback {
    pub delivery: i64,
    pub company: CompanyId,
    pub url: String,
    /// Failures of the address in a row before this attempt.
    pub failures: u32,
    pub webhook_id: String,
    pub number: u64,
    pub attempt: i64,
    pub content: CallbackContent,
    /// Sealed, the newest first.
    pub secrets: Vec<Vec<u8>>,
}

/// The content of a delivery, as of its lease.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(
    clippy::large_enum_variant,
    reason = "few exist at once, and most are of the largest variant"
)]
pub enum CallbackContent {
    Candidate(KnownCandidate),
    Job(ChangedJob),
    /// Changes were deleted before they could be delivered.
    Loss,
}

/// A receiver's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackAnswer {
    Status {
        status: u16,
        /// Milliseconds.
        retry_after: Option<Millis>,
    },
    /// There was no answer; the word says why.
    Failed(&'static str),
}

/// A delivery to a callback address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredDelivery {
    pub id: i64,
    pub webhook_id: String,
    pub number: u64,
    /// `waiting`, `delivered` or `failed`.
    pub state: String,
    pub created_at: Millis,
    pub attempts: u64,
    pub next_at: Millis,
    pub attempted_at: Option<Millis>,
    /// An HTTP status, or a word where there was no answer.
    pub answer: Option<String>,
    pub idempotency_key: Option<String>,
    pub greenhouse_job_id: Option<u64>,
}

/// The tables `callback`, `callback_secret` and `callback_delivery`.
#[async_trait::async_trait]
pub trait CallbackStore {
    /// Returns the company's address with its valid secrets.
    async fn callback(&self, company: CompanyId, now: Millis) -> Result<Option<StoredCallback>>;

    /// Replaces the address, and enables it again where it was disabled. Returns true where it is the
    /// company's first: the secret is kept then, and changes from now on are delivered.
    async fn put_callback(
        &self,
        company: CompanyId,
        url: &str,
        sealed_secret: &[u8],
        who: &str,
        now: Millis,
    ) -> Result<bool>;

    /// Adds a secret; the one before signs beside it until `others_until`. Returns false, and writes
    /// nothing, where the company has no address.
    async fn add_callback_secret(
        &self,
        company: CompanyId,
        sealed: &[u8],
        others_until: Millis,
        who: &str,
        now: Millis,
    ) -> Result<bool>;

    /// Deletes the address with its secrets and deliveries.
    async fn delete_callback(&self, company: CompanyId, who: &str, now: Millis) -> Result<()>;

    /// Turns what changed since the last time into deliveries, for every company with an address.
    async fn queue_callbacks(&self, now: Millis) -> Result<()>;

    /// Leases due deliveries for `duration`: at most `each` of one company and `room` in all, and only the
    /// first of each candidate or job.
    async fn lease_callbacks(
        &self,
        each: u32,
        room: u32,
        now: Millis,
        duration: Duration,
    ) -> Result<Vec<LeasedCallback>>;

    /// Records the receiver's answer. On failure the delivery is due again at `again_at`, and nothing goes
    /// to the address before `paused_until`; an address that has failed for
    /// [`GIVE_UP_AFTER_MS`] is disabled.
    async fn settle_callback(
        &self,
        leased: &LeasedCallback,
        answer: &CallbackAnswer,
        again_at: Millis,
        paused_until: Millis,
        now: Millis,
    ) -> Result<()>;

    /// Returns when the next delivery becomes due.
    async fn next_callback_due(&self, now: Millis) -> Result<Option<Millis>>;

    /// Returns at most `limit` deliveries with ids below `before`, the newest first.
    async fn callback_deliveries(
        &self,
        company: CompanyId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredDelivery>>;

    /// Queues the same delivery again, or makes it due at once where it is still waiting. Returns false
    /// where there is no such delivery.
    async fn redeliver_callback(
        &self,
        company: CompanyId,
        delivery: i64,
        now: Millis,
    ) -> Result<bool>;
}

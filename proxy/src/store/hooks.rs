//! Greenhouse's web hooks: their address and secrets, what they report, and how many came.

use super::{CompanyId, Result};
use atsi_greenhouse::webhook::Event;
use atsi_protocol::Millis;

/// The address at which a company's web hooks arrive.
#[derive(Clone, Debug)]
pub struct StoredHook {
    pub company: CompanyId,
    pub public_id: String,
    /// The valid secrets, the newest first.
    pub secrets: Vec<StoredSecret>,
}

/// A secret that signs or verifies requests.
#[derive(Clone, Debug)]
pub struct StoredSecret {
    pub sealed: Vec<u8>,
    pub created_at: Millis,
    /// Absent for the newest one.
    pub valid_until: Option<Millis>,
}

/// A web hook whose signature is valid and whose content was understood.
#[derive(Clone, Debug)]
pub struct ReceivedHook {
    /// `Greenhouse-Event-ID`, where the delivery has one.
    pub event_id: Option<String>,
    /// SHA-256 over the raw body.
    pub digest: [u8; 32],
    pub action: String,
    pub event: Event,
}

/// What a web hook changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HookEffect {
    /// It was received before, so nothing changed.
    pub duplicate: bool,
    /// Number of sends that it settled.
    pub settled: u64,
}

/// The count of one action, or of one reason for a rejection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HookCount {
    pub refused: bool,
    /// An action, or the reason where `refused`.
    pub name: String,
    pub count: u64,
    pub last_at: Millis,
}

/// The tables `hook`, `hook_secret`, `hook_event` and `hook_count`, and everything that web hooks report.
#[async_trait::async_trait]
pub trait HookStore {
    /// Returns the address of a public id, with the secrets that are still valid.
    async fn hook_by_public_id(&self, public_id: &str, now: Millis) -> Result<Option<StoredHook>>;

    /// Returns the company's address, with the secrets that are still valid.
    async fn hook_of(&self, company: CompanyId, now: Millis) -> Result<Option<StoredHook>>;

    /// Adds a secret; those before it stay valid until `others_until` at most. The address is made under
    /// `public_id` where the company has none yet.
    async fn add_hook_secret(
        &self,
        company: CompanyId,
        public_id: &str,
        sealed: &[u8],
        others_until: Millis,
        who: &str,
        now: Millis,
    ) -> Result<StoredHook>;

    /// Records a web hook and everything it says, once. The rows are the same whatever order web hooks
    /// arrive in.
    async fn receive_hook(
        &self,
        company: CompanyId,
        received: &ReceivedHook,
        now: Millis,
    ) -> Result<HookEffect>;

    /// Counts a rejected web hook; `reason` is a word without data of the request.
    async fn count_refused_hook(&self, company: CompanyId, reason: &str, now: Millis)
    -> Result<()>;

    /// Returns the company's web hooks, counted by action, or by reason where they were rejected.
    async fn hook_counts(&self, company: CompanyId) -> Result<Vec<HookCount>>;
}

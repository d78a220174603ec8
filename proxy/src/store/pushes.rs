//! The address at which Jopwell's systems push a company's applications.

use super::{CompanyId, Result};
use atsi_protocol::{HookCount, Millis};

/// The address at which Jopwell's systems push a company's applications.
#[derive(Clone, Debug)]
pub struct StoredPush {
    pub company: CompanyId,
    pub public_id: String,
    pub sealed_secret: Vec<u8>,
    pub made_at: Millis,
    /// The previous secret, sealed, and the time until which it is valid.
    pub previous: Option<(Vec<u8>, Millis)>,
}

/// The tables `push` and `push_count`.
#[async_trait::async_trait]
pub trait PushStore {
    /// Returns the address of a public id, with its secrets.
    async fn push_by_public_id(&self, public_id: &str, now: Millis) -> Result<Option<StoredPush>>;

    /// Returns the company's address, with its secrets.
    async fn push_of(&self, company: CompanyId, now: Millis) -> Result<Option<StoredPush>>;

    /// Replaces the secret; the one before stays valid until `previous_until`. The address is made under
    /// `public_id` where the company has none yet.
    async fn put_push_secret(
        &self,
        company: CompanyId,
        public_id: &str,
        sealed: &[u8],
        previous_until: Millis,
        who: &str,
        now: Millis,
    ) -> Result<StoredPush>;

    /// Counts a push; `outcome` is `accepted` or a problem's code.
    async fn count_push(&self, company: CompanyId, outcome: &str, now: Millis) -> Result<()>;

    /// Returns the company's pushes, counted by outcome.
    async fn push_counts(&self, company: CompanyId) -> Result<Vec<HookCount>>;
}

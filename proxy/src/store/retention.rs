//! Deletes rows that nobody needs any more.

use super::Result;
use atsi_protocol::Millis;

/// Rows that were last needed before these times are deleted; by default, none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expiry {
    /// Files of résumés by the time of their expiry.
    pub resumes: Millis,
    pub changes: Millis,
    pub idempotency_keys: Millis,
    pub hook_records: Millis,
    pub refused_sends: Millis,
    /// Write-backs and job saves that were followed by another one.
    pub write_backs: Millis,
}

/// Numbers of rows that [`RetentionStore::prune`] deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    pub resumes: u64,
    pub changes: u64,
    pub deliveries: u64,
    pub idempotency_keys: u64,
    pub hook_records: u64,
    pub refused_sends: u64,
    pub write_backs: u64,
}

/// Rows of all tables that have served their purpose.
#[async_trait::async_trait]
pub trait RetentionStore {
    /// Deletes what is older than it needs to be. A send that is not final keeps all its keys.
    async fn prune(&self, before: Expiry) -> Result<Pruned>;

    /// Deletes expired sign-in codes, ended sessions and useless mail.
    async fn prune_accounts(&self, now: Millis) -> Result<()>;
}

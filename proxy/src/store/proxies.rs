//! Several proxies over one database: which of them run, and the rate that they share.

use super::{CompanyId, Result};
use atsi_protocol::Millis;
use std::time::Duration;

/// Locks of PostgreSQL, and its table `rate`.
#[async_trait::async_trait]
pub trait ProxyStore {
    /// Shows the other proxies that `owner` runs, until this process ends or loses the database. Nothing
    /// is kept on disk.
    async fn show_presence(&self, owner: &str) -> Result<()>;

    /// Ends the leases of proxies that no longer run, so that nobody waits for them to run out; returns
    /// how many.
    async fn expire_leases_of_dead_proxies(&self, now: Millis) -> Result<u64>;

    /// Takes the company's next place in the rate that all proxies share, and returns how long to wait for
    /// it: `burst` places at once, then one each `interval`. Returns `None` where no other proxy can use
    /// the database.
    async fn take_turn(
        &self,
        company: CompanyId,
        interval: Duration,
        burst: u32,
    ) -> Result<Option<Duration>>;
}

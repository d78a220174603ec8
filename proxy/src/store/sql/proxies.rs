//! Several proxies over one database. An SQLite file has one proxy, which its lock ensures.

use super::{Backend, SqlStore};
use crate::store::{CompanyId, ProxyStore, Result};
use atsi_protocol::Millis;
use std::time::Duration;

#[async_trait::async_trait]
impl ProxyStore for SqlStore {
    async fn show_presence(&self, owner: &str) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(()),
            Backend::Postgres(postgres) => postgres.show_presence(owner).await,
        }
    }

    async fn expire_leases_of_dead_proxies(&self, now: Millis) -> Result<u64> {
        match &self.backend {
            // The leases of the last proxy ended when the store was opened.
            Backend::Sqlite(_) => Ok(0),
            Backend::Postgres(postgres) => postgres.expire_leases_of_dead_proxies(now).await,
        }
    }

    async fn take_turn(
        &self,
        company: CompanyId,
        interval: Duration,
        burst: u32,
    ) -> Result<Option<Duration>> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(None),
            Backend::Postgres(postgres) => {
                postgres.take_turn(company, interval, burst).await.map(Some)
            }
        }
    }
}

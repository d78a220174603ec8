//! Statuses that browsers set in Jopwell's candidate tracker.

use super::{CompanyId, Result};
use atsi_protocol::{Millis, RowPlan, TrackedRow, WriteBackSettings};

/// The tables `write_back_settings`, `write_back` and `tracker_row`.
#[async_trait::async_trait]
pub trait WriteBackStore {
    /// Returns how the company wants Jopwell's tracker to follow Greenhouse; the default until somebody
    /// chose.
    async fn write_back_settings(&self, company: CompanyId) -> Result<WriteBackSettings>;

    /// Replaces those settings.
    async fn put_write_back_settings(
        &self,
        company: CompanyId,
        settings: &WriteBackSettings,
        who: &str,
        now: Millis,
    ) -> Result<()>;

    /// Keeps what the rows show of people whom the company sent, and returns what to do about each row. Of
    /// all browsers that ask, one gets the claim to set a row.
    async fn plan_write_backs(
        &self,
        company: CompanyId,
        rows: &[TrackedRow],
        now: Millis,
    ) -> Result<Vec<RowPlan>>;

    /// Records whether a row was set. Returns false where there is no such claim.
    async fn finish_write_back(
        &self,
        company: CompanyId,
        id: u64,
        is_set: bool,
        now: Millis,
    ) -> Result<bool>;
}

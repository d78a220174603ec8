//! All data of one company: exported or erased.

use super::{CompanyId, Result};
use atsi_protocol::Millis;

/// All tables with a company's rows.
#[async_trait::async_trait]
pub trait CompanyDataStore {
    /// Returns all that the database holds of the company, as one array of rows under the name of each
    /// table. Sealed values and digests are left out. The export itself is on the audit afterwards, and in
    /// the result.
    async fn export(
        &self,
        company: CompanyId,
        who: &str,
        now: Millis,
    ) -> Result<serde_json::Map<String, serde_json::Value>>;

    /// Deletes all that the database holds of the company except the audit; returns how many rows. A send
    /// that is under way still arrives in Greenhouse, and nothing here records it.
    async fn erase(&self, company: CompanyId, who: &str, now: Millis) -> Result<u64>;
}

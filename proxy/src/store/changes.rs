//! The change log: what changed about a company's candidates and jobs, in order.

use super::{CompanyId, Result};
use atsi_protocol::{ChangesPage, Millis};
use tokio::sync::mpsc;

/// The table `change_log`, which only triggers write.
#[async_trait::async_trait]
pub trait ChangeStore {
    /// Returns what changed after number `after`, from at most `limit` rows of the log. Without a number
    /// the page has no changes and says where to continue: to be asked before everything is read.
    async fn changes(
        &self,
        company: CompanyId,
        after: Option<u64>,
        limit: u32,
        now: Millis,
    ) -> Result<ChangesPage>;

    /// Tells the other proxies over this database that something of the company's changed; nothing is
    /// kept on disk.
    async fn announce(&self, company: CompanyId) -> Result<()>;

    /// Returns the companies that any proxy announces from now on, or `None` where no other proxy can
    /// use the database.
    async fn listen(&self) -> Result<Option<mpsc::Receiver<CompanyId>>>;
}

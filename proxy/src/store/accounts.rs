//! Companies' accounts.

use super::{CompanyId, Result};
use atsi_protocol::Millis;

/// A company's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAccount {
    pub company: CompanyId,
    pub domain: String,
    pub automatic_joining: bool,
}

/// The tables `company` and `account`.
#[async_trait::async_trait]
pub trait AccountStore {
    /// Returns the company's account, which personal mode does not have.
    async fn account(&self, company: CompanyId) -> Result<Option<StoredAccount>>;

    /// Returns every company's account, the oldest first.
    async fn accounts(&self) -> Result<Vec<StoredAccount>>;

    /// Records whether colleagues at the company's domain join without an invitation.
    async fn set_automatic_joining(
        &self,
        company: CompanyId,
        automatic: bool,
        who: &str,
        now: Millis,
    ) -> Result<()>;
}

//! The audit: who did what, for as long as the database exists.

use super::{CompanyId, MemberId, Result};
use atsi_protocol::Millis;

/// A row of the audit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// Grows with each row.
    pub id: u64,
    pub at: Millis,
    pub who: String,
    pub action: String,
    /// The id of the affected thing, where the action needs one.
    pub subject: Option<String>,
}

/// The user of a proxy without accounts, in the audit.
pub const PERSON: &str = "member";

/// Returns how the audit names a member. The name outlives what else is known of them.
#[must_use]
pub fn who(member: MemberId) -> String {
    format!("{PERSON} {member}")
}

/// The table `audit`, to which each method with a `who` adds a row in its own transaction.
#[async_trait::async_trait]
pub trait AuditStore {
    /// Returns what was done in the company or to the whole installation: at most `limit` rows after row
    /// `after`, the oldest first.
    async fn audit(&self, company: CompanyId, after: u64, limit: u32) -> Result<Vec<Audited>>;
}

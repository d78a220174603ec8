//! Revoking of invitations and one-time links.

use super::super::{SqlStore, query::query, values::signed};
use super::audit;
use crate::store::{CompanyId, Result};
use atsi_protocol::Millis;

/// Runs the statement that revokes row `id`; if there was something to revoke, the audit has it. Returns
/// whether there was.
pub async fn revoke(
    store: &SqlStore,
    sql: &'static str,
    company: CompanyId,
    id: i64,
    who: &str,
    action: &str,
    now: Millis,
) -> Result<bool> {
    let mut tx = store.write().await?;
    let changed = query(sql)
        .bind(company)
        .bind(id)
        .bind(signed(now))
        .execute(&mut tx)
        .await?;
    let revoked = changed == 1;
    if revoked {
        let subject = id.to_string();
        audit::record_audit(&mut tx, Some(company), who, action, Some(&subject), now).await?;
    }
    tx.commit().await?;
    Ok(revoked)
}

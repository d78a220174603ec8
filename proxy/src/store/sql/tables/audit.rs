//! The audit.

use super::super::{
    query::{Connection, query},
    values::signed,
};
use crate::store::{CompanyId, Result};
use atsi_protocol::Millis;

/// Adds a row to the audit, in the transaction of the action it records.
pub async fn record_audit(
    db: &mut Connection,
    company: Option<CompanyId>,
    who: &str,
    action: &str,
    subject: Option<&str>,
    now: Millis,
) -> Result<()> {
    query("INSERT INTO audit (at, company_id, who, action, subject) VALUES ($1, $2, $3, $4, $5)")
        .bind(signed(now))
        .bind(company)
        .bind(who)
        .bind(action)
        .bind(subject)
        .execute(db)
        .await?;
    Ok(())
}

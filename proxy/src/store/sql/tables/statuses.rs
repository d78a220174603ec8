//! The row that says how up to date a candidate is.

use super::super::{
    query::{Connection, query},
    values::signed,
};
use crate::store::{CompanyId, Result};
use atsi_protocol::Millis;

/// Records that the candidate's status is as recent as a web hook.
pub async fn record_hook_time(
    db: &mut Connection,
    company: CompanyId,
    candidate: i64,
    at: Millis,
) -> Result<()> {
    query(
        "INSERT INTO status (company_id, candidate_id, readable, read_at, route)
         VALUES ($1, $2, TRUE, $3, 'web_hook')
         ON CONFLICT (company_id, candidate_id) DO UPDATE SET
             read_at = excluded.read_at, route = excluded.route
         WHERE status.read_at < excluded.read_at",
    )
    .bind(company)
    .bind(candidate)
    .bind(signed(at))
    .execute(db)
    .await?;
    Ok(())
}

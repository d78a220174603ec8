//! Deletions and merges in Greenhouse. They are remembered, and hold for web hooks that arrive late.

use super::super::{
    query::{Connection, query, scalar},
    values::signed,
};
use crate::store::{CompanyId, Result};
use atsi_protocol::Millis;

pub async fn remember_gone(
    db: &mut Connection,
    company: CompanyId,
    kind: &str,
    id: i64,
    now: Millis,
) -> Result<()> {
    query(
        "INSERT INTO gone (company_id, kind, id, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (company_id, kind, id) DO NOTHING",
    )
    .bind(company)
    .bind(kind)
    .bind(id)
    .bind(signed(now))
    .execute(db)
    .await?;
    Ok(())
}

pub async fn is_gone(db: &mut Connection, company: CompanyId, kind: &str, id: i64) -> Result<bool> {
    let found: Option<i64> =
        scalar("SELECT id FROM gone WHERE company_id = $1 AND kind = $2 AND id = $3")
            .bind(company)
            .bind(kind)
            .bind(id)
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}

pub async fn is_candidate_gone(
    db: &mut Connection,
    company: CompanyId,
    candidate: i64,
) -> Result<bool> {
    is_gone(db, company, "candidate", candidate).await
}

/// Returns the id of the profile that a candidate was merged into, or its own.
pub async fn current_id(db: &mut Connection, company: CompanyId, candidate: i64) -> Result<i64> {
    let into: Option<i64> =
        scalar("SELECT into_id FROM merged WHERE company_id = $1 AND candidate_id = $2")
            .bind(company)
            .bind(candidate)
            .fetch_optional(db)
            .await?;
    Ok(into.unwrap_or(candidate))
}

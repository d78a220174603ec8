//! The row of a connection.

use super::super::{
    query::{Connection, query, scalar_for},
    values::{optional_json, signed, small, to_json, unsigned},
};
use super::audit;
use crate::store::{CompanyId, NewConnection, Result, StoreError, StoredConnection};
use atsi_protocol::{Millis, Problem, WaitReason};

pub async fn put(
    db: &mut Connection,
    company: CompanyId,
    new: NewConnection,
    who: &str,
    now: Millis,
) -> Result<StoredConnection> {
    let action = match find(db, company).await? {
        None => "connected",
        Some(_) => "connection_replaced",
    };
    audit::record_audit(db, Some(company), who, action, None, now).await?;
    // A generation is never used twice, not even after the connection was deleted.
    query(
        "INSERT INTO connection
             (company_id, generation, sealed_key, masked_key, service_user, account_name, connected_at, connected_by)
         VALUES ($1, $2, $3, $4, $5, $6, $2, $7)
         ON CONFLICT (company_id) DO UPDATE SET
             generation = CASE WHEN connection.generation < excluded.generation THEN excluded.generation ELSE connection.generation + 1 END,
             sealed_key = excluded.sealed_key, masked_key = excluded.masked_key,
             service_user = excluded.service_user, account_name = excluded.account_name,
             connected_at = excluded.connected_at, connected_by = excluded.connected_by,
             problem = NULL, paused_until = 0, pause_reason = NULL, failures = 0",
    )
    .bind(company)
    .bind(signed(now))
    .bind(new.sealed_key)
    .bind(new.masked_key)
    .bind(new.service_user)
    .bind(new.account_name)
    .bind(new.connected_by)
    .execute(&mut *db)
    .await?;
    let stored = find(db, company).await?;
    stored.ok_or(StoreError::Corrupt("connection"))
}

pub async fn find(db: &mut Connection, company: CompanyId) -> Result<Option<StoredConnection>> {
    let row = query(
        "SELECT generation, sealed_key, masked_key, service_user, account_name, connected_at, connected_by, problem,
                paused_until, failures
         FROM connection WHERE company_id = $1",
    )
    .bind(company)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredConnection {
        generation: row.try_get("generation")?,
        sealed_key: row.try_get("sealed_key")?,
        masked_key: row.try_get("masked_key")?,
        service_user: row.try_get("service_user")?,
        account_name: row.try_get("account_name")?,
        connected_at: unsigned(row.try_get("connected_at")?, "connected_at")?,
        connected_by: row.try_get("connected_by")?,
        problem: optional_json(&row, "problem")?,
        paused_until: unsigned(row.try_get("paused_until")?, "paused_until")?,
        failures: small(row.try_get("failures")?),
    }))
}

/// Whether the company has a connection. It cannot be deleted before the transaction ends.
pub async fn is_connected(tx: &mut Connection, company: CompanyId) -> Result<bool> {
    let connected: Option<CompanyId> = scalar_for(|sql| {
        format!(
            "SELECT company_id FROM connection WHERE company_id = $1{lock}",
            lock = sql.for_key_share()
        )
    })
    .bind(company)
    .fetch_optional(tx)
    .await?;
    Ok(connected.is_some())
}

pub async fn mark_broken(
    db: &mut Connection,
    company: CompanyId,
    generation: i64,
    problem: &Problem,
) -> Result<()> {
    query("UPDATE connection SET problem = $3 WHERE company_id = $1 AND generation = $2")
        .bind(company)
        .bind(generation)
        .bind(to_json(problem)?)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn pause(
    db: &mut Connection,
    company: CompanyId,
    generation: i64,
    reason: WaitReason,
    until: Millis,
) -> Result<()> {
    query(
        "UPDATE connection SET paused_until = $3, pause_reason = $4
         WHERE company_id = $1 AND generation = $2 AND paused_until < $3",
    )
    .bind(company)
    .bind(generation)
    .bind(signed(until))
    .bind(to_json(&reason)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Resets the count of failures in a row after a clear answer.
pub async fn reset_failures(
    db: &mut Connection,
    company: CompanyId,
    generation: i64,
) -> Result<()> {
    query(
        "UPDATE connection SET failures = 0 WHERE company_id = $1 AND generation = $2 AND failures <> 0",
    )
    .bind(company)
    .bind(generation)
    .execute(db)
    .await?;
    Ok(())
}

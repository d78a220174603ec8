//! Locks within a transaction; each is held until the transaction ends.
//!
//! Locks are taken in one order, so that no two transactions wait for each other: the company, subjects
//! of the company, then rows of `send`, `outbox`, `claim`, `connection`. SQLite needs none of them, as its
//! write transactions follow one another.

use super::query::{Connection, query, scalar};
use crate::store::{CompanyId, Result, StoreError};

/// The subject of the lock that every running proxy shares and that a rotation holds alone.
pub const MASTER_KEY: &str = "atsi-proxy master key";

/// Waits for every other transaction that works on the same subject of the company.
pub async fn lock_subject(db: &mut Connection, company: CompanyId, subject: &str) -> Result<()> {
    if let Connection::Postgres(_) = db {
        query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
            .bind(format!("{company} {subject}"))
            .execute(db)
            .await?;
    }
    Ok(())
}

/// Waits for every other transaction that has locked the company.
pub async fn lock_company(db: &mut Connection, company: CompanyId) -> Result<()> {
    if let Connection::Postgres(_) = db {
        query("SELECT pg_advisory_xact_lock($1)")
            .bind(company)
            .execute(db)
            .await?;
    }
    Ok(())
}

/// Keeps every proxy from starting. On SQLite the lock on the file does that.
///
/// # Errors
/// [`StoreError::StillServed`] while a proxy runs over this database.
pub async fn claim_master_key(db: &mut Connection) -> Result<()> {
    let Connection::Postgres(_) = db else {
        return Ok(());
    };
    let is_free: bool = scalar("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 1))")
        .bind(MASTER_KEY)
        .fetch_one(db)
        .await?;
    if is_free {
        return Ok(());
    }
    let proxies: Vec<String> = scalar(
        "SELECT concat(a.application_name, ' from ', coalesce(host(a.client_addr), 'the database''s own machine'))
         FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
         WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()
           AND ((CAST(l.classid AS BIGINT) << 32) | CAST(l.objid AS BIGINT)) = hashtextextended($1, 1)
         ORDER BY 1",
    )
    .bind(MASTER_KEY)
    .fetch_all(db)
    .await?;
    Err(StoreError::StillServed {
        who: proxies.join("; "),
    })
}

/// Makes the transaction, which must not have read yet, see one state throughout. SQLite's do anyway.
pub async fn begin_snapshot(db: &mut Connection) -> Result<()> {
    if let Connection::Postgres(_) = db {
        query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            .execute(db)
            .await?;
    }
    Ok(())
}

//! What an operator's work needs: retention and the rotation of the master key.

use super::super::{Connection, ThisStore};
use super::{resumes, signed, unsigned};
use crate::{
    seal::Purpose,
    store::{Audited, CompanyId, Expiry, Pruned, Reseal, Result, StoreError},
};
use atsi_protocol::Millis;
use sqlx::Row as _;

pub async fn prune(store: &ThisStore, before: Expiry) -> Result<Pruned> {
    let mut tx = store.write().await?;
    let idempotency_keys = sqlx::query(
        "DELETE FROM idempotency WHERE accepted_at < $1
         AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.send_id = idempotency.send_id)
         AND NOT EXISTS (SELECT 1 FROM held h WHERE h.send_id = idempotency.send_id)",
    )
    .bind(signed(before.idempotency_keys))
    .execute(&mut *tx)
    .await?
    .rows_affected();
    let hook_records = sqlx::query("DELETE FROM hook_event WHERE received_at < $1")
        .bind(signed(before.hook_records))
        .execute(&mut *tx)
        .await?
        .rows_affected();
    // An application that a person dismissed keeps its claim, and stays: or it would come back by itself.
    let refused_sends = sqlx::query(
        "DELETE FROM send WHERE state = 'refused' AND settled_at < $1
           AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.send_id = send.id)
           AND NOT EXISTS (SELECT 1 FROM idempotency i WHERE i.send_id = send.id)
           AND NOT EXISTS (SELECT 1 FROM application_claim a WHERE a.send_id = send.id)",
    )
    .bind(signed(before.refused_sends))
    .execute(&mut *tx)
    .await?
    .rows_affected();
    let changes = sqlx::query(
        "DELETE FROM change_log WHERE at < $1 AND number <
             (SELECT max(l.number) FROM change_log l WHERE l.company_id = change_log.company_id)",
    )
    .bind(signed(before.changes))
    .execute(&mut *tx)
    .await?
    .rows_affected();
    let resumes = resumes::expire(&mut tx, before.resumes).await?;
    let deliveries =
        sqlx::query("DELETE FROM callback_delivery WHERE created_at < $1 AND state <> 'waiting'")
            .bind(signed(before.changes))
            .execute(&mut *tx)
            .await?
            .rows_affected();
    // The last of each row stays: it says what a person wants there.
    let write_backs = sqlx::query(
        "DELETE FROM write_back WHERE at < $1 AND id <
             (SELECT max(w.id) FROM write_back w
              WHERE w.company_id = write_back.company_id AND w.row_id = write_back.row_id)",
    )
    .bind(signed(before.write_backs))
    .execute(&mut *tx)
    .await?
    .rows_affected();
    let job_saves = sqlx::query(
        "DELETE FROM job_save WHERE at < $1 AND id NOT IN (
             SELECT max(s.id) FROM job_save s GROUP BY s.company_id, s.jopwell_id, s.kind, s.undoes IS NULL)",
    )
    .bind(signed(before.write_backs))
    .execute(&mut *tx)
    .await?
    .rows_affected();
    tx.commit().await?;
    Ok(Pruned {
        resumes,
        changes,
        deliveries,
        idempotency_keys,
        hook_records,
        refused_sends,
        write_backs: write_backs + job_saves,
    })
}

pub async fn reseal(store: &ThisStore, reseal: Reseal<'_>, now: Millis) -> Result<u64> {
    let mut tx = store.write().await?;
    super::super::claim_key(&mut tx).await?;
    // Another rotation waits here, and then finds that its old key opens nothing.
    sqlx::query("UPDATE master_key_check SET sealed = sealed")
        .execute(&mut *tx)
        .await?;
    let mut values = 0;
    for (select, update, what) in [
        (
            "SELECT id, CAST(0 AS BIGINT) AS company_id, sealed, NULL AS subject FROM master_key_check",
            "UPDATE master_key_check SET sealed = $2 WHERE id = $1",
            Sealed::Check,
        ),
        (
            "SELECT company_id AS id, company_id, sealed_key AS sealed, NULL AS subject FROM connection",
            "UPDATE connection SET sealed_key = $2 WHERE company_id = $1",
            Sealed::Key,
        ),
        (
            "SELECT id, company_id, sealed_secret AS sealed, NULL AS subject FROM hook_secret",
            "UPDATE hook_secret SET sealed_secret = $2 WHERE id = $1",
            Sealed::Secret,
        ),
        (
            "SELECT id, company_id, sealed_secret AS sealed, NULL AS subject FROM callback_secret",
            "UPDATE callback_secret SET sealed_secret = $2 WHERE id = $1",
            Sealed::CallbackSecret,
        ),
        (
            "SELECT o.send_id AS id, o.company_id, o.sealed_profile AS sealed, s.idempotency_key AS subject
             FROM outbox o JOIN send s ON s.id = o.send_id",
            "UPDATE outbox SET sealed_profile = $2 WHERE send_id = $1",
            Sealed::Profile,
        ),
        (
            "SELECT h.send_id AS id, h.company_id, h.sealed_profile AS sealed, s.idempotency_key AS subject
             FROM held h JOIN send s ON s.id = h.send_id",
            "UPDATE held SET sealed_profile = $2 WHERE send_id = $1",
            Sealed::Profile,
        ),
        (
            "SELECT company_id AS id, company_id, sealed_secret AS sealed, NULL AS subject FROM push",
            "UPDATE push SET sealed_secret = $2 WHERE company_id = $1",
            Sealed::PushSecret,
        ),
        (
            "SELECT company_id AS id, company_id, sealed_previous AS sealed, NULL AS subject FROM push
             WHERE sealed_previous IS NOT NULL",
            "UPDATE push SET sealed_previous = $2 WHERE company_id = $1",
            Sealed::PushSecret,
        ),
        (
            "SELECT id, coalesce(company_id, 0) AS company_id, sealed, intent AS subject FROM mail
             WHERE sealed IS NOT NULL",
            "UPDATE mail SET sealed = $2 WHERE id = $1",
            Sealed::Mail,
        ),
    ] {
        values += table(&mut tx, select, update, what, reseal).await?;
    }
    values += resumes::reseal(&mut tx, reseal).await?;
    note(&mut tx, None, "operator", "master_key_rotated", None, now).await?;
    tx.commit().await?;
    Ok(values)
}

#[derive(Clone, Copy)]
enum Sealed {
    Check,
    Key,
    Secret,
    PushSecret,
    CallbackSecret,
    Profile,
    Mail,
}

async fn table(
    db: &mut Connection,
    select: &'static str,
    update: &'static str,
    what: Sealed,
    reseal: Reseal<'_>,
) -> Result<u64> {
    let rows = sqlx::query(select).fetch_all(&mut *db).await?;
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    for row in rows {
        let company: CompanyId = row.try_get("company_id")?;
        let sealed: Vec<u8> = row.try_get("sealed")?;
        let subject: Option<String> = row.try_get("subject")?;
        let purpose = match what {
            Sealed::Check => Purpose::MasterKeyCheck,
            Sealed::Key => Purpose::ApiKey,
            Sealed::Secret => Purpose::HookSecret,
            Sealed::PushSecret => Purpose::PushSecret,
            Sealed::CallbackSecret => Purpose::CallbackSecret,
            Sealed::Profile => Purpose::Profile {
                idempotency_key: subject.as_deref().unwrap_or_default(),
            },
            Sealed::Mail => Purpose::Mail {
                intent: subject.as_deref().unwrap_or_default(),
            },
        };
        let anew =
            reseal(company, purpose, &sealed).map_err(|_| StoreError::Corrupt("a sealed value"))?;
        sqlx::query(update)
            .bind(row.try_get::<i64, _>("id")?)
            .bind(anew)
            .execute(&mut *db)
            .await?;
    }
    Ok(count)
}

/// Adds to the audit, in the transaction of what it tells of.
pub async fn note(
    db: &mut Connection,
    company: Option<CompanyId>,
    who: &str,
    action: &str,
    subject: Option<&str>,
    now: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO audit (at, company_id, who, action, subject) VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(signed(now))
    .bind(company)
    .bind(who)
    .bind(action)
    .bind(subject)
    .execute(db)
    .await?;
    Ok(())
}

pub async fn audit(
    db: &mut Connection,
    company: CompanyId,
    after: u64,
    limit: u32,
) -> Result<Vec<Audited>> {
    let rows = sqlx::query(
        // A member is named for as long as they are known.
        "SELECT a.id, a.at, coalesce(m.email, m.name, a.who) AS who, a.action, a.subject
         FROM audit a LEFT JOIN member m
             ON m.company_id = a.company_id AND a.who = 'member ' || CAST(m.id AS TEXT)
         WHERE (a.company_id = $1 OR a.company_id IS NULL) AND a.id > $2 ORDER BY a.id LIMIT $3",
    )
    .bind(company)
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Audited {
                id: unsigned(row.try_get("id")?, "audit")?,
                at: unsigned(row.try_get("at")?, "audit")?,
                who: row.try_get("who")?,
                action: row.try_get("action")?,
                subject: row.try_get("subject")?,
            })
        })
        .collect()
}

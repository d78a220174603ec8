//! The schedule of reads, by candidate.

use super::super::{
    query::{Connection, Row, query, query_for},
    values::{signed, to_json, unsigned},
};
use super::greenhouse_applications;
use crate::{
    polling::plan::{Known, Pace, Scheduled},
    store::{CompanyId, Result},
};
use atsi_protocol::{ApplicationStatus, Millis};
use std::collections::HashMap;

/// When a new candidate is read for the first time: Greenhouse needs a moment until its API shows them.
pub const FIRST_AFTER: Millis = 60 * 1000;

/// What is known of candidates: whether they are readable, and their applications.
pub type KnownStatuses = HashMap<u64, (bool, Vec<ApplicationStatus>)>;

pub fn scheduled(row: &Row) -> Result<Scheduled> {
    Ok(Scheduled {
        candidate_id: unsigned(row.try_get("candidate_id")?, "candidate_id")?,
        asked_at: unsigned(row.try_get("asked_at")?, "asked_at")?,
        due_at: unsigned(row.try_get("due_at")?, "due_at")?,
    })
}

/// Schedules the first read of a candidate.
pub async fn schedule_first(
    db: &mut Connection,
    company: CompanyId,
    candidate: i64,
    now: Millis,
) -> Result<()> {
    query(
        "INSERT INTO poll (company_id, candidate_id, asked_at, due_at, changed_at) VALUES ($1, $2, $3, $4, $3)
         ON CONFLICT (company_id, candidate_id) DO NOTHING",
    )
    .bind(company)
    .bind(candidate)
    .bind(signed(now))
    .bind(signed(now.saturating_add(FIRST_AFTER)))
    .execute(db)
    .await?;
    Ok(())
}

/// Records that a web hook reported a change, so that the candidate is read more often for a while.
pub async fn record_change(
    db: &mut Connection,
    company: CompanyId,
    candidate: i64,
    due_at: Millis,
    now: Millis,
) -> Result<()> {
    query(
        "UPDATE poll SET changed_at = $3, due_at = CASE WHEN due_at > $4 THEN $4 ELSE due_at END
         WHERE company_id = $1 AND candidate_id = $2",
    )
    .bind(company)
    .bind(candidate)
    .bind(signed(now))
    .bind(signed(due_at))
    .execute(db)
    .await?;
    Ok(())
}

pub async fn delete(db: &mut Connection, company: CompanyId, candidate: i64) -> Result<()> {
    query("DELETE FROM poll WHERE company_id = $1 AND candidate_id = $2")
        .bind(company)
        .bind(candidate)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn known_statuses(
    db: &mut Connection,
    company: CompanyId,
    candidates: &[u64],
) -> Result<KnownStatuses> {
    let ids: Vec<i64> = candidates.iter().map(|id| signed(*id)).collect();
    let rows = query_for(|sql| {
        format!(
            "SELECT candidate_id, readable FROM status
         WHERE company_id = $1 AND candidate_id IN (SELECT CAST(w.value AS BIGINT) FROM {ids} w)",
            ids = sql.json_numbers("$2")
        )
    })
    .bind(company)
    .bind(to_json(&ids)?)
    .fetch_all(&mut *db)
    .await?;
    let mut applications = greenhouse_applications::applications_of(db, company, &ids).await?;
    rows.iter()
        .map(|row| {
            let id = unsigned(row.try_get("candidate_id")?, "candidate_id")?;
            let of_candidate = applications.remove(&id).unwrap_or_default();
            Ok((id, (row.try_get("readable")?, of_candidate)))
        })
        .collect()
}

/// Schedules the next read of candidates that were just read; returns how many changed since `before`.
pub async fn reschedule(
    db: &mut Connection,
    company: CompanyId,
    asked: &[u64],
    before: &KnownStatuses,
    pace: Pace,
    now: Millis,
) -> Result<usize> {
    let after = known_statuses(db, company, asked).await?;
    let ids: Vec<i64> = asked.iter().map(|id| signed(*id)).collect();
    let rows = query_for(|sql| {
        format!(
            "SELECT candidate_id, changed_at FROM poll
         WHERE company_id = $1 AND candidate_id IN (SELECT CAST(w.value AS BIGINT) FROM {ids} w)",
            ids = sql.json_numbers("$2")
        )
    })
    .bind(company)
    .bind(to_json(&ids)?)
    .fetch_all(&mut *db)
    .await?;
    let mut changed = 0;
    for row in &rows {
        let id = unsigned(row.try_get("candidate_id")?, "candidate_id")?;
        let mut changed_at = unsigned(row.try_get("changed_at")?, "changed_at")?;
        let Some(known_now) = after.get(&id) else {
            continue;
        };
        if before.get(&id).is_some_and(|before| before != known_now) {
            changed += 1;
            changed_at = now;
        }
        let (readable, applications) = known_now;
        let is_over = |one: &ApplicationStatus| matches!(one.status.as_str(), "hired" | "rejected");
        let known = Known {
            changed_at,
            readable: *readable,
            is_final: !applications.is_empty() && applications.iter().all(is_over),
        };
        query(
            "UPDATE poll SET asked_at = CASE WHEN asked_at < $3 THEN $3 ELSE asked_at END, due_at = $4, changed_at = $5
             WHERE company_id = $1 AND candidate_id = $2",
        )
        .bind(company)
        .bind(signed(id))
        .bind(signed(now))
        .bind(signed(pace.next(known, now, rand::random())))
        .bind(signed(changed_at))
        .execute(&mut *db)
        .await?;
    }
    Ok(changed)
}

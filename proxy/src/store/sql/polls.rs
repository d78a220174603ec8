//! The schedule of what Greenhouse is asked about.

use super::{
    super::Connection, Row, hooks, optional_unsigned, signed, storable, to_json, unsigned,
};
use crate::{
    polling::plan::{Pace, PollState, Scheduled},
    store::{CompanyId, PollTurn, Polls, Result},
};
use atsi_greenhouse::MAX_CANDIDATE_IDS;
use atsi_protocol::{ApplicationStatus, Millis};
use sqlx::Row as _;
use std::collections::HashMap;

/// A candidate that just came is asked about so soon: Greenhouse needs a moment until it shows it.
const FIRST_AFTER: Millis = 60 * 1000;

/// How candidates stand: whether readable, and with which applications.
pub type Standing = HashMap<u64, (bool, Vec<ApplicationStatus>)>;

fn scheduled(row: &Row) -> Result<Scheduled> {
    Ok(Scheduled {
        candidate_id: unsigned(row.try_get("candidate_id")?, "candidate_id")?,
        asked_at: unsigned(row.try_get("asked_at")?, "asked_at")?,
        due_at: unsigned(row.try_get("due_at")?, "due_at")?,
    })
}

pub async fn heard_at(db: &mut Connection, company: CompanyId) -> Result<Option<Millis>> {
    let row = sqlx::query(
        "SELECT max(last_at) AS heard_at FROM hook_count
         WHERE company_id = $1 AND kind = 'received' AND name <> 'ping'",
    )
    .bind(company)
    .fetch_one(db)
    .await?;
    optional_unsigned(&row, "heard_at")
}

pub async fn polls(
    db: &mut Connection,
    company: CompanyId,
    external_ids: &[String],
) -> Result<Polls> {
    let mut looked = Vec::new();
    if !external_ids.is_empty() {
        let rows = sqlx::query(concat!(
            "SELECT DISTINCT s.external_id, p.candidate_id, p.asked_at, p.due_at
             FROM send s JOIN poll p ON p.company_id = s.company_id AND p.candidate_id = s.candidate_id
             WHERE s.company_id = $1 AND s.external_id IN (SELECT w.value FROM ",
            json_texts!("$2"),
            " w)"
        ))
        .bind(company)
        .bind(to_json(&storable(external_ids))?)
        .fetch_all(&mut *db)
        .await?;
        for row in &rows {
            looked.push((row.try_get("external_id")?, scheduled(row)?));
        }
    }
    let rows = sqlx::query(
        "SELECT candidate_id, asked_at, due_at FROM poll WHERE company_id = $1 ORDER BY due_at LIMIT $2",
    )
    .bind(company)
    .bind(i64::try_from(MAX_CANDIDATE_IDS).unwrap_or(i64::MAX))
    .fetch_all(&mut *db)
    .await?;
    Ok(Polls {
        looked,
        soonest: rows.iter().map(scheduled).collect::<Result<_>>()?,
        heard_at: heard_at(db, company).await?,
    })
}

/// The turn's row is written first, so of two proxies the second waits here and finds it taken.
pub async fn claim(
    db: &mut Connection,
    company: CompanyId,
    candidates: &[u64],
    latest: Millis,
    turn: PollTurn,
    now: Millis,
) -> Result<Result<Vec<u64>, Millis>> {
    let after = |pause| signed(now.saturating_add(pause));
    let taken = sqlx::query(
        "INSERT INTO poll_turn (company_id, next_at, others_at) VALUES ($1, $2, $3)
         ON CONFLICT (company_id) DO UPDATE SET next_at = excluded.next_at, others_at = excluded.others_at
         WHERE poll_turn.next_at <= $4 AND ($5 OR poll_turn.others_at <= $4)",
    )
    .bind(company)
    .bind(after(turn.pause))
    .bind(after(turn.pause_of_others))
    .bind(signed(now))
    .bind(turn.looked_at)
    .execute(&mut *db)
    .await?
    .rows_affected();
    if taken == 0 {
        let row = sqlx::query("SELECT next_at, others_at FROM poll_turn WHERE company_id = $1")
            .bind(company)
            .fetch_one(db)
            .await?;
        let next = unsigned(row.try_get("next_at")?, "next_at")?;
        let others = unsigned(row.try_get("others_at")?, "others_at")?;
        return Ok(Err(if turn.looked_at {
            next
        } else {
            next.max(others)
        }));
    }
    let claimed: Vec<i64> = sqlx::query_scalar(concat!(
        "UPDATE poll SET asked_at = $3, due_at = CASE WHEN due_at < $4 THEN $4 ELSE due_at END
         WHERE company_id = $1 AND asked_at <= $5
           AND candidate_id IN (SELECT CAST(w.value AS BIGINT) FROM ",
        json_numbers!("$2"),
        " w)
         RETURNING candidate_id"
    ))
    .bind(company)
    .bind(to_json(&candidates)?)
    .bind(signed(now))
    .bind(signed(turn.again_at))
    .bind(signed(latest))
    .fetch_all(db)
    .await?;
    let claimed = claimed.into_iter().map(|id| unsigned(id, "candidate_id"));
    Ok(Ok(claimed.collect::<Result<_>>()?))
}

/// The candidate is in Greenhouse now.
pub async fn came(
    db: &mut Connection,
    company: CompanyId,
    candidate: i64,
    now: Millis,
) -> Result<()> {
    sqlx::query(
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

/// A web hook told of the candidate: it changes, and is looked after for a while.
pub async fn told(
    db: &mut Connection,
    company: CompanyId,
    candidate: i64,
    due_at: Millis,
    now: Millis,
) -> Result<()> {
    sqlx::query(
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

pub async fn forget(db: &mut Connection, company: CompanyId, candidate: i64) -> Result<()> {
    sqlx::query("DELETE FROM poll WHERE company_id = $1 AND candidate_id = $2")
        .bind(company)
        .bind(candidate)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn standing(
    db: &mut Connection,
    company: CompanyId,
    candidates: &[u64],
) -> Result<Standing> {
    let ids: Vec<i64> = candidates.iter().map(|id| signed(*id)).collect();
    let rows = sqlx::query(concat!(
        "SELECT candidate_id, readable FROM status
         WHERE company_id = $1 AND candidate_id IN (SELECT CAST(w.value AS BIGINT) FROM ",
        json_numbers!("$2"),
        " w)"
    ))
    .bind(company)
    .bind(to_json(&ids)?)
    .fetch_all(&mut *db)
    .await?;
    let mut applications = hooks::applications_of(db, company, &ids).await?;
    rows.iter()
        .map(|row| {
            let id = unsigned(row.try_get("candidate_id")?, "candidate_id")?;
            let of_candidate = applications.remove(&id).unwrap_or_default();
            Ok((id, (row.try_get("readable")?, of_candidate)))
        })
        .collect()
}

/// Plans the next read of who was just read; returns how many stand otherwise than `before`.
pub async fn reschedule(
    db: &mut Connection,
    company: CompanyId,
    asked: &[u64],
    before: &Standing,
    pace: Pace,
    now: Millis,
) -> Result<usize> {
    let after = standing(db, company, asked).await?;
    let ids: Vec<i64> = asked.iter().map(|id| signed(*id)).collect();
    let rows = sqlx::query(concat!(
        "SELECT candidate_id, changed_at FROM poll
         WHERE company_id = $1 AND candidate_id IN (SELECT CAST(w.value AS BIGINT) FROM ",
        json_numbers!("$2"),
        " w)"
    ))
    .bind(company)
    .bind(to_json(&ids)?)
    .fetch_all(&mut *db)
    .await?;
    let mut changed = 0;
    for row in &rows {
        let id = unsigned(row.try_get("candidate_id")?, "candidate_id")?;
        let mut changed_at = unsigned(row.try_get("changed_at")?, "changed_at")?;
        let Some(stands) = after.get(&id) else {
            continue;
        };
        if before.get(&id).is_some_and(|before| before != stands) {
            changed += 1;
            changed_at = now;
        }
        let (readable, applications) = stands;
        let is_over = |one: &ApplicationStatus| matches!(one.status.as_str(), "hired" | "rejected");
        let known = PollState {
            changed_at,
            readable: *readable,
            is_final: !applications.is_empty() && applications.iter().all(is_over),
        };
        sqlx::query(
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

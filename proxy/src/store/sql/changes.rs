//! The change log: triggers of the tables write it (see the migrations), this reads it.

use super::{super::Connection, found, optional_unsigned, signed, to_json, unsigned};
use crate::store::{CompanyId, Result, SendId};
use atsi_protocol::{Change, ChangesPage, KnownCandidate, Millis};
use sqlx::Row as _;
use std::collections::{BTreeSet, HashMap};

pub async fn after(
    db: &mut Connection,
    company: CompanyId,
    after: Option<u64>,
    limit: u32,
    now: Millis,
) -> Result<ChangesPage> {
    let rows = sqlx::query(
        "SELECT number, send_id, candidate_id, job_id FROM change_log
         WHERE company_id = $1 AND number > $2 ORDER BY number LIMIT $3",
    )
    .bind(company)
    .bind(after.map_or(i64::MAX, signed))
    .bind(i64::from(limit))
    .fetch_all(&mut *db)
    .await?;
    // After the rows: had some been deleted in between, this says so.
    let ends = sqlx::query(
        "SELECT f.number AS oldest, f.previous AS before,
             (SELECT max(l.number) FROM change_log l WHERE l.company_id = $1) AS newest
         FROM change_log f WHERE f.company_id = $1 ORDER BY f.number LIMIT 1",
    )
    .bind(company)
    .fetch_optional(&mut *db)
    .await?;
    let number = |column| match &ends {
        Some(ends) => unsigned(ends.try_get(column)?, "number"),
        None => Ok(0),
    };
    let (before, oldest, newest) = (number("before")?, number("oldest")?, number("newest")?);
    let Some(after) = after else {
        return Ok(nothing(newest, false));
    };
    if after != before && !(oldest..=newest).contains(&after) {
        return Ok(nothing(newest, true));
    }
    if rows.is_empty() {
        return Ok(nothing(after, false));
    }
    let mut sends: HashMap<SendId, u64> = HashMap::new();
    let mut candidates: HashMap<i64, u64> = HashMap::new();
    let mut jobs: BTreeSet<u64> = BTreeSet::new();
    let mut next = after;
    for row in &rows {
        next = unsigned(row.try_get("number")?, "number")?;
        if let Some(send) = row.try_get("send_id")? {
            sends.insert(send, next);
        }
        if let Some(candidate) = row.try_get("candidate_id")? {
            candidates.insert(candidate, next);
        }
        jobs.extend(optional_unsigned(row, "job_id")?);
    }
    let rows = sqlx::query(concat!(
        "WITH wanted AS (
             SELECT CAST(w.value AS BIGINT) AS id FROM ",
        json_numbers!("$2"),
        " w
             UNION
             SELECT t.id FROM send t WHERE t.company_id = $1 AND t.candidate_id IN (SELECT CAST(v.value AS BIGINT) FROM ",
        json_numbers!("$3"),
        " v))
         SELECT s.id, s.candidate_id AS of_candidate, ",
        send_columns!(),
        ", t.readable, t.read_at, t.route
         FROM wanted JOIN send s ON s.id = wanted.id AND s.company_id = $1
         LEFT JOIN status t ON t.company_id = s.company_id AND t.candidate_id = s.candidate_id",
        send_joins!(),
        "ORDER BY s.id"
    ))
    .bind(company)
    .bind(to_json(&sends.keys().collect::<Vec<_>>())?)
    .bind(to_json(&candidates.keys().collect::<Vec<_>>())?)
    .fetch_all(&mut *db)
    .await?;
    let mut changes = Vec::with_capacity(rows.len());
    for (row, found) in rows.iter().zip(found(db, company, &rows, now).await?) {
        let of_candidate: Option<i64> = row.try_get("of_candidate")?;
        let by_send = sends.get(&row.try_get("id")?);
        let by_candidate = of_candidate.and_then(|candidate| candidates.get(&candidate));
        changes.push(Change {
            number: by_send.max(by_candidate).copied().unwrap_or(next),
            candidate: found.candidate,
        });
    }
    changes.sort_by_key(|change| change.number);
    Ok(ChangesPage {
        changes,
        jobs: jobs.into_iter().collect(),
        next,
        more: next < newest,
        reset: false,
    })
}

/// How sends stand, each with its row id.
pub async fn of_sends(
    db: &mut Connection,
    company: CompanyId,
    sends: &[SendId],
    now: Millis,
) -> Result<Vec<(SendId, KnownCandidate)>> {
    let rows = sqlx::query(concat!(
        "SELECT s.id, ",
        send_columns!(),
        ", t.readable, t.read_at, t.route
         FROM send s LEFT JOIN status t ON t.company_id = s.company_id AND t.candidate_id = s.candidate_id",
        send_joins!(),
        "WHERE s.company_id = $1 AND s.id IN (SELECT CAST(w.value AS BIGINT) FROM ",
        json_numbers!("$2"),
        " w) ORDER BY s.id"
    ))
    .bind(company)
    .bind(to_json(&sends)?)
    .fetch_all(&mut *db)
    .await?;
    let found = found(db, company, &rows, now).await?;
    rows.iter()
        .zip(found)
        .map(|(row, found)| Ok((row.try_get("id")?, found.candidate)))
        .collect()
}

fn nothing(next: u64, reset: bool) -> ChangesPage {
    ChangesPage {
        changes: Vec::new(),
        jobs: Vec::new(),
        next,
        more: false,
        reset,
    }
}

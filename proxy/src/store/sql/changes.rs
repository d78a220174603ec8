//! The change log. Triggers of the tables write it (see the migrations); this reads it.

use super::{
    Backend, SqlStore,
    query::{Connection, query, query_for},
    tables::{
        candidates::{self, STATUS_COLUMNS, STATUS_JOIN},
        sends::{SEND_COLUMNS, SEND_JOINS},
    },
    values::{optional_unsigned, signed, to_json, unsigned},
};
use crate::store::{ChangeStore, CompanyId, Result, SendId};
use atsi_protocol::{Change, ChangesPage, Millis};
use std::collections::{BTreeSet, HashMap};
use tokio::sync::mpsc;

#[async_trait::async_trait]
impl ChangeStore for SqlStore {
    async fn changes(
        &self,
        company: CompanyId,
        after: Option<u64>,
        limit: u32,
        now: Millis,
    ) -> Result<ChangesPage> {
        page_after(&mut self.read().await?, company, after, limit, now).await
    }

    async fn announce(&self, company: CompanyId) -> Result<()> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(()),
            Backend::Postgres(postgres) => postgres.announce(company).await,
        }
    }

    async fn listen(&self) -> Result<Option<mpsc::Receiver<CompanyId>>> {
        match &self.backend {
            Backend::Sqlite(_) => Ok(None),
            Backend::Postgres(postgres) => postgres.listen().await.map(Some),
        }
    }
}

async fn page_after(
    db: &mut Connection,
    company: CompanyId,
    after: Option<u64>,
    limit: u32,
    now: Millis,
) -> Result<ChangesPage> {
    let rows = query(
        "SELECT number, send_id, candidate_id, job_id FROM change_log
         WHERE company_id = $1 AND number > $2 ORDER BY number LIMIT $3",
    )
    .bind(company)
    .bind(after.map_or(i64::MAX, signed))
    .bind(i64::from(limit))
    .fetch_all(&mut *db)
    .await?;
    // Read after the rows, so that it shows whether some were deleted in between.
    let ends = query(
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
        return Ok(empty_page(newest, false));
    };
    if after != before && !(oldest..=newest).contains(&after) {
        return Ok(empty_page(newest, true));
    }
    if rows.is_empty() {
        return Ok(empty_page(after, false));
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
    let rows = query_for(|sql| {
        format!(
            "WITH wanted AS (
                 SELECT CAST(w.value AS BIGINT) AS id FROM {sends} w
                 UNION
                 SELECT t.id FROM send t WHERE t.company_id = $1
                 AND t.candidate_id IN (SELECT CAST(v.value AS BIGINT) FROM {candidates} v))
             SELECT s.id, s.candidate_id AS of_candidate, {SEND_COLUMNS}{STATUS_COLUMNS}
             FROM wanted JOIN send s ON s.id = wanted.id AND s.company_id = $1{STATUS_JOIN}{SEND_JOINS}
             ORDER BY s.id",
            sends = sql.json_numbers("$2"),
            candidates = sql.json_numbers("$3")
        )
    })
    .bind(company)
    .bind(to_json(&sends.keys().collect::<Vec<_>>())?)
    .bind(to_json(&candidates.keys().collect::<Vec<_>>())?)
    .fetch_all(&mut *db)
    .await?;
    let mut changes = Vec::with_capacity(rows.len());
    for (row, found) in rows
        .iter()
        .zip(candidates::known_candidates(db, company, &rows, now).await?)
    {
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

fn empty_page(next: u64, reset: bool) -> ChangesPage {
    ChangesPage {
        changes: Vec::new(),
        jobs: Vec::new(),
        next,
        more: false,
        reset,
    }
}

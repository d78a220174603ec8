//! Applications in Greenhouse. Each row is the latest report by (Greenhouse's time, rank, digest).

use super::super::{
    query::{Connection, Row, query, query_for},
    values::{optional_unsigned, signed, to_json, unsigned},
};
use super::tombstones;
use crate::store::{CompanyId, Result};
use atsi_protocol::{ApplicationStatus, CandidateStatus};
use std::collections::HashMap;

/// A read counts as this much older than it is, because the clocks may differ and a web hook about the same
/// moment says more.
pub const READ_MARGIN_MS: u64 = 30 * 1000;

/// Inserts a report, or replaces an older one. Where `$11` is true, `since` is Greenhouse's own time; else it
/// stays while the application keeps its status and stage.
pub const UPSERT: &str = "INSERT INTO application
     (company_id, application_id, candidate_id, job, status, stage, as_of, rank, digest, since)
 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
 ON CONFLICT (company_id, application_id) DO UPDATE SET candidate_id = excluded.candidate_id,
     job = excluded.job, status = excluded.status, stage = excluded.stage,
     as_of = excluded.as_of, rank = excluded.rank, digest = excluded.digest,
     since = CASE WHEN NOT $11 AND excluded.status = application.status
                   AND (excluded.status = 'rejected' OR coalesce(excluded.stage, '') = coalesce(application.stage, ''))
                  THEN application.since ELSE excluded.since END
 WHERE (excluded.as_of, excluded.rank, excluded.digest)
     > (application.as_of, application.rank, application.digest)";

/// Records a read of a candidate, which has all applications as of shortly before the read.
pub async fn record_read(
    db: &mut Connection,
    company: CompanyId,
    candidate_id: u64,
    status: &CandidateStatus,
) -> Result<()> {
    let candidate = signed(candidate_id);
    let as_of = signed(status.read_at.saturating_sub(READ_MARGIN_MS));
    let ids: Vec<i64> = (status.applications.iter())
        .map(|application| signed(application.application_id))
        .collect();
    query_for(|sql| {
        format!(
            "DELETE FROM application WHERE company_id = $1 AND candidate_id = $2 AND as_of <= $3
           AND application_id NOT IN (SELECT CAST(w.value AS BIGINT) FROM {ids} w)",
            ids = sql.json_numbers("$4")
        )
    })
    .bind(company)
    .bind(candidate)
    .bind(as_of)
    .bind(to_json(&ids)?)
    .execute(&mut *db)
    .await?;
    for application in &status.applications {
        if tombstones::is_gone(
            db,
            company,
            "application",
            signed(application.application_id),
        )
        .await?
        {
            continue;
        }
        query(UPSERT)
            .bind(company)
            .bind(signed(application.application_id))
            .bind(candidate)
            .bind(&application.job)
            .bind(&application.status)
            .bind(&application.stage)
            .bind(as_of)
            .bind(0_i64)
            .bind(0_i64)
            .bind(signed(status.read_at))
            .bind(false)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

/// Returns the applications of candidates, by candidate.
pub async fn applications_of(
    db: &mut Connection,
    company: CompanyId,
    candidates: &[i64],
) -> Result<HashMap<u64, Vec<ApplicationStatus>>> {
    let rows = query_for(|sql| {
        format!(
            "SELECT a.candidate_id, a.application_id, a.job, a.status, a.stage, a.pool, a.since
                 FROM application a
             WHERE a.company_id = $1 AND a.candidate_id IN (SELECT CAST(w.value AS BIGINT)
                 FROM {ids} w)
             ORDER BY a.candidate_id, a.application_id",
            ids = sql.json_numbers("$2")
        )
    })
    .bind(company)
    .bind(to_json(&candidates)?)
    .fetch_all(db)
    .await?;
    let mut found: HashMap<u64, Vec<ApplicationStatus>> = HashMap::new();
    for row in &rows {
        let candidate = unsigned(row.try_get("candidate_id")?, "candidate_id")?;
        found
            .entry(candidate)
            .or_default()
            .push(application_of(row)?);
    }
    Ok(found)
}

pub fn application_of(row: &Row) -> Result<ApplicationStatus> {
    Ok(ApplicationStatus {
        application_id: unsigned(row.try_get("application_id")?, "application_id")?,
        job: row.try_get("job")?,
        status: row.try_get("status")?,
        stage: row.try_get("stage")?,
        pool: row.try_get("pool")?,
        since: optional_unsigned(row, "since")?,
    })
}

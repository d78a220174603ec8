//! Jobs in Greenhouse, jobs on Jopwell, and their links.

use super::super::{
    query::{Connection, Row, query, query_for, scalar},
    values::{optional_unsigned, signed, to_json, unsigned},
};
use crate::{
    description::sanitised,
    hooks::{JobSaid, PostSaid},
    store::{CompanyId, Result, StoreError, StoredJobs, StoredLink},
};
use atsi_protocol::{ApplicationsSwitch, ChangedJob, Job, JobState, JopwellJob, Millis};

/// Everything that [`job_of`] reads, of `greenhouse_job g`.
pub const JOB_COLUMNS: &str = "g.job_id, g.name, g.title, g.state, g.public, g.requisition, g.location, g.on_board, g.heard_at ";

pub async fn all(db: &mut Connection, company: CompanyId) -> Result<StoredJobs> {
    let read_at: Option<i64> = scalar("SELECT read_at FROM job_list WHERE company_id = $1")
        .bind(company)
        .fetch_optional(&mut *db)
        .await?;
    let rows = query_for(|_| {
        format!(
            "SELECT {JOB_COLUMNS} FROM greenhouse_job g WHERE g.company_id = $1
                 ORDER BY g.state <> 'open', g.name, g.job_id"
        )
    })
    .bind(company)
    .fetch_all(db)
    .await?;
    Ok(StoredJobs {
        read_at: read_at.map(|at| unsigned(at, "read_at")).transpose()?,
        jobs: rows.iter().map(job_of).collect::<Result<_>>()?,
    })
}

/// Records a job that a web hook reports. The web hook has no time, so its arrival counts, and the next list
/// corrects what arrived late.
pub async fn record_job(
    tx: &mut Connection,
    company: CompanyId,
    job: &JobSaid,
    now: Millis,
) -> Result<()> {
    query(
        "INSERT INTO greenhouse_job (company_id, job_id, name, state, public, requisition, location, heard_at, closed_at)
         VALUES ($1, $2, $3, $4, FALSE, $5, $6, $7, $8)
         ON CONFLICT (company_id, job_id) DO UPDATE SET name = excluded.name, state = excluded.state,
             requisition = excluded.requisition,
             closed_at = CASE WHEN excluded.closed_at IS NOT NULL AND greenhouse_job.state IN ('closed', 'deleted')
                 THEN greenhouse_job.closed_at ELSE excluded.closed_at END,
             location = coalesce(excluded.location, greenhouse_job.location),
             heard_at = excluded.heard_at
         WHERE greenhouse_job.state <> 'deleted'",
    )
    .bind(company)
    .bind(signed(job.job_id))
    .bind(job.name.as_deref().unwrap_or_default())
    .bind(job.state.as_str())
    .bind(&job.requisition)
    .bind(&job.location)
    .bind(signed(now))
    .bind(matches!(job.state, JobState::Closed | JobState::Deleted).then_some(signed(now)))
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn record_post(
    tx: &mut Connection,
    company: CompanyId,
    post: &PostSaid,
    now: Millis,
) -> Result<()> {
    query(
        "UPDATE greenhouse_job SET title = coalesce($3, title), location = coalesce($4, location)
         WHERE company_id = $1 AND job_id = $2",
    )
    .bind(company)
    .bind(signed(post.job_id))
    .bind(&post.title)
    .bind(&post.location)
    .execute(&mut *tx)
    .await?;
    let Some(description) = &post.description else {
        return Ok(());
    };
    // Late and repeated web hooks change nothing, and a draft does not replace a live post.
    query(
        "INSERT INTO greenhouse_description (company_id, job_id, post_id, live, html, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (company_id, job_id) DO UPDATE SET post_id = excluded.post_id,
             live = excluded.live, html = excluded.html, changed_at = excluded.changed_at
         WHERE excluded.changed_at >= greenhouse_description.changed_at
           AND (excluded.live OR NOT greenhouse_description.live
                OR excluded.post_id = greenhouse_description.post_id)",
    )
    .bind(company)
    .bind(signed(post.job_id))
    .bind(signed(description.post_id))
    .bind(description.live)
    .bind(sanitised(&description.html))
    .bind(signed(description.changed_at.unwrap_or(now)))
    .execute(tx)
    .await?;
    Ok(())
}

/// Returns jobs in Greenhouse with their jobs on Jopwell.
pub async fn changed(
    db: &mut Connection,
    company: CompanyId,
    ids: &[u64],
) -> Result<Vec<ChangedJob>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = query_for(|sql| {
        format!(
            "SELECT {JOB_COLUMNS}, d.changed_at FROM greenhouse_job g
             LEFT JOIN greenhouse_description d ON d.company_id = g.company_id
                 AND d.job_id = g.job_id
             WHERE g.company_id = $1 AND g.job_id IN (SELECT CAST(w.value AS BIGINT) FROM {ids} w)
                 ORDER BY g.job_id",
            ids = sql.json_numbers("$2")
        )
    })
    .bind(company)
    .bind(to_json(&ids)?)
    .fetch_all(&mut *db)
    .await?;
    let links = links(db, company, None).await?;
    rows.iter()
        .map(|row| {
            let job = job_of(row)?;
            let is_it =
                |link: &&StoredLink| link.job.as_ref().is_some_and(|known| known.id == job.id);
            Ok(ChangedJob {
                jopwell_jobs: (links.iter().filter(is_it))
                    .map(|link| link.jopwell_job.clone())
                    .collect(),
                described_at: optional_unsigned(row, "changed_at")?,
                job,
            })
        })
        .collect()
}

pub async fn set_state(
    tx: &mut Connection,
    company: CompanyId,
    job: i64,
    state: JobState,
    now: Millis,
) -> Result<()> {
    query(
        "UPDATE greenhouse_job SET state = $3, heard_at = $4,
             closed_at = CASE WHEN $3 = 'deleted' AND state <> 'closed' THEN $4 ELSE closed_at END
         WHERE company_id = $1 AND job_id = $2",
    )
    .bind(company)
    .bind(job)
    .bind(state.as_str())
    .bind(signed(now))
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn links(
    db: &mut Connection,
    company: CompanyId,
    jopwell_id: Option<&str>,
) -> Result<Vec<StoredLink>> {
    let rows = query_for(|_| {
        format!(
            "SELECT j.jopwell_id, j.title AS on_jopwell, j.location AS place, j.requisition AS
                 number,
                 j.linked_at, j.applications,
                 (SELECT count(*) FROM held h JOIN send s ON s.id = h.send_id
                  WHERE h.company_id = j.company_id AND s.jopwell_id = j.jopwell_id) AS held,
                  {JOB_COLUMNS} FROM jopwell_job j
             LEFT JOIN greenhouse_job g ON g.company_id = j.company_id AND g.job_id = j.job_id
             WHERE j.company_id = $1 AND ($2 IS NULL OR j.jopwell_id = $2)
             ORDER BY j.job_id IS NOT NULL, j.title, j.jopwell_id"
        )
    })
    .bind(company)
    .bind(jopwell_id)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(StoredLink {
                jopwell_job: JopwellJob {
                    id: row.try_get("jopwell_id")?,
                    title: row.try_get("on_jopwell")?,
                    location: row.try_get("place")?,
                    requisition: row.try_get("number")?,
                },
                job: match row.try_get::<Option<i64>>("job_id")? {
                    Some(_) => Some(job_of(row)?),
                    None => None,
                },
                linked_at: optional_unsigned(row, "linked_at")?,
                applications: switch_of(row.try_get("applications")?)?,
                held: unsigned(row.try_get("held")?, "held")?,
            })
        })
        .collect()
}

/// Records a job seen on Jopwell. Absent details keep their last value.
pub async fn record_jopwell_job(
    tx: &mut Connection,
    company: CompanyId,
    job: &JopwellJob,
    now: Millis,
) -> Result<()> {
    query(
        "INSERT INTO jopwell_job (company_id, jopwell_id, title, location, requisition, seen_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (company_id, jopwell_id) DO UPDATE SET title = excluded.title,
             location = coalesce(excluded.location, jopwell_job.location),
             requisition = coalesce(excluded.requisition, jopwell_job.requisition),
             seen_at = excluded.seen_at",
    )
    .bind(company)
    .bind(&job.id)
    .bind(&job.title)
    .bind(&job.location)
    .bind(&job.requisition)
    .bind(signed(now))
    .execute(tx)
    .await?;
    Ok(())
}

pub fn job_of(row: &Row) -> Result<Job> {
    let state: &str = row.try_get("state")?;
    Ok(Job {
        id: unsigned(row.try_get("job_id")?, "job_id")?,
        name: row.try_get("name")?,
        title: row.try_get("title")?,
        state: (JobState::ALL
            .into_iter()
            .find(|known| known.as_str() == state))
        .ok_or(StoreError::Corrupt("state"))?,
        public: row.try_get("public")?,
        requisition: row.try_get("requisition")?,
        location: row.try_get("location")?,
        on_board: row.try_get("on_board")?,
        heard_at: unsigned(row.try_get("heard_at")?, "heard_at")?,
    })
}

pub fn jopwell_job_of(row: &Row) -> Result<JopwellJob> {
    Ok(JopwellJob {
        id: row.try_get("jopwell_id")?,
        title: row.try_get("title")?,
        location: row.try_get("location")?,
        requisition: row.try_get("requisition")?,
    })
}

pub fn switch_of(name: &str) -> Result<ApplicationsSwitch> {
    (ApplicationsSwitch::ALL.into_iter())
        .find(|known| known.as_str() == name)
        .ok_or(StoreError::Corrupt("applications"))
}

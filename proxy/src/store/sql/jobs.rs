//! Jobs of Greenhouse's, jobs of Jopwell's, and which is which.

use super::{
    super::{Connection, Row, lock_company},
    admin::note,
    connection, job_saves,
    job_saves::{TOLD_FOR, same},
    optional_unsigned, signed, to_json, unsigned,
};
use crate::{
    description::sanitized,
    store::{
        CompanyId, JobSaves, ListedJob, Result, SeenJob, StoreError, StoredDescription, StoredJobs,
        StoredLink,
    },
};
use atsi_greenhouse::webhook::{JobDetails, JobStatus, PostDetails};
use atsi_protocol::{ApplicationsSwitch, ChangedJob, Job, JobState, JopwellJob, Millis};
use sqlx::Row as _;
use std::collections::{HashMap, HashSet};

macro_rules! job_columns {
    () => {
        "g.job_id, g.name, g.title, g.state, g.public, g.requisition, g.location, g.on_board, g.heard_at "
    };
}

pub async fn all(db: &mut Connection, company: CompanyId) -> Result<StoredJobs> {
    let read_at: Option<i64> =
        sqlx::query_scalar("SELECT read_at FROM job_list WHERE company_id = $1")
            .bind(company)
            .fetch_optional(&mut *db)
            .await?;
    let rows = sqlx::query(concat!(
        "SELECT ",
        job_columns!(),
        "FROM greenhouse_job g WHERE g.company_id = $1 ORDER BY g.state <> 'open', g.name, g.job_id"
    ))
    .bind(company)
    .fetch_all(db)
    .await?;
    Ok(StoredJobs {
        read_at: read_at.map(|at| unsigned(at, "read_at")).transpose()?,
        jobs: rows.iter().map(job_of).collect::<Result<_>>()?,
    })
}

/// What Greenhouse's list says, asked for at `read_at` over connection `generation`; returns the jobs
/// that were opened or left it.
pub async fn put_list(
    tx: &mut Connection,
    company: CompanyId,
    generation: i64,
    listed: &[ListedJob],
    read_at: Millis,
) -> Result<Vec<u64>> {
    lock_company(tx, company).await?;
    let mut changed = Vec::new();
    let current = connection(tx, company).await?;
    if current.is_none_or(|current| current.generation != generation) {
        return Ok(changed);
    }
    let before: HashMap<u64, Job> = (all(tx, company).await?.jobs.into_iter())
        .map(|job| (job.id, job))
        .collect();
    for listed in listed {
        let known = before.get(&listed.id);
        // A web hook that came since the question knows better.
        if known.is_some_and(|known| known.heard_at > read_at) {
            continue;
        }
        let is_new = known.is_none_or(|known| {
            (known.name.as_str(), known.state, known.public)
                != (listed.name.as_str(), JobState::Open, listed.public)
        });
        if known.is_none_or(|known| known.state != JobState::Open) {
            changed.push(listed.id);
        }
        if is_new {
            sqlx::query(
                "INSERT INTO greenhouse_job (company_id, job_id, name, state, public, heard_at)
                 VALUES ($1, $2, $3, 'open', $4, $5)
                 ON CONFLICT (company_id, job_id) DO UPDATE SET name = excluded.name,
                     state = excluded.state, public = excluded.public, heard_at = excluded.heard_at",
            )
            .bind(company)
            .bind(signed(listed.id))
            .bind(&listed.name)
            .bind(listed.public)
            .bind(signed(read_at))
            .execute(&mut *tx)
            .await?;
        }
    }
    let listed: HashSet<u64> = listed.iter().map(|job| job.id).collect();
    for job in before.values().filter(|job| {
        job.state == JobState::Open && job.heard_at <= read_at && !listed.contains(&job.id)
    }) {
        set_state(tx, company, signed(job.id), JobState::NotListed, read_at).await?;
        changed.push(job.id);
    }
    sqlx::query(
        "INSERT INTO job_list (company_id, read_at) VALUES ($1, $2)
         ON CONFLICT (company_id) DO UPDATE SET read_at = excluded.read_at",
    )
    .bind(company)
    .bind(signed(read_at))
    .execute(tx)
    .await?;
    Ok(changed)
}

/// What a web hook says of a job. It brings no time of its own, so it counts from its arrival, and
/// the next list puts right what came late.
pub async fn heard(
    tx: &mut Connection,
    company: CompanyId,
    said: &JobDetails,
    now: Millis,
) -> Result<()> {
    let state = match said.status {
        JobStatus::Open => JobState::Open,
        JobStatus::Closed => JobState::Closed,
        // A draft is not in the list of open jobs.
        JobStatus::Other => JobState::NotListed,
    };
    sqlx::query(
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
    .bind(signed(said.job_id))
    .bind(said.name.as_deref().unwrap_or_default())
    .bind(state.as_str())
    .bind(&said.requisition)
    .bind(&said.location)
    .bind(signed(now))
    .bind((state == JobState::Closed).then_some(signed(now)))
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn heard_of_post(
    tx: &mut Connection,
    company: CompanyId,
    said: &PostDetails,
    now: Millis,
) -> Result<()> {
    sqlx::query(
        "UPDATE greenhouse_job SET title = coalesce($3, title), location = coalesce($4, location)
         WHERE company_id = $1 AND job_id = $2",
    )
    .bind(company)
    .bind(signed(said.job_id))
    .bind(&said.title)
    .bind(&said.location)
    .execute(&mut *tx)
    .await?;
    let Some(description) = &said.description else {
        return Ok(());
    };
    // Late and doubled deliveries change nothing, and a draft takes nothing from a post that is live.
    sqlx::query(
        "INSERT INTO greenhouse_description (company_id, job_id, post_id, live, html, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (company_id, job_id) DO UPDATE SET post_id = excluded.post_id,
             live = excluded.live, html = excluded.html, changed_at = excluded.changed_at
         WHERE excluded.changed_at >= greenhouse_description.changed_at
           AND (excluded.live OR NOT greenhouse_description.live
                OR excluded.post_id = greenhouse_description.post_id)",
    )
    .bind(company)
    .bind(signed(said.job_id))
    .bind(signed(description.post_id))
    .bind(description.live)
    .bind(sanitized(&description.html))
    .bind(signed(description.changed_at.unwrap_or(now)))
    .execute(tx)
    .await?;
    Ok(())
}

/// Both sides' descriptions of a job on Jopwell that is linked to a job of which one was told.
pub async fn description(
    db: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
) -> Result<Option<StoredDescription>> {
    let row = sqlx::query(
        "SELECT d.html, d.changed_at, d.live, o.html AS shown, o.seen_at, o.taken, o.agreed
         FROM jopwell_job j
         JOIN greenhouse_description d ON d.company_id = j.company_id AND d.job_id = j.job_id
         LEFT JOIN jopwell_description o ON o.company_id = j.company_id AND o.jopwell_id = j.jopwell_id
         WHERE j.company_id = $1 AND j.jopwell_id = $2",
    )
    .bind(company)
    .bind(jopwell_id)
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(StoredDescription {
            html: row.try_get("html")?,
            changed_at: unsigned(row.try_get("changed_at")?, "changed_at")?,
            live: row.try_get("live")?,
            shown: row.try_get("shown")?,
            seen_at: optional_unsigned(&row, "seen_at")?,
            taken: row.try_get("taken")?,
            agreed: row.try_get("agreed")?,
        })
    })
    .transpose()
}

/// A linked job's page was looked at. Who is not linked is not kept.
pub async fn see_page(
    tx: &mut Connection,
    company: CompanyId,
    job: &JopwellJob,
    page: &SeenJob<'_>,
    now: Millis,
) -> Result<JobSaves> {
    lock_company(tx, company).await?;
    let link = links(tx, company, Some(&job.id)).await?.pop();
    if link.is_none_or(|link| link.job.is_none()) {
        return Ok(JobSaves::default());
    }
    see(tx, company, job, now).await?;
    let is_old = match page.shown {
        Some(shown) => see_description(tx, company, &job.id, shown, now).await?,
        None => false,
    };
    job_saves::plan(tx, company, &job.id, page, is_old, now).await
}

/// Keeps what the page says; returns whether it says what stood there before, and nothing is kept.
async fn see_description(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
    shown: &str,
    now: Millis,
) -> Result<bool> {
    let before = sqlx::query(
        "SELECT html, seen_at, former, former_until FROM jopwell_description
         WHERE company_id = $1 AND jopwell_id = $2",
    )
    .bind(company)
    .bind(jopwell_id)
    .fetch_optional(&mut *tx)
    .await?;
    let mut is_new = false;
    if let Some(before) = before
        && unsigned(before.try_get("seen_at")?, "seen_at")? > 0
        && !same(before.try_get("html")?, shown)
    {
        let former: Option<&str> = before.try_get("former")?;
        let until = optional_unsigned(&before, "former_until")?;
        if former.is_some_and(|former| same(former, shown))
            && until.is_some_and(|until| now < until + TOLD_FOR)
        {
            return Ok(true);
        }
        is_new = true;
    }
    sqlx::query(
        "INSERT INTO jopwell_description (company_id, jopwell_id, html, seen_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (company_id, jopwell_id) DO UPDATE SET html = excluded.html,
             seen_at = excluded.seen_at,
             former = CASE WHEN $5 THEN jopwell_description.html ELSE jopwell_description.former END,
             former_until = CASE WHEN $5 THEN $4 ELSE jopwell_description.former_until END",
    )
    .bind(company)
    .bind(jopwell_id)
    .bind(shown)
    .bind(signed(now))
    .bind(is_new)
    .execute(&mut *tx)
    .await?;
    // Jopwell says the same now, whoever wrote it there.
    if let Some(StoredDescription {
        html, changed_at, ..
    }) = description(tx, company, jopwell_id).await?
        && same(shown, &html)
    {
        take(tx, company, jopwell_id, changed_at, now).await?;
        sqlx::query(
            "UPDATE jopwell_description SET agreed = html WHERE company_id = $1 AND jopwell_id = $2",
        )
        .bind(company)
        .bind(jopwell_id)
        .execute(&mut *tx)
        .await?;
    }
    Ok(false)
}

/// Greenhouse's description of this moment needs to be told no more; false where there is another.
pub async fn take(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
    changed_at: Millis,
    now: Millis,
) -> Result<bool> {
    lock_company(tx, company).await?;
    let rows = sqlx::query(
        "INSERT INTO jopwell_description (company_id, jopwell_id, html, seen_at, taken, taken_at)
         SELECT j.company_id, j.jopwell_id, '', 0, d.html, $4
         FROM jopwell_job j
         JOIN greenhouse_description d ON d.company_id = j.company_id AND d.job_id = j.job_id
         WHERE j.company_id = $1 AND j.jopwell_id = $2 AND d.changed_at = $3
         ON CONFLICT (company_id, jopwell_id) DO UPDATE SET taken = excluded.taken,
             taken_at = CASE WHEN jopwell_description.taken = excluded.taken
                 THEN jopwell_description.taken_at ELSE excluded.taken_at END",
    )
    .bind(company)
    .bind(jopwell_id)
    .bind(signed(changed_at))
    .bind(signed(now))
    .execute(tx)
    .await?
    .rows_affected();
    Ok(rows > 0)
}

/// Jobs of Greenhouse's as they stand, with what they are on Jopwell.
pub async fn changed(
    db: &mut Connection,
    company: CompanyId,
    ids: &[u64],
) -> Result<Vec<ChangedJob>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query(concat!(
        "SELECT ",
        job_columns!(),
        ", d.changed_at FROM greenhouse_job g
         LEFT JOIN greenhouse_description d ON d.company_id = g.company_id AND d.job_id = g.job_id
         WHERE g.company_id = $1 AND g.job_id IN (SELECT CAST(w.value AS BIGINT) FROM ",
        json_numbers!("$2"),
        " w) ORDER BY g.job_id"
    ))
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
    sqlx::query(
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
    let rows = sqlx::query(concat!(
        "SELECT j.jopwell_id, j.title AS on_jopwell, j.location AS place, j.requisition AS number,
             j.linked_at, j.applications,
             (SELECT count(*) FROM held h JOIN send s ON s.id = h.send_id
              WHERE h.company_id = j.company_id AND s.jopwell_id = j.jopwell_id) AS held, ",
        job_columns!(),
        "FROM jopwell_job j
         LEFT JOIN greenhouse_job g ON g.company_id = j.company_id AND g.job_id = j.job_id
         WHERE j.company_id = $1 AND ($2 IS NULL OR j.jopwell_id = $2)
         ORDER BY j.job_id IS NOT NULL, j.title, j.jopwell_id"
    ))
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
                job: match row.try_get::<Option<i64>, _>("job_id")? {
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

/// Links, or links anew. `None` where the company knows no such Greenhouse job.
pub async fn link(
    tx: &mut Connection,
    company: CompanyId,
    job: &JopwellJob,
    job_id: u64,
    applications: Option<ApplicationsSwitch>,
    who: &str,
    now: Millis,
) -> Result<Option<StoredLink>> {
    lock_company(tx, company).await?;
    let known: Option<i64> = sqlx::query_scalar(
        "SELECT job_id FROM greenhouse_job WHERE company_id = $1 AND job_id = $2",
    )
    .bind(company)
    .bind(signed(job_id))
    .fetch_optional(&mut *tx)
    .await?;
    if known.is_none() {
        return Ok(None);
    }
    see(tx, company, job, now).await?;
    let before = links(tx, company, Some(&job.id)).await?.pop();
    let was = before.and_then(|before| Some((before.job?.id, before.applications)));
    let applications = applications
        .or(was.map(|(_, switch)| switch))
        .unwrap_or_default();
    let mut done = Vec::new();
    if was.is_none_or(|(id, _)| id != job_id) {
        done.push("job_linked");
    }
    if was.map(|(_, switch)| switch).unwrap_or_default() != applications {
        done.push(match applications {
            ApplicationsSwitch::Off => "applications_off",
            ApplicationsSwitch::On => "applications_on",
            ApplicationsSwitch::Paused => "applications_paused",
        });
    }
    for action in done {
        note(tx, Some(company), who, action, Some(&job.id), now).await?;
    }
    // In which text it was in step with another job says nothing of this one.
    if was.is_some_and(|(id, _)| id != job_id) {
        job_saves::disagree(tx, company, &job.id).await?;
    }
    sqlx::query(
        "UPDATE jopwell_job SET linked_at = CASE WHEN job_id = $3 THEN linked_at ELSE $5 END,
             job_id = $3, applications = $4
         WHERE company_id = $1 AND jopwell_id = $2",
    )
    .bind(company)
    .bind(&job.id)
    .bind(signed(job_id))
    .bind(applications.as_str())
    .bind(signed(now))
    .execute(&mut *tx)
    .await?;
    Ok(links(tx, company, Some(&job.id)).await?.pop())
}

/// Takes a link away; false where there was none.
pub async fn unlink(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
    who: &str,
    now: Millis,
) -> Result<bool> {
    lock_company(tx, company).await?;
    let rows = sqlx::query(
        "UPDATE jopwell_job SET job_id = NULL, linked_at = NULL, applications = 'off'
         WHERE company_id = $1 AND jopwell_id = $2 AND job_id IS NOT NULL",
    )
    .bind(company)
    .bind(jopwell_id)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if rows > 0 {
        job_saves::disagree(tx, company, jopwell_id).await?;
        note(
            tx,
            Some(company),
            who,
            "job_unlinked",
            Some(jopwell_id),
            now,
        )
        .await?;
    }
    Ok(rows > 0)
}

/// A job was seen on Jopwell: it is called so now. What is not told stays.
pub async fn see(
    tx: &mut Connection,
    company: CompanyId,
    job: &JopwellJob,
    now: Millis,
) -> Result<()> {
    sqlx::query(
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

fn job_of(row: &Row) -> Result<Job> {
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

pub fn switch_of(name: &str) -> Result<ApplicationsSwitch> {
    (ApplicationsSwitch::ALL.into_iter())
        .find(|known| known.as_str() == name)
        .ok_or(StoreError::Corrupt("applications"))
}

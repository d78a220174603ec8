//! Web hooks and what they say of candidates.
//!
//! Whatever order they come in, the same rows are left: an application's row is the greatest saying
//! by (Greenhouse's time, rank, digest), deletions and merges are remembered and hold for what comes
//! late. A company's web hooks are applied one after the other, under [`super::super::lock_company`].

use super::{
    super::{Connection, Row, ThisStore, lock_company},
    admin::note,
    applications, in_greenhouse, jobs, optional_unsigned, polls, signed, to_json, unsigned,
};
use crate::{
    delivery::profile_link::{self, APP, profile_url},
    polling::plan::AFTER_A_HOOK,
    store::{
        CompanyId, HookCount, HookEffect, ReceivedHook, Result, SendId, StoreError, StoredHook,
        StoredSecret,
    },
};
use atsi_greenhouse::webhook::{Event, Snapshot};
use atsi_protocol::{
    ApplicationStatus, CandidateStatus, InGreenhouse, JobState, Millis, Problem, ProblemCode,
};
use sqlx::Row as _;
use std::collections::HashMap;
use url::Url;

/// How far Greenhouse's clock and ours may be apart. A candidate made longer before the request left
/// is not the one it made.
const CLOCKS_APART_MS: u64 = 10 * 60 * 1000;
/// A read of the status tells nothing of what happened in Greenhouse this long before it, for the
/// same reason: the web hook about it may say it better.
const READ_MARGIN_MS: u64 = 30 * 1000;

impl ThisStore {
    pub(super) async fn find_hook(
        &self,
        column: HookBy<'_>,
        now: Millis,
    ) -> Result<Option<StoredHook>> {
        let mut db = self.read().await?;
        find(&mut db, column, now).await
    }

    pub(super) async fn put_hook_secret(
        &self,
        company: CompanyId,
        public_id: &str,
        sealed: &[u8],
        others_until: Millis,
        who: &str,
        now: Millis,
    ) -> Result<StoredHook> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        sqlx::query(
            "INSERT INTO hook (company_id, public_id, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (company_id) DO NOTHING",
        )
        .bind(company)
        .bind(public_id)
        .bind(signed(now))
        .execute(&mut *tx)
        .await?;
        sqlx::query(
            "UPDATE hook_secret SET valid_until = $2
             WHERE company_id = $1 AND (valid_until IS NULL OR valid_until > $2)",
        )
        .bind(company)
        .bind(signed(others_until))
        .execute(&mut *tx)
        .await?;
        sqlx::query("DELETE FROM hook_secret WHERE company_id = $1 AND valid_until <= $2")
            .bind(company)
            .bind(signed(now))
            .execute(&mut *tx)
            .await?;
        note(&mut tx, Some(company), who, "hook_secret_made", None, now).await?;
        sqlx::query(
            "INSERT INTO hook_secret (company_id, sealed_secret, created_at) VALUES ($1, $2, $3)",
        )
        .bind(company)
        .bind(sealed)
        .bind(signed(now))
        .execute(&mut *tx)
        .await?;
        let stored = find(&mut tx, HookBy::Company(company), now).await?;
        tx.commit().await?;
        stored.ok_or(StoreError::Corrupt("hook"))
    }

    pub(super) async fn apply_hook(
        &self,
        company: CompanyId,
        received: &ReceivedHook,
        now: Millis,
    ) -> Result<HookEffect> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        // Erased while the hook was on its way.
        if find(&mut tx, HookBy::Company(company), now)
            .await?
            .is_none()
        {
            return Ok(HookEffect::default());
        }
        let new = sqlx::query(
            "INSERT INTO hook_event (company_id, action, event_id, digest, received_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(company)
        .bind(&received.action)
        .bind(&received.event_id)
        .bind(received.digest.as_slice())
        .bind(signed(now))
        .execute(&mut *tx)
        .await?
        .rows_affected();
        count(&mut tx, company, "received", &received.action, now).await?;
        let is_new = new > 0 || is_said_again(&mut tx, company, received, now).await?;
        let mut effect = HookEffect {
            duplicate: !is_new,
            settled: 0,
        };
        if !effect.duplicate {
            effect.settled = apply(&mut tx, company, received, now).await?;
        }
        tx.commit().await?;
        Ok(effect)
    }

    pub(super) async fn count_refusal(
        &self,
        company: CompanyId,
        reason: &str,
        now: Millis,
    ) -> Result<()> {
        let mut db = self.direct().await?;
        count(&mut db, company, "refused", reason, now).await
    }

    pub(super) async fn counts(&self, company: CompanyId) -> Result<Vec<HookCount>> {
        let rows = sqlx::query(
            "SELECT kind, name, count, last_at FROM hook_count WHERE company_id = $1 ORDER BY kind, name",
        )
        .bind(company)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(HookCount {
                    refused: row.try_get::<&str, _>("kind")? == "refused",
                    name: row.try_get("name")?,
                    count: unsigned(row.try_get("count")?, "count")?,
                    last_at: unsigned(row.try_get("last_at")?, "last_at")?,
                })
            })
            .collect()
    }
}

/// What Greenhouse says of a job has no time in it, so a job that is opened again is told with the very
/// words of before: another event with the same body is none that came twice.
async fn is_said_again(
    db: &mut Connection,
    company: CompanyId,
    received: &ReceivedHook,
    now: Millis,
) -> Result<bool> {
    let is_of_a_job = matches!(
        received.event,
        Event::Job(_) | Event::JobDeleted { .. } | Event::Post(_)
    );
    if !is_of_a_job || received.event_id.is_none() {
        return Ok(false);
    }
    let rows = sqlx::query(
        "UPDATE hook_event SET event_id = $3, received_at = $5
         WHERE company_id = $1 AND digest = $4 AND NOT EXISTS (
             SELECT 1 FROM hook_event e
             WHERE e.company_id = $1 AND e.action = $2 AND e.event_id = $3)",
    )
    .bind(company)
    .bind(&received.action)
    .bind(&received.event_id)
    .bind(received.digest.as_slice())
    .bind(signed(now))
    .execute(db)
    .await?
    .rows_affected();
    Ok(rows > 0)
}

pub enum HookBy<'a> {
    PublicId(&'a str),
    Company(CompanyId),
}

async fn find(db: &mut Connection, column: HookBy<'_>, now: Millis) -> Result<Option<StoredHook>> {
    const ALL: &str = "SELECT company_id, public_id FROM hook WHERE company_id = $1";
    const BY_ID: &str = "SELECT company_id, public_id FROM hook WHERE public_id = $1";
    let hook = match column {
        HookBy::Company(company) => {
            sqlx::query(ALL)
                .bind(company)
                .fetch_optional(&mut *db)
                .await?
        }
        HookBy::PublicId(id) => sqlx::query(BY_ID).bind(id).fetch_optional(&mut *db).await?,
    };
    let Some(hook) = hook else { return Ok(None) };
    let company: CompanyId = hook.try_get("company_id")?;
    let rows = sqlx::query(
        "SELECT sealed_secret, created_at, valid_until FROM hook_secret
         WHERE company_id = $1 AND (valid_until IS NULL OR valid_until > $2) ORDER BY id DESC",
    )
    .bind(company)
    .bind(signed(now))
    .fetch_all(db)
    .await?;
    let secrets = rows.iter().map(|row| {
        Ok(StoredSecret {
            sealed: row.try_get("sealed_secret")?,
            created_at: unsigned(row.try_get("created_at")?, "created_at")?,
            valid_until: optional_unsigned(row, "valid_until")?,
        })
    });
    Ok(Some(StoredHook {
        company,
        public_id: hook.try_get("public_id")?,
        secrets: secrets.collect::<Result<_>>()?,
    }))
}

async fn count(
    db: &mut Connection,
    company: CompanyId,
    kind: &str,
    name: &str,
    now: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO hook_count (company_id, kind, name, count, last_at) VALUES ($1, $2, $3, 1, $4)
         ON CONFLICT (company_id, kind, name) DO UPDATE SET
             count = hook_count.count + 1, last_at = excluded.last_at",
    )
    .bind(company)
    .bind(kind)
    .bind(name)
    .bind(signed(now))
    .execute(db)
    .await?;
    Ok(())
}

/// Returns how many sends it settled.
async fn apply(
    db: &mut Connection,
    company: CompanyId,
    received: &ReceivedHook,
    now: Millis,
) -> Result<u64> {
    match &received.event {
        Event::Nothing => Ok(0),
        Event::Job(said) => {
            jobs::heard(db, company, said, now).await?;
            applications::job_changed(db, company, signed(said.job_id), now).await?;
            Ok(0)
        }
        Event::JobDeleted { job_id } => {
            let job = signed(*job_id);
            jobs::set_state(db, company, job, JobState::Deleted, now).await?;
            applications::job_changed(db, company, job, now).await?;
            Ok(0)
        }
        Event::Post(said) => {
            jobs::heard_of_post(db, company, said, now).await?;
            Ok(0)
        }
        Event::Application(snapshot) => {
            let settled = settle_by_external_id(db, company, snapshot, now).await?;
            put_snapshot(db, company, snapshot, &received.digest, now).await?;
            if !snapshot.is_prospect {
                let candidate = signed(snapshot.candidate.candidate_id);
                let there = InGreenhouse {
                    candidate_id: unsigned(current(db, company, candidate).await?, "into_id")?,
                    application_id: Some(snapshot.application_id),
                    profile_url: profile_page(snapshot),
                };
                applications::converted(db, company, &there, &snapshot.job_ids, now).await?;
            }
            Ok(settled)
        }
        Event::ApplicationDeleted { application_id } => {
            let application = signed(*application_id);
            remember_gone(db, company, "application", application, now).await?;
            sqlx::query("DELETE FROM application WHERE company_id = $1 AND application_id = $2")
                .bind(company)
                .bind(application)
                .execute(db)
                .await?;
            Ok(0)
        }
        Event::Merged { candidate_id, into } => {
            merge(db, company, signed(*candidate_id), signed(*into), now).await?;
            Ok(0)
        }
        Event::Erased { candidate_id } => {
            let candidate = signed(*candidate_id);
            remember_gone(db, company, "candidate", candidate, now).await?;
            erase(db, company, candidate, now).await?;
            Ok(0)
        }
    }
}

/// Finds the send that made this candidate, where its answer never came or is still on its way.
///
/// An `external_id` alone is no proof, other partners have ids of their own: the candidate must not
/// be older than the request, its application not another send's, and the job the same or no other
/// send of this person there that it could be.
async fn settle_by_external_id(
    db: &mut Connection,
    company: CompanyId,
    application: &Snapshot,
    now: Millis,
) -> Result<u64> {
    let seen = &application.candidate;
    let Some(external_id) = &seen.external_id else {
        return Ok(0);
    };
    let rows = sqlx::query(concat!(
        "SELECT s.id, s.job_id, o.first_dispatched_at,
             (SELECT count(*) FROM send t WHERE t.company_id = s.company_id
                AND t.external_id = s.external_id AND t.state <> 'refused') AS sends
         FROM outbox o JOIN send s ON s.id = o.send_id
         WHERE s.company_id = $1 AND s.external_id = $2 AND o.first_dispatched_at IS NOT NULL ORDER BY s.id",
        for_update_of!("o")
    ))
    .bind(company)
    .bind(external_id)
    .fetch_all(&mut *db)
    .await?;
    let taken: Option<SendId> =
        sqlx::query_scalar("SELECT id FROM send WHERE company_id = $1 AND application_id = $2")
            .bind(company)
            .bind(signed(application.application_id))
            .fetch_optional(&mut *db)
            .await?;
    if taken.is_some() {
        return Ok(0);
    }
    for row in rows {
        let dispatched = optional_unsigned(&row, "first_dispatched_at")?.unwrap_or(Millis::MAX);
        let older = seen
            .created_at
            .is_some_and(|created| created < dispatched.saturating_sub(CLOCKS_APART_MS));
        let job_id = optional_unsigned(&row, "job_id")?;
        let same_job = match job_id {
            Some(job) => application.job_ids.contains(&job),
            None => application.job_ids.is_empty(),
        };
        let only_one = row.try_get::<i64, _>("sends")? == 1;
        if older || !(same_job || only_one) {
            continue;
        }
        let there = InGreenhouse {
            candidate_id: seen.candidate_id,
            application_id: Some(application.application_id),
            profile_url: profile_page(application),
        };
        in_greenhouse(db, company, row.try_get("id")?, &there, now).await?;
        return Ok(1);
    }
    Ok(0)
}

/// The page that Greenhouse names where it is one of its own, else the usual address.
fn profile_page(application: &Snapshot) -> String {
    let candidate_id = application.candidate.candidate_id;
    let named = application
        .url
        .as_deref()
        // Greenhouse's own example has a stray space in it.
        .map(|url| url.replace(' ', ""))
        .and_then(|url| profile_link::parse(&url).ok())
        .filter(|there| there.candidate_id == candidate_id);
    match named {
        Some(there) => there.profile_url,
        None => profile_url(APP, candidate_id, Some(application.application_id)),
    }
}

async fn put_snapshot(
    db: &mut Connection,
    company: CompanyId,
    snapshot: &Snapshot,
    digest: &[u8; 32],
    now: Millis,
) -> Result<()> {
    let candidate = current(db, company, signed(snapshot.candidate.candidate_id)).await?;
    if is_gone(db, company, candidate).await?
        || gone(db, company, "application", signed(snapshot.application_id)).await?
    {
        return Ok(());
    }
    let [a, b, c, d, e, f, g, h, ..] = *digest;
    sqlx::query(UPSERT)
        .bind(company)
        .bind(signed(snapshot.application_id))
        .bind(candidate)
        .bind(&snapshot.job)
        .bind(&snapshot.status)
        .bind(&snapshot.stage)
        .bind(signed(snapshot.as_of.unwrap_or(now)))
        .bind(snapshot.rank)
        .bind(i64::from_be_bytes([a, b, c, d, e, f, g, h]))
        .bind(signed(snapshot.rejected_at.unwrap_or(now)))
        .bind(snapshot.rejected_at.is_some())
        .execute(&mut *db)
        .await?;
    if let Some(pool) = &snapshot.pool {
        // Only some actions tell it: a late one may still be the newest that does.
        sqlx::query(
            "UPDATE application SET pool = $3, pool_order = $4 WHERE company_id = $1 AND application_id = $2
               AND (pool_order, coalesce(pool, '')) < ($4, coalesce($3, ''))",
        )
        .bind(company)
        .bind(signed(snapshot.application_id))
        .bind(pool)
        .bind(signed(snapshot.as_of.unwrap_or(now)).saturating_mul(10) + snapshot.rank)
        .execute(&mut *db)
        .await?;
    }
    polls::told(
        db,
        company,
        candidate,
        now.saturating_add(AFTER_A_HOOK),
        now,
    )
    .await?;
    heard_of(db, company, candidate, now).await
}

/// $11: `since` is Greenhouse's own; else it stays as long as the application stands so.
const UPSERT: &str = "INSERT INTO application
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

/// There is a status to show, as new as this web hook.
async fn heard_of(
    db: &mut Connection,
    company: CompanyId,
    candidate: i64,
    at: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO status (company_id, candidate_id, readable, read_at, route)
         VALUES ($1, $2, TRUE, $3, 'web_hook')
         ON CONFLICT (company_id, candidate_id) DO UPDATE SET
             read_at = excluded.read_at, route = excluded.route
         WHERE status.read_at < excluded.read_at",
    )
    .bind(company)
    .bind(candidate)
    .bind(signed(at))
    .execute(db)
    .await?;
    Ok(())
}

/// What a read of the candidate says: all applications there are, as of shortly before the read.
pub async fn put_read(
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
    sqlx::query(concat!(
        "DELETE FROM application WHERE company_id = $1 AND candidate_id = $2 AND as_of <= $3
           AND application_id NOT IN (SELECT CAST(w.value AS BIGINT) FROM ",
        json_numbers!("$4"),
        " w)"
    ))
    .bind(company)
    .bind(candidate)
    .bind(as_of)
    .bind(to_json(&ids)?)
    .execute(&mut *db)
    .await?;
    for application in &status.applications {
        if gone(
            db,
            company,
            "application",
            signed(application.application_id),
        )
        .await?
        {
            continue;
        }
        sqlx::query(UPSERT)
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

/// The applications of candidates, by candidate.
pub async fn applications_of(
    db: &mut Connection,
    company: CompanyId,
    candidates: &[i64],
) -> Result<HashMap<u64, Vec<ApplicationStatus>>> {
    let rows = sqlx::query(concat!(
        "SELECT a.candidate_id, a.application_id, a.job, a.status, a.stage, a.pool, a.since FROM application a
         WHERE a.company_id = $1 AND a.candidate_id IN (SELECT CAST(w.value AS BIGINT) FROM ",
        json_numbers!("$2"),
        " w)
         ORDER BY a.candidate_id, a.application_id"
    ))
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

fn application_of(row: &Row) -> Result<ApplicationStatus> {
    Ok(ApplicationStatus {
        application_id: unsigned(row.try_get("application_id")?, "application_id")?,
        job: row.try_get("job")?,
        status: row.try_get("status")?,
        stage: row.try_get("stage")?,
        pool: row.try_get("pool")?,
        since: optional_unsigned(row, "since")?,
    })
}

async fn remember_gone(
    db: &mut Connection,
    company: CompanyId,
    kind: &str,
    id: i64,
    now: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO gone (company_id, kind, id, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (company_id, kind, id) DO NOTHING",
    )
    .bind(company)
    .bind(kind)
    .bind(id)
    .bind(signed(now))
    .execute(db)
    .await?;
    Ok(())
}

async fn gone(db: &mut Connection, company: CompanyId, kind: &str, id: i64) -> Result<bool> {
    let found: Option<i64> =
        sqlx::query_scalar("SELECT id FROM gone WHERE company_id = $1 AND kind = $2 AND id = $3")
            .bind(company)
            .bind(kind)
            .bind(id)
            .fetch_optional(db)
            .await?;
    Ok(found.is_some())
}

pub async fn is_gone(db: &mut Connection, company: CompanyId, candidate: i64) -> Result<bool> {
    gone(db, company, "candidate", candidate).await
}

/// The candidate that this one is now, after all merges that we know of.
pub async fn current(db: &mut Connection, company: CompanyId, candidate: i64) -> Result<i64> {
    let into: Option<i64> = sqlx::query_scalar(
        "SELECT into_id FROM merged WHERE company_id = $1 AND candidate_id = $2",
    )
    .bind(company)
    .bind(candidate)
    .fetch_optional(db)
    .await?;
    Ok(into.unwrap_or(candidate))
}

async fn merge(
    db: &mut Connection,
    company: CompanyId,
    from: i64,
    into: i64,
    now: Millis,
) -> Result<()> {
    let into = current(db, company, into).await?;
    if into == from {
        // Greenhouse cannot have said both; whichever came first holds.
        return Ok(());
    }
    sqlx::query("UPDATE merged SET into_id = $3 WHERE company_id = $1 AND into_id = $2")
        .bind(company)
        .bind(from)
        .bind(into)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "INSERT INTO merged (company_id, candidate_id, into_id, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (company_id, candidate_id) DO UPDATE SET into_id = excluded.into_id",
    )
    .bind(company)
    .bind(from)
    .bind(into)
    .bind(signed(now))
    .execute(&mut *db)
    .await?;
    let sends = sqlx::query(
        "SELECT id, application_id, profile_url FROM send WHERE company_id = $1 AND candidate_id = $2",
    )
    .bind(company)
    .bind(from)
    .fetch_all(&mut *db)
    .await?;
    for row in &sends {
        let url = moved(
            row.try_get("profile_url")?,
            into,
            optional_unsigned(row, "application_id")?,
        );
        sqlx::query(
            "UPDATE send SET candidate_id = $2, profile_url = $3, merged = TRUE WHERE id = $1",
        )
        .bind(row.try_get::<SendId, _>("id")?)
        .bind(into)
        .bind(url)
        .execute(&mut *db)
        .await?;
    }
    sqlx::query(
        "UPDATE application SET candidate_id = $3 WHERE company_id = $1 AND candidate_id = $2",
    )
    .bind(company)
    .bind(from)
    .bind(into)
    .execute(&mut *db)
    .await?;
    sqlx::query("DELETE FROM status WHERE company_id = $1 AND candidate_id = $2")
        .bind(company)
        .bind(from)
        .execute(&mut *db)
        .await?;
    polls::forget(db, company, from).await?;
    if is_gone(db, company, into).await? {
        erase(db, company, into, now).await
    } else {
        if !sends.is_empty() {
            polls::came(db, company, into, now).await?;
        }
        // As old as can be, so that the next look-up reads it from Greenhouse.
        heard_of(db, company, into, 0).await
    }
}

/// The page of a candidate after a merge, on the host it was on.
pub fn moved(page: &str, into: i64, application_id: Option<u64>) -> String {
    let origin =
        Url::parse(page).map_or_else(|_| APP.to_owned(), |url| url.origin().ascii_serialization());
    profile_url(&origin, into.unsigned_abs(), application_id)
}

async fn erase(db: &mut Connection, company: CompanyId, candidate: i64, now: Millis) -> Result<()> {
    for table in [
        "DELETE FROM application WHERE company_id = $1 AND candidate_id = $2",
        "DELETE FROM status WHERE company_id = $1 AND candidate_id = $2",
    ] {
        sqlx::query(table)
            .bind(company)
            .bind(candidate)
            .execute(&mut *db)
            .await?;
    }
    erase_sends(db, company, candidate, now).await
}

/// The idempotency keys stay, so that a late repetition does not make the person anew; who they
/// were for does not.
pub async fn erase_sends(
    db: &mut Connection,
    company: CompanyId,
    candidate: i64,
    now: Millis,
) -> Result<()> {
    polls::forget(db, company, candidate).await?;
    sqlx::query(
        "DELETE FROM tracker_row WHERE company_id = $1 AND external_id IN
             (SELECT external_id FROM send WHERE company_id = $1 AND candidate_id = $2)",
    )
    .bind(company)
    .bind(candidate)
    .execute(&mut *db)
    .await?;
    let problem = to_json(&Problem::new(ProblemCode::CandidateErased))?;
    // Nothing of it leaves from here on.
    sqlx::query(concat!(
        "SELECT o.send_id FROM outbox o JOIN send w ON w.id = o.send_id
         WHERE o.company_id = $1 AND o.dispatched_at IS NULL AND w.external_id IN
             (SELECT external_id FROM send WHERE company_id = $1 AND candidate_id = $2)
         ORDER BY o.send_id",
        for_update_of!("o")
    ))
    .bind(company)
    .bind(candidate)
    .fetch_all(&mut *db)
    .await?;
    // What waits of the same person goes too, and what was refused; not what left, and may be somebody there.
    sqlx::query(
        "UPDATE send SET external_id = '', sent_by = NULL, state = 'refused', problem = $3, settled_at = $4
         WHERE company_id = $1 AND candidate_id IS NULL AND external_id <> '' AND external_id IN
             (SELECT external_id FROM send WHERE company_id = $1 AND candidate_id = $2)
           AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.send_id = send.id AND o.dispatched_at IS NOT NULL)",
    )
    .bind(company)
    .bind(candidate)
    .bind(&problem)
    .bind(signed(now))
    .execute(&mut *db)
    .await?;
    for delete in [
        "DELETE FROM held WHERE company_id = $1
           AND EXISTS (SELECT 1 FROM send s WHERE s.id = held.send_id AND s.state = 'refused')",
        "DELETE FROM outbox WHERE company_id = $1
           AND EXISTS (SELECT 1 FROM send s WHERE s.id = outbox.send_id AND s.state = 'refused')",
    ] {
        sqlx::query(delete).bind(company).execute(&mut *db).await?;
    }
    for delete in [
        "DELETE FROM claim WHERE send_id IN
             (SELECT id FROM send WHERE company_id = $1 AND (candidate_id = $2 OR external_id = ''))",
        "DELETE FROM application_claim WHERE send_id IN
             (SELECT id FROM send WHERE company_id = $1 AND (candidate_id = $2 OR external_id = ''))",
        "DELETE FROM resume WHERE send_id IN
             (SELECT id FROM send WHERE company_id = $1 AND (candidate_id = $2 OR external_id = ''))",
    ] {
        sqlx::query(delete)
            .bind(company)
            .bind(candidate)
            .execute(&mut *db)
            .await?;
    }
    sqlx::query(
        "UPDATE send SET external_id = '', sent_by = NULL, state = 'refused', problem = $3, settled_at = $4,
             candidate_id = NULL, application_id = NULL, profile_url = NULL
         WHERE company_id = $1 AND candidate_id = $2",
    )
    .bind(company)
    .bind(candidate)
    .bind(problem)
    .bind(signed(now))
    .execute(db)
    .await?;
    Ok(())
}

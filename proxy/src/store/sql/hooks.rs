//! Web hooks, and what they report about candidates and jobs.
//!
//! The rows are the same whatever order web hooks arrive in: an application's row is the latest report by
//! (Greenhouse's time, rank, digest), and deletions and merges hold for web hooks that arrive late. A company's
//! web hooks are applied one after the other, under its lock.

use super::{
    SqlStore,
    locks::lock_company,
    query::{Connection, query, query_for, scalar},
    tables::{
        applications, audit, greenhouse_applications, jobs, outcomes, people, polls, secrets,
        statuses, tombstones,
    },
    values::{optional_unsigned, signed, unsigned},
};
use crate::{
    delivery::profile_link::{self, APP, profile_url},
    hooks::{Event, Snapshot},
    polling::plan::AFTER_A_HOOK,
    store::{
        CompanyId, HookCount, HookEffect, HookStore, ReceivedHook, Result, SendId, StoreError,
        StoredHook,
    },
};
use atsi_protocol::{InGreenhouse, JobState, Millis};

#[async_trait::async_trait]
impl HookStore for SqlStore {
    async fn hook_by_public_id(&self, public_id: &str, now: Millis) -> Result<Option<StoredHook>> {
        find(&mut self.read().await?, HookBy::PublicId(public_id), now).await
    }

    async fn hook_of(&self, company: CompanyId, now: Millis) -> Result<Option<StoredHook>> {
        find(&mut self.read().await?, HookBy::Company(company), now).await
    }

    async fn add_hook_secret(
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
        query(
            "INSERT INTO hook (company_id, public_id, created_at) VALUES ($1, $2, $3)
             ON CONFLICT (company_id) DO NOTHING",
        )
        .bind(company)
        .bind(public_id)
        .bind(signed(now))
        .execute(&mut tx)
        .await?;
        query(
            "UPDATE hook_secret SET valid_until = $2
             WHERE company_id = $1 AND (valid_until IS NULL OR valid_until > $2)",
        )
        .bind(company)
        .bind(signed(others_until))
        .execute(&mut tx)
        .await?;
        query("DELETE FROM hook_secret WHERE company_id = $1 AND valid_until <= $2")
            .bind(company)
            .bind(signed(now))
            .execute(&mut tx)
            .await?;
        audit::record_audit(&mut tx, Some(company), who, "hook_secret_made", None, now).await?;
        query(
            "INSERT INTO hook_secret (company_id, sealed_secret, created_at) VALUES ($1, $2, $3)",
        )
        .bind(company)
        .bind(sealed)
        .bind(signed(now))
        .execute(&mut tx)
        .await?;
        let stored = find(&mut tx, HookBy::Company(company), now).await?;
        tx.commit().await?;
        stored.ok_or(StoreError::Corrupt("hook"))
    }

    async fn receive_hook(
        &self,
        company: CompanyId,
        received: &ReceivedHook,
        now: Millis,
    ) -> Result<HookEffect> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        // The company was erased while the web hook was on its way.
        if find(&mut tx, HookBy::Company(company), now)
            .await?
            .is_none()
        {
            return Ok(HookEffect::default());
        }
        let new = query(
            "INSERT INTO hook_event (company_id, action, event_id, digest, received_at)
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        )
        .bind(company)
        .bind(&received.action)
        .bind(&received.event_id)
        .bind(received.digest.as_slice())
        .bind(signed(now))
        .execute(&mut tx)
        .await?;
        count(&mut tx, company, "received", &received.action, now).await?;
        let is_new = new > 0 || is_repeated_state(&mut tx, company, received, now).await?;
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

    async fn count_refused_hook(
        &self,
        company: CompanyId,
        reason: &str,
        now: Millis,
    ) -> Result<()> {
        let mut db = self.direct().await?;
        count(&mut db, company, "refused", reason, now).await
    }

    async fn hook_counts(&self, company: CompanyId) -> Result<Vec<HookCount>> {
        let rows = query(
            "SELECT kind, name, count, last_at FROM hook_count WHERE company_id = $1 ORDER BY kind, name",
        )
        .bind(company)
        .fetch_all(&mut self.read().await?)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(HookCount {
                    refused: row.try_get::<&str>("kind")? == "refused",
                    name: row.try_get("name")?,
                    count: unsigned(row.try_get("count")?, "count")?,
                    last_at: unsigned(row.try_get("last_at")?, "last_at")?,
                })
            })
            .collect()
    }
}

/// How far Greenhouse's clock and ours may differ. A candidate that was created longer than this before the
/// request left was not created by it.
const CLOCKS_APART_MS: u64 = 10 * 60 * 1000;

/// Returns whether a web hook reports an earlier state of a job again. Web hooks about jobs have no time, so a
/// reopened job has the same body as before: another event with that body is not a duplicate.
async fn is_repeated_state(
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
    let rows = query(
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
    .await?;
    Ok(rows > 0)
}

enum HookBy<'a> {
    PublicId(&'a str),
    Company(CompanyId),
}

async fn find(db: &mut Connection, column: HookBy<'_>, now: Millis) -> Result<Option<StoredHook>> {
    const SECRETS: &str = "SELECT sealed_secret, created_at, valid_until FROM hook_secret
         WHERE company_id = $1 AND (valid_until IS NULL OR valid_until > $2) ORDER BY id DESC";
    const BY_COMPANY: &str = "SELECT company_id, public_id FROM hook WHERE company_id = $1";
    const BY_ID: &str = "SELECT company_id, public_id FROM hook WHERE public_id = $1";
    let hook = match column {
        HookBy::Company(company) => {
            query(BY_COMPANY)
                .bind(company)
                .fetch_optional(&mut *db)
                .await?
        }
        HookBy::PublicId(id) => query(BY_ID).bind(id).fetch_optional(&mut *db).await?,
    };
    let Some(hook) = hook else { return Ok(None) };
    let company: CompanyId = hook.try_get("company_id")?;
    Ok(Some(StoredHook {
        company,
        public_id: hook.try_get("public_id")?,
        secrets: secrets::valid(db, SECRETS, company, now).await?,
    }))
}

async fn count(
    db: &mut Connection,
    company: CompanyId,
    kind: &str,
    name: &str,
    now: Millis,
) -> Result<()> {
    query(
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
        Event::Job(job) => {
            jobs::record_job(db, company, job, now).await?;
            applications::reconsider_job(db, company, signed(job.job_id), now).await?;
            Ok(0)
        }
        Event::JobDeleted { job_id } => {
            let job = signed(*job_id);
            jobs::set_state(db, company, job, JobState::Deleted, now).await?;
            applications::reconsider_job(db, company, job, now).await?;
            Ok(0)
        }
        Event::Post(post) => {
            jobs::record_post(db, company, post, now).await?;
            Ok(0)
        }
        Event::Application(snapshot) => {
            let settled = settle_by_external_id(db, company, snapshot, now).await?;
            put_snapshot(db, company, snapshot, &received.digest, now).await?;
            if !snapshot.is_prospect {
                let candidate = signed(snapshot.candidate.candidate_id);
                let there = InGreenhouse {
                    candidate_id: unsigned(
                        tombstones::current_id(db, company, candidate).await?,
                        "into_id",
                    )?,
                    application_id: Some(snapshot.application_id),
                    profile_url: profile_page(snapshot),
                };
                applications::settle_converted(db, company, &there, &snapshot.job_ids, now).await?;
            }
            Ok(settled)
        }
        Event::ApplicationDeleted { application_id } => {
            let application = signed(*application_id);
            tombstones::remember_gone(db, company, "application", application, now).await?;
            query("DELETE FROM application WHERE company_id = $1 AND application_id = $2")
                .bind(company)
                .bind(application)
                .execute(db)
                .await?;
            Ok(0)
        }
        Event::Merged { candidate_id, into } => {
            people::merge(db, company, signed(*candidate_id), signed(*into), now).await?;
            Ok(0)
        }
        Event::Erased { candidate_id } => {
            let candidate = signed(*candidate_id);
            tombstones::remember_gone(db, company, "candidate", candidate, now).await?;
            people::erase(db, company, candidate, now).await?;
            Ok(0)
        }
    }
}

/// Settles the send that created this candidate, where its answer never arrived or is still on its way.
///
/// An `external_id` alone proves nothing, because other partners have ids of their own. The candidate must
/// not be older than the request, its application must belong to no other send, and the job must be the
/// same unless this is the person's only send.
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
    let rows = query_for(|sql| {
        format!(
            "SELECT s.id, s.job_id, o.first_dispatched_at,
                 (SELECT count(*) FROM send t WHERE t.company_id = s.company_id
                    AND t.external_id = s.external_id AND t.state <> 'refused') AS sends
             FROM outbox o JOIN send s ON s.id = o.send_id
             WHERE s.company_id = $1 AND s.external_id = $2 AND o.first_dispatched_at IS NOT NULL
                 ORDER BY s.id{lock}",
            lock = sql.for_update_of("o")
        )
    })
    .bind(company)
    .bind(external_id)
    .fetch_all(&mut *db)
    .await?;
    let taken: Option<SendId> =
        scalar("SELECT id FROM send WHERE company_id = $1 AND application_id = $2")
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
        let only_one = row.try_get::<i64>("sends")? == 1;
        if older || !(same_job || only_one) {
            continue;
        }
        let there = InGreenhouse {
            candidate_id: seen.candidate_id,
            application_id: Some(application.application_id),
            profile_url: profile_page(application),
        };
        outcomes::record_created(db, company, row.try_get("id")?, &there, now).await?;
        return Ok(1);
    }
    Ok(0)
}

/// Returns the page that Greenhouse names, if it is Greenhouse's own, else the usual address.
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
    let candidate =
        tombstones::current_id(db, company, signed(snapshot.candidate.candidate_id)).await?;
    if tombstones::is_candidate_gone(db, company, candidate).await?
        || tombstones::is_gone(db, company, "application", signed(snapshot.application_id)).await?
    {
        return Ok(());
    }
    let [a, b, c, d, e, f, g, h, ..] = *digest;
    query(greenhouse_applications::UPSERT)
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
        // Only some actions report the pool, so a late web hook may still be the newest one that does.
        query(
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
    polls::record_change(
        db,
        company,
        candidate,
        now.saturating_add(AFTER_A_HOOK),
        now,
    )
    .await?;
    statuses::record_hook_time(db, company, candidate, now).await
}

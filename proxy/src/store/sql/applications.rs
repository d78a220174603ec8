//! Applications: sends that make a candidate on the job that theirs on Jopwell is linked to.
//!
//! One that may not leave is in `held`, with the reason. [`place`] looks at it anew whenever something
//! changed that it may have waited for, under the company's lock, and moves it to the outbox once
//! nothing holds it any more. What is done about a person is also under the lock that is theirs, as
//! [`super::Store::accept`] has it, so that nobody becomes a prospect meanwhile.

use super::{
    super::{Connection, Row, lock, lock_company},
    admin::note,
    in_greenhouse_of, is_connected,
    jobs::{self, switch_of},
    optional_json, optional_unsigned, remember, replay, resumes, send_by_key, send_of, signed,
    to_json, unsigned,
};
use crate::store::{
    Accepted, ApplicationsPage, CompanyId, Dismissed, NewApplication, Result, SendId, StoreError,
    StoredApplication, StoredPush, as_follower,
};
use atsi_protocol::{
    ApplicationsSwitch, HoldReason, HookCount, InGreenhouse, JobState, JopwellJob, Millis, Problem,
    ProblemCode, ResumeState, SendState,
};
use sqlx::Row as _;

pub async fn accept(
    tx: &mut Connection,
    company: CompanyId,
    new: NewApplication,
    now: Millis,
) -> Result<Accepted> {
    // The company's first: `place` takes a person's under it.
    lock_company(tx, company).await?;
    let send = &new.send;
    lock(tx, company, &send.idempotency_key).await?;
    lock(tx, company, &send.external_id).await?;
    if let Some(answer) = replay(tx, company, send, now).await? {
        return Ok(answer);
    }
    if !is_connected(tx, company).await? {
        return Ok(Accepted::NotConnected);
    }
    jobs::see(tx, company, &new.jopwell_job, now).await?;
    let holder: Option<SendId> = sqlx::query_scalar(
        "SELECT send_id FROM application_claim
         WHERE company_id = $1 AND external_id = $2 AND jopwell_id = $3",
    )
    .bind(company)
    .bind(&send.external_id)
    .bind(&new.jopwell_job.id)
    .fetch_optional(&mut *tx)
    .await?;
    let send_id = match holder {
        Some(holder) => holder,
        None => {
            let send_id: SendId = sqlx::query_scalar(
                "INSERT INTO send (company_id, idempotency_key, external_id, sent_by, accepted_at, state, kind, jopwell_id, applied_at, member_id)
                 VALUES ($1, $2, $3, $4, $5, 'waiting', 'application', $6, $7, $8) RETURNING id",
            )
            .bind(company)
            .bind(&send.idempotency_key)
            .bind(&send.external_id)
            .bind(&send.sent_by)
            .bind(signed(now))
            .bind(&new.jopwell_job.id)
            .bind(new.applied_at.map(signed))
            .bind(send.member)
            .fetch_one(&mut *tx)
            .await?;
            sqlx::query(
                "INSERT INTO application_claim (company_id, external_id, jopwell_id, send_id)
                 VALUES ($1, $2, $3, $4)",
            )
            .bind(company)
            .bind(&send.external_id)
            .bind(&new.jopwell_job.id)
            .bind(send_id)
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "INSERT INTO held (send_id, company_id, reason, sealed_profile, queued_at)
                 VALUES ($1, $2, 'job_not_linked', $3, $4)",
            )
            .bind(send_id)
            .bind(company)
            .bind(&send.sealed_profile)
            .bind(signed(now))
            .execute(&mut *tx)
            .await?;
            send_id
        }
    };
    remember(tx, company, send, send_id, now).await?;
    if let (None, Some(id)) = (holder, &send.resume)
        && !resumes::attach(tx, company, id, send_id, now).await?
    {
        return Ok(Accepted::NoSuchResume);
    }
    if holder.is_none() {
        place(tx, company, send_id, now).await?;
    }
    let (_, stored) = send_by_key(tx, company, &send.idempotency_key, now)
        .await?
        .ok_or(StoreError::Corrupt("idempotency"))?;
    Ok(if holder.is_some() {
        Accepted::Follows(stored)
    } else {
        Accepted::New(stored)
    })
}

/// What holds an application, or what becomes of it.
enum Place {
    Held(HoldReason),
    /// Another application put this person on the job already.
    There(InGreenhouse),
    /// It may leave, for this job.
    Free(i64),
}

/// Looks at a held application anew. Under the company's lock.
pub async fn place(
    tx: &mut Connection,
    company: CompanyId,
    send: SendId,
    now: Millis,
) -> Result<()> {
    let row = sqlx::query(concat!(
        "SELECT s.external_id, s.jopwell_id, h.reason, h.anyway FROM held h JOIN send s ON s.id = h.send_id
         WHERE h.send_id = $1",
        for_update_of!("h")
    ))
    .bind(send)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let external_id: String = row.try_get("external_id")?;
    lock(tx, company, &external_id).await?;
    let found = found_place(
        tx,
        company,
        &external_id,
        row.try_get("jopwell_id")?,
        row.try_get("anyway")?,
    )
    .await?;
    match found {
        // Nothing that changed by itself makes Greenhouse think otherwise.
        Place::Free(_) if row.try_get::<&str, _>("reason")? == HoldReason::Refused.as_str() => {}
        Place::Held(reason) => {
            sqlx::query(
                "UPDATE held SET reason = $2, problem = CASE WHEN reason = $2 THEN problem END
                 WHERE send_id = $1 AND reason <> 'refused'",
            )
            .bind(send)
            .bind(reason.as_str())
            .execute(tx)
            .await?;
        }
        Place::There(there) => exists(tx, send, &there, now).await?,
        Place::Free(job) => {
            sqlx::query("UPDATE send SET job_id = $2 WHERE id = $1")
                .bind(send)
                .bind(job)
                .execute(&mut *tx)
                .await?;
            // Where the prospect has it and this one shall go all the same, theirs stays.
            sqlx::query(
                "INSERT INTO claim (company_id, external_id, job_id, send_id) VALUES ($1, $2, $3, $4)
                 ON CONFLICT DO NOTHING",
            )
            .bind(company)
            .bind(&external_id)
            .bind(job)
            .bind(send)
            .execute(&mut *tx)
            .await?;
            sqlx::query(
                "INSERT INTO outbox (send_id, company_id, sealed_profile, queued_at, attempt, first_dispatched_at)
                 SELECT send_id, company_id, sealed_profile, queued_at, attempt, first_dispatched_at
                 FROM held WHERE send_id = $1",
            )
            .bind(send)
            .execute(&mut *tx)
            .await?;
            leave_held(tx, send).await?;
        }
    }
    Ok(())
}

async fn found_place(
    tx: &mut Connection,
    company: CompanyId,
    external_id: &str,
    jopwell_id: &str,
    anyway: bool,
) -> Result<Place> {
    let link = sqlx::query(
        "SELECT j.job_id, j.applications, g.state FROM jopwell_job j
         LEFT JOIN greenhouse_job g ON g.company_id = j.company_id AND g.job_id = j.job_id
         WHERE j.company_id = $1 AND j.jopwell_id = $2 AND j.job_id IS NOT NULL",
    )
    .bind(company)
    .bind(jopwell_id)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(link) = link else {
        return Ok(Place::Held(HoldReason::JobNotLinked));
    };
    let job: i64 = link.try_get("job_id")?;
    let claims = sqlx::query(
        "SELECT c.job_id AS claimed, s.kind, s.candidate_id, s.application_id, s.profile_url
         FROM claim c JOIN send s ON s.id = c.send_id
         WHERE c.company_id = $1 AND c.external_id = $2",
    )
    .bind(company)
    .bind(external_id)
    .fetch_all(tx)
    .await?;
    let mut is_prospect = false;
    for claim in &claims {
        if claim.try_get::<&str, _>("kind")? == "prospect" {
            is_prospect = true;
        } else if claim.try_get::<i64, _>("claimed")? == job {
            return Ok(match claim.try_get::<Option<i64>, _>("candidate_id")? {
                Some(_) => Place::There(in_greenhouse_of(claim)?),
                None => Place::Held(HoldReason::OtherApplication),
            });
        }
    }
    Ok(match switch_of(link.try_get("applications")?)? {
        ApplicationsSwitch::Off => Place::Held(HoldReason::ApplicationsOff),
        ApplicationsSwitch::Paused => Place::Held(HoldReason::ApplicationsPaused),
        ApplicationsSwitch::On
            if link.try_get::<Option<&str>, _>("state")? != Some(JobState::Open.as_str()) =>
        {
            Place::Held(HoldReason::JobNotOpen)
        }
        ApplicationsSwitch::On if is_prospect && !anyway => {
            Place::Held(HoldReason::AlreadyProspect)
        }
        ApplicationsSwitch::On => Place::Free(job),
    })
}

async fn exists(
    tx: &mut Connection,
    send: SendId,
    there: &InGreenhouse,
    now: Millis,
) -> Result<()> {
    sqlx::query(
        "UPDATE send SET state = 'existing', settled_at = $2, candidate_id = $3, application_id = $4, profile_url = $5
         WHERE id = $1",
    )
    .bind(send)
    .bind(signed(now))
    .bind(signed(there.candidate_id))
    .bind(there.application_id.map(signed))
    .bind(&there.profile_url)
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM resume WHERE send_id = $1")
        .bind(send)
        .execute(&mut *tx)
        .await?;
    leave_held(tx, send).await
}

pub async fn leave_held(tx: &mut Connection, send: SendId) -> Result<()> {
    sqlx::query("DELETE FROM held WHERE send_id = $1")
        .bind(send)
        .execute(tx)
        .await?;
    Ok(())
}

/// Takes an application out of the outbox again, with the reason.
pub async fn hold(
    tx: &mut Connection,
    send: SendId,
    reason: HoldReason,
    problem: Option<&Problem>,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO held (send_id, company_id, reason, problem, sealed_profile, queued_at, attempt, first_dispatched_at)
         SELECT send_id, company_id, $2, $3, sealed_profile, queued_at, attempt, first_dispatched_at
         FROM outbox WHERE send_id = $1",
    )
    .bind(send)
    .bind(reason.as_str())
    .bind(problem.map(to_json).transpose()?)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE send SET state = 'waiting', settled_at = NULL, job_id = NULL WHERE id = $1",
    )
    .bind(send)
    .execute(&mut *tx)
    .await?;
    resumes::keep(tx, send).await?;
    for delete in [
        "DELETE FROM claim WHERE send_id = $1",
        "DELETE FROM outbox WHERE send_id = $1",
    ] {
        sqlx::query(delete).bind(send).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Greenhouse did not take an application; nothing was created. Where the job is not open, those that
/// are about to follow are held too, and need not find it out one by one.
pub async fn refused(
    tx: &mut Connection,
    company: CompanyId,
    send: SendId,
    reason: HoldReason,
    problem: &Problem,
    now: Millis,
) -> Result<()> {
    let of: Option<(Option<i64>, String)> =
        sqlx::query_as("SELECT job_id, jopwell_id FROM send WHERE id = $1")
            .bind(send)
            .fetch_optional(&mut *tx)
            .await?;
    hold(tx, send, reason, Some(problem)).await?;
    if let (HoldReason::JobNotOpen, Some((Some(job), _))) = (reason, of) {
        let state = JobState::NotListed;
        jobs::set_state(tx, company, job, state, now).await?;
        job_changed(tx, company, job, now).await?;
    }
    Ok(())
}

/// A link changed, or its switch.
pub async fn link_changed(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
    now: Millis,
) -> Result<()> {
    let waiting: Vec<SendId> = sqlx::query_scalar(concat!(
        "SELECT o.send_id FROM outbox o JOIN send s ON s.id = o.send_id
         WHERE s.company_id = $1 AND s.jopwell_id = $2 AND o.dispatched_at IS NULL ORDER BY o.send_id",
        for_update_of!("o")
    ))
    .bind(company)
    .bind(jopwell_id)
    .fetch_all(&mut *tx)
    .await?;
    for send in waiting {
        hold(tx, send, HoldReason::JobNotLinked, None).await?;
    }
    let held: Vec<SendId> = sqlx::query_scalar(
        "SELECT h.send_id FROM held h JOIN send s ON s.id = h.send_id
         WHERE h.company_id = $1 AND s.jopwell_id = $2 ORDER BY h.send_id",
    )
    .bind(company)
    .bind(jopwell_id)
    .fetch_all(&mut *tx)
    .await?;
    for send in held {
        place(tx, company, send, now).await?;
    }
    Ok(())
}

/// A job was opened, closed or deleted in Greenhouse.
pub async fn job_changed(
    tx: &mut Connection,
    company: CompanyId,
    job: i64,
    now: Millis,
) -> Result<()> {
    let linked: Vec<String> = sqlx::query_scalar(
        "SELECT jopwell_id FROM jopwell_job WHERE company_id = $1 AND job_id = $2",
    )
    .bind(company)
    .bind(job)
    .fetch_all(&mut *tx)
    .await?;
    for jopwell_id in linked {
        link_changed(tx, company, &jopwell_id, now).await?;
    }
    Ok(())
}

/// A send of this person was settled: what waited for it is looked at anew.
pub async fn person_changed(
    tx: &mut Connection,
    company: CompanyId,
    send: SendId,
    now: Millis,
) -> Result<()> {
    let held: Vec<SendId> = sqlx::query_scalar(
        "SELECT h.send_id FROM held h JOIN send s ON s.id = h.send_id
         WHERE h.company_id = $1 AND h.reason IN ('already_prospect', 'other_application')
           AND s.external_id = (SELECT external_id FROM send WHERE id = $2) ORDER BY h.send_id",
    )
    .bind(company)
    .bind(send)
    .fetch_all(&mut *tx)
    .await?;
    for send in held {
        place(tx, company, send, now).await?;
    }
    Ok(())
}

/// This candidate has an application of their own on these jobs: the prospect was converted.
pub async fn converted(
    tx: &mut Connection,
    company: CompanyId,
    there: &InGreenhouse,
    jobs: &[u64],
    now: Millis,
) -> Result<()> {
    let held: Vec<(SendId, i64)> = sqlx::query_as(
        "SELECT h.send_id, j.job_id FROM held h JOIN send s ON s.id = h.send_id
         JOIN jopwell_job j ON j.company_id = h.company_id AND j.jopwell_id = s.jopwell_id
         WHERE h.company_id = $1 AND h.reason = 'already_prospect' AND j.job_id IS NOT NULL
           AND EXISTS (SELECT 1 FROM send p WHERE p.company_id = s.company_id
                       AND p.external_id = s.external_id AND p.candidate_id = $2)",
    )
    .bind(company)
    .bind(signed(there.candidate_id))
    .fetch_all(&mut *tx)
    .await?;
    for (send, job) in held {
        if jobs.iter().any(|&id| signed(id) == job) {
            exists(tx, send, there, now).await?;
        }
    }
    Ok(())
}

/// A person says that it shall go, whatever speaks against it; false where it waits for something
/// else, or is not held.
pub async fn send_anyway(
    tx: &mut Connection,
    company: CompanyId,
    send: SendId,
    now: Millis,
) -> Result<bool> {
    let rows = sqlx::query(
        "UPDATE held SET anyway = TRUE, reason = 'job_not_linked', problem = NULL
         WHERE send_id = $1 AND reason IN ('already_prospect', 'refused')",
    )
    .bind(send)
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if rows > 0 {
        place(tx, company, send, now).await?;
    }
    Ok(rows > 0)
}

/// Whether a person has to decide about it.
pub async fn is_open(tx: &mut Connection, send: SendId) -> Result<bool> {
    let held: Option<SendId> = sqlx::query_scalar(
        "SELECT send_id FROM held WHERE send_id = $1 AND reason IN ('already_prospect', 'refused')",
    )
    .bind(send)
    .fetch_optional(tx)
    .await?;
    Ok(held.is_some())
}

/// A held application shall not go. Its claim stays, so that nobody brings it again.
pub async fn dismiss(
    tx: &mut Connection,
    company: CompanyId,
    idempotency_key: &str,
    who: &str,
    now: Millis,
) -> Result<Dismissed> {
    lock_company(tx, company).await?;
    let found: Option<(SendId, bool)> = sqlx::query_as(
        "SELECT s.id, h.send_id IS NOT NULL FROM idempotency i JOIN send s ON s.id = i.send_id
         LEFT JOIN held h ON h.send_id = s.id
         WHERE i.company_id = $1 AND i.idempotency_key = $2 AND s.kind = 'application'",
    )
    .bind(company)
    .bind(idempotency_key)
    .fetch_optional(&mut *tx)
    .await?;
    let Some((send, is_held)) = found else {
        return Ok(Dismissed::NoSuchApplication);
    };
    if !is_held {
        return Ok(Dismissed::NotHeld);
    }
    let subject = Some(idempotency_key);
    note(
        tx,
        Some(company),
        who,
        "application_dismissed",
        subject,
        now,
    )
    .await?;
    sqlx::query("UPDATE send SET state = 'refused', settled_at = $2, problem = $3 WHERE id = $1")
        .bind(send)
        .bind(signed(now))
        .bind(to_json(&Problem::new(ProblemCode::ApplicationDismissed))?)
        .execute(&mut *tx)
        .await?;
    sqlx::query("DELETE FROM resume WHERE send_id = $1")
        .bind(send)
        .execute(&mut *tx)
        .await?;
    leave_held(tx, send).await?;
    Ok(Dismissed::Done)
}

/// Those that came before `before`, or the one with this key; the newest first.
pub async fn list(
    db: &mut Connection,
    company: CompanyId,
    which: Listed<'_>,
    now: Millis,
) -> Result<Vec<StoredApplication>> {
    let (page, key) = match which {
        Listed::Page(page) => (page, None),
        Listed::Key(key) => (
            ApplicationsPage {
                limit: 1,
                ..ApplicationsPage::default()
            },
            Some(key),
        ),
    };
    let rows = sqlx::query(concat!(
        "SELECT s.id, s.applied_at, s.jopwell_id, j.title, j.location, j.requisition, h.problem AS held_problem,
             coalesce(h.sealed_profile, o.sealed_profile) AS sealed_profile, s.idempotency_key AS own_key, ",
        send_columns!(),
        "FROM send s JOIN jopwell_job j ON j.company_id = s.company_id AND j.jopwell_id = s.jopwell_id",
        send_joins!(),
        "WHERE s.company_id = $1 AND s.kind = 'application' AND s.id < $2
           AND ($3 IS NULL OR s.jopwell_id = $3) AND (NOT $4 OR h.send_id IS NOT NULL)
           AND ($5 IS NULL OR s.id = (SELECT i.send_id FROM idempotency i
                                      WHERE i.company_id = $1 AND i.idempotency_key = $5))
         ORDER BY s.id DESC LIMIT $6"
    ))
    .bind(company)
    .bind(page.before.map_or(i64::MAX, signed))
    .bind(page.jopwell_id)
    .bind(page.held_only)
    .bind(key)
    .bind(i64::from(page.limit))
    .fetch_all(&mut *db)
    .await?;
    let mut applications = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut send = send_of(row, now)?;
        if let Some(key) = key
            && send.idempotency_key != key
        {
            key.clone_into(&mut send.idempotency_key);
            send.state = as_follower(send.state);
        }
        let reason = match row.try_get::<Option<&str>, _>("held")? {
            Some(reason) if matches!(send.state, SendState::Waiting { .. }) => {
                Some(reason_of(reason)?)
            }
            _ => None,
        };
        let prospect = match reason {
            Some(HoldReason::AlreadyProspect) => {
                prospect_of(db, company, &send.external_id).await?
            }
            _ => None,
        };
        applications.push(StoredApplication {
            id: unsigned(row.try_get("id")?, "id")?,
            sealed_under: row.try_get("own_key")?,
            jopwell_job: jopwell_job_of(row)?,
            applied_at: optional_unsigned(row, "applied_at")?,
            sealed_profile: row.try_get("sealed_profile")?,
            reason,
            problem: optional_json(row, "held_problem")?,
            prospect,
            send,
        });
    }
    Ok(applications)
}

/// Which applications [`list`] shows.
pub enum Listed<'a> {
    Page(ApplicationsPage<'a>),
    Key(&'a str),
}

fn jopwell_job_of(row: &Row) -> Result<JopwellJob> {
    Ok(JopwellJob {
        id: row.try_get("jopwell_id")?,
        title: row.try_get("title")?,
        location: row.try_get("location")?,
        requisition: row.try_get("requisition")?,
    })
}

fn reason_of(name: &str) -> Result<HoldReason> {
    (HoldReason::ALL.iter().copied())
        .find(|known| known.as_str() == name)
        .ok_or(StoreError::Corrupt("reason"))
}

async fn prospect_of(
    db: &mut Connection,
    company: CompanyId,
    external_id: &str,
) -> Result<Option<InGreenhouse>> {
    let row = sqlx::query(
        "SELECT candidate_id, application_id, profile_url FROM send
         WHERE company_id = $1 AND external_id = $2 AND kind = 'prospect' AND candidate_id IS NOT NULL
         ORDER BY id DESC LIMIT 1",
    )
    .bind(company)
    .bind(external_id)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(in_greenhouse_of).transpose()
}

pub fn resume_of(name: &str) -> Result<ResumeState> {
    (ResumeState::ALL.into_iter())
        .find(|known| known.as_str() == name)
        .ok_or(StoreError::Corrupt("resume"))
}

pub async fn push(db: &mut Connection, by: PushBy<'_>, now: Millis) -> Result<Option<StoredPush>> {
    const BY_COMPANY: &str =
        "SELECT company_id, public_id, sealed_secret, made_at, sealed_previous, previous_until
         FROM push WHERE company_id = $1";
    const BY_ID: &str =
        "SELECT company_id, public_id, sealed_secret, made_at, sealed_previous, previous_until
         FROM push WHERE public_id = $1";
    let row = match by {
        PushBy::Company(company) => {
            let query = sqlx::query(BY_COMPANY).bind(company);
            query.fetch_optional(db).await?
        }
        PushBy::PublicId(id) => sqlx::query(BY_ID).bind(id).fetch_optional(db).await?,
    };
    let Some(row) = row else { return Ok(None) };
    let until = optional_unsigned(&row, "previous_until")?.filter(|&until| until > now);
    let previous: Option<Vec<u8>> = row.try_get("sealed_previous")?;
    Ok(Some(StoredPush {
        company: row.try_get("company_id")?,
        public_id: row.try_get("public_id")?,
        sealed_secret: row.try_get("sealed_secret")?,
        made_at: unsigned(row.try_get("made_at")?, "made_at")?,
        previous: previous.zip(until),
    }))
}

pub enum PushBy<'a> {
    PublicId(&'a str),
    Company(CompanyId),
}

/// The secret before stays good until `previous_until`.
pub async fn put_push_secret(
    tx: &mut Connection,
    company: CompanyId,
    public_id: &str,
    sealed: &[u8],
    previous_until: Millis,
    who: &str,
    now: Millis,
) -> Result<Option<StoredPush>> {
    lock_company(tx, company).await?;
    note(tx, Some(company), who, "push_secret_made", None, now).await?;
    sqlx::query(
        "INSERT INTO push (company_id, public_id, sealed_secret, made_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (company_id) DO UPDATE SET sealed_previous = push.sealed_secret,
             previous_until = $5, sealed_secret = excluded.sealed_secret, made_at = excluded.made_at",
    )
    .bind(company)
    .bind(public_id)
    .bind(sealed)
    .bind(signed(now))
    .bind(signed(previous_until))
    .execute(&mut *tx)
    .await?;
    push(tx, PushBy::Company(company), now).await
}

pub async fn count_push(
    db: &mut Connection,
    company: CompanyId,
    outcome: &str,
    now: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO push_count (company_id, outcome, count, last_at) VALUES ($1, $2, 1, $3)
         ON CONFLICT (company_id, outcome) DO UPDATE SET
             count = push_count.count + 1, last_at = excluded.last_at",
    )
    .bind(company)
    .bind(outcome)
    .bind(signed(now))
    .execute(db)
    .await?;
    Ok(())
}

pub async fn push_counts(db: &mut Connection, company: CompanyId) -> Result<Vec<HookCount>> {
    let rows = sqlx::query(
        "SELECT outcome, count, last_at FROM push_count WHERE company_id = $1 ORDER BY outcome",
    )
    .bind(company)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(HookCount {
                name: row.try_get("outcome")?,
                count: unsigned(row.try_get("count")?, "count")?,
                last_at: unsigned(row.try_get("last_at")?, "last_at")?,
            })
        })
        .collect()
}

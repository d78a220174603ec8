//! Applications: sends that make a candidate on the job that theirs on Jopwell is linked to.
//!
//! An application that may not leave yet is in `held`, with the reason. [`place`] looks at it again whenever
//! something changed that it may have waited for, and moves it to the outbox once nothing holds it any more.
//! That happens under the lock of the company and then the person's, as in [`super::intake::accept`], so that
//! nobody becomes a prospect meanwhile.

use super::super::{
    locks::lock_subject,
    query::{Connection, query, query_for, scalar, scalar_for},
    values::{signed, to_json},
};
use super::{jobs, resumes, sends};
use crate::store::{CompanyId, Result, SendId};
use atsi_protocol::{ApplicationsSwitch, HoldReason, InGreenhouse, JobState, Millis, Problem};

/// Where an application belongs.
pub enum Place {
    Held(HoldReason),
    /// Another application has put this person on the job already.
    There(InGreenhouse),
    /// It may leave, for this job.
    Free(i64),
}

/// Looks at a held application again. The caller holds the company's lock.
pub async fn place(
    tx: &mut Connection,
    company: CompanyId,
    send: SendId,
    now: Millis,
) -> Result<()> {
    let row = query_for(|sql| {
        format!(
"SELECT s.external_id, s.jopwell_id, h.reason, h.anyway FROM held h JOIN send s ON s.id = h.send_id
         WHERE h.send_id = $1{lock}",
lock = sql.for_update_of("h")
)
    })
    .bind(send)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else { return Ok(()) };
    let external_id: String = row.try_get("external_id")?;
    lock_subject(tx, company, &external_id).await?;
    let found = find_place(
        tx,
        company,
        &external_id,
        row.try_get("jopwell_id")?,
        row.try_get("anyway")?,
    )
    .await?;
    match found {
        // Only a person can decide to try again after Greenhouse's refusal.
        Place::Free(_) if row.try_get::<&str>("reason")? == HoldReason::Refused.as_str() => {}
        Place::Held(reason) => {
            query(
                "UPDATE held SET reason = $2, problem = CASE WHEN reason = $2 THEN problem END
                 WHERE send_id = $1 AND reason <> 'refused'",
            )
            .bind(send)
            .bind(reason.as_str())
            .execute(tx)
            .await?;
        }
        Place::There(there) => settle_as_existing(tx, send, &there, now).await?,
        Place::Free(job) => {
            query("UPDATE send SET job_id = $2 WHERE id = $1")
                .bind(send)
                .bind(job)
                .execute(&mut *tx)
                .await?;
            // A prospect's claim stays, where this application leaves in spite of it.
            query(
                "INSERT INTO claim (company_id, external_id, job_id, send_id) VALUES ($1, $2, $3, $4)
                 ON CONFLICT DO NOTHING",
            )
            .bind(company)
            .bind(&external_id)
            .bind(job)
            .bind(send)
            .execute(&mut *tx)
            .await?;
            query(
                "INSERT INTO outbox (send_id, company_id, sealed_profile, queued_at, attempt, first_dispatched_at)
                 SELECT send_id, company_id, sealed_profile, queued_at, attempt, first_dispatched_at
                 FROM held WHERE send_id = $1",
            )
            .bind(send)
            .execute(&mut *tx)
            .await?;
            delete_held(tx, send).await?;
        }
    }
    Ok(())
}

pub async fn find_place(
    tx: &mut Connection,
    company: CompanyId,
    external_id: &str,
    jopwell_id: &str,
    anyway: bool,
) -> Result<Place> {
    let link = query(
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
    let claims = query(
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
        if claim.try_get::<&str>("kind")? == "prospect" {
            is_prospect = true;
        } else if claim.try_get::<i64>("claimed")? == job {
            return Ok(match claim.try_get::<Option<i64>>("candidate_id")? {
                Some(_) => Place::There(sends::in_greenhouse_of(claim)?),
                None => Place::Held(HoldReason::OtherApplication),
            });
        }
    }
    Ok(match jobs::switch_of(link.try_get("applications")?)? {
        ApplicationsSwitch::Off => Place::Held(HoldReason::ApplicationsOff),
        ApplicationsSwitch::Paused => Place::Held(HoldReason::ApplicationsPaused),
        ApplicationsSwitch::On
            if link.try_get::<Option<&str>>("state")? != Some(JobState::Open.as_str()) =>
        {
            Place::Held(HoldReason::JobNotOpen)
        }
        ApplicationsSwitch::On if is_prospect && !anyway => {
            Place::Held(HoldReason::AlreadyProspect)
        }
        ApplicationsSwitch::On => Place::Free(job),
    })
}

pub async fn settle_as_existing(
    tx: &mut Connection,
    send: SendId,
    there: &InGreenhouse,
    now: Millis,
) -> Result<()> {
    query(
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
    query("DELETE FROM resume WHERE send_id = $1")
        .bind(send)
        .execute(&mut *tx)
        .await?;
    delete_held(tx, send).await
}

pub async fn delete_held(tx: &mut Connection, send: SendId) -> Result<()> {
    query("DELETE FROM held WHERE send_id = $1")
        .bind(send)
        .execute(tx)
        .await?;
    Ok(())
}

/// Moves an application from the outbox back to `held`, with the reason.
pub async fn hold(
    tx: &mut Connection,
    send: SendId,
    reason: HoldReason,
    problem: Option<&Problem>,
) -> Result<()> {
    query(
        "INSERT INTO held (send_id, company_id, reason, problem, sealed_profile, queued_at, attempt, first_dispatched_at)
         SELECT send_id, company_id, $2, $3, sealed_profile, queued_at, attempt, first_dispatched_at
         FROM outbox WHERE send_id = $1",
    )
    .bind(send)
    .bind(reason.as_str())
    .bind(problem.map(to_json).transpose()?)
    .execute(&mut *tx)
    .await?;
    query("UPDATE send SET state = 'waiting', settled_at = NULL, job_id = NULL WHERE id = $1")
        .bind(send)
        .execute(&mut *tx)
        .await?;
    resumes::withdraw_offer(tx, send).await?;
    for delete in [
        "DELETE FROM claim WHERE send_id = $1",
        "DELETE FROM outbox WHERE send_id = $1",
    ] {
        query(delete).bind(send).execute(&mut *tx).await?;
    }
    Ok(())
}

/// Holds an application that Greenhouse refused; nothing was created. Where the job is not open, its other
/// applications are held too, so that not each of them is refused first.
pub async fn hold_refused(
    tx: &mut Connection,
    company: CompanyId,
    send: SendId,
    reason: HoldReason,
    problem: &Problem,
    now: Millis,
) -> Result<()> {
    // Before `hold` erases it.
    let job: Option<Option<i64>> = scalar("SELECT job_id FROM send WHERE id = $1")
        .bind(send)
        .fetch_optional(&mut *tx)
        .await?;
    hold(tx, send, reason, Some(problem)).await?;
    if let (HoldReason::JobNotOpen, Some(Some(job))) = (reason, job) {
        let state = JobState::NotListed;
        jobs::set_state(tx, company, job, state, now).await?;
        reconsider_job(tx, company, job, now).await?;
    }
    Ok(())
}

/// Looks at a job's applications again after its link or switch changed.
pub async fn reconsider_link(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
    now: Millis,
) -> Result<()> {
    let waiting: Vec<SendId> = scalar_for(|sql| {
        format!(
            "SELECT o.send_id FROM outbox o JOIN send s ON s.id = o.send_id
             WHERE s.company_id = $1 AND s.jopwell_id = $2 AND o.dispatched_at IS NULL
                 ORDER BY o.send_id{lock}",
            lock = sql.for_update_of("o")
        )
    })
    .bind(company)
    .bind(jopwell_id)
    .fetch_all(&mut *tx)
    .await?;
    for send in waiting {
        hold(tx, send, HoldReason::JobNotLinked, None).await?;
    }
    let held: Vec<SendId> = scalar(
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

/// Looks at the applications again after a job in Greenhouse changed its state.
pub async fn reconsider_job(
    tx: &mut Connection,
    company: CompanyId,
    job: i64,
    now: Millis,
) -> Result<()> {
    let linked: Vec<String> =
        scalar("SELECT jopwell_id FROM jopwell_job WHERE company_id = $1 AND job_id = $2")
            .bind(company)
            .bind(job)
            .fetch_all(&mut *tx)
            .await?;
    for jopwell_id in linked {
        reconsider_link(tx, company, &jopwell_id, now).await?;
    }
    Ok(())
}

/// Looks at the person's other applications again after this send was settled.
pub async fn reconsider_person(
    tx: &mut Connection,
    company: CompanyId,
    send: SendId,
    now: Millis,
) -> Result<()> {
    let held: Vec<SendId> = scalar(
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

/// Settles held applications of a prospect who was converted: the candidate has applications on these jobs.
pub async fn settle_converted(
    tx: &mut Connection,
    company: CompanyId,
    there: &InGreenhouse,
    jobs: &[u64],
    now: Millis,
) -> Result<()> {
    let held = query(
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
    for row in &held {
        let (send, job): (SendId, i64) = (row.try_get("send_id")?, row.try_get("job_id")?);
        if jobs.iter().any(|&id| signed(id) == job) {
            settle_as_existing(tx, send, there, now).await?;
        }
    }
    Ok(())
}

/// Lets a held application leave by a person's decision. Returns false where it waits for something else, or
/// is not held.
pub async fn send_anyway(
    tx: &mut Connection,
    company: CompanyId,
    send: SendId,
    now: Millis,
) -> Result<bool> {
    let rows = query(
        "UPDATE held SET anyway = TRUE, reason = 'job_not_linked', problem = NULL
         WHERE send_id = $1 AND reason IN ('already_prospect', 'refused')",
    )
    .bind(send)
    .execute(&mut *tx)
    .await?;
    if rows > 0 {
        place(tx, company, send, now).await?;
    }
    Ok(rows > 0)
}

/// Whether the application waits for a person's decision.
pub async fn awaits_decision(tx: &mut Connection, send: SendId) -> Result<bool> {
    let held: Option<SendId> = scalar(
        "SELECT send_id FROM held WHERE send_id = $1 AND reason IN ('already_prospect', 'refused')",
    )
    .bind(send)
    .fetch_optional(tx)
    .await?;
    Ok(held.is_some())
}

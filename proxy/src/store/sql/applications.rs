//! Applications: taken in, listed, dismissed.

use super::{
    SqlStore,
    locks::{lock_company, lock_subject},
    query::{Connection, query, query_for, scalar},
    tables::{
        applications, audit, connections, intake, jobs, resumes,
        sends::{self, SEND_COLUMNS, SEND_JOINS},
    },
    values::{optional_json, optional_unsigned, signed, to_json, unsigned},
};
use crate::store::{
    Accepted, ApplicationStore, ApplicationsPage, CompanyId, Dismissed, NewApplication, Result,
    SendId, StoreError, StoredApplication,
};
use atsi_protocol::{HoldReason, InGreenhouse, Millis, Problem, ProblemCode, SendState};

#[async_trait::async_trait]
impl ApplicationStore for SqlStore {
    async fn accept_application(
        &self,
        company: CompanyId,
        new: NewApplication,
        now: Millis,
    ) -> Result<Accepted> {
        let mut tx = self.write().await?;
        let accepted = accept(&mut tx, company, new, now).await;
        if intake::is_kept(&accepted) {
            tx.commit().await?;
        }
        accepted
    }

    async fn applications(
        &self,
        company: CompanyId,
        page: ApplicationsPage<'_>,
        now: Millis,
    ) -> Result<Vec<StoredApplication>> {
        let page = Listed::Page(page);
        list(&mut self.read().await?, company, page, now).await
    }

    async fn application(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        now: Millis,
    ) -> Result<Option<StoredApplication>> {
        let key = Listed::Key(idempotency_key);
        let mut found = list(&mut self.read().await?, company, key, now).await?;
        Ok(found.pop())
    }

    async fn dismiss_application(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        who: &str,
        now: Millis,
    ) -> Result<Dismissed> {
        let mut tx = self.write().await?;
        let dismissed = dismiss(&mut tx, company, idempotency_key, who, now).await?;
        tx.commit().await?;
        Ok(dismissed)
    }
}

async fn accept(
    tx: &mut Connection,
    company: CompanyId,
    new: NewApplication,
    now: Millis,
) -> Result<Accepted> {
    // The company's lock comes first, because `place` takes a person's under it.
    lock_company(tx, company).await?;
    let send = &new.send;
    lock_subject(tx, company, &send.idempotency_key).await?;
    lock_subject(tx, company, &send.external_id).await?;
    if let Some(answer) = intake::replay(tx, company, send, now).await? {
        return Ok(answer);
    }
    if !connections::is_connected(tx, company).await? {
        return Ok(Accepted::NotConnected);
    }
    jobs::record_jopwell_job(tx, company, &new.jopwell_job, now).await?;
    let holder: Option<SendId> = scalar(
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
            let send_id: SendId = scalar(
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
            query(
                "INSERT INTO application_claim (company_id, external_id, jopwell_id, send_id)
                 VALUES ($1, $2, $3, $4)",
            )
            .bind(company)
            .bind(&send.external_id)
            .bind(&new.jopwell_job.id)
            .bind(send_id)
            .execute(&mut *tx)
            .await?;
            query(
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
    intake::remember(tx, company, send, send_id, now).await?;
    if let (None, Some(id)) = (holder, &send.resume)
        && !resumes::attach(tx, company, id, send_id, now).await?
    {
        return Ok(Accepted::NoSuchResume);
    }
    if holder.is_none() {
        applications::place(tx, company, send_id, now).await?;
    }
    let (_, stored) = sends::find_by_key(tx, company, &send.idempotency_key, now)
        .await?
        .ok_or(StoreError::Corrupt("idempotency"))?;
    Ok(if holder.is_some() {
        Accepted::Follows(stored)
    } else {
        Accepted::New(stored)
    })
}

/// Refuses a held application for good. Its claim stays, so that it is never taken in again.
async fn dismiss(
    tx: &mut Connection,
    company: CompanyId,
    idempotency_key: &str,
    who: &str,
    now: Millis,
) -> Result<Dismissed> {
    lock_company(tx, company).await?;
    let row = query(
        "SELECT s.id, h.send_id IS NOT NULL AS is_held
         FROM idempotency i JOIN send s ON s.id = i.send_id LEFT JOIN held h ON h.send_id = s.id
         WHERE i.company_id = $1 AND i.idempotency_key = $2 AND s.kind = 'application'",
    )
    .bind(company)
    .bind(idempotency_key)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(row) = row else {
        return Ok(Dismissed::NoSuchApplication);
    };
    let send: SendId = row.try_get("id")?;
    if !row.try_get::<bool>("is_held")? {
        return Ok(Dismissed::NotHeld);
    }
    let subject = Some(idempotency_key);
    audit::record_audit(
        tx,
        Some(company),
        who,
        "application_dismissed",
        subject,
        now,
    )
    .await?;
    query("UPDATE send SET state = 'refused', settled_at = $2, problem = $3 WHERE id = $1")
        .bind(send)
        .bind(signed(now))
        .bind(to_json(&Problem::new(ProblemCode::ApplicationDismissed))?)
        .execute(&mut *tx)
        .await?;
    query("DELETE FROM resume WHERE send_id = $1")
        .bind(send)
        .execute(&mut *tx)
        .await?;
    applications::delete_held(tx, send).await?;
    Ok(Dismissed::Done)
}

/// Returns a page of applications, or the one with an idempotency key; the newest first.
async fn list(
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
    let rows = query_for(|_| {
        format!(
            "SELECT s.id, s.applied_at, s.jopwell_id, j.title, j.location, j.requisition,
                 h.problem AS held_problem,
                 coalesce(h.sealed_profile, o.sealed_profile) AS sealed_profile, s.idempotency_key
                 AS own_key, {SEND_COLUMNS} FROM send s
                 JOIN jopwell_job j ON j.company_id = s.company_id
                 AND j.jopwell_id = s.jopwell_id{SEND_JOINS}
                 WHERE s.company_id = $1
                 AND s.kind = 'application' AND s.id < $2
               AND ($3 IS NULL OR s.jopwell_id = $3) AND (NOT $4 OR h.send_id IS NOT NULL)
               AND ($5 IS NULL OR s.id = (SELECT i.send_id FROM idempotency i
                                          WHERE i.company_id = $1 AND i.idempotency_key = $5))
             ORDER BY s.id DESC LIMIT $6"
        )
    })
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
        let mut send = sends::send_of(row, now)?;
        if let Some(key) = key
            && send.idempotency_key != key
        {
            key.clone_into(&mut send.idempotency_key);
            send.state = sends::as_follower(send.state);
        }
        let reason = match row.try_get::<Option<&str>>("held")? {
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
            jopwell_job: jobs::jopwell_job_of(row)?,
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

/// Selects what [`list`] returns.
enum Listed<'a> {
    Page(ApplicationsPage<'a>),
    Key(&'a str),
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
    let row = query(
        "SELECT candidate_id, application_id, profile_url FROM send
         WHERE company_id = $1 AND external_id = $2 AND kind = 'prospect' AND candidate_id IS NOT NULL
         ORDER BY id DESC LIMIT 1",
    )
    .bind(company)
    .bind(external_id)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(sends::in_greenhouse_of).transpose()
}

//! The queue of deliveries to callback addresses.

use super::super::{
    query::{Connection, query, scalar},
    values::signed,
};
use crate::store::{CompanyId, Result, SendId};
use atsi_protocol::Millis;

/// How many rows of the change log one transaction turns into deliveries.
const AT_ONCE: i64 = 500;

/// A new id, in the form of Standard Webhooks.
fn webhook_id() -> String {
    format!("msg_{}", uuid::Uuid::new_v4().simple())
}

/// The subject of a delivery.
#[derive(Clone, Copy)]
pub enum About {
    Send(SendId),
    Job(i64),
    /// Changes were deleted before they became deliveries.
    Loss,
}

impl About {
    pub fn of(send: Option<SendId>, job: Option<i64>) -> Self {
        match (send, job) {
            (Some(send), _) => Self::Send(send),
            (None, Some(job)) => Self::Job(job),
            (None, None) => Self::Loss,
        }
    }

    pub fn send(self) -> Option<SendId> {
        match self {
            Self::Send(send) => Some(send),
            _ => None,
        }
    }

    pub fn job(self) -> Option<i64> {
        match self {
            Self::Job(job) => Some(job),
            _ => None,
        }
    }
}

/// Turns the next rows of the change log into deliveries of the company.
pub async fn queue_company(db: &mut Connection, company: CompanyId, now: Millis) -> Result<()> {
    let known: Option<i64> =
        scalar("SELECT known FROM callback WHERE company_id = $1 AND disabled_at IS NULL")
            .bind(company)
            .fetch_optional(&mut *db)
            .await?;
    let Some(known) = known else { return Ok(()) };
    let rows = query(
        "SELECT number, previous, send_id, candidate_id, job_id FROM change_log
         WHERE company_id = $1 AND number > $2 ORDER BY number LIMIT $3",
    )
    .bind(company)
    .bind(known)
    .bind(AT_ONCE)
    .fetch_all(&mut *db)
    .await?;
    let mut last = known;
    for row in &rows {
        let number: i64 = row.try_get("number")?;
        // Earlier rows were deleted from the log before they became deliveries.
        if last == known && row.try_get::<i64>("previous")? != known {
            insert(db, company, About::Loss, number, now).await?;
        }
        last = number;
        if let Some(job) = row.try_get::<Option<i64>>("job_id")? {
            queue(db, company, About::Job(job), number, now).await?;
            continue;
        }
        let sends: Vec<SendId> =
            match row.try_get::<Option<i64>>("send_id")? {
                Some(send) => vec![send],
                None => scalar(
                    "SELECT id FROM send WHERE company_id = $1 AND candidate_id = $2 ORDER BY id",
                )
                .bind(company)
                .bind(row.try_get::<Option<i64>>("candidate_id")?)
                .fetch_all(&mut *db)
                .await?,
            };
        for send in sends {
            queue(db, company, About::Send(send), number, now).await?;
        }
    }
    query("UPDATE callback SET known = $2 WHERE company_id = $1")
        .bind(company)
        .bind(last)
        .execute(db)
        .await?;
    Ok(())
}

/// Queues a change. A delivery that was never attempted covers it, since it reads its content when it leaves.
async fn queue(
    db: &mut Connection,
    company: CompanyId,
    about: About,
    number: i64,
    now: Millis,
) -> Result<()> {
    let covered = query(
        "UPDATE callback_delivery SET number = $4
         WHERE company_id = $1 AND (send_id = $2 OR job_id = $3) AND state = 'waiting' AND attempt = 0",
    )
    .bind(company)
    .bind(about.send())
    .bind(about.job())
    .bind(number)
    .execute(&mut *db)
    .await?;
    if covered == 0 {
        insert(db, company, about, number, now).await?;
    }
    Ok(())
}

/// Queues a delivery of its own.
pub async fn insert(
    db: &mut Connection,
    company: CompanyId,
    about: About,
    number: i64,
    now: Millis,
) -> Result<()> {
    query(
        "INSERT INTO callback_delivery (company_id, webhook_id, send_id, job_id, number, state, created_at, next_at)
         VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $6)",
    )
    .bind(company)
    .bind(webhook_id())
    .bind(about.send())
    .bind(about.job())
    .bind(number)
    .bind(signed(now))
    .execute(db)
    .await?;
    Ok(())
}

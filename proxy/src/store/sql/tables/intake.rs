//! Takes in a send: its claim, its rows, and the answer to a repeated request.

use super::super::{
    locks::lock_subject,
    query::{Connection, query, scalar},
    values::signed,
};
use super::{connections, resumes, sends};
use crate::store::{Accepted, CompanyId, NewSend, Result, SendId, StoreError};
use atsi_protocol::Millis;

/// Whether the transaction that led to this answer must be committed.
pub const fn is_kept(accepted: &Result<Accepted>) -> bool {
    matches!(accepted, Ok(Accepted::New(_) | Accepted::Follows(_)))
}

/// Accepts a send, as [`crate::store::SendStore::accept`] says.
pub async fn accept(
    db: &mut Connection,
    company: CompanyId,
    new: &NewSend,
    now: Millis,
) -> Result<Accepted> {
    // Requests with the same key, or for the same person, wait here for their turn.
    lock_subject(&mut *db, company, &new.idempotency_key).await?;
    lock_subject(&mut *db, company, &new.external_id).await?;
    if let Some(answer) = replay(&mut *db, company, new, now).await? {
        return Ok(answer);
    }
    if !connections::is_connected(&mut *db, company).await? {
        return Ok(Accepted::NotConnected);
    }
    let job_id = new.job_id.map(signed);
    let holder: Option<SendId> = scalar(
        // A person who applied to a job does not need to become a prospect without a job.
        "SELECT c.send_id FROM claim c JOIN send s ON s.id = c.send_id
         WHERE c.company_id = $1 AND c.external_id = $2
           AND (c.job_id = $3 OR $3 = 0 AND s.kind = 'application')
         ORDER BY c.job_id <> $3, c.send_id LIMIT 1",
    )
    .bind(company)
    .bind(&new.external_id)
    .bind(job_id.unwrap_or(0))
    .fetch_optional(&mut *db)
    .await?;
    let send_id = match holder {
        Some(holder) => holder,
        None => {
            let send_id: SendId = scalar(
                "INSERT INTO send (company_id, idempotency_key, external_id, job_id, sent_by, accepted_at, state, member_id)
                 VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7) RETURNING id",
            )
            .bind(company)
            .bind(&new.idempotency_key)
            .bind(&new.external_id)
            .bind(job_id)
            .bind(&new.sent_by)
            .bind(signed(now))
            .bind(new.member)
            .fetch_one(&mut *db)
            .await?;
            query("INSERT INTO claim (company_id, external_id, job_id, send_id) VALUES ($1, $2, $3, $4)")
                .bind(company)
                .bind(&new.external_id)
                .bind(job_id.unwrap_or(0))
                .bind(send_id)
                .execute(&mut *db)
                .await?;
            query(
                "INSERT INTO outbox (send_id, company_id, sealed_profile, queued_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(send_id)
            .bind(company)
            .bind(&new.sealed_profile)
            .bind(signed(now))
            .execute(&mut *db)
            .await?;
            send_id
        }
    };
    remember(&mut *db, company, new, send_id, now).await?;
    if let (None, Some(id)) = (holder, &new.resume)
        && !resumes::attach(&mut *db, company, id, send_id, now).await?
    {
        return Ok(Accepted::NoSuchResume);
    }
    let (_, send) = sends::find_by_key(&mut *db, company, &new.idempotency_key, now)
        .await?
        .ok_or(StoreError::Corrupt("idempotency"))?;
    Ok(if holder.is_some() {
        Accepted::Follows(send)
    } else {
        Accepted::New(send)
    })
}

/// Returns the answer to a request that was accepted before.
pub async fn replay(
    tx: &mut Connection,
    company: CompanyId,
    new: &NewSend,
    now: Millis,
) -> Result<Option<Accepted>> {
    let earlier: Option<Vec<u8>> = scalar(
        "SELECT request_fingerprint FROM idempotency WHERE company_id = $1 AND idempotency_key = $2",
    )
    .bind(company)
    .bind(&new.idempotency_key)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(earlier) = earlier else {
        return Ok(None);
    };
    if earlier != new.request_fingerprint {
        return Ok(Some(Accepted::KeyReused));
    }
    let send = sends::find_by_key(tx, company, &new.idempotency_key, now).await?;
    let (_, send) = send.ok_or(StoreError::Corrupt("idempotency"))?;
    Ok(Some(Accepted::Replayed(send)))
}

/// Keeps which send answers this request from now on.
pub async fn remember(
    tx: &mut Connection,
    company: CompanyId,
    new: &NewSend,
    send: SendId,
    now: Millis,
) -> Result<()> {
    query(
        "INSERT INTO idempotency (company_id, idempotency_key, request_fingerprint, send_id, accepted_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(company)
    .bind(&new.idempotency_key)
    .bind(&new.request_fingerprint)
    .bind(send)
    .bind(signed(now))
    .execute(tx)
    .await?;
    Ok(())
}

//! Reads sends and their states.

use super::super::{
    query::{Connection, Row, query_for},
    values::{optional_json, optional_unsigned, unsigned},
};
use crate::store::{CompanyId, Result, SendId, StoreError};
use atsi_protocol::{InGreenhouse, Millis, ResumeState, Send, SendState, WaitReason};

/// Everything that [`send_of`] reads, of the tables of [`SEND_JOINS`] and `send s`.
pub const SEND_COLUMNS: &str = "s.idempotency_key, s.external_id, s.job_id, s.sent_by, s.accepted_at, s.state, s.settled_at, \
     s.candidate_id, s.merged, s.application_id, s.profile_url, s.problem, s.resume, \
     o.dispatched_at, o.lease_until, h.reason AS held, \
     c.company_id IS NULL OR c.problem IS NOT NULL AS broken, c.paused_until, c.pause_reason ";

/// The tables that a send's state is read from, beside `send s`.
pub const SEND_JOINS: &str = " LEFT JOIN outbox o ON o.send_id = s.id LEFT JOIN held h ON h.send_id = s.id \
      LEFT JOIN connection c ON c.company_id = s.company_id ";

/// Returns the send that answers an idempotency key, as the key's owner sees it.
pub async fn find_by_key(
    db: &mut Connection,
    company: CompanyId,
    idempotency_key: &str,
    now: Millis,
) -> Result<Option<(SendId, Send)>> {
    let row = query_for(|_| {
        format!(
            "SELECT s.id, {SEND_COLUMNS} FROM idempotency i
                 JOIN send s ON s.id = i.send_id{SEND_JOINS}
                 WHERE i.company_id = $1
                 AND i.idempotency_key = $2"
        )
    })
    .bind(company)
    .bind(idempotency_key)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let mut send = send_of(&row, now)?;
    if send.idempotency_key != idempotency_key {
        idempotency_key.clone_into(&mut send.idempotency_key);
        send.state = as_follower(send.state);
    }
    Ok(Some((row.try_get("id")?, send)))
}

pub fn send_of(row: &Row, now: Millis) -> Result<Send> {
    let settled_at = optional_unsigned(row, "settled_at")?;
    let state = match row.try_get("state")? {
        "waiting" => waiting_of(row, now)?,
        "created" => SendState::Created(in_greenhouse_of(row)?),
        "existing" => SendState::Existing(in_greenhouse_of(row)?),
        "refused" => SendState::Refused {
            problem: optional_json(row, "problem")?.ok_or(StoreError::Corrupt("problem"))?,
        },
        "uncertain" => SendState::Uncertain {
            since: settled_at.ok_or(StoreError::Corrupt("settled_at"))?,
        },
        _ => return Err(StoreError::Corrupt("state")),
    };
    Ok(Send {
        idempotency_key: row.try_get("idempotency_key")?,
        external_id: row.try_get("external_id")?,
        job_id: optional_unsigned(row, "job_id")?,
        accepted_at: unsigned(row.try_get("accepted_at")?, "accepted_at")?,
        sent_by: row.try_get("sent_by")?,
        resume: (row.try_get::<Option<&str>>("resume")?)
            .map(resume_state_of)
            .transpose()?,
        state,
    })
}

pub fn in_greenhouse_of(row: &Row) -> Result<InGreenhouse> {
    Ok(InGreenhouse {
        candidate_id: unsigned(row.try_get("candidate_id")?, "candidate_id")?,
        application_id: optional_unsigned(row, "application_id")?,
        profile_url: row.try_get("profile_url")?,
    })
}

pub fn waiting_of(row: &Row, now: Millis) -> Result<SendState> {
    let leased = optional_unsigned(row, "lease_until")?.is_some_and(|until| until > now);
    let dispatched = optional_unsigned(row, "dispatched_at")?.is_some();
    let paused_until = optional_unsigned(row, "paused_until")?.filter(|&until| until > now);
    let (reason, retry_at) = if row.try_get::<Option<&str>>("held")?.is_some() {
        (WaitReason::Held, None)
    } else if leased || dispatched {
        (WaitReason::Sending, None)
    } else if row.try_get("broken")? {
        (WaitReason::ConnectionBroken, None)
    } else if paused_until.is_some() {
        let reason = optional_json(row, "pause_reason")?.unwrap_or(WaitReason::GreenhouseBusy);
        (reason, paused_until)
    } else {
        (WaitReason::Sending, None)
    };
    Ok(SendState::Waiting { reason, retry_at })
}

pub fn resume_state_of(name: &str) -> Result<ResumeState> {
    (ResumeState::ALL.into_iter())
        .find(|known| known.as_str() == name)
        .ok_or(StoreError::Corrupt("resume"))
}

/// Returns the state of a send as another send sees it that found its claim taken.
pub fn as_follower(state: SendState) -> SendState {
    match state {
        SendState::Created(there) => SendState::Existing(there),
        other => other,
    }
}

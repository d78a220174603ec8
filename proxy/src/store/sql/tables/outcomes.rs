//! What becomes of a send, with everything that follows from it.

use super::super::{
    query::{Connection, query},
    values::{signed, to_json},
};
use super::{applications, people, polls, resumes, tombstones};
use crate::store::{CompanyId, Result, SendId};
use atsi_protocol::{InGreenhouse, Millis, Problem};

/// Records that the send is in Greenhouse. The candidate may have been merged or deleted before we learned of
/// it.
pub async fn record_created(
    db: &mut Connection,
    company: CompanyId,
    send: SendId,
    there: &InGreenhouse,
    now: Millis,
) -> Result<()> {
    let candidate = signed(there.candidate_id);
    let current = tombstones::current_id(db, company, candidate).await?;
    let profile_url = if current == candidate {
        there.profile_url.clone()
    } else {
        people::moved_profile_url(&there.profile_url, current, there.application_id)
    };
    query(
        "UPDATE send SET state = 'created', settled_at = $2, candidate_id = $3, application_id = $4, profile_url = $5,
             merged = $6
         WHERE id = $1",
    )
    .bind(send)
    .bind(signed(now))
    .bind(current)
    .bind(there.application_id.map(signed))
    .bind(profile_url)
    .bind(current != candidate)
    .execute(&mut *db)
    .await?;
    applications::delete_held(db, send).await?;
    delete_from_outbox(db, send).await?;
    applications::reconsider_person(db, company, send, now).await?;
    if tombstones::is_candidate_gone(db, company, current).await? {
        return people::erase_sends(db, company, current, now).await;
    }
    polls::schedule_first(db, company, current, now).await
}

/// Records that nothing was created; the claim is free for the next send.
pub async fn refuse(
    db: &mut Connection,
    company: CompanyId,
    send: SendId,
    problem: &Problem,
    now: Millis,
) -> Result<()> {
    query("UPDATE send SET state = 'refused', settled_at = $2, problem = $3 WHERE id = $1")
        .bind(send)
        .bind(signed(now))
        .bind(to_json(problem)?)
        .execute(&mut *db)
        .await?;
    for delete in [
        "DELETE FROM claim WHERE send_id = $1",
        "DELETE FROM application_claim WHERE send_id = $1",
        "DELETE FROM resume WHERE send_id = $1",
    ] {
        query(delete).bind(send).execute(&mut *db).await?;
    }
    applications::delete_held(db, send).await?;
    delete_from_outbox(db, send).await?;
    applications::reconsider_person(db, company, send, now).await
}

pub async fn delete_from_outbox(db: &mut Connection, send: SendId) -> Result<()> {
    query("DELETE FROM outbox WHERE send_id = $1")
        .bind(send)
        .execute(db)
        .await?;
    Ok(())
}

/// Records that the outcome is unknown. The row stays with its profile, for *Send again*.
pub async fn mark_uncertain(db: &mut Connection, send: SendId, now: Millis) -> Result<()> {
    query("UPDATE send SET state = 'uncertain', settled_at = $2 WHERE id = $1")
        .bind(send)
        .bind(signed(now))
        .execute(&mut *db)
        .await?;
    query("UPDATE outbox SET lease_until = 0, lease_owner = NULL WHERE send_id = $1")
        .bind(send)
        .execute(db)
        .await?;
    Ok(())
}

pub async fn return_to_outbox(db: &mut Connection, send: SendId) -> Result<()> {
    resumes::withdraw_offer(db, send).await?;
    query("UPDATE send SET state = 'waiting', settled_at = NULL WHERE id = $1")
        .bind(send)
        .execute(&mut *db)
        .await?;
    query(
        "UPDATE outbox SET dispatched_at = NULL, lease_until = 0, lease_owner = NULL WHERE send_id = $1",
    )
    .bind(send)
    .execute(db)
    .await?;
    Ok(())
}

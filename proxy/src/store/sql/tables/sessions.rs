//! Sessions.

use super::super::{
    query::{Connection, scalar},
    values::signed,
};
use super::audit;
use crate::store::{CompanyId, NewSession, Result, SessionId, StoredMember, who};
use atsi_protocol::Millis;

/// The company of a lock for people who have no company yet.
pub const NO_COMPANY: CompanyId = 0;

pub async fn begin(
    db: &mut Connection,
    member: &StoredMember,
    new: &NewSession<'_>,
    now: Millis,
) -> Result<SessionId> {
    let session = scalar(
        "INSERT INTO session (company_id, member_id, token_digest, device, created_at, last_used_at)
         VALUES ($1, $2, $3, $4, $5, $5) RETURNING id",
    )
    .bind(member.company)
    .bind(member.id)
    .bind(&new.token[..])
    .bind(new.device)
    .bind(signed(now))
    .fetch_one(&mut *db)
    .await?;
    audit::record_audit(
        db,
        Some(member.company),
        &who(member.id),
        "signed_in",
        None,
        now,
    )
    .await?;
    Ok(session)
}

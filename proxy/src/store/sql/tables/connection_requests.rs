//! One-time links for Greenhouse admins.

use super::super::{
    query::{Connection, Row, query},
    values::{signed, unsigned},
};
use crate::store::{Result, StoredConnectionRequest};
use atsi_protocol::Millis;

/// Everything that [`request_of`] reads, with its tables.
pub const REQUEST_SELECT: &str =
    "SELECT r.id, r.company_id, r.admin_email, m.name AS asked_by, m.role = 'admin' AS by_admin,
            r.created_at, r.expires_at, r.opened_at IS NOT NULL AS is_opened,
            r.done_at IS NOT NULL AS is_done,
            r.revoked_at IS NOT NULL OR m.removed_at IS NOT NULL AS is_revoked
     FROM connection_request r JOIN member m ON m.id = r.asked_by ";

/// Uses a one-time link up; returns false where it no longer works. The member who asked must still be one,
/// and only an admin's link may replace a connection that works.
pub async fn use_up(
    db: &mut Connection,
    request: &StoredConnectionRequest,
    now: Millis,
) -> Result<bool> {
    let done = query(
        "UPDATE connection_request SET done_at = $2
         WHERE id = $1 AND done_at IS NULL AND revoked_at IS NULL AND expires_at > $2
           AND EXISTS (SELECT 1 FROM member m
                       WHERE m.id = connection_request.asked_by AND m.removed_at IS NULL
                         AND (m.role = 'admin' OR NOT EXISTS (
                                 SELECT 1 FROM connection c
                                 WHERE c.company_id = connection_request.company_id AND c.problem IS NULL)))",
    )
    .bind(request.id)
    .bind(signed(now))
    .execute(db)
    .await?;
    Ok(done == 1)
}

pub fn request_of(row: &Row) -> Result<StoredConnectionRequest> {
    Ok(StoredConnectionRequest {
        id: row.try_get("id")?,
        company: row.try_get("company_id")?,
        admin_email: row.try_get("admin_email")?,
        asked_by: row.try_get("asked_by")?,
        by_admin: row.try_get("by_admin")?,
        created_at: unsigned(row.try_get("created_at")?, "connection_request")?,
        expires_at: unsigned(row.try_get("expires_at")?, "connection_request")?,
        is_opened: row.try_get("is_opened")?,
        is_done: row.try_get("is_done")?,
        is_revoked: row.try_get("is_revoked")?,
    })
}

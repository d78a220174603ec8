//! Files of résumés, as sends come and go.

use super::super::{
    query::{Connection, query, scalar},
    values::signed,
};
use crate::store::{CompanyId, Result, SendId};
use atsi_protocol::Millis;

/// Gives a file to a send; returns false where there is no such file, or it belongs to another send.
pub async fn attach(
    tx: &mut Connection,
    company: CompanyId,
    id: &str,
    send: SendId,
    now: Millis,
) -> Result<bool> {
    let rows = query(
        "UPDATE resume SET send_id = $3, expires_at = NULL
         WHERE id = $2 AND company_id = $1 AND send_id IS NULL AND expires_at > $4",
    )
    .bind(company)
    .bind(id)
    .bind(send)
    .bind(signed(now))
    .execute(&mut *tx)
    .await?;
    if rows > 0 {
        set_state(tx, send, "attached").await?;
    }
    Ok(rows > 0)
}

pub async fn set_state(db: &mut Connection, send: SendId, state: &str) -> Result<()> {
    query("UPDATE send SET resume = $2 WHERE id = $1")
        .bind(send)
        .bind(state)
        .execute(db)
        .await?;
    Ok(())
}

/// Keeps the file of a send that goes back to waiting; addresses that were given out stop working.
pub async fn withdraw_offer(db: &mut Connection, send: SendId) -> Result<()> {
    query("UPDATE resume SET token_digest = NULL, expires_at = NULL WHERE send_id = $1")
        .bind(send)
        .execute(db)
        .await?;
    Ok(())
}

/// Erases expired files; returns how many.
pub async fn expire(tx: &mut Connection, now: Millis) -> Result<u64> {
    let sends: Vec<Option<SendId>> =
        scalar("DELETE FROM resume WHERE expires_at <= $1 RETURNING send_id")
            .bind(signed(now))
            .fetch_all(&mut *tx)
            .await?;
    for send in sends.iter().flatten() {
        set_state(tx, *send, "expired").await?;
    }
    Ok(sends.len() as u64)
}

//! Files of résumés, sealed, from the upload until Greenhouse has fetched them.

use super::{
    super::{Connection, ThisStore},
    signed,
};
use crate::{
    seal::Purpose,
    store::{CompanyId, NewResume, Reseal, Result, SendId, StoreError, StoredResume},
};
use atsi_protocol::Millis;
use sqlx::Row as _;

pub async fn put(
    db: &mut Connection,
    company: CompanyId,
    new: &NewResume,
    now: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO resume (id, company_id, file_name, media_type, size, sealed, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(&new.id)
    .bind(company)
    .bind(&new.file_name)
    .bind(new.media_type)
    .bind(signed(new.size))
    .bind(&new.sealed)
    .bind(signed(now))
    .bind(signed(new.expires_at))
    .execute(db)
    .await?;
    Ok(())
}

/// Gives a file to a send; false where there is none of this id, or it is another send's.
pub async fn attach(
    tx: &mut Connection,
    company: CompanyId,
    id: &str,
    send: SendId,
    now: Millis,
) -> Result<bool> {
    let rows = sqlx::query(
        "UPDATE resume SET send_id = $3, expires_at = NULL
         WHERE id = $2 AND company_id = $1 AND send_id IS NULL AND expires_at > $4",
    )
    .bind(company)
    .bind(id)
    .bind(send)
    .bind(signed(now))
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if rows > 0 {
        state(tx, send, "attached").await?;
    }
    Ok(rows > 0)
}

async fn state(db: &mut Connection, send: SendId, state: &str) -> Result<()> {
    sqlx::query("UPDATE send SET resume = $2 WHERE id = $1")
        .bind(send)
        .bind(state)
        .execute(db)
        .await?;
    Ok(())
}

/// The send goes back to wait, and its file with it; no address that was told leads to it any more.
pub async fn keep(db: &mut Connection, send: SendId) -> Result<()> {
    sqlx::query("UPDATE resume SET token_digest = NULL, expires_at = NULL WHERE send_id = $1")
        .bind(send)
        .execute(db)
        .await?;
    Ok(())
}

/// Makes the file of a send available under the digest of a token; its name, where it is still here.
pub async fn offer(
    store: &ThisStore,
    send: SendId,
    token_digest: &[u8],
    expires_at: Millis,
) -> Result<Option<String>> {
    let mut tx = store.write().await?;
    let name: Option<String> = sqlx::query_scalar(
        "UPDATE resume SET token_digest = $2, expires_at = $3 WHERE send_id = $1 RETURNING file_name",
    )
    .bind(send)
    .bind(token_digest)
    .bind(signed(expires_at))
    .fetch_optional(&mut *tx)
    .await?;
    if name.is_some() {
        state(&mut tx, send, "offered").await?;
    }
    tx.commit().await?;
    Ok(name)
}

/// The file cannot be offered, and nobody needs it any more.
pub async fn drop_unoffered(store: &ThisStore, send: SendId) -> Result<()> {
    let mut tx = store.write().await?;
    let rows = sqlx::query("DELETE FROM resume WHERE send_id = $1")
        .bind(send)
        .execute(&mut *tx)
        .await?
        .rows_affected();
    if rows > 0 {
        state(&mut tx, send, "not_offered").await?;
    }
    Ok(tx.commit().await?)
}

pub async fn by_token(
    db: &mut Connection,
    token_digest: &[u8],
    now: Millis,
) -> Result<Option<StoredResume>> {
    let row = sqlx::query(
        "SELECT id, company_id, file_name, media_type, sealed FROM resume
         WHERE token_digest = $1 AND expires_at > $2",
    )
    .bind(token_digest)
    .bind(signed(now))
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredResume {
        id: row.try_get("id")?,
        company: row.try_get("company_id")?,
        file_name: row.try_get("file_name")?,
        media_type: row.try_get("media_type")?,
        sealed: row.try_get("sealed")?,
    }))
}

/// It was fetched whole.
pub async fn fetched(store: &ThisStore, id: &str) -> Result<()> {
    let mut tx = store.write().await?;
    let send: Option<Option<SendId>> =
        sqlx::query_scalar("DELETE FROM resume WHERE id = $1 RETURNING send_id")
            .bind(id)
            .fetch_optional(&mut *tx)
            .await?;
    if let Some(Some(send)) = send {
        state(&mut tx, send, "fetched").await?;
    }
    Ok(tx.commit().await?)
}

/// Erases what has expired; returns how many files.
pub async fn expire(tx: &mut Connection, now: Millis) -> Result<u64> {
    let sends: Vec<Option<SendId>> =
        sqlx::query_scalar("DELETE FROM resume WHERE expires_at <= $1 RETURNING send_id")
            .bind(signed(now))
            .fetch_all(&mut *tx)
            .await?;
    for send in sends.iter().flatten() {
        state(tx, *send, "expired").await?;
    }
    Ok(sends.len() as u64)
}

/// One by one: a file is large.
pub async fn reseal(tx: &mut Connection, reseal: Reseal<'_>) -> Result<u64> {
    let ids: Vec<String> = sqlx::query_scalar("SELECT id FROM resume")
        .fetch_all(&mut *tx)
        .await?;
    for id in &ids {
        let (company, sealed): (CompanyId, Vec<u8>) =
            sqlx::query_as("SELECT company_id, sealed FROM resume WHERE id = $1")
                .bind(id)
                .fetch_one(&mut *tx)
                .await?;
        let anew = reseal(company, Purpose::Resume { id }, &sealed)
            .map_err(|_| StoreError::Corrupt("a sealed value"))?;
        sqlx::query("UPDATE resume SET sealed = $2 WHERE id = $1")
            .bind(id)
            .bind(anew)
            .execute(&mut *tx)
            .await?;
    }
    Ok(ids.len() as u64)
}

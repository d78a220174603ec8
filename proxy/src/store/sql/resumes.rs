//! Files of résumés.

use super::{
    SqlStore,
    query::{Connection, query, scalar},
    tables::resumes,
    values::signed,
};
use crate::store::{CompanyId, NewResume, Result, ResumeStore, SendId, StoredResume};
use atsi_protocol::Millis;

#[async_trait::async_trait]
impl ResumeStore for SqlStore {
    async fn put_resume(&self, company: CompanyId, new: &NewResume, now: Millis) -> Result<()> {
        put(&mut self.direct().await?, company, new, now).await
    }

    async fn offer_resume(
        &self,
        send: SendId,
        token_digest: &[u8],
        expires_at: Millis,
    ) -> Result<Option<String>> {
        let mut tx = self.write().await?;
        let name: Option<String> = scalar(
            "UPDATE resume SET token_digest = $2, expires_at = $3 WHERE send_id = $1 RETURNING file_name",
        )
        .bind(send)
        .bind(token_digest)
        .bind(signed(expires_at))
        .fetch_optional(&mut tx)
        .await?;
        if name.is_some() {
            resumes::set_state(&mut tx, send, "offered").await?;
        }
        tx.commit().await?;
        Ok(name)
    }

    async fn erase_unoffered_resume(&self, send: SendId) -> Result<()> {
        let mut tx = self.write().await?;
        let rows = query("DELETE FROM resume WHERE send_id = $1")
            .bind(send)
            .execute(&mut tx)
            .await?;
        if rows > 0 {
            resumes::set_state(&mut tx, send, "not_offered").await?;
        }
        Ok(tx.commit().await?)
    }

    async fn resume_by_token(
        &self,
        token_digest: &[u8],
        now: Millis,
    ) -> Result<Option<StoredResume>> {
        by_token(&mut self.read().await?, token_digest, now).await
    }

    async fn erase_fetched_resume(&self, id: &str) -> Result<()> {
        let mut tx = self.write().await?;
        let send: Option<Option<SendId>> =
            scalar("DELETE FROM resume WHERE id = $1 RETURNING send_id")
                .bind(id)
                .fetch_optional(&mut tx)
                .await?;
        if let Some(Some(send)) = send {
            resumes::set_state(&mut tx, send, "fetched").await?;
        }
        Ok(tx.commit().await?)
    }
}

async fn put(db: &mut Connection, company: CompanyId, new: &NewResume, now: Millis) -> Result<()> {
    query(
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

async fn by_token(
    db: &mut Connection,
    token_digest: &[u8],
    now: Millis,
) -> Result<Option<StoredResume>> {
    let row = query(
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

//! One-time links for Greenhouse admins.

use super::{
    SqlStore,
    query::{query, query_for, scalar},
    tables::{
        audit,
        connection_requests::{self, REQUEST_SELECT},
        mail, revocations,
    },
    values::signed,
};
use crate::store::{
    CompanyId, ConnectionRequestStore, Digest, NewConnectionRequest, NewMail, Result,
    StoredConnectionRequest, who,
};
use atsi_protocol::Millis;

#[async_trait::async_trait]
impl ConnectionRequestStore for SqlStore {
    async fn put_connection_request(
        &self,
        company: CompanyId,
        new: NewConnectionRequest<'_>,
        mail: NewMail<'_>,
        now: Millis,
    ) -> Result<i64> {
        let mut tx = self.write().await?;
        let id: i64 = scalar(
            "INSERT INTO connection_request (company_id, token_digest, admin_email, asked_by, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        )
        .bind(company)
        .bind(&new.token[..])
        .bind(new.admin_email)
        .bind(new.by)
        .bind(signed(now))
        .bind(signed(new.expires_at))
        .fetch_one(&mut tx)
        .await?;
        mail::put(&mut tx, mail, now).await?;
        let subject = id.to_string();
        audit::record_audit(
            &mut tx,
            Some(company),
            &who(new.by),
            "connection_requested",
            Some(&subject),
            now,
        )
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn connection_requests(
        &self,
        company: CompanyId,
    ) -> Result<Vec<StoredConnectionRequest>> {
        let rows =
            query_for(|_| format!("{REQUEST_SELECT}WHERE r.company_id = $1 ORDER BY r.id DESC"))
                .bind(company)
                .fetch_all(&mut self.read().await?)
                .await?;
        rows.iter().map(connection_requests::request_of).collect()
    }

    async fn connection_request(&self, token: Digest) -> Result<Option<StoredConnectionRequest>> {
        let row = query_for(|_| format!("{REQUEST_SELECT}WHERE r.token_digest = $1"))
            .bind(&token[..])
            .fetch_optional(&mut self.read().await?)
            .await?;
        row.as_ref()
            .map(connection_requests::request_of)
            .transpose()
    }

    async fn open_connection_request(&self, help: i64, now: Millis) -> Result<()> {
        query("UPDATE connection_request SET opened_at = $2 WHERE id = $1 AND opened_at IS NULL")
            .bind(help)
            .bind(signed(now))
            .execute(&mut self.direct().await?)
            .await?;
        Ok(())
    }

    async fn revoke_connection_request(
        &self,
        company: CompanyId,
        help: i64,
        who: &str,
        now: Millis,
    ) -> Result<bool> {
        let sql = "UPDATE connection_request SET revoked_at = $3
             WHERE company_id = $1 AND id = $2 AND revoked_at IS NULL AND done_at IS NULL";
        revocations::revoke(
            self,
            sql,
            company,
            help,
            who,
            "connection_request_revoked",
            now,
        )
        .await
    }
}

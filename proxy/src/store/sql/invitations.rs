//! Invitations.

use super::{
    SqlStore,
    query::{query, scalar},
    tables::{audit, mail, members, revocations},
    values::{signed, unsigned},
};
use crate::store::{
    CompanyId, InvitationStore, NewInvitation, NewMail, Result, StoredInvitation, who,
};
use atsi_protocol::Millis;

#[async_trait::async_trait]
impl InvitationStore for SqlStore {
    async fn put_invitation(
        &self,
        company: CompanyId,
        new: NewInvitation<'_>,
        mail: Option<NewMail<'_>>,
        now: Millis,
    ) -> Result<i64> {
        let mut tx = self.write().await?;
        let id: i64 = scalar(
            "INSERT INTO invitation (company_id, token_digest, email, role, invited_by, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        )
        .bind(company)
        .bind(&new.token[..])
        .bind(new.email)
        .bind(members::role_name(new.role))
        .bind(new.by)
        .bind(signed(now))
        .bind(signed(new.expires_at))
        .fetch_one(&mut tx)
        .await?;
        if let Some(mail) = mail {
            mail::put(&mut tx, mail, now).await?;
        }
        let subject = id.to_string();
        audit::record_audit(
            &mut tx,
            Some(company),
            &who(new.by),
            "invited",
            Some(&subject),
            now,
        )
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn invitations(&self, company: CompanyId) -> Result<Vec<StoredInvitation>> {
        let rows = query(
            "SELECT i.id, i.email, i.role, m.name AS invited_by, i.created_at, i.expires_at,
                    i.accepted_at IS NOT NULL AS is_accepted,
                    i.revoked_at IS NOT NULL OR m.removed_at IS NOT NULL OR m.role <> 'admin' AS is_revoked
             FROM invitation i JOIN member m ON m.id = i.invited_by
             WHERE i.company_id = $1 ORDER BY i.id DESC",
        )
        .bind(company)
        .fetch_all(&mut self.read().await?)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(StoredInvitation {
                    id: row.try_get("id")?,
                    email: row.try_get("email")?,
                    role: members::role_of(row)?,
                    invited_by: row.try_get("invited_by")?,
                    created_at: unsigned(row.try_get("created_at")?, "invitation")?,
                    expires_at: unsigned(row.try_get("expires_at")?, "invitation")?,
                    is_accepted: row.try_get("is_accepted")?,
                    is_revoked: row.try_get("is_revoked")?,
                })
            })
            .collect()
    }

    async fn revoke_invitation(
        &self,
        company: CompanyId,
        invitation: i64,
        who: &str,
        now: Millis,
    ) -> Result<bool> {
        let sql = "UPDATE invitation SET revoked_at = $3
             WHERE company_id = $1 AND id = $2 AND revoked_at IS NULL AND accepted_at IS NULL";
        revocations::revoke(
            self,
            sql,
            company,
            invitation,
            who,
            "invitation_revoked",
            now,
        )
        .await
    }
}

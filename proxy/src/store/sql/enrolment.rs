//! Managed devices.

use super::{
    SqlStore,
    query::{query, scalar},
    tables::{audit, members, sessions},
    values::{signed, unsigned},
};
use crate::store::{
    Authenticated, CompanyId, Digest, EnrolmentStore, MemberId, NewSession, Result,
    StoredEnrolment, who,
};
use atsi_protocol::{Millis, Role};

#[async_trait::async_trait]
impl EnrolmentStore for SqlStore {
    async fn put_enrolment(
        &self,
        company: CompanyId,
        token: Digest,
        by: MemberId,
        now: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        query(
            "INSERT INTO enrolment (company_id, token_digest, made_by, made_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (company_id) DO UPDATE SET token_digest = excluded.token_digest,
                 made_by = excluded.made_by, made_at = excluded.made_at",
        )
        .bind(company)
        .bind(&token[..])
        .bind(by)
        .bind(signed(now))
        .execute(&mut tx)
        .await?;
        audit::record_audit(
            &mut tx,
            Some(company),
            &who(by),
            "enrolment_made",
            None,
            now,
        )
        .await?;
        Ok(tx.commit().await?)
    }

    async fn enrolment(&self, company: CompanyId) -> Result<Option<StoredEnrolment>> {
        let row = query(
            "SELECT e.made_at, m.name FROM enrolment e JOIN member m ON m.id = e.made_by WHERE e.company_id = $1",
        )
        .bind(company)
        .fetch_optional(&mut self.read().await?)
        .await?;
        row.map(|row| {
            Ok(StoredEnrolment {
                made_at: unsigned(row.try_get("made_at")?, "enrolment")?,
                made_by: row.try_get("name")?,
            })
        })
        .transpose()
    }

    async fn delete_enrolment(&self, company: CompanyId, who: &str, now: Millis) -> Result<()> {
        let mut tx = self.write().await?;
        query("DELETE FROM enrolment WHERE company_id = $1")
            .bind(company)
            .execute(&mut tx)
            .await?;
        audit::record_audit(&mut tx, Some(company), who, "enrolment_revoked", None, now).await?;
        Ok(tx.commit().await?)
    }

    async fn enrol(
        &self,
        token: Digest,
        session: NewSession<'_>,
        now: Millis,
    ) -> Result<Option<Authenticated>> {
        let mut tx = self.write().await?;
        let company: Option<CompanyId> =
            scalar("SELECT company_id FROM enrolment WHERE token_digest = $1")
                .bind(&token[..])
                .fetch_optional(&mut tx)
                .await?;
        let Some(company) = company else {
            return Ok(None);
        };
        let new = members::NewMember {
            email: None,
            name: session.device,
            role: Role::Recruiter,
        };
        let member = members::add(&mut tx, company, new, "enrolled", now).await?;
        let session = sessions::begin(&mut tx, &member, &session, now).await?;
        tx.commit().await?;
        Ok(Some(Authenticated { session, member }))
    }
}

//! The outbox of mail.

use super::{
    SqlStore,
    query::{query, query_for, scalar},
    tables::mail,
    values::{optional_json, signed, small, unsigned},
};
use crate::store::{MailStore, NewMail, Result, StoreError, TakenMail, UnreportedBreak};
use atsi_protocol::Millis;

#[async_trait::async_trait]
impl MailStore for SqlStore {
    async fn put_mail(&self, mail: NewMail<'_>, now: Millis) -> Result<bool> {
        mail::put(&mut self.direct().await?, mail, now).await
    }

    async fn take_mail(&self, now: Millis) -> Result<Option<TakenMail>> {
        let row = query_for(|sql| {
            format!(
                "UPDATE mail SET taken_at = $1, attempts = attempts + 1
                 WHERE id = (SELECT t.id FROM mail t
                             WHERE t.sealed IS NOT NULL AND t.taken_at IS NULL AND t.due_at <= $1
                             AND t.drop_at > $1
                             ORDER BY t.due_at, t.id LIMIT 1{skip_locked})
                             RETURNING id, company_id, intent, sealed, attempts",
                skip_locked = sql.skip_locked_of("t")
            )
        })
        .bind(signed(now))
        .fetch_optional(&mut self.direct().await?)
        .await?;
        row.map(|row| {
            Ok(TakenMail {
                id: row.try_get("id")?,
                company: row.try_get("company_id")?,
                intent: row.try_get("intent")?,
                sealed: row.try_get("sealed")?,
                attempts: small(row.try_get("attempts")?),
            })
        })
        .transpose()
    }

    async fn finish_mail(&self, mail: i64) -> Result<()> {
        query("UPDATE mail SET sealed = NULL WHERE id = $1")
            .bind(mail)
            .execute(&mut self.direct().await?)
            .await?;
        Ok(())
    }

    async fn put_mail_back(&self, mail: i64, due_at: Millis) -> Result<()> {
        query("UPDATE mail SET taken_at = NULL, due_at = $2 WHERE id = $1")
            .bind(mail)
            .bind(signed(due_at))
            .execute(&mut self.direct().await?)
            .await?;
        Ok(())
    }

    async fn next_mail_due(&self, now: Millis) -> Result<Option<Millis>> {
        let due: Option<i64> = scalar(
            "SELECT min(due_at) FROM mail
             WHERE sealed IS NOT NULL AND taken_at IS NULL AND drop_at > due_at AND drop_at > $1",
        )
        .bind(signed(now))
        .fetch_one(&mut self.read().await?)
        .await?;
        due.map(|due| unsigned(due, "mail")).transpose()
    }

    async fn unreported_breaks(&self) -> Result<Vec<UnreportedBreak>> {
        let rows = query(
            "SELECT c.company_id, a.domain, c.generation, c.problem, m.id AS member_id, m.email, m.language
             FROM connection c
             JOIN account a ON a.company_id = c.company_id
             JOIN member m ON m.company_id = c.company_id AND m.role = 'admin'
                          AND m.removed_at IS NULL AND m.email IS NOT NULL
             WHERE c.problem IS NOT NULL AND NOT EXISTS (
                 SELECT 1 FROM mail x
                 WHERE x.intent = 'broken/' || CAST(c.company_id AS TEXT) || '/' || CAST(c.generation AS TEXT)
                                  || '/' || CAST(m.id AS TEXT))",
        )
        .fetch_all(&mut self.read().await?)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(UnreportedBreak {
                    company: row.try_get("company_id")?,
                    domain: row.try_get("domain")?,
                    generation: row.try_get("generation")?,
                    problem: optional_json(row, "problem")?
                        .ok_or(StoreError::Corrupt("problem"))?,
                    admin: row.try_get("member_id")?,
                    email: row.try_get("email")?,
                    language: row.try_get("language")?,
                })
            })
            .collect()
    }
}

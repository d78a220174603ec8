//! Retention.

use super::{SqlStore, query::query, tables::resumes, values::signed};
use crate::store::{Expiry, IDLE_SESSION_MS, INTENT_KEPT_MS, Pruned, Result, RetentionStore};
use atsi_protocol::Millis;

#[async_trait::async_trait]
impl RetentionStore for SqlStore {
    async fn prune(&self, before: Expiry) -> Result<Pruned> {
        let mut tx = self.write().await?;
        let idempotency_keys = query(
            "DELETE FROM idempotency WHERE accepted_at < $1
             AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.send_id = idempotency.send_id)
             AND NOT EXISTS (SELECT 1 FROM held h WHERE h.send_id = idempotency.send_id)",
        )
        .bind(signed(before.idempotency_keys))
        .execute(&mut tx)
        .await?;
        let hook_records = query("DELETE FROM hook_event WHERE received_at < $1")
            .bind(signed(before.hook_records))
            .execute(&mut tx)
            .await?;
        // A dismissed application stays with its claim, else it would be taken in again automatically.
        let refused_sends = query(
            "DELETE FROM send WHERE state = 'refused' AND settled_at < $1
               AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.send_id = send.id)
               AND NOT EXISTS (SELECT 1 FROM idempotency i WHERE i.send_id = send.id)
               AND NOT EXISTS (SELECT 1 FROM application_claim a WHERE a.send_id = send.id)",
        )
        .bind(signed(before.refused_sends))
        .execute(&mut tx)
        .await?;
        let changes = query(
            "DELETE FROM change_log WHERE at < $1 AND number <
                 (SELECT max(l.number) FROM change_log l WHERE l.company_id = change_log.company_id)",
        )
        .bind(signed(before.changes))
        .execute(&mut tx)
        .await?;
        let resumes = resumes::expire(&mut tx, before.resumes).await?;
        let deliveries =
            query("DELETE FROM callback_delivery WHERE created_at < $1 AND state <> 'waiting'")
                .bind(signed(before.changes))
                .execute(&mut tx)
                .await?;
        // The last one of each row stays, because it shows what a person wants there.
        let write_backs = query(
            "DELETE FROM write_back WHERE at < $1 AND id <
                 (SELECT max(w.id) FROM write_back w
                  WHERE w.company_id = write_back.company_id AND w.row_id = write_back.row_id)",
        )
        .bind(signed(before.write_backs))
        .execute(&mut tx)
        .await?;
        let job_saves = query(
            "DELETE FROM job_save WHERE at < $1 AND id NOT IN (
                 SELECT max(s.id) FROM job_save s GROUP BY s.company_id, s.jopwell_id, s.kind, s.undoes IS NULL)",
        )
        .bind(signed(before.write_backs))
        .execute(&mut tx)
        .await?;
        tx.commit().await?;
        Ok(Pruned {
            resumes,
            changes,
            deliveries,
            idempotency_keys,
            hook_records,
            refused_sends,
            write_backs: write_backs + job_saves,
        })
    }

    async fn prune_accounts(&self, now: Millis) -> Result<()> {
        let mut tx = self.write().await?;
        for (delete, before) in [
            ("DELETE FROM sign_in_code WHERE expires_at <= $1", now),
            (
                "DELETE FROM session WHERE last_used_at <= $1",
                now.saturating_sub(IDLE_SESSION_MS),
            ),
            (
                "DELETE FROM mail WHERE drop_at <= $1",
                now.saturating_sub(INTENT_KEPT_MS),
            ),
            // It is too late to send them.
            (
                "UPDATE mail SET sealed = NULL WHERE drop_at <= $1 AND sealed IS NOT NULL",
                now,
            ),
        ] {
            query(delete).bind(signed(before)).execute(&mut tx).await?;
        }
        Ok(tx.commit().await?)
    }
}

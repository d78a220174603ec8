//! Connections.

use super::{
    SqlStore,
    locks::lock_company,
    query::{query, scalar, scalar_for},
    tables::{audit, connection_requests, connections, outcomes},
    values::{signed, unsigned},
};
use crate::store::{
    CompanyId, ConnectionFigures, ConnectionStore, NewConnection, Result, SendId, StoredConnection,
    StoredConnectionRequest,
};
use atsi_protocol::{Millis, Problem, WaitReason};

#[async_trait::async_trait]
impl ConnectionStore for SqlStore {
    async fn personal_company(&self, now: Millis) -> Result<CompanyId> {
        const PERSONAL: CompanyId = 1;
        query("INSERT INTO company (id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(PERSONAL)
            .bind(signed(now))
            .execute(&mut self.direct().await?)
            .await?;
        Ok(PERSONAL)
    }

    async fn connection(&self, company: CompanyId) -> Result<Option<StoredConnection>> {
        connections::find(&mut self.read().await?, company).await
    }

    async fn put_connection(
        &self,
        company: CompanyId,
        new: NewConnection,
        who: &str,
        now: Millis,
    ) -> Result<StoredConnection> {
        let mut tx = self.write().await?;
        let stored = connections::put(&mut tx, company, new, who, now).await?;
        tx.commit().await?;
        Ok(stored)
    }

    async fn put_connection_by_request(
        &self,
        request: &StoredConnectionRequest,
        new: NewConnection,
        now: Millis,
    ) -> Result<Option<StoredConnection>> {
        let mut tx = self.write().await?;
        if !connection_requests::use_up(&mut tx, request, now).await? {
            return Ok(None);
        }
        let who = format!("link {}", request.id);
        let stored = connections::put(&mut tx, request.company, new, &who, now).await?;
        tx.commit().await?;
        Ok(Some(stored))
    }

    async fn delete_connection(
        &self,
        company: CompanyId,
        problem: &Problem,
        who: &str,
        now: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        audit::record_audit(&mut tx, Some(company), who, "disconnected", None, now).await?;
        // First, so that no more sends are accepted.
        query("DELETE FROM connection WHERE company_id = $1")
            .bind(company)
            .execute(&mut tx)
            .await?;
        let held: Vec<SendId> = scalar("SELECT send_id FROM held WHERE company_id = $1")
            .bind(company)
            .fetch_all(&mut tx)
            .await?;
        let waiting: Vec<SendId> = scalar_for(|sql| {
            format!(
                "SELECT o.send_id FROM outbox o WHERE o.company_id = $1
                     AND o.dispatched_at IS NULL{lock}",
                lock = sql.for_update_of("o")
            )
        })
        .bind(company)
        .fetch_all(&mut tx)
        .await?;
        for send in held.into_iter().chain(waiting) {
            outcomes::refuse(&mut tx, company, send, problem, now).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn break_connection(
        &self,
        company: CompanyId,
        generation: i64,
        problem: &Problem,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        connections::mark_broken(&mut tx, company, generation, problem).await?;
        Ok(tx.commit().await?)
    }

    async fn pause_connection(
        &self,
        company: CompanyId,
        generation: i64,
        reason: WaitReason,
        until: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        connections::pause(&mut tx, company, generation, reason, until).await?;
        Ok(tx.commit().await?)
    }

    async fn connected_companies(&self, now: Millis) -> Result<Vec<CompanyId>> {
        Ok(scalar(
            "SELECT company_id FROM connection WHERE problem IS NULL AND paused_until <= $1 ORDER BY company_id",
        )
        .bind(signed(now))
        .fetch_all(&mut self.read().await?)
        .await?)
    }

    async fn connection_figures(&self, now: Millis) -> Result<ConnectionFigures> {
        let row = query(
            "SELECT count(*) FILTER (WHERE problem IS NULL AND paused_until <= $1) AS active,
                    count(*) FILTER (WHERE problem IS NULL AND paused_until > $1) AS paused,
                    count(*) FILTER (WHERE problem IS NOT NULL) AS broken
             FROM connection",
        )
        .bind(signed(now))
        .fetch_one(&mut self.read().await?)
        .await?;
        Ok(ConnectionFigures {
            active: unsigned(row.try_get("active")?, "active")?,
            paused: unsigned(row.try_get("paused")?, "paused")?,
            broken: unsigned(row.try_get("broken")?, "broken")?,
        })
    }
}

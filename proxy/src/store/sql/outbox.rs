//! Leases of the outbox, and outcomes of attempts.

use super::{
    SqlStore,
    dialect::Dialect,
    locks::lock_company,
    query::{query, query_for, scalar, scalar_for},
    tables::{applications, connections, members, outcomes},
    values::{optional_unsigned, signed, small, unsigned},
};
use crate::store::{
    CompanyId, LeaseLimits, Leased, OutboxStore, QueueFigures, Result, SendId, Settlement,
};
use atsi_protocol::Millis;
use std::time::Duration;

#[async_trait::async_trait]
impl OutboxStore for SqlStore {
    async fn lease(
        &self,
        owner: &str,
        limits: LeaseLimits,
        now: Millis,
        duration: Duration,
    ) -> Result<Vec<Leased>> {
        let mut tx = self.write().await?;
        let until = now.saturating_add(duration.as_millis().try_into().unwrap_or(Millis::MAX));
        let companies = query_for(|sql| {
            format!(
                "SELECT c.company_id, c.failures,
                        (SELECT count(*) FROM outbox l WHERE l.company_id = c.company_id
                        AND l.lease_until > $1) AS in_flight
                 FROM connection c
                 WHERE c.problem IS NULL AND c.paused_until <= $1
                   AND EXISTS (SELECT 1 FROM outbox o
                               WHERE o.company_id = c.company_id AND o.dispatched_at IS NULL
                               AND o.lease_until <= $1)
                 ORDER BY in_flight, random() LIMIT $2{skip_locked}",
                skip_locked = sql.skip_locked_of("c")
            )
        })
        .bind(signed(now))
        .bind(i64::from(limits.total))
        .fetch_all(&mut tx)
        .await?;
        let mut leased = Vec::new();
        for row in companies {
            let company: CompanyId = row.try_get("company_id")?;
            let in_flight = small(row.try_get("in_flight")?);
            // After a failure a single send finds out whether Greenhouse is back.
            let failing = row.try_get::<i64>("failures")? > 0;
            let most = if failing { 1 } else { limits.per_company };
            let room = most
                .saturating_sub(in_flight)
                .min(limits.total.saturating_sub(count(&leased)));
            if room == 0 {
                continue;
            }
            let Some(connection) = connections::find(&mut tx, company).await? else {
                continue;
            };
            let rows = query_for(|sql| {
                format!(
                    "UPDATE outbox SET attempt = attempt + 1, lease_owner = $2, lease_until = $3
                     WHERE send_id IN (SELECT o.send_id FROM outbox o
                                       WHERE o.company_id = $1 AND o.dispatched_at IS NULL
                                       AND o.lease_until <= $4
                                       ORDER BY o.queued_at, o.send_id LIMIT $5{skip_locked})
                     RETURNING send_id, attempt, sealed_profile,
                         (SELECT s.idempotency_key FROM send s
                         WHERE s.id = outbox.send_id) AS idempotency_key,
                         (SELECT s.external_id FROM send s
                         WHERE s.id = outbox.send_id) AS external_id,
                         (SELECT s.job_id FROM send s WHERE s.id = outbox.send_id) AS job_id,
                         (SELECT s.kind FROM send s WHERE s.id = outbox.send_id) AS kind,
                         (SELECT s.resume FROM send s WHERE s.id = outbox.send_id) AS resume,
                         (SELECT s.member_id FROM send s WHERE s.id = outbox.send_id) AS member_id",
                    skip_locked = sql.skip_locked_of("o")
                )
            })
            .bind(company)
            .bind(owner)
            .bind(signed(until))
            .bind(signed(now))
            .bind(i64::from(room))
            .fetch_all(&mut tx)
            .await?;
            for row in rows {
                let sender = match row.try_get("member_id")? {
                    Some(member) => members::sender(&mut tx, member, connection.generation).await?,
                    None => None,
                };
                leased.push(Leased {
                    sender,
                    send: row.try_get("send_id")?,
                    company,
                    attempt: row.try_get("attempt")?,
                    idempotency_key: row.try_get("idempotency_key")?,
                    external_id: row.try_get("external_id")?,
                    job_id: optional_unsigned(&row, "job_id")?,
                    is_application: row.try_get::<&str>("kind")? == "application",
                    has_resume: matches!(row.try_get("resume")?, Some("attached" | "offered")),
                    sealed_profile: row.try_get("sealed_profile")?,
                    connection: connection.clone(),
                });
            }
        }
        tx.commit().await?;
        Ok(leased)
    }

    async fn dispatch(&self, leased: &Leased, now: Millis) -> Result<bool> {
        let done = query(
            "UPDATE outbox SET dispatched_at = $3, first_dispatched_at = coalesce(first_dispatched_at, $3)
             WHERE send_id = $1 AND attempt = $2 AND dispatched_at IS NULL AND lease_until > $3
               AND EXISTS (SELECT 1 FROM connection c
                           WHERE c.company_id = outbox.company_id AND c.generation = $4
                             AND c.problem IS NULL AND c.paused_until <= $3)",
        )
        .bind(leased.send)
        .bind(leased.attempt)
        .bind(signed(now))
        .bind(leased.connection.generation)
        .execute(&mut self.direct().await?)
        .await?;
        Ok(done == 1)
    }

    async fn settle(&self, leased: &Leased, settlement: Settlement, now: Millis) -> Result<bool> {
        let mut tx = self.write().await?;
        // Changes of a send's state go to the change log under this lock. That includes a send that goes back to
        // waiting, as it may have become uncertain meanwhile.
        lock_company(&mut tx, leased.company).await?;
        let dispatched: Option<bool> = scalar_for(|sql| {
            format!(
                "SELECT o.dispatched_at IS NOT NULL FROM outbox o WHERE o.send_id = $1
                     AND o.attempt = $2{lock}",
                lock = sql.for_update_of("o")
            )
        })
        .bind(leased.send)
        .bind(leased.attempt)
        .fetch_optional(&mut tx)
        .await?;
        match (dispatched, &settlement) {
            (None, _)
            | (Some(true), Settlement::HandedBack)
            // A person chose *Send again* meanwhile, and must not be asked again.
            | (Some(false), Settlement::Uncertain) => return Ok(false),
            (Some(_), _) => {}
        }
        let (company, generation) = (leased.company, leased.connection.generation);
        match settlement {
            Settlement::Created(there) => {
                outcomes::record_created(&mut tx, company, leased.send, &there, now).await?;
                connections::reset_failures(&mut tx, company, generation).await?;
            }
            Settlement::Refused(problem) => {
                outcomes::refuse(&mut tx, company, leased.send, &problem, now).await?;
                connections::reset_failures(&mut tx, company, generation).await?;
            }
            Settlement::Held(reason, problem) => {
                applications::hold_refused(&mut tx, company, leased.send, reason, &problem, now)
                    .await?;
                connections::reset_failures(&mut tx, company, generation).await?;
            }
            Settlement::Uncertain => outcomes::mark_uncertain(&mut tx, leased.send, now).await?,
            Settlement::Pause { reason, until } => {
                outcomes::return_to_outbox(&mut tx, leased.send).await?;
                connections::pause(&mut tx, company, generation, reason, until).await?;
                query(
                    "UPDATE connection SET failures = $3 WHERE company_id = $1 AND generation = $2 AND failures < $3",
                )
                .bind(company)
                .bind(generation)
                .bind(i64::from(leased.connection.failures.saturating_add(1)))
                .execute(&mut tx)
                .await?;
            }
            Settlement::ConnectionBroken(problem) => {
                outcomes::return_to_outbox(&mut tx, leased.send).await?;
                connections::mark_broken(&mut tx, company, generation, &problem).await?;
            }
            Settlement::HandedBack => outcomes::return_to_outbox(&mut tx, leased.send).await?,
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn mark_lost_sends_uncertain(&self, now: Millis) -> Result<u64> {
        const LOST: &str = "SELECT DISTINCT o.company_id FROM outbox o JOIN send s ON s.id = o.send_id
                            WHERE o.dispatched_at IS NOT NULL AND o.lease_until <= $1 AND s.state = 'waiting'";
        let locked = |sql: Dialect| {
            format!(
                "SELECT o.send_id FROM outbox o JOIN send s ON s.id = o.send_id
             WHERE o.company_id = $2 AND o.dispatched_at IS NOT NULL AND o.lease_until <= $1
               AND s.state = 'waiting'{skip_locked}",
                skip_locked = sql.skip_locked_of("o")
            )
        };
        let mut reader = self.read().await?;
        let companies: Vec<CompanyId> = scalar(LOST)
            .bind(signed(now))
            .fetch_all(&mut reader)
            .await?;
        drop(reader);
        let mut marked = 0;
        // A transaction never holds two companies' locks.
        for company in companies {
            let mut tx = self.write().await?;
            lock_company(&mut tx, company).await?;
            let lost: Vec<SendId> = scalar_for(locked)
                .bind(signed(now))
                .bind(company)
                .fetch_all(&mut tx)
                .await?;
            for &send in &lost {
                outcomes::mark_uncertain(&mut tx, send, now).await?;
            }
            tx.commit().await?;
            marked += lost.len() as u64;
        }
        Ok(marked)
    }

    async fn hand_back(&self, owner: &str) -> Result<()> {
        query(
            "UPDATE outbox SET lease_until = 0, lease_owner = NULL WHERE lease_owner = $1 AND dispatched_at IS NULL",
        )
        .bind(owner)
        .execute(&mut self.direct().await?)
        .await?;
        Ok(())
    }

    async fn next_due(&self, now: Millis) -> Result<Option<Millis>> {
        let next: Option<i64> = scalar(
            "SELECT min(due) FROM (
                 SELECT c.paused_until AS due FROM connection c
                 WHERE c.problem IS NULL AND c.paused_until > $1
                   AND EXISTS (SELECT 1 FROM outbox o WHERE o.company_id = c.company_id AND o.dispatched_at IS NULL)
                 UNION ALL
                 SELECT o.lease_until FROM outbox o WHERE o.lease_until > $1) due_times",
        )
        .bind(signed(now))
        .fetch_one(&mut self.read().await?)
        .await?;
        next.map(|due| unsigned(due, "due")).transpose()
    }

    async fn queue_figures(&self) -> Result<QueueFigures> {
        let row = query(
            "SELECT count(*) FILTER (WHERE s.state = 'waiting') AS waiting,
                    count(*) FILTER (WHERE s.state = 'uncertain') AS uncertain,
                    min(o.queued_at) FILTER (WHERE s.state = 'waiting') AS oldest
             FROM outbox o JOIN send s ON s.id = o.send_id",
        )
        .fetch_one(&mut self.read().await?)
        .await?;
        Ok(QueueFigures {
            waiting: unsigned(row.try_get("waiting")?, "waiting")?,
            uncertain: unsigned(row.try_get("uncertain")?, "uncertain")?,
            oldest: optional_unsigned(&row, "oldest")?,
        })
    }
}

fn count(leased: &[Leased]) -> u32 {
    u32::try_from(leased.len()).unwrap_or(u32::MAX)
}

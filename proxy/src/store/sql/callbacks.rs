//! The outbox of deliveries to companies' own addresses.

use super::{
    SqlStore,
    locks::lock_company,
    query::{Connection, query, query_for, scalar},
    tables::{
        audit,
        callback_deliveries::{self, About},
        candidates, jobs, secrets,
    },
    values::{optional_unsigned, signed, small, unsigned},
};
use crate::store::{
    CallbackAnswer, CallbackContent, CallbackStore, CompanyId, GIVE_UP_AFTER_MS, LeasedCallback,
    Result, StoredCallback, StoredDelivery, StoredSecret,
};
use atsi_protocol::Millis;
use std::time::Duration;

#[async_trait::async_trait]
impl CallbackStore for SqlStore {
    async fn callback(&self, company: CompanyId, now: Millis) -> Result<Option<StoredCallback>> {
        find(&mut self.read().await?, company, now).await
    }

    async fn put_callback(
        &self,
        company: CompanyId,
        url: &str,
        sealed: &[u8],
        who: &str,
        now: Millis,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        let is_first = find(&mut tx, company, now).await?.is_none();
        query(
            "INSERT INTO callback (company_id, url, created_at, known)
             SELECT $1, $2, $3, coalesce(max(number), 0) FROM change_log WHERE company_id = $1
             ON CONFLICT (company_id) DO UPDATE SET url = excluded.url, failures = 0, failing_since = NULL,
                 paused_until = 0, disabled_at = NULL",
        )
        .bind(company)
        .bind(url)
        .bind(signed(now))
        .execute(&mut tx)
        .await?;
        // An admin who enters an address wants to see at once whether it works.
        query("UPDATE callback_delivery SET next_at = $2 WHERE company_id = $1 AND state = 'waiting' AND next_at > $2")
            .bind(company)
            .bind(signed(now))
            .execute(&mut tx)
            .await?;
        if is_first {
            insert_secret(&mut tx, company, sealed, now).await?;
        }
        audit::record_audit(&mut tx, Some(company), who, "callback_set", None, now).await?;
        tx.commit().await?;
        Ok(is_first)
    }

    async fn add_callback_secret(
        &self,
        company: CompanyId,
        sealed: &[u8],
        others_until: Millis,
        who: &str,
        now: Millis,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        if find(&mut tx, company, now).await?.is_none() {
            return Ok(false);
        }
        // At most two are kept: the new one, and the one that was the newest until now.
        query(
            "DELETE FROM callback_secret WHERE company_id = $1 AND (valid_until IS NOT NULL OR $2 <= $3)",
        )
        .bind(company)
        .bind(signed(others_until))
        .bind(signed(now))
        .execute(&mut tx)
        .await?;
        query("UPDATE callback_secret SET valid_until = $2 WHERE company_id = $1")
            .bind(company)
            .bind(signed(others_until))
            .execute(&mut tx)
            .await?;
        insert_secret(&mut tx, company, sealed, now).await?;
        audit::record_audit(
            &mut tx,
            Some(company),
            who,
            "callback_secret_made",
            None,
            now,
        )
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    async fn delete_callback(&self, company: CompanyId, who: &str, now: Millis) -> Result<()> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        // A lease locks the tables in this order, too.
        let deleted = query("DELETE FROM callback WHERE company_id = $1")
            .bind(company)
            .execute(&mut tx)
            .await?;
        for delete in [
            "DELETE FROM callback_delivery WHERE company_id = $1",
            "DELETE FROM callback_secret WHERE company_id = $1",
        ] {
            query(delete).bind(company).execute(&mut tx).await?;
        }
        if deleted > 0 {
            audit::record_audit(&mut tx, Some(company), who, "callback_removed", None, now).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn queue_callbacks(&self, now: Millis) -> Result<()> {
        const BEHIND: &str = "SELECT c.company_id FROM callback c WHERE c.disabled_at IS NULL
             AND c.known < (SELECT max(l.number) FROM change_log l WHERE l.company_id = c.company_id)";
        loop {
            let mut reader = self.read().await?;
            let companies: Vec<CompanyId> = scalar(BEHIND).fetch_all(&mut reader).await?;
            drop(reader);
            if companies.is_empty() {
                return Ok(());
            }
            // A transaction never holds two companies' locks.
            for company in companies {
                let mut tx = self.write().await?;
                lock_company(&mut tx, company).await?;
                callback_deliveries::queue_company(&mut tx, company, now).await?;
                tx.commit().await?;
            }
        }
    }

    async fn lease_callbacks(
        &self,
        each: u32,
        room: u32,
        now: Millis,
        duration: Duration,
    ) -> Result<Vec<LeasedCallback>> {
        const DUE: &str = "SELECT c.company_id FROM callback c
             WHERE c.disabled_at IS NULL AND c.paused_until <= $1
               AND EXISTS (SELECT 1 FROM callback_delivery d WHERE d.company_id = c.company_id
                             AND d.state = 'waiting' AND d.next_at <= $1 AND d.lease_until <= $1)
             ORDER BY random()";
        let mut reader = self.read().await?;
        let companies: Vec<CompanyId> =
            scalar(DUE).bind(signed(now)).fetch_all(&mut reader).await?;
        drop(reader);
        let mut leased = Vec::new();
        for company in companies {
            let room = room.saturating_sub(u32::try_from(leased.len()).unwrap_or(u32::MAX));
            if room > 0 {
                let mut tx = self.write().await?;
                leased.extend(lease_of(&mut tx, company, each.min(room), now, duration).await?);
                tx.commit().await?;
            }
        }
        Ok(leased)
    }

    async fn settle_callback(
        &self,
        leased: &LeasedCallback,
        answer: &CallbackAnswer,
        again_at: Millis,
        paused_until: Millis,
        now: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        let is_delivered = answer.is_delivered();
        let long_ago = signed(now.saturating_sub(GIVE_UP_AFTER_MS));
        // A lease locks the tables in this order, too.
        let callback = if is_delivered {
            query(
                "UPDATE callback SET failures = 0, failing_since = NULL, paused_until = 0, delivered_at = $3
                 WHERE company_id = $1 AND url = $2",
            )
        } else {
            query(
                "UPDATE callback SET failures = failures + 1, failing_since = coalesce(failing_since, $3), paused_until = $4,
                     disabled_at = CASE WHEN $5 OR coalesce(failing_since, $3) <= $6 THEN $3 ELSE NULL END
                 WHERE company_id = $1 AND url = $2 AND disabled_at IS NULL",
            )
        };
        let callback = (callback.bind(leased.company))
            .bind(&leased.url)
            .bind(signed(now));
        let callback = if is_delivered {
            callback
        } else {
            (callback.bind(signed(paused_until)))
                .bind(answer.is_gone())
                .bind(long_ago)
        };
        callback.execute(&mut tx).await?;
        query(
            "UPDATE callback_delivery SET lease_until = 0, next_at = $3, attempted_at = $4, answer = $5,
                 state = CASE WHEN $6 THEN 'delivered' WHEN created_at <= $7 THEN 'failed' ELSE 'waiting' END
             WHERE id = $1 AND attempt = $2 AND state = 'waiting'",
        )
        .bind(leased.delivery)
        .bind(leased.attempt)
        .bind(signed(again_at))
        .bind(signed(now))
        .bind(answer.shown())
        .bind(is_delivered)
        .bind(long_ago)
        .execute(&mut tx)
        .await?;
        Ok(tx.commit().await?)
    }

    async fn next_callback_due(&self, now: Millis) -> Result<Option<Millis>> {
        next(&mut self.read().await?, now).await
    }

    async fn callback_deliveries(
        &self,
        company: CompanyId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredDelivery>> {
        deliveries(&mut self.read().await?, company, before, limit).await
    }

    async fn redeliver_callback(
        &self,
        company: CompanyId,
        delivery: i64,
        now: Millis,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        let row = query(
            "SELECT send_id, job_id, number, state FROM callback_delivery WHERE company_id = $1 AND id = $2",
        )
        .bind(company)
        .bind(delivery)
        .fetch_optional(&mut tx)
        .await?;
        let Some(row) = row else { return Ok(false) };
        let about = About::of(row.try_get("send_id")?, row.try_get("job_id")?);
        // The admin wants to see at once whether the receiver is back. Earlier deliveries go first.
        query("UPDATE callback SET paused_until = 0 WHERE company_id = $1")
            .bind(company)
            .execute(&mut tx)
            .await?;
        query(
            "UPDATE callback_delivery SET next_at = $5
             WHERE company_id = $1 AND (send_id = $2 OR job_id = $3 OR id = $4) AND state = 'waiting' AND next_at > $5",
        )
        .bind(company)
        .bind(about.send())
        .bind(about.job())
        .bind(delivery)
        .bind(signed(now))
        .execute(&mut tx)
        .await?;
        if row.try_get::<String>("state")? != "waiting" {
            callback_deliveries::insert(&mut tx, company, about, row.try_get("number")?, now)
                .await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}

async fn find(
    db: &mut Connection,
    company: CompanyId,
    now: Millis,
) -> Result<Option<StoredCallback>> {
    let row = query(
        "SELECT c.url, c.failing_since, c.delivered_at, c.disabled_at,
                (SELECT count(*) FROM callback_delivery d WHERE d.company_id = c.company_id AND d.state = 'waiting') AS waiting
         FROM callback c WHERE c.company_id = $1",
    )
    .bind(company)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredCallback {
        url: row.try_get("url")?,
        failing_since: optional_unsigned(&row, "failing_since")?,
        delivered_at: optional_unsigned(&row, "delivered_at")?,
        disabled_at: optional_unsigned(&row, "disabled_at")?,
        waiting: unsigned(row.try_get("waiting")?, "waiting")?,
        secrets: valid_secrets(db, company, now).await?,
    }))
}

async fn valid_secrets(
    db: &mut Connection,
    company: CompanyId,
    now: Millis,
) -> Result<Vec<StoredSecret>> {
    const SELECT: &str = "SELECT sealed_secret, created_at, valid_until FROM callback_secret
         WHERE company_id = $1 AND (valid_until IS NULL OR valid_until > $2) ORDER BY id DESC";
    secrets::valid(db, SELECT, company, now).await
}

async fn insert_secret(
    db: &mut Connection,
    company: CompanyId,
    sealed: &[u8],
    now: Millis,
) -> Result<()> {
    query(
        "INSERT INTO callback_secret (company_id, sealed_secret, created_at) VALUES ($1, $2, $3)",
    )
    .bind(company)
    .bind(sealed)
    .bind(signed(now))
    .execute(db)
    .await?;
    Ok(())
}

async fn lease_of(
    db: &mut Connection,
    company: CompanyId,
    most: u32,
    now: Millis,
    duration: Duration,
) -> Result<Vec<LeasedCallback>> {
    let row = query_for(|sql| {
        format!(
            "SELECT c.url, c.failures,
                    (SELECT count(*) FROM callback_delivery l WHERE l.company_id = c.company_id
                       AND l.state = 'waiting' AND l.lease_until > $2) AS in_flight
             FROM callback c WHERE c.company_id = $1 AND c.disabled_at IS NULL
                 AND c.paused_until <= $2{skip_locked}",
            skip_locked = sql.skip_locked_of("c")
        )
    })
    .bind(company)
    .bind(signed(now))
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else {
        return Ok(Vec::new());
    };
    let failures = small(row.try_get("failures")?);
    // After a failure a single delivery finds out whether the receiver is back.
    let most = if failures > 0 { 1 } else { most };
    let room = most.saturating_sub(small(row.try_get("in_flight")?));
    let url: String = row.try_get("url")?;
    let until = now.saturating_add(duration.as_millis().try_into().unwrap_or(Millis::MAX));
    // The first of each candidate or job, the least attempted ones first: a delivery that is rejected again
    // and again must not hold up the others.
    let rows = query_for(|sql| {
        format!(
            "UPDATE callback_delivery SET attempt = attempt + 1, lease_until = $2
             WHERE id IN (SELECT d.id FROM callback_delivery d
                 WHERE d.company_id = $1 AND d.state = 'waiting' AND d.next_at <= $3
                 AND d.lease_until <= $3
                   AND NOT EXISTS (SELECT 1 FROM callback_delivery e
                   WHERE e.company_id = d.company_id
                         AND (e.send_id = d.send_id OR e.job_id = d.job_id)
                         AND e.state = 'waiting' AND e.id < d.id)
                 ORDER BY d.attempt, d.id LIMIT $4{skip_locked})
                 RETURNING id, webhook_id, send_id, job_id, number, attempt",
            skip_locked = sql.skip_locked_of("d")
        )
    })
    .bind(company)
    .bind(signed(until))
    .bind(signed(now))
    .bind(i64::from(room))
    .fetch_all(&mut *db)
    .await?;
    let mut leased = Vec::new();
    for row in rows {
        let delivery: i64 = row.try_get("id")?;
        let content = match About::of(row.try_get("send_id")?, row.try_get("job_id")?) {
            About::Send(send) => {
                let found = candidates::of_sends(db, company, &[send], now).await?;
                (found.into_iter().next()).map(|(_, found)| CallbackContent::Candidate(found))
            }
            About::Job(job) => {
                let found = jobs::changed(db, company, &[unsigned(job, "job_id")?]).await?;
                found.into_iter().next().map(CallbackContent::Job)
            }
            About::Loss => Some(CallbackContent::Loss),
        };
        let Some(content) = content else {
            // Its subject was deleted, so there is nothing to deliver.
            query("DELETE FROM callback_delivery WHERE id = $1")
                .bind(delivery)
                .execute(&mut *db)
                .await?;
            continue;
        };
        leased.push(LeasedCallback {
            delivery,
            company,
            url: url.clone(),
            failures,
            webhook_id: row.try_get("webhook_id")?,
            number: unsigned(row.try_get("number")?, "number")?,
            attempt: row.try_get("attempt")?,
            content,
            secrets: Vec::new(),
        });
    }
    if !leased.is_empty() {
        let secrets = valid_secrets(db, company, now).await?;
        for one in &mut leased {
            one.secrets = secrets.iter().map(|one| one.sealed.clone()).collect();
        }
    }
    Ok(leased)
}

async fn next(db: &mut Connection, now: Millis) -> Result<Option<Millis>> {
    let row = query(
        "SELECT min(due) AS due FROM (
             SELECT c.paused_until AS due FROM callback c WHERE c.disabled_at IS NULL
             UNION ALL
             SELECT CASE WHEN d.lease_until > d.next_at THEN d.lease_until ELSE d.next_at END
             FROM callback_delivery d WHERE d.state = 'waiting') due_times
         WHERE due > $1",
    )
    .bind(signed(now))
    .fetch_one(db)
    .await?;
    optional_unsigned(&row, "due")
}

async fn deliveries(
    db: &mut Connection,
    company: CompanyId,
    before: Option<i64>,
    limit: u32,
) -> Result<Vec<StoredDelivery>> {
    let rows = query(
        "SELECT d.id, d.webhook_id, d.number, d.state, d.created_at, d.attempt, d.next_at, d.attempted_at, d.answer,
                s.idempotency_key, d.job_id
         FROM callback_delivery d LEFT JOIN send s ON s.id = d.send_id
         WHERE d.company_id = $1 AND d.id < $2 ORDER BY d.id DESC LIMIT $3",
    )
    .bind(company)
    .bind(before.unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(StoredDelivery {
                id: row.try_get("id")?,
                webhook_id: row.try_get("webhook_id")?,
                number: unsigned(row.try_get("number")?, "number")?,
                state: row.try_get("state")?,
                created_at: unsigned(row.try_get("created_at")?, "created_at")?,
                attempts: unsigned(row.try_get("attempt")?, "attempt")?,
                next_at: unsigned(row.try_get("next_at")?, "next_at")?,
                attempted_at: optional_unsigned(row, "attempted_at")?,
                answer: row.try_get("answer")?,
                idempotency_key: row.try_get("idempotency_key")?,
                greenhouse_job_id: optional_unsigned(row, "job_id")?,
            })
        })
        .collect()
}

//! Sends, decisions about them, and look-ups.

use super::{
    Backend, SqlStore,
    locks::lock_company,
    query::{query, query_for, scalar},
    tables::{
        applications, audit,
        candidates::{self, STATUS_COLUMNS, STATUS_JOIN},
        intake, outcomes,
        sends::{self, SEND_COLUMNS, SEND_JOINS},
    },
    values::{signed, storable, to_json, unsigned},
};
use crate::store::{
    Accepted, CompanyId, Decided, FoundCandidate, NewSend, Result, SendDecision, SendId, SendStore,
    StoreError,
};
use atsi_protocol::{CandidatesPage, Millis, Send, SendState};

#[async_trait::async_trait]
impl SendStore for SqlStore {
    async fn accept(&self, company: CompanyId, new: NewSend, now: Millis) -> Result<Accepted> {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.accept(company, new, now).await,
            // PostgreSQL groups commits itself.
            Backend::Postgres(_) => {
                let mut tx = self.write().await?;
                let accepted = intake::accept(&mut tx, company, &new, now).await;
                if intake::is_kept(&accepted) {
                    tx.commit().await?;
                }
                accepted
            }
        }
    }

    async fn send(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        now: Millis,
    ) -> Result<Option<Send>> {
        let mut reader = self.read().await?;
        Ok(
            sends::find_by_key(&mut reader, company, idempotency_key, now)
                .await?
                .map(|(_, send)| send),
        )
    }

    async fn decide(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        settling: SendDecision,
        who: &str,
        now: Millis,
    ) -> Result<Decided> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        query_for(|sql| {
            format!(
                "SELECT o.send_id FROM idempotency i JOIN outbox o ON o.send_id = i.send_id
             WHERE i.company_id = $1 AND i.idempotency_key = $2{lock}",
                lock = sql.for_update_of("o")
            )
        })
        .bind(company)
        .bind(idempotency_key)
        .fetch_optional(&mut tx)
        .await?;
        let Some((send_id, send)) =
            sends::find_by_key(&mut tx, company, idempotency_key, now).await?
        else {
            return Ok(Decided::NoSuchSend);
        };
        let is_held = applications::awaits_decision(&mut tx, send_id).await?;
        if !is_held && !matches!(send.state, SendState::Uncertain { .. }) {
            return Ok(Decided::NotUncertain);
        }
        let action = match &settling {
            SendDecision::AlreadyThere(_) => "decided_it_is_there",
            SendDecision::SendAgain => "decided_send_again",
        };
        // Rolled back with the rest where the decision is not possible.
        audit::record_audit(
            &mut tx,
            Some(company),
            who,
            action,
            Some(idempotency_key),
            now,
        )
        .await?;
        match settling {
            SendDecision::AlreadyThere(there) => {
                let another: Option<SendId> = scalar(
                    "SELECT id FROM send WHERE company_id = $1 AND candidate_id = $2 AND external_id <> $3",
                )
                .bind(company)
                .bind(signed(there.candidate_id))
                .bind(&send.external_id)
                .fetch_optional(&mut tx)
                .await?;
                if another.is_some() {
                    return Ok(Decided::CandidateOfAnother);
                }
                outcomes::record_created(&mut tx, company, send_id, &there, now).await?;
            }
            SendDecision::SendAgain if is_held => {
                applications::send_anyway(&mut tx, company, send_id, now).await?;
            }
            SendDecision::SendAgain => {
                outcomes::return_to_outbox(&mut tx, send_id).await?;
                query("UPDATE outbox SET queued_at = $2 WHERE send_id = $1")
                    .bind(send_id)
                    .bind(signed(now))
                    .execute(&mut tx)
                    .await?;
            }
        }
        let (_, send) = sends::find_by_key(&mut tx, company, idempotency_key, now)
            .await?
            .ok_or(StoreError::Corrupt("idempotency"))?;
        tx.commit().await?;
        Ok(Decided::Done(Box::new(send)))
    }

    async fn look_up(
        &self,
        company: CompanyId,
        candidate_ids: &[u64],
        external_ids: &[String],
        now: Millis,
    ) -> Result<Vec<FoundCandidate>> {
        let mut reader = self.read().await?;
        // An id beyond 63 bits was never stored, and SQLite's JSON functions would round it.
        let candidate_ids: Vec<u64> = candidate_ids
            .iter()
            .copied()
            .filter(|&id| i64::try_from(id).is_ok())
            .collect();
        let external_ids = storable(external_ids);
        let rows = query_for(|sql| {
            format!(
                "WITH wanted AS (
                     SELECT (SELECT id FROM send WHERE company_id = $1 AND candidate_id = w.value
                             ORDER BY id DESC LIMIT 1) AS id
                     FROM {ids} w
                     UNION
                     SELECT (SELECT id FROM send WHERE company_id = $1 AND external_id = w.value
                               AND NOT EXISTS (SELECT 1 FROM held h WHERE h.send_id = send.id)
                             ORDER BY state = 'refused', id DESC LIMIT 1)
                     FROM {texts} w)
                 SELECT {SEND_COLUMNS}{STATUS_COLUMNS}
                 FROM wanted JOIN send s ON s.id = wanted.id{STATUS_JOIN}{SEND_JOINS}
                 ORDER BY s.id",
                ids = sql.json_numbers("$2"),
                texts = sql.json_texts("$3")
            )
        })
        .bind(company)
        .bind(to_json(&candidate_ids)?)
        .bind(to_json(&external_ids)?)
        .fetch_all(&mut reader)
        .await?;
        candidates::known_candidates(&mut reader, company, &rows, now).await
    }

    async fn candidates(
        &self,
        company: CompanyId,
        after: Option<u64>,
        limit: u32,
        now: Millis,
    ) -> Result<CandidatesPage> {
        let mut reader = self.read().await?;
        let rows = query_for(|_| {
            format!(
                "SELECT s.id, {SEND_COLUMNS}{STATUS_COLUMNS}
                 FROM send s{STATUS_JOIN}{SEND_JOINS}
                 WHERE s.company_id = $1 AND s.id < $2 AND s.external_id <> ''
                   AND NOT EXISTS (
                       SELECT 1 FROM send other
                       WHERE other.company_id = $1 AND other.external_id = s.external_id
                         AND other.id <> s.id
                         AND (CASE WHEN s.state = 'refused'
                                   THEN other.state <> 'refused' OR other.id > s.id
                                   ELSE other.state <> 'refused' AND other.id > s.id END))
                 ORDER BY s.id DESC LIMIT $3"
            )
        })
        .bind(company)
        .bind(after.map_or(i64::MAX, signed))
        .bind(i64::from(limit))
        .fetch_all(&mut reader)
        .await?;
        let last = rows.last().filter(|_| rows.len() >= limit as usize);
        let next = last
            .map(|row| unsigned(row.try_get("id")?, "id"))
            .transpose()?;
        let found = candidates::known_candidates(&mut reader, company, &rows, now).await?;
        Ok(CandidatesPage {
            candidates: found.into_iter().map(|found| found.candidate).collect(),
            next,
        })
    }

    async fn last_profile_url(&self, company: CompanyId) -> Result<Option<String>> {
        let page = scalar(
            "SELECT profile_url FROM send WHERE company_id = $1 AND profile_url IS NOT NULL
             ORDER BY id DESC LIMIT 1",
        );
        let page = page.bind(company);
        Ok(page.fetch_optional(&mut self.read().await?).await?)
    }
}

//! Turns to ask Greenhouse about candidates.

use super::{
    SqlStore,
    query::{Connection, query, query_for, scalar_for},
    tables::polls,
    values::{optional_unsigned, signed, storable, to_json, unsigned},
};
use crate::store::{CompanyId, PollClaim, PollSchedule, PollStore, PollTurn, Result};
use atsi_greenhouse::MAX_CANDIDATE_IDS;
use atsi_protocol::Millis;

#[async_trait::async_trait]
impl PollStore for SqlStore {
    async fn last_hook_at(&self, company: CompanyId) -> Result<Option<Millis>> {
        last_hook_at(&mut self.read().await?, company).await
    }

    async fn poll_schedule(
        &self,
        company: CompanyId,
        external_ids: &[String],
    ) -> Result<PollSchedule> {
        schedule(&mut self.read().await?, company, external_ids).await
    }

    async fn claim_polls(
        &self,
        company: CompanyId,
        candidates: &[u64],
        latest: Millis,
        turn: PollTurn,
        now: Millis,
    ) -> Result<PollClaim> {
        let mut tx = self.write().await?;
        let claimed = claim(&mut tx, company, candidates, latest, turn, now).await?;
        tx.commit().await?;
        Ok(claimed)
    }
}

async fn last_hook_at(db: &mut Connection, company: CompanyId) -> Result<Option<Millis>> {
    let row = query(
        "SELECT max(last_at) AS heard_at FROM hook_count
         WHERE company_id = $1 AND kind = 'received' AND name <> 'ping'",
    )
    .bind(company)
    .fetch_one(db)
    .await?;
    optional_unsigned(&row, "heard_at")
}

async fn schedule(
    db: &mut Connection,
    company: CompanyId,
    external_ids: &[String],
) -> Result<PollSchedule> {
    let mut watched = Vec::new();
    if !external_ids.is_empty() {
        let rows = query_for(|sql| {
            format!(
                "SELECT DISTINCT s.external_id, p.candidate_id, p.asked_at, p.due_at
                 FROM send s JOIN poll p ON p.company_id = s.company_id
                     AND p.candidate_id = s.candidate_id
                 WHERE s.company_id = $1 AND s.external_id IN (SELECT w.value FROM {texts} w)",
                texts = sql.json_texts("$2")
            )
        })
        .bind(company)
        .bind(to_json(&storable(external_ids))?)
        .fetch_all(&mut *db)
        .await?;
        for row in &rows {
            watched.push((row.try_get("external_id")?, polls::scheduled(row)?));
        }
    }
    let rows = query(
        "SELECT candidate_id, asked_at, due_at FROM poll WHERE company_id = $1 ORDER BY due_at LIMIT $2",
    )
    .bind(company)
    .bind(i64::try_from(MAX_CANDIDATE_IDS).unwrap_or(i64::MAX))
    .fetch_all(&mut *db)
    .await?;
    Ok(PollSchedule {
        watched,
        soonest: rows.iter().map(polls::scheduled).collect::<Result<_>>()?,
        last_hook_at: last_hook_at(db, company).await?,
    })
}

/// Takes the turn. Its row is written first, so the second of two proxies waits here and finds it taken.
async fn claim(
    db: &mut Connection,
    company: CompanyId,
    candidates: &[u64],
    latest: Millis,
    turn: PollTurn,
    now: Millis,
) -> Result<PollClaim> {
    let after = |pause| signed(now.saturating_add(pause));
    let taken = query(
        "INSERT INTO poll_turn (company_id, next_at, others_at) VALUES ($1, $2, $3)
         ON CONFLICT (company_id) DO UPDATE SET next_at = excluded.next_at, others_at = excluded.others_at
         WHERE poll_turn.next_at <= $4 AND ($5 OR poll_turn.others_at <= $4)",
    )
    .bind(company)
    .bind(after(turn.pause))
    .bind(after(turn.pause_of_others))
    .bind(signed(now))
    .bind(turn.looked_at)
    .execute(&mut *db)
    .await?;
    if taken == 0 {
        let row = query("SELECT next_at, others_at FROM poll_turn WHERE company_id = $1")
            .bind(company)
            .fetch_one(db)
            .await?;
        let next = unsigned(row.try_get("next_at")?, "next_at")?;
        let others = unsigned(row.try_get("others_at")?, "others_at")?;
        return Ok(PollClaim::NotBefore(if turn.looked_at {
            next
        } else {
            next.max(others)
        }));
    }
    let claimed: Vec<i64> = scalar_for(|sql| {
        format!(
            "UPDATE poll SET asked_at = $3, due_at = CASE WHEN due_at < $4 THEN $4 ELSE due_at END
         WHERE company_id = $1 AND asked_at <= $5
           AND candidate_id IN (SELECT CAST(w.value AS BIGINT) FROM {ids} w)
         RETURNING candidate_id",
            ids = sql.json_numbers("$2")
        )
    })
    .bind(company)
    .bind(to_json(&candidates)?)
    .bind(signed(now))
    .bind(signed(turn.again_at))
    .bind(signed(latest))
    .fetch_all(db)
    .await?;
    let claimed = claimed.into_iter().map(|id| unsigned(id, "candidate_id"));
    Ok(PollClaim::Claimed(claimed.collect::<Result<_>>()?))
}

//! Public job boards: which is read, when next, and what it said about jobs.

use super::{
    SqlStore,
    locks::lock_company,
    query::{Connection, query, query_for, scalar},
    tables::{audit, jobs},
    values::{optional_unsigned, signed, small, to_json},
};
use crate::{
    hooks::{Description, PostSaid},
    store::{BoardPost, BoardReading, CompanyId, JobBoardStore, Result, StoreError, StoredBoard},
};
use atsi_protocol::Millis;
use std::collections::HashMap;

#[async_trait::async_trait]
impl JobBoardStore for SqlStore {
    async fn job_board(&self, company: CompanyId) -> Result<Option<StoredBoard>> {
        find(&mut self.read().await?, company).await
    }

    async fn put_job_board(
        &self,
        company: CompanyId,
        token: &str,
        who: &str,
        now: Millis,
    ) -> Result<StoredBoard> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        query(
            "INSERT INTO job_board (company_id, token, failures, next_at) VALUES ($1, $2, 0, $3)
             ON CONFLICT (company_id) DO UPDATE SET token = excluded.token, etag = NULL, failures = 0,
                 problem = NULL, next_at = excluded.next_at",
        )
        .bind(company)
        .bind(token)
        .bind(signed(now))
        .execute(&mut tx)
        .await?;
        audit::record_audit(
            &mut tx,
            Some(company),
            who,
            "job_board_set",
            Some(token),
            now,
        )
        .await?;
        let board = find(&mut tx, company).await?;
        tx.commit().await?;
        board.ok_or(StoreError::Corrupt("job_board"))
    }

    async fn delete_job_board(&self, company: CompanyId, who: &str, now: Millis) -> Result<()> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        let deleted = query("DELETE FROM job_board WHERE company_id = $1")
            .bind(company)
            .execute(&mut tx)
            .await?;
        if deleted > 0 {
            // Nobody reports any more which jobs are on it.
            query("UPDATE greenhouse_job SET on_board = NULL WHERE company_id = $1")
                .bind(company)
                .execute(&mut tx)
                .await?;
            audit::record_audit(&mut tx, Some(company), who, "job_board_removed", None, now)
                .await?;
        }
        Ok(tx.commit().await?)
    }

    async fn due_boards(&self, now: Millis) -> Result<Vec<CompanyId>> {
        due(&mut self.read().await?, now).await
    }

    async fn claim_board(
        &self,
        company: CompanyId,
        now: Millis,
        next_at: Millis,
    ) -> Result<Option<StoredBoard>> {
        let mut tx = self.write().await?;
        let claimed =
            query("UPDATE job_board SET next_at = $3 WHERE company_id = $1 AND next_at <= $2")
                .bind(company)
                .bind(signed(now))
                .bind(signed(next_at))
                .execute(&mut tx)
                .await?;
        let board = match claimed {
            0 => None,
            _ => find(&mut tx, company).await?,
        };
        tx.commit().await?;
        Ok(board)
    }

    async fn record_board(
        &self,
        company: CompanyId,
        token: &str,
        reading: BoardReading<'_>,
        at: Millis,
        next_at: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        let current = find(&mut tx, company).await?;
        if current.is_none_or(|current| current.token != token) {
            return Ok(());
        }
        if let BoardReading::Posts { posts, etag } = reading {
            let is_all_known = record_posts(&mut tx, company, posts, at).await?;
            // Posts of unknown jobs have to be read again once the jobs are known.
            query("UPDATE job_board SET etag = $2 WHERE company_id = $1")
                .bind(company)
                .bind(etag.filter(|_| is_all_known))
                .execute(&mut tx)
                .await?;
        }
        query(
            "UPDATE job_board SET read_at = $2, next_at = $3, failures = 0, problem = NULL
             WHERE company_id = $1",
        )
        .bind(company)
        .bind(signed(at))
        .bind(signed(next_at))
        .execute(&mut tx)
        .await?;
        Ok(tx.commit().await?)
    }

    async fn record_board_failure(
        &self,
        company: CompanyId,
        token: &str,
        problem: &str,
        next_at: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        query(
            "UPDATE job_board SET failures = failures + 1, problem = $3, next_at = $4
             WHERE company_id = $1 AND token = $2",
        )
        .bind(company)
        .bind(token)
        .bind(problem)
        .bind(signed(next_at))
        .execute(&mut tx)
        .await?;
        Ok(tx.commit().await?)
    }
}

async fn find(db: &mut Connection, company: CompanyId) -> Result<Option<StoredBoard>> {
    let row = query(
        "SELECT token, etag, read_at, failures, problem FROM job_board WHERE company_id = $1",
    )
    .bind(company)
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(StoredBoard {
            company,
            token: row.try_get("token")?,
            etag: row.try_get("etag")?,
            read_at: optional_unsigned(&row, "read_at")?,
            failures: small(row.try_get("failures")?),
            problem: row.try_get("problem")?,
        })
    })
    .transpose()
}

async fn due(db: &mut Connection, now: Millis) -> Result<Vec<CompanyId>> {
    Ok(
        scalar("SELECT company_id FROM job_board WHERE next_at <= $1 ORDER BY next_at")
            .bind(signed(now))
            .fetch_all(db)
            .await?,
    )
}

/// Records posts; returns whether the jobs of all of them are known.
async fn record_posts(
    db: &mut Connection,
    company: CompanyId,
    posts: &[BoardPost],
    at: Millis,
) -> Result<bool> {
    let known = query(
        "SELECT g.job_id, d.changed_at FROM greenhouse_job g
         LEFT JOIN greenhouse_description d ON d.company_id = g.company_id AND d.job_id = g.job_id
         WHERE g.company_id = $1",
    )
    .bind(company)
    .fetch_all(&mut *db)
    .await?;
    let known: HashMap<i64, Option<Millis>> = (known.iter())
        .map(|row| {
            Ok((
                row.try_get("job_id")?,
                optional_unsigned(row, "changed_at")?,
            ))
        })
        .collect::<Result<_>>()?;
    let mut is_all_known = true;
    for post in posts {
        let Some(described_at) = known.get(&signed(post.job_id)) else {
            is_all_known = false;
            continue;
        };
        if described_at.is_some_and(|at| at > post.changed_at) {
            continue;
        }
        let post = PostSaid {
            job_id: post.job_id,
            title: post.title.clone(),
            location: post.location.clone(),
            description: post.html.clone().map(|html| Description {
                post_id: post.post_id,
                live: true,
                html,
                changed_at: Some(post.changed_at),
            }),
        };
        jobs::record_post(db, company, &post, at).await?;
    }
    let on_board: Vec<u64> = posts.iter().map(|post| post.job_id).collect();
    // A job that never was on the board has nothing to record.
    query_for(|sql| {
        format!(
            "UPDATE greenhouse_job SET on_board =
             job_id IN (SELECT CAST(w.value AS BIGINT) FROM {ids} w)
         WHERE company_id = $1 AND (on_board IS NOT NULL OR job_id IN
             (SELECT CAST(v.value AS BIGINT) FROM {ids} v))",
            ids = sql.json_numbers("$2")
        )
    })
    .bind(company)
    .bind(to_json(&on_board)?)
    .execute(db)
    .await?;
    Ok(is_all_known)
}

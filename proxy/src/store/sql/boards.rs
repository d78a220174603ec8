//! Public job boards: which company's is read, when next, and what it said of jobs.

use super::{
    super::{Connection, ThisStore, lock_company},
    admin::note,
    jobs, optional_unsigned, signed, small, to_json,
};
use crate::store::{CompanyId, Result, StoreError, StoredBoard};
use atsi_greenhouse::{
    job_board::BoardPost,
    webhook::{PostDescription, PostDetails},
};
use atsi_protocol::Millis;
use sqlx::Row as _;
use std::collections::HashMap;

pub async fn find(db: &mut Connection, company: CompanyId) -> Result<Option<StoredBoard>> {
    let row = sqlx::query(
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

pub async fn put(
    store: &ThisStore,
    company: CompanyId,
    token: &str,
    who: &str,
    now: Millis,
) -> Result<StoredBoard> {
    let mut tx = store.write().await?;
    lock_company(&mut tx, company).await?;
    sqlx::query(
        "INSERT INTO job_board (company_id, token, failures, next_at) VALUES ($1, $2, 0, $3)
         ON CONFLICT (company_id) DO UPDATE SET token = excluded.token, etag = NULL, failures = 0,
             problem = NULL, next_at = excluded.next_at",
    )
    .bind(company)
    .bind(token)
    .bind(signed(now))
    .execute(&mut *tx)
    .await?;
    note(
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

pub async fn delete(store: &ThisStore, company: CompanyId, who: &str, now: Millis) -> Result<()> {
    let mut tx = store.write().await?;
    lock_company(&mut tx, company).await?;
    let deleted = sqlx::query("DELETE FROM job_board WHERE company_id = $1")
        .bind(company)
        .execute(&mut *tx)
        .await?
        .rows_affected();
    if deleted > 0 {
        // Nobody says any more where they stand.
        sqlx::query("UPDATE greenhouse_job SET on_board = NULL WHERE company_id = $1")
            .bind(company)
            .execute(&mut *tx)
            .await?;
        note(&mut tx, Some(company), who, "job_board_removed", None, now).await?;
    }
    Ok(tx.commit().await?)
}

pub async fn due(db: &mut Connection, now: Millis) -> Result<Vec<CompanyId>> {
    Ok(
        sqlx::query_scalar("SELECT company_id FROM job_board WHERE next_at <= $1 ORDER BY next_at")
            .bind(signed(now))
            .fetch_all(db)
            .await?,
    )
}

pub async fn claim(
    store: &ThisStore,
    company: CompanyId,
    now: Millis,
    next_at: Millis,
) -> Result<Option<StoredBoard>> {
    let mut tx = store.write().await?;
    let claimed =
        sqlx::query("UPDATE job_board SET next_at = $3 WHERE company_id = $1 AND next_at <= $2")
            .bind(company)
            .bind(signed(now))
            .bind(signed(next_at))
            .execute(&mut *tx)
            .await?
            .rows_affected();
    let board = match claimed {
        0 => None,
        _ => find(&mut tx, company).await?,
    };
    tx.commit().await?;
    Ok(board)
}

pub async fn fail(
    store: &ThisStore,
    company: CompanyId,
    token: &str,
    problem: &str,
    next_at: Millis,
) -> Result<()> {
    let mut tx = store.write().await?;
    sqlx::query(
        "UPDATE job_board SET failures = failures + 1, problem = $3, next_at = $4
         WHERE company_id = $1 AND token = $2",
    )
    .bind(company)
    .bind(token)
    .bind(problem)
    .bind(signed(next_at))
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// What a board said, unless another was entered meanwhile. Only jobs that are known get anything, and
/// nothing that a web hook told later is undone.
pub async fn take(
    store: &ThisStore,
    company: CompanyId,
    token: &str,
    read: Option<(&[BoardPost], Option<&str>)>,
    at: Millis,
    next_at: Millis,
) -> Result<()> {
    let mut tx = store.write().await?;
    lock_company(&mut tx, company).await?;
    let current = find(&mut tx, company).await?;
    if current.is_none_or(|current| current.token != token) {
        return Ok(());
    }
    if let Some((posts, etag)) = read {
        let is_all_known = take_posts(&mut tx, company, posts, at).await?;
        // Of what was passed over the board has to tell once more.
        sqlx::query("UPDATE job_board SET etag = $2 WHERE company_id = $1")
            .bind(company)
            .bind(etag.filter(|_| is_all_known))
            .execute(&mut *tx)
            .await?;
    }
    sqlx::query(
        "UPDATE job_board SET read_at = $2, next_at = $3, failures = 0, problem = NULL
         WHERE company_id = $1",
    )
    .bind(company)
    .bind(signed(at))
    .bind(signed(next_at))
    .execute(&mut *tx)
    .await?;
    Ok(tx.commit().await?)
}

/// Whether each of them is of a job that is known.
async fn take_posts(
    db: &mut Connection,
    company: CompanyId,
    posts: &[BoardPost],
    at: Millis,
) -> Result<bool> {
    let known = sqlx::query(
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
        let Some(told) = known.get(&signed(post.job_id)) else {
            is_all_known = false;
            continue;
        };
        if told.is_some_and(|told| told > post.changed_at) {
            continue;
        }
        let said = PostDetails {
            job_id: post.job_id,
            title: post.title.clone(),
            location: post.location.clone(),
            description: post.html.clone().map(|html| PostDescription {
                post_id: post.post_id,
                live: true,
                html,
                changed_at: Some(post.changed_at),
            }),
        };
        jobs::heard_of_post(db, company, &said, at).await?;
    }
    let on_board: Vec<u64> = posts.iter().map(|post| post.job_id).collect();
    // Never on it is nothing to tell of.
    sqlx::query(concat!(
        "UPDATE greenhouse_job SET on_board =
             job_id IN (SELECT CAST(w.value AS BIGINT) FROM ",
        json_numbers!("$2"),
        " w)
         WHERE company_id = $1 AND (on_board IS NOT NULL OR job_id IN
             (SELECT CAST(v.value AS BIGINT) FROM ",
        json_numbers!("$2"),
        " v))"
    ))
    .bind(company)
    .bind(to_json(&on_board)?)
    .execute(db)
    .await?;
    Ok(is_all_known)
}

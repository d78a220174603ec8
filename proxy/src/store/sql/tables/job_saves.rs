//! The last saves of a job on Jopwell.

use super::super::{
    query::{Connection, Row, query},
    values::unsigned,
};
use crate::store::{CompanyId, Result, StoreError};
use atsi_protocol::{JobSaveKind, JobSaveProblem, Millis};

/// How long a browser's claim to save a job lasts.
pub const CLAIM_LASTS: Millis = 30_000;

/// How long to wait after a job could not be saved.
const AFTER_FAILURE: Millis = 10 * 60_000;

/// The last save of one kind.
#[derive(Debug)]
pub struct Last {
    pub id: i64,
    pub kind: JobSaveKind,
    pub undoes: Option<i64>,
    pub before_html: Option<String>,
    pub after_html: Option<String>,
    pub before_value: Option<String>,
    pub state: String,
    pub problem: Option<JobSaveProblem>,
    pub at: Millis,
}

/// The last saves of a job: one of each kind, and its undoing.
#[derive(Debug)]
pub struct Lasts(Vec<Last>);

impl Lasts {
    pub fn of(&self, kind: JobSaveKind) -> Option<&Last> {
        (self.0.iter()).find(|last| last.kind == kind && last.undoes.is_none())
    }

    pub fn undo_of(&self, base: &Last) -> Option<&Last> {
        self.0.iter().find(|last| last.undoes == Some(base.id))
    }

    /// Whether a browser holds a claim.
    pub fn is_claimed(&self, now: Millis) -> bool {
        (self.0.iter()).any(|last| last.state == "claimed" && now < last.at + CLAIM_LASTS)
    }

    /// Whether another try may be made. A text that a person changed is handled elsewhere.
    pub fn is_free(&self, kind: JobSaveKind, now: Millis) -> bool {
        self.of(kind).is_none_or(|last| {
            last.state != "failed"
                || last.problem == Some(JobSaveProblem::Changed)
                || now >= last.at + AFTER_FAILURE
        })
    }
}

pub async fn lasts(db: &mut Connection, company: CompanyId, jopwell_id: &str) -> Result<Lasts> {
    let rows = query(
        "SELECT s.id, s.kind, s.undoes, s.before_html, s.after_html, s.before_value, s.state, s.reason, s.at
         FROM job_save s
         WHERE s.company_id = $1 AND s.id IN (
             SELECT max(b.id) FROM job_save b WHERE b.company_id = $1 AND b.jopwell_id = $2
             GROUP BY b.kind, b.undoes IS NULL)",
    )
    .bind(company)
    .bind(jopwell_id)
    .fetch_all(db)
    .await?;
    Ok(Lasts(rows.iter().map(last_of).collect::<Result<_>>()?))
}

pub async fn find(
    tx: &mut Connection,
    company: CompanyId,
    id: i64,
) -> Result<Option<(String, Millis, Last)>> {
    let row = query(
        "SELECT id, jopwell_id, version, kind, undoes, before_html, after_html, before_value, state, reason, at
         FROM job_save WHERE company_id = $1 AND id = $2",
    )
    .bind(company)
    .bind(id)
    .fetch_optional(tx)
    .await?;
    row.map(|row| {
        let version = unsigned(row.try_get("version")?, "version")?;
        Ok((row.try_get("jopwell_id")?, version, last_of(&row)?))
    })
    .transpose()
}

pub fn last_of(row: &Row) -> Result<Last> {
    let kind: &str = row.try_get("kind")?;
    let reason: Option<&str> = row.try_get("reason")?;
    Ok(Last {
        id: row.try_get("id")?,
        kind: (JobSaveKind::ALL.into_iter())
            .find(|known| known.as_str() == kind)
            .ok_or(StoreError::Corrupt("kind"))?,
        undoes: row.try_get("undoes")?,
        before_html: row.try_get("before_html")?,
        after_html: row.try_get("after_html")?,
        before_value: row.try_get("before_value")?,
        state: row.try_get("state")?,
        problem: (JobSaveProblem::ALL.into_iter()).find(|known| reason == Some(known.as_str())),
        at: unsigned(row.try_get("at")?, "at")?,
    })
}

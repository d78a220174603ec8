//! Both sides' descriptions of a job.

use super::super::{
    locks::lock_company,
    query::{Connection, query},
    values::{optional_unsigned, signed, unsigned},
};
use crate::{
    description::{blocks, have_same_text},
    store::{CompanyId, Result, StoredDescription},
};
use atsi_protocol::Millis;

/// How long a save is reported, and a page with the earlier text is taken for one that was opened before it.
pub const REPORTED_FOR: Millis = 24 * 60 * 60_000;

/// Returns both sides' descriptions, if the job is linked and Greenhouse's description is known.
pub async fn find(
    db: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
) -> Result<Option<StoredDescription>> {
    let row = query(
        "SELECT d.html, d.changed_at, d.live, o.html AS shown, o.seen_at, o.taken, o.agreed
         FROM jopwell_job j
         JOIN greenhouse_description d ON d.company_id = j.company_id AND d.job_id = j.job_id
         LEFT JOIN jopwell_description o ON o.company_id = j.company_id AND o.jopwell_id = j.jopwell_id
         WHERE j.company_id = $1 AND j.jopwell_id = $2",
    )
    .bind(company)
    .bind(jopwell_id)
    .fetch_optional(db)
    .await?;
    row.map(|row| {
        Ok(StoredDescription {
            html: row.try_get("html")?,
            changed_at: unsigned(row.try_get("changed_at")?, "changed_at")?,
            live: row.try_get("live")?,
            shown: row.try_get("shown")?,
            seen_at: optional_unsigned(&row, "seen_at")?,
            taken: row.try_get("taken")?,
            agreed: row.try_get("agreed")?,
        })
    })
    .transpose()
}

/// Keeps the text that the page shows. Returns true, and keeps nothing, where that is the text from before a
/// change.
pub async fn record_shown(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
    shown: &str,
    now: Millis,
) -> Result<bool> {
    let before = query(
        "SELECT html, seen_at, former, former_until FROM jopwell_description
         WHERE company_id = $1 AND jopwell_id = $2",
    )
    .bind(company)
    .bind(jopwell_id)
    .fetch_optional(&mut *tx)
    .await?;
    let mut is_new = false;
    if let Some(before) = before
        && unsigned(before.try_get("seen_at")?, "seen_at")? > 0
        && !same_text(before.try_get("html")?, shown)
    {
        let former: Option<&str> = before.try_get("former")?;
        let until = optional_unsigned(&before, "former_until")?;
        if former.is_some_and(|former| same_text(former, shown))
            && until.is_some_and(|until| now < until + REPORTED_FOR)
        {
            return Ok(true);
        }
        is_new = true;
    }
    query(
        "INSERT INTO jopwell_description (company_id, jopwell_id, html, seen_at)
         VALUES ($1, $2, $3, $4)
         ON CONFLICT (company_id, jopwell_id) DO UPDATE SET html = excluded.html,
             seen_at = excluded.seen_at,
             former = CASE WHEN $5 THEN jopwell_description.html ELSE jopwell_description.former END,
             former_until = CASE WHEN $5 THEN $4 ELSE jopwell_description.former_until END",
    )
    .bind(company)
    .bind(jopwell_id)
    .bind(shown)
    .bind(signed(now))
    .bind(is_new)
    .execute(&mut *tx)
    .await?;
    // Both sides agree now, no matter who changed Jopwell's text.
    if let Some(StoredDescription {
        html, changed_at, ..
    }) = find(tx, company, jopwell_id).await?
        && same_text(shown, &html)
    {
        mark_handled(tx, company, jopwell_id, changed_at, now).await?;
        query(
            "UPDATE jopwell_description SET agreed = html WHERE company_id = $1 AND jopwell_id = $2",
        )
        .bind(company)
        .bind(jopwell_id)
        .execute(&mut *tx)
        .await?;
    }
    Ok(false)
}

/// Marks Greenhouse's description of `changed_at` as dealt with; returns false where there is a newer one.
pub async fn mark_handled(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
    changed_at: Millis,
    now: Millis,
) -> Result<bool> {
    lock_company(tx, company).await?;
    let rows = query(
        "INSERT INTO jopwell_description (company_id, jopwell_id, html, seen_at, taken, taken_at)
         SELECT j.company_id, j.jopwell_id, '', 0, d.html, $4
         FROM jopwell_job j
         JOIN greenhouse_description d ON d.company_id = j.company_id AND d.job_id = j.job_id
         WHERE j.company_id = $1 AND j.jopwell_id = $2 AND d.changed_at = $3
         ON CONFLICT (company_id, jopwell_id) DO UPDATE SET taken = excluded.taken,
             taken_at = CASE WHEN jopwell_description.taken = excluded.taken
                 THEN jopwell_description.taken_at ELSE excluded.taken_at END",
    )
    .bind(company)
    .bind(jopwell_id)
    .bind(signed(changed_at))
    .bind(signed(now))
    .execute(tx)
    .await?;
    Ok(rows > 0)
}

/// Forgets the text in which both sides agreed: Jopwell's text belongs to a person from now on.
pub async fn forget_agreement(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
) -> Result<()> {
    query("UPDATE jopwell_description SET agreed = NULL WHERE company_id = $1 AND jopwell_id = $2")
        .bind(company)
        .bind(jopwell_id)
        .execute(tx)
        .await?;
    Ok(())
}

pub fn same_text(one: &str, other: &str) -> bool {
    have_same_text(&blocks(one), &blocks(other))
}

//! Merges and erases a candidate, as Greenhouse reports it.

use super::super::{
    query::{Connection, query, query_for},
    values::{optional_unsigned, signed, to_json},
};
use super::{polls, statuses, tombstones};
use crate::{
    delivery::profile_link::{APP, profile_url},
    store::{CompanyId, Result, SendId},
};
use atsi_protocol::{Millis, Problem, ProblemCode};
use url::Url;

/// What happens to a table with a candidate's rows when Greenhouse erases or merges the candidate.
#[derive(Clone, Copy, Debug)]
pub struct PersonTable {
    pub table: &'static str,
    pub on_erase: OnErase,
    pub on_merge: OnMerge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnErase {
    /// The rows are deleted.
    Deleted,
    /// The rows stay, without anything that tells who it was.
    Anonymized,
    /// The rows stay: they have row ids of ours and times only, or are the memory that the candidate is gone.
    Kept,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnMerge {
    /// The rows get the id of the remaining profile.
    Moved,
    /// The rows are deleted; those of the remaining profile stay.
    Deleted,
    /// The rows do not have Greenhouse's id, or they record what happened.
    Kept,
}

/// Every table with a candidate's rows. `proxy/tests/schema.rs` compares the list with the schema, and looks
/// for what erasing and merging left behind.
pub const PERSON_TABLES: &[PersonTable] = &[
    person_table("application", OnErase::Deleted, OnMerge::Moved),
    person_table("application_claim", OnErase::Deleted, OnMerge::Kept),
    person_table("callback_delivery", OnErase::Kept, OnMerge::Kept),
    person_table("change_log", OnErase::Kept, OnMerge::Kept),
    person_table("claim", OnErase::Deleted, OnMerge::Kept),
    person_table("held", OnErase::Deleted, OnMerge::Kept),
    person_table("idempotency", OnErase::Kept, OnMerge::Kept),
    person_table("merged", OnErase::Kept, OnMerge::Kept),
    person_table("outbox", OnErase::Deleted, OnMerge::Kept),
    person_table("poll", OnErase::Deleted, OnMerge::Deleted),
    person_table("resume", OnErase::Deleted, OnMerge::Kept),
    person_table("send", OnErase::Anonymized, OnMerge::Moved),
    person_table("status", OnErase::Deleted, OnMerge::Deleted),
    person_table("tracker_row", OnErase::Deleted, OnMerge::Kept),
];

const fn person_table(table: &'static str, on_erase: OnErase, on_merge: OnMerge) -> PersonTable {
    PersonTable {
        table,
        on_erase,
        on_merge,
    }
}

/// Merges profile `from` into profile `into`, as Greenhouse did.
///
/// This cannot be undone: rows of `from` get the id of `into` and are then the same as the rows that `into`
/// had before. It does not need to be, because Greenhouse has no way to separate merged profiles, and sends
/// no web hook that would say so. `merged` remembers the old id, so that late web hooks and reads about it
/// count for the remaining profile.
pub async fn merge(
    db: &mut Connection,
    company: CompanyId,
    from: i64,
    into: i64,
    now: Millis,
) -> Result<()> {
    let into = tombstones::current_id(db, company, into).await?;
    if into == from {
        // A merge in a circle is impossible; the first one holds.
        return Ok(());
    }
    query("UPDATE merged SET into_id = $3 WHERE company_id = $1 AND into_id = $2")
        .bind(company)
        .bind(from)
        .bind(into)
        .execute(&mut *db)
        .await?;
    query(
        "INSERT INTO merged (company_id, candidate_id, into_id, at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (company_id, candidate_id) DO UPDATE SET into_id = excluded.into_id",
    )
    .bind(company)
    .bind(from)
    .bind(into)
    .bind(signed(now))
    .execute(&mut *db)
    .await?;
    let sends = query(
        "SELECT id, application_id, profile_url FROM send WHERE company_id = $1 AND candidate_id = $2",
    )
    .bind(company)
    .bind(from)
    .fetch_all(&mut *db)
    .await?;
    for row in &sends {
        let url = moved_profile_url(
            row.try_get("profile_url")?,
            into,
            optional_unsigned(row, "application_id")?,
        );
        query("UPDATE send SET candidate_id = $2, profile_url = $3, merged = TRUE WHERE id = $1")
            .bind(row.try_get::<SendId>("id")?)
            .bind(into)
            .bind(url)
            .execute(&mut *db)
            .await?;
    }
    query("UPDATE application SET candidate_id = $3 WHERE company_id = $1 AND candidate_id = $2")
        .bind(company)
        .bind(from)
        .bind(into)
        .execute(&mut *db)
        .await?;
    query("DELETE FROM status WHERE company_id = $1 AND candidate_id = $2")
        .bind(company)
        .bind(from)
        .execute(&mut *db)
        .await?;
    polls::delete(db, company, from).await?;
    if tombstones::is_candidate_gone(db, company, into).await? {
        erase(db, company, into, now).await
    } else {
        if !sends.is_empty() {
            polls::schedule_first(db, company, into, now).await?;
        }
        // Out of date on purpose, so that the next look-up reads it from Greenhouse.
        statuses::record_hook_time(db, company, into, 0).await
    }
}

/// Returns the page of a candidate after a merge, on the same host as before.
pub fn moved_profile_url(page: &str, into: i64, application_id: Option<u64>) -> String {
    let origin =
        Url::parse(page).map_or_else(|_| APP.to_owned(), |url| url.origin().ascii_serialization());
    profile_url(&origin, into.unsigned_abs(), application_id)
}

/// Erases a person whom Greenhouse has deleted or anonymized, see [`PERSON_TABLES`].
pub async fn erase(
    db: &mut Connection,
    company: CompanyId,
    candidate: i64,
    now: Millis,
) -> Result<()> {
    for table in [
        "DELETE FROM application WHERE company_id = $1 AND candidate_id = $2",
        "DELETE FROM status WHERE company_id = $1 AND candidate_id = $2",
    ] {
        query(table)
            .bind(company)
            .bind(candidate)
            .execute(&mut *db)
            .await?;
    }
    erase_sends(db, company, candidate, now).await
}

/// Erases the person from their sends. The idempotency keys stay, so that a repeated request does not create
/// the person again.
pub async fn erase_sends(
    db: &mut Connection,
    company: CompanyId,
    candidate: i64,
    now: Millis,
) -> Result<()> {
    polls::delete(db, company, candidate).await?;
    query(
        "DELETE FROM tracker_row WHERE company_id = $1 AND external_id IN
             (SELECT external_id FROM send WHERE company_id = $1 AND candidate_id = $2)",
    )
    .bind(company)
    .bind(candidate)
    .execute(&mut *db)
    .await?;
    let problem = to_json(&Problem::new(ProblemCode::CandidateErased))?;
    // Nothing leaves from here on.
    query_for(|sql| {
        format!(
            "SELECT o.send_id FROM outbox o JOIN send w ON w.id = o.send_id
         WHERE o.company_id = $1 AND o.dispatched_at IS NULL AND w.external_id IN
             (SELECT external_id FROM send WHERE company_id = $1 AND candidate_id = $2)
         ORDER BY o.send_id{lock}",
            lock = sql.for_update_of("o")
        )
    })
    .bind(company)
    .bind(candidate)
    .fetch_all(&mut *db)
    .await?;
    // The person's waiting and refused sends are erased, too, but not those that have left: each may be
    // another profile there.
    query(
        "UPDATE send SET external_id = '', sent_by = NULL, state = 'refused', problem = $3, settled_at = $4
         WHERE company_id = $1 AND candidate_id IS NULL AND external_id <> '' AND external_id IN
             (SELECT external_id FROM send WHERE company_id = $1 AND candidate_id = $2)
           AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.send_id = send.id AND o.dispatched_at IS NOT NULL)",
    )
    .bind(company)
    .bind(candidate)
    .bind(&problem)
    .bind(signed(now))
    .execute(&mut *db)
    .await?;
    for delete in [
        "DELETE FROM held WHERE company_id = $1
           AND EXISTS (SELECT 1 FROM send s WHERE s.id = held.send_id AND s.state = 'refused')",
        "DELETE FROM outbox WHERE company_id = $1
           AND EXISTS (SELECT 1 FROM send s WHERE s.id = outbox.send_id AND s.state = 'refused')",
    ] {
        query(delete).bind(company).execute(&mut *db).await?;
    }
    for delete in [
        "DELETE FROM claim WHERE send_id IN
             (SELECT id FROM send WHERE company_id = $1 AND (candidate_id = $2 OR external_id = ''))",
        "DELETE FROM application_claim WHERE send_id IN
             (SELECT id FROM send WHERE company_id = $1 AND (candidate_id = $2 OR external_id = ''))",
        "DELETE FROM resume WHERE send_id IN
             (SELECT id FROM send WHERE company_id = $1 AND (candidate_id = $2 OR external_id = ''))",
    ] {
        query(delete)
            .bind(company)
            .bind(candidate)
            .execute(&mut *db)
            .await?;
    }
    query(
        "UPDATE send SET external_id = '', sent_by = NULL, state = 'refused', problem = $3, settled_at = $4,
             candidate_id = NULL, application_id = NULL, profile_url = NULL
         WHERE company_id = $1 AND candidate_id = $2",
    )
    .bind(company)
    .bind(candidate)
    .bind(problem)
    .bind(signed(now))
    .execute(db)
    .await?;
    Ok(())
}

//! All that there is of a company: handed out, or erased.

use super::super::{ThisStore, begin_snapshot, lock_company, wipe};
use super::admin::note;
use crate::store::{CompanyId, Result, StoreError};
use atsi_protocol::Millis;
use serde_json::{Map, Value};

/// A table's name, and one JSON object for each of its rows.
macro_rules! rows {
    ($table:literal, $order:literal, $($column:literal),+) => {
        (
            $table,
            concat!(
                "SELECT CAST(",
                json_object!(),
                "('company_id', t.company_id",
                $(", '", $column, "', t.", $column,)+
                ") AS TEXT) FROM ", $table, " t WHERE t.company_id = $1 ORDER BY ", $order
            ),
        )
    };
}

/// What is sealed and what is only a digest tells nobody anything, and is left out.
const TABLES: &[(&str, &str)] = &[
    rows!(
        "connection",
        "t.company_id",
        "masked_key",
        "service_user",
        "account_name",
        "connected_at",
        "connected_by",
        "problem",
        "paused_until"
    ),
    rows!(
        "send",
        "t.id",
        "id",
        "idempotency_key",
        "external_id",
        "job_id",
        "kind",
        "jopwell_id",
        "applied_at",
        "resume",
        "sent_by",
        "member_id",
        "accepted_at",
        "state",
        "settled_at",
        "candidate_id",
        "application_id",
        "profile_url",
        "merged",
        "problem"
    ),
    rows!(
        "idempotency",
        "t.idempotency_key",
        "idempotency_key",
        "send_id",
        "accepted_at"
    ),
    rows!("claim", "t.send_id", "external_id", "job_id", "send_id"),
    rows!(
        "outbox",
        "t.send_id",
        "send_id",
        "queued_at",
        "attempt",
        "dispatched_at",
        "first_dispatched_at"
    ),
    rows!(
        "application_claim",
        "t.send_id",
        "external_id",
        "jopwell_id",
        "send_id"
    ),
    rows!(
        "held",
        "t.send_id",
        "send_id",
        "reason",
        "problem",
        "queued_at",
        "attempt",
        "first_dispatched_at",
        "anyway"
    ),
    rows!(
        "push",
        "t.company_id",
        "public_id",
        "made_at",
        "previous_until"
    ),
    rows!("push_count", "t.outcome", "outcome", "count", "last_at"),
    rows!(
        "resume",
        "t.created_at, t.id",
        "file_name",
        "media_type",
        "size",
        "created_at",
        "send_id",
        "expires_at"
    ),
    rows!(
        "status",
        "t.candidate_id",
        "candidate_id",
        "readable",
        "read_at",
        "route"
    ),
    rows!(
        "application",
        "t.application_id",
        "application_id",
        "candidate_id",
        "job",
        "status",
        "stage",
        "pool",
        "as_of",
        "since"
    ),
    rows!(
        "poll",
        "t.candidate_id",
        "candidate_id",
        "asked_at",
        "due_at",
        "changed_at"
    ),
    rows!("poll_turn", "t.company_id", "next_at", "others_at"),
    rows!(
        "change_log",
        "t.number",
        "number",
        "previous",
        "send_id",
        "candidate_id",
        "job_id",
        "at"
    ),
    rows!(
        "greenhouse_description",
        "t.job_id",
        "job_id",
        "post_id",
        "live",
        "html",
        "changed_at"
    ),
    rows!(
        "jopwell_description",
        "t.jopwell_id",
        "jopwell_id",
        "html",
        "seen_at",
        "taken",
        "taken_at",
        "agreed",
        "former",
        "former_until"
    ),
    rows!(
        "greenhouse_job",
        "t.job_id",
        "job_id",
        "name",
        "title",
        "state",
        "public",
        "requisition",
        "location",
        "on_board",
        "heard_at",
        "closed_at"
    ),
    rows!("job_list", "t.company_id", "read_at"),
    rows!(
        "jopwell_job",
        "t.jopwell_id",
        "jopwell_id",
        "title",
        "location",
        "requisition",
        "job_id",
        "linked_at",
        "applications",
        "seen_at",
        "closed_for"
    ),
    rows!("job_saving", "t.company_id", "descriptions", "closing"),
    rows!(
        "job_save",
        "t.id",
        "id",
        "jopwell_id",
        "kind",
        "undoes",
        "version",
        "before_html",
        "after_html",
        "before_value",
        "state",
        "reason",
        "at"
    ),
    rows!("write_back_settings", "t.company_id", "settings"),
    rows!(
        "write_back",
        "t.id",
        "id",
        "row_id",
        "from_status",
        "to_status",
        "state",
        "at"
    ),
    rows!(
        "job_board",
        "t.company_id",
        "token",
        "etag",
        "read_at",
        "failures",
        "problem",
        "next_at"
    ),
    rows!(
        "tracker_row",
        "t.row_id",
        "row_id",
        "external_id",
        "status",
        "at"
    ),
    rows!("gone", "t.kind, t.id", "kind", "id", "at"),
    rows!("merged", "t.candidate_id", "candidate_id", "into_id", "at"),
    rows!(
        "callback",
        "t.company_id",
        "url",
        "created_at",
        "known",
        "failures",
        "failing_since",
        "paused_until",
        "delivered_at",
        "disabled_at"
    ),
    rows!("callback_secret", "t.id", "created_at", "valid_until"),
    rows!(
        "callback_delivery",
        "t.id",
        "id",
        "webhook_id",
        "send_id",
        "job_id",
        "number",
        "state",
        "created_at",
        "attempt",
        "next_at",
        "attempted_at",
        "answer"
    ),
    rows!("hook", "t.company_id", "public_id", "created_at"),
    rows!("hook_secret", "t.id", "created_at", "valid_until"),
    rows!(
        "hook_event",
        "t.id",
        "id",
        "action",
        "event_id",
        "received_at"
    ),
    rows!(
        "hook_count",
        "t.kind, t.name",
        "kind",
        "name",
        "count",
        "last_at"
    ),
    rows!(
        "account",
        "t.company_id",
        "domain",
        "automatic_joining",
        "created_at"
    ),
    rows!(
        "member",
        "t.id",
        "id",
        "email",
        "name",
        "language",
        "role",
        "joined_at",
        "last_used_at",
        "removed_at",
        "acting"
    ),
    rows!(
        "session",
        "t.id",
        "id",
        "member_id",
        "device",
        "created_at",
        "last_used_at"
    ),
    rows!(
        "invitation",
        "t.id",
        "id",
        "email",
        "role",
        "invited_by",
        "created_at",
        "expires_at",
        "accepted_at",
        "revoked_at"
    ),
    rows!(
        "connection_request",
        "t.id",
        "id",
        "admin_email",
        "asked_by",
        "created_at",
        "expires_at",
        "opened_at",
        "done_at",
        "revoked_at"
    ),
    rows!("enrolment", "t.company_id", "made_by", "made_at"),
    rows!("mail", "t.id", "id", "queued_at", "taken_at", "attempts"),
    rows!("audit", "t.id", "id", "at", "who", "action", "subject"),
];

pub async fn export(
    store: &ThisStore,
    company: CompanyId,
    who: &str,
    now: Millis,
) -> Result<Map<String, Value>> {
    let mut tx = store.write().await?;
    begin_snapshot(&mut tx).await?;
    note(&mut tx, Some(company), who, "exported", None, now).await?;
    let mut tables = Map::new();
    for (table, select) in TABLES {
        let rows: Vec<String> = sqlx::query_scalar(*select)
            .bind(company)
            .fetch_all(&mut *tx)
            .await?;
        let rows = rows
            .iter()
            .map(|row| legible(row).ok_or(StoreError::Corrupt(table)))
            .collect::<Result<_>>()?;
        tables.insert((*table).to_owned(), Value::Array(rows));
    }
    tx.commit().await?;
    Ok(tables)
}

/// The row without its company, which is the same throughout; a text that is JSON becomes JSON, and
/// SQLite's 0 and 1 become what they mean.
fn legible(row: &str) -> Option<Value> {
    let mut row: Map<String, Value> = serde_json::from_str(row).ok()?;
    row.remove("company_id");
    // That of the job board is a sentence, and stays.
    if let Some(problem) = row.get_mut("problem")
        && let Value::String(text) = problem
        && let Ok(told) = serde_json::from_str(text)
    {
        *problem = told;
    }
    for name in [
        "readable",
        "public",
        "anyway",
        "automatic_joining",
        "acting",
        "live",
        "descriptions",
        "closing",
    ] {
        if let Some(truth) = row.get_mut(name)
            && let Some(number) = truth.as_u64()
        {
            *truth = Value::Bool(number != 0);
        }
    }
    Some(Value::Object(row))
}

pub async fn erase(store: &ThisStore, company: CompanyId, who: &str, now: Millis) -> Result<u64> {
    let mut tx = store.write().await?;
    lock_company(&mut tx, company).await?;
    // In the order in which a settlement locks them.
    sqlx::query(concat!(
        "SELECT o.send_id FROM outbox o WHERE o.company_id = $1 ORDER BY o.send_id",
        for_update_of!("o")
    ))
    .bind(company)
    .fetch_all(&mut *tx)
    .await?;
    // A code belongs to an address, and is no company's yet.
    sqlx::query(
        "DELETE FROM sign_in_code WHERE email IN (SELECT m.email FROM member m WHERE m.company_id = $1)",
    )
    .bind(company)
    .execute(&mut *tx)
    .await?;
    let mut rows = 0;
    for delete in [
        // Before the rest, so that nothing more is accepted.
        "DELETE FROM connection WHERE company_id = $1",
        "DELETE FROM resume WHERE company_id = $1",
        "DELETE FROM held WHERE company_id = $1",
        "DELETE FROM outbox WHERE company_id = $1",
        "DELETE FROM application_claim WHERE company_id = $1",
        "DELETE FROM claim WHERE company_id = $1",
        "DELETE FROM idempotency WHERE company_id = $1",
        "DELETE FROM send WHERE company_id = $1",
        "DELETE FROM status WHERE company_id = $1",
        "DELETE FROM application WHERE company_id = $1",
        "DELETE FROM callback WHERE company_id = $1",
        "DELETE FROM callback_delivery WHERE company_id = $1",
        "DELETE FROM callback_secret WHERE company_id = $1",
        "DELETE FROM poll WHERE company_id = $1",
        "DELETE FROM poll_turn WHERE company_id = $1",
        // Behind the tables that write to it.
        "DELETE FROM change_log WHERE company_id = $1",
        "DELETE FROM job_save WHERE company_id = $1",
        "DELETE FROM job_saving WHERE company_id = $1",
        "DELETE FROM jopwell_description WHERE company_id = $1",
        "DELETE FROM greenhouse_description WHERE company_id = $1",
        "DELETE FROM jopwell_job WHERE company_id = $1",
        "DELETE FROM job_board WHERE company_id = $1",
        "DELETE FROM job_list WHERE company_id = $1",
        "DELETE FROM greenhouse_job WHERE company_id = $1",
        "DELETE FROM write_back WHERE company_id = $1",
        "DELETE FROM tracker_row WHERE company_id = $1",
        "DELETE FROM write_back_settings WHERE company_id = $1",
        "DELETE FROM gone WHERE company_id = $1",
        "DELETE FROM merged WHERE company_id = $1",
        "DELETE FROM push_count WHERE company_id = $1",
        "DELETE FROM push WHERE company_id = $1",
        "DELETE FROM hook_event WHERE company_id = $1",
        "DELETE FROM hook_count WHERE company_id = $1",
        "DELETE FROM hook_secret WHERE company_id = $1",
        "DELETE FROM hook WHERE company_id = $1",
        "DELETE FROM mail WHERE company_id = $1",
        "DELETE FROM enrolment WHERE company_id = $1",
        "DELETE FROM connection_request WHERE company_id = $1",
        "DELETE FROM invitation WHERE company_id = $1",
        "DELETE FROM session WHERE company_id = $1",
        "DELETE FROM member WHERE company_id = $1",
        "DELETE FROM account WHERE company_id = $1",
    ] {
        rows += sqlx::query(delete)
            .bind(company)
            .execute(&mut *tx)
            .await?
            .rows_affected();
    }
    note(&mut tx, Some(company), who, "erased", None, now).await?;
    tx.commit().await?;
    wipe(store).await?;
    Ok(rows)
}

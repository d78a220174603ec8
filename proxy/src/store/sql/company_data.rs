//! All data of one company: exported or erased.

use super::{
    Backend, SqlStore,
    dialect::Dialect,
    locks::{begin_snapshot, lock_company},
    query::{query, query_for, query_of_constants},
    tables::audit,
};
use crate::store::{CompanyDataStore, CompanyId, Result, StoreError};
use atsi_protocol::Millis;
use serde_json::{Map, Value};
use sqlx::AssertSqlSafe;

/// A table of the export.
pub struct Exported {
    pub table: &'static str,
    pub columns: &'static [&'static str],
    order: &'static str,
}

const fn exported(
    table: &'static str,
    order: &'static str,
    columns: &'static [&'static str],
) -> Exported {
    Exported {
        table,
        columns,
        order,
    }
}

impl Exported {
    /// One JSON object, as text, for each of the company's rows.
    fn select(&self, dialect: Dialect) -> AssertSqlSafe<String> {
        let mut pairs = "'company_id', t.company_id".to_owned();
        for column in self.columns {
            pairs.push_str(&format!(", '{column}', t.{column}"));
        }
        let (table, order, object) = (self.table, self.order, dialect.json_object());
        AssertSqlSafe(format!(
            "SELECT CAST({object}({pairs}) AS TEXT) FROM {table} t WHERE t.company_id = $1 ORDER BY {order}"
        ))
    }
}

/// What [`CompanyDataStore::export`] shows. Sealed values and digests tell nobody anything, and are left out.
pub const EXPORTED: &[Exported] = &[
    exported(
        "connection",
        "t.company_id",
        &[
            "masked_key",
            "service_user",
            "account_name",
            "connected_at",
            "connected_by",
            "problem",
            "paused_until",
        ],
    ),
    exported(
        "send",
        "t.id",
        &[
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
            "problem",
        ],
    ),
    exported(
        "idempotency",
        "t.idempotency_key",
        &["idempotency_key", "send_id", "accepted_at"],
    ),
    exported("claim", "t.send_id", &["external_id", "job_id", "send_id"]),
    exported(
        "outbox",
        "t.send_id",
        &[
            "send_id",
            "queued_at",
            "attempt",
            "dispatched_at",
            "first_dispatched_at",
        ],
    ),
    exported(
        "application_claim",
        "t.send_id",
        &["external_id", "jopwell_id", "send_id"],
    ),
    exported(
        "held",
        "t.send_id",
        &[
            "send_id",
            "reason",
            "problem",
            "queued_at",
            "attempt",
            "first_dispatched_at",
            "anyway",
        ],
    ),
    exported(
        "push",
        "t.company_id",
        &["public_id", "made_at", "previous_until"],
    ),
    exported("push_count", "t.outcome", &["outcome", "count", "last_at"]),
    exported(
        "resume",
        "t.created_at, t.id",
        &[
            "file_name",
            "media_type",
            "size",
            "created_at",
            "send_id",
            "expires_at",
        ],
    ),
    exported(
        "status",
        "t.candidate_id",
        &["candidate_id", "readable", "read_at", "route"],
    ),
    exported(
        "application",
        "t.application_id",
        &[
            "application_id",
            "candidate_id",
            "job",
            "status",
            "stage",
            "pool",
            "as_of",
            "since",
        ],
    ),
    exported(
        "poll",
        "t.candidate_id",
        &["candidate_id", "asked_at", "due_at", "changed_at"],
    ),
    exported("poll_turn", "t.company_id", &["next_at", "others_at"]),
    exported(
        "change_log",
        "t.number",
        &[
            "number",
            "previous",
            "send_id",
            "candidate_id",
            "job_id",
            "at",
        ],
    ),
    exported(
        "greenhouse_description",
        "t.job_id",
        &["job_id", "post_id", "live", "html", "changed_at"],
    ),
    exported(
        "jopwell_description",
        "t.jopwell_id",
        &[
            "jopwell_id",
            "html",
            "seen_at",
            "taken",
            "taken_at",
            "agreed",
            "former",
            "former_until",
        ],
    ),
    exported(
        "greenhouse_job",
        "t.job_id",
        &[
            "job_id",
            "name",
            "title",
            "state",
            "public",
            "requisition",
            "location",
            "on_board",
            "heard_at",
            "closed_at",
        ],
    ),
    exported("job_list", "t.company_id", &["read_at"]),
    exported(
        "jopwell_job",
        "t.jopwell_id",
        &[
            "jopwell_id",
            "title",
            "location",
            "requisition",
            "job_id",
            "linked_at",
            "applications",
            "seen_at",
            "closed_for",
        ],
    ),
    exported("job_saving", "t.company_id", &["descriptions", "closing"]),
    exported(
        "job_save",
        "t.id",
        &[
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
            "at",
        ],
    ),
    exported("write_back_settings", "t.company_id", &["settings"]),
    exported(
        "write_back",
        "t.id",
        &["id", "row_id", "from_status", "to_status", "state", "at"],
    ),
    exported(
        "job_board",
        "t.company_id",
        &["token", "etag", "read_at", "failures", "problem", "next_at"],
    ),
    exported(
        "tracker_row",
        "t.row_id",
        &["row_id", "external_id", "status", "at"],
    ),
    exported("gone", "t.kind, t.id", &["kind", "id", "at"]),
    exported(
        "merged",
        "t.candidate_id",
        &["candidate_id", "into_id", "at"],
    ),
    exported(
        "callback",
        "t.company_id",
        &[
            "url",
            "created_at",
            "known",
            "failures",
            "failing_since",
            "paused_until",
            "delivered_at",
            "disabled_at",
        ],
    ),
    exported("callback_secret", "t.id", &["created_at", "valid_until"]),
    exported(
        "callback_delivery",
        "t.id",
        &[
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
            "answer",
        ],
    ),
    exported("hook", "t.company_id", &["public_id", "created_at"]),
    exported("hook_secret", "t.id", &["created_at", "valid_until"]),
    exported(
        "hook_event",
        "t.id",
        &["id", "action", "event_id", "received_at"],
    ),
    exported(
        "hook_count",
        "t.kind, t.name",
        &["kind", "name", "count", "last_at"],
    ),
    exported(
        "account",
        "t.company_id",
        &["domain", "automatic_joining", "created_at"],
    ),
    exported(
        "member",
        "t.id",
        &[
            "id",
            "email",
            "name",
            "language",
            "role",
            "joined_at",
            "last_used_at",
            "removed_at",
            "acting",
        ],
    ),
    exported(
        "session",
        "t.id",
        &["id", "member_id", "device", "created_at", "last_used_at"],
    ),
    exported(
        "invitation",
        "t.id",
        &[
            "id",
            "email",
            "role",
            "invited_by",
            "created_at",
            "expires_at",
            "accepted_at",
            "revoked_at",
        ],
    ),
    exported(
        "connection_request",
        "t.id",
        &[
            "id",
            "admin_email",
            "asked_by",
            "created_at",
            "expires_at",
            "opened_at",
            "done_at",
            "revoked_at",
        ],
    ),
    exported("enrolment", "t.company_id", &["made_by", "made_at"]),
    exported("mail", "t.id", &["id", "queued_at", "taken_at", "attempts"]),
    exported("audit", "t.id", &["id", "at", "who", "action", "subject"]),
];

/// Columns of exported tables that the export leaves out: sealed values, digests, and numbers that only order or
/// lease rows.
pub const HIDDEN: &[(&str, &str)] = &[
    ("application", "rank"),
    ("application", "digest"),
    ("application", "pool_order"),
    ("callback_delivery", "lease_until"),
    ("callback_secret", "id"),
    ("callback_secret", "sealed_secret"),
    ("connection", "generation"),
    ("connection", "sealed_key"),
    ("connection", "pause_reason"),
    ("connection", "failures"),
    ("connection_request", "token_digest"),
    ("enrolment", "token_digest"),
    ("held", "sealed_profile"),
    ("hook_event", "digest"),
    ("hook_secret", "id"),
    ("hook_secret", "sealed_secret"),
    ("idempotency", "request_fingerprint"),
    ("invitation", "token_digest"),
    ("mail", "intent"),
    ("mail", "sealed"),
    ("mail", "drop_at"),
    ("mail", "due_at"),
    ("member", "acting_generation"),
    ("outbox", "sealed_profile"),
    ("outbox", "lease_owner"),
    ("outbox", "lease_until"),
    ("push", "sealed_secret"),
    ("push", "sealed_previous"),
    ("resume", "id"),
    ("resume", "sealed"),
    ("resume", "token_digest"),
    ("session", "token_digest"),
];

/// Tables that keep a company's rows when the company is erased.
pub const KEPT_WHEN_ERASED: &[(&str, &str)] = &[
    (
        "audit",
        "it proves that the company was erased, and by whom",
    ),
    (
        "rate",
        "its only value is a time, which is past within seconds",
    ),
];

/// The tables that [`CompanyDataStore::erase`] empties of the company, in the order that foreign keys allow.
pub const ERASED: &[&str] = &[
    // First, so that no more sends are accepted.
    "connection",
    "resume",
    "held",
    "outbox",
    "application_claim",
    "claim",
    "idempotency",
    "send",
    "status",
    "application",
    "callback",
    "callback_delivery",
    "callback_secret",
    "poll",
    "poll_turn",
    // After the tables whose triggers write to it.
    "change_log",
    "job_save",
    "job_saving",
    "jopwell_description",
    "greenhouse_description",
    "jopwell_job",
    "job_board",
    "job_list",
    "greenhouse_job",
    "write_back",
    "tracker_row",
    "write_back_settings",
    "gone",
    "merged",
    "push_count",
    "push",
    "hook_event",
    "hook_count",
    "hook_secret",
    "hook",
    "mail",
    "enrolment",
    "connection_request",
    "invitation",
    "session",
    "member",
    "account",
];

#[async_trait::async_trait]
impl CompanyDataStore for SqlStore {
    async fn export(
        &self,
        company: CompanyId,
        who: &str,
        now: Millis,
    ) -> Result<Map<String, Value>> {
        let mut tx = self.write().await?;
        begin_snapshot(&mut tx).await?;
        audit::record_audit(&mut tx, Some(company), who, "exported", None, now).await?;
        let mut tables = Map::new();
        for exported in EXPORTED {
            let rows = query_of_constants(exported.select(tx.dialect()))
                .bind(company)
                .fetch_all(&mut tx)
                .await?;
            let rows = rows
                .iter()
                .map(|row| legible(row.only()?).ok_or(StoreError::Corrupt(exported.table)))
                .collect::<Result<_>>()?;
            tables.insert(exported.table.to_owned(), Value::Array(rows));
        }
        tx.commit().await?;
        Ok(tables)
    }

    async fn erase(&self, company: CompanyId, who: &str, now: Millis) -> Result<u64> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        // Settling a send locks the rows in this order, too.
        query_for(|sql| {
            format!(
                "SELECT o.send_id FROM outbox o WHERE o.company_id = $1 ORDER BY o.send_id{lock}",
                lock = sql.for_update_of("o")
            )
        })
        .bind(company)
        .fetch_all(&mut tx)
        .await?;
        // A code belongs to an address and has no company yet.
        query(
            "DELETE FROM sign_in_code WHERE email IN (SELECT m.email FROM member m WHERE m.company_id = $1)",
        )
        .bind(company)
        .execute(&mut tx)
        .await?;
        let mut rows = 0;
        for table in ERASED {
            let delete = AssertSqlSafe(format!("DELETE FROM {table} WHERE company_id = $1"));
            rows += query_of_constants(delete)
                .bind(company)
                .execute(&mut tx)
                .await?;
        }
        audit::record_audit(&mut tx, Some(company), who, "erased", None, now).await?;
        tx.commit().await?;
        if let Backend::Sqlite(sqlite) = &self.backend {
            sqlite.wipe().await?;
        }
        Ok(rows)
    }
}

/// Makes a row legible: the company is left out, text that is JSON becomes JSON, and SQLite's 0 and 1 become
/// booleans.
fn legible(row: &str) -> Option<Value> {
    let mut row: Map<String, Value> = serde_json::from_str(row).ok()?;
    row.remove("company_id");
    // A job board's problem is a sentence and stays as it is.
    if let Some(problem) = row.get_mut("problem")
        && let Value::String(text) = problem
        && let Ok(parsed) = serde_json::from_str(text)
    {
        *problem = parsed;
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
        if let Some(value) = row.get_mut(name)
            && let Some(number) = value.as_u64()
        {
            *value = Value::Bool(number != 0);
        }
    }
    Some(Value::Object(row))
}

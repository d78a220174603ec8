//! The audit: who did what, and when.

use super::{
    app::App,
    extract::Admin,
    problems::{ApiError, AuditProblems, invalid},
};
use atsi_protocol::Millis;
use axum::extract::{Query, State, rejection::QueryRejection};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

const PAGE: u32 = 200;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// The id of the last entry of the previous page; absent for the first page.
    #[serde(default)]
    after: u64,
}

#[derive(Serialize, ToSchema)]
pub struct AuditPage {
    /// The oldest first, at most 200; an empty page is the last.
    entries: Vec<AuditEntry>,
}

#[derive(Serialize, ToSchema)]
pub struct AuditEntry {
    id: u64,
    /// Milliseconds since the Unix epoch.
    at: Millis,
    who: String,
    action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<String>,
}

/// What was done in the company, and to the whole installation.
#[utoipa::path(get, path = "/v1/audit", tag = "operations", params(From), responses(
    (status = 200, description = "A page of the audit", body = AuditPage), AuditProblems
))]
pub async fn get(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    from: Result<Query<From>, QueryRejection>,
) -> Result<axum::Json<AuditPage>, ApiError> {
    let Query(from) = from.map_err(|_| {
        invalid!(
            "after",
            "It must be the id of an entry on the previous page."
        )
    })?;
    let rows = app.store.audit(caller.company, from.after, PAGE).await?;
    let entries = rows
        .into_iter()
        .map(|row| AuditEntry {
            id: row.id,
            at: row.at,
            who: row.who,
            action: row.action,
            subject: row.subject,
        })
        .collect();
    Ok(axum::Json(AuditPage { entries }))
}

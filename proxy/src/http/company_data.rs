//! All data of a company: export and erasure.

use super::{
    app::App,
    extract::Admin,
    problems::{Administered, ApiError},
};
use crate::clock::now;
use atsi_protocol::{ProblemCode, live::CompanyPart};
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Erased {
    /// Number of deleted rows.
    rows: u64,
}

/// All data of the company: the rows of each table, without sealed values.
#[utoipa::path(get, path = "/v1/company/export", tag = "company", responses(
    (status = 200, description = "An array of rows for each table", body = Object), Administered
))]
pub async fn export(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
) -> Result<axum::Json<Map<String, Value>>, ApiError> {
    let data = app
        .store
        .export(caller.company, &caller.who(), now())
        .await?;
    tracing::info!(company = caller.company, "exported");
    Ok(axum::Json(data))
}

/// Deletes all data of the company except the audit. A send that is on its way to Greenhouse may still
/// arrive there.
#[utoipa::path(delete, path = "/v1/company/data", tag = "company", responses(
    (status = 200, description = "Only the audit of the company is left", body = Erased), Administered
))]
pub async fn erase(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
) -> Result<axum::Json<Erased>, ApiError> {
    // In a task of its own, so that it finishes even if the client leaves.
    let store = Arc::clone(&app.store);
    let (company, who) = (caller.company, caller.who());
    let erasing = tokio::spawn(async move { store.erase(company, &who, now()).await });
    let rows = erasing.await.map_err(|error| {
        tracing::error!(%error, "erasing panicked");
        ApiError::from(ProblemCode::Internal)
    })??;
    tracing::info!(company = caller.company, rows, "erased");
    app.announcer
        .company_changed(caller.company, CompanyPart::Company);
    Ok(axum::Json(Erased { rows }))
}

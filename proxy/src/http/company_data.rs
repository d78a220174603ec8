//! All that is kept of a company: handed out, or erased.

use super::{
    App,
    extract::Admin,
    problems::{Administered, ApiError},
};
use crate::now;
use axum::extract::State;
use serde::Serialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub struct Erased {
    /// Rows that were deleted.
    rows: u64,
}

/// All that is kept of the company: the rows of each table, without what is sealed.
#[utoipa::path(get, path = "/v1/company/export", tag = "company", responses(
    (status = 200, description = "An array of rows under the name of each table", body = Object), Administered
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

/// Deletes all that is kept of the company but the audit. What is on its way to Greenhouse at this
/// moment may still arrive there.
#[utoipa::path(delete, path = "/v1/company/data", tag = "company", responses(
    (status = 200, description = "Nothing of the company is left but the audit", body = Erased), Administered
))]
pub async fn erase(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
) -> Result<axum::Json<Erased>, ApiError> {
    // On a task of its own: what was deleted leaves the file, though nobody may wait any more.
    let store = Arc::clone(&app.store);
    let (company, who) = (caller.company, caller.who());
    let erasing = tokio::spawn(async move { store.erase(company, &who, now()).await });
    let rows = erasing.await.map_err(|error| {
        tracing::error!(%error, "erasing ended badly");
        ApiError::from(atsi_protocol::ProblemCode::Internal)
    })??;
    tracing::info!(company = caller.company, rows, "erased");
    app.delivery.connection_changed(caller.company);
    Ok(axum::Json(Erased { rows }))
}

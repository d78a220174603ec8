//! What an operator and his monitoring ask.

use super::{
    App,
    problems::{ApiError, Guarded, HealthProblems},
};
use crate::now;
use axum::{Extension, extract::State, http::StatusCode};
use std::{sync::Arc, time::Duration};
use utoipa::openapi::OpenApi;

/// A database slower than this is none to accept sends with.
const WRITABLE_WITHIN: Duration = Duration::from_secs(3);

/// Whether the process lives.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses(
    (status = 200, description = "The process lives", body = String, content_type = "text/plain"), HealthProblems
))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether sends can be accepted and delivered.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses(
    (status = 200, description = "The database can be written and the worker runs", body = String, content_type = "text/plain"),
    (status = 503, description = "Not ready; the text says what is missing", body = String, content_type = "text/plain"),
    HealthProblems
))]
pub async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, &'static str) {
    if !app.delivery.is_running() {
        return (StatusCode::SERVICE_UNAVAILABLE, "the worker does not run\n");
    }
    match tokio::time::timeout(WRITABLE_WITHIN, app.store.check_writable()).await {
        Ok(Ok(())) => (StatusCode::OK, "ready\n"),
        Ok(Err(error)) => {
            tracing::error!(%error, "the database cannot be written");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database cannot be written\n",
            )
        }
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the database is not written in time\n",
        ),
    }
}

/// Figures for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses(
    (status = 200, description = "The text exposition format", body = String, content_type = "text/plain"), Guarded
))]
pub async fn metrics(State(app): State<Arc<App>>) -> Result<String, ApiError> {
    Ok(app.metrics.render(app.store.queue_figures().await?, now()))
}

/// The finished document, once all routes are known.
#[derive(Clone)]
pub struct Document(pub Arc<OpenApi>);

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", responses(
    (status = 200, description = "An OpenAPI document", body = serde_json::Value), Guarded
))]
pub async fn openapi(Extension(document): Extension<Document>) -> axum::Json<OpenApi> {
    axum::Json(OpenApi::clone(&document.0))
}

//! Health, metrics and the OpenAPI document, for operators.

use super::{
    app::App,
    forwarded::Client,
    problems::{ApiError, Guarded, HealthProblems},
};
use crate::clock::now;
use atsi_protocol::ProblemCode;
use axum::{Extension, extract::State, http::StatusCode};
use std::{sync::Arc, time::Duration};
use utoipa::openapi::OpenApi;

/// A database slower than this is treated as not ready.
const WRITE_TIMEOUT: Duration = Duration::from_secs(3);

/// Answers while the process lives.
#[utoipa::path(get, path = "/healthz", tag = "operations", responses(
    (status = 200, description = "The process lives", body = String, content_type = "text/plain"), HealthProblems
))]
pub async fn healthz() -> &'static str {
    "ok\n"
}

/// Whether sends can be accepted and delivered, with a line for each requirement.
#[utoipa::path(get, path = "/readyz", tag = "operations", responses(
    (status = 200, description = "The database can be written, the worker runs and the proxy is not stopping", body = String, content_type = "text/plain"),
    (status = 503, description = "Not ready; the lines say why", body = String, content_type = "text/plain"),
    HealthProblems
))]
pub async fn readyz(State(app): State<Arc<App>>) -> (StatusCode, String) {
    let database = match tokio::time::timeout(WRITE_TIMEOUT, app.store.check_writable()).await {
        Ok(Ok(())) => Database::Writable,
        Ok(Err(error)) => {
            tracing::error!(%error, "the database cannot be written");
            Database::Failed
        }
        Err(_) => Database::Slow,
    };
    readiness(
        database,
        app.delivery.is_running(),
        app.delivery.is_stopping(),
    )
}

#[derive(Clone, Copy)]
enum Database {
    Writable,
    Failed,
    Slow,
}

fn readiness(database: Database, worker_runs: bool, is_stopping: bool) -> (StatusCode, String) {
    let is_ready = matches!(database, Database::Writable) && worker_runs && !is_stopping;
    let database = match database {
        Database::Writable => "writable",
        Database::Failed => "cannot be written",
        Database::Slow => "not written in time",
    };
    let (worker, proxy) = (
        if worker_runs {
            "running"
        } else {
            "does not run"
        },
        if is_stopping { "stopping" } else { "serving" },
    );
    let (status, verdict) = if is_ready {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    };
    (
        status,
        format!("{verdict}\ndatabase: {database}\nworker: {worker}\nproxy: {proxy}\n"),
    )
}

/// Metrics for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "operations", responses(
    (status = 200, description = "The text exposition format", body = String, content_type = "text/plain"), Guarded
))]
pub async fn metrics(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
) -> Result<String, ApiError> {
    // They cover all companies, so in company mode only this machine may read them.
    if app.personal.is_none() && !client.is_local() {
        return Err(ProblemCode::HostRefused.into());
    }
    let now = now();
    let queue = app.store.queue_figures().await?;
    let connections = app.store.connection_figures(now).await?;
    Ok(app
        .metrics
        .render(queue, connections, app.live.connections(), now))
}

/// The OpenAPI document of all routes.
#[derive(Clone)]
pub struct Document(pub Arc<OpenApi>);

/// The OpenAPI document.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", responses(
    (status = 200, description = "An OpenAPI document", body = serde_json::Value), Guarded
))]
pub async fn openapi(Extension(document): Extension<Document>) -> axum::Json<OpenApi> {
    axum::Json(OpenApi::clone(&document.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxy_is_ready_with_a_database_and_a_worker_until_it_stops() {
        let (status, text) = readiness(Database::Writable, true, false);
        assert_eq!(status, 200);
        assert_eq!(
            text,
            "ready\ndatabase: writable\nworker: running\nproxy: serving\n"
        );
        for (database, runs, stopping, line) in [
            (Database::Failed, true, false, "database: cannot be written"),
            (Database::Slow, true, false, "database: not written in time"),
            (Database::Writable, false, false, "worker: does not run"),
            (Database::Writable, true, true, "proxy: stopping"),
        ] {
            let (status, text) = readiness(database, runs, stopping);
            assert_eq!(status, 503);
            assert!(text.starts_with("not ready\n"), "{text}");
            assert!(text.lines().any(|found| found == line), "{text}");
        }
    }
}

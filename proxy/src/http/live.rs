//! What changed: asked for, or told live.

use super::{
    App,
    extract::{Caller, LIVE_PROTOCOL},
    problems::{ApiError, FromProblems, LiveProblems, invalid},
};
use crate::{live::PAGE, now};
use atsi_protocol::{Changes, ChangesPage, Problem, ProblemCode};
use axum::{
    extract::{
        Query, State, WebSocketUpgrade, rejection::QueryRejection,
        ws::rejection::WebSocketUpgradeRejection,
    },
    response::Response,
};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Of one message, which says at most whom somebody looks at.
const MAX_HEARD_BYTES: usize = 16 * 1024;
/// For each connection; the libraries' own are for few and large streams.
const BUFFER_BYTES: usize = 4096;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// `next` of the page before. Absent at first: nothing is told then but where to start; read
    /// everything once after it.
    after: Option<u64>,
}

fn after(query: Result<Query<After>, QueryRejection>) -> Result<Option<u64>, ApiError> {
    match query {
        Ok(Query(After { after })) => Ok(after),
        Err(_) => Err(invalid(
            "after",
            "It must be a number, as `next` of the page before has it.",
        )),
    }
}

/// What changed of the company's sends and their candidates, and of linked jobs, at most 200 changes in
/// the order in which they happened. A change from before 14 days ago may be gone: `reset` says so.
#[utoipa::path(get, path = "/v1/changes", tag = "candidates", params(After), responses(
    (status = 200, description = "A page of changes", body = Changes), FromProblems
))]
pub async fn changes(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Result<Query<After>, QueryRejection>,
) -> Result<axum::Json<Changes>, ApiError> {
    let page = (app.store)
        .changes(caller.company, after(query)?, PAGE, now())
        .await?;
    let changed_jobs = app.store.changed_jobs(caller.company, &page.jobs).await?;
    Ok(axum::Json(Changes { page, changed_jobs }))
}

/// A WebSocket that tells the same pages as `/v1/changes`, each as soon as it is known. The first
/// comes at once. Close codes: 1001 the proxy stops, 4008 the listener was too slow; either way come
/// back with the last `next`. 4001: the session has ended. Where a token is needed and no header can be
/// set, offer the sub-protocols `atsi.v1` and `atsi.token.` followed by the token.
///
/// A message `{"changed": "company"}` says that the company's connection, or who belongs to it, changed:
/// ask `/v1/me`.
///
/// The listener may say which people are on its screens, as a text message
/// `{"looking": ["external id", …]}` in place of the one before: at most 200 ids in 16 KiB. Greenhouse
/// is asked about them every 30 seconds, more rarely where nothing was said for more than ten minutes.
#[utoipa::path(get, path = "/v1/live", tag = "candidates", params(After), responses(
    (status = 101, description = "Text messages, each a page of changes", body = ChangesPage), LiveProblems
))]
pub async fn live(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Result<Query<After>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let after = after(query)?;
    let upgrade = upgrade.map_err(|_| {
        Problem::new(ProblemCode::InvalidRequest)
            .with_detail("This address speaks WebSocket. Ask /v1/changes without it.")
    })?;
    let place = app.live.place().ok_or(ProblemCode::TooManyLive)?;
    let live = Arc::clone(&app.live);
    let session = caller.signed_in().map(|signed_in| signed_in.session);
    let screen = app.poller.looking().screen(caller.company);
    Ok(upgrade
        .protocols([LIVE_PROTOCOL])
        .max_message_size(MAX_HEARD_BYTES)
        .max_frame_size(MAX_HEARD_BYTES)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .on_upgrade(move |socket| {
            live.serve(socket, caller.company, session, after, screen, place)
        }))
}

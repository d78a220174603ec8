//! Changes: on request, or live.

use super::{
    app::App,
    extract::Caller,
    problems::{ApiError, FromProblems, LiveProblems, invalid},
};
use crate::{clock::now, live::PAGE, sentence::problem};
use atsi_protocol::{
    Changes, ProblemCode,
    live::{LiveMessage, MAX_MESSAGE_BYTES, SUB_PROTOCOL},
};
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

/// Buffers of each connection; the defaults of the libraries are for few and large streams.
const BUFFER_BYTES: usize = 4096;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct After {
    /// `next` of the previous page. Without it, the page only says where to start; read everything once
    /// after it.
    after: Option<u64>,
}

fn after(query: Result<Query<After>, QueryRejection>) -> Result<Option<u64>, ApiError> {
    match query {
        Ok(Query(After { after })) => Ok(after),
        Err(_) => Err(invalid!(
            "after",
            "It must be a number: `next` of the previous page."
        )),
    }
}

/// Changes of the company's sends and their candidates, and of linked jobs: at most 200, in the order in
/// which they happened. A change older than 14 days may be gone: `reset` says so.
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

/// A WebSocket that sends the same pages as `/v1/changes`, each as soon as it is committed, and the first
/// at once. Close codes: 1001 the proxy stops, 4008 the listener was too slow; in both cases come back
/// with the last `next`. 4001: the session has ended. If a token is needed and no header can be set, offer
/// the sub-protocols `atsi.v1` and `atsi.token.` followed by the token.
///
/// `{"type": "changed", "changed": "connection"}` says that the company's connection changed, and
/// `"members"` its people or their sessions: ask `/v1/me`.
///
/// The listener may send the candidates on its screens, `{"type": "looking", "looking": ["external id",
/// …]}`, instead of those before: at most 200 ids in 16 KiB. Their statuses are read every 30 seconds, and
/// more rarely after ten minutes without such a message.
#[utoipa::path(get, path = "/v1/live", tag = "candidates", params(After), responses(
    (status = 101, description = "Text messages", body = LiveMessage), LiveProblems
))]
pub async fn live(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Result<Query<After>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, ApiError> {
    let after = after(query)?;
    let upgrade = upgrade.map_err(|_| {
        problem!(
            ProblemCode::InvalidRequest,
            "This address needs a WebSocket. Use /v1/changes without one."
        )
    })?;
    let place = app.live.place().ok_or(ProblemCode::TooManyLive)?;
    let live = Arc::clone(&app.live);
    let session = caller.signed_in().map(|signed_in| signed_in.session);
    let screen = app.poller.looking().screen(caller.company);
    Ok(upgrade
        .protocols([SUB_PROTOCOL])
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .on_upgrade(move |socket| {
            live.serve(socket, caller.company, session, after, screen, place)
        }))
}

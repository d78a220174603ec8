//! A receiver: stands for Jopwell's own system, to which a proxy delivers changes as Standard Webhooks has it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::{Engine, prelude::BASE64_STANDARD};
use maud::html;
use serde::Deserialize;
use serde_json::json;
use time::OffsetDateTime;

use crate::mailbox;
use crate::world::Sandbox;

/// What `PUT /sandbox/receiver` takes; an absent field stays as it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    /// `whsec_…`
    secret: Option<String>,
    /// The answer to every message from now on.
    status: Option<u16>,
}

pub fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .route("/receiver", get(page))
        .route("/sandbox/receiver", get(messages).put(change).post(receive))
        .with_state(sandbox)
}

async fn messages(State(sandbox): State<Arc<Sandbox>>) -> Response {
    Json(&sandbox.world().receiver.messages).into_response()
}

async fn change(State(sandbox): State<Arc<Sandbox>>, Json(changes): Json<Changes>) -> Response {
    let secret = changes.secret.map(|text| {
        let code = text.strip_prefix("whsec_")?;
        BASE64_STANDARD.decode(code).ok()
    });
    let status = changes.status.map(StatusCode::from_u16);
    let (Ok(secret), Ok(status)) = (
        secret.map_or(Ok(None), |one| one.ok_or(()).map(Some)),
        status.transpose(),
    ) else {
        let error = "secret is whsec_ and base64, status is an HTTP status";
        return (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    };
    let receiver = &mut sandbox.world().receiver;
    if let Some(secret) = secret {
        receiver.secret = secret;
    }
    if let Some(status) = status {
        receiver.status = status;
    }
    StatusCode::NO_CONTENT.into_response()
}

async fn receive(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let now = OffsetDateTime::now_utc().unix_timestamp().unsigned_abs();
    sandbox.world().receiver.receive(&headers, &body, now)
}

async fn page(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let world = sandbox.world();
    let messages = &world.receiver.messages;
    mailbox::page(
        "Receiver",
        html! {
            h1 { "Receiver" }
            p.lede { "Stands for Jopwell’s own system: what was delivered to " code { "http://" (sandbox.http) "/sandbox/receiver" } ", the newest first." }
            @if messages.is_empty() {
                p { "Nothing has been delivered yet. Reload the page once something has." }
            } @else {
                table {
                    thead { tr { th scope="col" { "Id" } th scope="col" { "Type" } th scope="col" { "Signature" } th scope="col" { "Delivered" } th scope="col" { "Answered" } } }
                    tbody {
                        @for one in messages.iter().rev() {
                            tr {
                                td { code { (one.id) } }
                                td { (one.kind) }
                                td { @if one.verified { "verified" } @else { "not verified" } }
                                td { @if one.times == 1 { "once" } @else { (one.times) " times" } }
                                td { (one.answered) }
                            }
                        }
                    }
                }
            }
        },
    )
}

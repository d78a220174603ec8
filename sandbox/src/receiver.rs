//! A receiver: stands for Jopwell's own system, to which a proxy delivers changes as Standard Webhooks has it.
//! The signature is checked here by our own reading of the specification, not by the proxy's code.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use maud::html;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
use time::OffsetDateTime;

use crate::{Sandbox, mailbox};

const KEPT: usize = 1_000;
/// Standard Webhooks: "Verifying the timestamp", five minutes as its libraries have it.
const TOLERANCE_SECONDS: u64 = 5 * 60;

/// What it knows, what it answers, what came.
pub struct Receiver {
    secret: Vec<u8>,
    status: StatusCode,
    came: Vec<Came>,
}

impl Default for Receiver {
    fn default() -> Self {
        Self {
            secret: Vec::new(),
            status: StatusCode::NO_CONTENT,
            came: Vec::new(),
        }
    }
}

/// A message, by its id; repetitions are counted.
#[derive(Serialize)]
struct Came {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    /// Whether all of them were signed with the secret, just now.
    verified: bool,
    times: u64,
    /// The last answer.
    answered: u16,
    /// As it came last.
    event: Value,
}

/// What `PUT /sandbox/receiver` takes; what is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Changes {
    /// `whsec_…`
    secret: Option<String>,
    /// What every message is answered with from now on.
    status: Option<u16>,
}

pub fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .route("/receiver", get(page))
        .route("/sandbox/receiver", get(came).put(change).post(receive))
        .with_state(sandbox)
}

async fn came(State(sandbox): State<Arc<Sandbox>>) -> Response {
    Json(&sandbox.world().receiver.came).into_response()
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
    let receiver = &mut sandbox.world().receiver;
    let now = OffsetDateTime::now_utc().unix_timestamp().unsigned_abs();
    let verified = is_signed(&receiver.secret, &headers, &body, now);
    let event: Value = serde_json::from_slice(&body).unwrap_or_default();
    let id = header(&headers, "webhook-id");
    let answered = receiver.status.as_u16();
    let is_full = receiver.came.len() >= KEPT;
    match receiver.came.iter_mut().find(|one| one.id == id) {
        Some(known) => {
            known.verified &= verified;
            known.times += 1;
            known.answered = answered;
            known.event = event;
        }
        None if is_full => tracing::warn!("the receiver keeps no more messages"),
        None => receiver.came.push(Came {
            id: id.to_owned(),
            kind: event
                .get("type")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned(),
            verified,
            times: 1,
            answered,
            event,
        }),
    }
    receiver.status
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// Over the raw bytes: `id.timestamp.body`, HMAC-SHA256, in base64 behind `v1,`; one of several is enough.
fn is_signed(secret: &[u8], headers: &HeaderMap, body: &[u8], now: u64) -> bool {
    let (id, timestamp) = (
        header(headers, "webhook-id"),
        header(headers, "webhook-timestamp"),
    );
    let is_recent = timestamp
        .parse()
        .is_ok_and(|then: u64| now.abs_diff(then) <= TOLERANCE_SECONDS);
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return false;
    };
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    let is_right = header(headers, "webhook-signature")
        .split(' ')
        .filter_map(|one| BASE64_STANDARD.decode(one.strip_prefix("v1,")?).ok())
        .any(|code| mac.clone().verify_slice(&code).is_ok());
    !secret.is_empty() && !id.is_empty() && is_recent && is_right
}

async fn page(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let world = sandbox.world();
    let came = &world.receiver.came;
    mailbox::page(
        "Receiver",
        html! {
            h1 { "Receiver" }
            p.lede { "Stands for Jopwell’s own system: what came to " code { "http://" (sandbox.http) "/sandbox/receiver" } ", the newest first." }
            @if came.is_empty() {
                p { "Nothing has come yet. Load the page again when something was delivered." }
            } @else {
                table {
                    thead { tr { th scope="col" { "Id" } th scope="col" { "Type" } th scope="col" { "Signature" } th scope="col" { "Came" } th scope="col" { "Answered" } } }
                    tbody {
                        @for one in came.iter().rev() {
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

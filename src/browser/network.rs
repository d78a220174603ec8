//! Requests to the proxy.

use super::session::Session;
use crate::flow::call::{Http, ProxyAnswer, Response};
use atsi_protocol::IDEMPOTENCY_KEY;
use gloo_net::http::{Method, RequestBuilder};
use web_sys::{AbortSignal, Blob};

/// Longer than the proxy holds any request.
const LONGEST_MS: u32 = 60_000;

/// None where no answer came. `file`: the body, with its media type.
pub async fn call(
    base: &str,
    session: Option<&Session>,
    http: &Http,
    file: Option<Blob>,
) -> ProxyAnswer {
    let mut request = RequestBuilder::new(&format!("{base}{}", http.path))
        .method(Method::from_bytes(http.method.as_bytes()).ok()?)
        .abort_signal(Some(&AbortSignal::timeout_with_u32(LONGEST_MS)))
        // Mails are written in this language.
        .header("Accept-Language", crate::language::tag());
    if let Some(session) = session.filter(|session| session.proxy == base) {
        request = request.header("Authorization", &format!("Bearer {}", session.token));
    }
    if let Some(key) = &http.idempotency_key {
        request = request.header(IDEMPOTENCY_KEY, key);
    }
    let request = match (file, &http.body) {
        (Some(file), _) => request.body(file),
        (None, Some(body)) => request
            .header("Content-Type", "application/json")
            .body(body.as_str()),
        (None, None) => request.build(),
    };
    let response = request.ok()?.send().await.ok()?;
    Some(Response {
        status: response.status(),
        body: response.text().await.ok()?,
    })
}

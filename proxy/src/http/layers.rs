//! The layers around every handler.

use super::{
    app::App,
    forwarded::{self, Client},
    guard,
    problems::ApiError,
};
use atsi_protocol::{IDEMPOTENCY_KEY, IDEMPOTENT_REPLAYED, ProblemCode};
use axum::{
    Extension,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tower_http::{
    cors::{AllowOrigin, CorsLayer},
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    set_header::SetResponseHeaderLayer,
};
use tracing::Instrument;

/// Time that a request may take beyond the time that a send waits for its outcome.
const SPARE: Duration = Duration::from_secs(15);
/// Time for which a browser may remember the answer to a preflight.
const PREFLIGHT_VALID: Duration = Duration::from_secs(600);
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers with a problem after too long a time.
pub async fn limit_time(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    tokio::time::timeout(app.tuning.answer_within + SPARE, next.run(request))
        .await
        .unwrap_or_else(|_| ApiError::from(ProblemCode::TimedOut).into_response())
}

/// Answers requests that the guard refuses.
pub async fn check(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    match app.guard.check(&parts, &client) {
        Ok(()) => next.run(Request::from_parts(parts, body)).await,
        Err(code) => ApiError::from(code).into_response(),
    }
}

/// Lets extensions read answers, and browsers ask for that. The guard has refused every other origin
/// before.
pub fn cors(app: &App) -> CorsLayer {
    let mut headers = vec![header::CONTENT_TYPE];
    headers.extend(HeaderName::try_from(IDEMPOTENCY_KEY).ok());
    if app.personal.is_none() {
        headers.push(header::AUTHORIZATION);
    }
    let exposed = HeaderName::try_from(IDEMPOTENT_REPLAYED).ok();
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(|origin, _| {
            guard::is_extension(origin)
        }))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers(headers)
        .expose_headers(exposed.into_iter().collect::<Vec<_>>())
        .max_age(PREFLIGHT_VALID)
        .allow_private_network(true)
        .vary([header::ORIGIN])
}

/// A header of every answer, whatever its handler set.
pub fn always(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::overriding(name, HeaderValue::from_static(value))
}

/// A header of every answer whose handler did not set it.
pub fn by_default(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// Gives each request an id. An id from outside is removed first, because the log must not repeat
/// whatever a stranger writes.
pub fn request_ids() -> (SetRequestIdLayer<MakeRequestUuid>, PropagateRequestIdLayer) {
    (
        SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid),
        PropagateRequestIdLayer::new(REQUEST_ID),
    )
}

/// Removes the id that a request came with.
pub async fn remove_foreign_id(mut request: Request, next: Next) -> Response {
    request.headers_mut().remove(REQUEST_ID);
    next.run(request).await
}

/// Logs the route and outcome of a request: never its address, which may carry an id.
pub async fn observe(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let client = forwarded::client(peer.ip(), request.headers(), &app.trusted_proxies);
    let id = (request.extensions().get::<RequestId>())
        .and_then(|id| id.header_value().to_str().ok())
        .unwrap_or_default()
        .to_owned();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(none)", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!(
        "request", %id, method = %request.method(), route,
        client = %client.address, scheme = client.scheme
    );
    request.extensions_mut().insert(client);
    let started = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), took_ms, "answered"));
    response
}

//! Faults on order: what the API side does wrong, how often and for whom.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use futures_util::{StreamExt, stream};
use rand::RngExt;
use rand::rngs::StdRng;
use serde::{Deserialize, Serialize};
use serde_json::json;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// Only in a rule: every endpoint.
    Any,
    PostCandidates,
    GetCandidates,
    CurrentUser,
    Jobs,
    TrackingLink,
    ProspectPools,
    BoardJobs,
    Unknown,
}

impl Endpoint {
    pub fn of(method: &axum::http::Method, path: &str) -> Self {
        let post = method == axum::http::Method::POST;
        match path.strip_prefix("/v1/partner/") {
            Some("candidates") if post => Self::PostCandidates,
            Some("candidates") => Self::GetCandidates,
            Some("current_user") => Self::CurrentUser,
            Some("jobs") => Self::Jobs,
            Some("tracking_link") => Self::TrackingLink,
            Some("prospect_pools") => Self::ProspectPools,
            _ if path.starts_with("/v1/boards/") => Self::BoardJobs,
            _ => Self::Unknown,
        }
    }

    pub fn name(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// 429 with Retry-After and X-RateLimit headers.
    Throttle,
    /// 429 with a message and no header.
    ThrottleBare,
    /// 500 with a JSON body.
    ServerError,
    /// 503 with an HTML page, as a load balancer answers.
    Html,
    /// 200 with an HTML page.
    HtmlOk,
    /// 200 with no body; nothing was done.
    Empty,
    BadRequest,
    Unauthorized,
    Forbidden,
    NotFound,
    /// 422 in the shape of Harvest.
    Unprocessable,
    /// Waits `after_ms`, then does its work and answers.
    Slow,
    /// Cuts the connection; nothing was done.
    ResetBeforeCommit,
    /// Does its work, then cuts the connection.
    ResetAfterCommit,
    /// Does its work, then waits `after_ms` before it answers.
    SlowAfterCommit,
    /// Does its work, then answers 500.
    ServerErrorAfterCommit,
    /// Does its work, then answers 200 with an HTML page.
    HtmlAfterCommit,
    /// Does its work, announces the whole answer, sends half of it and cuts the connection.
    Truncated,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    pub endpoint: Endpoint,
    pub kind: FaultKind,
    /// How many requests it still hits; null is all of them.
    #[serde(default)]
    pub times: Option<u32>,
    #[serde(default = "always")]
    pub probability: f64,
    /// Milliseconds, for the slow kinds.
    #[serde(default = "two_seconds")]
    pub after_ms: u64,
    /// Seconds in Retry-After.
    #[serde(default = "one")]
    pub retry_after: u64,
}

fn always() -> f64 {
    1.0
}

fn two_seconds() -> u64 {
    2_000
}

fn one() -> u64 {
    1
}

/// The first rule that hits this request; its count goes down.
pub fn take(rules: &mut Vec<FaultRule>, endpoint: Endpoint, rng: &mut StdRng) -> Option<FaultRule> {
    let index = rules.iter().position(|rule| {
        (rule.endpoint == Endpoint::Any || rule.endpoint == endpoint)
            && rule.times != Some(0)
            && rng.random_bool(rule.probability.clamp(0.0, 1.0))
    })?;
    let rule = rules.get_mut(index)?;
    if let Some(times) = &mut rule.times {
        *times -= 1;
    }
    let hit = rule.clone();
    if hit.times == Some(0) {
        rules.remove(index);
    }
    Some(hit)
}

const BUSY_PAGE: &str = "<!DOCTYPE html><html><head><title>We'll be right back</title></head>\
<body><h1>We'll be right back</h1><p>The service is busy. Please try again.</p></body></html>";

/// The answer of a fault that stands in for the work, or `None` where the work goes on.
pub fn instead(rule: &FaultRule) -> Option<Response> {
    let errors = |status: StatusCode, message: &str| {
        (
            status,
            axum::Json(json!({ "errors": [{ "message": message }] })),
        )
            .into_response()
    };
    Some(match rule.kind {
        FaultKind::Throttle => throttled(rule.retry_after),
        FaultKind::ThrottleBare => (
            StatusCode::TOO_MANY_REQUESTS,
            axum::Json(json!({ "message": "Rate limit exceeded" })),
        )
            .into_response(),
        FaultKind::ServerError => {
            errors(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.")
        }
        FaultKind::Html => (StatusCode::SERVICE_UNAVAILABLE, Html(BUSY_PAGE)).into_response(),
        FaultKind::HtmlOk => Html(BUSY_PAGE).into_response(),
        FaultKind::Empty => StatusCode::OK.into_response(),
        FaultKind::BadRequest => errors(
            StatusCode::BAD_REQUEST,
            "Your request included invalid JSON.",
        ),
        FaultKind::Unauthorized => errors(StatusCode::UNAUTHORIZED, "Not authenticated."),
        FaultKind::Forbidden => errors(
            StatusCode::FORBIDDEN,
            "This user is not allowed to do that.",
        ),
        FaultKind::NotFound => errors(StatusCode::NOT_FOUND, "Not found."),
        FaultKind::Unprocessable => (
            StatusCode::UNPROCESSABLE_ENTITY,
            axum::Json(json!({
                "message": "Validation error",
                "errors": [{ "message": "Must be one of: personal, work, other", "field": "emails" }],
            })),
        )
            .into_response(),
        _ => return None,
    })
}

/// 429 with the headers that Harvest documents; for the Ingestion API none are documented.
pub fn throttled(retry_after: u64) -> Response {
    let mut response = (
        StatusCode::TOO_MANY_REQUESTS,
        axum::Json(json!({ "message": "Rate limit exceeded" })),
    )
        .into_response();
    let reset = time::OffsetDateTime::now_utc().unix_timestamp() + retry_after as i64;
    let headers = response.headers_mut();
    headers.insert(RETRY_AFTER, retry_after.into());
    headers.insert("x-ratelimit-limit", HeaderValue::from_static("50"));
    headers.insert("x-ratelimit-remaining", HeaderValue::from_static("0"));
    headers.insert("x-ratelimit-reset", reset.into());
    response
}

/// What a fault makes of the answer once the work is done.
pub async fn afterwards(rule: &FaultRule, response: Response) -> Response {
    match rule.kind {
        FaultKind::SlowAfterCommit => {
            tokio::time::sleep(Duration::from_millis(rule.after_ms)).await;
            response
        }
        FaultKind::ServerErrorAfterCommit => (
            StatusCode::INTERNAL_SERVER_ERROR,
            axum::Json(json!({ "errors": [{ "message": "Something went wrong." }] })),
        )
            .into_response(),
        FaultKind::HtmlAfterCommit => Html(BUSY_PAGE).into_response(),
        FaultKind::Truncated => truncated(response).await,
        _ => response,
    }
}

async fn truncated(response: Response) -> Response {
    let (parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX)
        .await
        .unwrap_or_default();
    let half = whole.slice(..whole.len() / 2);
    // The pause makes the server send the half before the end comes.
    let cut = stream::iter([Ok::<Bytes, std::io::Error>(half)]).chain(stream::once(async {
        tokio::task::yield_now().await;
        Err(std::io::ErrorKind::ConnectionReset.into())
    }));
    let mut response = Response::new(Body::from_stream(cut));
    *response.status_mut() = parts.status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/json; charset=utf-8"),
    );
    response
        .headers_mut()
        .insert(CONTENT_LENGTH, whole.len().into());
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    fn rule(endpoint: Endpoint, times: Option<u32>, probability: f64) -> FaultRule {
        FaultRule {
            endpoint,
            kind: FaultKind::Slow,
            times,
            probability,
            after_ms: 1,
            retry_after: 1,
        }
    }

    #[test]
    fn fault_rule_hits_its_endpoint_as_often_as_it_says() {
        let mut rng = StdRng::seed_from_u64(1);
        let mut rules = vec![
            rule(Endpoint::Jobs, Some(2), 1.0),
            rule(Endpoint::Any, Some(1), 1.0),
        ];
        assert!(take(&mut rules, Endpoint::Jobs, &mut rng).is_some());
        assert_eq!(
            take(&mut rules, Endpoint::CurrentUser, &mut rng).map(|rule| rule.endpoint),
            Some(Endpoint::Any)
        );
        assert!(take(&mut rules, Endpoint::CurrentUser, &mut rng).is_none());
        assert!(take(&mut rules, Endpoint::Jobs, &mut rng).is_some());
        assert!(take(&mut rules, Endpoint::Jobs, &mut rng).is_none());
        assert!(rules.is_empty());
    }

    #[test]
    fn fault_by_chance_follows_the_seed() {
        let hits = |seed| {
            let mut rng = StdRng::seed_from_u64(seed);
            let mut rules = vec![rule(Endpoint::Any, None, 0.5)];
            (0..200)
                .filter(|_| take(&mut rules, Endpoint::Jobs, &mut rng).is_some())
                .count()
        };
        assert_eq!(hits(7), hits(7));
        assert!((60..140).contains(&hits(7)));
    }
}

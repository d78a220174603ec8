//! Answers for browsers: pages under a policy, and the files that they refer to.

use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

/// An HTML answer under a Content-Security-Policy.
pub fn html_response(status: StatusCode, html: String, policy: &str) -> Response {
    let mut response = (status, html).into_response();
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    match HeaderValue::from_str(policy) {
        Ok(policy) => headers.insert(CONTENT_SECURITY_POLICY, policy),
        Err(_) => None,
    };
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "strict-origin-when-cross-origin"),
        ("cache-control", "no-store"),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    response
}

/// A file of ours that pages refer to.
pub fn asset(content_type: &'static str, body: impl Into<String>) -> Response {
    (
        [
            ("content-type", content_type),
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-cache"),
        ],
        body.into(),
    )
        .into_response()
}

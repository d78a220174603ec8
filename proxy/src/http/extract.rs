//! What handlers take out of a request, with problems instead of axum's own rejections.

use super::{App, problems::ApiError};
use crate::store::CompanyId;
use atsi_protocol::{IDEMPOTENCY_KEY, MAX_IDEMPOTENCY_KEY_CHARS, Problem, ProblemCode};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{StatusCode, header, request::Parts},
    response::IntoResponse,
};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// Who asks. In personal mode there is one company, and the guard has let in nobody else.
pub struct Caller {
    pub company: CompanyId,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        Ok(Self {
            company: app.company,
        })
    }
}

/// A JSON body. What serde says of a wrong one may repeat a candidate's data, so only the place is
/// told.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<App>> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &Arc<App>) -> Result<Self, ApiError> {
        let is_json = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.split(';').next())
            .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"));
        if !is_json {
            return Err(ProblemCode::UnsupportedMediaType.into());
        }
        let body = Bytes::from_request(request, app)
            .await
            .map_err(|rejection| match rejection.into_response().status() {
                StatusCode::PAYLOAD_TOO_LARGE => ApiError::from(ProblemCode::BodyTooLarge),
                _ => not_readable("The body did not arrive whole.".to_owned()),
            })?;
        json(&body).map(Json)
    }
}

/// # Errors
/// The place at which it is not what is expected.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        not_readable(format!(
            "The body is not the JSON that is expected here (line {}, column {}).",
            error.line(),
            error.column()
        ))
    })
}

fn not_readable(detail: String) -> ApiError {
    Problem::new(ProblemCode::InvalidRequest)
        .with_detail(detail)
        .into()
}

/// The variable part of an address. One that is not even text names nothing.
pub struct Path(pub String);

impl FromRequestParts<Arc<App>> for Path {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        axum::extract::Path::from_request_parts(parts, app)
            .await
            .map(|axum::extract::Path(text)| Self(text))
            .map_err(|_| ProblemCode::NotFound.into())
    }
}

/// The header `Idempotency-Key`: visible ASCII, bare or in the quotes of a structured field.
/// Source: draft-ietf-httpapi-idempotency-key-header.
pub struct IdempotencyKey(pub String);

impl FromRequestParts<Arc<App>> for IdempotencyKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, ApiError> {
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let value = values.next().ok_or(ProblemCode::IdempotencyKeyMissing)?;
        if values.next().is_some() {
            return Err(super::problems::invalid(
                IDEMPOTENCY_KEY,
                "There must be one Idempotency-Key.",
            ));
        }
        idempotency_key(value.to_str().unwrap_or_default(), IDEMPOTENCY_KEY).map(Self)
    }
}

/// The key out of the value of the header that carries it.
///
/// # Errors
/// It is empty, too long, or has other characters.
pub fn idempotency_key(value: &str, header: &str) -> Result<String, ApiError> {
    let key = value.trim();
    let key = key
        .strip_prefix('"')
        .and_then(|key| key.strip_suffix('"'))
        .unwrap_or(key);
    if key.is_empty() {
        return Err(ProblemCode::IdempotencyKeyMissing.into());
    }
    let visible = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\');
    if key.len() > MAX_IDEMPOTENCY_KEY_CHARS || !key.bytes().all(visible) {
        return Err(super::problems::invalid(
            header,
            format!(
                "{header} has at most 128 visible ASCII characters, without quotes and backslashes."
            ),
        ));
    }
    Ok(key.to_owned())
}

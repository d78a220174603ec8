//! Reads the parts of a request for handlers, with problems instead of axum's own rejections.

use super::{
    app::App,
    problems::{ApiError, invalid},
};
use crate::{
    clock::now,
    sentence::problem,
    store::{Authenticated, CompanyId, MemberId, PERSON, StoredConnection, who},
    tokens,
};
use atsi_protocol::{
    IDEMPOTENCY_KEY, MAX_IDEMPOTENCY_KEY_CHARS, ProblemCode, Role, live::TOKEN_PREFIX,
};
use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    http::{HeaderMap, StatusCode, header, request::Parts},
    response::IntoResponse,
};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// The caller and the company: the only way for a handler to learn either. In company mode the caller is
/// the member of the request's token; in personal mode there is one company and no member, and the guard
/// has refused everybody else.
#[derive(Clone, Debug)]
pub struct Caller {
    pub company: CompanyId,
    signed_in: Option<Authenticated>,
}

impl Caller {
    /// Returns the name for the audit.
    pub fn who(&self) -> String {
        match &self.signed_in {
            Some(signed_in) => who(signed_in.member.id),
            None => PERSON.to_owned(),
        }
    }

    /// Returns the member and session; `None` in personal mode.
    pub fn signed_in(&self) -> Option<&Authenticated> {
        self.signed_in.as_ref()
    }

    /// Returns the person who sends a candidate to Greenhouse. In personal mode that is the account of the
    /// connection.
    pub fn sender(&self, connection: Option<StoredConnection>) -> SentBy {
        match &self.signed_in {
            Some(signed_in) => SentBy {
                name: Some(signed_in.member.name.clone()),
                member: Some(signed_in.member.id),
            },
            None => SentBy {
                name: connection.and_then(|connection| connection.account_name),
                member: None,
            },
        }
    }

    /// Returns the member and session.
    ///
    /// # Errors
    /// In personal mode there are no members.
    pub fn member(&self) -> Result<&Authenticated, ApiError> {
        Ok(self.signed_in.as_ref().ok_or(ProblemCode::NoAccounts)?)
    }
}

/// The person who sends a candidate.
pub struct SentBy {
    pub name: Option<String>,
    pub member: Option<MemberId>,
}

impl FromRequestParts<Arc<App>> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        if let Some(company) = app.personal {
            return Ok(Self {
                company,
                signed_in: None,
            });
        }
        let token = bearer(&parts.headers).ok_or(ProblemCode::SignInNeeded)?;
        let signed_in = app.store.authenticate(tokens::digest(token), now()).await?;
        let signed_in = signed_in.ok_or(ProblemCode::SignInNeeded)?;
        Ok(Self {
            company: signed_in.member.company,
            signed_in: Some(signed_in),
        })
    }
}

/// A caller who may change the connection and the company; in personal mode everybody whom the guard
/// admits.
pub struct Admin(pub Caller);

impl FromRequestParts<Arc<App>> for Admin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let caller = Caller::from_request_parts(parts, app).await?;
        match &caller.signed_in {
            Some(signed_in) if signed_in.member.role != Role::Admin => {
                Err(ProblemCode::AdminNeeded.into())
            }
            _ => Ok(Self(caller)),
        }
    }
}

/// Finds the token in `Authorization`, or in the sub-protocols of a WebSocket, whose headers a browser
/// cannot set.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => {
            let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
            (scheme.eq_ignore_ascii_case("bearer")).then(|| token.trim())
        }
        (Some(_), Some(_)) => None,
        (None, _) => headers
            .get_all(header::SEC_WEBSOCKET_PROTOCOL)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .find_map(|protocol| protocol.trim().strip_prefix(TOKEN_PREFIX)),
    }
}

/// A JSON body. serde's message about a wrong one may repeat a candidate's data, so the problem names only
/// the place.
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
                _ => ApiError::incomplete_body(),
            })?;
        json(&body).map(Json)
    }
}

/// Reads JSON.
///
/// # Errors
/// A problem that names the line and column at which it is not what is expected.
pub fn json<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    serde_json::from_slice(body).map_err(|error| {
        let problem = problem!(
            ProblemCode::InvalidRequest,
            "The body is not the JSON that is expected here (line {line}, column {column}).",
            line = error.line(),
            column = error.column()
        );
        problem.into()
    })
}

/// The variable part of an address. A part that is not text, or that no database can hold, is not found.
pub struct Path(pub String);

impl FromRequestParts<Arc<App>> for Path {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let text: Option<String> = axum::extract::Path::from_request_parts(parts, app)
            .await
            .ok()
            .map(|axum::extract::Path(text)| text);
        // PostgreSQL does not accept a NUL.
        let text = text.filter(|text| !text.contains('\0'));
        Ok(Self(text.ok_or(ProblemCode::NotFound)?))
    }
}

/// The variable part of an address that is a row id. Any other text is not found.
pub struct Number(pub i64);

impl FromRequestParts<Arc<App>> for Number {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let Path(text) = Path::from_request_parts(parts, app).await?;
        let number = text.parse().map_err(|_| ProblemCode::NotFound)?;
        Ok(Self(number))
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
            return Err(invalid!(
                IDEMPOTENCY_KEY,
                "Send exactly one Idempotency-Key."
            ));
        }
        idempotency_key(value.to_str().unwrap_or_default(), IDEMPOTENCY_KEY).map(Self)
    }
}

/// Reads the key in the value of the header that carries it.
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
        return Err(invalid!(
            header,
            "{header} has at most 128 visible ASCII characters, without quotes and backslashes.",
            header = header
        ));
    }
    Ok(key.to_owned())
}

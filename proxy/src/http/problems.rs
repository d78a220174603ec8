//! Errors as RFC 9457 has them, and the pages that explain them.

use super::{extract::Path, problem_response};
use crate::{seal::Unsealable, store::StoreError};
use atsi_protocol::{Problem, ProblemCode};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        ContentBuilder, Ref, RefOr, Response as ApiResponse, ResponseBuilder, ResponsesBuilder,
    },
};

/// How a handler fails. What is inside stays inside: it is logged where it is made.
#[derive(Debug)]
pub struct ApiError(Problem);

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<ProblemCode> for ApiError {
    fn from(code: ProblemCode) -> Self {
        Self(Problem::new(code))
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "the database failed");
        Self::from(ProblemCode::Internal)
    }
}

impl From<Unsealable> for ApiError {
    fn from(error: Unsealable) -> Self {
        tracing::error!(%error, "sealing failed");
        Self::from(ProblemCode::Internal)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        problem_response(&self.0)
    }
}

/// An invalid field, named.
pub fn invalid(field: &str, detail: impl Into<String>) -> ApiError {
    ApiError(
        Problem::new(ProblemCode::InvalidRequest)
            .with_detail(detail)
            .with_field(field),
    )
}

fn documented(codes: &[ProblemCode]) -> BTreeMap<String, RefOr<ApiResponse>> {
    let mut by_status: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for code in codes {
        by_status
            .entry(code.status())
            .or_default()
            .push(code.as_str());
    }
    let problem = || Ref::from_schema_name(Problem::name());
    let responses = by_status.into_iter().map(|(status, codes)| {
        let content = ContentBuilder::new().schema(Some(problem())).build();
        let response = ResponseBuilder::new()
            .description(codes.join(", "))
            .content("application/problem+json", content)
            .build();
        (status.to_string(), response)
    });
    ResponsesBuilder::new()
        .responses_from_iter(responses)
        .build()
        .into()
}

/// Declares which problems an operation answers with, for the OpenAPI document.
macro_rules! problem_sets {
    ($($(#[$doc:meta])* $name:ident = [$($code:ident),* $(,)?];)*) => {$(
        $(#[$doc])*
        pub struct $name;

        impl IntoResponses for $name {
            fn responses() -> BTreeMap<String, RefOr<ApiResponse>> {
                documented(&[$(ProblemCode::$code),*])
            }
        }
    )*};
}

problem_sets! {
    /// Any operation behind the guard.
    Guarded = [OriginRefused, HostRefused, Internal, TimedOut];
    /// `PUT /v1/connection`.
    ConnectionProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        KeyRefused, ServiceUserUnknown, KeyOrUserRefused, PermissionDenied,
        GreenhouseUnreachable, GreenhouseUnexpected, GreenhouseBusy,
    ];
    /// `POST /v1/sends`.
    SendProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        IdempotencyKeyMissing, IdempotencyKeyReused, StillRunning, NotConnected,
    ];
    /// An operation on something that may not be there.
    NotFoundProblems = [OriginRefused, HostRefused, Internal, TimedOut, NotFound];
    /// `POST /v1/sends/{idempotency_key}/decision`.
    DecisionProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        NotFound, NotUncertain, NotConnected,
    ];
    /// An operation with a JSON body.
    BodyProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
    ];
    /// `POST /hooks/greenhouse/{connection}`.
    HookProblems = [HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, NotFound, HookRefused];
    /// An operation that is told where to begin.
    PageProblems = [OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest];
    /// `GET /v1/live`.
    LiveProblems = [OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, TooManyLive];
    /// An operation on jobs.
    JobProblems = [OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, NotConnected];
    /// An operation on the jobs' links.
    JobLinkProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        NotConnected, JobUnknown,
    ];
    /// `POST /v1/write-backs/{id}`.
    WriteBackProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType, NotFound,
    ];
    /// Health checks.
    HealthProblems = [HostRefused, Internal, TimedOut];
}

/// What a problem means, in plain text: the page that a problem's `type` points to.
#[utoipa::path(
    get, path = "/problems/{code}", tag = "operations",
    params(("code" = String, Path, description = "The code of a problem")),
    responses((status = 200, description = "What the problem means", body = String, content_type = "text/plain"), NotFoundProblems)
)]
pub async fn explain(Path(code): Path) -> Result<String, ApiError> {
    let code = ProblemCode::ALL
        .iter()
        .find(|known| known.as_str() == code)
        .ok_or(ProblemCode::NotFound)?;
    Ok(format!(
        "{} (HTTP status {})\n\n{}\n\n{}\n",
        code.as_str(),
        code.status(),
        code.title(),
        paragraph(*code).unwrap_or_default()
    ))
}

/// What `docs/problems.md` says of a code.
fn paragraph(code: ProblemCode) -> Option<&'static str> {
    let mut sections = include_str!("../../../docs/problems.md")
        .split("\n## ")
        .skip(1);
    let (_, text) = sections.find_map(|section| {
        let (heading, text) = section.split_once('\n')?;
        (heading == format!("`{}`", code.as_str())).then_some((heading, text))
    })?;
    Some(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_has_its_paragraph_and_no_other_has_one() {
        for code in ProblemCode::ALL {
            let paragraph = paragraph(*code);
            assert!(
                paragraph.is_some_and(|text| text.len() > 60),
                "docs/problems.md says nothing of {}",
                code.as_str()
            );
        }
        let sections = include_str!("../../../docs/problems.md")
            .matches("\n## ")
            .count();
        assert_eq!(sections, ProblemCode::ALL.len());
    }
}

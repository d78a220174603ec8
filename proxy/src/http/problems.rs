//! Errors as RFC 9457 has them.

use crate::{seal::Unsealable, sentence::problem, store::StoreError};
use atsi_protocol::{Problem, ProblemCode};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::collections::BTreeMap;
use utoipa::{
    IntoResponses, ToSchema,
    openapi::{
        ContentBuilder, Ref, RefOr, Response as ApiResponse, ResponseBuilder, ResponsesBuilder,
    },
};

/// The failure of a handler. Its internal cause is logged where it happens, and not shown.
#[derive(Debug)]
pub struct ApiError {
    /// Boxed, because every handler returns it and hardly any fails.
    problem: Box<Problem>,
    /// In seconds, for [`ProblemCode::TooManyRequests`].
    retry_after: Option<u64>,
}

impl ApiError {
    pub fn code(&self) -> ProblemCode {
        self.problem.code
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self {
            problem: Box::new(problem),
            retry_after: None,
        }
    }
}

impl From<ProblemCode> for ApiError {
    fn from(code: ProblemCode) -> Self {
        Problem::new(code).into()
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
        let status = StatusCode::from_u16(self.problem.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(self.problem)).into_response();
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl ApiError {
    /// The body of the request broke off.
    pub fn incomplete_body() -> Self {
        problem!(
            ProblemCode::InvalidRequest,
            "The body did not arrive completely."
        )
        .into()
    }

    /// Too many requests; the next one is accepted after this many seconds.
    pub fn too_many(retry_after: u64) -> Self {
        Self {
            problem: Box::new(Problem::new(ProblemCode::TooManyRequests)),
            retry_after: Some(retry_after),
        }
    }

    /// An invalid field, with a sentence that is made elsewhere and has no values.
    pub fn about(field: &str, sentence: String) -> Self {
        Problem::new(ProblemCode::InvalidRequest)
            .with_detail(sentence)
            .with_field(field)
            .into()
    }

    /// Returns the field that is wrong, if the error is about one.
    pub fn field(&self) -> Option<&str> {
        self.problem.field.as_deref()
    }

    /// Returns the problem.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }
}

/// An invalid field: `invalid!("rows", "There are more than {most} rows.", most = 500)`.
macro_rules! invalid {
    ($field:expr, $($sentence:tt)+) => {
        $crate::http::problems::ApiError::from(
            $crate::sentence::problem!(atsi_protocol::ProblemCode::InvalidRequest, $($sentence)+)
                .with_field($field),
        )
    };
}
pub(super) use invalid;

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

/// Declares the problems that an operation answers with, for the OpenAPI document.
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
    /// An operation for a company.
    Called = [OriginRefused, HostRefused, Internal, TimedOut, SignInNeeded];
    /// An operation for a company's admins.
    Administered = [OriginRefused, HostRefused, Internal, TimedOut, SignInNeeded, AdminNeeded];
    /// `PUT /v1/connection`.
    ConnectionProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        SignInNeeded, AdminNeeded, KeyRefused, ServiceUserUnknown, KeyOrUserRefused, PermissionDenied,
        GreenhouseUnreachable, GreenhouseUnexpected, GreenhouseBusy,
    ];
    /// `POST /v1/sends`.
    SendProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        SignInNeeded, IdempotencyKeyMissing, IdempotencyKeyReused, StillRunning, NotConnected, ResumeUnknown,
    ];
    /// An operation on something that may not exist.
    NotFoundProblems = [OriginRefused, HostRefused, Internal, TimedOut, SignInNeeded, NotFound];
    /// An operation of an admin on something that may not exist.
    AdminSomethingProblems = [OriginRefused, HostRefused, Internal, TimedOut, SignInNeeded, AdminNeeded, NotFound];
    /// `GET /problems/{code}`.
    ExplainProblems = [OriginRefused, HostRefused, Internal, TimedOut, NotFound];
    /// `POST /v1/sends/{idempotency_key}/decision`.
    DecisionProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        SignInNeeded, NotFound, NotUncertain, NotConnected,
    ];
    /// An operation with a JSON body.
    BodyProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        SignInNeeded,
    ];
    /// An operation for admins with a JSON body.
    AdminBodyProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        SignInNeeded, AdminNeeded,
    ];
    /// `POST /hooks/greenhouse/{connection}`.
    HookProblems = [HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, NotFound, HookRefused];
    /// An operation with a JSON body on something that may not exist.
    BodyNotFoundProblems = [SignInNeeded, AdminNeeded,
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType, NotFound,
    ];
    /// `GET /v1/audit`.
    AuditProblems = [OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, SignInNeeded, AdminNeeded];
    /// An operation that reads from a given position.
    FromProblems = [OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, SignInNeeded];
    /// `GET /v1/live`.
    LiveProblems = [OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, SignInNeeded, TooManyLive];
    /// `POST /v1/sign-in/code`.
    SignInCodeProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        NoAccounts, TooManyRequests,
    ];
    /// `POST /v1/sign-in`.
    SignInProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        NoAccounts, TooManyRequests, CodeWrong, InvitationNeeded,
    ];
    /// An operation of members on their own account.
    AccountProblems = [OriginRefused, HostRefused, Internal, TimedOut, SignInNeeded, NoAccounts];
    /// `PUT /v1/me`.
    NameProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        SignInNeeded, NoAccounts,
    ];
    /// An operation of an admin on the company's accounts.
    AdminAccountProblems = [OriginRefused, HostRefused, Internal, TimedOut, SignInNeeded, AdminNeeded, NoAccounts];
    /// The same, on something that may not exist.
    AdminNotFoundProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, SignInNeeded, AdminNeeded, NoAccounts, NotFound,
    ];
    /// The same, with a JSON body.
    SettingProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        SignInNeeded, AdminNeeded, NoAccounts,
    ];
    /// `PUT /v1/members/{member}`.
    MemberRoleProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        SignInNeeded, AdminNeeded, NoAccounts, NotFound, LastAdmin,
    ];
    /// `DELETE /v1/members/{member}`.
    MemberProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, SignInNeeded, AdminNeeded, NoAccounts, NotFound, LastAdmin,
    ];
    /// `POST /v1/connection/requests`.
    HelpProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        SignInNeeded, AdminNeeded, NoAccounts, MailNotSetUp, TooManyRequests,
    ];
    /// `POST /v1/enrol`.
    EnrolProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        NoAccounts, TooManyRequests, EnrolmentRefused,
    ];
    /// The pages of a one-time link.
    LinkPageProblems = [OriginRefused, HostRefused, Internal, TimedOut, NoAccounts, NotFound];
    /// A page of the proxy.
    PageProblems = [OriginRefused, HostRefused, Internal, TimedOut];
    /// `DELETE /v1/sessions/{session}`.
    SessionProblems = [OriginRefused, HostRefused, Internal, TimedOut, SignInNeeded, NoAccounts, NotFound];
    /// An operation on jobs.
    JobProblems = [OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, SignInNeeded, NotConnected];
    /// `POST /v1/tracking-link`.
    TrackingLinkProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        SignInNeeded, NotConnected, JobUnknown, KeyRefused, ServiceUserUnknown, KeyOrUserRefused, PermissionDenied,
        GreenhouseUnreachable, GreenhouseUnexpected, GreenhouseBusy,
    ];
    /// An operation on the jobs' links.
    JobLinkProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        SignInNeeded, NotConnected, JobUnknown,
    ];
    /// `PUT /v1/job-links/{jopwell_job}/description`.
    DescriptionProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType,
        SignInNeeded, NotFound,
    ];
    /// `POST /hooks/jopwell/{company}/v1/applications`.
    PushProblems = [
        HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, NotFound,
        PushUnsigned, PushStale, PushSignatureWrong, IdempotencyKeyReused, NotConnected, ResumeUnknown,
    ];
    /// `POST /v1/resumes`.
    ResumeProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, SignInNeeded,
        ResumeEmpty, ResumeIsWebPage, ResumeTypeUnknown, ResumeTooLarge,
    ];
    /// `GET /r/{token}/{file_name}`.
    FetchProblems = [HostRefused, Internal, TimedOut, NotFound];
    /// `GET /v1/applications`.
    ListProblems = [OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, SignInNeeded];
    /// `DELETE /v1/applications/{idempotency_key}`.
    DismissProblems = [OriginRefused, HostRefused, Internal, TimedOut, SignInNeeded, NotFound, NotUncertain];
    /// `POST /v1/write-backs/{id}`, `POST /v1/job-saves/{save}`.
    WriteBackProblems = [
        OriginRefused, HostRefused, Internal, TimedOut, InvalidRequest, BodyTooLarge, UnsupportedMediaType, NotFound,
        SignInNeeded,
    ];
    /// Health checks.
    HealthProblems = [HostRefused, Internal, TimedOut];
}

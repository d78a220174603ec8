//! What the proxy answers over HTTP.

mod accounts;
mod applications;
mod audit;
mod callback;
mod candidates;
mod check;
mod company_data;
mod connection;
mod enrolment;
mod extract;
mod forwarded;
mod guard;
mod help;
mod hooks;
mod job_board;
mod jobs;
mod limits;
mod live;
mod lookups;
mod members;
mod operations;
mod pages;
mod problems;
mod resumes;
mod sends;
mod write_back;

use crate::{
    board::Boards,
    callback::Reach,
    config::{Config, Tuning},
    delivery::Delivery,
    live::Live,
    mail::Post,
    metrics::Metrics,
    polling::Poller,
    seal::Sealer,
    store::{CompanyId, Store},
    upstream::Upstream,
};
use atsi_protocol::{MAX_BODY_BYTES, Problem, ProblemCode};
use axum::{
    Router,
    extract::{ConnectInfo, DefaultBodyLimit, MatchedPath, Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use guard::Guard;
use ipnet::IpNet;
use problems::ApiError;
use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

/// What a request may take beyond the time that a send waits for its outcome.
const SPARE: Duration = Duration::from_secs(15);

pub struct App {
    guard: Guard,
    trusted_proxies: Vec<IpNet>,
    /// Ends without a slash.
    public_url: String,
    /// The one company of personal mode; `None` in company mode.
    personal: Option<CompanyId>,
    limits: limits::Limits,
    post: Arc<Post>,
    store: Arc<dyn Store>,
    sealer: Arc<Sealer>,
    upstream: Arc<Upstream>,
    delivery: Arc<Delivery>,
    live: Arc<Live>,
    poller: Arc<Poller>,
    boards: Arc<Boards>,
    reach: Reach,
    metrics: Arc<Metrics>,
    refreshes: lookups::Refreshes,
    job_reads: jobs::Reads,
    serving: resumes::Serving,
    running: sends::Running,
    tuning: Tuning,
}

impl App {
    #[expect(
        clippy::too_many_arguments,
        reason = "called once; they are its fields"
    )]
    pub fn new(
        address: SocketAddr,
        config: &Config,
        personal: Option<CompanyId>,
        post: Arc<Post>,
        store: Arc<dyn Store>,
        sealer: Arc<Sealer>,
        upstream: Arc<Upstream>,
        delivery: Arc<Delivery>,
        live: Arc<Live>,
        poller: Arc<Poller>,
        boards: Arc<Boards>,
        reach: Reach,
        metrics: Arc<Metrics>,
        tuning: Tuning,
    ) -> Self {
        let public_url = config.public_url.as_ref();
        let (_, default_port) = config.scheme();
        Self {
            guard: Guard::new(address, default_port, public_url, personal.is_none()),
            trusted_proxies: config.trusted_proxy.clone(),
            public_url: config.own_url(address),
            personal,
            limits: limits::Limits::new(&tuning),
            post,
            store,
            sealer,
            upstream,
            delivery,
            live,
            poller,
            boards,
            reach,
            metrics,
            refreshes: lookups::Refreshes::default(),
            job_reads: jobs::Reads::default(),
            serving: resumes::Serving::default(),
            running: sends::Running::default(),
            tuning,
        }
    }

    /// # Errors
    /// In personal mode.
    fn has_accounts(&self) -> Result<(), ApiError> {
        match self.personal {
            Some(_) => Err(ProblemCode::NoAccounts.into()),
            None => Ok(()),
        }
    }

    /// Where Greenhouse delivers a company's web hooks.
    fn hook_url(&self, public_id: &str) -> String {
        format!("{}/hooks/greenhouse/{public_id}", self.public_url)
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "atsi-proxy",
        description = "Carries candidates from Jopwell to Greenhouse exactly once. Every error is a problem as RFC 9457 has it."
    ),
    components(schemas(Problem, crate::callback::CallbackEvent))
)]
struct Document;

pub fn router(app: Arc<App>) -> Router {
    let (router, document) = OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(
            connection::get,
            connection::put,
            connection::delete
        ))
        .routes(routes!(accounts::code))
        .routes(routes!(accounts::sign_in))
        .routes(routes!(accounts::me, accounts::rename))
        .routes(routes!(accounts::sign_out))
        .routes(routes!(accounts::sessions))
        .routes(routes!(accounts::end_session))
        .routes(routes!(members::list))
        .routes(routes!(members::set_role, members::remove))
        .routes(routes!(members::set_company))
        .routes(routes!(members::invitations, members::invite))
        .routes(routes!(members::revoke))
        .routes(routes!(pages::join))
        .routes(routes!(enrolment::get, enrolment::put, enrolment::delete))
        .routes(routes!(enrolment::enrol))
        .routes(routes!(help::list, help::post))
        .routes(routes!(help::revoke))
        .routes(routes!(help::show, help::submit))
        .routes(routes!(check::post))
        .routes(routes!(sends::post))
        .routes(routes!(sends::get))
        .routes(routes!(sends::decide))
        .routes(routes!(lookups::post))
        .routes(routes!(candidates::get))
        .routes(routes!(live::changes))
        .routes(routes!(live::live))
        .routes(routes!(jobs::get))
        .routes(routes!(job_board::get, job_board::put, job_board::delete))
        .routes(routes!(jobs::links, jobs::link))
        .routes(routes!(jobs::unlink))
        .routes(routes!(jobs::propose))
        .routes(routes!(jobs::page))
        .routes(routes!(jobs::description, jobs::pass_over))
        .routes(routes!(jobs::saving, jobs::choose_saving))
        .routes(routes!(jobs::saved))
        .routes(routes!(jobs::undo_save))
        .routes(routes!(jobs::tracking_link))
        .routes(routes!(applications::post, applications::list))
        .routes(routes!(applications::get, applications::dismiss))
        .routes(routes!(applications::pushed))
        .routes(routes!(applications::address))
        .routes(routes!(applications::make_secret))
        .routes(routes!(resumes::post))
        .routes(routes!(resumes::fetch))
        .routes(routes!(write_back::get, write_back::put))
        .routes(routes!(write_back::plan))
        .routes(routes!(write_back::done))
        .routes(routes!(hooks::get))
        .routes(routes!(hooks::make_secret))
        .routes(routes!(hooks::receive))
        .routes(routes!(callback::get, callback::put, callback::delete))
        .routes(routes!(callback::make_secret))
        .routes(routes!(callback::deliveries))
        .routes(routes!(callback::redeliver))
        .routes(routes!(audit::get))
        .routes(routes!(company_data::export))
        .routes(routes!(company_data::erase))
        .routes(routes!(problems::explain))
        .routes(routes!(operations::healthz))
        .routes(routes!(operations::readyz))
        .routes(routes!(operations::metrics))
        .routes(routes!(operations::openapi))
        .split_for_parts();
    router
        .route("/page.css", axum::routing::get(pages::style))
        .fallback(async || ApiError::from(ProblemCode::NotFound))
        .method_not_allowed_fallback(async || ApiError::from(ProblemCode::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(axum::Extension(operations::Document(Arc::new(document))))
        .layer(from_fn_with_state(Arc::clone(&app), limit_time))
        .layer(from_fn_with_state(Arc::clone(&app), guard::guard))
        .layer(from_fn(secure_headers))
        .layer(from_fn(crate::language::as_asked))
        .layer(CatchPanicLayer::custom(|_| {
            ApiError::from(ProblemCode::Internal).into_response()
        }))
        .layer(from_fn_with_state(Arc::clone(&app), observe))
        .with_state(app)
}

async fn limit_time(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    tokio::time::timeout(app.tuning.answer_within + SPARE, next.run(request))
        .await
        .unwrap_or_else(|_| ApiError::from(ProblemCode::TimedOut).into_response())
}

async fn secure_headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A page has its own.
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        (headers.entry(name)).or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Names the request, and logs its route and outcome: never its address, which may carry an id.
async fn observe(
    State(app): State<Arc<App>>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let asker = forwarded::asker(peer.ip(), request.headers(), &app.trusted_proxies);
    let id = uuid::Uuid::new_v4().to_string();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("(none)", MatchedPath::as_str)
        .to_owned();
    let span = tracing::info_span!(
        "request", %id, method = %request.method(), route,
        client = %asker.address, scheme = asker.scheme
    );
    request.extensions_mut().insert(asker);
    let started = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), took_ms, "answered"));
    if let Ok(id) = HeaderValue::from_str(&id) {
        response
            .headers_mut()
            .insert(HeaderName::from_static("x-request-id"), id);
    }
    response
}

/// A problem as the body of an answer.
fn problem_response(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(problem)).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}

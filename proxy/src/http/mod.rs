//! The proxy's HTTP interface: one file for each group of routes.
//!
//! To add a route: a handler with its `#[utoipa::path]`, a line in [`router`], and where needed a set of
//! problems in `problems.rs`. `proxy/tests/company.rs` then asks who may call it.

mod accounts;
mod app;
mod applications;
mod audit;
mod callback;
mod candidates;
mod check;
mod company_data;
mod connection;
mod enrolment;
mod explain;
mod extract;
mod forwarded;
mod guard;
mod help;
mod hooks;
mod job_board;
mod job_pages;
mod jobs;
mod layers;
mod limits;
mod live;
mod lookups;
mod members;
mod operations;
mod pages;
mod problems;
mod resumes;
mod sends;
mod turns;
mod write_back;

pub use app::{App, Services};

use atsi_protocol::{MAX_BODY_BYTES, Problem, ProblemCode};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::header,
    middleware::{from_fn, from_fn_with_state},
    response::IntoResponse,
};
use problems::ApiError;
use std::sync::Arc;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "atsi-proxy",
        description = "Carries candidates from Jopwell to Greenhouse exactly once. Every error is a problem (RFC 9457)."
    ),
    components(schemas(Problem, crate::callback::CallbackEvent))
)]
struct Document;

/// Returns every route, and the OpenAPI document that describes them.
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
        .routes(routes!(job_pages::page))
        .routes(routes!(job_pages::description, job_pages::pass_over))
        .routes(routes!(job_pages::saving, job_pages::choose_saving))
        .routes(routes!(job_pages::saved))
        .routes(routes!(job_pages::undo_save))
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
        .routes(routes!(explain::explain))
        .routes(routes!(operations::healthz))
        .routes(routes!(operations::readyz))
        .routes(routes!(operations::metrics))
        .routes(routes!(operations::openapi))
        .split_for_parts();
    let (set_id, propagate_id) = layers::request_ids();
    router
        .route("/page.css", axum::routing::get(pages::style))
        .fallback(async || ApiError::from(ProblemCode::NotFound))
        .method_not_allowed_fallback(async || ApiError::from(ProblemCode::MethodNotAllowed))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(axum::Extension(operations::Document(Arc::new(document))))
        .layer(from_fn_with_state(Arc::clone(&app), layers::limit_time))
        .layer(layers::cors(&app))
        .layer(from_fn_with_state(Arc::clone(&app), layers::check))
        .layer(layers::always(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(layers::always(header::CACHE_CONTROL, "no-store"))
        .layer(layers::by_default(
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ))
        .layer(layers::by_default(header::REFERRER_POLICY, "no-referrer"))
        .layer(from_fn(crate::language::as_asked))
        .layer(CatchPanicLayer::custom(|_| {
            ApiError::from(ProblemCode::Internal).into_response()
        }))
        .layer(from_fn_with_state(Arc::clone(&app), layers::observe))
        .layer(propagate_id)
        .layer(set_id)
        .layer(from_fn(layers::remove_foreign_id))
        .with_state(app)
}

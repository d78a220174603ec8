//! The pages of the Jopwell stand-in.

mod jobs;
mod layout;
mod profile;
mod resume;
mod search;
mod tracker;

use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::{get, post};

use self::jobs::{applicants, edit_job, job, jobs, save_job};
use self::profile::{profile, talent, talent_list};
use self::resume::resume;
use self::search::{home, log_in, login, search, settings};
use self::tracker::{set_status, tracker};
use crate::html::asset;
use crate::world::Sandbox;

pub fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login", get(login).post(log_in))
        .route("/search", get(search))
        .route("/tracker", get(tracker))
        .route("/tracker/{row}/status", post(set_status))
        .route("/jobs", get(jobs))
        .route("/jobs/{id}", get(job))
        .route("/jobs/{id}/edit", get(edit_job).post(save_job))
        .route("/settings", get(settings))
        .route("/api/talent", get(talent_list))
        .route("/api/talent/{id}", get(talent))
        .route("/resumes/{file}", get(resume))
        .route("/jobs/{id}/applicants", get(applicants))
        .route(
            "/assets/jopwell.css",
            get(|| async { asset("text/css", include_str!("../../../../assets/jopwell.css")) }),
        )
        .route(
            "/assets/talent.js",
            get(|| async {
                asset(
                    "text/javascript",
                    include_str!("../../../../assets/talent.js"),
                )
            }),
        )
        .route("/favicon.ico", get(StatusCode::NO_CONTENT))
        .fallback(get(profile))
        .with_state(sandbox)
}

//! The Recruiting web app: lists, profiles in both mark-ups with the controls a person moves candidates with, jobs,
//! and API credentials.

mod controls;
mod credentials;
mod jobs;
mod layout;
mod people;
mod profile;
mod redesign;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{
    StatusCode,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use self::controls::{control, job_control};
use self::credentials::{create_key, credentials, sign_in, signed_in};
use self::jobs::{all_jobs, create_job, job_dashboard};
use self::layout::not_found;
use self::people::{job_candidates, people};
use self::profile::{legacy_profile, merge_page};
use self::redesign::{new_profile, profile_data, redesign_css};
use crate::html::asset;
use crate::world::Sandbox;

pub fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .route("/", get(|| async { Redirect::to("/people") }))
        .route("/people", get(people))
        .route("/people/{id}", get(legacy_profile))
        .route("/people/{id}/merge", get(merge_page))
        .route("/people/{id}/applications/{application}", get(new_profile))
        .route(
            "/people/{id}/applications/{application}/redesign",
            get(new_profile),
        )
        .route(
            "/people/{id}/applications/{application}/data.json",
            get(profile_data),
        )
        .route("/people/{id}/controls/{control}", post(control))
        .route("/plans/{job}/candidates", get(job_candidates))
        .route("/plans/{job}", get(job_candidates))
        .route("/sdash/{job}", get(job_dashboard))
        .route("/sdash/{job}/controls/{control}", post(job_control))
        .route("/alljobs", get(all_jobs).post(create_job))
        .route("/users/sign_in", get(sign_in).post(signed_in))
        .route(
            "/configure/dev_center/credentials",
            get(credentials).post(create_key),
        )
        .route(
            "/assets/greenhouse.css",
            get(|| async {
                asset(
                    "text/css",
                    include_str!("../../../../assets/greenhouse.css"),
                )
            }),
        )
        .route("/assets/redesign.css", get(redesign_css))
        .route(
            "/assets/redesign.js",
            get(|| async {
                asset(
                    "text/javascript",
                    include_str!("../../../../assets/redesign.js"),
                )
            }),
        )
        .route(
            "/assets/people.js",
            get(|| async {
                asset(
                    "text/javascript",
                    include_str!("../../../../assets/people.js"),
                )
            }),
        )
        .route("/person_attachments/{id}/{file}", get(attachment))
        .route("/favicon.ico", get(StatusCode::NO_CONTENT))
        .fallback(|| async { not_found() })
        .with_state(sandbox)
}

/// A file that was fetched from the address in a candidate's `resume`.
async fn attachment(
    State(sandbox): State<Arc<Sandbox>>,
    Path((id, _)): Path<(u64, String)>,
) -> Response {
    let Some(file) = sandbox.world().files.get(&id).cloned() else {
        return not_found();
    };
    let disposition = format!("attachment; filename=\"{}\"", file.filename);
    let headers = [
        (CONTENT_TYPE, file.media_type),
        (CONTENT_DISPOSITION, disposition),
    ];
    (headers, file.bytes).into_response()
}

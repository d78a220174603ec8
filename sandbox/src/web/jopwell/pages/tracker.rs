//! The candidate tracker.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use time::OffsetDateTime;

use super::layout::{is_logged_in, not_found, respond};
use crate::jopwell::model::{Candidate, Job, STATUSES, TrackerRow};
use crate::world::Sandbox;

pub(super) async fn tracker(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let rows: Vec<(TrackerRow, Candidate, Job)> = {
        let world = sandbox.world();
        let jopwell = &world.jopwell;
        jopwell
            .tracker
            .iter()
            .filter_map(|row| {
                let candidate = jopwell.by_id(&row.candidate_id)?.clone();
                let job = jopwell.jobs.iter().find(|job| job.id == row.job_id)?;
                Some((row.clone(), candidate, job.clone()))
            })
            .collect()
    };
    respond(
        "Candidate Tracker | Jopwell",
        "/tracker",
        html! {
            main.wide {
                div.page-head {
                    h1 { "Candidate Tracker" }
                    p.muted { "Candidates see every status except Prospect, Highlighted and Pipelined." }
                }
                div.table-scroll tabindex="0" role="region" aria-label="Candidate tracker" {
                    table.tracker {
                        thead {
                            tr {
                                @for heading in [
                                    "Candidate", "Job Title", "Location", "Latest Application Status", "Resume", "Notes",
                                    "Created At", "Viewed At", "Sourced By", "Source", "Recruiter Bucket",
                                    "Last Modified By", "Last Modified Date",
                                ] { th scope="col" { (heading) } }
                            }
                        }
                        tbody {
                            @for (row, candidate, job) in &rows { (tracker_row(row, candidate, job)) }
                        }
                    }
                }
            }
        },
    )
}

fn tracker_row(row: &TrackerRow, candidate: &Candidate, job: &Job) -> Markup {
    let day = |at: &str| at.get(..10).unwrap_or_default().to_owned();
    html! {
        tr data-row-id=(row.id) data-candidate-id=[candidate.profile.variant.shows_id().then_some(&candidate.id)] {
            td {
                a.candidate-link dir="auto" href=(candidate.path) { (candidate.profile.name) }
                @if !candidate.profile.headline.is_empty() { div.muted.clip { (candidate.profile.headline) } }
            }
            td { a href=(format!("/jobs/{}", job.id)) { (job.title) } }
            td { (job.location) }
            td {
                form.status-form method="post" action=(format!("/tracker/{}/status", row.id)) {
                    select name="status" aria-label=(format!("Status of {}", candidate.profile.name)) {
                        @for status in STATUSES {
                            option value=(status) selected[status == row.status] { (status) }
                        }
                    }
                    button.button.small type="submit" { "Save" }
                }
            }
            td { @if let Some(link) = candidate.resume_link() { a href=(link) { "Resume" } } @else { "–" } }
            td { (row.notes) }
            td.date { (day(&row.created_at)) }
            td.date { (row.viewed_at.as_deref().map_or_else(|| "–".to_owned(), day)) }
            td { (row.sourced_by) }
            td { (row.source) }
            td { (row.recruiter_bucket) }
            td { (row.modified_by) }
            td.date { (day(&row.modified_at)) }
        }
    }
}

#[derive(Deserialize)]
pub(super) struct StatusForm {
    status: String,
}

pub(super) async fn set_status(
    State(sandbox): State<Arc<Sandbox>>,
    Path(row): Path<u64>,
    headers: HeaderMap,
    Form(form): Form<StatusForm>,
) -> Response {
    if sandbox.world().switches.statuses_need_login && !is_logged_in(&headers) {
        sandbox.world().jopwell.turn_away(row);
        return Redirect::to("/login").into_response();
    }
    if !STATUSES.contains(&form.status.as_str()) {
        return (StatusCode::BAD_REQUEST, "There is no such status.\n").into_response();
    }
    if sandbox
        .world()
        .jopwell
        .set_status(row, &form.status, OffsetDateTime::now_utc())
    {
        Redirect::to("/tracker").into_response()
    } else {
        not_found()
    }
}

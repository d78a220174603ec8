//! Jobs and their posts.

use std::sync::Arc;

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;
use time::OffsetDateTime;

use super::layout::{STYLE, not_found, page};
use crate::greenhouse::model::Greenhouse;
use crate::greenhouse::records::{Application, Job, JobStatus, Status};
use crate::world::Sandbox;

pub(super) async fn all_jobs(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let world = sandbox.world();
    let greenhouse = &world.greenhouse;
    let content = html! {
        main.page {
            div.list-head { h1 { "All jobs" } span.count { (greenhouse.jobs.len()) " jobs" } }
            table.people {
                thead { tr {
                    th scope="col" { "Job" } th scope="col" { "Candidates" } th scope="col" { "Department" }
                    th scope="col" { "Office" } th scope="col" { "Status" }
                } }
                tbody {
                    @for job in &greenhouse.jobs {
                        tr {
                            td.name-cell { a href=(format!("/sdash/{}", job.id)) { (job.name) } div.sub { (job.requisition_id) } }
                            td { a href=(format!("/plans/{}/candidates", job.id)) { (on_job(greenhouse, job.id).count()) } }
                            td { (job.department.name) }
                            td { (job.office.name) }
                            td { (job_pill(job)) }
                        }
                    }
                }
            }
            section.box {
                h2 { "Create a job" }
                form.control method="post" action="/alljobs" {
                    input name="name" aria-label="Job name" placeholder="Job name" required;
                    button.small-button.primary type="submit" { "Create job" }
                }
            }
        }
    };
    page(StatusCode::OK, "All jobs", &[], STYLE, content)
}

fn on_job(greenhouse: &Greenhouse, job_id: u64) -> impl Iterator<Item = &Application> {
    greenhouse
        .candidates
        .values()
        .flat_map(|candidate| &candidate.applications)
        .filter(move |application| application.job_id == Some(job_id))
}

fn job_pill(job: &Job) -> Markup {
    let class = match job.status {
        JobStatus::Open => "pill active",
        JobStatus::Draft => "pill prospect",
        JobStatus::Closed => "pill rejected",
    };
    html! { span class=(class) { (job.status.as_str()) } }
}

pub(super) async fn job_dashboard(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<u64>,
) -> Response {
    let world = sandbox.world();
    let Some(job) = world.greenhouse.job(id) else {
        return not_found();
    };
    let form = |control: &str, inside: Markup| {
        html! {
            form.control method="post" action=(format!("/sdash/{id}/controls/{control}")) {
                input type="hidden" name="return_to" value=(format!("/sdash/{id}"));
                (inside)
            }
        }
    };
    let content = html! {
        main.page {
            section.box.person-head {
                div {
                    h1 { (job.name) }
                    p.person-title { (job.department.name) " · " (job.office.name) " · " (job.employment_type) " · " (job.requisition_id) }
                }
                div.person-state { (job_pill(job)) a href=(format!("/plans/{id}/candidates")) { "Candidates" } }
            }
            section.box {
                h2 { "Pipeline" }
                ul.pipeline {
                    @for stage in &job.stages {
                        li {
                            strong { (on_job(&world.greenhouse, id).filter(|application| application.status == Status::Active && application.stage_id == Some(stage.id)).count()) }
                            span { (stage.name) }
                        }
                    }
                }
            }
            section.box {
                h2 { "Job" }
                (form("update", html! {
                    label { "Name" input name="name" value=(job.name); }
                    label { "Notes" textarea name="notes" rows="2" { (job.notes) } }
                    button.small-button.primary type="submit" { "Save job" }
                }))
                div.button-row {
                    @if job.status == JobStatus::Closed {
                        (form("open", html! { button.small-button type="submit" { "Reopen job" } }))
                        (form("delete", html! { button.small-button.danger type="submit" { "Delete job" } }))
                    } @else {
                        (form("approve", html! { button.small-button type="submit" { "Approve" } }))
                        (form("close", html! { button.small-button.danger type="submit" { "Close job" } }))
                    }
                }
            }
            section.box {
                h2 { "Job post " @if job.post.live { span.pill.active { "live" } } @else { span.pill.rejected { "not live" } } }
                (form("post_update", html! {
                    label { "Title on the board" input name="name" value=(job.post.title); }
                    label { "Location" input name="location" value=(job.post.location); }
                    label { "Content (HTML)" textarea name="content" rows="6" { (job.post.content) } }
                    button.small-button.primary type="submit" { "Save post" }
                }))
                div.button-row {
                    @if job.post.live { (form("post_hidden", html! { button.small-button type="submit" { "Take off the board" } })) }
                    @else { (form("post_live", html! { button.small-button type="submit" { "Put on the board" } })) }
                }
            }
        }
    };
    page(StatusCode::OK, &job.name, &[], STYLE, content)
}

#[derive(Deserialize)]
pub(super) struct NewJob {
    name: String,
}

pub(super) async fn create_job(
    State(sandbox): State<Arc<Sandbox>>,
    Form(form): Form<NewJob>,
) -> Redirect {
    let (id, events) = sandbox
        .world()
        .greenhouse
        .create_job(&form.name, OffsetDateTime::now_utc());
    sandbox.emit(events);
    Redirect::to(&format!("/sdash/{id}"))
}

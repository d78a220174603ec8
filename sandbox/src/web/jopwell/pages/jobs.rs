//! Jobs, their forms and their applicants.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use mailparse::ParsedMail;
use maud::{PreEscaped, html};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::layout::{POLICY, is_logged_in, json_for_script, not_found, page, respond};
use crate::html::html_response;
use crate::jopwell::model::TrackerRow;
use crate::world::Sandbox;

pub(super) async fn jobs(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let jobs = sandbox.world().jopwell.jobs.clone();
    respond(
        "Jobs | Jopwell",
        "/jobs",
        html! {
            main.wide {
                div.page-head { h1 { "Jobs at Hartwell" } }
                ul.job-list {
                    @for job in &jobs {
                        li data-job-id=(job.id) {
                            div {
                                h2 { a href=(format!("/jobs/{}", job.id)) { (job.title) } }
                                p.muted { (job.location) " · posted " (job.posted) }
                            }
                            span.pill { (job.status) }
                        }
                    }
                }
            }
        },
    )
}

pub(super) async fn job(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<u64>) -> Response {
    let Some(job) = sandbox.world().jopwell.job(id).cloned() else {
        return not_found();
    };
    let structured = json!({
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "identifier": { "@type": "PropertyValue", "name": "Jopwell", "value": job.id.to_string() },
        "title": job.title,
        "datePosted": job.posted,
        "employmentType": job.employment_type,
        "hiringOrganization": { "@type": "Organization", "name": job.company },
        "jobLocation": { "@type": "Place", "address": job.location },
        "description": html! { @for text in &job.paragraphs { p { (text) } } }.into_string(),
    });
    let head = html! {
        script type="application/ld+json" { (PreEscaped(json_for_script(&structured))) }
    };
    let content = html! {
        main.narrow data-job-id=(job.id) {
            p.kicker { (job.company) }
            h1 { (job.title) }
            p.muted { (job.location) " · posted " (job.posted) " · " span.pill { (job.status) } }
            @for paragraph in &job.paragraphs { p { (paragraph) } }
            p.actions {
                a.button.primary href="/login" { "Apply" }
                a.button href=(format!("/jobs/{}/edit", job.id)) { "Edit job" }
                a.button href=(format!("/jobs/{}/applicants", job.id)) { "Applicants" }
                a.button href="/jobs" { "All jobs" }
            }
        }
    };
    html_response(
        StatusCode::OK,
        page(&format!("{} | Jopwell", job.title), "/jobs", head, content),
        POLICY,
    )
}

const JOB_STATUSES: [&str; 2] = ["Open", "Closed"];

pub(super) async fn edit_job(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<u64>,
    headers: HeaderMap,
) -> Response {
    let switches = sandbox.world().switches.clone();
    if switches.jobs_need_login && !is_logged_in(&headers) {
        return Redirect::to("/login").into_response();
    }
    let has_picture = switches.jobs_have_pictures;
    let encoding = has_picture.then_some("multipart/form-data");
    let Some(job) = sandbox.world().jopwell.job(id).cloned() else {
        return not_found();
    };
    respond(
        &format!("Edit {} | Jopwell", job.title),
        "/jobs",
        html! {
            main.narrow {
                h1 { "Edit job" }
                form.stack.job-form method="post" action=(format!("/jobs/{id}/edit")) enctype=[encoding] data-job-id=(id) {
                    label { "Title" input name="title" value=(job.title) required; }
                    label { "Location" input name="location" value=(job.location); }
                    label { "Description" textarea name="description" rows="14" { (job.paragraphs.join("\n\n")) } }
                    label {
                        "Status"
                        select name="status" {
                            @for status in JOB_STATUSES { option selected[status == job.status] { (status) } }
                        }
                    }
                    @if has_picture {
                        label { "Picture" input name=(PICTURE) type="file"; }
                    }
                    p.actions {
                        button.button.primary type="submit" { "Save" }
                        a.button href=(format!("/jobs/{id}")) { "Cancel" }
                    }
                }
            }
        },
    )
}

#[derive(Deserialize)]
struct JobForm {
    title: String,
    location: String,
    description: String,
    status: String,
}

const PICTURE: &str = "picture";

impl JobForm {
    /// From either encoding of a form. A field for a file that is text is refused, as many servers do.
    fn read(headers: &HeaderMap, body: &[u8]) -> Option<Self> {
        let kind = headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let fields: Option<Map<String, Value>> = if kind.starts_with("multipart/form-data") {
            let whole = [b"Content-Type: ", kind.as_bytes(), b"\r\n\r\n", body].concat();
            let parts = mailparse::parse_mail(&whole).ok()?.subparts;
            let field = |part: &ParsedMail| {
                let mut is = part.get_content_disposition().params;
                let is_file = is.contains_key("filename");
                let name = is.remove("name")?;
                let text = String::from_utf8(part.get_body_raw().ok()?).ok()?;
                (is_file == (name == PICTURE)).then_some((name, text.into()))
            };
            parts.iter().map(field).collect()
        } else {
            url::form_urlencoded::parse(body)
                .map(|(name, text)| (name != PICTURE).then_some((name.into(), text.into())))
                .collect()
        };
        serde_json::from_value(fields?.into()).ok()
    }
}

pub(super) async fn save_job(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<u64>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let is_whole = |form: &JobForm| {
        !form.title.trim().is_empty() && JOB_STATUSES.contains(&form.status.as_str())
    };
    let Some(form) = JobForm::read(&headers, &body).filter(is_whole) else {
        return (
            StatusCode::BAD_REQUEST,
            "A job needs a title and a status.\n",
        )
            .into_response();
    };
    let mut world = sandbox.world();
    if world.switches.job_saves_refused {
        return (StatusCode::FORBIDDEN, "This job cannot be changed.\n").into_response();
    }
    let Some(job) = world.jopwell.job_mut(id) else {
        return not_found();
    };
    job.saves += 1;
    job.title = form.title.trim().to_owned();
    job.location = form.location.trim().to_owned();
    job.paragraphs = (form.description.lines())
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    job.status = form.status;
    Redirect::to(&format!("/jobs/{id}")).into_response()
}

/// Who applied to a job, the newest first.
pub(super) async fn applicants(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<u64>,
) -> Response {
    let (job, rows) = {
        let world = sandbox.world();
        let jopwell = &world.jopwell;
        let job = jopwell.jobs.iter().find(|job| job.id == id).cloned();
        let applied = |row: &&TrackerRow| row.job_id == id && row.status == "Applied";
        let rows = jopwell.tracker.iter().filter(applied).filter_map(|row| {
            let candidate = jopwell.by_id(&row.candidate_id)?.clone();
            Some((row.clone(), candidate))
        });
        (job, rows.collect::<Vec<_>>())
    };
    let Some(job) = job else { return not_found() };
    respond(
        &format!("Applicants | {} | Jopwell", job.title),
        "/jobs",
        html! {
            main.narrow {
                h1 { "Applicants for " a href=(format!("/jobs/{}", job.id)) { (job.title) } }
                p.muted { (job.location) " · " (rows.len()) " applied" }
                ul.applicants {
                    @for (row, candidate) in &rows {
                        li data-row-id=(row.id)
                            data-candidate-id=[candidate.profile.variant.shows_id().then_some(&candidate.id)] {
                            h3 { a.candidate-link dir="auto" href=(candidate.path) { (candidate.profile.name) } }
                            p.muted { "Applied " time datetime=(row.created_at) { (row.created_at.get(..10).unwrap_or_default()) } }
                        }
                    }
                }
            }
        },
    )
}

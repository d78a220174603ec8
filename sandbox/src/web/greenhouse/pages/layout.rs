//! The frame around every page, and what several pages print.

use axum::http::StatusCode;
use axum::response::Response;
use maud::{DOCTYPE, Markup, html};
use time::OffsetDateTime;

use crate::greenhouse::model::Greenhouse;
use crate::greenhouse::records::{Application, Candidate, Job, JobStatus, Named, Status};
use crate::html::html_response;
use crate::world::World;

/// A page's scripts run by nonce only.
pub(super) fn page(
    status: StatusCode,
    title: &str,
    scripts: &[&str],
    style: &str,
    content: Markup,
) -> Response {
    let nonce = uuid::Uuid::new_v4().simple().to_string();
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="csrf-token" content="sandbox";
                title { (title) " | Greenhouse" }
                link rel="stylesheet" href=(style);
                @for script in scripts { script src=(script) nonce=(nonce) defer {} }
            }
            body {
                header.top-bar {
                    a.brand href="/people" { "Greenhouse Recruiting" }
                    nav aria-label="Main" {
                        a href="/alljobs" { "Jobs" }
                        a href="/people" { "Candidates" }
                        a href="/configure/dev_center/credentials" { "Configure" }
                    }
                    form.top-search method="get" action="/people" role="search" {
                        input type="search" name="search" placeholder="Search people" aria-label="Search people";
                    }
                    span.who { "Ada Park" }
                }
                (content)
                footer.sandbox-footer { "ATSi sandbox: a stand-in, not the real site" }
            }
        }
    }
    .into_string();
    let policy = format!(
        "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'self'; \
         object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    html_response(status, html, &policy)
}

pub(super) const STYLE: &str = "/assets/greenhouse.css";

pub(super) fn not_found() -> Response {
    message_page(
        StatusCode::NOT_FOUND,
        "Not found",
        "This page does not exist, or you may not see it.",
    )
}

pub(super) fn message_page(status: StatusCode, title: &str, text: &str) -> Response {
    let content = html! {
        main.page { section.box { h1 { (title) } p { (text) } p { a href="/people" { "All candidates" } } } }
    };
    page(status, title, &[], STYLE, content)
}

pub(super) fn day(at: OffsetDateTime) -> String {
    at.date().to_string()
}

pub(super) fn headline(candidate: &Candidate) -> String {
    match (&candidate.title, &candidate.company) {
        (Some(title), Some(company)) => format!("{title} at {company}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    }
}

/// A pill that says where an application stands.
pub(super) fn standing(greenhouse: &Greenhouse, application: &Application) -> Markup {
    let (class, text) = standing_text(greenhouse, application);
    html! { span class=(format!("pill {class}")) { (text) } }
}

pub(super) fn standing_text<'a>(
    greenhouse: &'a Greenhouse,
    application: &Application,
) -> (&'static str, &'a str) {
    match application.status {
        Status::Rejected => ("rejected", "Rejected"),
        Status::Hired => ("hired", "Hired"),
        Status::Active if application.prospect => (
            "prospect",
            greenhouse
                .pool_stage_name(application)
                .unwrap_or("Prospect"),
        ),
        Status::Active => (
            "active",
            greenhouse.stage_name(application).unwrap_or("Active"),
        ),
    }
}

pub(super) fn take_notice(world: &mut World, candidate_id: u64) -> Option<String> {
    world
        .greenhouse
        .candidates
        .get_mut(&candidate_id)?
        .notice
        .take()
}

/// The stages an application moves through: of its job, or of its prospect pool.
pub(super) fn stages<'a>(
    greenhouse: &'a Greenhouse,
    application: &Application,
) -> (&'a [Named], Option<u64>) {
    if application.prospect {
        (
            application
                .pool_id
                .and_then(|id| greenhouse.pool(id))
                .map(|pool| pool.stages.as_slice())
                .unwrap_or_default(),
            application.pool_stage_id,
        )
    } else {
        (
            application
                .job_id
                .and_then(|id| greenhouse.job(id))
                .map(|job| job.stages.as_slice())
                .unwrap_or_default(),
            application.stage_id,
        )
    }
}

pub(super) fn open_jobs(greenhouse: &Greenhouse) -> impl Iterator<Item = &Job> {
    greenhouse
        .jobs
        .iter()
        .filter(|job| job.status == JobStatus::Open)
}

//! The Recruiting web app: lists, profiles in both mark-ups with the controls a person moves candidates with, jobs,
//! and API credentials.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Form, Path, Query, State};
use axum::http::{
    StatusCode,
    header::{CONTENT_DISPOSITION, CONTENT_TYPE},
};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use maud::{DOCTYPE, Markup, html};
use rand::RngExt;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

use super::model::{
    ApiKey, Application, Candidate, ControlError, ControlInput, Greenhouse, JOPWELL, Job,
    JobControlInput, JobStatus, KeyType, Named, REJECTION_REASONS, Status,
};
use crate::switches::ProfileLinks;
use crate::{Sandbox, World, asset, html_response, timestamp};

/// Names the redesigned page's style sheet and script agree on; what the page shows is a hash of each.
const CLASS_NAMES: [&str; 21] = [
    "shell", "head", "name", "sub", "pill", "tabs", "tab", "grid", "card", "row", "label",
    "stages", "stage", "current", "button", "primary", "danger", "feed", "notice", "source",
    "avatar",
];

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
            get(|| async { asset("text/css", include_str!("../../assets/greenhouse.css")) }),
        )
        .route("/assets/redesign.css", get(redesign_css))
        .route(
            "/assets/redesign.js",
            get(|| async { asset("text/javascript", include_str!("../../assets/redesign.js")) }),
        )
        .route(
            "/assets/people.js",
            get(|| async { asset("text/javascript", include_str!("../../assets/people.js")) }),
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

/// A page's scripts run by nonce only.
fn page(
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

const STYLE: &str = "/assets/greenhouse.css";

fn not_found() -> Response {
    message_page(
        StatusCode::NOT_FOUND,
        "Not found",
        "This page does not exist, or you may not see it.",
    )
}

fn message_page(status: StatusCode, title: &str, text: &str) -> Response {
    let content = html! {
        main.page { section.box { h1 { (title) } p { (text) } p { a href="/people" { "All candidates" } } } }
    };
    page(status, title, &[], STYLE, content)
}

fn day(at: OffsetDateTime) -> String {
    at.date().to_string()
}

// ---- lists ----

#[derive(Deserialize)]
struct ListQuery {
    page: Option<usize>,
    per_page: Option<usize>,
    search: Option<String>,
    /// `rows` asks for the rows alone, to append to a page that is shown already.
    fragment: Option<String>,
}

async fn people(State(sandbox): State<Arc<Sandbox>>, Query(query): Query<ListQuery>) -> Response {
    let world = sandbox.world();
    list_page(&world, &query, "All candidates", "/people", |_, _| true)
}

async fn job_candidates(
    State(sandbox): State<Arc<Sandbox>>,
    Path(job_id): Path<u64>,
    Query(query): Query<ListQuery>,
) -> Response {
    let world = sandbox.world();
    let Some(job) = world.greenhouse.job(job_id) else {
        return not_found();
    };
    let path = format!("/plans/{job_id}/candidates");
    list_page(&world, &query, &job.name, &path, |_, application| {
        application.job_id == Some(job_id)
    })
}

fn list_page(
    world: &World,
    query: &ListQuery,
    title: &str,
    path: &str,
    shown: impl Fn(&Candidate, &Application) -> bool,
) -> Response {
    let wanted = query.search.as_deref().unwrap_or_default().to_lowercase();
    let mut found: Vec<(&Candidate, &Application)> = world
        .greenhouse
        .candidates
        .values()
        .filter(|candidate| wanted.is_empty() || candidate.name().to_lowercase().contains(&wanted))
        .filter_map(|candidate| {
            let application = candidate
                .applications
                .iter()
                .find(|application| shown(candidate, application))?;
            Some((candidate, application))
        })
        .collect();
    found.sort_by_key(|(candidate, _)| std::cmp::Reverse((candidate.created_at, candidate.id)));
    let per_page = query.per_page.unwrap_or(50).clamp(1, 5_000);
    let number = query.page.unwrap_or(1).max(1);
    let total = found.len();
    let rows: Markup = html! {
        @for (candidate, application) in found.iter().skip((number - 1).saturating_mul(per_page)).take(per_page) {
            (person_row(world, candidate, application))
        }
    };
    if query.fragment.as_deref() == Some("rows") {
        return html_response(
            StatusCode::OK,
            html! { table { tbody { (rows) } } }.into_string(),
            "default-src 'none'",
        );
    }
    let pages = total.div_ceil(per_page).max(1);
    let next = |number: usize, extra: &str| {
        format!(
            "{path}?page={number}&per_page={per_page}&search={}{extra}",
            url::form_urlencoded::byte_serialize(wanted.as_bytes()).collect::<String>()
        )
    };
    let content = html! {
        main.page {
            div.list-head #buttons {
                h1 { (title) }
                span.count { (total) " people" }
                button.small-button type="button" #enable_bulk_actions { "Bulk actions" }
            }
            @if total == 0 {
                section.box { h2 class="no_results--header" { "No candidates match" } }
            } @else {
                table.people {
                    thead { tr {
                        th scope="col" { "Name" } th scope="col" { "Job" } th scope="col" { "Stage" }
                        th scope="col" { "Source" } th scope="col" { "Last activity" }
                    } }
                    tbody #people-rows { (rows) }
                }
                @if number < pages {
                    p.more {
                        button.small-button type="button" #load-more
                            data-next=(next(number + 1, "&fragment=rows")) data-page=(number + 1) data-pages=(pages) {
                            "Load more"
                        }
                        noscript { a href=(next(number + 1, "")) { "Next page" } }
                    }
                }
            }
        }
    };
    page(
        StatusCode::OK,
        title,
        &["/assets/people.js"],
        STYLE,
        content,
    )
}

fn profile_path(world: &World, candidate: &Candidate, application: &Application) -> String {
    let redesign = match world.switches.profile_links {
        ProfileLinks::Legacy => false,
        ProfileLinks::Redesign => true,
        ProfileLinks::Mixed => candidate.id / 1000 % 4 < 2,
    };
    if redesign {
        format!("/people/{}/applications/{}", candidate.id, application.id)
    } else {
        format!("/people/{}?application_id={}", candidate.id, application.id)
    }
}

fn person_row(world: &World, candidate: &Candidate, application: &Application) -> Markup {
    let greenhouse = &world.greenhouse;
    let job = application.job_id.and_then(|id| greenhouse.job(id));
    html! {
        tr.person data-person-id=(candidate.id) {
            td.name-cell {
                a href=(profile_path(world, candidate, application)) dir="auto" { (candidate.name()) }
                div.sub { (headline(candidate)) }
            }
            td { @if let Some(job) = job { a href=(format!("/sdash/{}", job.id)) { (job.name) } } @else { "No job" } }
            td { (standing(greenhouse, application)) }
            td { (candidate.source.as_ref().map(|source| source.name.as_str()).unwrap_or("–")) }
            td { (day(application.last_activity_at)) }
        }
    }
}

fn headline(candidate: &Candidate) -> String {
    match (&candidate.title, &candidate.company) {
        (Some(title), Some(company)) => format!("{title} at {company}"),
        (Some(one), None) | (None, Some(one)) => one.clone(),
        (None, None) => String::new(),
    }
}

/// A pill that says where an application stands.
fn standing(greenhouse: &Greenhouse, application: &Application) -> Markup {
    let (class, text) = standing_text(greenhouse, application);
    html! { span class=(format!("pill {class}")) { (text) } }
}

fn standing_text<'a>(
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

// ---- the older profile ----

#[derive(Deserialize)]
struct ProfileQuery {
    application_id: Option<u64>,
}

async fn legacy_profile(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<u64>,
    Query(query): Query<ProfileQuery>,
) -> Response {
    let mut world = sandbox.world();
    let notice = take_notice(&mut world, id);
    let Some(candidate) = world.greenhouse.candidates.get(&id) else {
        return not_found();
    };
    let application = match query.application_id {
        Some(application_id) => match candidate.application(application_id) {
            Some(application) => Some(application),
            None => return not_found(),
        },
        None => candidate.applications.first(),
    };
    let here = match application {
        Some(application) => format!("/people/{id}?application_id={}", application.id),
        None => format!("/people/{id}"),
    };
    let content = legacy_content(
        &world.greenhouse,
        candidate,
        application,
        notice.as_deref(),
        &here,
    );
    page(StatusCode::OK, &candidate.name(), &[], STYLE, content)
}

fn take_notice(world: &mut World, candidate_id: u64) -> Option<String> {
    world
        .greenhouse
        .candidates
        .get_mut(&candidate_id)?
        .notice
        .take()
}

/// A form around one control.
fn control_form(candidate_id: u64, control: &str, here: &str, inside: Markup) -> Markup {
    html! {
        form.control method="post" action=(format!("/people/{candidate_id}/controls/{control}")) {
            input type="hidden" name="return_to" value=(here);
            (inside)
        }
    }
}

fn application_input(application: &Application) -> Markup {
    html! { input type="hidden" name="application_id" value=(application.id); }
}

/// The stages an application moves through: of its job, or of its prospect pool.
fn stages<'a>(greenhouse: &'a Greenhouse, application: &Application) -> (&'a [Named], Option<u64>) {
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

fn legacy_content(
    greenhouse: &Greenhouse,
    candidate: &Candidate,
    application: Option<&Application>,
    notice: Option<&str>,
    here: &str,
) -> Markup {
    let id = candidate.id;
    html! {
        main.page.person-page {
            @if let Some(notice) = notice { p.notice role="status" { (notice) } }
            section.box.person-head {
                div {
                    h1.person-name dir="auto" { (candidate.name()) }
                    p.person-title { (headline(candidate)) }
                }
                @if let Some(application) = application {
                    div.person-state {
                        (standing(greenhouse, application))
                        @if !application.prospect { span.sub { "Candidate" } } @else if application.pool_id.is_some() { span.sub { "Prospect" } }
                    }
                }
            }
            nav.person-tabs aria-label="Profile" {
                a href="#application" { "On this job" }
                a href="#candidate_details" { "Candidate details" }
                @for other in &candidate.applications {
                    @if Some(other.id) != application.map(|application| application.id) {
                        a href=(format!("/people/{id}?application_id={}", other.id)) {
                            (other.job_id.and_then(|id| greenhouse.job(id)).map(|job| job.name.as_str()).unwrap_or("Another application"))
                        }
                    }
                }
            }
            div.person-columns {
                div {
                    @if let Some(application) = application {
                        section.box #application { (legacy_application(greenhouse, candidate, application, here)) }
                    }
                    @if let Some(notes) = &candidate.notes {
                        section.box { h2 { "Notes" } div.notes-content { p.note-text dir="auto" { (notes) } } }
                    }
                    section.box.scorecard-section { h2 { "Scorecards" } p.sub { "No interviews have been scored yet." } }
                    section.box {
                        h2 { "Activity feed" }
                        ol.feed {
                            @for entry in &candidate.activity {
                                li { span { (entry.what) } span.sub { (entry.who) " · " (entry.at.replace('T', " ").chars().take(16).collect::<String>()) } }
                            }
                        }
                    }
                }
                aside {
                    (details_box(greenhouse, candidate))
                    (manage_box(greenhouse, candidate, application, here))
                }
            }
        }
    }
}

fn legacy_application(
    greenhouse: &Greenhouse,
    candidate: &Candidate,
    application: &Application,
    here: &str,
) -> Markup {
    let id = candidate.id;
    let (stages, current) = stages(greenhouse, application);
    let position = stages.iter().position(|stage| Some(stage.id) == current);
    let next = stages
        .iter()
        .skip(position.map_or(0, |position| position + 1))
        .map(|stage| stage.name.as_str())
        .next();
    let job = application.job_id.and_then(|id| greenhouse.job(id));
    html! {
        div.application-head {
            h2 { @if let Some(job) = job { a href=(format!("/sdash/{}", job.id)) { (job.name) } } @else { "No job yet" } }
            span.sub { "Applied " (day(application.applied_at)) }
        }
        div.candidate-controls {
            @if application.status == Status::Active {
                @if stages.is_empty() {
                    p.sub { "This prospect is in no pool and has no stage. Convert it to a candidate to move it along." }
                } @else {
                    h3 { "Move stage" }
                    (control_form(id, "move", here, html! {
                        (application_input(application))
                        div.stage-track {
                            @for (index, stage) in stages.iter().enumerate() {
                                div class="small-button stage-option " data-done[position.is_some_and(|at| index < at)] {
                                    button type="submit" name="stage_id" value=(stage.id)
                                        aria-current=[(Some(index) == position).then_some("step")] { (stage.name) }
                                }
                            }
                        }
                    }))
                }
                div.button-row {
                    @if let Some(next) = next {
                        (control_form(id, "move", here, html! {
                            (application_input(application))
                            input type="hidden" name="stage" value=(next);
                            button.small-button.primary type="submit" { "Next stage: " (next) }
                        }))
                    }
                    @if application.prospect {
                        (control_form(id, "convert", here, html! {
                            (application_input(application))
                            select name="job_id" aria-label="Job" {
                                @for job in open_jobs(greenhouse) {
                                    option value=(job.id) selected[Some(job.id) == application.job_id] { (job.name) }
                                }
                            }
                            button.small-button.primary type="submit" { "Convert to candidate" }
                        }))
                    } @else {
                        (control_form(id, "hire", here, html! {
                            (application_input(application))
                            button.small-button type="submit" { "Hire" }
                        }))
                    }
                    (control_form(id, "reject", here, html! {
                        (application_input(application))
                        select name="reason" aria-label="Rejection reason" {
                            @for reason in REJECTION_REASONS { option { (reason) } }
                        }
                        button.small-button.danger type="submit" { "Reject" }
                    }))
                }
            } @else {
                @if let Some(reason) = &application.rejection_reason { p { "Reason: " (reason) } }
                @let (control, label) = if application.status == Status::Hired { ("unhire", "Unhire") } else { ("unreject", "Unreject") };
                (control_form(id, control, here, html! {
                    (application_input(application))
                    button.small-button type="submit" { (label) }
                }))
            }
        }
    }
}

fn open_jobs(greenhouse: &Greenhouse) -> impl Iterator<Item = &Job> {
    greenhouse
        .jobs
        .iter()
        .filter(|job| job.status == JobStatus::Open)
}

fn details_box(greenhouse: &Greenhouse, candidate: &Candidate) -> Markup {
    let source = candidate
        .source
        .as_ref()
        .map_or("Unknown", |source| source.name.as_str());
    let credited = candidate
        .referrer
        .clone()
        .or_else(|| {
            candidate
                .credited_to
                .and_then(|id| greenhouse.user(id))
                .map(|user| user.full_name())
        })
        .unwrap_or_else(|| "Nobody".to_owned());
    html! {
        section.box #candidate_details {
            h2 { "Details" }
            @for email in &candidate.emails {
                div.contact-item { span.email-candidate-icon { "E-mail" } a href=(format!("mailto:{}", email.value)) { (email.value) } span.sub { (email.kind) } }
            }
            @for phone in &candidate.phone_numbers {
                div.contact-item { span { "Phone" } span { (phone.value) } span.sub { (phone.kind) } }
            }
            @for address in &candidate.addresses {
                div.contact-item { span { "Address" } span.lines { (address.value) } span.sub { (address.kind) } }
            }
            @for url in &candidate.social_media {
                div.contact-item { span { "Social media" } span.clip { (url) } }
            }
            @for website in &candidate.websites {
                div.contact-item { span { "Website" } span.clip { (website.value) } span.sub { (website.kind) } }
            }
            @for attachment in &candidate.attachments {
                div.contact-item { span { "Resume" } a href=(attachment.url) { (attachment.filename) } }
            }
            div.contact-item { span { "Source" } span { (source) } }
            div.contact-item { span { "Who gets credit" } span { (credited) } }
            div.contact-item { span { "Added" } span { (day(candidate.created_at)) } }
        }
    }
}

fn manage_box(
    greenhouse: &Greenhouse,
    candidate: &Candidate,
    application: Option<&Application>,
    here: &str,
) -> Markup {
    let id = candidate.id;
    html! {
        section.box.manage {
            h2 { "Tools" }
            details {
                summary { "Change source" }
                (control_form(id, "source", here, html! {
                    input name="source" list="sources" aria-label="Source"
                        value=(candidate.source.as_ref().map(|source| source.name.as_str()).unwrap_or_default());
                    datalist #sources { @for source in &greenhouse.sources { option value=(source.name) {} } }
                    button.small-button type="submit" { "Save source" }
                }))
            }
            @if let Some(application) = application.filter(|application| application.prospect) {
                details {
                    summary { "Prospect pool" }
                    (control_form(id, "pool", here, html! {
                        (application_input(application))
                        select name="pool" aria-label="Pool" {
                            option value="" { "None" }
                            @for pool in &greenhouse.pools {
                                option selected[application.pool_id == Some(pool.id)] { (pool.name) }
                            }
                        }
                        button.small-button type="submit" { "Save pool" }
                    }))
                }
            }
            details {
                summary { "Edit details" }
                (control_form(id, "update", here, html! {
                    label { "First name" input name="first_name" value=(candidate.first_name); }
                    label { "Last name" input name="last_name" value=(candidate.last_name); }
                    label { "Title" input name="title" value=(candidate.title.as_deref().unwrap_or_default()); }
                    label { "Company" input name="company" value=(candidate.company.as_deref().unwrap_or_default()); }
                    button.small-button type="submit" { "Save details" }
                }))
            }
            details {
                summary { "Merge" }
                p { a href=(format!("/people/{id}/merge")) { "Merge with another candidate" } }
            }
            details {
                summary { "Delete or anonymize" }
                div.button-row {
                    @if let Some(application) = application {
                        (control_form(id, "delete_application", &format!("/people/{id}"), html! {
                            (application_input(application))
                            button.small-button.danger type="submit" { "Delete application" }
                        }))
                    }
                    (control_form(id, "anonymize", here, html! { button.small-button.danger type="submit" { "Anonymize" } }))
                    (control_form(id, "delete", "/people", html! { button.small-button.danger type="submit" { "Delete candidate" } }))
                }
            }
        }
    }
}

async fn merge_page(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<u64>) -> Response {
    let world = sandbox.world();
    let Some(candidate) = world.greenhouse.candidates.get(&id) else {
        return not_found();
    };
    let content = html! {
        main.page {
            section.box {
                h1 { "Merge " (candidate.name()) }
                p { "The other profile stays; this one, with its id, is gone." }
                (control_form(id, "merge", "/people", html! {
                    select name="into" aria-label="Merge into" {
                        @for other in world.greenhouse.candidates.values().filter(|other| other.id != id).take(500) {
                            option value=(other.id) { (other.name()) " · " (headline(other)) }
                        }
                    }
                    button.small-button.danger type="submit" { "Merge" }
                }))
            }
        }
    };
    page(StatusCode::OK, "Merge", &[], STYLE, content)
}

// ---- the redesigned profile ----

async fn new_profile(
    State(sandbox): State<Arc<Sandbox>>,
    Path((id, application_id)): Path<(u64, u64)>,
) -> Response {
    let world = sandbox.world();
    let Some(candidate) = world.greenhouse.candidates.get(&id) else {
        return not_found();
    };
    if candidate.application(application_id).is_none() {
        return not_found();
    }
    let content = html! {
        div #profile-root data-provides="candidate-profile" data-birch="Page"
            data-source=(format!("/people/{id}/applications/{application_id}/data.json")) {}
        noscript { main.page { p { "This page needs JavaScript." } } }
    };
    page(
        StatusCode::OK,
        &candidate.name(),
        &["/assets/redesign.js"],
        "/assets/redesign.css",
        content,
    )
}

/// A class name of this run, as hashed as a design system's.
fn class(sandbox: &Sandbox, name: &str) -> String {
    let digest = Sha256::digest(format!("{name}/{}", sandbox.class_suffix));
    let letters: String = digest
        .iter()
        .take(6)
        .map(|byte| {
            let letter = byte % 52;
            char::from(if letter < 26 {
                b'a' + letter
            } else {
                b'A' + letter - 26
            })
        })
        .collect();
    format!("sc-{letters}")
}

async fn redesign_css(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let mut css = format!(
        "{}\n{}",
        include_str!("../../assets/greenhouse.css"),
        include_str!("../../assets/redesign.css")
    );
    for name in CLASS_NAMES {
        css = css.replace(&format!("@{name}@"), &class(&sandbox, name));
    }
    asset("text/css", css)
}

async fn profile_data(
    State(sandbox): State<Arc<Sandbox>>,
    Path((id, application_id)): Path<(u64, u64)>,
) -> Response {
    let mut world = sandbox.world();
    let notice = take_notice(&mut world, id);
    let greenhouse = &world.greenhouse;
    let Some((candidate, application)) = greenhouse
        .candidates
        .get(&id)
        .and_then(|candidate| Some((candidate, candidate.application(application_id)?)))
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let (stages, current) = stages(greenhouse, application);
    let (kind, standing) = standing_text(greenhouse, application);
    let classes: BTreeMap<&str, String> = CLASS_NAMES
        .into_iter()
        .map(|name| (name, class(&sandbox, name)))
        .collect();
    let job = application.job_id.and_then(|id| greenhouse.job(id));
    let credited = candidate
        .credited_to
        .and_then(|id| greenhouse.user(id))
        .map(|user| user.full_name());
    let mut fields: Vec<(&str, String)> = Vec::new();
    fields.extend(
        candidate
            .emails
            .iter()
            .map(|entry| ("E-mail", entry.value.clone())),
    );
    fields.extend(
        candidate
            .phone_numbers
            .iter()
            .map(|entry| ("Phone", entry.value.clone())),
    );
    fields.extend(
        candidate
            .addresses
            .iter()
            .map(|entry| ("Address", entry.value.clone())),
    );
    fields.extend(
        candidate
            .social_media
            .iter()
            .map(|url| ("Social media", url.clone())),
    );
    fields.extend(
        candidate
            .websites
            .iter()
            .map(|entry| ("Website", entry.value.clone())),
    );
    fields.extend(
        candidate
            .attachments
            .iter()
            .map(|entry| ("Resume", entry.filename.clone())),
    );
    fields.push((
        "Source",
        candidate
            .source
            .as_ref()
            .map_or_else(|| "Unknown".to_owned(), |source| source.name.clone()),
    ));
    fields.push((
        "Who gets credit",
        candidate
            .referrer
            .clone()
            .or(credited)
            .unwrap_or_else(|| "Nobody".to_owned()),
    ));
    fields.push(("Added", day(candidate.created_at)));
    let data: Value = json!({
        "classes": classes,
        "id": candidate.id,
        "application_id": application.id,
        "name": candidate.name(),
        "headline": headline(candidate),
        "status": application.status,
        "standing": { "kind": kind, "text": standing },
        "prospect": application.prospect,
        "rejection_reason": application.rejection_reason,
        "job": job.map(|job| json!({ "id": job.id, "name": job.name })),
        "stages": stages,
        "current_stage": current,
        "reasons": REJECTION_REASONS,
        "open_jobs": open_jobs(greenhouse)
            .map(|job| json!({ "id": job.id, "name": job.name }))
            .collect::<Vec<_>>(),
        "fields": fields,
        "source": candidate.source.as_ref().map(|source| &source.name),
        "notes": candidate.notes,
        "activity": candidate.activity,
        "notice": notice,
    });
    Json(data).into_response()
}

// ---- hand controls ----

async fn control(
    State(sandbox): State<Arc<Sandbox>>,
    Path((id, control)): Path<(u64, String)>,
    Form(input): Form<ControlInput>,
) -> Response {
    let (done, exists, application_gone) = {
        let mut world = sandbox.world();
        let World {
            greenhouse,
            switches,
            ..
        } = &mut *world;
        let done = greenhouse.control(id, &control, &input, switches, OffsetDateTime::now_utc());
        let candidate = greenhouse.candidates.get(&id);
        let application_gone = input.application_id.is_some_and(|application_id| {
            candidate.is_some_and(|candidate| candidate.application(application_id).is_none())
        });
        (done, candidate.is_some(), application_gone)
    };
    match done {
        Ok(done) => {
            sandbox.emit(done.events);
            let target = match (&input.into, exists, application_gone) {
                (Some(into), false, _) => format!("/people/{into}"),
                (_, false, _) => "/people".to_owned(),
                (_, true, true) => format!("/people/{id}"),
                (_, true, false) => safe_path(input.return_to.as_deref())
                    .map_or_else(|| format!("/people/{id}"), str::to_owned),
            };
            Redirect::to(&target).into_response()
        }
        Err(error) => control_error(error),
    }
}

/// A path on this host, and nothing that a browser would take for another host.
fn safe_path(path: Option<&str>) -> Option<&str> {
    path.filter(|path| {
        path.starts_with('/') && !path.starts_with("//") && !path.contains(['\\', '\r', '\n'])
    })
}

fn control_error(error: ControlError) -> Response {
    match error {
        ControlError::NotFound(what) => message_page(
            StatusCode::NOT_FOUND,
            "Not found",
            &format!("There is no such {what}."),
        ),
        ControlError::Refused(why) => {
            message_page(StatusCode::CONFLICT, "That cannot be done", &why)
        }
    }
}

// ---- jobs ----

async fn all_jobs(State(sandbox): State<Arc<Sandbox>>) -> Response {
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

async fn job_dashboard(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<u64>) -> Response {
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

async fn job_control(
    State(sandbox): State<Arc<Sandbox>>,
    Path((id, control)): Path<(u64, String)>,
    Form(input): Form<JobControlInput>,
) -> Response {
    let done =
        sandbox
            .world()
            .greenhouse
            .job_control(id, &control, &input, OffsetDateTime::now_utc());
    match done {
        Ok(done) => {
            sandbox.emit(done.events);
            let target = if control == "delete" {
                "/alljobs"
            } else {
                safe_path(input.return_to.as_deref()).unwrap_or("/alljobs")
            };
            Redirect::to(target).into_response()
        }
        Err(error) => control_error(error),
    }
}

#[derive(Deserialize)]
struct NewJob {
    name: String,
}

async fn create_job(State(sandbox): State<Arc<Sandbox>>, Form(form): Form<NewJob>) -> Redirect {
    let (id, events) = sandbox
        .world()
        .greenhouse
        .create_job(&form.name, OffsetDateTime::now_utc());
    sandbox.emit(events);
    Redirect::to(&format!("/sdash/{id}"))
}

// ---- signing in, API credentials ----

async fn sign_in() -> Response {
    let content = html! {
        main.page.sign-in {
            section.box {
                h1 { "Sign in" }
                form.control.stacked method="post" action="/users/sign_in" {
                    label { "E-mail" input type="email" name="email" autocomplete="username"; }
                    label { "Password" input type="password" name="password" autocomplete="current-password"; }
                    button.small-button.primary type="submit" { "Sign in" }
                }
            }
        }
    };
    page(StatusCode::OK, "Sign in", &[], STYLE, content)
}

async fn signed_in() -> Redirect {
    Redirect::to("/people")
}

async fn credentials(State(sandbox): State<Arc<Sandbox>>) -> Response {
    credentials_page(&sandbox.world(), None)
}

fn credentials_page(world: &World, created: Option<&ApiKey>) -> Response {
    let content = html! {
        main.page {
            div.list-head { h1 { "API Credential Management" } span.count { "Configure · Dev Center" } }
            @if let Some(key) = created {
                section.box.notice role="status" {
                    h2 { "Your new API key" }
                    p { code #new-api-key { (key.secret) } }
                    p { "Copy it now and keep it somewhere safe. It is not shown again." }
                }
            }
            table.people {
                thead { tr {
                    th scope="col" { "Description" } th scope="col" { "Type" } th scope="col" { "Partner" }
                    th scope="col" { "Key" } th scope="col" { "Created" }
                } }
                tbody {
                    @for key in &world.greenhouse.keys {
                        tr {
                            td { (key.description) } td { (key.key_type.label()) } td { (key.partner.as_deref().unwrap_or("–")) }
                            td { code { (key.masked()) } } td { (day(key.created_at)) }
                        }
                    }
                }
            }
            section.box {
                h2 { "Create New API Key" }
                form.control.stacked method="post" action="/configure/dev_center/credentials" {
                    label { "API Type" select name="key_type" {
                        @for key_type in KeyType::ALL {
                            option value=(serde_json::to_value(key_type).ok().as_ref().and_then(Value::as_str).unwrap_or_default()) { (key_type.label()) }
                        }
                    } }
                    label { "Partner" select name="partner" {
                        option { (JOPWELL) } option { "Another partner" } option value="" { "None" }
                    } }
                    label { "Description" input name="description" placeholder="e.g. Jopwell"; }
                    button.small-button.primary type="submit" { "Create" }
                }
            }
        }
    };
    page(
        StatusCode::OK,
        "API Credential Management",
        &[],
        STYLE,
        content,
    )
}

/// A key to make: its type, the partner that owns its source, and a text for people.
#[derive(Deserialize)]
pub struct NewKey {
    key_type: KeyType,
    #[serde(default)]
    partner: String,
    #[serde(default)]
    description: String,
}

/// Makes a key; its secret is in the answer and nowhere else.
pub fn make_key(world: &mut World, new: NewKey) -> ApiKey {
    let secret = (0..32)
        .map(|_| char::from_digit(world.rng.random_range(0..16), 16).unwrap_or('0'))
        .collect();
    let key = ApiKey {
        id: world.greenhouse.next_id(),
        secret,
        key_type: new.key_type,
        partner: Some(new.partner)
            .filter(|partner| !partner.is_empty() && new.key_type == KeyType::CandidateIngestion),
        description: new.description,
        created_at: OffsetDateTime::now_utc(),
    };
    tracing::info!(
        id = key.id,
        created_at = timestamp(key.created_at),
        "API key made"
    );
    world.greenhouse.keys.push(key.clone());
    key
}

async fn create_key(State(sandbox): State<Arc<Sandbox>>, Form(new): Form<NewKey>) -> Response {
    let mut world = sandbox.world();
    let key = make_key(&mut world, new);
    credentials_page(&world, Some(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_cannot_send_the_browser_elsewhere() {
        assert_eq!(safe_path(Some("/people/1?a=2")), Some("/people/1?a=2"));
        for elsewhere in [
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
        ] {
            assert_eq!(safe_path(Some(elsewhere)), None, "{elsewhere}");
        }
        assert_eq!(safe_path(None), None);
    }
}

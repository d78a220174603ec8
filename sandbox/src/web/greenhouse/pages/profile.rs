//! The older profile, with the controls that a person moves candidates with.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{
    STYLE, day, headline, not_found, open_jobs, page, stages, standing, take_notice,
};
use crate::greenhouse::model::Greenhouse;
use crate::greenhouse::records::{Application, Candidate, REJECTION_REASONS, Status};
use crate::world::Sandbox;

#[derive(Deserialize)]
pub(super) struct ProfileQuery {
    application_id: Option<u64>,
}

pub(super) async fn legacy_profile(
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

pub(super) async fn merge_page(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<u64>,
) -> Response {
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

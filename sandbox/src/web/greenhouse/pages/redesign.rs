//! The redesigned profile: a script draws it from JSON, under class names that change with each start.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::html;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::layout::{
    day, headline, not_found, open_jobs, page, stages, standing_text, take_notice,
};
use crate::greenhouse::records::REJECTION_REASONS;
use crate::html::asset;
use crate::world::Sandbox;

/// Names the redesigned page's style sheet and script agree on; what the page shows is a hash of each.
const CLASS_NAMES: [&str; 21] = [
    "shell", "head", "name", "sub", "pill", "tabs", "tab", "grid", "card", "row", "label",
    "stages", "stage", "current", "button", "primary", "danger", "feed", "notice", "source",
    "avatar",
];

pub(super) async fn new_profile(
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

pub(super) async fn redesign_css(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let mut css = format!(
        "{}\n{}",
        include_str!("../../../../assets/greenhouse.css"),
        include_str!("../../../../assets/redesign.css")
    );
    for name in CLASS_NAMES {
        css = css.replace(&format!("@{name}@"), &class(&sandbox, name));
    }
    asset("text/css", css)
}

pub(super) async fn profile_data(
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

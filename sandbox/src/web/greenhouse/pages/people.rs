//! Lists of people.

use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{STYLE, day, headline, not_found, page, standing};
use crate::greenhouse::records::{Application, Candidate};
use crate::html::html_response;
use crate::switches::ProfileLinks;
use crate::world::{Sandbox, World};

#[derive(Deserialize)]
pub(super) struct ListQuery {
    page: Option<usize>,
    per_page: Option<usize>,
    search: Option<String>,
    /// `rows` asks for the rows alone, to append to a page that is shown already.
    fragment: Option<String>,
}

pub(super) async fn people(
    State(sandbox): State<Arc<Sandbox>>,
    Query(query): Query<ListQuery>,
) -> Response {
    let world = sandbox.world();
    list_page(&world, &query, "All candidates", "/people", |_, _| true)
}

pub(super) async fn job_candidates(
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

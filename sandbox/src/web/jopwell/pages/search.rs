//! The start page, signing in, and search.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::layout::{SESSION, avatar, respond};
use crate::jopwell::crowd::grow;
use crate::jopwell::model::{Candidate, SIGNED_IN};
use crate::world::Sandbox;

pub(super) async fn home(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let featured: Vec<Candidate> = {
        let world = sandbox.world();
        world.jopwell.candidates.iter().take(3).cloned().collect()
    };
    respond(
        "Jopwell",
        "/",
        html! {
            main.home {
                section.hero {
                    div {
                        p.kicker { "For employers" }
                        h1 { "Meet the people your next team is missing." }
                        p.lede {
                            "Search students and professionals, follow everyone in one tracker, and keep your \
                             applicant tracking system in step."
                        }
                        p.actions {
                            a.button.primary href="/search" { "Search candidates" }
                            a.button href="/tracker" { "Open the tracker" }
                        }
                    }
                    ul.hero-people aria-label="Recently active" {
                        @for candidate in &featured {
                            li { (avatar(&candidate.profile.name)) a href=(candidate.path) { (candidate.profile.name) } }
                        }
                    }
                }
                section.tiles {
                    article { h2 { "Search" } p { "By skill, school, city or name." } }
                    article { h2 { "Message" } p { "Write to candidates with a template that fits the job." } }
                    article { h2 { "Track" } p { "See where everyone stands, whoever moved them last." } }
                }
            }
        },
    )
}

pub(super) async fn login() -> Response {
    respond(
        "Log in | Jopwell",
        "/login",
        html! {
            main.narrow {
                h1 { "Log in" }
                form.stack method="post" action="/login" {
                    label { "Work e-mail" input type="email" name="email" autocomplete="username"; }
                    label { "Password" input type="password" name="password" autocomplete="current-password"; }
                    button.button.primary type="submit" { "Log in" }
                }
                p { a href="/" { "Forgot your password?" } }
            }
        },
    )
}

/// Any e-mail and password are right.
pub(super) async fn log_in() -> Response {
    let cookie = format!("{SESSION}; Path=/; Secure; HttpOnly; SameSite=Lax");
    ([("set-cookie", cookie)], Redirect::to("/search")).into_response()
}

#[derive(Deserialize)]
pub(super) struct SearchQuery {
    cards: Option<usize>,
    q: Option<String>,
}

pub(super) async fn search(
    State(sandbox): State<Arc<Sandbox>>,
    Query(query): Query<SearchQuery>,
) -> Response {
    let wanted = query.q.unwrap_or_default().to_lowercase();
    let found: Vec<Candidate> = {
        let mut world = sandbox.world();
        if let Some(cards) = query.cards {
            grow(&mut world.jopwell, cards);
        }
        let limit = query.cards.unwrap_or(world.jopwell.candidates.len());
        world
            .jopwell
            .candidates
            .iter()
            .filter(|candidate| {
                let profile = &candidate.profile;
                wanted.is_empty()
                    || [&profile.name, &profile.headline, &profile.location]
                        .into_iter()
                        .chain(&profile.skills)
                        .any(|text| text.to_lowercase().contains(&wanted))
            })
            .take(limit)
            .cloned()
            .collect()
    };
    respond(
        "Search candidates | Jopwell",
        "/search",
        html! {
            main.wide {
                div.page-head {
                    h1 { "Search" }
                    form.search-form method="get" action="/search" role="search" {
                        input type="search" name="q" value=(wanted) placeholder="Skill, city or name"
                            aria-label="Skill, city or name";
                        button.button type="submit" { "Search" }
                    }
                }
                p.muted { (found.len()) " candidates" }
                ul.cards {
                    @for candidate in &found { (card(candidate)) }
                }
            }
        },
    )
}

fn card(candidate: &Candidate) -> Markup {
    let profile = &candidate.profile;
    html! {
        li.card data-candidate-id=[candidate.profile.variant.shows_id().then_some(&candidate.id)] {
            div.card-head {
                (avatar(&profile.name))
                div {
                    h2 dir="auto" { a href=(candidate.path) { (profile.name) } }
                    @if !profile.headline.is_empty() { p.headline { (profile.headline) } }
                }
            }
            @if !profile.location.is_empty() { p.muted { (profile.location) } }
            @if !profile.skills.is_empty() {
                ul.tags { @for skill in profile.skills.iter().take(3) { li { (skill) } } }
            }
        }
    }
}

pub(super) async fn settings() -> Response {
    respond(
        "Account Settings | Jopwell",
        "/settings",
        html! {
            main.narrow {
                h1 { "Account Settings" }
                section.panel {
                    h2 { "Profile" }
                    dl.fields {
                        dt { "Name" } dd { (SIGNED_IN) }
                        dt { "Company" } dd { "Hartwell" }
                        dt { "Role" } dd { "Recruiter" }
                    }
                }
                section.panel {
                    h2 { "ATS integration" }
                    p { "Connect your applicant tracking system to move candidates with one click." }
                    dl.fields { dt { "System" } dd { "Greenhouse" } dt { "Managed in" } dd { "the ATSi extension" } }
                }
                section.panel {
                    h2 { "E-mail" }
                    form.stack {
                        label.check { input type="checkbox" checked; " New candidates in my searches, weekly" }
                        label.check { input type="checkbox"; " Messages from candidates, at once" }
                    }
                }
            }
        },
    )
}

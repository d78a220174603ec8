//! A profile, in each of the mark-ups that a site may use.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::layout::{NO_SCRIPT_POLICY, POLICY, avatar, json_for_script, not_found, page};
use crate::html::html_response;
use crate::jopwell::model::{Candidate, Profile, Variant};
use crate::world::Sandbox;

pub(super) async fn profile(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
    let Some(candidate) = sandbox
        .world()
        .jopwell
        .by_path(request.uri().path())
        .cloned()
    else {
        return not_found();
    };
    let (head, content, policy) = match candidate.profile.variant {
        Variant::Classic => (
            html! { link rel="canonical" href=(canonical(&candidate)); },
            classic(&candidate),
            POLICY,
        ),
        Variant::JsonLd => (
            html! { script type="application/ld+json" { (PreEscaped(json_for_script(&person(&candidate)))) } },
            sparse(&candidate),
            POLICY,
        ),
        Variant::Microdata => (html! {}, microdata(&candidate), POLICY),
        Variant::HCard => (html! {}, hcard(&candidate), NO_SCRIPT_POLICY),
        Variant::App => (
            html! { script src="/assets/talent.js" defer {} },
            app_shell(),
            POLICY,
        ),
    };
    let title = match candidate.profile.variant {
        Variant::App => "Talent | Jopwell".to_owned(),
        _ => format!("{} | Jopwell", candidate.profile.name),
    };
    html_response(StatusCode::OK, page(&title, "", head, content), policy)
}

/// Without a port, as a site writes its own canonical address.
fn canonical(candidate: &Candidate) -> String {
    format!("https://www.jopwell.com{}", candidate.path)
}

fn controls(candidate: &Candidate) -> Markup {
    html! {
        div.profile-actions {
            a.button.message href="/login" { "Message" }
            @if let Some(link) = candidate.resume_link() {
                a.button href=(link) { "Download résumé" }
            }
            button.button type="button" { "Save for later" }
        }
    }
}

fn phone_href(number: &str) -> String {
    let digits: String = number
        .chars()
        .filter(|letter| letter.is_ascii_digit() || *letter == '+')
        .collect();
    format!("tel:{digits}")
}

fn classic(candidate: &Candidate) -> Markup {
    let profile = &candidate.profile;
    html! {
        main.profile data-candidate-id=(candidate.id) {
            header.profile-head {
                (avatar(&profile.name))
                div {
                    h1 dir="auto" { (profile.name) }
                    @if !profile.headline.is_empty() { p.headline { (profile.headline) } }
                    @if !profile.location.is_empty() { p.muted { (profile.location) } }
                    (controls(candidate))
                }
            }
            div.columns {
                div {
                    (about(profile))
                    (experience(profile))
                    (education(profile))
                }
                aside {
                    section.panel {
                        h2 { "Details" }
                        dl.fields {
                            @for email in &profile.emails {
                                dt { "E-mail" } dd { a href=(format!("mailto:{email}")) { (email) } }
                            }
                            @for phone in &profile.phones {
                                dt { @if phone.label.is_empty() { "Phone" } @else { (phone.label) " phone" } }
                                dd { a href=(phone_href(&phone.number)) { (phone.number) } }
                            }
                            @if !profile.address.is_empty() { dt { "Address" } dd.lines { (profile.address) } }
                            @if !profile.company.is_empty() { dt { "Current company" } dd { (profile.company) } }
                            @if !profile.title.is_empty() { dt { "Current title" } dd { (profile.title) } }
                            @for link in &profile.links {
                                dt { (link.label) } dd { a href=(link.url) rel="noopener" { (link.url) } }
                            }
                        }
                    }
                    (skills(profile))
                }
            }
        }
    }
}

fn about(profile: &Profile) -> Markup {
    html! {
        @if !profile.about.is_empty() { section.panel { h2 { "About" } p dir="auto" { (profile.about) } } }
    }
}

fn experience(profile: &Profile) -> Markup {
    html! {
        @if !profile.experience.is_empty() {
            section.panel {
                h2 { "Experience" }
                @for entry in &profile.experience {
                    article.entry {
                        h3 { (entry.title) }
                        p.muted { (entry.company) " · " (entry.years) }
                        p { (entry.summary) }
                    }
                }
            }
        }
    }
}

fn education(profile: &Profile) -> Markup {
    html! {
        @if !profile.education.is_empty() {
            section.panel {
                h2 { "Education" }
                @for entry in &profile.education {
                    article.entry { h3 { (entry.school) } p.muted { (entry.degree) " · " (entry.years) } }
                }
            }
        }
    }
}

fn skills(profile: &Profile) -> Markup {
    html! {
        @if !profile.skills.is_empty() {
            section.panel { h2 { "Skills" } ul.tags { @for skill in &profile.skills { li { (skill) } } } }
        }
    }
}

/// A schema.org Person, with the site's id as `identifier`.
fn person(candidate: &Candidate) -> Value {
    let profile = &candidate.profile;
    let mut person = json!({
        "@context": "https://schema.org",
        "@type": "Person",
        "identifier": candidate.id,
        "url": canonical(candidate),
        "name": profile.name,
    });
    let mut set = |key: &str, value: Value| {
        let empty = match &value {
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            _ => false,
        };
        if let (false, Some(fields)) = (empty, person.as_object_mut()) {
            fields.insert(key.to_owned(), value);
        }
    };
    set("givenName", json!(profile.given_name));
    set("familyName", json!(profile.family_name));
    set("jobTitle", json!(profile.title));
    if !profile.company.is_empty() {
        set(
            "worksFor",
            json!({ "@type": "Organization", "name": profile.company }),
        );
    }
    set("email", one_or_more(profile.emails.iter()));
    set(
        "telephone",
        one_or_more(profile.phones.iter().map(|phone| &phone.number)),
    );
    if !profile.address.is_empty() {
        set(
            "address",
            json!({ "@type": "PostalAddress", "streetAddress": profile.address }),
        );
    }
    if !profile.location.is_empty() {
        set(
            "homeLocation",
            json!({ "@type": "Place", "name": profile.location }),
        );
    }
    set(
        "sameAs",
        profile
            .links
            .iter()
            .map(|link| link.url.clone())
            .collect::<Vec<_>>()
            .into(),
    );
    set(
        "alumniOf",
        profile
            .education
            .iter()
            .map(|entry| json!({ "@type": "CollegeOrUniversity", "name": entry.school }))
            .collect::<Vec<_>>()
            .into(),
    );
    set("knowsAbout", json!(profile.skills));
    set("description", json!(profile.about));
    person
}

fn one_or_more<'a>(values: impl Iterator<Item = &'a String>) -> Value {
    let mut values: Vec<Value> = values.map(|value| json!(value)).collect();
    if values.len() == 1 {
        values.pop().unwrap_or_default()
    } else {
        Value::Array(values)
    }
}

/// Little to see: what there is to know stands in the JSON-LD.
fn sparse(candidate: &Candidate) -> Markup {
    let profile = &candidate.profile;
    html! {
        main.profile.sparse {
            div.profile-head {
                (avatar(&profile.name))
                div {
                    div.display-name dir="auto" { (profile.name) }
                    @if !profile.headline.is_empty() { p.headline { (profile.headline) } }
                    (controls(candidate))
                }
            }
            (about(profile))
            (experience(profile))
        }
    }
}

fn microdata(candidate: &Candidate) -> Markup {
    let profile = &candidate.profile;
    html! {
        main.profile itemscope itemtype="https://schema.org/Person" {
            div.profile-head {
                (avatar(&profile.name))
                div {
                    h1 itemprop="name" dir="auto" { (profile.name) }
                    @if !profile.given_name.is_empty() {
                        meta itemprop="givenName" content=(profile.given_name);
                        meta itemprop="familyName" content=(profile.family_name);
                    }
                    p.headline {
                        span itemprop="jobTitle" { (profile.title) }
                        @if !profile.company.is_empty() {
                            " · "
                            span itemprop="worksFor" itemscope itemtype="https://schema.org/Organization" {
                                span itemprop="name" { (profile.company) }
                            }
                        }
                    }
                    p.muted itemprop="homeLocation" itemscope itemtype="https://schema.org/Place" {
                        span itemprop="name" { (profile.location) }
                    }
                    (controls(candidate))
                }
            }
            div.columns {
                div {
                    @if !profile.about.is_empty() {
                        section.panel { h2 { "In my words" } p itemprop="description" dir="auto" { (profile.about) } }
                    }
                    (experience(profile))
                    @if !profile.education.is_empty() {
                        section.panel {
                            h2 { "Schools" }
                            @for entry in &profile.education {
                                article.entry {
                                    h3 itemprop="alumniOf" itemscope itemtype="https://schema.org/CollegeOrUniversity" {
                                        span itemprop="name" { (entry.school) }
                                    }
                                    p.muted { (entry.degree) " · " (entry.years) }
                                }
                            }
                        }
                    }
                }
                aside {
                    section.panel {
                        h2 { "Get in touch" }
                        ul.plain {
                            @for email in &profile.emails {
                                li { a itemprop="email" href=(format!("mailto:{email}")) { (email) } }
                            }
                            @for phone in &profile.phones {
                                li { span itemprop="telephone" { (phone.number) } }
                            }
                            @if !profile.address.is_empty() {
                                li.lines itemprop="address" { (profile.address) }
                            }
                            @for link in &profile.links {
                                li { a itemprop="sameAs" href=(link.url) rel="noopener" { (link.label) } }
                            }
                        }
                    }
                    @if !profile.skills.is_empty() {
                        section.panel {
                            h2 { "Strengths" }
                            ul.tags { @for skill in &profile.skills { li itemprop="knowsAbout" { (skill) } } }
                        }
                    }
                }
            }
        }
    }
}

fn hcard(candidate: &Candidate) -> Markup {
    let profile = &candidate.profile;
    html! {
        main.profile {
            div.profile-head.h-card.vcard {
                (avatar(&profile.name))
                div {
                    h1 dir="auto" class="p-name fn" {
                        @if profile.given_name.is_empty() { (profile.name) }
                        @else if profile.name.starts_with(&profile.family_name) {
                            span class="p-family-name family-name" { (profile.family_name) } " "
                            span class="p-given-name given-name" { (profile.given_name) }
                        } @else {
                            span class="p-given-name given-name" { (profile.given_name) } " "
                            span class="p-family-name family-name" { (profile.family_name) }
                        }
                    }
                    p.headline {
                        span class="p-job-title title" { (profile.title) }
                        @if !profile.company.is_empty() { ", " span class="p-org org" { (profile.company) } }
                    }
                    p class="muted p-locality locality" { (profile.location) }
                    p.contact-icons {
                        @for email in &profile.emails {
                            a class="u-email email" href=(format!("mailto:{email}")) { "Write" }
                        }
                        @for phone in &profile.phones {
                            a class="p-tel tel" href=(phone_href(&phone.number)) { "Call" }
                        }
                        @for link in &profile.links {
                            a class="u-url url" rel="me" href=(link.url) { (link.label) }
                        }
                    }
                    @if !profile.address.is_empty() { p class="lines p-adr adr" { (profile.address) } }
                    (controls(candidate))
                }
            }
            @if !profile.about.is_empty() {
                section.panel { h2 { "About" } p class="p-note" dir="auto" { (profile.about) } }
            }
            (experience(profile))
            (education(profile))
            (skills(profile))
        }
    }
}

/// What the server sends of the single-page app: a frame that its script fills.
fn app_shell() -> Markup {
    html! {
        div.talent-app {
            nav.talent-list aria-label="Talent" { ul #talent-list {} }
            div #talent-view { main aria-busy="true" { p.muted { "Loading…" } } }
        }
        noscript { p.narrow { "This page needs JavaScript." } }
    }
}

pub(super) async fn talent_list(State(sandbox): State<Arc<Sandbox>>) -> Json<Value> {
    let world = sandbox.world();
    Json(
        world
            .jopwell
            .candidates
            .iter()
            .filter(|candidate| candidate.profile.variant == Variant::App)
            .map(|candidate| {
                json!({
                    "id": candidate.id,
                    "path": candidate.path,
                    "name": candidate.profile.name,
                    "headline": candidate.profile.headline,
                })
            })
            .collect(),
    )
}

pub(super) async fn talent(
    State(sandbox): State<Arc<Sandbox>>,
    Path(id): Path<String>,
) -> Response {
    match sandbox.world().jopwell.by_id(&id) {
        Some(candidate) => Json(json!({
            "id": candidate.id,
            "path": candidate.path,
            "resume": candidate.resume_link(),
            "profile": candidate.profile,
        }))
        .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structured_data_cannot_end_its_script_element() {
        let candidate = Candidate {
            id: "1".to_owned(),
            path: "/x".to_owned(),
            profile: Profile {
                name: "</script><img src=x onerror=alert(1)>".to_owned(),
                ..Profile::default()
            },
        };
        let text = json_for_script(&person(&candidate));
        assert!(!text.contains('<'));
        let again: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(again["name"], candidate.profile.name);
        assert!(again.get("email").is_none());
    }
}

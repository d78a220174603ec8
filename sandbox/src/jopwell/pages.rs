//! The pages of the Jopwell stand-in.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Form, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header::CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use mailparse::ParsedMail;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use time::OffsetDateTime;

use super::model::{Candidate, Job, Profile, SIGNED_IN, STATUSES, TrackerRow, Variant};
use super::pdf;
use crate::{Sandbox, asset, html_response};

const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// For a page that needs no script at all.
const NO_SCRIPT_POLICY: &str = "default-src 'self'; script-src 'none'; style-src 'self'; \
                                object-src 'none'; base-uri 'none'; form-action 'self'; \
                                frame-ancestors 'none'";

pub fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .route("/", get(home))
        .route("/login", get(login).post(log_in))
        .route("/search", get(search))
        .route("/tracker", get(tracker))
        .route("/tracker/{row}/status", post(set_status))
        .route("/jobs", get(jobs))
        .route("/jobs/{id}", get(job))
        .route("/jobs/{id}/edit", get(edit_job).post(save_job))
        .route("/settings", get(settings))
        .route("/api/talent", get(talent_list))
        .route("/api/talent/{id}", get(talent))
        .route("/resumes/{file}", get(resume))
        .route("/jobs/{id}/applicants", get(applicants))
        .route(
            "/assets/jopwell.css",
            get(|| async { asset("text/css", include_str!("../../assets/jopwell.css")) }),
        )
        .route(
            "/assets/talent.js",
            get(|| async { asset("text/javascript", include_str!("../../assets/talent.js")) }),
        )
        .route("/favicon.ico", get(StatusCode::NO_CONTENT))
        .fallback(get(profile))
        .with_state(sandbox)
}

/// The frame around every page.
fn page(title: &str, current: &str, head: Markup, content: Markup) -> String {
    let link = |path: &str, label: &str| {
        html! { a href=(path) aria-current=[(path == current).then_some("page")] { (label) } }
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/assets/jopwell.css";
                (head)
            }
            body {
                header.site-header {
                    a.wordmark href="/" { "Jopwell" }
                    nav aria-label="Main" {
                        (link("/search", "Search"))
                        (link("/tracker", "Candidate Tracker"))
                        (link("/jobs", "Jobs"))
                        (link("/settings", "Account Settings"))
                    }
                    span.signed-in { (SIGNED_IN) " · Hartwell" }
                }
                (content)
                footer.site-footer { "ATSi sandbox: a stand-in, not the real site" }
            }
        }
    }
    .into_string()
}

fn respond(title: &str, current: &str, content: Markup) -> Response {
    html_response(
        StatusCode::OK,
        page(title, current, html! {}, content),
        POLICY,
    )
}

fn not_found() -> Response {
    let content = html! {
        main.narrow {
            h1 { "We could not find that page" }
            p { "It may have moved. " a href="/search" { "Search for candidates" } "." }
        }
    };
    html_response(
        StatusCode::NOT_FOUND,
        page("Page not found | Jopwell", "", html! {}, content),
        POLICY,
    )
}

fn avatar(name: &str) -> Markup {
    let initials: String = name
        .split_whitespace()
        .filter(|part| !part.ends_with('.') && !part.starts_with('('))
        .filter_map(|part| part.chars().next())
        .take(2)
        .collect();
    // Styles come from the style sheet only, so the colours are classes.
    let hue = name.chars().map(u32::from).sum::<u32>() % 8;
    html! { span class=(format!("avatar hue-{hue}")) aria-hidden="true" { (initials) } }
}

async fn home(State(sandbox): State<Arc<Sandbox>>) -> Response {
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

async fn login() -> Response {
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
async fn log_in() -> Response {
    let cookie = format!("{SESSION}; Path=/; Secure; HttpOnly; SameSite=Lax");
    ([("set-cookie", cookie)], Redirect::to("/search")).into_response()
}

const SESSION: &str = "jopwell_session=signed-in";

fn is_logged_in(headers: &HeaderMap) -> bool {
    let cookies = headers.get("cookie").and_then(|value| value.to_str().ok());
    cookies.is_some_and(|cookies| cookies.split("; ").any(|cookie| cookie == SESSION))
}

#[derive(Deserialize)]
struct SearchQuery {
    cards: Option<usize>,
    q: Option<String>,
}

async fn search(State(sandbox): State<Arc<Sandbox>>, Query(query): Query<SearchQuery>) -> Response {
    let wanted = query.q.unwrap_or_default().to_lowercase();
    let found: Vec<Candidate> = {
        let mut world = sandbox.world();
        if let Some(cards) = query.cards {
            world.jopwell.grow_to(cards);
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

// ---- profiles ----

async fn profile(State(sandbox): State<Arc<Sandbox>>, request: Request) -> Response {
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

/// JSON inside a script element must not be able to end the element.
fn json_for_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
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

async fn talent_list(State(sandbox): State<Arc<Sandbox>>) -> Json<Value> {
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

async fn talent(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<String>) -> Response {
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

async fn resume(
    State(sandbox): State<Arc<Sandbox>>,
    Path(file): Path<String>,
    headers: HeaderMap,
) -> Response {
    let world = sandbox.world();
    if world.switches.resumes_need_login && !is_logged_in(&headers) {
        return Redirect::to("/login").into_response();
    }
    let candidate = file
        .strip_suffix(".pdf")
        .and_then(|id| world.jopwell.by_id(id))
        .filter(|candidate| candidate.profile.has_resume);
    match candidate {
        Some(candidate) => (
            [
                ("content-type", "application/pdf"),
                ("content-disposition", "inline; filename=\"resume.pdf\""),
                ("x-content-type-options", "nosniff"),
            ],
            match world.switches.resume_bytes {
                Some(bytes) => Body::from_stream(filled(bytes)),
                None => Body::from(pdf::resume(&candidate.profile)),
            },
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// A file of so many bytes that begins as a PDF does. Made as it is read, so that a huge one takes no memory.
fn filled(bytes: u64) -> impl Stream<Item = Result<Bytes, Infallible>> {
    const CHUNK: usize = 1 << 20;
    let chunk = Bytes::from([b"%PDF-1.4\n".as_slice(), &[b' '; CHUNK]].concat());
    stream::unfold(bytes, move |left| {
        let size = usize::try_from(left).map_or(CHUNK, |left| left.min(CHUNK));
        let next = (size > 0).then(|| (Ok(chunk.slice(..size)), left - size as u64));
        std::future::ready(next)
    })
}

// ---- candidate tracker ----

async fn tracker(State(sandbox): State<Arc<Sandbox>>) -> Response {
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
struct StatusForm {
    status: String,
}

async fn set_status(
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

// ---- jobs and settings ----

async fn jobs(State(sandbox): State<Arc<Sandbox>>) -> Response {
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

async fn job(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<u64>) -> Response {
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

async fn edit_job(
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

async fn save_job(
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
async fn applicants(State(sandbox): State<Arc<Sandbox>>, Path(id): Path<u64>) -> Response {
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

async fn settings() -> Response {
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

//! The control API under `/sandbox/` (JSON) and the page that explains the sandbox.
//!
//! Bodies are taken as `application/json` only: a form of a foreign web page cannot send that without asking first.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use maud::{DOCTYPE, html};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use crate::clock::timestamp;
use crate::faults::FaultRule;
use crate::greenhouse::controls::{ControlError, ControlInput, JobControlInput};
use crate::greenhouse::keys::{NewKey, make_key};
use crate::greenhouse::model::Greenhouse;
use crate::greenhouse::records::Status;
use crate::greenhouse::{seed, webhooks};
use crate::html::{asset, html_response};
use crate::jopwell::model::{MAX_CANDIDATES, Profile, STATUSES};
use crate::web::greenhouse::webhook_sender;
use crate::world::{RawPage, Sandbox, World};

pub fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .route("/", get(landing))
        .route(
            "/landing.css",
            get(|| async { asset("text/css", include_str!("../assets/landing.css")) }),
        )
        .route("/favicon.ico", get(StatusCode::NO_CONTENT))
        .route("/sandbox/state", get(state))
        .route("/sandbox/reset", post(reset))
        .route(
            "/sandbox/faults",
            get(faults).put(set_faults).delete(clear_faults),
        )
        .route("/sandbox/switches", get(switches).put(set_switches))
        .route("/sandbox/webhooks", get(hooks).put(set_hooks))
        .route(
            "/sandbox/jopwell/candidates",
            get(jopwell_candidates).post(add_jopwell_candidate),
        )
        .route(
            "/sandbox/jopwell/tracker",
            get(jopwell_tracker).post(track_jopwell_candidates),
        )
        .route("/sandbox/jopwell/jobs", get(jopwell_jobs))
        .route("/sandbox/pages", post(add_page))
        .route("/sandbox/greenhouse/fill", post(fill))
        .route("/sandbox/greenhouse/keys", post(new_key))
        .route("/sandbox/greenhouse/jobs", post(new_job))
        .route("/sandbox/greenhouse/jobs/{id}/{control}", post(job_control))
        .route(
            "/sandbox/greenhouse/candidates/{id}/{control}",
            post(candidate_control),
        )
        .with_state(sandbox)
}

/// What the control API answers when it cannot: `{"error": "…"}`.
struct Refusal(StatusCode, String);

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        (self.0, Json(json!({ "error": self.1 }))).into_response()
    }
}

impl From<ControlError> for Refusal {
    fn from(error: ControlError) -> Self {
        match error {
            ControlError::NotFound(what) => {
                Self(StatusCode::NOT_FOUND, format!("there is no such {what}"))
            }
            ControlError::Refused(why) => Self(StatusCode::CONFLICT, why),
        }
    }
}

fn bad(text: impl Into<String>) -> Refusal {
    Refusal(StatusCode::BAD_REQUEST, text.into())
}

async fn state(State(sandbox): State<Arc<Sandbox>>) -> Json<Value> {
    let world = sandbox.world();
    let greenhouse = &world.greenhouse;
    let candidates: Vec<Value> = greenhouse
        .candidates
        .values()
        .map(|candidate| {
            let applications: Vec<Value> = candidate
                .applications
                .iter()
                .map(|application| {
                    json!({
                        "id": application.id,
                        "prospect": application.prospect,
                        "status": application.status,
                        "job_id": application.job_id,
                        "job": application.job_id.and_then(|id| greenhouse.job(id)).map(|job| &job.name),
                        "stage": greenhouse.stage_name(application),
                        "pool_stage": greenhouse.pool_stage_name(application),
                        "rejection_reason": application.rejection_reason,
                        "profile_url": Greenhouse::profile_url(candidate.id, application.id),
                    })
                })
                .collect();
            json!({
                "id": candidate.id,
                "external_id": candidate.external_id,
                "first_name": candidate.first_name,
                "last_name": candidate.last_name,
                "company": candidate.company,
                "title": candidate.title,
                "phone_numbers": candidate.phone_numbers,
                "emails": candidate.emails,
                "addresses": candidate.addresses,
                "websites": candidate.websites,
                "social_media": candidate.social_media,
                "resume_url": candidate.resume_url,
                "notes": candidate.notes,
                "source": candidate.source.as_ref().map(|source| &source.name),
                "on_behalf_of": candidate.on_behalf_of,
                "created_at": timestamp(candidate.created_at),
                "applications": applications,
                "files": candidate.attachments.iter().map(|file| &file.filename).collect::<Vec<_>>(),
            })
        })
        .collect();
    let jobs: Vec<Value> = greenhouse
        .jobs
        .iter()
        .map(|job| {
            json!({
                "id": job.id,
                "name": job.name,
                "status": job.status,
                "public": job.is_public(),
                "stages": job.stages,
                "post": { "id": job.post.id, "title": job.post.title, "live": job.post.live },
            })
        })
        .collect();
    Json(json!({
        "candidates": candidates,
        "jobs": jobs,
        "prospect_pools": greenhouse.pools,
        "users": greenhouse.users,
        "calls": world.calls,
    }))
}

async fn reset(State(sandbox): State<Arc<Sandbox>>) -> StatusCode {
    sandbox.world().reset();
    StatusCode::NO_CONTENT
}

async fn faults(State(sandbox): State<Arc<Sandbox>>) -> Json<Vec<FaultRule>> {
    Json(sandbox.world().faults.clone())
}

async fn set_faults(
    State(sandbox): State<Arc<Sandbox>>,
    Json(rules): Json<Vec<FaultRule>>,
) -> StatusCode {
    sandbox.world().faults = rules;
    StatusCode::NO_CONTENT
}

async fn clear_faults(State(sandbox): State<Arc<Sandbox>>) -> StatusCode {
    sandbox.world().faults.clear();
    StatusCode::NO_CONTENT
}

async fn switches(State(sandbox): State<Arc<Sandbox>>) -> Response {
    Json(&sandbox.world().switches).into_response()
}

async fn set_switches(
    State(sandbox): State<Arc<Sandbox>>,
    Json(changes): Json<Value>,
) -> Result<Response, Refusal> {
    let mut world = sandbox.world();
    world.switches = world.switches.changed(&changes).map_err(bad)?;
    Ok(Json(&world.switches).into_response())
}

async fn hooks(State(sandbox): State<Arc<Sandbox>>) -> Json<Value> {
    Json(sandbox.world().webhooks.describe())
}

async fn set_hooks(
    State(sandbox): State<Arc<Sandbox>>,
    Json(inputs): Json<Vec<webhooks::HookInput>>,
) -> Result<Json<Value>, Refusal> {
    webhook_sender::replace(&sandbox, inputs)
        .await
        .map_err(bad)?;
    Ok(Json(sandbox.world().webhooks.describe()))
}

async fn jopwell_candidates(State(sandbox): State<Arc<Sandbox>>) -> Response {
    Json(&sandbox.world().jopwell.candidates).into_response()
}

async fn jopwell_tracker(State(sandbox): State<Arc<Sandbox>>) -> Response {
    Json(&sandbox.world().jopwell.tracker).into_response()
}

async fn jopwell_jobs(State(sandbox): State<Arc<Sandbox>>) -> Response {
    Json(&sandbox.world().jopwell.jobs).into_response()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tracked {
    candidate_ids: Vec<String>,
    status: String,
    /// On Jopwell; the first one where it is absent.
    job_id: Option<u64>,
}

async fn track_jopwell_candidates(
    State(sandbox): State<Arc<Sandbox>>,
    Json(tracked): Json<Tracked>,
) -> Result<Response, Refusal> {
    let mut world = sandbox.world();
    if !STATUSES.contains(&tracked.status.as_str()) {
        return Err(bad("there is no such status"));
    }
    let ids = &tracked.candidate_ids;
    if ids.iter().any(|id| world.jopwell.by_id(id).is_none()) || ids.len() > MAX_CANDIDATES {
        return Err(bad("candidate_ids are ids of candidates on Jopwell"));
    }
    let now = OffsetDateTime::now_utc();
    let mut jobs = world.jopwell.jobs.iter().map(|job| job.id);
    let job = match tracked.job_id {
        Some(id) => jobs.find(|known| *known == id),
        None => jobs.next(),
    };
    let Some(job) = job else {
        return Err(bad("job_id is the id of a job on Jopwell"));
    };
    let rows: Vec<_> = (ids.iter())
        .map(|id| world.jopwell.track(id, job, &tracked.status, now))
        .collect();
    Ok(Json(rows).into_response())
}

async fn add_jopwell_candidate(
    State(sandbox): State<Arc<Sandbox>>,
    Json(profile): Json<Profile>,
) -> Result<Json<Value>, Refusal> {
    let mut world = sandbox.world();
    if world.jopwell.candidates.len() >= MAX_CANDIDATES {
        return Err(bad("there are too many candidates already"));
    }
    let candidate = world.jopwell.add(profile);
    Ok(Json(json!({ "id": candidate.id, "path": candidate.path })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPage {
    host: String,
    path: String,
    html: String,
    csp: Option<String>,
}

async fn add_page(
    State(sandbox): State<Arc<Sandbox>>,
    Json(new): Json<NewPage>,
) -> Result<StatusCode, Refusal> {
    if !new.path.starts_with('/') {
        return Err(bad("path starts with a slash"));
    }
    let page = RawPage {
        html: new.html,
        content_security_policy: new.csp,
    };
    sandbox
        .world()
        .set_raw_page(new.host.to_lowercase(), new.path, page);
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fill {
    count: usize,
    #[serde(default)]
    ours: usize,
    #[serde(default = "fill_template")]
    external_id: String,
}

fn fill_template() -> String {
    "fill-{n}".to_owned()
}

async fn fill(
    State(sandbox): State<Arc<Sandbox>>,
    Json(fill): Json<Fill>,
) -> Result<Json<Value>, Refusal> {
    if fill.count > 20_000 || fill.ours > fill.count {
        return Err(bad("count is at most 20000, and ours at most count"));
    }
    let mut world = sandbox.world();
    let now = OffsetDateTime::now_utc();
    let added = seed::fill(
        &mut world.greenhouse,
        fill.count,
        fill.ours,
        &fill.external_id,
        now,
    );
    let added: Vec<Value> = added
        .iter()
        .map(|(id, application_id)| {
            json!({
                "id": id,
                "application_id": application_id,
                "external_id": world.greenhouse.candidates.get(id).and_then(|candidate| candidate.external_id.clone()),
            })
        })
        .collect();
    Ok(Json(json!({ "added": added })))
}

async fn new_key(State(sandbox): State<Arc<Sandbox>>, Json(new): Json<NewKey>) -> Json<Value> {
    let mut world = sandbox.world();
    let World {
        greenhouse, rng, ..
    } = &mut *world;
    let key = make_key(greenhouse, rng, new);
    Json(json!({ "id": key.id, "key": key.secret }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewJob {
    name: String,
}

async fn new_job(State(sandbox): State<Arc<Sandbox>>, Json(new): Json<NewJob>) -> Json<Value> {
    let (id, events) = sandbox
        .world()
        .greenhouse
        .create_job(&new.name, OffsetDateTime::now_utc());
    sandbox.emit(events);
    Json(json!({ "id": id }))
}

async fn job_control(
    State(sandbox): State<Arc<Sandbox>>,
    Path((id, control)): Path<(u64, String)>,
    Json(input): Json<JobControlInput>,
) -> Result<Json<Value>, Refusal> {
    let done =
        sandbox
            .world()
            .greenhouse
            .job_control(id, &control, &input, OffsetDateTime::now_utc())?;
    sandbox.emit(done.events);
    Ok(Json(json!({ "done": done.notice })))
}

async fn candidate_control(
    State(sandbox): State<Arc<Sandbox>>,
    Path((id, control)): Path<(u64, String)>,
    Json(input): Json<ControlInput>,
) -> Result<Json<Value>, Refusal> {
    let (done, applications) = {
        let mut world = sandbox.world();
        let World {
            greenhouse,
            switches,
            ..
        } = &mut *world;
        let done = greenhouse.control(id, &control, &input, switches, OffsetDateTime::now_utc())?;
        let applications: Vec<(u64, Status)> = greenhouse
            .candidates
            .get(&id)
            .map(|candidate| {
                candidate
                    .applications
                    .iter()
                    .map(|application| (application.id, application.status))
                    .collect()
            })
            .unwrap_or_default();
        (done, applications)
    };
    sandbox.emit(done.events);
    let applications: Vec<Value> = applications
        .into_iter()
        .map(|(id, status)| json!({ "id": id, "status": status }))
        .collect();
    Ok(Json(
        json!({ "done": done.notice, "applications": applications }),
    ))
}

async fn landing(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let (users, token) = {
        let world = sandbox.world();
        (
            world.greenhouse.users.clone(),
            world.greenhouse.board_token.clone(),
        )
    };
    let http = format!("http://{}", sandbox.http);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "ATSi sandbox" }
                link rel="stylesheet" href="/landing.css";
            }
            body {
                main {
                    h1 { "ATSi sandbox" }
                    p.lede { "Stand-ins for Jopwell and Greenhouse. Everyone in here is invented; nothing leaves this machine." }
                    h2 { "Where things are" }
                    table {
                        tr { th { "Web sites, by host name" } td { code { "https://" (sandbox.https) } " as "
                            code { "www.jopwell.com" } ", " code { "app.greenhouse.io" } " and its other hosts" } }
                        tr { th { "Candidate Ingestion API" } td { code { (http) "/v1/partner" } } }
                        tr { th { "Job Board API" } td { a href=(format!("/v1/boards/{token}/jobs?content=true")) { code { (http) "/v1/boards/" (token) } } } }
                        tr { th { "Mailbox" } td { a href="/mailbox" { code { (http) "/mailbox" } } } }
                        tr { th { "Receiver of changes" } td { a href="/receiver" { code { (http) "/receiver" } } } }
                        tr { th { "Control API" } td { a href="/sandbox/state" { code { (http) "/sandbox/" } } } }
                    }
                    h2 { "Open the web sites in Chromium" }
                    pre {
                        "chromium --user-data-dir=/tmp/atsi-sandbox --ignore-certificate-errors --disable-quic \\\n"
                        "  --host-resolver-rules=\"MAP *.jopwell.com:443 " (sandbox.https) ", MAP *.greenhouse.io:443 " (sandbox.https) "\" \\\n"
                        "  https://www.jopwell.com/search"
                    }
                    h2 { "Sign in to the API" }
                    table {
                        tr { th { "Ready key (Candidate Ingestion, Jopwell)" } td { code { (seed::INGESTION_KEY) } } }
                        tr { th { "Keys of other types, refused" } td { code { (seed::HARVEST_KEY) } " (Harvest), " code { (seed::JOB_BOARD_KEY) } " (Job Board)" } }
                        @for user in &users {
                            tr {
                                th { "On-Behalf-Of" }
                                td { code { (user.email) } " " (user.full_name()) ", "
                                    (serde_json::to_value(user.role).ok().as_ref().and_then(Value::as_str).unwrap_or_default().replace('_', " "))
                                    @if user.disabled { ", disabled" } }
                            }
                        }
                    }
                    pre {
                        "curl " (http) "/v1/partner/current_user \\\n"
                        "  -u " (seed::INGESTION_KEY) ": -H 'On-Behalf-Of: " (seed::SERVICE_USER) "'"
                    }
                    h2 { "Move people by hand" }
                    p { "Open a candidate at " code { "https://app.greenhouse.io/people" } " and press a stage. "
                        "Web hooks go to whoever was set with " code { "PUT /sandbox/webhooks" } ". The README of the folder sandbox has one line of curl for each control." }
                }
                footer { "ATSi sandbox: a stand-in, not the real site" }
            }
        }
    };
    html_response(
        StatusCode::OK,
        markup.into_string(),
        "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    )
}

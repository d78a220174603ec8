//! The Candidate Ingestion API under `/v1/partner` and the Job Board API under `/v1/boards`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::extract::{Path, Query, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::resume;
use crate::clock::timestamp;
use crate::connection_cutter::ConnectionCutter;
use crate::faults::{self, Endpoint, FaultKind};
use crate::greenhouse::error::ApiError;
use crate::greenhouse::ingest::Ingested;
use crate::greenhouse::model::Greenhouse;
use crate::greenhouse::records::{Job, KeyType, Role, User};
use crate::switches::Switches;
use crate::world::{Post, Sandbox, World};

/// Longest body that is read, in bytes.
const MAX_BODY: usize = 2 * 1024 * 1024;

pub fn partner_router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .route(
            "/v1/partner/candidates",
            get(get_candidates).post(post_candidates),
        )
        .route("/v1/partner/current_user", get(current_user))
        .route("/v1/partner/jobs", get(jobs))
        .route("/v1/partner/tracking_link", post(tracking_link))
        .route("/v1/partner/prospect_pools", get(prospect_pools))
        .layer(from_fn_with_state(Arc::clone(&sandbox), guard))
        .with_state(sandbox)
}

pub fn board_router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .route("/v1/boards/{token}/jobs", get(board_jobs))
        .route("/v1/boards/{token}/jobs/{post_id}", get(board_job))
        .layer(from_fn_with_state(Arc::clone(&sandbox), guard))
        .with_state(sandbox)
}
/// Counts every call, limits the rate where that is switched on, and misbehaves as ordered.
async fn guard(
    State(sandbox): State<Arc<Sandbox>>,
    cutter: Option<Extension<ConnectionCutter>>,
    request: Request,
    next: Next,
) -> Response {
    let endpoint = Endpoint::of(request.method(), request.uri().path());
    let (head, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let (fault, limited) = {
        let mut world = sandbox.world();
        let World { faults, rng, .. } = &mut *world;
        let fault = faults::take(faults, endpoint, rng);
        if endpoint == Endpoint::PostCandidates {
            world.posts.push(Post {
                external_ids: external_ids(&body),
                fault: fault.as_ref().map(|fault| fault.kind),
            });
        }
        let limited = world.switches.rate_limit.map(|limit| {
            let key = head
                .headers
                .get(AUTHORIZATION)
                .map(|value| value.as_bytes().to_vec())
                .unwrap_or_default();
            (
                limit,
                world.rate_window(key).count_against(limit, Instant::now()),
            )
        });
        (fault, limited)
    };
    let request = Request::from_parts(head, body.into());
    let mut cut = false;
    let mut response = 'answer: {
        if let Some((_, Err(wait))) = limited {
            break 'answer faults::throttled(wait);
        }
        let Some(fault) = fault else {
            break 'answer next.run(request).await;
        };
        if let Some(response) = faults::instead(&fault) {
            break 'answer response;
        }
        cut = matches!(
            fault.kind,
            FaultKind::ResetBeforeCommit | FaultKind::ResetAfterCommit
        );
        if fault.kind == FaultKind::ResetBeforeCommit {
            break 'answer StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        if fault.kind == FaultKind::Slow {
            tokio::time::sleep(Duration::from_millis(fault.after_ms)).await;
        }
        let response = next.run(request).await;
        faults::afterwards(&fault, response).await
    };
    if let Some((limit, Ok(remaining))) = limited {
        let headers = response.headers_mut();
        headers.insert("x-ratelimit-limit", limit.into());
        headers.insert("x-ratelimit-remaining", remaining.into());
    }
    let outcome = if cut {
        "reset".to_owned()
    } else {
        response.status().as_u16().to_string()
    };
    sandbox.world().count_call(&endpoint.name(), outcome);
    if let (true, Some(Extension(cutter))) = (cut, cutter) {
        cutter.cut();
    }
    response
}

/// Of a candidate or a list of them.
fn external_ids(body: &[u8]) -> Vec<String> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let candidates = body
        .as_array()
        .map_or(std::slice::from_ref(&body), Vec::as_slice);
    candidates
        .iter()
        .filter_map(|candidate| candidate.get("external_id")?.as_str())
        .map(str::to_owned)
        .collect()
}

/// Who is calling: the key's partner and the user it acts for.
struct Caller {
    partner: String,
    user: User,
}

/// Basic authentication and On-Behalf-Of: Greenhouse Candidate Ingestion API, introduction, "Authentication".
fn authenticate(world: &World, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let unauthorized = |text: &str| {
        ApiError::new(
            401,
            if world.switches.identical_401_texts {
                "Not authenticated."
            } else {
                text
            },
        )
    };
    let key = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Basic "))
        .and_then(|encoded| BASE64_STANDARD.decode(encoded.trim()).ok())
        .and_then(|decoded| String::from_utf8(decoded).ok())
        // The colon belongs inside the encoding; a key without it is no user name of Basic authentication.
        .and_then(|pair| pair.split_once(':').map(|(key, _)| key.to_owned()))
        .and_then(|secret| world.greenhouse.key_by_secret(&secret))
        .filter(|key| key.key_type == KeyType::CandidateIngestion)
        .ok_or_else(|| unauthorized("Invalid Basic Auth credentials."))?;
    let partner = key
        .partner
        .clone()
        .ok_or_else(|| unauthorized("Invalid Basic Auth credentials."))?;
    let user = headers
        .get("on-behalf-of")
        .and_then(|value| value.to_str().ok())
        .and_then(|email| world.greenhouse.user_by_email(email.trim()))
        .ok_or_else(|| unauthorized("The On-Behalf-Of user was not found."))?;
    Ok(Caller {
        partner,
        user: user.clone(),
    })
}

/// As [`authenticate`], for the calls that a disabled user may not make at all.
fn authenticate_enabled(world: &World, headers: &HeaderMap) -> Result<Caller, ApiError> {
    let caller = authenticate(world, headers)?;
    if caller.user.disabled {
        return Err(ApiError::new(
            world.switches.disabled_user_status,
            "The On-Behalf-Of user is disabled.",
        ));
    }
    Ok(caller)
}

#[derive(Deserialize)]
struct CandidatesQuery {
    candidate_ids: Option<String>,
}

async fn get_candidates(
    State(sandbox): State<Arc<Sandbox>>,
    Query(query): Query<CandidatesQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let world = sandbox.world();
    let caller = authenticate(&world, &headers)?;
    if caller.user.role == Role::Basic {
        return Err(ApiError::new(403, "Basic users may not read candidates."));
    }
    let ids: Vec<u64> = query
        .candidate_ids
        .filter(|ids| !ids.trim().is_empty())
        .ok_or_else(|| ApiError {
            status: 400,
            message: "candidate_ids is required.".to_owned(),
            field: Some("candidate_ids"),
        })?
        .split(',')
        .filter_map(|id| id.trim().parse().ok())
        .collect();
    let mut found: Vec<Value> = world
        .greenhouse
        .readable_candidates(&ids, &caller.partner, &caller.user)
        .into_iter()
        .map(|candidate| candidate_status(&world.greenhouse, &world.switches, candidate))
        .collect();
    if world.switches.single_candidate_as_object && ids.len() == 1 && found.len() == 1 {
        return Ok(Json(found.pop()).into_response());
    }
    Ok(Json(found).into_response())
}

fn candidate_status(
    greenhouse: &Greenhouse,
    switches: &Switches,
    candidate: &crate::greenhouse::records::Candidate,
) -> Value {
    let applications: Vec<Value> = candidate
        .applications
        .iter()
        .map(|application| {
            json!({
                "id": application.id,
                "job": application.job_id.and_then(|id| greenhouse.job(id)).map(|job| &job.name),
                "status": switches.status_casing.apply(application.status.as_str()),
                "stage": (!application.prospect).then(|| greenhouse.stage_name(application)).flatten(),
                "profile_url": Greenhouse::profile_url(candidate.id, application.id),
            })
        })
        .collect();
    json!({
        "id": candidate.id,
        "name": candidate.name(),
        "external_id": candidate.external_id,
        "applications": applications,
    })
}

async fn post_candidates(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, ApiError> {
    let (answer, events, resumes, post_status) = {
        let mut world = sandbox.world();
        let caller = authenticate_enabled(&world, &headers)?;
        let body: Value = parse(&body)?;
        let World {
            greenhouse,
            jopwell,
            switches,
            ..
        } = &mut *world;
        let Ingested { stored, events } = greenhouse.ingest(
            &body,
            &caller.partner,
            &caller.user,
            switches,
            OffsetDateTime::now_utc(),
        )?;
        let answers: Vec<Value> = stored
            .iter()
            .map(|(candidate_id, application_id)| {
                if let Some(candidate) = greenhouse.candidates.get_mut(candidate_id)
                    && !switches.resumes_need_login
                {
                    jopwell.attach_resume(candidate);
                }
                json!({
                    "id": candidate_id,
                    "application_id": application_id,
                    "external_id": greenhouse
                        .candidates
                        .get(candidate_id)
                        .and_then(|candidate| candidate.external_id.clone()),
                    "profile_url": Greenhouse::profile_url(*candidate_id, *application_id),
                })
            })
            .collect();
        let answer = if body.is_array() {
            Value::Array(answers)
        } else {
            answers.into_iter().next().unwrap_or(Value::Null)
        };
        let resumes: Vec<(u64, Option<String>)> = stored
            .iter()
            .filter_map(|(id, _)| Some((*id, greenhouse.candidates.get(id)?.resume_url.clone())))
            .collect();
        (answer, events, resumes, switches.post_status)
    };
    sandbox.emit(events);
    for (candidate, url) in resumes {
        resume::fetch(&sandbox, candidate, url.as_deref());
    }
    let status = StatusCode::from_u16(post_status).unwrap_or(StatusCode::OK);
    Ok((status, Json(answer)).into_response())
}

fn parse(body: &[u8]) -> Result<Value, ApiError> {
    serde_json::from_slice(body)
        .map_err(|_| ApiError::new(400, "Your request included invalid JSON."))
}

async fn current_user(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let user = authenticate_enabled(&sandbox.world(), &headers)?.user;
    Ok(Json(json!({
        "full_name": user.full_name(),
        "first_name": user.first_name,
        "last_name": user.last_name,
        "email": user.email,
        "id": user.id,
    })))
}

async fn jobs(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let world = sandbox.world();
    let caller = authenticate_enabled(&world, &headers)?;
    Ok(Json(
        world
            .greenhouse
            .visible_jobs(&caller.user)
            .into_iter()
            .map(|job| {
                json!({
                    "id": job.id,
                    "name": job.name,
                    "status": job.status.as_str(),
                    "public": job.is_public(),
                })
            })
            .collect(),
    ))
}

async fn tracking_link(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, ApiError> {
    let mut world = sandbox.world();
    let caller = authenticate_enabled(&world, &headers)?;
    let job_id = parse(&body)?
        .get("job_id")
        .and_then(Value::as_u64)
        .ok_or_else(|| ApiError {
            status: 400,
            message: "job_id is required.".to_owned(),
            field: Some("job_id"),
        })?;
    let World {
        greenhouse, rng, ..
    } = &mut *world;
    let (link, job) = greenhouse.tracking_link(job_id, &caller.user, rng)?;
    Ok(Json(json!({
        "tracking_link": link,
        "job": job,
        "source": caller.partner,
        "referrer": caller.user.full_name(),
    })))
}

async fn prospect_pools(
    State(sandbox): State<Arc<Sandbox>>,
    headers: HeaderMap,
) -> Result<Json<Value>, ApiError> {
    let world = sandbox.world();
    authenticate_enabled(&world, &headers)?;
    Ok(Json(json!(world.greenhouse.pools)))
}

// ---- Job Board API: public, no authentication ----

#[derive(Deserialize)]
struct BoardQuery {
    content: Option<String>,
}

async fn board_jobs(
    State(sandbox): State<Arc<Sandbox>>,
    Path(token): Path<String>,
    Query(query): Query<BoardQuery>,
) -> Result<Json<Value>, ApiError> {
    let world = sandbox.world();
    board_of(&world, &token)?;
    let content = query.content.as_deref() == Some("true");
    let jobs: Vec<Value> = world
        .greenhouse
        .jobs
        .iter()
        .filter(|job| job.is_public())
        .map(|job| board_entry(&world.greenhouse, job, content))
        .collect();
    let total = jobs.len();
    Ok(Json(json!({ "jobs": jobs, "meta": { "total": total } })))
}

async fn board_job(
    State(sandbox): State<Arc<Sandbox>>,
    Path((token, post_id)): Path<(String, u64)>,
) -> Result<Json<Value>, ApiError> {
    let world = sandbox.world();
    board_of(&world, &token)?;
    let job = world
        .greenhouse
        .jobs
        .iter()
        .find(|job| job.is_public() && job.post.id == post_id)
        .ok_or_else(|| ApiError::new(404, "Job not found"))?;
    Ok(Json(board_entry(&world.greenhouse, job, true)))
}

fn board_of(world: &World, token: &str) -> Result<(), ApiError> {
    if world.greenhouse.board_token == token {
        Ok(())
    } else {
        Err(ApiError::new(404, "Job board not found"))
    }
}

fn board_entry(greenhouse: &Greenhouse, job: &Job, content: bool) -> Value {
    let mut entry = json!({
        "id": job.post.id,
        "internal_job_id": job.id,
        "title": job.post.title,
        "updated_at": timestamp(job.post.updated_at),
        "requisition_id": job.requisition_id,
        "location": { "name": job.post.location },
        "absolute_url": format!(
            "https://boards.greenhouse.io/{}/jobs/{}",
            greenhouse.board_token, job.post.id
        ),
        "metadata": null,
    });
    if let (true, Some(fields)) = (content, entry.as_object_mut()) {
        // The Job Board API hands the HTML out with its entities escaped.
        fields.insert(
            "content".to_owned(),
            maud::html! { (job.post.content) }.into_string().into(),
        );
        fields.insert(
            "departments".to_owned(),
            json!([{ "id": job.department.id, "name": job.department.name, "parent_id": null, "child_ids": [] }]),
        );
        fields.insert(
            "offices".to_owned(),
            json!([{ "id": job.office.id, "name": job.office.name, "location": job.post.location, "parent_id": null, "child_ids": [] }]),
        );
    }
    entry
}

//! Sends: accepted once, answered with their outcome.

use super::{
    app::App,
    extract::{Caller, IdempotencyKey, Json, Path},
    problems::{ApiError, DecisionProblems, NotFoundProblems, SendProblems, invalid},
};
use crate::{
    clock::now,
    delivery::prospect,
    metrics::SendOutcome,
    profile_link,
    seal::Purpose,
    store::{Accepted, Decided, NewSend, SendDecision},
    upstream::problem_of,
};
use atsi_protocol::{
    Decision, IDEMPOTENT_REPLAYED, MAX_EXTERNAL_ID_CHARS, ProblemCode, Profile, Send, SendRequest,
    SendState,
};
use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{IntoResponse, Response},
};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Creates a prospect in Greenhouse, once for each person and job, however often it is requested.
#[utoipa::path(post, path = "/v1/sends", tag = "sends", request_body = SendRequest,
    params(("Idempotency-Key" = String, Header, description = "Names this send; at most 128 visible ASCII characters")),
    responses(
        (status = 200, description = "Settled, or uncertain", body = Send,
         headers(("Idempotent-Replayed" = bool, description = "`true` if an earlier request with this key is answered again"))),
        (status = 202, description = "On disk, not yet in Greenhouse", body = Send,
         headers(("Idempotent-Replayed" = bool, description = "`true` if an earlier request with this key is answered again"))),
        SendProblems
    )
)]
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    Json(request): Json<SendRequest>,
) -> Result<Response, ApiError> {
    check(&request)?;
    let company = caller.company;
    let profile = Zeroizing::new(json(&request.profile)?);
    let sender = caller.sender(app.store.connection(company).await?);
    let new = NewSend {
        request_fingerprint: Sha256::digest(Zeroizing::new(json(&request)?)).to_vec(),
        sealed_profile: app.sealer.seal(
            company,
            Purpose::Profile {
                idempotency_key: &key,
            },
            &profile,
        )?,
        idempotency_key: key.clone(),
        external_id: request.external_id,
        job_id: request.job_id,
        resume: request.resume,
        sent_by: sender.name,
        member: sender.member,
    };
    let changes = app.announcer.subscribe();
    // One whose client has gone is no longer in progress, so a client that lost an answer may ask again.
    let work = app.answering.begin((company, key.clone()));
    let is_replayed = match app.store.accept(company, new, now()).await? {
        Accepted::New(_) => false,
        Accepted::Follows(send) => {
            if matches!(send.state, SendState::Existing(_)) {
                app.metrics.sends(SendOutcome::Existing, 1);
            }
            false
        }
        Accepted::Replayed(send)
            if work.is_none() && matches!(send.state, SendState::Waiting { .. }) =>
        {
            return Err(ProblemCode::StillRunning.into());
        }
        Accepted::Replayed(_) => true,
        Accepted::KeyReused => return Err(ProblemCode::IdempotencyKeyReused.into()),
        Accepted::NotConnected => return Err(ProblemCode::NotConnected.into()),
        Accepted::NoSuchResume => return Err(ProblemCode::ResumeUnknown.into()),
    };
    app.delivery.wake();
    let send = app
        .delivery
        .outcome(changes, company, &key)
        .await?
        .ok_or(ProblemCode::Internal)?;
    Ok(replayed(answer(&send), is_replayed))
}

/// Marks the answer to an earlier request.
pub fn replayed(mut response: Response, is_replayed: bool) -> Response {
    if is_replayed && let Ok(name) = HeaderName::try_from(IDEMPOTENT_REPLAYED) {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static("true"));
    }
    response
}

/// The state of a send.
#[utoipa::path(get, path = "/v1/sends/{idempotency_key}", tag = "sends",
    params(("idempotency_key" = String, Path, description = "The key of the send")),
    responses((status = 200, description = "The send", body = Send), NotFoundProblems)
)]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(key): Path,
) -> Result<axum::Json<Send>, ApiError> {
    let send = app.store.send(caller.company, &key, now()).await?;
    Ok(axum::Json(send.ok_or(ProblemCode::NotFound)?))
}

/// Settles an uncertain send by what a person found in Greenhouse.
#[utoipa::path(post, path = "/v1/sends/{idempotency_key}/decision", tag = "sends", request_body = Decision,
    params(("idempotency_key" = String, Path, description = "The key of the send")),
    responses(
        (status = 200, description = "Settled, or uncertain again", body = Send),
        (status = 202, description = "It goes out again", body = Send),
        DecisionProblems
    )
)]
pub async fn decide(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(key): Path,
    Json(decision): Json<Decision>,
) -> Result<Response, ApiError> {
    let company = caller.company;
    let settling = match decision {
        Decision::ItIsThere { profile_url } => SendDecision::AlreadyThere(
            profile_link::parse(&profile_url)
                .map_err(|error| ApiError::about("profile_url", error.to_string()))?,
        ),
        Decision::SendAgain if app.store.connection(company).await?.is_none() => {
            return Err(ProblemCode::NotConnected.into());
        }
        Decision::SendAgain => SendDecision::SendAgain,
    };
    let changes = app.announcer.subscribe();
    match app
        .store
        .decide(company, &key, settling, &caller.who(), now())
        .await?
    {
        Decided::Done(send) => tracing::info!(
            state = state_name(&send.state),
            "a person settled an uncertain send"
        ),
        Decided::NoSuchSend => return Err(ProblemCode::NotFound.into()),
        Decided::NotUncertain => return Err(ProblemCode::NotUncertain.into()),
        Decided::CandidateOfAnother => {
            return Err(invalid!(
                "profile_url",
                "This is the Greenhouse page of another candidate from Jopwell. Check which page you copied."
            ));
        }
    }
    app.announcer.log_changed(company);
    app.delivery.wake();
    let send = app
        .delivery
        .outcome(changes, company, &key)
        .await?
        .ok_or(ProblemCode::Internal)?;
    Ok(answer(&send))
}

fn check(request: &SendRequest) -> Result<(), ApiError> {
    check_person(&request.external_id, &request.profile)?;
    if request
        .job_id
        .is_some_and(|job| job == 0 || i64::try_from(job).is_err())
    {
        return Err(invalid!(
            "job_id",
            "This is not the id of a Greenhouse job."
        ));
    }
    // A profile that Greenhouse would refuse for its form is refused before anything is stored.
    prospect(&request.external_id, request.job_id, &request.profile)
        .check()
        .map_err(|error| problem_of(&error).into())
}

/// Checks the id and profile of a candidate.
pub fn check_person(id: &str, profile: &Profile) -> Result<(), ApiError> {
    if id.trim().is_empty() {
        return Err(invalid!(
            "external_id",
            "The candidate's id on Jopwell is missing."
        ));
    }
    if id.chars().count() > MAX_EXTERNAL_ID_CHARS || id.contains(char::is_control) {
        return Err(invalid!(
            "external_id",
            "The candidate's id on Jopwell is too long or has control characters."
        ));
    }
    profile.check().map_err(|wrong| {
        invalid!(
            wrong.field,
            "The profile's {field} {reason}.",
            field = wrong.field,
            reason = wrong.reason
        )
    })
}

fn answer(send: &Send) -> Response {
    let status = match send.state {
        SendState::Waiting { .. } => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    (status, axum::Json(send)).into_response()
}

fn state_name(state: &SendState) -> &'static str {
    match state {
        SendState::Waiting { .. } => "waiting",
        SendState::Created(_) => "created",
        SendState::Existing(_) => "existing",
        SendState::Refused { .. } => "refused",
        SendState::Uncertain { .. } => "uncertain",
    }
}

/// Encodes a value for sealing or hashing.
pub fn json(value: &impl serde::Serialize) -> Result<Vec<u8>, ApiError> {
    serde_json::to_vec(value).map_err(|_| ProblemCode::Internal.into())
}

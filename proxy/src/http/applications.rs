//! Applications: told by the extension, or pushed by Jopwell's systems.

use super::{
    App,
    extract::{Admin, Caller, IdempotencyKey, Json, Path, Sender, idempotency_key},
    problems::{
        AdminBodyProblems, ApiError, Called, DismissProblems, ListProblems, NotFoundProblems,
        PushProblems, SendProblems, invalid,
    },
    sends::{check_person, replayed},
};
use crate::{
    delivery::candidate,
    hooks::standard::{self, SECRET_BYTES, Signed, Wrong},
    now,
    seal::Purpose,
    store::{
        Accepted, ApplicationsPage, CompanyId, Dismissed, NewApplication, NewSend,
        StoredApplication, StoredPush,
    },
    upstream::problem_of,
};
use atsi_protocol::{
    Application, ApplicationRequest, Applications, Held, HookSecret, HookSecretRequest,
    MAX_BODY_BYTES, Millis, Problem, ProblemCode, Profile, Push, SendState,
};
use axum::{
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use chacha20poly1305::aead::Generate;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use utoipa::IntoParams;
use zeroize::Zeroizing;

const PAGE: u32 = 200;
/// Whoever keeps the secret on Jopwell's side has so long to change it.
const PREVIOUS_VALID_MS: Millis = 7 * 24 * 60 * 60 * 1000;
/// Who told of an application that was pushed.
const JOPWELL: &str = "Jopwell";

/// Records that somebody applied to a job on Jopwell. They become a candidate on the linked job, once
/// for each person and job; where the job is not linked or switched on, the application waits.
///
/// The answer does not wait for Greenhouse: ask with `GET /v1/applications`.
#[utoipa::path(post, path = "/v1/applications", tag = "applications",
    request_body(content = ApplicationRequest, example = json!(example())),
    params(("Idempotency-Key" = String, Header, description = "Names this wish; at most 128 visible ASCII characters")),
    responses(
        (status = 200, description = "Settled before", body = Application),
        (status = 202, description = "On disk, not yet in Greenhouse", body = Application,
         headers(("Idempotent-Replayed" = bool, description = "`true` where an earlier request with this key is answered again"))),
        SendProblems
    )
)]
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    IdempotencyKey(key): IdempotencyKey,
    Json(request): Json<ApplicationRequest>,
) -> Result<Response, ApiError> {
    let connection = app.store.connection(caller.company).await?;
    let sender = caller.sender(connection);
    accept(&app, caller.company, key, request, sender).await
}

/// The same from Jopwell's own systems, signed as Standard Webhooks 1.0.0 has it. `webhook-id` is the
/// idempotency key: a push that is repeated under it is answered again, and makes nobody twice.
#[utoipa::path(post, path = "/hooks/jopwell/{company}/v1/applications", tag = "applications",
    request_body(content = ApplicationRequest, example = json!(example())),
    params(
        ("company" = String, Path, description = "As in the address that `GET /v1/push` tells"),
        ("webhook-id" = String, Header, description = "Names the push; at most 128 visible ASCII characters"),
        ("webhook-timestamp" = String, Header, description = "When it is sent, whole seconds since the Unix epoch"),
        ("webhook-signature" = String, Header, description = "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`"),
    ),
    responses(
        (status = 200, description = "Settled before", body = Application),
        (status = 202, description = "On disk: nothing more is needed", body = Application,
         headers(("Idempotent-Replayed" = bool, description = "`true` where an earlier push with this id is answered again"))),
        PushProblems
    )
)]
pub async fn pushed(
    State(app): State<Arc<App>>,
    Path(public_id): Path,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let push = app.store.push(&public_id, now()).await?;
    let push = push.ok_or(ProblemCode::NotFound)?;
    let answer = take(&app, &push, &headers, body).await;
    let outcome = match &answer {
        Ok(_) => "accepted",
        Err(error) => error.code().as_str(),
    };
    app.store.count_push(push.company, outcome, now()).await?;
    answer
}

async fn take(
    app: &App,
    push: &StoredPush,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let body = match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            return Err(ProblemCode::BodyTooLarge.into());
        }
        Err(_) => {
            let problem = Problem::new(ProblemCode::InvalidRequest);
            return Err(problem.with_detail("The body did not arrive whole.").into());
        }
    };
    if let Err(wrong) = verify(app, push, headers, &body)? {
        let (reason, code) = match wrong {
            Wrong::Unsigned => ("push_unsigned", ProblemCode::PushUnsigned),
            Wrong::Stale => ("push_stale", ProblemCode::PushStale),
            Wrong::Signature => ("push_signature", ProblemCode::PushSignatureWrong),
        };
        app.metrics.hooks(reason);
        tracing::warn!(company = push.company, reason, "a push was refused");
        return Err(code.into());
    }
    let key = idempotency_key(text(headers, standard::ID), standard::ID)?;
    let request = super::extract::json(&body)?;
    let sender = Sender {
        name: Some(JOPWELL.to_owned()),
        member: None,
    };
    accept(app, push.company, key, request, sender).await
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().trim()
}

fn verify(
    app: &App,
    push: &StoredPush,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Result<(), Wrong>, ApiError> {
    let sealed = [
        Some(&push.sealed_secret),
        push.previous.as_ref().map(|(sealed, _)| sealed),
    ];
    let mut secrets = Vec::new();
    for sealed in sealed.into_iter().flatten() {
        secrets.push(app.sealer.open(push.company, Purpose::PushSecret, sealed)?);
    }
    let signed = Signed {
        id: text(headers, standard::ID),
        timestamp: text(headers, standard::TIMESTAMP),
        signature: text(headers, standard::SIGNATURE),
    };
    let secrets = secrets.iter().map(|secret| secret.as_slice());
    Ok(standard::verify(secrets, signed, body, now() / 1_000))
}

async fn accept(
    app: &App,
    company: CompanyId,
    key: String,
    request: ApplicationRequest,
    sender: Sender,
) -> Result<Response, ApiError> {
    check(&request)?;
    let whole = Zeroizing::new(super::sends::json(&request)?);
    let profile = Zeroizing::new(super::sends::json(&request.profile)?);
    let purpose = Purpose::Profile {
        idempotency_key: &key,
    };
    let new = NewApplication {
        send: NewSend {
            request_fingerprint: Sha256::digest(&whole).to_vec(),
            sealed_profile: app.sealer.seal(company, purpose, &profile)?,
            idempotency_key: key.clone(),
            external_id: request.external_id,
            job_id: None,
            sent_by: sender.name,
            member: sender.member,
            resume: request.resume,
        },
        jopwell_job: request.jopwell_job,
        applied_at: request.applied_at,
    };
    let is_replayed = match app.store.accept_application(company, new, now()).await? {
        Accepted::New(_) => {
            app.delivery.wake();
            false
        }
        Accepted::Follows(_) => false,
        Accepted::Replayed(_) => true,
        Accepted::KeyReused => return Err(ProblemCode::IdempotencyKeyReused.into()),
        Accepted::NotConnected => return Err(ProblemCode::NotConnected.into()),
        Accepted::NoSuchResume => return Err(ProblemCode::ResumeUnknown.into()),
    };
    let stored = app.store.application(company, &key, now()).await?;
    let Some(stored) = stored else {
        // The key stands for a send that somebody pressed for, before they applied.
        return Err(ProblemCode::IdempotencyKeyReused.into());
    };
    let application = shown(app, company, stored);
    let status = match application.state {
        SendState::Waiting { .. } => StatusCode::ACCEPTED,
        _ => StatusCode::OK,
    };
    let response = (status, axum::Json(application)).into_response();
    Ok(replayed(response, is_replayed))
}

fn check(request: &ApplicationRequest) -> Result<(), ApiError> {
    check_person(&request.external_id, &request.profile)?;
    (request.jopwell_job.check())
        .map_err(|(field, reason)| invalid(field, format!("{field} {reason}.")))?;
    if (request.applied_at).is_some_and(|at| i64::try_from(at).is_err()) {
        return Err(invalid(
            "applied_at",
            "It must be milliseconds since the Unix epoch.",
        ));
    }
    // What Greenhouse would refuse for its form is refused now; the job is not known yet.
    candidate(&request.external_id, 1, &request.profile)
        .check()
        .map_err(|error| problem_of(&error).into())
}

fn shown(app: &App, company: CompanyId, stored: StoredApplication) -> Application {
    let purpose = Purpose::Profile {
        idempotency_key: &stored.sealed_under,
    };
    let profile = (stored.sealed_profile.as_ref())
        .and_then(|sealed| app.sealer.open(company, purpose, sealed).ok())
        .and_then(|json| serde_json::from_slice::<Profile>(&json).ok());
    Application {
        idempotency_key: stored.send.idempotency_key,
        external_id: stored.send.external_id,
        name: profile.map(|profile| format!("{} {}", profile.first_name, profile.last_name)),
        jopwell_job: stored.jopwell_job,
        job_id: stored.send.job_id,
        applied_at: stored.applied_at,
        accepted_at: stored.send.accepted_at,
        sent_by: stored.send.sent_by,
        resume: stored.send.resume,
        state: stored.send.state,
        held: stored.reason.map(|reason| Held {
            reason,
            sentence: reason.sentence().to_owned(),
            problem: stored.problem,
            prospect: stored.prospect,
        }),
    }
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// `next` of the page before.
    before: Option<u64>,
    /// Only of this job on Jopwell.
    jopwell_job: Option<String>,
    /// Only those that wait for something or somebody.
    #[serde(default)]
    held: bool,
}

/// The record of applications, 200 at a time. With `held` and a job: who would go if it were switched
/// on.
#[utoipa::path(get, path = "/v1/applications", tag = "applications", params(Which), responses(
    (status = 200, description = "A page", body = Applications), ListProblems
))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<axum::Json<Applications>, ApiError> {
    let Query(which) = which.map_err(|_| {
        invalid(
            "before",
            "before must be the next of the page before, and held true or false.",
        )
    })?;
    let page = ApplicationsPage {
        before: which.before,
        limit: PAGE,
        jopwell_id: which.jopwell_job.as_deref(),
        held_only: which.held,
    };
    let stored = match page.jopwell_id {
        // No job is called so, and PostgreSQL cannot be asked for it.
        Some(id) if id.contains('\0') => Vec::new(),
        _ => app.store.applications(caller.company, page, now()).await?,
    };
    let is_full = u32::try_from(stored.len()).is_ok_and(|count| count >= PAGE);
    let last = stored.last().map(|application| application.id);
    Ok(axum::Json(Applications {
        next: last.filter(|_| is_full),
        applications: (stored.into_iter())
            .map(|application| shown(&app, caller.company, application))
            .collect(),
    }))
}

/// Where an application stands.
#[utoipa::path(get, path = "/v1/applications/{idempotency_key}", tag = "applications",
    params(("idempotency_key" = String, Path, description = "The key, or webhook-id, that it came with")),
    responses((status = 200, description = "The application", body = Application), NotFoundProblems)
)]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(key): Path,
) -> Result<axum::Json<Application>, ApiError> {
    let stored = app.store.application(caller.company, &key, now()).await?;
    let stored = stored.ok_or(ProblemCode::NotFound)?;
    Ok(axum::Json(shown(&app, caller.company, stored)))
}

/// Ends an application that waits: it does not go to Greenhouse, and does not come back by itself.
/// What was kept of the person for it is deleted. One that needs a decision is sent by
/// `POST /v1/sends/{idempotency_key}/decision`.
#[utoipa::path(delete, path = "/v1/applications/{idempotency_key}", tag = "applications",
    params(("idempotency_key" = String, Path, description = "The key, or webhook-id, that it came with")),
    responses((status = 200, description = "As it stands now", body = Application), DismissProblems)
)]
pub async fn dismiss(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(key): Path,
) -> Result<axum::Json<Application>, ApiError> {
    let company = caller.company;
    let dismissed = app
        .store
        .dismiss_application(company, &key, &caller.who(), now())
        .await?;
    match dismissed {
        Dismissed::Done => tracing::info!(company, "an application was dismissed"),
        Dismissed::NoSuchApplication => return Err(ProblemCode::NotFound.into()),
        Dismissed::NotHeld => return Err(ProblemCode::NotUncertain.into()),
    }
    let stored = app.store.application(company, &key, now()).await?;
    let stored = stored.ok_or(ProblemCode::NotFound)?;
    Ok(axum::Json(shown(&app, company, stored)))
}

/// Where Jopwell's systems push applications.
#[utoipa::path(get, path = "/v1/push", tag = "applications", responses(
    (status = 200, description = "As it stands", body = Push), Called
))]
pub async fn address(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<Push>, ApiError> {
    let push = app.store.push_of(caller.company, now()).await?;
    Ok(axum::Json(Push {
        url: push.as_ref().map(|push| push_url(&app, push)),
        secret_made_at: push.as_ref().map(|push| push.made_at),
        previous_secret_until: push.and_then(|push| Some(push.previous?.1)),
        received: app.store.push_counts(caller.company).await?,
    }))
}

/// Makes a secret for signing pushes and shows it, once. The one before stays good for seven days.
#[utoipa::path(post, path = "/v1/push/secret", tag = "applications", request_body = HookSecretRequest, responses(
    (status = 200, description = "What to give to Jopwell", body = HookSecret), AdminBodyProblems
))]
pub async fn make_secret(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<HookSecretRequest>,
) -> Result<axum::Json<HookSecret>, ApiError> {
    let company = caller.company;
    let secret: Zeroizing<[u8; SECRET_BYTES]> = Zeroizing::new(Generate::generate());
    let sealed = app
        .sealer
        .seal(company, Purpose::PushSecret, secret.as_slice())?;
    let now = now();
    let previous_for = if request.revoke_previous {
        0
    } else {
        PREVIOUS_VALID_MS
    };
    let public_id = uuid::Uuid::new_v4().simple().to_string();
    let push = app
        .store
        .put_push_secret(
            company,
            &public_id,
            &sealed,
            now + previous_for,
            &caller.who(),
            now,
        )
        .await?;
    tracing::info!(company, "a push secret was made");
    Ok(axum::Json(HookSecret {
        url: push_url(&app, &push),
        secret: standard::secret_text(secret.as_slice()),
        previous_secret_until: push.previous.map(|(_, until)| until),
    }))
}

fn push_url(app: &App, push: &StoredPush) -> String {
    let (url, id) = (&app.public_url, &push.public_id);
    format!("{url}/hooks/jopwell/{id}/v1/applications")
}

fn example() -> serde_json::Value {
    serde_json::json!({
        "external_id": "imani-7",
        "jopwell_job": {"id": "/jobs/kiln-engineer", "title": "Kiln engineer", "location": "Oakland, CA", "requisition": "HW-42"},
        "applied_at": 1_790_000_000_000_u64,
        "profile": {
            "first_name": "Imani", "last_name": "Brooks", "title": "Potter",
            "emails": [{"address": "imani@kiln.example", "kind": "personal"}],
            "resume_url": "https://static.kiln.example/imani.pdf",
        },
    })
}

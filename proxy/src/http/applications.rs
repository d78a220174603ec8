//! Applications: reported by the extension, or pushed by Jopwell's systems.

use super::{
    app::App,
    extract::{Admin, Caller, IdempotencyKey, Json, Path, SentBy, idempotency_key},
    problems::{
        AdminBodyProblems, ApiError, Called, DismissProblems, ListProblems, NotFoundProblems,
        PushProblems, SendProblems, invalid,
    },
    sends::{check_person, replayed},
};
use crate::{
    clock::now,
    delivery::candidate,
    metrics::HookResult,
    rotating_secret::JOPWELL_PUSHES,
    seal::Purpose,
    standard_webhooks::{self, SignatureError, Signed},
    store::{
        Accepted, ApplicationsPage, CompanyId, Dismissed, NewApplication, NewSend,
        StoredApplication, StoredPush,
    },
    upstream::problem_of,
};
use atsi_protocol::{
    Application, ApplicationRequest, Applications, Held, HookSecret, HookSecretRequest,
    MAX_BODY_BYTES, ProblemCode, Profile, Push, SendState,
};
use axum::{
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use utoipa::IntoParams;
use zeroize::Zeroizing;

const PAGE: u32 = 200;
/// The sender of pushed applications.
const JOPWELL: &str = "Jopwell";

/// Records an application to a job on Jopwell. It creates a candidate on the linked job, once for each
/// person and job; if the job is not linked or not turned on, the application waits.
///
/// The answer does not wait for Greenhouse: ask with `GET /v1/applications`.
#[utoipa::path(post, path = "/v1/applications", tag = "applications",
    request_body(content = ApplicationRequest, example = json!(example())),
    params(("Idempotency-Key" = String, Header, description = "Names this application; at most 128 visible ASCII characters")),
    responses(
        (status = 200, description = "Settled before", body = Application),
        (status = 202, description = "On disk, not yet in Greenhouse", body = Application,
         headers(("Idempotent-Replayed" = bool, description = "`true` if an earlier request with this key is answered again"))),
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

/// Records an application from Jopwell's own systems, signed as in Standard Webhooks 1.0.0. `webhook-id` is
/// the idempotency key: a repeated push is answered again and creates nothing twice.
#[utoipa::path(post, path = "/hooks/jopwell/{company}/v1/applications", tag = "applications",
    request_body(content = ApplicationRequest, example = json!(example())),
    params(
        ("company" = String, Path, description = "As in the address in `GET /v1/push`"),
        ("webhook-id" = String, Header, description = "Names the push; at most 128 visible ASCII characters"),
        ("webhook-timestamp" = String, Header, description = "Time of sending, whole seconds since the Unix epoch"),
        ("webhook-signature" = String, Header, description = "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`"),
    ),
    responses(
        (status = 200, description = "Settled before", body = Application),
        (status = 202, description = "On disk: nothing more is needed", body = Application,
         headers(("Idempotent-Replayed" = bool, description = "`true` if an earlier push with this id is answered again"))),
        PushProblems
    )
)]
pub async fn pushed(
    State(app): State<Arc<App>>,
    Path(public_id): Path,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let push = app.store.push_by_public_id(&public_id, now()).await?;
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
        Err(_) => return Err(ApiError::incomplete_body()),
    };
    let sealed = [
        Some(&push.sealed_secret),
        push.previous.as_ref().map(|(sealed, _)| sealed),
    ];
    let sealed = sealed.into_iter().flatten();
    let secrets = JOPWELL_PUSHES.open(&app.sealer, push.company, sealed)?;
    if let Err(error) = verify(&secrets, headers, &body) {
        let (reason, code) = match error {
            SignatureError::Unsigned => (HookResult::PushUnsigned, ProblemCode::PushUnsigned),
            SignatureError::Stale => (HookResult::PushStale, ProblemCode::PushStale),
            SignatureError::Wrong => (HookResult::PushSignature, ProblemCode::PushSignatureWrong),
        };
        app.metrics.hooks(reason);
        let reason: &str = reason.into();
        tracing::warn!(company = push.company, reason, "a push was rejected");
        return Err(code.into());
    }
    let key = idempotency_key(text(headers, standard_webhooks::ID), standard_webhooks::ID)?;
    let request = super::extract::json(&body)?;
    let sender = SentBy {
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
    secrets: &[Zeroizing<Vec<u8>>],
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(), SignatureError> {
    let signed = Signed {
        id: text(headers, standard_webhooks::ID),
        timestamp: text(headers, standard_webhooks::TIMESTAMP),
        signature: text(headers, standard_webhooks::SIGNATURE),
    };
    let secrets = secrets.iter().map(|secret| secret.as_slice());
    standard_webhooks::verify(secrets, signed, body, now() / 1_000)
}

async fn accept(
    app: &App,
    company: CompanyId,
    key: String,
    request: ApplicationRequest,
    sender: SentBy,
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
        // The key belongs to a send by click, before the application.
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
    (request.jopwell_job.check()).map_err(|(field, reason)| {
        invalid!(field, "{field} {reason}.", field = field, reason = reason)
    })?;
    if (request.applied_at).is_some_and(|at| i64::try_from(at).is_err()) {
        return Err(invalid!(
            "applied_at",
            "It must be milliseconds since the Unix epoch."
        ));
    }
    // A profile that Greenhouse would refuse for its form is refused now; the job is not known yet.
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
    /// `next` of the previous page.
    before: Option<u64>,
    /// Only applications to this job on Jopwell.
    jopwell_job: Option<String>,
    /// Only applications that wait for something or somebody.
    #[serde(default)]
    held: bool,
}

/// The applications, 200 at a time. With `held` and a job: those that would go if the job were turned on.
#[utoipa::path(get, path = "/v1/applications", tag = "applications", params(Which), responses(
    (status = 200, description = "A page", body = Applications), ListProblems
))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<axum::Json<Applications>, ApiError> {
    let Query(which) = which.map_err(|_| {
        invalid!(
            "before",
            "before must be the next of the previous page, and held true or false."
        )
    })?;
    let page = ApplicationsPage {
        before: which.before,
        limit: PAGE,
        jopwell_id: which.jopwell_job.as_deref(),
        held_only: which.held,
    };
    let stored = match page.jopwell_id {
        // No job has such an id, and PostgreSQL does not accept a NUL.
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

/// The state of an application.
#[utoipa::path(get, path = "/v1/applications/{idempotency_key}", tag = "applications",
    params(("idempotency_key" = String, Path, description = "The key, or webhook-id, of the application")),
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

/// Dismisses an application that waits: it does not go to Greenhouse and does not come back automatically.
/// Its personal data is deleted. To send one that needs a decision, use
/// `POST /v1/sends/{idempotency_key}/decision`.
#[utoipa::path(delete, path = "/v1/applications/{idempotency_key}", tag = "applications",
    params(("idempotency_key" = String, Path, description = "The key, or webhook-id, of the application")),
    responses((status = 200, description = "The application", body = Application), DismissProblems)
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

/// The address to which Jopwell's systems push applications.
#[utoipa::path(get, path = "/v1/push", tag = "applications", responses(
    (status = 200, description = "The address and the counts", body = Push), Called
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

/// Creates a secret for signing pushes and shows it once. The previous one stays valid for seven days.
#[utoipa::path(post, path = "/v1/push/secret", tag = "applications", request_body = HookSecretRequest, responses(
    (status = 200, description = "What to give to Jopwell", body = HookSecret), AdminBodyProblems
))]
pub async fn make_secret(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<HookSecretRequest>,
) -> Result<axum::Json<HookSecret>, ApiError> {
    let company = caller.company;
    let new = JOPWELL_PUSHES.generate(&app.sealer, company)?;
    let now = now();
    let previous_until = JOPWELL_PUSHES.previous_until(request.revoke_previous, now);
    let public_id = uuid::Uuid::new_v4().simple().to_string();
    let push = app
        .store
        .put_push_secret(
            company,
            &public_id,
            &new.sealed,
            previous_until,
            &caller.who(),
            now,
        )
        .await?;
    tracing::info!(company, "a push secret was created");
    Ok(axum::Json(HookSecret {
        url: push_url(&app, &push),
        secret: new.shown.as_str().to_owned(),
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

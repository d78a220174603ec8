//! Webhooks: the address at which Greenhouse delivers them, and what an admin sees and sets.

use super::{
    app::App,
    extract::{Admin, Caller, Json, Path},
    problems::{AdminBodyProblems, ApiError, Called, HookProblems},
};
use crate::{
    clock::now,
    metrics::{HookResult, SendOutcome},
    rotating_secret::GREENHOUSE_WEBHOOKS,
    sentence::problem,
    store::{ReceivedHook, StoredHook},
};
use atsi_greenhouse::webhook::{self, Event, is_signed};
use atsi_protocol::{
    HookCount, HookSecret, HookSecretRequest, Hooks, Millis, Problem, ProblemCode,
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::HeaderMap,
};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Largest webhook, in bytes. A candidate with every interview kit printed comes near 100 KB.
const MAX_HOOK_BYTES: usize = 2 * 1024 * 1024;
const MAX_EVENT_ID_CHARS: usize = 128;

/// Receives a Greenhouse webhook. 200 means that everything it says is on disk; after anything else
/// Greenhouse delivers it again.
#[utoipa::path(post, path = "/hooks/greenhouse/{connection}", tag = "hooks",
    request_body(content = serde_json::Value, description = "As Greenhouse sends it; `Signature` is over these bytes"),
    params(
        ("connection" = String, Path, description = "As in the address in `GET /v1/hooks`"),
        ("Signature" = String, Header, description = "`sha256 ` and the HMAC-SHA256 of the body in hexadecimal"),
        ("Greenhouse-Event-ID" = Option<String>, Header, description = "Names the delivery"),
    ),
    responses((status = 200, description = "Recorded, now or before"), HookProblems)
)]
pub async fn receive(
    State(app): State<Arc<App>>,
    Path(connection): Path,
    headers: HeaderMap,
    body: Body,
) -> Result<(), ApiError> {
    let hook = app.store.hook_by_public_id(&connection, now()).await?;
    let hook = hook.ok_or(ProblemCode::NotFound)?;
    match take(&app, &hook, &headers, body).await {
        Ok(()) => Ok(()),
        Err(NotTaken::Failed(error)) => Err(error),
        Err(NotTaken::Rejected(reason, problem)) => {
            app.metrics.hooks(reason);
            let reason: &str = reason.into();
            app.store
                .count_refused_hook(hook.company, reason, now())
                .await?;
            tracing::warn!(company = hook.company, reason, "a webhook was rejected");
            Err(problem.into())
        }
    }
}

/// The reason for which a webhook was not taken.
enum NotTaken {
    /// Because of its content; counted, so that an admin sees it.
    Rejected(HookResult, Problem),
    /// Because of a failure on our side or on the way.
    Failed(ApiError),
}

impl<E: Into<ApiError>> From<E> for NotTaken {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

async fn take(
    app: &App,
    hook: &StoredHook,
    headers: &HeaderMap,
    body: Body,
) -> Result<(), NotTaken> {
    let body = match Limited::new(body, MAX_HOOK_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let problem = Problem::new(ProblemCode::BodyTooLarge);
            return Err(NotTaken::Rejected(HookResult::TooLarge, problem));
        }
        Err(_) => return Err(ApiError::incomplete_body().into()),
    };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if !has_valid_signature(app, hook, text("signature").unwrap_or_default(), &body)? {
        return Err(NotTaken::Rejected(
            HookResult::Signature,
            Problem::new(ProblemCode::HookRefused),
        ));
    }
    let webhook = webhook::read(&body).map_err(|error| {
        let problem = problem!(
            ProblemCode::InvalidRequest,
            "This is not a Greenhouse webhook: {why}.",
            why = error
        );
        NotTaken::Rejected(HookResult::Malformed, problem)
    })?;
    let changes_nothing = webhook.event == Event::Nothing;
    let received = ReceivedHook {
        event_id: text("greenhouse-event-id")
            .filter(|id| !id.is_empty() && id.len() <= MAX_EVENT_ID_CHARS)
            .map(str::to_owned),
        digest: Sha256::digest(&body).into(),
        action: webhook.action.as_str().to_owned(),
        event: webhook.event,
    };
    let effect = app
        .store
        .receive_hook(hook.company, &received, now())
        .await?;
    if effect.duplicate {
        app.metrics.hooks(HookResult::Duplicate);
        return Ok(());
    }
    app.metrics.hooks(HookResult::Accepted);
    if effect.settled > 0 {
        app.metrics.sends(SendOutcome::Created, effect.settled);
        tracing::info!(company = hook.company, "a webhook settled a send");
    }
    if !changes_nothing {
        app.announcer.log_changed(hook.company);
        // A job that opened releases the applications that waited for it.
        app.delivery.wake();
    }
    Ok(())
}

fn has_valid_signature(
    app: &App,
    hook: &StoredHook,
    signature: &str,
    body: &Bytes,
) -> Result<bool, ApiError> {
    let sealed = hook.secrets.iter().map(|secret| &secret.sealed);
    let secrets = GREENHOUSE_WEBHOOKS.open(&app.sealer, hook.company, sealed)?;
    Ok((secrets.iter()).any(|secret| is_signed(signature, secret, body)))
}

/// The address for webhooks, and how many were received and rejected.
#[utoipa::path(get, path = "/v1/hooks", tag = "hooks", responses(
    (status = 200, description = "The address and the counts", body = Hooks), Called
))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<Hooks>, ApiError> {
    let hook = app.store.hook_of(caller.company, now()).await?;
    let counts = app.store.hook_counts(caller.company).await?;
    let (refused, received): (Vec<_>, Vec<_>) = counts.into_iter().partition(|count| count.refused);
    let shown = |counts: Vec<crate::store::HookCount>| {
        let counts = counts.into_iter().map(|count| HookCount {
            name: count.name,
            count: count.count,
            last_at: count.last_at,
        });
        counts.collect()
    };
    Ok(axum::Json(Hooks {
        secret_made_at: hook
            .as_ref()
            .and_then(|hook| Some(hook.secrets.first()?.created_at)),
        previous_secret_until: hook.as_ref().and_then(previous_valid_until),
        url: hook.map(|hook| app.hook_url(&hook.public_id)),
        received: shown(received),
        refused: shown(refused),
    }))
}

/// Creates a secret for signing webhooks and shows it once. The previous one stays valid for seven days, so
/// that the webhooks in Greenhouse can be edited one by one.
#[utoipa::path(post, path = "/v1/hooks/secret", tag = "hooks", request_body = HookSecretRequest, responses(
    (status = 200, description = "What to enter in Greenhouse", body = HookSecret), AdminBodyProblems
))]
pub async fn make_secret(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<HookSecretRequest>,
) -> Result<axum::Json<HookSecret>, ApiError> {
    let new = GREENHOUSE_WEBHOOKS.generate(&app.sealer, caller.company)?;
    let now = now();
    let previous_until = GREENHOUSE_WEBHOOKS.previous_until(request.revoke_previous, now);
    let public_id = uuid::Uuid::new_v4().simple().to_string();
    let hook = app
        .store
        .add_hook_secret(
            caller.company,
            &public_id,
            &new.sealed,
            previous_until,
            &caller.who(),
            now,
        )
        .await?;
    tracing::info!(company = caller.company, "a webhook secret was created");
    Ok(axum::Json(HookSecret {
        previous_secret_until: previous_valid_until(&hook),
        url: app.hook_url(&hook.public_id),
        secret: new.shown.as_str().to_owned(),
    }))
}

fn previous_valid_until(hook: &StoredHook) -> Option<Millis> {
    hook.secrets
        .iter()
        .filter_map(|secret| secret.valid_until)
        .max()
}

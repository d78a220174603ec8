//! Web hooks: where Greenhouse delivers them, and what an admin sees and sets.

use super::{
    App,
    extract::{Admin, Caller, Json, Path},
    problems::{AdminBodyProblems, ApiError, Called, HookProblems},
};
use crate::{
    hooks::{is_signed, read},
    now,
    seal::Purpose,
    store::{ReceivedHook, StoredHook},
};
use atsi_protocol::{
    HookCount, HookSecret, HookSecretRequest, Hooks, Millis, Problem, ProblemCode,
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::HeaderMap,
};
use chacha20poly1305::aead::Generate;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use zeroize::Zeroizing;

const SECRET_BYTES: usize = 32;
/// A company has a web hook to edit for each action, and Greenhouse tries for 15 hours.
const PREVIOUS_VALID_MS: Millis = 7 * 24 * 60 * 60 * 1000;
/// Largest web hook. A person with every interview kit printed comes near 100 KB.
const MAX_HOOK_BYTES: usize = 2 * 1024 * 1024;
const MAX_EVENT_ID_CHARS: usize = 128;

/// Takes a web hook of Greenhouse's. 200 means that all it says is on disk; anything else makes
/// Greenhouse deliver it again.
#[utoipa::path(post, path = "/hooks/greenhouse/{connection}", tag = "hooks",
    request_body(content = serde_json::Value, description = "As Greenhouse sends it; `Signature` is over these bytes"),
    params(
        ("connection" = String, Path, description = "As in the address that `GET /v1/hooks` tells"),
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
        Err(Turned::Failed(error)) => Err(error),
        Err(Turned::Refused(reason, problem)) => {
            app.store
                .count_refused_hook(hook.company, reason, now())
                .await?;
            app.metrics.hooks(reason);
            tracing::warn!(company = hook.company, reason, "a web hook was refused");
            Err(problem.into())
        }
    }
}

/// Why a web hook was not taken.
enum Turned {
    /// By what it is; counted, so that an admin sees it.
    Refused(&'static str, Problem),
    /// By us.
    Failed(ApiError),
}

impl<E: Into<ApiError>> From<E> for Turned {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

async fn take(app: &App, hook: &StoredHook, headers: &HeaderMap, body: Body) -> Result<(), Turned> {
    let body = match Limited::new(body, MAX_HOOK_BYTES).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => {
            let problem = Problem::new(ProblemCode::BodyTooLarge);
            return Err(Turned::Refused("too_large", problem));
        }
        Err(_) => {
            let problem = Problem::new(ProblemCode::InvalidRequest)
                .with_detail("The body did not arrive whole.");
            return Err(problem.into());
        }
    };
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if !signed_by_one_of(app, hook, text("signature").unwrap_or_default(), &body)? {
        return Err(Turned::Refused(
            "signature",
            Problem::new(ProblemCode::HookRefused),
        ));
    }
    let understood = read(&body).map_err(|error| {
        let problem = Problem::new(ProblemCode::InvalidRequest)
            .with_detail(format!("This is no web hook of Greenhouse's: {error}."));
        Turned::Refused("malformed", problem)
    })?;
    let received = ReceivedHook {
        event_id: text("greenhouse-event-id")
            .filter(|id| !id.is_empty() && id.len() <= MAX_EVENT_ID_CHARS)
            .map(str::to_owned),
        digest: Sha256::digest(&body).into(),
        action: understood.action.to_owned(),
        event: understood.event,
    };
    let effect = app
        .store
        .receive_hook(hook.company, &received, now())
        .await?;
    app.metrics.hooks(if effect.duplicate {
        "duplicate"
    } else {
        "accepted"
    });
    if effect.settled > 0 {
        app.metrics.sends("created", effect.settled);
        tracing::info!(company = hook.company, "a web hook settled a send");
    }
    app.delivery.connection_changed(hook.company);
    Ok(())
}

fn signed_by_one_of(
    app: &App,
    hook: &StoredHook,
    signature: &str,
    body: &Bytes,
) -> Result<bool, ApiError> {
    for secret in &hook.secrets {
        let secret = app
            .sealer
            .open(hook.company, Purpose::HookSecret, &secret.sealed)?;
        if is_signed(signature, &secret, body) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Where Greenhouse has to send web hooks, what came and what was refused.
#[utoipa::path(get, path = "/v1/hooks", tag = "hooks", responses(
    (status = 200, description = "As they stand", body = Hooks), Called
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
        previous_secret_until: hook.as_ref().and_then(previous_until),
        url: hook.map(|hook| app.hook_url(&hook.public_id)),
        received: shown(received),
        refused: shown(refused),
    }))
}

/// Makes a secret for signing web hooks and shows it, once. The one before stays good for seven
/// days, so that the web hooks in Greenhouse can be edited one by one.
#[utoipa::path(post, path = "/v1/hooks/secret", tag = "hooks", request_body = HookSecretRequest, responses(
    (status = 200, description = "What to enter in Greenhouse", body = HookSecret), AdminBodyProblems
))]
pub async fn make_secret(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<HookSecretRequest>,
) -> Result<axum::Json<HookSecret>, ApiError> {
    let bytes: Zeroizing<[u8; SECRET_BYTES]> = Zeroizing::new(Generate::generate());
    let secret = hex::encode(bytes.as_slice());
    let sealed = app
        .sealer
        .seal(caller.company, Purpose::HookSecret, secret.as_bytes())?;
    let now = now();
    let previous_for = if request.revoke_previous {
        0
    } else {
        PREVIOUS_VALID_MS
    };
    let public_id = uuid::Uuid::new_v4().simple().to_string();
    let hook = app
        .store
        .add_hook_secret(
            caller.company,
            &public_id,
            &sealed,
            now + previous_for,
            &caller.who(),
            now,
        )
        .await?;
    tracing::info!(company = caller.company, "a web hook secret was made");
    Ok(axum::Json(HookSecret {
        previous_secret_until: previous_until(&hook),
        url: app.hook_url(&hook.public_id),
        secret,
    }))
}

fn previous_until(hook: &StoredHook) -> Option<Millis> {
    hook.secrets
        .iter()
        .filter_map(|secret| secret.valid_until)
        .max()
}

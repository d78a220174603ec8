//! A company's own address for its changes: set, looked after, tried again.

use super::{
    App,
    extract::{Admin, Caller, Json, Path},
    problems::{
        AdminBodyProblems, AdminSomethingProblems, Administered, ApiError, BodyNotFoundProblems,
        Called, FromProblems, invalid,
    },
};
use crate::{
    hooks::standard::{self, SECRET_BYTES},
    now,
    seal::{Purpose, Unsealable},
    store::{CompanyId, StoreError},
};
use atsi_protocol::{
    Callback, CallbackDeliveries, CallbackDelivery, CallbackRequest, CallbackSecretRequest,
    CallbackState, Millis, ProblemCode,
};
use axum::extract::{Query, State, rejection::QueryRejection};
use chacha20poly1305::aead::Generate;
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;
use zeroize::Zeroizing;

const PAGE: u32 = 100;
/// A receiver can be told the new secret in peace.
const PREVIOUS_VALID_MS: Millis = 24 * 60 * 60 * 1000;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Before {
    /// The last id of the page before; absent for the newest.
    before: Option<i64>,
}

async fn stands(
    app: &App,
    company: CompanyId,
    secret: Option<String>,
) -> Result<axum::Json<Callback>, StoreError> {
    let stored = app.store.callback(company, now()).await?;
    let Some(stored) = stored else {
        return Ok(axum::Json(Callback {
            state: CallbackState::None,
            url: None,
            secret_made_at: None,
            previous_secret_until: None,
            delivered_at: None,
            failing_since: None,
            disabled_at: None,
            waiting: 0,
            secret: None,
        }));
    };
    let state = match (stored.disabled_at, stored.failing_since) {
        (Some(_), _) => CallbackState::Disabled,
        (None, Some(_)) => CallbackState::Failing,
        (None, None) => CallbackState::Active,
    };
    let until = (stored.secrets.iter()).filter_map(|secret| secret.valid_until);
    Ok(axum::Json(Callback {
        state,
        secret_made_at: stored.secrets.first().map(|secret| secret.created_at),
        previous_secret_until: until.max(),
        url: Some(stored.url),
        delivered_at: stored.delivered_at,
        failing_since: stored.failing_since,
        disabled_at: stored.disabled_at,
        waiting: stored.waiting,
        secret,
    }))
}

/// A secret as it is shown, and sealed.
fn new_secret(app: &App, company: CompanyId) -> Result<(String, Vec<u8>), Unsealable> {
    let bytes: Zeroizing<[u8; SECRET_BYTES]> = Zeroizing::new(Generate::generate());
    let sealed = (app.sealer).seal(company, Purpose::CallbackSecret, bytes.as_slice())?;
    Ok((standard::secret_text(bytes.as_slice()), sealed))
}

/// Where the company's changes are delivered. See docs/callback.md.
#[utoipa::path(get, path = "/v1/callback", tag = "callback", responses(
    (status = 200, description = "As it stands", body = Callback), Called
))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<Callback>, ApiError> {
    Ok(stands(&app, caller.company, None).await?)
}

/// Has changes delivered to this address from now on; where it was disabled, what waited goes first.
#[utoipa::path(put, path = "/v1/callback", tag = "callback", request_body = CallbackRequest, responses(
    (status = 200, description = "As it stands; with the secret where there was no address before", body = Callback), AdminBodyProblems
))]
pub async fn put(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<CallbackRequest>,
) -> Result<axum::Json<Callback>, ApiError> {
    let url = (app.reach)
        .check(&request.url)
        .map_err(|error| invalid("url", error.to_string()))?;
    let (secret, sealed) = new_secret(&app, caller.company)?;
    let is_first = app
        .store
        .put_callback(caller.company, url.as_str(), &sealed, &caller.who(), now())
        .await?;
    tracing::info!(company = caller.company, "a callback address was set");
    app.delivery.candidates_changed(caller.company);
    Ok(stands(&app, caller.company, is_first.then_some(secret)).await?)
}

/// Delivers nothing more, and forgets the address, its secrets and its deliveries.
#[utoipa::path(delete, path = "/v1/callback", tag = "callback", responses(
    (status = 200, description = "There is none any more", body = Callback), Administered
))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
) -> Result<axum::Json<Callback>, ApiError> {
    app.store
        .delete_callback(caller.company, &caller.who(), now())
        .await?;
    tracing::info!(company = caller.company, "a callback address was removed");
    Ok(stands(&app, caller.company, None).await?)
}

/// Makes another secret and shows it, once. For a day deliveries are signed with the one before, too.
#[utoipa::path(post, path = "/v1/callback/secret", tag = "callback", request_body = CallbackSecretRequest, responses(
    (status = 200, description = "As it stands, with the secret", body = Callback), BodyNotFoundProblems
))]
pub async fn make_secret(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<CallbackSecretRequest>,
) -> Result<axum::Json<Callback>, ApiError> {
    let (secret, sealed) = new_secret(&app, caller.company)?;
    let now = now();
    let until = if request.revoke_previous {
        now
    } else {
        now + PREVIOUS_VALID_MS
    };
    let is_made = app
        .store
        .add_callback_secret(caller.company, &sealed, until, &caller.who(), now)
        .await?;
    if !is_made {
        return Err(ProblemCode::NotFound.into());
    }
    tracing::info!(company = caller.company, "a callback secret was made");
    Ok(stands(&app, caller.company, Some(secret)).await?)
}

/// What was delivered lately, and what was not.
#[utoipa::path(get, path = "/v1/callback/deliveries", tag = "callback", params(Before), responses(
    (status = 200, description = "A page of deliveries", body = CallbackDeliveries), FromProblems
))]
pub async fn deliveries(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Result<Query<Before>, QueryRejection>,
) -> Result<axum::Json<CallbackDeliveries>, ApiError> {
    let Query(Before { before }) = query.map_err(|_| {
        invalid(
            "before",
            "It must be the id of a delivery, as the page before has it.",
        )
    })?;
    let rows = (app.store)
        .callback_deliveries(caller.company, before, PAGE)
        .await?;
    let deliveries = rows.into_iter().map(|row| CallbackDelivery {
        next_at: (row.state == "waiting").then_some(row.next_at),
        id: row.id,
        webhook_id: row.webhook_id,
        number: row.number,
        idempotency_key: row.idempotency_key,
        greenhouse_job_id: row.greenhouse_job_id,
        state: row.state,
        created_at: row.created_at,
        attempts: row.attempts,
        attempted_at: row.attempted_at,
        answer: row.answer,
    });
    Ok(axum::Json(CallbackDeliveries {
        deliveries: deliveries.collect(),
    }))
}

/// Delivers once more what a delivery told of, as it stands now, under a `webhook-id` of its own. One that still
/// waits is tried at once, under the id that it has.
#[utoipa::path(post, path = "/v1/callback/deliveries/{id}/redeliver", tag = "callback",
    params(("id" = i64, Path, description = "As the list of deliveries has it")),
    responses((status = 200, description = "It is on its way; the newest deliveries", body = CallbackDeliveries), AdminSomethingProblems)
)]
pub async fn redeliver(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Path(id): Path,
) -> Result<axum::Json<CallbackDeliveries>, ApiError> {
    let id = id.parse().map_err(|_| ProblemCode::NotFound)?;
    let is_there = app
        .store
        .redeliver_callback(caller.company, id, now())
        .await?;
    if !is_there {
        return Err(ProblemCode::NotFound.into());
    }
    app.delivery.candidates_changed(caller.company);
    deliveries(State(app), caller, Ok(Query(Before { before: None }))).await
}

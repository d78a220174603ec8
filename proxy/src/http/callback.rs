//! A company's own address for its changes: setting it, its deliveries, delivering again.

use super::{
    app::App,
    extract::{Admin, Caller, Json, Path},
    problems::{
        AdminBodyProblems, AdminSomethingProblems, Administered, ApiError, BodyNotFoundProblems,
        Called, FromProblems, invalid,
    },
};
use crate::{
    clock::now,
    rotating_secret::CALLBACKS,
    store::{CompanyId, StoreError},
};
use atsi_protocol::{
    Callback, CallbackDeliveries, CallbackDelivery, CallbackRequest, CallbackSecretRequest,
    CallbackState, ProblemCode,
};
use axum::extract::{Query, State, rejection::QueryRejection};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

const PAGE: u32 = 100;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Before {
    /// The last id of the previous page; absent for the newest.
    before: Option<i64>,
}

async fn current(
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

/// The address to which the company's changes are delivered. See docs/callback.md.
#[utoipa::path(get, path = "/v1/callback", tag = "callback", responses(
    (status = 200, description = "The address and its state", body = Callback), Called
))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<Callback>, ApiError> {
    Ok(current(&app, caller.company, None).await?)
}

/// Delivers changes to this address from now on. If it was disabled, waiting deliveries go first.
#[utoipa::path(put, path = "/v1/callback", tag = "callback", request_body = CallbackRequest, responses(
    (status = 200, description = "The address; with the secret if there was no address before", body = Callback), AdminBodyProblems
))]
pub async fn put(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<CallbackRequest>,
) -> Result<axum::Json<Callback>, ApiError> {
    let url = (app.reach)
        .check(&request.url)
        .map_err(|error| ApiError::about("url", error.to_string()))?;
    let new = CALLBACKS.generate(&app.sealer, caller.company)?;
    let is_first = app
        .store
        .put_callback(
            caller.company,
            url.as_str(),
            &new.sealed,
            &caller.who(),
            now(),
        )
        .await?;
    tracing::info!(company = caller.company, "a callback address was set");
    app.announcer.log_changed(caller.company);
    let secret = is_first.then(|| new.shown.as_str().to_owned());
    Ok(current(&app, caller.company, secret).await?)
}

/// Stops deliveries and deletes the address, its secrets and its deliveries.
#[utoipa::path(delete, path = "/v1/callback", tag = "callback", responses(
    (status = 200, description = "There is no address", body = Callback), Administered
))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
) -> Result<axum::Json<Callback>, ApiError> {
    app.store
        .delete_callback(caller.company, &caller.who(), now())
        .await?;
    tracing::info!(company = caller.company, "a callback address was removed");
    Ok(current(&app, caller.company, None).await?)
}

/// Creates another secret and shows it once. For a day, deliveries are also signed with the previous one.
#[utoipa::path(post, path = "/v1/callback/secret", tag = "callback", request_body = CallbackSecretRequest, responses(
    (status = 200, description = "The address, with the secret", body = Callback), BodyNotFoundProblems
))]
pub async fn make_secret(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<CallbackSecretRequest>,
) -> Result<axum::Json<Callback>, ApiError> {
    let new = CALLBACKS.generate(&app.sealer, caller.company)?;
    let now = now();
    let until = CALLBACKS.previous_until(request.revoke_previous, now);
    let is_stored = app
        .store
        .add_callback_secret(caller.company, &new.sealed, until, &caller.who(), now)
        .await?;
    if !is_stored {
        return Err(ProblemCode::NotFound.into());
    }
    tracing::info!(company = caller.company, "a callback secret was created");
    let secret = new.shown.as_str().to_owned();
    Ok(current(&app, caller.company, Some(secret)).await?)
}

/// The latest deliveries and attempts.
#[utoipa::path(get, path = "/v1/callback/deliveries", tag = "callback", params(Before), responses(
    (status = 200, description = "A page of deliveries", body = CallbackDeliveries), FromProblems
))]
pub async fn deliveries(
    State(app): State<Arc<App>>,
    caller: Caller,
    query: Result<Query<Before>, QueryRejection>,
) -> Result<axum::Json<CallbackDeliveries>, ApiError> {
    let Query(Before { before }) = query.map_err(|_| {
        invalid!(
            "before",
            "It must be the id of a delivery on the previous page."
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

/// Delivers the current state of the subject of a delivery again, under a new `webhook-id`. A delivery that
/// still waits is tried at once, under its own id.
#[utoipa::path(post, path = "/v1/callback/deliveries/{id}/redeliver", tag = "callback",
    params(("id" = i64, Path, description = "The id of a delivery")),
    responses((status = 200, description = "On its way; the newest deliveries", body = CallbackDeliveries), AdminSomethingProblems)
)]
pub async fn redeliver(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Path(id): Path,
) -> Result<axum::Json<CallbackDeliveries>, ApiError> {
    let id = id.parse().map_err(|_| ProblemCode::NotFound)?;
    let is_found = app
        .store
        .redeliver_callback(caller.company, id, now())
        .await?;
    if !is_found {
        return Err(ProblemCode::NotFound.into());
    }
    app.announcer.log_changed(caller.company);
    deliveries(State(app), caller, Ok(Query(Before { before: None }))).await
}

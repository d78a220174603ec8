//! Statuses in Jopwell's candidate tracker that follow Greenhouse: which, and which browser sets them.

use super::{
    App,
    extract::{Caller, Json, Path},
    problems::{ApiError, BodyProblems, Guarded, WriteBackProblems, invalid},
};
use crate::now;
use atsi_protocol::{
    MAX_FIELD_CHARS, MAX_STAGE_RULES, ProblemCode, TRACKER_STATUSES, WriteBack, WriteBackClaim,
    WriteBackDone, WriteBackRequest, WriteBackSettings, WriteBackState,
};
use axum::extract::State;
use std::sync::Arc;

/// How the tracker follows, and what was last set in each row.
#[utoipa::path(get, path = "/v1/write-back", tag = "candidates", responses(
    (status = 200, description = "The company's choice, and the rows that were set", body = WriteBackState), Guarded
))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<WriteBackState>, ApiError> {
    Ok(axum::Json(app.store.write_back(caller.company).await?))
}

/// Which stage is which status on Jopwell, and which statuses are written without a press. Nothing is
/// at first: candidates see most of them.
#[utoipa::path(put, path = "/v1/write-back", tag = "candidates", request_body = WriteBackSettings, responses(
    (status = 200, description = "As it is now", body = WriteBackState), BodyProblems
))]
pub async fn put(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(settings): Json<WriteBackSettings>,
) -> Result<axum::Json<WriteBackState>, ApiError> {
    if settings.rules.len() > MAX_STAGE_RULES {
        return Err(invalid(
            "rules",
            format!("There are more than {MAX_STAGE_RULES} rules."),
        ));
    }
    for rule in &settings.rules {
        text("rules", &rule.stage)?;
        status("rules", &rule.status)?;
    }
    for automatic in &settings.automatic {
        status("automatic", automatic)?;
    }
    let store = &app.store;
    store
        .put_write_back_settings(caller.company, &settings)
        .await?;
    Ok(axum::Json(store.write_back(caller.company).await?))
}

/// May this browser set this row? Of all that ask, one is told yes, and has half a minute for it. What a
/// person set stays.
#[utoipa::path(post, path = "/v1/write-backs", tag = "candidates", request_body = WriteBackRequest, responses(
    (status = 200, description = "An id, or why not", body = WriteBackClaim), BodyProblems
))]
pub async fn claim(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(request): Json<WriteBackRequest>,
) -> Result<axum::Json<WriteBackClaim>, ApiError> {
    text("row", &request.row)?;
    text("from", &request.from)?;
    status("to", &request.to)?;
    let claim = app
        .store
        .claim_write_back(caller.company, &request, now())
        .await?;
    Ok(axum::Json(claim))
}

/// How setting a row went, or that a person took it back.
#[utoipa::path(post, path = "/v1/write-backs/{id}", tag = "candidates", request_body = WriteBackDone,
    params(("id" = u64, Path, description = "The id that the claim was given")),
    responses((status = 200, description = "As it is recorded now", body = WriteBack), WriteBackProblems)
)]
pub async fn done(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path,
    Json(done): Json<WriteBackDone>,
) -> Result<axum::Json<WriteBack>, ApiError> {
    let id = id.parse().map_err(|_| ProblemCode::NotFound)?;
    let recorded = app
        .store
        .finish_write_back(caller.company, id, done.state, now())
        .await?;
    Ok(axum::Json(recorded.ok_or(ProblemCode::NotFound)?))
}

fn text(field: &str, text: &str) -> Result<(), ApiError> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(invalid(
            field,
            "A text is empty, or holds a control character.",
        ));
    }
    if text.chars().count() > MAX_FIELD_CHARS {
        return Err(invalid(
            field,
            format!("A text is longer than {MAX_FIELD_CHARS} characters."),
        ));
    }
    Ok(())
}

fn status(field: &str, status: &str) -> Result<(), ApiError> {
    if TRACKER_STATUSES.contains(&status) {
        return Ok(());
    }
    let known = TRACKER_STATUSES.join(", ");
    Err(invalid(
        field,
        format!("The statuses on Jopwell are: {known}."),
    ))
}

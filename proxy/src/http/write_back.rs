//! Statuses in Jopwell's candidate tracker that follow Greenhouse: which, and which browser sets them.

use super::{
    App,
    extract::{Admin, Caller, Json, Path},
    problems::{AdminBodyProblems, ApiError, BodyProblems, Called, WriteBackProblems, invalid},
};
use crate::now;
use atsi_protocol::{
    MAX_EXTERNAL_ID_CHARS, MAX_FIELD_CHARS, MAX_LOOKUP_IDS, MAX_REJECTED_AFTER, MAX_STAGE_RULES,
    ProblemCode, TRACKER_STATUSES, WriteBackDone, WriteBackRequest, WriteBackResponse,
    WriteBackSettings,
};
use axum::extract::State;
use std::sync::Arc;

/// Which stage is which status on Jopwell, and which statuses are written without a press.
#[utoipa::path(get, path = "/v1/write-back", tag = "candidates", responses(
    (status = 200, description = "The company's choice", body = WriteBackSettings), Called
))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<WriteBackSettings>, ApiError> {
    Ok(axum::Json(
        app.store.write_back_settings(caller.company).await?,
    ))
}

/// Changes the company's choice. Nothing is written by itself at first: candidates see most statuses.
#[utoipa::path(put, path = "/v1/write-back", tag = "candidates", request_body = WriteBackSettings, responses(
    (status = 200, description = "As it is now", body = WriteBackSettings), AdminBodyProblems
))]
pub async fn put(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(settings): Json<WriteBackSettings>,
) -> Result<axum::Json<WriteBackSettings>, ApiError> {
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
    if settings.rejected_after > Some(MAX_REJECTED_AFTER) {
        return Err(invalid(
            "rejected_after",
            "It can wait for 30 days at most.",
        ));
    }
    app.store
        .put_write_back_settings(caller.company, &settings, &caller.who(), now())
        .await?;
    Ok(axum::Json(settings))
}

/// What becomes of rows of the tracker. Of all browsers that show a row, one is told to set it, once for
/// each change in Greenhouse; what a person set stays, until somebody presses.
#[utoipa::path(post, path = "/v1/write-backs", tag = "candidates", request_body = WriteBackRequest, responses(
    (status = 200, description = "Of each row that there is something to say of", body = WriteBackResponse), BodyProblems
))]
pub async fn plan(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(request): Json<WriteBackRequest>,
) -> Result<axum::Json<WriteBackResponse>, ApiError> {
    if request.rows.len() > MAX_LOOKUP_IDS {
        return Err(invalid(
            "rows",
            format!("There are more than {MAX_LOOKUP_IDS} rows. Ask in several calls."),
        ));
    }
    for row in &request.rows {
        for value in [&row.row, &row.shows, &row.stage] {
            text("rows", value)?;
        }
        if let Some(person) = &row.external_id {
            let is_id = !person.trim().is_empty() && !person.contains(char::is_control);
            if !is_id || person.chars().count() > MAX_EXTERNAL_ID_CHARS {
                let says = format!(
                    "An external_id is empty, holds a control character, or is longer than {MAX_EXTERNAL_ID_CHARS} characters."
                );
                return Err(invalid("rows", says));
            }
        }
    }
    let rows = app
        .store
        .plan_write_backs(caller.company, &request.rows, now())
        .await?;
    app.delivery.candidates_changed(caller.company);
    Ok(axum::Json(WriteBackResponse { rows }))
}

/// How setting a row went.
#[utoipa::path(post, path = "/v1/write-backs/{id}", tag = "candidates", request_body = WriteBackDone,
    params(("id" = u64, Path, description = "The id under which the browser was told to set the row")),
    responses((status = 200, description = "It is recorded", body = WriteBackDone), WriteBackProblems)
)]
pub async fn done(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path,
    Json(done): Json<WriteBackDone>,
) -> Result<axum::Json<WriteBackDone>, ApiError> {
    let id = id.parse().map_err(|_| ProblemCode::NotFound)?;
    let found = app
        .store
        .finish_write_back(caller.company, id, done.is_set, now())
        .await?;
    if !found {
        return Err(ProblemCode::NotFound.into());
    }
    app.delivery.candidates_changed(caller.company);
    Ok(axum::Json(done))
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

//! Statuses in Jopwell's candidate tracker that follow Greenhouse: the rules, and which browser sets them.

use super::{
    app::App,
    extract::{Admin, Caller, Json, Path},
    problems::{AdminBodyProblems, ApiError, BodyProblems, Called, WriteBackProblems, invalid},
};
use crate::clock::now;
use atsi_protocol::{
    MAX_EXTERNAL_ID_CHARS, MAX_FIELD_CHARS, MAX_LOOKUP_IDS, MAX_REJECTED_AFTER, MAX_STAGE_RULES,
    ProblemCode, TRACKER_STATUSES, WriteBackDone, WriteBackRequest, WriteBackResponse,
    WriteBackSettings,
};
use axum::extract::State;
use std::sync::Arc;

/// The status on Jopwell for each stage, and the statuses that are set automatically.
#[utoipa::path(get, path = "/v1/write-back", tag = "candidates", responses(
    (status = 200, description = "The company's settings", body = WriteBackSettings), Called
))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<WriteBackSettings>, ApiError> {
    Ok(axum::Json(
        app.store.write_back_settings(caller.company).await?,
    ))
}

/// Changes the company's settings. At first nothing is set automatically, because candidates see most
/// statuses.
#[utoipa::path(put, path = "/v1/write-back", tag = "candidates", request_body = WriteBackSettings, responses(
    (status = 200, description = "The new settings", body = WriteBackSettings), AdminBodyProblems
))]
pub async fn put(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(settings): Json<WriteBackSettings>,
) -> Result<axum::Json<WriteBackSettings>, ApiError> {
    if settings.rules.len() > MAX_STAGE_RULES {
        return Err(invalid!(
            "rules",
            "There are more than {most} rules.",
            most = MAX_STAGE_RULES
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
        return Err(invalid!(
            "rejected_after",
            "The wait can be 30 days at most."
        ));
    }
    app.store
        .put_write_back_settings(caller.company, &settings, &caller.who(), now())
        .await?;
    Ok(axum::Json(settings))
}

/// Plans the rows of the tracker. Of all browsers that show a row, one sets it, once for each
/// change in Greenhouse; a status that a person set stays until somebody clicks.
#[utoipa::path(post, path = "/v1/write-backs", tag = "candidates", request_body = WriteBackRequest, responses(
    (status = 200, description = "The rows with something to do or to show", body = WriteBackResponse), BodyProblems
))]
pub async fn plan(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(request): Json<WriteBackRequest>,
) -> Result<axum::Json<WriteBackResponse>, ApiError> {
    if request.rows.len() > MAX_LOOKUP_IDS {
        return Err(invalid!(
            "rows",
            "There are more than {most} rows. Use several requests.",
            most = MAX_LOOKUP_IDS
        ));
    }
    for row in &request.rows {
        for value in [&row.row, &row.shows, &row.stage] {
            text("rows", value)?;
        }
        if let Some(person) = &row.external_id {
            let is_id = !person.trim().is_empty() && !person.contains(char::is_control);
            if !is_id || person.chars().count() > MAX_EXTERNAL_ID_CHARS {
                return Err(invalid!(
                    "rows",
                    "An external_id is empty, contains a control character, or is longer than {most} characters.",
                    most = MAX_EXTERNAL_ID_CHARS
                ));
            }
        }
    }
    let rows = app
        .store
        .plan_write_backs(caller.company, &request.rows, now())
        .await?;
    app.announcer.log_changed(caller.company);
    Ok(axum::Json(WriteBackResponse { rows }))
}

/// Reports whether a row was set.
#[utoipa::path(post, path = "/v1/write-backs/{id}", tag = "candidates", request_body = WriteBackDone,
    params(("id" = u64, Path, description = "The id of the plan")),
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
    app.announcer.log_changed(caller.company);
    Ok(axum::Json(done))
}

fn text(field: &str, text: &str) -> Result<(), ApiError> {
    if text.trim().is_empty() || text.chars().any(char::is_control) {
        return Err(invalid!(
            field,
            "A text is empty or contains a control character."
        ));
    }
    if text.chars().count() > MAX_FIELD_CHARS {
        return Err(invalid!(
            field,
            "A text is longer than {most} characters.",
            most = MAX_FIELD_CHARS
        ));
    }
    Ok(())
}

fn status(field: &str, status: &str) -> Result<(), ApiError> {
    if TRACKER_STATUSES.contains(&status) {
        return Ok(());
    }
    let known = TRACKER_STATUSES.join(", ");
    Err(invalid!(
        field,
        "The statuses on Jopwell are: {known}.",
        known = known
    ))
}

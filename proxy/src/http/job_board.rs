//! The company's public job board, a source of job descriptions besides webhooks.

use super::{
    app::App,
    extract::{Admin, Caller, Json},
    problems::{AdminBodyProblems, Administered, ApiError, Called},
};
use crate::{clock::now, job_boards::explanation, store::StoredBoard};
use atsi_protocol::{JobBoard, JobBoardRequest};
use axum::extract::State;
use std::sync::Arc;

/// The job board that is read, and the last result.
#[utoipa::path(get, path = "/v1/job-board", tag = "jobs", responses(
    (status = 200, description = "The job board; without a token none is read", body = JobBoard), Called
))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<JobBoard>, ApiError> {
    let board = app.store.job_board(caller.company).await?;
    Ok(axum::Json(board.map(shown).unwrap_or_default()))
}

/// Reads this board from now on. It is read once before anything is stored.
#[utoipa::path(put, path = "/v1/job-board", tag = "jobs", request_body = JobBoardRequest, responses(
    (status = 200, description = "The job board", body = JobBoard), AdminBodyProblems
))]
pub async fn put(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<JobBoardRequest>,
) -> Result<axum::Json<JobBoard>, ApiError> {
    let token = request.token.trim();
    let read = (app.job_boards.try_read(token).await)
        .map_err(|error| ApiError::about("token", explanation(error).to_owned()))?;
    let board = app
        .store
        .put_job_board(caller.company, token, &caller.who(), now())
        .await?;
    app.job_boards.keep(&board, &read).await?;
    get(State(app), caller).await
}

/// Stops reading the board. What it said about jobs stays until a webhook says otherwise.
#[utoipa::path(delete, path = "/v1/job-board", tag = "jobs", responses(
    (status = 200, description = "There is no job board", body = JobBoard), Administered
))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
) -> Result<axum::Json<JobBoard>, ApiError> {
    app.store
        .delete_job_board(caller.company, &caller.who(), now())
        .await?;
    app.announcer.log_changed(caller.company);
    Ok(axum::Json(JobBoard::default()))
}

fn shown(board: StoredBoard) -> JobBoard {
    JobBoard {
        token: Some(board.token),
        read_at: board.read_at,
        problem: board.problem,
    }
}

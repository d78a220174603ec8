//! The company's public job board, from which jobs are described where no web hook told newer.

use super::{
    App,
    extract::{Admin, Caller, Json},
    problems::{AdminBodyProblems, Administered, ApiError, Called, invalid},
};
use crate::{
    board::{BoardError, MOST_TOKEN_CHARS},
    now,
    store::StoredBoard,
};
use atsi_protocol::{JobBoard, JobBoardRequest};
use axum::extract::State;
use std::sync::Arc;

/// Which job board is read, and how it went.
#[utoipa::path(get, path = "/v1/job-board", tag = "jobs", responses(
    (status = 200, description = "As it stands; without a token none is read", body = JobBoard), Called
))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<JobBoard>, ApiError> {
    let board = app.store.job_board(caller.company).await?;
    Ok(axum::Json(board.map(shown).unwrap_or_default()))
}

/// Has this board read from now on. It is read once before anything is stored.
#[utoipa::path(put, path = "/v1/job-board", tag = "jobs", request_body = JobBoardRequest, responses(
    (status = 200, description = "As it stands", body = JobBoard), AdminBodyProblems
))]
pub async fn put(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<JobBoardRequest>,
) -> Result<axum::Json<JobBoard>, ApiError> {
    let token = request.token.trim();
    let is_token = (1..=MOST_TOKEN_CHARS).contains(&token.len())
        && (token.bytes()).all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let refuse = |error: BoardError| invalid("token", error.sentence());
    if !is_token {
        return Err(refuse(BoardError::Unknown));
    }
    let read = app.boards.read(token, None).await.map_err(refuse)?;
    let board = app
        .store
        .put_job_board(caller.company, token, &caller.who(), now())
        .await?;
    app.boards.keep(&board, &read).await?;
    get(State(app), caller).await
}

/// Reads it no more. What it told of jobs stays, until a web hook tells something else.
#[utoipa::path(delete, path = "/v1/job-board", tag = "jobs", responses(
    (status = 200, description = "There is none any more", body = JobBoard), Administered
))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
) -> Result<axum::Json<JobBoard>, ApiError> {
    app.store
        .delete_job_board(caller.company, &caller.who(), now())
        .await?;
    app.delivery.candidates_changed(caller.company);
    Ok(axum::Json(JobBoard::default()))
}

fn shown(board: StoredBoard) -> JobBoard {
    JobBoard {
        token: Some(board.token),
        read_at: board.read_at,
        problem: board.problem,
    }
}

//! All candidates of the company.

use super::{
    app::App,
    extract::Caller,
    problems::{ApiError, FromProblems, invalid},
};
use crate::clock::now;
use atsi_protocol::{CandidatesPage, MAX_CANDIDATES};
use axum::extract::{Query, State, rejection::QueryRejection};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

const PAGE: u32 = 200;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct From {
    /// `next` of the previous page; absent for the first page.
    after: Option<u64>,
    /// Most candidates on the page: 1 to 2,000; 200 if absent.
    limit: Option<u32>,
}

/// All candidates that the company sent from Jopwell, the newest first: ids, states and times, no names.
#[utoipa::path(get, path = "/v1/candidates", tag = "candidates", params(From), responses(
    (status = 200, description = "A page of candidates", body = CandidatesPage), FromProblems
))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    from: Result<Query<From>, QueryRejection>,
) -> Result<axum::Json<CandidatesPage>, ApiError> {
    let Ok(Query(From { after, limit })) = from else {
        return Err(invalid!(
            "after",
            "`after` must be `next` of the previous page, and `limit` a number."
        ));
    };
    let limit = limit.unwrap_or(PAGE);
    if !(1..=MAX_CANDIDATES).contains(&limit) {
        return Err(invalid!(
            "limit",
            "It must be from 1 to {most}.",
            most = MAX_CANDIDATES
        ));
    }
    let page = (app.store)
        .candidates(caller.company, after, limit, now())
        .await?;
    Ok(axum::Json(page))
}

//! Look-ups: which of these candidates are the company's, and their statuses.

use super::{
    app::App,
    extract::{Caller, Json},
    problems::{ApiError, BodyProblems, invalid},
};
use crate::{
    clock::now,
    store::{CompanyId, FoundCandidate},
};
use atsi_greenhouse::MAX_CANDIDATE_IDS;
use atsi_protocol::{LookupRequest, LookupResponse, MAX_LOOKUP_IDS, Millis, StatusRoute};
use axum::extract::State;
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

/// Candidates of this company, by either id, in one call.
#[utoipa::path(post, path = "/v1/lookups", tag = "candidates", request_body = LookupRequest, responses(
    (status = 200, description = "The candidates that are this company's", body = LookupResponse), BodyProblems
))]
pub async fn post(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(request): Json<LookupRequest>,
) -> Result<axum::Json<LookupResponse>, ApiError> {
    for (field, count) in [
        ("candidate_ids", request.candidate_ids.len()),
        ("external_ids", request.external_ids.len()),
    ] {
        if count > MAX_LOOKUP_IDS {
            return Err(invalid!(
                field,
                "There are more than {most} ids. Use several requests.",
                most = MAX_LOOKUP_IDS
            ));
        }
    }
    let company = caller.company;
    (app.poller.looking()).looked_up(company, &request.external_ids, now());
    let look_up = || {
        app.store.look_up(
            company,
            &request.candidate_ids,
            &request.external_ids,
            now(),
        )
    };
    let mut found = look_up().await?;
    let due = stale(&found, app.tuning.status_fresh_for);
    let mut read_now = 0;
    if request.refresh && !due.is_empty() {
        let route = match request.by_press {
            true => StatusRoute::SyncNow,
            false => StatusRoute::Asked,
        };
        // In a task of its own: the result is stored even if nobody waits for it any longer.
        let refresh = tokio::spawn(refresh(Arc::clone(&app), company, due.clone(), route));
        if matches!(
            tokio::time::timeout(app.tuning.refresh_within, refresh).await,
            Ok(Ok(true))
        ) {
            found = look_up().await?;
            let still = stale(&found, app.tuning.status_fresh_for);
            read_now = due.difference(&still).count().min(found.len());
        }
    }
    let asked = request.candidate_ids.len() + request.external_ids.len();
    app.metrics.look_up(asked, found.len(), read_now);
    let candidates = found.into_iter().map(|found| found.candidate).collect();
    Ok(axum::Json(LookupResponse { candidates }))
}

/// Returns the Greenhouse ids whose status is too old, at most as many as one call to Greenhouse takes.
fn stale(found: &[FoundCandidate], fresh_for: Duration) -> BTreeSet<u64> {
    found
        .iter()
        .filter(|found| {
            found
                .candidate
                .status
                .as_ref()
                .is_none_or(|status| is_stale(status.read_at, fresh_for))
        })
        .filter_map(|found| found.candidate_id)
        .take(MAX_CANDIDATE_IDS)
        .collect()
}

fn is_stale(read_at: Millis, fresh_for: Duration) -> bool {
    u128::from(now().saturating_sub(read_at)) >= fresh_for.as_millis()
}

/// Reads the statuses of candidates from Greenhouse; returns whether any were read. A request that waited
/// for the company's turn finds most of them fresh.
async fn refresh(
    app: Arc<App>,
    company: CompanyId,
    mut due: BTreeSet<u64>,
    route: StatusRoute,
) -> bool {
    let mut last = app.status_reads.turn(company).await;
    if last
        .failed
        .is_some_and(|failed| failed.elapsed() < app.tuning.refresh_again_after)
    {
        return false;
    }
    let fresh_for = app.tuning.status_fresh_for;
    last.read.retain(|_, read| read.elapsed() < fresh_for);
    let asked_for = due.len();
    due.retain(|id| !last.read.contains_key(id));
    let read_by_others = due.len() < asked_for;
    if due.is_empty() {
        return true;
    }
    let ids: Vec<u64> = due.into_iter().collect();
    let started = Instant::now();
    match app.poller.read(company, &ids, route).await {
        Ok(read) => {
            if read {
                last.read.extend(ids.into_iter().map(|id| (id, started)));
            }
            read || read_by_others
        }
        Err(error) => {
            tracing::warn!(%error, "statuses could not be read");
            last.failed = Some(Instant::now());
            read_by_others
        }
    }
}

//! Jobs in Greenhouse, and their links to jobs on Jopwell.

use super::{
    app::App,
    extract::{Caller, Json, Path},
    problems::{
        ApiError, JobLinkProblems, JobProblems, NotFoundProblems, TrackingLinkProblems, invalid,
    },
};
use crate::{
    clock::now,
    job_proposals::proposals,
    store::{CompanyId, ListedJob, StoreError, StoredConnection, StoredJobs, StoredLink},
    upstream::{break_if_unauthorized, problem_of},
};
use atsi_greenhouse::{Credentials, Error};
use atsi_protocol::{
    Job, JobLink, JobLinkRequest, JobLinks, Jobs, JopwellJob, Problem, ProblemCode, TrackingLink,
    TrackingLinkRequest,
};
use axum::extract::{Query, State, rejection::QueryRejection};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use utoipa::IntoParams;

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Read Greenhouse's list again if it is older than ten seconds, instead of five minutes.
    #[serde(default)]
    refresh: bool,
}

/// The company's jobs in Greenhouse, from its list and its webhooks.
#[utoipa::path(get, path = "/v1/jobs", tag = "jobs", params(Which), responses(
    (status = 200, description = "The jobs; with a `problem` if the list could not be read again", body = Jobs), JobProblems
))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<axum::Json<Jobs>, ApiError> {
    let Query(which) = which.map_err(|_| invalid!("refresh", "It must be true or false."))?;
    let older_than = if which.refresh {
        app.tuning.status_fresh_for
    } else {
        app.tuning.jobs_fresh_for
    };
    let (stored, problem) = jobs(&app, caller.company, older_than).await?;
    Ok(axum::Json(Jobs {
        jobs: stored.jobs,
        read_at: stored.read_at,
        problem,
    }))
}

/// Every job on Jopwell that was seen, and its link.
#[utoipa::path(get, path = "/v1/job-links", tag = "jobs", responses(
    (status = 200, description = "Jobs without a link first", body = JobLinks), JobProblems
))]
pub async fn links(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<JobLinks>, ApiError> {
    let (stored, _) = jobs(&app, caller.company, app.tuning.jobs_fresh_for).await?;
    let links = app.store.job_links(caller.company).await?;
    let links = links.into_iter().map(|link| shown(link, &stored.jobs));
    Ok(axum::Json(JobLinks {
        links: links.collect(),
    }))
}

/// Links a job on Jopwell to one in Greenhouse; the link survives when either is renamed. `applications`
/// says whether people who apply go there automatically.
#[utoipa::path(put, path = "/v1/job-links", tag = "jobs", request_body = JobLinkRequest, responses(
    (status = 200, description = "The link", body = JobLink), JobLinkProblems
))]
pub async fn link(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(request): Json<JobLinkRequest>,
) -> Result<axum::Json<JobLink>, ApiError> {
    check(&request.jopwell_job)?;
    let company = caller.company;
    // An unknown job may be new in Greenhouse.
    let mut link = None;
    for older_than in [app.tuning.jobs_fresh_for, Duration::ZERO] {
        jobs(&app, company, older_than).await?;
        link = app
            .store
            .link_job(
                company,
                &request.jopwell_job,
                request.greenhouse_job_id,
                request.applications,
                &caller.who(),
                now(),
            )
            .await?;
        if link.is_some() {
            break;
        }
    }
    let link = link.ok_or(ProblemCode::JobUnknown)?;
    tracing::info!(company, "a job was linked");
    app.delivery.wake();
    app.announcer.log_changed(company);
    Ok(axum::Json(shown(link, &[])))
}

/// Removes a link. What was sent stays in Greenhouse; new applications wait.
#[utoipa::path(delete, path = "/v1/job-links/{jopwell_job}", tag = "jobs",
    params(("jopwell_job" = String, Path, description = "The id of the job on Jopwell, percent-encoded")),
    responses((status = 200, description = "The remaining links", body = JobLinks), NotFoundProblems)
)]
pub async fn unlink(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(jopwell_job): Path,
) -> Result<axum::Json<JobLinks>, ApiError> {
    if !app
        .store
        .unlink_job(caller.company, &jopwell_job, &caller.who(), now())
        .await?
    {
        return Err(ProblemCode::NotFound.into());
    }
    tracing::info!(company = caller.company, "a job was unlinked");
    app.announcer.log_changed(caller.company);
    let jobs = app.store.jobs(caller.company).await?.jobs;
    let links = app.store.job_links(caller.company).await?;
    Ok(axum::Json(JobLinks {
        links: links.into_iter().map(|link| shown(link, &jobs)).collect(),
    }))
}

/// The link of a job on Jopwell, or the Greenhouse jobs that it may be.
#[utoipa::path(post, path = "/v1/job-links/proposals", tag = "jobs", request_body = JopwellJob, responses(
    (status = 200, description = "The link, or proposals; nothing is stored", body = JobLink), JobLinkProblems
))]
pub async fn propose(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(job): Json<JopwellJob>,
) -> Result<axum::Json<JobLink>, ApiError> {
    check(&job)?;
    let (stored, _) = jobs(&app, caller.company, app.tuning.jobs_fresh_for).await?;
    let link = link_or_proposals(&app, caller.company, job, &stored.jobs).await?;
    Ok(axum::Json(link))
}

/// Returns the link of a job on Jopwell, or proposals among `jobs`.
pub async fn link_or_proposals(
    app: &App,
    company: CompanyId,
    job: JopwellJob,
    jobs: &[Job],
) -> Result<JobLink, ApiError> {
    let links = app.store.job_links(company).await?;
    let linked = links
        .into_iter()
        .find(|link| link.jopwell_job.id == job.id && link.job.is_some());
    let link = linked.unwrap_or(StoredLink {
        jopwell_job: job,
        job: None,
        linked_at: None,
        applications: atsi_protocol::ApplicationsSwitch::Off,
        held: 0,
    });
    Ok(shown(link, jobs))
}

/// Checks the fields of a job.
pub fn check(job: &JopwellJob) -> Result<(), ApiError> {
    job.check().map_err(|(field, reason)| {
        invalid!(field, "{field} {reason}.", field = field, reason = reason)
    })
}

fn shown(link: StoredLink, jobs: &[Job]) -> JobLink {
    JobLink {
        proposals: match link.job {
            Some(_) => Vec::new(),
            None => proposals(&link.jopwell_job, jobs),
        },
        jopwell_job: link.jopwell_job,
        job: link.job,
        linked_at: link.linked_at,
        applications: link.applications,
        held: link.held,
    }
}

/// Returns the known jobs, after reading Greenhouse's list again if it is older than this; with the problem
/// if it could not be read.
pub async fn jobs(
    app: &App,
    company: CompanyId,
    older_than: Duration,
) -> Result<(StoredJobs, Option<Problem>), ApiError> {
    let is_fresh = |stored: &StoredJobs| {
        stored
            .read_at
            .is_some_and(|at| u128::from(now().saturating_sub(at)) < older_than.as_millis())
    };
    let stored = app.store.jobs(company).await?;
    if is_fresh(&stored) {
        return Ok((stored, None));
    }
    let _turn = app.job_reads.turn(company).await;
    let stored = app.store.jobs(company).await?;
    if is_fresh(&stored) {
        return Ok((stored, None));
    }
    match read(app, company).await {
        Ok(()) => Ok((app.store.jobs(company).await?, None)),
        // A company that never connected has no old list to show.
        Err(Unread::Problem(problem)) if problem.code == ProblemCode::NotConnected => {
            Err(problem.into())
        }
        Err(Unread::Problem(problem)) => Ok((stored, Some(problem))),
        Err(error) => Err(error.into()),
    }
}

enum Unread {
    Problem(Problem),
    Store(StoreError),
}

impl From<StoreError> for Unread {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ProblemCode> for Unread {
    fn from(code: ProblemCode) -> Self {
        Self::Problem(Problem::new(code))
    }
}

/// Creates a link to apply on the company's own job board, with Jopwell as source.
#[utoipa::path(post, path = "/v1/tracking-link", tag = "jobs", request_body = TrackingLinkRequest, responses(
    (status = 200, description = "The link", body = TrackingLink), TrackingLinkProblems
))]
pub async fn tracking_link(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(request): Json<TrackingLinkRequest>,
) -> Result<axum::Json<TrackingLink>, ApiError> {
    const JOB: &str = "greenhouse_job_id";
    let (company, job) = (caller.company, request.greenhouse_job_id);
    if job == 0 || i64::try_from(job).is_err() {
        return Err(invalid!(JOB, "This is not the id of a Greenhouse job."));
    }
    let (connection, credentials) = usable(&app, company).await?;
    let made = app
        .upstream
        .tracking_link(company, &connection, &credentials, job)
        .await;
    let link = match made {
        Ok(link) => link,
        Err(error) => {
            tracing::warn!(%error, "a tracking link was not created");
            break_if_unauthorized(app.store.as_ref(), company, &connection, &error).await?;
            return Err(ApiError::from(match &error {
                Error::NotFound => Problem::new(ProblemCode::JobUnknown),
                Error::Refused { errors, .. }
                    if (errors.iter()).any(|error| error.field() == Some("job_id")) =>
                {
                    Problem::new(ProblemCode::JobUnknown)
                }
                Error::Forbidden => problem_of(&error).with_detail(
                    "To create tracking links, the Greenhouse user needs access to the job and a role above Basic.",
                ),
                _ => problem_of(&error),
            }));
        }
    };
    Ok(axum::Json(TrackingLink {
        url: link.tracking_link,
        job: link.job,
        source: link.source,
        referrer: link.referrer,
    }))
}

impl From<Unread> for ApiError {
    fn from(error: Unread) -> Self {
        match error {
            Unread::Problem(problem) => problem.into(),
            Unread::Store(error) => error.into(),
        }
    }
}

/// Returns the connection and its opened key, if Greenhouse may be called now.
async fn usable(app: &App, company: CompanyId) -> Result<(StoredConnection, Credentials), Unread> {
    let connection = app.store.connection(company).await?;
    let connection = connection.ok_or(ProblemCode::NotConnected)?;
    if let Some(problem) = &connection.problem {
        return Err(Unread::Problem(problem.clone()));
    }
    if connection.paused_until > now() {
        return Err(ProblemCode::GreenhouseBusy.into());
    }
    let credentials = app.upstream.credentials(company, &connection);
    let credentials = credentials.ok_or(ProblemCode::Internal)?;
    Ok((connection, credentials))
}

async fn read(app: &App, company: CompanyId) -> Result<(), Unread> {
    let (connection, credentials) = usable(app, company).await?;
    let read_at = now();
    let listed = match app.upstream.jobs(company, &connection, &credentials).await {
        Ok(listed) => listed,
        Err(error) => {
            tracing::warn!(%error, "the jobs could not be read");
            break_if_unauthorized(app.store.as_ref(), company, &connection, &error).await?;
            return Err(Unread::Problem(problem_of(&error)));
        }
    };
    let listed: Vec<ListedJob> = listed
        .into_iter()
        .filter(|job| i64::try_from(job.id).is_ok())
        .map(|job| ListedJob {
            id: job.id,
            name: job.name,
            public: job.public,
        })
        .collect();
    app.store
        .put_jobs(company, connection.generation, &listed, read_at, now())
        .await?;
    app.delivery.wake();
    app.announcer.log_changed(company);
    Ok(())
}

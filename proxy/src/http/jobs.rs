//! Jobs in Greenhouse, and which job on Jopwell each of them is.

use super::{
    App,
    extract::{Admin, Caller, Json, Path},
    problems::{
        AdminBodyProblems, ApiError, Called, DescriptionProblems, JobLinkProblems, JobProblems,
        NotFoundProblems, TrackingLinkProblems, WriteBackProblems, invalid,
    },
};
use crate::{
    description::{blocks, compared, plain, sanitised},
    jobs::proposals,
    now,
    store::{
        CompanyId, JobPageContent, JobPagePlan, ListedJob, StoreError, StoredConnection,
        StoredJobs, StoredLink,
    },
    upstream::{break_if_unauthorized, problem_of},
};
use atsi_greenhouse::{Credentials, Error};
use atsi_protocol::{
    Job, JobDescription, JobLink, JobLinkRequest, JobLinks, JobPage, JobPageRequest, JobSave,
    JobSaveDone, JobSaving, Jobs, JopwellJob, PassedOver, Problem, ProblemCode, TrackingLink,
    TrackingLinkRequest,
};
use axum::extract::{Query, State, rejection::QueryRejection};
use serde::Deserialize;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use utoipa::IntoParams;

/// One read of the list at a time for each company. Who waited its turn finds it fresh.
#[derive(Default)]
pub struct Reads(Mutex<HashMap<CompanyId, Arc<tokio::sync::Mutex<()>>>>);

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Which {
    /// Read Greenhouse's list anew where it is older than ten seconds, and not only where it is older
    /// than five minutes.
    #[serde(default)]
    refresh: bool,
}

/// The company's jobs in Greenhouse, as its list and its web hooks tell them.
#[utoipa::path(get, path = "/v1/jobs", tag = "jobs", params(Which), responses(
    (status = 200, description = "The jobs; with a `problem` where the list could not be read anew", body = Jobs), JobProblems
))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<axum::Json<Jobs>, ApiError> {
    let Query(which) = which.map_err(|_| invalid("refresh", "It must be true or false."))?;
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

/// Every job on Jopwell that was seen, and what it is linked to.
#[utoipa::path(get, path = "/v1/job-links", tag = "jobs", responses(
    (status = 200, description = "Those that wait to be linked first", body = JobLinks), JobProblems
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

/// Links a job on Jopwell to one in Greenhouse, for good: the link holds when either is renamed.
/// With `applications` it also says whether people who apply go there by themselves.
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
    // A job that is not known may be new in Greenhouse.
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
    app.delivery.candidates_changed(company);
    Ok(axum::Json(shown(link, &[])))
}

/// Takes a link away. What was sent stays in Greenhouse; whoever applies from now on waits.
#[utoipa::path(delete, path = "/v1/job-links/{jopwell_job}", tag = "jobs",
    params(("jopwell_job" = String, Path, description = "The id of the job on Jopwell, percent-encoded")),
    responses((status = 200, description = "What is left", body = JobLinks), NotFoundProblems)
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
    app.delivery.candidates_changed(caller.company);
    let jobs = app.store.jobs(caller.company).await?.jobs;
    let links = app.store.job_links(caller.company).await?;
    Ok(axum::Json(JobLinks {
        links: links.into_iter().map(|link| shown(link, &jobs)).collect(),
    }))
}

/// How a job on Jopwell stands: its link, or the Greenhouse jobs that it may be.
#[utoipa::path(post, path = "/v1/job-links/proposals", tag = "jobs", request_body = JopwellJob, responses(
    (status = 200, description = "The link there is, or proposals; nothing is kept", body = JobLink), JobLinkProblems
))]
pub async fn propose(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(job): Json<JopwellJob>,
) -> Result<axum::Json<JobLink>, ApiError> {
    check(&job)?;
    let (stored, _) = jobs(&app, caller.company, app.tuning.jobs_fresh_for).await?;
    let link = standing(&app, caller.company, job, &stored.jobs).await?;
    Ok(axum::Json(link))
}

async fn standing(
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

fn check(job: &JopwellJob) -> Result<(), ApiError> {
    job.check()
        .map_err(|(field, reason)| invalid(field, format!("{field} {reason}.")))
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

/// The jobs that are known, after Greenhouse's list was read anew where it is older than this; with
/// the problem where that could not be done.
async fn jobs(
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
    let turn = {
        let mut companies = app
            .job_reads
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(companies.entry(company).or_default())
    };
    let _turn = turn.lock().await;
    let stored = app.store.jobs(company).await?;
    if is_fresh(&stored) {
        return Ok((stored, None));
    }
    match read(app, company).await {
        Ok(()) => Ok((app.store.jobs(company).await?, None)),
        // A company that never connected has no jobs that an old list could stand in for.
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

/// How the job of a page on Jopwell stands in Greenhouse. What the page of a linked job says is kept, to
/// be compared with Greenhouse's description; of a job that is not linked, nothing is.
#[utoipa::path(post, path = "/v1/job-pages", tag = "jobs", request_body = JobPageRequest, responses(
    (status = 200, description = "How it stands", body = JobPage), JobLinkProblems
))]
pub async fn page(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(request): Json<JobPageRequest>,
) -> Result<axum::Json<JobPage>, ApiError> {
    let JobPageRequest {
        job,
        description,
        open,
        saves,
    } = request;
    check(&job)?;
    let company = caller.company;
    let (stored, problem) = jobs(&app, company, app.tuning.jobs_fresh_for).await?;
    let shown = description.as_deref().map(sanitised);
    let seen = JobPageContent {
        shown: shown.as_deref(),
        is_open: open,
        saves,
    };
    let JobPagePlan {
        save,
        saved,
        is_old,
    } = (app.store)
        .record_job_page(company, &job, &seen, now())
        .await?;
    app.delivery.candidates_changed(company);
    let description = app.store.job_description(company, &job.id).await?;
    Ok(axum::Json(JobPage {
        link: standing(&app, company, job, &stored.jobs).await?,
        read_at: stored.read_at,
        problem,
        described_at: description.as_ref().map(|known| known.changed_at),
        description_is_news: description.as_ref().is_some_and(|known| known.is_news()),
        save,
        saved,
        is_old,
    }))
}

/// What of jobs is saved on Jopwell without a press.
#[utoipa::path(get, path = "/v1/job-saving", tag = "jobs", responses(
    (status = 200, description = "The company's choice", body = JobSaving), Called
))]
pub async fn saving(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<JobSaving>, ApiError> {
    Ok(axum::Json(app.store.job_saving(caller.company).await?))
}

/// Changes the company's choice. Nothing is saved by itself at first: candidates see it at once.
#[utoipa::path(put, path = "/v1/job-saving", tag = "jobs", request_body = JobSaving, responses(
    (status = 200, description = "As it is now", body = JobSaving), AdminBodyProblems
))]
pub async fn choose_saving(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(chosen): Json<JobSaving>,
) -> Result<axum::Json<JobSaving>, ApiError> {
    app.store
        .put_job_saving(caller.company, chosen, &caller.who(), now())
        .await?;
    Ok(axum::Json(chosen))
}

/// How saving a job on Jopwell went.
#[utoipa::path(post, path = "/v1/job-saves/{save}", tag = "jobs", request_body = JobSaveDone,
    params(("save" = u64, Path, description = "The id under which the browser was told to save")),
    responses((status = 200, description = "It is recorded", body = JobSaveDone), WriteBackProblems)
)]
pub async fn saved(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(save): Path,
    Json(done): Json<JobSaveDone>,
) -> Result<axum::Json<JobSaveDone>, ApiError> {
    let (id, company) = (save_id(&save)?, caller.company);
    let found = app
        .store
        .finish_job_save(company, id, &done, &caller.who(), now())
        .await?;
    if !found {
        return Err(ProblemCode::NotFound.into());
    }
    app.delivery.candidates_changed(company);
    Ok(axum::Json(done))
}

/// Takes back what was saved on Jopwell by itself: the browser that asks saves what was there before.
/// The same is not saved by itself again.
#[utoipa::path(post, path = "/v1/job-saves/{save}/undo", tag = "jobs",
    params(("save" = u64, Path, description = "The id of what was saved")),
    responses(
        (status = 200, description = "What to save; `not_found` where something else was saved since", body = JobSave),
        NotFoundProblems
    )
)]
pub async fn undo_save(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(save): Path,
) -> Result<axum::Json<JobSave>, ApiError> {
    let save = app
        .store
        .undo_job_save(caller.company, save_id(&save)?, now())
        .await?;
    let save = save.ok_or_else(|| {
        Problem::new(ProblemCode::NotFound).with_detail(
            "Something else was saved on Jopwell since. Reload the page to see how the job stands there.",
        )
    })?;
    Ok(axum::Json(save))
}

fn save_id(text: &str) -> Result<u64, ApiError> {
    Ok(text.parse().map_err(|_| ProblemCode::NotFound)?)
}

/// How the job is described in Greenhouse, beside what its page on Jopwell said last. Greenhouse tells
/// it by web hooks only.
#[utoipa::path(get, path = "/v1/job-links/{jopwell_job}/description", tag = "jobs",
    params(("jopwell_job" = String, Path, description = "The id of the job on Jopwell, percent-encoded")),
    responses((status = 200, description = "Both, compared", body = JobDescription), NotFoundProblems)
)]
pub async fn description(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(jopwell_job): Path,
) -> Result<axum::Json<JobDescription>, ApiError> {
    described(&app, caller.company, &jopwell_job).await
}

/// Jopwell's text stays as it is, although Greenhouse's is another: until it changes there again.
#[utoipa::path(put, path = "/v1/job-links/{jopwell_job}/description", tag = "jobs",
    params(("jopwell_job" = String, Path, description = "The id of the job on Jopwell, percent-encoded")),
    request_body = PassedOver,
    responses(
        (status = 200, description = "Both, compared; `not_found` where Greenhouse's is not this version any more", body = JobDescription),
        DescriptionProblems
    )
)]
pub async fn pass_over(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(jopwell_job): Path,
    Json(version): Json<PassedOver>,
) -> Result<axum::Json<JobDescription>, ApiError> {
    let company = caller.company;
    if i64::try_from(version.changed_at).is_err() {
        return Err(ProblemCode::NotFound.into());
    }
    let is_done = app
        .store
        .keep_jopwell_description(
            company,
            &jopwell_job,
            version.changed_at,
            &caller.who(),
            now(),
        )
        .await?;
    if !is_done {
        return Err(ProblemCode::NotFound.into());
    }
    app.delivery.candidates_changed(company);
    described(&app, company, &jopwell_job).await
}

async fn described(
    app: &App,
    company: CompanyId,
    jopwell_id: &str,
) -> Result<axum::Json<JobDescription>, ApiError> {
    let links = app.store.job_links(company).await?;
    let link = links
        .into_iter()
        .find(|link| link.jopwell_job.id == jopwell_id);
    let description = app.store.job_description(company, jopwell_id).await?;
    let (
        Some(StoredLink {
            jopwell_job,
            job: Some(job),
            ..
        }),
        Some(description),
    ) = (link, description)
    else {
        return Err(ProblemCode::NotFound.into());
    };
    let before = blocks(description.shown.as_deref().unwrap_or_default());
    let after = blocks(&description.html);
    Ok(axum::Json(JobDescription {
        jopwell_job,
        job,
        changed_at: description.changed_at,
        is_news: description.is_news(),
        text: plain(&after),
        seen_at: description.seen_at.filter(|at| *at > 0),
        rows: compared(&before, &after),
    }))
}

/// Makes a link to apply on the company's own board. Whoever applies through it has Jopwell as source.
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
        return Err(invalid(JOB, "This is not the id of a Greenhouse job."));
    }
    let (connection, credentials) = usable(&app, company).await?;
    let made = app
        .upstream
        .tracking_link(company, &connection, &credentials, job)
        .await;
    let link = match made {
        Ok(link) => link,
        Err(error) => {
            tracing::warn!(%error, "a tracking link was not made");
            break_if_unauthorized(app.store.as_ref(), company, &connection, &error).await?;
            return Err(ApiError::from(match &error {
                Error::NotFound => Problem::new(ProblemCode::JobUnknown),
                Error::Refused { errors, .. }
                    if (errors.iter()).any(|error| error.field() == Some("job_id")) =>
                {
                    Problem::new(ProblemCode::JobUnknown)
                }
                Error::Forbidden => problem_of(&error).with_detail(
                    "Greenhouse lets no user with the role Basic make tracking links, nor one who may not see the job.",
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

/// The connection and its opened key, where Greenhouse may be called now.
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
    app.delivery.candidates_changed(company);
    Ok(())
}

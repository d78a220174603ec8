//! Jobs as their pages on Jopwell show them: compared with Greenhouse, and saved automatically where the
//! company chose so.

use super::{
    app::App,
    extract::{Admin, Caller, Json, Path},
    jobs::{check, jobs, link_or_proposals},
    problems::{
        AdminBodyProblems, ApiError, Called, DescriptionProblems, JobLinkProblems,
        NotFoundProblems, WriteBackProblems,
    },
};
use crate::{
    clock::now,
    description::{blocks, compared, plain, sanitized},
    sentence::problem,
    store::{CompanyId, JobPageContent, JobPagePlan, StoredLink},
};
use atsi_protocol::{
    JobDescription, JobPage, JobPageRequest, JobSave, JobSaveDone, JobSaving, PassedOver,
    ProblemCode,
};
use axum::extract::State;
use std::sync::Arc;

/// The state of a job's page on Jopwell in Greenhouse. For a linked job the page's description is stored,
/// to compare it with Greenhouse's; for any other job nothing is stored.
#[utoipa::path(post, path = "/v1/job-pages", tag = "jobs", request_body = JobPageRequest, responses(
    (status = 200, description = "The state", body = JobPage), JobLinkProblems
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
    let shown = description.as_deref().map(sanitized);
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
    app.announcer.log_changed(company);
    let description = app.store.job_description(company, &job.id).await?;
    Ok(axum::Json(JobPage {
        link: link_or_proposals(&app, company, job, &stored.jobs).await?,
        read_at: stored.read_at,
        problem,
        described_at: description.as_ref().map(|known| known.changed_at),
        description_is_news: description.as_ref().is_some_and(|known| known.is_news()),
        save,
        saved,
        is_old,
    }))
}

/// The settings for saving jobs on Jopwell automatically.
#[utoipa::path(get, path = "/v1/job-saving", tag = "jobs", responses(
    (status = 200, description = "The company's settings", body = JobSaving), Called
))]
pub async fn saving(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<JobSaving>, ApiError> {
    Ok(axum::Json(app.store.job_saving(caller.company).await?))
}

/// Changes the company's settings. At first nothing is saved automatically, because candidates see it at
/// once.
#[utoipa::path(put, path = "/v1/job-saving", tag = "jobs", request_body = JobSaving, responses(
    (status = 200, description = "The new settings", body = JobSaving), AdminBodyProblems
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

/// Reports whether a job was saved on Jopwell.
#[utoipa::path(post, path = "/v1/job-saves/{save}", tag = "jobs", request_body = JobSaveDone,
    params(("save" = u64, Path, description = "The id of the save")),
    responses((status = 200, description = "Stored", body = JobSaveDone), WriteBackProblems)
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
    app.announcer.log_changed(company);
    Ok(axum::Json(done))
}

/// Undoes an automatic save on Jopwell: the browser that asks saves the previous text. The same text is not
/// saved automatically again.
#[utoipa::path(post, path = "/v1/job-saves/{save}/undo", tag = "jobs",
    params(("save" = u64, Path, description = "The id of the save")),
    responses(
        (status = 200, description = "The text to save; `not_found` if something else was saved since", body = JobSave),
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
        problem!(
            ProblemCode::NotFound,
            "Something else has been saved on Jopwell since. Reload the page to see it."
        )
    })?;
    Ok(axum::Json(save))
}

fn save_id(text: &str) -> Result<u64, ApiError> {
    Ok(text.parse().map_err(|_| ProblemCode::NotFound)?)
}

/// The job's description in Greenhouse, compared with its page on Jopwell. Greenhouse sends descriptions by
/// webhook only, or on its public job board.
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

/// Keeps Jopwell's text although Greenhouse's differs, until it changes there again.
#[utoipa::path(put, path = "/v1/job-links/{jopwell_job}/description", tag = "jobs",
    params(("jopwell_job" = String, Path, description = "The id of the job on Jopwell, percent-encoded")),
    request_body = PassedOver,
    responses(
        (status = 200, description = "Both, compared; `not_found` if Greenhouse's is no longer this version", body = JobDescription),
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
    app.announcer.log_changed(company);
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

//! Devices that a company's policy manages: one token in the policy, and no step by its people.

use super::{
    App, accounts,
    extract::{Admin, Json},
    forwarded::Asker,
    problems::{AdminAccountProblems, ApiError, EnrolProblems},
};
use crate::{now, store::NewSession, tokens};
use atsi_protocol::{EnrolRequest, Enrolment, EnrolmentMade, ProblemCode, SignedIn};
use axum::{Extension, extract::State};
use std::sync::Arc;

/// Whether there is an enrolment token.
#[utoipa::path(get, path = "/v1/enrolment", tag = "accounts", responses(
    (status = 200, description = "When it was made, and by whom; nothing where there is none", body = Enrolment), AdminAccountProblems
))]
pub async fn get(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
) -> Result<axum::Json<Enrolment>, ApiError> {
    caller.member()?;
    let stored = app.store.enrolment(caller.company).await?;
    Ok(axum::Json(Enrolment {
        made_at: stored.as_ref().map(|stored| stored.made_at),
        made_by: stored.map(|stored| stored.made_by),
    }))
}

/// Makes an enrolment token. The one before counts no longer; devices that it enrolled stay.
#[utoipa::path(put, path = "/v1/enrolment", tag = "accounts", responses(
    (status = 200, description = "The token, which is shown this once", body = EnrolmentMade), AdminAccountProblems
))]
pub async fn put(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
) -> Result<axum::Json<EnrolmentMade>, ApiError> {
    let by = caller.member()?.member.id;
    let (token, made_at) = (tokens::fresh(), now());
    (app.store)
        .put_enrolment(caller.company, tokens::digest(&token), by, made_at)
        .await?;
    Ok(axum::Json(EnrolmentMade {
        token: token.as_str().to_owned(),
        made_at,
    }))
}

/// Takes the enrolment token away. Devices that it enrolled stay until they are removed as members.
#[utoipa::path(delete, path = "/v1/enrolment", tag = "accounts", responses(
    (status = 200, description = "There is none any more", body = Enrolment), AdminAccountProblems
))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
) -> Result<axum::Json<Enrolment>, ApiError> {
    caller.member()?;
    (app.store)
        .delete_enrolment(caller.company, &caller.who(), now())
        .await?;
    Ok(axum::Json(Enrolment {
        made_at: None,
        made_by: None,
    }))
}

/// Signs a managed device in, as a recruiter without an address.
#[utoipa::path(post, path = "/v1/enrol", tag = "accounts", request_body = EnrolRequest, responses(
    (status = 200, description = "Signed in; the token is shown this once", body = SignedIn), EnrolProblems
))]
pub async fn enrol(
    State(app): State<Arc<App>>,
    Extension(asker): Extension<Asker>,
    Json(request): Json<EnrolRequest>,
) -> Result<axum::Json<SignedIn>, ApiError> {
    app.has_accounts()?;
    let token = tokens::fresh();
    let device = accounts::device(&request.device);
    let session = NewSession {
        token: tokens::digest(&token),
        device: &device,
    };
    let enrolment = tokens::digest(request.token.trim());
    let enrolled = app.store.enrol(enrolment, session, now()).await?;
    let Some(enrolled) = enrolled else {
        // Who has the right one may be one of a thousand devices behind one address.
        app.limits.attempt(asker.address)?;
        return Err(ProblemCode::EnrolmentRefused.into());
    };
    let company = enrolled.member.company;
    tracing::info!(company, "a device was enrolled");
    Ok(axum::Json(SignedIn {
        token: token.as_str().to_owned(),
        me: accounts::me_of(&app, company, Some(&enrolled)).await?,
    }))
}

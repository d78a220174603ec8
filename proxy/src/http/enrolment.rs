//! Managed devices: one token in the company's policy signs them in, without a step by their users.

use super::{
    accounts,
    app::App,
    extract::{Admin, Json},
    forwarded::Client,
    problems::{AdminAccountProblems, ApiError, EnrolProblems},
};
use crate::{clock::now, store::NewSession, tokens};
use atsi_protocol::{EnrolRequest, Enrolment, EnrolmentMade, ProblemCode, SignedIn};
use axum::{Extension, extract::State};
use std::sync::Arc;

/// The enrollment token.
#[utoipa::path(get, path = "/v1/enrolment", tag = "accounts", responses(
    (status = 200, description = "Time and author of the token; empty if there is none", body = Enrolment), AdminAccountProblems
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

/// Creates an enrollment token. The previous one stops working; devices that it enrolled stay.
#[utoipa::path(put, path = "/v1/enrolment", tag = "accounts", responses(
    (status = 200, description = "The token, which is shown only here", body = EnrolmentMade), AdminAccountProblems
))]
pub async fn put(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
) -> Result<axum::Json<EnrolmentMade>, ApiError> {
    let by = caller.member()?.member.id;
    let (token, made_at) = (tokens::generate(), now());
    (app.store)
        .put_enrolment(caller.company, tokens::digest(&token), by, made_at)
        .await?;
    Ok(axum::Json(EnrolmentMade {
        token: token.as_str().to_owned(),
        made_at,
    }))
}

/// Deletes the enrollment token. Devices that it enrolled stay until they are removed as members.
#[utoipa::path(delete, path = "/v1/enrolment", tag = "accounts", responses(
    (status = 200, description = "There is no token", body = Enrolment), AdminAccountProblems
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

/// Signs a managed device in, as a recruiter without an e-mail address.
#[utoipa::path(post, path = "/v1/enrol", tag = "accounts", request_body = EnrolRequest, responses(
    (status = 200, description = "Signed in; the token is shown only here", body = SignedIn), EnrolProblems
))]
pub async fn enrol(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    Json(request): Json<EnrolRequest>,
) -> Result<axum::Json<SignedIn>, ApiError> {
    app.has_accounts()?;
    let token = tokens::generate();
    let device = accounts::device(&request.device);
    let session = NewSession {
        token: tokens::digest(&token),
        device: &device,
    };
    let enrolment = tokens::digest(request.token.trim());
    let enrolled = app.store.enrol(enrolment, session, now()).await?;
    let Some(enrolled) = enrolled else {
        // Only wrong tokens count: a thousand devices may share one address.
        app.limits.attempt(client.address)?;
        return Err(ProblemCode::EnrolmentRefused.into());
    };
    let company = enrolled.member.company;
    tracing::info!(company, "a device was enrolled");
    Ok(axum::Json(SignedIn {
        token: token.as_str().to_owned(),
        me: accounts::me_of(&app, company, Some(&enrolled)).await?,
    }))
}

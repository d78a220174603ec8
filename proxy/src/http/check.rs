//! Checks a key and its service user, step by step, as far as Greenhouse reveals it.

use super::{
    app::App,
    connection::checked,
    extract::{Admin, Json},
    problems::{AdminBodyProblems, ApiError},
};
use crate::{
    sentence::{Sentence, sentence},
    store::CompanyId,
};
use atsi_greenhouse::{Error, UnauthorizedHint, User};
use atsi_protocol::{CheckName, ConnectionCheck, ConnectionChecks, ConnectionRequest};
use axum::extract::State;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Length of the keys in Greenhouse's documents.
const USUAL_KEY_CHARS: usize = 32;
const OTHER_KEY: &str = "It may be of another type: Harvest and Job Board keys look the same. In Configure, Dev Center, API Credential Management, create a key of the type Candidate Ingestion for the partner Jopwell. The key may also have been revoked there.";
const SHORT_KEY: &str = "It is probably incomplete: copy it again, from the first character to the last. If it is complete, it may be of another type or revoked: in Configure, Dev Center, API Credential Management, create a key of the type Candidate Ingestion for the partner Jopwell.";
const USER_ADDRESS: &str = "Enter the address that the user signs in to Greenhouse with. You find it in Greenhouse under Configure, Users. The user has to be active.";
const KEY_OR_USER: &str = "Check that the key is complete and of the type Candidate Ingestion, in Configure, Dev Center, API Credential Management. Check that the user is active and signs in with this address, in Configure, Users.";

/// Checks a key without storing it.
#[utoipa::path(post, path = "/v1/connection/check", tag = "connection", request_body = ConnectionRequest, responses(
    (status = 200, description = "The results", body = ConnectionChecks), AdminBodyProblems
))]
pub async fn post(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<ConnectionRequest>,
) -> Result<axum::Json<ConnectionChecks>, ApiError> {
    let key = Zeroizing::new(request.api_key);
    let (checks, _) = checks(&app, caller.company, &key, &request.service_user_email).await;
    Ok(axum::Json(checks))
}

/// Returns all results, and the user if connecting works.
pub async fn checks(
    app: &App,
    company: CompanyId,
    key: &str,
    service_user: &str,
) -> (ConnectionChecks, Option<User>) {
    let (key, service_user) = (key.trim(), service_user.trim());
    let mut lines = Vec::new();
    let credentials = match checked(key, service_user) {
        Ok(credentials) => credentials,
        Err(error) => {
            let is_user = error.field() == Some("service_user_email");
            let problem = error.problem();
            let says = Sentence {
                text: problem.detail.as_ref().unwrap_or(&problem.title).clone(),
                params: problem.params.clone(),
            };
            if is_user {
                lines.push(shape_of_key(key));
                lines.push(line(CheckName::UserShape, Some(false), says, None));
            } else {
                let hint = "In Greenhouse, click Copy next to the key when you create it: it is shown only once. If you no longer have it, create another.";
                lines.push(line(CheckName::KeyShape, Some(false), says, Some(hint)));
                lines.push(not_asked(CheckName::UserShape));
            }
            for name in [
                CheckName::CurrentUser,
                CheckName::Jobs,
                CheckName::ProspectPools,
                CheckName::Role,
            ] {
                lines.push(not_asked(name));
            }
            return (done(lines), None);
        }
    };
    lines.push(shape_of_key(key));
    lines.push(line(
        CheckName::UserShape,
        Some(true),
        "The service user is an e-mail address.",
        None,
    ));
    let user = app.upstream.current_user(company, &credentials).await;
    lines.push(current_user(&user, key));
    let Ok(user) = user else {
        for name in [CheckName::Jobs, CheckName::ProspectPools, CheckName::Role] {
            lines.push(not_asked(name));
        }
        return (done(lines), None);
    };
    // Greenhouse accepted the key, so its form is right.
    if let Some(shape) = lines.first_mut() {
        *shape = line(
            CheckName::KeyShape,
            Some(true),
            "The key is complete.",
            None,
        );
    }
    let jobs = app.upstream.try_jobs(company, &credentials).await;
    let count = jobs.as_ref().map(Vec::len).unwrap_or_default();
    lines.push(match &jobs {
        Ok(jobs) if jobs.is_empty() => line(
            CheckName::Jobs,
            Some(false),
            "The service user sees no open job.",
            Some("Give the user the Site Admin role, or make it Job Admin of the jobs you recruit for. Until then, candidates can only be sent without a job."),
        ),
        Ok(_) => line(
            CheckName::Jobs,
            Some(true),
            match count {
                1 => "The service user sees 1 open job.".into(),
                count => sentence!("The service user sees {count} open jobs.", count = count),
            },
            None,
        ),
        Err(error) => failed(
            CheckName::Jobs,
            "Greenhouse does not let the service user list jobs.",
            error,
        ),
    });
    let pools = app.upstream.try_prospect_pools(company, &credentials).await;
    lines.push(match &pools {
        Ok(pools) => line(
            CheckName::ProspectPools,
            Some(true),
            match pools.len() {
                1 => "The service user sees 1 prospect pool.".into(),
                count => sentence!(
                    "The service user sees {count} prospect pools.",
                    count = count
                ),
            },
            None,
        ),
        Err(error) => failed(
            CheckName::ProspectPools,
            "Greenhouse does not let the service user list prospect pools.",
            error,
        ),
    });
    // No candidate has this id; the answer shows whether the user may ask. Source: Candidate Ingestion API,
    // roles.
    let reads = app.upstream.try_candidates(company, &credentials).await;
    lines.push(match &reads {
        Ok(_) => line(
            CheckName::Role,
            Some(true),
            "The service user may create prospects and read statuses: on every job as Site Admin, on its own jobs as Job Admin.",
            Some("To read prospects without a job, the user also needs the permission to manage unattached prospects."),
        ),
        Err(Error::Forbidden) => line(
            CheckName::Role,
            Some(false),
            "The service user may not read candidates; it probably has the Basic role.",
            Some("In Greenhouse, Configure, Users: give the user the Site Admin role, or make it Job Admin of the jobs you recruit for. With the Basic role, candidates can be sent but their statuses cannot be read."),
        ),
        Err(error) => failed(
            CheckName::Role,
            "Greenhouse does not let the service user read candidates.",
            error,
        ),
    });
    (done(lines), Some(user))
}

fn done(checks: Vec<ConnectionCheck>) -> ConnectionChecks {
    ConnectionChecks {
        ok: checks
            .iter()
            .any(|one| one.check == CheckName::CurrentUser && one.ok == Some(true)),
        checks,
    }
}

fn line(
    check: CheckName,
    ok: Option<bool>,
    says: impl Into<Sentence>,
    hint: Option<&str>,
) -> ConnectionCheck {
    let Sentence { text, params } = says.into();
    ConnectionCheck {
        check,
        ok,
        says: text,
        params,
        hint: hint.map(str::to_owned),
    }
}

fn not_asked(check: CheckName) -> ConnectionCheck {
    line(check, None, "Not checked yet.", None)
}

/// Checks the form of a key.
fn shape_of_key(key: &str) -> ConnectionCheck {
    let chars = key.chars().count();
    if key.is_empty() {
        return line(CheckName::KeyShape, Some(false), "No key yet.", None);
    }
    if key.starts_with("eyJ") {
        let says = "This looks like an access token, not an API key.";
        let hint = "Create a key of the type Candidate Ingestion.";
        return line(CheckName::KeyShape, None, says, Some(hint));
    }
    if chars < USUAL_KEY_CHARS {
        return line(
            CheckName::KeyShape,
            None,
            sentence!(
                "The key has {chars} characters. Keys usually have {usual}, so some may be missing.",
                chars = chars,
                usual = USUAL_KEY_CHARS
            ),
            Some("Copy it again, from the first character to the last."),
        );
    }
    line(
        CheckName::KeyShape,
        Some(true),
        "The key looks right.",
        None,
    )
}

fn current_user(user: &Result<User, Error>, key: &str) -> ConnectionCheck {
    const CHECK: CheckName = CheckName::CurrentUser;
    let key_hint = if key.chars().count() < USUAL_KEY_CHARS {
        SHORT_KEY
    } else {
        OTHER_KEY
    };
    match user {
        Ok(user) => {
            let name = user.full_name.as_deref().or(user.email.as_deref());
            line(
                CHECK,
                Some(true),
                match name {
                    Some(name) => sentence!(
                        "Greenhouse accepts the key. It acts as {name}.",
                        name = name
                    ),
                    None => "Greenhouse accepts the key.".into(),
                },
                None,
            )
        }
        Err(Error::Unauthorized {
            hint: UnauthorizedHint::Key,
        }) => line(
            CHECK,
            Some(false),
            "Greenhouse does not accept this key.",
            Some(key_hint),
        ),
        Err(Error::Unauthorized {
            hint: UnauthorizedHint::User,
        }) => line(
            CHECK,
            Some(false),
            "Greenhouse accepts the key but does not know the service user.",
            Some(USER_ADDRESS),
        ),
        Err(Error::Unauthorized {
            hint: UnauthorizedHint::Unknown,
        }) => line(
            CHECK,
            Some(false),
            "Greenhouse does not accept this key with this user, and does not say which of the two is wrong.",
            Some(KEY_OR_USER),
        ),
        Err(Error::Forbidden) => line(
            CHECK,
            Some(false),
            "Greenhouse knows the key and the user but denies access. The user is probably disabled.",
            Some("In Greenhouse, Configure, Users: enable the user, or choose another one."),
        ),
        Err(error) => failed(
            CHECK,
            "Greenhouse does not let the service user read its own account.",
            error,
        ),
    }
}

fn failed(check: CheckName, forbidden: &str, error: &Error) -> ConnectionCheck {
    match error {
        Error::Forbidden | Error::Unauthorized { .. } => line(
            check,
            Some(false),
            forbidden,
            Some(
                "In Greenhouse, Configure, Users: give the user the Site Admin role, or make it Job Admin of the jobs you recruit for.",
            ),
        ),
        Error::Busy { .. } => line(
            check,
            None,
            "Greenhouse asks ATSi to wait.",
            Some("Try again in a minute."),
        ),
        error => {
            tracing::warn!(%error, "a key could not be checked");
            let hint = "Try again in a minute.";
            line(
                check,
                None,
                "Greenhouse does not answer as expected.",
                Some(hint),
            )
        }
    }
}

//! A company's connection to Greenhouse.

use super::{
    app::App,
    extract::{Admin, Caller, Json},
    problems::{Administered, ApiError, Called, ConnectionProblems, invalid},
};
use crate::{
    clock::now,
    seal::Purpose,
    store::{CompanyId, NewConnection, StoredConnection, StoredMember},
    upstream::problem_of,
};
use atsi_greenhouse::{Credentials, CredentialsError, User};
use atsi_protocol::{
    Connection, ConnectionRequest, ConnectionState, MAX_FIELD_CHARS, Problem, ProblemCode, Role,
    live::CompanyPart,
};
use axum::extract::State;
use std::sync::Arc;
use zeroize::Zeroizing;

/// Shortest key whose last four characters are shown.
const SHOW_FOUR_FROM: usize = 12;

/// The connection.
#[utoipa::path(get, path = "/v1/connection", tag = "connection", responses(
    (status = 200, description = "The connection, state `none` where there is none", body = Connection), Called
))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<Connection>, ApiError> {
    of(&app, caller.company).await.map(axum::Json)
}

/// Returns the company's connection.
pub async fn of(app: &App, company: CompanyId) -> Result<Connection, ApiError> {
    let stored = app.store.connection(company).await?;
    Ok(stored.map_or_else(none, connection))
}

/// Checks a key with Greenhouse and stores it if it works. If it does not, the previous connection stays.
#[utoipa::path(put, path = "/v1/connection", tag = "connection", request_body = ConnectionRequest, responses(
    (status = 200, description = "Greenhouse accepted the key", body = Connection), ConnectionProblems
))]
pub async fn put(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<ConnectionRequest>,
) -> Result<axum::Json<Connection>, ApiError> {
    let company = caller.company;
    let api_key = Zeroizing::new(request.api_key);
    // Spaces and line breaks around a pasted text are accidental.
    let (api_key, service_user) = (api_key.trim(), request.service_user_email.trim());
    let credentials = checked(api_key, service_user)?;
    let user = app
        .upstream
        .current_user(company, &credentials)
        .await
        .map_err(|error| {
            tracing::warn!(%error, "a connection was not accepted");
            problem_of(&error)
        })?;
    // The call took a while: an admin who lost the role meanwhile changes nothing.
    if let Some(signed_in) = caller.signed_in() {
        let members = app.store.members(company).await?;
        let is_admin =
            |one: &StoredMember| one.id == signed_in.member.id && one.role == Role::Admin;
        if !members.iter().any(is_admin) {
            return Err(ProblemCode::AdminNeeded.into());
        }
    }
    let by = (caller.signed_in()).map(|signed_in| signed_in.member.name.clone());
    let new = new_connection(&app, company, api_key, service_user, &user, by)?;
    let stored = app
        .store
        .put_connection(company, new, &caller.who(), now())
        .await?;
    tracing::info!(company, "connected");
    app.announcer
        .company_changed(company, CompanyPart::Connection);
    Ok(axum::Json(connection(stored)))
}

/// Returns a connection that Greenhouse accepted, with its key sealed.
pub fn new_connection(
    app: &App,
    company: CompanyId,
    api_key: &str,
    service_user: &str,
    user: &User,
    connected_by: Option<String>,
) -> Result<NewConnection, ApiError> {
    let (api_key, service_user) = (api_key.trim(), service_user.trim());
    let names = || {
        let both = [user.first_name.as_deref(), user.last_name.as_deref()];
        let both = both.into_iter().flatten().collect::<Vec<_>>().join(" ");
        Some(both).filter(|name| !name.trim().is_empty())
    };
    Ok(NewConnection {
        sealed_key: app
            .sealer
            .seal(company, Purpose::ApiKey, api_key.as_bytes())?,
        masked_key: masked(api_key),
        service_user: service_user.to_owned(),
        account_name: user.full_name.clone().or_else(names).or(user.email.clone()),
        connected_by,
    })
}

/// Deletes the key. Waiting sends are refused; nothing was created for them.
#[utoipa::path(delete, path = "/v1/connection", tag = "connection", responses(
    (status = 200, description = "There is no connection", body = Connection), Administered
))]
pub async fn delete(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
) -> Result<axum::Json<Connection>, ApiError> {
    let problem = Problem::new(ProblemCode::NotConnected);
    app.store
        .delete_connection(caller.company, &problem, &caller.who(), now())
        .await?;
    tracing::info!(company = caller.company, "disconnected");
    app.announcer
        .company_changed(caller.company, CompanyPart::Connection);
    Ok(axum::Json(none()))
}

/// Reads the credentials.
///
/// # Errors
/// A sentence about the field that cannot be right.
pub fn checked(api_key: &str, service_user: &str) -> Result<Credentials, ApiError> {
    const KEY: &str = "api_key";
    const USER: &str = "service_user_email";
    for (field, text) in [(KEY, api_key), (USER, service_user)] {
        if text.chars().count() > MAX_FIELD_CHARS {
            return Err(invalid!(
                field,
                "It is longer than {most} characters. Copy it again.",
                most = MAX_FIELD_CHARS
            ));
        }
    }
    Credentials::new(api_key, service_user).map_err(|error| match error {
        CredentialsError::KeyEmpty => invalid!(KEY, "Enter the API key from Greenhouse."),
        CredentialsError::KeyCharacters => invalid!(KEY, "The API key contains a space or a special character. Copy it again from Greenhouse, the key only."),
        CredentialsError::KeyColon => invalid!(KEY, "The API key contains a colon. Enter only the key, as Greenhouse shows it."),
        CredentialsError::UserEmpty => invalid!(USER, "Enter the e-mail address of the service user."),
        CredentialsError::UserCharacters => invalid!(USER, "The e-mail address of the service user contains a space or a special character. Enter one address only."),
        CredentialsError::UserNotAnAddress => invalid!(USER, "This is not an e-mail address. Enter the address that the service user signs in to Greenhouse with."),
    })
}

fn masked(api_key: &str) -> String {
    let characters = api_key.chars().count();
    let shown = if characters < SHOW_FOUR_FROM {
        characters
    } else {
        characters - 4
    };
    let last: String = api_key.chars().skip(shown).collect();
    format!("••••{last}")
}

fn none() -> Connection {
    Connection {
        state: ConnectionState::None,
        account_name: None,
        service_user_email: None,
        masked_key: None,
        connected_at: None,
        connected_by: None,
        problem: None,
    }
}

fn connection(stored: StoredConnection) -> Connection {
    Connection {
        state: match stored.problem {
            None => ConnectionState::Active,
            Some(_) => ConnectionState::Broken,
        },
        account_name: stored.account_name,
        service_user_email: Some(stored.service_user),
        masked_key: Some(stored.masked_key),
        connected_at: Some(stored.connected_at),
        connected_by: stored.connected_by,
        problem: stored.problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_key_shows_at_most_four_characters() {
        assert_eq!(masked("0123456789abcdef"), "••••cdef");
        assert_eq!(masked("0123456789a"), "••••");
        assert_eq!(masked(""), "••••");
    }
}

//! One-time links by which a Greenhouse admin connects without the extension: the mail and its page.

use super::{
    accounts,
    app::App,
    check::checks,
    connection::new_connection,
    extract::{Caller, Json, Number, Path},
    forwarded::Client,
    members::LINK_VALID_MS,
    pages::page,
    problems::{
        AccountProblems, ApiError, HelpProblems, LinkPageProblems, SessionProblems, invalid,
    },
};
use crate::{
    clock::now,
    language::{self, say},
    mail::letters,
    profile_link,
    sentence::in_their_language,
    store::{CompanyId, NewConnectionRequest, StoredConnectionRequest},
    tokens,
};
use atsi_protocol::{
    ConnectionCheck, ConnectionHelp, ConnectionHelpMade, ConnectionHelpRequest,
    ConnectionHelpState, ConnectionHelps, ProblemCode, Role, live::CompanyPart,
};
use axum::{
    Extension, Form,
    extract::{State, rejection::FormRejection},
    http::StatusCode,
    response::Response,
};
use maud::{Markup, html};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::ToSchema;
use zeroize::Zeroizing;

const MAX_NOTE_CHARS: usize = 1_000;

/// Asks a Greenhouse admin by e-mail, with a one-time link to a page where they can connect. Recruiters may
/// ask while the company has no working connection.
#[utoipa::path(post, path = "/v1/connection/requests", tag = "connection", request_body = ConnectionHelpRequest, responses(
    (status = 200, description = "The e-mail is on its way; the link is shown only here", body = ConnectionHelpMade), HelpProblems
))]
pub async fn post(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    caller: Caller,
    Json(request): Json<ConnectionHelpRequest>,
) -> Result<axum::Json<ConnectionHelpMade>, ApiError> {
    let member = &caller.member()?.member;
    if !app.mailer.is_set_up() {
        return Err(ProblemCode::MailNotSetUp.into());
    }
    let connection = app.store.connection(caller.company).await?;
    if member.role != Role::Admin && connection.is_some_and(|one| one.problem.is_none()) {
        return Err(ProblemCode::AdminNeeded.into());
    }
    let to = accounts::address("admin_email", &request.admin_email)?;
    let note = request.note.as_deref().map(str::trim).unwrap_or_default();
    if note.chars().count() > MAX_NOTE_CHARS {
        return Err(invalid!(
            "note",
            "The note is longer than {most} characters. Shorten it.",
            most = MAX_NOTE_CHARS
        ));
    }
    app.limits.code(client.address, to.as_str())?;
    let account = app.store.account(caller.company).await?;
    let domain = account.map_or_else(String::new, |account| account.domain);
    let (token, created_at) = (tokens::generate(), now());
    let link = format!("{}/connect/{}", app.public_url, *token);
    let expires_at = created_at + LINK_VALID_MS;
    let intent = format!("connection-request/{}", uuid::Uuid::new_v4());
    let from = member.email.as_deref().unwrap_or_default();
    let greenhouse = greenhouse_of(&app, caller.company).await?;
    let letter = letters::connection_request(&member.name, from, &domain, note, &link, &greenhouse);
    let mail = (app.mailer).seal(
        Some(caller.company),
        &intent,
        to.as_str(),
        &letter,
        expires_at,
    )?;
    let new = NewConnectionRequest {
        token: tokens::digest(&token),
        admin_email: to.as_str(),
        by: member.id,
        expires_at,
    };
    let id = (app.store)
        .put_connection_request(caller.company, new, mail, created_at)
        .await?;
    app.mailer.wake();
    Ok(axum::Json(ConnectionHelpMade {
        request: ConnectionHelp {
            id: id.unsigned_abs(),
            admin_email: to.as_str().to_owned(),
            asked_by: member.name.clone(),
            created_at,
            expires_at,
            state: ConnectionHelpState::Sent,
        },
        link,
    }))
}

/// The requests, and whether they led to a connection.
#[utoipa::path(get, path = "/v1/connection/requests", tag = "connection", responses(
    (status = 200, description = "The newest first", body = ConnectionHelps), AccountProblems
))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<ConnectionHelps>, ApiError> {
    caller.member()?;
    listed(&app, &caller).await
}

/// Revokes an unused one-time link.
#[utoipa::path(delete, path = "/v1/connection/requests/{request}", tag = "connection",
    params(("request" = u64, Path, description = "The id of a request")),
    responses((status = 200, description = "All requests", body = ConnectionHelps), SessionProblems)
)]
pub async fn revoke(
    State(app): State<Arc<App>>,
    caller: Caller,
    Number(request): Number,
) -> Result<axum::Json<ConnectionHelps>, ApiError> {
    caller.member()?;
    let revoked = (app.store)
        .revoke_connection_request(caller.company, request, &caller.who(), now())
        .await?;
    if !revoked {
        return Err(ProblemCode::NotFound.into());
    }
    listed(&app, &caller).await
}

async fn listed(app: &App, caller: &Caller) -> Result<axum::Json<ConnectionHelps>, ApiError> {
    let stored = app.store.connection_requests(caller.company).await?;
    let requests = stored.into_iter().map(|help| ConnectionHelp {
        state: state_of(&help),
        id: help.id.unsigned_abs(),
        admin_email: help.admin_email,
        asked_by: help.asked_by,
        created_at: help.created_at,
        expires_at: help.expires_at,
    });
    Ok(axum::Json(ConnectionHelps {
        requests: requests.collect(),
    }))
}

fn state_of(help: &StoredConnectionRequest) -> ConnectionHelpState {
    match help {
        StoredConnectionRequest { is_done: true, .. } => ConnectionHelpState::Done,
        StoredConnectionRequest {
            is_revoked: true, ..
        } => ConnectionHelpState::Revoked,
        _ if help.expires_at <= now() => ConnectionHelpState::Expired,
        StoredConnectionRequest {
            is_opened: true, ..
        } => ConnectionHelpState::Opened,
        _ => ConnectionHelpState::Sent,
    }
}

/// The form of the page.
#[derive(Deserialize, ToSchema)]
pub struct ConnectForm {
    /// Bound to the link, and known only to the page.
    csrf: String,
    #[serde(default)]
    api_key: String,
    #[serde(default)]
    service_user_email: String,
}

/// The page on which a Greenhouse admin connects.
#[utoipa::path(get, path = "/connect/{token}", tag = "pages",
    params(("token" = String, Path, description = "Of a one-time link")),
    responses(
        (status = 200, description = "A form for the key", body = String, content_type = "text/html"),
        (status = 410, description = "The link no longer works", body = String, content_type = "text/html"),
        LinkPageProblems
    )
)]
pub async fn show(State(app): State<Arc<App>>, Path(token): Path) -> Result<Response, ApiError> {
    let Some(help) = open(&app, &token).await? else {
        return Ok(gone());
    };
    app.store.open_connection_request(help.id, now()).await?;
    let domain = domain_of(&app, &help).await?;
    let greenhouse = greenhouse_of(&app, help.company).await?;
    let content = form(&csrf(&app, &token), &help, &domain, &greenhouse, "", &[]);
    Ok(page(StatusCode::OK, say!("Connect Greenhouse"), content))
}

/// Checks the key and connects.
#[utoipa::path(post, path = "/connect/{token}", tag = "pages",
    request_body(content = ConnectForm, content_type = "application/x-www-form-urlencoded"),
    params(("token" = String, Path, description = "Of a one-time link")),
    responses(
        (status = 200, description = "Connected, or the form again with the mistakes", body = String, content_type = "text/html"),
        (status = 400, description = "The form is not from the page", body = String, content_type = "text/html"),
        (status = 410, description = "The link no longer works", body = String, content_type = "text/html"),
        LinkPageProblems
    )
)]
pub async fn submit(
    State(app): State<Arc<App>>,
    Path(token): Path,
    sent: Result<Form<ConnectForm>, FormRejection>,
) -> Result<Response, ApiError> {
    let Some(help) = open(&app, &token).await? else {
        return Ok(gone());
    };
    let expected = csrf(&app, &token);
    let sent = sent.ok().map(|Form(sent)| sent);
    let Some(sent) = sent.filter(|sent| sent.csrf == expected) else {
        let content =
            html! { p { (say!("Open the link in the e-mail again and fill in the form there.")) } };
        return Ok(page(
            StatusCode::BAD_REQUEST,
            say!("This form is not from ATSi"),
            content,
        ));
    };
    let key = Zeroizing::new(sent.api_key);
    let (found, user) = checks(&app, help.company, &key, &sent.service_user_email).await;
    let Some(user) = user else {
        let domain = domain_of(&app, &help).await?;
        let greenhouse = greenhouse_of(&app, help.company).await?;
        let content = form(
            &expected,
            &help,
            &domain,
            &greenhouse,
            sent.service_user_email.trim(),
            &found.checks,
        );
        return Ok(page(StatusCode::OK, say!("Not connected yet"), content));
    };
    let by = Some(help.admin_email.clone());
    let new = new_connection(
        &app,
        help.company,
        &key,
        &sent.service_user_email,
        &user,
        by,
    )?;
    let stored = (app.store)
        .put_connection_by_request(&help, new, now())
        .await?;
    if stored.is_none() {
        return Ok(gone());
    }
    tracing::info!(company = help.company, "connected by a one-time link");
    app.announcer
        .company_changed(help.company, CompanyPart::Connection);
    let content = html! {
        p { (say!("Thank you. {name} and the whole team can now send candidates from Jopwell to Greenhouse.", name = &help.asked_by)) }
        (lines(&found.checks))
        p.soft { (say!("You can close this page. The link no longer works. The key is stored encrypted and never shown. To end the connection, revoke the key in Greenhouse.")) }
    };
    Ok(page(StatusCode::OK, say!("Connected"), content))
}

/// Returns the request of a link that still works.
async fn open(app: &App, token: &str) -> Result<Option<StoredConnectionRequest>, ApiError> {
    app.has_accounts()?;
    let Some(help) = app.store.connection_request(tokens::digest(token)).await? else {
        return Ok(None);
    };
    let is_open = matches!(
        state_of(&help),
        ConnectionHelpState::Sent | ConnectionHelpState::Opened
    );
    let works = app.store.connection(help.company).await?;
    let may_replace = help.by_admin || works.is_none_or(|one| one.problem.is_some());
    Ok((is_open && may_replace).then_some(help))
}

fn csrf(app: &App, token: &str) -> String {
    hex::encode(
        app.sealer
            .digest(format!("connect form {token}").as_bytes()),
    )
}

async fn domain_of(app: &App, help: &StoredConnectionRequest) -> Result<String, ApiError> {
    let account = app.store.account(help.company).await?;
    Ok(account.map_or_else(String::new, |account| account.domain))
}

/// Returns the origin of the company's Greenhouse, as seen in the last send.
async fn greenhouse_of(app: &App, company: CompanyId) -> Result<String, ApiError> {
    let page = app.store.last_profile_url(company).await?;
    Ok(profile_link::origin(page.as_deref().unwrap_or_default()))
}

fn gone() -> Response {
    let content = html! {
        p { (say!("It was used, was revoked or is older than 7 days, or the company is already connected.")) }
        p { (say!("If it is still needed, ask your colleague for a new one.")) }
    };
    page(StatusCode::GONE, say!("This link no longer works"), content)
}

fn form(
    csrf: &str,
    help: &StoredConnectionRequest,
    domain: &str,
    greenhouse: &str,
    service_user: &str,
    found: &[ConnectionCheck],
) -> Markup {
    let wrong = !found.is_empty();
    html! {
        p { (say!("{name} of {domain} asks you to connect ATSi, which sends candidates from Jopwell to your Greenhouse.", name = &help.asked_by, domain = domain)) }
        @if wrong {
            div role="alert" {
                p { (say!("Greenhouse did not accept it. Results:")) }
                (lines(found))
            }
        }
        ol {
            @for step in letters::steps(greenhouse) { (step.item()) }
        }
        form method="post" autocomplete="off" {
            input type="hidden" name="csrf" value=(csrf);
            div {
                label for="key" { (say!("Greenhouse API key")) }
                input #key name="api_key" type="password" required autocomplete="off" spellcheck="false" maxlength="255";
            }
            div {
                label for="user" { (say!("Service user e-mail")) }
                input #user name="service_user_email" type="email" required value=(service_user) maxlength="255" aria-describedby="user-help";
                p.soft #user-help { (say!("The Greenhouse user ATSi acts as: Site Admin, or Job Admin of the jobs concerned.")) }
            }
            button type="submit" { (say!("Check and connect")) }
        }
        p.soft { (say!("The key goes to this server only. It is stored encrypted and never shown.")) }
    }
}

fn lines(found: &[ConnectionCheck]) -> Markup {
    html! {
        ul.checks {
            // A check that was not made has no result.
            @for one in found.iter().filter(|one| one.ok.is_some() || one.hint.is_some()) {
                @let (class, word) = match one.ok {
                    Some(true) => ("good", say!("Right: ")),
                    Some(false) => ("bad", say!("Wrong: ")),
                    None => ("unknown", say!("Unknown: ")),
                };
                li class=(class) {
                    strong { (word) } (in_their_language(&one.says, &one.params))
                    @if let Some(hint) = &one.hint { p { (language::translated(hint)) } }
                }
            }
        }
    }
}

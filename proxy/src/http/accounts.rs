//! Signing in and out, sessions, and the caller's own account.

use super::{
    app::App,
    connection,
    extract::{Caller, Json, Number},
    forwarded::Client,
    problems::{
        AccountProblems, ApiError, Called, NameProblems, SessionProblems, SignInCodeProblems,
        SignInProblems, invalid,
    },
};
use crate::{
    clock::now,
    language,
    mail::letters,
    mail_address::MailAddress,
    sentence::problem,
    store::{Authenticated, NewSession, SignIn, SigningIn, StoredMember},
    tokens,
};
use atsi_protocol::{
    Company, Me, MeRequest, Member, Millis, ProblemCode, ProxyMode, Session, Sessions,
    SignInCodeRequest, SignInCodeSent, SignInRequest, SignedIn, SignedOut, live::CompanyPart,
};
use axum::{Extension, extract::State, http::StatusCode};
use std::sync::Arc;
use zeroize::Zeroizing;

/// 10 minutes.
const CODE_VALID_MS: Millis = 10 * 60 * 1000;
const MAX_NAME_CHARS: usize = 80;
const MAX_DEVICE_CHARS: usize = 100;

/// Mails a code to the address. The answer is the same whether the address is known or not.
#[utoipa::path(post, path = "/v1/sign-in/code", tag = "accounts", request_body = SignInCodeRequest, responses(
    (status = 202, description = "A code is on its way, if the mailbox exists", body = SignInCodeSent),
    SignInCodeProblems
))]
pub async fn code(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    Json(request): Json<SignInCodeRequest>,
) -> Result<(StatusCode, axum::Json<SignInCodeSent>), ApiError> {
    app.has_accounts()?;
    let address = address("email", &request.email)?;
    app.limits.code(client.address, address.as_str())?;
    // Nothing is looked up, so that the answer reveals no member.
    let code = Zeroizing::new(format!("{:06}", rand::random_range(0..1_000_000)));
    let expires_at = now() + CODE_VALID_MS;
    let intent = format!("code/{}", uuid::Uuid::new_v4());
    let letter = letters::sign_in_code(&code, &app.public_url);
    let mail = (app.mailer).seal(None, &intent, address.as_str(), &letter, expires_at)?;
    let digest = code_digest(&app, &address, &code);
    app.store
        .put_sign_in_code(address.as_str(), digest, expires_at, mail, now())
        .await?;
    app.mailer.wake();
    let sent = SignInCodeSent {
        valid_for_ms: CODE_VALID_MS,
    };
    Ok((StatusCode::ACCEPTED, axum::Json(sent)))
}

fn code_digest(app: &App, address: &MailAddress, code: &str) -> [u8; 32] {
    let bound = Zeroizing::new(format!("sign-in code {} {code}", address.as_str()));
    app.sealer.digest(bound.as_bytes())
}

/// Signs in with a code. The first person of a work domain creates the company and is its admin; colleagues
/// join automatically if the company allows it; everybody else needs an invitation.
#[utoipa::path(post, path = "/v1/sign-in", tag = "accounts", request_body = SignInRequest, responses(
    (status = 200, description = "Signed in; the token is shown only here", body = SignedIn), SignInProblems
))]
pub async fn sign_in(
    State(app): State<Arc<App>>,
    Extension(client): Extension<Client>,
    Json(request): Json<SignInRequest>,
) -> Result<axum::Json<SignedIn>, ApiError> {
    app.has_accounts()?;
    app.limits.attempt(client.address)?;
    let address = address("email", &request.email)?;
    let code: Zeroizing<String> = Zeroizing::new(
        request
            .code
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect(),
    );
    let name = match &request.name {
        Some(name) => checked_name(name)?,
        None => address.likely_name(),
    };
    let token = tokens::generate();
    let who = SigningIn {
        email: address.as_str(),
        code: code_digest(&app, &address, &code),
        work_domain: address.work_domain(),
        invitation: request.invitation.as_deref().map(pasted_token),
        name: &name,
        language: language::tag(),
        session: NewSession {
            token: tokens::digest(&token),
            device: &device(&request.device),
        },
    };
    let signed_in = match app.store.sign_in(who, now()).await? {
        SignIn::In(signed_in) => signed_in,
        SignIn::CodeWrong => return Err(ProblemCode::CodeWrong.into()),
        SignIn::InvitationNeeded => return Err(ProblemCode::InvitationNeeded.into()),
        SignIn::InvitationInvalid => {
            return Err(problem!(
                ProblemCode::InvitationNeeded,
                "This invitation is for another address, or it was used, was revoked or has expired."
            )
            .into());
        }
    };
    tracing::info!(company = signed_in.member.company, "signed in");
    let company = signed_in.member.company;
    Ok(axum::Json(SignedIn {
        token: token.as_str().to_owned(),
        me: me_of(&app, company, Some(&signed_in)).await?,
    }))
}

/// Reads a pasted invitation: the link, or the token at its end.
fn pasted_token(text: &str) -> [u8; 32] {
    let text = text.trim();
    let token = text.rsplit(['#', '/']).next().unwrap_or_default();
    tokens::digest(token)
}

/// The caller, and the state of the company.
#[utoipa::path(get, path = "/v1/me", tag = "accounts", responses(
    (status = 200, description = "The caller; without a member in personal mode", body = Me), Called
))]
pub async fn me(State(app): State<Arc<App>>, caller: Caller) -> Result<axum::Json<Me>, ApiError> {
    me_of(&app, caller.company, caller.signed_in())
        .await
        .map(axum::Json)
}

/// Changes the name that colleagues see.
#[utoipa::path(put, path = "/v1/me", tag = "accounts", request_body = MeRequest, responses(
    (status = 200, description = "The caller", body = Me), NameProblems
))]
pub async fn rename(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(request): Json<MeRequest>,
) -> Result<axum::Json<Me>, ApiError> {
    let mut signed_in = caller.member()?.clone();
    let name = checked_name(&request.name)?;
    app.store
        .rename_member(caller.company, signed_in.member.id, &name)
        .await?;
    signed_in.member.name = name;
    me_of(&app, caller.company, Some(&signed_in))
        .await
        .map(axum::Json)
}

/// Signs this device out.
#[utoipa::path(delete, path = "/v1/session", tag = "accounts", responses(
    (status = 200, description = "The token no longer works", body = SignedOut), AccountProblems
))]
pub async fn sign_out(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<SignedOut>, ApiError> {
    let signed_in = caller.member()?;
    app.store
        .end_session(
            caller.company,
            signed_in.member.id,
            signed_in.session,
            now(),
        )
        .await?;
    app.announcer
        .company_changed(caller.company, CompanyPart::Members);
    Ok(axum::Json(SignedOut { signed_out: true }))
}

/// The devices on which the caller is signed in.
#[utoipa::path(get, path = "/v1/sessions", tag = "accounts", responses(
    (status = 200, description = "The caller's sessions, the last used first", body = Sessions), AccountProblems
))]
pub async fn sessions(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<Sessions>, ApiError> {
    sessions_of(&app, &caller).await
}

/// Signs out another device of the caller.
#[utoipa::path(delete, path = "/v1/sessions/{session}", tag = "accounts",
    params(("session" = u64, Path, description = "The id of one of the caller's sessions")),
    responses((status = 200, description = "The remaining sessions", body = Sessions), SessionProblems)
)]
pub async fn end_session(
    State(app): State<Arc<App>>,
    caller: Caller,
    Number(session): Number,
) -> Result<axum::Json<Sessions>, ApiError> {
    let member = caller.member()?.member.id;
    let ended = (app.store)
        .end_session(caller.company, member, session, now())
        .await?;
    if !ended {
        return Err(ProblemCode::NotFound.into());
    }
    app.announcer
        .company_changed(caller.company, CompanyPart::Members);
    sessions_of(&app, &caller).await
}

async fn sessions_of(app: &App, caller: &Caller) -> Result<axum::Json<Sessions>, ApiError> {
    let signed_in = caller.member()?;
    let sessions = app
        .store
        .sessions(caller.company, signed_in.member.id)
        .await?;
    let sessions = sessions
        .into_iter()
        .map(|session| Session {
            id: session.id.unsigned_abs(),
            current: session.id == signed_in.session,
            device: session.device,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
        })
        .collect();
    Ok(axum::Json(Sessions { sessions }))
}

pub async fn me_of(
    app: &App,
    company: crate::store::CompanyId,
    signed_in: Option<&Authenticated>,
) -> Result<Me, ApiError> {
    let account = app.store.account(company).await?;
    Ok(Me {
        mode: match app.personal {
            Some(_) => ProxyMode::Personal,
            None => ProxyMode::Company,
        },
        member: signed_in.map(|signed_in| member(&signed_in.member)),
        company: account.map(|account| Company {
            domain: account.domain,
            automatic_joining: account.automatic_joining,
        }),
        session: signed_in.map(|signed_in| signed_in.session.unsigned_abs()),
        connection: connection::of(app, company).await?,
        mail: app.mailer.is_set_up(),
    })
}

pub fn member(stored: &StoredMember) -> Member {
    Member {
        id: stored.id.unsigned_abs(),
        email: stored.email.clone(),
        name: stored.name.clone(),
        role: stored.role,
        joined_at: stored.joined_at,
        last_used_at: stored.last_used_at,
    }
}

pub fn address(field: &str, text: &str) -> Result<MailAddress, ApiError> {
    MailAddress::parse(text).ok_or_else(|| {
        invalid!(
            field,
            "This is not an e-mail address. Enter one address, for example ada@kiln.example."
        )
    })
}

fn checked_name(text: &str) -> Result<String, ApiError> {
    let name = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.contains(char::is_control) {
        return Err(invalid!(
            "name",
            "Enter a name of 1 to {most} characters.",
            most = MAX_NAME_CHARS
        ));
    }
    Ok(name)
}

/// Returns the label of a device; an empty one becomes *Unknown device*.
pub fn device(text: &str) -> String {
    let label = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let label: String = (label.chars().filter(|c| !c.is_control()))
        .take(MAX_DEVICE_CHARS)
        .collect();
    if label.is_empty() {
        "Unknown device".to_owned()
    } else {
        label
    }
}

//! Members of the company, and invitations.

use super::{
    accounts,
    app::App,
    extract::{Admin, Caller, Json, Number},
    problems::{
        AccountProblems, AdminAccountProblems, AdminNotFoundProblems, ApiError, MemberProblems,
        MemberRoleProblems, SettingProblems,
    },
};
use crate::{
    clock::now,
    mail::letters,
    store::{MemberChange, NewInvitation, StoredInvitation},
    tokens,
};
use atsi_protocol::{
    Company, CompanyRequest, Invitation, InvitationMade, InvitationRequest, InvitationState,
    Invitations, Member, Members, Millis, ProblemCode, Removed, Role, RoleRequest,
    live::CompanyPart,
};
use axum::extract::State;
use std::sync::Arc;

/// One-time links work for 7 days.
pub const LINK_VALID_MS: Millis = 7 * 24 * 60 * 60 * 1000;

/// The members of the company.
#[utoipa::path(get, path = "/v1/members", tag = "accounts", responses(
    (status = 200, description = "In the order in which they joined", body = Members), AccountProblems
))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<axum::Json<Members>, ApiError> {
    caller.member()?;
    let members = app.store.members(caller.company).await?;
    Ok(axum::Json(Members {
        members: members.iter().map(accounts::member).collect(),
    }))
}

/// Sets the role of a member.
#[utoipa::path(put, path = "/v1/members/{member}", tag = "accounts", request_body = RoleRequest,
    params(("member" = u64, Path, description = "The id of a member")),
    responses((status = 200, description = "The member", body = Member), MemberRoleProblems)
)]
pub async fn set_role(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Number(member): Number,
    Json(request): Json<RoleRequest>,
) -> Result<axum::Json<Member>, ApiError> {
    caller.member()?;
    let change = (app.store)
        .set_role(caller.company, member, request.role, &caller.who(), now())
        .await?;
    done(change).map(axum::Json)
}

/// Removes a member, whose tokens stop working at once. Members may remove themselves.
#[utoipa::path(delete, path = "/v1/members/{member}", tag = "accounts",
    params(("member" = u64, Path, description = "The id of a member")),
    responses((status = 200, description = "The member was removed", body = Removed), MemberProblems)
)]
pub async fn remove(
    State(app): State<Arc<App>>,
    caller: Caller,
    Number(member): Number,
) -> Result<axum::Json<Removed>, ApiError> {
    let own = &caller.member()?.member;
    if own.id != member && own.role != Role::Admin {
        return Err(ProblemCode::AdminNeeded.into());
    }
    let change = (app.store)
        .remove_member(caller.company, member, &caller.who(), now())
        .await?;
    done(change)?;
    tracing::info!(company = caller.company, "a member was removed");
    app.announcer
        .company_changed(caller.company, CompanyPart::Members);
    Ok(axum::Json(Removed { removed: true }))
}

fn done(change: MemberChange) -> Result<Member, ApiError> {
    match change {
        MemberChange::Done(member) => Ok(accounts::member(&member)),
        MemberChange::NoSuchMember => Err(ProblemCode::NotFound.into()),
        MemberChange::LastAdmin => Err(ProblemCode::LastAdmin.into()),
    }
}

/// Turns automatic joining on or off.
#[utoipa::path(put, path = "/v1/company", tag = "accounts", request_body = CompanyRequest, responses(
    (status = 200, description = "The company", body = Company), SettingProblems
))]
pub async fn set_company(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<CompanyRequest>,
) -> Result<axum::Json<Company>, ApiError> {
    caller.member()?;
    let automatic = request.automatic_joining;
    (app.store)
        .set_automatic_joining(caller.company, automatic, &caller.who(), now())
        .await?;
    let account = app.store.account(caller.company).await?;
    let account = account.ok_or(ProblemCode::Internal)?;
    Ok(axum::Json(Company {
        domain: account.domain,
        automatic_joining: account.automatic_joining,
    }))
}

/// Invites a person, with a link that works once, for 7 days.
#[utoipa::path(post, path = "/v1/invitations", tag = "accounts", request_body = InvitationRequest, responses(
    (status = 200, description = "The link, which is shown only here", body = InvitationMade), SettingProblems
))]
pub async fn invite(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Json(request): Json<InvitationRequest>,
) -> Result<axum::Json<InvitationMade>, ApiError> {
    let inviter = &caller.member()?.member;
    let address = match &request.email {
        Some(email) => Some(accounts::address("email", email)?),
        None => None,
    };
    let account = app.store.account(caller.company).await?;
    let domain = account.map_or_else(String::new, |account| account.domain);
    let (token, created_at) = (tokens::generate(), now());
    let link = format!("{}/join#{}", app.public_url, *token);
    let expires_at = created_at + LINK_VALID_MS;
    let intent = format!("invitation/{}", uuid::Uuid::new_v4());
    let mail = match &address {
        Some(address) => {
            let letter = letters::invitation(&inviter.name, &domain, &link);
            let to = address.as_str();
            Some((app.mailer).seal(Some(caller.company), &intent, to, &letter, expires_at)?)
        }
        None => None,
    };
    let new = NewInvitation {
        token: tokens::digest(&token),
        email: address.as_ref().map(|address| address.as_str()),
        role: request.role,
        by: inviter.id,
        expires_at,
    };
    let id = (app.store)
        .put_invitation(caller.company, new, mail, created_at)
        .await?;
    app.mailer.wake();
    Ok(axum::Json(InvitationMade {
        invitation: Invitation {
            id: id.unsigned_abs(),
            email: address.map(|address| address.as_str().to_owned()),
            role: request.role,
            invited_by: inviter.name.clone(),
            created_at,
            expires_at,
            state: InvitationState::Open,
        },
        link,
    }))
}

/// The invitations of the company.
#[utoipa::path(get, path = "/v1/invitations", tag = "accounts", responses(
    (status = 200, description = "The newest first", body = Invitations), AdminAccountProblems
))]
pub async fn invitations(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
) -> Result<axum::Json<Invitations>, ApiError> {
    caller.member()?;
    list_invitations(&app, &caller).await
}

/// Revokes an open invitation.
#[utoipa::path(delete, path = "/v1/invitations/{invitation}", tag = "accounts",
    params(("invitation" = u64, Path, description = "The id of an invitation")),
    responses((status = 200, description = "All invitations", body = Invitations), AdminNotFoundProblems)
)]
pub async fn revoke(
    State(app): State<Arc<App>>,
    Admin(caller): Admin,
    Number(invitation): Number,
) -> Result<axum::Json<Invitations>, ApiError> {
    caller.member()?;
    let revoked = (app.store)
        .revoke_invitation(caller.company, invitation, &caller.who(), now())
        .await?;
    if !revoked {
        return Err(ProblemCode::NotFound.into());
    }
    list_invitations(&app, &caller).await
}

async fn list_invitations(app: &App, caller: &Caller) -> Result<axum::Json<Invitations>, ApiError> {
    let stored = app.store.invitations(caller.company).await?;
    Ok(axum::Json(Invitations {
        invitations: stored.into_iter().map(invitation).collect(),
    }))
}

fn invitation(stored: StoredInvitation) -> Invitation {
    Invitation {
        state: match stored {
            StoredInvitation {
                is_accepted: true, ..
            } => InvitationState::Accepted,
            StoredInvitation {
                is_revoked: true, ..
            } => InvitationState::Revoked,
            _ if stored.expires_at <= now() => InvitationState::Expired,
            _ => InvitationState::Open,
        },
        id: stored.id.unsigned_abs(),
        email: stored.email,
        role: stored.role,
        invited_by: stored.invited_by,
        created_at: stored.created_at,
        expires_at: stored.expires_at,
    }
}

//! Accounts in company mode: signing in, who is signed in, colleagues.

use crate::{Connection, Millis};
use serde::{Deserialize, Serialize};

/// `POST /v1/sign-in/code`: asks for a code by mail.
///
/// ```json
/// {"email": "ada@kiln.example"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInCodeRequest {
    /// A work e-mail address.
    pub email: String,
}

/// Answer to `POST /v1/sign-in/code`; the same for every address, known or not.
///
/// ```json
/// {"valid_for_ms": 600000}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInCodeSent {
    /// How long the code works, in milliseconds.
    pub valid_for_ms: u64,
}

/// `POST /v1/sign-in`: proves access to a mailbox with the code that was mailed to it.
///
/// ```json
/// {
///   "email": "ada@kiln.example",
///   "code": "123 456",
///   "device": "Firefox on Linux",
///   "name": "Ada Park",
///   "invitation": "https://atsi.example/join#9f…"
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignInRequest {
    pub email: String,
    /// Six digits; spaces are ignored.
    pub code: String,
    /// A name by which the person recognizes the device.
    pub device: String,
    /// Shown to colleagues; derived from the address if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// An invitation's link, or the last part of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<String>,
}

impl std::fmt::Debug for SignInRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignInRequest(…)")
    }
}

/// Answer to `POST /v1/sign-in` and `POST /v1/enrol`: the only time that a token is shown.
///
/// ```json
/// {
///   "token": "atsi_9f…",
///   "me": {"mode": "personal", "connection": {"state": "active"}, "mail": false}
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedIn {
    /// For `Authorization: Bearer`.
    pub token: String,
    pub me: Me,
}

impl std::fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SignedIn(…)")
    }
}

/// How a proxy is run.
///
/// ```json
/// "personal"
/// "company"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ProxyMode {
    /// For one person on one computer, without accounts.
    Personal,
    /// For companies whose people sign in.
    Company,
}

/// What a member may do.
///
/// ```json
/// "admin"
/// "recruiter"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// May change the connection, the settings and the members.
    Admin,
    /// May send candidates and see their statuses.
    Recruiter,
}

/// A person of a company, or a device enrolled by its policy.
///
/// ```json
/// {
///   "id": 7,
///   "email": "ada@kiln.example",
///   "name": "Ada Park",
///   "role": "admin",
///   "joined_at": 1790000000000,
///   "last_used_at": 1790000300000
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Member {
    pub id: u64,
    /// Absent for a managed device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub name: String,
    pub role: Role,
    pub joined_at: Millis,
    /// Accurate to a few minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Millis>,
}

/// A Jopwell partner: the tenant of a proxy in company mode.
///
/// ```json
/// {"domain": "kiln.example", "automatic_joining": true}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Company {
    /// The domain of its people's e-mail addresses.
    pub domain: String,
    /// Whether anyone with a verified address of the domain joins without an invitation.
    pub automatic_joining: bool,
}

/// `GET /v1/me`: the member who asks, and the state of their company. In personal mode nobody is signed
/// in, so `member`, `company` and `session` are absent.
///
/// ```json
/// {
///   "mode": "company",
///   "member": {
///     "id": 7,
///     "email": "ada@kiln.example",
///     "name": "Ada Park",
///     "role": "admin",
///     "joined_at": 1790000000000
///   },
///   "company": {"domain": "kiln.example", "automatic_joining": true},
///   "session": 12,
///   "connection": {"state": "active", "account_name": "Kiln Ceramics"},
///   "mail": true
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    pub mode: ProxyMode,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<Member>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<Company>,
    /// The id of this session in [`Sessions`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<u64>,
    pub connection: Connection,
    /// Whether the proxy can send mail.
    pub mail: bool,
}

/// `PUT /v1/me`: changes the member's own name.
///
/// ```json
/// {"name": "Ada Park"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MeRequest {
    pub name: String,
}

/// Answer to `DELETE /v1/session`.
///
/// ```json
/// {"signed_out": true}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedOut {
    pub signed_out: bool,
}

/// `GET /v1/sessions`: the member's own devices.
///
/// ```json
/// {
///   "sessions": [
///     {
///       "id": 12,
///       "device": "Firefox on Linux",
///       "created_at": 1790000000000,
///       "last_used_at": 1790000300000,
///       "current": true
///     }
///   ]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Sessions {
    pub sessions: Vec<Session>,
}

/// A device on which a member is signed in.
///
/// ```json
/// {
///   "id": 12,
///   "device": "Firefox on Linux",
///   "created_at": 1790000000000,
///   "last_used_at": 1790000300000,
///   "current": true
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Session {
    pub id: u64,
    pub device: String,
    pub created_at: Millis,
    /// Accurate to a few minutes.
    pub last_used_at: Millis,
    /// Whether the request came from this one.
    pub current: bool,
}

/// `GET /v1/members`.
///
/// ```json
/// {
///   "members": [
///     {
///       "id": 7,
///       "email": "ada@kiln.example",
///       "name": "Ada Park",
///       "role": "admin",
///       "joined_at": 1790000000000
///     }
///   ]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Members {
    /// In the order in which they joined.
    pub members: Vec<Member>,
}

/// `PUT /v1/members/{member}`: changes what a colleague may do.
///
/// ```json
/// {"role": "admin"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RoleRequest {
    pub role: Role,
}

/// Answer to `DELETE /v1/members/{member}`.
///
/// ```json
/// {"removed": true}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Removed {
    pub removed: bool,
}

/// `PUT /v1/company`.
///
/// ```json
/// {"automatic_joining": false}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CompanyRequest {
    pub automatic_joining: bool,
}

/// `POST /v1/invitations`.
///
/// ```json
/// {"role": "recruiter", "email": "ben@kiln.example"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationRequest {
    pub role: Role,
    /// The link is mailed to this address and works for no other. If absent, anyone with the link may join.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// Answer to `POST /v1/invitations`: the only time that an invitation's link is shown.
///
/// ```json
/// {
///   "invitation": {
///     "id": 3,
///     "role": "recruiter",
///     "invited_by": "Ada Park",
///     "created_at": 1790000000000,
///     "expires_at": 1790604800000,
///     "state": "open"
///   },
///   "link": "https://atsi.example/join#9f…"
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct InvitationMade {
    pub invitation: Invitation,
    pub link: String,
}

impl std::fmt::Debug for InvitationMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InvitationMade(…)")
    }
}

/// `GET /v1/invitations`.
///
/// ```json
/// {
///   "invitations": [
///     {
///       "id": 3,
///       "role": "recruiter",
///       "invited_by": "Ada Park",
///       "created_at": 1790000000000,
///       "expires_at": 1790604800000,
///       "state": "open"
///     }
///   ]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitations {
    /// The newest first.
    pub invitations: Vec<Invitation>,
}

/// A link with which somebody joins the company; it works once.
///
/// ```json
/// {
///   "id": 3,
///   "email": "ben@kiln.example",
///   "role": "recruiter",
///   "invited_by": "Ada Park",
///   "created_at": 1790000000000,
///   "expires_at": 1790604800000,
///   "state": "open"
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Invitation {
    pub id: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub role: Role,
    /// Name of the admin.
    pub invited_by: String,
    pub created_at: Millis,
    pub expires_at: Millis,
    pub state: InvitationState,
}

/// What became of an invitation.
///
/// ```json
/// "open"
/// "accepted"
/// "expired"
/// "revoked"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    Open,
    Accepted,
    Expired,
    Revoked,
}

/// `POST /v1/enrol`: signs in a device managed by the company's policy, without a person.
///
/// ```json
/// {"token": "atsi_3c…", "device": "Laptop 31"}
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolRequest {
    /// The company's enrolment token, from its browser policy.
    pub token: String,
    /// A name by which admins recognize the device.
    pub device: String,
}

impl std::fmt::Debug for EnrolRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnrolRequest(…)")
    }
}

/// `GET /v1/enrolment`: whether the company has an enrolment token. Both fields are absent without one.
///
/// ```json
/// {"made_at": 1790000000000, "made_by": "Ada Park"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Enrolment {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Millis>,
    /// Name of the admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_by: Option<String>,
}

/// Answer to `PUT /v1/enrolment`: the only time that an enrolment token is shown.
///
/// ```json
/// {"token": "atsi_3c…", "made_at": 1790000000000}
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrolmentMade {
    pub token: String,
    pub made_at: Millis,
}

impl std::fmt::Debug for EnrolmentMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EnrolmentMade(…)")
    }
}

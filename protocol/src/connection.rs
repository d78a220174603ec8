use crate::{Millis, Problem};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `PUT /v1/connection`: an admin enters the company's key.
///
/// ```json
/// {"api_key": "gh_…", "service_user_email": "ats@kiln.example"}
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionRequest {
    /// A Candidate Ingestion API key.
    pub api_key: String,
    /// The Greenhouse user on whose behalf calls run if the member is not one.
    pub service_user_email: String,
}

impl std::fmt::Debug for ConnectionRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConnectionRequest(…)")
    }
}

/// `GET /v1/connection`, and the answer to `PUT` and `DELETE`: the company's link to Greenhouse.
///
/// ```json
/// {
///   "state": "active",
///   "account_name": "Kiln Ceramics",
///   "service_user_email": "ats@kiln.example",
///   "masked_key": "••••3f9a",
///   "connected_at": 1790000000000,
///   "connected_by": "Ada Park",
///   "problem": {
///     "type": "/problems/permission_denied",
///     "title": "…",
///     "status": 422,
///     "code": "permission_denied"
///   }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Connection {
    pub state: ConnectionState,
    /// Name of the Greenhouse account that the key belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_user_email: Option<String>,
    /// The key's last four characters, the rest as dots: `••••3f9a`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub masked_key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_at: Option<Millis>,
    /// Name of the member who connected; absent in personal mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connected_by: Option<String>,
    /// What is wrong. Present only if `state` is [`ConnectionState::Broken`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// Whether the connection works.
///
/// ```json
/// "none"
/// "active"
/// "broken"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// There is no key.
    None,
    /// The key worked at the last call.
    Active,
    /// Greenhouse refused the key or its user at the last call.
    Broken,
}

/// Answer to `POST /v1/connection/check`: what is right and wrong about a key. Nothing is stored.
///
/// ```json
/// {
///   "ok": true,
///   "checks": [
///     {
///       "check": "current_user",
///       "ok": true,
///       "says": "The key belongs to Kiln Ceramics.",
///       "hint": "Nothing to change."
///     }
///   ]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionChecks {
    /// Whether connecting with this key works.
    pub ok: bool,
    pub checks: Vec<ConnectionCheck>,
}

/// One thing that was checked.
///
/// ```json
/// {
///   "check": "current_user",
///   "ok": true,
///   "says": "The key belongs to Kiln Ceramics.",
///   "params": {"account": "Kiln Ceramics", "sentence": "The key belongs to {account}."},
///   "hint": "Nothing to change."
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionCheck {
    pub check: CheckName,
    /// Absent if it could not be found out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ok: Option<bool>,
    /// The finding, in one sentence.
    pub says: String,
    /// The values in `says` by name, as in [`Problem::params`](crate::Problem::params); empty without
    /// values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub params: BTreeMap<String, String>,
    /// What to change, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

/// What is checked about a key, in this order.
///
/// ```json
/// "key_shape"
/// "user_shape"
/// "current_user"
/// "jobs"
/// "prospect_pools"
/// "role"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CheckName {
    KeyShape,
    UserShape,
    CurrentUser,
    Jobs,
    ProspectPools,
    Role,
}

/// `POST /v1/connection/requests`: asks a Greenhouse admin, who needs no extension, to connect.
///
/// ```json
/// {"admin_email": "admin@kiln.example", "note": "Could you connect us?"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionHelpRequest {
    pub admin_email: String,
    /// The member's own words for the mail. They are not stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Answer to `POST /v1/connection/requests`: the only time that a one-time link is shown.
///
/// ```json
/// {
///   "request": {
///     "id": 5,
///     "admin_email": "admin@kiln.example",
///     "asked_by": "Ada Park",
///     "created_at": 1790000000000,
///     "expires_at": 1790604800000,
///     "state": "sent"
///   },
///   "link": "https://atsi.example/connect/9f…"
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionHelpMade {
    pub request: ConnectionHelp,
    pub link: String,
}

impl std::fmt::Debug for ConnectionHelpMade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConnectionHelpMade(…)")
    }
}

/// `GET /v1/connection/requests`.
///
/// ```json
/// {
///   "requests": [
///     {
///       "id": 5,
///       "admin_email": "admin@kiln.example",
///       "asked_by": "Ada Park",
///       "created_at": 1790000000000,
///       "expires_at": 1790604800000,
///       "state": "sent"
///     }
///   ]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionHelps {
    /// Newest first.
    pub requests: Vec<ConnectionHelp>,
}

/// A request to a Greenhouse admin.
///
/// ```json
/// {
///   "id": 5,
///   "admin_email": "admin@kiln.example",
///   "asked_by": "Ada Park",
///   "created_at": 1790000000000,
///   "expires_at": 1790604800000,
///   "state": "sent"
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionHelp {
    pub id: u64,
    pub admin_email: String,
    /// Name of the member.
    pub asked_by: String,
    pub created_at: Millis,
    pub expires_at: Millis,
    pub state: ConnectionHelpState,
}

/// What became of a request.
///
/// ```json
/// "sent"
/// "opened"
/// "done"
/// "expired"
/// "revoked"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionHelpState {
    /// The mail is on its way, or in the admin's mailbox.
    Sent,
    /// The admin opened the link.
    Opened,
    /// The admin connected.
    Done,
    Expired,
    Revoked,
}

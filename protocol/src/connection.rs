use crate::{Millis, Problem};
use serde::{Deserialize, Serialize};

/// `PUT /v1/connection`: an admin hands over the company's key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionRequest {
    /// A Candidate Ingestion API key.
    pub api_key: String,
    /// The Greenhouse user on whose behalf calls run when nobody else is known.
    pub service_user_email: String,
}

impl std::fmt::Debug for ConnectionRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConnectionRequest(…)")
    }
}

/// `GET /v1/connection`, and the answer to `PUT` and `DELETE`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Connection {
    pub state: ConnectionState,
    /// Full name of the Greenhouse account that the key acts for.
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
    /// What is wrong, where `state` is [`ConnectionState::Broken`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionState {
    /// Nobody has given a key yet, or it was taken away.
    None,
    /// The key worked when it was last used.
    Active,
    /// Greenhouse refused the key or its user at the last call.
    Broken,
}

/// `POST /v1/connection/check`: what is right about a key and what is not. Nothing is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionChecks {
    /// Whether connecting with this key works.
    pub ok: bool,
    pub checks: Vec<ConnectionCheck>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionCheck {
    pub check: CheckName,
    /// Absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ok: Option<bool>,
    /// What was found, in one sentence.
    pub says: String,
    /// What to change, and where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

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

/// `POST /v1/connection/requests`: asks a Greenhouse admin, who needs no extension for it, to connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionHelpRequest {
    pub admin_email: String,
    /// A few words of one's own; they stand in the mail and are not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// The one time that a one-time link is shown.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConnectionHelps {
    /// The newest first.
    pub requests: Vec<ConnectionHelp>,
}

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

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConnectionHelpState {
    /// On its way, or in the admin's mailbox.
    Sent,
    /// The link was opened.
    Opened,
    /// The admin connected.
    Done,
    Expired,
    Revoked,
}

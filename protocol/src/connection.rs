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

use crate::Millis;
use serde::{Deserialize, Serialize};

/// `GET /v1/hooks`: Greenhouse's web hooks as an admin sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hooks {
    /// What to enter in Greenhouse as Endpoint URL; absent before the first secret was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When the secret in use was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_made_at: Option<Millis>,
    /// Until then the secret before it is accepted too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<Millis>,
    /// Genuine web hooks by action, repetitions included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub received: Vec<HookCount>,
    /// Those that were turned away: `signature`, `malformed`, `too_large`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<HookCount>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HookCount {
    pub name: String,
    pub count: u64,
    pub last_at: Millis,
}

/// `POST /v1/hooks/secret`: makes a secret, or a new one beside the one there is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct HookSecretRequest {
    /// The secret before is known to others: refuse it from now on, instead of in seven days.
    pub revoke_previous: bool,
}

/// The one time that the secret is shown.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HookSecret {
    /// What to enter in Greenhouse as Endpoint URL.
    pub url: String,
    /// What to enter there as Secret key: 64 hexadecimal digits.
    pub secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<Millis>,
}

impl std::fmt::Debug for HookSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HookSecret(…)")
    }
}

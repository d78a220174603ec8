use crate::Millis;
use serde::{Deserialize, Serialize};

/// `GET /v1/hooks`: Greenhouse's webhooks, as an admin sees them.
///
/// ```json
/// {
///   "url": "https://atsi.example/hooks/greenhouse/8f…",
///   "secret_made_at": 1790000000000,
///   "previous_secret_until": 1790604800000,
///   "received": [{"name": "update_candidate", "count": 12, "last_at": 1790000000000}],
///   "refused": [{"name": "signature", "count": 1, "last_at": 1790000000000}]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hooks {
    /// What to enter in Greenhouse as Endpoint URL; absent until there is a secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When the secret in use was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_made_at: Option<Millis>,
    /// Until then the previous secret is accepted as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<Millis>,
    /// Webhooks with a valid signature, by action, repetitions included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub received: Vec<HookCount>,
    /// Rejected webhooks, by reason: `signature`, `malformed`, `too_large`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<HookCount>,
}

/// How often something was received, and when last.
///
/// ```json
/// {"name": "update_candidate", "count": 12, "last_at": 1790000000000}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HookCount {
    pub name: String,
    pub count: u64,
    pub last_at: Millis,
}

/// `POST /v1/hooks/secret`: makes a secret, or a new one beside the existing one.
///
/// ```json
/// {"revoke_previous": false}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct HookSecretRequest {
    /// Rejects the previous secret now instead of in seven days, because others may know it.
    pub revoke_previous: bool,
}

/// Answer to `POST /v1/hooks/secret`: the only time that the secret is shown.
///
/// ```json
/// {
///   "url": "https://atsi.example/hooks/greenhouse/8f…",
///   "secret": "9c1e…",
///   "previous_secret_until": 1790604800000
/// }
/// ```
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

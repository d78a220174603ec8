use crate::Millis;
use serde::{Deserialize, Serialize};

/// `GET /v1/callback`: where changes are delivered, and how deliveries go.
///
/// ```json
/// {
///   "state": "failing",
///   "url": "https://kiln.example/atsi",
///   "secret_made_at": 1790000000000,
///   "previous_secret_until": 1790086400000,
///   "delivered_at": 1790000000000,
///   "failing_since": 1790000100000,
///   "disabled_at": 1790259300000,
///   "waiting": 3,
///   "secret": "whsec_…"
/// }
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Callback {
    pub state: CallbackState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When the secret in use was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_made_at: Option<Millis>,
    /// Until then deliveries are signed with the previous secret as well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Millis>,
    /// Number of deliveries that wait.
    pub waiting: u64,
    /// `whsec_…`: shown once, in the answer that sets the first address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Callback({:?}, …)", self.state)
    }
}

/// Whether changes are delivered.
///
/// ```json
/// "none"
/// "active"
/// "failing"
/// "disabled"
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallbackState {
    /// There is no address.
    None,
    Active,
    /// The last delivery failed; it is tried again.
    Failing,
    /// Deliveries failed for three days, or the receiver answered 410. Entering the address again restarts them.
    Disabled,
}

/// `PUT /v1/callback`.
///
/// ```json
/// {"url": "https://kiln.example/atsi"}
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallbackRequest {
    /// `https://…`, on the public Internet.
    pub url: String,
}

/// `POST /v1/callback/secret`: makes a new secret.
///
/// ```json
/// {"revoke_previous": true}
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CallbackSecretRequest {
    /// Stops signing with the previous secret now instead of in a day, because others may know it.
    pub revoke_previous: bool,
}

/// `GET /v1/callback/deliveries`.
///
/// ```json
/// {
///   "deliveries": [
///     {
///       "id": 8,
///       "webhook_id": "msg_8",
///       "number": 42,
///       "state": "delivered",
///       "created_at": 1790000000000,
///       "attempts": 1
///     }
///   ]
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallbackDeliveries {
    /// Newest first, at most 100; an empty page is the last. Kept for 14 days.
    pub deliveries: Vec<CallbackDelivery>,
}

/// One change, and the attempts to deliver it.
///
/// ```json
/// {
///   "id": 8,
///   "webhook_id": "msg_8",
///   "number": 42,
///   "idempotency_key": "k-1",
///   "greenhouse_job_id": 144371,
///   "state": "waiting",
///   "created_at": 1790000000000,
///   "attempts": 1,
///   "attempted_at": 1790000001000,
///   "answer": "503",
///   "next_at": 1790000060000
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallbackDelivery {
    pub id: i64,
    /// The header `webhook-id` of every attempt.
    pub webhook_id: String,
    /// The number of the change, as in [`crate::Change`].
    pub number: u64,
    /// The send that changed; absent if it is about a job, or the send is no longer kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// The Greenhouse job that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greenhouse_job_id: Option<u64>,
    /// `waiting`, `delivered`, or `failed` (for three days).
    pub state: String,
    pub created_at: Millis,
    pub attempts: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempted_at: Option<Millis>,
    /// The HTTP status, or `timed_out`, `not_reached`, `interrupted`, `address_not_allowed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When it is tried next. Present only if it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Millis>,
}

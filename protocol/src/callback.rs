use crate::Millis;
use serde::{Deserialize, Serialize};

/// `GET /v1/callback`: where changes are delivered, and how that goes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Callback {
    pub state: CallbackState,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// When the secret in use was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_made_at: Option<Millis>,
    /// Until then deliveries are signed with the secret before it, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Millis>,
    /// Deliveries that wait.
    pub waiting: u64,
    /// `whsec_…`: shown once, where the address is the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl std::fmt::Debug for Callback {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Callback({:?}, …)", self.state)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CallbackState {
    /// There is no address.
    None,
    Active,
    /// The last delivery failed; it is tried again.
    Failing,
    /// It failed for three days, or the receiver answered 410. Enter the address again to start anew.
    Disabled,
}

/// `PUT /v1/callback`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallbackRequest {
    /// `https://…`, of the public Internet.
    pub url: String,
}

/// `POST /v1/callback/secret`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct CallbackSecretRequest {
    /// The secret before is known to others: stop signing with it now, instead of in a day.
    pub revoke_previous: bool,
}

/// `GET /v1/callback/deliveries`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallbackDeliveries {
    /// The newest first, at most 100; an empty page is the last. Kept for 14 days.
    pub deliveries: Vec<CallbackDelivery>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CallbackDelivery {
    pub id: i64,
    /// The header `webhook-id` of every attempt.
    pub webhook_id: String,
    pub number: u64,
    /// The send that it told of; absent where that is no longer kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<String>,
    /// The job of Greenhouse's that it told of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub greenhouse_job_id: Option<u64>,
    /// `waiting`, `delivered`, or `failed` for three days.
    pub state: String,
    pub created_at: Millis,
    pub attempts: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempted_at: Option<Millis>,
    /// The HTTP status, or `timed_out`, `not_reached`, `interrupted`, `address_not_allowed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// When it is tried next, where it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Millis>,
}

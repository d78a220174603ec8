//! Webhooks as an admin sets them up, and their last deliveries.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use url::Url;

use super::records::Event;

/// One web hook as an admin sets it up: one action, one endpoint.
#[derive(Clone)]
pub struct Hook {
    pub id: u64,
    pub action: String,
    pub url: Url,
    pub secret: String,
    pub active: bool,
}

/// What `PUT /sandbox/webhooks` takes, one entry a hook.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HookInput {
    /// An action, or `*` for one hook of every action.
    pub action: String,
    pub url: Url,
    pub secret: String,
}

/// One attempt, kept for `GET /sandbox/webhooks`.
#[derive(Clone, Serialize)]
pub struct Delivery {
    pub at: String,
    pub action: String,
    pub event_id: String,
    pub attempt: usize,
    /// HTTP status, or null where no answer came.
    pub status: Option<u16>,
}

#[derive(Default)]
pub struct Webhooks {
    pub hooks: Vec<Hook>,
    pub deliveries: std::collections::VecDeque<Delivery>,
}

impl Webhooks {
    pub fn matching(&self, events: &[Event]) -> Vec<(Hook, Event)> {
        events
            .iter()
            .flat_map(|event| {
                self.hooks
                    .iter()
                    .filter(|hook| {
                        hook.active && (hook.action == "*" || hook.action == event.action)
                    })
                    .map(|hook| (hook.clone(), event.clone()))
            })
            .collect()
    }

    /// Hooks without their secrets.
    pub fn describe(&self) -> Value {
        let hooks: Vec<Value> = self
            .hooks
            .iter()
            .map(|hook| {
                json!({ "id": hook.id, "action": hook.action, "url": hook.url, "active": hook.active })
            })
            .collect();
        json!({ "hooks": hooks, "deliveries": self.deliveries })
    }
}

/// An event on its way to one hook.
pub struct Outgoing {
    pub hook: Hook,
    pub event: Event,
    pub generation: u64,
}

/// The sandbox sends to this machine only.
pub fn is_loopback(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && match url.host() {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        }
}

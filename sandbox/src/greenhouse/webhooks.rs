//! Webhooks as an admin sets them up, their bytes and signatures, and their last deliveries.

use axum::body::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::Sha256;
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

/// The bytes of a delivery. Greenhouse escapes what is special to HTML before it signs, so the bytes that arrive
/// differ from JSON as most libraries would write it again.
pub fn body_of(event: &Event, extra_root_keys: Option<(u64, &str)>) -> Bytes {
    let mut body = json!({ "action": event.action, "payload": event.payload });
    if let (Some((id, name)), Some(fields)) = (extra_root_keys, body.as_object_mut()) {
        fields.insert("organization_id".to_owned(), id.into());
        fields.insert("organization_name".to_owned(), name.into());
    }
    let mut escaped = String::new();
    // These characters occur inside strings only, so the text stays the same JSON.
    for letter in body.to_string().chars() {
        match letter {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                escaped.push_str(&format!("\\u{:04x}", u32::from(letter)));
            }
            other => escaped.push(other),
        }
    }
    Bytes::from(escaped)
}

/// The `Signature` header: HMAC-SHA256 of the raw body.
pub fn signature(secret: &str, body: &[u8]) -> Option<String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(body);
    Some(format!(
        "sha256 {}",
        hex::encode(mac.finalize().into_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_covers_the_escaped_bytes() {
        let event = Event {
            action: "update_candidate",
            payload: json!({ "name": "R&D <b>/é" }),
        };
        let body = body_of(&event, None);
        let text = std::str::from_utf8(&body).unwrap();
        assert!(text.contains(r"R\u0026D \u003cb\u003e/é"), "{text}");
        let again: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(again["payload"]["name"], "R&D <b>/é");
        assert_ne!(
            signature("s", &body),
            signature("s", again.to_string().as_bytes())
        );
        // RFC 4231, test case 2.
        assert_eq!(
            signature("Jefe", b"what do ya want for nothing?").as_deref(),
            Some("sha256 5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        );
    }

    #[test]
    fn webhook_to_another_machine_is_refused() {
        for (url, loopback) in [
            ("http://127.0.0.1:9/x", true),
            ("http://127.8.8.8/", true),
            ("http://[::1]:9/", true),
            ("https://localhost/", true),
            ("http://localhost.example/", false),
            ("http://10.0.0.1/", false),
            ("ftp://127.0.0.1/", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), loopback, "{url}");
        }
    }
}

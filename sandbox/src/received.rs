//! Messages that a proxy delivered to the receiver. Their signature is checked here by our own reading of Standard
//! Webhooks, not by the proxy's code.

use axum::http::{HeaderMap, StatusCode};
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use serde::Serialize;
use serde_json::Value;
use sha2::Sha256;

const KEPT: usize = 1_000;
/// Standard Webhooks: "Verifying the timestamp", five minutes as its libraries have it.
const TOLERANCE_SECONDS: u64 = 5 * 60;

/// The secret it knows, the status it answers with, and the messages so far.
pub struct Receiver {
    pub secret: Vec<u8>,
    pub status: StatusCode,
    pub messages: Vec<Message>,
}

impl Default for Receiver {
    fn default() -> Self {
        Self {
            secret: Vec::new(),
            status: StatusCode::NO_CONTENT,
            messages: Vec::new(),
        }
    }
}

/// A message, by its id; repetitions are counted.
#[derive(Serialize)]
pub struct Message {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// Whether all of them were signed with the secret, just now.
    pub verified: bool,
    pub times: u64,
    /// The last answer.
    pub answered: u16,
    /// As it was last delivered.
    pub event: Value,
}

impl Receiver {
    /// Stores a message and returns the status to answer with. `now` is in seconds since the Unix epoch.
    pub fn receive(&mut self, headers: &HeaderMap, body: &[u8], now: u64) -> StatusCode {
        let verified = is_signed(&self.secret, headers, body, now);
        let event: Value = serde_json::from_slice(body).unwrap_or_default();
        let id = header(headers, "webhook-id");
        let answered = self.status.as_u16();
        let is_full = self.messages.len() >= KEPT;
        match self.messages.iter_mut().find(|one| one.id == id) {
            Some(known) => {
                known.verified &= verified;
                known.times += 1;
                known.answered = answered;
                known.event = event;
            }
            None if is_full => tracing::warn!("the receiver keeps no more messages"),
            None => self.messages.push(Message {
                id: id.to_owned(),
                kind: event
                    .get("type")
                    .and_then(Value::as_str)
                    .unwrap_or_default()
                    .to_owned(),
                verified,
                times: 1,
                answered,
                event,
            }),
        }
        self.status
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default()
}

/// Over the raw bytes: `id.timestamp.body`, HMAC-SHA256, in base64 behind `v1,`; one of several is enough.
fn is_signed(secret: &[u8], headers: &HeaderMap, body: &[u8], now: u64) -> bool {
    let (id, timestamp) = (
        header(headers, "webhook-id"),
        header(headers, "webhook-timestamp"),
    );
    let is_recent = timestamp
        .parse()
        .is_ok_and(|then: u64| now.abs_diff(then) <= TOLERANCE_SECONDS);
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return false;
    };
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    let is_right = header(headers, "webhook-signature")
        .split(' ')
        .filter_map(|one| BASE64_STANDARD.decode(one.strip_prefix("v1,")?).ok())
        .any(|code| mac.clone().verify_slice(&code).is_ok());
    !secret.is_empty() && !id.is_empty() && is_recent && is_right
}

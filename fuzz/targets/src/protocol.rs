//! A body that crosses between the core and the proxy.

use atsi_protocol as wire;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::fmt::Debug;

pub fn target(bytes: &[u8]) {
    let Ok(json) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    // What the proxy reads.
    if let Some(request) = same_again::<wire::SendRequest>(&json) {
        let _ = request.profile.check();
    }
    let _ = same_again::<wire::ConnectionRequest>(&json);
    let _ = same_again::<wire::LookupRequest>(&json);
    let _ = same_again::<wire::Decision>(&json);
    let _ = same_again::<wire::HookSecretRequest>(&json);
    // What the core reads.
    let _ = same_again::<wire::Connection>(&json);
    let _ = same_again::<wire::Hooks>(&json);
    let _ = same_again::<wire::HookSecret>(&json);
    let _ = same_again::<wire::LookupResponse>(&json);
    let _ = same_again::<wire::Problem>(&json);
    let _ = same_again::<wire::Send>(&json);
    let _ = same_again::<wire::SendState>(&json);
}

/// What is read is written so that it reads the same.
fn same_again<T: Serialize + DeserializeOwned + PartialEq + Debug>(json: &Value) -> Option<T> {
    let value = T::deserialize(json).ok()?;
    let written = serde_json::to_vec(&value).unwrap();
    assert_eq!(serde_json::from_slice::<T>(&written).unwrap(), value);
    Some(value)
}

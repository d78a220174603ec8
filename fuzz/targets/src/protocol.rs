//! A body that crosses between the core and the proxy.

use atsi::json::FromJson;
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
    // What the core reads, with a reader of its own.
    both_agree::<wire::Connection>(&json);
    both_agree::<wire::Hooks>(&json);
    both_agree::<wire::HookSecret>(&json);
    both_agree::<wire::LookupResponse>(&json);
    both_agree::<wire::Problem>(&json);
    both_agree::<wire::Send>(&json);
    both_agree::<wire::SendState>(&json);
}

/// What is read is written so that it reads the same.
fn same_again<T: Serialize + DeserializeOwned + PartialEq + Debug>(json: &Value) -> Option<T> {
    let value = T::deserialize(json).ok()?;
    let written = serde_json::to_vec(&value).unwrap();
    assert_eq!(serde_json::from_slice::<T>(&written).unwrap(), value);
    Some(value)
}

/// The core reads whatever the proxy may write, as serde does; each may forgive what the other does
/// not.
fn both_agree<T: FromJson + Serialize + DeserializeOwned + PartialEq + Debug>(json: &Value) {
    let by_serde = same_again::<T>(json);
    let by_core = T::from_json(json);
    if let Some(value) = &by_serde {
        let written = serde_json::to_value(value).unwrap();
        assert_eq!(T::from_json(&written).as_ref(), Some(value));
    }
    if let (Some(by_serde), Some(by_core)) = (by_serde, by_core) {
        assert_eq!(by_serde, by_core);
    }
}

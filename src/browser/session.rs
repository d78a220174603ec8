//! The member token of company mode: in the extension's own IndexedDB, out of reach of pages and
//! content scripts, and never in the core's state.

use super::store::Store;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

const CURRENT: &str = "current";

thread_local! {
    static STORE: Store = Store::open("atsi-session", "session");
}

/// Who is signed in, and at which proxy: the token is for no other.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub proxy: String,
    pub token: String,
    /// None where an older version kept it.
    #[serde(default)]
    pub company: Option<String>,
}

/// None where nobody is signed in.
pub async fn read() -> Option<Session> {
    STORE.with(Store::clone).get(CURRENT).await
}

/// # Errors
/// When the browser cannot store it.
pub async fn keep(session: &Session) -> Result<(), JsValue> {
    STORE.with(Store::clone).set(CURRENT, session).await
}

/// # Errors
/// When the browser cannot delete it.
pub async fn forget() -> Result<(), JsValue> {
    STORE.with(Store::clone).delete(CURRENT).await
}

//! The member token of company mode: in the extension's own IndexedDB, out of reach of pages and
//! content scripts, and never in the core's state.

use super::api;
use wasm_bindgen::prelude::*;

const CURRENT: &str = "current";

#[wasm_bindgen(raw_module = "./idb-keyval.js")]
extern "C" {
    #[wasm_bindgen(js_name = createStore)]
    fn create_store(database: &str, store: &str) -> JsValue;
    #[wasm_bindgen(catch, js_name = get)]
    async fn read_value(key: &str, store: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = set)]
    async fn write_value(key: &str, value: &JsValue, store: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_name = del)]
    async fn delete_value(key: &str, store: &JsValue) -> Result<JsValue, JsValue>;
}

thread_local! {
    static STORE: JsValue = create_store("atsi-session", "session");
}

/// Who is signed in, and at which proxy: the token is for no other.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    pub proxy: String,
    pub token: String,
    /// None where an older version kept it.
    pub company: Option<String>,
}

/// None where nobody is signed in.
pub async fn read() -> Option<Session> {
    let found = read_value(CURRENT, &STORE.with(JsValue::clone))
        .await
        .ok()?;
    let text = |name| api::get(&found, name).as_string();
    Some(Session {
        proxy: text("proxy")?,
        token: text("token")?,
        company: text("company"),
    })
}

/// # Errors
/// When the browser cannot store it.
pub async fn keep(session: &Session) -> Result<(), JsValue> {
    let value = api::object(&[
        ("proxy", session.proxy.as_str().into()),
        ("token", session.token.as_str().into()),
        ("company", session.company.clone().into()),
    ]);
    write_value(CURRENT, &value, &STORE.with(JsValue::clone))
        .await
        .map(drop)
}

/// # Errors
/// When the browser cannot store it.
pub async fn forget() -> Result<(), JsValue> {
    delete_value(CURRENT, &STORE.with(JsValue::clone))
        .await
        .map(drop)
}

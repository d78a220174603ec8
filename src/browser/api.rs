//! The few extension APIs that are used. `browser` is known to both browsers; `background.js` and
//! the pages name it where an older Chromium knows `chrome` only.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_wasm_bindgen::Serializer;
#[cfg(feature = "background")]
use std::collections::BTreeMap;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["browser", "runtime"], js_name = sendMessage)]
    pub async fn send_message(message: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "runtime"], js_name = openOptionsPage)]
    pub async fn open_options_page() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_namespace = ["browser", "runtime", "onMessage"], js_name = addListener)]
    pub fn on_message(listener: &js_sys::Function);

    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "local"], js_name = get)]
    pub async fn local_get(key: &str) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "local"], js_name = set)]
    pub async fn local_set(values: &JsValue) -> Result<JsValue, JsValue>;

    /// Kept while the browser runs, and out of any content script's reach.
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "session"], js_name = get)]
    pub async fn session_get(key: &str) -> Result<JsValue, JsValue>;
    #[cfg(feature = "background")]
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "session"], js_name = set)]
    pub async fn session_set(values: &JsValue) -> Result<JsValue, JsValue>;

    #[cfg(feature = "background")]
    #[wasm_bindgen(catch, js_namespace = ["browser", "storage", "managed"], js_name = get)]
    pub async fn managed_get() -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["browser", "alarms"], js_name = create)]
    pub fn create_alarm(name: &str, options: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["browser", "action"], js_name = setBadgeText)]
    pub async fn set_badge_text(options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "action"], js_name = setTitle)]
    pub async fn set_title(options: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = query)]
    pub async fn query_tabs(query: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = create)]
    pub async fn create_tab(options: &JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "commands"], js_name = openShortcutSettings)]
    pub async fn open_shortcut_settings() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch, js_namespace = ["browser", "tabs"], js_name = sendMessage)]
    pub async fn send_to_tab(
        tab: u32,
        message: &JsValue,
        options: &JsValue,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["browser", "permissions"], js_name = request)]
    pub async fn request_permissions(permissions: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["browser", "permissions"], js_name = contains)]
    pub async fn has_permissions(permissions: &JsValue) -> Result<JsValue, JsValue>;
    #[cfg(feature = "background")]
    #[wasm_bindgen(catch, js_namespace = ["browser", "notifications"], js_name = create)]
    pub async fn notify(id: &str, options: &JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["navigator", "clipboard"], js_name = writeText)]
    pub async fn copy(text: &str) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(js_name = setTimeout)]
    pub fn set_timeout(handler: &js_sys::Function, milliseconds: i32) -> JsValue;
}

/// A value as a plain JavaScript object, as messages and storage areas want it.
///
/// # Errors
/// When the value has a number that JavaScript's numbers cannot hold.
pub fn to_js(value: &impl Serialize) -> Result<JsValue, JsValue> {
    Ok(value.serialize(&Serializer::json_compatible())?)
}

/// Reads a JavaScript value; none where it does not fit.
pub fn from_js<T: DeserializeOwned>(value: JsValue) -> Option<T> {
    serde_wasm_bindgen::from_value(value).ok()
}

/// Reads what a storage area gave under a name; none where there is nothing, or nothing that can be read.
pub fn stored<T: DeserializeOwned>(found: Result<JsValue, JsValue>, name: &str) -> Option<T> {
    from_js(get(&found.ok()?, name))
}

/// A value under a name, for a storage area.
///
/// # Errors
/// As [`to_js`].
#[cfg(feature = "background")]
pub fn to_store(name: &str, value: &impl Serialize) -> Result<JsValue, JsValue> {
    to_js(&BTreeMap::from([(name, value)]))
}

/// The JSON of a request's body. Our own types have text keys only, so writing them cannot fail.
#[cfg(feature = "pages")]
pub fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A field of a JavaScript object; undefined where there is none.
#[must_use]
pub fn get(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A JavaScript object.
#[cfg(feature = "pages")]
#[must_use]
pub fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = js_sys::Object::new().into();
    for (name, value) in fields {
        set(&object, name, value.clone());
    }
    object
}

#[cfg(feature = "pages")]
pub fn set(object: &JsValue, name: &str, value: impl Into<JsValue>) {
    // Only a frozen object refuses, and these are our own.
    let _ = js_sys::Reflect::set(object, &name.into(), &value.into());
}

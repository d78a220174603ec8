//! The few extension APIs that are used. `browser` is known to both browsers; `background.js` and
//! the pages name it where an older Chromium knows `chrome` only.

use crate::json::FromJson;
#[cfg(feature = "background")]
use serde::Serialize;
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
        tab: &JsValue,
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

/// A JavaScript object.
#[must_use]
pub fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = js_sys::Object::new().into();
    for (name, value) in fields {
        set(&object, name, value.clone());
    }
    object
}

pub fn set(object: &JsValue, name: &str, value: impl Into<JsValue>) {
    // Only a frozen object refuses, and these are our own.
    let _ = js_sys::Reflect::set(object, &name.into(), &value.into());
}

/// A field of a JavaScript object; undefined where there is none.
#[must_use]
pub fn get(object: &JsValue, name: &str) -> JsValue {
    js_sys::Reflect::get(object, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

/// A JavaScript value from its JSON.
#[must_use]
pub fn from_json(json: &str) -> JsValue {
    js_sys::JSON::parse(json).unwrap_or(JsValue::NULL)
}

/// The JSON of a JavaScript value; `null` where it has none.
#[must_use]
pub fn to_json(value: &JsValue) -> String {
    js_sys::JSON::stringify(value)
        .ok()
        .and_then(|json| json.as_string())
        .unwrap_or_else(|| "null".to_owned())
}

/// What a storage area gave under a name; none where there is nothing, or nothing that can be read.
pub fn stored<T: FromJson>(found: Result<JsValue, JsValue>, name: &str) -> Option<T> {
    crate::json::parse(&to_json(&get(&found.ok()?, name)))
}

/// A value under a name, for a storage area.
#[cfg(feature = "background")]
pub fn to_store(name: &str, value: &impl Serialize) -> JsValue {
    object(&[(name, from_json(&crate::json::write(value)))])
}

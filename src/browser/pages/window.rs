//! What pages need from the browser's window.

use atsi_protocol::Millis;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = sessionStorage, js_name = getItem)]
    pub fn session_get(name: &str) -> Option<String>;
    #[wasm_bindgen(js_namespace = sessionStorage, js_name = setItem)]
    pub fn session_set(name: &str, value: &str);
    #[wasm_bindgen(js_namespace = sessionStorage, js_name = removeItem)]
    pub fn session_remove(name: &str);

    #[wasm_bindgen(thread_local_v2, js_namespace = location, js_name = hash)]
    pub static HASH: String;
    #[wasm_bindgen(thread_local_v2, js_namespace = location, js_name = search)]
    pub static SEARCH: String;
    #[wasm_bindgen(js_namespace = location, js_name = replace)]
    pub fn go_to(url: &str);

    type Blob;
    #[wasm_bindgen(constructor, catch)]
    fn new(parts: &js_sys::Array, options: &JsValue) -> Result<Blob, JsValue>;
    #[wasm_bindgen(catch, js_namespace = URL, js_name = createObjectURL)]
    fn url_of(blob: &Blob) -> Result<String, JsValue>;
    #[wasm_bindgen(js_namespace = URL, js_name = revokeObjectURL)]
    fn revoke_url(url: &str);
}

/// A day in the reader's language: `3 November`.
pub fn day(at: Millis) -> String {
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 are far below 2^53"
    )]
    let date = js_sys::Date::new(&JsValue::from_f64(at as f64));
    let style = crate::browser::api::object(&[("day", "numeric".into()), ("month", "long".into())]);
    String::from(date.to_locale_date_string(crate::language::tag(), &style))
}

/// Saves text as a file.
pub fn save_file(name: &str, kind: &str, text: &str) -> Result<(), JsValue> {
    let options = crate::browser::api::object(&[("type", kind.into())]);
    let url = url_of(&Blob::new(&js_sys::Array::of1(&text.into()), &options)?)?;
    let link = super::document()?.create_element("a")?;
    link.set_attribute("href", &url)?;
    link.set_attribute("download", name)?;
    link.dyn_into::<web_sys::HtmlElement>()?.click();
    revoke_url(&url);
    Ok(())
}

//! The language that the person chose, on the options page.

use super::{element, focus, on, report, window};
use crate::browser::api;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlSelectElement;

/// The name of the setting, and of the control.
const LANGUAGE: &str = "language";
/// Notes that the page was reloaded because of a new language.
const CHOSEN: &str = "language-chosen";

pub async fn listen() -> Result<(), JsValue> {
    let stored = api::get(&api::local_get(LANGUAGE).await?, LANGUAGE).as_string();
    control()?.set_value(&stored.unwrap_or_default());
    if window::session_get(CHOSEN).is_some() {
        window::session_remove(CHOSEN);
        focus(LANGUAGE)?;
    }
    on(LANGUAGE, "change", |_| {
        spawn_local(async { report(choose().await) });
    })
}

/// Pages and background notice the change in the storage; see `translate.js`.
async fn choose() -> Result<JsValue, JsValue> {
    window::session_set(CHOSEN, "");
    let chosen = control()?.value();
    api::local_set(&api::object(&[(LANGUAGE, chosen.into())])).await
}

fn control() -> Result<HtmlSelectElement, JsValue> {
    Ok(element(LANGUAGE)?.dyn_into()?)
}

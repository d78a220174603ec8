//! The toolbar popup.

use super::{ask, asking, build, element, on, on_told, pressed, report};
use crate::browser::api;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlInputElement};

/// Runs `popup.html`.
///
/// # Errors
/// When an element that the page must have is missing.
#[wasm_bindgen]
pub async fn popup_page() -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    on("open-options", "click", |_| {
        spawn_local(async { drop(api::open_options_page().await) });
    })?;
    on("open-candidates", "click", |_| {
        let page = api::object(&[("url", "candidates.html".into())]);
        spawn_local(async move { drop(api::create_tab(&page).await) });
    })?;
    on("view", "click", |event| {
        if let Some(action) = pressed(&event) {
            press(action, String::new());
        }
    })?;
    on("view", "submit", |event| {
        event.prevent_default();
        let form = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let Some(form) = form else { return };
        let value = form.query_selector("input").ok().flatten();
        let value = value.and_then(|input| input.dyn_into::<HtmlInputElement>().ok());
        if let (Some(action), Some(value)) = (form.get_attribute("data-action"), value) {
            press(action, value.value());
        }
    })?;
    on_told(|| spawn_local(async { report(show_popup(asking("popup")).await) }))?;
    show_popup(asking("popup")).await
}

fn press(action: String, value: String) {
    let message = asking("press");
    for (name, value) in [
        ("action", action),
        ("value", value),
        ("key", "popup".to_owned()),
    ] {
        api::set(&message, name, value);
    }
    spawn_local(async move { report(show_popup(message).await) });
}

async fn show_popup(message: JsValue) -> Result<(), JsValue> {
    let reply = ask(&message).await?;
    let view = build(&api::get(&reply, "view"))?;
    element("view")?.replace_children_with_node_1(&view);
    Ok(())
}

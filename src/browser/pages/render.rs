//! Views on our own pages, drawn by the port's renderer (`extension/render.js`).

use super::element;
use crate::action::Action;
use crate::browser::api;
use crate::view::node::Node;
use wasm_bindgen::prelude::*;
use web_sys::{Element, Event};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = atsiRender)]
    fn speak(tag: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = atsiRender, js_name = draw)]
    fn draw_node(root: &Element, node: &JsValue) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = atsiRender, js_name = refresh)]
    fn refresh_times(root: &Element) -> Result<(), JsValue>;
    #[wasm_bindgen(catch, js_namespace = atsiRender, js_name = heard)]
    fn heard_event(event: &Event) -> Result<JsValue, JsValue>;
}

/// An action that a person asked for, by clicking a button of a view or submitting its form.
pub struct Heard {
    pub action: Action,
    /// The text of the form's box; empty for a button.
    pub value: String,
}

/// Sets the language of times, and keeps them up to date.
pub fn begin() -> Result<(), JsValue> {
    const MINUTE_MS: i32 = 60_000;
    speak(crate::language::tag())?;
    let refresh = Closure::<dyn Fn()>::new(|| {
        if let Some(body) = super::document().ok().and_then(|document| document.body()) {
            let _ = refresh_times(&body);
        }
    });
    super::every(MINUTE_MS, refresh)
}

/// Shows a view, or nothing, inside an element. What is the same already stays as it is, so that nobody loses
/// the focus or hears a status twice.
pub fn show(id: &str, view: Option<&Node>) -> Result<(), JsValue> {
    let node = match view {
        Some(view) => api::to_js(view)?,
        None => JsValue::NULL,
    };
    draw(id, &node)
}

/// Shows a view that the background described.
pub fn draw(id: &str, node: &JsValue) -> Result<(), JsValue> {
    draw_node(&element(id)?, node)
}

/// The action of an event inside a view; none for other clicks.
pub fn heard(event: &Event) -> Option<Heard> {
    let heard = heard_event(event).ok()?;
    Some(Heard {
        action: api::from_js(api::get(&heard, "action"))?,
        value: super::text(&heard, "value"),
    })
}

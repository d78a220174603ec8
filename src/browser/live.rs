//! The live channel: one WebSocket to the proxy.

use super::api;
use super::background::dispatch;
use super::session::Session;
use crate::flow::Event;
use wasm_bindgen::prelude::*;

/// Where the socket is kept: a fresh core, after a trap, hangs up what the one before it had open.
const KEPT: &str = "atsiLine";

/// The proxy's code for a session that has ended.
const SIGNED_OUT: f64 = 4001.0;

#[wasm_bindgen]
extern "C" {
    type WebSocket;
    #[wasm_bindgen(catch, constructor)]
    fn new(url: &str, protocols: &js_sys::Array) -> Result<WebSocket, JsValue>;
    #[wasm_bindgen(catch, method)]
    fn send(this: &WebSocket, text: &str) -> Result<(), JsValue>;
    #[wasm_bindgen(method)]
    fn close(this: &WebSocket);
    #[wasm_bindgen(method, setter)]
    fn set_onmessage(this: &WebSocket, handler: &JsValue);
    #[wasm_bindgen(method, setter)]
    fn set_onclose(this: &WebSocket, handler: &JsValue);
}

pub fn listen(base: &str, path: &str, session: Option<&Session>) {
    hang_up();
    let protocols = js_sys::Array::new();
    if let Some(session) = session.filter(|session| session.proxy == base) {
        // No header can be set; the proxy answers with the first.
        protocols.push(&"atsi.v1".into());
        protocols.push(&format!("atsi.token.{}", session.token).into());
    }
    let url = format!("{}{path}", base.replacen("http", "ws", 1));
    let Ok(socket) = WebSocket::new(&url, &protocols) else {
        return dispatch(Event::HungUp);
    };
    let heard = |message: JsValue| {
        if let Some(text) = api::get(&message, "data").as_string() {
            dispatch(Event::Heard(text));
        }
    };
    let heard: Box<dyn FnMut(JsValue)> = Box::new(heard);
    let lost = |closed: JsValue| {
        dispatch(match api::get(&closed, "code").as_f64() {
            Some(SIGNED_OUT) => Event::SignedOut,
            _ => Event::HungUp,
        });
    };
    let lost: Box<dyn FnMut(JsValue)> = Box::new(lost);
    socket.set_onmessage(&Closure::wrap(heard).into_js_value());
    socket.set_onclose(&Closure::wrap(lost).into_js_value());
    api::set(&js_sys::global(), KEPT, socket);
}

pub fn say(text: &str) {
    if let Some(socket) = kept() {
        // Where it is not open any more, its end is told.
        let _ = socket.send(text);
    }
}

/// Nothing is heard of it any more, not even its end.
pub fn hang_up() {
    if let Some(socket) = kept() {
        socket.set_onmessage(&JsValue::NULL);
        socket.set_onclose(&JsValue::NULL);
        socket.close();
    }
    api::set(&js_sys::global(), KEPT, JsValue::NULL);
}

fn kept() -> Option<WebSocket> {
    let socket = api::get(&js_sys::global(), KEPT);
    socket.is_object().then(|| socket.unchecked_into())
}

//! The live channel: one WebSocket to the proxy.

use super::background::dispatch;
use super::session::Session;
use crate::flow::event::Event;
use atsi_protocol::live::{CloseReason, LiveMessage, SUB_PROTOCOL, TOKEN_PREFIX};
use futures_util::StreamExt;
use gloo_net::websocket::futures::WebSocket;
use gloo_net::websocket::{Message, WebSocketError};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

#[wasm_bindgen]
extern "C" {
    /// The worker's global scope, which outlives an instance of the core: a fresh core, after a trap,
    /// closes the channel that the one before it had open.
    type Scope;
    #[wasm_bindgen(method, getter, js_name = atsiChannel)]
    fn channel(this: &Scope) -> Option<web_sys::WebSocket>;
    #[wasm_bindgen(method, setter, js_name = atsiChannel)]
    fn set_channel(this: &Scope, socket: Option<&web_sys::WebSocket>);
}

fn scope() -> Scope {
    js_sys::global().unchecked_into()
}

pub fn listen(base: &str, path: &str, session: Option<&Session>) {
    hang_up();
    let protocols = js_sys::Array::new();
    if let Some(session) = session.filter(|session| session.proxy == base) {
        // No header can be set; the proxy answers with the first.
        protocols.push(&SUB_PROTOCOL.into());
        protocols.push(&format!("{TOKEN_PREFIX}{}", session.token).into());
    }
    let url = format!("{}{path}", base.replacen("http", "ws", 1));
    let Ok(socket) = web_sys::WebSocket::new_with_str_sequence(&url, &protocols) else {
        return dispatch(Event::HungUp);
    };
    let Ok(stream) = WebSocket::try_from(socket.clone()) else {
        return dispatch(Event::HungUp);
    };
    scope().set_channel(Some(&socket));
    spawn_local(receive(socket, stream));
}

/// Reports messages until the channel ends, or until another one takes its place.
async fn receive(socket: web_sys::WebSocket, mut stream: WebSocket) {
    let mut reason = None;
    while let Some(message) = stream.next().await {
        if scope().channel().as_ref() != Some(&socket) {
            return;
        }
        match message {
            Ok(Message::Text(text)) => match serde_json::from_str::<LiveMessage>(&text) {
                Ok(message) => dispatch(Event::Heard(message)),
                // Not our proxy, or not in its right mind: try again later.
                Err(_) => break,
            },
            Ok(Message::Bytes(_)) => {}
            Err(WebSocketError::ConnectionClose(close)) => {
                reason = CloseReason::from_code(close.code);
            }
            Err(_) => {}
        }
    }
    if scope().channel().as_ref() != Some(&socket) {
        return;
    }
    scope().set_channel(None);
    dispatch(match reason {
        Some(CloseReason::SignedOut) => Event::SignedOut,
        _ => Event::HungUp,
    });
}

/// Reports to the proxy whose profiles are on the screen.
pub fn report_people(looking: Vec<String>) {
    let message = serde_json::to_string(&LiveMessage::Looking { looking });
    if let (Some(socket), Ok(message)) = (scope().channel(), message) {
        // A channel that is no longer open reports its end.
        let _ = socket.send_with_str(&message);
    }
}

/// Closes the channel; nothing more is reported of it, not even its end.
pub fn hang_up() {
    if let Some(socket) = scope().channel() {
        scope().set_channel(None);
        // Fails only for a close code, and there is none.
        let _ = socket.close();
    }
}

//! Asking a Greenhouse admin for the key by e-mail, on the welcome and the options page.

use super::{Proxy, element, heard, input, is_shown, on, report, say, show, show_if};
use crate::action::Action;
use crate::view::ask_admin::{requests, written};
use crate::view::problem::of_trouble;
use atsi_protocol::{ConnectionHelpMade, ConnectionHelpRequest, ConnectionHelps, Me};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

pub fn listen() -> Result<(), JsValue> {
    on("ask-admin", "submit", |event| {
        event.prevent_default();
        spawn_local(async { report(send().await) });
    })?;
    on("asked", "click", |event| {
        if let Some(Action::Revoke(id)) = heard(&event).map(|heard| heard.action) {
            spawn_local(async move { report(revoke(id).await) });
        }
    })?;
    for field in ["admin-email", "admin-note"] {
        on(field, "input", |_| report(write()))?;
    }
    write()
}

/// Offers the proxy's mail where it can send some; the person's own mail app always works.
pub fn show_for(me: &Me) -> Result<(), JsValue> {
    show_if("ask-admin-button", me.mail && me.member.is_some())
}

/// Writes the e-mail for the person's own mail app.
fn write() -> Result<(), JsValue> {
    let encoded = |text: &str| String::from(js_sys::encode_uri_component(text));
    let (to, note) = (input("admin-email")?.value(), input("admin-note")?.value());
    let (subject, body) = written(&note);
    let href = format!(
        "mailto:{}?subject={}&body={}",
        encoded(to.trim()),
        encoded(subject),
        encoded(&body)
    );
    element("ask-admin-mailto")?.set_attribute("href", &href)
}

async fn send() -> Result<(), JsValue> {
    let note = input("admin-note")?.value();
    let request = ConnectionHelpRequest {
        admin_email: input("admin-email")?.value().trim().to_owned(),
        note: Some(note).filter(|note| !note.trim().is_empty()),
    };
    let proxy = Proxy::current().await;
    let body = Some(crate::browser::api::json(&request));
    let made = proxy
        .call::<ConnectionHelpMade>("POST", "/v1/connection/requests", body)
        .await;
    match made {
        Ok(_) => {
            say("ask-admin-problem", "")?;
            input("admin-email")?.set_value("");
            input("admin-note")?.set_value("");
            look().await
        }
        Err(trouble) => say("ask-admin-problem", &of_trouble(&trouble)),
    }
}

async fn revoke(id: u64) -> Result<(), JsValue> {
    let path = format!("/v1/connection/requests/{id}");
    let proxy = Proxy::current().await;
    match proxy.call::<ConnectionHelps>("DELETE", &path, None).await {
        Ok(all) => show("asked", requests(&all.requests).as_ref()),
        Err(trouble) => say("ask-admin-problem", &of_trouble(&trouble)),
    }
}

async fn look() -> Result<(), JsValue> {
    let all: Result<ConnectionHelps, _> =
        Proxy::current().await.get("/v1/connection/requests").await;
    show(
        "asked",
        all.ok().and_then(|all| requests(&all.requests)).as_ref(),
    )
}

/// Brings the requests up to date, so that the page shows when the admin is done.
pub fn look_soon() {
    if is_shown("ask-admin-button") {
        spawn_local(async { drop(look().await) });
    }
}

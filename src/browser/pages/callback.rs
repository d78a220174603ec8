//! The options' card for the address at which Jopwell's own systems hear of changes.

use super::{
    Proxy, copy, element, input, is_shown, on, pressed, renew, report, say, show, show_if,
};
use crate::flow::record::Trouble;
use crate::view::callback::{deliveries, standing};
use atsi_protocol::{Callback, CallbackDeliveries, CallbackRequest};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

const PATH: &str = "/v1/callback";
const DELIVERIES: &str = "/v1/callback/deliveries";

/// # Errors
/// When the page lacks the card.
pub fn listen() -> Result<(), JsValue> {
    on("callback-form", "submit", |event| {
        event.prevent_default();
        spawn_local(async { report(save().await) });
    })?;
    on("make-callback-secret", "click", |_| {
        spawn_local(async { report(make_secret().await) });
    })?;
    on("copy-callback-secret", "click", |_| {
        spawn_local(async { report(copy("callback-secret").await) });
    })?;
    on("callback-deliveries", "click", |event| {
        if let Some(action) = pressed(&event) {
            spawn_local(async move { report(send_again(&action).await) });
        }
    })
}

/// Fills the field where the card is not shown yet: what somebody is changing stays.
pub async fn show_card(is_there: bool) -> Result<(), JsValue> {
    if !is_there || is_shown("callback") {
        return show_if("callback", is_there);
    }
    let proxy = Proxy::current().await;
    let Ok(callback) = proxy.get::<Callback>(PATH).await else {
        return Ok(());
    };
    input("callback-url")?.set_value(callback.url.as_deref().unwrap_or_default());
    show_if("callback", true)?;
    show_how(&proxy, &callback).await
}

pub fn look_soon() {
    if is_shown("callback") {
        spawn_local(async { drop(look().await) });
    }
}

async fn look() -> Result<(), JsValue> {
    let proxy = Proxy::current().await;
    match proxy.get::<Callback>(PATH).await {
        Ok(callback) => show_how(&proxy, &callback).await,
        Err(_) => Ok(()),
    }
}

async fn show_how(proxy: &Proxy, callback: &Callback) -> Result<(), JsValue> {
    let standing = standing(callback);
    show_if("make-callback-secret", standing.is_some())?;
    show_if("callback-last", standing.is_some())?;
    let Some(standing) = standing else {
        return show_if("callback-secret-field", false);
    };
    if let Some(secret) = &callback.secret {
        input("callback-secret")?.set_value(secret);
        show_if("callback-secret-field", true)?;
    }
    renew("callback-standing", &standing)?;
    match proxy.get::<CallbackDeliveries>(DELIVERIES).await {
        Ok(all) if all.deliveries.is_empty() => show("callback-deliveries", None),
        Ok(all) => renew(
            "callback-deliveries",
            &deliveries(callback.state, &all.deliveries),
        ),
        Err(_) => Ok(()),
    }
}

/// An empty field ends it.
async fn save() -> Result<(), JsValue> {
    let url = input("callback-url")?.value().trim().to_owned();
    let (method, body, done) = match url.is_empty() {
        true => ("DELETE", None, say!("Nothing is delivered any more")),
        false => (
            "PUT",
            Some(crate::json::write(&CallbackRequest { url })),
            say!("Saved: changes are delivered there from now on"),
        ),
    };
    change(method, PATH, body, done).await
}

async fn make_secret() -> Result<(), JsValue> {
    let path = format!("{PATH}/secret");
    change("POST", &path, Some("{}".to_owned()), "").await
}

/// Shows how it stands then, or what stands in the way.
async fn change(
    method: &'static str,
    path: &str,
    body: Option<String>,
    done: &str,
) -> Result<(), JsValue> {
    let proxy = Proxy::current().await;
    let changed = proxy.call::<Callback>(method, path, body).await;
    tell(&changed, done)?;
    match changed {
        Ok(callback) => show_how(&proxy, &callback).await,
        Err(_) => Ok(()),
    }
}

async fn send_again(action: &str) -> Result<(), JsValue> {
    let Some(id) = action.strip_prefix("redeliver:") else {
        return Ok(());
    };
    let proxy = Proxy::current().await;
    let path = format!("{DELIVERIES}/{id}/redeliver");
    let sent = proxy.call::<CallbackDeliveries>("POST", &path, None).await;
    tell(&sent, say!("It is on its way again"))?;
    look().await?;
    // The button may have gone with the list that it stood in.
    match super::document()?.active_element() {
        Some(focused) if focused.tag_name() != "BODY" => Ok(()),
        _ => element("callback-last")?
            .dyn_into::<web_sys::HtmlElement>()?
            .focus(),
    }
}

fn tell<T>(answer: &Result<T, Trouble>, done: &str) -> Result<(), JsValue> {
    let (problem, said) = match answer {
        Ok(_) => (String::new(), done),
        Err(trouble) => (trouble.sentence(), ""),
    };
    say("callback-problem", &problem)?;
    say("callback-saved", said)
}

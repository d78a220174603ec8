//! The options' card for the address at which Jopwell's own systems receive changes.

use super::{Proxy, copy, heard, input, is_shown, on, report, say, show, show_if};
use crate::action::Action;
use crate::browser::api::json;
use crate::view::callback::{deliveries, standing};
use crate::view::problem::of_trouble;
use atsi_protocol::{Callback, CallbackDeliveries, CallbackRequest, CallbackSecretRequest};
use serde::Deserialize;
use std::pin::Pin;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

const PATH: &str = "/v1/callback";
const DELIVERIES: &str = "/v1/callback/deliveries";

/// # Errors
/// When the page lacks the card.
pub fn listen() -> Result<(), JsValue> {
    on("callback-form", "submit", |event| {
        event.prevent_default();
        report(save());
    })?;
    for (button, revoke_previous) in [
        ("make-callback-secret", false),
        ("replace-callback-secret", true),
    ] {
        on(button, "click", move |_| {
            let request = json(&CallbackSecretRequest { revoke_previous });
            change("POST", format!("{PATH}/secret"), Some(request), "");
            report(show_if("callback-secret-before", !revoke_previous));
        })?;
    }
    on("copy-callback-secret", "click", |_| {
        spawn_local(async { report(copy("callback-secret").await) });
    })?;
    on("callback-deliveries", "click", |event| {
        if let Some(Action::Redeliver(id)) = heard(&event).map(|heard| heard.action) {
            let path = format!("{DELIVERIES}/{id}/redeliver");
            change("POST", path, None, say!("Sending again"));
        }
    })
}

pub fn show_card(is_there: bool) -> Result<(), JsValue> {
    if !is_there {
        return show_if("callback", false);
    }
    if !is_shown("callback") {
        look_soon();
    }
    Ok(())
}

pub fn look_again() {
    if is_shown("callback") {
        look_soon();
    }
}

/// Boxed, because two callers await it.
fn look() -> Pin<Box<dyn Future<Output = Result<(), JsValue>>>> {
    Box::pin(look_now())
}

fn look_soon() {
    spawn_local(async { drop(look().await) });
}

/// Saves the address; an empty one ends deliveries.
fn save() -> Result<(), JsValue> {
    let url = input("callback-url")?.value().trim().to_owned();
    let (method, body, done) = match url.is_empty() {
        true => ("DELETE", None, say!("Deliveries stopped")),
        false => (
            "PUT",
            Some(json(&CallbackRequest { url })),
            say!("Saved: changes are now delivered to this address"),
        ),
    };
    change(method, PATH.to_owned(), body, done);
    Ok(())
}

/// Of the answers, what is shown once: a secret that was just made.
#[derive(Deserialize)]
struct Secret {
    secret: Option<String>,
}

/// Sends a request and shows the result, or the problem. One function for all, as each copy adds to the module.
fn change(method: &'static str, path: String, body: Option<String>, done: &'static str) {
    spawn_local(async move {
        report(
            async {
                let proxy = Proxy::current().await;
                let changed = proxy.call::<Secret>(method, &path, body).await;
                let (problem, said) = match &changed {
                    Ok(_) => (String::new(), done),
                    Err(trouble) => (of_trouble(trouble), ""),
                };
                say("callback-problem", &problem)?;
                say("callback-saved", said)?;
                let secret = changed.ok().and_then(|one| one.secret);
                if let Some(secret) = secret {
                    input("callback-secret")?.set_value(&secret);
                    show_if("callback-secret-field", true)?;
                }
                look().await
            }
            .await,
        );
    });
}

/// Fills in the address only when the card is shown first; later, what a person is changing stays.
async fn look_now() -> Result<(), JsValue> {
    let proxy = Proxy::current().await;
    let Ok(callback) = proxy.get::<Callback>(PATH).await else {
        return Ok(());
    };
    if !is_shown("callback") {
        input("callback-url")?.set_value(callback.url.as_deref().unwrap_or_default());
        show_if("callback", true)?;
    }
    let standing = standing(&callback);
    show_if("callback-secret-buttons", standing.is_some())?;
    show_if("callback-last", standing.is_some())?;
    let Some(standing) = standing else {
        return show_if("callback-secret-field", false);
    };
    show("callback-standing", Some(&standing))?;
    match proxy.get::<CallbackDeliveries>(DELIVERIES).await {
        Ok(all) if all.deliveries.is_empty() => show("callback-deliveries", None),
        Ok(all) => show(
            "callback-deliveries",
            Some(&deliveries(callback.state, &all.deliveries)),
        ),
        Err(_) => Ok(()),
    }
}

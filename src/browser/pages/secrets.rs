//! The options' cards with an address and a secret for another system: Greenhouse's webhooks, and the applications
//! of Jopwell's systems.

use super::{Proxy, copy, input, is_shown, on, report, say, show_if};
use crate::view::incoming::{IncomingView, Origin, applications, webhooks, with_secret};
use atsi_protocol::HookSecretRequest;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// A card; the ids of its elements begin with its name.
struct Card {
    name: &'static str,
    path: &'static str,
    origin: Origin,
}

const WEBHOOKS: Card = Card {
    name: "hook",
    path: "/v1/hooks",
    origin: Origin::Greenhouse,
};
const APPLICATIONS: Card = Card {
    name: "push",
    path: "/v1/push",
    origin: Origin::Jopwell,
};

/// # Errors
/// When the page lacks a card.
pub fn listen() -> Result<(), JsValue> {
    for card in [&WEBHOOKS, &APPLICATIONS] {
        let name = card.name;
        for (verb, revoke_previous) in [("make", false), ("replace", true)] {
            on(&format!("{verb}-{name}-secret"), "click", move |_| {
                spawn_local(async move { report(make(card, revoke_previous).await) });
            })?;
        }
        for what in ["url", "secret"] {
            on(&format!("copy-{name}-{what}"), "click", move |_| {
                spawn_local(async move { report(copy(&format!("{name}-{what}")).await) });
            })?;
        }
    }
    Ok(())
}

/// Shows the buttons that make secrets to people who may.
pub fn show_for(may_make: bool) -> Result<(), JsValue> {
    for card in [&WEBHOOKS, &APPLICATIONS] {
        show_if(&format!("{}-secret-buttons", card.name), may_make)?;
    }
    Ok(())
}

pub fn look_soon() {
    spawn_local(async { drop(look().await) });
}

async fn look() -> Result<(), JsValue> {
    let proxy = Proxy::current().await;
    let view = webhooks(proxy.get(WEBHOOKS.path).await);
    for (action, received) in &view.received {
        super::show(&format!("hook-{action}"), Some(received))?;
    }
    show(&WEBHOOKS, &view)?;
    show(
        &APPLICATIONS,
        &applications(proxy.get(APPLICATIONS.path).await),
    )
}

/// `revoke_previous`: the previous secret stops working now, because others may know it.
async fn make(card: &Card, revoke_previous: bool) -> Result<(), JsValue> {
    let proxy = Proxy::current().await;
    let request = crate::browser::api::json(&HookSecretRequest { revoke_previous });
    let secret = proxy
        .call("POST", &format!("{}/secret", card.path), Some(request))
        .await;
    show(card, &with_secret(card.origin, secret))?;
    show_if(&format!("{}-secret-before", card.name), !revoke_previous)
}

fn show(card: &Card, view: &IncomingView) -> Result<(), JsValue> {
    let id = |what: &str| format!("{}-{what}", card.name);
    say(&id("problem"), view.problem.as_deref().unwrap_or_default())?;
    for (what, value) in [("url", &view.url), ("secret", &view.secret)] {
        if let Some(value) = value {
            input(&id(what))?.set_value(value);
            show_if(&id(&format!("{what}-field")), true)?;
        }
    }
    if view.url.is_some() {
        show_if(&format!("replace-{}-secret", card.name), true)?;
    }
    match &view.counts {
        Some(counts) => super::show(&id("seen"), Some(counts)),
        None => Ok(()),
    }
}

/// Brings the cards up to date where they are shown.
pub fn look_again() {
    if is_shown("hooks") {
        look_soon();
    }
}

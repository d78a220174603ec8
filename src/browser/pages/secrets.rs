//! The options' cards with an address and a secret for somebody else's system: Greenhouse's web hooks, and what
//! Jopwell's systems push.

use super::{Proxy, copy, element, input, is_shown, on, report, say, show_if};
use crate::browser::now;
use crate::json;
use crate::view::hooks::{self, hooks};
use crate::view::push::{self, push};
use crate::view::secret::{SecretView, made};
use atsi_protocol::HookSecretRequest;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// A card's elements begin with its name.
struct Card {
    name: &'static str,
    path: &'static str,
    cannot_reach: &'static str,
}

const HOOK: Card = Card {
    name: "hook",
    path: "/v1/hooks",
    cannot_reach: hooks::CANNOT_REACH,
};
const PUSH: Card = Card {
    name: "push",
    path: "/v1/push",
    cannot_reach: push::CANNOT_REACH,
};

/// # Errors
/// When the page lacks a card.
pub fn listen() -> Result<(), JsValue> {
    for card in [&HOOK, &PUSH] {
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

/// Who may make secrets sees the buttons.
pub fn show_for(may_make: bool) -> Result<(), JsValue> {
    for card in [&HOOK, &PUSH] {
        show_if(&format!("{}-secret-buttons", card.name), may_make)?;
    }
    Ok(())
}

pub fn look_soon() {
    spawn_local(async { drop(look().await) });
}

async fn look() -> Result<(), JsValue> {
    let proxy = Proxy::current().await;
    let (view, received) = hooks(proxy.get(HOOK.path).await, now());
    for (action, words) in received {
        let id = format!("hook-{action}");
        say(&id, &words)?;
        let came = if words == say!("not yet received") {
            "soft"
        } else {
            "good"
        };
        element(&id)?.set_class_name(came);
    }
    show(&HOOK, &view)?;
    show(&PUSH, &push(proxy.get(PUSH.path).await))
}

/// `revoke_previous`: somebody else may know the one before.
async fn make(card: &Card, revoke_previous: bool) -> Result<(), JsValue> {
    let proxy = Proxy::current().await;
    let request = json::write(&HookSecretRequest { revoke_previous });
    let secret = proxy
        .call("POST", &format!("{}/secret", card.path), Some(request))
        .await;
    show(card, &made(secret, card.cannot_reach))?;
    show_if(&format!("{}-secret-before", card.name), !revoke_previous)
}

fn show(card: &Card, view: &SecretView) -> Result<(), JsValue> {
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
    // It is announced where it changes, not each time that it is read.
    match &view.seen {
        Some(seen) => super::show(&id("seen"), Some(seen)),
        None => Ok(()),
    }
}

/// Whether a connection is shown that the cards belong to.
pub fn look_again() {
    if is_shown("hooks") {
        look_soon();
    }
}

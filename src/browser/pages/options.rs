//! `options.html`: the connection, webhooks, the keyboard.

use super::{
    NOT_ALLOWED, Proxy, account, ask_admin, callback, element, input, job_board, job_saving,
    keep_current, key_check, language, managed, may_talk_to, notifications, on, on_look, report,
    say, secrets, show, show_if, sign_in_page, tell_background, text, write_back,
};
use crate::browser::{api, settings};
use crate::page::address::Address;
use crate::page::greenhouse::is_of_the_app;
use crate::state::trouble::Trouble;
use crate::view::account::is_admin;
use crate::view::options::options;
use crate::view::problem::of_trouble;
use atsi_protocol::{Connection, ConnectionRequest, ConnectionState, Me};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// Runs `options.html`.
///
/// # Errors
/// When an element that the page must have is missing.
#[wasm_bindgen]
pub async fn options_page() -> Result<(), JsValue> {
    super::begin()?;
    on("connect", "submit", |event| {
        event.prevent_default();
        spawn_local(async { report(connect().await) });
    })?;
    on("disconnect", "click", |_| {
        spawn_local(async { report(disconnect().await) });
    })?;
    secrets::listen()?;
    on("hook-list", "click", |event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok());
        if let Some(text) = target.and_then(|button| button.get_attribute("data-copy")) {
            spawn_local(async move { report(api::copy(&text).await) });
        }
    })?;
    write_back::listen()?;
    job_saving::listen()?;
    job_board::listen()?;
    callback::listen()?;
    on("open-shortcuts", "click", |_| {
        spawn_local(async { report(open_shortcuts().await) });
    })?;
    on_look(|| spawn_local(async { report(show_connection().await) }))?;
    // Replaces the default only; what a person has begun to type stays.
    let (proxy, address) = (settings::read().await.proxy, input("proxy-address")?);
    if address.default_value() != proxy {
        address.set_default_value(&proxy);
    }
    account::listen()?;
    ask_admin::listen()?;
    managed::listen()?;
    notifications::listen()?;
    key_check::listen()?;
    language::listen().await?;
    show_connection().await?;
    spawn_local(async { drop(lead_to_own_greenhouse().await) });
    keep_current(|| {
        spawn_local(async { drop(lead_to_own_greenhouse().await) });
        secrets::look_again();
        callback::look_again();
        ask_admin::look_soon();
        account::look_soon();
    })
}

async fn connect() -> Result<(), JsValue> {
    let typed = input("proxy-address")?.value();
    let base = match crate::state::settings::proxy_address(&typed) {
        Ok(base) => base,
        Err(error) => return say("problem", error.sentence()),
    };
    // Browsers allow this only inside the person's click, before anything else is awaited.
    if !may_talk_to(&base).await? {
        return say("problem", say!(NOT_ALLOWED));
    }
    key_check::forget()?;
    say("problem", "")?;
    say_state(say!("Checking the key with Greenhouse…"), "busy")?;
    let button = element("connect-button")?;
    button.set_attribute("aria-busy", "true")?;
    let request = ConnectionRequest {
        api_key: input("api-key")?.value(),
        service_user_email: input("service-user")?.value(),
    };
    let proxy = Proxy::at(base).await;
    let connected = proxy
        .call::<Connection>(
            "PUT",
            "/v1/connection",
            Some(crate::browser::api::json(&request)),
        )
        .await;
    button.remove_attribute("aria-busy")?;
    match connected {
        Ok(_) => {
            input("api-key")?.set_value("");
            changed(&proxy).await
        }
        Err(trouble) => {
            show_connection().await?;
            say("problem", &of_trouble(&trouble))
        }
    }
}

async fn disconnect() -> Result<(), JsValue> {
    let proxy = Proxy::current().await;
    match proxy
        .call::<Connection>("DELETE", "/v1/connection", None)
        .await
    {
        Ok(_) => changed(&proxy).await,
        Err(trouble) => say("problem", &of_trouble(&trouble)),
    }
}

async fn changed(proxy: &Proxy) -> Result<(), JsValue> {
    let problem = tell_background(proxy, None).await?;
    say("problem", &problem.unwrap_or_default())?;
    show_connection().await
}

/// Points the guide's links to the Greenhouse host that the person has open, else to the usual one.
async fn lead_to_own_greenhouse() -> Result<(), JsValue> {
    let pages = api::object(&[("url", "https://*.greenhouse.io/*".into())]);
    let tabs = js_sys::Array::from(&api::query_tabs(&pages).await?);
    let mut open = tabs
        .iter()
        .filter_map(|tab| Address::parse(&text(&tab, "url")));
    let Some(own) = open.find(is_of_the_app) else {
        return Ok(());
    };
    for link in ["guide-1", "guide-2", "guide-3", "guide-4", "guide-hooks"] {
        let link = element(link)?;
        let there = link.get_attribute("href").unwrap_or_default();
        if let Some(there) = Address::parse(&there)
            && there.origin != own.origin
        {
            link.set_attribute("href", &format!("{}{}", own.origin, there.path))?;
        }
    }
    Ok(())
}

/// Firefox has a call for it, Chromium an address.
async fn open_shortcuts() -> Result<JsValue, JsValue> {
    match api::open_shortcut_settings().await {
        Ok(opened) => Ok(opened),
        Err(_) => {
            api::create_tab(&api::object(&[(
                "url",
                "chrome://extensions/shortcuts".into(),
            )]))
            .await
        }
    }
}

/// Shows the state of the company's connection, and what this person can do about it.
pub async fn show_connection() -> Result<(), JsValue> {
    let known = settings::read().await.connection;
    let proxy = Proxy::current().await;
    let answer = proxy.get::<Me>("/v1/me").await;
    if answer.as_ref().is_err_and(Trouble::is_signed_out) {
        sign_in_page();
        return Ok(());
    }
    if let Ok(me) = &answer {
        account::show_account(&proxy, me).await?;
        ask_admin::show_for(me)?;
        managed::show(&proxy, me).await?;
        notifications::show(me).await?;
        show_if("connect", is_admin(me))?;
        show_if("disconnect", is_admin(me))?;
        secrets::show_for(is_admin(me))?;
        show_if(
            "ask-admin-card",
            me.connection.state != ConnectionState::Active,
        )?;
    }
    let may_repair = answer.as_ref().is_ok_and(is_admin);
    show_if("hook-steps", may_repair)?;
    let view = options(answer.map(|me| me.connection), known, may_repair);
    say("problem", view.problem.as_deref().unwrap_or_default())?;
    say_state(view.state, view.tone.name())?;
    show("connection-facts", view.connection.as_ref())?;
    show_if("connection", view.connection.is_some())?;
    let is_first = element("hooks")?.has_attribute("hidden");
    show_if("hooks", view.connection.is_some())?;
    show_if("push", view.connection.is_some())?;
    callback::show_card(view.connection.is_some() && may_repair)?;
    if view.connection.is_some() {
        write_back::show(may_repair).await?;
        job_saving::show(may_repair).await?;
        job_board::show(may_repair).await?;
    }
    if is_first && view.connection.is_some() {
        secrets::look_soon();
    }
    Ok(())
}

/// The state of the connection; `tone` as in `view/node.rs`.
fn say_state(text: &str, tone: &str) -> Result<(), JsValue> {
    element("connection-state")?.set_class_name(&format!("status {tone}"));
    say("connection-state", text)
}

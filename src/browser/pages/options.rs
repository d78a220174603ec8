//! `options.html`: the connection, web hooks, the keyboard.

use super::{
    Proxy, ask, asking, built, element, input, on, on_told, report, say, show, show_if, text,
};
use crate::browser::{api, settings};
use crate::view::hooks::{HooksView, hooks, secret};
use crate::view::options::options;
use atsi_protocol::{Connection, ConnectionRequest};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// Runs `options.html`.
///
/// # Errors
/// When an element that the page must have is missing.
#[wasm_bindgen]
pub async fn options_page() -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    on("connect", "submit", |event| {
        event.prevent_default();
        spawn_local(async { report(connect().await) });
    })?;
    on("disconnect", "click", |_| {
        spawn_local(async { report(disconnect().await) });
    })?;
    on("make-hook-secret", "click", |_| {
        spawn_local(async { report(make_hook_secret().await) });
    })?;
    for what in ["hook-url", "hook-secret"] {
        on(&format!("copy-{what}"), "click", move |_| {
            spawn_local(async move { report(copy(what).await) });
        })?;
    }
    on("open-shortcuts", "click", |_| {
        spawn_local(async { report(open_shortcuts().await) });
    })?;
    on_told(|| spawn_local(async { report(show_connection().await) }))?;
    // The default: where somebody has begun to type, that stays.
    let (proxy, address) = (settings::read().await.proxy, input("proxy-address")?);
    if address.default_value() != proxy {
        address.set_default_value(&proxy);
    }
    show_connection().await?;
    keep_hooks_current()
}

async fn connect() -> Result<(), JsValue> {
    let typed = input("proxy-address")?.value();
    let base = match crate::flow::proxy_address(&typed) {
        Ok(base) => base,
        Err(sentence) => return say("problem", sentence),
    };
    // Asked for before anything else is awaited: the browser wants it inside the person's click.
    if let Some(permission) = permission_for(&base)
        && api::request_permissions(&permission).await?.is_falsy()
    {
        return say(
            "problem",
            "Without the browser's permission ATSi cannot talk to this proxy. Press Connect again and allow it.",
        );
    }
    say("problem", "")?;
    say_state("Checking the key with Greenhouse…", "busy")?;
    let button = element("connect-button")?;
    button.set_attribute("aria-busy", "true")?;
    let request = ConnectionRequest {
        api_key: input("api-key")?.value(),
        service_user_email: input("service-user")?.value(),
    };
    let proxy = Proxy::at(base).await;
    let connected = proxy
        .call::<Connection>("PUT", "/v1/connection", Some(crate::json::write(&request)))
        .await;
    button.remove_attribute("aria-busy")?;
    match connected {
        Ok(_) => {
            input("api-key")?.set_value("");
            tell_background(&proxy).await
        }
        Err(trouble) => {
            show_connection().await?;
            say("problem", &trouble.sentence())
        }
    }
}

async fn disconnect() -> Result<(), JsValue> {
    let proxy = Proxy::current().await;
    match proxy
        .call::<Connection>("DELETE", "/v1/connection", None)
        .await
    {
        Ok(_) => tell_background(&proxy).await,
        Err(trouble) => say("problem", &trouble.sentence()),
    }
}

/// The background asks the proxy anew, and tells every page.
async fn tell_background(proxy: &Proxy) -> Result<(), JsValue> {
    let message = asking("session");
    api::set(&message, "proxy", proxy.base.as_str());
    say("problem", &text(&ask(&message).await?, "problem"))?;
    show_connection().await
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

/// The host permission that a proxy's address needs beyond what the manifest grants.
fn permission_for(proxy: &str) -> Option<JsValue> {
    let address = crate::page::address::Address::parse(proxy)?;
    let granted = ["127.0.0.1", "localhost"].contains(&address.host.as_str());
    (!granted).then(|| {
        let origin = js_sys::Array::of1(&format!("https://{}/*", address.host).into());
        api::object(&[("origins", origin.into())])
    })
}

async fn show_connection() -> Result<(), JsValue> {
    let known = settings::read().await.connection;
    let answer = Proxy::current()
        .await
        .get::<Connection>("/v1/connection")
        .await;
    let view = options(answer, known);
    if let Some(problem) = &view.problem {
        say("problem", problem)?;
    }
    say_state(view.state, view.tone.name())?;
    show("connection-facts", view.connection.as_ref())?;
    show_if("connection", view.connection.is_some())?;
    let is_first = element("hooks")?.has_attribute("hidden");
    show_if("hooks", view.connection.is_some())?;
    if is_first && view.connection.is_some() {
        spawn_local(async { drop(look_for_hooks().await) });
    }
    Ok(())
}

async fn look_for_hooks() -> Result<(), JsValue> {
    show_hooks(&hooks(Proxy::current().await.get("/v1/hooks").await))
}

async fn make_hook_secret() -> Result<(), JsValue> {
    let proxy = Proxy::current().await;
    let made = proxy
        .call("POST", "/v1/hooks/secret", Some("{}".to_owned()))
        .await;
    show_hooks(&secret(made))
}

fn show_hooks(view: &HooksView) -> Result<(), JsValue> {
    say("hooks-problem", view.problem.as_deref().unwrap_or_default())?;
    for (field, value) in [("hook-url", &view.url), ("hook-secret", &view.secret)] {
        if let Some(value) = value {
            input(field)?.set_value(value);
            show_if(&format!("{field}-field"), true)?;
        }
    }
    if let Some(seen) = &view.seen {
        let (list, built) = (element("hooks-seen")?, built(seen)?);
        // It is announced where it changes, not each time that it is read.
        if list.text_content() != built.text_content() {
            list.replace_children_with_node_1(&built);
        }
    }
    Ok(())
}

/// Asks again while somebody looks.
fn keep_hooks_current() -> Result<(), JsValue> {
    const EVERY_MS: i32 = 3_000;
    let look = Closure::<dyn Fn()>::new(|| {
        let is_looked_at = super::document().is_ok_and(|document| !document.hidden())
            && element("hooks").is_ok_and(|section| !section.has_attribute("hidden"));
        if is_looked_at {
            spawn_local(async { drop(look_for_hooks().await) });
        }
    });
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    window.set_interval_with_callback_and_timeout_and_arguments_0(
        look.as_ref().unchecked_ref(),
        EVERY_MS,
    )?;
    look.forget();
    Ok(())
}

async fn copy(id: &str) -> Result<JsValue, JsValue> {
    let input = input(id)?;
    input.select();
    api::copy(&input.value()).await
}

/// The state of the connection; `tone` as in `view/node.rs`.
fn say_state(text: &str, tone: &str) -> Result<(), JsValue> {
    element("connection-state")?.set_class_name(&format!("status {tone}"));
    say("connection-state", text)
}

//! The extension's own pages. They are static HTML; this fills them and listens.

use super::api;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, Element, Event, HtmlElement, HtmlInputElement, Node};

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
        spawn_local(async { report(show_options(asking("disconnect")).await) });
    })?;
    on("make-hook-secret", "click", |_| {
        spawn_local(async { report(show_hooks(asking("make-hook-secret")).await) });
    })?;
    for what in ["hook-url", "hook-secret"] {
        on(&format!("copy-{what}"), "click", move |_| {
            spawn_local(async move { report(copy(what).await) });
        })?;
    }
    on("open-shortcuts", "click", |_| {
        spawn_local(async { report(open_shortcuts().await) });
    })?;
    on_told(|| spawn_local(async { report(show_options(asking("options")).await) }))?;
    let options = show_options(asking("options")).await?;
    // The default: where somebody has begun to type, that stays.
    let (proxy, address) = (text(&options, "proxy"), input("proxy-address")?);
    if address.default_value() != proxy {
        address.set_default_value(&proxy);
    }
    keep_hooks_current()
}

/// Runs `popup.html`.
///
/// # Errors
/// When an element that the page must have is missing.
#[wasm_bindgen]
pub async fn popup_page() -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    on("open-options", "click", |_| {
        spawn_local(async { drop(api::open_options_page().await) });
    })?;
    on("open-candidates", "click", |_| {
        let page = api::object(&[("url", "candidates.html".into())]);
        spawn_local(async move { drop(api::create_tab(&page).await) });
    })?;
    on("view", "click", |event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let button = target.and_then(|target| target.closest("button[data-action]").ok().flatten());
        if let Some(action) = button.and_then(|button| button.get_attribute("data-action")) {
            press(action, String::new());
        }
    })?;
    on("view", "submit", |event| {
        event.prevent_default();
        let form = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let Some(form) = form else { return };
        let value = form.query_selector("input").ok().flatten();
        let value = value.and_then(|input| input.dyn_into::<HtmlInputElement>().ok());
        if let (Some(action), Some(value)) = (form.get_attribute("data-action"), value) {
            press(action, value.value());
        }
    })?;
    on_told(|| spawn_local(async { report(show_popup(asking("popup")).await) }))?;
    show_popup(asking("popup")).await
}

fn press(action: String, value: String) {
    let message = asking("press");
    for (name, value) in [
        ("action", action),
        ("value", value),
        ("key", "popup".to_owned()),
    ] {
        api::set(&message, name, value);
    }
    spawn_local(async move { report(show_popup(message).await) });
}

async fn connect() -> Result<(), JsValue> {
    let proxy = input("proxy-address")?.value();
    let permission = permission_for(&proxy);
    // Asked for before anything else is awaited: the browser wants it inside the person's click.
    if let Some(permission) = permission
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
    let message = asking("connect");
    api::set(&message, "proxy", proxy);
    api::set(&message, "api_key", input("api-key")?.value());
    api::set(
        &message,
        "service_user_email",
        input("service-user")?.value(),
    );
    let shown = show_options(message).await;
    button.remove_attribute("aria-busy")?;
    if text(&shown?, "problem").is_empty() {
        input("api-key")?.set_value("");
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

/// The host permission that a proxy address needs beyond what the manifest grants; none for an
/// address that is refused anyway.
fn permission_for(proxy: &str) -> Option<JsValue> {
    crate::flow::proxy_address(proxy).ok()?;
    let address = crate::page::address::Address::parse(proxy)?;
    let granted = ["127.0.0.1", "localhost"].contains(&address.host.as_str());
    (!granted).then(|| {
        let origin = js_sys::Array::of1(&format!("https://{}/*", address.host).into());
        api::object(&[("origins", origin.into())])
    })
}

pub(super) fn asking(what: &str) -> JsValue {
    api::object(&[("ask", what.into())])
}

/// Shows the reply on the options page and returns it.
async fn show_options(message: JsValue) -> Result<JsValue, JsValue> {
    let options = ask(&message).await?;
    say("problem", &text(&options, "problem"))?;
    say_state(&text(&options, "state"), &text(&options, "tone"))?;
    let connection = api::get(&options, "connection");
    let section: HtmlElement = element("connection")?.dyn_into()?;
    section.set_hidden(!connection.is_object());
    let hooks: HtmlElement = element("hooks")?.dyn_into()?;
    if hooks.hidden() && connection.is_object() {
        spawn_local(async { drop(show_hooks(asking("hooks")).await) });
    }
    hooks.set_hidden(!connection.is_object());
    let facts = element("connection-facts")?;
    if connection.is_object() {
        facts.replace_children_with_node_1(&build(&connection)?);
    } else {
        facts.replace_children_with_node_0();
    }
    Ok(options)
}

/// Shows the reply in the section of web hooks.
async fn show_hooks(message: JsValue) -> Result<(), JsValue> {
    let hooks = ask(&message).await?;
    say("hooks-problem", &text(&hooks, "problem"))?;
    for (field, name) in [("hook-url", "url"), ("hook-secret", "secret")] {
        let value = text(&hooks, name);
        if !value.is_empty() {
            input(field)?.set_value(&value);
            let around: HtmlElement = element(&format!("{field}-field"))?.dyn_into()?;
            around.set_hidden(false);
        }
    }
    let seen = api::get(&hooks, "seen");
    if seen.is_object() {
        let (list, built) = (element("hooks-seen")?, build(&seen)?);
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
        let is_looked_at = document().is_ok_and(|document| !document.hidden())
            && element("hooks").is_ok_and(|section| !section.has_attribute("hidden"));
        if is_looked_at {
            spawn_local(async { drop(show_hooks(asking("hooks")).await) });
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

async fn show_popup(message: JsValue) -> Result<(), JsValue> {
    let reply = ask(&message).await?;
    let view = build(&api::get(&reply, "view"))?;
    element("view")?.replace_children_with_node_1(&view);
    Ok(())
}

/// Asks the worker; once more where it was just stopped.
pub(super) async fn ask(message: &JsValue) -> Result<JsValue, JsValue> {
    let reply = match api::send_message(message).await {
        Ok(reply) if reply.is_object() => reply,
        _ => api::send_message(message).await?,
    };
    let is_reply = reply.is_object() && api::get(&reply, "off").is_undefined();
    if is_reply {
        Ok(reply)
    } else {
        Err(JsValue::NULL)
    }
}

/// A page of ours has no one to return an error to but the person.
pub(super) fn report<T>(result: Result<T, JsValue>) {
    if result.is_err() {
        let _ = say(
            "problem",
            "ATSi's background does not answer. Please reload this page and try again.",
        );
    }
}

pub(super) fn text(object: &JsValue, field: &str) -> String {
    api::get(object, field).as_string().unwrap_or_default()
}

/// A view's node (see `view/node.rs`) as an element: the twin of the port's builder.
fn build(node: &JsValue) -> Result<Node, JsValue> {
    let document = document()?;
    let (is, label, action) = (text(node, "is"), text(node, "text"), text(node, "action"));
    let is = is.as_str();
    let tag = match is {
        "button" => "button",
        "link" => "a",
        "panel" => "section",
        "facts" => "dl",
        "list" => "ul",
        "time" => "time",
        "form" => "form",
        "line" | "stack" => "div",
        _ => "span",
    };
    let built = document.create_element(tag)?;
    built.set_class_name(&format!("{is} {}", text(node, "tone")));
    let set = |name: &str, value: &str| match value {
        "" => Ok(()),
        value => built.set_attribute(name, value),
    };
    set("title", &text(node, "tip"))?;
    set("data-action", &action)?;
    match is {
        "panel" => append(&built, "h2")?.set_text_content(Some(&label)),
        "form" => {
            let named = append(&built, "label")?;
            named.set_text_content(Some(&label));
            append(&named, "input")?;
        }
        "time" => {
            let at = js_sys::Date::new(&api::get(node, "at"));
            set("datetime", &String::from(at.to_iso_string()))?;
            let style = api::object(&[
                ("dateStyle", "medium".into()),
                ("timeStyle", "short".into()),
            ]);
            built.set_text_content(Some(&String::from(at.to_locale_string("default", &style))));
        }
        _ => built.set_text_content(Some(&label)),
    }
    match is {
        "status" => {
            set("role", "status")?;
            // A status takes no name from what it says.
            set("aria-label", &label)?;
        }
        "button" => set(
            "type",
            if action.is_empty() {
                "submit"
            } else {
                "button"
            },
        )?,
        "link" => {
            set("target", "_blank")?;
            set("rel", "noopener noreferrer")?;
            let href = text(node, "href");
            if crate::page::address::Address::parse(&href).is_some() {
                set("href", &href)?;
            }
        }
        _ => {}
    }
    let children = api::get(node, "children");
    let children = js_sys::Array::is_array(&children).then(|| js_sys::Array::from(&children));
    for (index, child) in children.iter().flat_map(js_sys::Array::iter).enumerate() {
        let child = build(&child)?;
        let parent = match is {
            "facts" => append(&built, if index % 2 == 0 { "dt" } else { "dd" })?,
            "list" => append(&built, "li")?,
            _ => built.clone(),
        };
        parent.append_child(&child)?;
    }
    Ok(built.into())
}

pub(super) fn append(parent: &Element, tag: &str) -> Result<Element, JsValue> {
    let child = document()?.create_element(tag)?;
    parent.append_child(&child)?;
    Ok(child)
}

/// Calls back when the worker tells its pages to look again.
fn on_told(then: impl Fn() + 'static) -> Result<(), JsValue> {
    let listener = Closure::<dyn Fn(JsValue)>::new(move |message: JsValue| {
        if text(&message, "tell") == "look" {
            then();
        }
    });
    api::on_message(listener.as_ref().unchecked_ref());
    // It lives as long as the page.
    listener.forget();
    Ok(())
}

pub(super) fn on(id: &str, event: &str, then: impl Fn(Event) + 'static) -> Result<(), JsValue> {
    let listener = Closure::<dyn Fn(Event)>::new(then);
    element(id)?.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref())?;
    listener.forget();
    Ok(())
}

pub(super) fn say(id: &str, text: &str) -> Result<(), JsValue> {
    let element = element(id)?;
    if element.text_content().as_deref() != Some(text) {
        element.set_text_content(Some(text));
        // A live region takes no name from its content.
        if element.get_attribute("role").as_deref() == Some("status") {
            element.set_attribute("aria-label", text)?;
        }
    }
    Ok(())
}

/// The state of the connection; `tone` as in `view/node.rs`.
fn say_state(text: &str, tone: &str) -> Result<(), JsValue> {
    element("connection-state")?.set_class_name(&format!("status {tone}"));
    say("connection-state", text)
}

pub(super) fn input(id: &str) -> Result<HtmlInputElement, JsValue> {
    Ok(element(id)?.dyn_into()?)
}

pub(super) fn element(id: &str) -> Result<Element, JsValue> {
    document()?
        .get_element_by_id(id)
        .ok_or_else(|| JsValue::from_str(id))
}

pub(super) fn document() -> Result<Document, JsValue> {
    web_sys::window()
        .and_then(|window| window.document())
        .ok_or(JsValue::NULL)
}

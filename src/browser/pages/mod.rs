//! The extension's own pages. They are static HTML; this code fills them and listens. They ask the proxy about
//! the connection themselves, so that no key passes through the background.

mod account;
mod ask_admin;
mod callback;
mod candidates;
mod job;
mod job_board;
mod job_saving;
mod key_check;
mod language;
mod managed;
mod notifications;
mod options;
mod popup;
mod render;
mod secrets;
mod welcome;
mod window;
mod write_back;

use super::session::{self, Session};
use super::{api, network, settings};
use crate::flow::call::{self, Http, ProxyAnswer};
use crate::state::trouble::Trouble;
use render::{heard, show};
use std::pin::Pin;
use wasm_bindgen::prelude::*;
use web_sys::{Document, Element, Event, HtmlElement, HtmlInputElement};

/// Prepares a page; the first call of each.
fn begin() -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    // The second click of a double click would act again, or hit what is there by then.
    let listener = Closure::<dyn Fn(Event)>::new(|event: Event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let is_again = api::get(&event, "detail").as_f64() > Some(1.0);
        if is_again && target.is_some_and(|target| matches!(target.closest(".button"), Ok(Some(_))))
        {
            event.prevent_default();
            event.stop_propagation();
        }
    });
    document()?.add_event_listener_with_callback_and_bool(
        "click",
        listener.as_ref().unchecked_ref(),
        true,
    )?;
    listener.forget();
    render::begin()
}

/// The proxy, with this browser's session.
#[derive(Clone)]
struct Proxy {
    base: String,
    session: Option<Session>,
}

impl Proxy {
    async fn current() -> Self {
        Self::at(settings::read().await.proxy).await
    }

    async fn at(base: String) -> Self {
        Self {
            base,
            session: session::read().await,
        }
    }

    async fn get<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Trouble> {
        self.call("GET", path, None).await
    }

    /// The body of the answer, unparsed.
    async fn get_text(&self, path: &str) -> Result<String, Trouble> {
        call::body(&self.ask("GET", path, None).await).map(str::to_owned)
    }

    async fn call<T: serde::de::DeserializeOwned>(
        &self,
        method: &'static str,
        path: &str,
        body: Option<String>,
    ) -> Result<T, Trouble> {
        call::read(&self.ask(method, path, body).await)
    }

    /// Boxed and not generic, because each copy of the request adds to the module.
    fn ask<'a>(
        &'a self,
        method: &'static str,
        path: &str,
        body: Option<String>,
    ) -> Pin<Box<dyn Future<Output = ProxyAnswer> + 'a>> {
        let http = Http {
            method,
            path: path.to_owned(),
            idempotency_key: None,
            body,
        };
        Box::pin(async move { network::call(&self.base, self.session.as_ref(), &http, None).await })
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

/// Whether the browser lets ATSi reach this proxy; asks the person where necessary. Must be called inside a
/// click, before anything else is awaited.
async fn may_talk_to(proxy: &str) -> Result<bool, JsValue> {
    match permission_for(proxy) {
        Some(permission) => Ok(api::request_permissions(&permission).await?.is_truthy()),
        None => Ok(true),
    }
}

const NOT_ALLOWED: &str = key!(
    "Without the browser’s permission, ATSi can’t reach this proxy. Click again and allow it."
);

/// Makes the background ask the proxy again and inform every page. Returns the problem, if any.
async fn tell_background(proxy: &Proxy, company: Option<&str>) -> Result<Option<String>, JsValue> {
    let message = asking("session");
    api::set(&message, "proxy", proxy.base.as_str());
    if let Some(company) = company {
        api::set(&message, "company", company);
    }
    Ok(api::get(&ask(&message).await?, "problem").as_string())
}

async fn copy(id: &str) -> Result<JsValue, JsValue> {
    let input = input(id)?;
    input.select();
    api::copy(&input.value()).await
}

/// Calls back regularly while the page is visible.
fn keep_current(then: impl Fn() + 'static) -> Result<(), JsValue> {
    const EVERY_MS: i32 = 3_000;
    let look = Closure::<dyn Fn()>::new(move || {
        if document().is_ok_and(|document| !document.hidden()) {
            then();
        }
    });
    every(EVERY_MS, look)
}

/// Calls back for as long as the page is open.
fn every(milliseconds: i32, then: Closure<dyn Fn()>) -> Result<(), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    window.set_interval_with_callback_and_timeout_and_arguments_0(
        then.as_ref().unchecked_ref(),
        milliseconds,
    )?;
    then.forget();
    Ok(())
}

fn is_shown(id: &str) -> bool {
    element(id).is_ok_and(|element| !element.has_attribute("hidden"))
}

fn focus(id: &str) -> Result<(), JsValue> {
    element(id)?.dyn_into::<HtmlElement>()?.focus()
}

/// An answer whose content does not matter.
#[derive(serde::Deserialize)]
struct Done {}

fn sign_in_page() {
    window::go_to("welcome.html#start");
}

fn asking(what: &str) -> JsValue {
    api::object(&[("ask", what.into())])
}

/// Asks the worker; again where it was just stopped.
async fn ask(message: &JsValue) -> Result<JsValue, JsValue> {
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

/// Shows an error to the person, as a page has nobody else to return it to.
fn report<T>(result: Result<T, JsValue>) {
    if result.is_err() {
        let _ = say(
            "problem",
            say!("ATSi isn’t responding. Reload this page and try again."),
        );
    }
}

fn text(object: &JsValue, field: &str) -> String {
    api::get(object, field).as_string().unwrap_or_default()
}

fn show_if(id: &str, is_shown: bool) -> Result<(), JsValue> {
    let element: HtmlElement = element(id)?.dyn_into()?;
    element.set_hidden(!is_shown);
    Ok(())
}

fn append(parent: &Element, tag: &str) -> Result<Element, JsValue> {
    let child = document()?.create_element(tag)?;
    parent.append_child(&child)?;
    Ok(child)
}

/// Calls back when the worker asks its pages to look again.
fn on_look(then: impl Fn() + 'static) -> Result<(), JsValue> {
    let listener = Closure::<dyn Fn(JsValue)>::new(move |message: JsValue| {
        if text(&message, "tell") == "look" {
            then();
        }
    });
    api::on_message(listener.as_ref().unchecked_ref());
    // The listener lives as long as the page.
    listener.forget();
    Ok(())
}

fn on(id: &str, event: &str, then: impl Fn(Event) + 'static) -> Result<(), JsValue> {
    let listener = Closure::<dyn Fn(Event)>::new(then);
    element(id)?.add_event_listener_with_callback(event, listener.as_ref().unchecked_ref())?;
    listener.forget();
    Ok(())
}

fn say(id: &str, text: &str) -> Result<(), JsValue> {
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

fn input(id: &str) -> Result<HtmlInputElement, JsValue> {
    Ok(element(id)?.dyn_into()?)
}

fn element(id: &str) -> Result<Element, JsValue> {
    document()?
        .get_element_by_id(id)
        .ok_or_else(|| JsValue::from_str(id))
}

fn document() -> Result<Document, JsValue> {
    web_sys::window()
        .and_then(|window| window.document())
        .ok_or(JsValue::NULL)
}

//! The toolbar popup.

use super::{action_of, ask, asking, build, element, on, on_told, pressed, report, say};
use crate::action::Action;
use crate::browser::{api, device, now, report as kept, settings};
use crate::page::address::Address;
use atsi_protocol::ConnectionState;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlInputElement};

/// Runs `popup.html`.
///
/// # Errors
/// When an element that the page must have is missing.
#[wasm_bindgen]
pub async fn popup_page() -> Result<(), JsValue> {
    super::begin()?;
    on("open-options", "click", |_| {
        spawn_local(async { drop(api::open_options_page().await) });
    })?;
    on("open-candidates", "click", |_| {
        let page = api::object(&[("url", "candidates.html".into())]);
        spawn_local(async move { drop(api::create_tab(&page).await) });
    })?;
    on("help", "toggle", |_| {
        spawn_local(async { report(show_report().await) });
    })?;
    on("copy-report", "click", |_| {
        spawn_local(async { report(copy_report().await) });
    })?;
    on("view", "click", |event| {
        if let Some(action) = pressed(&event) {
            press(&action, String::new());
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
        if let (Some(action), Some(value)) = (action_of(&form), value) {
            press(&action, value.value());
        }
    })?;
    on_told(|| spawn_local(async { report(show_popup(asking("popup")).await) }))?;
    show_popup(asking("popup")).await
}

fn press(action: &Action, value: String) {
    let message = asking("press");
    for (name, value) in [
        ("action", action.to_string()),
        ("value", value),
        ("key", "popup".to_owned()),
    ] {
        api::set(&message, name, value);
    }
    spawn_local(async move { report(show_popup(message).await) });
}

async fn show_popup(message: JsValue) -> Result<(), JsValue> {
    let reply = ask(&message).await?;
    let view = build(&api::get(&reply, "view"))?;
    element("view")?.replace_children_with_node_1(&view);
    Ok(())
}

/// In English, as whoever helps may speak another language than the person.
async fn show_report() -> Result<(), JsValue> {
    let settings = settings::read().await;
    let address = Address::parse(&settings.proxy);
    let is_here = address.is_some_and(|proxy| proxy.origin.starts_with("http:"));
    let connection = match settings.connection.map(|connection| connection.state) {
        Some(ConnectionState::Active) => "active",
        Some(ConnectionState::Broken) => "broken",
        Some(ConnectionState::None) => "none",
        None => "not known",
    };
    let lines = kept::read().await.lines(now());
    let text = format!(
        "ATSi {}, in {}\n{}\nproxy: {}, {}\nconnection: {connection}\n\n{lines}",
        env!("CARGO_PKG_VERSION"),
        crate::language::tag(),
        device::agent(),
        if is_here {
            "on this computer"
        } else {
            "elsewhere"
        },
        if settings.company.is_some() {
            "a company's"
        } else {
            "for one person"
        },
    );
    element("report")?.set_text_content(Some(&text));
    Ok(())
}

async fn copy_report() -> Result<(), JsValue> {
    let text = element("report")?.text_content().unwrap_or_default();
    say(
        "copied",
        match api::copy(&text).await {
            Ok(_) => say!("The report is on the clipboard."),
            Err(_) => say!(
                "The browser did not let ATSi use the clipboard. Select the report and copy it."
            ),
        },
    )
}

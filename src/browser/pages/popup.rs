//! The toolbar popup.

use super::render::{Heard, draw, heard};
use super::{ask, asking, element, on, on_look, report, say};
use crate::browser::{api, device, now, report as kept, settings};
use crate::page::address::Address;
use atsi_protocol::ConnectionState;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

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
    for event in ["click", "submit"] {
        on("view", event, |event| {
            if event.type_() == "submit" {
                event.prevent_default();
            }
            if let Some(heard) = heard(&event) {
                act(heard);
            }
        })?;
    }
    on_look(|| spawn_local(async { report(show_popup(asking("popup")).await) }))?;
    show_popup(asking("popup")).await
}

fn act(heard: Heard) {
    let message = asking("press");
    for (name, value) in [
        ("action", heard.action.to_string()),
        ("value", heard.value),
        ("key", "popup".to_owned()),
    ] {
        api::set(&message, name, value);
    }
    spawn_local(async move { report(show_popup(message).await) });
}

async fn show_popup(message: JsValue) -> Result<(), JsValue> {
    let reply = ask(&message).await?;
    draw("view", &api::get(&reply, "view"))
}

/// In English, as the person who helps may not speak the user's language.
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
            Ok(_) => say!("Report copied."),
            Err(_) => say!("The browser blocked the clipboard. Select the report and copy it."),
        },
    )
}

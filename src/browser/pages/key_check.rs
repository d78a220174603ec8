//! Checks the key while a person types it.

use super::{Proxy, element, input, on, permission_for, report, show};
use crate::browser::{api, settings};
use crate::view::key::checks;
use crate::view::node::{Tone, text};
use atsi_protocol::{ConnectionChecks, ConnectionRequest};
use std::cell::Cell;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// The pause after the last keystroke.
const REST_MS: i32 = 500;
const SHOWN: &str = "key-checks";

thread_local! {
    /// Counts inputs: only an answer to the latest counts.
    static TYPED: Cell<u32> = const { Cell::new(0) };
}

/// # Errors
/// When the page lacks the form.
pub fn listen() -> Result<(), JsValue> {
    for field in ["api-key", "service-user"] {
        on(field, "input", |_| {
            let typed = TYPED.get().wrapping_add(1);
            TYPED.set(typed);
            let rested = Closure::once_into_js(move || {
                if TYPED.get() == typed {
                    spawn_local(async move { report(check(typed).await) });
                }
            });
            api::set_timeout(&rested.unchecked_into(), REST_MS);
        })?;
    }
    Ok(())
}

/// Ends the check and hides its result.
///
/// # Errors
/// When the page lacks the element for it.
pub fn forget() -> Result<(), JsValue> {
    TYPED.set(TYPED.get().wrapping_add(1));
    show(SHOWN, None)
}

async fn check(typed: u32) -> Result<(), JsValue> {
    let request = ConnectionRequest {
        api_key: input("api-key")?.value(),
        service_user_email: input("service-user")?.value(),
    };
    if request.api_key.is_empty() {
        return show(SHOWN, None);
    }
    let Ok(base) = crate::state::settings::proxy_address(&input("proxy-address")?.value()) else {
        return show(SHOWN, None);
    };
    // A key goes to a remote proxy only after the person clicked Connect.
    if base != settings::read().await.proxy && permission_for(&base).is_some() {
        return show(SHOWN, None);
    }
    let shown = element(SHOWN)?;
    if shown.child_element_count() == 0 {
        show(
            SHOWN,
            Some(&text(say!("Checking the key…")).tone(Tone::Quiet)),
        )?;
    }
    shown.set_attribute("aria-busy", "true")?;
    let body = Some(crate::browser::api::json(&request));
    let proxy = Proxy::at(base).await;
    let answer = proxy.call::<ConnectionChecks>("POST", "/v1/connection/check", body);
    let answer = answer.await;
    if TYPED.get() != typed {
        return Ok(());
    }
    shown.remove_attribute("aria-busy")?;
    match answer {
        Ok(found) => show(SHOWN, Some(&checks(&found.checks))),
        // Connect shows the problem.
        Err(_) => show(SHOWN, None),
    }
}

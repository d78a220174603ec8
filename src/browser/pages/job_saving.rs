//! The options' choice of what ATSi saves on Jopwell's jobs automatically.

use super::{Proxy, element, input, on, report, say, show_if};
use crate::view::problem::of_trouble;
use atsi_protocol::JobSaving;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

const PATH: &str = "/v1/job-saving";

/// # Errors
/// When the page lacks the form.
pub fn listen() -> Result<(), JsValue> {
    on("job-saving-form", "submit", |event| {
        event.prevent_default();
        spawn_local(async { report(save().await) });
    })
}

/// Fills the form when it is shown first. Later, what a person is changing stays.
pub async fn show(may_change: bool) -> Result<(), JsValue> {
    show_if("job-saving-save", may_change)?;
    show_if("job-saving-admins", !may_change)?;
    for id in ["job-saving-descriptions", "job-saving-closing"] {
        input(id)?.set_disabled(!may_change);
    }
    if !element("job-saving")?.has_attribute("hidden") {
        return Ok(());
    }
    let Ok(chosen) = Proxy::current().await.get::<JobSaving>(PATH).await else {
        return Ok(());
    };
    input("job-saving-descriptions")?.set_checked(chosen.descriptions);
    input("job-saving-closing")?.set_checked(chosen.closing);
    show_if("job-saving", true)
}

async fn save() -> Result<(), JsValue> {
    let chosen = JobSaving {
        descriptions: input("job-saving-descriptions")?.checked(),
        closing: input("job-saving-closing")?.checked(),
    };
    let body = Some(crate::browser::api::json(&chosen));
    let saved = (Proxy::current().await)
        .call::<JobSaving>("PUT", PATH, body)
        .await;
    let (problem, said) = match saved {
        Ok(_) => (String::new(), say!("Saved for your company")),
        Err(trouble) => (of_trouble(&trouble), ""),
    };
    say("job-saving-problem", &problem)?;
    say("job-saving-saved", said)
}

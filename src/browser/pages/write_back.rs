//! The options' table of statuses: which stage is which on Jopwell, and which are set without a press.

use super::{Proxy, element, input, on, report, say, show_if};
use atsi_protocol::{StageRule, WriteBackSettings};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

const PATH: &str = "/v1/write-back";

/// Jopwell's statuses as the page lists them. Where the words of two fit, the first counts.
const STATUSES: [&str; 9] = [
    "Hired",
    "Rejected",
    "Offer",
    "Phone Screen",
    "Interviewing",
    "Applied",
    "Pipelined",
    "Highlighted",
    "Prospect",
];

/// # Errors
/// When the page lacks the form.
pub fn listen() -> Result<(), JsValue> {
    on("write-back-form", "submit", |event| {
        event.prevent_default();
        spawn_local(async { report(save().await) });
    })
}

/// Fills the table where it is not shown yet: what somebody is changing stays.
pub async fn show(may_change: bool) -> Result<(), JsValue> {
    show_if("write-back-save", may_change)?;
    show_if("write-back-admins", !may_change)?;
    for status in STATUSES {
        input(&id("stages", status))?.set_read_only(!may_change);
        input(&id("by-itself", status))?.set_disabled(!may_change);
    }
    if !element("write-back")?.has_attribute("hidden") {
        return Ok(());
    }
    let Ok(settings) = Proxy::current().await.get::<WriteBackSettings>(PATH).await else {
        return Ok(());
    };
    for status in STATUSES {
        let words: Vec<&str> = (settings.rules.iter())
            .filter(|rule| rule.status == status)
            .map(|rule| rule.stage.as_str())
            .collect();
        input(&id("stages", status))?.set_value(&words.join(", "));
        let is_automatic = settings.automatic.iter().any(|one| one == status);
        input(&id("by-itself", status))?.set_checked(is_automatic);
    }
    show_if("write-back", true)
}

async fn save() -> Result<(), JsValue> {
    let mut settings = WriteBackSettings {
        rules: Vec::new(),
        automatic: Vec::new(),
    };
    for status in STATUSES {
        let words = input(&id("stages", status))?.value();
        let words = words
            .split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty());
        settings.rules.extend(words.map(|word| StageRule {
            stage: word.to_owned(),
            status: status.to_owned(),
        }));
        if input(&id("by-itself", status))?.checked() {
            settings.automatic.push(status.to_owned());
        }
    }
    say("write-back-saved", "")?;
    let body = Some(crate::json::write(&settings));
    let saved = Proxy::current()
        .await
        .call::<WriteBackSettings>("PUT", PATH, body)
        .await;
    match saved {
        Ok(_) => {
            say("write-back-problem", "")?;
            say(
                "write-back-saved",
                say!("Saved for everybody in your company"),
            )
        }
        Err(trouble) => say("write-back-problem", &trouble.sentence()),
    }
}

fn id(what: &str, status: &str) -> String {
    format!("{what}-{}", status.to_ascii_lowercase().replace(' ', "-"))
}

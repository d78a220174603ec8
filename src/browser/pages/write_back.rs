//! The table of statuses on the options page: which stages match which status on Jopwell, and which statuses are
//! set automatically.

use super::{Proxy, candidates, element, input, on, report, say, show_if};
use crate::view::problem::of_trouble;
use crate::view::write_back::preview;
use atsi_protocol::{KnownCandidate, StageRule, WriteBackSettings};
use std::cell::RefCell;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlSelectElement;

const PATH: &str = "/v1/write-back";

/// Jopwell's statuses in the page's order. A stage that matches two gets the first.
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

thread_local! {
    /// The candidates of the preview, once a person asked for it.
    static PREVIEWED: RefCell<Option<Vec<KnownCandidate>>> = RefCell::default();
}

/// # Errors
/// When the page lacks the form.
pub fn listen() -> Result<(), JsValue> {
    on("write-back-preview", "click", |_| {
        spawn_local(async { report(read_people().await) });
    })?;
    // Also for a changed select or check box.
    on("write-back-form", "input", |_| report(show_preview()))?;
    on("write-back-form", "submit", |event| {
        event.prevent_default();
        spawn_local(async { report(save().await) });
    })
}

/// Reads all candidates again and shows which statuses they would get.
async fn read_people() -> Result<(), JsValue> {
    let button = element("write-back-preview")?;
    button.set_attribute("aria-busy", "true")?;
    let everyone = candidates::read_everyone().await;
    button.remove_attribute("aria-busy")?;
    match everyone {
        Ok(people) => {
            PREVIEWED.set(Some(people));
            say("write-back-problem", "")?;
            show_preview()
        }
        Err(trouble) => say("write-back-problem", &of_trouble(&trouble)),
    }
}

fn show_preview() -> Result<(), JsValue> {
    let settings = typed()?;
    PREVIEWED.with_borrow(|people| match people {
        Some(people) => super::show("write-back-would", Some(&preview(&settings, people))),
        None => Ok(()),
    })
}

/// Fills the table when it is shown first. Later, what a person is changing stays.
pub async fn show(may_change: bool) -> Result<(), JsValue> {
    show_if("write-back-save", may_change)?;
    show_if("write-back-admins", !may_change)?;
    waiting()?.set_disabled(!may_change);
    for status in STATUSES {
        input(&id("stages", status))?.set_read_only(!may_change);
        input(&id("automatic", status))?.set_disabled(!may_change);
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
        input(&id("automatic", status))?.set_checked(is_automatic);
    }
    waiting()?.set_value(&settings.rejected_after.unwrap_or_default().to_string());
    show_if("write-back", true)
}

/// The choice of how long *Rejected* waits.
fn waiting() -> Result<HtmlSelectElement, JsValue> {
    Ok(element("rejected-after")?.dyn_into()?)
}

/// The settings as the form has them.
fn typed() -> Result<WriteBackSettings, JsValue> {
    let wait = waiting()?.value().parse().unwrap_or_default();
    let mut settings = WriteBackSettings {
        rules: Vec::new(),
        automatic: Vec::new(),
        rejected_after: (wait > 0).then_some(wait),
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
        if input(&id("automatic", status))?.checked() {
            settings.automatic.push(status.to_owned());
        }
    }
    Ok(settings)
}

async fn save() -> Result<(), JsValue> {
    let settings = typed()?;
    say("write-back-saved", "")?;
    let body = Some(crate::browser::api::json(&settings));
    let saved = Proxy::current()
        .await
        .call::<WriteBackSettings>("PUT", PATH, body)
        .await;
    match saved {
        Ok(_) => {
            say("write-back-problem", "")?;
            say("write-back-saved", say!("Saved for your company"))
        }
        Err(trouble) => say("write-back-problem", &of_trouble(&trouble)),
    }
}

fn id(what: &str, status: &str) -> String {
    format!("{what}-{}", status.to_ascii_lowercase().replace(' ', "-"))
}

//! The options' field for the token of the company's public job board.

use super::{Proxy, element, input, on, report, say, show_if};
use crate::language::known;
use crate::view::problem::of_trouble;
use atsi_protocol::{JobBoard, JobBoardRequest};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

const PATH: &str = "/v1/job-board";

/// # Errors
/// When the page lacks the form.
pub fn listen() -> Result<(), JsValue> {
    on("job-board-form", "submit", |event| {
        event.prevent_default();
        spawn_local(async { report(save().await) });
    })
}

/// Fills the field when it is shown first. Later, what a person is changing stays.
pub async fn show(may_change: bool) -> Result<(), JsValue> {
    show_if("job-board-save", may_change)?;
    show_if("job-board-admins", !may_change)?;
    input("job-board-token")?.set_read_only(!may_change);
    if !element("job-board")?.has_attribute("hidden") {
        return Ok(());
    }
    let Ok(board) = Proxy::current().await.get::<JobBoard>(PATH).await else {
        return Ok(());
    };
    input("job-board-token")?.set_value(board.token.as_deref().unwrap_or_default());
    say(
        "job-board-problem",
        &board.problem.as_deref().map(known).unwrap_or_default(),
    )?;
    show_if("job-board", true)
}

/// Saves the token; an empty one ends the reading.
async fn save() -> Result<(), JsValue> {
    say("job-board-saved", say!("Checking Greenhouse…"))?;
    let token = input("job-board-token")?.value().trim().to_owned();
    let (method, body, done) = match token.is_empty() {
        true => ("DELETE", None, say!("Saved: ATSi reads no job board")),
        false => (
            "PUT",
            Some(crate::browser::api::json(&JobBoardRequest { token })),
            say!("Saved: ATSi reads this job board for your company"),
        ),
    };
    let saved = (Proxy::current().await)
        .call::<JobBoard>(method, PATH, body)
        .await;
    let (problem, said) = match saved {
        Ok(_) => (String::new(), done),
        Err(trouble) => (of_trouble(&trouble), ""),
    };
    say("job-board-problem", &problem)?;
    say("job-board-saved", said)
}

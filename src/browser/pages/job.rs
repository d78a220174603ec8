//! `job.html`: a job's description on Jopwell beside that in Greenhouse. All of it is set as text.

use super::{Proxy, append, document, element, on, on_look, report, say, show, show_if, window};
use crate::browser::api;
use crate::flow::call::encoded;
use crate::page::address::{Address, percent_decode};
use crate::state::trouble::Trouble;
use crate::view::node::{facts, text, time};
use crate::view::problem::of_trouble;
use atsi_protocol::{DescriptionPiece, JobDescription, PassedOver, ProblemCode};
use std::cell::RefCell;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::Element;

thread_local! {
    static SHOWN: RefCell<Option<JobDescription>> = const { RefCell::new(None) };
}

/// Runs `job.html`.
///
/// # Errors
/// When an element that the page must have is missing.
#[wasm_bindgen]
pub async fn job_page() -> Result<(), JsValue> {
    super::begin()?;
    if let Some(edit) = parameter("edit").filter(|edit| is_jopwells(edit)) {
        element("edit")?.set_attribute("href", &edit)?;
    }
    on("keep", "click", |_| {
        spawn_local(async { report(keep().await) })
    })?;
    on("copy", "click", |_| {
        spawn_local(async { report(copy().await) })
    })?;
    on_look(|| spawn_local(async { report(look().await) }))?;
    look().await
}

fn parameter(name: &str) -> Option<String> {
    let search = window::SEARCH.with(String::clone);
    let pairs = search.trim_start_matches('?').split('&');
    let mut values = pairs.filter_map(|pair| pair.split_once('='));
    let (_, value) = values.find(|(key, _)| *key == name)?;
    Some(percent_decode(value))
}

/// The address of this page may come from anywhere; its link leads to Jopwell only.
fn is_jopwells(href: &str) -> bool {
    Address::parse(href).is_some_and(|to| {
        to.origin.starts_with("https://")
            && ["www.jopwell.com", "jopwell.com"].contains(&to.host.as_str())
    })
}

fn path() -> String {
    let job = parameter("job").unwrap_or_default();
    format!("/v1/job-links/{}/description", encoded(&job))
}

async fn look() -> Result<(), JsValue> {
    draw(Proxy::current().await.get(&path()).await)
}

async fn keep() -> Result<(), JsValue> {
    let shown = SHOWN.with_borrow(|shown| shown.as_ref().map(|shown| shown.changed_at));
    let Some(changed_at) = shown else {
        return Ok(());
    };
    let body = Some(crate::browser::api::json(&PassedOver { changed_at }));
    let proxy = Proxy::current().await;
    match proxy.call("PUT", &path(), body).await {
        // It was changed again in the meantime.
        Err(Trouble::Problem(problem)) if problem.code == ProblemCode::NotFound => look().await,
        answer => draw(answer),
    }
}

async fn copy() -> Result<(), JsValue> {
    let text = SHOWN.with_borrow(|shown| shown.as_ref().map(|shown| shown.text.clone()));
    let copied = api::copy(&text.unwrap_or_default()).await;
    say(
        "standing",
        match copied {
            Ok(_) => say!("Greenhouse’s text copied."),
            Err(_) => {
                say!(
                    "The browser blocked the clipboard. Select the text in the right column and copy it."
                )
            }
        },
    )
}

fn draw(answer: Result<JobDescription, Trouble>) -> Result<(), JsValue> {
    let described = match answer {
        Ok(described) => described,
        Err(Trouble::Problem(problem)) if problem.code == ProblemCode::NotFound => {
            return say(
                "problem",
                say!(
                    "There’s no description to compare. This job isn’t linked to one in Greenhouse, or Greenhouse hasn’t sent its description yet. It sends one by webhook when the job post changes."
                ),
            );
        }
        Err(trouble) => return say("problem", &of_trouble(&trouble)),
    };
    say("problem", "")?;
    if SHOWN.with_borrow(|shown| shown.as_ref() == Some(&described)) {
        return Ok(());
    }
    let title = say!("Description of {job}", job = described.jopwell_job.title);
    element("title")?.set_text_content(Some(&title));
    document()?.set_title(&title);
    let mut about = vec![
        (say!("In Greenhouse"), text(&described.job.name)),
        (say!("Changed in Greenhouse"), time(described.changed_at)),
    ];
    about.extend(
        described
            .seen_at
            .map(|at| (say!("Jopwell’s text read"), time(at))),
    );
    show("about", Some(&facts(about)))?;
    let is_different = described.rows.iter().any(|row| {
        row.before
            .iter()
            .chain(&row.after)
            .any(|piece| piece.changed)
    });
    say(
        "standing",
        match (described.seen_at, described.is_news, is_different) {
            (None, ..) => {
                say!(
                    "ATSi hasn’t read Jopwell’s text yet. Open the job on Jopwell once so ATSi can read it."
                )
            }
            (_, true, _) => {
                say!(
                    "The two differ. Update Jopwell or keep its text. If you keep it, ATSi reminds you only when Greenhouse’s text changes again."
                )
            }
            (_, false, true) => say!("The two differ. You kept Jopwell’s text."),
            _ => say!("Both descriptions are the same."),
        },
    )?;
    show_if("edit", element("edit")?.has_attribute("href"))?;
    show_if("keep", described.is_news)?;
    show_if("copy", true)?;
    show_if("comparison", true)?;
    let rows = element("rows")?;
    rows.replace_children_with_node_0();
    for row in &described.rows {
        let line = append(&rows, "tr")?;
        side(&line, &row.before, "del", say!("only on Jopwell: "))?;
        side(&line, &row.after, "ins", say!("only in Greenhouse: "))?;
    }
    SHOWN.set(Some(described));
    Ok(())
}

fn side(
    line: &Element,
    pieces: &[DescriptionPiece],
    tag: &str,
    heard: &str,
) -> Result<(), JsValue> {
    let cell = append(line, "td")?;
    cell.set_attribute("dir", "auto")?;
    for piece in pieces {
        if piece.changed {
            let marked = append(&cell, tag)?;
            let mark = append(&marked, "span")?;
            mark.set_class_name("heard");
            mark.set_text_content(Some(heard));
            marked.append_with_str_1(&piece.text)?;
        } else {
            cell.append_with_str_1(&piece.text)?;
        }
    }
    Ok(())
}

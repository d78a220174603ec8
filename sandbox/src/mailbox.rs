//! A mailbox: the mail that a proxy wrote into a folder, to look at. What is in a mail is hostile until shown
//! otherwise: its text is escaped, its HTML stands in a frame of its own without scripts, forms and network.

use std::path::PathBuf;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use mailparse::{MailHeaderMap, ParsedMail};
use maud::{DOCTYPE, Markup, html};
use serde::Serialize;

use crate::html::html_response;
use crate::world::Sandbox;

/// For our own pages: they frame a mail's HTML, and nothing else.
const PAGE_POLICY: &str = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// For a mail's HTML: an origin of its own, in which nothing runs and nothing is fetched.
const MAIL_POLICY: &str = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";
const MOST_SHOWN: usize = 200;
const MOST_BYTES: u64 = 2 * 1024 * 1024;

pub fn router(sandbox: Arc<Sandbox>) -> Router {
    Router::new()
        .route("/mailbox", get(list))
        .route("/mailbox/{name}", get(show))
        .route("/mailbox/{name}/html", get(body))
        .route("/sandbox/mailbox", get(json))
        .with_state(sandbox)
}

/// A mail as the control API tells it.
#[derive(Serialize)]
struct Mail {
    name: String,
    from: String,
    to: String,
    subject: String,
    date: String,
    text: String,
    html: String,
}

impl Mail {
    fn parse(name: &str, bytes: &[u8]) -> Option<Self> {
        let mail = mailparse::parse_mail(bytes).ok()?;
        let header = |name: &str| mail.headers.get_first_value(name).unwrap_or_default();
        let part = |kind: &str| {
            mail.parts()
                .find(|part| part.ctype.mimetype == kind)
                .and_then(|part: &ParsedMail| part.get_body().ok())
                .unwrap_or_default()
        };
        Some(Self {
            name: name.to_owned(),
            from: header("from"),
            to: header("to"),
            subject: header("subject"),
            date: header("date"),
            text: part("text/plain").replace("\r\n", "\n"),
            html: part("text/html"),
        })
    }
}

impl Sandbox {
    /// The newest first, by name: whoever writes them begins it with the time.
    fn mail(&self) -> Vec<Mail> {
        let mut names: Vec<String> = self
            .mail_dir
            .iter()
            .flat_map(std::fs::read_dir)
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .filter(|name| is_name(name))
            .collect();
        names.sort_unstable_by(|one, other| other.cmp(one));
        names.truncate(MOST_SHOWN);
        names.iter().filter_map(|name| self.one(name)).collect()
    }

    fn one(&self, name: &str) -> Option<Mail> {
        let path: PathBuf = self.mail_dir.as_ref().filter(|_| is_name(name))?.join(name);
        let is_small = std::fs::metadata(&path).is_ok_and(|file| file.len() <= MOST_BYTES);
        let bytes = is_small.then(|| std::fs::read(&path).ok()).flatten()?;
        Mail::parse(name, &bytes)
    }
}

/// A file of the folder itself, and whole.
fn is_name(name: &str) -> bool {
    name.strip_suffix(".eml").is_some_and(|stem| {
        !stem.is_empty()
            && stem
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    })
}

async fn json(State(sandbox): State<Arc<Sandbox>>) -> Json<Vec<Mail>> {
    Json(sandbox.mail())
}

async fn list(State(sandbox): State<Arc<Sandbox>>) -> Response {
    let mail = sandbox.mail();
    page(
        "Mailbox",
        html! {
            h1 { "Mailbox" }
            @match &sandbox.mail_dir {
                None => p.lede { "There is none. Start the sandbox and the proxy with the same " code { "--mail-dir" } "." },
                Some(_) if mail.is_empty() => p.lede { "No mail yet. Load the page again when some was sent." },
                Some(folder) => p.lede { "What was written into " code { (folder.display()) } ", the newest first." },
            }
            @if !mail.is_empty() {
                table {
                    thead { tr { th scope="col" { "To" } th scope="col" { "Subject" } th scope="col" { "Sent" } } }
                    tbody {
                        @for one in &mail {
                            tr {
                                td { (one.to) }
                                td { a href=(format!("/mailbox/{}", one.name)) { (one.subject) } }
                                td { (one.date) }
                            }
                        }
                    }
                }
            }
        },
    )
}

async fn show(State(sandbox): State<Arc<Sandbox>>, Path(name): Path<String>) -> Response {
    let Some(mail) = sandbox.one(&name) else {
        return none();
    };
    page(
        &mail.subject,
        html! {
            p { a href="/mailbox" { "Mailbox" } }
            h1 { (mail.subject) }
            table {
                tr { th scope="row" { "From" } td { (mail.from) } }
                tr { th scope="row" { "To" } td { (mail.to) } }
                tr { th scope="row" { "Sent" } td { (mail.date) } }
            }
            @if !mail.html.is_empty() {
                h2 { "As HTML" }
                iframe.mail title="The mail as HTML" src=(format!("/mailbox/{}/html", mail.name)) sandbox="allow-popups allow-popups-to-escape-sandbox" {}
            }
            h2 { "As text" }
            pre.mail-text { (mail.text) }
        },
    )
}

async fn body(State(sandbox): State<Arc<Sandbox>>, Path(name): Path<String>) -> Response {
    match sandbox.one(&name) {
        // Links open a window of their own, as in a mail client.
        Some(mail) => html_response(
            StatusCode::OK,
            mail.html
                .replacen("<head>", "<head><base target=\"_blank\">", 1),
            MAIL_POLICY,
        ),
        None => none(),
    }
}

fn none() -> Response {
    html_response(
        StatusCode::NOT_FOUND,
        "<!DOCTYPE html><title>No such mail</title><p>There is no such mail.".to_owned(),
        PAGE_POLICY,
    )
}

/// A page of the sandbox's own that lists what came.
pub fn page(title: &str, content: Markup) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · ATSi sandbox" }
                link rel="stylesheet" href="/landing.css";
            }
            body {
                main { (content) }
                footer { "ATSi sandbox: a stand-in, not the real site" }
            }
        }
    };
    html_response(StatusCode::OK, markup.into_string(), PAGE_POLICY)
}

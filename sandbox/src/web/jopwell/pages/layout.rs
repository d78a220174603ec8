//! The frame around every page.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::{DOCTYPE, Markup, html};
use serde_json::Value;

use crate::html::html_response;
use crate::jopwell::model::SIGNED_IN;

pub(super) const POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self'; object-src 'none'; \
                      base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// For a page that needs no script at all.
pub(super) const NO_SCRIPT_POLICY: &str = "default-src 'self'; script-src 'none'; style-src 'self'; \
                                object-src 'none'; base-uri 'none'; form-action 'self'; \
                                frame-ancestors 'none'";

/// The frame around every page.
pub(super) fn page(title: &str, current: &str, head: Markup, content: Markup) -> String {
    let link = |path: &str, label: &str| {
        html! { a href=(path) aria-current=[(path == current).then_some("page")] { (label) } }
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                link rel="stylesheet" href="/assets/jopwell.css";
                (head)
            }
            body {
                header.site-header {
                    a.wordmark href="/" { "Jopwell" }
                    nav aria-label="Main" {
                        (link("/search", "Search"))
                        (link("/tracker", "Candidate Tracker"))
                        (link("/jobs", "Jobs"))
                        (link("/settings", "Account Settings"))
                    }
                    span.signed-in { (SIGNED_IN) " · Hartwell" }
                }
                (content)
                footer.site-footer { "ATSi sandbox: a stand-in, not the real site" }
            }
        }
    }
    .into_string()
}

pub(super) fn respond(title: &str, current: &str, content: Markup) -> Response {
    html_response(
        StatusCode::OK,
        page(title, current, html! {}, content),
        POLICY,
    )
}

pub(super) fn not_found() -> Response {
    let content = html! {
        main.narrow {
            h1 { "We could not find that page" }
            p { "It may have moved. " a href="/search" { "Search for candidates" } "." }
        }
    };
    html_response(
        StatusCode::NOT_FOUND,
        page("Page not found | Jopwell", "", html! {}, content),
        POLICY,
    )
}

pub(super) fn avatar(name: &str) -> Markup {
    let initials: String = name
        .split_whitespace()
        .filter(|part| !part.ends_with('.') && !part.starts_with('('))
        .filter_map(|part| part.chars().next())
        .take(2)
        .collect();
    // Styles come from the style sheet only, so the colours are classes.
    let hue = name.chars().map(u32::from).sum::<u32>() % 8;
    html! { span class=(format!("avatar hue-{hue}")) aria-hidden="true" { (initials) } }
}

pub(super) const SESSION: &str = "jopwell_session=signed-in";

pub(super) fn is_logged_in(headers: &HeaderMap) -> bool {
    let cookies = headers.get("cookie").and_then(|value| value.to_str().ok());
    cookies.is_some_and(|cookies| cookies.split("; ").any(|cookie| cookie == SESSION))
}

/// JSON inside a script element must not be able to end the element.
pub(super) fn json_for_script(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

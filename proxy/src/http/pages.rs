//! Pages for people without the extension. They load only a style sheet and need no JavaScript.

use super::problems::PageProblems;
use crate::language::{self, say};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::{DOCTYPE, Markup, html};

const POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The style sheet: that of the extension's pages.
pub async fn style() -> impl IntoResponse {
    const STYLE: &str = concat!(
        include_str!("../../../extension/view.css"),
        include_str!("../../../extension/pages.css"),
        include_str!("page.css"),
    );
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

/// Returns a page.
pub fn page(status: StatusCode, title: &str, content: Markup) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang=(language::tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " · ATSi" }
                link rel="stylesheet" href="/page.css";
            }
            body {
                main.page { h1 { (title) } (content) }
            }
        }
    };
    let mut response = (status, markup.into_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(POLICY),
    );
    // The guard needs the origin of a form, and no other site learns an address of ours.
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    response
}

/// The page of an invitation's link. The token is behind `#`, which browsers do not send.
#[utoipa::path(get, path = "/join", tag = "pages", responses(
    (status = 200, description = "Instructions to accept an invitation", body = String, content_type = "text/html"), PageProblems
))]
pub async fn join() -> Response {
    page(
        StatusCode::OK,
        say!("You are invited"),
        html! {
            p { (say!("A colleague invited you to ATSi, which sends candidates from Jopwell to Greenhouse.")) }
            ol {
                li { (say!("Install the ATSi extension in your browser if you do not have it yet. Your colleague can tell you where to get it.")) }
                li { (say!("Click Get started in the extension and sign in with your work e-mail.")) }
                li { (say!("When it asks for an invitation, paste the full address of this page.")) }
            }
            p.soft { (say!("The invitation works once, for 7 days. Do not forward it.")) }
        },
    )
}

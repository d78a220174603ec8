//! Signing in, and API credentials.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use maud::html;
use serde_json::Value;

use super::layout::{STYLE, day, page};
use crate::greenhouse::keys::{NewKey, make_key};
use crate::greenhouse::records::{ApiKey, JOPWELL, KeyType};
use crate::world::{Sandbox, World};

pub(super) async fn sign_in() -> Response {
    let content = html! {
        main.page.sign-in {
            section.box {
                h1 { "Sign in" }
                form.control.stacked method="post" action="/users/sign_in" {
                    label { "E-mail" input type="email" name="email" autocomplete="username"; }
                    label { "Password" input type="password" name="password" autocomplete="current-password"; }
                    button.small-button.primary type="submit" { "Sign in" }
                }
            }
        }
    };
    page(StatusCode::OK, "Sign in", &[], STYLE, content)
}

pub(super) async fn signed_in() -> Redirect {
    Redirect::to("/people")
}

pub(super) async fn credentials(State(sandbox): State<Arc<Sandbox>>) -> Response {
    credentials_page(&sandbox.world(), None)
}

fn credentials_page(world: &World, created: Option<&ApiKey>) -> Response {
    let content = html! {
        main.page {
            div.list-head { h1 { "API Credential Management" } span.count { "Configure · Dev Center" } }
            @if let Some(key) = created {
                section.box.notice role="status" {
                    h2 { "Your new API key" }
                    p { code #new-api-key { (key.secret) } }
                    p { "Copy it now and keep it somewhere safe. It is not shown again." }
                }
            }
            table.people {
                thead { tr {
                    th scope="col" { "Description" } th scope="col" { "Type" } th scope="col" { "Partner" }
                    th scope="col" { "Key" } th scope="col" { "Created" }
                } }
                tbody {
                    @for key in &world.greenhouse.keys {
                        tr {
                            td { (key.description) } td { (key.key_type.label()) } td { (key.partner.as_deref().unwrap_or("–")) }
                            td { code { (key.masked()) } } td { (day(key.created_at)) }
                        }
                    }
                }
            }
            section.box {
                h2 { "Create New API Key" }
                form.control.stacked method="post" action="/configure/dev_center/credentials" {
                    label { "API Type" select name="key_type" {
                        @for key_type in KeyType::ALL {
                            option value=(serde_json::to_value(key_type).ok().as_ref().and_then(Value::as_str).unwrap_or_default()) { (key_type.label()) }
                        }
                    } }
                    label { "Partner" select name="partner" {
                        option { (JOPWELL) } option { "Another partner" } option value="" { "None" }
                    } }
                    label { "Description" input name="description" placeholder="e.g. Jopwell"; }
                    button.small-button.primary type="submit" { "Create" }
                }
            }
        }
    };
    page(
        StatusCode::OK,
        "API Credential Management",
        &[],
        STYLE,
        content,
    )
}

pub(super) async fn create_key(
    State(sandbox): State<Arc<Sandbox>>,
    Form(new): Form<NewKey>,
) -> Response {
    let mut world = sandbox.world();
    let World {
        greenhouse, rng, ..
    } = &mut *world;
    let key = make_key(greenhouse, rng, new);
    credentials_page(&world, Some(&key))
}

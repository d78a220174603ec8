//! The options' card for devices that the company manages; admins only.

use super::{Done, Proxy, copy, focus, input, is_shown, on, report, say, show_if};
use crate::view::account::is_admin;
use crate::view::managed::{enrolment, policy};
use crate::view::problem::of_trouble;
use atsi_protocol::{Enrolment, EnrolmentMade, Me};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

const PATH: &str = "/v1/enrolment";

/// # Errors
/// When the page lacks the card.
pub fn listen() -> Result<(), JsValue> {
    on("make-enrolment", "click", |_| {
        spawn_local(async { report(make().await) });
    })?;
    on("revoke-enrolment", "click", |_| {
        spawn_local(async { report(revoke().await) });
    })?;
    on("copy-policy", "click", |_| {
        spawn_local(async { report(copy("policy").await) });
    })
}

pub async fn show(proxy: &Proxy, me: &Me) -> Result<(), JsValue> {
    let is_for_me = me.member.is_some() && is_admin(me);
    let is_first = is_for_me && !is_shown("managed");
    show_if("managed", is_for_me)?;
    if is_first {
        look(proxy).await?;
    }
    Ok(())
}

async fn look(proxy: &Proxy) -> Result<(), JsValue> {
    match proxy.get::<Enrolment>(PATH).await {
        Ok(found) => {
            show_if("revoke-enrolment", found.made_at.is_some())?;
            super::show("enrolment", Some(&enrolment(&found)))
        }
        Err(trouble) => say("managed-problem", &of_trouble(&trouble)),
    }
}

async fn make() -> Result<(), JsValue> {
    let proxy = Proxy::current().await;
    let made = proxy.call::<EnrolmentMade>("PUT", PATH, Some("{}".to_owned()));
    match made.await {
        Ok(made) => {
            say("managed-problem", "")?;
            input("policy")?.set_value(&policy(&proxy.base, &made.token));
            show_if("policy-field", true)?;
            look(&proxy).await?;
            focus("policy")
        }
        Err(trouble) => say("managed-problem", &of_trouble(&trouble)),
    }
}

/// Whether devices can enroll, as far as the page knows.
pub fn has_token() -> bool {
    is_shown("revoke-enrolment")
}

/// Returns false on failure, which the card explains.
pub async fn revoke() -> Result<bool, JsValue> {
    let proxy = Proxy::current().await;
    let revoked = proxy.call::<Done>("DELETE", PATH, None).await;
    let problem = revoked.err().as_ref().map(of_trouble);
    say("managed-problem", problem.as_deref().unwrap_or_default())?;
    input("policy")?.set_value("");
    show_if("policy-field", false)?;
    look(&proxy).await?;
    Ok(problem.is_none())
}

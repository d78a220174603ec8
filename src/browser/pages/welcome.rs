//! `welcome.html`: what ATSi does, signing in, and how to get a key.

use super::{
    Done, NOT_ALLOWED, Proxy, ask_admin, element, focus, input, is_shown, keep_current,
    may_talk_to, on, on_look, report, say, show, show_if, tell_background, window,
};
use crate::browser::session::{self, Session};
use crate::browser::{device, settings};
use crate::state::trouble::Trouble;
use crate::view::account::{Next, is_admin, next, standing};
use crate::view::problem::of_trouble;
use atsi_protocol::{Me, ProblemCode, SignInCodeRequest, SignInCodeSent, SignInRequest, SignedIn};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

/// Set once the person has begun, so that a reloaded page continues.
const BEGUN: &str = "sign-in-begun";
/// The address a code was sent to, so that a reloaded page continues there.
const ASKED_FOR: &str = "sign-in-email";

/// Runs `welcome.html`.
///
/// # Errors
/// When an element that the page must have is missing.
#[wasm_bindgen]
pub async fn welcome_page() -> Result<(), JsValue> {
    super::begin()?;
    on("get-started", "click", |_| {
        spawn_local(async { report(get_started().await) });
    })?;
    on("ask-code", "submit", |event| {
        event.prevent_default();
        spawn_local(async { report(ask_for_code().await) });
    })?;
    on("sign-in", "submit", |event| {
        event.prevent_default();
        spawn_local(async { report(sign_in().await) });
    })?;
    on("other-address", "click", |_| report(ask_whom(None)))?;
    on("need-help", "click", |_| {
        report(show_if("ask-admin-card", true).and_then(|()| focus("admin-email")));
    })?;
    on("proxy", "submit", |event| {
        event.prevent_default();
        spawn_local(async { report(change_proxy().await) });
    })?;
    ask_admin::listen()?;
    input("proxy-address")?.set_default_value(&settings::read().await.proxy);
    ask_whom(window::session_get(ASKED_FOR))?;
    if window::HASH.with(|hash| hash == "#start") || window::session_get(BEGUN).is_some() {
        get_started().await?;
    }
    on_look(|| spawn_local(async { report(look().await) }))?;
    keep_current(|| {
        ask_admin::look_soon();
        if is_shown("choice") {
            spawn_local(async { drop(look().await) });
        }
    })
}

async fn get_started() -> Result<(), JsValue> {
    window::session_set(BEGUN, "");
    show_if("start", true)?;
    show_if("get-started", false)?;
    look().await?;
    focus("start-title")
}

/// Shows the box for the code, or without an address the one for the address.
fn ask_whom(email: Option<String>) -> Result<(), JsValue> {
    let is_asked = email.is_some();
    match &email {
        Some(email) => {
            window::session_set(ASKED_FOR, email);
            input("work-email")?.set_value(email);
            say(
                "code-sent",
                &say!(
                    "We sent a 6-digit code to {email}. It works for 10 minutes.",
                    email = email
                ),
            )?;
        }
        None => window::session_remove(ASKED_FOR),
    }
    show_if("ask-code", !is_asked)?;
    show_if("sign-in", is_asked)
}

/// Shows the next step. The proxy is asked once the person has begun.
async fn look() -> Result<(), JsValue> {
    if !is_shown("start") {
        return Ok(());
    }
    let proxy = Proxy::current().await;
    let (me, trouble) = match proxy.get::<Me>("/v1/me").await {
        Ok(me) => (Some(me), None),
        Err(trouble) => (None, Some(trouble)),
    };
    let is_signed_out = trouble.as_ref().is_some_and(Trouble::is_signed_out);
    show_if("sign-in-step", is_signed_out)?;
    show_if(
        "choice",
        me.as_ref().is_some_and(|me| next(me) == Next::Connect),
    )?;
    let trouble = trouble.filter(|_| !is_signed_out);
    say(
        "problem",
        &trouble.as_ref().map_or(String::new(), of_trouble),
    )?;
    if trouble.is_some() {
        element("where")?.set_attribute("open", "")?;
    }
    let Some(me) = me else {
        return show("standing", None);
    };
    let on = me.connection.connected_at.map(window::day);
    show("standing", Some(&standing(&me, on.as_deref())))?;
    show_if("make-key", is_admin(&me))?;
    ask_admin::show_for(&me)
}

async fn ask_for_code() -> Result<(), JsValue> {
    let email = input("work-email")?.value().trim().to_owned();
    let request = SignInCodeRequest {
        email: email.clone(),
    };
    let button = element("send-code")?;
    button.set_attribute("aria-busy", "true")?;
    let sent = Proxy::current()
        .await
        .call::<SignInCodeSent>(
            "POST",
            "/v1/sign-in/code",
            Some(crate::browser::api::json(&request)),
        )
        .await;
    button.remove_attribute("aria-busy")?;
    match sent {
        Ok(_) => {
            say("sign-in-problem", "")?;
            ask_whom(Some(email))?;
            focus("code")
        }
        Err(trouble) => say("sign-in-problem", &of_trouble(&trouble)),
    }
}

async fn sign_in() -> Result<(), JsValue> {
    let filled = |value: String| Some(value.trim().to_owned()).filter(|value| !value.is_empty());
    let request = SignInRequest {
        email: input("work-email")?.value(),
        code: input("code")?.value(),
        device: device::name(),
        name: filled(input("own-name")?.value()),
        invitation: filled(input("invitation")?.value()),
    };
    let proxy = Proxy::current().await;
    let button = element("sign-in-button")?;
    button.set_attribute("aria-busy", "true")?;
    let answer = proxy
        .call::<SignedIn>(
            "POST",
            "/v1/sign-in",
            Some(crate::browser::api::json(&request)),
        )
        .await;
    button.remove_attribute("aria-busy")?;
    match answer {
        Ok(signed_in) => enter(&proxy, signed_in).await,
        Err(trouble) => {
            say("sign-in-problem", &of_trouble(&trouble))?;
            let needs_invitation = matches!(&trouble, Trouble::Problem(problem) if problem.code == ProblemCode::InvitationNeeded);
            if needs_invitation {
                element("invited")?.set_attribute("open", "")?;
            }
            focus(if needs_invitation {
                "invitation"
            } else {
                "code"
            })
        }
    }
}

async fn enter(proxy: &Proxy, signed_in: SignedIn) -> Result<(), JsValue> {
    let company = signed_in.me.company.map(|company| company.domain);
    let session = Session {
        proxy: proxy.base.clone(),
        token: signed_in.token,
        company: company.clone(),
    };
    session::keep(&session).await?;
    let proxy = Proxy::current().await;
    if let Some(problem) = tell_background(&proxy, company.as_deref()).await? {
        // Signed out again, there and here, because sends of another company are still waiting.
        drop(proxy.call::<Done>("DELETE", "/v1/session", None).await);
        session::forget().await?;
        tell_background(&proxy, None).await?;
        return say("sign-in-problem", &problem);
    }
    for field in ["code", "invitation"] {
        input(field)?.set_value("");
    }
    say("sign-in-problem", "")?;
    ask_whom(None)?;
    look().await?;
    focus("start-title")
}

async fn change_proxy() -> Result<(), JsValue> {
    let base = match crate::state::settings::proxy_address(&input("proxy-address")?.value()) {
        Ok(base) => base,
        Err(error) => return say("problem", error.sentence()),
    };
    if !may_talk_to(&base).await? {
        return say("problem", say!(NOT_ALLOWED));
    }
    let proxy = Proxy::at(base).await;
    match tell_background(&proxy, None).await? {
        Some(problem) => say("problem", &problem),
        None => {
            element("where")?.remove_attribute("open")?;
            look().await
        }
    }
}

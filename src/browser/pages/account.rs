//! Account, colleagues and the company's data on the options page, for people who are signed in.

use super::{Done, window};
use super::{
    Proxy, copy, element, focus, heard, input, is_shown, managed, on, options, report, say, show,
    show_if, sign_in_page, tell_background,
};
use crate::action::Action;
use crate::browser::session;
use crate::state::trouble::Trouble;
use crate::view::account::{invitations, is_admin, members, sessions, you};
use crate::view::node::Node;
use crate::view::problem::of_trouble;
use atsi_protocol::{
    CompanyRequest, InvitationMade, InvitationRequest, Invitations, Me, Members, Role, RoleRequest,
    Sessions,
};
use serde_json::Value;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::HtmlDialogElement;

pub fn listen() -> Result<(), JsValue> {
    on("sign-out", "click", |_| {
        spawn_local(async { report(sign_out().await) });
    })?;
    for card in ["members", "invitations", "sessions"] {
        on(card, "click", move |event| {
            if let Some(heard) = heard(&event) {
                spawn_local(async move { report(act(heard.action).await) });
            }
        })?;
    }
    on("question", "close", |_| {
        spawn_local(async { report(answered().await) });
    })?;
    on("automatic-joining", "change", |_| {
        spawn_local(async { report(set_joining().await) });
    })?;
    on("invite", "submit", |event| {
        event.prevent_default();
        spawn_local(async { report(invite().await) });
    })?;
    on("copy-invitation-link", "click", |_| {
        spawn_local(async { report(copy("invitation-link").await) });
    })?;
    on("export", "click", |_| {
        spawn_local(async { report(export().await) });
    })?;
    on("erase", "submit", |event| {
        event.prevent_default();
        spawn_local(async { report(erase().await) });
    })
}

/// Shows what this person may see and do.
pub async fn show_account(proxy: &Proxy, me: &Me) -> Result<(), JsValue> {
    let is_signed_in = me.member.is_some();
    show_if("account", is_signed_in)?;
    show_if("colleagues", is_signed_in)?;
    show_if("company-data", is_admin(me))?;
    show_if("joining", is_admin(me))?;
    show_if("invite", is_admin(me))?;
    show("account-facts", Some(&you(me)))?;
    if let Some(company) = &me.company {
        say("company-domain", &company.domain)?;
        input("automatic-joining")?.set_checked(company.automatic_joining);
    }
    if is_signed_in {
        show_lists(proxy, me).await?;
    }
    Ok(())
}

async fn show_lists(proxy: &Proxy, me: &Me) -> Result<(), JsValue> {
    fill("members", proxy.get("/v1/members").await, |all: Members| {
        Some(members(me, &all.members))
    })?;
    fill(
        "sessions",
        proxy.get("/v1/sessions").await,
        |all: Sessions| Some(sessions(&all.sessions)),
    )?;
    if is_admin(me) {
        fill(
            "invitations",
            proxy.get("/v1/invitations").await,
            |all: Invitations| invitations(&all.invitations),
        )?;
    }
    Ok(())
}

fn fill<T>(
    id: &str,
    answer: Result<T, Trouble>,
    view: impl Fn(T) -> Option<Node>,
) -> Result<(), JsValue> {
    match answer {
        Ok(all) => show(id, view(all).as_ref()),
        Err(trouble) => say("account-problem", &of_trouble(&trouble)),
    }
}

/// Carries out an action and shows the result, or the problem.
async fn change<T: serde::de::DeserializeOwned>(
    problem: &str,
    method: &'static str,
    path: &str,
    body: Option<String>,
) -> Result<Option<T>, JsValue> {
    let proxy = Proxy::current().await;
    let answer = proxy.call::<T>(method, path, body).await;
    say(
        problem,
        &answer.as_ref().err().map_or(String::new(), of_trouble),
    )?;
    options::show_connection().await?;
    Ok(answer.ok())
}

async fn act(action: Action) -> Result<(), JsValue> {
    const PROBLEM: &str = "account-problem";
    match action {
        Action::SetRole { member, role } => {
            let body = crate::browser::api::json(&RoleRequest { role });
            let path = format!("/v1/members/{member}");
            change::<Done>(PROBLEM, "PUT", &path, Some(body)).await?;
        }
        Action::RemoveMember(id) => ask(
            id,
            say!("Remove this colleague?"),
            say!(
                "They’re signed out everywhere right away and can return only by invitation. What they sent stays."
            ),
            &[(REMOVE, say!("Remove now"))],
        )?,
        Action::RemoveDevice(id) if managed::has_token() => ask(
            id,
            say!("Remove this device?"),
            say!(
                "This device is signed out right away, but joins again automatically while your policy’s token works. Without the token, no new device can join; devices that are signed in stay signed in. What it sent stays."
            ),
            &[
                (REVOKE, say!("Remove and revoke token")),
                (REMOVE, say!("Remove only")),
            ],
        )?,
        Action::RemoveDevice(id) => ask(
            id,
            say!("Remove this device?"),
            say!(
                "This device is signed out right away. It can’t join again because there is no token. What it sent stays."
            ),
            &[(REMOVE, say!("Remove now"))],
        )?,
        Action::LeaveCompany(id) => ask(
            id,
            say!("Leave the company?"),
            say!(
                "You’re signed out everywhere right away and can return only by invitation. What you sent stays."
            ),
            &[(REMOVE, say!("Leave company"))],
        )?,
        Action::Revoke(id) => {
            change::<Done>(PROBLEM, "DELETE", &format!("/v1/invitations/{id}"), None).await?;
        }
        Action::EndSession(id) => {
            change::<Done>(PROBLEM, "DELETE", &format!("/v1/sessions/{id}"), None).await?;
        }
        _ => {}
    }
    Ok(())
}

/// An answer to the question in the dialog.
const REMOVE: &str = "remove";
/// Revokes the token of managed devices first.
const REVOKE: &str = "revoke";

/// Opens the dialog, which keeps the member's id for the answer. `answers`: one or two, besides *Cancel*.
fn ask(member: u64, title: &str, text: &str, answers: &[(&str, &str)]) -> Result<(), JsValue> {
    say("question-title", title)?;
    say("question-text", text)?;
    for (at, id) in ["question-yes", "question-other"].into_iter().enumerate() {
        let answer = answers.get(at);
        show_if(id, answer.is_some())?;
        if let Some((does, words)) = answer {
            say(id, words)?;
            element(id)?.set_attribute("value", does)?;
        }
    }
    let dialog: HtmlDialogElement = element("question")?.dyn_into()?;
    dialog.set_return_value("");
    dialog.set_attribute("data-member", &member.to_string())?;
    dialog.show_modal()
}

async fn answered() -> Result<(), JsValue> {
    let dialog: HtmlDialogElement = element("question")?.dyn_into()?;
    let member = dialog.get_attribute("data-member").unwrap_or_default();
    let does = dialog.return_value();
    // A device that would join again right away is not removed.
    if does == REVOKE && !managed::revoke().await? {
        return Ok(());
    }
    if does == REVOKE || does == REMOVE {
        change::<Done>(
            "account-problem",
            "DELETE",
            &format!("/v1/members/{member}"),
            None,
        )
        .await?;
    }
    Ok(())
}

async fn set_joining() -> Result<(), JsValue> {
    let automatic_joining = input("automatic-joining")?.checked();
    let body = crate::browser::api::json(&CompanyRequest { automatic_joining });
    change::<Done>("account-problem", "PUT", "/v1/company", Some(body)).await?;
    Ok(())
}

async fn invite() -> Result<(), JsValue> {
    let email = input("invite-email")?.value();
    let role = if input("invite-admin")?.checked() {
        Role::Admin
    } else {
        Role::Recruiter
    };
    let body = crate::browser::api::json(&InvitationRequest {
        role,
        email: Some(email.trim().to_owned()).filter(|email| !email.is_empty()),
    });
    let made: Option<InvitationMade> =
        change("invite-problem", "POST", "/v1/invitations", Some(body)).await?;
    let Some(made) = made else { return Ok(()) };
    input("invite-email")?.set_value("");
    input("invitation-link")?.set_value(&made.link);
    show_if("invitation-link-field", true)?;
    focus("invitation-link")
}

/// Ends the session at the proxy first, then here, so that no session is left half open.
async fn sign_out() -> Result<(), JsValue> {
    let proxy = Proxy::current().await;
    let ended = proxy.call::<Done>("DELETE", "/v1/session", None).await;
    if let Err(trouble) = ended
        && !trouble.is_signed_out()
    {
        return say("account-problem", &of_trouble(&trouble));
    }
    session::forget().await?;
    tell_background(&proxy, None).await?;
    sign_in_page();
    Ok(())
}

async fn export() -> Result<(), JsValue> {
    let proxy = Proxy::current().await;
    match proxy.get::<Value>("/v1/company/export").await {
        Ok(data) => {
            say("data-problem", "")?;
            window::save_file("atsi-export.json", "application/json", &data.to_string())
        }
        Err(trouble) => say("data-problem", &of_trouble(&trouble)),
    }
}

async fn erase() -> Result<(), JsValue> {
    let typed = input("erase-word")?;
    if typed.value().trim() != "erase" {
        say("data-problem", say!("Type the word erase first."))?;
        return focus("erase-word");
    }
    let proxy = Proxy::current().await;
    match proxy.call::<Done>("DELETE", "/v1/company/data", None).await {
        Ok(Done {}) => {
            typed.set_value("");
            say("data-problem", "")?;
            say("data-done", say!("Erased. Only the audit log remains."))?;
            tell_background(&proxy, None).await?;
            options::show_connection().await
        }
        Err(trouble) => say("data-problem", &of_trouble(&trouble)),
    }
}

/// Brings the list of colleagues up to date.
pub fn look_soon() {
    if is_shown("colleagues") && element("colleagues").is_ok() {
        spawn_local(async {
            let proxy = Proxy::current().await;
            match proxy.get::<Me>("/v1/me").await {
                Ok(me) => drop(show_lists(&proxy, &me).await),
                // Signed out or removed elsewhere.
                Err(trouble) if trouble.is_signed_out() => sign_in_page(),
                Err(_) => {}
            }
        });
    }
}

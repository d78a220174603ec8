//! The options' card *Notifications*; each choice is saved at once.

use super::{ask, asking, element, input, on, report, say, show_if};
use crate::browser::{api, settings};
use atsi_protocol::Me;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

const KINDS: [&str; 3] = ["hired", "offer", "rejected"];
const NOT_ALLOWED: &str = key!(
    "Without the browser’s permission, ATSi can’t notify you. Select it again and allow notifications."
);
const TAKEN_BACK: &str = key!(
    "The browser no longer lets ATSi notify you. Select what to be notified of and allow notifications."
);

/// # Errors
/// When the page lacks the card.
pub fn listen() -> Result<(), JsValue> {
    for kind in KINDS {
        on(&id(kind), "change", move |_| {
            spawn_local(async move { report(ticked(kind).await) });
        })?;
    }
    for what in ["notify-all", "quiet-from", "quiet-until"] {
        on(what, "change", |_| {
            spawn_local(async { report(save().await) });
        })?;
    }
    Ok(())
}

/// Fills the card when it is shown first.
pub async fn show(me: &Me) -> Result<(), JsValue> {
    let card = element("notifications")?;
    let name = me.member.as_ref().map(|member| member.name.as_str());
    card.set_attribute("data-me", name.unwrap_or_default())?;
    show_if("notify-all-field", name.is_some())?;
    if !card.has_attribute("hidden") {
        return Ok(());
    }
    let chosen = settings::read().await.notifications;
    let is_off = chosen.is_none();
    let chosen = chosen.unwrap_or_default();
    let is_allowed = api::has_permissions(&permission()).await?.is_truthy();
    for (kind, since) in KINDS
        .into_iter()
        .zip([chosen.hired, chosen.offer, chosen.rejected])
    {
        input(&id(kind))?.set_checked(is_allowed && since.is_some());
    }
    input("notify-all")?.set_checked(chosen.all);
    input("quiet-from")?.set_value(&time_of(chosen.quiet_from));
    input("quiet-until")?.set_value(&time_of(chosen.quiet_until));
    let problem = if is_off || is_allowed {
        ""
    } else {
        say!(TAKEN_BACK)
    };
    say("notifications-problem", problem)?;
    show_if("notifications", true)
}

async fn ticked(kind: &str) -> Result<(), JsValue> {
    let kind = input(&id(kind))?;
    // Browsers allow this only inside the person's click, before anything else is awaited.
    if kind.checked() && !api::request_permissions(&permission()).await?.is_truthy() {
        kind.set_checked(false);
        return say("notifications-problem", say!(NOT_ALLOWED));
    }
    say("notifications-problem", "")?;
    save().await
}

async fn save() -> Result<(), JsValue> {
    let message = asking("notify");
    for kind in KINDS {
        // The worker notes since when.
        let since = input(&id(kind))?.checked().then(js_sys::Date::now);
        api::set(&message, kind, since);
    }
    api::set(&message, "all", input("notify-all")?.checked());
    let me = element("notifications")?.get_attribute("data-me");
    if let Some(me) = me.filter(|me| !me.is_empty()) {
        api::set(&message, "me", me);
    }
    let (from, until) = (input("quiet-from")?.value(), input("quiet-until")?.value());
    // An empty field turns quiet hours off.
    let (from, until) = minutes(&from).zip(minutes(&until)).unwrap_or_default();
    api::set(&message, "quiet_from", from);
    api::set(&message, "quiet_until", until);
    ask(&message).await?;
    say("notifications-saved", say!("Saved in this browser"))
}

fn permission() -> JsValue {
    let names = js_sys::Array::of1(&"notifications".into());
    api::object(&[("permissions", names.into())])
}

fn id(kind: &str) -> String {
    format!("notify-{kind}")
}

fn time_of(minutes: u64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

fn minutes(time: &str) -> Option<u32> {
    let (hours, minutes) = time.split_once(':')?;
    Some(hours.parse::<u32>().ok()? * 60 + minutes.get(..2)?.parse::<u32>().ok()?)
}

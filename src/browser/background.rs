//! The worker: one state, events in, effects carried out in order.

use super::session::{self, Session};
use super::{api, disk, live, managed, network, now, report, settings};
use crate::flow::call::Call;
use crate::flow::sender::{Sender, may_ask};
use crate::flow::{Ask, Effect, Event, Reply, State, may_go_along, update};
use std::cell::RefCell;
use std::collections::VecDeque;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

#[derive(Default)]
struct Worker {
    state: State,
    queue: VecDeque<Effect>,
    carrying_out: bool,
    waiting: Vec<(u32, js_sys::Function)>,
    last_reply: u32,
    session: Option<Session>,
    /// What a page has read last, as a data URL, with the key of its send.
    file: Option<(String, JsValue)>,
}

thread_local! {
    static WORKER: RefCell<Worker> = RefCell::default();
}

/// Reads the disk and takes up what was under way. Called once, after `spoken` and before anything else.
///
/// # Errors
/// When the browser's database cannot be opened.
#[wasm_bindgen]
pub async fn start() -> Result<(), JsValue> {
    console_error_panic_hook::set_once();
    live::hang_up();
    let settings = settings::read().await;
    let records = disk::read_records().await?;
    read_session(settings.company.clone()).await;
    let report = report::read().await;
    WORKER.with_borrow_mut(|worker| worker.state.report = report);
    dispatch(Event::Started { settings, records });
    spawn_local(managed::enrol());
    Ok(())
}

/// Whoever has just signed in to another company is nobody here until nothing waits for the former.
async fn read_session(company: Option<String>) {
    let session = session::read().await;
    let session =
        session.filter(|session| may_go_along(company.as_ref(), session.company.as_ref()));
    WORKER.with_borrow_mut(|worker| worker.session = session);
}

/// A message of a page. Settles with the reply, or null where the sender may not ask this.
#[wasm_bindgen]
pub fn ask(
    message: &JsValue,
    sender_origin: String,
    is_own_page: bool,
    tab: u32,
) -> js_sys::Promise {
    // A file stays outside of the core, which needs to know only that it is there.
    let file = api::get(message, "file");
    if file.is_string() {
        api::set(message, "file", JsValue::NULL);
    }
    let message = serde_json::from_str(&api::to_json(message)).unwrap_or_default();
    let ask = Ask::parse(&message);
    let sender = Sender {
        origin: sender_origin,
        is_own_page,
    };
    let Some(ask) = ask.filter(|ask| may_ask(&sender, ask)) else {
        return js_sys::Promise::resolve(&JsValue::NULL);
    };
    if let Ask::File(read) = &ask
        && file.is_string()
    {
        let file = (read.key.clone(), file);
        WORKER.with_borrow_mut(|worker| worker.file = Some(file));
    }
    js_sys::Promise::new(&mut {
        let mut ask = Some(ask);
        move |settle, _| {
            let Some(ask) = ask.take() else { return };
            let to = WORKER.with_borrow_mut(|worker| {
                worker.last_reply = worker.last_reply.wrapping_add(1);
                worker.waiting.push((worker.last_reply, settle));
                worker.last_reply
            });
            dispatch(Event::Asked { to, tab, ask });
        }
    })
}

/// The language is another from now on.
#[wasm_bindgen]
pub fn speak(tag: &str, catalog: Option<String>) {
    crate::browser::spoken(tag, catalog);
    dispatch(Event::Spoken);
}

/// An alarm or a timer rang.
#[wasm_bindgen]
pub fn wake() {
    dispatch(Event::Woke);
}

/// The keyboard shortcut: the button on the active tab's page is pressed, where there is one.
#[wasm_bindgen]
pub async fn shortcut(action: String) {
    let active = api::object(&[("active", true.into()), ("currentWindow", true.into())]);
    let message = api::object(&[("tell", "press".into()), ("action", action.into())]);
    tell_tabs(&active, &message).await;
}

/// A notification was pressed.
#[wasm_bindgen]
pub fn notification_pressed(id: String) {
    dispatch(Event::NotificationPressed(id));
}

pub fn dispatch(event: Event) {
    dispatch_by(|_| event);
}

/// Where it takes a look at the worker to say what happened.
fn dispatch_by(event: impl FnOnce(&Worker) -> Event) {
    let start = WORKER.with_borrow_mut(|worker| {
        let event = event(worker);
        worker.state.minutes_east = minutes_east();
        let effects = update(&mut worker.state, now(), event);
        worker.queue.extend(effects);
        if worker.state.report.take_news() {
            report::keep(&worker.state.report);
        }
        !std::mem::replace(&mut worker.carrying_out, true)
    });
    if start {
        spawn_local(carry_out());
    }
}

/// One after the other, so that what must be on disk first, is.
async fn carry_out() {
    loop {
        let effect = WORKER.with_borrow_mut(|worker| {
            let next = worker.queue.pop_front();
            worker.carrying_out = next.is_some();
            next
        });
        match effect {
            Some(effect) => carry_out_one(effect).await,
            None => return,
        }
    }
}

async fn carry_out_one(effect: Effect) {
    match effect {
        Effect::Keep(record) => {
            if disk::keep(&record).await.is_err() {
                let key = record.key;
                WORKER.with_borrow_mut(|worker| {
                    worker.queue.retain(|effect| {
                        !matches!(effect, Effect::Call { call: Call::PostSend { key: other, .. }, .. } if *other == key)
                    });
                });
                dispatch(Event::NotKept { key });
            }
        }
        // A settled send that stays on disk is forgotten the next time.
        Effect::Forget { key } => drop(disk::forget(&key).await),
        Effect::SaveSettings(settings) => settings::save(&settings).await,
        Effect::Reply { to, reply } => settle(to, &reply),
        Effect::ReadSession => {
            let company = WORKER.with_borrow(|worker| worker.state.settings.company.clone());
            read_session(company).await;
        }
        Effect::ForgetSession => {
            // It stays where the browser cannot delete it, and counts no more.
            drop(session::forget().await);
            WORKER.with_borrow_mut(|worker| worker.session = None);
        }
        Effect::Call { base, call } => spawn_local(async move {
            let session = WORKER.with_borrow(|worker| worker.session.clone());
            let file = file_of(&call);
            let answer = network::call(&base, session.as_ref(), &call.http(), file).await;
            // What was said to whoever was signed in before is not for who is now.
            dispatch_by(|worker| Event::Answered {
                call,
                answer: answer.filter(|_| worker.session == session),
            });
        }),
        Effect::TellPages => spawn_local(tell_pages()),
        Effect::WakeAt(at) => wake_at(at),
        Effect::Toolbar { waiting } => spawn_local(show_on_toolbar(waiting)),
        Effect::Notify { id, title, message } => spawn_local(async move {
            let options = api::object(&[
                ("type", "basic".into()),
                ("iconUrl", "icons/128.png".into()),
                ("title", title.into()),
                ("message", message.into()),
            ]);
            // Who took the permission back wants to hear nothing.
            drop(api::notify(&id, &options).await);
        }),
        Effect::OpenOptions => drop(api::open_options_page().await),
        Effect::OpenPage(path) => {
            drop(api::create_tab(&api::object(&[("url", path.into())])).await);
        }
        Effect::Listen { base, path } => {
            let session = WORKER.with_borrow(|worker| worker.session.clone());
            live::listen(&base, &path, session.as_ref());
        }
        Effect::HangUp => live::hang_up(),
        Effect::Say(text) => live::say(&text),
        Effect::CountPages => spawn_local(count_pages()),
    }
}

fn file_of(call: &Call) -> Option<JsValue> {
    let Call::PostResume { key, .. } = call else {
        return None;
    };
    let file = WORKER.with_borrow_mut(|worker| worker.file.take());
    file.filter(|(of, _)| of == key).map(|(_, file)| file)
}

fn settle(to: u32, reply: &Reply) {
    let settle = WORKER.with_borrow_mut(|worker| {
        let at = worker
            .waiting
            .iter()
            .position(|(waiting, _)| *waiting == to)?;
        Some(worker.waiting.swap_remove(at).1)
    });
    if let Some(settle) = settle {
        let json = crate::json::write(reply);
        let _ = settle.call1(&JsValue::NULL, &api::from_json(&json));
    }
}

async fn tell_pages() {
    let look = api::object(&[("tell", "look".into())]);
    tell_tabs(&pages(), &look).await;
    // Nobody listens where no page of ours is open; that is no failure.
    let _ = api::send_message(&look).await;
}

/// A query for the tabs of both sites.
fn pages() -> JsValue {
    let ours = js_sys::Array::new();
    for pages in [
        "https://www.jopwell.com/*",
        "https://jopwell.com/*",
        "https://*.greenhouse.io/*",
    ] {
        ours.push(&pages.into());
    }
    api::object(&[("url", ours.into()), ("discarded", false.into())])
}

async fn count_pages() {
    let Ok(tabs) = api::query_tabs(&pages()).await else {
        return;
    };
    let tabs = js_sys::Array::from(&tabs);
    let id = |tab: JsValue| api::get(&tab, "id").as_f64().unwrap_or_default();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "ids of tabs are small whole numbers"
    )]
    let tabs = tabs.iter().map(|tab| id(tab) as u32);
    dispatch(Event::Pages(tabs.collect()));
}

async fn tell_tabs(query: &JsValue, message: &JsValue) {
    let Ok(tabs) = api::query_tabs(query).await else {
        return;
    };
    let top_frame = api::object(&[("frameId", 0.into())]);
    for tab in js_sys::Array::from(&tabs).iter() {
        let (message, top_frame) = (message.clone(), top_frame.clone());
        // A tab that is busy, or frozen, does not answer; the others shall not wait for it.
        spawn_local(async move {
            let _ = api::send_to_tab(&api::get(&tab, "id"), &message, &top_frame).await;
        });
    }
}

/// A timer while the worker lives, and an alarm that starts it again if it does not.
fn wake_at(at: u64) {
    const SHORTEST_ALARM_MS: u64 = 30_000;
    let wait = at.saturating_sub(now());
    if let Ok(wait) = i32::try_from(wait)
        && u64::from(wait.unsigned_abs()) < SHORTEST_ALARM_MS
    {
        api::set_timeout(&Closure::once_into_js(wake).unchecked_into(), wait);
    }
    let alarm = at.max(now() + SHORTEST_ALARM_MS);
    #[expect(
        clippy::cast_precision_loss,
        reason = "milliseconds since 1970 are far below 2^53"
    )]
    let when = JsValue::from_f64(alarm as f64);
    let _ = api::create_alarm("wake", &api::object(&[("when", when)]));
}

async fn show_on_toolbar(waiting: usize) {
    let (text, title) = match waiting {
        0 => (String::new(), "ATSi".to_owned()),
        1 => (
            "1".to_owned(),
            say!("ATSi: one send waits or needs a decision").to_owned(),
        ),
        more => (
            more.to_string(),
            say!("ATSi: {more} sends wait or need a decision", more = more),
        ),
    };
    let _ = api::set_badge_text(&api::object(&[("text", text.into())])).await;
    let _ = api::set_title(&api::object(&[("title", title.into())])).await;
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole minutes, not below zero"
)]
fn minutes_east() -> u64 {
    (1_440.0 - js_sys::Date::new_0().get_timezone_offset()) as u64
}

//! The worker: one state, events in, steps carried out in order.

use super::session::{self, Session};
use super::{api, disk, live, managed, network, now, report, settings};
use crate::action::Action;
use crate::core::{Step, handle};
use crate::flow::call::Call;
use crate::flow::effect::Effect;
use crate::flow::event::Event;
use crate::flow::sender::{Sender, may_ask};
use crate::message::Ask;
use crate::state::State;
use crate::state::settings::belongs_to_company;
use crate::view::reply::Reply;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::VecDeque;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

#[derive(Default)]
struct Worker {
    state: State,
    queue: VecDeque<Step>,
    carrying_out: bool,
    waiting: Vec<(u32, js_sys::Function)>,
    last_reply: u32,
    session: Option<Session>,
    /// The file that a page has read last, with the key of its send.
    file: Option<(String, web_sys::Blob)>,
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

/// A session of another company is not used until nothing waits for the former one.
async fn read_session(company: Option<String>) {
    let session = session::read().await;
    let session =
        session.filter(|session| belongs_to_company(company.as_ref(), session.company.as_ref()));
    WORKER.with_borrow_mut(|worker| worker.session = session);
}

/// A message of a page, as JSON: it carries a page's content, whose thousands of values cross faster as one
/// text. `file` is what the page has read. Settles with the reply, or with null where the
/// sender may not ask this.
#[wasm_bindgen]
pub fn ask(
    message: &str,
    file: Option<web_sys::Blob>,
    sender_origin: String,
    is_own_page: bool,
    tab: u32,
) -> js_sys::Promise {
    let sender = Sender {
        origin: sender_origin,
        is_own_page,
    };
    let ask = serde_json::from_str::<Ask>(message).ok();
    let Some(ask) = ask.filter(|ask| may_ask(&sender, ask)) else {
        return js_sys::Promise::resolve(&JsValue::NULL);
    };
    // A file stays outside of the core, which needs to know only that it is there.
    if let (Ask::File(read), Some(file)) = (&ask, file) {
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

/// A message to pages.
#[derive(Clone, Serialize)]
#[serde(tag = "tell", rename_all = "snake_case")]
enum Tell {
    /// Look again.
    Look,
    /// Click the button with this action, where there is one.
    Press { action: Action },
}

/// The keyboard shortcut: clicks the button on the active tab's page, where there is one.
#[wasm_bindgen]
pub async fn shortcut(action: String) {
    if let Ok(action) = action.parse() {
        let active = TabQuery {
            active: Some(true),
            current_window: Some(true),
            ..TabQuery::default()
        };
        tell_tabs(&active, &Tell::Press { action }).await;
    }
}

/// A notification was clicked.
#[wasm_bindgen]
pub fn notification_clicked(id: String) {
    dispatch(Event::NotificationClicked(id));
}

pub fn dispatch(event: Event) {
    dispatch_by(|_| event);
}

/// Where it takes a look at the worker to say what happened.
fn dispatch_by(event: impl FnOnce(&Worker) -> Event) {
    let start = WORKER.with_borrow_mut(|worker| {
        let event = event(worker);
        worker.state.minutes_east = minutes_east();
        let steps = handle(&mut worker.state, now(), event);
        worker.queue.extend(steps);
        if worker.state.report.take_is_new() {
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
        let step = WORKER.with_borrow_mut(|worker| {
            let next = worker.queue.pop_front();
            worker.carrying_out = next.is_some();
            next
        });
        match step {
            Some(Step::Reply { to, reply }) => settle(to, &reply),
            Some(Step::Notify { id, title, message }) => notify(id, title, message),
            Some(Step::Toolbar { badge, title }) => spawn_local(show_on_toolbar(badge, title)),
            Some(Step::Carry(effect)) => carry_out_one(effect).await,
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
                    worker.queue.retain(|step| {
                        !matches!(step, Step::Carry(Effect::Call { call: Call::PostSend { key: other, .. }, .. }) if *other == key)
                    });
                });
                dispatch(Event::NotKept { key });
            }
        }
        // A settled send that stays on disk is forgotten the next time.
        Effect::Forget { key } => drop(disk::forget(&key).await),
        Effect::SaveSettings(settings) => settings::save(&settings).await,
        // `core` has made steps of them.
        Effect::Answer { .. } | Effect::Notify { .. } | Effect::Toolbar { .. } => {}
        Effect::ReadSession => {
            let company = WORKER.with_borrow(|worker| worker.state.settings.company.clone());
            read_session(company).await;
        }
        Effect::ForgetSession => {
            // Where the browser cannot delete it, it stays, and is no longer used.
            drop(session::forget().await);
            WORKER.with_borrow_mut(|worker| worker.session = None);
        }
        Effect::Call { base, call } => spawn_local(async move {
            let session = WORKER.with_borrow(|worker| worker.session.clone());
            let file = file_of(&call);
            let answer = network::call(&base, session.as_ref(), &call.http(), file).await;
            // An answer to the session before is not for this one.
            dispatch_by(|worker| Event::Answered {
                call,
                answer: answer.filter(|_| worker.session == session),
            });
        }),
        Effect::TellPages => spawn_local(tell_pages()),
        Effect::WakeAt(at) => wake_at(at),
        Effect::OpenOptions => drop(api::open_options_page().await),
        Effect::OpenPage(url) => {
            if let Ok(tab) = api::to_js(&NewTab { url }) {
                drop(api::create_tab(&tab).await);
            }
        }
        Effect::Listen { base, path } => {
            let session = WORKER.with_borrow(|worker| worker.session.clone());
            live::listen(&base, &path, session.as_ref());
        }
        Effect::HangUp => live::hang_up(),
        Effect::ReportPeople(people) => live::report_people(people),
        Effect::CountPages => spawn_local(count_pages()),
    }
}

fn file_of(call: &Call) -> Option<web_sys::Blob> {
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
    if let (Some(settle), Ok(reply)) = (settle, api::to_js(reply)) {
        let _ = settle.call1(&JsValue::NULL, &reply);
    }
}

/// A new tab.
#[derive(Serialize)]
struct NewTab {
    url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Notification {
    #[serde(rename = "type")]
    kind: &'static str,
    icon_url: &'static str,
    title: String,
    message: String,
}

fn notify(id: String, title: String, message: String) {
    let options = api::to_js(&Notification {
        kind: "basic",
        icon_url: "icons/128.png",
        title,
        message,
    });
    if let Ok(options) = options {
        // Rejects where the person took the permission back.
        spawn_local(async move { drop(api::notify(&id, &options).await) });
    }
}

async fn tell_pages() {
    tell_tabs(&pages(), &Tell::Look).await;
    if let Ok(look) = api::to_js(&Tell::Look) {
        // Nobody listens where no page of ours is open; that is no failure.
        let _ = api::send_message(&look).await;
    }
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct TabQuery {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    url: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    discarded: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    active: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    current_window: Option<bool>,
}

/// The tabs of both sites.
fn pages() -> TabQuery {
    TabQuery {
        url: &[
            "https://www.jopwell.com/*",
            "https://jopwell.com/*",
            "https://*.greenhouse.io/*",
        ],
        discarded: Some(false),
        ..TabQuery::default()
    }
}

#[derive(Deserialize)]
struct Tab {
    /// Below zero where it cannot be reached.
    id: i32,
}

/// The ids of tabs; none where the browser does not answer.
async fn tabs(query: &TabQuery) -> Option<Vec<u32>> {
    let query = api::to_js(query).ok()?;
    let tabs: Vec<Tab> = api::from_js(api::query_tabs(&query).await.ok()?)?;
    Some((tabs.iter().filter_map(|tab| tab.id.try_into().ok())).collect())
}

async fn count_pages() {
    if let Some(tabs) = tabs(&pages()).await {
        dispatch(Event::Pages(tabs));
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Frame {
    frame_id: u32,
}

async fn tell_tabs(query: &TabQuery, message: &Tell) {
    let (Some(tabs), Ok(message), Ok(top_frame)) = (
        tabs(query).await,
        api::to_js(message),
        api::to_js(&Frame { frame_id: 0 }),
    ) else {
        return;
    };
    for tab in tabs {
        let (message, top_frame) = (message.clone(), top_frame.clone());
        // A tab that is busy, or frozen, does not answer; the others shall not wait for it.
        spawn_local(async move {
            let _ = api::send_to_tab(tab, &message, &top_frame).await;
        });
    }
}

#[derive(Serialize)]
struct Alarm {
    when: u64,
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
    if let Ok(alarm) = api::to_js(&Alarm { when: alarm }) {
        let _ = api::create_alarm("wake", &alarm);
    }
}

#[derive(Serialize)]
struct Badge {
    text: String,
}

#[derive(Serialize)]
struct Title {
    title: String,
}

async fn show_on_toolbar(badge: String, title: String) {
    if let (Ok(badge), Ok(title)) = (
        api::to_js(&Badge { text: badge }),
        api::to_js(&Title { title }),
    ) {
        let _ = api::set_badge_text(&badge).await;
        let _ = api::set_title(&title).await;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole minutes, not below zero"
)]
fn minutes_east() -> u64 {
    (1_440.0 - js_sys::Date::new_0().get_timezone_offset()) as u64
}

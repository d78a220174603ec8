//! What should happen: events in, effects out. No clock, no network, no browser.

pub mod applications;
pub mod call;
pub mod jobs;
pub mod live;
pub mod notifications;
pub mod record;
pub mod report;
pub mod sender;
#[cfg(test)]
mod tests;
pub mod write_back;

use crate::json::{FromJson, read_fields};
use crate::page::seen::Seen;
use crate::page::{self, Page, PageKey, ProfilePage};
use crate::view;
use crate::view::node::{Node, line};
use applications::{Applying, Fetch};
use atsi_protocol::{
    ChangesPage, Connection, ConnectionState, Decision, InGreenhouse, JobLinkRequest,
    KnownCandidate, LookupRequest, LookupResponse, MAX_LOOKUP_IDS, Millis, Problem, ProblemCode,
    Send, SendRequest, SendState, Waiting, WaitingFor,
};
use call::{Answer, Call};
use live::Live;
use notifications::Notifications;
use record::{Held, Record, Trouble, Whereabouts};
use serde::Serialize;
use serde_json::Value;
use std::collections::HashMap;
use write_back::{Set, Tracking};

pub const DEFAULT_PROXY: &str = "http://127.0.0.1:8787";

/// How long an answer about a person is good before it is asked for again.
const FRESH: Millis = 60_000;
/// The same for a status, which somebody may just have changed in Greenhouse.
const STATUS_FRESH: Millis = 10_000;
/// When to look after a request that is on its way: the worker may be stopped, or trap, meanwhile,
/// and only a bell wakes it.
const LOOK_AFTER: Millis = 30_000;
/// How long the proxy is left alone after it failed to answer a question.
const PAUSE_AFTER_TROUBLE: Millis = 10_000;
/// Settled sends that are kept for the popup and for pages seen while the proxy is away.
const SETTLED_KEPT: usize = 500;
/// Settled applications that are.
const APPLICATIONS_KEPT: usize = 5_000;
/// Look-ups that are remembered at most.
const KNOWN_KEPT: usize = 20_000;
/// Last name that is sent, after the person agreed, for someone whose page shows one name.
pub const NO_LAST_NAME: &str = "(no last name)";

/// Small things that survive a restart, beside the sends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// The proxy's address, without a trailing slash.
    pub proxy: String,
    /// What the proxy last said of the company's connection.
    pub connection: Option<Connection>,
    /// The number of the last change that is known.
    pub after: Option<u64>,
    /// What this person is told by the browser; none: nothing.
    pub notifications: Option<Box<Notifications>>,
    /// Whose sends these are: the company that somebody signed in to; none in personal mode.
    pub company: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            proxy: DEFAULT_PROXY.to_owned(),
            connection: None,
            after: None,
            notifications: None,
            company: None,
        }
    }
}

/// Whether a token of `theirs` may go along with what is sent for `own`: companies, where they are known.
#[must_use]
pub fn may_go_along(own: Option<&String>, theirs: Option<&String>) -> bool {
    own.is_none() || theirs.is_none() || own == theirs
}

#[derive(Debug)]
pub enum Event {
    /// The worker has started and read its disk.
    Started {
        settings: Settings,
        records: Vec<Record>,
    },
    /// A page, in this tab, or the popup asks; the reply goes to `to`.
    Asked {
        to: u32,
        tab: u32,
        ask: Ask,
    },
    Answered {
        call: Call,
        answer: Answer,
    },
    /// A record could not be written; whatever was to follow from it did not happen.
    NotKept {
        key: String,
    },
    /// An alarm or a timer rang.
    Woke,
    /// A message of the live channel.
    Heard(String),
    /// The live channel broke, or could not be opened.
    HungUp,
    /// The proxy ended the live channel because whoever was signed in no longer is.
    SignedOut,
    /// The company's policy signed this device in; the token is on disk.
    Enrolled(SignedInTo),
    /// The tabs in which a page of either site is open.
    Pages(Vec<u32>),
    /// The notification with this id was pressed.
    NotificationPressed(String),
    /// Another language is spoken from now on.
    Spoken,
}

/// What a page or the popup asks: `{"ask": "look", …}`.
#[derive(Debug)]
pub enum Ask {
    Look(Look),
    Press(Press),
    /// A profile was read with the page's session.
    Found(Press),
    /// A file was, and waits at the edge.
    File(FileRead),
    Popup,
    /// Somebody connected, disconnected, signed in or out on a page of ours; the token is on disk.
    Session(SignedInTo),
    /// Somebody chose what the browser is to tell them.
    Notify(Notifications),
}

/// A page was seen.
#[derive(Debug, Default)]
pub struct Look {
    pub seen: Seen,
    /// The key of the last reply to this document.
    pub was: Option<String>,
}

/// A person pressed something: on a page, or, without `seen`, in the popup.
#[derive(Debug, Default)]
pub struct Press {
    pub action: String,
    pub value: Option<String>,
    /// Names the press: the same press, told twice, is one.
    pub key: String,
    pub seen: Option<Seen>,
    pub was: Option<String>,
}

/// What became of a file that a page was to read.
#[derive(Debug, Default)]
pub struct FileRead {
    /// Of the send.
    pub key: String,
    pub name: String,
    /// The page's word for why there is none.
    pub problem: Option<String>,
}

/// Where somebody is signed in now; none where nobody is.
#[derive(Debug, Default)]
pub struct SignedInTo {
    pub proxy: String,
    pub company: Option<String>,
}

read_fields! {
    SignedInTo { proxy, company }
    Look { seen, was }
    Press { action, value, key, seen, was }
    FileRead { key, name, problem }
    Settings { proxy, connection, company, after, notifications }
}

impl Ask {
    /// None where it is nothing that can be asked.
    #[must_use]
    pub fn parse(message: &Value) -> Option<Self> {
        match message.get("ask")?.as_str()? {
            "look" => FromJson::from_json(message).map(Self::Look),
            "press" => FromJson::from_json(message).map(Self::Press),
            "found" => FromJson::from_json(message).map(Self::Found),
            "file" => FromJson::from_json(message).map(Self::File),
            "popup" => Some(Self::Popup),
            "session" => FromJson::from_json(message).map(Self::Session),
            "notify" => FromJson::from_json(message).map(Self::Notify),
            _ => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    Views {
        views: Vec<Placed>,
        /// In which language they are.
        lang: &'static str,
        key: Option<String>,
        /// Look again soon: the page is between two people, or a send is on its way.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        again: bool,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        sets: Vec<Set>,
        /// On a job's page.
        #[serde(skip_serializing_if = "Option::is_none")]
        job: Option<jobs::Task>,
        /// Rows of people who are not ours. Absent where the page is no list.
        #[serde(skip_serializing_if = "Option::is_none")]
        others: Option<Vec<u32>>,
        /// What the person chose for the list, where that is new.
        #[serde(skip_serializing_if = "Option::is_none")]
        choice: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        fetch: Option<Fetch>,
    },
    Fetched {
        /// What next.
        fetch: Option<Fetch>,
    },
    Popup {
        view: Node,
    },
    Session {
        /// What speaks against it.
        problem: Option<String>,
    },
}

/// A view and where it goes: `name`, `corner`, or the number of a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Placed {
    pub place: Place,
    pub node: Node,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Name,
    Corner,
    #[serde(untagged)]
    Row(u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Done, and known to be on disk, before the effects that follow.
    Keep(Box<Record>),
    Forget {
        key: String,
    },
    SaveSettings(Settings),
    Reply {
        to: u32,
        reply: Reply,
    },
    Call {
        base: String,
        call: Call,
    },
    /// What follows is asked in the name of whoever is signed in now.
    ReadSession,
    /// The token on disk counts no longer.
    ForgetSession,
    /// Every open page of ours looks again.
    TellPages,
    /// Ring not before this moment, and not much later.
    WakeAt(Millis),
    Toolbar {
        waiting: usize,
    },
    OpenOptions,
    /// By the browser, to whoever sits there.
    Notify {
        id: String,
        title: String,
        message: String,
    },
    /// A page of ours, in a tab of its own.
    OpenPage(String),
    /// Open the live channel, instead of any other.
    Listen {
        base: String,
        path: String,
    },
    HangUp,
    /// On the live channel.
    Say(String),
    /// Tell in which tabs pages of ours are open.
    CountPages,
}

#[derive(Debug, Default)]
pub struct State {
    pub settings: Settings,
    pub records: Vec<Record>,
    known: HashMap<String, Known>,
    candidates: HashMap<u64, Asked>,
    /// Why the proxy could not be asked last time, and when that was.
    pub trouble: Option<(Millis, Trouble)>,
    connection_asked: Option<Millis>,
    toolbar: usize,
    wake: Option<Millis>,
    /// People whose page shows one name, and whose sender was told so.
    one_name: Vec<String>,
    live: Live,
    /// Rows of the candidate tracker.
    tracked: Vec<Tracking>,
    pub applying: Applying,
    /// What the page whose press is handled shall get.
    wanted: Option<Fetch>,
    jobs: Vec<jobs::Known>,
    /// How far this computer's clock is before UTC's now, within a day.
    pub minutes_east: Millis,
    /// When the proxy is asked for changes where no page is open.
    looks_at: Millis,
    /// When open pages look again, because a question of theirs went unanswered.
    repeat_at: Option<Millis>,
    /// When something happened last.
    last_at: Millis,
    pub report: report::Report,
}

#[derive(Debug, Default)]
struct Known {
    /// When the proxy was last asked; zero where a change makes it necessary to ask again.
    asked_at: Millis,
    /// The change up to which this is known.
    number: u64,
    /// None where the proxy does not know the person.
    candidate: Option<KnownCandidate>,
}

/// A Greenhouse candidate who was seen on a page.
#[derive(Debug, Default)]
struct Asked {
    /// When the proxy was last asked whether it knows the candidate,
    looked_up: Millis,
    /// and when it was last asked to read the status anew. Zero: never.
    refreshed: Millis,
    /// A person pressed for it.
    by_press: bool,
    /// Whose they are, where they are ours.
    external_id: Option<String>,
    /// The proxy has said whether they are.
    is_known: bool,
}

/// The whole of the core: what an event does to the state, and what is to be done about it.
pub fn update(state: &mut State, now: Millis, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    if now + FRESH < std::mem::replace(&mut state.last_at, now) {
        clock_set_back(state, now, &mut effects);
    }
    match event {
        Event::Started { settings, records } => {
            state.settings = settings;
            state.records = records;
            take_up(&mut state.records, now);
            effects.push(Effect::CountPages);
        }
        Event::Asked { to, tab, ask } => asked(state, now, to, tab, ask, &mut effects),
        Event::Answered { call, answer } => {
            if let Some(failed) = report::call(&call, &answer) {
                state.report.note(now, failed);
            }
            answered(state, now, call, &answer, &mut effects);
        }
        Event::NotKept { key } => {
            if let Some(record) = find(&mut state.records, &key) {
                record.in_flight = false;
                if matches!(record.at, Whereabouts::Here { .. }) {
                    let problem = refusal(
                        ProblemCode::Internal,
                        key!(
                            "The browser could not store this send (is the disk full?), so it was not sent."
                        ),
                    );
                    record.learn(now, SendState::Refused { problem });
                    effects.push(Effect::TellPages);
                }
            }
        }
        Event::Woke => state.wake = None,
        Event::Heard(text) => match crate::json::parse(&text) {
            Some(page) => live::heard(state, now, page, &mut effects),
            // It says that the company itself changed: its connection, or who belongs to it.
            None => ask_for_connection_now(state, now, &mut effects),
        },
        Event::HungUp => live::lost(state, now, &mut effects),
        // The answer says so, and what to do.
        Event::SignedOut => {
            live::hang_up(state, &mut effects);
            ask_for_connection_now(state, now, &mut effects);
        }
        Event::Enrolled(session) => {
            effects.push(Effect::ReadSession);
            if change_session(state, now, session, &mut effects).is_err() {
                effects.push(Effect::ForgetSession);
            }
        }
        Event::Pages(tabs) => live::counted(state, &tabs, &mut effects),
        Event::NotificationPressed(id) => notifications::pressed(id, &mut effects),
        Event::Spoken => {
            let waiting = state.toolbar;
            effects.extend([Effect::TellPages, Effect::Toolbar { waiting }]);
        }
    }
    start_what_is_due(state, now, &mut effects);
    forget_old(state, &mut effects);
    show_what_waits(state, &mut effects);
    effects
}

/// By the clock that was set back all that is due would wait until that moment comes once more.
fn clock_set_back(state: &mut State, now: Millis, effects: &mut Vec<Effect>) {
    take_up(&mut state.records, now);
    for known in state.known.values_mut() {
        known.asked_at = 0;
    }
    for asked in state.candidates.values_mut() {
        (asked.looked_up, asked.refreshed) = (0, 0);
    }
    state.tracked.clear();
    jobs::changed(state, None);
    state.applying = Applying::default();
    state.trouble = None;
    state.connection_asked = None;
    state.wake = None;
    state.looks_at = 0;
    state.repeat_at = None;
    notifications::clock_set_back(state, now);
    live::hang_up(state, effects);
    effects.push(Effect::TellPages);
}

fn take_up(records: &mut [Record], now: Millis) {
    for record in records {
        if record.due.is_some() {
            record.due = Some(now);
        }
    }
}

fn asked(state: &mut State, now: Millis, to: u32, tab: u32, ask: Ask, effects: &mut Vec<Effect>) {
    match ask {
        Ask::Look(Look { seen, was }) => {
            let reply = look(state, now, tab, &seen, was.as_deref(), effects);
            effects.push(Effect::Reply { to, reply });
        }
        Ask::Press(Press {
            action,
            value,
            key,
            mut seen,
            was,
        }) => {
            state.report.note(now, report::press(&action));
            let list = seen.as_mut().and_then(|seen| seen.list.as_mut());
            let mut new_choice = None;
            if let (Some(what), Some(list)) = (action.strip_prefix("list:"), list) {
                list.toggle(what);
                new_choice = Some(list.choice.clone());
            }
            let url = seen.as_ref().map_or("", |seen| seen.url.as_str());
            let page = seen.as_ref().map(|seen| recognise(seen, was.as_deref()));
            let own_page = match &page {
                Some(Page::JopwellProfile(page)) => Some((page.as_ref(), url)),
                _ => None,
            };
            if let Some(Page::JopwellJob(page)) = &page {
                let value = value.as_deref().unwrap_or_default();
                jobs::pressed(state, tab, page, &action, value, effects);
            }
            pressed(
                state,
                now,
                &action,
                value.as_deref().unwrap_or_default(),
                key,
                own_page,
                effects,
            );
            // What `send` asks the page for goes with the reply.
            let wanted = state.wanted.take();
            let mut reply = match &seen {
                Some(seen) => look(state, now, tab, seen, was.as_deref(), effects),
                None => Reply::Popup {
                    view: view::popup::popup(state, now),
                },
            };
            if let Reply::Views { choice, fetch, .. } = &mut reply {
                *choice = new_choice;
                if wanted.is_some() {
                    *fetch = wanted;
                }
            }
            effects.push(Effect::Reply { to, reply });
        }
        Ask::Found(Press { key, seen, .. }) => {
            let fetch = seen.and_then(|seen| applications::found(state, now, &seen, &key, effects));
            let reply = Reply::Fetched { fetch };
            effects.push(Effect::Reply { to, reply });
        }
        Ask::File(FileRead { key, name, problem }) => {
            let problem = problem.as_deref();
            let fetch = applications::file(state, now, &key, &name, problem, effects);
            let reply = Reply::Fetched { fetch };
            effects.push(Effect::Reply { to, reply });
        }
        Ask::Popup => {
            ask_for_connection(state, now, effects);
            let view = view::popup::popup(state, now);
            effects.push(Effect::Reply {
                to,
                reply: Reply::Popup { view },
            });
        }
        Ask::Notify(wanted) => {
            notifications::choose(state, now, wanted, effects);
            let reply = Reply::Session { problem: None };
            effects.push(Effect::Reply { to, reply });
        }
        Ask::Session(session) => {
            effects.push(Effect::ReadSession);
            let problem = change_session(state, now, session, effects).err();
            effects.push(Effect::Reply {
                to,
                reply: Reply::Session { problem },
            });
        }
    }
}

/// Somebody signed in or out. What one company's people sent is never sent or shown for another.
fn change_session(
    state: &mut State,
    now: Millis,
    SignedInTo { proxy, company }: SignedInTo,
    effects: &mut Vec<Effect>,
) -> Result<(), String> {
    let proxy = proxy_address(&proxy)?;
    let former = &state.settings.company;
    if let Some(former) = former
        && company.as_ref().is_some_and(|company| company != former)
    {
        // What the proxy holds for a person's decision is safe there.
        let waits = |record: &Record| !record.is_final() && record.hold.is_none();
        if state.records.iter().any(waits) {
            return Err(say!(
                "Sends for {company} still wait or need a decision. Sign in to {company} and settle them first.",
                company = former
            ));
        }
        for record in std::mem::take(&mut state.records) {
            effects.push(Effect::Forget { key: record.key });
        }
    }
    let company = company.or(former.clone());
    if proxy != state.settings.proxy || company != state.settings.company {
        state.settings = Settings {
            proxy,
            connection: None,
            company,
            after: None,
            notifications: None,
        };
        state.known.clear();
        state.candidates.clear();
        state.applying = Applying::default();
        state.tracked.clear();
        state.jobs.clear();
        save_settings(state, effects);
    }
    live::hang_up(state, effects);
    state.trouble = None;
    ask_for_connection_now(state, now, effects);
    effects.push(Effect::TellPages);
    Ok(())
}

/// Never inlined: the copy takes room.
#[inline(never)]
fn save_settings(state: &State, effects: &mut Vec<Effect>) {
    effects.push(Effect::SaveSettings(state.settings.clone()));
}

fn ask_proxy(state: &State, call: Call, effects: &mut Vec<Effect>) {
    let base = state.settings.proxy.clone();
    effects.push(Effect::Call { base, call });
}

/// An address that may be a proxy's: `https`, or `http` on this machine.
pub(crate) fn proxy_address(text: &str) -> Result<String, &'static str> {
    let Some(address) = page::address::Address::parse(text) else {
        return Err(say!(
            "The proxy address must begin with https:// (or http:// for a proxy on this computer)."
        ));
    };
    let loopback = ["127.0.0.1", "localhost", "[::1]"].contains(&address.host.as_str());
    if address.origin.starts_with("http://") && !loopback {
        return Err(say!(
            "A proxy on another computer needs an https:// address, so that nobody can read along."
        ));
    }
    if address.path != "/" || !address.query.is_empty() {
        return Err(say!(
            "The proxy address ends after the host and port, such as https://atsi.example.com."
        ));
    }
    Ok(address.origin)
}

fn recognise(seen: &Seen, was: Option<&str>) -> Page {
    page::recognise(seen, was.and_then(PageKey::parse).as_ref())
}

fn look(
    state: &mut State,
    now: Millis,
    tab: u32,
    seen: &Seen,
    was: Option<&str>,
    effects: &mut Vec<Effect>,
) -> Reply {
    let mut reply_key = was.map(str::to_owned);
    let mut again = false;
    let mut others = None;
    let mut shown = Vec::new();
    let mut is_list = false;
    let (mut sets, mut asks) = (Vec::new(), Vec::new());
    let mut fetch = None;
    let mut job = None;
    let page = recognise(seen, was);
    state.report.note(now, report::page(seen, &page));
    let views = match page {
        // A look at a list whose rows are all known brings none of them.
        Page::Nothing if state.applying.is_on(&seen.url) => {
            fetch = applications::looked(state, now, effects);
            again = state.applying.is_reading();
            Vec::from_iter(view::applications::panel_of(state, &seen.url, now))
        }
        Page::Nothing => Vec::new(),
        Page::Changing => {
            again = true;
            Vec::new()
        }
        Page::JopwellProfile(page) => {
            reply_key = Some(page.key.to_string());
            ask_for_connection(state, now, effects);
            shown.extend(page.external_id.clone());
            look_up_people(state, now, &shown, effects);
            if let Some(there) =
                (page.external_id.as_deref()).and_then(|id| state.in_greenhouse(id))
            {
                look_up_candidates(state, now, vec![there.candidate_id], true, effects);
            }
            // A page that asks again wakes a worker that was stopped in the middle of a send.
            again = (page.external_id.as_deref())
                .and_then(|id| state.latest(id))
                .is_some_and(|own| own.standing() == record::Standing::Sending);
            fetch = applications::completes(state, &page, &seen.url);
            view::jopwell::profile(state, &page, now)
        }
        Page::JopwellSettings => {
            ask_for_connection(state, now, effects);
            view::jopwell::settings(state)
        }
        Page::JopwellList(rows) => {
            ask_for_connection(state, now, effects);
            is_list = true;
            shown = rows.iter().map(|(_, id)| id.clone()).collect();
            look_up_people(state, now, &shown, effects);
            let mut views = Vec::new();
            let is_new = !state.applying.is_on(&seen.url);
            let mut applied = Vec::new();
            for tracked in &seen.tracked {
                let at = |(row, _): &&(u32, String)| *row == tracked.number;
                let value = seen.rows.iter().find(|(row, _)| *row == tracked.number);
                if let (Some((_, id)), Some((_, value))) = (rows.iter().find(at), value)
                    && let Some(job) =
                        applications::row(state, &seen.url, id, value.text(), tracked)
                {
                    applied.push((tracked.number, job));
                }
            }
            // A worker that was stopped does not know the rows that were seen before.
            if is_new && !applied.is_empty() {
                effects.push(Effect::TellPages);
            }
            if !state.applying.people.is_empty() {
                fetch = applications::looked(state, now, effects);
                again = state.applying.is_reading();
            }
            for (row, id) in rows {
                let tracked = (seen.tracked.iter())
                    .find(|tracked| tracked.number == row && !tracked.shows.is_empty());
                let mut more = tracked
                    .map(|tracked| write_back::row(state, now, &id, tracked, &mut sets, &mut asks))
                    .unwrap_or_default();
                let job = applied.iter().find(|(number, _)| *number == row);
                let own = job.and_then(|(_, job)| view::applications::row(state, &id, job, now));
                let known = state.known(&id);
                let node = match (known.and_then(view::jopwell::in_row), own) {
                    (Some(mut parts), own) => {
                        parts.append(&mut more);
                        parts.extend(own.unwrap_or_default());
                        Some(line(parts))
                    }
                    (None, own) => own.map(line),
                };
                let place = Place::Row(row);
                views.extend(node.map(|node| Placed { place, node }));
            }
            views.extend(view::applications::panel_of(state, &seen.url, now));
            views
        }
        Page::JopwellJob(page) => {
            ask_for_connection(state, now, effects);
            match jobs::look(state, now, tab, &page, effects) {
                Some((known, task)) => {
                    job = task;
                    view::job::panel_of(known, &page)
                }
                None => Vec::new(),
            }
        }
        Page::GreenhouseCandidate(page) => {
            ask_for_connection(state, now, effects);
            look_up_candidates(state, now, vec![page.candidate_id], true, effects);
            match state.candidate(page.candidate_id) {
                Some(candidate) => {
                    shown.push(candidate.external_id.clone());
                    view::greenhouse::candidate(candidate, &state.waiting(candidate))
                }
                None => Vec::new(),
            }
        }
        Page::GreenhouseList(rows) => {
            ask_for_connection(state, now, effects);
            let ids = rows.iter().map(|(_, id)| *id).collect();
            look_up_candidates(state, now, ids, false, effects);
            let mut views: Vec<Placed> = Vec::new();
            let mut not_ours = Vec::new();
            for (row, id) in rows {
                if let Some(candidate) = state.candidate(id) {
                    views.push(Placed {
                        place: Place::Row(row),
                        node: view::greenhouse::in_row(candidate, &state.waiting(candidate)),
                    });
                } else if state
                    .candidates
                    .get(&id)
                    .is_some_and(|asked| asked.is_known)
                {
                    not_ours.push(row);
                }
            }
            others = Some(not_ours);
            if let Some(list) = &seen.list {
                let trouble = state
                    .trouble
                    .as_ref()
                    .map(|(_, trouble)| trouble.sentence());
                // Whoever waits for a filter to take effect shall not wait for the next look.
                again = !list.choice.is_empty()
                    && list.ours + list.others < list.people
                    && trouble.is_none()
                    && state.is_connected();
                views.extend(view::greenhouse::list(list, trouble));
            }
            views
        }
    };
    write_back::ask(state, now, asks, effects);
    live::looked(state, tab, shown, is_list);
    Reply::Views {
        views,
        lang: crate::language::tag(),
        key: reply_key,
        again,
        sets,
        job,
        others,
        choice: None,
        fetch,
    }
}

fn pressed(
    state: &mut State,
    now: Millis,
    action: &str,
    value: &str,
    press_key: String,
    page: Option<(&ProfilePage, &str)>,
    effects: &mut Vec<Effect>,
) {
    let (verb, key) = action.split_once(':').unwrap_or((action, ""));
    match (verb, page) {
        ("send", Some((page, url))) => send(state, now, page, press_key, url, false, effects),
        ("send-one-name", Some((page, url))) => {
            send(state, now, page, press_key, url, true, effects)
        }
        // The look that follows asks.
        ("sync", _) => {
            let asked = key
                .parse()
                .ok()
                .and_then(|id| state.candidates.get_mut(&id));
            if let Some(asked) = asked {
                asked.refreshed = 0;
                asked.by_press = true;
            }
        }
        ("open-welcome", _) => effects.push(Effect::OpenPage("welcome.html#start".to_owned())),
        ("open-options", _) => effects.push(Effect::OpenOptions),
        ("try-now", _) => {
            if let Some(record) = find(&mut state.records, key).filter(|record| !record.is_final())
            {
                record.due = Some(now);
            }
        }
        ("dismiss", _) if state.record(key).is_some_and(Record::is_final) => {
            state.remove(key);
            effects.push(Effect::Forget {
                key: key.to_owned(),
            });
            effects.push(Effect::TellPages);
        }
        ("there", _) => {
            let decision = Decision::ItIsThere {
                profile_url: value.trim().to_owned(),
            };
            decide(state, key, decision, effects);
        }
        ("track-set" | "track-undo" | "track-skip" | "track-done", _) => {
            write_back::pressed(state, now, verb, key, effects)
        }
        ("send-again", _) => decide(state, key, Decision::SendAgain, effects),
        _ if verb.starts_with("apply-") => applications::pressed(state, verb, key, effects),
        _ => {}
    }
}

fn send(
    state: &mut State,
    now: Millis,
    page: &ProfilePage,
    press_key: String,
    url: &str,
    with_one_name: bool,
    effects: &mut Vec<Effect>,
) {
    let Some(external_id) = page.external_id.clone() else {
        return;
    };
    if state.record(&press_key).is_some() {
        return;
    }
    if let Some(record) = state.latest(&external_id) {
        if !matches!(record.standing(), record::Standing::Refused(_)) {
            return;
        }
        let key = record.key.clone();
        state.remove(&key);
        effects.push(Effect::Forget { key });
    }
    let mut profile = page.profile.clone();
    if profile.last_name.trim().is_empty() {
        if !with_one_name {
            state.one_name.push(external_id);
            return;
        }
        profile.last_name = NO_LAST_NAME.to_owned();
    }
    let checked = profile.check();
    let request = SendRequest {
        external_id,
        job_id: None,
        profile,
        resume: None,
    };
    let mut record = Record::new(press_key, page.name.full(), now, &request);
    if let Err(invalid) = checked {
        let title = say!(
            "This profile cannot be sent: its {field} {reason}.",
            field = invalid.field,
            reason = invalid.reason
        );
        let problem = refusal(ProblemCode::InvalidRequest, &title);
        record.learn(now, SendState::Refused { problem });
    }
    state.wanted = applications::wait_for_file(&mut record, now, url, &request.profile);
    effects.push(Effect::Keep(Box::new(record.clone())));
    state.records.push(record);
    effects.push(Effect::TellPages);
}

/// A refusal of our own; the proxy's come with their own words.
fn refusal(code: ProblemCode, title: &str) -> Problem {
    Problem {
        kind: String::new(),
        title: title.to_owned(),
        status: 0,
        code,
        detail: None,
        field: None,
        params: Default::default(),
    }
}

fn decide(state: &mut State, key: &str, decision: Decision, effects: &mut Vec<Effect>) {
    let base = state.settings.proxy.clone();
    if let Some(record) = find(&mut state.records, key)
        && (matches!(record.standing(), record::Standing::Uncertain) || record.hold.is_some())
        && !record.in_flight
    {
        record.in_flight = true;
        record.said = None;
        let call = Call::Decide {
            key: key.to_owned(),
            decision,
        };
        effects.push(Effect::Call { base, call });
    }
}

fn answered(
    state: &mut State,
    now: Millis,
    call: Call,
    answer: &Answer,
    effects: &mut Vec<Effect>,
) {
    match call {
        Call::PostSend { key, .. } | Call::GetSend { key, .. } => {
            send_answered(state, now, &key, false, answer, effects);
        }
        Call::Decide { key, .. } | Call::DismissApplication { key } => {
            send_answered(state, now, &key, true, answer, effects);
        }
        Call::ProposeJob(job) => {
            applications::job_answered(state, now, &job.id, false, answer, effects);
        }
        Call::PutJobLink(JobLinkRequest {
            jopwell_job: job, ..
        }) => applications::job_answered(state, now, &job.id, true, answer, effects),
        Call::PostResume { key, .. } => {
            applications::file_answered(state, now, &key, answer, effects);
        }
        Call::Lookup(request, number) => match call::read::<LookupResponse>(answer) {
            Ok(response) => {
                state.trouble = None;
                let outdated = live::is_outdated(state, number);
                if outdated {
                    look_up_again(state, &request);
                }
                if outdated || learn_candidates(state, now, &request, number, response) {
                    effects.push(Effect::TellPages);
                }
            }
            Err(trouble) => {
                if repeat_after(state, now, &trouble) {
                    look_up_again(state, &request);
                }
                note_trouble(state, now, trouble, effects);
            }
        },
        Call::GetChanges { .. } => match call::read::<ChangesPage>(answer) {
            Ok(page) => live::learn(state, now, page, effects),
            Err(trouble) if trouble.is_signed_out() => note_trouble(state, now, trouble, effects),
            Err(_) => {}
        },
        Call::JobPage { id, body } => jobs::learn(state, now, &id, &body, answer, effects),
        Call::LinkJob { .. }
        | Call::UnlinkJob { .. }
        | Call::FindJobs { .. }
        | Call::TrackingLink { .. }
        | Call::Describe { .. }
        | Call::FinishJobSave { .. }
        | Call::UndoJobSave { .. } => jobs::answered(state, call, answer, effects),
        Call::PlanWriteBacks(request) => {
            write_back::answered(state, now, &request, answer, effects);
        }
        // The row shows another status now. Where this did not arrive, the row is free again soon.
        Call::FinishWriteBack { id, .. } => {
            write_back::finished(state, id);
            effects.push(Effect::TellPages);
        }
        Call::GetConnection => match call::read::<Connection>(answer) {
            Ok(connection) => learn_connection(state, now, Some(connection), effects),
            Err(trouble) => note_trouble(state, now, trouble, effects),
        },
    }
}

fn send_answered(
    state: &mut State,
    now: Millis,
    key: &str,
    is_decision: bool,
    answer: &Answer,
    effects: &mut Vec<Effect>,
) {
    let Some(record) = find(&mut state.records, key) else {
        return;
    };
    record.in_flight = false;
    let before = record.clone();
    let mut disconnected = false;
    match call::read::<Send>(answer) {
        Ok(send) => {
            state.trouble = None;
            record.hold = call::read::<Held>(answer).ok().and_then(|held| held.0);
            record.learn_file(&send);
            record.learn(now, send.state);
        }
        Err(Trouble::Problem(problem)) if problem.code == ProblemCode::StillRunning => {
            let reason = atsi_protocol::WaitReason::Sending;
            record.learn(
                now,
                SendState::Waiting {
                    reason,
                    retry_at: None,
                },
            );
        }
        // Somebody or something else settled it: ask how.
        Err(Trouble::Problem(problem)) if problem.code == ProblemCode::NotUncertain => {
            record.due = Some(now);
        }
        Err(Trouble::Problem(problem))
            if problem.code == ProblemCode::NotFound
                && matches!(record.at, Whereabouts::AtProxy(_)) =>
        {
            let problem = problem.with_detail(
                "The proxy does not know this send any more. Look in Greenhouse before you send again.",
            );
            record.learn(now, SendState::Refused { problem });
        }
        Err(trouble) if applications::is_unknown_file(&trouble) => {
            record.attach(None);
            record.due = Some(now);
        }
        Err(trouble) => {
            let here = matches!(record.at, Whereabouts::Here { .. });
            match trouble {
                Trouble::Problem(problem)
                    if here && Trouble::Problem(problem.clone()).is_refusal() =>
                {
                    record.learn(now, SendState::Refused { problem });
                }
                trouble => {
                    disconnected = trouble == Trouble::NotConnected;
                    if is_decision {
                        record.said = Some(trouble.sentence());
                    }
                    record.not_taken(now, trouble);
                }
            }
        }
    }
    if *record != before {
        if let record::Standing::InGreenhouse(there) = record.standing() {
            // Pages that were looked up before now have another answer.
            let candidate_id = there.candidate_id;
            state.candidates.remove(&candidate_id);
            // The number of the last change stays: an answer from before it says nothing.
            if let Some(known) = state.known.get_mut(&record.external_id) {
                known.asked_at = 0;
                known.candidate = None;
            }
        }
        effects.push(Effect::Keep(Box::new(record.clone())));
        effects.push(Effect::TellPages);
    }
    if disconnected {
        ask_for_connection_now(state, now, effects);
    }
}

fn learn_candidates(
    state: &mut State,
    now: Millis,
    request: &LookupRequest,
    number: u64,
    response: LookupResponse,
) -> bool {
    if state.known.len() + response.candidates.len() > KNOWN_KEPT {
        state.known.clear();
        state.candidates.clear();
    }
    let mut changed = false;
    for id in &request.candidate_ids {
        let asked = state.candidates.entry(*id).or_default();
        changed |= asked.external_id.as_ref().is_some_and(|whose| {
            !(response.candidates.iter()).any(|candidate| candidate.external_id == *whose)
        });
        asked.external_id = None;
        asked.is_known = true;
    }
    let mut found: HashMap<String, KnownCandidate> = response
        .candidates
        .into_iter()
        .map(|candidate| (candidate.external_id.clone(), candidate))
        .collect();
    for id in &request.external_ids {
        if !found.contains_key(id) {
            changed |= know(state, now, number, id, None);
        }
    }
    for (id, candidate) in found.drain() {
        if let SendState::Created(there) | SendState::Existing(there) = &candidate.send {
            let asked = state.candidates.entry(there.candidate_id).or_default();
            asked.external_id = Some(id.clone());
        }
        changed |= know(state, now, number, &id, Some(candidate));
    }
    changed
}

/// Whether that is news; what a later change told stays.
fn know(
    state: &mut State,
    now: Millis,
    number: u64,
    id: &str,
    candidate: Option<KnownCandidate>,
) -> bool {
    let known = state.known.entry(id.to_owned()).or_default();
    if known.number > number {
        return false;
    }
    known.number = number;
    known.asked_at = now;
    let news = known.candidate != candidate;
    known.candidate = candidate;
    news
}

fn learn_connection(
    state: &mut State,
    now: Millis,
    connection: Option<Connection>,
    effects: &mut Vec<Effect>,
) {
    state.trouble = None;
    state.connection_asked = Some(now);
    if state.settings.connection != connection {
        state.settings.connection = connection;
        save_settings(state, effects);
        effects.push(Effect::TellPages);
    }
    if state.is_connected() {
        state.known.retain(|_, known| known.candidate.is_some());
        for record in &mut state.records {
            let waits = matches!(
                record.at,
                Whereabouts::Here {
                    trouble: Some(_),
                    ..
                }
            );
            if waits && !record.in_flight {
                record.due = Some(now);
            }
        }
    }
}

fn note_trouble(state: &mut State, now: Millis, trouble: Trouble, effects: &mut Vec<Effect>) {
    let news = state.trouble.as_ref().map(|(_, known)| known) != Some(&trouble);
    if trouble == Trouble::NotConnected {
        ask_for_connection_now(state, now, effects);
    }
    if trouble.is_signed_out() {
        // What the company knows is for its people only.
        state.known.clear();
        state.candidates.clear();
        effects.push(Effect::ForgetSession);
        if state.settings.connection.take().is_some() {
            save_settings(state, effects);
        }
    }
    state.trouble = Some((now, trouble));
    if news {
        effects.push(Effect::TellPages);
    }
}

fn ask_for_connection_now(state: &mut State, now: Millis, effects: &mut Vec<Effect>) {
    state.connection_asked = None;
    ask_for_connection(state, now, effects);
}

fn ask_for_connection(state: &mut State, now: Millis, effects: &mut Vec<Effect>) {
    if state
        .connection_asked
        .is_none_or(|asked| asked + PAUSE_AFTER_TROUBLE <= now)
    {
        state.connection_asked = Some(now);
        let base = state.settings.proxy.clone();
        effects.push(Effect::Call {
            base,
            call: Call::GetConnection,
        });
    }
}

fn look_up_people(state: &mut State, now: Millis, ids: &[String], effects: &mut Vec<Effect>) {
    let mut stale = Vec::new();
    for id in ids {
        let known = state.known.get(id);
        if known.is_none_or(|known| known.asked_at + FRESH <= now) && !stale.contains(id) {
            stale.push(id.clone());
        }
    }
    for ids in stale.chunks(MAX_LOOKUP_IDS) {
        let request = LookupRequest {
            external_ids: ids.to_vec(),
            ..LookupRequest::default()
        };
        look_up(state, now, request, effects);
    }
}

fn look_up_candidates(
    state: &mut State,
    now: Millis,
    ids: Vec<u64>,
    refresh: bool,
    effects: &mut Vec<Effect>,
) {
    let mut stale = Vec::new();
    for id in ids {
        let asked = state.candidates.get(&id);
        let good_until = match refresh {
            true => asked.map_or(0, |asked| asked.refreshed + STATUS_FRESH),
            false => asked.map_or(0, |asked| asked.looked_up + FRESH),
        };
        if good_until <= now && !stale.contains(&id) {
            stale.push(id);
        }
    }
    for ids in stale.chunks(MAX_LOOKUP_IDS) {
        let mut by_press = false;
        if refresh {
            for id in ids {
                let asked = state.candidates.get_mut(id);
                by_press |= asked.is_some_and(|asked| std::mem::take(&mut asked.by_press));
            }
        }
        let request = LookupRequest {
            candidate_ids: ids.to_vec(),
            refresh,
            by_press,
            ..LookupRequest::default()
        };
        look_up(state, now, request, effects);
    }
}

fn look_up(state: &mut State, now: Millis, request: LookupRequest, effects: &mut Vec<Effect>) {
    if !state.is_connected() {
        return;
    }
    if let Some((since, _)) = state.trouble
        && since + PAUSE_AFTER_TROUBLE > now
    {
        repeat(state, since + PAUSE_AFTER_TROUBLE);
        return;
    }
    for id in &request.candidate_ids {
        let asked = state.candidates.entry(*id).or_default();
        asked.looked_up = now;
        if request.refresh {
            asked.refreshed = now;
        }
    }
    for id in &request.external_ids {
        state.known.entry(id.clone()).or_default().asked_at = now;
    }
    let number = state.settings.after.unwrap_or_default();
    ask_proxy(state, Call::Lookup(request, number), effects);
}

/// What the proxy did not answer, or too late, is asked with the next look.
fn look_up_again(state: &mut State, request: &LookupRequest) {
    for id in &request.external_ids {
        if let Some(known) = state.known.get_mut(id) {
            known.asked_at = 0;
        }
    }
    for id in &request.candidate_ids {
        if let Some(asked) = state.candidates.get_mut(id) {
            asked.looked_up = 0;
            if request.refresh {
                asked.refreshed = 0;
                asked.by_press |= request.by_press;
            }
        }
    }
}

/// Whether to ask again helps; then open pages look again soon.
fn repeat_after(state: &mut State, now: Millis, trouble: &Trouble) -> bool {
    let helps = !trouble.is_refusal() && !trouble.is_signed_out();
    if helps {
        repeat(state, now + PAUSE_AFTER_TROUBLE);
    }
    helps
}

/// Open pages look again then, or earlier.
fn repeat(state: &mut State, at: Millis) {
    state.repeat_at = Some(state.repeat_at.map_or(at, |known| known.min(at)));
}

/// A question that went unanswered is asked again while a page waits for it; when to look again.
fn repeat_what_is_due(state: &mut State, now: Millis, effects: &mut Vec<Effect>) -> Option<Millis> {
    let at = state.repeat_at?;
    if live::is_watched(state) && at > now {
        return Some(at);
    }
    state.repeat_at = None;
    if live::is_watched(state) {
        effects.push(Effect::TellPages);
    }
    None
}

fn start_what_is_due(state: &mut State, now: Millis, effects: &mut Vec<Effect>) {
    let base = state.settings.proxy.clone();
    let mut next = live::tick(state, now, effects);
    let waiting = write_back::tick(state, now, effects);
    let telling = notifications::tick(state, now, effects);
    let repeating = repeat_what_is_due(state, now, effects);
    let mut ring = |at: Millis| next = Some(next.map_or(at, |next| next.min(at)));
    for at in [waiting, telling, repeating].into_iter().flatten() {
        ring(at);
    }
    for record in &mut state.records {
        let Some(due) = record.due else { continue };
        if record.in_flight {
            ring(now + LOOK_AFTER);
            continue;
        }
        if due > now {
            ring(due);
            continue;
        }
        record.in_flight = true;
        ring(now + LOOK_AFTER);
        let call = match &record.at {
            Whereabouts::Here { request, .. } => Call::PostSend {
                key: record.key.clone(),
                body: request.clone(),
                is_application: record.job.is_some(),
            },
            Whereabouts::AtProxy(_) => Call::GetSend {
                key: record.key.clone(),
                is_application: record.job.is_some(),
            },
        };
        effects.push(Effect::Call {
            base: base.clone(),
            call,
        });
    }
    if let Some(next) = next
        && state.wake.is_none_or(|wake| next < wake || wake <= now)
    {
        state.wake = Some(next);
        effects.push(Effect::WakeAt(next));
    }
}

fn forget_old(state: &mut State, effects: &mut Vec<Effect>) {
    // Who was forgotten while their row still stands in the tracker would be read, and asked for, again.
    for (is_application, most) in [(false, SETTLED_KEPT), (true, APPLICATIONS_KEPT)] {
        let is_one = |record: &&Record| record.is_final() && record.job.is_some() == is_application;
        while state.records.iter().filter(is_one).count() > most {
            let settled = state.records.iter().filter(is_one);
            let Some(oldest) = settled.min_by_key(|record| record.asked_at) else {
                return;
            };
            let key = oldest.key.clone();
            state.remove(&key);
            effects.push(Effect::Forget { key });
        }
    }
}

fn show_what_waits(state: &mut State, effects: &mut Vec<Effect>) {
    let waiting = state
        .records
        .iter()
        .filter(|record| record.waits_or_needs_decision())
        .count();
    if waiting != state.toolbar {
        state.toolbar = waiting;
        effects.push(Effect::Toolbar { waiting });
    }
}

/// Borrows the records alone, so that the rest of the state stays free.
fn find<'a>(records: &'a mut [Record], key: &str) -> Option<&'a mut Record> {
    records.iter_mut().find(|record| record.key == key)
}

impl State {
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.settings
            .connection
            .as_ref()
            .is_some_and(|connection| connection.state != ConnectionState::None)
    }

    /// Nobody is signed in here, or no longer.
    #[must_use]
    pub fn is_signed_out(&self) -> bool {
        (self.trouble.as_ref()).is_some_and(|(_, trouble)| trouble.is_signed_out())
    }

    #[must_use]
    pub fn record(&self, key: &str) -> Option<&Record> {
        self.records.iter().find(|record| record.key == key)
    }

    fn remove(&mut self, key: &str) {
        self.records.retain(|record| record.key != key);
    }

    /// The newest send of a person from this browser.
    #[must_use]
    pub fn latest(&self, external_id: &str) -> Option<&Record> {
        self.records
            .iter()
            .filter(|record| record.external_id == external_id && record.job.is_none())
            .max_by_key(|record| record.asked_at)
    }

    /// What the proxy knows of a person, from whoever sent them.
    #[must_use]
    pub fn known(&self, external_id: &str) -> Option<&KnownCandidate> {
        self.known.get(external_id)?.candidate.as_ref()
    }

    fn in_greenhouse(&self, external_id: &str) -> Option<&InGreenhouse> {
        match &self.known(external_id)?.send {
            SendState::Created(there) | SendState::Existing(there) => Some(there),
            _ => None,
        }
    }

    #[must_use]
    pub fn has_one_name(&self, external_id: &str) -> bool {
        self.one_name.iter().any(|one| one == external_id)
    }

    /// What is not done yet for a person: what the proxy knows of, and what it has not taken yet.
    fn waiting(&self, candidate: &KnownCandidate) -> Vec<Waiting> {
        let here = self.records.iter().filter(|record| {
            record.external_id == candidate.external_id
                && !record.is_final()
                && matches!(record.at, Whereabouts::Here { .. })
        });
        let here = here.map(|record| Waiting {
            what: match record.job {
                Some(_) => WaitingFor::Application,
                None => WaitingFor::Send,
            },
            name: None,
            failed: false,
        });
        candidate.waiting.iter().cloned().chain(here).collect()
    }

    fn candidate(&self, candidate_id: u64) -> Option<&KnownCandidate> {
        self.known(self.candidates.get(&candidate_id)?.external_id.as_deref()?)
    }
}

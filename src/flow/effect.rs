//! What is to be done about an event, in this order.

use super::call::Call;
use crate::message::Answer;
use crate::state::State;
use crate::state::notifications::News;
use crate::state::record::Record;
use crate::state::settings::Settings;
use atsi_protocol::Millis;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Done, and known to be on disk, before the effects that follow.
    Keep(Box<Record>),
    Forget {
        key: String,
    },
    SaveSettings(Settings),
    Answer {
        to: u32,
        answer: Answer,
    },
    Call {
        base: String,
        call: Call,
    },
    /// What follows is asked with the session that is on disk now.
    ReadSession,
    /// The token on disk no longer works.
    ForgetSession,
    /// Every open page of ours looks again.
    TellPages,
    /// Ring not before this moment, and not much later.
    WakeAt(Millis),
    /// The number of sends that wait or need a decision.
    Toolbar {
        waiting: usize,
    },
    OpenOptions,
    /// Show a notification of the browser.
    Notify {
        id: String,
        news: Vec<News>,
    },
    /// Open a page in a tab of its own.
    OpenPage(String),
    /// Open the live channel, instead of any other.
    Listen {
        base: String,
        path: String,
    },
    HangUp,
    /// Report to the proxy, on the live channel, which people are on the screen.
    ReportPeople(Vec<String>),
    /// Report in which tabs pages of ours are open.
    CountPages,
}

/// Never inlined: the copy of the settings takes room.
#[inline(never)]
pub fn save_settings(state: &State, effects: &mut Vec<Effect>) {
    effects.push(Effect::SaveSettings(state.settings.clone()));
}

pub fn ask_proxy(state: &State, call: Call, effects: &mut Vec<Effect>) {
    let base = state.settings.proxy.clone();
    effects.push(Effect::Call { base, call });
}

pub fn keep(record: &Record, effects: &mut Vec<Effect>) {
    effects.push(Effect::Keep(Box::new(record.clone())));
}

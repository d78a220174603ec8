//! What happens to the core.

use super::call::{Call, ProxyAnswer};
use crate::message::{Ask, SignedInTo};
use crate::state::record::Record;
use crate::state::settings::Settings;
use atsi_protocol::live::LiveMessage;

#[derive(Debug)]
pub enum Event {
    /// The worker has started and read its disk.
    Started {
        settings: Settings,
        records: Vec<Record>,
    },
    /// A page in this tab, or the popup, asks; the reply goes to `to`.
    Asked {
        to: u32,
        tab: u32,
        ask: Ask,
    },
    Answered {
        call: Call,
        answer: ProxyAnswer,
    },
    /// A record could not be written; whatever was to follow from it did not happen.
    NotKept {
        key: String,
    },
    /// An alarm or a timer rang.
    Woke,
    /// A message of the live channel.
    Heard(LiveMessage),
    /// The live channel broke, or could not be opened.
    HungUp,
    /// The proxy closed the live channel because the session has ended.
    SignedOut,
    /// The company's policy signed this device in; the token is on disk.
    Enrolled(SignedInTo),
    /// The tabs in which a page of either site is open.
    Pages(Vec<u32>),
    /// The notification with this id was clicked.
    NotificationClicked(String),
    /// Another language is spoken from now on.
    Spoken,
}

//! The live channel, and which pages are open.

use atsi_protocol::Millis;

#[derive(Debug, Default)]
pub struct Live {
    /// By tab: the people whom its page shows, those asked about last first.
    pub tabs: Vec<(u32, Vec<String>)>,
    /// The people on the screen, as last reported to the proxy.
    pub reported: Vec<String>,
    /// A page of either site is open.
    pub is_watched: bool,
    /// Pages were counted since the worker started.
    pub is_counted: bool,
    pub channel: Channel,
    /// Failures in a row.
    pub tries: u32,
    /// When something is to be done about the channel.
    pub due: Millis,
    /// An answer to a question from before this change may be outdated.
    pub floor: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Channel {
    #[default]
    Closed,
    Opening,
    Open,
}

//! The connection on the options page; the page itself is static HTML.

use super::node::{Node, Tone};
use super::popup::connection_facts;
use super::problem;
use crate::state::trouble::Trouble;
use atsi_protocol::{Connection, ConnectionState};

const REPAIR: &str =
    key!("Connect again, with a new key if needed. Nothing is lost: waiting sends go out then.");
/// The proxy writes to every admin, once.
pub const ADMINS_NOTIFIED: &str =
    key!("Your admins have been notified. Sends wait until the connection works again.");

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionsView {
    /// `Connected` and the like, announced when it changes; empty before anyone has connected.
    pub state: &'static str,
    pub tone: Tone,
    pub connection: Option<Node>,
    /// What went wrong and what to do next.
    pub problem: Option<String>,
}

/// `known` is the last known connection, for when the proxy does not answer. A person who may not repair the
/// connection reads that others were notified.
#[must_use]
pub fn options(
    answer: Result<Connection, Trouble>,
    known: Option<Connection>,
    may_repair: bool,
) -> OptionsView {
    let is_answered = answer.is_ok();
    let (connection, trouble) = match answer {
        Ok(connection) => (Some(connection), None),
        Err(trouble) => (known, Some(trouble)),
    };
    let connection = connection.filter(|connection| connection.state != ConnectionState::None);
    let (state, tone) = match connection.as_ref().map(|connection| connection.state) {
        Some(ConnectionState::Active) => (say!("Connected"), Tone::Good),
        Some(ConnectionState::Broken) => (say!("The connection needs repair"), Tone::Bad),
        _ => ("", Tone::Plain),
    };
    let problem = connection.as_ref().and_then(|connection| {
        let own = (connection.problem.as_ref()).map(|problem| match may_repair || !is_answered {
            true => format!("{} {}", problem::sentence(problem), say!(REPAIR)),
            false => format!("{} {}", problem::title(problem), say!(ADMINS_NOTIFIED)),
        });
        own.or_else(|| Some(problem::of_trouble(trouble.as_ref()?)))
    });
    OptionsView {
        state,
        tone,
        connection: connection.as_ref().map(connection_facts),
        problem,
    }
}

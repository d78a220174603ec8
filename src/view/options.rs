//! What the options page shows; the page itself is static HTML.

use super::node::{Node, Tone};
use super::popup::connection_facts;
use crate::flow::State;
use atsi_protocol::ConnectionState;
use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OptionsView {
    pub proxy: String,
    /// `Connected` and the like, announced when it changes; empty before anybody has connected.
    pub state: &'static str,
    pub tone: Tone,
    pub connection: Option<Node>,
    /// What went wrong and what to do next.
    pub problem: Option<String>,
}

#[must_use]
pub fn options(state: &State, problem: Option<String>) -> OptionsView {
    let connection = state
        .settings
        .connection
        .as_ref()
        .filter(|c| c.state != ConnectionState::None);
    let (words, tone) = match connection.map(|connection| connection.state) {
        Some(ConnectionState::Active) => ("Connected", Tone::Good),
        Some(ConnectionState::Broken) => ("The connection needs repair", Tone::Bad),
        _ => ("", Tone::Plain),
    };
    let own_problem = || {
        connection?
            .problem
            .as_ref()
            .map(crate::flow::call::problem_sentence)
    };
    let trouble = || {
        state
            .trouble
            .as_ref()
            .map(|(_, trouble)| trouble.sentence())
    };
    OptionsView {
        proxy: state.settings.proxy.clone(),
        state: words,
        tone,
        connection: connection.map(connection_facts),
        problem: problem
            .or_else(own_problem)
            .or_else(|| connection.and_then(|_| trouble())),
    }
}

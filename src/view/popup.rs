//! The toolbar popup.

use super::applications::held;
use super::node::{Node, Tone, button, facts, line, list, section, stack, status, text, time};
use super::problem::{self, of_trouble};
use super::send::{details, headline};
use crate::action::Action;
use crate::state::State;
use crate::state::record::{Record, Standing};
use atsi_protocol::{Connection, ConnectionState, Millis};

/// The most sends that the popup lists.
const LISTED: usize = 8;

#[must_use]
pub fn popup(state: &State, now: Millis) -> Node {
    // Sends that need a person come first, however old.
    let mut listed: Vec<&Record> = Vec::new();
    while let Some(next) = (state.records.iter())
        .filter(|record| !listed.iter().any(|listed| listed.key == record.key))
        .max_by_key(|record| (!record.is_final(), record.asked_at))
        .filter(|_| listed.len() < LISTED)
    {
        listed.push(next);
    }
    let sends: Vec<Node> = listed
        .into_iter()
        .map(|record| {
            let standing = record.standing();
            let mut parts = vec![text(record.name.as_str())];
            if let Some(hold) = &record.hold {
                let mut about = held(hold, record);
                let why = about.first().map(|one| text(one.tip.as_str()));
                about.push(time(record.asked_at));
                parts.push(line(about));
                parts.extend(why);
                return stack(parts);
            }
            parts.push(line(vec![headline(&standing, now), time(record.asked_at)]));
            parts.extend(details(&standing, Some(record), now));
            if matches!(standing, Standing::Refused(_)) {
                parts.push(
                    button(
                        say!("Remove from list"),
                        Action::Dismiss(record.key.clone()),
                    )
                    .tone(Tone::Quiet),
                );
            }
            stack(parts)
        })
        .collect();
    let sends = if sends.is_empty() {
        text(say!(
            "Nothing sent yet. Open a candidate on Jopwell and click Send to ATS."
        ))
        .tone(Tone::Quiet)
    } else {
        list(sends)
    };
    stack(vec![
        connection(state),
        section(say!("Recent sends"), vec![sends]),
    ])
}

fn connection(state: &State) -> Node {
    let connection = state.settings.connection.as_ref();
    let trouble = state
        .trouble
        .as_ref()
        .map(|(_, trouble)| text(of_trouble(trouble)).tone(Tone::Quiet));
    let mut parts = match connection {
        Some(Connection {
            state: ConnectionState::Active,
            account_name,
            ..
        }) => {
            let account = account_name.as_deref().unwrap_or("Greenhouse");
            vec![line(vec![
                status(say!("Connected"), Tone::Good),
                text(account),
            ])]
        }
        Some(Connection {
            state: ConnectionState::Broken,
            problem,
            ..
        }) => {
            let why = problem
                .as_ref()
                .map_or(say!("Greenhouse rejected the key.").to_owned(), |problem| {
                    problem::title(problem)
                });
            let mut parts = vec![
                status(say!("Needs repair"), Tone::Bad),
                text(why).tone(Tone::Quiet),
            ];
            if state.settings.company.is_some() {
                parts.push(
                    text(say!("Your company’s admins have been notified.")).tone(Tone::Quiet),
                );
            }
            parts
        }
        _ if state.is_signed_out() => vec![status(say!("Signed out"), Tone::Warn)],
        _ => vec![
            status(say!("Not connected yet"), Tone::Warn),
            text(say!("Connect your company to Greenhouse in the options.")).tone(Tone::Quiet),
        ],
    };
    parts.extend(trouble);
    stack(parts)
}

/// Facts of a connection, for the options page.
pub fn connection_facts(connection: &Connection) -> Node {
    let mut pairs = Vec::new();
    let texts = [
        (say!("Account"), &connection.account_name),
        (say!("Service user"), &connection.service_user_email),
        (say!("API key"), &connection.masked_key),
    ];
    for (name, value) in texts {
        pairs.extend(value.as_ref().map(|value| (name, text(value))));
    }
    pairs.extend(
        connection
            .connected_at
            .map(|at| (say!("Last connected"), time(at))),
    );
    pairs.extend((connection.connected_by.as_ref()).map(|name| (say!("Connected by"), text(name))));
    facts(pairs)
}

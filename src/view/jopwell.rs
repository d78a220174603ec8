//! What stands on a candidate's profile on Jopwell: a line beside the name, and where something
//! has to be explained, a panel in the corner.

use super::node::{Node, Tone, button, line, panel, status, text};
use super::send::{details, headline};
use crate::flow::record::{Standing, standing_of};
use crate::flow::{NO_LAST_NAME, Place, Placed, State};
use crate::page::ProfilePage;
use atsi_protocol::Millis;

#[must_use]
pub fn profile(state: &State, page: &ProfilePage, now: Millis) -> Vec<Placed> {
    let Some(external_id) = &page.external_id else {
        let why = "This page has no address of its own, so ATSi cannot tell this person apart. Open the candidate's own profile page.";
        return placed(
            status("Cannot be sent", Tone::Warn).tip(why),
            vec![text(why)],
        );
    };
    let own = state.latest(external_id);
    if let Some(known) = state.known(external_id)
        && own.is_none_or(|own| own.is_final())
    {
        let standing = standing_of(&known.send);
        if !matches!(standing, Standing::Refused(_)) {
            let key =
                Some(known.idempotency_key.as_str()).filter(|key| state.record(key).is_some());
            return placed(headline(&standing, now), details(&standing, key, now));
        }
    }
    let send = || button("Send to ATS", "send").tone(Tone::Main);
    match own {
        Some(own) => {
            let standing = own.standing();
            let mut parts = vec![headline(&standing, now)];
            if matches!(standing, Standing::Refused(_)) {
                parts.push(button("Try again", "send"));
            }
            placed(line(parts), details(&standing, Some(&own.key), now))
        }
        None if !state.is_connected() => placed(not_connected(state), Vec::new()),
        None if page.name.last.is_empty() && state.has_one_name(external_id) => {
            let label = format!("Send as “{} {NO_LAST_NAME}”", page.name.first);
            let why =
                "Greenhouse needs a first and a last name, and this profile shows one name only.";
            placed(
                send(),
                vec![
                    status(why, Tone::Warn),
                    button(label, "send-one-name").tone(Tone::Main),
                ],
            )
        }
        None => placed(send(), Vec::new()),
    }
}

fn not_connected(state: &State) -> Node {
    let why = match &state.trouble {
        Some((_, trouble)) if trouble.is_signed_out() => {
            return button("Send to ATS: sign in first", "open-options").tip(trouble.sentence());
        }
        Some((_, trouble)) => trouble.sentence(),
        None => "Your company is not connected to Greenhouse yet.".to_owned(),
    };
    button("Send to ATS: connect first", "open-options")
        .tip(format!("{why} Press to open the ATSi options."))
}

fn placed(beside_name: Node, explanation: Vec<Node>) -> Vec<Placed> {
    let mut views = vec![Placed {
        place: Place::Name,
        node: beside_name,
    }];
    if !explanation.is_empty() {
        views.push(Placed {
            place: Place::Corner,
            node: panel("Send to ATS", explanation),
        });
    }
    views
}

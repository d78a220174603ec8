//! The state of a send in words, for Jopwell's pages and the popup.

use super::node::{Node, Tone, button, form, line, link, status, submit, text};
use super::problem::{self, of_trouble};
use crate::action::Action;
use crate::state::record::{Record, Standing, Wait};
use atsi_protocol::{InGreenhouse, Millis, WaitReason};

pub const IN_GREENHOUSE: &str = key!("In Greenhouse");

/// The state in a few words, one line high.
pub fn headline(standing: &Standing, now: Millis) -> Node {
    match standing {
        Standing::Sending => status(say!("Sending…"), Tone::Busy),
        Standing::InGreenhouse(there) => {
            line(vec![status(say!(IN_GREENHOUSE), Tone::Good), open(there)])
        }
        Standing::Waiting(wait) => {
            let (what, why) = waiting(wait, now);
            status(what, Tone::Warn).tip(why)
        }
        Standing::Refused(problem) => {
            status(say!("Not sent"), Tone::Bad).tip(problem::sentence(problem))
        }
        Standing::Uncertain => status(say!("Check in Greenhouse"), Tone::Warn).tip(say!(UNCERTAIN)),
    }
}

pub fn open(there: &InGreenhouse) -> Node {
    link(say!("Open"), &there.profile_url).tip(say!("Open this candidate in Greenhouse"))
}

/// The explanation of a state and what the person can do; empty where it explains itself. `own` is the send; none
/// where a colleague made it.
pub fn details(standing: &Standing, own: Option<&Record>, now: Millis) -> Vec<Node> {
    let key = own.map(|own| &own.key);
    match standing {
        Standing::Sending | Standing::InGreenhouse(_) => Vec::new(),
        Standing::Waiting(wait) => {
            let mut parts = vec![text(waiting(wait, now).1)];
            parts.extend(key.map(|key| button(say!("Try now"), Action::TryNow(key.clone()))));
            parts
        }
        Standing::Refused(problem) => vec![text(problem::sentence(problem))],
        Standing::Uncertain => {
            let mut parts = vec![text(say!(UNCERTAIN))];
            if let Some(key) = key {
                let submit = submit(say!("Link profile")).tone(Tone::Main);
                parts.push(form(
                    say!("Address of the profile in Greenhouse"),
                    Action::FoundInGreenhouse(key.clone()),
                    submit,
                ));
                let trouble = own.and_then(|own| own.decision_trouble.as_ref());
                parts.extend(trouble.map(|trouble| status(of_trouble(trouble), Tone::Bad)));
                parts.push(button(
                    say!("Send again: not in Greenhouse"),
                    Action::SendAgain(key.clone()),
                ));
            }
            parts
        }
    }
}

const UNCERTAIN: &str = key!(
    "Greenhouse gave no clear answer, so this candidate may or may not be there. ATSi never sends twice on its own: look in Greenhouse, then say what you found."
);

fn waiting(wait: &Wait, now: Millis) -> (String, String) {
    match wait {
        Wait::Proxy(trouble) => (
            say!("Waiting").to_owned(),
            say!(
                "{trouble} The send is kept and goes out automatically.",
                trouble = of_trouble(trouble)
            ),
        ),
        Wait::Greenhouse(reason, retry_at) => {
            let (what, why) = match reason {
                WaitReason::GreenhouseBusy => (
                    key!("Waiting: Greenhouse is busy"),
                    key!("Greenhouse asked ATSi to slow down. The send goes out automatically."),
                ),
                WaitReason::GreenhouseUnreachable => (
                    key!("Waiting: Greenhouse isn’t responding"),
                    say!(
                        "Greenhouse can’t be reached. The send goes out automatically as soon as it can be."
                    ),
                ),
                WaitReason::ConnectionBroken => (
                    key!("Waiting: the connection needs repair"),
                    say!(
                        "Greenhouse no longer accepts the company’s API key or its user. The send goes out automatically once an admin connects again in the ATSi options."
                    ),
                ),
                WaitReason::Held => (
                    key!("Waiting: someone may have to decide"),
                    key!(
                        "The application is kept. It goes out automatically, or once someone decides. The job’s applicants on Jopwell show what it’s waiting for."
                    ),
                ),
                WaitReason::Sending => (key!("Sending…"), key!("The send is on its way.")),
            };
            (
                format!("{}{}", say!(what), until(*retry_at, now)),
                say!(why).to_owned(),
            )
        }
    }
}

/// `, about 40 s`, for a moment in the future.
fn until(at: Option<Millis>, now: Millis) -> String {
    match at
        .and_then(|at| at.checked_sub(now))
        .map(|left| left.div_ceil(1_000))
    {
        None | Some(0) => String::new(),
        Some(seconds) if seconds < 90 => say!(", about {count} s", count = seconds),
        Some(seconds) => say!(", about {count} min", count = seconds.div_ceil(60)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_rounded() {
        assert_eq!(until(None, 5), "");
        assert_eq!(until(Some(4), 5), "");
        assert_eq!(until(Some(40_005), 5), ", about 40 s");
        assert_eq!(until(Some(240_006), 5), ", about 5 min");
    }
}

//! How a send reads, on a Jopwell page and in the popup alike.

use super::node::{Node, Tone, button, form, line, link, status, submit, text};
use crate::action::Action;
use crate::state::record::{Record, Standing, Wait};
use crate::state::trouble::problem_sentence;
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
            status(say!("Not sent"), Tone::Bad).tip(problem_sentence(problem))
        }
        Standing::Uncertain => status(say!("Check in Greenhouse"), Tone::Warn).tip(say!(UNCERTAIN)),
    }
}

pub fn open(there: &InGreenhouse) -> Node {
    link(say!("Open"), &there.profile_url).tip(say!("Open this candidate in Greenhouse"))
}

/// What stands behind the state, and what can be done about it; empty where there is nothing to
/// explain. `own` is the send, none where it is somebody else's.
pub fn details(standing: &Standing, own: Option<&Record>, now: Millis) -> Vec<Node> {
    let key = own.map(|own| &own.key);
    match standing {
        Standing::Sending | Standing::InGreenhouse(_) => Vec::new(),
        Standing::Waiting(wait) => {
            let mut parts = vec![text(waiting(wait, now).1)];
            parts.extend(key.map(|key| button(say!("Try now"), Action::TryNow(key.clone()))));
            parts
        }
        Standing::Refused(problem) => vec![text(problem_sentence(problem))],
        Standing::Uncertain => {
            let mut parts = vec![text(say!(UNCERTAIN))];
            if let Some(key) = key {
                let submit = submit(say!("It is there")).tone(Tone::Main);
                parts.push(form(
                    say!("Link to the profile in Greenhouse"),
                    Action::FoundInGreenhouse(key.clone()),
                    submit,
                ));
                let trouble = own.and_then(|own| own.decision_trouble.as_ref());
                parts.extend(trouble.map(|trouble| status(trouble.sentence(), Tone::Bad)));
                parts.push(button(
                    say!("It is not there, send again"),
                    Action::SendAgain(key.clone()),
                ));
            }
            parts
        }
    }
}

const UNCERTAIN: &str = key!(
    "Greenhouse gave no clear answer, so this candidate may or may not be there. ATSi never sends twice by itself: please look in Greenhouse, then say what you found."
);

fn waiting(wait: &Wait, now: Millis) -> (String, String) {
    match wait {
        Wait::Proxy(trouble) => (
            say!("Waiting").to_owned(),
            say!(
                "{trouble} The send is kept and goes out by itself.",
                trouble = trouble.sentence()
            ),
        ),
        Wait::Greenhouse(reason, retry_at) => {
            let (what, why) = match reason {
                WaitReason::GreenhouseBusy => (
                    key!("Waiting: Greenhouse is busy"),
                    key!("Greenhouse asked us to slow down. The send goes out by itself."),
                ),
                WaitReason::GreenhouseUnreachable => (
                    key!("Waiting: Greenhouse does not answer"),
                    say!(
                        "Greenhouse cannot be reached. The send goes out by itself as soon as it can."
                    ),
                ),
                WaitReason::ConnectionBroken => (
                    key!("Waiting: the connection needs repair"),
                    say!(
                        "Greenhouse no longer accepts the company's API key or its user. The send goes out by itself once an admin has connected again in the ATSi options."
                    ),
                ),
                WaitReason::Held => (
                    key!("Waiting: somebody may have to decide"),
                    key!(
                        "The application is kept. It goes by itself, or once somebody decides: the job's applicants on Jopwell say what it waits for."
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

/// `, about 40 s`, for a moment that is not past.
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
    fn waits_are_told_in_round_words() {
        assert_eq!(until(None, 5), "");
        assert_eq!(until(Some(4), 5), "");
        assert_eq!(until(Some(40_005), 5), ", about 40 s");
        assert_eq!(until(Some(240_006), 5), ", about 5 min");
    }
}

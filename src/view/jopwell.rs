//! Views on a candidate's profile on Jopwell: a line beside the name, and a panel in the corner where something
//! needs an explanation.

use super::greenhouse::{MERGED_INTO, state_of, unreadable};
use super::node::{Node, Tone, button, line, panel, status, text, time};
use super::problem::of_trouble;
use super::reply::{Place, Placed};
use super::resume;
use super::send::{IN_GREENHOUSE, details, headline, open};
use crate::action::Action;
use crate::page::ProfilePage;
use crate::state::record::{Standing, standing_of};
use crate::state::{NO_LAST_NAME, State};
use atsi_protocol::{InGreenhouse, KnownCandidate, Millis, SendState};
use std::borrow::Cow;

#[must_use]
pub fn profile(state: &State, page: &ProfilePage, now: Millis) -> Vec<Placed> {
    let mut views = about(state, page, now);
    let id = page.external_id.as_deref();
    let notes = (state.records.iter())
        .filter(|record| Some(record.external_id.as_str()) == id)
        .filter_map(|record| record.file.as_ref());
    let notes: Vec<Node> = notes.map(|note| text(resume::sentence(note))).collect();
    if notes.is_empty() {
        return views;
    }
    match views.iter_mut().find(|view| view.place == Place::Corner) {
        Some(corner) => corner.node.children.extend(notes),
        None => views.push(Placed {
            place: Place::Corner,
            node: panel(say!("Send to ATS"), notes),
        }),
    }
    views
}

fn about(state: &State, page: &ProfilePage, now: Millis) -> Vec<Placed> {
    let Some(external_id) = &page.external_id else {
        let why = say!(
            "This page has no address of its own, so ATSi can’t tell whose profile it is. Open the candidate’s own profile page."
        );
        return placed(
            status(say!("Can’t be sent"), Tone::Warn).tip(why),
            vec![text(why)],
        );
    };
    let own = state.latest(external_id);
    if let Some(known) = state.known(external_id)
        && own.is_none_or(|own| own.is_final())
    {
        let standing = standing_of(&known.send);
        if !matches!(standing, Standing::Refused(_)) {
            let own = state.record(&known.idempotency_key);
            let beside = in_greenhouse(known).unwrap_or_else(|| headline(&standing, now));
            return placed(beside, details(&standing, own, now));
        }
    }
    let send = || button(say!("Send to ATS"), Action::Send).tone(Tone::Main);
    match own {
        Some(own) => {
            let standing = own.standing();
            let mut parts = vec![headline(&standing, now)];
            if matches!(standing, Standing::Refused(_)) {
                parts.push(button(say!("Try again"), Action::Send));
            }
            placed(line(parts), details(&standing, Some(own), now))
        }
        None if !state.is_connected() => placed(not_connected(state), Vec::new()),
        None if page.name.last.is_empty() && state.has_one_name(external_id) => {
            let label = say!(
                "Send as “{name}”",
                name = format!("{} {NO_LAST_NAME}", page.name.first)
            );
            let why = say!(
                "Greenhouse needs a first and a last name, but this profile shows only one name."
            );
            placed(
                send(),
                vec![
                    status(why, Tone::Warn),
                    button(label, Action::SendWithOneName).tone(Tone::Main),
                ],
            )
        }
        None => placed(send(), Vec::new()),
    }
}

/// In a row of search results or of the tracker; none for candidates who are not in Greenhouse.
#[must_use]
pub fn in_row(known: &KnownCandidate) -> Option<Vec<Node>> {
    there(known)?;
    let (words, tone, tip) = in_brief(known);
    let mut parts = vec![status(words, tone).tip(tip)];
    parts.extend(known.status.as_ref().map(|status| time(status.read_at)));
    Some(parts)
}

fn in_greenhouse(known: &KnownCandidate) -> Option<Node> {
    let there = there(known)?;
    let (words, tone, tip) = in_brief(known);
    let words = match words == say!(IN_GREENHOUSE) {
        true => words.into_owned(),
        false => format!("{} · {words}", say!(IN_GREENHOUSE)),
    };
    let tone = if tone == Tone::Plain {
        Tone::Good
    } else {
        tone
    };
    let mut parts = vec![status(words, tone).tip(tip)];
    parts.extend(known.status.as_ref().map(|status| time(status.read_at)));
    parts.push(open(there));
    Some(line(parts))
}

fn there(known: &KnownCandidate) -> Option<&InGreenhouse> {
    match &known.send {
        SendState::Created(there) | SendState::Existing(there) => Some(there),
        _ => None,
    }
}

/// The most telling application, with all of them as its tooltip.
fn in_brief(known: &KnownCandidate) -> (Cow<'_, str>, Tone, String) {
    let Some(status) = &known.status else {
        return (say!(IN_GREENHOUSE).into(), Tone::Good, String::new());
    };
    if !status.readable {
        let (words, tip) = unreadable(status);
        return (words.into(), Tone::Warn, tip.to_owned());
    }
    let mut best = (0, Cow::Borrowed(say!(IN_GREENHOUSE)), Tone::Good);
    let mut all = Vec::new();
    for application in &status.applications {
        let (words, tone) = state_of(application);
        all.push(match &application.job {
            Some(job) => format!("{words}, {job}"),
            None => words.clone().into_owned(),
        });
        let rank = match application.status.as_str() {
            "hired" => 4,
            "active" if application.stage.is_some() => 3,
            "rejected" => 1,
            _ => 2,
        };
        if rank >= best.0 {
            best = (rank, words, tone);
        }
    }
    if status.merged {
        all.push(say!(MERGED_INTO).to_owned());
    }
    (best.1, best.2, all.join(" · "))
}

/// On Jopwell's account settings: a button to ATSi's pages.
pub fn settings(state: &State) -> Vec<Placed> {
    let (label, tone) = match state.is_connected() {
        true => (say!("ATSi and Greenhouse"), Tone::Plain),
        false => (say!("Set up ATSi"), Tone::Main),
    };
    placed(button(label, Action::OpenWelcome).tone(tone), Vec::new())
}

fn not_connected(state: &State) -> Node {
    let why = match &state.trouble {
        Some((_, trouble)) if state.is_signed_out() => {
            return button(say!("Send to ATS: sign in first"), Action::OpenOptions)
                .tip(of_trouble(trouble));
        }
        Some((_, trouble)) => of_trouble(trouble),
        None => say!("Your company isn’t connected to Greenhouse yet.").to_owned(),
    };
    button(say!("Send to ATS: connect first"), Action::OpenOptions)
        .tip(say!("{why} Click to open the ATSi options.", why = why))
}

fn placed(beside_name: Node, explanation: Vec<Node>) -> Vec<Placed> {
    let mut views = vec![Placed {
        place: Place::Name,
        node: beside_name,
    }];
    if !explanation.is_empty() {
        views.push(Placed {
            place: Place::Corner,
            node: panel(say!("Send to ATS"), explanation),
        });
    }
    views
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::node::Node;
    use atsi_protocol::{ApplicationStatus, CandidateStatus};

    fn shown(readable: bool, merged: bool, pool: Option<&str>) -> Node {
        let known = KnownCandidate {
            external_id: "101".into(),
            idempotency_key: "k".into(),
            sent_at: 1,
            sent_by: None,
            send: SendState::Created(InGreenhouse {
                candidate_id: 7,
                application_id: Some(8),
                profile_url: "https://app.greenhouse.io/people/7".into(),
            }),
            status: Some(CandidateStatus {
                read_at: 2,
                route: None,
                readable,
                merged,
                applications: vec![ApplicationStatus {
                    application_id: 8,
                    job: None,
                    status: "active".into(),
                    stage: None,
                    pool: pool.map(str::to_owned),
                    since: None,
                }],
            }),
            on_jopwell: None,
            waiting: Vec::new(),
        };
        in_row(&known).unwrap().remove(0)
    }

    #[test]
    fn a_prospect_is_shown_with_the_pool_where_it_is_known() {
        assert_eq!(shown(true, false, None).text, "Prospect");
        let in_pool = shown(true, false, Some("Campus 2026"));
        assert_eq!(in_pool.text, "Prospect in “Campus 2026”");
    }

    #[test]
    fn merged_profile_shows_the_status_of_the_other_one() {
        let there = shown(true, true, None);
        assert_eq!(there.text, "Prospect");
        assert!(there.tip.contains("merged into another one"), "{there:?}");
        let away = shown(false, true, None);
        assert_eq!(away.text, "Merged");
        assert!(away.tip.contains("can’t read"), "{away:?}");
        assert_eq!(
            shown(false, false, None).text,
            "Not available with this key"
        );
    }
}

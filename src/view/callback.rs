//! Changes that are delivered to Jopwell's own systems, on the options page.

use super::node::{Node, Tone, button, due, line, list, stack, text, time};
use crate::action::Action;
use atsi_protocol::{Callback, CallbackDelivery, CallbackState};

/// The most deliveries shown; those of 14 days are at `GET /v1/callback/deliveries`.
const SHOWN: usize = 10;

/// The state of deliveries as a whole; none without an address.
#[must_use]
pub fn standing(callback: &Callback) -> Option<Node> {
    let mut parts = match callback.state {
        CallbackState::None => return None,
        CallbackState::Active => match callback.delivered_at {
            Some(at) => vec![
                text(say!("Up to date. Last delivery:")).tone(Tone::Good),
                time(at),
            ],
            None => vec![text(say!("Nothing delivered yet.")).tone(Tone::Quiet)],
        },
        CallbackState::Failing => {
            let mut parts = vec![
                text(say!("Deliveries fail and are retried automatically.")).tone(Tone::Warn),
            ];
            if let Some(since) = callback.failing_since {
                parts.extend([text(say!("Since")).tone(Tone::Quiet), time(since)]);
            }
            parts
        }
        CallbackState::Disabled => vec![
            text(say!("Deliveries stopped: they failed for three days, or Jopwell’s system said that the address is gone. Save the address again once it works; waiting changes go out then."))
                .tone(Tone::Bad),
        ],
    };
    let waiting = match callback.waiting {
        0 => None,
        1 => Some(say!("1 waiting").to_owned()),
        many => Some(say!("{many} waiting", many = many)),
    };
    parts.extend(waiting.map(|words| text(words).tone(Tone::Quiet)));
    Some(line(parts))
}

/// The last deliveries, the newest first. Buttons: `redeliver:ID`.
#[must_use]
pub fn deliveries(state: CallbackState, deliveries: &[CallbackDelivery]) -> Node {
    let may_go = state != CallbackState::Disabled;
    let rows = deliveries.iter().take(SHOWN).map(|delivery| {
        let about = about(delivery);
        let mut state_parts = state_of(delivery);
        if may_go {
            let again = button(say!("Send again"), Action::Redeliver(delivery.id));
            // The tooltip distinguishes buttons with the same words.
            state_parts.push(again.tip(format!(
                "{}: {about}, {}",
                say!("Send again"),
                delivery.webhook_id
            )));
        }
        stack(vec![
            line(vec![
                text(about),
                time(delivery.created_at).tone(Tone::Quiet),
            ]),
            line(state_parts),
        ])
    });
    list(rows.collect())
}

/// Names no candidate: the people who run the systems need not know them.
fn about(delivery: &CallbackDelivery) -> &'static str {
    match (&delivery.idempotency_key, delivery.greenhouse_job_id) {
        (Some(_), _) => say!("Candidate"),
        (None, Some(_)) => say!("Job"),
        (None, None) => say!("Missed changes or a deleted candidate"),
    }
}

fn state_of(delivery: &CallbackDelivery) -> Vec<Node> {
    let answered = || {
        delivery
            .answer
            .as_deref()
            .map_or(String::new(), |answer| format!(", {}", answered(answer)))
    };
    match delivery.state.as_str() {
        "delivered" => vec![text(say!("delivered")).tone(Tone::Good)],
        "failed" => {
            let tried = format!("{}{}", tried(delivery.attempts), answered());
            let words = say!("failed, {tried}", tried = tried);
            vec![text(words).tone(Tone::Bad)]
        }
        _ if delivery.answer.is_none() => vec![text(say!("on its way")).tone(Tone::Busy)],
        _ => {
            let words = format!("{}{}", tried(delivery.attempts), answered());
            let mut parts = vec![text(words).tone(Tone::Warn)];
            if let Some(next) = delivery.next_at {
                parts.extend([text(say!("next attempt:")).tone(Tone::Quiet), due(next)]);
            }
            parts
        }
    }
}

fn tried(attempts: u64) -> String {
    match attempts {
        1 => say!("tried once").to_owned(),
        many => say!("tried {many} times", many = many),
    }
}

fn answered(answer: &str) -> String {
    match answer {
        "timed_out" => say!("no answer within 15 seconds").to_owned(),
        "not_reached" => say!("not reachable").to_owned(),
        "interrupted" => say!("connection lost").to_owned(),
        "address_not_allowed" => say!("not a public Internet address").to_owned(),
        status if status.bytes().all(|byte| byte.is_ascii_digit()) => {
            say!("answered {status}", status = status)
        }
        _ => say!("internal error in the proxy; its log says why").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery(state: &str, attempts: u64, answer: Option<&str>) -> CallbackDelivery {
        CallbackDelivery {
            id: 7,
            webhook_id: "msg_7".to_owned(),
            number: 3,
            idempotency_key: Some("k".to_owned()),
            greenhouse_job_id: None,
            state: state.to_owned(),
            created_at: 1,
            attempts,
            attempted_at: Some(2),
            answer: answer.map(str::to_owned),
            next_at: (state == "waiting").then_some(9),
        }
    }

    fn shown(state: CallbackState, one: CallbackDelivery) -> String {
        serde_json::to_string(&deliveries(state, &[one])).unwrap()
    }

    #[test]
    fn delivery_shows_its_state_and_can_be_sent_again() {
        for (one, words) in [
            (delivery("waiting", 0, None), "on its way"),
            (delivery("delivered", 1, Some("204")), "delivered"),
            (
                delivery("waiting", 1, Some("timed_out")),
                "tried once, no answer within 15 seconds",
            ),
            (
                delivery("waiting", 3, Some("500")),
                "tried 3 times, answered 500",
            ),
            (
                delivery("failed", 40, Some("not_reached")),
                "failed, tried 40 times, not reachable",
            ),
        ] {
            let shown = shown(CallbackState::Active, one);
            assert!(shown.contains(words), "{words}: {shown}");
            assert!(shown.contains("redeliver:7"), "{shown}");
        }
        let waits = shown(CallbackState::Failing, delivery("waiting", 3, Some("500")));
        assert!(waits.contains("next attempt:"), "{waits}");
    }

    #[test]
    fn delivery_shows_its_subject_and_cannot_be_sent_while_disabled() {
        let mut one = delivery("delivered", 1, Some("204"));
        assert!(shown(CallbackState::Active, one.clone()).contains("Candidate"));
        one.idempotency_key = None;
        one.greenhouse_job_id = Some(4);
        let disabled = shown(CallbackState::Disabled, one.clone());
        assert!(disabled.contains("Job"), "{disabled}");
        assert!(!disabled.contains("Send again"), "{disabled}");
        one.greenhouse_job_id = None;
        assert!(shown(CallbackState::Active, one).contains("Missed changes"));
    }

    #[test]
    fn state_without_an_address_is_empty() {
        let mut callback = Callback {
            state: CallbackState::None,
            url: None,
            secret_made_at: None,
            previous_secret_until: None,
            delivered_at: None,
            failing_since: None,
            disabled_at: None,
            waiting: 0,
            secret: None,
        };
        assert_eq!(standing(&callback), None);
        let mut says = |state, waiting| {
            callback.state = state;
            callback.waiting = waiting;
            serde_json::to_string(&standing(&callback)).unwrap()
        };
        assert!(says(CallbackState::Active, 0).contains("Nothing delivered yet."));
        assert!(says(CallbackState::Failing, 1).contains("1 waiting"));
        let disabled = says(CallbackState::Disabled, 3);
        assert!(disabled.contains("Save the address again") && disabled.contains("3 waiting"));
    }
}

//! Changes that are delivered to Jopwell's own systems, on the options page.

use super::node::{Node, Tone, button, line, list, stack, text, time};
use crate::action::Action;
use atsi_protocol::{Callback, CallbackDelivery, CallbackState};

/// The newest are what somebody looks for; all of 14 days are at `GET /v1/callback/deliveries`.
const SHOWN: usize = 10;

/// How it goes as a whole; nothing where there is no address.
#[must_use]
pub fn standing(callback: &Callback) -> Option<Node> {
    let mut parts = match callback.state {
        CallbackState::None => return None,
        CallbackState::Active => match callback.delivered_at {
            Some(at) => vec![
                text(say!("Deliveries arrive, the last at")).tone(Tone::Good),
                time(at),
            ],
            None => vec![text(say!("Nothing has been delivered yet.")).tone(Tone::Quiet)],
        },
        CallbackState::Failing => {
            let mut parts = vec![
                text(say!("What is delivered fails, and is tried again by itself.")).tone(Tone::Warn),
            ];
            if let Some(since) = callback.failing_since {
                parts.extend([text(say!("Since")).tone(Tone::Quiet), time(since)]);
            }
            parts
        }
        CallbackState::Disabled => vec![
            text(say!("Nothing is delivered any more: it failed for three days, or Jopwell’s system answered that it is gone. Save the address again once it is well; what waits goes out then."))
                .tone(Tone::Bad),
        ],
    };
    let waiting = match callback.waiting {
        0 => None,
        1 => Some(say!("One waits.").to_owned()),
        many => Some(say!("{many} wait.", many = many)),
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
        let mut stands = stands(delivery);
        if may_go {
            let again = button(say!("Send again"), Action::Redeliver(delivery.id));
            // Buttons with the same words are told apart by their tooltip.
            stands.push(again.tip(format!(
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
            line(stands),
        ])
    });
    list(rows.collect())
}

/// Never a person's name: whoever looks after the systems need not know it.
fn about(delivery: &CallbackDelivery) -> &'static str {
    match (&delivery.idempotency_key, delivery.greenhouse_job_id) {
        (Some(_), _) => say!("A candidate"),
        (None, Some(_)) => say!("A job"),
        (None, None) => say!("Changes that were missed, or a candidate who is no longer kept"),
    }
}

fn stands(delivery: &CallbackDelivery) -> Vec<Node> {
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
            let words = say!("given up, {tried}", tried = tried);
            vec![text(words).tone(Tone::Bad)]
        }
        _ if delivery.answer.is_none() => vec![text(say!("on its way")).tone(Tone::Busy)],
        _ => {
            let words = format!("{}{}", tried(delivery.attempts), answered());
            let mut parts = vec![text(words).tone(Tone::Warn)];
            if let Some(next) = delivery.next_at {
                parts.extend([text(say!("next at")).tone(Tone::Quiet), time(next)]);
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
        "not_reached" => say!("it could not be reached").to_owned(),
        "interrupted" => say!("the connection broke off").to_owned(),
        "address_not_allowed" => say!("its address is not of the public Internet").to_owned(),
        status if status.bytes().all(|byte| byte.is_ascii_digit()) => {
            say!("answered {status}", status = status)
        }
        _ => say!("the proxy could not make it. Whoever runs the proxy finds why in its log")
            .to_owned(),
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
    fn each_delivery_says_how_it_stands_and_can_be_sent_again() {
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
                "given up, tried 40 times, it could not be reached",
            ),
        ] {
            let shown = shown(CallbackState::Active, one);
            assert!(shown.contains(words), "{words}: {shown}");
            assert!(shown.contains("redeliver:7"), "{shown}");
        }
        let waits = shown(CallbackState::Failing, delivery("waiting", 3, Some("500")));
        assert!(waits.contains("next at"), "{waits}");
    }

    #[test]
    fn it_says_what_it_was_about_and_nothing_is_sent_where_nothing_leaves() {
        let mut one = delivery("delivered", 1, Some("204"));
        assert!(shown(CallbackState::Active, one.clone()).contains("A candidate"));
        one.idempotency_key = None;
        one.greenhouse_job_id = Some(4);
        let disabled = shown(CallbackState::Disabled, one.clone());
        assert!(disabled.contains("A job"), "{disabled}");
        assert!(!disabled.contains("Send again"), "{disabled}");
        one.greenhouse_job_id = None;
        assert!(shown(CallbackState::Active, one).contains("no longer kept"));
    }

    #[test]
    fn without_an_address_there_is_nothing_to_see() {
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
        assert!(says(CallbackState::Active, 0).contains("Nothing has been delivered yet."));
        assert!(says(CallbackState::Failing, 1).contains("One waits."));
        let disabled = says(CallbackState::Disabled, 3);
        assert!(disabled.contains("Save the address again") && disabled.contains("3 wait."));
    }
}

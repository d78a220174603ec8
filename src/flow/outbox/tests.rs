use super::*;
use crate::flow::effect::Effect;
use crate::flow::event::Event;
use crate::flow::send::model::Proxy;
use crate::flow::update;
use crate::message::Click;
use crate::testing::{START, click, clicked, connected, happen, looked, profile, started};
use atsi_protocol::SendRequest;

#[test]
fn settled_sends_beyond_the_limit_are_forgotten_oldest_first() {
    let request = SendRequest {
        external_id: "1".into(),
        job_id: None,
        profile: atsi_protocol::Profile::default(),
        resume: None,
    };
    let records = (0..SENDS_KEPT as u64 + 3).map(|index| {
        let mut record = Record::new(format!("k{index}"), "N".into(), START + index, &request);
        record.learn(START, SendState::Created(Proxy::there("1")));
        record
    });
    let mut state = State::default();
    let effects = update(
        &mut state,
        START,
        Event::Started {
            settings: connected(),
            records: records.collect(),
        },
    );
    let forgotten: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Forget { key } => Some(key.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(forgotten, ["k0", "k1", "k2"]);
}

#[test]
fn clock_set_back_keeps_nothing_waiting() {
    let mut state = started(connected());
    let seen = profile("101", "Imani Okafor");
    happen(&mut state, START, looked(seen.clone()));
    let send = Click {
        key: "a".into(),
        seen: Some(seen.clone()),
        ..click("send")
    };
    happen(&mut state, START, clicked(send));
    let call = Call::PostSend {
        key: "a".into(),
        body: String::new(),
        is_application: false,
    };
    let answer = None;
    happen(&mut state, START, Event::Answered { call, answer });
    let hour = 60 * 60_000;
    let outcome = happen(&mut state, START - hour, Event::Woke);
    let goes = |call: &Call| matches!(call, Call::PostSend { .. });
    assert!(outcome.calls().any(goes), "{outcome:?}");
    assert!(outcome.has(&Effect::TellPages));
    let outcome = happen(&mut state, START - hour, looked(seen));
    let asks = |call: &Call| matches!(call, Call::Lookup(..));
    assert!(outcome.calls().any(asks), "{outcome:?}");
}

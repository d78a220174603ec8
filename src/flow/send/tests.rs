use super::model::{PEOPLE, World, steps};
use super::*;
use crate::flow::event::Event;
use crate::message::Click;
use crate::testing::{START, click, clicked, connected, happen, profile, refused, started};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_order_of_events_loses_doubles_or_misreports_a_send(steps in steps()) {
        let mut world = World::started();
        for step in steps {
            world.step(step);
        }
        world.heal();
        for record in &world.state.records {
            prop_assert!(record.is_final(), "{:?} is still open", record.at);
            let written: Record = serde_json::from_str(&world.disk[&record.key]).unwrap();
            prop_assert_eq!(&written.at, &record.at, "the disk says something else");
            prop_assert!(!matches!(record.at, Whereabouts::Here { .. }), "the profile is still kept");
        }
        // Whoever was sent and not refused is there, and the page says so.
        for (id, _) in PEOPLE {
            let Some(record) = world.state.latest(id) else { continue };
            let refused = matches!(record.standing(), Standing::Refused(_));
            let says_so = world.shown(id).iter().any(|text| text == "In Greenhouse");
            prop_assert_eq!(says_so, !refused);
        }
    }
}

#[test]
fn candidate_with_one_name_is_sent_only_after_the_person_agreed() {
    let mut state = started(connected());
    let send = |action: &str, key: &str| {
        clicked(Click {
            key: key.into(),
            seen: Some(profile("103", "Surya")),
            ..click(action)
        })
    };
    let outcome = happen(&mut state, START, send("send", "a"));
    let keeps = |effect: &Effect| matches!(effect, Effect::Keep(_));
    assert!(!outcome.effects.iter().any(keeps));
    let words = outcome.words();
    assert!(
        words.contains(&"Send as “Surya (no last name)”".to_owned()),
        "{words:?}"
    );
    let outcome = happen(&mut state, START, send("send-one-name", "b"));
    let body = outcome.calls().find_map(|call| match call {
        Call::PostSend { body, .. } => Some(body),
        _ => None,
    });
    let request: SendRequest = serde_json::from_str(body.unwrap()).unwrap();
    assert_eq!(request.profile.last_name, NO_LAST_NAME);
}

#[test]
fn decision_that_failed_says_why() {
    let mut world = World::started();
    world.state.settings = connected();
    world.click(0, "a".into(), usize::MAX);
    let uncertain = SendState::Uncertain { since: START };
    world.state.records[0].in_flight = false;
    world.state.records[0].learn(world.now, uncertain.clone());
    let there = || {
        clicked(Click {
            value: Some("no link".into()),
            ..click("there:a")
        })
    };
    let outcome = happen(&mut world.state, world.now, there());
    let decide = outcome.call(|call| matches!(call, Call::Decide { .. }));
    let popup = |world: &mut World| {
        let ask = crate::testing::asked(crate::message::Ask::Popup);
        format!("{:?}", happen(&mut world.state, world.now, ask).reply)
    };
    let answered = |answer| Event::Answered {
        call: decide.clone().unwrap(),
        answer,
    };
    let no = Problem::new(ProblemCode::InvalidRequest)
        .with_detail("This is no link to a candidate in Greenhouse.");
    let outcome = happen(&mut world.state, world.now, answered(refused(&no)));
    assert!(outcome.has(&Effect::TellPages));
    assert!(popup(&mut world).contains("This is no link to a candidate"));
    assert!(!popup(&mut world).contains("The request is not valid."));
    // Once more, and the proxy is away.
    happen(&mut world.state, world.now, there());
    assert!(!popup(&mut world).contains("This is no link to a candidate"));
    happen(&mut world.state, world.now, answered(None));
    assert!(popup(&mut world).contains("The ATSi proxy isn’t responding."));
    // A poll that fails says nothing of a decision.
    world.state.records[0].learn(world.now, uncertain);
    let call = Call::GetSend {
        key: "a".into(),
        is_application: false,
    };
    let answer = None;
    happen(
        &mut world.state,
        world.now,
        Event::Answered { call, answer },
    );
    assert!(!popup(&mut world).contains("The ATSi proxy isn’t responding."));
}

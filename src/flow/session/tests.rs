use super::*;
use crate::flow::call::Call;
use crate::flow::event::Event;
use crate::flow::send::model::World;
use crate::flow::update;
use crate::message::Ask;
use crate::testing::{asked, connected, happen, problem};
use crate::view::reply::Reply;
use atsi_protocol::{Problem, ProblemCode, SendState};

/// Signs in to a company. Returns the sentence that says why not.
fn sign_in(world: &mut World, company: Option<&str>) -> Option<String> {
    let session = SignedInTo {
        proxy: "https://atsi.example.com".into(),
        company: company.map(str::to_owned),
    };
    let outcome = happen(&mut world.state, world.now, asked(Ask::Session(session)));
    assert_eq!(outcome.effects.first(), Some(&Effect::ReadSession));
    match outcome.reply {
        Some(Reply::Session { problem }) => problem,
        other => panic!("another reply: {other:?}"),
    }
}

#[test]
fn waiting_send_of_one_company_is_never_sent_for_another() {
    let mut world = World::started();
    assert_eq!(sign_in(&mut world, Some("hartwell.example")), None);
    world.click(0, "a".into(), usize::MAX);
    let refused = sign_in(&mut world, Some("other.example")).unwrap();
    assert!(refused.contains("hartwell.example"), "{refused}");
    assert_eq!(
        world.state.settings.company.as_deref(),
        Some("hartwell.example")
    );
    // Signed out and back in: it is still there.
    assert_eq!(sign_in(&mut world, None), None);
    assert_eq!(sign_in(&mut world, Some("hartwell.example")), None);
    assert!(world.state.record("a").is_some());
}

#[test]
fn settled_send_of_one_company_is_not_shown_to_another() {
    let mut world = World::started();
    assert_eq!(sign_in(&mut world, Some("hartwell.example")), None);
    world.click(0, "a".into(), usize::MAX);
    world.state.records[0].learn(
        world.now,
        SendState::Refused {
            problem: Problem::new(ProblemCode::GreenhouseRefused),
        },
    );
    assert_eq!(sign_in(&mut world, Some("other.example")), None);
    assert!(world.state.records.is_empty());
    assert_eq!(world.state.settings.connection, None);
}

#[test]
fn ended_session_is_forgotten_and_changed_company_asked_about() {
    let mut world = World::started();
    assert_eq!(sign_in(&mut world, Some("hartwell.example")), None);
    let asks_for_connection = |effects: &[Effect]| {
        effects.iter().any(|effect| {
            matches!(
                effect,
                Effect::Call {
                    call: Call::GetConnection,
                    ..
                }
            )
        })
    };
    let told = Event::Heard(serde_json::from_str(r#"{"changed":"company"}"#).unwrap());
    let effects = update(&mut world.state, world.now, told);
    assert!(asks_for_connection(&effects));

    world.state.settings.connection = connected().connection;
    let effects = update(&mut world.state, world.now, Event::SignedOut);
    assert!(asks_for_connection(&effects));
    let answered = Event::Answered {
        call: Call::GetConnection,
        answer: problem(ProblemCode::SignInNeeded),
    };
    let effects = update(&mut world.state, world.now, answered);
    assert!(effects.contains(&Effect::ForgetSession));
    assert!(effects.contains(&Effect::TellPages));
    assert!(world.state.is_signed_out());
    assert!(!world.state.is_connected());
}

#[test]
fn policy_does_not_sign_in_over_waiting_sends_of_another_company() {
    let mut world = World::started();
    assert_eq!(sign_in(&mut world, Some("hartwell.example")), None);
    world.click(0, "a".into(), usize::MAX);
    let enrolled = |company: &str| {
        Event::Enrolled(SignedInTo {
            proxy: "https://atsi.example.com".into(),
            company: Some(company.into()),
        })
    };
    let effects = update(&mut world.state, world.now, enrolled("other.example"));
    assert!(effects.contains(&Effect::ForgetSession));
    let effects = update(&mut world.state, world.now, enrolled("hartwell.example"));
    assert!(!effects.contains(&Effect::ForgetSession));
    assert!(world.state.record("a").is_some());
}

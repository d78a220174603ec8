use super::*;
use crate::flow::call::Response;
use crate::flow::event::Event;
use crate::flow::resumes::PATIENCE;
use crate::flow::update;
use crate::message::{Ask, FileRead, Look};
use crate::page::seen::{Seen, Value as Read};
use crate::state::record::Whereabouts;
use crate::state::resume::{ResumeNote, ResumeProblem};
use crate::testing::{click, clicked as clicks, connected, greenhouse_job, happen, job_link, json};
use crate::view::reply::Reply;
use atsi_protocol::ProblemCode;

const NOW: Millis = 1_790_000_000_000;
const TRACKER: &str = "https://www.jopwell.com/tracker";
const PROFILE: &str = "https://www.jopwell.com/candidates/101";
const JOB: &str = "https://www.jopwell.com/jobs/310";
const RESUME: &str = "https://www.jopwell.com/resumes/101.pdf";

fn start(records: Vec<Record>) -> State {
    let settings = connected();
    let mut state = State::default();
    update(&mut state, NOW, Event::Started { settings, records });
    state
}

fn ask(state: &mut State, now: Millis, ask: Ask) -> (Option<Fetch>, Vec<Effect>) {
    let outcome = happen(state, now, Event::Asked { to: 1, tab: 1, ask });
    match outcome.reply {
        Some(Reply::Views { fetch, .. } | Reply::Fetched { fetch }) => (fetch, outcome.effects),
        other => panic!("{other:?}"),
    }
}

fn look(state: &mut State, now: Millis) -> Option<Fetch> {
    let row = Tracked {
        number: 4,
        id: "9013".into(),
        shows: "Applied".into(),
        name: "Imani Brooks".into(),
        job: Some((JOB.into(), "Kiln engineer".into())),
        when: "2026-11-24".into(),
    };
    let seen = Seen {
        url: TRACKER.into(),
        rows: vec![(4, Read::Pair(PROFILE.into(), "101".into()))],
        tracked: vec![row],
        ..Seen::default()
    };
    ask(state, now, Ask::Look(Look { seen, was: None })).0
}

/// What the proxy says of the job.
fn linked(state: &mut State, switch: &str) {
    let call = Call::ProposeJob(state.applying.jobs[0].job.clone());
    let body = json(&job_link(Some(greenhouse_job(7, "Kiln")), switch));
    let answer = Some(Response { status: 200, body });
    update(state, NOW, Event::Answered { call, answer });
}

fn found(state: &mut State, now: Millis, key: &str, resume: bool) -> (Option<Fetch>, Vec<Effect>) {
    let text = |text: &str| vec![Read::Text(text.into())];
    let mut links = vec![Read::Pair(
        "mailto:imani@mail.example".into(),
        String::new(),
    )];
    if resume {
        links.push(Read::Pair(RESUME.into(), "Download résumé".into()));
    }
    let seen = Seen {
        url: PROFILE.into(),
        readings: vec![
            ("heading".into(), text("Imani Brooks")),
            ("site_id".into(), text("101")),
            ("links".into(), links),
        ],
        ..Seen::default()
    };
    let key = key.into();
    ask(state, now, Ask::Found(Found { key, seen }))
}

fn posts(effects: &[Effect]) -> Vec<&str> {
    let posts = effects.iter().filter_map(|effect| match effect {
        Effect::Call {
            call:
                Call::PostSend {
                    body,
                    is_application: true,
                    ..
                },
            ..
        } => Some(body.as_str()),
        _ => None,
    });
    posts.collect()
}

#[test]
fn profiles_are_read_once_and_only_after_applications_are_on() {
    let mut state = start(Vec::new());
    assert_eq!(look(&mut state, NOW), None);
    for switch in ["off", "paused"] {
        linked(&mut state, switch);
        assert_eq!(look(&mut state, NOW), None, "{switch}");
    }
    linked(&mut state, "on");
    assert_eq!(look(&mut state, NOW), Some(Fetch::Profile(PROFILE.into())));
    assert_eq!(look(&mut state, NOW), None, "another tab is not asked, too");
    // The first page went away.
    let later = NOW + READING;
    assert_eq!(
        look(&mut state, later),
        Some(Fetch::Profile(PROFILE.into()))
    );
    let (_, effects) = found(&mut state, later, "k-1", false);
    assert!(
        matches!(effects[0], Effect::Keep(_)),
        "on disk first: {effects:?}"
    );
    assert_eq!(posts(&effects).len(), 1);
    assert!(posts(&effects)[0].contains(r#""applied_at":1795478400000"#));
    let (_, effects) = found(&mut state, later, "k-2", false);
    assert_eq!(posts(&effects).len(), 0, "the first page came back");
    assert_eq!(state.records.len(), 1);

    // The worker dies; what is on disk goes out under its own key, and nobody is read again.
    let mut state = start(state.records);
    look(&mut state, NOW);
    linked(&mut state, "on");
    assert_eq!(look(&mut state, NOW), None);
    assert_eq!(state.records[0].key, "k-1");
}

#[test]
fn unreadable_profile_is_read_again_after_a_while() {
    let mut state = start(Vec::new());
    look(&mut state, NOW);
    linked(&mut state, "on");
    assert_eq!(look(&mut state, NOW), Some(Fetch::Profile(PROFILE.into())));
    let in_vain = Found {
        key: "k-1".into(),
        seen: Seen {
            url: PROFILE.into(),
            ..Seen::default()
        },
    };
    ask(&mut state, NOW, Ask::Found(in_vain));
    assert!(state.applying.people[0].lacks.is_some());
    assert_eq!(look(&mut state, NOW + READ_AGAIN - 1), None);
    let later = NOW + READ_AGAIN;
    assert_eq!(
        look(&mut state, later),
        Some(Fetch::Profile(PROFILE.into()))
    );
    assert_eq!(posts(&found(&mut state, later, "k-2", false).1).len(), 1);
    assert_eq!(state.applying.people[0].lacks, None);
}

#[test]
fn application_goes_with_its_file_or_without_it() {
    let prepared = || {
        let mut state = start(Vec::new());
        look(&mut state, NOW);
        linked(&mut state, "on");
        let (fetch, effects) = found(&mut state, NOW, "k-1", true);
        let (key, url) = ("k-1".to_owned(), RESUME.to_owned());
        assert_eq!(fetch, Some(Fetch::Resume { key, url }));
        assert_eq!(posts(&effects).len(), 0);
        state
    };
    let read = |problem: Option<&str>| {
        Ask::File(FileRead {
            key: "k-1".into(),
            name: "101.pdf".into(),
            problem: problem.map(|word| word.to_owned().into()),
        })
    };
    let call = || Call::PostResume {
        key: "k-1".into(),
        name: "101.pdf".into(),
    };
    let answered = |state: &mut State, status, body: &str| {
        let body = body.to_owned();
        let answer = Some(Response { status, body });
        update(
            state,
            NOW,
            Event::Answered {
                call: call(),
                answer,
            },
        )
    };

    let mut state = prepared();
    let (_, effects) = ask(&mut state, NOW, read(None));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Call { call: one, .. } if *one == call()))
    );
    let effects = answered(
        &mut state,
        200,
        r#"{"id":"f00d","file_name":"101.pdf","media_type":"application/pdf","size":1,"expires_at":2}"#,
    );
    let body: ApplicationRequest = serde_json::from_str(posts(&effects)[0]).unwrap();
    assert_eq!(body.resume.as_deref(), Some("f00d"));
    // It expired meanwhile.
    state.records[0].attach(None);
    let Whereabouts::Here { request, .. } = &state.records[0].at else {
        panic!()
    };
    let body: ApplicationRequest = serde_json::from_str(request).unwrap();
    assert_eq!(body.resume, None);

    let mut state = prepared();
    let (_, effects) = ask(&mut state, NOW, read(Some("login")));
    assert_eq!(posts(&effects).len(), 1);
    let note = ResumeNote::NotRead(ResumeProblem::SignInNeeded);
    assert_eq!(state.records[0].file, Some(note.clone()));
    assert!(crate::view::resume::sentence(&note).contains("sign in"));

    let mut state = prepared();
    ask(&mut state, NOW, read(None));
    let problem = atsi_protocol::Problem::new(ProblemCode::ResumeIsWebPage);
    let effects = answered(&mut state, problem.status, &json(&problem));
    assert_eq!(posts(&effects).len(), 1);
    assert!(state.records[0].file.is_some());

    // The page went away over it.
    let mut state = prepared();
    let effects = update(&mut state, NOW + PATIENCE, Event::Woke);
    assert_eq!(posts(&effects).len(), 1);
    let effects = answered(
        &mut state,
        200,
        r#"{"id":"f00d","file_name":"101.pdf","media_type":"application/pdf","size":1,"expires_at":2}"#,
    );
    assert_eq!(posts(&effects).len(), 0, "too late");
}

#[test]
fn click_that_failed_says_why() {
    let mut state = start(Vec::new());
    look(&mut state, NOW);
    linked(&mut state, "on");
    let (_, effects) = found(&mut state, NOW, "k-1", false);
    let post = effects.into_iter().find_map(|effect| match effect {
        Effect::Call { call, .. } if matches!(call, Call::PostSend { .. }) => Some(call),
        _ => None,
    });
    let body = r#"{"idempotency_key":"k-1","external_id":"101","accepted_at":1,"state":"waiting","reason":"held",
        "held":{"reason":"already_prospect","sentence":"A prospect."}}"#;
    let held = Some(Response {
        status: 200,
        body: body.into(),
    });
    let call = post.unwrap();
    let answer = held.clone();
    update(&mut state, NOW, Event::Answered { call, answer });
    let press = |state: &mut State, action: &str| {
        let effects = update(state, NOW, clicks(click(action)));
        let call = effects.into_iter().find_map(|effect| match effect {
            Effect::Call { call, .. } => Some(call),
            _ => None,
        });
        call.unwrap()
    };
    let row = |state: &State| {
        let parts = crate::view::applications::row(state, "101", "/jobs/310", NOW).unwrap();
        json(&parts)
    };
    assert!(row(&state).contains("Don’t send"), "{}", row(&state));
    let popup = json(&crate::view::popup::popup(&state, NOW));
    assert!(popup.contains("already a prospect"), "{popup}");
    assert!(popup.contains("Don’t send"), "{popup}");
    for action in ["apply-drop:k-1", "send-again:k-1"] {
        let call = press(&mut state, action);
        let answer = None;
        update(&mut state, NOW, Event::Answered { call, answer });
        assert!(
            row(&state).contains("isn’t responding"),
            "{action}: {}",
            row(&state)
        );
        let call = Call::GetSend {
            key: "k-1".into(),
            is_application: true,
        };
        let answer = held.clone();
        update(&mut state, NOW, Event::Answered { call, answer });
        assert!(
            !row(&state).contains("isn’t responding"),
            "{action}: {}",
            row(&state)
        );
    }

    let call = press(&mut state, "apply-off:/jobs/310");
    let answer = None;
    update(&mut state, NOW, Event::Answered { call, answer });
    let corner = |state: &State| {
        let panel = crate::view::applications::panel_of(state, TRACKER, NOW).unwrap();
        json(&panel.node)
    };
    assert!(
        corner(&state).contains("isn’t responding"),
        "{}",
        corner(&state)
    );
    linked(&mut state, "on");
    assert!(
        !corner(&state).contains("isn’t responding"),
        "{}",
        corner(&state)
    );
}

#[test]
fn date_is_read_as_a_moment() {
    assert_eq!(moment("1970-01-01"), Some(0));
    assert_eq!(moment(" 2000-03-01"), Some(951_868_800_000));
    assert_eq!(moment("2026-11-24T18:00:00Z"), Some(1_795_478_400_000));
    for text in [
        "",
        "–",
        "24.11.2026",
        "2026-13-01",
        "1969-12-31",
        "é2026-11-2",
    ] {
        assert_eq!(moment(text), None, "{text}");
    }
}

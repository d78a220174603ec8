use super::*;
use crate::action::Action;
use crate::flow::call::Call;
use crate::flow::event::Event;
use crate::flow::look_up::STATUS_FRESH;
use crate::flow::send::model::Proxy;
use crate::message::{Ask, Click, Look};
use crate::page::seen::Value as Read;
use crate::state::settings::Settings;
use crate::testing::{START, click, connected, find, happen, looked, ok, profile, started, texts};
use crate::view::node::Kind;
use crate::view::reply::{Place, Reply};
use atsi_protocol::{
    ApplicationStatus, CandidateStatus, InGreenhouse, KnownCandidate, LookupRequest,
    LookupResponse, OnJopwell, SendState, StatusRoute, Waiting, WaitingFor,
};

#[test]
fn button_without_a_connection_leads_to_the_options() {
    let mut state = started(Settings::default());
    let outcome = happen(&mut state, START, looked(profile("101", "Imani Okafor")));
    let Reply::Views { views, .. } = outcome.reply.as_ref().unwrap() else {
        panic!("another reply")
    };
    let button = find(&views[0].node, Kind::Button).unwrap();
    assert_eq!(button.text, "Send to ATS: connect first");
    assert_eq!(button.action, Some(Action::OpenOptions));
    let press = Click {
        seen: Some(profile("101", "Imani Okafor")),
        ..click("open-options")
    };
    let outcome = happen(
        &mut state,
        START,
        Event::Asked {
            to: 2,
            tab: 1,
            ask: Ask::Click(Box::new(press)),
        },
    );
    assert!(outcome.has(&Effect::OpenOptions));
}

#[test]
fn content_of_the_last_person_under_the_next_address_gets_no_button() {
    let mut state = started(connected());
    let outcome = happen(&mut state, START, looked(profile("101", "Imani Okafor")));
    let Reply::Views { key, .. } = outcome.reply.as_ref().unwrap() else {
        panic!("another reply")
    };
    let mut between = profile("102", "Imani Okafor");
    between.readings[2] = profile("101", "Imani Okafor").readings[2].clone();
    let ask = Ask::Look(Look {
        seen: between,
        was: key.clone(),
    });
    let outcome = happen(&mut state, START, Event::Asked { to: 2, tab: 1, ask });
    let Reply::Views {
        views,
        again,
        key: kept,
        ..
    } = outcome.reply.as_ref().unwrap()
    else {
        panic!("another reply")
    };
    assert!(views.is_empty() && *again);
    assert_eq!(kept, key);
    let ask = Ask::Look(Look {
        seen: profile("102", "Noor Haddad"),
        was: key.clone(),
    });
    let outcome = happen(&mut state, START, Event::Asked { to: 3, tab: 1, ask });
    let Reply::Views { views, again, .. } = outcome.reply.as_ref().unwrap() else {
        panic!("another reply")
    };
    assert!(!views.is_empty() && !*again);
}

#[test]
fn list_of_a_thousand_people_asks_once() {
    let mut state = started(connected());
    let rows = (0..1_000).map(|row| {
        let href = format!(
            "https://app.greenhouse.io/people/{}",
            61_000_000_002 + u64::from(row) * 1_000
        );
        (row, Read::Text(href))
    });
    let seen = Seen {
        url: "https://app.greenhouse.io/people".into(),
        rows: rows.collect(),
        ..Seen::default()
    };
    for expected in [1, 0] {
        let outcome = happen(&mut state, START, looked(seen.clone()));
        let lookups = outcome.effects.iter().filter(|effect| {
            matches!(
                effect,
                Effect::Call {
                    call: Call::Lookup(..),
                    ..
                }
            )
        });
        assert_eq!(lookups.count(), expected);
    }
}

#[test]
fn list_is_sorted_and_filtered_by_what_is_known() {
    let ids = [61_002_u64, 62_002, 63_002];
    let href = |id: &u64| Read::Text(format!("https://app.greenhouse.io/people/{id}"));
    let seen = |choice: &str, ours, others| Seen {
        url: "https://app.greenhouse.io/people".into(),
        rows: (1..).zip(ids.iter().map(href)).collect(),
        list: Some(List {
            choice: choice.into(),
            people: 3,
            ours,
            others,
        }),
        ..Seen::default()
    };
    let mut state = started(connected());
    let outcome = happen(&mut state, START, looked(seen("", 0, 0)));
    let Reply::Views {
        views,
        others,
        again,
        ..
    } = outcome.reply.as_ref().unwrap()
    else {
        panic!("another reply")
    };
    // Nobody is known yet: no toolbar, and nobody is said to be somebody else's.
    assert!(views.is_empty() && !*again);
    assert_eq!(others.as_deref(), Some([].as_slice()));

    let outcome = happen(&mut state, START, looked(seen("only", 0, 0)));
    let Reply::Views { views, again, .. } = outcome.reply.as_ref().unwrap() else {
        panic!("another reply")
    };
    assert!(*again, "a filter waits for what is asked");
    assert_eq!(views.len(), 1, "and can be switched off meanwhile");

    let status = CandidateStatus {
        read_at: START,
        route: None,
        readable: false,
        merged: false,
        applications: Vec::new(),
    };
    let candidates = [(ids[0], None), (ids[1], Some(status))].map(|(id, status)| KnownCandidate {
        external_id: id.to_string(),
        idempotency_key: id.to_string(),
        sent_at: START,
        sent_by: None,
        send: SendState::Created(InGreenhouse {
            candidate_id: id,
            application_id: None,
            profile_url: String::new(),
        }),
        status,
        on_jopwell: None,
        waiting: Vec::new(),
    });
    let request = LookupRequest {
        candidate_ids: ids.to_vec(),
        ..LookupRequest::default()
    };
    let answered = Event::Answered {
        call: Call::Lookup(request, 0),
        answer: ok(&LookupResponse {
            candidates: candidates.into(),
        }),
    };
    happen(&mut state, START, answered);
    let press = Click {
        seen: Some(seen("first", 2, 1)),
        ..click("list:only")
    };
    let ask = Ask::Click(Box::new(press));
    let outcome = happen(&mut state, START, Event::Asked { to: 3, tab: 1, ask });
    let Reply::Views {
        views,
        others,
        choice,
        again,
        ..
    } = outcome.reply.as_ref().unwrap()
    else {
        panic!("another reply")
    };
    assert!(!*again);
    assert_eq!(choice.as_deref(), Some("first only"));
    assert_eq!(others.as_deref(), Some([3].as_slice()));
    let words = |place| {
        let view = views.iter().find(|view| view.place == place).unwrap();
        texts(&view.node)
    };
    assert_eq!(words(Place::Row(1)), ["Source = Jopwell"]);
    assert_eq!(
        words(Place::Row(2)),
        ["From Jopwell, source may have changed"]
    );
    let toolbar = words(Place::Corner);
    assert!(
        toolbar.contains(&"2 of 3 on this page are from Jopwell, 1 hidden".to_owned()),
        "{toolbar:?}"
    );
}

#[test]
fn choice_for_a_list_is_made_and_unmade() {
    let mut list = List::default();
    for (what, after) in [
        ("first", "first"),
        ("only", "first only"),
        ("first", "only"),
        ("only", ""),
    ] {
        match what {
            "first" => list.toggle_first(),
            _ => list.toggle_only(),
        }
        assert_eq!(list.choice, after);
    }
}

#[test]
fn people_in_search_results_are_looked_up_together_and_show_their_status() {
    let mut state = started(connected());
    let row = |number: u32, id: &str| {
        let link = format!("https://www.jopwell.com/candidates/{id}");
        (number, Read::Pair(link, id.to_owned()))
    };
    let seen = || Seen {
        url: "https://www.jopwell.com/search".into(),
        readings: Vec::new(),
        rows: vec![row(1, "101"), row(2, "102"), row(7, ""), row(8, "101")],
        ..Seen::default()
    };
    let outcome = happen(&mut state, START, looked(seen()));
    let calls: Vec<_> = (outcome.effects.iter())
        .filter_map(|effect| match effect {
            Effect::Call { call, .. } => Some(call.clone()),
            _ => None,
        })
        .collect();
    let lookups: Vec<_> = (calls.iter())
        .filter_map(|call| match call {
            Call::Lookup(request, _) => Some(request.external_ids.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(lookups, [["101", "102", "/candidates"]]);
    let application = |job: &str, status: &str, stage: Option<&str>| ApplicationStatus {
        application_id: 4,
        job: Some(job.into()),
        status: status.into(),
        stage: stage.map(str::to_owned),
        pool: None,
        since: None,
    };
    let known = KnownCandidate {
        external_id: "101".into(),
        idempotency_key: "k".into(),
        sent_at: START,
        sent_by: None,
        send: SendState::Created(Proxy::there("101")),
        status: Some(CandidateStatus {
            read_at: START,
            route: None,
            readable: true,
            merged: false,
            applications: vec![
                application("Analyst", "rejected", None),
                application("Designer", "active", Some("Phone Interview")),
            ],
        }),
        on_jopwell: None,
        waiting: Vec::new(),
    };
    let call = calls
        .into_iter()
        .find(|call| matches!(call, Call::Lookup(..)))
        .unwrap();
    let answer = ok(&LookupResponse {
        candidates: vec![known],
    });
    let outcome = happen(&mut state, START, Event::Answered { call, answer });
    assert!(outcome.has(&Effect::TellPages));
    let outcome = happen(&mut state, START, looked(seen()));
    let Reply::Views { views, .. } = outcome.reply.as_ref().unwrap() else {
        panic!("{outcome:?}")
    };
    let places: Vec<_> = views.iter().map(|view| view.place).collect();
    assert_eq!(places, [Place::Row(1), Place::Row(8)]);
    let shown = find(&views[0].node, Kind::Status).unwrap();
    assert_eq!(shown.text, "Phone Interview");
    assert_eq!(shown.tip, "Rejected, Analyst · Phone Interview, Designer");
    // On the profile, in the same words; and the status is read anew.
    let outcome = happen(&mut state, START, looked(profile("101", "Imani Okafor")));
    let Reply::Views { views, .. } = outcome.reply.as_ref().unwrap() else {
        panic!("{outcome:?}")
    };
    let shown = find(&views[0].node, Kind::Status).unwrap();
    assert_eq!(shown.text, "In Greenhouse · Phone Interview");
    assert!(outcome.effects.iter().any(|effect| matches!(effect,
        Effect::Call { call: Call::Lookup(request, _), .. } if request.refresh)));
}

#[test]
fn candidate_page_reads_the_status_although_the_list_just_asked() {
    let mut state = started(connected());
    let row = |url: &str| Seen {
        url: url.into(),
        rows: vec![(
            1,
            Read::Text("https://app.greenhouse.io/people/61002".into()),
        )],
        ..Seen::default()
    };
    happen(
        &mut state,
        START,
        looked(row("https://app.greenhouse.io/people")),
    );
    let candidate = row("https://app.greenhouse.io/people/61002?application_id=7");
    let outcome = happen(&mut state, START, looked(candidate));
    let refreshes = |effect: &Effect| matches!(effect, Effect::Call { call: Call::Lookup(request, _), .. } if request.refresh);
    assert!(outcome.effects.iter().any(refreshes));
    // It was just read: only a press reads it again.
    let page = || row("https://app.greenhouse.io/people/61002?application_id=7");
    let outcome = happen(&mut state, START, looked(page()));
    assert!(!outcome.effects.iter().any(refreshes));
    let ask = Ask::Click(Box::new(Click {
        seen: Some(page()),
        ..click("sync:61002")
    }));
    let press = Event::Asked { to: 1, tab: 1, ask };
    let outcome = happen(&mut state, START, press);
    assert!(outcome.effects.iter().any(refreshes));
    // Only what was pressed for is read by a press.
    let by_press = |effect: &Effect| matches!(effect, Effect::Call { call: Call::Lookup(request, _), .. } if request.by_press);
    assert!(outcome.effects.iter().any(by_press));
    let later = START + STATUS_FRESH;
    let look = Ask::Look(Look {
        seen: page(),
        was: None,
    });
    let look = Event::Asked {
        to: 1,
        tab: 1,
        ask: look,
    };
    let outcome = happen(&mut state, later, look);
    assert!(outcome.effects.iter().any(refreshes) && !outcome.effects.iter().any(by_press));
}

#[test]
fn panel_and_list_say_how_a_status_came_what_jopwell_shows_and_what_waits() {
    let mut known = KnownCandidate {
        external_id: "101".into(),
        idempotency_key: "k".into(),
        sent_at: START,
        sent_by: None,
        send: SendState::Created(InGreenhouse {
            candidate_id: 61_002,
            application_id: None,
            profile_url: String::new(),
        }),
        status: Some(CandidateStatus {
            read_at: START,
            route: None,
            readable: true,
            merged: false,
            applications: Vec::new(),
        }),
        on_jopwell: None,
        waiting: Vec::new(),
    };
    let mut state = started(connected());
    let has = |words: &[String], wanted: &str| words.iter().any(|word| word == wanted);
    let (panel, row) = shown_in_greenhouse(&mut state, &known);
    assert!(
        has(&panel, "Not read yet") && has(&panel, "Nothing"),
        "{panel:?}"
    );
    assert_eq!(row, ["Source = Jopwell"]);

    for (route, words) in [
        (StatusRoute::WebHook, "by webhook"),
        (StatusRoute::Asked, "checked by ATSi"),
        (StatusRoute::SyncNow, "by Sync now"),
    ] {
        known.status.as_mut().unwrap().route = Some(route);
        let (panel, _) = shown_in_greenhouse(&mut state, &known);
        assert!(has(&panel, words), "{panel:?}");
    }
    known.on_jopwell = Some(OnJopwell {
        status: "Applied".into(),
        at: START,
    });
    let waits = |what, name: Option<&str>, failed| Waiting {
        what,
        name: name.map(str::to_owned),
        failed,
    };
    known.waiting = vec![waits(WaitingFor::WriteBack, Some("Offer"), false)];
    let (panel, row) = shown_in_greenhouse(&mut state, &known);
    assert!(
        has(&panel, "Applied") && has(&panel, "Set Offer on Jopwell"),
        "{panel:?}"
    );
    assert_eq!(row, ["Source = Jopwell", "Waiting"]);
    known
        .waiting
        .push(waits(WaitingFor::Application, Some("Kiln Engineer"), true));
    let (panel, row) = shown_in_greenhouse(&mut state, &known);
    assert!(has(&panel, "Application for Kiln Engineer"), "{panel:?}");
    assert_eq!(row, ["Source = Jopwell", "Not done"]);

    // What the proxy has not taken yet waits, too.
    known.waiting.clear();
    let ask = Ask::Click(Box::new(Click {
        key: "here".into(),
        seen: Some(profile("101", "Imani Okafor")),
        ..click("send")
    }));
    happen(&mut state, START, Event::Asked { to: 1, tab: 1, ask });
    let (panel, row) = shown_in_greenhouse(&mut state, &known);
    assert!(has(&panel, "Send to Greenhouse"), "{panel:?}");
    assert_eq!(row, ["Source = Jopwell", "Waiting"]);
}

/// What the panel and the row of a list say of somebody of whom this is known.
fn shown_in_greenhouse(state: &mut State, known: &KnownCandidate) -> (Vec<String>, Vec<String>) {
    let href = "https://app.greenhouse.io/people/61002";
    let seen = |url: &str| Seen {
        url: url.into(),
        rows: vec![(1, Read::Text(href.into()))],
        list: Some(List::default()),
        ..Seen::default()
    };
    let request = LookupRequest {
        candidate_ids: vec![61_002],
        ..LookupRequest::default()
    };
    let call = Call::Lookup(request, 0);
    let candidates = vec![known.clone()];
    let answer = ok(&LookupResponse { candidates });
    happen(state, START, Event::Answered { call, answer });
    let mut words = |url: &str, place: Place| {
        let outcome = happen(state, START, looked(seen(url)));
        let Reply::Views { views, .. } = outcome.reply.as_ref().unwrap() else {
            panic!("another reply")
        };
        let view = views.iter().find(|view| view.place == place).unwrap();
        texts(&view.node)
    };
    let panel = words(href, Place::Corner);
    (
        panel,
        words("https://app.greenhouse.io/people", Place::Row(1)),
    )
}

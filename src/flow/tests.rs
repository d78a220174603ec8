//! The core against a model of the proxy and of Greenhouse: any order of presses, answers, losses and
//! deaths of the worker leaves no send lost, none doubled and none shown wrongly.

use super::call::{Answer, Call, Response};
use super::record::Record;
use super::*;
use crate::page::seen::{List, Value as Read};
use crate::view::node::{Kind, Node};
use atsi_protocol::{
    ApplicationStatus, CandidateStatus, InGreenhouse, OnJopwell, ProblemCode, StatusRoute,
    WaitReason,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const START: Millis = 1_790_000_000_000;

fn connection(state: ConnectionState) -> Connection {
    Connection {
        state,
        account_name: Some("Hartwell Service".into()),
        service_user_email: None,
        masked_key: Some("••••0001".into()),
        connected_at: Some(START),
        connected_by: None,
        problem: None,
    }
}

pub(super) fn connected() -> Settings {
    Settings {
        connection: Some(connection(ConnectionState::Active)),
        ..Settings::default()
    }
}

/// A profile page with a name and an e-mail address.
fn profile(id: &str, name: &str) -> Seen {
    let text = |text: &str| vec![Read::Text(text.into())];
    Seen {
        url: format!("https://www.jopwell.com/candidates/{id}"),
        readings: vec![
            ("heading".into(), text(name)),
            ("site_id".into(), text(id)),
            (
                "links".into(),
                vec![Read::Pair(
                    format!("mailto:{id}@mail.example"),
                    String::new(),
                )],
            ),
        ],
        ..Seen::default()
    }
}

fn ok(body: &impl Serialize) -> Answer {
    Some(Response {
        status: 200,
        body: crate::json::write(body),
    })
}

fn problem(code: ProblemCode) -> Answer {
    let problem = Problem::new(code);
    Some(Response {
        status: problem.status,
        body: crate::json::write(&problem),
    })
}

/// What the proxy and Greenhouse would do, as `atsi-proxy`'s own tests hold it to.
#[derive(Default)]
struct Proxy {
    /// By idempotency key: the body, and where the send stands.
    sends: BTreeMap<String, (String, SendState)>,
    /// By person: the key whose send holds the claim.
    claims: BTreeMap<String, String>,
    /// How many prospects Greenhouse was made to create, by person.
    created: BTreeMap<String, u64>,
    disconnected: bool,
}

impl Proxy {
    fn there(person: &str) -> InGreenhouse {
        let id = 60_000_000_000 + person.bytes().map(u64::from).sum::<u64>();
        InGreenhouse {
            candidate_id: id,
            application_id: None,
            profile_url: format!("https://app.greenhouse.io/people/{id}"),
        }
    }

    fn send(&self, key: &str) -> Answer {
        let Some((body, state)) = self.sends.get(key) else {
            return problem(ProblemCode::NotFound);
        };
        let request: SendRequest = serde_json::from_str(body).unwrap();
        ok(&Send {
            idempotency_key: key.into(),
            external_id: request.external_id,
            job_id: None,
            accepted_at: START,
            sent_by: Some("Hartwell Service".into()),
            resume: None,
            state: state.clone(),
        })
    }

    /// `luck`: what Greenhouse does with a send that is new.
    fn answer(&mut self, call: &Call, luck: Luck) -> Answer {
        match call {
            Call::PostSend { key, body, .. } => {
                if self.disconnected {
                    return problem(ProblemCode::NotConnected);
                }
                if let Some((known, _)) = self.sends.get(key) {
                    assert_eq!(known, body, "a key was used for two requests");
                    return self.send(key);
                }
                let request: SendRequest = serde_json::from_str(body).unwrap();
                request.profile.check().unwrap();
                let person = request.external_id;
                let holder = self.claims.get(&person).and_then(|key| self.sends.get(key));
                let state = match holder.map(|(_, state)| state.clone()) {
                    Some(SendState::Created(there)) => SendState::Existing(there),
                    Some(SendState::Refused { .. }) | None => {
                        self.claims.insert(person.clone(), key.clone());
                        self.try_greenhouse(&person, luck)
                    }
                    Some(other) => other,
                };
                self.sends.insert(key.clone(), (body.clone(), state));
                self.send(key)
            }
            Call::GetSend { key, .. } => {
                let waiting = matches!(self.sends.get(key), Some((_, SendState::Waiting { .. })));
                if waiting {
                    let (body, _) = self.sends[key].clone();
                    let request: SendRequest = serde_json::from_str(&body).unwrap();
                    let state = self.try_greenhouse(&request.external_id, luck);
                    self.sends.insert(key.clone(), (body, state));
                }
                self.send(key)
            }
            Call::Decide { key, decision } => {
                let (body, state) = self.sends[key].clone();
                if !matches!(state, SendState::Uncertain { .. }) {
                    return problem(ProblemCode::NotUncertain);
                }
                let person = serde_json::from_str::<SendRequest>(&body)
                    .unwrap()
                    .external_id;
                let state = match decision {
                    Decision::ItIsThere { .. } => SendState::Created(Self::there(&person)),
                    Decision::SendAgain => self.try_greenhouse(&person, Luck::Create),
                };
                self.sends.insert(key.clone(), (body, state));
                self.send(key)
            }
            Call::Lookup(..) => ok(&LookupResponse::default()),
            Call::GetChanges { .. } | Call::PlanWriteBacks(_) | Call::FinishWriteBack { .. } => {
                None
            }
            Call::ProposeJob(_)
            | Call::PutJobLink(_)
            | Call::DismissApplication { .. }
            | Call::PostResume { .. }
            | Call::JobPage { .. }
            | Call::LinkJob { .. }
            | Call::UnlinkJob { .. }
            | Call::FindJobs { .. }
            | Call::TrackingLink { .. }
            | Call::Describe { .. }
            | Call::FinishJobSave { .. }
            | Call::UndoJobSave { .. } => None,
            Call::GetConnection => ok(&connection(if self.disconnected {
                ConnectionState::None
            } else {
                ConnectionState::Active
            })),
        }
    }

    fn try_greenhouse(&mut self, person: &str, luck: Luck) -> SendState {
        match luck {
            Luck::Create => {
                *self.created.entry(person.into()).or_default() += 1;
                SendState::Created(Self::there(person))
            }
            Luck::Busy => SendState::Waiting {
                reason: WaitReason::GreenhouseBusy,
                retry_at: Some(START + 40_000),
            },
            Luck::Refuse => SendState::Refused {
                problem: Problem::new(ProblemCode::PermissionDenied),
            },
            Luck::Uncertain => SendState::Uncertain { since: START },
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Luck {
    Create,
    Busy,
    Refuse,
    Uncertain,
}

#[derive(Clone, Debug)]
enum Step {
    /// A new press of the button on a person's page.
    Press {
        person: usize,
    },
    /// The port tells its last press again, because it heard nothing.
    TellAgain,
    /// A request of ours reaches the proxy (or not), and its answer reaches us (or not).
    Deliver {
        which: usize,
        luck: Luck,
        arrives: bool,
        answered: bool,
    },
    /// Something that is no proxy answers.
    Html {
        which: usize,
    },
    /// The worker dies; of what it was about to do, only so much happened.
    Die {
        happened: usize,
    },
    Wait {
        seconds: u64,
    },
    Disconnect(bool),
    /// A person settles what is uncertain.
    Decide {
        there: bool,
    },
}

const PEOPLE: [(&str, &str); 3] = [
    ("101", "Imani Okafor"),
    ("102", "Noor Haddad"),
    ("103", "Surya"),
];

/// The browser around the core: a disk that survives it, and requests under way.
struct World {
    state: State,
    disk: BTreeMap<String, String>,
    settings: Settings,
    proxy: Proxy,
    under_way: Vec<Call>,
    now: Millis,
    presses: usize,
    last_press: Option<(usize, String)>,
}

impl World {
    fn new() -> Self {
        let mut world = Self {
            state: State::default(),
            disk: BTreeMap::new(),
            settings: connected(),
            proxy: Proxy::default(),
            under_way: Vec::new(),
            now: START,
            presses: 0,
            last_press: None,
        };
        world.start();
        world
    }

    fn start(&mut self) {
        self.state = State::default();
        let records = self
            .disk
            .values()
            .map(|json| crate::json::parse::<Record>(json).unwrap());
        let event = Event::Started {
            settings: self.settings.clone(),
            records: records.collect(),
        };
        self.happen(event, usize::MAX);
    }

    /// Carries out the first `most` effects of an event, as the edge does: in order.
    fn happen(&mut self, event: Event, most: usize) {
        let effects = update(&mut self.state, self.now, event);
        for effect in effects.into_iter().take(most) {
            match effect {
                Effect::Keep(record) => {
                    self.disk
                        .insert(record.key.clone(), crate::json::write(&record));
                }
                Effect::Forget { key } => drop(self.disk.remove(&key)),
                Effect::SaveSettings(settings) => self.settings = settings,
                Effect::Call { call, .. } => {
                    if let Call::PostSend { key, .. } = &call {
                        assert!(self.disk.contains_key(key), "sent before it was on disk");
                    }
                    self.under_way.push(call);
                }
                Effect::Reply { .. }
                | Effect::ReadSession
                | Effect::ForgetSession
                | Effect::TellPages
                | Effect::WakeAt(_)
                | Effect::Toolbar { .. }
                | Effect::OpenOptions
                | Effect::OpenPage(_)
                | Effect::Notify { .. }
                | Effect::Listen { .. }
                | Effect::HangUp
                | Effect::Say(_)
                | Effect::CountPages => {}
            }
        }
    }

    fn press(&mut self, person: usize, key: String, most: usize) {
        let (id, name) = PEOPLE[person];
        let one_name = !name.contains(' ');
        let press = Press {
            action: if one_name { "send-one-name" } else { "send" }.into(),
            key,
            seen: Some(profile(id, name)),
            ..Press::default()
        };
        self.happen(
            Event::Asked {
                to: 0,
                tab: 1,
                ask: Ask::Press(press),
            },
            most,
        );
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Press { person } => {
                self.presses += 1;
                let key = format!("press-{}", self.presses);
                self.last_press = Some((person, key.clone()));
                self.press(person, key, usize::MAX);
            }
            Step::TellAgain => {
                if let Some((person, key)) = self.last_press.clone() {
                    self.press(person, key, usize::MAX);
                }
            }
            Step::Deliver {
                which,
                luck,
                arrives,
                answered,
            } => {
                if self.under_way.is_empty() {
                    return;
                }
                let call = self.under_way.remove(which % self.under_way.len());
                let answer = if arrives {
                    self.proxy.answer(&call, luck)
                } else {
                    None
                };
                let answer = if answered { answer } else { None };
                self.happen(Event::Answered { call, answer }, usize::MAX);
            }
            Step::Html { which } => {
                if self.under_way.is_empty() {
                    return;
                }
                let call = self.under_way.remove(which % self.under_way.len());
                let answer = Some(Response {
                    status: 200,
                    body: "<html>".into(),
                });
                self.happen(Event::Answered { call, answer }, usize::MAX);
            }
            Step::Die { happened } => {
                // The dying worker was in the middle of a press, too.
                self.presses += 1;
                let key = format!("press-{}", self.presses);
                let person = happened % PEOPLE.len();
                self.last_press = Some((person, key.clone()));
                self.press(person, key, happened);
                // Requests that are out may still arrive; nobody hears the answer.
                for call in std::mem::take(&mut self.under_way) {
                    if happened % 2 == 0 {
                        self.proxy.answer(&call, Luck::Create);
                    }
                }
                self.start();
            }
            Step::Wait { seconds } => {
                self.now += seconds * 1_000;
                self.happen(Event::Woke, usize::MAX);
            }
            Step::Disconnect(disconnected) => self.proxy.disconnected = disconnected,
            Step::Decide { there } => {
                let uncertain = |record: &&Record| record.standing() == record::Standing::Uncertain;
                let Some(key) = self
                    .state
                    .records
                    .iter()
                    .find(uncertain)
                    .map(|r| r.key.clone())
                else {
                    return;
                };
                let press = Press {
                    action: format!("{}:{key}", if there { "there" } else { "send-again" }),
                    value: Some("https://app.greenhouse.io/people/1".into()),
                    key: "decision".into(),
                    ..Press::default()
                };
                self.happen(
                    Event::Asked {
                        to: 0,
                        tab: 1,
                        ask: Ask::Press(press),
                    },
                    usize::MAX,
                );
            }
        }
        self.check();
    }

    /// What must hold at every moment.
    fn check(&self) {
        for (person, count) in &self.proxy.created {
            assert_eq!(*count, 1, "{person} was created twice");
        }
        for (id, _) in PEOPLE {
            let shown = self.shown(id);
            if shown.iter().any(|text| text.starts_with("In Greenhouse")) {
                let settled = |(body, state): &(String, SendState)| {
                    body.contains(id)
                        && matches!(state, SendState::Created(_) | SendState::Existing(_))
                };
                assert!(
                    self.proxy.sends.values().any(settled),
                    "{id} is shown and not there"
                );
            }
        }
    }

    /// Texts of all views on a person's page.
    fn shown(&self, id: &str) -> Vec<String> {
        let name = PEOPLE.iter().find(|(known, _)| *known == id).unwrap().1;
        let Page::JopwellProfile(page) = recognise(&profile(id, name), None) else {
            panic!("another reply")
        };
        let views = view::jopwell::profile(&self.state, &page, self.now);
        views.iter().flat_map(|view| texts(&view.node)).collect()
    }

    /// Everything works again, for long enough.
    fn heal(&mut self) {
        self.proxy.disconnected = false;
        for _ in 0..40 {
            while !self.under_way.is_empty() {
                self.step(Step::Deliver {
                    which: 0,
                    luck: Luck::Create,
                    arrives: true,
                    answered: true,
                });
            }
            self.step(Step::Decide { there: true });
            self.step(Step::Wait { seconds: 301 });
        }
    }
}

fn texts(node: &Node) -> Vec<String> {
    let own = Some(node.text.clone()).filter(|text| !text.is_empty());
    own.into_iter()
        .chain(node.children.iter().flat_map(texts))
        .collect()
}

fn find(node: &Node, is: Kind) -> Option<&Node> {
    if node.is == is {
        return Some(node);
    }
    node.children.iter().find_map(|child| find(child, is))
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let luck = prop_oneof![
        4 => Just(Luck::Create),
        1 => Just(Luck::Busy),
        1 => Just(Luck::Refuse),
        2 => Just(Luck::Uncertain),
    ];
    let step = prop_oneof![
        4 => (0..PEOPLE.len()).prop_map(|person| Step::Press { person }),
        2 => Just(Step::TellAgain),
        8 => (0..8_usize, luck, prop::bool::weighted(0.8), prop::bool::weighted(0.8))
            .prop_map(|(which, luck, arrives, answered)| Step::Deliver { which, luck, arrives, answered }),
        1 => (0..8_usize).prop_map(|which| Step::Html { which }),
        2 => (0..6_usize).prop_map(|happened| Step::Die { happened }),
        3 => (0..400_u64).prop_map(|seconds| Step::Wait { seconds }),
        1 => any::<bool>().prop_map(Step::Disconnect),
        1 => any::<bool>().prop_map(|there| Step::Decide { there }),
    ];
    prop::collection::vec(step, 1..50)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn no_order_of_events_loses_doubles_or_misreports_a_send(steps in steps()) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.heal();
        for record in &world.state.records {
            prop_assert!(record.is_final(), "{:?} is still open", record.at);
            let written: Record = crate::json::parse(&world.disk[&record.key]).unwrap();
            prop_assert_eq!(&written.at, &record.at, "the disk says something else");
            prop_assert!(!matches!(record.at, Whereabouts::Here { .. }), "the profile is still kept");
        }
        // Whoever was sent and not refused is there, and the page says so.
        for (id, _) in PEOPLE {
            let Some(record) = world.state.latest(id) else { continue };
            let refused = matches!(record.standing(), record::Standing::Refused(_));
            let says_so = world.shown(id).iter().any(|text| text == "In Greenhouse");
            prop_assert_eq!(says_so, !refused);
        }
    }
}

fn reply(effects: &[Effect]) -> &Reply {
    effects
        .iter()
        .find_map(|effect| match effect {
            Effect::Reply { reply, .. } => Some(reply),
            _ => None,
        })
        .unwrap()
}

fn look_at(state: &mut State, seen: Seen) -> Vec<Effect> {
    update(
        state,
        START,
        Event::Asked {
            to: 1,
            tab: 1,
            ask: Ask::Look(Look { seen, was: None }),
        },
    )
}

fn started(settings: Settings) -> State {
    let mut state = State::default();
    update(
        &mut state,
        START,
        Event::Started {
            settings,
            records: Vec::new(),
        },
    );
    state
}

#[test]
fn without_a_connection_the_button_leads_to_the_options() {
    let mut state = started(Settings::default());
    let effects = look_at(&mut state, profile("101", "Imani Okafor"));
    let Reply::Views { views, .. } = reply(&effects) else {
        panic!("another reply")
    };
    let button = find(&views[0].node, Kind::Button).unwrap();
    assert_eq!(button.text, "Send to ATS: connect first");
    assert_eq!(button.action.as_deref(), Some("open-options"));
    let press = Press {
        action: "open-options".into(),
        seen: Some(profile("101", "Imani Okafor")),
        ..Press::default()
    };
    let effects = update(
        &mut state,
        START,
        Event::Asked {
            to: 2,
            tab: 1,
            ask: Ask::Press(press),
        },
    );
    assert!(effects.contains(&Effect::OpenOptions));
}

#[test]
fn the_last_ones_content_under_the_next_ones_address_gets_no_button() {
    let mut state = started(connected());
    let effects = look_at(&mut state, profile("101", "Imani Okafor"));
    let Reply::Views { key, .. } = reply(&effects) else {
        panic!("another reply")
    };
    let mut between = profile("102", "Imani Okafor");
    between.readings[2] = profile("101", "Imani Okafor").readings[2].clone();
    let ask = Ask::Look(Look {
        seen: between,
        was: key.clone(),
    });
    let effects = update(&mut state, START, Event::Asked { to: 2, tab: 1, ask });
    let Reply::Views {
        views,
        again,
        key: kept,
        ..
    } = reply(&effects)
    else {
        panic!("another reply")
    };
    assert!(views.is_empty() && *again);
    assert_eq!(kept, key);
    let ask = Ask::Look(Look {
        seen: profile("102", "Noor Haddad"),
        was: key.clone(),
    });
    let effects = update(&mut state, START, Event::Asked { to: 3, tab: 1, ask });
    let Reply::Views { views, again, .. } = reply(&effects) else {
        panic!("another reply")
    };
    assert!(!views.is_empty() && !*again);
}

#[test]
fn one_name_is_sent_only_after_the_person_agreed() {
    let mut state = started(connected());
    let press = |action: &str, key: &str| {
        let seen = Some(profile("103", "Surya"));
        Ask::Press(Press {
            action: action.into(),
            key: key.into(),
            seen,
            ..Press::default()
        })
    };
    let effects = update(
        &mut state,
        START,
        Event::Asked {
            to: 1,
            tab: 1,
            ask: press("send", "a"),
        },
    );
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Keep(_)))
    );
    let Reply::Views { views, .. } = reply(&effects) else {
        panic!("another reply")
    };
    let words: Vec<_> = views.iter().flat_map(|view| texts(&view.node)).collect();
    assert!(
        words.contains(&"Send as “Surya (no last name)”".to_owned()),
        "{words:?}"
    );
    let effects = update(
        &mut state,
        START,
        Event::Asked {
            to: 2,
            tab: 1,
            ask: press("send-one-name", "b"),
        },
    );
    let body = effects.iter().find_map(|effect| match effect {
        Effect::Call {
            call: Call::PostSend { body, .. },
            ..
        } => Some(body),
        _ => None,
    });
    let request: SendRequest = serde_json::from_str(body.unwrap()).unwrap();
    assert_eq!(request.profile.last_name, NO_LAST_NAME);
}

#[test]
fn a_list_of_a_thousand_people_asks_once() {
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
        let effects = look_at(&mut state, seen.clone());
        let lookups = effects.iter().filter(|effect| {
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
fn a_list_is_sorted_and_filtered_by_what_is_known() {
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
    let effects = look_at(&mut state, seen("", 0, 0));
    let Reply::Views {
        views,
        others,
        again,
        ..
    } = reply(&effects)
    else {
        panic!("another reply")
    };
    // Nobody is known yet: no toolbar, and nobody is said to be somebody else's.
    assert!(views.is_empty() && !*again);
    assert_eq!(others.as_deref(), Some([].as_slice()));

    let effects = look_at(&mut state, seen("only", 0, 0));
    let Reply::Views { views, again, .. } = reply(&effects) else {
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
    update(&mut state, START, answered);
    let press = Press {
        action: "list:only".into(),
        seen: Some(seen("first", 2, 1)),
        ..Press::default()
    };
    let ask = Ask::Press(press);
    let effects = update(&mut state, START, Event::Asked { to: 3, tab: 1, ask });
    let Reply::Views {
        views,
        others,
        choice,
        again,
        ..
    } = reply(&effects)
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
fn each_choice_for_a_list_is_made_and_unmade() {
    let mut list = List::default();
    for (what, after) in [
        ("first", "first"),
        ("only", "first only"),
        ("first", "only"),
        ("only", ""),
        ("nothing known", ""),
    ] {
        list.toggle(what);
        assert_eq!(list.choice, after);
    }
}

#[test]
fn people_in_search_results_are_asked_about_at_once_and_show_how_they_stand() {
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
    let effects = look_at(&mut state, seen());
    let calls: Vec<_> = (effects.iter())
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
    let effects = update(&mut state, START, Event::Answered { call, answer });
    assert!(effects.contains(&Effect::TellPages));
    let effects = look_at(&mut state, seen());
    let Reply::Views { views, .. } = reply(&effects) else {
        panic!("{effects:?}")
    };
    let places: Vec<_> = views.iter().map(|view| view.place).collect();
    assert_eq!(places, [Place::Row(1), Place::Row(8)]);
    let shown = find(&views[0].node, Kind::Status).unwrap();
    assert_eq!(shown.text, "Phone Interview");
    assert_eq!(shown.tip, "Rejected, Analyst · Phone Interview, Designer");
    // On the profile, in the same words; and the status is read anew.
    let effects = look_at(&mut state, profile("101", "Imani Okafor"));
    let Reply::Views { views, .. } = reply(&effects) else {
        panic!("{effects:?}")
    };
    let shown = find(&views[0].node, Kind::Status).unwrap();
    assert_eq!(shown.text, "In Greenhouse · Phone Interview");
    assert!(effects.iter().any(|effect| matches!(effect,
        Effect::Call { call: Call::Lookup(request, _), .. } if request.refresh)));
}

#[test]
fn a_candidate_page_reads_the_status_although_the_list_just_asked() {
    let mut state = started(connected());
    let row = |url: &str| Seen {
        url: url.into(),
        rows: vec![(
            1,
            Read::Text("https://app.greenhouse.io/people/61002".into()),
        )],
        ..Seen::default()
    };
    look_at(&mut state, row("https://app.greenhouse.io/people"));
    let effects = look_at(
        &mut state,
        row("https://app.greenhouse.io/people/61002?application_id=7"),
    );
    let refreshes = |effect: &Effect| matches!(effect, Effect::Call { call: Call::Lookup(request, _), .. } if request.refresh);
    assert!(effects.iter().any(refreshes));
    // It was just read: only a press reads it again.
    let page = || row("https://app.greenhouse.io/people/61002?application_id=7");
    assert!(!look_at(&mut state, page()).iter().any(refreshes));
    let ask = Ask::Press(Press {
        action: "sync:61002".into(),
        seen: Some(page()),
        ..Press::default()
    });
    let press = Event::Asked { to: 1, tab: 1, ask };
    let effects = update(&mut state, START, press);
    assert!(effects.iter().any(refreshes));
    // Only what was pressed for is read by a press.
    let by_press = |effect: &Effect| matches!(effect, Effect::Call { call: Call::Lookup(request, _), .. } if request.by_press);
    assert!(effects.iter().any(by_press));
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
    let effects = update(&mut state, later, look);
    assert!(effects.iter().any(refreshes) && !effects.iter().any(by_press));
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
    update(state, START, Event::Answered { call, answer });
    let mut words = |url: &str, place: Place| {
        let effects = look_at(state, seen(url));
        let Reply::Views { views, .. } = reply(&effects) else {
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

#[test]
fn the_panel_and_the_list_say_how_a_status_came_what_jopwell_shows_and_what_waits() {
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
        has(&panel, "Not seen yet") && has(&panel, "Nothing"),
        "{panel:?}"
    );
    assert_eq!(row, ["Source = Jopwell"]);

    for (route, words) in [
        (StatusRoute::WebHook, "by web hook"),
        (StatusRoute::Asked, "asked by ATSi"),
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
        has(&panel, "Applied") && has(&panel, "Offer for Jopwell"),
        "{panel:?}"
    );
    assert_eq!(row, ["Source = Jopwell", "Waiting"]);
    known
        .waiting
        .push(waits(WaitingFor::Application, Some("Kiln Engineer"), true));
    let (panel, row) = shown_in_greenhouse(&mut state, &known);
    assert!(has(&panel, "An application for Kiln Engineer"), "{panel:?}");
    assert_eq!(row, ["Source = Jopwell", "Not done"]);

    // What the proxy has not taken yet waits, too.
    known.waiting.clear();
    let ask = Ask::Press(Press {
        action: "send".into(),
        key: "here".into(),
        seen: Some(profile("101", "Imani Okafor")),
        ..Press::default()
    });
    update(&mut state, START, Event::Asked { to: 1, tab: 1, ask });
    let (panel, row) = shown_in_greenhouse(&mut state, &known);
    assert!(has(&panel, "A send"), "{panel:?}");
    assert_eq!(row, ["Source = Jopwell", "Waiting"]);
}

#[test]
fn proxy_addresses_are_https_or_this_computer() {
    for good in [
        "http://127.0.0.1:8787",
        "http://localhost:1/",
        "http://[::1]:8787",
        "https://atsi.example.com/",
    ] {
        assert!(proxy_address(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "127.0.0.1",
        "ftp://127.0.0.1",
        "http://example.com",
        "https://a.example/path",
        "https://a.example/?x",
    ] {
        assert!(proxy_address(bad).is_err(), "{bad}");
    }
}

#[test]
fn only_the_newest_settled_sends_are_kept() {
    let request = SendRequest {
        external_id: "1".into(),
        job_id: None,
        profile: atsi_protocol::Profile::default(),
        resume: None,
    };
    let records = (0..SETTLED_KEPT as u64 + 3).map(|index| {
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

/// Signs in to a company and returns the sentence that speaks against it.
fn sign_in(world: &mut World, company: Option<&str>) -> Option<String> {
    let session = SignedInTo {
        proxy: "https://atsi.example.com".into(),
        company: company.map(str::to_owned),
    };
    let ask = Ask::Session(session);
    let effects = update(
        &mut world.state,
        world.now,
        Event::Asked { to: 0, tab: 0, ask },
    );
    assert_eq!(effects.first(), Some(&Effect::ReadSession));
    effects.into_iter().find_map(|effect| match effect {
        Effect::Reply {
            reply: Reply::Session { problem },
            ..
        } => problem,
        _ => None,
    })
}

#[test]
fn what_waits_for_one_company_is_never_sent_for_another() {
    let mut world = World::new();
    assert_eq!(sign_in(&mut world, Some("hartwell.example")), None);
    world.press(0, "a".into(), usize::MAX);
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
fn a_decision_that_does_not_count_says_why() {
    let mut world = World::new();
    world.state.settings = connected();
    world.press(0, "a".into(), usize::MAX);
    let uncertain = SendState::Uncertain { since: START };
    world.state.records[0].in_flight = false;
    world.state.records[0].learn(world.now, uncertain.clone());
    let press = |action: &str| {
        let (action, value) = (action.to_owned(), Some("no link".to_owned()));
        let ask = Ask::Press(Press {
            action,
            value,
            ..Press::default()
        });
        Event::Asked { to: 1, tab: 0, ask }
    };
    let effects = update(&mut world.state, world.now, press("there:a"));
    let decide = effects.into_iter().find_map(|effect| match effect {
        Effect::Call {
            call: call @ Call::Decide { .. },
            ..
        } => Some(call),
        _ => None,
    });
    let popup = |world: &mut World| {
        let effects = update(&mut world.state, world.now, press(""));
        format!("{:?}", reply(&effects))
    };
    let answered = |answer| Event::Answered {
        call: decide.clone().unwrap(),
        answer,
    };
    let no = Problem::new(ProblemCode::InvalidRequest)
        .with_detail("This is no link to a candidate in Greenhouse.");
    let no = Some(Response {
        status: no.status,
        body: crate::json::write(&no),
    });
    let effects = update(&mut world.state, world.now, answered(no));
    assert!(effects.contains(&Effect::TellPages));
    assert!(popup(&mut world).contains("This is no link to a candidate"));
    assert!(!popup(&mut world).contains("The request is not valid."));
    // Once more, and the proxy is away.
    update(&mut world.state, world.now, press("there:a"));
    assert!(!popup(&mut world).contains("This is no link to a candidate"));
    update(&mut world.state, world.now, answered(None));
    assert!(popup(&mut world).contains("The ATSi proxy does not answer."));
    // A poll that fails says nothing of a decision.
    world.state.records[0].learn(world.now, uncertain);
    let call = Call::GetSend {
        key: "a".into(),
        is_application: false,
    };
    let answer = None;
    update(
        &mut world.state,
        world.now,
        Event::Answered { call, answer },
    );
    assert!(!popup(&mut world).contains("The ATSi proxy does not answer."));
}

#[test]
fn a_clock_that_is_set_back_keeps_nothing_waiting() {
    let mut state = started(connected());
    let seen = profile("101", "Imani Okafor");
    look_at(&mut state, seen.clone());
    let ask = Ask::Press(Press {
        action: "send".into(),
        key: "a".into(),
        seen: Some(seen.clone()),
        ..Press::default()
    });
    update(&mut state, START, Event::Asked { to: 1, tab: 1, ask });
    let call = Call::PostSend {
        key: "a".into(),
        body: String::new(),
        is_application: false,
    };
    let answer = None;
    update(&mut state, START, Event::Answered { call, answer });
    let hour = 60 * 60_000;
    let effects = update(&mut state, START - hour, Event::Woke);
    let goes = |effect: &Effect| {
        matches!(
            effect,
            Effect::Call {
                call: Call::PostSend { .. },
                ..
            }
        )
    };
    assert!(effects.iter().any(goes), "{effects:?}");
    assert!(effects.contains(&Effect::TellPages));
    let looked = Ask::Look(Look { seen, was: None });
    let event = Event::Asked {
        to: 2,
        tab: 1,
        ask: looked,
    };
    let effects = update(&mut state, START - hour, event);
    let asks = |effect: &Effect| {
        matches!(
            effect,
            Effect::Call {
                call: Call::Lookup(..),
                ..
            }
        )
    };
    assert!(effects.iter().any(asks), "{effects:?}");
}

#[test]
fn a_token_of_another_company_is_not_for_what_was_sent_for_this_one() {
    let [hartwell, other] = ["hartwell.example", "other.example"].map(str::to_owned);
    assert!(may_go_along(Some(&hartwell), Some(&hartwell)));
    assert!(!may_go_along(Some(&hartwell), Some(&other)));
    // Kept by a version that did not say, or the first to sign in.
    assert!(may_go_along(Some(&hartwell), None));
    assert!(may_go_along(None, Some(&other)));
}

#[test]
fn what_was_sent_for_one_company_is_not_shown_to_another() {
    let mut world = World::new();
    assert_eq!(sign_in(&mut world, Some("hartwell.example")), None);
    world.press(0, "a".into(), usize::MAX);
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
fn an_ended_session_is_forgotten_and_a_changed_company_asked_about() {
    let mut world = World::new();
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
    let told = Event::Heard(r#"{"changed":"company"}"#.into());
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
fn a_policy_does_not_sign_in_over_what_waits_for_another_company() {
    let mut world = World::new();
    assert_eq!(sign_in(&mut world, Some("hartwell.example")), None);
    world.press(0, "a".into(), usize::MAX);
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

#[test]
fn another_language_is_spoken_on_every_page_at_once() {
    let mut world = World::new();
    crate::language::speak("es", Some(r#"{"Last sends": "Últimos envíos"}"#));
    let effects = update(&mut world.state, world.now, Event::Spoken);
    assert!(effects.contains(&Effect::TellPages));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Toolbar { .. }))
    );
    let popup = |world: &mut World| {
        let (to, tab, ask) = (1, 0, Ask::Popup);
        let effects = update(&mut world.state, world.now, Event::Asked { to, tab, ask });
        format!("{effects:?}")
    };
    assert!(popup(&mut world).contains("Últimos envíos"));
    crate::language::speak("en", None);
    assert!(popup(&mut world).contains("Last sends"));
}

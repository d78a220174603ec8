//! The core against a model of the proxy and of Greenhouse: any order of clicks, answers, losses and deaths of
//! the worker leaves no send lost, none doubled and none shown wrongly.

use crate::flow::call::{Call, ProxyAnswer, Response};
use crate::flow::effect::Effect;
use crate::flow::event::Event;
use crate::flow::update;
use crate::message::{Click, Showing};
use crate::page::{Page, recognise};
use crate::state::State;
use crate::state::record::{Record, Standing};
use crate::state::settings::Settings;
use crate::testing::{
    START, click, clicked, connected, connection, json, ok, problem, profile, texts,
};
use crate::view::reply::views;
use atsi_protocol::{
    ConnectionState, Decision, InGreenhouse, LookupResponse, Millis, Problem, ProblemCode, Send,
    SendRequest, SendState, WaitReason,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// What the proxy and Greenhouse would do, as `atsi-proxy`'s own tests hold it to.
#[derive(Default)]
pub struct Proxy {
    /// By idempotency key: the body, and where the send stands.
    pub sends: BTreeMap<String, (String, SendState)>,
    /// By person: the key whose send holds the claim.
    pub claims: BTreeMap<String, String>,
    /// How many prospects Greenhouse was made to create, by person.
    pub created: BTreeMap<String, u64>,
    pub disconnected: bool,
}

impl Proxy {
    pub fn there(person: &str) -> InGreenhouse {
        let id = 60_000_000_000 + person.bytes().map(u64::from).sum::<u64>();
        InGreenhouse {
            candidate_id: id,
            application_id: None,
            profile_url: format!("https://app.greenhouse.io/people/{id}"),
        }
    }

    pub fn send(&self, key: &str) -> ProxyAnswer {
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
    pub fn answer(&mut self, call: &Call, luck: Luck) -> ProxyAnswer {
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
            | Call::LinkJob(_)
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

    pub fn try_greenhouse(&mut self, person: &str, luck: Luck) -> SendState {
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
pub enum Luck {
    Create,
    Busy,
    Refuse,
    Uncertain,
}

#[derive(Clone, Debug)]
pub enum Step {
    /// A new click on the button on a person's page.
    Click {
        person: usize,
    },
    /// The port tells its last click again, because it heard nothing.
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

pub const PEOPLE: [(&str, &str); 3] = [
    ("101", "Imani Okafor"),
    ("102", "Noor Haddad"),
    ("103", "Surya"),
];

/// The browser around the core: a disk that survives it, and requests under way.
pub struct World {
    pub state: State,
    pub disk: BTreeMap<String, String>,
    pub settings: Settings,
    pub proxy: Proxy,
    pub under_way: Vec<Call>,
    pub now: Millis,
    pub clicks: usize,
    pub last_click: Option<(usize, String)>,
}

impl World {
    pub fn started() -> Self {
        let mut world = Self {
            state: State::default(),
            disk: BTreeMap::new(),
            settings: connected(),
            proxy: Proxy::default(),
            under_way: Vec::new(),
            now: START,
            clicks: 0,
            last_click: None,
        };
        world.start();
        world
    }

    pub fn start(&mut self) {
        self.state = State::default();
        let records = self
            .disk
            .values()
            .map(|json| serde_json::from_str::<Record>(json).unwrap());
        let event = Event::Started {
            settings: self.settings.clone(),
            records: records.collect(),
        };
        self.happen(event, usize::MAX);
    }

    /// Carries out the first `most` effects of an event, as the edge does: in order.
    pub fn happen(&mut self, event: Event, most: usize) {
        let effects = update(&mut self.state, self.now, event);
        for effect in effects.into_iter().take(most) {
            match effect {
                Effect::Keep(record) => {
                    self.disk.insert(record.key.clone(), json(&record));
                }
                Effect::Forget { key } => drop(self.disk.remove(&key)),
                Effect::SaveSettings(settings) => self.settings = settings,
                Effect::Call { call, .. } => {
                    if let Call::PostSend { key, .. } = &call {
                        assert!(self.disk.contains_key(key), "sent before it was on disk");
                    }
                    self.under_way.push(call);
                }
                Effect::Answer { .. }
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
                | Effect::ReportPeople(_)
                | Effect::CountPages => {}
            }
        }
    }

    pub fn click(&mut self, person: usize, key: String, most: usize) {
        let (id, name) = PEOPLE[person];
        let one_name = !name.contains(' ');
        let click = Click {
            key,
            seen: Some(profile(id, name)),
            ..click(if one_name { "send-one-name" } else { "send" })
        };
        self.happen(clicked(click), most);
    }

    pub fn step(&mut self, step: Step) {
        match step {
            Step::Click { person } => {
                self.clicks += 1;
                let key = format!("click-{}", self.clicks);
                self.last_click = Some((person, key.clone()));
                self.click(person, key, usize::MAX);
            }
            Step::TellAgain => {
                if let Some((person, key)) = self.last_click.clone() {
                    self.click(person, key, usize::MAX);
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
                // The dying worker was in the middle of a click, too.
                self.clicks += 1;
                let key = format!("click-{}", self.clicks);
                let person = happened % PEOPLE.len();
                self.last_click = Some((person, key.clone()));
                self.click(person, key, happened);
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
                let uncertain = |record: &&Record| record.standing() == Standing::Uncertain;
                let Some(key) = self
                    .state
                    .records
                    .iter()
                    .find(uncertain)
                    .map(|r| r.key.clone())
                else {
                    return;
                };
                let verb = if there { "there" } else { "send-again" };
                let click = Click {
                    value: Some("https://app.greenhouse.io/people/1".into()),
                    key: "decision".into(),
                    ..click(&format!("{verb}:{key}"))
                };
                self.happen(clicked(click), usize::MAX);
            }
        }
        self.check();
    }

    /// What must hold at every moment.
    pub fn check(&self) {
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
    pub fn shown(&self, id: &str) -> Vec<String> {
        let name = PEOPLE.iter().find(|(known, _)| *known == id).unwrap().1;
        let Page::JopwellProfile(page) = recognise(&profile(id, name), None) else {
            panic!("another page")
        };
        let views = views(&self.state, self.now, &Showing::Profile(page));
        views.iter().flat_map(|view| texts(&view.node)).collect()
    }

    /// Everything works again, for long enough.
    pub fn heal(&mut self) {
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

pub fn steps() -> impl Strategy<Value = Vec<Step>> {
    let luck = prop_oneof![
        4 => Just(Luck::Create),
        1 => Just(Luck::Busy),
        1 => Just(Luck::Refuse),
        2 => Just(Luck::Uncertain),
    ];
    let step = prop_oneof![
        4 => (0..PEOPLE.len()).prop_map(|person| Step::Click { person }),
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

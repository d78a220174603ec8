//! What tests of several stories share.

use crate::core::{Step, handle};
use crate::flow::call::{Call, ProxyAnswer, Response};
use crate::flow::effect::Effect;
use crate::flow::event::Event;
use crate::message::{Ask, Click, Look};
use crate::page::seen::{Seen, Value};
use crate::state::State;
use crate::state::settings::Settings;
use crate::view::node::{Kind, Node};
use crate::view::reply::{Placed, Reply};
use atsi_protocol::{
    Connection, ConnectionState, Job, JobLink, JobState, JopwellJob, Millis, Problem, ProblemCode,
};
use serde::Serialize;

pub const START: Millis = 1_790_000_000_000;

pub fn connection(state: ConnectionState) -> Connection {
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

/// Settings with a working connection.
pub fn connected() -> Settings {
    Settings {
        connection: Some(connection(ConnectionState::Active)),
        ..Settings::default()
    }
}

pub fn started(settings: Settings) -> State {
    let mut state = State::default();
    let records = Vec::new();
    happen(&mut state, START, Event::Started { settings, records });
    state
}

/// A profile page with a name and an e-mail address.
pub fn profile(id: &str, name: &str) -> Seen {
    let text = |text: &str| vec![Value::Text(text.into())];
    let mail = Value::Pair(format!("mailto:{id}@mail.example"), String::new());
    Seen {
        url: format!("https://www.jopwell.com/candidates/{id}"),
        readings: vec![
            ("heading".into(), text(name)),
            ("site_id".into(), text(id)),
            ("links".into(), vec![mail]),
        ],
        ..Seen::default()
    }
}

pub fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap()
}

/// A successful answer of the proxy.
pub fn ok(body: &impl Serialize) -> ProxyAnswer {
    Some(Response {
        status: 200,
        body: json(body),
    })
}

/// The proxy's answer with a problem.
pub fn problem(code: ProblemCode) -> ProxyAnswer {
    refused(&Problem::new(code))
}

pub fn refused(problem: &Problem) -> ProxyAnswer {
    Some(Response {
        status: problem.status,
        body: json(problem),
    })
}

/// A click, by its action's text.
pub fn click(action: &str) -> Click {
    Click {
        action: action.parse().unwrap(),
        value: None,
        key: String::new(),
        seen: None,
        was: None,
    }
}

pub fn asked(ask: Ask) -> Event {
    Event::Asked { to: 1, tab: 1, ask }
}

pub fn clicked(click: Click) -> Event {
    asked(Ask::Click(Box::new(click)))
}

pub fn looked(seen: Seen) -> Event {
    asked(Ask::Look(Look { seen, was: None }))
}

/// What an event leads to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub effects: Vec<Effect>,
    pub reply: Option<Reply>,
    /// Id, title and message of each.
    pub notifications: Vec<(String, String, String)>,
    pub toolbar: Option<(String, String)>,
}

pub fn happen(state: &mut State, now: Millis, event: Event) -> Outcome {
    let mut outcome = Outcome::default();
    for step in handle(state, now, event) {
        match step {
            Step::Reply { reply, .. } => outcome.reply = Some(reply),
            Step::Notify { id, title, message } => outcome.notifications.push((id, title, message)),
            Step::Toolbar { badge, title } => outcome.toolbar = Some((badge, title)),
            Step::Carry(effect) => outcome.effects.push(effect),
        }
    }
    outcome
}

impl Outcome {
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.effects.iter().filter_map(|effect| match effect {
            Effect::Call { call, .. } => Some(call),
            _ => None,
        })
    }

    pub fn call(&self, is_it: impl Fn(&Call) -> bool) -> Option<Call> {
        self.calls().find(|call| is_it(call)).cloned()
    }

    pub fn has(&self, effect: &Effect) -> bool {
        self.effects.contains(effect)
    }

    /// The views of the reply to a page.
    pub fn views(&self) -> &[Placed] {
        match &self.reply {
            Some(Reply::Views { views, .. }) => views,
            other => panic!("another reply: {other:?}"),
        }
    }

    pub fn words(&self) -> Vec<String> {
        let views = self.views().iter();
        views.flat_map(|view| texts(&view.node)).collect()
    }
}

/// All texts of a view, in order.
pub fn texts(node: &Node) -> Vec<String> {
    let own = Some(node.text.clone()).filter(|text| !text.is_empty());
    own.into_iter()
        .chain(node.children.iter().flat_map(texts))
        .collect()
}

pub fn find(node: &Node, is: Kind) -> Option<&Node> {
    if node.is == is {
        return Some(node);
    }
    node.children.iter().find_map(|child| find(child, is))
}

/// An open job in Greenhouse.
pub fn greenhouse_job(id: u64, name: &str) -> Job {
    Job {
        id,
        name: name.into(),
        title: None,
        state: JobState::Open,
        public: true,
        requisition: None,
        location: None,
        on_board: None,
        heard_at: START,
    }
}

/// A link of a job on Jopwell to a Greenhouse job; `applications`: the switch's word.
pub fn job_link(job: Option<Job>, applications: &str) -> JobLink {
    JobLink {
        jopwell_job: JopwellJob {
            id: "/jobs/310".into(),
            title: "Kiln engineer".into(),
            location: None,
            requisition: None,
        },
        job,
        linked_at: None,
        applications: serde_json::from_value(applications.into()).unwrap(),
        held: 0,
        proposals: Vec::new(),
    }
}

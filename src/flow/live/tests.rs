use super::*;
use crate::flow::call::ProxyAnswer;
use crate::flow::connection::PAUSE_AFTER_TROUBLE;
use crate::flow::event::Event;
use crate::flow::update;
use crate::message::{Ask, Look};
use crate::page::seen::{Seen, Value};
use crate::state::record::{Hold, Record};
use crate::state::settings::Settings;
use crate::testing::{START, connected, ok, profile};
use atsi_protocol::{
    ApplicationStatus, CandidateStatus, HoldReason, InGreenhouse, KnownCandidate, LookupResponse,
    Problem, ProblemCode, WaitReason,
};
use proptest::prelude::*;

const PEOPLE: [&str; 3] = ["101", "102", "103"];

fn settings(after: Option<u64>) -> Settings {
    Settings {
        after,
        ..connected()
    }
}

fn look(id: &str) -> Event {
    let ask = Ask::Look(Look {
        seen: profile(id, "Imani Okafor"),
        was: None,
    });
    Event::Asked { to: 1, tab: 7, ask }
}

fn candidate(person: &str, key: &str, stage: u64) -> KnownCandidate {
    let status = CandidateStatus {
        read_at: START,
        route: None,
        readable: true,
        merged: false,
        applications: vec![ApplicationStatus {
            application_id: 5,
            job: None,
            status: "active".into(),
            stage: Some(format!("Stage {stage}")),
            pool: None,
            since: None,
        }],
    };
    KnownCandidate {
        external_id: person.into(),
        idempotency_key: key.into(),
        sent_at: START,
        sent_by: None,
        send: SendState::Created(InGreenhouse {
            candidate_id: 9,
            application_id: None,
            profile_url: "https://app.greenhouse.io/people/9".into(),
        }),
        status: Some(status),
        on_jopwell: None,
        waiting: Vec::new(),
    }
}

#[test]
fn application_that_was_let_go_is_no_longer_held() {
    let request = serde_json::from_str(
        r#"{"external_id":"101","jopwell_job":{"id":"310","title":"Kiln"},"profile":{"first_name":"I","last_name":"O"}}"#,
    );
    let mut record = Record::application("k".into(), "I O".into(), START, &request.unwrap());
    let (reason, retry_at) = (WaitReason::Held, None);
    record.learn(START, SendState::Waiting { reason, retry_at });
    record.hold = Some(Hold {
        reason: Some(HoldReason::AlreadyProspect),
        sentence: String::new(),
        problem: None,
        prospect: None,
    });
    let (settings, records) = (settings(Some(1)), vec![record]);
    let mut state = State::default();
    update(&mut state, START, Event::Started { settings, records });
    let candidate = candidate("101", "k", 1);
    let change = Change {
        number: 2,
        candidate,
    };
    update(&mut state, START, page(vec![change], 2, false));
    assert!(state.records[0].is_final());
    assert_eq!(state.records[0].hold, None, "nothing is left to decide");
}

#[test]
fn answer_from_before_an_erasure_brings_nobody_back() {
    for open_before in [false, true] {
        let (settings, records) = (settings(Some(1)), Vec::new());
        let mut state = State::default();
        update(&mut state, START, Event::Started { settings, records });
        let there = LookupResponse {
            candidates: vec![candidate("101", "k", 1)],
        };
        let looked_up = |state: &mut State, at| {
            let calls = update(state, at, look("101")).into_iter();
            let mut look_ups = calls.filter_map(|effect| match effect {
                Effect::Call { call, .. } if matches!(call, Call::Lookup(..)) => Some(call),
                _ => None,
            });
            look_ups.next().expect("the proxy is asked")
        };
        let answered = |state: &mut State, call| {
            let answer = ok(&there);
            update(state, START, Event::Answered { call, answer })
        };
        let mut call = looked_up(&mut state, START);
        if open_before {
            answered(&mut state, call);
            call = looked_up(&mut state, START + 3_600_000);
        }
        let mut erased = candidate("", "k", 1);
        let problem = Problem::new(ProblemCode::CandidateErased);
        erased.send = SendState::Refused { problem };
        let change = Change {
            number: 2,
            candidate: erased,
        };
        update(&mut state, START, page(vec![change], 2, false));
        let effects = answered(&mut state, call);
        assert!(state.known("101").is_none());
        assert!(effects.contains(&Effect::TellPages));
        // Whoever else was asked for then is asked for anew.
        looked_up(&mut state, START);
    }
}

fn page(changes: Vec<Change>, next: u64, reset: bool) -> Event {
    let page = ChangesPage {
        jobs: Vec::new(),
        changes,
        next,
        more: false,
        reset,
    };
    Event::Heard(LiveMessage::Changes(page))
}

/// What the proxy has: by person the sends, the last one counts; each with its stage.
#[derive(Default)]
struct Truth {
    sends: Vec<(usize, String, u64)>,
    log: Vec<Change>,
}

impl Truth {
    fn change(&mut self, person: usize, again: bool) {
        let sends = self.sends.iter().filter(|send| send.0 == person).count();
        if sends == 0 || again && sends < 3 {
            let key = format!("{person}-{sends}");
            self.sends.push((person, key, 0));
        }
        let number = START + self.log.len() as u64 + 1;
        let send = self
            .sends
            .iter_mut()
            .rfind(|send| send.0 == person)
            .unwrap();
        send.2 += 1;
        let candidate = candidate(PEOPLE[person], &send.1, send.2);
        self.log.push(Change { number, candidate });
    }

    fn known(&self, person: usize) -> Option<KnownCandidate> {
        let send = self.sends.iter().rfind(|send| send.0 == person)?;
        Some(candidate(PEOPLE[person], &send.1, send.2))
    }

    fn answer(&self, call: &Call) -> ProxyAnswer {
        match call {
            Call::Lookup(request, _) => {
                let ours = (0..PEOPLE.len())
                    .filter(|p| request.external_ids.contains(&PEOPLE[*p].to_owned()));
                let candidates = ours.filter_map(|person| self.known(person)).collect();
                ok(&LookupResponse { candidates })
            }
            Call::GetConnection => ok(&settings(None).connection),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    Change {
        person: usize,
        again: bool,
    },
    /// Some changes are told, in this order, and some of them are told twice.
    Tell {
        order: Vec<prop::sample::Index>,
    },
    Look {
        person: usize,
    },
    /// The proxy answers now, and it is heard …
    Answer {
        which: prop::sample::Index,
    },
    /// … or much later.
    Hear {
        which: prop::sample::Index,
    },
    Reset,
}

fn step() -> impl Strategy<Value = Step> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        5 => (0..3_usize, prop::bool::weighted(0.2)).prop_map(|(person, again)| Step::Change { person, again }),
        4 => prop::collection::vec(index(), 1..5).prop_map(|order| Step::Tell { order }),
        4 => (0..3_usize).prop_map(|person| Step::Look { person }),
        3 => index().prop_map(|which| Step::Answer { which }),
        3 => index().prop_map(|which| Step::Hear { which }),
        1 => Just(Step::Reset),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]
    #[test]
    fn late_doubled_and_reordered_changes_end_in_the_same_state(steps in prop::collection::vec(step(), 0..50)) {
        let (mut state, mut truth) = (State::default(), Truth::default());
        let mut now = START;
        let (mut asked, mut answered) = (Vec::new(), Vec::new());
        let mut happen = |state: &mut State, asked: &mut Vec<Call>, event| {
            now += 1;
            for effect in update(state, now, event) {
                if let Effect::Call { call, .. } = effect {
                    asked.push(call);
                }
            }
        };
        let event = Event::Started { settings: settings(Some(START)), records: Vec::new() };
        happen(&mut state, &mut asked, event);
        for step in steps {
            match step {
                Step::Change { person, again } => truth.change(person, again),
                Step::Tell { order } => for index in order {
                    if truth.log.is_empty() { continue }
                    let change = truth.log[index.index(truth.log.len())].clone();
                    let next = change.number;
                    happen(&mut state, &mut asked, page(vec![change], next, false));
                },
                Step::Look { person } => happen(&mut state, &mut asked, look(PEOPLE[person])),
                Step::Answer { which } => if !asked.is_empty() {
                    let call = asked.remove(which.index(asked.len()));
                    let answer = truth.answer(&call);
                    answered.push((call, answer));
                },
                Step::Hear { which } => if !answered.is_empty() {
                    let (call, answer) = answered.remove(which.index(answered.len()));
                    happen(&mut state, &mut asked, Event::Answered { call, answer });
                },
                Step::Reset => {
                    let next = START + truth.log.len() as u64;
                    happen(&mut state, &mut asked, page(Vec::new(), next, true));
                }
            }
        }
        // Everything is told in the end, newest first; pages look again, and old answers come.
        for change in truth.log.iter().rev().cloned() {
            let next = change.number;
            happen(&mut state, &mut asked, page(vec![change], next, false));
        }
        for id in PEOPLE {
            happen(&mut state, &mut asked, look(id));
        }
        while let Some((call, answer)) = answered.pop().or_else(|| asked.pop().map(|call| {
            let answer = truth.answer(&call);
            (call, answer)
        })) {
            happen(&mut state, &mut asked, Event::Answered { call, answer });
            if asked.is_empty() && answered.is_empty() {
                for id in PEOPLE {
                    happen(&mut state, &mut asked, look(id));
                }
            }
        }
        for (person, id) in PEOPLE.iter().enumerate() {
            let known = truth.known(person);
            prop_assert_eq!(state.known(id), known.as_ref(), "{}", id);
        }
    }
}

fn started(after: Option<u64>) -> State {
    let mut state = State::default();
    let settings = settings(after);
    let records = Vec::new();
    let effects = update(&mut state, START, Event::Started { settings, records });
    assert!(effects.contains(&Effect::CountPages));
    assert!(
        !effects
            .iter()
            .any(|effect| matches!(effect, Effect::Listen { .. }))
    );
    state
}

fn rings_at(effects: &[Effect]) -> Option<Millis> {
    effects.iter().find_map(|effect| match effect {
        Effect::WakeAt(at) => Some(*at),
        _ => None,
    })
}

#[test]
fn channel_is_open_while_a_page_is() {
    let mut state = started(Some(41));
    let effects = update(&mut state, START, look("101"));
    let base = "http://127.0.0.1:8787".to_owned();
    let path = "/v1/live?after=41".to_owned();
    assert!(effects.contains(&Effect::Listen { base, path }));
    let effects = update(&mut state, START + 9, page(Vec::new(), 44, false));
    assert!(!effects.contains(&Effect::TellPages));
    assert_eq!(state.settings.after, Some(44));
    let mut now = START;
    for _ in 0..3 {
        now += CHECK_PAGES_EVERY;
        let effects = update(&mut state, now, Event::Woke);
        assert!(effects.contains(&Effect::CountPages));
        let says = Effect::ReportPeople(vec!["101".into()]);
        assert_eq!(
            effects.contains(&says),
            now == START + CHECK_PAGES_EVERY,
            "once"
        );
        assert_eq!(rings_at(&effects), Some(now + CHECK_PAGES_EVERY));
        assert!(update(&mut state, now, Event::Pages(vec![7])).is_empty());
    }
    assert!(update(&mut state, now, Event::Pages(Vec::new())).contains(&Effect::HangUp));
    assert_eq!(
        rings_at(&update(&mut state, now + CHECK_PAGES_EVERY, Event::Woke)),
        None
    );
    // A worker that was started by an alarm finds the page by itself.
    let mut state = started(Some(44));
    let effects = update(&mut state, START, Event::Pages(vec![3]));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Listen { .. }))
    );
}

#[test]
fn proxy_is_told_who_is_on_the_screen_in_all_tabs() {
    let mut state = started(Some(41));
    looked(&mut state, 1, vec!["a".into(), "b".into()], true);
    update(&mut state, START, page(Vec::new(), 41, false));
    looked(&mut state, 1, vec!["c".into()], true);
    looked(&mut state, 2, vec!["d".into()], false);
    looked(&mut state, 2, vec!["e".into()], false);
    let said = |state: &mut State, after| {
        let effects = update(state, START + after * CHECK_PAGES_EVERY, Event::Woke);
        effects.into_iter().find_map(|effect| match effect {
            Effect::ReportPeople(people) => Some(people),
            _ => None,
        })
    };
    let all = ["c", "a", "b", "e"].map(str::to_owned);
    assert_eq!(said(&mut state, 1).as_deref(), Some(all.as_slice()));
    assert_eq!(said(&mut state, 2), None);
    update(&mut state, START, Event::Pages(vec![2]));
    assert_eq!(said(&mut state, 3), Some(vec!["e".to_owned()]));
    let long = (0..300).map(|n| format!("/professionals/{n}/{}", "x".repeat(100)));
    looked(&mut state, 2, long.collect(), false);
    let text = serde_json::to_string(&said(&mut state, 4).unwrap()).unwrap();
    assert!((10_000..16_000).contains(&text.len()), "{}", text.len());
}

#[test]
fn unavailable_channel_is_replaced_by_questions_in_growing_intervals() {
    let mut state = started(Some(41));
    let mut now = START;
    update(&mut state, now, look("101"));
    let (mut asked, mut opened) = (0, 0);
    while now < START + 600_000 {
        update(&mut state, now, Event::HungUp);
        let wait = state.live.due - now;
        assert!(
            (FIRST_WAIT / 2..=LONGEST_WAIT * 3 / 2).contains(&wait),
            "{wait}"
        );
        now = state.live.due;
        for effect in update(&mut state, now, Event::Woke) {
            match effect {
                Effect::Listen { .. } => opened += 1,
                Effect::Call { call, .. } => assert_ne!(call, Call::GetChanges { after: None }),
                _ => {}
            }
        }
        let after = state.settings.after;
        let told = ChangesPage {
            jobs: Vec::new(),
            changes: Vec::new(),
            next: after.unwrap() + 1,
            more: false,
            reset: false,
        };
        let answer = ok(&told);
        update(
            &mut state,
            now,
            Event::Answered {
                call: Call::GetChanges { after },
                answer,
            },
        );
        asked += 1;
    }
    assert!(
        (15..=45).contains(&opened),
        "{opened} attempts in ten minutes"
    );
    assert_eq!(state.settings.after, Some(41 + asked));
    // It comes back: the waits begin anew.
    update(&mut state, now, page(Vec::new(), 99, false));
    update(&mut state, now, Event::HungUp);
    assert!(state.live.due - now <= FIRST_WAIT * 3 / 2);
}

#[test]
fn reset_makes_everything_be_read_anew() {
    let mut state = started(Some(41));
    update(&mut state, START, look("101"));
    let found = LookupResponse {
        candidates: vec![candidate("101", "k", 1)],
    };
    let request = atsi_protocol::LookupRequest {
        external_ids: vec!["101".into()],
        ..Default::default()
    };
    let call = Call::Lookup(request, 41);
    update(
        &mut state,
        START,
        Event::Answered {
            call: call.clone(),
            answer: ok(&found),
        },
    );
    assert!(state.known("101").is_some());
    let effects = update(&mut state, START, page(Vec::new(), 900, true));
    assert!(effects.contains(&Effect::TellPages));
    assert_eq!(
        (state.known("101"), state.settings.after),
        (None, Some(900))
    );
    // An answer from before says nothing any more.
    update(
        &mut state,
        START,
        Event::Answered {
            call,
            answer: ok(&found),
        },
    );
    assert_eq!(state.known("101"), None);
}

#[test]
fn own_send_is_settled_by_a_change() {
    let mut record = Record::new(
        "k".into(),
        "Imani Okafor".into(),
        START,
        &atsi_protocol::SendRequest {
            external_id: "101".into(),
            job_id: None,
            profile: atsi_protocol::Profile::default(),
            resume: None,
        },
    );
    record.learn(START, SendState::Uncertain { since: START });
    let mut state = State::default();
    update(
        &mut state,
        START,
        Event::Started {
            settings: settings(Some(41)),
            records: vec![record],
        },
    );
    let change = Change {
        number: 42,
        candidate: candidate("101", "k", 1),
    };
    let effects = update(&mut state, START, page(vec![change], 42, false));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Keep(record) if record.is_final()))
    );
}

/// Rows of the tracker.
fn tracker(people: &[&str]) -> Event {
    let rows = people.iter().enumerate().map(|(number, id)| {
        let link = format!("https://www.jopwell.com/candidates/{id}");
        (number as u32, Value::Pair(link, (*id).into()))
    });
    let seen = Seen {
        url: "https://www.jopwell.com/tracker".into(),
        rows: rows.collect(),
        ..Seen::default()
    };
    let ask = Ask::Look(Look { seen, was: None });
    Event::Asked { to: 1, tab: 7, ask }
}

/// An open tracker. The proxy answers what it is asked, pages look when they are told to, and bells
/// ring: nobody does anything else.
struct Tracker {
    state: State,
    now: Millis,
    truth: Truth,
    rows: Vec<&'static str>,
    is_away: bool,
    lookups: usize,
}

impl Tracker {
    fn open() -> Self {
        let mut state = State::default();
        let (settings, records) = (settings(Some(START)), Vec::new());
        update(&mut state, START, Event::Started { settings, records });
        let mut tracker = Self {
            state,
            now: START,
            truth: Truth::default(),
            rows: PEOPLE[..2].to_vec(),
            is_away: false,
            lookups: 0,
        };
        tracker.happen(self::tracker(&PEOPLE[..2]));
        tracker.happen(page(Vec::new(), START, false));
        tracker
    }

    fn happen(&mut self, event: Event) {
        let mut events = std::collections::VecDeque::from([event]);
        for _ in 0..50 {
            let Some(event) = events.pop_front() else {
                return;
            };
            for effect in update(&mut self.state, self.now, event) {
                match effect {
                    Effect::Call { call, .. } => {
                        self.lookups += usize::from(matches!(call, Call::Lookup(..)));
                        let answer = match self.is_away {
                            true => None,
                            false => self.truth.answer(&call),
                        };
                        events.push_back(Event::Answered { call, answer });
                    }
                    Effect::TellPages => events.push_back(tracker(&self.rows)),
                    _ => {}
                }
            }
        }
        panic!("it does not come to rest");
    }

    /// Bells ring until then.
    fn wait(&mut self, time: Millis) {
        let until = self.now + time;
        while let Some(at) = self.state.wake.filter(|at| *at <= until) {
            self.now = at.max(self.now);
            self.happen(Event::Woke);
            self.happen(Event::Pages(vec![7]));
        }
        self.now = until;
    }

    fn tell(&mut self) {
        let change = self.truth.log.last().unwrap().clone();
        let next = change.number;
        self.happen(page(vec![change], next, false));
    }

    fn shows(&self, person: usize) -> bool {
        self.truth.known(person).is_some()
            && self.state.known(PEOPLE[person]) == self.truth.known(person).as_ref()
    }
}

#[test]
fn row_of_a_person_sent_by_a_colleague_is_updated_at_once() {
    let mut tracker = Tracker::open();
    tracker.truth.change(0, false);
    tracker.tell();
    assert!(tracker.shows(0));
    // An application of theirs arrives: another send, which counts from now on.
    tracker.truth.change(0, true);
    tracker.tell();
    assert!(tracker.shows(0));
}

#[test]
fn row_seen_while_the_proxy_was_away_is_updated_when_it_is_back() {
    let mut tracker = Tracker::open();
    tracker.truth.change(2, false);
    tracker.is_away = true;
    tracker.rows.push(PEOPLE[2]);
    tracker.happen(self::tracker(&PEOPLE[2..]));
    assert!(!tracker.shows(2));
    tracker.is_away = false;
    tracker.happen(page(Vec::new(), START, false));
    assert!(tracker.shows(2));
}

#[test]
fn failed_question_is_repeated_without_a_message() {
    let mut tracker = Tracker::open();
    tracker.truth.change(2, false);
    tracker.is_away = true;
    tracker.rows.push(PEOPLE[2]);
    tracker.happen(self::tracker(&PEOPLE[2..]));
    // Away for longer than one attempt: neither too often nor never again.
    let before = tracker.lookups;
    tracker.wait(60_000);
    assert!(
        (4..=7).contains(&(tracker.lookups - before)),
        "{} in a minute",
        tracker.lookups - before
    );
    // Seen while it is left alone.
    tracker.is_away = false;
    tracker.truth.change(0, false);
    tracker.state.directory.people.clear();
    tracker.happen(self::tracker(&PEOPLE[..1]));
    tracker.wait(PAUSE_AFTER_TROUBLE);
    assert!(tracker.shows(2) && tracker.shows(0));
    let before = tracker.lookups;
    tracker.wait(50_000);
    assert_eq!(tracker.lookups, before, "it is not asked for what is known");
}

#[test]
fn question_of_a_worker_that_ended_is_asked_by_the_next() {
    let mut tracker = Tracker::open();
    tracker.truth.change(1, false);
    tracker.state = State::default();
    let (settings, records) = (settings(Some(START + 1)), Vec::new());
    tracker.happen(Event::Started { settings, records });
    tracker.happen(Event::Pages(vec![7]));
    assert!(tracker.shows(1));
    // Later counts make no page look.
    tracker.state.directory.people.clear();
    tracker.happen(Event::Pages(vec![7, 8]));
    assert!(!tracker.shows(1));
}

#[test]
fn answer_from_before_the_own_send_does_not_hide_it() {
    let mut record = Record::new(
        "0-0".into(),
        "Imani Okafor".into(),
        START,
        &atsi_protocol::SendRequest {
            external_id: "101".into(),
            job_id: None,
            profile: atsi_protocol::Profile::default(),
            resume: None,
        },
    );
    record.in_flight = true;
    let mut truth = Truth::default();
    let mut state = State::default();
    let (settings, records) = (settings(Some(START)), vec![record]);
    update(&mut state, START, Event::Started { settings, records });
    let lookup = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::Call { call, .. } if matches!(call, Call::Lookup(..)) => Some(call),
            _ => None,
        })
    };
    let call = lookup(update(&mut state, START, tracker(&["101"]))).unwrap();
    let late = truth.answer(&call);
    // Meanwhile the send arrives, and the channel tells it.
    truth.change(0, false);
    let sent = atsi_protocol::Send {
        idempotency_key: "0-0".into(),
        external_id: "101".into(),
        job_id: None,
        accepted_at: START,
        sent_by: None,
        resume: None,
        state: truth.known(0).unwrap().send,
    };
    let (key, is_application) = ("0-0".into(), false);
    let answer = ok(&sent);
    let call_of_send = Call::GetSend {
        key,
        is_application,
    };
    let call_answered = Event::Answered {
        call: call_of_send,
        answer,
    };
    update(&mut state, START, call_answered);
    let change = truth.log[0].clone();
    let next = change.number;
    update(&mut state, START, page(vec![change], next, false));
    let answer = late;
    update(&mut state, START, Event::Answered { call, answer });
    // The page that was told to look does so now.
    let call = lookup(update(&mut state, START, tracker(&["101"]))).expect("it is asked");
    let answer = truth.answer(&call);
    update(&mut state, START, Event::Answered { call, answer });
    assert_eq!(state.known("101"), truth.known(0).as_ref());
}

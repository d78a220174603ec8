use super::*;
use crate::flow::call::{ProxyAnswer, Response};
use crate::flow::event::Event;
use crate::message::Ask;
use crate::state::record::Record;
use crate::state::settings::Settings;
use crate::testing::{connected, happen, json};
use atsi_protocol::live::LiveMessage;
use atsi_protocol::{
    ApplicationStatus, CandidateStatus, ChangesPage, InGreenhouse, KnownCandidate,
};
use proptest::prelude::*;

const HOUR: Millis = 60 * MINUTE;
/// 22 September 2026, 10:00 in UTC.
const START: Millis = 1_790_071_200_000;

/// Nothing, and never quiet.
fn nothing() -> Notifications {
    Notifications {
        quiet_from: 0,
        quiet_until: 0,
        ..Notifications::default()
    }
}

fn everything() -> Notifications {
    Notifications {
        hired: Some(1),
        offer: Some(1),
        rejected: Some(1),
        ..nothing()
    }
}

/// A browser whose worker may end at any moment: its disk, and what was told.
struct Browser {
    state: State,
    disk: Settings,
    now: Millis,
    number: u64,
    shown: Vec<(String, String, String)>,
    asked: u32,
}

impl Browser {
    fn new(wanted: Notifications) -> Self {
        let disk = Settings {
            after: Some(100),
            ..connected()
        };
        let mut browser = Self {
            state: State::default(),
            disk,
            now: START,
            number: 100,
            shown: Vec::new(),
            asked: 0,
        };
        browser.restart();
        let ask = Ask::Notify(wanted);
        browser.happen(Event::Asked { to: 1, tab: 0, ask });
        browser
    }

    fn restart(&mut self) {
        // By way of the disk, as text.
        let settings = serde_json::from_str(&json(&self.disk)).unwrap();
        self.state = State::default();
        let records = Vec::new();
        self.happen(Event::Started { settings, records });
    }

    fn happen(&mut self, event: Event) {
        let outcome = happen(&mut self.state, self.now, event);
        self.shown.extend(outcome.notifications);
        for effect in outcome.effects {
            match effect {
                Effect::SaveSettings(settings) => self.disk = settings,
                Effect::Call {
                    call: Call::GetChanges { .. },
                    ..
                } => self.asked += 1,
                _ => {}
            }
        }
    }

    fn wait(&mut self, time: Millis) {
        self.now += time;
        self.happen(Event::Woke);
    }

    fn change(&mut self, person: u64, status: &str, stage: Option<&str>, since: Millis) -> Change {
        self.number += 1;
        Change {
            number: self.number,
            candidate: candidate(person, status, stage, since),
        }
    }

    fn hear(&mut self, changes: Vec<Change>) {
        let next = changes.last().map_or(self.number, |change| change.number);
        let page = ChangesPage {
            jobs: Vec::new(),
            changes,
            next,
            more: false,
            reset: false,
        };
        self.happen(Event::Heard(LiveMessage::Changes(page)));
    }

    fn is(&mut self, person: u64, status: &str) {
        let change = self.change(person, status, Some("Interview"), self.now);
        self.hear(vec![change]);
    }

    fn told(&mut self) -> Vec<(String, String, String)> {
        std::mem::take(&mut self.shown)
    }
}

fn candidate(person: u64, status: &str, stage: Option<&str>, since: Millis) -> KnownCandidate {
    let application = ApplicationStatus {
        application_id: 1_000 + person,
        job: Some("Analyst".into()),
        status: status.into(),
        stage: stage.map(str::to_owned),
        pool: None,
        since: Some(since),
    };
    KnownCandidate {
        external_id: person.to_string(),
        idempotency_key: format!("k-{person}"),
        sent_at: START,
        sent_by: Some("Ada Park".into()),
        send: SendState::Created(InGreenhouse {
            candidate_id: person,
            application_id: None,
            profile_url: format!("https://app.greenhouse.io/people/{person}"),
        }),
        on_jopwell: None,
        waiting: Vec::new(),
        status: Some(CandidateStatus {
            route: None,
            read_at: since,
            readable: true,
            merged: false,
            applications: vec![application],
        }),
    }
}

#[test]
fn single_news_names_the_job_and_leads_to_the_person() {
    let mut browser = Browser::new(everything());
    browser.is(7, "hired");
    assert!(browser.told().is_empty(), "others may follow");
    browser.wait(TOGETHER);
    let told = browser.told();
    let page = "https://app.greenhouse.io/people/7";
    let expected = (page, "Hired", "A Jopwell candidate · Analyst");
    assert_eq!(told.len(), 1);
    let (id, title, message) = &told[0];
    assert_eq!((id.as_str(), title.as_str(), message.as_str()), expected);
    let mut effects = Vec::new();
    for id in [
        page,
        "candidates.html#9",
        "https://evil.example/",
        "javascript:1",
    ] {
        clicked(id.into(), &mut effects);
    }
    let opens = |path: &str| Effect::OpenPage(path.into());
    assert_eq!(effects, [opens(page), opens("candidates.html#9")]);
}

#[test]
fn news_within_a_minute_are_one_notification() {
    let mut browser = Browser::new(everything());
    for person in 1..=3 {
        browser.is(person, "hired");
        browser.wait(15_000);
    }
    browser.is(4, "rejected");
    let offer = browser.change(5, "active", Some("Offer extended"), browser.now);
    browser.hear(vec![offer]);
    browser.wait(TOGETHER);
    let told = browser.told();
    assert_eq!(told.len(), 1, "{told:?}");
    let message = "3 people were hired\n1 person reached the offer stage\n1 person was rejected";
    assert_eq!(told[0].2, message);
    assert!(told[0].0.starts_with("candidates.html#"));
    browser.wait(10 * HOUR);
    assert!(browser.told().is_empty());
}

#[test]
fn clock_set_back_delays_no_notification() {
    for restarts in [false, true] {
        let mut browser = Browser::new(everything());
        browser.is(7, "hired");
        browser.now -= 48 * HOUR;
        if restarts {
            browser.restart();
        }
        browser.wait(1);
        assert_eq!(browser.told().len(), 1, "{restarts}");
    }
}

#[test]
fn news_older_than_the_wish_or_reversed_are_not_told() {
    let mut browser = Browser::new(Notifications {
        rejected: Some(1),
        ..nothing()
    });
    let old = browser.change(1, "rejected", None, START - 1);
    browser.hear(vec![old]);
    // Not wanted.
    browser.is(2, "hired");
    // Taken back within the minute.
    browser.is(3, "rejected");
    browser.is(3, "active");
    // Known already, by number.
    browser.is(4, "active");
    let mut late = browser.change(4, "rejected", None, START);
    late.number = 50;
    browser.hear(vec![late]);
    // Erased.
    browser.is(5, "rejected");
    let mut erased = browser.change(5, "rejected", None, START);
    erased.candidate.external_id.clear();
    erased.candidate.send = SendState::Uncertain { since: 1 };
    browser.hear(vec![erased]);
    browser.wait(TOGETHER);
    assert!(browser.told().is_empty());
    // Another wish later does not bring the first one's time forward, nor what was before itself.
    browser.now += HOUR;
    let hired_before = browser.now - 1;
    let ask = Ask::Notify(Notifications {
        hired: Some(1),
        rejected: Some(1),
        ..nothing()
    });
    browser.happen(Event::Asked { to: 1, tab: 0, ask });
    let changes = vec![
        browser.change(6, "hired", None, hired_before),
        browser.change(7, "rejected", None, hired_before),
    ];
    browser.hear(changes);
    browser.wait(TOGETHER);
    assert_eq!(browser.told()[0].0, "https://app.greenhouse.io/people/7");
    // Off: nothing, and nothing is asked for.
    let ask = Ask::Notify(nothing());
    browser.happen(Event::Asked { to: 1, tab: 0, ask });
    browser.is(8, "rejected");
    browser.asked = 0;
    browser.wait(TOGETHER);
    browser.wait(HOUR);
    assert!(browser.told().is_empty());
    assert_eq!((browser.asked, &browser.disk.notifications), (0, &None));
}

#[test]
fn own_candidates_are_the_default_and_all_of_the_company_a_choice() {
    for (all, me, is_told) in [
        (false, None, true),
        (false, Some("Ada Park"), true),
        (false, Some("Noor Ali"), false),
        (true, Some("Noor Ali"), true),
    ] {
        let mut browser = Browser::new(Notifications {
            all,
            me: me.map(str::to_owned),
            ..everything()
        });
        browser.is(1, "hired");
        browser.wait(TOGETHER);
        assert_eq!(!browser.told().is_empty(), is_told, "{all} {me:?}");
    }
    // This browser sent them: it also knows the name.
    let mut browser = Browser::new(Notifications {
        me: Some("Noor Ali".into()),
        ..everything()
    });
    let request = atsi_protocol::SendRequest {
        external_id: "1".into(),
        job_id: None,
        profile: atsi_protocol::Profile::default(),
        resume: None,
    };
    let mut record = Record::new("k-1".into(), "Imani Okafor".into(), START, &request);
    record.learn(START, candidate(1, "active", None, START).send);
    browser.state.records.push(record);
    browser.is(1, "hired");
    browser.wait(TOGETHER);
    assert_eq!(browser.told()[0].2, "Imani Okafor · Analyst");
}

#[test]
fn quiet_hours_follow_this_computer_and_end_in_one_notification() {
    let wanted = |from: Millis, until: Millis| Notifications {
        quiet_from: from * 60,
        quiet_until: until * 60,
        ..everything()
    };
    // It is 10:00 in UTC.
    for (from, until, east, hours) in [
        (20, 8, 0, 0),
        (20, 8, 1_440 - 300, 3),
        (20, 8, 600, 12),
        (9, 11, 0, 1),
        (11, 9, 0, 0),
        (10, 9, 0, 23),
        (8, 10, 0, 0),
        (8, 8, 0, 0),
        (0, 0, 0, 0),
    ] {
        let mut browser = Browser::new(wanted(from, until));
        browser.state.minutes_east = east;
        browser.is(1, "hired");
        browser.wait(TOGETHER);
        let case = format!("{from} {until} {east}");
        assert_eq!(browser.told().len(), usize::from(hours == 0), "{case}");
        if hours == 0 {
            continue;
        }
        browser.is(2, "hired");
        // The worker ends meanwhile, and rings again and again.
        browser.restart();
        browser.state.minutes_east = east;
        browser.now = START + hours * HOUR - 1;
        browser.happen(Event::Woke);
        assert!(browser.told().is_empty(), "{case}");
        browser.wait(1);
        let told = browser.told();
        assert_eq!(told.len(), 1, "{case}");
        assert_eq!(told[0].2, "2 people were hired");
    }
}

#[test]
fn proxy_is_asked_every_few_minutes_while_no_page_is_open() {
    let mut browser = Browser::new(everything());
    browser.asked = 0;
    for _ in 0..60 {
        browser.wait(MINUTE);
    }
    assert!((11..=13).contains(&browser.asked), "{}", browser.asked);
    // What the answer says is told like anything else.
    let change = browser.change(3, "hired", None, browser.now);
    let page = ChangesPage {
        jobs: Vec::new(),
        next: change.number,
        changes: vec![change],
        more: false,
        reset: false,
    };
    let call = Call::GetChanges { after: Some(100) };
    let body = json(&page);
    let answer: ProxyAnswer = Some(Response { status: 200, body });
    browser.happen(Event::Answered { call, answer });
    browser.wait(TOGETHER);
    assert_eq!(browser.told().len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    /// Whatever comes twice or late, and whenever the worker ends: each hire is told once.
    #[test]
    fn each_hire_is_told_once(steps in prop::collection::vec((0..6_u8, 0..5_u64), 0..60)) {
        let mut browser = Browser::new(everything());
        let mut log: Vec<Change> = Vec::new();
        let mut hired = [0_usize; 5];
        let mut is_hired = [false; 5];
        for (step, person) in steps {
            let at = usize::try_from(person).unwrap();
            match step {
                0 | 1 => {
                    // Hired, or once more something about who is.
                    let since = if is_hired[at] { START } else { browser.now };
                    let change = browser.change(person, "hired", None, since);
                    if !std::mem::replace(&mut is_hired[at], true) {
                        hired[at] += 1;
                    }
                    log.push(change.clone());
                    browser.hear(vec![change]);
                }
                2 => if let Some(last) = log.last().cloned() {
                    browser.hear(vec![last]);
                },
                3 => browser.restart(),
                4 => browser.wait(7_000),
                _ => browser.wait(TOGETHER),
            }
        }
        browser.wait(TOGETHER);
        let told: usize = browser.told().iter().map(|(_, _, message)| {
            match message.split_once(" people were hired") {
                Some((count, _)) => count.parse().unwrap(),
                None => 1,
            }
        }).sum();
        prop_assert_eq!(told, hired.iter().sum::<usize>());
    }
}

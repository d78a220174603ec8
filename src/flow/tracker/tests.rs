use super::*;
use crate::flow::event::Event;
use crate::flow::update;
use crate::message::{Ask, Click, Look, SignedInTo};
use crate::page::seen::{Seen, Value};
use crate::testing::{click, connected, happen, json, ok};
use crate::view::reply::Reply;
use atsi_protocol::{
    ApplicationStatus, CandidateStatus, InGreenhouse, LookupResponse, RowPlan, SendState,
};

const NOW: Millis = 1_790_000_000_000;

fn tracker(shows: &str) -> Seen {
    let link = "https://www.jopwell.com/candidates/101".to_owned();
    Seen {
        url: "https://www.jopwell.com/tracker".into(),
        rows: vec![(4, Value::Pair(link, "101".into()))],
        tracked: vec![Tracked {
            number: 4,
            id: "9013".into(),
            shows: shows.into(),
            ..Tracked::default()
        }],
        ..Seen::default()
    }
}

/// The proxy, as far as is needed: what it says of the row, and what it was asked, in order.
struct Stand {
    state: State,
    now: Millis,
    plan: RowPlan,
    asked: Vec<Call>,
    /// How often pages were told to look, and when the bell rings.
    told: u32,
    rings_at: Millis,
    /// The proxy does not answer what it is asked about rows.
    is_away: bool,
}

impl Stand {
    fn new(to: Option<&str>, set: Option<u64>, was: Option<&str>) -> Self {
        let settings = connected();
        let mut state = State::default();
        let records = Vec::new();
        update(&mut state, NOW, Event::Started { settings, records });
        let plan = RowPlan {
            row: "9013".into(),
            to: to.map(str::to_owned),
            set,
            sets_in: None,
            was: was.map(str::to_owned),
        };
        Self {
            state,
            now: NOW,
            plan,
            asked: Vec::new(),
            told: 0,
            rings_at: 0,
            is_away: false,
        }
    }

    fn answer(&self, call: &Call) -> ProxyAnswer {
        match call {
            Call::Lookup(..) => {
                let application = ApplicationStatus {
                    application_id: 1,
                    job: None,
                    status: "active".into(),
                    stage: Some("Preliminary Phone Screen".into()),
                    pool: None,
                    since: None,
                };
                ok(&LookupResponse {
                    candidates: vec![KnownCandidate {
                        external_id: "101".into(),
                        idempotency_key: "k".into(),
                        sent_at: NOW,
                        sent_by: None,
                        send: SendState::Created(InGreenhouse {
                            candidate_id: 1,
                            application_id: None,
                            profile_url: "https://app.greenhouse.io/people/1".into(),
                        }),
                        status: Some(CandidateStatus {
                            read_at: NOW,
                            route: None,
                            readable: true,
                            merged: false,
                            applications: vec![application],
                        }),
                        on_jopwell: None,
                        waiting: Vec::new(),
                    }],
                })
            }
            Call::PlanWriteBacks(_) if self.is_away => None,
            Call::PlanWriteBacks(_) => ok(&WriteBackResponse {
                rows: vec![self.plan.clone()],
            }),
            _ => None,
        }
    }

    fn happen(&mut self, event: Event) -> Option<Reply> {
        let mut events = vec![event];
        let mut reply = None;
        while let Some(event) = events.pop() {
            let outcome = happen(&mut self.state, self.now, event);
            reply = outcome.reply.or(reply);
            for effect in outcome.effects {
                match effect {
                    Effect::TellPages => self.told += 1,
                    Effect::WakeAt(at) => self.rings_at = at,
                    Effect::Call { call, .. } => {
                        let answer = self.answer(&call);
                        self.asked.push(call.clone());
                        events.push(Event::Answered { call, answer });
                    }
                    _ => {}
                }
            }
        }
        reply
    }

    /// What a page that shows this status is to set, and what its row says.
    fn look(&mut self, shows: &str) -> (Vec<SetStatus>, String) {
        let seen = tracker(shows);
        let ask = Ask::Look(Look { seen, was: None });
        match self.happen(Event::Asked { to: 1, tab: 1, ask }) {
            Some(Reply::Views { sets, views, .. }) => (sets, json(&views)),
            other => panic!("{other:?}"),
        }
    }

    fn press(&mut self, action: &str) {
        let press = Click {
            seen: Some(Seen {
                tracked: Vec::new(),
                rows: Vec::new(),
                ..tracker("")
            }),
            ..click(action)
        };
        let ask = Ask::Click(Box::new(press));
        self.happen(Event::Asked { to: 1, tab: 1, ask });
    }

    /// Rows that were asked about.
    fn rows(&self) -> Vec<TrackedRow> {
        let rows = self.asked.iter().filter_map(|call| match call {
            Call::PlanWriteBacks(request) => Some(request.rows.clone()),
            _ => None,
        });
        rows.flatten().collect()
    }
}

fn set(from: &str, to: &str) -> SetStatus {
    SetStatus {
        row: 4,
        from: from.into(),
        to: to.into(),
        id: 7,
    }
}

#[test]
fn one_page_is_told_to_set_a_row_once_and_reports_the_result() {
    let mut stand = Stand::new(Some("Phone Screen"), Some(7), None);
    stand.look("Applied");
    stand.look("Applied");
    let (sets, _) = stand.look("Applied");
    assert_eq!(sets, [set("Applied", "Phone Screen")]);
    assert!(
        stand.look("Applied").0.is_empty(),
        "another tab is not told, too"
    );
    stand.press("track-done:7=true");
    let done = Call::FinishWriteBack {
        id: 7,
        is_set: true,
    };
    assert_eq!(stand.asked.last(), Some(&done));
    // The row shows it now, which makes it another.
    stand.plan = RowPlan {
        to: None,
        set: None,
        was: Some("Applied".into()),
        ..stand.plan
    };
    stand.look("Phone Screen");
    let (sets, views) = stand.look("Phone Screen");
    assert!(sets.is_empty() && views.contains("set by ATSi"), "{views}");
    let asked = stand.rows();
    assert_eq!(asked.len(), 2, "{asked:?}");
    assert_eq!(asked[0].stage, "Preliminary Phone Screen");

    stand.plan = RowPlan {
        to: Some("Applied".into()),
        set: Some(7),
        was: None,
        ..stand.plan
    };
    stand.press("track-undo:9013");
    assert_eq!(
        stand.rows().last().unwrap().press,
        Some(WriteBackPress::Undo)
    );
    assert_eq!(
        stand.look("Phone Screen").0,
        [set("Phone Screen", "Applied")]
    );
}

#[test]
fn waiting_row_shows_the_time_left_and_is_asked_about_when_it_is_over() {
    const HOUR: Millis = 3_600_000;
    let mut stand = Stand::new(Some("Rejected"), None, None);
    stand.plan.sets_in = Some(2 * HOUR + 60_000);
    for _ in 0..2 {
        stand.look("Applied");
    }
    let (sets, views) = stand.look("Applied");
    for says in ["Rejected will be set in 3 h", "Set now", "Don’t set"] {
        assert!(sets.is_empty() && views.contains(says), "{views}");
    }
    let asked = stand.rows();
    assert_eq!(asked[0].external_id.as_deref(), Some("101"));
    // The worker may die: the proxy knows how long is left.
    let settings = connected();
    let records = Vec::new();
    stand.state = State::default();
    stand.happen(Event::Started { settings, records });
    for _ in 0..3 {
        stand.look("Applied");
    }
    // The bell rings when the words change, at last by minutes; rows keep theirs while it asks.
    for (left, says) in [
        (2 * HOUR, "in 2 h"),
        (HOUR, "in 60 min"),
        (9 * 60_000, "in 9 min"),
    ] {
        stand.now = NOW + 2 * HOUR + 60_000 - left;
        stand.plan.sets_in = Some(left);
        stand.told = 0;
        stand.happen(Event::Woke);
        assert_eq!(stand.told, 1, "{says}");
        let (_, views) = stand.look("Applied");
        assert!(views.contains(says), "{says}: {views}");
        assert!(stand.rings_at <= stand.now + 60_000);
    }
    // The time is over: the row is asked about at once, and one page sets it.
    stand.now = NOW + 2 * HOUR + 60_000;
    stand.plan.sets_in = None;
    stand.plan.set = Some(7);
    let before = stand.rows().len();
    stand.happen(Event::Woke);
    stand.look("Applied");
    assert_eq!(stand.rows().len(), before + 1);
    assert_eq!(stand.look("Applied").0, [set("Applied", "Rejected")]);
}

#[test]
fn waiting_row_is_set_now_or_not_at_all_by_a_click() {
    for (action, press) in [
        ("track-set:9013", WriteBackPress::Set),
        ("track-skip:9013", WriteBackPress::Skip),
    ] {
        let mut stand = Stand::new(Some("Rejected"), None, None);
        stand.plan.sets_in = Some(5_000);
        for _ in 0..3 {
            stand.look("Applied");
        }
        stand.plan.sets_in = None;
        stand.press(action);
        assert_eq!(stand.rows().last().unwrap().press, Some(press));
        let (_, views) = stand.look("Applied");
        assert!(views.contains("Set to Rejected"), "{views}");
    }
}

#[test]
fn plan_of_one_company_is_not_carried_out_for_another() {
    let mut stand = Stand::new(Some("Phone Screen"), Some(7), None);
    stand.look("Applied");
    stand.look("Applied");
    assert_eq!(stand.rows().len(), 1);
    let session = SignedInTo {
        proxy: "https://atsi.example.com".into(),
        company: Some("other.example".into()),
    };
    let ask = Ask::Session(session);
    stand.happen(Event::Asked { to: 1, tab: 1, ask });
    stand.state.settings.connection = connected().connection;
    stand.state.trouble = None;
    stand.plan.to = None;
    stand.plan.set = None;
    stand.look("Applied");
    let (sets, views) = stand.look("Applied");
    assert!(sets.is_empty() && !views.contains("Set to"), "{views}");
    assert_eq!(stand.rows().len(), 2, "its proxy was asked");
}

/// A page was told to set the row.
fn told_to_set() -> Stand {
    let mut stand = Stand::new(Some("Phone Screen"), Some(7), None);
    stand.look("Applied");
    stand.look("Applied");
    assert_eq!(stand.look("Applied").0.len(), 1);
    stand
}

/// The plans that a press asks for, not answered yet.
fn pressed_and_under_way(stand: &mut Stand) -> Call {
    let ask = Ask::Click(Box::new(click("track-set:9013")));
    let event = Event::Asked { to: 1, tab: 1, ask };
    let effects = update(&mut stand.state, stand.now, event);
    let call = effects.into_iter().find_map(|effect| match effect {
        Effect::Call { call, .. } => Some(call),
        _ => None,
    });
    call.unwrap()
}

#[test]
fn click_counts_right_after_a_row_could_not_be_set() {
    let mut stand = told_to_set();
    finished(&mut stand.state, 7, &mut Vec::new());
    stand.plan.set = Some(8);
    stand.press("track-set:9013");
    assert_eq!(stand.look("Applied").0.first().map(|set| set.id), Some(8));
}

#[test]
fn click_counts_although_an_earlier_set_ends_before_it_is_answered() {
    let mut stand = told_to_set();
    let call = pressed_and_under_way(&mut stand);
    finished(&mut stand.state, 7, &mut Vec::new());
    stand.plan.set = Some(8);
    let answer = stand.answer(&call);
    stand.happen(Event::Answered { call, answer });
    assert_eq!(stand.look("Applied").0.first().map(|set| set.id), Some(8));
}

#[test]
fn overtaken_answer_takes_no_set_away() {
    let mut stand = Stand::new(Some("Phone Screen"), None, None);
    stand.look("Applied");
    stand.look("Applied");
    let earlier = Call::PlanWriteBacks(WriteBackRequest { rows: stand.rows() });
    let call = pressed_and_under_way(&mut stand);
    stand.plan.set = Some(7);
    let answer = stand.answer(&call);
    stand.happen(Event::Answered { call, answer });
    stand.plan.set = None;
    let answer = stand.answer(&earlier);
    stand.happen(Event::Answered {
        call: earlier,
        answer,
    });
    assert_eq!(stand.look("Applied").0, [set("Applied", "Phone Screen")]);
    assert!(stand.look("Applied").0.is_empty());
}

#[test]
fn status_that_is_not_automatic_is_offered() {
    let mut stand = Stand::new(Some("Phone Screen"), None, None);
    stand.look("Applied");
    stand.look("Applied");
    let (sets, views) = stand.look("Applied");
    assert!(
        sets.is_empty() && views.contains("Set to Phone Screen"),
        "{views}"
    );
    stand.plan.set = Some(7);
    stand.press("track-set:9013");
    assert_eq!(
        stand.rows().last().unwrap().press,
        Some(WriteBackPress::Set)
    );
    assert_eq!(stand.look("Applied").0, [set("Applied", "Phone Screen")]);
    stand.press("track-done:7=false");
    let done = Call::FinishWriteBack {
        id: 7,
        is_set: false,
    };
    assert_eq!(stand.asked.last(), Some(&done));
}

#[test]
fn unanswered_question_about_a_row_is_repeated() {
    let mut stand = Stand::new(Some("Phone Screen"), None, None);
    stand.is_away = true;
    stand.look("Applied");
    stand.look("Applied");
    assert_eq!(stand.rows().len(), 1);
    stand.is_away = false;
    stand.told = 0;
    stand.now = stand.rings_at;
    stand.happen(Event::Woke);
    assert_eq!(stand.told, 1);
    stand.look("Applied");
    let (_, views) = stand.look("Applied");
    assert!(views.contains("Set to Phone Screen"), "{views}");
    assert_eq!(stand.rows().len(), 2);
}

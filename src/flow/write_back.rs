//! The status in Jopwell's candidate tracker follows Greenhouse: by itself where the company chose so,
//! else by a press. The proxy decides, and lets one browser set a row.

use super::call::{self, Answer, Call};
use super::{Effect, FRESH, State, ask_proxy};
use crate::page::seen::Tracked;
use crate::view::greenhouse::state_of;
use crate::view::node::{Node, Tone, button, text};
use atsi_protocol::{
    KnownCandidate, Millis, RowPlan, TrackedRow, WriteBackPress, WriteBackRequest,
    WriteBackResponse,
};
use serde::Serialize;

/// A row, and what the proxy said of it.
#[derive(Debug)]
pub struct Tracking {
    asked: TrackedRow,
    at: Millis,
    plan: Option<RowPlan>,
    /// What a page was told to set of it last.
    set: Option<u64>,
}

/// What a page is to set; where the row shows something else than `from` meanwhile, it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Set {
    pub row: u32,
    pub from: String,
    pub to: String,
    pub id: u64,
}

/// What is shown of a row beside how the candidate stands, and what is to be set; who is not in
/// `asks` is known well enough.
pub fn row(
    state: &mut State,
    now: Millis,
    person: &str,
    row: &Tracked,
    sets: &mut Vec<Set>,
    asks: &mut Vec<TrackedRow>,
) -> Vec<Node> {
    let Some(stage) = state.known(person).and_then(one_stage) else {
        return Vec::new();
    };
    let asked = TrackedRow {
        row: row.id.clone(),
        shows: row.shows.clone(),
        stage: stage.to_owned(),
        press: None,
    };
    let known = (state.tracked.iter_mut()).find(|tracking| tracking.asked.row == asked.row);
    let Some(tracking) = known.filter(|known| known.asked == asked && now < known.at + FRESH)
    else {
        asks.push(asked);
        return Vec::new();
    };
    let Some(plan) = &mut tracking.plan else {
        return Vec::new();
    };
    let mut nodes = Vec::new();
    match (&plan.to, plan.set.take(), &plan.was) {
        // One page is told, once.
        (Some(to), Some(id), _) => {
            tracking.set = Some(id);
            sets.push(Set {
                row: row.number,
                from: row.shows.clone(),
                to: to.clone(),
                id,
            });
        }
        (Some(to), None, _) => {
            let action = format!("track-set:{}", row.id);
            let tip = say!("In Greenhouse: {what}", what = asked.stage);
            nodes.push(button(say!("Set to {status}", status = to), &action).tip(tip));
        }
        (None, _, Some(was)) => {
            nodes.push(text(say!("set by ATSi")).tone(Tone::Quiet));
            let action = format!("track-undo:{}", row.id);
            let undo = button(say!("Undo"), &action);
            nodes.push(undo.tip(say!("Sets {status} again", status = was)));
        }
        _ => {}
    }
    nodes
}

/// Where there are several applications, nobody knows which the row is about.
fn one_stage(known: &KnownCandidate) -> Option<&str> {
    let status = known.status.as_ref().filter(|status| status.readable)?;
    match status.applications.as_slice() {
        [application] => Some(state_of(application).0),
        _ => None,
    }
}

pub fn ask(state: &mut State, now: Millis, rows: Vec<TrackedRow>, effects: &mut Vec<Effect>) {
    if rows.is_empty() || !state.is_connected() {
        return;
    }
    for asked in &rows {
        let set = forget(state, &asked.row);
        state.tracked.push(Tracking {
            asked: TrackedRow {
                press: None,
                ..asked.clone()
            },
            at: now,
            plan: None,
            set,
        });
    }
    ask_proxy(
        state,
        Call::PlanWriteBacks(WriteBackRequest { rows }),
        effects,
    );
}

/// What a page was told to set of the row last.
fn forget(state: &mut State, row: &str) -> Option<u64> {
    let at = (state.tracked.iter()).position(|tracking| tracking.asked.row == row)?;
    state.tracked.swap_remove(at).set
}

/// The proxy knows how setting a row went: what it said of the row meanwhile is old.
pub fn finished(state: &mut State, id: u64) {
    state.tracked.retain(|tracking| tracking.set != Some(id));
}

pub fn answered(state: &mut State, answer: &Answer, effects: &mut Vec<Effect>) {
    let Ok(response) = call::read::<WriteBackResponse>(answer) else {
        return;
    };
    for plan in response.rows {
        if let Some(known) = (state.tracked.iter_mut()).find(|known| known.asked.row == plan.row) {
            known.plan = Some(plan);
        }
    }
    effects.push(Effect::TellPages);
}

/// A person's press, or a page's word of how setting a row went.
pub fn pressed(state: &mut State, now: Millis, verb: &str, key: &str, effects: &mut Vec<Effect>) {
    if let Some((id, is_set)) = key.split_once('=')
        && verb == "track-done"
        && let Ok(id) = id.parse()
    {
        let is_set = is_set == "true";
        ask_proxy(state, Call::FinishWriteBack { id, is_set }, effects);
        return;
    }
    let asked = (state.tracked.iter()).find(|known| known.asked.row == key);
    if let Some(known) = asked {
        let press = match verb {
            "track-undo" => WriteBackPress::Undo,
            _ => WriteBackPress::Set,
        };
        let asked = TrackedRow {
            press: Some(press),
            ..known.asked.clone()
        };
        ask(state, now, vec![asked], effects);
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::{Answer, Response};
    use super::super::tests::connected;
    use super::super::{Ask, Event, Look, Press, Reply, update};
    use super::*;
    use crate::page::seen::{Seen, Value};
    use atsi_protocol::{
        ApplicationStatus, CandidateStatus, InGreenhouse, LookupResponse, SendState,
    };

    const NOW: Millis = 1_790_000_000_000;

    fn ok(body: &impl Serialize) -> Answer {
        let body = crate::json::write(body);
        Some(Response { status: 200, body })
    }

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
        plan: RowPlan,
        asked: Vec<Call>,
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
                was: was.map(str::to_owned),
            };
            Self {
                state,
                plan,
                asked: Vec::new(),
            }
        }

        fn answer(&self, call: &Call) -> Answer {
            match call {
                Call::Lookup(..) => {
                    let application = ApplicationStatus {
                        application_id: 1,
                        job: None,
                        status: "active".into(),
                        stage: Some("Preliminary Phone Screen".into()),
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
                                readable: true,
                                applications: vec![application],
                            }),
                        }],
                    })
                }
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
                for effect in update(&mut self.state, NOW, event) {
                    match effect {
                        Effect::Call { call, .. } => {
                            let answer = self.answer(&call);
                            self.asked.push(call.clone());
                            events.push(Event::Answered { call, answer });
                        }
                        Effect::Reply { reply: said, .. } => reply = Some(said),
                        _ => {}
                    }
                }
            }
            reply
        }

        /// What a page that shows this status is to set, and what its row says.
        fn look(&mut self, shows: &str) -> (Vec<Set>, String) {
            let seen = tracker(shows);
            let ask = Ask::Look(Look { seen, was: None });
            match self.happen(Event::Asked { to: 1, tab: 1, ask }) {
                Some(Reply::Views { sets, views, .. }) => (sets, crate::json::write(&views)),
                other => panic!("{other:?}"),
            }
        }

        fn press(&mut self, action: &str) {
            let press = Press {
                action: action.into(),
                seen: Some(Seen {
                    tracked: Vec::new(),
                    rows: Vec::new(),
                    ..tracker("")
                }),
                ..Press::default()
            };
            let ask = Ask::Press(press);
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

    fn set(from: &str, to: &str) -> Set {
        Set {
            row: 4,
            from: from.into(),
            to: to.into(),
            id: 7,
        }
    }

    #[test]
    fn one_page_is_told_to_set_a_row_once_and_says_how_it_went() {
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
    fn what_is_not_set_by_itself_is_offered() {
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
}

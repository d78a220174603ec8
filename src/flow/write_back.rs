//! The status in Jopwell's candidate tracker follows Greenhouse: by itself where the company chose so,
//! else by a press. The proxy decides, and lets one browser set a row.

use super::call::{self, Answer, Call};
use super::{Effect, FRESH, State, ask_proxy, live, repeat_after};
use crate::page::seen::Tracked;
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
    /// When it is to be set, and when what is said of that is no longer true.
    waits: Option<(Millis, Millis)>,
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
        external_id: Some(person.to_owned()),
        shows: row.shows.clone(),
        stage: stage.to_owned(),
        press: None,
    };
    let known = (state.tracked.iter_mut()).find(|tracking| tracking.asked.row == asked.row);
    let Some(tracking) = known.filter(|known| known.asked == asked) else {
        asks.push(asked);
        return Vec::new();
    };
    let is_old = tracking.at + FRESH <= now;
    if is_old {
        asks.push(asked.clone());
    }
    let Some(plan) = &mut tracking.plan else {
        return Vec::new();
    };
    if is_old {
        plan.set = None;
    }
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
        (Some(to), None, _) if let Some((due, _)) = tracking.waits => {
            let (left, _) = in_words(due.saturating_sub(now));
            nodes.push(
                text(say!(
                    "{status} will be set in {left}",
                    status = to,
                    left = left
                ))
                .tone(Tone::Quiet),
            );
            for (label, verb) in [
                (say!("Set now"), "track-set"),
                (say!("Do not set"), "track-skip"),
            ] {
                nodes.push(button(label, &format!("{verb}:{}", row.id)));
            }
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

/// How long that is, and after what time it is no longer true.
fn in_words(left: Millis) -> (String, Millis) {
    const MINUTE: Millis = 60_000;
    const HOUR: Millis = 60 * MINUTE;
    const DAY: Millis = 24 * HOUR;
    let unit = match left {
        ..=HOUR => MINUTE,
        _ if left <= 2 * DAY => HOUR,
        _ => DAY,
    };
    let count = left.div_ceil(unit).max(1);
    let until = left.saturating_sub((count - 1) * unit);
    let words = match unit {
        MINUTE => say!("{count} min", count = count),
        HOUR => say!("{count} h", count = count),
        _ => say!("{count} days", count = count),
    };
    (words, until)
}

/// While a page is open, its rows say how long they wait, and ask when the time is over. Returns when
/// to look again.
pub fn tick(state: &mut State, now: Millis, effects: &mut Vec<Effect>) -> Option<Millis> {
    if !live::is_watched(state) {
        return None;
    }
    let mut next: Option<Millis> = None;
    let mut is_news = false;
    for tracking in &mut state.tracked {
        let Some((due, said_until)) = tracking.waits else {
            continue;
        };
        if due <= now {
            tracking.at = 0;
            tracking.waits = None;
            is_news = true;
            continue;
        }
        let mut until = said_until;
        if until <= now {
            until = now + in_words(due - now).1;
            tracking.waits = Some((due, until));
            is_news = true;
        }
        next = Some(next.map_or(until, |next| next.min(until)));
    }
    if is_news {
        effects.push(Effect::TellPages);
    }
    next
}

/// Where there are several applications, nobody knows which the row is about.
fn one_stage(known: &KnownCandidate) -> Option<&str> {
    let status = known.status.as_ref().filter(|status| status.readable)?;
    match status.applications.as_slice() {
        [application] => Some(application.stage_or_status()),
        _ => None,
    }
}

pub fn ask(state: &mut State, now: Millis, rows: Vec<TrackedRow>, effects: &mut Vec<Effect>) {
    if rows.is_empty() || !state.is_connected() {
        return;
    }
    for asked in &rows {
        let before = forget(state, &asked.row);
        let set = before.as_ref().and_then(|before| before.set);
        // What was said of the very same row is said until there is an answer.
        let same = before.filter(|before| before.asked == *asked);
        state.tracked.push(Tracking {
            asked: TrackedRow {
                press: None,
                ..asked.clone()
            },
            at: now,
            waits: same.as_ref().and_then(|same| same.waits),
            plan: same.and_then(|same| same.plan),
            set,
        });
    }
    ask_proxy(
        state,
        Call::PlanWriteBacks(WriteBackRequest { rows }),
        effects,
    );
}

fn forget(state: &mut State, row: &str) -> Option<Tracking> {
    let at = (state.tracked.iter()).position(|tracking| tracking.asked.row == row)?;
    Some(state.tracked.swap_remove(at))
}

/// The proxy knows how setting a row went: what it said of the row meanwhile is old. The row stays, for
/// somebody may press before it is asked about again.
pub fn finished(state: &mut State, id: u64) {
    for tracking in &mut state.tracked {
        if tracking.set == Some(id) {
            tracking.at = 0;
            tracking.set = None;
        }
    }
}

pub fn answered(
    state: &mut State,
    now: Millis,
    request: &WriteBackRequest,
    answer: &Answer,
    effects: &mut Vec<Effect>,
) {
    let response = match call::read::<WriteBackResponse>(answer) {
        Ok(response) => response,
        Err(trouble) => {
            if repeat_after(state, now, &trouble) {
                for known in &mut state.tracked {
                    if request.rows.iter().any(|row| row.row == known.asked.row) {
                        known.at = 0;
                    }
                }
            }
            return;
        }
    };
    for asked in &request.rows {
        let known = (state.tracked.iter_mut()).find(|known| known.asked.row == asked.row);
        let Some(known) = known else { continue };
        let mut plan = (response.rows.iter())
            .find(|plan| plan.row == asked.row)
            .cloned();
        if let (Some(plan), Some(earlier)) = (&mut plan, &known.plan)
            && plan.to == earlier.to
        {
            // An answer that was overtaken takes nothing away from the one that came before it.
            plan.set = plan.set.or(earlier.set);
        }
        known.at = now;
        // By this clock: the proxy's may go differently.
        let left = plan.as_ref().and_then(|plan| plan.sets_in);
        known.waits = left.map(|left| (now + left, now + in_words(left).1));
        known.plan = plan;
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
            "track-skip" => WriteBackPress::Skip,
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

        fn answer(&self, call: &Call) -> Answer {
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
                for effect in update(&mut self.state, self.now, event) {
                    match effect {
                        Effect::TellPages => self.told += 1,
                        Effect::WakeAt(at) => self.rings_at = at,
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
    fn what_waits_says_how_long_and_is_asked_for_when_the_time_is_over() {
        const HOUR: Millis = 3_600_000;
        let mut stand = Stand::new(Some("Rejected"), None, None);
        stand.plan.sets_in = Some(2 * HOUR + 60_000);
        for _ in 0..2 {
            stand.look("Applied");
        }
        let (sets, views) = stand.look("Applied");
        for says in ["Rejected will be set in 3 h", "Set now", "Do not set"] {
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
    fn what_waits_is_set_now_or_not_at_all_by_a_press() {
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
    fn what_one_company_sets_is_not_set_for_another() {
        let mut stand = Stand::new(Some("Phone Screen"), Some(7), None);
        stand.look("Applied");
        stand.look("Applied");
        assert_eq!(stand.rows().len(), 1);
        let session = crate::flow::SignedInTo {
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

    #[test]
    fn a_time_in_words_is_true_until_it_says() {
        const HOUR: Millis = 3_600_000;
        for (left, says) in [
            (0, "1 min"),
            (60_001, "2 min"),
            (HOUR, "60 min"),
            (HOUR + 1, "2 h"),
            (48 * HOUR, "48 h"),
            (48 * HOUR + 1, "3 days"),
            (720 * HOUR, "30 days"),
        ] {
            let (words, until) = in_words(left);
            assert_eq!(words, says);
            if until > 0 {
                assert_eq!(in_words(left - until + 1).0, words);
                assert_ne!(in_words(left - until).0, words);
            }
        }
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
        let ask = Ask::Press(Press {
            action: "track-set:9013".into(),
            ..Press::default()
        });
        let event = Event::Asked { to: 1, tab: 1, ask };
        let effects = update(&mut stand.state, stand.now, event);
        let call = effects.into_iter().find_map(|effect| match effect {
            Effect::Call { call, .. } => Some(call),
            _ => None,
        });
        call.unwrap()
    }

    #[test]
    fn a_press_counts_right_after_a_row_could_not_be_set() {
        let mut stand = told_to_set();
        finished(&mut stand.state, 7);
        stand.plan.set = Some(8);
        stand.press("track-set:9013");
        assert_eq!(stand.look("Applied").0.first().map(|set| set.id), Some(8));
    }

    #[test]
    fn a_press_counts_although_an_earlier_set_ends_before_it_is_answered() {
        let mut stand = told_to_set();
        let call = pressed_and_under_way(&mut stand);
        finished(&mut stand.state, 7);
        stand.plan.set = Some(8);
        let answer = stand.answer(&call);
        stand.happen(Event::Answered { call, answer });
        assert_eq!(stand.look("Applied").0.first().map(|set| set.id), Some(8));
    }

    #[test]
    fn an_answer_that_was_overtaken_takes_no_set_away() {
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

    #[test]
    fn what_the_proxy_did_not_say_of_a_row_is_asked_again() {
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
}

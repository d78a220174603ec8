//! Who was hired, got to the offer or was rejected: told by the browser to whoever wants it, once.

use super::{Call, Effect, Record, State, ask_proxy, save_settings};
use crate::json::read_fields;
use crate::view::notifications::{message, title};
use atsi_protocol::{ApplicationStatus, Change, KnownCandidate, Millis, SendState};
use serde::Serialize;

/// What comes within this time is one notification.
const TOGETHER: Millis = 60_000;
/// How often the proxy is asked while no page of either site is open.
const LOOK_AFTER: Millis = 5 * 60_000;
/// Of so many applications is remembered what was told.
const TOLD_KEPT: usize = 500;
/// More people than anybody counts.
const MOST_WAITING: usize = 200;
/// In minutes, as quiet hours are.
const DAY: Millis = 24 * 60;
const MINUTE: Millis = 60_000;
const CANDIDATES: &str = "candidates.html";

pub const HIRED: &str = key!("Hired");
pub const OFFER: &str = key!("Offer");
pub const REJECTED: &str = key!("Rejected");

/// What this person wants to be told, and what they were. On disk with the settings, so with the number
/// of the last change that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notifications {
    /// Since when each is wanted; what is older is not told.
    pub hired: Option<Millis>,
    pub offer: Option<Millis>,
    pub rejected: Option<Millis>,
    /// Of everybody whom the company sent.
    pub all: bool,
    /// As the proxy names this person beside whom they sent; none in personal mode.
    pub me: Option<String>,
    /// Minutes of this computer's day; the same twice: never quiet.
    pub quiet_from: Millis,
    pub quiet_until: Millis,
    /// Of each application what was told last: the beginning of a line of [`News`].
    told: Vec<String>,
    /// Lines of [`News`]; types of their own would take much room in the core.
    waiting: Vec<String>,
    /// When what waits is told.
    due: Option<Millis>,
}

read_fields! {
    Notifications { hired, offer, rejected, all, me, quiet_from, quiet_until, told, waiting, due }
}

impl Default for Notifications {
    fn default() -> Self {
        Self {
            hired: None,
            offer: None,
            rejected: None,
            all: false,
            me: None,
            quiet_from: 20 * 60,
            quiet_until: 8 * 60,
            told: Vec::new(),
            waiting: Vec::new(),
            due: None,
        }
    }
}

/// What happened to somebody, read from its line.
#[derive(Clone, Copy, Debug)]
pub struct News<'a> {
    /// One of the three.
    pub kind: &'a str,
    /// Of the send: who it is, the browser that sent them knows.
    pub key: &'a str,
    pub page: &'a str,
    pub job: &'a str,
}

impl<'a> News<'a> {
    #[must_use]
    pub fn of(line: &'a str) -> Self {
        let mut parts = line.splitn(5, '\n').skip(1);
        let mut part = || parts.next().unwrap_or_default();
        Self {
            kind: part(),
            key: part(),
            page: part(),
            job: part(),
        }
    }
}

/// What it is news of that an application stands so.
fn kind_of(application: &ApplicationStatus) -> Option<&'static str> {
    let stage = application.stage.as_deref().unwrap_or_default();
    match application.status.as_str() {
        "hired" => Some(HIRED),
        "rejected" => Some(REJECTED),
        "active" if stage.to_ascii_lowercase().contains("offer") => Some(OFFER),
        _ => None,
    }
}

impl Notifications {
    fn wanted_since(&self, kind: &str) -> Option<Millis> {
        match kind {
            HIRED => self.hired,
            OFFER => self.offer,
            _ => self.rejected,
        }
    }

    fn is_about_mine(&self, records: &[Record], candidate: &KnownCandidate) -> bool {
        let key = &candidate.idempotency_key;
        self.all
            || self.me.is_none()
            || self.me == candidate.sent_by
            || records.iter().any(|record| record.key == *key)
    }

    /// The end of the quiet hours, where it is quiet now.
    fn quiet_end(&self, now: Millis, minutes_east: Millis) -> Option<Millis> {
        let (from, until) = (self.quiet_from % DAY, self.quiet_until % DAY);
        let minute = (now / MINUTE + minutes_east) % DAY;
        let after = |from: Millis, to: Millis| (to + DAY - from) % DAY;
        let is_quiet = after(from, minute) < after(from, until);
        is_quiet.then(|| (now / MINUTE + after(minute, until)) * MINUTE)
    }
}

/// A person chose anew. What was wanted before is wanted since then.
pub fn choose(
    state: &mut State,
    now: Millis,
    mut wanted: Notifications,
    effects: &mut Vec<Effect>,
) {
    let before = *state.settings.notifications.take().unwrap_or_default();
    for (wanted, before) in [
        (&mut wanted.hired, before.hired),
        (&mut wanted.offer, before.offer),
        (&mut wanted.rejected, before.rejected),
    ] {
        *wanted = wanted.map(|_| before.unwrap_or(now));
    }
    wanted.told = before.told;
    wanted.waiting = before.waiting;
    // It may have waited for other quiet hours.
    wanted.due = before.due.map(|due| due.min(now + TOGETHER));
    let is_on = wanted.hired.or(wanted.offer).or(wanted.rejected).is_some();
    state.settings.notifications = is_on.then(|| Box::new(wanted));
    save_settings(state, effects);
    // From which number on.
    if is_on && state.settings.after.is_none() {
        ask_proxy(state, Call::GetChanges { after: None }, effects);
    }
}

/// Changes came that have greater numbers than `known`: with it, what is said here is on disk.
pub fn heard(state: &mut State, now: Millis, changes: &[Change], known: u64) {
    let Some(wanted) = &mut state.settings.notifications else {
        return;
    };
    for Change { number, candidate } in changes {
        if *number <= known {
            continue;
        }
        let key = &candidate.idempotency_key;
        let (SendState::Created(there) | SendState::Existing(there)) = &candidate.send else {
            // Erased, or not there any more.
            wanted.waiting.retain(|line| News::of(line).key != key);
            continue;
        };
        for application in candidate
            .status
            .iter()
            .flat_map(|status| &status.applications)
        {
            let of = format!("{}\n", application.application_id);
            let kind = kind_of(application).unwrap_or_default();
            let told = format!("{of}{kind}\n");
            // Who stands otherwise now is news when it happens again, and none any more till then.
            let stays = |line: &String| !line.starts_with(&of) || line.starts_with(&told);
            wanted.told.retain(stays);
            wanted.waiting.retain(stays);
            let since = wanted.wanted_since(kind).zip(application.since);
            if kind.is_empty()
                || since.is_none_or(|(wanted, since)| since < wanted)
                || wanted.told.contains(&told)
                || !wanted.is_about_mine(&state.records, candidate)
            {
                continue;
            }
            if wanted.waiting.len() < MOST_WAITING {
                let job = application.job.as_deref().unwrap_or_default();
                let page = &there.profile_url;
                wanted.waiting.push(format!("{told}{key}\n{page}\n{job}"));
            }
            if wanted.told.len() >= TOLD_KEPT {
                wanted.told.remove(0);
            }
            wanted.told.push(told);
            wanted.due.get_or_insert(now + TOGETHER);
        }
    }
}

/// Tells what is due; the moment when to look again.
pub fn tick(state: &mut State, now: Millis, effects: &mut Vec<Effect>) -> Option<Millis> {
    let wanted = state.settings.notifications.as_mut()?;
    let due = wanted.due?;
    // Nothing waits for a day: the clock was set back since.
    if (now + 1..=now + DAY * MINUTE).contains(&due) {
        return Some(due);
    }
    if let Some(end) = wanted.quiet_end(now, state.minutes_east) {
        wanted.due = Some(end);
        return Some(end);
    }
    wanted.due = None;
    let lines = std::mem::take(&mut wanted.waiting);
    let mut news: Vec<News> = lines.iter().map(|line| News::of(line)).collect();
    // Somebody may want less meanwhile.
    news.retain(|one| wanted.wanted_since(one.kind).is_some());
    // The id says where a press leads. Should the worker end before what was told is on disk, the same
    // comes once more and takes the place of the first.
    let id = match news.as_slice() {
        [] => return None,
        [one] => one.page.to_owned(),
        _ => format!("{CANDIDATES}#{}", state.settings.after.unwrap_or_default()),
    };
    effects.push(Effect::Notify {
        id,
        title: title(&news),
        message: message(state, &news),
    });
    save_settings(state, effects);
    None
}

pub fn clock_set_back(state: &mut State, now: Millis) {
    if let Some(due) =
        (state.settings.notifications.as_mut()).and_then(|wanted| wanted.due.as_mut())
    {
        *due = now;
    }
}

/// A notification was pressed.
pub fn pressed(id: String, effects: &mut Vec<Effect>) {
    let is_greenhouse = crate::page::address::Address::parse(&id)
        .is_some_and(|page| page.host.ends_with(".greenhouse.io"));
    if is_greenhouse || id.starts_with(CANDIDATES) {
        effects.push(Effect::OpenPage(id));
    }
}

/// No page is open, so nothing comes by itself.
pub fn look(state: &mut State, now: Millis, effects: &mut Vec<Effect>) -> Option<Millis> {
    state.settings.notifications.as_ref()?;
    if state.looks_at <= now {
        state.looks_at = now + LOOK_AFTER;
        let after = state.settings.after;
        ask_proxy(state, Call::GetChanges { after }, effects);
    }
    Some(state.looks_at)
}

#[cfg(test)]
mod tests {
    use super::super::call::{Answer, Response};
    use super::super::tests::connected;
    use super::super::{Ask, Event, Settings, update};
    use super::*;
    use atsi_protocol::{CandidateStatus, ChangesPage, InGreenhouse};
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
            let settings = crate::json::parse(&crate::json::write(&self.disk)).unwrap();
            self.state = State::default();
            let records = Vec::new();
            self.happen(Event::Started { settings, records });
        }

        fn happen(&mut self, event: Event) {
            for effect in update(&mut self.state, self.now, event) {
                match effect {
                    Effect::SaveSettings(settings) => self.disk = settings,
                    Effect::Notify { id, title, message } => self.shown.push((id, title, message)),
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

        fn change(
            &mut self,
            person: u64,
            status: &str,
            stage: Option<&str>,
            since: Millis,
        ) -> Change {
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
            self.happen(Event::Heard(crate::json::write(&page)));
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
    fn one_alone_says_which_job_and_leads_to_the_person() {
        let mut browser = Browser::new(everything());
        browser.is(7, "hired");
        assert!(browser.told().is_empty(), "others may follow");
        browser.wait(TOGETHER);
        let told = browser.told();
        let page = "https://app.greenhouse.io/people/7";
        let expected = (page, "Hired", "Somebody from Jopwell · Analyst");
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
            pressed(id.into(), &mut effects);
        }
        let opens = |path: &str| Effect::OpenPage(path.into());
        assert_eq!(effects, [opens(page), opens("candidates.html#9")]);
    }

    #[test]
    fn several_within_a_minute_are_one() {
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
        let message = "3 people were hired\n1 person was moved to the offer\n1 person was rejected";
        assert_eq!(told[0].2, message);
        assert!(told[0].0.starts_with("candidates.html#"));
        browser.wait(10 * HOUR);
        assert!(browser.told().is_empty());
    }

    #[test]
    fn a_clock_that_is_set_back_holds_nothing_up() {
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
    fn what_is_older_than_the_wish_or_stands_otherwise_by_then_is_not_told() {
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
    fn whom_this_person_sent_comes_first_and_the_whole_company_is_a_choice() {
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
    fn quiet_hours_are_this_computers_and_end_in_one_notification() {
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
    fn while_no_page_is_open_the_proxy_is_asked_now_and_then() {
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
        let body = crate::json::write(&page);
        let answer: Answer = Some(Response { status: 200, body });
        browser.happen(Event::Answered { call, answer });
        browser.wait(TOGETHER);
        assert_eq!(browser.told().len(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        /// Whatever comes twice or late, and whenever the worker ends: each hire is told once.
        #[test]
        fn each_is_told_once(steps in prop::collection::vec((0..6_u8, 0..5_u64), 0..60)) {
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
}

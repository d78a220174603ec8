//! Whoever applied on Jopwell goes to the linked Greenhouse job by themselves, once somebody said so
//! for the job. What a row does not tell is read from the person's profile, one at a time.

use super::call::{self, Answer, Call};
use super::record::{Record, Trouble, Whereabouts};
use super::{Effect, FRESH, NO_LAST_NAME, State, ask_proxy, find};
use crate::json::read_fields;
use crate::page::seen::{Seen, Tracked};
use crate::page::{self, Page, ProfilePage};
use atsi_protocol::{
    ApplicationRequest, ApplicationsSwitch, JobLinkRequest, JopwellJob, Millis, ProblemCode,
    Profile,
};
use serde::Serialize;
use serde_json::Value;

/// How long a page has to read a profile before another may be asked to.
const READING: Millis = 10_000;
/// When a profile that was read in vain is read again.
const READ_AGAIN: Millis = 600_000;
/// How long a page has to read a file before its send goes without.
pub const FILE_PATIENCE: Millis = 20_000;
/// People who are remembered at most.
const MOST_PEOPLE: usize = 5_000;
/// Jobs that are asked about with one look.
const MOST_JOBS: usize = 20;

#[derive(Debug, Default)]
pub struct Applying {
    /// Seen on pages since the worker started.
    pub people: Vec<Applicant>,
    pub jobs: Vec<JobSeen>,
    /// Whose profile is being read, and since when.
    reading: Option<(Millis, String)>,
}

/// Somebody who applied, as a row tells it.
#[derive(Debug)]
pub struct Applicant {
    pub external_id: String,
    pub name: String,
    /// Their profile, of the same origin as the row's page.
    pub page: String,
    /// The job's id on Jopwell.
    pub job: String,
    pub applied_at: Option<Millis>,
    /// The addresses of pages that show the row.
    pub on: Vec<String>,
    /// What is missing, where the profile was read in vain,
    pub lacks: Option<String>,
    /// and when that was.
    read_at: Millis,
}

#[derive(Debug)]
pub struct JobSeen {
    pub job: JopwellJob,
    asked_at: Millis,
    pub link: Option<Link>,
    /// Why the person's last press did not count.
    pub said: Option<String>,
}

/// Of [`atsi_protocol::JobLink`] what is needed here.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    /// The Greenhouse job.
    pub job: Option<GreenhouseJob>,
    pub applications: ApplicationsSwitch,
    /// Which it may be.
    pub proposals: Vec<Proposal>,
}

#[derive(Debug, PartialEq, Eq)]
pub struct GreenhouseJob {
    pub id: u64,
    pub name: String,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Proposal {
    pub job: GreenhouseJob,
    pub because: Vec<String>,
}

read_fields! {
    Link { job, applications, proposals }
    GreenhouseJob { id, name }
    Proposal { job, because }
}

/// What a page shall get with the session of whoever looks at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fetch {
    /// Somebody's profile, as a page to read.
    Profile(String),
    /// The résumé of the send with this key.
    Resume { key: String, url: String },
}

impl JobSeen {
    #[must_use]
    pub fn switch(&self) -> Option<ApplicationsSwitch> {
        let link = self.link.as_ref()?;
        link.job.as_ref().map(|_| link.applications)
    }
}

impl Applying {
    #[must_use]
    pub fn job(&self, id: &str) -> Option<&JobSeen> {
        self.jobs.iter().find(|known| known.job.id == id)
    }

    /// Whether somebody's profile is being read, so that a page looks after it.
    #[must_use]
    pub fn is_reading(&self) -> bool {
        self.reading.is_some()
    }

    /// Whether rows on this page are known.
    #[must_use]
    pub fn is_on(&self, page: &str) -> bool {
        (self.people.iter()).any(|one| one.on.iter().any(|on| on == page))
    }

    #[must_use]
    pub fn of<'a>(&'a self, external_id: &str, job: &str) -> Option<&'a Applicant> {
        let is_it = |known: &&Applicant| known.external_id == external_id && known.job == job;
        self.people.iter().find(is_it)
    }
}

impl State {
    /// The application of a person to a job, from this browser.
    #[must_use]
    pub fn application(&self, external_id: &str, job: &str) -> Option<&Record> {
        let is_it = |record: &&Record| {
            record.job.as_deref() == Some(job) && record.external_id == external_id
        };
        self.records.iter().find(is_it)
    }
}

/// Takes notice of a row; the job's id where the row is an application.
pub fn row(
    state: &mut State,
    url: &str,
    external_id: &str,
    page: &str,
    row: &Tracked,
) -> Option<String> {
    let (job_page, title) = row.job.as_ref()?;
    let job = page::jopwell_job_id(job_page)?;
    let people = &mut state.applying.people;
    let at = (people.iter()).position(|known| known.external_id == external_id && known.job == job);
    if !page::is_application(&row.shows) || title.is_empty() || !page::same_origin(url, page) {
        at.map(|at| people.swap_remove(at));
        return None;
    }
    if let Some(known) = at.and_then(|at| people.get_mut(at)) {
        if !known.on.iter().any(|on| on == url) {
            known.on.push(url.to_owned());
        }
    } else if people.len() < MOST_PEOPLE {
        people.push(Applicant {
            external_id: external_id.to_owned(),
            name: row.name.trim().to_owned(),
            page: page.to_owned(),
            job: job.clone(),
            applied_at: moment(&row.when),
            on: vec![url.to_owned()],
            lacks: None,
            read_at: 0,
        });
    }
    if state.applying.job(&job).is_none() {
        state.applying.jobs.push(JobSeen {
            job: JopwellJob {
                id: job.clone(),
                title: title.clone(),
                location: None,
                requisition: None,
            },
            asked_at: 0,
            link: None,
            said: None,
        });
    }
    Some(job)
}

/// `2026-11-24`, or a moment that begins with it: the day's begin.
fn moment(text: &str) -> Option<Millis> {
    let mut parts = text.trim().get(..10)?.split('-');
    let mut number = || parts.next()?.parse::<u64>().ok();
    let (year, month, day) = (number()?, number()?, number()?);
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    // Howard Hinnant's days_from_civil, for years after 1970.
    let year = if month < 3 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let days = 365 * year + year / 4 - year / 100 + year / 400 + of_year;
    Some((days.checked_sub(719_468)?) * 86_400_000)
}

/// A list with applications was looked at: asks about its jobs, and who is read next.
pub fn looked(state: &mut State, now: Millis, effects: &mut Vec<Effect>) -> Option<Fetch> {
    if !state.is_connected() {
        return None;
    }
    let jobs = &mut state.applying.jobs;
    let stale = (jobs.iter_mut()).filter(|known| known.asked_at + FRESH <= now);
    let mut asks = Vec::new();
    for known in stale.take(MOST_JOBS) {
        known.asked_at = now;
        asks.push(Call::ProposeJob(known.job.clone()));
    }
    for call in asks {
        ask_proxy(state, call, effects);
    }
    next(state, now)
}

/// Who is to be read next, where nobody is being read.
fn next(state: &mut State, now: Millis) -> Option<Fetch> {
    let applying = &state.applying;
    if (applying.reading.as_ref()).is_some_and(|(since, _)| since + READING > now) {
        return None;
    }
    let is_next = |one: &&Applicant| {
        (one.lacks.is_none() || one.read_at + READ_AGAIN <= now)
            && applying.job(&one.job).and_then(JobSeen::switch) == Some(ApplicationsSwitch::On)
            && state.application(&one.external_id, &one.job).is_none()
    };
    let page = applying.people.iter().find(is_next)?.page.clone();
    state.applying.reading = Some((now, page.clone()));
    Some(Fetch::Profile(page))
}

/// Whether this profile, open in a tab, completes an application that lacks something.
pub fn completes(state: &State, page: &ProfilePage, url: &str) -> Option<Fetch> {
    let id = page.external_id.as_deref()?;
    let waits = |one: &Applicant| {
        one.external_id == id
            && one.lacks.is_some()
            && state.applying.job(&one.job).and_then(JobSeen::switch)
                == Some(ApplicationsSwitch::On)
            && state.application(id, &one.job).is_none()
    };
    let waits = state.applying.people.iter().any(waits);
    waits.then(|| Fetch::Profile(url.to_owned()))
}

/// A page has read a profile: each application of the person goes to disk, and then to the proxy.
pub fn found(
    state: &mut State,
    now: Millis,
    seen: &Seen,
    key: &str,
    effects: &mut Vec<Effect>,
) -> Option<Fetch> {
    state.applying.reading = None;
    let page = match page::recognise(seen, None) {
        Page::JopwellProfile(page) => Some(page),
        _ => None,
    };
    let mut fetch = None;
    let mut people = std::mem::take(&mut state.applying.people);
    let mut count = 0;
    for one in &mut people {
        if one.page == seen.url {
            one.read_at = now;
        }
        let is_read = match &page {
            Some(page) => page.external_id.as_deref() == Some(one.external_id.as_str()),
            None => false,
        };
        if !is_read {
            if one.page == seen.url {
                one.lacks = Some(match &page {
                    None => say!("The row tells a name only, and the profile could not be read from here."),
                    Some(_) => say!("The profile behind the row is another person's."),
                }.to_owned());
            }
            continue;
        }
        let (Some(page), Some(job)) = (&page, state.applying.job(&one.job)) else {
            continue;
        };
        let is_on = job.switch() == Some(ApplicationsSwitch::On);
        if !is_on || state.application(&one.external_id, &one.job).is_some() {
            continue;
        }
        let mut profile = page.profile.clone();
        if profile.last_name.trim().is_empty() {
            profile.last_name = NO_LAST_NAME.to_owned();
        }
        if let Err(invalid) = profile.check() {
            one.lacks = Some(say!(
                "The profile's {field} {reason}.",
                field = invalid.field,
                reason = invalid.reason
            ));
            continue;
        }
        one.lacks = None;
        count += 1;
        let request = ApplicationRequest {
            external_id: one.external_id.clone(),
            jopwell_job: job.job.clone(),
            applied_at: one.applied_at,
            profile,
            resume: None,
        };
        let key = match count {
            1 => key.to_owned(),
            more => format!("{key}-{more}"),
        };
        let mut record = Record::application(key, page.name.full(), now, &request);
        if fetch.is_none() {
            fetch = wait_for_file(&mut record, now, &seen.url, &request.profile);
        }
        effects.push(Effect::Keep(Box::new(record.clone())));
        state.records.push(record);
    }
    state.applying.people = people;
    effects.push(Effect::TellPages);
    fetch.or_else(|| next(state, now))
}

/// A résumé that only the page's session may get is read first; where nothing comes of it, the send
/// goes all the same.
pub fn wait_for_file(
    record: &mut Record,
    now: Millis,
    page_url: &str,
    profile: &Profile,
) -> Option<Fetch> {
    let url = profile.resume_url.as_deref()?;
    if record.due.is_none() || !page::same_origin(page_url, url) {
        return None;
    }
    record.due = Some(now + FILE_PATIENCE);
    Some(Fetch::Resume {
        key: record.key.clone(),
        url: url.to_owned(),
    })
}

/// A page has read a file, or could not; `problem` is its word for why.
pub fn file(
    state: &mut State,
    now: Millis,
    key: &str,
    name: &str,
    problem: Option<&str>,
    effects: &mut Vec<Effect>,
) -> Option<Fetch> {
    if let Some(record) = waiting_for_file(&mut state.records, key) {
        match problem {
            None => {
                // For as long as the upload may take.
                record.due = Some(now + 2 * FILE_PATIENCE);
                let (key, name) = (key.to_owned(), name.to_owned());
                ask_proxy(state, Call::PostResume { key, name }, effects);
            }
            Some(problem) => {
                let why = match problem {
                    "empty" => key!("the file is empty.").to_owned(),
                    "large" => key!("the file is larger than 20 MB.").to_owned(),
                    "login" => key!("Jopwell asks to log in first.").to_owned(),
                    "" => key!("Jopwell did not answer.").to_owned(),
                    status => format!("Jopwell answered with {status} instead of the file."),
                };
                without_file(record, now, &why, effects);
            }
        }
    }
    next(state, now)
}

fn waiting_for_file<'a>(records: &'a mut [Record], key: &str) -> Option<&'a mut Record> {
    find(records, key).filter(|record| {
        let is_here = matches!(record.at, Whereabouts::Here { trouble: None, .. });
        is_here && !record.in_flight && record.attempts == 0
    })
}

/// Kept in English; it is translated when it is shown.
const WITHOUT_FILE: &str = key!("The résumé's file did not go along: {why}");

fn without_file(record: &mut Record, now: Millis, why: &str, effects: &mut Vec<Effect>) {
    record.file = Some(WITHOUT_FILE.replace("{why}", why));
    record.due = Some(now);
    effects.push(Effect::Keep(Box::new(record.clone())));
    effects.push(Effect::TellPages);
}

/// The proxy took the file, or did not.
pub fn file_answered(
    state: &mut State,
    now: Millis,
    key: &str,
    answer: &Answer,
    effects: &mut Vec<Effect>,
) {
    let Some(record) = waiting_for_file(&mut state.records, key) else {
        return;
    };
    let id = call::read::<Value>(answer)
        .map(|resume| resume.get("id").and_then(Value::as_str).map(str::to_owned));
    match id {
        Ok(Some(id)) => {
            record.attach(Some(id));
            record.due = Some(now);
            effects.push(Effect::Keep(Box::new(record.clone())));
        }
        Ok(None) => without_file(record, now, &Trouble::NotAProxy.sentence(), effects),
        Err(trouble) => without_file(record, now, &trouble.sentence(), effects),
    }
}

pub fn job_answered(
    state: &mut State,
    now: Millis,
    job: &str,
    is_press: bool,
    answer: &Answer,
    effects: &mut Vec<Effect>,
) {
    let jobs = &mut state.applying.jobs;
    let Some(known) = (jobs.iter_mut()).find(|known| known.job.id == *job) else {
        return;
    };
    let link = match call::read::<Link>(answer) {
        Ok(link) => link,
        Err(trouble) => {
            if is_press {
                known.said = Some(trouble.sentence());
                effects.push(Effect::TellPages);
            }
            return;
        }
    };
    known.asked_at = now;
    if known.said.take().is_none() && known.link.as_ref() == Some(&link) {
        return;
    }
    // What the proxy holds for the job may go now.
    for record in &mut state.records {
        if record.hold.is_some() && record.job.as_deref() == Some(&known.job.id) {
            record.due = Some(now);
        }
    }
    known.link = Some(link);
    effects.push(Effect::TellPages);
}

/// A person's press: `apply-VERB:JOB`, for a proposal `apply-link:GREENHOUSE=JOB`, for one
/// application `apply-send:KEY` or `apply-drop:KEY`.
pub fn pressed(state: &mut State, verb: &str, about: &str, effects: &mut Vec<Effect>) {
    use ApplicationsSwitch::{Off, On, Paused};
    let set = |known: &JobSeen, to| {
        let link = known.link.as_ref()?;
        let request = JobLinkRequest {
            jopwell_job: known.job.clone(),
            greenhouse_job_id: link.job.as_ref()?.id,
            applications: Some(to),
        };
        Some(Call::PutJobLink(request))
    };
    let jobs = &state.applying.jobs;
    let all = |from, to| {
        let some = jobs
            .iter()
            .filter(move |known| known.switch() == Some(from));
        some.filter_map(|known| set(known, to)).collect()
    };
    let calls: Vec<Call> = match verb {
        "apply-pause" => all(On, Paused),
        "apply-resume" => all(Paused, On),
        "apply-on" | "apply-off" => {
            let to = if verb == "apply-on" { On } else { Off };
            let known = state.applying.job(about);
            known.and_then(|known| set(known, to)).into_iter().collect()
        }
        "apply-link" => {
            let Some((id, job)) = about.split_once('=') else {
                return;
            };
            let (Ok(id), Some(known)) = (id.parse(), state.applying.job(job)) else {
                return;
            };
            vec![Call::PutJobLink(JobLinkRequest {
                jopwell_job: known.job.clone(),
                greenhouse_job_id: id,
                applications: None,
            })]
        }
        "apply-drop" => {
            let Some(record) = find(&mut state.records, about).filter(|record| !record.in_flight)
            else {
                return;
            };
            record.in_flight = true;
            record.said = None;
            vec![Call::DismissApplication {
                key: about.to_owned(),
            }]
        }
        _ => return,
    };
    for call in calls {
        ask_proxy(state, call, effects);
    }
}

/// A file that the proxy keeps no longer is left out, and the send goes without.
pub fn is_unknown_file(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Problem(problem) if problem.code == ProblemCode::ResumeUnknown)
}

#[cfg(test)]
mod tests {
    use super::super::call::Response;
    use super::super::tests::connected;
    use super::super::{Ask, Event, FileRead, Look, Press, Reply, update};
    use super::*;
    use crate::page::seen::Value as Read;

    const NOW: Millis = 1_790_000_000_000;
    const TRACKER: &str = "https://www.jopwell.com/tracker";
    const PROFILE: &str = "https://www.jopwell.com/candidates/101";
    const JOB: &str = "https://www.jopwell.com/jobs/310";
    const RESUME: &str = "https://www.jopwell.com/resumes/101.pdf";

    fn start(records: Vec<Record>) -> State {
        let settings = connected();
        let mut state = State::default();
        update(&mut state, NOW, Event::Started { settings, records });
        state
    }

    fn ask(state: &mut State, now: Millis, ask: Ask) -> (Option<Fetch>, Vec<Effect>) {
        let mut effects = update(state, now, Event::Asked { to: 1, tab: 1, ask });
        let at = (effects.iter()).position(|effect| matches!(effect, Effect::Reply { .. }));
        match effects.remove(at.unwrap()) {
            Effect::Reply {
                reply: Reply::Views { fetch, .. } | Reply::Fetched { fetch },
                ..
            } => (fetch, effects),
            other => panic!("{other:?}"),
        }
    }

    fn look(state: &mut State, now: Millis) -> Option<Fetch> {
        let row = Tracked {
            number: 4,
            id: "9013".into(),
            shows: "Applied".into(),
            name: "Imani Brooks".into(),
            job: Some((JOB.into(), "Kiln engineer".into())),
            when: "2026-11-24".into(),
        };
        let seen = Seen {
            url: TRACKER.into(),
            rows: vec![(4, Read::Pair(PROFILE.into(), "101".into()))],
            tracked: vec![row],
            ..Seen::default()
        };
        ask(state, now, Ask::Look(Look { seen, was: None })).0
    }

    /// What the proxy says of the job.
    fn linked(state: &mut State, switch: &str) {
        let call = Call::ProposeJob(state.applying.jobs[0].job.clone());
        let body = format!(r#"{{"job":{{"id":7,"name":"Kiln"}},"applications":"{switch}"}}"#);
        let answer = Some(Response { status: 200, body });
        update(state, NOW, Event::Answered { call, answer });
    }

    fn found(
        state: &mut State,
        now: Millis,
        key: &str,
        resume: bool,
    ) -> (Option<Fetch>, Vec<Effect>) {
        let text = |text: &str| vec![Read::Text(text.into())];
        let mut links = vec![Read::Pair(
            "mailto:imani@mail.example".into(),
            String::new(),
        )];
        if resume {
            links.push(Read::Pair(RESUME.into(), "Download résumé".into()));
        }
        let seen = Seen {
            url: PROFILE.into(),
            readings: vec![
                ("heading".into(), text("Imani Brooks")),
                ("site_id".into(), text("101")),
                ("links".into(), links),
            ],
            ..Seen::default()
        };
        let press = Press {
            key: key.into(),
            seen: Some(seen),
            ..Press::default()
        };
        ask(state, now, Ask::Found(press))
    }

    fn posts(effects: &[Effect]) -> Vec<&str> {
        let posts = effects.iter().filter_map(|effect| match effect {
            Effect::Call {
                call:
                    Call::PostSend {
                        body,
                        is_application: true,
                        ..
                    },
                ..
            } => Some(body.as_str()),
            _ => None,
        });
        posts.collect()
    }

    #[test]
    fn nobody_is_read_before_a_yes_and_then_once_whoever_looks() {
        let mut state = start(Vec::new());
        assert_eq!(look(&mut state, NOW), None);
        for switch in ["off", "paused"] {
            linked(&mut state, switch);
            assert_eq!(look(&mut state, NOW), None, "{switch}");
        }
        linked(&mut state, "on");
        assert_eq!(look(&mut state, NOW), Some(Fetch::Profile(PROFILE.into())));
        assert_eq!(look(&mut state, NOW), None, "another tab is not asked, too");
        // The first page went away.
        let later = NOW + READING;
        assert_eq!(
            look(&mut state, later),
            Some(Fetch::Profile(PROFILE.into()))
        );
        let (_, effects) = found(&mut state, later, "k-1", false);
        assert!(
            matches!(effects[0], Effect::Keep(_)),
            "on disk first: {effects:?}"
        );
        assert_eq!(posts(&effects).len(), 1);
        assert!(posts(&effects)[0].contains(r#""applied_at":1795478400000"#));
        let (_, effects) = found(&mut state, later, "k-2", false);
        assert_eq!(posts(&effects).len(), 0, "the first page came back");
        assert_eq!(state.records.len(), 1);

        // The worker dies; what is on disk goes out under its own key, and nobody is read again.
        let mut state = start(state.records);
        look(&mut state, NOW);
        linked(&mut state, "on");
        assert_eq!(look(&mut state, NOW), None);
        assert_eq!(state.records[0].key, "k-1");
    }

    #[test]
    fn a_profile_that_could_not_be_read_is_read_again_after_a_while() {
        let mut state = start(Vec::new());
        look(&mut state, NOW);
        linked(&mut state, "on");
        assert_eq!(look(&mut state, NOW), Some(Fetch::Profile(PROFILE.into())));
        let in_vain = Press {
            key: "k-1".into(),
            seen: Some(Seen {
                url: PROFILE.into(),
                ..Seen::default()
            }),
            ..Press::default()
        };
        ask(&mut state, NOW, Ask::Found(in_vain));
        assert!(state.applying.people[0].lacks.is_some());
        assert_eq!(look(&mut state, NOW + READ_AGAIN - 1), None);
        let later = NOW + READ_AGAIN;
        assert_eq!(
            look(&mut state, later),
            Some(Fetch::Profile(PROFILE.into()))
        );
        assert_eq!(posts(&found(&mut state, later, "k-2", false).1).len(), 1);
        assert_eq!(state.applying.people[0].lacks, None);
    }

    #[test]
    fn a_file_goes_along_or_the_application_goes_without() {
        let prepared = || {
            let mut state = start(Vec::new());
            look(&mut state, NOW);
            linked(&mut state, "on");
            let (fetch, effects) = found(&mut state, NOW, "k-1", true);
            let (key, url) = ("k-1".to_owned(), RESUME.to_owned());
            assert_eq!(fetch, Some(Fetch::Resume { key, url }));
            assert_eq!(posts(&effects).len(), 0);
            state
        };
        let read = |problem: Option<&str>| {
            Ask::File(FileRead {
                key: "k-1".into(),
                name: "101.pdf".into(),
                problem: problem.map(str::to_owned),
            })
        };
        let call = || Call::PostResume {
            key: "k-1".into(),
            name: "101.pdf".into(),
        };
        let answered = |state: &mut State, status, body: &str| {
            let body = body.to_owned();
            let answer = Some(Response { status, body });
            update(
                state,
                NOW,
                Event::Answered {
                    call: call(),
                    answer,
                },
            )
        };

        let mut state = prepared();
        let (_, effects) = ask(&mut state, NOW, read(None));
        assert!(
            effects
                .iter()
                .any(|effect| matches!(effect, Effect::Call { call: one, .. } if *one == call()))
        );
        let effects = answered(&mut state, 200, r#"{"id":"f00d"}"#);
        let body: ApplicationRequest = serde_json::from_str(posts(&effects)[0]).unwrap();
        assert_eq!(body.resume.as_deref(), Some("f00d"));
        // It expired meanwhile.
        state.records[0].attach(None);
        let Whereabouts::Here { request, .. } = &state.records[0].at else {
            panic!()
        };
        let body: ApplicationRequest = serde_json::from_str(request).unwrap();
        assert_eq!(body.resume, None);

        let mut state = prepared();
        let (_, effects) = ask(&mut state, NOW, read(Some("login")));
        assert_eq!(posts(&effects).len(), 1);
        assert!(state.records[0].file.as_ref().unwrap().contains("log in"));

        let mut state = prepared();
        ask(&mut state, NOW, read(None));
        let problem = atsi_protocol::Problem::new(ProblemCode::ResumeIsWebPage);
        let effects = answered(&mut state, problem.status, &crate::json::write(&problem));
        assert_eq!(posts(&effects).len(), 1);
        assert!(state.records[0].file.is_some());

        // The page went away over it.
        let mut state = prepared();
        let effects = update(&mut state, NOW + FILE_PATIENCE, Event::Woke);
        assert_eq!(posts(&effects).len(), 1);
        let effects = answered(&mut state, 200, r#"{"id":"f00d"}"#);
        assert_eq!(posts(&effects).len(), 0, "too late");
    }

    #[test]
    fn a_press_that_did_not_count_says_why() {
        let mut state = start(Vec::new());
        look(&mut state, NOW);
        linked(&mut state, "on");
        let (_, effects) = found(&mut state, NOW, "k-1", false);
        let post = effects.into_iter().find_map(|effect| match effect {
            Effect::Call { call, .. } if matches!(call, Call::PostSend { .. }) => Some(call),
            _ => None,
        });
        let body = r#"{"idempotency_key":"k-1","external_id":"101","accepted_at":1,"state":"waiting","reason":"held",
            "held":{"reason":"already_prospect","sentence":"A prospect."}}"#;
        let held = Some(Response {
            status: 200,
            body: body.into(),
        });
        let call = post.unwrap();
        let answer = held.clone();
        update(&mut state, NOW, Event::Answered { call, answer });
        let press = |state: &mut State, action: &str| {
            let press = Press {
                action: action.into(),
                ..Press::default()
            };
            let (to, tab, ask) = (1, 1, Ask::Press(press));
            let effects = update(state, NOW, Event::Asked { to, tab, ask });
            let call = effects.into_iter().find_map(|effect| match effect {
                Effect::Call { call, .. } => Some(call),
                _ => None,
            });
            call.unwrap()
        };
        let row = |state: &State| {
            let parts = crate::view::applications::row(state, "101", "/jobs/310", NOW).unwrap();
            crate::json::write(&parts)
        };
        assert!(row(&state).contains("Do not send"), "{}", row(&state));
        let popup = crate::json::write(&crate::view::popup::popup(&state, NOW));
        assert!(popup.contains("is a prospect already"), "{popup}");
        assert!(popup.contains("Do not send"), "{popup}");
        for action in ["apply-drop:k-1", "send-again:k-1"] {
            let call = press(&mut state, action);
            let answer = None;
            update(&mut state, NOW, Event::Answered { call, answer });
            assert!(
                row(&state).contains("does not answer"),
                "{action}: {}",
                row(&state)
            );
            let call = Call::GetSend {
                key: "k-1".into(),
                is_application: true,
            };
            let answer = held.clone();
            update(&mut state, NOW, Event::Answered { call, answer });
            assert!(
                !row(&state).contains("does not answer"),
                "{action}: {}",
                row(&state)
            );
        }

        let call = press(&mut state, "apply-off:/jobs/310");
        let answer = None;
        update(&mut state, NOW, Event::Answered { call, answer });
        let corner = |state: &State| {
            let panel = crate::view::applications::panel_of(state, TRACKER, NOW).unwrap();
            crate::json::write(&panel.node)
        };
        assert!(
            corner(&state).contains("does not answer"),
            "{}",
            corner(&state)
        );
        linked(&mut state, "on");
        assert!(
            !corner(&state).contains("does not answer"),
            "{}",
            corner(&state)
        );
    }

    #[test]
    fn a_day_is_a_moment() {
        assert_eq!(moment("1970-01-01"), Some(0));
        assert_eq!(moment(" 2000-03-01"), Some(951_868_800_000));
        assert_eq!(moment("2026-11-24T18:00:00Z"), Some(1_795_478_400_000));
        for text in [
            "",
            "–",
            "24.11.2026",
            "2026-13-01",
            "1969-12-31",
            "é2026-11-2",
        ] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}

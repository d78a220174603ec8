//! Jobs on Jopwell: which one each is in Greenhouse, how it stands there, and its description.

use super::call::{self, Answer, Call};
use super::record::Trouble;
use super::{Effect, FRESH, PAUSE_AFTER_TROUBLE, State, ask_proxy};
use crate::json::read_fields;
use crate::page::fnv1a;
use crate::page::job::{JobPage as Seen, words_for};
use atsi_protocol::{
    Job, JobSave, JobSaveKind, JobSaved, JobState, JopwellJob, Millis, Problem, ProblemCode,
};
use serde::Serialize;

/// Jobs that are remembered.
const KEPT: usize = 50;
/// Jobs that are found by a word.
const FOUND: usize = 8;

/// Pages of one job that say different things, of which each is asked about once.
const TOLD: usize = 8;
/// A page that is told later than this to save would be at it when another browser may be.
const SAVE_WITHIN: Millis = 5_000;

/// A job on Jopwell whose page was looked at.
#[derive(Debug, Default)]
pub struct Known {
    id: String,
    told: Vec<Told>,
    /// Where it is edited.
    edit: Option<String>,
    /// What one of its pages is to save, and when that was said.
    save: Option<(Millis, JobSave)>,
    /// The page that was looked at last was opened before something was saved.
    pub is_old: bool,
    pub page: Option<Page>,
    pub trouble: Option<String>,
    /// The person is about to link it, or to link it to another job.
    pub is_choosing: bool,
    /// What they searched for found these.
    pub found: Option<Vec<Job>>,
    /// The address of the tracking link, once there is one.
    pub tracking: Option<String>,
    /// How the last press went, and whether it went well.
    pub said: Option<(bool, String)>,
    /// For the page in this tab.
    task: Option<(u32, Task)>,
}

/// What was told of a page of the job, as a hash, and when.
#[derive(Clone, Copy, Debug)]
struct Told {
    body: u64,
    at: Millis,
    is_old: bool,
}

/// What a page is to do once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Put this on the clipboard.
    Copy(String),
    /// Write these into the fields of the job's form.
    Fill(Vec<(&'static str, String)>),
    /// Save one field of the job's form, with the session of whoever looks.
    Save(Box<Saving>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Saving {
    id: u64,
    /// Where the form is.
    edit: String,
    field: &'static str,
    /// What the field holds if nobody changed it: one of these, by letters and digits.
    was: Vec<String>,
    /// What it is to hold: the text, or the first of these that can be chosen.
    to: Vec<String>,
}

/// What of a description the form is filled with.
struct Described {
    text: String,
    job: Job,
}

/// What is used of a [`atsi_protocol::JobPage`], a [`atsi_protocol::JobLink`] and a
/// [`atsi_protocol::JobProposal`].
#[derive(Debug)]
pub struct Page {
    pub link: Link,
    pub read_at: Option<Millis>,
    pub problem: Option<Problem>,
    pub described_at: Option<Millis>,
    pub description_is_news: bool,
    save: Option<JobSave>,
    pub saved: Vec<JobSaved>,
    is_old: bool,
}

#[derive(Debug)]
pub struct Link {
    pub job: Option<Job>,
    pub proposals: Vec<Proposal>,
}

#[derive(Debug)]
pub struct Proposal {
    pub job: Job,
    pub because: Vec<String>,
}

/// A tracking link.
struct Made {
    url: String,
}

struct AllJobs {
    jobs: Vec<Job>,
}

read_fields! {
    Described { text, job }
    Page { link, read_at, problem, described_at, description_is_news, save, saved, is_old }
    Link { job, proposals }
    Proposal { job, because }
    AllJobs { jobs }
    Made { url }
}

/// A page of the job is open in this tab. Returns what is known, and what the page is to do.
pub fn look<'a>(
    state: &'a mut State,
    now: Millis,
    tab: u32,
    seen: &Seen,
    effects: &mut Vec<Effect>,
) -> Option<(&'a Known, Option<Task>)> {
    if !state.is_connected() {
        return None;
    }
    // What somebody has typed into the form is theirs to save.
    let saves = seen.edit.is_some() && !seen.is_form;
    // Written by hand, as the next: derived code for each request would be ten times as large.
    let body = format!(
        r#"{{"job":{},"description":{},"open":{},"saves":{saves}}}"#,
        crate::json::write(&seen.job),
        crate::json::write(&seen.description),
        crate::json::write(&seen.is_open)
    );
    let index = index_of(&mut state.jobs, &seen.job);
    let known = state.jobs.get_mut(index)?;
    let told = known.told(&body);
    known.is_old = told.is_old;
    if told.at + FRESH <= now {
        known.remember(Told { at: now, ..told });
        let id = known.id.clone();
        ask_proxy(state, Call::JobPage { id, body }, effects);
    }
    let known = state.jobs.get_mut(index)?;
    let mut task = known.task.take_if(|(whose, _)| *whose == tab);
    if saves {
        known.edit.clone_from(&seen.edit);
        // One page is told, once.
        if task.is_none()
            && let Some((at, save)) = known.save.take()
            && now < at + SAVE_WITHIN
        {
            task = known.saving(save).map(|task| (tab, task));
        }
    }
    Some((&*known, task.map(|(_, task)| task)))
}

impl Known {
    /// What was told of a page that says this.
    fn told(&self, body: &str) -> Told {
        let body = fnv1a([body].into_iter());
        let known = self.told.iter().find(|told| told.body == body);
        known.copied().unwrap_or(Told {
            body,
            at: 0,
            is_old: false,
        })
    }

    fn remember(&mut self, told: Told) {
        self.told.retain(|known| known.body != told.body);
        if self.told.len() >= TOLD {
            self.told.remove(0);
        }
        self.told.push(told);
    }

    fn ask_anew(&mut self) {
        for told in &mut self.told {
            told.at = 0;
        }
    }

    fn saving(&self, save: JobSave) -> Option<Task> {
        let or_words = |text: Option<String>, is_open| {
            text.map_or_else(|| words_for(is_open).to_vec(), |text| vec![text])
        };
        Some(Task::Save(Box::new(Saving {
            id: save.id,
            edit: self.edit.clone()?,
            field: match save.kind {
                JobSaveKind::Description => "description",
                JobSaveKind::Closing => "status",
            },
            was: or_words(save.was, !save.undoes),
            to: or_words(save.to, save.undoes),
        })))
    }
}

fn index_of(jobs: &mut Vec<Known>, job: &JopwellJob) -> usize {
    if let Some(index) = jobs.iter().position(|known| known.id == job.id) {
        return index;
    }
    if jobs.len() >= KEPT {
        jobs.remove(0);
    }
    jobs.push(Known {
        id: job.id.clone(),
        ..Known::default()
    });
    jobs.len() - 1
}

pub fn pressed(
    state: &mut State,
    tab: u32,
    seen: &Seen,
    action: &str,
    value: &str,
    effects: &mut Vec<Effect>,
) {
    let Some(verb) = action.strip_prefix("job-") else {
        return;
    };
    let (verb, about) = verb.split_once(':').unwrap_or((verb, ""));
    let index = index_of(&mut state.jobs, &seen.job);
    let Some(known) = state.jobs.get_mut(index) else {
        return;
    };
    let id = known.id.clone();
    let linked = known.page.as_ref().and_then(|page| page.link.job.as_ref());
    known.said = None;
    let call = match (verb, linked) {
        ("link", _) => about.parse().ok().map(|job: u64| Call::LinkJob {
            id,
            body: format!(
                r#"{{"jopwell_job":{},"greenhouse_job_id":{job}}}"#,
                crate::json::write(&seen.job)
            ),
        }),
        ("unlink", Some(_)) => Some(Call::UnlinkJob { id }),
        ("other", _) => {
            known.is_choosing = !known.is_choosing;
            known.found = None;
            None
        }
        ("find", _) => Some(Call::FindJobs {
            id,
            words: value.to_owned(),
        }),
        ("copy", Some(job)) => match &known.tracking {
            Some(url) => {
                known.task = Some((tab, Task::Copy(url.clone())));
                None
            }
            None => Some(Call::TrackingLink {
                body: format!(r#"{{"greenhouse_job_id":{}}}"#, job.id),
                id,
                tab,
            }),
        },
        ("copied", _) => {
            known.said = Some(match about {
                "true" => (true, say!("The tracking link is on the clipboard. Whoever applies through it is credited to Jopwell.").to_owned()),
                _ => (false, say!("The browser did not let ATSi use the clipboard. Copy the link below by hand.").to_owned()),
            });
            effects.push(Effect::TellPages);
            None
        }
        ("fill", Some(_)) => Some(Call::Describe { id, tab }),
        ("filled", _) => {
            known.said = Some(match about {
                "true" => (true, say!("Filled in from Greenhouse. Look it through, then save it here on Jopwell.").to_owned()),
                _ => (false, say!("This form has no field for the description that ATSi knows. Copy the text from the page that shows the difference.").to_owned()),
            });
            effects.push(Effect::TellPages);
            None
        }
        ("saved", _) => finished(id, about),
        ("undo", _) => (about.parse().ok()).map(|save| Call::UndoJobSave { id, save, tab }),
        ("difference", Some(_)) => {
            let mut path = format!("job.html?job={}", encoded(&id));
            if let Some(edit) = &seen.edit {
                path += &format!("&edit={}", encoded(edit));
            }
            effects.push(Effect::OpenPage(path));
            None
        }
        _ => None,
    };
    if let Some(call) = call {
        ask_proxy(state, call, effects);
    }
}

/// A page's word of how saving went: the id, why not, and what the form held before.
fn finished(id: String, about: &str) -> Option<Call> {
    let (save, about) = about.split_once('=')?;
    let (problem, before) = about.split_once('=')?;
    let (name, value) = match problem {
        "" => ("before", before),
        problem => ("problem", problem),
    };
    Some(Call::FinishJobSave {
        id,
        save: save.parse().ok()?,
        body: format!(r#"{{"{name}":{}}}"#, crate::json::write(&value)),
    })
}

/// A path segment, or a value of a query.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => encoded.push(byte as char),
            _ => encoded += &format!("%{byte:02X}"),
        }
    }
    encoded
}

/// A job's page, as the proxy answered for it.
pub fn learn(
    state: &mut State,
    now: Millis,
    id: &str,
    body: &str,
    answer: &Answer,
    effects: &mut Vec<Effect>,
) {
    let Some(known) = find(state, id) else {
        return;
    };
    match call::read::<Page>(answer) {
        Ok(mut page) => {
            known.remember(Told {
                is_old: page.is_old,
                ..known.told(body)
            });
            if let Some(save) = page.save.take() {
                known.save = Some((now, save));
            }
            let linked = |page: &Page| page.link.job.as_ref().map(|job| job.id);
            if known.page.as_ref().and_then(linked) != linked(&page) {
                known.tracking = None;
                known.is_choosing = false;
                known.found = None;
            }
            known.trouble = None;
            known.page = Some(page);
        }
        Err(trouble) => {
            known.remember(Told {
                at: (now + PAUSE_AFTER_TROUBLE).saturating_sub(FRESH),
                ..known.told(body)
            });
            known.trouble = Some(sentence(&trouble));
        }
    }
    effects.push(Effect::TellPages);
}

/// What somebody asked for by a press.
pub fn answered(state: &mut State, call: Call, answer: &Answer, effects: &mut Vec<Effect>) {
    let id = match &call {
        Call::LinkJob { id, .. }
        | Call::UnlinkJob { id }
        | Call::FindJobs { id, .. }
        | Call::TrackingLink { id, .. }
        | Call::Describe { id, .. }
        | Call::FinishJobSave { id, .. }
        | Call::UndoJobSave { id, .. } => id,
        _ => return,
    };
    let Some(known) = find(state, id) else { return };
    let done = match call {
        Call::FindJobs { words, .. } => {
            call::read::<AllJobs>(answer).map(|all| known.found = Some(matching(all.jobs, &words)))
        }
        Call::TrackingLink { tab, .. } => call::read::<Made>(answer).map(|link| {
            known.task = Some((tab, Task::Copy(link.url.clone())));
            known.tracking = Some(link.url);
        }),
        Call::Describe { tab, .. } => call::read::<Described>(answer).map(|described| {
            let mut fields = vec![("description", described.text)];
            fields.extend(described.job.title.map(|title| ("title", title)));
            known.task = Some((tab, Task::Fill(fields)));
        }),
        Call::UndoJobSave { tab, .. } => call::read::<JobSave>(answer)
            .map(|save| known.task = known.saving(save).map(|task| (tab, task))),
        // What follows from it is read anew.
        _ => call::body(answer).map(|_| {
            known.ask_anew();
            known.is_choosing = false;
            known.found = None;
        }),
    };
    if let Err(trouble) = done {
        known.said = Some((false, sentence(&trouble)));
    }
    effects.push(Effect::TellPages);
}

fn sentence(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Problem(problem) if problem.code == ProblemCode::JobUnknown => {
            say!(
                "{trouble} It may be closed, deleted, or hidden from the user that ATSi acts as. Link another job, or ask your Greenhouse admin.",
                trouble = trouble.sentence()
            )
        }
        _ => trouble.sentence(),
    }
}

/// Open jobs that have each of the words in their name, title, requisition or location, or this id.
fn matching(jobs: Vec<Job>, words: &str) -> Vec<Job> {
    let words = words.to_ascii_lowercase();
    let mut jobs = jobs;
    jobs.retain(|job| {
        let texts = [&job.title, &job.requisition, &job.location];
        let mut all = format!("{} {}", job.name, job.id);
        for text in texts.into_iter().flatten() {
            all.push(' ');
            all += text;
        }
        let all = all.to_ascii_lowercase();
        job.state == JobState::Open && words.split_whitespace().all(|word| all.contains(word))
    });
    jobs.truncate(FOUND);
    jobs
}

fn find<'a>(state: &'a mut State, id: &str) -> Option<&'a mut Known> {
    state.jobs.iter_mut().find(|known| known.id == id)
}

/// These jobs of Greenhouse's changed; all may have where nobody knows which.
pub fn changed(state: &mut State, jobs: Option<&[u64]>) {
    for known in &mut state.jobs {
        let linked = known.page.as_ref().and_then(|page| page.link.job.as_ref());
        // A job that is not linked here may just have been, by a colleague.
        let concerns = match (jobs, linked) {
            (Some(jobs), Some(job)) => jobs.contains(&job.id),
            _ => true,
        };
        if concerns {
            known.ask_anew();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::call::Response;
    use super::super::tests::connected;
    use super::super::{Ask, Event, Look, Press, Reply, Settings, update};
    use super::*;
    use crate::page::seen::{Seen as PageSeen, Value};
    use atsi_protocol::{
        ApplicationsSwitch, ChangesPage, JobLink, JobLinkRequest, JobPage, JobPageRequest,
        JobProposal, JobSaveDone, JobSaveProblem, JobSaveState, Jobs, TrackingLinkRequest,
    };

    const NOW: Millis = 1_790_000_000_000;

    fn job(id: u64, name: &str, state: JobState) -> Job {
        Job {
            id,
            name: name.into(),
            title: Some("Kiln Engineer".into()),
            state,
            public: true,
            requisition: Some("HW-7".into()),
            location: None,
            on_board: None,
            heard_at: NOW,
        }
    }

    /// The proxy, as far as it is needed.
    struct Stand {
        state: State,
        linked: Option<Job>,
        /// For whoever asks next.
        save: Option<JobSave>,
        saved: Vec<JobSaved>,
        /// A page that says this was opened before.
        old_text: &'static str,
        asked: Vec<Call>,
        opened: Vec<String>,
        told: usize,
    }

    impl Stand {
        fn new(linked: Option<Job>) -> Self {
            let mut state = State::default();
            let settings = Settings {
                after: Some(4),
                ..connected()
            };
            let records = Vec::new();
            update(&mut state, NOW, Event::Started { settings, records });
            Self {
                state,
                linked,
                save: None,
                saved: Vec::new(),
                old_text: "none",
                asked: Vec::new(),
                opened: Vec::new(),
                told: 0,
            }
        }

        fn answer(&mut self, call: &Call) -> Answer {
            let body = match call {
                Call::FinishJobSave { save: 7, body, .. } => body.clone(),
                Call::UndoJobSave { save: 7, .. } => crate::json::write(&undo()),
                Call::JobPage { body, .. } => crate::json::write(&JobPage {
                    save: (serde_json::from_str::<JobPageRequest>(body).unwrap().saves)
                        .then(|| self.save.take())
                        .flatten(),
                    saved: self.saved.clone(),
                    is_old: body.contains(self.old_text),
                    link: JobLink {
                        jopwell_job: serde_json::from_str::<JobPageRequest>(body).unwrap().job,
                        job: self.linked.clone(),
                        linked_at: None,
                        applications: ApplicationsSwitch::Off,
                        held: 0,
                        proposals: vec![JobProposal {
                            job: job(7, "Kiln Engineer (2026)", JobState::Open),
                            score: 90,
                            because: vec!["title".into()],
                        }],
                    },
                    read_at: Some(NOW),
                    problem: None,
                    described_at: Some(NOW),
                    description_is_news: true,
                }),
                Call::LinkJob { body, .. } => {
                    let request: JobLinkRequest = serde_json::from_str(body).unwrap();
                    self.linked = Some(job(request.greenhouse_job_id, "Kiln", JobState::Open));
                    "{}".into()
                }
                Call::UnlinkJob { .. } => {
                    self.linked = None;
                    "{}".into()
                }
                Call::FindJobs { .. } => crate::json::write(&Jobs {
                    jobs: vec![
                        job(8, "Raku (Spring)", JobState::Open),
                        job(9, "Raku (Autumn)", JobState::Closed),
                    ],
                    read_at: None,
                    problem: None,
                }),
                Call::TrackingLink { body, .. } => {
                    let request: TrackingLinkRequest = serde_json::from_str(body).unwrap();
                    assert_eq!(request.greenhouse_job_id, 7);
                    r#"{"url":"https://grnh.example/x","job":null,"source":null,"referrer":null}"#
                        .into()
                }
                Call::Describe { .. } => format!(
                    r#"{{"text":"Fire\n\n• Raku","job":{}}}"#,
                    crate::json::write(&job(7, "Kiln", JobState::Open))
                ),
                _ => return None,
            };
            Some(Response { status: 200, body })
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
                        Effect::OpenPage(path) => self.opened.push(path),
                        Effect::TellPages => self.told += 1,
                        _ => {}
                    }
                }
            }
            reply
        }

        fn look(&mut self) -> (String, Option<Task>) {
            let look = Look {
                seen: page(),
                was: None,
            };
            self.asked(Ask::Look(look))
        }

        fn asked(&mut self, ask: Ask) -> (String, Option<Task>) {
            match self.happen(Event::Asked { to: 1, tab: 3, ask }) {
                Some(Reply::Views { views, job, .. }) => (crate::json::write(&views), job),
                other => panic!("{other:?}"),
            }
        }

        fn look_at(&mut self, tab: u32, seen: PageSeen) -> (String, Option<Task>) {
            let ask = Ask::Look(Look { seen, was: None });
            match self.happen(Event::Asked { to: 1, tab, ask }) {
                Some(Reply::Views { views, job, .. }) => (crate::json::write(&views), job),
                other => panic!("{other:?}"),
            }
        }

        fn press(&mut self, action: &str, value: &str) -> (String, Option<Task>) {
            self.asked(Ask::Press(Press {
                action: action.into(),
                value: Some(value.into()),
                seen: Some(page()),
                ..Press::default()
            }));
            self.look();
            self.look()
        }
    }

    fn description() -> JobSave {
        JobSave {
            id: 7,
            kind: JobSaveKind::Description,
            undoes: false,
            was: Some("Fire".into()),
            to: Some("Fire and raku".into()),
        }
    }

    fn closing() -> JobSave {
        JobSave {
            kind: JobSaveKind::Closing,
            was: None,
            to: None,
            ..description()
        }
    }

    /// Of a closing.
    fn undo() -> JobSave {
        JobSave {
            id: 8,
            undoes: true,
            to: Some("Live".into()),
            ..closing()
        }
    }

    fn saved(kind: JobSaveKind, state: JobSaveState) -> JobSaved {
        JobSaved {
            id: 7,
            kind,
            state,
            at: NOW,
            problem: None,
            undoable: state == JobSaveState::Saved,
        }
    }

    fn saving(task: Option<Task>) -> Saving {
        match task {
            Some(Task::Save(saving)) => *saving,
            other => panic!("{other:?}"),
        }
    }

    fn page() -> PageSeen {
        page_saying("Fire", "Open")
    }

    fn page_saying(description: &str, status: &str) -> PageSeen {
        let text = |text: &str| vec![Value::Text(text.into())];
        let posting = &format!(
            r#"{{"@type":"JobPosting","title":"Kiln engineer","description":"{description}"}}"#
        );
        PageSeen {
            url: "https://www.jopwell.com/jobs/310".into(),
            readings: vec![
                ("jsonld".into(), text(posting)),
                ("job_id".into(), text("310")),
                ("job_status".into(), text(status)),
                (
                    "job_edit".into(),
                    text("https://www.jopwell.com/jobs/310/edit"),
                ),
            ],
            ..PageSeen::default()
        }
    }

    #[test]
    fn a_job_is_proposed_linked_and_unlinked() {
        let mut stand = Stand::new(None);
        stand.look();
        let (views, _) = stand.look();
        assert!(views.contains("Link to Kiln Engineer (2026)"), "{views}");
        let asked = stand.asked.len();
        stand.look();
        assert_eq!(stand.asked.len(), asked, "what is known is not asked again");
        let (views, _) = stand.press("job-link:7", "");
        assert!(views.contains("Open in Greenhouse"), "{views}");
        let (views, _) = stand.press("job-other", "");
        assert!(views.contains("job-find"), "{views}");
        let (views, _) = stand.press("job-find", "raku");
        assert!(
            views.contains("job-link:8") && !views.contains("job-link:9"),
            "{views}"
        );
        let (views, _) = stand.press("job-unlink", "");
        assert!(views.contains("job-link:7"), "{views}");
    }

    #[test]
    fn closing_is_told_as_soon_as_it_is_heard() {
        let mut stand = Stand::new(Some(job(7, "Kiln", JobState::Open)));
        stand.look();
        stand.linked = Some(job(7, "Kiln", JobState::Closed));
        let told = stand.told;
        for (jobs, asks) in [(vec![8], 0), (vec![7], 1)] {
            let page = ChangesPage {
                changes: Vec::new(),
                jobs,
                next: 5 + asks,
                more: false,
                reset: false,
            };
            let before = stand.asked.len();
            stand.happen(Event::Heard(crate::json::write(&page)));
            stand.look();
            assert_eq!(stand.asked.len() as u64 - before as u64, asks);
        }
        assert!(stand.told > told);
        let (views, _) = stand.look();
        assert!(views.contains("Closed in Greenhouse"), "{views}");
    }

    #[test]
    fn the_link_is_copied_and_the_form_filled_once_in_the_tab_that_asked() {
        let mut stand = Stand::new(Some(job(7, "Kiln", JobState::Open)));
        stand.look();
        stand.asked(Ask::Press(Press {
            action: "job-copy".into(),
            seen: Some(page()),
            ..Press::default()
        }));
        let elsewhere = Ask::Look(Look {
            seen: page(),
            was: None,
        });
        let reply = stand.happen(Event::Asked {
            to: 1,
            tab: 9,
            ask: elsewhere,
        });
        assert!(
            matches!(reply, Some(Reply::Views { job: None, .. })),
            "{reply:?}"
        );
        assert_eq!(
            stand.look().1,
            Some(Task::Copy("https://grnh.example/x".into()))
        );
        assert_eq!(stand.look().1, None);
        let (views, _) = stand.press("job-copied:true", "");
        assert!(views.contains("on the clipboard"), "{views}");

        stand.asked(Ask::Press(Press {
            action: "job-fill".into(),
            seen: Some(page()),
            ..Press::default()
        }));
        let fields = vec![
            ("description", "Fire\n\n• Raku".to_owned()),
            ("title", "Kiln Engineer".to_owned()),
        ];
        assert_eq!(stand.look().1, Some(Task::Fill(fields)));
        stand.press("job-difference", "");
        assert_eq!(
            stand.opened,
            [
                "job.html?job=%2Fjobs%2F310&edit=https%3A%2F%2Fwww%2Ejopwell%2Ecom%2Fjobs%2F310%2Fedit"
            ]
        );
    }
    #[test]
    fn one_page_saves_once_and_says_how_it_went() {
        let mut stand = Stand::new(Some(job(7, "Kiln", JobState::Open)));
        stand.save = Some(description());
        stand.look();
        let task = saving(stand.look_at(9, page()).1);
        let edit = "https://www.jopwell.com/jobs/310/edit";
        assert_eq!(
            (task.field, &*task.edit, task.was, task.to),
            (
                "description",
                edit,
                vec!["Fire".to_owned()],
                vec!["Fire and raku".to_owned()]
            )
        );
        assert_eq!(
            stand.look().1,
            None,
            "another tab of the same browser is not told, too"
        );

        stand.saved = vec![saved(JobSaveKind::Description, JobSaveState::Saved)];
        stand.old_text = "Fire\"";
        stand.press("job-saved:7==Fire: \"red=hot\"", "");
        let done = stand.asked.iter().find_map(|call| match call {
            Call::FinishJobSave { id, save: 7, body } if id == "/jobs/310" => {
                serde_json::from_str::<JobSaveDone>(body).ok()
            }
            _ => None,
        });
        let before = done.unwrap().before;
        assert_eq!(before.as_deref(), Some("Fire: \"red=hot\""));
        let (views, _) = stand.look();
        for says in ["Description saved by ATSi", "job-undo:7", "Reload it"] {
            assert!(views.contains(says), "{says}: {views}");
        }
        // A page that was opened since says nothing old, beside one that does; neither asks again and again.
        for _ in 0..2 {
            stand.look_at(9, page_saying("Fire and raku", "Open"));
        }
        let asked = stand.asked.len();
        let (views, _) = stand.look_at(9, page_saying("Fire and raku", "Open"));
        assert!(!views.contains("Reload it"), "{views}");
        assert!(stand.look().0.contains("Reload it"));
        assert_eq!(stand.asked.len(), asked);
    }

    #[test]
    fn closing_speaks_the_sites_words_and_is_taken_back_in_those_that_stood_there() {
        let mut stand = Stand::new(Some(job(7, "Kiln", JobState::Closed)));
        stand.save = Some(closing());
        stand.look();
        let task = saving(stand.look().1);
        assert_eq!(task.field, "status");
        assert!(task.was.contains(&"open".to_owned()), "{task:?}");
        assert_eq!(task.to[0], "closed");
        stand.saved = vec![saved(JobSaveKind::Closing, JobSaveState::Saved)];
        let (views, _) = stand.press("job-saved:7==Live", "");
        assert!(
            views.contains("Closed on Jopwell by ATSi") && !views.contains("close it there"),
            "{views}"
        );
        stand.asked(Ask::Press(Press {
            action: "job-undo:7".into(),
            seen: Some(page()),
            ..Press::default()
        }));
        assert_eq!(
            stand.look_at(9, page()).1,
            None,
            "the tab that asked does it"
        );
        let task = saving(stand.look().1);
        assert_eq!(
            (task.id, &*task.was[0], task.to),
            (8, "closed", vec!["Live".to_owned()])
        );
    }

    #[test]
    fn a_form_saves_nothing_by_itself_nor_does_a_page_that_is_late() {
        let mut stand = Stand::new(Some(job(7, "Kiln", JobState::Open)));
        stand.save = Some(description());
        let mut form = page();
        form.url += "/edit";
        let text = |text: &str| vec![Value::Text(text.into())];
        form.readings.push(("job_form".into(), text("description")));
        form.readings.push(("job_title".into(), text("Kiln")));
        for _ in 0..2 {
            assert_eq!(stand.look_at(9, form.clone()).1, None);
        }
        assert!(stand.save.is_some(), "it says that it cannot");
        stand.look();
        let known = &mut stand.state.jobs[0];
        known.save.as_mut().unwrap().0 -= SAVE_WITHIN;
        assert_eq!(stand.look().1, None);
    }

    #[test]
    fn what_could_not_be_saved_says_why() {
        let mut stand = Stand::new(Some(job(7, "Kiln", JobState::Open)));
        stand.look();
        stand.saved = vec![JobSaved {
            problem: Some(JobSaveProblem::Login),
            ..saved(JobSaveKind::Description, JobSaveState::Failed)
        }];
        let (views, _) = stand.press("job-saved:7=login=", "");
        assert!(views.contains("Jopwell asked to log in"), "{views}");
        assert!(views.contains("Show the difference"), "{views}");
        let told = stand.asked.iter().any(|call| {
            matches!(call, Call::FinishJobSave { body, .. } if body == r#"{"problem":"login"}"#)
        });
        assert!(told, "{:?}", stand.asked);
    }
}

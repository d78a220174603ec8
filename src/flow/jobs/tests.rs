use super::*;
use crate::flow::call::Response;
use crate::flow::event::Event;
use crate::flow::update;
use crate::message::{Ask, Click, Look};
use crate::page::seen::{Seen as PageSeen, Value};
use crate::state::settings::Settings;
use crate::state::task::JobFormSave;
use crate::testing::{click, connected, happen, json};
use crate::view::reply::Reply;
use atsi_protocol::live::LiveMessage;
use atsi_protocol::{
    ApplicationsSwitch, ChangesPage, JobLink, JobProposal, JobSaveKind, JobSaveProblem,
    JobSaveState, JobSaved, JopwellJob,
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

    fn answer(&mut self, call: &Call) -> ProxyAnswer {
        let body = match call {
            Call::FinishJobSave { save: 7, done, .. } => json(done),
            Call::UndoJobSave { save: 7, .. } => json(&undo()),
            Call::JobPage { request, .. } => json(&JobPage {
                save: (request.saves).then(|| self.save.take()).flatten(),
                saved: self.saved.clone(),
                is_old: json(request).contains(self.old_text),
                link: JobLink {
                    jopwell_job: request.job.clone(),
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
            Call::LinkJob(request) => {
                self.linked = Some(job(request.greenhouse_job_id, "Kiln", JobState::Open));
                "{}".into()
            }
            Call::UnlinkJob { .. } => {
                self.linked = None;
                "{}".into()
            }
            Call::FindJobs { .. } => json(&Jobs {
                jobs: vec![
                    job(8, "Raku (Spring)", JobState::Open),
                    job(9, "Raku (Autumn)", JobState::Closed),
                ],
                read_at: None,
                problem: None,
            }),
            Call::TrackingLink { request, .. } => {
                assert_eq!(request.greenhouse_job_id, 7);
                r#"{"url":"https://grnh.example/x","job":null,"source":null,"referrer":null}"#
                    .into()
            }
            Call::Describe { .. } => json(&JobDescription {
                jopwell_job: JopwellJob {
                    id: "/jobs/310".into(),
                    title: "Kiln engineer".into(),
                    location: None,
                    requisition: None,
                },
                job: job(7, "Kiln", JobState::Open),
                changed_at: NOW,
                is_news: true,
                text: "Fire\n\n• Raku".into(),
                seen_at: None,
                rows: Vec::new(),
            }),
            _ => return None,
        };
        Some(Response { status: 200, body })
    }

    fn happen(&mut self, event: Event) -> Option<Reply> {
        let mut events = vec![event];
        let mut reply = None;
        while let Some(event) = events.pop() {
            let outcome = happen(&mut self.state, NOW, event);
            reply = outcome.reply.or(reply);
            for effect in outcome.effects {
                match effect {
                    Effect::Call { call, .. } => {
                        let answer = self.answer(&call);
                        self.asked.push(call.clone());
                        events.push(Event::Answered { call, answer });
                    }
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
            Some(Reply::Views { views, job, .. }) => (json(&views), job),
            other => panic!("{other:?}"),
        }
    }

    fn look_at(&mut self, tab: u32, seen: PageSeen) -> (String, Option<Task>) {
        let ask = Ask::Look(Look { seen, was: None });
        match self.happen(Event::Asked { to: 1, tab, ask }) {
            Some(Reply::Views { views, job, .. }) => (json(&views), job),
            other => panic!("{other:?}"),
        }
    }

    fn press(&mut self, action: &str, value: &str) -> (String, Option<Task>) {
        self.asked(Ask::Click(Box::new(Click {
            value: Some(value.into()),
            seen: Some(page()),
            ..click(action)
        })));
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

fn saving(task: Option<Task>) -> JobFormSave {
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
fn job_is_proposed_linked_and_unlinked() {
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
fn closing_is_shown_as_soon_as_it_is_heard() {
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
        stand.happen(Event::Heard(LiveMessage::Changes(page)));
        stand.look();
        assert_eq!(stand.asked.len() as u64 - before as u64, asks);
    }
    assert!(stand.told > told);
    let (views, _) = stand.look();
    assert!(views.contains("Closed in Greenhouse"), "{views}");
}

#[test]
fn link_is_copied_and_form_filled_once_in_the_tab_that_asked() {
    let mut stand = Stand::new(Some(job(7, "Kiln", JobState::Open)));
    stand.look();
    stand.asked(Ask::Click(Box::new(Click {
        seen: Some(page()),
        ..click("job-copy")
    })));
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
    assert!(views.contains("Tracking link copied"), "{views}");

    stand.asked(Ask::Click(Box::new(Click {
        seen: Some(page()),
        ..click("job-fill")
    })));
    let fields = vec![
        (JobField::Description, "Fire\n\n• Raku".to_owned()),
        (JobField::Title, "Kiln Engineer".to_owned()),
    ];
    assert_eq!(stand.look().1, Some(Task::Fill(fields)));
    stand.press("job-difference", "");
    assert_eq!(
        stand.opened,
        ["job.html?job=%2Fjobs%2F310&edit=https%3A%2F%2Fwww%2Ejopwell%2Ecom%2Fjobs%2F310%2Fedit"]
    );
}
#[test]
fn one_page_saves_once_and_reports_the_result() {
    let mut stand = Stand::new(Some(job(7, "Kiln", JobState::Open)));
    stand.save = Some(description());
    stand.look();
    let task = saving(stand.look_at(9, page()).1);
    let edit = "https://www.jopwell.com/jobs/310/edit";
    assert_eq!(
        (task.field, &*task.edit, task.was, task.to),
        (
            JobField::Description,
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
        Call::FinishJobSave { id, save: 7, done } if id == "/jobs/310" => Some(done),
        _ => None,
    });
    let before = &done.unwrap().before;
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
fn closing_uses_the_words_of_the_site_and_is_undone_in_the_former_ones() {
    let mut stand = Stand::new(Some(job(7, "Kiln", JobState::Closed)));
    stand.save = Some(closing());
    stand.look();
    let task = saving(stand.look().1);
    assert_eq!(task.field, JobField::Status);
    assert!(task.was.contains(&"open".to_owned()), "{task:?}");
    assert_eq!(task.to[0], "closed");
    stand.saved = vec![saved(JobSaveKind::Closing, JobSaveState::Saved)];
    let (views, _) = stand.press("job-saved:7==Live", "");
    assert!(
        views.contains("Closed on Jopwell by ATSi") && !views.contains("close it there"),
        "{views}"
    );
    stand.asked(Ask::Click(Box::new(Click {
        seen: Some(page()),
        ..click("job-undo:7")
    })));
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
fn open_form_and_late_page_save_nothing() {
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
fn failed_save_says_why() {
    let mut stand = Stand::new(Some(job(7, "Kiln", JobState::Open)));
    stand.look();
    stand.saved = vec![JobSaved {
        problem: Some(JobSaveProblem::Login),
        ..saved(JobSaveKind::Description, JobSaveState::Failed)
    }];
    let (views, _) = stand.press("job-saved:7=login=", "");
    assert!(views.contains("Jopwell asked for a login"), "{views}");
    assert!(views.contains("Show difference"), "{views}");
    let told = stand.asked.iter().any(|call| {
        matches!(call, Call::FinishJobSave { done, .. } if json(done) == r#"{"problem":"login"}"#)
    });
    assert!(told, "{:?}", stand.asked);
}

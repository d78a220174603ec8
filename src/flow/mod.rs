//! What should happen: events in, effects out. No clock, no network, no browser, nothing drawn.

pub mod applications;
pub mod call;
pub mod click;
pub mod clock;
pub mod connection;
pub mod effect;
pub mod event;
pub mod jobs;
pub mod live;
pub mod look;
pub mod look_up;
pub mod notifications;
pub mod outbox;
pub mod report;
pub mod resumes;
pub mod send;
pub mod sender;
pub mod session;
pub mod tracker;

use crate::message::{Answer, Ask};
use crate::state::State;
use atsi_protocol::Millis;
use call::Call;
use effect::Effect;
use event::Event;

/// Applies an event to the state, and returns what is to be done about it.
pub fn update(state: &mut State, now: Millis, event: Event) -> Vec<Effect> {
    let mut effects = Vec::new();
    clock::check(state, now, &mut effects);
    match event {
        Event::Started { settings, records } => {
            state.settings = settings;
            state.records = records;
            outbox::resume(&mut state.records, now);
            effects.push(Effect::CountPages);
        }
        Event::Asked { to, tab, ask } => {
            let answer = asked(state, now, tab, ask, &mut effects);
            effects.push(Effect::Answer { to, answer });
        }
        Event::Answered { call, answer } => {
            if let Some(failed) = report::failure(&call, &answer) {
                state.report.note(now, failed);
            }
            answered(state, now, call, &answer, &mut effects);
        }
        Event::NotKept { key } => outbox::not_kept(state, now, &key, &mut effects),
        Event::Woke => state.wake = None,
        Event::Heard(message) => live::heard(state, now, message, &mut effects),
        Event::HungUp => live::lost(state, now, &mut effects),
        Event::SignedOut => session::ended(state, now, &mut effects),
        Event::Enrolled(session) => session::enrolled(state, now, session, &mut effects),
        Event::Pages(tabs) => live::counted(state, &tabs, &mut effects),
        Event::NotificationClicked(id) => notifications::clicked(id, &mut effects),
        Event::Spoken => {
            let waiting = state.toolbar;
            effects.extend([Effect::TellPages, Effect::Toolbar { waiting }]);
        }
    }
    outbox::start_what_is_due(state, now, &mut effects);
    outbox::forget_old(state, &mut effects);
    outbox::count_waiting(state, &mut effects);
    effects
}

fn asked(state: &mut State, now: Millis, tab: u32, ask: Ask, effects: &mut Vec<Effect>) -> Answer {
    match ask {
        Ask::Look(look) => {
            look::look(state, now, tab, &look.seen, look.was.as_deref(), effects).into()
        }
        Ask::Click(click) => click::clicked(state, now, tab, *click, effects),
        Ask::Found(found) => Answer::Fetched {
            fetch: applications::found(state, now, &found, effects),
        },
        Ask::File(file) => Answer::Fetched {
            fetch: resumes::read(state, now, file, effects),
        },
        Ask::Popup => {
            connection::ask(state, now, effects);
            Answer::Popup
        }
        Ask::Notify(wanted) => {
            notifications::choose(state, now, wanted, effects);
            Answer::Session { refusal: None }
        }
        Ask::Session(session) => {
            effects.push(Effect::ReadSession);
            let refusal = session::change(state, now, session, effects).err();
            Answer::Session { refusal }
        }
    }
}

fn answered(
    state: &mut State,
    now: Millis,
    call: Call,
    answer: &call::ProxyAnswer,
    effects: &mut Vec<Effect>,
) {
    match call {
        Call::PostSend { key, .. } | Call::GetSend { key, .. } => {
            send::answered(state, now, &key, false, answer, effects);
        }
        Call::Decide { key, .. } | Call::DismissApplication { key } => {
            send::answered(state, now, &key, true, answer, effects);
        }
        Call::PostResume { key, .. } => resumes::answered(state, now, &key, answer, effects),
        Call::ProposeJob(job) => {
            applications::job_answered(state, now, &job.id, false, answer, effects);
        }
        Call::PutJobLink(request) => {
            let job = &request.jopwell_job.id;
            applications::job_answered(state, now, job, true, answer, effects);
        }
        Call::Lookup(request, number) => {
            look_up::answered(state, now, &request, number, answer, effects);
        }
        Call::GetChanges { .. } => live::answered(state, now, answer, effects),
        Call::JobPage { request, body } => {
            jobs::learn(state, now, &request.job.id, body, answer, effects);
        }
        Call::LinkJob(_)
        | Call::UnlinkJob { .. }
        | Call::FindJobs { .. }
        | Call::TrackingLink { .. }
        | Call::Describe { .. }
        | Call::FinishJobSave { .. }
        | Call::UndoJobSave { .. } => jobs::answered(state, call, answer, effects),
        Call::PlanWriteBacks(request) => {
            tracker::answered(state, now, &request, answer, effects);
        }
        Call::FinishWriteBack { id, .. } => tracker::finished(state, id, effects),
        Call::GetConnection => connection::answered(state, now, answer, effects),
    }
}

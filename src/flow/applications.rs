//! Applications on Jopwell go to the linked Greenhouse job automatically, once somebody turned that on for the
//! job. What a row does not show is read from the person's profile, one profile at a time.

use super::call::{self, Call, ProxyAnswer};
use super::effect::{Effect, ask_proxy, keep};
use super::look_up::FRESH;
use super::resumes;
use crate::action::Action;
use crate::message::Found;
use crate::page::seen::Tracked;
use crate::page::{self, Page, ProfilePage};
use crate::state::applications::{Applicant, AppliedJob, ProfileLack};
use crate::state::record::Record;
use crate::state::task::Fetch;
use crate::state::{NO_LAST_NAME, State, find};
use atsi_protocol::{
    ApplicationRequest, ApplicationsSwitch, JobLink, JobLinkRequest, JopwellJob, Millis,
};

/// How long a page has to read a profile before another may be asked to.
const READING: Millis = 10_000;
/// When a profile that could not be read is read again.
const READ_AGAIN: Millis = 600_000;
/// People who are remembered at most.
const MOST_PEOPLE: usize = 5_000;
/// Jobs that are asked about with one look.
const MOST_JOBS: usize = 20;

/// Remembers a row. Returns the job's id on Jopwell where the row is an application.
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
        state.applying.jobs.push(AppliedJob {
            job: JopwellJob {
                id: job.clone(),
                title: title.clone(),
                location: None,
                requisition: None,
            },
            asked_at: 0,
            link: None,
            trouble: None,
        });
    }
    Some(job)
}

/// Reads `2026-11-24`, or a moment that begins with it, as the start of that day in UTC.
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

/// A list with applications was looked at: asks about its jobs. Returns the profile to read next.
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

/// Returns the profile to read next, where none is being read.
pub fn next(state: &mut State, now: Millis) -> Option<Fetch> {
    let applying = &state.applying;
    if (applying.reading.as_ref()).is_some_and(|(since, _)| since + READING > now) {
        return None;
    }
    let is_next = |one: &&Applicant| {
        (one.lacks.is_none() || one.read_at + READ_AGAIN <= now)
            && applying.job(&one.job).and_then(AppliedJob::switch) == Some(ApplicationsSwitch::On)
            && state.application(&one.external_id, &one.job).is_none()
    };
    let page = applying.people.iter().find(is_next)?.page.clone();
    state.applying.reading = Some((now, page.clone()));
    Some(Fetch::Profile(page))
}

/// Returns a fetch where this profile, open in a tab, completes an application that lacks something.
pub fn completes(state: &State, page: &ProfilePage, url: &str) -> Option<Fetch> {
    let id = page.external_id.as_deref()?;
    let waits = |one: &Applicant| {
        one.external_id == id
            && one.lacks.is_some()
            && state.applying.job(&one.job).and_then(AppliedJob::switch)
                == Some(ApplicationsSwitch::On)
            && state.application(id, &one.job).is_none()
    };
    let waits = state.applying.people.iter().any(waits);
    waits.then(|| Fetch::Profile(url.to_owned()))
}

/// A page has read a profile: each application of the person goes to disk, and then to the proxy. Returns
/// what to fetch next.
pub fn found(
    state: &mut State,
    now: Millis,
    Found { key, seen }: &Found,
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
        let is_its_page = one.page == seen.url;
        if is_its_page {
            one.read_at = now;
        }
        let Some(page) = (page.as_ref())
            .filter(|page| page.external_id.as_deref() == Some(one.external_id.as_str()))
        else {
            if is_its_page {
                one.lacks = Some(match &page {
                    None => ProfileLack::Unreadable,
                    Some(_) => ProfileLack::AnotherPerson,
                });
            }
            continue;
        };
        let request = match request_for(state, one, page) {
            Some(Ok(request)) => request,
            Some(Err(lack)) => {
                one.lacks = Some(lack);
                continue;
            }
            None => continue,
        };
        one.lacks = None;
        count += 1;
        let key = match count {
            1 => key.clone(),
            more => format!("{key}-{more}"),
        };
        let mut record = Record::application(key, page.name.full(), now, &request);
        if fetch.is_none() {
            fetch = resumes::wait_for_file(&mut record, now, &seen.url, &request.profile);
        }
        keep(&record, effects);
        state.records.push(record);
    }
    state.applying.people = people;
    effects.push(Effect::TellPages);
    fetch.or_else(|| next(state, now))
}

/// Returns none where the application is not to be sent, or was sent already.
fn request_for(
    state: &State,
    one: &Applicant,
    page: &ProfilePage,
) -> Option<Result<ApplicationRequest, ProfileLack>> {
    let job = state.applying.job(&one.job)?;
    let is_on = job.switch() == Some(ApplicationsSwitch::On);
    if !is_on || state.application(&one.external_id, &one.job).is_some() {
        return None;
    }
    let mut profile = page.profile.clone();
    if profile.last_name.trim().is_empty() {
        profile.last_name = NO_LAST_NAME.to_owned();
    }
    Some(match profile.check() {
        Err(invalid) => Err(ProfileLack::Invalid {
            field: invalid.field,
            reason: invalid.reason,
        }),
        Ok(()) => Ok(ApplicationRequest {
            external_id: one.external_id.clone(),
            jopwell_job: job.job.clone(),
            applied_at: one.applied_at,
            profile,
            resume: None,
        }),
    })
}

/// The proxy answered how a job is linked; `is_click`: because a person changed it.
pub fn job_answered(
    state: &mut State,
    now: Millis,
    job: &str,
    is_click: bool,
    answer: &ProxyAnswer,
    effects: &mut Vec<Effect>,
) {
    let jobs = &mut state.applying.jobs;
    let Some(known) = (jobs.iter_mut()).find(|known| known.job.id == *job) else {
        return;
    };
    let link = match call::read::<JobLink>(answer) {
        Ok(link) => link,
        Err(trouble) => {
            if is_click {
                known.trouble = Some(trouble);
                effects.push(Effect::TellPages);
            }
            return;
        }
    };
    known.asked_at = now;
    if known.trouble.take().is_none() && known.link.as_ref() == Some(&link) {
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

/// A person clicked in the panel of a list, or in a row.
pub fn clicked(state: &mut State, action: Action, effects: &mut Vec<Effect>) {
    use ApplicationsSwitch::{Off, On, Paused};
    let calls: Vec<Call> = match action {
        Action::PauseApplications => switch_all(state, On, Paused),
        Action::ResumeApplications => switch_all(state, Paused, On),
        Action::TurnOnApplications(job) => Vec::from_iter(switch_one(state, &job, On)),
        Action::TurnOffApplications(job) => Vec::from_iter(switch_one(state, &job, Off)),
        Action::LinkApplications {
            greenhouse_job,
            jopwell_job,
        } => {
            let known = state.applying.job(&jopwell_job);
            Vec::from_iter(known.map(|known| {
                Call::PutJobLink(JobLinkRequest {
                    jopwell_job: known.job.clone(),
                    greenhouse_job_id: greenhouse_job,
                    applications: None,
                })
            }))
        }
        Action::DropApplication(key) => {
            let record = find(&mut state.records, &key).filter(|record| !record.in_flight);
            Vec::from_iter(record.map(|record| {
                record.in_flight = true;
                record.decision_trouble = None;
                Call::DismissApplication { key }
            }))
        }
        _ => return,
    };
    for call in calls {
        ask_proxy(state, call, effects);
    }
}

fn switch_all(state: &State, from: ApplicationsSwitch, to: ApplicationsSwitch) -> Vec<Call> {
    let jobs = state.applying.jobs.iter();
    let jobs = jobs.filter(|known| known.switch() == Some(from));
    jobs.filter_map(|known| switch(known, to)).collect()
}

fn switch_one(state: &State, job: &str, to: ApplicationsSwitch) -> Option<Call> {
    switch(state.applying.job(job)?, to)
}

fn switch(known: &AppliedJob, to: ApplicationsSwitch) -> Option<Call> {
    let link = known.link.as_ref()?;
    Some(Call::PutJobLink(JobLinkRequest {
        jopwell_job: known.job.clone(),
        greenhouse_job_id: link.job.as_ref()?.id,
        applications: Some(to),
    }))
}

#[cfg(test)]
mod tests;

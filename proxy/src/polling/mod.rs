//! Reads the statuses of candidates from Greenhouse: for look-ups, and on a schedule.
//!
//! [`poll_plan`] decides, [`looking`] knows the candidates on people's screens, the schedule is in the database.
//! Of several proxies, the one that claims the company's turn and the candidates in one transaction asks.

mod looking;

pub use looking::{Looking, Screen};

use crate::{
    announcer::Announcer,
    backoff::Backoff,
    clock::{millis, now, until},
    config::Tuning,
    context::Context,
    metrics::Metrics,
    poll_plan::{self, Looked, Pace, Plan},
    store::{CompanyId, PollClaim, PollTurn, Store, StoreError},
    upstream::{Upstream, break_if_unauthorized},
};
use atsi_greenhouse::{Application, ApplicationStatus as GreenhouseStatus, Candidate, Error};
use atsi_protocol::{ApplicationStatus, CandidateStatus, Millis, StatusRoute};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

/// One in this many of a company's calls may be a poll of candidates on screens, and one in this many a
/// poll of any others.
const CALLS_PER_LOOK: u32 = 10;
const CALLS_PER_POLL: u32 = 60;
/// Companies that are polled at once.
const MAX_AT_ONCE: usize = 8;
/// Finds what nobody announced: a new connection, a candidate of another proxy.
const LOOK_AROUND: Duration = Duration::from_secs(30);
/// Shortest time between two plans, however much happens.
const SETTLE: Duration = Duration::from_millis(20);
/// After a failed poll.
const BACKOFF: Backoff = Backoff {
    first: Duration::from_secs(30),
    longest: Duration::from_secs(15 * 60),
};

pub struct Poller {
    store: Arc<dyn Store>,
    upstream: Arc<Upstream>,
    announcer: Arc<Announcer>,
    metrics: Arc<Metrics>,
    looking: Arc<Looking>,
    tuning: Tuning,
    surprises: Mutex<HashMap<CompanyId, Millis>>,
    shutdown: CancellationToken,
}

/// The reason for which nothing was read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{0}")]
    Greenhouse(#[from] Error),
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// The pause of a company's polls.
#[derive(Default)]
struct Rest {
    until: Millis,
    failures: u32,
}

impl Poller {
    #[must_use]
    pub fn new(context: &Context, upstream: Arc<Upstream>) -> Self {
        Self {
            store: Arc::clone(&context.store),
            upstream,
            announcer: Arc::clone(&context.announcer),
            metrics: Arc::clone(&context.metrics),
            looking: Arc::default(),
            tuning: context.tuning.clone(),
            surprises: Mutex::default(),
            shutdown: context.shutdown.clone(),
        }
    }

    pub fn looking(&self) -> &Arc<Looking> {
        &self.looking
    }

    /// Reads candidates from Greenhouse and stores their statuses; returns false where the connection is
    /// broken or paused.
    ///
    /// # Errors
    /// See [`ReadError`].
    pub async fn read(
        &self,
        company: CompanyId,
        ids: &[u64],
        route: StatusRoute,
    ) -> Result<bool, ReadError> {
        let connection = self.store.connection(company).await?;
        let usable = connection
            .filter(|connection| connection.problem.is_none() && connection.paused_until <= now());
        let Some(connection) = usable else {
            return Ok(false);
        };
        let Some(credentials) = self.upstream.credentials(company, &connection) else {
            return Ok(false);
        };
        // The answer may be older than its arrival, but never older than the question.
        let read_at = now();
        let answer = self
            .upstream
            .candidates(company, &connection, &credentials, ids)
            .await;
        let candidates = match answer {
            Ok(candidates) => candidates,
            Err(error) => {
                break_if_unauthorized(self.store.as_ref(), company, &connection, &error).await?;
                return Err(error.into());
            }
        };
        // Only candidates that were asked for: others could be those of another company.
        let statuses: Vec<(u64, CandidateStatus)> = candidates
            .into_iter()
            .filter(|candidate| ids.contains(&candidate.id))
            .map(|candidate| (candidate.id, status_of(candidate, read_at, route)))
            .collect();
        let heard_at = self.store.last_hook_at(company).await?;
        let pace = self.pace(company, heard_at);
        let found = self
            .store
            .put_statuses(company, ids, &statuses, route, pace, read_at)
            .await?;
        self.metrics.read(ids.len(), statuses.len(), found.changed);
        if found.changed > 0 && pace.hooks {
            tracing::info!(
                company,
                "a read found a change that no webhook had brought; polling more often for a while"
            );
            self.surprises().insert(company, read_at);
        }
        self.announcer.log_changed(company);
        Ok(true)
    }

    fn pace(&self, company: CompanyId, heard_at: Option<Millis>) -> Pace {
        let surprised_at = self.surprises().get(&company).copied();
        Pace {
            looked_at: millis(self.tuning.poll_looked_at_every),
            others: millis(self.tuning.poll_others_every),
            hooks: poll_plan::hooks_tell(heard_at, surprised_at, now()),
        }
    }

    fn surprises(&self) -> std::sync::MutexGuard<'_, HashMap<CompanyId, Millis>> {
        (self.surprises.lock()).unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls until shutdown.
    pub async fn run(self: Arc<Self>) {
        let mut rests: HashMap<CompanyId, Rest> = HashMap::new();
        let mut running: JoinSet<(CompanyId, Result<Option<Millis>, ReadError>)> = JoinSet::new();
        let mut busy = Vec::new();
        while !self.shutdown.is_cancelled() {
            let companies = self
                .store
                .connected_companies(now())
                .await
                .unwrap_or_else(|error| {
                    tracing::error!(%error, "nothing is polled: the connections cannot be read");
                    Vec::new()
                });
            rests.retain(|company, _| companies.contains(company) || busy.contains(company));
            let mut next = now().saturating_add(self.look_around());
            for company in companies {
                let rest = rests.entry(company).or_default();
                if busy.contains(&company) {
                    continue;
                }
                if rest.until > now() || busy.len() >= MAX_AT_ONCE {
                    next = next.min(rest.until);
                    continue;
                }
                busy.push(company);
                let poller = Arc::clone(&self);
                running.spawn(async move { (company, poller.poll(company).await) });
            }
            let is_full = busy.len() >= MAX_AT_ONCE;
            tokio::select! {
                () = self.shutdown.cancelled() => break,
                Some(ended) = running.join_next() => match ended {
                    Ok((company, result)) => {
                        busy.retain(|one| *one != company);
                        let rest = rests.entry(company).or_default();
                        rest.end(result, self.look_around());
                    }
                    Err(error) => {
                        tracing::error!(%error, "a poll panicked");
                        busy.clear();
                    }
                },
                () = sleep(until(next)), if !is_full => {}
                () = self.looking.changed() => {
                    for company in self.looking.companies() {
                        rests.entry(company).or_default().wake();
                    }
                }
            }
            sleep(SETTLE).await;
        }
        // An interrupted read does no harm.
        running.shutdown().await;
    }

    /// Polls once if something is due; returns when the next poll may be.
    async fn poll(&self, company: CompanyId) -> Result<Option<Millis>, ReadError> {
        let moment = now();
        let on_screen = self.looking.at(company, moment);
        let ids: Vec<String> = on_screen.keys().cloned().collect();
        let polls = self.store.poll_schedule(company, &ids).await?;
        let looked: Vec<Looked> = (polls.watched.iter())
            .filter_map(|(external_id, scheduled)| {
                Some(Looked {
                    scheduled: *scheduled,
                    since: *on_screen.get(external_id)?,
                })
            })
            .collect();
        let pace = self.pace(company, polls.last_hook_at);
        let (candidates, looked_at) = match poll_plan::plan(pace, &looked, &polls.soonest, moment) {
            Plan::Wait(until) => return Ok(until),
            Plan::Ask {
                candidates,
                looked_at,
            } => (candidates, looked_at),
        };
        let turn = self.turn(looked_at, pace);
        let latest = candidates.iter().map(|one| one.asked_at).max();
        let ids: Vec<u64> = candidates.iter().map(|one| one.candidate_id).collect();
        let claimed = self
            .store
            .claim_polls(company, &ids, latest.unwrap_or(0), turn, moment)
            .await?;
        match claimed {
            PollClaim::Claimed(ids) if ids.is_empty() => Ok(Some(moment)),
            PollClaim::Claimed(ids) => {
                self.metrics.poll(looked_at);
                let is_read = self.read(company, &ids, StatusRoute::Asked).await?;
                Ok(is_read.then(now))
            }
            // Another proxy polls for the company, or it is not time yet.
            PollClaim::NotBefore(until) => Ok(Some(until)),
        }
    }

    fn look_around(&self) -> Millis {
        millis(LOOK_AROUND.min(self.tuning.poll_looked_at_every))
    }

    /// Returns the claim for a poll. The pauses between polls leave the company's rate to its sends.
    fn turn(&self, looked_at: bool, pace: Pace) -> PollTurn {
        let interval = Duration::from_secs(1) / self.tuning.calls_per_second.max(1);
        PollTurn {
            looked_at,
            pause: millis(interval * CALLS_PER_LOOK),
            pause_of_others: millis(interval * CALLS_PER_POLL),
            // If the answer is lost, they are polled again.
            again_at: pace.again(now()),
        }
    }
}

impl Rest {
    fn wake(&mut self) {
        // After a failure the pause holds, whatever happens.
        if self.failures == 0 {
            self.until = 0;
        }
    }

    fn end(&mut self, result: Result<Option<Millis>, ReadError>, look_around: Millis) {
        match result {
            Ok(until) => {
                let latest = now().saturating_add(look_around);
                self.until = until.map_or(latest, |until| until.min(latest));
                self.failures = 0;
            }
            Err(error) => {
                let asked = match &error {
                    ReadError::Greenhouse(Error::Busy { retry_after, .. }) => *retry_after,
                    ReadError::Greenhouse(_) | ReadError::Store(_) => None,
                };
                tracing::warn!(%error, "a poll failed");
                let pause = asked.unwrap_or_default() + BACKOFF.pause(self.failures);
                self.until = now().saturating_add(millis(pause));
                self.failures = self.failures.saturating_add(1);
            }
        }
    }
}

fn status_of(candidate: Candidate, read_at: Millis, route: StatusRoute) -> CandidateStatus {
    let application = |application: Application| ApplicationStatus {
        application_id: application.id,
        job: application.job,
        status: match application.status {
            Some(GreenhouseStatus::Active) => "active".to_owned(),
            Some(GreenhouseStatus::Rejected) => "rejected".to_owned(),
            Some(GreenhouseStatus::Hired) => "hired".to_owned(),
            Some(GreenhouseStatus::Other(word)) => word.trim().to_lowercase(),
            None => "unknown".to_owned(),
        },
        stage: application.stage,
        pool: None,
        since: None,
    };
    CandidateStatus {
        read_at,
        route: Some(route),
        readable: true,
        merged: false,
        applications: candidate
            .applications
            .into_iter()
            .map(application)
            .collect(),
    }
}

//! Calls to Greenhouse for a company: opens its key, keeps its rate, measures.

use crate::{
    clock::{millis, now},
    config::{Config, Tuning},
    context::Context,
    metrics::Metrics,
    seal::{Purpose, Sealer},
    sentence::problem,
    store::{CompanyId, Store, StoreError, StoredConnection},
};
use atsi_greenhouse::{
    Answer, Candidate, Client, CreatedCandidate, Credentials, Error, Job, NewCandidate,
    ProspectPool, RateLimit, TrackingLink, UnauthorizedHint, User,
};
use atsi_protocol::{Problem, ProblemCode, WaitReason};
use governor::{DefaultKeyedRateLimiter, Quota};
use std::{
    num::NonZeroU32,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

pub struct Upstream {
    client: Client,
    sealer: Arc<Sealer>,
    store: Arc<dyn Store>,
    metrics: Arc<Metrics>,
    rate: DefaultKeyedRateLimiter<CompanyId>,
    tuning: Tuning,
}

impl Upstream {
    /// # Errors
    /// The HTTP client cannot be created (no TLS).
    pub fn new(context: &Context, config: &Config) -> Result<Self, reqwest::Error> {
        let tuning = &context.tuning;
        let http = Client::http_builder()
            .user_agent(concat!("atsi-proxy/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(tuning.connect_timeout)
            .timeout(tuning.call_timeout)
            // One request at a time on a connection: if it breaks, only that request is uncertain.
            .http1_only()
            // The key must not pass through a proxy that the operator did not name here.
            .no_proxy()
            .build()?;
        let quota =
            Quota::per_second(NonZeroU32::new(tuning.calls_per_second).unwrap_or(NonZeroU32::MIN));
        Ok(Self {
            client: Client::new(config.greenhouse_url.clone(), http),
            sealer: Arc::clone(&context.sealer),
            store: Arc::clone(&context.store),
            metrics: Arc::clone(&context.metrics),
            rate: DefaultKeyedRateLimiter::hashmap(quota),
            tuning: tuning.clone(),
        })
    }

    /// Opens the sealed key; `None` if it cannot be opened or used.
    pub fn credentials(
        &self,
        company: CompanyId,
        connection: &StoredConnection,
    ) -> Option<Credentials> {
        self.credentials_of(company, connection, &connection.service_user)
    }

    /// Opens the sealed key, acting as another user.
    pub fn credentials_of(
        &self,
        company: CompanyId,
        connection: &StoredConnection,
        user: &str,
    ) -> Option<Credentials> {
        let key = self
            .sealer
            .open(company, Purpose::ApiKey, &connection.sealed_key)
            .ok()?;
        Credentials::new(std::str::from_utf8(&key).ok()?, user).ok()
    }

    /// Waits until the company may call again.
    pub async fn turn(&self, company: CompanyId) {
        let burst = self.tuning.calls_per_second.max(1);
        let shared = self
            .store
            .take_turn(company, Duration::from_secs(1) / burst, burst)
            .await;
        match shared {
            Ok(Some(wait)) => tokio::time::sleep(wait).await,
            Ok(None) => self.rate.until_key_ready(&company).await,
            Err(error) => {
                tracing::error!(%error, "the shared rate cannot be read; using this proxy's own");
                self.rate.until_key_ready(&company).await;
            }
        }
    }

    /// Checks credentials that are not stored yet.
    pub async fn current_user(
        &self,
        company: CompanyId,
        credentials: &Credentials,
    ) -> Result<User, Error> {
        let call = self.client.current_user(credentials);
        self.attempt(company, "current_user", call).await
    }

    /// Calls with credentials that are not stored yet.
    async fn attempt<T>(
        &self,
        company: CompanyId,
        endpoint: &'static str,
        call: impl Future<Output = Result<Answer<T>, Error>>,
    ) -> Result<T, Error> {
        self.turn(company).await;
        let started = Instant::now();
        let result = call.await;
        self.metrics.call(endpoint, &result, started.elapsed());
        result.map(|answer| answer.value)
    }

    pub async fn try_jobs(
        &self,
        company: CompanyId,
        credentials: &Credentials,
    ) -> Result<Vec<Job>, Error> {
        self.attempt(company, "get_jobs", self.client.jobs(credentials))
            .await
    }

    pub async fn try_prospect_pools(
        &self,
        company: CompanyId,
        credentials: &Credentials,
    ) -> Result<Vec<ProspectPool>, Error> {
        let call = self.client.prospect_pools(credentials);
        self.attempt(company, "get_prospect_pools", call).await
    }

    /// Reads a candidate that does not exist, to see whether the user may read candidates.
    pub async fn try_candidates(
        &self,
        company: CompanyId,
        credentials: &Credentials,
    ) -> Result<Vec<Candidate>, Error> {
        let call = self.client.candidates(credentials, &[1]);
        self.attempt(company, "get_candidates", call).await
    }

    /// Sends one candidate. The caller has waited for its [`Self::turn`] and stored that the request
    /// leaves.
    pub async fn create_candidate(
        &self,
        company: CompanyId,
        connection: &StoredConnection,
        credentials: &Credentials,
        candidate: &NewCandidate,
    ) -> Result<CreatedCandidate, Error> {
        let started = Instant::now();
        let result = self.client.create_candidate(credentials, candidate).await;
        self.metrics
            .call("post_candidates", &result, started.elapsed());
        self.heed_rate_limit(company, connection, &result).await;
        result.map(|answer| answer.value)
    }

    /// Reads at most [`atsi_greenhouse::MAX_CANDIDATE_IDS`] candidates.
    pub async fn candidates(
        &self,
        company: CompanyId,
        connection: &StoredConnection,
        credentials: &Credentials,
        ids: &[u64],
    ) -> Result<Vec<Candidate>, Error> {
        self.turn(company).await;
        let started = Instant::now();
        let result = self.client.candidates(credentials, ids).await;
        self.metrics
            .call("get_candidates", &result, started.elapsed());
        self.heed_rate_limit(company, connection, &result).await;
        result.map(|answer| answer.value)
    }

    /// Reads the jobs that the service user may see.
    pub async fn jobs(
        &self,
        company: CompanyId,
        connection: &StoredConnection,
        credentials: &Credentials,
    ) -> Result<Vec<Job>, Error> {
        self.turn(company).await;
        let started = Instant::now();
        let result = self.client.jobs(credentials).await;
        self.metrics.call("get_jobs", &result, started.elapsed());
        self.heed_rate_limit(company, connection, &result).await;
        result.map(|answer| answer.value)
    }

    /// Creates a link to apply to a job with Jopwell as source.
    pub async fn tracking_link(
        &self,
        company: CompanyId,
        connection: &StoredConnection,
        credentials: &Credentials,
        job_id: u64,
    ) -> Result<TrackingLink, Error> {
        self.turn(company).await;
        let started = Instant::now();
        let result = self.client.tracking_link(credentials, job_id).await;
        self.metrics
            .call("post_tracking_link", &result, started.elapsed());
        self.heed_rate_limit(company, connection, &result).await;
        result.map(|answer| answer.value)
    }

    /// Makes the company's next call wait for the next window where the answer used up this one.
    async fn heed_rate_limit<T>(
        &self,
        company: CompanyId,
        connection: &StoredConnection,
        result: &Result<Answer<T>, Error>,
    ) {
        let Ok(Answer {
            rate_limit:
                RateLimit {
                    remaining: Some(0),
                    reset_at,
                    ..
                },
            ..
        }) = result
        else {
            return;
        };
        let pause = reset_at
            .and_then(|reset| reset.duration_since(SystemTime::now()).ok())
            .unwrap_or(self.tuning.shortest_pause)
            .min(self.tuning.longest_pause);
        let until = now().saturating_add(millis(pause));
        let paused = self
            .store
            .pause_connection(
                company,
                connection.generation,
                WaitReason::GreenhouseBusy,
                until,
            )
            .await;
        match paused {
            Ok(()) => self.metrics.paused(company, until, now()),
            Err(error) => tracing::error!(%error, "a pause could not be stored"),
        }
    }
}

/// Returns the problem that a person is shown for an error. Statuses: Greenhouse Candidate Ingestion API,
/// Errors.
#[must_use]
pub fn problem_of(error: &Error) -> Problem {
    match error {
        Error::Unauthorized { hint } => Problem::new(match hint {
            UnauthorizedHint::Key => ProblemCode::KeyRefused,
            UnauthorizedHint::User => ProblemCode::ServiceUserUnknown,
            UnauthorizedHint::Unknown => ProblemCode::KeyOrUserRefused,
        }),
        Error::Forbidden => Problem::new(ProblemCode::PermissionDenied),
        Error::Busy { .. } => Problem::new(ProblemCode::GreenhouseBusy),
        Error::Unreachable { .. } | Error::TimedOut | Error::Interrupted => {
            Problem::new(ProblemCode::GreenhouseUnreachable)
        }
        Error::ServerFailed { status } => problem!(
            ProblemCode::GreenhouseUnreachable,
            "Greenhouse had an internal error (HTTP {status}).",
            status = status
        ),
        Error::NotFound | Error::Refused { .. } | Error::Unreadable { .. } => {
            Problem::new(ProblemCode::GreenhouseUnexpected)
        }
        Error::InvalidRequest { field, reason } => problem!(
            ProblemCode::InvalidRequest,
            "{field} {reason}.",
            field = field,
            reason = reason
        )
        .with_field(field),
    }
}

/// Stores that Greenhouse refused the key or its user, so that nothing more is sent until an admin
/// connects again.
///
/// # Errors
/// The database failed.
pub async fn break_if_unauthorized(
    store: &dyn Store,
    company: CompanyId,
    connection: &StoredConnection,
    error: &Error,
) -> Result<(), StoreError> {
    match error {
        Error::Unauthorized { .. } => {
            store
                .break_connection(company, connection.generation, &problem_of(error))
                .await
        }
        _ => Ok(()),
    }
}

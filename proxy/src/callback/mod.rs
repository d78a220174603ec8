//! Delivers a company's changes to an address of its own (Standard Webhooks).
//!
//! Changes come from the change log, so nothing is missed while a proxy is away. A delivery has the state
//! of a candidate when it leaves; each candidate has one delivery under way at a time, in order.

mod reach;
mod signature;

pub use reach::{CallbackAddressError, Reach};
pub use signature::signature;

use crate::{
    announcer::Announcer,
    backoff::Backoff,
    clock::{millis, now, until},
    context::Context,
    metrics::Metrics,
    rotating_secret::CALLBACKS,
    seal::Sealer,
    store::{CallbackAnswer, CallbackContent, LeasedCallback, Store, StoreError},
};
use atsi_protocol::{ChangedJob, KnownCandidate, Millis};
use reqwest::{StatusCode, header};
use serde::Serialize;
use std::{sync::Arc, time::Duration};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

/// Time that the receiver has to answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Outlives the longest delivery, so only a proxy that died loses a lease.
const LEASE: Duration = Duration::from_secs(120);
/// Most deliveries under way at once, of one company and of all.
const MAX_PER_COMPANY: u32 = 4;
const MAX_AT_ONCE: usize = 16;
const LOOK_AROUND: Duration = Duration::from_secs(30);
/// Changes come in groups; they are read together.
const SETTLE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);
/// The body of a delivery.
#[derive(Serialize, ToSchema)]
pub struct CallbackEvent {
    /// `candidate.changed`, `job.changed`, or `changes.lost` if changes are missing for good: read
    /// everything again.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Time of the delivery (RFC 3339).
    pub timestamp: String,
    pub data: CallbackData,
}

#[derive(Serialize, ToSchema)]
pub struct CallbackData {
    /// 1; a larger one may use the same names differently.
    pub version: u32,
    /// Grows with each change of the company. Of two deliveries about the same candidate or job, the
    /// smaller one is older.
    pub number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<KnownCandidate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<ChangedJob>,
}

pub struct Callbacks {
    store: Arc<dyn Store>,
    sealer: Arc<Sealer>,
    announcer: Arc<Announcer>,
    metrics: Arc<Metrics>,
    http: reqwest::Client,
    reach: Reach,
    backoff: Backoff,
    shutdown: CancellationToken,
}

impl Callbacks {
    /// # Errors
    /// The HTTP client cannot be created (no TLS).
    pub fn new(context: &Context, reach: Reach) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("atsi-proxy/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ANSWER_TIMEOUT)
            // A redirect would lead to an address that was not checked.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .dns_resolver(Arc::new(reach.clone()))
            .build()?;
        Ok(Self {
            store: Arc::clone(&context.store),
            sealer: Arc::clone(&context.sealer),
            announcer: Arc::clone(&context.announcer),
            metrics: Arc::clone(&context.metrics),
            http,
            reach,
            backoff: Backoff {
                first: context.tuning.callback_first_pause,
                longest: LONGEST_PAUSE,
            },
            shutdown: context.shutdown.clone(),
        })
    }

    /// Delivers until shutdown.
    pub async fn run(self: Arc<Self>) {
        let mut changes = self.announcer.subscribe();
        let mut running = JoinSet::new();
        while !self.shutdown.is_cancelled() {
            let pause = match self.take_due(&mut running).await {
                Ok(at) => at.map_or(LOOK_AROUND, |at| until(at).min(LOOK_AROUND)),
                Err(error) => {
                    tracing::error!(%error, "callbacks cannot be read");
                    self.backoff.first
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => break,
                Some(_) = running.join_next() => {}
                _ = changes.next() => {}
                () = sleep(pause) => {}
            }
            // However many changes there are, they are read once.
            sleep(SETTLE).await;
            while !matches!(changes.try_next(), Ok(None)) {}
        }
        // Without waiting for answers, the receiver would get the same deliveries again.
        let _ = timeout(ANSWER_TIMEOUT, async {
            while running.join_next().await.is_some() {}
        })
        .await;
    }

    /// Starts the deliveries that are due; returns when the next one may be.
    async fn take_due(
        self: &Arc<Self>,
        running: &mut JoinSet<()>,
    ) -> Result<Option<Millis>, StoreError> {
        let now = now();
        self.store.queue_callbacks(now).await?;
        let room = MAX_AT_ONCE.saturating_sub(running.len());
        if room > 0 {
            let room = u32::try_from(room).unwrap_or(u32::MAX);
            let leased = self
                .store
                .lease_callbacks(MAX_PER_COMPANY, room, now, LEASE)
                .await?;
            for leased in leased {
                running.spawn(Arc::clone(self).deliver(leased));
            }
        }
        self.store.next_callback_due(now).await
    }

    async fn deliver(self: Arc<Self>, leased: LeasedCallback) {
        let answer = self.post(&leased).await;
        let settled_at = now();
        let is_delivered = answer.is_delivered();
        self.metrics.callback(is_delivered);
        tracing::info!(
            delivery = leased.delivery,
            attempt = leased.attempt,
            answer = answer.shown(),
            "a callback was {}",
            if is_delivered {
                "delivered"
            } else {
                "not delivered"
            }
        );
        // The delivery waits by its own failures, and all of the company by those of the receiver.
        let earlier_attempts = u32::try_from(leased.attempt.saturating_sub(1)).unwrap_or(0);
        let again_at = settled_at.saturating_add(self.pause(earlier_attempts, &answer));
        let paused_until = settled_at.saturating_add(self.pause(leased.failures, &answer));
        if let Err(error) = (self.store)
            .settle_callback(&leased, &answer, again_at, paused_until, settled_at)
            .await
        {
            // Its lease expires, and it is delivered again.
            tracing::error!(%error, "the outcome of a callback could not be stored");
        }
    }

    async fn post(&self, leased: &LeasedCallback) -> CallbackAnswer {
        // Checked again: the operator may have changed the allowed addresses.
        let Ok(url) = self.reach.check(&leased.url) else {
            return CallbackAnswer::Failed("address_not_allowed");
        };
        let secrets = CALLBACKS.open(&self.sealer, leased.company, &leased.secrets);
        let Some(secrets) = secrets.ok().filter(|secrets| !secrets.is_empty()) else {
            return CallbackAnswer::Failed("no_secret");
        };
        let at = now() / 1000;
        let timestamp = i64::try_from(at)
            .ok()
            .and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok())
            .and_then(|at| at.format(&Rfc3339).ok())
            .unwrap_or_default();
        let (kind, candidate, job) = match leased.content.clone() {
            CallbackContent::Candidate(candidate) => ("candidate.changed", Some(candidate), None),
            CallbackContent::Job(job) => ("job.changed", None, Some(job)),
            CallbackContent::Loss => ("changes.lost", None, None),
        };
        let event = CallbackEvent {
            kind,
            timestamp,
            data: CallbackData {
                version: 1,
                number: leased.number,
                candidate,
                job,
            },
        };
        let Ok(body) = serde_json::to_string(&event) else {
            return CallbackAnswer::Failed("not_json");
        };
        let secrets = secrets.iter().map(|secret| secret.as_slice());
        let request = self
            .http
            .post(url)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", &leased.webhook_id)
            .header("webhook-timestamp", at)
            .header(
                "webhook-signature",
                signature(secrets, &leased.webhook_id, at, &body),
            )
            .body(body);
        match request.send().await {
            // The body is not read.
            Ok(answer) => CallbackAnswer::Status {
                status: answer.status().as_u16(),
                retry_after: retry_after(answer.headers()),
            },
            Err(error) if error.is_timeout() => CallbackAnswer::Failed("timed_out"),
            Err(error) if error.is_connect() => CallbackAnswer::Failed("not_reached"),
            Err(_) => CallbackAnswer::Failed("interrupted"),
        }
    }

    /// Returns the milliseconds before the next attempt: at least what the receiver asked for, an hour at
    /// most.
    fn pause(&self, failures: u32, answer: &CallbackAnswer) -> Millis {
        let pause = millis(self.backoff.pause(failures));
        let asked = match answer {
            CallbackAnswer::Status { retry_after, .. } => retry_after.unwrap_or_default(),
            CallbackAnswer::Failed(_) => 0,
        };
        pause.max(asked.min(millis(LONGEST_PAUSE)))
    }
}

/// Reads `Retry-After` in milliseconds; only its form in seconds.
fn retry_after(headers: &header::HeaderMap) -> Option<Millis> {
    let seconds: u64 = headers
        .get(header::RETRY_AFTER)?
        .to_str()
        .ok()?
        .trim()
        .parse()
        .ok()?;
    seconds.checked_mul(1000)
}

impl CallbackAnswer {
    #[must_use]
    pub fn is_delivered(&self) -> bool {
        matches!(self, Self::Status { status, .. } if (200..300).contains(status))
    }

    /// Whether the receiver wants no more deliveries at this address.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Status { status, .. } if *status == StatusCode::GONE.as_u16())
    }

    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Status { status, .. } => status.to_string(),
            Self::Failed(word) => (*word).to_owned(),
        }
    }
}

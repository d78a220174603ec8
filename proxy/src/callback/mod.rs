//! A company's changes, delivered to an address of its own (Standard Webhooks).
//!
//! What changed comes from the change log, so nothing is missed while a proxy is away. A delivery says
//! how a candidate stands when it leaves; of one candidate there is one under way at a time, in order.

mod address;
mod signature;

pub use address::{AddressError, Reach};
pub use signature::signature;

use crate::{
    config::Tuning,
    delivery::Delivery,
    metrics::Metrics,
    now,
    seal::{Purpose, Sealer},
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

/// The receiver has this long to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Only a proxy that died loses a lease.
const LEASE: Duration = Duration::from_secs(120);
/// Deliveries on their way at once, of one company and of all.
const EACH: u32 = 4;
const AT_ONCE: usize = 16;
const LOOK_AROUND: Duration = Duration::from_secs(30);
/// Changes rarely come alone.
const SETTLE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE_MS: Millis = 60 * 60 * 1000;
/// What is delivered: the body of a request to the callback address.
#[derive(Serialize, ToSchema)]
pub struct CallbackEvent {
    /// `candidate.changed`, `job.changed`, or `changes.lost` where changes are missing for good: read
    /// everything anew.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// When it was made, as RFC 3339 has it.
    pub timestamp: String,
    pub data: CallbackData,
}

#[derive(Serialize, ToSchema)]
pub struct CallbackData {
    /// 1; a greater one may mean other things by the same names.
    pub version: u32,
    /// Grows with each change of the company. Of one candidate, or job, whatever has a smaller one is
    /// older.
    pub number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate: Option<KnownCandidate>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<ChangedJob>,
}

pub struct Callbacks {
    store: Arc<dyn Store>,
    sealer: Arc<Sealer>,
    delivery: Arc<Delivery>,
    metrics: Arc<Metrics>,
    http: reqwest::Client,
    reach: Reach,
    first_pause: Duration,
    shutdown: CancellationToken,
}

impl Callbacks {
    /// # Errors
    /// The HTTP client cannot be made (no TLS).
    pub fn new(
        store: Arc<dyn Store>,
        sealer: Arc<Sealer>,
        delivery: Arc<Delivery>,
        metrics: Arc<Metrics>,
        reach: Reach,
        tuning: &Tuning,
        shutdown: CancellationToken,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .user_agent(concat!("atsi-proxy/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            // It would lead where nobody checked.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .dns_resolver(Arc::new(reach.clone()))
            .build()?;
        Ok(Self {
            store,
            sealer,
            delivery,
            metrics,
            http,
            reach,
            first_pause: tuning.callback_first_pause,
            shutdown,
        })
    }

    /// Delivers until shutdown.
    pub async fn run(self: Arc<Self>) {
        let mut changes = self.delivery.changes();
        let mut running = JoinSet::new();
        while !self.shutdown.is_cancelled() {
            let pause = match self.take_due(&mut running).await {
                Ok(at) => at.map_or(LOOK_AROUND, |at| {
                    Duration::from_millis(at.saturating_sub(now())).min(LOOK_AROUND)
                }),
                Err(error) => {
                    tracing::error!(%error, "callbacks cannot be read");
                    self.first_pause
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => break,
                Some(_) = running.join_next() => {}
                _ = changes.recv() => {}
                () = sleep(pause) => {}
            }
            // However many changes there are, they are read once.
            sleep(SETTLE).await;
            while changes.try_recv().is_ok() {}
        }
        // An answer that is on its way is waited for, or the receiver hears the same once more.
        let _ = timeout(ANSWER_WITHIN, async {
            while running.join_next().await.is_some() {}
        })
        .await;
    }

    /// Starts what is due; when the next one may be.
    async fn take_due(
        self: &Arc<Self>,
        running: &mut JoinSet<()>,
    ) -> Result<Option<Millis>, StoreError> {
        let now = now();
        self.store.queue_callbacks(now).await?;
        let room = AT_ONCE.saturating_sub(running.len());
        if room > 0 {
            let room = u32::try_from(room).unwrap_or(u32::MAX);
            let leased = self.store.lease_callbacks(EACH, room, now, LEASE).await?;
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
        // One that is refused again and again waits by itself; one receiver that is away, for all.
        let again_at = settled_at.saturating_add(self.pause(leased.attempt, &answer));
        let in_a_row = i64::from(leased.failures) + 1;
        let paused_until = settled_at.saturating_add(self.pause(in_a_row, &answer));
        if let Err(error) = (self.store)
            .settle_callback(&leased, &answer, again_at, paused_until, settled_at)
            .await
        {
            // Its lease runs out, and it is delivered once more.
            tracing::error!(%error, "what became of a callback could not be written");
        }
    }

    async fn post(&self, leased: &LeasedCallback) -> CallbackAnswer {
        // Checked once more: the operator may have changed what is allowed since.
        let Ok(url) = self.reach.check(&leased.url) else {
            return CallbackAnswer::Failed("address_not_allowed");
        };
        let open = |sealed: &Vec<u8>| {
            self.sealer
                .open(leased.company, Purpose::CallbackSecret, sealed)
                .ok()
        };
        let secrets: Vec<_> = leased.secrets.iter().filter_map(open).collect();
        if secrets.is_empty() {
            return CallbackAnswer::Failed("no_secret");
        }
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
            // Its body is nobody's business.
            Ok(answer) => CallbackAnswer::Status {
                status: answer.status().as_u16(),
                retry_after: retry_after(answer.headers()),
            },
            Err(error) if error.is_timeout() => CallbackAnswer::Failed("timed_out"),
            Err(error) if error.is_connect() => CallbackAnswer::Failed("not_reached"),
            Err(_) => CallbackAnswer::Failed("interrupted"),
        }
    }

    /// Milliseconds before the next attempt: doubled each time, an hour at the most, up to a half longer.
    fn pause(&self, failures: i64, answer: &CallbackAnswer) -> Millis {
        let doublings = u32::try_from(failures.saturating_sub(1).clamp(0, 20)).unwrap_or(0);
        let first = u64::try_from(self.first_pause.as_millis()).unwrap_or(u64::MAX);
        let pause = first.saturating_mul(1 << doublings).min(LONGEST_PAUSE_MS);
        let jitter = (pause as f64 * 0.5 * rand::random::<f64>()) as Millis;
        let asked_for = match answer {
            CallbackAnswer::Status {
                retry_after: Some(after),
                ..
            } => (*after).min(LONGEST_PAUSE_MS),
            _ => 0,
        };
        pause.saturating_add(jitter).max(asked_for)
    }
}

/// In milliseconds; only the form in seconds, which is the one that is used.
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

    /// The receiver wants nothing more at this address.
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

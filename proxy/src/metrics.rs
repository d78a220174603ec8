//! Metrics for Prometheus. Each proxy has its own, so that several can run in one process.
//!
//! docs/adr/0008-own-code-beside-libraries.md says why the exporter stays.

use crate::store::{CompanyId, ConnectionFigures, QueueFigures};
use atsi_greenhouse::Error;
use atsi_protocol::Millis;
use metrics::{Key, KeyName, Label, Level, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

const SENDS: &str = "atsi_sends_total";
const CALLS: &str = "atsi_greenhouse_call_seconds";
const THROTTLED: &str = "atsi_greenhouse_throttled_total";
const PAUSED: &str = "atsi_greenhouse_paused_seconds_total";
const CONNECTIONS: &str = "atsi_connections";
const HOOKS: &str = "atsi_web_hooks_total";
const LOOKUPS: &str = "atsi_lookups_total";
const LOOKUP_IDS: &str = "atsi_lookup_ids_total";
const LOOKUP_CANDIDATES: &str = "atsi_lookup_candidates_total";
const CALLBACKS: &str = "atsi_callbacks_total";
const POLLS: &str = "atsi_greenhouse_polls_total";
const READ: &str = "atsi_greenhouse_candidates_read_total";
const WAITING: &str = "atsi_outbox_waiting";
const UNCERTAIN: &str = "atsi_outbox_uncertain";
const OLDEST: &str = "atsi_outbox_oldest_seconds";
const LIVE: &str = "atsi_live_connections";
const METADATA: Metadata<'static> = Metadata::new("atsi_proxy", Level::INFO, None);

const COUNTERS: [(&str, Option<Unit>, &str); 10] = [
    (
        SENDS,
        None,
        "Sends by outcome: created, existing, refused, uncertain.",
    ),
    (
        THROTTLED,
        None,
        "Calls that Greenhouse answered with a request to wait (429), by endpoint.",
    ),
    (
        PAUSED,
        Some(Unit::Seconds),
        "Whole seconds for which no calls are made, counted when a pause begins or grows.",
    ),
    (
        HOOKS,
        None,
        "Webhooks by result: accepted, duplicate, signature, malformed, too_large.",
    ),
    (LOOKUPS, None, "Look-ups answered."),
    (LOOKUP_IDS, None, "Ids in look-ups."),
    (
        LOOKUP_CANDIDATES,
        None,
        "Candidates in the answers of look-ups, by source: stored, or greenhouse if just read.",
    ),
    (
        CALLBACKS,
        None,
        "Attempts to deliver a change to a callback address, by result: delivered, failed.",
    ),
    (
        POLLS,
        None,
        "Scheduled reads of statuses, by reason: looked_at, or due.",
    ),
    (
        READ,
        None,
        "Candidates in scheduled and requested reads, by result: changed, same, missing (not shown to this key).",
    ),
];
const GAUGES: [(&str, Option<Unit>, &str); 5] = [
    (LIVE, None, "Live connections of this proxy."),
    (WAITING, None, "Sends that wait or are being sent."),
    (
        UNCERTAIN,
        None,
        "Sends whose outcome a person has to settle.",
    ),
    (
        OLDEST,
        Some(Unit::Seconds),
        "Age of the oldest waiting send.",
    ),
    (
        CONNECTIONS,
        None,
        "Connections by state: active, paused (no calls for a while), broken (key or user refused).",
    ),
];

/// The label `outcome` of sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum SendOutcome {
    Created,
    Existing,
    Refused,
    Uncertain,
    Held,
}

/// The label `result` of webhooks and pushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum HookResult {
    Accepted,
    Duplicate,
    Signature,
    Malformed,
    TooLarge,
    PushUnsigned,
    PushStale,
    PushSignature,
}

pub struct Metrics {
    recorder: PrometheusRecorder,
    pauses: Mutex<Pauses>,
}

/// Several sends that run into the same pause count once.
#[derive(Default)]
struct Pauses {
    until: HashMap<CompanyId, Millis>,
    total: Millis,
}

impl Default for Metrics {
    fn default() -> Self {
        let buckets = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
        // The only error is an empty list of buckets.
        let recorder = PrometheusBuilder::new()
            .set_buckets(&buckets)
            .unwrap_or_default()
            .build_recorder();
        for (name, unit, text) in COUNTERS {
            recorder.describe_counter(KeyName::from(name), unit, SharedString::const_str(text));
        }
        for (name, unit, text) in GAUGES {
            recorder.describe_gauge(KeyName::from(name), unit, SharedString::const_str(text));
        }
        recorder.describe_histogram(
            KeyName::from(CALLS),
            Some(Unit::Seconds),
            SharedString::const_str("Calls to Greenhouse by endpoint and result."),
        );
        Self {
            recorder,
            pauses: Mutex::default(),
        }
    }
}

impl Metrics {
    pub fn sends(&self, outcome: SendOutcome, count: u64) {
        self.count(&labelled(SENDS, "outcome", outcome.into()), count);
    }

    pub fn hooks(&self, result: HookResult) {
        self.count(&labelled(HOOKS, "result", result.into()), 1);
    }

    /// Counts an answered look-up: ids asked for, candidates found, and how many of these were read from
    /// Greenhouse for it.
    pub fn look_up(&self, ids: usize, found: usize, read: usize) {
        let number = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        self.count(&Key::from_static_name(LOOKUPS), 1);
        self.count(&Key::from_static_name(LOOKUP_IDS), number(ids));
        let stored = found.saturating_sub(read);
        for (source, count) in [("stored", stored), ("greenhouse", read)] {
            let key = labelled(LOOKUP_CANDIDATES, "source", source);
            self.count(&key, number(count));
        }
    }

    pub fn callback(&self, is_delivered: bool) {
        let result = if is_delivered { "delivered" } else { "failed" };
        self.count(&labelled(CALLBACKS, "result", result), 1);
    }

    pub fn poll(&self, looked_at: bool) {
        let reason = if looked_at { "looked_at" } else { "due" };
        self.count(&labelled(POLLS, "reason", reason), 1);
    }

    /// Counts candidates that Greenhouse was asked about, those it showed, and those whose status changed.
    pub fn read(&self, asked: usize, shown: usize, changed: usize) {
        let missing = asked.saturating_sub(shown);
        let same = shown.saturating_sub(changed);
        for (result, count) in [("changed", changed), ("same", same), ("missing", missing)] {
            let count = u64::try_from(count).unwrap_or(u64::MAX);
            self.count(&labelled(READ, "result", result), count);
        }
    }

    /// Records that no calls are made for a company until then.
    pub fn paused(&self, company: CompanyId, until: Millis, now: Millis) {
        let total = {
            let mut pauses = self.pauses.lock().unwrap_or_else(PoisonError::into_inner);
            let before = pauses.until.entry(company).or_default();
            let longer = until.saturating_sub(now.max(*before));
            *before = until.max(*before);
            pauses.total = pauses.total.saturating_add(longer);
            pauses.total
        };
        self.recorder
            .register_counter(&Key::from_static_name(PAUSED), &METADATA)
            .absolute(total / 1000);
    }

    /// Records a call to Greenhouse; the label `result` is a status, or a word where there was none.
    pub fn call<T>(&self, endpoint: &'static str, result: &Result<T, Error>, took: Duration) {
        if matches!(result, Err(Error::Busy { .. })) {
            self.count(&labelled(THROTTLED, "endpoint", endpoint), 1);
        }
        let key = Key::from_parts(
            CALLS,
            vec![
                Label::new("endpoint", endpoint),
                Label::new("result", result_label(result)),
            ],
        );
        self.recorder
            .register_histogram(&key, &METADATA)
            .record(took.as_secs_f64());
    }

    /// Returns the text exposition format, with queue and connections as they are now.
    pub fn render(
        &self,
        queue: QueueFigures,
        connections: ConnectionFigures,
        live: usize,
        now: Millis,
    ) -> String {
        let age = queue.oldest.map_or(0, |oldest| now.saturating_sub(oldest));
        let state = |name| labelled(CONNECTIONS, "state", name);
        let gauges = [
            (Key::from_static_name(WAITING), queue.waiting as f64),
            (Key::from_static_name(UNCERTAIN), queue.uncertain as f64),
            (Key::from_static_name(OLDEST), age as f64 / 1000.0),
            (Key::from_static_name(LIVE), live as f64),
            (state("active"), connections.active as f64),
            (state("paused"), connections.paused as f64),
            (state("broken"), connections.broken as f64),
        ];
        for (key, value) in gauges {
            self.recorder.register_gauge(&key, &METADATA).set(value);
        }
        self.recorder.handle().render()
    }

    /// Moves recorded durations into their buckets. Call it now and then, or they pile up where nobody
    /// scrapes.
    pub fn upkeep(&self) {
        self.recorder.handle().run_upkeep();
    }

    fn count(&self, key: &Key, by: u64) {
        self.recorder.register_counter(key, &METADATA).increment(by);
    }
}

fn labelled(name: &'static str, label: &'static str, value: &'static str) -> Key {
    Key::from_parts(name, vec![Label::from_static_parts(label, value)])
}

fn result_label<T>(result: &Result<T, Error>) -> String {
    let error = match result {
        Ok(_) => return "2xx".to_owned(),
        Err(error) => error,
    };
    match error {
        Error::InvalidRequest { .. } => "invalid_request".to_owned(),
        Error::Unreachable { .. } => "unreachable".to_owned(),
        Error::TimedOut => "timed_out".to_owned(),
        Error::Interrupted => "interrupted".to_owned(),
        Error::Unreadable { .. } => "unreadable".to_owned(),
        Error::Busy { .. }
        | Error::Unauthorized { .. }
        | Error::Forbidden
        | Error::NotFound
        | Error::Refused { .. }
        | Error::ServerFailed { .. } => {
            (error.status()).map_or_else(String::new, |status| status.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pause_shared_by_several_sends_counts_once() {
        let metrics = Metrics::default();
        for (company, until, now) in [
            (1, 60_000, 50_000),
            // The same pause, and one that ends earlier.
            (1, 60_000, 51_000),
            (1, 55_000, 51_000),
            // It grows by five seconds; another company's is its own.
            (1, 65_000, 52_000),
            (2, 60_000, 59_500),
            (2, 61_000, 70_000),
        ] {
            metrics.paused(company, until, now);
        }
        let text = metrics.render(QueueFigures::default(), ConnectionFigures::default(), 0, 0);
        let line = "atsi_greenhouse_paused_seconds_total 15";
        assert!(text.lines().any(|found| found == line), "{text}");
    }
}

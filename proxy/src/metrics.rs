//! Figures for Prometheus, kept by each proxy for itself, so that several can run in one process.

use crate::store::QueueFigures;
use atsi_greenhouse::Error;
use atsi_protocol::Millis;
use metrics::{Key, KeyName, Label, Level, Metadata, Recorder, SharedString, Unit};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use std::time::Duration;

const SENDS: &str = "atsi_sends_total";
const CALLS: &str = "atsi_greenhouse_call_seconds";
const HOOKS: &str = "atsi_web_hooks_total";
const WAITING: &str = "atsi_outbox_waiting";
const UNCERTAIN: &str = "atsi_outbox_uncertain";
const OLDEST: &str = "atsi_outbox_oldest_seconds";
const METADATA: Metadata<'static> = Metadata::new("atsi_proxy", Level::INFO, None);

pub struct Metrics {
    recorder: PrometheusRecorder,
}

impl Default for Metrics {
    fn default() -> Self {
        let buckets = [0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
        // The only error is an empty list of buckets.
        let recorder = PrometheusBuilder::new()
            .set_buckets(&buckets)
            .unwrap_or_default()
            .build_recorder();
        let describe_gauge = |name: &'static str, unit, text: &'static str| {
            recorder.describe_gauge(KeyName::from(name), unit, SharedString::const_str(text));
        };
        describe_gauge(WAITING, None, "Sends that wait or are being sent.");
        describe_gauge(
            UNCERTAIN,
            None,
            "Sends whose outcome a person has to settle.",
        );
        describe_gauge(
            OLDEST,
            Some(Unit::Seconds),
            "Age of the oldest waiting send.",
        );
        recorder.describe_counter(
            KeyName::from(SENDS),
            None,
            SharedString::const_str("Sends by outcome: created, existing, refused, uncertain."),
        );
        recorder.describe_counter(
            KeyName::from(HOOKS),
            None,
            SharedString::const_str(
                "Web hooks by result: accepted, duplicate, signature, malformed, too_large.",
            ),
        );
        recorder.describe_histogram(
            KeyName::from(CALLS),
            Some(Unit::Seconds),
            SharedString::const_str("Calls to Greenhouse by endpoint and result."),
        );
        Self { recorder }
    }
}

impl Metrics {
    pub fn sends(&self, outcome: &'static str, count: u64) {
        let key = Key::from_parts(SENDS, vec![Label::from_static_parts("outcome", outcome)]);
        self.recorder
            .register_counter(&key, &METADATA)
            .increment(count);
    }

    pub fn hooks(&self, result: &'static str) {
        let key = Key::from_parts(HOOKS, vec![Label::from_static_parts("result", result)]);
        self.recorder.register_counter(&key, &METADATA).increment(1);
    }

    /// `result`: a status, or a word where there was none.
    pub fn call<T>(&self, endpoint: &'static str, result: &Result<T, Error>, took: Duration) {
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

    /// The text exposition format, with the queue as it is now.
    pub fn render(&self, queue: QueueFigures, now: Millis) -> String {
        let age = queue.oldest.map_or(0, |oldest| now.saturating_sub(oldest));
        let gauges = [
            (WAITING, queue.waiting as f64),
            (UNCERTAIN, queue.uncertain as f64),
            (OLDEST, age as f64 / 1000.0),
        ];
        for (name, value) in gauges {
            self.recorder
                .register_gauge(&Key::from_static_name(name), &METADATA)
                .set(value);
        }
        self.recorder.handle().render()
    }

    /// Moves recorded durations into their buckets; to be called now and then, so that they do not
    /// pile up where nobody scrapes.
    pub fn upkeep(&self) {
        self.recorder.handle().run_upkeep();
    }
}

fn result_label<T>(result: &Result<T, Error>) -> String {
    match result {
        Ok(_) => "2xx".to_owned(),
        Err(Error::InvalidRequest { .. }) => "invalid_request".to_owned(),
        Err(Error::Unreachable { .. }) => "unreachable".to_owned(),
        Err(Error::Throttled { .. }) => "429".to_owned(),
        Err(Error::Unauthorized { .. }) => "401".to_owned(),
        Err(Error::Forbidden) => "403".to_owned(),
        Err(Error::NotFound) => "404".to_owned(),
        Err(Error::TimedOut) => "timed_out".to_owned(),
        Err(Error::Interrupted) => "interrupted".to_owned(),
        Err(Error::Refused { status, .. } | Error::ServerFailed { status }) => status.to_string(),
        Err(Error::Unreadable { .. }) => "unreadable".to_owned(),
    }
}

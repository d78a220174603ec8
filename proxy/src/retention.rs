//! What is no longer needed leaves the database.

use crate::{
    config::Config,
    now,
    store::{Expiry, Store},
};
use std::{sync::Arc, time::Duration};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(60 * 60);
const HOUR_MS: u64 = 60 * 60 * 1000;

/// Whoever was away for longer reads everything anew.
const CHANGES_KEPT_MS: u64 = 14 * 24 * HOUR_MS;

/// A browser tells within a minute how setting a row went; the rest of the time is for an export.
const WRITE_BACKS_KEPT_MS: u64 = 14 * 24 * HOUR_MS;

/// How long things are kept, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    idempotency_keys: u64,
    hook_records: u64,
    refused_sends: u64,
}

impl From<&Config> for Keep {
    fn from(config: &Config) -> Self {
        let days = |days| u64::from(days) * 24 * HOUR_MS;
        Self {
            idempotency_keys: u64::from(config.keep_idempotency_keys) * HOUR_MS,
            hook_records: days(config.keep_hook_records),
            refused_sends: days(config.keep_refused),
        }
    }
}

/// Looks at the start and every hour, until it is told to stop.
pub async fn run(store: Arc<dyn Store>, keep: Keep, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        let before = |age| now().saturating_sub(age);
        let expiry = Expiry {
            resumes: now(),
            changes: before(CHANGES_KEPT_MS),
            idempotency_keys: before(keep.idempotency_keys),
            hook_records: before(keep.hook_records),
            refused_sends: before(keep.refused_sends),
            write_backs: before(WRITE_BACKS_KEPT_MS),
        };
        if let Err(error) = store.prune_accounts(now()).await {
            tracing::error!(%error, "codes, sessions and mail that count no longer were not deleted");
        }
        match store.prune(expiry).await {
            Ok(pruned) => tracing::debug!(?pruned, "deleted what is no longer needed"),
            Err(error) => tracing::error!(%error, "what is no longer needed was not deleted"),
        }
    }
}

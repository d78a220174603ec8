//! Deletes rows that are no longer needed.

use crate::{clock::now, config::Config, context::Context, store::Expiry};
use std::time::Duration;
use tokio::time::MissedTickBehavior;

const EVERY: Duration = Duration::from_secs(60 * 60);
const HOUR_MS: u64 = 60 * 60 * 1000;

/// An extension that was away for longer reads everything again.
const CHANGES_KEPT_MS: u64 = 14 * 24 * HOUR_MS;

/// A browser reports within a minute whether it set a row; the rest of the time is for an export.
const WRITE_BACKS_KEPT_MS: u64 = 14 * 24 * HOUR_MS;

/// Times for which rows are kept, in milliseconds.
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

/// Deletes expired rows at the start and every hour, until shutdown.
pub async fn run(context: Context, keep: Keep) {
    let store = context.store;
    let mut ticks = tokio::time::interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = context.shutdown.cancelled() => return,
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
            tracing::error!(%error, "expired codes, sessions and mail were not deleted");
        }
        match store.prune(expiry).await {
            Ok(pruned) => tracing::debug!(?pruned, "expired rows were deleted"),
            Err(error) => tracing::error!(%error, "expired rows were not deleted"),
        }
    }
}

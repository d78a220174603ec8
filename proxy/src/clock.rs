//! The wall clock: leases, pauses and what people see have to outlive this process.

use atsi_protocol::Millis;
use std::time::{Duration, SystemTime};

/// Returns the time in milliseconds since the Unix epoch.
#[must_use]
pub fn now() -> Millis {
    millis(
        SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default(),
    )
}

/// Returns a duration in milliseconds; one that does not fit is the longest there is.
#[must_use]
pub fn millis(duration: Duration) -> Millis {
    duration.as_millis().try_into().unwrap_or(Millis::MAX)
}

/// Returns the time left until a moment; zero where it has passed.
#[must_use]
pub fn until(at: Millis) -> Duration {
    Duration::from_millis(at.saturating_sub(now()))
}

//! Waiting for what another task or process does. Every wait ends: it says what it waited for, and fails.

use std::{fmt::Debug, future::Future, time::Duration};
use tokio::time::{Instant, sleep, timeout};

/// Enough for a machine that runs everything else at the same time.
pub const DEADLINE: Duration = Duration::from_secs(120);
/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// The end of one wait, for a loop that cannot be a closure.
pub struct Deadline<'a> {
    what: &'a str,
    end: Instant,
}

impl<'a> Deadline<'a> {
    pub fn of(what: &'a str) -> Self {
        let end = Instant::now() + DEADLINE;
        Self { what, end }
    }

    /// Pauses before the next look, or fails. `seen` is what the last one saw instead.
    pub async fn look_again(&self, seen: impl Debug) {
        let Self { what, end } = self;
        assert!(
            Instant::now() < *end,
            "waited {DEADLINE:?} for {what}; seen last: {seen:?}"
        );
        sleep(PAUSE).await;
    }
}

/// Looks until `look` returns what was waited for; `Err` holds what it saw instead.
pub async fn until<T, S: Debug>(what: &str, mut look: impl AsyncFnMut() -> Result<T, S>) -> T {
    let deadline = Deadline::of(what);
    loop {
        match look().await {
            Ok(found) => return found,
            Err(seen) => deadline.look_again(seen).await,
        }
    }
}

/// Waits until something is so.
pub async fn until_true(what: &str, mut look: impl FnMut() -> bool) {
    until(what, async || if look() { Ok(()) } else { Err(false) }).await;
}

/// Waits for a future that ends when something happens.
pub async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match timeout(DEADLINE, future).await {
        Ok(output) => output,
        Err(_) => panic!("waited {DEADLINE:?} for {what}"),
    }
}

/// Lets the wall clock go on, where the test is about time itself: two moments have to differ, or a pause is
/// part of what is tried.
pub async fn let_time_pass(time: Duration) {
    sleep(time).await;
}

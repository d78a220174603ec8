//! The Ingestion API's rate limit: requests of one key in ten seconds.

use std::time::{Duration, Instant};

/// Requests of one key in the current window of 10 seconds.
#[derive(Default)]
pub struct RateWindow {
    started: Option<Instant>,
    count: u32,
}

impl RateWindow {
    const LENGTH: Duration = Duration::from_secs(10);

    /// Counts a request. `Ok` holds how many are left, `Err` how many seconds to wait.
    pub fn count_against(&mut self, limit: u32, now: Instant) -> Result<u32, u64> {
        let started = match self.started {
            Some(started) if now.duration_since(started) < Self::LENGTH => started,
            _ => {
                self.count = 0;
                *self.started.insert(now)
            }
        };
        if self.count >= limit {
            let left = Self::LENGTH.saturating_sub(now.duration_since(started));
            return Err(left.as_secs() + 1);
        }
        self.count += 1;
        Ok(limit - self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rate_window_reopens_after_ten_seconds() {
        let start = Instant::now();
        let mut window = RateWindow::default();
        assert_eq!(window.count_against(2, start), Ok(1));
        assert_eq!(window.count_against(2, start), Ok(0));
        assert_eq!(
            window.count_against(2, start + Duration::from_secs(9)),
            Err(2)
        );
        assert_eq!(
            window.count_against(2, start + Duration::from_secs(10)),
            Ok(1)
        );
    }
}

//! Pauses between attempts: exponential with full jitter, so that many who failed together do not come
//! back together. Source: AWS Architecture Blog, Exponential Backoff and Jitter.

use std::time::Duration;

/// The pauses of one kind of attempt.
#[derive(Clone, Copy, Debug)]
pub struct Backoff {
    /// Longest pause after the first failure; doubled with each further one.
    pub first: Duration,
    /// No pause is longer.
    pub longest: Duration,
}

impl Backoff {
    /// Returns a random pause after `failures` failures in a row before this one.
    #[must_use]
    pub fn pause(self, failures: u32) -> Duration {
        self.pause_at(failures, rand::random())
    }

    /// Returns the pause for a random number: from nothing for 0 to the longest possible for 1.
    #[must_use]
    pub fn pause_at(self, failures: u32, random: f64) -> Duration {
        let factor = 2_u32.saturating_pow(failures.min(31));
        let longest = self.first.saturating_mul(factor).min(self.longest);
        longest.mul_f64(random.clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BACKOFF: Backoff = Backoff {
        first: Duration::from_secs(2),
        longest: Duration::from_secs(300),
    };

    proptest! {
        #[test]
        fn pause_grows_with_failures_up_to_the_longest(failures: u32, random in 0.0..=1.0) {
            let pause = BACKOFF.pause_at(failures, random);
            prop_assert!(pause <= BACKOFF.longest);
            prop_assert!(pause <= BACKOFF.pause_at(failures.saturating_add(1), random));
            prop_assert_eq!(BACKOFF.pause_at(failures, 0.0), Duration::ZERO);
            prop_assert!(BACKOFF.pause(failures) <= BACKOFF.pause_at(failures, 1.0));
        }
    }

    #[test]
    fn first_pause_is_at_most_the_first() {
        assert_eq!(BACKOFF.pause_at(0, 1.0), BACKOFF.first);
        assert_eq!(BACKOFF.pause_at(1, 1.0), BACKOFF.first * 2);
    }
}

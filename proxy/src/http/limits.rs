//! Limits for strangers: how often they may request a code, and try one.

use super::problems::ApiError;
use crate::config::Tuning;
use governor::{
    DefaultKeyedRateLimiter, Quota,
    clock::{Clock, DefaultClock},
};
use std::{
    hash::Hash,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

/// A whole office may share one address.
const CLIENT_EACH: Duration = Duration::from_secs(10);
/// Protects a mailbox, whoever asks.
const ADDRESS_EACH: Duration = Duration::from_secs(300);
/// Most keys that are remembered before old ones are dropped.
const MAX_KEYS: usize = 10_000;

pub struct Limits {
    codes_by_address: DefaultKeyedRateLimiter<String>,
    codes_by_client: DefaultKeyedRateLimiter<IpAddr>,
    tries_by_client: DefaultKeyedRateLimiter<IpAddr>,
}

impl Limits {
    pub fn new(tuning: &Tuning) -> Self {
        Self {
            codes_by_address: limiter(tuning.codes_per_address, ADDRESS_EACH),
            codes_by_client: limiter(tuning.codes_per_client, CLIENT_EACH),
            // Each code may be tried five times.
            tries_by_client: limiter(tuning.codes_per_client.saturating_mul(5), CLIENT_EACH),
        }
    }

    /// Counts a request for a code.
    ///
    /// # Errors
    /// Too many for this address, or by this client.
    pub fn code(&self, client: IpAddr, address: &str) -> Result<(), ApiError> {
        check(&self.codes_by_client, &network(client))?;
        check(&self.codes_by_address, &address.to_owned())
    }

    /// Counts an attempt to sign in.
    ///
    /// # Errors
    /// Too many by this client.
    pub fn attempt(&self, client: IpAddr) -> Result<(), ApiError> {
        check(&self.tries_by_client, &network(client))
    }
}

fn limiter<K: Hash + Eq + Clone>(burst: u32, each: Duration) -> DefaultKeyedRateLimiter<K> {
    let burst = NonZeroU32::new(burst).unwrap_or(NonZeroU32::MIN);
    let quota = Quota::with_period(each).unwrap_or_else(|| Quota::per_minute(NonZeroU32::MIN));
    DefaultKeyedRateLimiter::keyed(quota.allow_burst(burst))
}

fn check<K: Hash + Eq + Clone>(
    limiter: &DefaultKeyedRateLimiter<K>,
    key: &K,
) -> Result<(), ApiError> {
    if limiter.len() > MAX_KEYS {
        limiter.retain_recent();
    }
    limiter.check_key(key).map_err(|not_until| {
        let wait = not_until.wait_time_from(DefaultClock::default().now());
        ApiError::too_many(wait.as_secs().saturating_add(1))
    })
}

/// Returns the network of a client: a household has a whole /64 of IPv6.
fn network(client: IpAddr) -> IpAddr {
    match client {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_and_client_have_their_limits() {
        let limits = Limits::new(&Tuning {
            codes_per_address: 2,
            codes_per_client: 3,
            ..Tuning::default()
        });
        let client = |text: &str| text.parse::<IpAddr>().unwrap();
        let ask = |from: &str, to: &str| limits.code(client(from), to).is_ok();
        assert!(ask("192.0.2.1", "a@kiln.example"));
        assert!(ask("192.0.2.2", "a@kiln.example"));
        assert!(!ask("192.0.2.3", "a@kiln.example"));
        assert!(ask("192.0.2.1", "b@kiln.example"));
        assert!(ask("192.0.2.1", "c@kiln.example"));
        assert!(!ask("192.0.2.1", "d@kiln.example"));
        // One household.
        for host in 1..=3 {
            assert!(ask(
                &format!("2001:db8::{host}"),
                &format!("{host}@six.example")
            ));
        }
        assert!(!ask("2001:db8::4", "4@six.example"));
        assert!(ask("2001:db8:0:1::4", "4@six.example"));
    }
}

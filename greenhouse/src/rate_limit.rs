use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// The rate limit in the headers of a response; each field is present if its header is.
///
/// The Candidate Ingestion API documents no limit. The header names are those of the Greenhouse
/// Harvest API, Throttling: `X-RateLimit-Limit`, `X-RateLimit-Remaining`, `X-RateLimit-Reset`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// Requests allowed in the current window.
    pub limit: Option<u32>,
    /// Requests left in the current window.
    pub remaining: Option<u32>,
    /// When the next window begins, by the server's clock.
    pub reset_at: Option<SystemTime>,
}

/// No pause asked for is longer: a nonsensical header must not stop a caller for years, nor
/// overflow the clock it is added to.
const LONGEST_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

impl RateLimit {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let number = |name| text(headers, name)?.parse().ok();
        Self {
            limit: number("x-ratelimit-limit"),
            remaining: number("x-ratelimit-remaining"),
            reset_at: reset_at(headers, now(headers)),
        }
    }
}

/// How long a throttled caller is asked to wait: `Retry-After` in either of its forms (RFC 9110,
/// section 10.2.3), else `X-RateLimit-Reset`; at most a day.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let now = now(headers);
    let until = |time: SystemTime| time.duration_since(now).unwrap_or_default();
    text(headers, RETRY_AFTER.as_str())
        .and_then(|value| match rounded_up(value) {
            Some(seconds) => Some(Duration::from_secs(seconds)),
            None => httpdate::parse_http_date(value).ok().map(until),
        })
        .or_else(|| reset_at(headers, now).map(until))
        .map(|pause| pause.min(LONGEST_PAUSE))
}

/// The server's own clock where it sent it, so that a difference between the clocks cancels out.
fn now(headers: &HeaderMap) -> SystemTime {
    text(headers, DATE.as_str())
        .and_then(|date| httpdate::parse_http_date(date).ok())
        .unwrap_or_else(SystemTime::now)
}

fn reset_at(headers: &HeaderMap, now: SystemTime) -> Option<SystemTime> {
    let value = text(headers, "x-ratelimit-reset")?;
    // Documented as a timestamp in seconds. A number too small for one would lie before 2001, so it can
    // only be meant as the seconds left; one too large would lie after 5138, so it counts milliseconds.
    match rounded_up(value) {
        Some(left @ ..1_000_000_000) => now.checked_add(Duration::from_secs(left)),
        Some(seconds @ ..100_000_000_000) => UNIX_EPOCH.checked_add(Duration::from_secs(seconds)),
        Some(millis @ ..100_000_000_000_000) => {
            UNIX_EPOCH.checked_add(Duration::from_millis(millis))
        }
        Some(_) => None,
        None => httpdate::parse_http_date(value).ok(),
    }
}

/// Reads a whole number, or one with a fraction, which counts as the next whole one: Greenhouse is rather
/// asked late than early.
fn rounded_up(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let more = u64::from(fraction.bytes().any(|digit| digit != b'0'));
    Some(
        whole
            .parse::<u64>()
            .unwrap_or(u64::MAX)
            .saturating_add(more),
    )
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    Some(headers.get(name)?.to_str().ok()?.trim())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    const DATE_TEXT: &str = "Tue, 04 Nov 2025 09:00:00 GMT";
    /// `DATE_TEXT` in seconds since 1970.
    const DATE_SECONDS: u64 = 1_762_246_800;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_str(value).unwrap(),
                )
            })
            .collect()
    }

    #[test]
    fn pause_is_read_from_each_header() {
        let reset = (DATE_SECONDS + 7).to_string();
        let reset_millis = ((DATE_SECONDS + 7) * 1000).to_string();
        let huge = u64::MAX.to_string();
        let endless = "9".repeat(40);
        for (pairs, seconds) in [
            (vec![("retry-after", "12")], Some(12)),
            (vec![("retry-after", "0")], Some(0)),
            (
                vec![
                    ("date", DATE_TEXT),
                    ("retry-after", "Tue, 04 Nov 2025 09:00:30 GMT"),
                ],
                Some(30),
            ),
            (
                vec![
                    ("date", DATE_TEXT),
                    ("retry-after", "Tue, 04 Nov 2025 08:00:00 GMT"),
                ],
                Some(0),
            ),
            (
                vec![("date", DATE_TEXT), ("x-ratelimit-reset", &reset)],
                Some(7),
            ),
            (
                vec![("date", DATE_TEXT), ("x-ratelimit-reset", "9")],
                Some(9),
            ),
            (
                vec![("retry-after", "soon"), ("x-ratelimit-reset", "4")],
                Some(4),
            ),
            (
                vec![("retry-after", "3"), ("x-ratelimit-reset", "900")],
                Some(3),
            ),
            (vec![("retry-after", &huge)], Some(86_400)),
            (vec![("x-ratelimit-reset", &huge)], None),
            (vec![("retry-after", "-5")], None),
            (vec![("retry-after", "4.5")], Some(5)),
            (vec![("retry-after", "4.0")], Some(4)),
            (vec![("retry-after", "0.001")], Some(1)),
            (vec![("retry-after", "4.5.6")], None),
            (vec![("retry-after", "1e3")], None),
            (vec![("retry-after", &endless)], Some(86_400)),
            (
                vec![("date", DATE_TEXT), ("x-ratelimit-reset", &reset_millis)],
                Some(7),
            ),
            (
                vec![("date", DATE_TEXT), ("x-ratelimit-reset", "8.2")],
                Some(9),
            ),
            (
                vec![("date", DATE_TEXT), ("x-ratelimit-reset", "99999999999999")],
                Some(86_400),
            ),
            (vec![], None),
        ] {
            assert_eq!(
                retry_after(&headers(&pairs)),
                seconds.map(Duration::from_secs),
                "{pairs:?}"
            );
        }
    }

    #[test]
    fn rate_limit_holds_what_was_said() {
        let reset = (DATE_SECONDS + 10).to_string();
        assert_eq!(
            RateLimit::from_headers(&headers(&[
                ("x-ratelimit-limit", "50"),
                ("x-ratelimit-remaining", "49"),
                ("x-ratelimit-reset", &reset),
            ])),
            RateLimit {
                limit: Some(50),
                remaining: Some(49),
                reset_at: Some(UNIX_EPOCH + Duration::from_secs(DATE_SECONDS + 10)),
            }
        );
        assert_eq!(
            RateLimit::from_headers(&headers(&[("x-ratelimit-limit", "many")])),
            RateLimit::default()
        );
    }

    proptest! {
        #[test]
        fn any_header_value_is_survived(
            values in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 4)
        ) {
            let names = ["date", "retry-after", "x-ratelimit-reset", "x-ratelimit-limit"];
            let headers: HeaderMap = names
                .into_iter()
                .zip(&values)
                .filter_map(|(name, value)| {
                    Some((HeaderName::from_static(name), HeaderValue::from_bytes(value).ok()?))
                })
                .collect();
            RateLimit::from_headers(&headers);
            prop_assert!(retry_after(&headers).is_none_or(|pause| pause <= LONGEST_PAUSE));
        }
    }
}

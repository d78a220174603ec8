//! Times as Greenhouse writes them.

use time::{
    Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description,
};

/// Milliseconds since the Unix epoch; fits 63 bits.
pub type Millis = u64;

/// Reads ISO 8601 with or without milliseconds; a bare date is its first moment in UTC.
pub(crate) fn millis(text: &str) -> Option<Millis> {
    let at = OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| {
        let date = format_description!("[year]-[month]-[day]");
        Some(Date::parse(text, date).ok()?.midnight().assume_utc())
    })?;
    Millis::try_from(at.unix_timestamp_nanos() / 1_000_000)
        .ok()
        .filter(|&at| i64::try_from(at).is_ok())
}

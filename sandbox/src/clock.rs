//! How times are printed.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// ISO 8601 in UTC with milliseconds, as Greenhouse prints times.
pub fn timestamp(at: OffsetDateTime) -> String {
    at.replace_millisecond(at.millisecond())
        .ok()
        .and_then(|at| at.format(&Rfc3339).ok())
        .unwrap_or_default()
}

//! Limits of what crosses. The core keeps within them, and the proxy rejects what exceeds them.

/// Longest name, company, title, phone number, e-mail address, in characters.
pub const MAX_FIELD_CHARS: usize = 255;
/// Longest postal address or URL, in characters.
pub const MAX_LONG_FIELD_CHARS: usize = 2_000;
/// Longest notes, in characters.
pub const MAX_NOTES_CHARS: usize = 20_000;
/// Most entries in each of a profile's lists.
pub const MAX_LIST_ITEMS: usize = 20;
/// Longest `external_id`, in characters.
pub const MAX_EXTERNAL_ID_CHARS: usize = 512;
/// Longest idempotency key, in characters.
pub const MAX_IDEMPOTENCY_KEY_CHARS: usize = 128;
/// Longest description of a job, in characters; a longer one is cut.
pub const MAX_DESCRIPTION_CHARS: usize = 50_000;
/// Most ids of each kind in one look-up, so that a list of 1,000 rows needs only one.
pub const MAX_LOOKUP_IDS: usize = 2_000;
/// Most candidates in one page of `GET /v1/candidates`.
pub const MAX_CANDIDATES: u32 = 2_000;
/// Largest request body, in bytes.
pub const MAX_BODY_BYTES: usize = 256 * 1024;

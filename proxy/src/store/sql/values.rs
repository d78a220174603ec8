//! How values of Rust are kept in columns, and read from them.

use super::query::Row;
use crate::store::{Result, StoreError};
use serde::{Serialize, de::DeserializeOwned};

/// An id or a time as a column keeps it. They fit: Greenhouse's ids are below 2^53, and input from
/// outside is checked.
pub fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Reverses [`signed`].
pub fn unsigned(value: i64, column: &'static str) -> Result<u64> {
    u64::try_from(value).map_err(|_| StoreError::Corrupt(column))
}

/// A column with an id or a time that may be absent.
pub fn optional_unsigned(row: &Row, column: &'static str) -> Result<Option<u64>> {
    row.try_get::<Option<i64>>(column)?
        .map(|value| unsigned(value, column))
        .transpose()
}

pub fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt("a value that is not JSON"))
}

/// A column with JSON that may be absent.
pub fn optional_json<T: DeserializeOwned>(row: &Row, column: &'static str) -> Result<Option<T>> {
    row.try_get::<Option<&str>>(column)?
        .map(|json| serde_json::from_str(json).map_err(|_| StoreError::Corrupt(column)))
        .transpose()
}

/// The external ids that can have been stored: SQLite's JSON functions would cut the others.
pub fn storable(external_ids: &[String]) -> Vec<&String> {
    external_ids
        .iter()
        .filter(|id| !id.contains(char::is_control))
        .collect()
}

/// A count, at most `u32::MAX`.
pub fn small(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

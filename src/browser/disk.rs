//! The outbox on disk: the extension's own IndexedDB, out of reach of pages and content scripts.

use super::store::Store;
use crate::state::record::Record;
use wasm_bindgen::prelude::*;

thread_local! {
    static SENDS: Store = Store::open("atsi", "sends");
}

/// Reads all sends. A record that cannot be read is left where it is, for a newer version to read.
///
/// # Errors
/// When the database cannot be opened.
pub async fn read_records() -> Result<Vec<Record>, JsValue> {
    let values = SENDS.with(Store::clone).values().await?;
    Ok(values.iter().filter_map(record_of).collect())
}

/// Version 0.1 stored the record's JSON as a text.
fn record_of(value: JsValue) -> Option<Record> {
    match value.as_string() {
        Some(json) => serde_json::from_str(&json).ok(),
        None => serde_wasm_bindgen::from_value(value).ok(),
    }
}

/// Returns once the record is on disk.
///
/// # Errors
/// When the browser cannot store it.
pub async fn keep(record: &Record) -> Result<(), JsValue> {
    SENDS.with(Store::clone).set(&record.key, record).await
}

/// # Errors
/// When the browser cannot delete it.
pub async fn forget(key: &str) -> Result<(), JsValue> {
    SENDS.with(Store::clone).delete(key).await
}

//! The report, kept while the browser runs: the worker does not.

use super::api;
use crate::state::report::Report;

const REPORT: &str = "report";

/// Empty where there is none, or none that can be read.
pub async fn read() -> Report {
    api::stored(api::session_get(REPORT).await, REPORT).unwrap_or_default()
}

#[cfg(feature = "background")]
pub fn keep(report: &Report) {
    if let Ok(values) = api::to_store(REPORT, report) {
        // Without it, the person who is asked for help has less to go on.
        wasm_bindgen_futures::spawn_local(async move { drop(api::session_set(&values).await) });
    }
}

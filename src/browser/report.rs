//! The report, kept for as long as the browser runs: the worker does not.

use super::api;
use crate::flow::report::Report;

const REPORT: &str = "report";

/// Empty where there is none, or none that can be read.
pub async fn read() -> Report {
    let Ok(found) = api::session_get(REPORT).await else {
        return Report::default();
    };
    crate::json::parse(&api::to_json(&api::get(&found, REPORT))).unwrap_or_default()
}

#[cfg(feature = "background")]
pub async fn keep(report: &Report) {
    let values = api::from_json(&format!(r#"{{"{REPORT}":{}}}"#, crate::json::write(report)));
    // Without it, somebody who is asked for help has less to tell.
    let _ = api::session_set(&values).await;
}

//! Settings, in the extension's local storage: nothing secret.

use super::api;
use crate::state::settings::Settings;

const SETTINGS: &str = "settings";

/// The defaults where there are none, or none that can be read.
pub async fn read() -> Settings {
    api::stored(api::local_get(SETTINGS).await, SETTINGS).unwrap_or_default()
}

#[cfg(feature = "background")]
pub async fn save(settings: &Settings) {
    if let Ok(values) = api::to_store(SETTINGS, settings) {
        // Read from the proxy again at the next start, so a failure costs nothing.
        let _ = api::local_set(&values).await;
    }
}

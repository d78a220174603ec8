//! Settings, in the extension's local storage: nothing secret.

use super::api;
use crate::flow::Settings;

const SETTINGS: &str = "settings";

/// The defaults where there are none, or none that can be read.
pub async fn read() -> Settings {
    let Ok(found) = api::local_get(SETTINGS).await else {
        return Settings::default();
    };
    crate::json::parse(&api::to_json(&api::get(&found, SETTINGS))).unwrap_or_default()
}

#[cfg(feature = "background")]
pub async fn save(settings: &Settings) {
    let values = api::from_json(&format!(
        r#"{{"{SETTINGS}":{}}}"#,
        crate::json::write(settings)
    ));
    // Asked for again at the next start, so a failure costs nothing.
    let _ = api::local_set(&values).await;
}

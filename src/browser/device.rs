//! What a person recognises this browser by.

use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(thread_local_v2, js_namespace = navigator, js_name = userAgent)]
    static USER_AGENT: String;
}

/// Browser and system: `Firefox on Linux`.
pub fn name() -> String {
    USER_AGENT.with(|agent| name_of(agent))
}

/// The browser's whole word for itself.
#[cfg(feature = "pages")]
pub fn agent() -> String {
    USER_AGENT.with(String::clone)
}

fn name_of(agent: &str) -> String {
    let first = |known: &[(&str, &'static str)], other| {
        let found = known.iter().find(|(mark, _)| agent.contains(mark));
        found.map_or(other, |(_, name)| *name)
    };
    let browser = first(
        &[
            ("Firefox/", "Firefox"),
            ("Edg/", "Edge"),
            ("OPR/", "Opera"),
            ("Chrome/", "Chrome"),
        ],
        "A browser",
    );
    let system = first(
        &[
            ("Windows", "Windows"),
            ("CrOS", "ChromeOS"),
            ("Android", "Android"),
            ("Mac OS", "macOS"),
            ("Linux", "Linux"),
        ],
        "another system",
    );
    format!("{browser} on {system}")
}

//! The edge: the only code that knows the browser.

// Half the size of the standard library's, and faster.
#[global_allocator]
static MEMORY: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

mod api;
#[cfg(feature = "background")]
mod background;
mod device;
#[cfg(feature = "background")]
mod disk;
#[cfg(feature = "background")]
mod live;
#[cfg(feature = "background")]
mod managed;
mod network;
#[cfg(feature = "pages")]
mod pages;
mod report;
mod session;
mod settings;
mod store;

use wasm_bindgen::prelude::*;

/// Which language is spoken, and its catalog where it is not English. Called before anything else; see
/// `language.js`.
#[wasm_bindgen]
pub fn spoken(tag: &str, catalog: Option<String>) {
    crate::language::speak(tag, catalog.as_deref());
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "Date.now() is a whole number of milliseconds"
)]
fn now() -> u64 {
    js_sys::Date::now() as u64
}

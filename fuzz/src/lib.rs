//! What is fuzzed, as functions of bytes that panic where something is wrong. `tests/fuzz.rs` and
//! `proxy/tests/fuzz.rs` run the same functions for a moment in `cargo test`.

/// The proxy's reader of web hooks, without the proxy.
#[path = "../../proxy/src/hooks/event.rs"]
pub mod hooks;

pub mod page;
pub mod protocol;
pub mod recipe;
pub mod web_hook;

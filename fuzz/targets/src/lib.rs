//! The fuzz targets: functions of bytes that panic on a fault. `fuzz/` runs them with cargo-fuzz, and
//! `tests/briefly` for a moment in `cargo test`.

#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a target reports a fault by panicking"
)]

pub mod page;
pub mod protocol;
pub mod recipe;
pub mod web_hook;

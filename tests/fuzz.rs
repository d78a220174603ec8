//! The fuzz targets for a moment, with the same input in every run. For longer: `cargo fuzz`, see
//! `docs/contributing.md`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../fuzz/src/page.rs"]
mod page;
#[path = "../fuzz/src/protocol.rs"]
mod protocol;
#[path = "../fuzz/src/recipe.rs"]
mod recipe;
#[path = "../fuzz/src/variations.rs"]
mod variations;

#[test]
fn what_the_port_read() {
    variations::run("fuzz/seeds/page", page::target);
}

#[test]
fn what_crosses_between_core_and_proxy() {
    variations::run("fuzz/seeds/protocol", protocol::target);
}

#[test]
fn recipes() {
    variations::run("extension/recipes", recipe::target);
}

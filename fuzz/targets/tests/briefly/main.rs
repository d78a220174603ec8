//! Each fuzz target for a moment, with the same input in every run. For longer: `cargo fuzz`, see
//! `docs/contributing.md`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod variations;

use atsi_fuzz_targets::{page, protocol, recipe, web_hook};

#[test]
fn page_target_survives_variations() {
    variations::run("fuzz/seeds/page", page::target);
}

#[test]
fn protocol_target_survives_variations() {
    variations::run("fuzz/seeds/protocol", protocol::target);
}

#[test]
fn recipe_target_survives_variations() {
    variations::run("extension/recipes", recipe::target);
}

#[test]
fn web_hook_target_survives_variations() {
    variations::run("fuzz/seeds/web_hook", web_hook::target);
}

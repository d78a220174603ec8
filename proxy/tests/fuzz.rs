//! The fuzz target of web hooks for a moment, with the same input in every run. For longer:
//! `cargo fuzz`, see `docs/contributing.md`.

use atsi_proxy::hooks;

#[path = "../../fuzz/src/variations.rs"]
mod variations;
#[path = "../../fuzz/src/web_hook.rs"]
mod web_hook;

#[test]
fn web_hooks() {
    variations::run("../fuzz/seeds/web_hook", web_hook::target);
}

//! The places that name the version agree.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{fs, path::Path};

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

#[test]
fn manifest_has_the_version_of_the_workspace() {
    let manifest: serde_json::Value = serde_json::from_str(&read("manifest.json")).unwrap();
    assert_eq!(
        manifest["version"], VERSION,
        "change `version` in Cargo.toml and manifest.json together"
    );
}

#[test]
fn changelog_begins_with_the_version_of_the_workspace() {
    let changelog = read("CHANGELOG.md");
    let newest = (changelog
        .lines()
        .filter_map(|line| line.strip_prefix("## ")))
    .find(|section| *section != "Unreleased")
    .expect("CHANGELOG.md has no version");
    assert_eq!(
        newest, VERSION,
        "rename *Unreleased* in CHANGELOG.md when the version changes"
    );
}

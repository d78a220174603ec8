//! What we build on: every package from its public registry, under a licence that we may ship with,
//! and unchanged since it was locked. Known vulnerabilities are not asked for: no registry tells them.

use crate::paths::root;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use spdx::{Expression, LicenseReq, ParseMode};
use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Licences that ask for no more than to be named, or for changes to the library itself.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Python-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Two of these at once would be two of a thing that has to be one.
const ONCE: &[&str] = &[
    "axum",
    "hyper",
    "reqwest",
    "rustls",
    "sqlx",
    "tokio",
    "wasm-bindgen",
];

/// # Errors
/// What is not as it should be, all of it.
pub fn check() -> Result<()> {
    let crates = crates()?;
    let packages = npm_packages()?;
    let mut wrong = Vec::new();
    let mut versions: BTreeMap<&str, u32> = BTreeMap::new();
    for package in &crates {
        let text = |field: &str| package.get(field).and_then(Value::as_str);
        let name = text("name").unwrap_or_default();
        *versions.entry(name).or_default() += 1;
        match text("source") {
            None => continue,
            Some(CRATES_IO) => {}
            Some(source) => wrong.push(format!("{name} comes from {source}")),
        }
        check_licence(name, text("license"), &mut wrong);
    }
    for name in ONCE {
        if versions.get(name).copied().unwrap_or_default() > 1 {
            wrong.push(format!("{name} is there in more than one version"));
        }
    }
    for (path, package) in packages.iter().filter(|(path, _)| !path.is_empty()) {
        let text = |field: &str| package.get(field).and_then(Value::as_str);
        check_licence(path, text("license"), &mut wrong);
        if !text("integrity").is_some_and(|hash| hash.starts_with("sha512-")) {
            wrong.push(format!("{path} is locked without a SHA-512"));
        }
        if text("resolved").is_some_and(|from| !from.starts_with("https://registry.npmjs.org/")) {
            wrong.push(format!("{path} does not come from the npm registry"));
        }
    }
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!(
        "{} crates and {} npm packages are as they should be",
        crates.len(),
        packages.len()
    );
    Ok(())
}

fn check_licence(name: &str, licence: Option<&str>, wrong: &mut Vec<String>) {
    let allowed = |requirement: &LicenseReq| {
        let id = requirement.license.id();
        id.is_some_and(|id| ALLOWED.contains(&id.name))
    };
    let fits = licence
        .and_then(|licence| Expression::parse_mode(licence, ParseMode::LAX).ok())
        .is_some_and(|expression| expression.evaluate(allowed));
    if !fits {
        wrong.push(format!(
            "{name} is under {}",
            licence.unwrap_or("no licence")
        ));
    }
}

fn crates() -> Result<Vec<Value>> {
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root())
        .args(["metadata", "--locked", "--format-version", "1"])
        .output()
        .context("cargo metadata")?;
    ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata.get_mut("packages").and_then(Value::as_array_mut);
    Ok(std::mem::take(
        packages.context("cargo metadata tells no packages")?,
    ))
}

fn npm_packages() -> Result<BTreeMap<String, Value>> {
    let lock: Value = serde_json::from_str(&fs::read_to_string(root().join("package-lock.json"))?)?;
    let packages = lock
        .get("packages")
        .context("package-lock.json has no packages")?;
    Ok(serde_json::from_value(packages.clone())?)
}

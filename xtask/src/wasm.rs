//! The crate as WebAssembly, once for the background and once for our own pages: cargo, then
//! wasm-bindgen as a library (so that its version is the one in `Cargo.lock`), then binaryen's
//! `wasm-opt`.

use crate::root;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

const TARGET: &str = "wasm32-unknown-unknown";

/// What Chromium 122 and Firefox 140 know. `--all-features` would ask for more than any browser has.
const FEATURES: &[&str] = &[
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// The modules by the feature they are built with.
const MODULES: [(&str, &str); 2] = [("background", "core"), ("pages", "pages")];

/// Writes `core.js`, `core_bg.wasm`, `pages.js` and `pages_bg.wasm` into `out`.
pub fn build(out: &Path) -> Result<()> {
    for (feature, name) in MODULES {
        module(feature, name, out)?;
    }
    Ok(())
}

fn module(feature: &str, name: &str, out: &Path) -> Result<()> {
    compile(feature)?;
    let profile = profile();
    // Cargo names the folder of its `dev` profile otherwise.
    let folder = if profile == "dev" { "debug" } else { &profile };
    let compiled = target_dir().join(TARGET).join(folder).join("atsi.wasm");
    Bindgen::new()
        .input_path(&compiled)
        .web(true)?
        .typescript(false)
        .omit_default_module_path(false)
        .reset_state_function(true)
        .remove_producers_section(true)
        .out_name(name)
        .generate(out)
        .context("wasm-bindgen")?;
    match profile.as_str() {
        "dev" => Ok(()),
        _ => optimise(&out.join(format!("{name}_bg.wasm"))),
    }
}

/// What ships is built with `wasm`. `ATSI_WASM_PROFILE=dev` builds in seconds, for trying something out.
fn profile() -> String {
    std::env::var("ATSI_WASM_PROFILE").unwrap_or_else(|_| "wasm".to_owned())
}

fn target_dir() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

fn compile(feature: &str) -> Result<()> {
    // No path of this machine may stand inside, or two folders give two builds.
    let cargo_home = std::env::var_os("CARGO_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cargo")));
    let cargo_home = cargo_home.context("neither CARGO_HOME nor HOME is set")?;
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    let flags = [remap(&root(), "/atsi"), remap(&cargo_home, "/cargo")];
    let done = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .current_dir(root())
        // The library is an rlib as well, for the tests, and cargo does no link-time optimisation then.
        .args([
            "rustc",
            "--locked",
            "--package",
            "atsi",
            "--lib",
            "--target",
            TARGET,
            "--profile",
            &profile(),
            "--crate-type",
            "cdylib",
            "--no-default-features",
            "--features",
            feature,
        ])
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .status()
        .context("cargo build")?;
    ensure!(done.success(), "{feature} does not compile to WebAssembly");
    Ok(())
}

fn optimise(module: &Path) -> Result<()> {
    let optimised = module.with_extension("opt");
    let done = Command::new(root().join("node_modules/.bin/wasm-opt"))
        .args([
            "--flatten",
            "--rereloop",
            "-O2",
            "--strip-debug",
            "--strip-producers",
            "--strip-target-features",
        ])
        .args(FEATURES)
        .arg(module)
        .arg("-o")
        .arg(&optimised)
        .status()
        .context("wasm-opt is missing: run `npm ci`")?;
    ensure!(done.success(), "wasm-opt failed");
    fs::rename(optimised, module)?;
    Ok(())
}

//! Tells the tests whether PostgreSQL is installed, so that those that need it are reported as ignored.

use std::path::Path;

const PROGRAMS: &str = "/usr/lib/postgresql";

fn main() {
    println!("cargo::rustc-check-cfg=cfg(postgres)");
    println!("cargo::rerun-if-changed={PROGRAMS}");
    println!("cargo::rerun-if-env-changed=CI");
    let has_initdb = |version: std::fs::DirEntry| version.path().join("bin/initdb").exists();
    let is_installed =
        (Path::new(PROGRAMS).read_dir()).is_ok_and(|versions| versions.flatten().any(has_initdb));
    // CI has to run them: without PostgreSQL they fail there.
    if is_installed || std::env::var_os("CI").is_some() {
        println!("cargo::rustc-cfg=postgres");
    }
}

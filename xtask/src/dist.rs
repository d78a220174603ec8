//! `dist/chromium` and `dist/firefox`: the same files, unpacked.

use crate::paths::root;
use crate::{recipes, wasm};
use anyhow::{Context, Result, ensure};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use walkdir::WalkDir;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

pub const BROWSERS: [&str; 2] = ["chromium", "firefox"];

/// What runs in the sites' pages.
const IN_PAGES: [&str; 6] = [
    "render.js",
    "snapshot.js",
    "port.js",
    "list.js",
    "tracker.js",
    "jobs.js",
];

pub fn folder(browser: &str) -> PathBuf {
    root().join("dist").join(browser)
}

pub fn build() -> Result<()> {
    let extension = root().join("extension");
    let first = folder(BROWSERS[0]);
    for browser in BROWSERS {
        let folder = folder(browser);
        if folder.exists() {
            fs::remove_dir_all(&folder)?;
        }
    }
    fs::create_dir_all(&first)?;
    // Recipes are taken apart, and the core has what `reader` holds.
    copy(&extension, &first, |path| {
        !path.starts_with("recipes") && !path.starts_with("reader")
    })?;
    for script in IN_PAGES {
        strip_comments(&extension.join(script), &first.join(script))?;
    }
    fs::copy(root().join("manifest.json"), first.join("manifest.json"))?;
    let storage = root().join("node_modules/idb-keyval/dist/index.js");
    fs::copy(storage, first.join("idb-keyval.js"))
        .context("idb-keyval is missing: run `npm ci`")?;
    let sheet = fs::read_to_string(extension.join("view.css"))?;
    recipes::build(&extension.join("recipes"), &sheet, &first.join("recipes"))?;
    wasm::build(&first)?;
    for browser in BROWSERS.iter().skip(1) {
        copy(&first, &folder(browser), |_| true)?;
    }
    Ok(())
}

/// Every page loads these, so they go without their comments; their names and lines stay, for whoever
/// reviews what ships.
fn strip_comments(script: &Path, to: &Path) -> Result<()> {
    let done = Command::new(root().join("node_modules/.bin/terser"))
        .args(["--ecma", "2020", "--format"])
        .arg("beautify=true,comments=false,indent_level=1,quote_style=3")
        .arg("--output")
        .arg(to)
        .arg(script)
        .status()
        .context("terser is missing: run `npm ci`")?;
    ensure!(done.success(), "terser failed");
    Ok(())
}

/// `dist/atsi-{browser}.zip`. Names in order and no times, so that a reviewer who builds it gets
/// the same bytes.
pub fn package() -> Result<()> {
    for browser in BROWSERS {
        let path = root().join("dist").join(format!("atsi-{browser}.zip"));
        let mut zip = ZipWriter::new(File::create(&path)?);
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Deflated)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644);
        for (relative, path) in files(&folder(browser))? {
            zip.start_file(relative.to_string_lossy(), options)?;
            zip.write_all(&fs::read(path)?)?;
        }
        zip.finish()?;
        println!("{}", path.display());
    }
    Ok(())
}

/// Every file below a folder, by its relative path, in order.
pub fn files(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry =
            entry.with_context(|| format!("{} is not built; run ./build.sh", folder.display()))?;
        if entry.file_type().is_file() {
            files.push((
                entry.path().strip_prefix(folder)?.to_owned(),
                entry.path().to_owned(),
            ));
        }
    }
    Ok(files)
}

fn copy(from: &Path, to: &Path, wanted: impl Fn(&Path) -> bool) -> Result<()> {
    for (relative, path) in files(from)? {
        if wanted(&relative) {
            let target = to.join(&relative);
            fs::create_dir_all(target.parent().unwrap_or(to))?;
            fs::copy(path, target)?;
        }
    }
    Ok(())
}

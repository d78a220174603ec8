//! How large what ships is. Only the port has a limit: it runs in every page of both sites.

use crate::dist::{BROWSERS, folder};
use anyhow::{Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::fs;
use std::io::Write;

struct Part {
    name: &'static str,
    /// Measured as one, as they are loaded together.
    files: &'static [&'static str],
    most_kb: Option<f64>,
}

const PARTS: &[Part] = &[
    Part {
        name: "port with its renderer, gzip",
        files: &["render.js", "port.js"],
        most_kb: Some(6.0),
    },
    Part {
        name: "port's part for lists, gzip",
        files: &["list.js"],
        most_kb: None,
    },
    Part {
        name: "port's part for rows on Jopwell, gzip",
        files: &["tracker.js"],
        most_kb: None,
    },
    Part {
        name: "port's part that describes a page on Jopwell, gzip",
        files: &["snapshot.js"],
        most_kb: None,
    },
    Part {
        name: "port's part for jobs, gzip",
        files: &["jobs.js"],
        most_kb: None,
    },
    Part {
        name: "core, gzip",
        files: &["core_bg.wasm"],
        most_kb: None,
    },
    Part {
        name: "module of our own pages, gzip",
        files: &["pages_bg.wasm"],
        most_kb: None,
    },
];

fn gzip_kb(files: &[&str]) -> Result<f64> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    for file in files {
        encoder.write_all(&fs::read(folder(BROWSERS[0]).join(file))?)?;
    }
    let bytes = u32::try_from(encoder.finish()?.len())?;
    Ok(f64::from(bytes) / 1024.0)
}

/// Prints the sizes. Fails where a part is larger than it may be.
pub fn check() -> Result<()> {
    for part in PARTS {
        let kb = gzip_kb(part.files)?;
        let most = part.most_kb;
        let limit = most.map_or_else(String::new, |most| format!(" of {most} KB"));
        println!("{}: {kb:.1} KB{limit}", part.name);
        ensure!(
            most.is_none_or(|most| kb <= most),
            "the {} is larger than it may be",
            part.name
        );
    }
    Ok(())
}

/// Prints one JSON line for each figure, as `./build.sh bench` collects them.
pub fn print() -> Result<()> {
    for part in PARTS {
        let kb = gzip_kb(part.files)?;
        let figure = json!({
            "name": part.name,
            "value": (kb * 10.0).round() / 10.0,
            "unit": "KB",
            "baseline": null,
            "ratio": null,
            "aim": part.most_kb.map(|most| format!("<= {most} KB")),
            "met": part.most_kb.map(|most| kb <= most),
        });
        println!("{figure}");
    }
    Ok(())
}

//! How large what ships is, and how large it may be.

use crate::dist::{BROWSERS, folder};
use anyhow::{Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;
use std::fs;
use std::io::Write;

struct Budget {
    name: &'static str,
    file: &'static str,
    most_kb: f64,
    /// What the bare libraries measured, where that is known.
    baseline_kb: Option<f64>,
}

const BUDGETS: &[Budget] = &[
    Budget {
        name: "port, gzip",
        file: "port.js",
        most_kb: 6.0,
        baseline_kb: None,
    },
    Budget {
        name: "the port's part for lists, gzip",
        file: "list.js",
        most_kb: 1.5,
        baseline_kb: None,
    },
    Budget {
        name: "the port's part for rows on Jopwell, gzip",
        file: "tracker.js",
        most_kb: 2.0,
        baseline_kb: None,
    },
    Budget {
        name: "the port's part for jobs, gzip",
        file: "jobs.js",
        most_kb: 1.0,
        baseline_kb: None,
    },
    Budget {
        name: "core, gzip",
        file: "core_bg.wasm",
        most_kb: 146.0,
        baseline_kb: Some(48.0),
    },
    Budget {
        name: "our own pages' module, gzip",
        file: "pages_bg.wasm",
        most_kb: 130.0,
        baseline_kb: None,
    },
];

fn gzip_kb(file: &str) -> Result<f64> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&fs::read(folder(BROWSERS[0]).join(file))?)?;
    let bytes = u32::try_from(encoder.finish()?.len())?;
    Ok(f64::from(bytes) / 1024.0)
}

pub fn check() -> Result<()> {
    for budget in BUDGETS {
        let kb = gzip_kb(budget.file)?;
        println!("{}: {kb:.1} KB of {} KB", budget.name, budget.most_kb);
        ensure!(
            kb <= budget.most_kb,
            "{} is larger than it may be",
            budget.file
        );
    }
    Ok(())
}

/// One JSON line a figure, as `./build.sh bench` collects them.
pub fn print() -> Result<()> {
    for budget in BUDGETS {
        let kb = gzip_kb(budget.file)?;
        let figure = json!({
            "name": budget.name,
            "value": (kb * 10.0).round() / 10.0,
            "unit": "KB",
            "baseline": budget.baseline_kb,
            "ratio": budget.baseline_kb.map(|baseline| (kb / baseline * 100.0).round() / 100.0),
            "aim": format!("<= {} KB", budget.most_kb),
            "met": kb <= budget.most_kb,
        });
        println!("{figure}");
    }
    Ok(())
}

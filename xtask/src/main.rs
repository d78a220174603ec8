//! Builds what ships in the browser: the WebAssembly, and the two extension folders around it.

mod dependencies;
mod dist;
mod recipes;
mod size;
mod wasm;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Builds the ATSi extension")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Builds dist/chromium and dist/firefox, prints the sizes, and fails where the port is too large.
    Extension,
    /// Prints the sizes as JSON lines for the benchmark table.
    Sizes,
    /// Zips both folders, the same bytes for the same content.
    Package,
    /// Checks where every dependency comes from and under which licence.
    Dependencies,
}

fn main() -> Result<()> {
    match Arguments::parse().task {
        Task::Extension => {
            dist::build()?;
            size::check()
        }
        Task::Sizes => size::print(),
        Task::Package => dist::package(),
        Task::Dependencies => dependencies::check(),
    }
}

/// The workspace's root folder: where this is run, so that one build of the tool serves any copy of
/// the tree.
fn root() -> std::path::PathBuf {
    std::env::current_dir().unwrap_or_default()
}

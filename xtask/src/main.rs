//! Builds what ships in the browser: the WebAssembly, and the two extension folders around it.

mod dependencies;
mod dist;
mod pages;
mod paths;
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
    /// Prints what is read of a saved page, and why.
    Read {
        file: std::path::PathBuf,
        /// Where the page was; by default what the expectation beside it says.
        #[arg(long, default_value = "")]
        url: String,
    },
    /// Prints how well the pages of tests/pages are read, by field.
    Score {
        /// Also what is not as expected, but for pages that are kept aside.
        #[arg(long)]
        faults: bool,
    },
    /// Sets the reader's weights from the pages that are not kept aside.
    Train,
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
        Task::Read { file, url } => pages::read(&file, &url),
        Task::Score { faults } => pages::score::print(faults),
        Task::Train => pages::train::train(),
    }
}

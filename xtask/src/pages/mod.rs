//! Pages that were saved as files: what the reader makes of one, how good it is over the corpus in
//! `tests/pages/`, and the training of its weights.

pub mod corpus;
pub mod mutate;
pub mod score;
pub mod train;

use anyhow::{Context, Result};
use atsi::page::evidence::Evidence;
use atsi::page::evidence::weights::Weights;
use atsi::page::tree::Tree;
use atsi::page::words::Words;
use atsi::page::{html, reading};
use std::fs;
use std::path::Path;
#[cfg(test)]
use std::path::PathBuf;

/// The reader's data, as it ships.
pub struct Reader {
    pub words: Words,
    pub weights: Weights,
}

impl Reader {
    pub fn load() -> Result<Self> {
        Self::load_from(&crate::paths::root())
    }

    pub fn load_from(root: &Path) -> Result<Self> {
        let read = |name: &str| {
            let path = root.join("extension/reader").join(name);
            fs::read_to_string(&path).with_context(|| path.display().to_string())
        };
        Ok(Self {
            words: Words::parse(&read("words.json")?).context("words.json does not fit")?,
            weights: Weights::parse(&read("weights.json")?).context("weights.json does not fit")?,
        })
    }
}

/// The workspace's root, for tests: cargo runs them in the folder of their crate.
#[cfg(test)]
fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .unwrap_or_default()
}

/// Prints what is read of a file, and why.
pub fn read(file: &Path, url: &str) -> Result<()> {
    let reader = Reader::load()?;
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let url = match file.with_extension("json") {
        expected if url.is_empty() && expected.exists() => corpus::Expected::load(&expected)?.url,
        _ => url.to_owned(),
    };
    let snapshot = html::snapshot(&String::from_utf8_lossy(&bytes), &url, &[]);
    let evidence = Evidence::gather(Tree::new(&snapshot, &reader.words), &reader.weights);
    println!("{:#?}\n", reading::conclude(&evidence, &reader.weights));
    println!("{}", reading::explain(&evidence, &reader.weights));
    Ok(())
}

//! The pages of `tests/pages/` and what each should be read as.

use anyhow::{Context, Result};
use atsi::page::evidence::kind::Kind;
use serde::Deserialize;
use std::fs;
use std::path::Path;
use walkdir::WalkDir;

#[derive(Clone, Debug, Deserialize)]
pub struct Expected {
    pub url: String,
    pub page: Kind,
    #[serde(default)]
    pub name: Option<Name>,
    #[serde(default)]
    pub emails: Vec<String>,
    #[serde(default)]
    pub phones: Vec<String>,
    #[serde(default)]
    pub resume: Option<String>,
    #[serde(default)]
    pub title: Option<String>,
    #[serde(default)]
    pub company: Option<String>,
    /// The id or the address of each, and the name.
    #[serde(default)]
    pub people: Vec<(String, String)>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Name {
    Divided {
        first: String,
        last: String,
    },
    /// The person is asked which part is which.
    Asked {
        asks: String,
    },
}

impl Name {
    pub fn shown(&self) -> String {
        match self {
            Self::Divided { first, last } => format!("{first} {last}").trim().to_owned(),
            Self::Asked { asks } => asks.clone(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Sample {
    pub name: String,
    pub html: String,
    pub expected: Expected,
}

impl Expected {
    pub fn load(path: &Path) -> Result<Self> {
        let json = fs::read_to_string(path).with_context(|| path.display().to_string())?;
        serde_json::from_str(&json).with_context(|| path.display().to_string())
    }
}

impl Sample {
    /// Whether it is kept aside while the reader is developed.
    pub fn is_aside(&self) -> bool {
        let hash = self
            .name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            });
        hash.is_multiple_of(3)
    }
}

/// Every page of a copy of the repository, in the order of their names.
pub fn load(root: &Path) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for entry in WalkDir::new(root.join("tests/pages")).sort_by_file_name() {
        let path = entry?.into_path();
        if path.extension().is_none_or(|end| end != "html") {
            continue;
        }
        let html = fs::read(&path).with_context(|| path.display().to_string())?;
        samples.push(Sample {
            name: path
                .file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned(),
            html: String::from_utf8_lossy(&html).into_owned(),
            expected: Expected::load(&path.with_extension("json"))?,
        });
    }
    Ok(samples)
}

//! Hands the core its part of the recipes: what it reads of them, without what only the port reads.

use serde_json::{Map, Value};
use std::error::Error;
use std::path::Path;
use std::{env, fs};

const CORE_PARTS: &[&str] = &["site", "hosts", "except_hosts", "fields", "words"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=extension/recipes");
    let out = env::var("OUT_DIR")?;
    for site in ["jopwell", "greenhouse"] {
        let recipe = fs::read_to_string(format!("extension/recipes/{site}.json"))?;
        let recipe: Map<String, Value> =
            serde_json::from_str(&recipe).map_err(|error| format!("{site}.json: {error}"))?;
        let part: Map<String, Value> = recipe
            .into_iter()
            .filter(|(key, _)| CORE_PARTS.contains(&key.as_str()))
            .collect();
        fs::write(
            Path::new(&out).join(site).with_extension("json"),
            serde_json::to_string(&part)?,
        )?;
    }
    Ok(())
}

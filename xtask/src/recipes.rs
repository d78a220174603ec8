//! What the port needs of a recipe: its own part as a script, and the style that lets it notice
//! new elements (`animationstart`) without watching the document.

use anyhow::{Context, Result};
use serde_json::{Map, Value};
use std::fs;
use std::path::Path;

const PORT_PARTS: &[&str] = &["read", "rows", "job", "mount", "placeholder"];

/// Writes `recipes/{site}.js` and `.css` for every recipe in `from`.
pub fn build(from: &Path, sheet: &str, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .context("a recipe without a name")?
            .to_owned();
        let recipe: Map<String, Value> = serde_json::from_str(&fs::read_to_string(&path)?)
            .with_context(|| format!("{} is not JSON", path.display()))?;
        let part: Map<String, Value> = recipe
            .into_iter()
            .filter(|(key, _)| PORT_PARTS.contains(&key.as_str()))
            .collect();
        let mut script = format!(
            "globalThis.atsiRecipe = {};\nglobalThis.atsiSheet = {};\n",
            serde_json::to_string(&part)?,
            serde_json::to_string(sheet)?
        );
        if part.contains_key("placeholder") {
            // In the browser's language.
            script.push_str(
                "atsiRecipe.placeholder.label = (globalThis.browser ?? chrome).i18n.getMessage(atsiRecipe.placeholder.label);\n",
            );
        }
        fs::write(to.join(&name).with_extension("js"), script)?;
        fs::write(to.join(&name).with_extension("css"), style(&part))?;
    }
    Ok(())
}

fn style(recipe: &Map<String, Value>) -> String {
    let list = |part: &str, key: &str| {
        let list = recipe.get(part).and_then(|part| part.get(key));
        list.and_then(Value::as_array).into_iter().flatten()
    };
    let places = list("mount", "name").filter_map(|place| place.get("css"));
    // A profile whose evidence comes later than its name is looked at again.
    let evidence = list("placeholder", "needs");
    let rows = recipe.get("rows").and_then(|rows| rows.get("css"));
    let selectors: Vec<&str> = (places.chain(evidence).chain(rows))
        .filter_map(Value::as_str)
        .collect();
    let mut style = format!(
        "@keyframes atsi-appeared {{ from {{ --atsi: 0; }} }}\n:is({}) {{ animation: atsi-appeared 1ms; }}\n",
        selectors.join(", ")
    );
    if rows.is_some() {
        // See list.js.
        style.push_str(
            "[data-atsi-list='only'] [data-atsi-item='other'] { display: none !important; }\n\
             [data-atsi-list='rows'] [data-atsi-item='other'] { visibility: collapse !important; }\n",
        );
    }
    style
}

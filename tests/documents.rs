//! The documents and the tree agree: pictures exist and can be made again, links lead somewhere.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The Markdown files at the root, in `docs/` and in its folders, with their texts.
fn documents() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root(), root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && folder != root() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                found.push((path.clone(), fs::read_to_string(path).unwrap()));
            }
        }
    }
    found
}

/// The target of each Markdown link and picture that is a path of this tree.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://") && !target.contains(' '))
}

#[test]
fn link_of_a_document_leads_to_a_file() {
    for (document, text) in documents() {
        for target in links(&text) {
            let path = document.parent().unwrap().join(target);
            assert!(path.exists(), "{} links to {target}", document.display());
        }
    }
}

#[test]
fn picture_without_a_document_or_a_maker_fails() {
    let maker = fs::read_to_string(root().join("tests/demo/screenshots.js")).unwrap();
    let used: BTreeSet<PathBuf> = (documents().iter())
        .flat_map(|(document, text)| {
            let folder = document.parent().unwrap().to_owned();
            let pictures = links(text).filter(|target| target.ends_with(".png"));
            let paths: Vec<PathBuf> = pictures.map(|target| folder.join(target)).collect();
            paths
        })
        .map(|path| path.canonicalize().unwrap())
        .collect();
    for entry in fs::read_dir(root().join("docs/screenshots")).unwrap() {
        let path = entry.unwrap().path().canonicalize().unwrap();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        // Most pictures of the tour are shown in no document; the tour makes them all the same.
        let is_made = maker.contains(&format!("'{name}'"));
        assert!(
            is_made,
            "name {name}.png in tests/demo/screenshots.js, so that `./build.sh screenshots` makes it"
        );
        let of_tour = maker.split("const TESTS").next().unwrap();
        assert!(
            used.contains(&path) || of_tour.contains(&format!("'{name}'")),
            "no document shows {name}.png: delete it, or show it"
        );
    }
}

//! Circles among the files and subfolders of each folder. A circle of files anywhere is one of these: it
//! shows in the folder that holds all of its files.

use crate::modules::{Import, Target};
use std::collections::{BTreeMap, BTreeSet};

/// The parts of one folder: by part, those that it imports, each with one import as a sample.
type Graph = BTreeMap<String, BTreeMap<String, Import>>;

/// Files and subfolders of a folder that can all reach each other.
pub struct Circle {
    pub folder: String,
    pub parts: BTreeSet<String>,
    /// For each pair of parts one import, as a sample.
    pub imports: Vec<Import>,
}

impl std::fmt::Display for Circle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.parts)?;
        (self.imports.iter()).try_for_each(|import| write!(f, "\n    {import}"))
    }
}

/// Every circle of every folder.
pub fn circles(imports: &BTreeSet<Import>) -> Vec<Circle> {
    let mut folders: BTreeMap<String, Graph> = BTreeMap::new();
    for import in imports {
        let Target::File(to) = &import.to else {
            continue;
        };
        let (folder, from, to) = parts(&import.from, to);
        let graph = folders.entry(folder).or_default();
        let targets = graph.entry(from).or_default();
        targets.entry(to).or_insert_with(|| import.clone());
    }
    let found = |(folder, graph): (&String, &Graph)| circles_of(folder, graph);
    folders.iter().flat_map(found).collect()
}

/// The deepest folder with both files, and the file or subfolder of it on each side.
fn parts(from: &str, to: &str) -> (String, String, String) {
    let from: Vec<&str> = from.split('/').collect();
    let to: Vec<&str> = to.split('/').collect();
    let shared = (from.iter().zip(&to))
        .take_while(|(one, other)| one == other)
        .count();
    let part = |path: &[&str]| {
        let end = if path.len() > shared + 1 { "/" } else { "" };
        format!("{}{end}", path[..=shared].join("/"))
    };
    (from[..shared].join("/"), part(&from), part(&to))
}

/// A part that can be reached from itself is in a circle with all that can reach each other.
fn circles_of(folder: &str, graph: &Graph) -> Vec<Circle> {
    let reached: BTreeMap<&String, BTreeSet<&String>> = graph
        .keys()
        .map(|part| (part, reachable(graph, part)))
        .collect();
    let mut seen: BTreeSet<&String> = BTreeSet::new();
    let mut found = Vec::new();
    for (part, others) in &reached {
        if seen.contains(part) || !others.contains(part) {
            continue;
        }
        let circle: BTreeSet<&String> = (others.iter().copied())
            .filter(|other| reached.get(other).is_some_and(|back| back.contains(part)))
            .collect();
        seen.extend(circle.iter().copied());
        let inside = graph.iter().filter(|(from, _)| circle.contains(from));
        let imports = inside
            .flat_map(|(_, targets)| targets)
            .filter(|(to, _)| circle.contains(to))
            .map(|(_, import)| import.clone())
            .collect();
        found.push(Circle {
            folder: folder.to_owned(),
            parts: circle.into_iter().cloned().collect(),
            imports,
        });
    }
    found
}

fn reachable<'a>(graph: &'a Graph, start: &str) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&String> = graph
        .get(start)
        .into_iter()
        .flat_map(BTreeMap::keys)
        .collect();
    while let Some(part) = open.pop() {
        if reached.insert(part) {
            open.extend(graph.get(part).into_iter().flat_map(BTreeMap::keys));
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    fn import(from: &str, to: &str) -> Import {
        Import {
            from: from.to_owned(),
            line: 1,
            path: String::new(),
            to: Target::File(to.to_owned()),
        }
    }

    #[test]
    fn circle_through_two_folders_is_found_between_them() {
        let imports = [
            import("src/a/one.rs", "src/b/two.rs"),
            import("src/b/three.rs", "src/a/four.rs"),
            import("src/a/one.rs", "src/a/four.rs"),
        ];
        let found = circles(&imports.into());
        assert_eq!(found.len(), 1);
        let expected: BTreeSet<String> = ["src/a/".to_owned(), "src/b/".to_owned()].into();
        assert_eq!((&found[0].parts, found[0].imports.len()), (&expected, 2));
        assert_eq!(found[0].folder, "src");
    }

    #[test]
    fn imports_that_run_one_way_are_no_circle() {
        let imports = [
            import("src/a.rs", "src/b.rs"),
            import("src/b.rs", "src/c.rs"),
            import("src/a.rs", "src/c.rs"),
        ];
        assert!(circles(&imports.into()).is_empty());
    }
}

//! Imports run one way: what ARCHITECTURE.md draws is what the `use` lines say. Also: a file of code is a
//! room with one purpose, so it has at most 600 lines, or a reason in its first line.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod circles;
mod modules;

use circles::circles;
use modules::{Crate, Import, Target};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

/// Every crate, with its roots.
const CRATES: &[(&str, &[&str])] = &[
    ("atsi", &["src/lib.rs"]),
    ("atsi_protocol", &["protocol/src/lib.rs"]),
    ("atsi_greenhouse", &["greenhouse/src/lib.rs"]),
    ("atsi_proxy", &["proxy/src/lib.rs", "proxy/src/main.rs"]),
    (
        "atsi_sandbox",
        &["sandbox/src/lib.rs", "sandbox/src/main.rs"],
    ),
    ("xtask", &["xtask/src/main.rs"]),
];

/// What a part of the tree must not import. Paths are prefixes; a crate has the name that is imported.
struct Rule {
    part: &'static str,
    never: &'static [&'static str],
    why: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        part: "protocol/",
        never: &["atsi_", "atsi"],
        why: "the protocol knows nobody",
    },
    Rule {
        part: "greenhouse/",
        never: &["atsi_", "atsi"],
        why: "the Greenhouse client is useful to anyone on its own",
    },
    Rule {
        part: "sandbox/",
        never: &["atsi_", "atsi"],
        why: "a stand-in that shares code with what it tests would share its faults",
    },
    Rule {
        part: "src/",
        never: &["atsi_greenhouse", "atsi_proxy", "atsi_sandbox"],
        why: "the core knows the protocol, and reaches Greenhouse through the proxy only",
    },
    Rule {
        part: "proxy/",
        never: &["atsi_sandbox", "atsi"],
        why: "the proxy knows the protocol and the Greenhouse client",
    },
    Rule {
        part: "src/page/",
        never: &[
            "src/state",
            "src/flow",
            "src/view",
            "src/core.rs",
            "src/action",
        ],
        why: "reading a page needs the page only",
    },
    Rule {
        part: "src/state/",
        never: &["src/flow", "src/view", "src/core.rs"],
        why: "the state is what flow and view share; it knows neither",
    },
    Rule {
        part: "src/flow/",
        never: &["src/view", "src/core.rs"],
        why: "flow decides and never builds nodes",
    },
    Rule {
        part: "src/view/",
        never: &["src/flow", "src/core.rs"],
        why: "a view is made of the state alone",
    },
    Rule {
        part: "src/language.rs",
        never: &[
            "src/state",
            "src/flow",
            "src/view",
            "src/page",
            "src/core.rs",
        ],
        why: "texts know nothing of what they are said about",
    },
    Rule {
        part: "proxy/src/store/",
        never: &[
            "proxy/src/http",
            "proxy/src/app",
            "proxy/src/delivery",
            "proxy/src/polling",
            "proxy/src/callback",
            "proxy/src/mail/",
            "proxy/src/live",
        ],
        why: "the store keeps what it is given; whoever uses it comes above it",
    },
    Rule {
        part: "proxy/src/delivery/",
        never: &["proxy/src/http", "proxy/src/app/"],
        why: "work goes on without a request",
    },
    Rule {
        part: "proxy/src/polling/",
        never: &["proxy/src/http", "proxy/src/app/"],
        why: "work goes on without a request",
    },
    Rule {
        part: "proxy/src/callback/",
        never: &["proxy/src/http", "proxy/src/app/"],
        why: "work goes on without a request",
    },
    Rule {
        part: "proxy/src/mail/",
        never: &["proxy/src/http", "proxy/src/app/"],
        why: "work goes on without a request",
    },
    Rule {
        part: "proxy/src/live/",
        never: &["proxy/src/http", "proxy/src/app/"],
        why: "routes hand sockets to the live channel, not the other way around",
    },
];

/// Imports that break a rule and are still to go, by the file or folder of each side. Empty at the end.
const KNOWN_BREAKS: &[(&str, &str)] = &[];

/// Folders whose files and subfolders still have a circle. Empty at the end.
const KNOWN_CIRCLES: &[&str] = &[
    "proxy/src/store/sql",
    "src/browser",
    "src/browser/pages",
    "src/flow",
    "src/page",
    "src/page/evidence",
    "src/page/evidence/structured",
    "src/page/name",
    "src/view",
];

/// Files that are too long and still to be split. Empty at the end.
const KNOWN_LONG: &[&str] = &[
    "extension/pages.css",
    "proxy/benches/proxy.rs",
    "src/flow/live/tests.rs",
    "src/page/evidence/work.rs",
    "src/page/html.rs",
    "src/page/phone.rs",
    "src/page/tree.rs",
    "tests/browser/driver.js",
];

const MOST_LINES: usize = 600;
const CODE: [&str; 7] = ["rs", "js", "css", "html", "sql", "sh", "c"];
/// Folders at the root that hold no code of ours.
const NOT_OURS: [&str; 6] = [
    ".git",
    "dist",
    "node_modules",
    "target",
    "test-output",
    "proptest-regressions",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Every import of every crate, read once for all tests.
static IMPORTS: LazyLock<BTreeSet<Import>> = LazyLock::new(|| {
    let crates = CRATES.iter();
    let crates = crates.map(|(name, roots)| Crate::read(&root(), name, roots));
    crates.flat_map(|found| found.imports()).collect()
});

/// `prefix` itself, a file or folder below it, or a crate whose name begins so.
fn is_below(target: &Target, prefix: &str) -> bool {
    match target {
        Target::File(file) => prefix.contains('/') && file.starts_with(prefix),
        Target::Crate(name) if prefix.ends_with('_') => name.starts_with(prefix),
        Target::Crate(name) => name == prefix,
    }
}

#[test]
fn import_that_breaks_a_rule_fails() {
    let mut broken = Vec::new();
    let mut known = BTreeSet::new();
    for import in IMPORTS.iter() {
        for rule in RULES
            .iter()
            .filter(|rule| import.from.starts_with(rule.part))
        {
            if !rule.never.iter().any(|never| is_below(&import.to, never)) {
                continue;
            }
            let excuse = KNOWN_BREAKS
                .iter()
                .find(|(from, to)| import.from.starts_with(from) && is_below(&import.to, to));
            match excuse {
                Some(excuse) => _ = known.insert(*excuse),
                None => broken.push(format!("{import}\n    but {}", rule.why)),
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let gone: Vec<_> = KNOWN_BREAKS
        .iter()
        .filter(|one| !known.contains(one))
        .collect();
    assert!(gone.is_empty(), "remove from KNOWN_BREAKS: {gone:?}");
}

#[test]
fn browser_imported_by_anyone_but_lib_fails() {
    let wrong: Vec<String> = (IMPORTS.iter())
        .filter(|import| is_below(&import.to, "src/browser"))
        .filter(|import| !import.from.starts_with("src/browser") && import.from != "src/lib.rs")
        .map(ToString::to_string)
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn file_that_imports_both_flow_and_view_is_core_or_browser() {
    let mut sides: BTreeMap<String, [Option<Import>; 2]> = BTreeMap::new();
    for import in IMPORTS.iter() {
        for (side, room) in ["src/flow", "src/view"].into_iter().enumerate() {
            let inside = import.from.starts_with(room);
            if is_below(&import.to, room) && !inside && !import.from.starts_with("src/browser") {
                sides.entry(import.from.clone()).or_default()[side] = Some(import.clone());
            }
        }
    }
    for (file, sides) in sides {
        if let [Some(flow), Some(view)] = sides {
            assert_eq!(
                file, "src/core.rs",
                "only core.rs knows both:\n{flow}\n{view}"
            );
        }
    }
}

#[test]
fn circle_between_files_or_folders_fails() {
    let found = circles(&IMPORTS);
    let new: Vec<String> = (found.iter())
        .filter(|circle| !KNOWN_CIRCLES.contains(&circle.folder.as_str()))
        .map(ToString::to_string)
        .collect();
    assert!(new.is_empty(), "in a circle:\n{}", new.join("\n"));
    let gone: Vec<_> = (KNOWN_CIRCLES.iter())
        .filter(|known| !found.iter().any(|circle| circle.folder == **known))
        .collect();
    assert!(gone.is_empty(), "remove from KNOWN_CIRCLES: {gone:?}");
}

#[test]
fn file_over_600_lines_without_a_reason_fails() {
    let mut long = BTreeSet::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                let is_ours = folder != root() || !NOT_OURS.contains(&name.as_str());
                // `fuzz` is a workspace of its own, with its own outputs.
                if is_ours && !["target", "corpus", "artifacts"].contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if path
                .extension()
                .is_some_and(|end| CODE.iter().any(|code| end == *code))
            {
                let text = fs::read_to_string(&path).unwrap();
                let has_reason =
                    (text.lines().next()).is_some_and(|first| first.contains("600 lines"));
                if text.lines().count() > MOST_LINES && !has_reason {
                    let name = path.strip_prefix(root()).unwrap().to_string_lossy();
                    long.insert(name.replace('\\', "/"));
                }
            }
        }
    }
    let known: BTreeSet<String> = KNOWN_LONG.iter().map(|file| (*file).to_owned()).collect();
    let new: Vec<_> = long.difference(&known).collect();
    assert!(
        new.is_empty(),
        "over {MOST_LINES} lines: split it by purpose, or say in its first line why it has over 600 lines: {new:?}"
    );
    let gone: Vec<_> = known.difference(&long).collect();
    assert!(gone.is_empty(), "remove from KNOWN_LONG: {gone:?}");
}

//! The rules of `proxy/migrations/README.md`.

use sha2::{Digest, Sha256};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const DATABASES: [(&str, &str); 2] = [
    ("postgres", "-- Only PostgreSQL: "),
    ("sqlite", "-- Only SQLite: "),
];
/// Up to here each folder had numbers of its own.
const LAST_OF_ITS_OWN: u32 = 47;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations")
}

/// The files of a database by their names.
fn files(database: &str) -> BTreeMap<String, String> {
    fs::read_dir(folder().join(database))
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            (name, fs::read_to_string(entry.path()).unwrap())
        })
        .collect()
}

fn number_of(name: &str) -> u32 {
    let (number, rest) = name.split_once('_').unwrap_or_default();
    let is_well_named = number.len() == 4 && rest.ends_with(".sql");
    assert!(is_well_named, "{name} is not named like 0048_notes.sql");
    number.parse().unwrap()
}

#[test]
fn released_migrations_keep_their_names_and_content() {
    let released = fs::read_to_string(folder().join("released.sha256")).unwrap();
    for line in released.lines() {
        let (digest, path) = line.split_once("  ").unwrap();
        let content = fs::read(folder().join(path)).unwrap_or_default();
        assert_eq!(
            hex::encode(Sha256::digest(&content)),
            digest,
            "{path} is released: databases have applied it. Restore it, and write a new migration."
        );
    }
    for (database, _) in DATABASES {
        for name in files(database).keys() {
            let is_listed = released.contains(&format!("  {database}/{name}\n"));
            assert!(
                is_listed || number_of(name) > LAST_OF_ITS_OWN,
                "{database}/{name} has a number that is taken. Use the highest number of both folders plus one."
            );
        }
    }
}

#[test]
fn new_migration_exists_for_both_databases_or_says_why_not() {
    let [postgres, sqlite] = DATABASES.map(|(database, _)| files(database));
    for (files, others, (database, note)) in [
        (&postgres, &sqlite, DATABASES[0]),
        (&sqlite, &postgres, DATABASES[1]),
    ] {
        let mut numbers = BTreeSet::new();
        for (name, content) in files {
            let number = number_of(name);
            assert!(
                numbers.insert(number),
                "{database} has the number {number} twice"
            );
            let is_excused = number <= LAST_OF_ITS_OWN || content.starts_with(note);
            assert!(
                others.contains_key(name) || is_excused,
                "{name} is missing for the other database. Add it, or begin {database}/{name} with \
                 \"{note}\" and the reason."
            );
            let clashes = (others.keys()).any(|other| {
                number > LAST_OF_ITS_OWN && other != name && number_of(other) == number
            });
            assert!(
                !clashes,
                "the two files with the number {number} have different names"
            );
        }
    }
}

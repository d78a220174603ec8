//! The short run of a fuzz target: variations on seeds, the same in every run.

use proptest::{
    collection::vec,
    prelude::*,
    sample::Index,
    test_runner::{Config, RngSeed, TestRunner},
};
use serde_json::{Value, json};
use std::path::Path;

const VARIATIONS: u32 = 1500;

#[derive(Clone, Debug)]
enum Edit {
    Set(Index, u8),
    Cut(Index, u8),
    Repeat(Index, u8),
}

/// Runs `target` on every file in `folder`, a path from the root of the repository, and on variations
/// of them. Fails with the smallest input
/// found that `target` panics on.
pub fn run(folder: &str, target: fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let seeds: Vec<Value> = files
        .iter()
        .map(|file| {
            let bytes = std::fs::read(file).unwrap();
            target(&bytes);
            serde_json::from_slice(&bytes).unwrap_or_else(|_| panic!("{}", file.display()))
        })
        .collect();
    assert!(!seeds.is_empty());
    let bytes = any::<Index>().prop_flat_map(|at| {
        prop_oneof![
            any::<u8>().prop_map(move |byte| Edit::Set(at, byte)),
            any::<u8>().prop_map(move |length| Edit::Cut(at, length)),
            any::<u8>().prop_map(move |length| Edit::Repeat(at, length)),
        ]
    });
    // Most stay JSON, because anything else is refused at once.
    let edits = prop_oneof![4 => Just(vec![]), 1 => vec(bytes, 1..3)];
    let nodes = vec((any::<Index>(), odd()), 0..4);
    let mut runner = TestRunner::new(Config {
        cases: VARIATIONS,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..Config::default()
    });
    let variations = (proptest::sample::select(seeds), nodes, edits);
    runner
        .run(&variations, |(mut json, nodes, edits)| {
            for (at, value) in nodes {
                let mut at = at.index(count(&json));
                replace(&mut json, &mut at, &value);
            }
            let mut bytes = json.to_string().into_bytes();
            for edit in edits {
                apply(&edit, &mut bytes);
            }
            target(&bytes);
            Ok(())
        })
        .unwrap();
}

fn odd() -> impl Strategy<Value = Value> {
    let nested = (0..100).fold(json!(1), |inner, _| json!([inner]));
    let values = vec![
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(i64::MAX),
        json!(i64::MAX as u64 + 1),
        json!(u64::MAX),
        json!([]),
        json!({}),
        json!(""),
        json!(" "),
        json!("\u{0}\u{202e}İ\u{fffd}"),
        json!("https://[::1]:0/%00%zz?#"),
        json!("mailto:a@b@c"),
        json!("9999-12-31T23:59:60.999999999999+24:00"),
        json!("x ".repeat(40_000)),
        nested,
    ];
    prop_oneof![
        proptest::sample::select(values),
        any::<u64>().prop_map(|number| json!(number)),
        "\\PC{0,12}".prop_map(|text| json!(text)),
    ]
}

fn count(json: &Value) -> usize {
    1 + match json {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum::<usize>(),
        _ => 0,
    }
}

/// Puts `value` at the node number `at`, counted from the root.
fn replace(json: &mut Value, at: &mut usize, value: &Value) -> bool {
    if *at == 0 {
        *json = value.clone();
        return true;
    }
    *at -= 1;
    match json {
        Value::Array(items) => items.iter_mut().any(|item| replace(item, at, value)),
        Value::Object(fields) => fields.values_mut().any(|field| replace(field, at, value)),
        _ => false,
    }
}

fn apply(edit: &Edit, bytes: &mut Vec<u8>) {
    let piece = |at: &Index, length: u8| {
        let from = at.index(bytes.len().max(1)).min(bytes.len());
        from..from.saturating_add(length.into()).min(bytes.len())
    };
    match edit {
        Edit::Set(at, byte) => {
            let at = at.index(bytes.len().max(1));
            if let Some(place) = bytes.get_mut(at) {
                *place = *byte;
            }
        }
        Edit::Cut(at, length) => {
            let piece = piece(at, *length);
            bytes.drain(piece);
        }
        Edit::Repeat(at, length) => {
            let piece = piece(at, *length);
            let copy = bytes[piece.clone()].to_vec();
            bytes.splice(piece.end..piece.end, copy);
        }
    }
}

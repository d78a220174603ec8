//! Each threat of `docs/security.md` names a test, and each test named is there.

use std::path::Path;

#[test]
fn test_named_by_the_threat_model_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let document = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let named: Vec<(&str, &str)> = document
        .split('`')
        .filter_map(|code| code.split_once("::"))
        .filter(|(file, _)| file.contains('/'))
        .collect();
    for (file, name) in &named {
        let source = std::fs::read_to_string(root.join(file))
            .unwrap_or_else(|_| panic!("{file} is not there"));
        let is_there = if file.ends_with(".rs") {
            source.contains(&format!("fn {name}("))
        } else {
            source.contains(name)
        };
        assert!(is_there, "{file} has no test {name}");
    }
    let threats = document
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains("`"));
    assert!(named.len() >= threats.count(), "a threat has no test");
    assert!(named.len() > 20);
}

//! Every text has its counterpart in each catalog, and no catalog holds one that nobody says any more.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use atsi_protocol::{HoldReason, ProblemCode};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

const PAGES: [&str; 5] = ["candidates", "job", "options", "popup", "welcome"];
/// Attributes with words in them, as `translate.js` has them.
const NAMED: [&str; 4] = ["aria-label", "alt", "placeholder", "title"];
/// Elements without an end.
const VOID: [&str; 5] = ["img", "input", "link", "meta", "br"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

fn catalogs() -> BTreeMap<String, BTreeMap<String, String>> {
    let folder = fs::read_dir(root().join("extension/languages")).unwrap();
    let read = |path: PathBuf| {
        let texts = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        (
            path.file_stem().unwrap().to_str().unwrap().to_owned(),
            texts,
        )
    };
    folder.map(|entry| read(entry.unwrap().path())).collect()
}

/// The files below a folder with this ending.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.extension().is_some_and(|found| found == ending) {
            found.push(path);
        }
    }
    found
}

/// What a Rust literal says, from behind its first quote.
fn literal(source: &str) -> String {
    let mut said = String::new();
    let mut chars = source.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' => return said,
            '\\' => match chars.next().unwrap() {
                'n' => said.push('\n'),
                '\n' => while chars.next_if(|char| char.is_whitespace()).is_some() {},
                escaped => said.push(escaped),
            },
            char => said.push(char),
        }
    }
    panic!("a text without an end: {said}")
}

/// What `say!` and `key!` say in the core, and in the proxy.
fn said() -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let proxy = files(&root().join("proxy/src"), "rs");
    for file in files(&root().join("src"), "rs").into_iter().chain(proxy) {
        let source = fs::read_to_string(&file).unwrap();
        // Tests stand last, and their texts are in no catalog.
        let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
        let is_code = |line: &&str| !line.trim_start().starts_with("//");
        let source = source
            .lines()
            .filter(is_code)
            .collect::<Vec<_>>()
            .join("\n");
        for call in ["say!(", "key!("] {
            for behind in source.split(call).skip(1) {
                if let Some(text) = behind.trim_start().strip_prefix('"') {
                    keys.insert(literal(text));
                }
            }
        }
    }
    assert!(keys.len() > 200, "the core says something");
    keys
}

#[derive(Default)]
struct Element {
    name: String,
    /// Its own text as `translate.js` makes a key of it, with its elements' inside.
    key: String,
    has_text: bool,
    /// What its elements say, where it says nothing by itself.
    inner: Vec<String>,
    is_translated: bool,
}

/// What a page of ours says by itself: a twin of `translate.js`, for the little HTML that the pages use.
fn written(page: &str) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    let mut open = vec![Element {
        is_translated: true,
        ..Element::default()
    }];
    let mut rest = page;
    while let Some(at) = rest.find('<') {
        add_text(&mut open, &rest[..at]);
        let (tag, behind) = rest[at + 1..].split_once('>').unwrap();
        rest = behind;
        if tag.starts_with('!') {
            continue;
        }
        if tag.starts_with('/') {
            close(&mut open);
            continue;
        }
        let (name, attributes) = tag.split_once([' ', '\n']).unwrap_or((tag, ""));
        let is_translated = !attributes.contains("translate=\"no\"");
        for attribute in NAMED {
            let value = attributes
                .split_once(&format!("{attribute}=\""))
                .map(|(_, value)| value);
            let value = value
                .and_then(|value| value.split_once('"'))
                .map_or("", |(value, _)| value);
            if !value.is_empty() {
                keys.insert(plain(value));
            }
        }
        open.push(Element {
            name: name.to_owned(),
            is_translated,
            ..Element::default()
        });
        if VOID.contains(&name) {
            close(&mut open);
        }
    }
    assert_eq!(open.len(), 1, "every element of the page is closed");
    keys.extend(open.remove(0).inner);
    keys
}

fn add_text(open: &mut [Element], text: &str) {
    let element = open.last_mut().unwrap();
    element.key += text;
    element.has_text |= !text.trim().is_empty();
}

fn close(open: &mut Vec<Element>) {
    let element = open.pop().unwrap();
    let parent = open.last_mut().unwrap();
    if element.is_translated && !["script", "style"].contains(&&*element.name) {
        if element.has_text {
            parent.inner.push(numbered(&element.key));
        } else {
            parent.inner.extend(element.inner);
        }
    }
    // Numbered once it is known which element the text belongs to.
    parent.key += &format!("<>{}</>", element.key);
}

/// `<>` and `</>` with the numbers of the elements, as they come.
fn numbered(key: &str) -> String {
    let mut numbered = String::new();
    let (mut last, mut open) = (0, Vec::new());
    let mut rest = key;
    while let Some(at) = rest.find('<') {
        numbered += &rest[..at];
        if let Some(behind) = rest[at..].strip_prefix("<>") {
            last += 1;
            open.push(last);
            numbered += &format!("<{last}>");
            rest = behind;
        } else {
            numbered += &format!("</{}>", open.pop().unwrap());
            rest = &rest[at + "</>".len()..];
        }
    }
    plain(&(numbered + rest))
}

fn plain(text: &str) -> String {
    let text = text
        .replace("&amp;", "&")
        .replace("&lt;", "<")
        .replace("&quot;", "\"");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What the proxy says of a problem and of an application that it holds: each has its code.
fn answered() -> BTreeSet<String> {
    let titles = ProblemCode::ALL.iter().map(|code| code.title().to_owned());
    let holds = HoldReason::ALL
        .iter()
        .map(|reason| reason.sentence().to_owned());
    titles.chain(holds).collect()
}

/// What is said at a terminal, in a log and to whoever runs the proxy; nobody else reads it.
const OF_OPERATORS: [&str; 12] = [
    "admin.rs",
    "cli.rs",
    "config.rs",
    "lib.rs",
    "mail/mod.rs",
    "main.rs",
    "metrics.rs",
    "seal.rs",
    "startup.rs",
    "store/mod.rs",
    "tls.rs",
    "http/mod.rs",
];

/// Whatever else is a sentence in the proxy, or in what it shares with the core, reaches a person sooner or later.
fn sentences() -> BTreeSet<String> {
    let mut sentences = BTreeSet::new();
    for folder in ["proxy/src", "protocol/src"] {
        let folder = root().join(folder);
        for file in files(&folder, "rs") {
            let name = file.strip_prefix(&folder).unwrap().to_str().unwrap();
            if OF_OPERATORS.contains(&name) {
                continue;
            }
            let source = fs::read_to_string(&file).unwrap();
            sentences.extend(
                literals(&source)
                    .into_iter()
                    .filter(|text| is_sentence(text)),
            );
        }
    }
    assert!(sentences.len() > 100, "the proxy says something");
    sentences
}

/// The texts of a source, without its comments and its tests.
fn literals(source: &str) -> Vec<String> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    let is_code = |line: &&str| !line.trim_start().starts_with("//");
    let source: Vec<_> = source.lines().filter(is_code).collect();
    let source = source.join("\n").replace("'\"'", "");
    let mut rest = &*source;
    let mut found = Vec::new();
    while let Some((_, behind)) = rest.split_once('"') {
        found.push(literal(behind));
        let mut is_escaped = false;
        let end = behind.find(|char| {
            let ends = char == '"' && !is_escaped;
            is_escaped = char == '\\' && !is_escaped;
            ends
        });
        rest = &behind[end.unwrap() + 1..];
    }
    found
}

/// It begins as one, ends as one, and says something besides its values.
fn is_sentence(text: &str) -> bool {
    let own: usize = literal_parts(text).iter().map(|part| part.len()).sum();
    text.starts_with(|first: char| first.is_uppercase() || first == '{')
        && text.ends_with('.')
        && text.contains(' ')
        && own > 10
}

/// What stands around the holes of a text.
fn literal_parts(text: &str) -> Vec<&str> {
    text.split('{')
        .map(|part| part.split_once('}').map_or(part, |(_, text)| text))
        .collect()
}

fn all_keys() -> BTreeSet<String> {
    let mut keys = said();
    for page in PAGES {
        let html = fs::read_to_string(root().join(format!("extension/{page}.html"))).unwrap();
        keys.extend(written(&html));
    }
    keys.extend(answered());
    keys
}

/// Holes and numbered elements, which a translation must have, too.
fn holes(text: &str) -> BTreeSet<&str> {
    let mut holes = BTreeSet::new();
    for (open, end) in [('{', '}'), ('<', '>')] {
        let parts = text.split(open).skip(1);
        holes.extend(
            parts
                .filter_map(|part| part.split_once(end))
                .map(|(name, _)| name),
        );
    }
    holes
}

/// The sources of the proxy, for the texts in them.
fn sentences_of_the_proxy() -> String {
    let mut texts = String::new();
    for folder in ["proxy/src", "protocol/src"] {
        for file in files(&root().join(folder), "rs") {
            let source = fs::read_to_string(file).unwrap();
            // Where a text goes on in the next line of the source, it does so here.
            for line in source.lines() {
                match line.strip_suffix('\\') {
                    Some(begun) => texts += begun.trim_start(),
                    None => texts.extend([line.trim_start(), "\n"]),
                }
            }
        }
    }
    texts
}

#[test]
fn every_text_is_translated() {
    let keys = all_keys();
    for (language, catalog) in catalogs() {
        let missing: Vec<_> = keys
            .iter()
            .filter(|key| !catalog.contains_key(*key))
            .collect();
        assert!(
            missing.is_empty(),
            "{language}.json lacks {}",
            serde_json::to_string_pretty(&missing).unwrap()
        );
    }
}

#[test]
fn every_sentence_of_the_proxy_is_translated() {
    for (language, catalog) in catalogs() {
        // What a value is called matters to the catalog alone.
        let known: BTreeSet<_> = catalog.keys().map(|key| literal_parts(key)).collect();
        let sentences = sentences();
        let missing: Vec<_> = (sentences.iter())
            .filter(|sentence| !known.contains(&literal_parts(sentence)))
            .collect();
        assert!(missing.is_empty(), "{language}.json lacks {missing:#?}");
    }
}

#[test]
fn no_translation_is_of_a_text_that_nobody_says() {
    let keys = all_keys();
    let proxy = sentences_of_the_proxy();
    for (language, catalog) in catalogs() {
        let is_of_proxy = |key: &str| {
            literal_parts(key)
                .into_iter()
                .all(|literal| proxy.contains(literal.trim()))
        };
        let stale: Vec<_> = (catalog.keys())
            .filter(|key| !keys.contains(*key) && !is_of_proxy(key))
            .collect();
        assert!(
            stale.is_empty(),
            "nobody says what {language}.json has: {stale:#?}"
        );
    }
}

#[test]
fn a_translation_has_the_holes_of_its_text_and_says_something() {
    for (language, catalog) in catalogs() {
        for (key, text) in &catalog {
            assert_eq!(holes(key), holes(text), "{language}: {key}");
            assert!(!text.trim().is_empty(), "{language}: {key}");
            assert_eq!(
                key.starts_with(' ') || key.starts_with(','),
                text.starts_with(' ') || text.starts_with(','),
                "{language}: a text that continues another: {key}"
            );
        }
    }
}

/// Pictures are not translated: what stands in one is a name, or a word of Greenhouse's or Jopwell's own, which are
/// English.
#[test]
fn a_picture_holds_no_words_of_ours() {
    const THEIRS: [&str; 28] = [
        "API Credential Management",
        "API Credentials",
        "API type",
        "ATSi",
        "Ben Castell",
        "Candidate Ingestion",
        "Copy",
        "Create",
        "Create New API Key",
        "Description",
        "Dev Center",
        "Greenhouse",
        "Greenhouse · API Credential Management",
        "Greenhouse · Configure",
        "Greenhouse · Create New API Key",
        "Imani Okafor",
        "Integrations",
        "Jopwell",
        "Noor Haddad",
        "Organization",
        "Partner",
        "Phone Interview",
        // The badge, which is the same in every language.
        "Source = Jopwell",
        "Users",
        "Web Hooks",
        "greenhouse.io",
        "jopwell.com",
        "•••• •••• •••• •••• 3f9a",
    ];
    let mut words = BTreeSet::new();
    for picture in files(&root().join("extension/pictures"), "svg") {
        let picture = fs::read_to_string(picture).unwrap();
        let texts = picture.split("<text").skip(1).map(|text| {
            let (_, text) = text.split_once('>').unwrap();
            text.split_once('<').unwrap().0.to_owned()
        });
        words.extend(texts);
    }
    assert_eq!(words, THEIRS.map(str::to_owned).into());
}

#[test]
fn sentences_are_found_in_a_source_and_nothing_else() {
    let source = "// \"Not this one.\"\nlet a = \"It \\\"is\\\" \\\n  here.\"; let b = ('\"', \"no sentence\");\n\
        say(\"{name} came {often} times.\", \"{field} {reason}.\");\n#[cfg(test)]\nmod tests { \"Nor this one.\" }";
    let found: Vec<_> = (literals(source).into_iter())
        .filter(|text| is_sentence(text))
        .collect();
    assert_eq!(found, ["It \"is\" here.", "{name} came {often} times."]);
}

#[test]
fn keys_are_found_in_a_page_as_the_page_finds_them() {
    let page = "<p>Press <strong>Make <em>a</em> key</strong>, <a href=\"#\">or not</a>.</p>\n\
        <div><h2 aria-label=\"Of\n it\">Title</h2><input placeholder=\"Any\"> <b translate=\"no\">ATSi</b></div>";
    let expected = [
        "Press <1>Make <2>a</2> key</1>, <3>or not</3>.",
        "Of it",
        "Title",
        "Any",
    ];
    assert_eq!(written(page), expected.map(str::to_owned).into());
}

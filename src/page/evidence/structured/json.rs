//! JSON-LD, as pages have it: with raw line breaks, trailing commas, comments and entities.

use super::super::field::Feature;
use super::{Item, Items, Value, local_name};
use crate::page::snapshot::NodeId;
use serde_json::Value as Json;

const MAX_DEPTH: usize = 8;

pub fn read(items: &mut Items, source: &str, node: NodeId) {
    for json in parse(source) {
        add(items, &json, node, None, 0);
    }
}

/// Reads what a browser's search engine would forgive.
fn parse(source: &str) -> Vec<Json> {
    let mut text = source.trim();
    for (start, end) in [
        ("<!--", "-->"),
        ("//<![CDATA[", "//]]>"),
        ("/*<![CDATA[*/", "/*]]>*/"),
        ("<![CDATA[", "]]>"),
        ("// <![CDATA[", "// ]]>"),
    ] {
        text = text.strip_prefix(start).unwrap_or(text).trim();
        text = text.strip_suffix(end).unwrap_or(text).trim();
    }
    text = text.trim_end_matches(';').trim();
    if let Ok(json) = serde_json::from_str(text) {
        return vec![json];
    }
    let decoded;
    if text.contains("{&quot;") || text.contains("{ &quot;") || text.contains("&quot;:") {
        decoded = entities(text);
        text = &decoded;
    }
    let mended = mend(text);
    let stream = serde_json::Deserializer::from_str(&mended).into_iter::<Json>();
    stream.map_while(Result::ok).take(20).collect()
}

/// Escapes raw control characters inside of strings; drops comments and commas before a closing
/// bracket.
fn mend(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_string = false;
    let mut is_escaped = false;
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if in_string {
            match c {
                '\n' if !is_escaped => out.push_str("\\n"),
                '\t' if !is_escaped => out.push_str("\\t"),
                c if c.is_control() => out.push(' '),
                // `\'` is no escape of JSON's.
                '\'' if is_escaped => {
                    out.pop();
                    out.push('\'');
                }
                c => out.push(c),
            }
            in_string = c != '"' || is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        match c {
            '"' => {
                in_string = true;
                is_escaped = false;
                out.push(c);
            }
            '/' if rest.peek() == Some(&'/') => while rest.next_if(|c| *c != '\n').is_some() {},
            '/' if rest.peek() == Some(&'*') => {
                let mut was_star = false;
                for c in rest.by_ref() {
                    if was_star && c == '/' {
                        break;
                    }
                    was_star = c == '*';
                }
            }
            '}' | ']' => {
                let kept = out.trim_end().trim_end_matches(',').len();
                out.truncate(kept);
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

fn add(
    items: &mut Items,
    json: &Json,
    node: NodeId,
    within: Option<(usize, String)>,
    depth: usize,
) -> Option<usize> {
    if depth > MAX_DEPTH {
        return None;
    }
    match json {
        Json::Array(list) => {
            for inner in list {
                add(items, inner, node, within.clone(), depth + 1);
            }
            None
        }
        Json::Object(object) => {
            let types = match object.get("@type") {
                Some(Json::String(name)) => vec![local_name(name)],
                Some(Json::Array(names)) => names
                    .iter()
                    .filter_map(Json::as_str)
                    .map(local_name)
                    .collect(),
                _ => Vec::new(),
            };
            let id = object.get("@id").and_then(Json::as_str).map(str::to_owned);
            let index = items.add(Item {
                types,
                id,
                within,
                properties: Vec::new(),
                node,
                notation: Feature::JsonLd,
            })?;
            for (name, value) in object
                .iter()
                .filter(|(name, _)| !matches!(name.as_str(), "@type" | "@id" | "@context"))
            {
                let name = if name.starts_with('@') {
                    name.clone()
                } else {
                    local_name(name)
                };
                property(items, index, &name, value, node, depth);
            }
            Some(index)
        }
        _ => None,
    }
}

fn property(items: &mut Items, item: usize, name: &str, value: &Json, node: NodeId, depth: usize) {
    let found = match value {
        Json::Array(list) => {
            for inner in list.iter().take(50) {
                property(items, item, name, inner, node, depth + 1);
            }
            return;
        }
        Json::Object(object) => {
            if let Some(text) = object.get("@value") {
                return property(items, item, name, text, node, depth + 1);
            }
            match object.get("@id").and_then(Json::as_str) {
                Some(id) if object.len() == 1 => Value::Reference(id.to_owned()),
                _ => match add(items, value, node, Some((item, name.to_owned())), depth + 1) {
                    Some(inner) => Value::Item(inner),
                    None => return,
                },
            }
        }
        Json::String(text) => Value::Text(entities(text), node),
        Json::Number(number) => Value::Text(number.to_string(), node),
        Json::Bool(_) | Json::Null => return,
    };
    if let Some(item) = items
        .0
        .get_mut(item)
        .filter(|item| item.properties.len() < 200)
    {
        item.properties.push((name.to_owned(), found));
    }
}

/// Decodes the entities that people leave in JSON.
fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let decoded = after
            .split_once(';')
            .filter(|(name, _)| name.len() <= 8)
            .and_then(|(name, tail)| {
                let c = match name {
                    "amp" => '&',
                    "quot" => '"',
                    "apos" => '\'',
                    "lt" => '<',
                    "gt" => '>',
                    "nbsp" => ' ',
                    "ndash" => '–',
                    "mdash" => '—',
                    "eacute" => 'é',
                    "ntilde" => 'ñ',
                    "rsquo" => '’',
                    _ => {
                        let number = name.strip_prefix('#')?;
                        let number = match number.strip_prefix(['x', 'X']) {
                            Some(hex) => u32::from_str_radix(hex, 16).ok(),
                            None => number.parse().ok(),
                        };
                        char::from_u32(number?)?
                    }
                };
                Some((c, tail))
            });
        match decoded {
            Some((c, tail)) => {
                out.push(c);
                rest = tail;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn items(source: &str) -> Items {
        let mut items = Items::default();
        read(&mut items, source, NodeId::DOCUMENT);
        items
    }

    #[test]
    fn broken_json_is_read_as_it_was_meant() {
        for source in [
            "{\"@type\":\"Person\",\"name\":\"Dele\",\"jobTitle\":\"Nurse\",}",
            "{\"@type\":\"Person\",\"name\":\"Dele\",\"description\":\"Nights\nand days\",\"jobTitle\":\"Nurse\"}",
            "{&quot;@type&quot;: &quot;Person&quot;, &quot;name&quot;: &quot;Dele&quot;, &quot;jobTitle&quot;: &quot;Nurse&quot;}",
            "//<![CDATA[\n{\"@type\":[\"Person\"],\"name\":\"Dele\",/* x */\"jobTitle\":[\"Nurse\",]}\n//]]>",
            "<!-- {\"@type\":\"http://schema.org/Person\",\"name\":\"Dele\", // x\n\"jobTitle\":{\"@value\":\"Nurse\"}} -->",
        ] {
            let items = items(source);
            let (person, _) = items
                .of_type("Person")
                .next()
                .unwrap_or_else(|| panic!("{source}"));
            assert_eq!(
                items.text(person, "jobTitle").as_deref(),
                Some("Nurse"),
                "{source}"
            );
        }
    }

    #[test]
    fn references_are_followed_and_entities_decoded() {
        let items = items(
            r##"{"@graph":[{"@type":"Organization","@id":"#o","name":"Hart &amp; Sons"},
            {"@type":"Person","name":"Shanice O&#039;Neal","worksFor":{"@id":"#o"},"memberOf":{"@id":"#x"}}]}"##,
        );
        let (person, _) = items.of_type("Person").next().unwrap();
        assert_eq!(
            items.text(person, "name").as_deref(),
            Some("Shanice O'Neal")
        );
        assert_eq!(
            items.text(person, "worksFor").as_deref(),
            Some("Hart & Sons")
        );
        assert_eq!(items.text(person, "memberOf"), None);
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_a_panic(text in r#"[\{\}\[\]",:@a-z&;#/*\\ \n]{0,200}"#) {
            let _ = items(&text);
        }
    }
}

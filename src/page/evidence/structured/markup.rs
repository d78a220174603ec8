//! Structured data in attributes: microdata, RDFa, and microformats of both generations.

use super::super::super::tree::Tree;
use super::super::field::Feature;
use super::{Item, Items, Value, local_name};
use crate::page::snapshot::{Element, NodeId};
use std::collections::HashMap;

fn item(types: Vec<String>, id: Option<&str>, node: NodeId, notation: Feature) -> Item {
    Item {
        types,
        id: id.map(str::to_owned),
        within: None,
        properties: Vec::new(),
        node,
        notation,
    }
}

/// Adds a value to an item, and links the item that it is.
fn put(items: &mut Items, owner: usize, name: &str, value: Value) {
    if let Value::Item(inner) = value
        && let Some(inner) = items.0.get_mut(inner)
    {
        inner.within = Some((owner, name.to_owned()));
    }
    if let Some(owner) = items
        .0
        .get_mut(owner)
        .filter(|item| item.properties.len() < 200)
    {
        owner.properties.push((name.to_owned(), value));
    }
}

/// An element's value as microdata and RDFa define it.
fn value_of(tree: &Tree, id: NodeId, element: &Element) -> String {
    let attribute = ["content", "datetime"]
        .iter()
        .find_map(|name| element.attribute(name));
    let by_tag = match element.tag.as_str() {
        "a" | "link" | "area" => element.attribute("href"),
        "data" | "meter" => element.attribute("value"),
        "img" | "audio" | "video" | "iframe" | "source" => Some(""),
        _ => None,
    };
    let text = attribute.or(by_tag).map(str::to_owned);
    text.unwrap_or_else(|| tree.any_text(id).replace('\n', " "))
}

pub fn microdata(items: &mut Items, tree: &Tree) {
    let mut at: HashMap<NodeId, usize> = HashMap::new();
    for (id, element) in tree.page.elements() {
        if element.attribute("itemscope").is_none() {
            continue;
        }
        let types = element.attribute("itemtype").unwrap_or_default();
        let types = types.split_whitespace().map(local_name).collect();
        if let Some(index) = items.add(item(
            types,
            element.attribute("itemid"),
            id,
            Feature::Microdata,
        )) {
            at.insert(id, index);
        }
    }
    if at.is_empty() {
        return;
    }
    // An item may name parts that are elsewhere on the page.
    let mut owners: HashMap<String, usize> = HashMap::new();
    for (id, index) in &at {
        let parts = tree.page.attribute(*id, "itemref").unwrap_or_default();
        owners.extend(
            parts
                .split_whitespace()
                .map(|part| (part.to_owned(), *index)),
        );
    }
    for (id, element) in tree.page.elements() {
        let Some(names) = element.attribute("itemprop") else {
            continue;
        };
        let owner = tree.page.with_ancestors(id).find_map(|around| {
            let by_reference = tree
                .page
                .attribute(around, "id")
                .and_then(|own| owners.get(own));
            by_reference
                .or_else(|| at.get(&around).filter(|_| around != id))
                .copied()
        });
        let Some(owner) = owner else { continue };
        let value = match at.get(&id) {
            Some(inner) => Value::Item(*inner),
            None => Value::Text(value_of(tree, id, element), id),
        };
        for name in names.split_whitespace() {
            put(items, owner, &local_name(name), value.clone());
        }
        // A link's text says what its address does not: the name of a company.
        if element.tag == "a"
            && !at.contains_key(&id)
            && !matches!(
                local_name(names).as_str(),
                "email" | "telephone" | "url" | "sameAs" | "image"
            )
        {
            put(
                items,
                owner,
                &local_name(names),
                Value::Text(tree.any_text(id), id),
            );
        }
    }
}

pub fn rdfa(items: &mut Items, tree: &Tree) {
    let mut at: HashMap<NodeId, usize> = HashMap::new();
    for (id, element) in tree.page.elements() {
        let Some(types) = element.attribute("typeof") else {
            continue;
        };
        let types = types.split_whitespace().map(local_name).collect();
        let own = element
            .attribute("resource")
            .or_else(|| element.attribute("about"));
        if let Some(index) = items.add(item(types, own, id, Feature::Rdfa)) {
            at.insert(id, index);
        }
    }
    if at.is_empty() {
        return;
    }
    for (id, element) in tree.page.elements() {
        let Some(names) = element
            .attribute("property")
            .or_else(|| element.attribute("rel").filter(|rel| rel.contains(':')))
        else {
            continue;
        };
        let owner = tree
            .page
            .with_ancestors(id)
            .find_map(|around| at.get(&around).filter(|_| around != id))
            .copied();
        // A property beside the type is the item's own when nothing is around it.
        let (owner, value) = match (owner, at.get(&id)) {
            (Some(owner), Some(inner)) => (owner, Value::Item(*inner)),
            (Some(owner), None) => (owner, Value::Text(value_of(tree, id, element), id)),
            (None, Some(own)) => (*own, Value::Text(value_of(tree, id, element), id)),
            (None, None) => continue,
        };
        for name in names.split_whitespace() {
            let name = match local_name(name).as_str() {
                // FOAF's and vCard's words for schema.org's.
                "mbox" | "hasEmail" => "email".to_owned(),
                "phone" | "hasTelephone" => "telephone".to_owned(),
                "fn" => "name".to_owned(),
                "firstName" | "given-name" => "givenName".to_owned(),
                "lastName" | "family-name" => "familyName".to_owned(),
                "title" | "role" => "jobTitle".to_owned(),
                "organization-name" | "org" | "workplaceHomepage" => "worksFor".to_owned(),
                "homepage" => "url".to_owned(),
                other => other.to_owned(),
            };
            put(items, owner, &name, value.clone());
        }
    }
}

/// Class names of both generations, and what they are in schema.org's words.
const CLASSES: &[(&[&str], &str)] = &[
    (&["p-name", "fn"], "name"),
    (&["p-given-name", "given-name"], "givenName"),
    (&["p-family-name", "family-name"], "familyName"),
    (
        &["p-honorific-suffix", "honorific-suffix"],
        "honorificSuffix",
    ),
    (&["u-email", "email"], "email"),
    (&["p-tel", "u-tel", "tel"], "telephone"),
    (&["p-job-title", "title", "p-role", "role"], "jobTitle"),
    (&["p-org", "org", "organization-name"], "worksFor"),
    (&["p-adr", "adr", "h-adr"], "address"),
    (&["p-locality", "locality"], "addressLocality"),
    (&["p-region", "region"], "addressRegion"),
    (&["p-country-name", "country-name"], "addressCountry"),
    (&["u-url", "url"], "url"),
    (&["u-uid", "uid"], "identifier"),
];

pub fn microformats(items: &mut Items, tree: &Tree) {
    let mut at: HashMap<NodeId, (usize, bool)> = HashMap::new();
    for (id, element) in tree.page.elements() {
        let kind = element.classes().find_map(|class| match class {
            "h-card" => Some(("Person", true)),
            "vcard" => Some(("Person", false)),
            "h-resume" | "hresume" => Some(("Resume", class == "h-resume")),
            "h-event" | "vevent" => Some(("Event", class == "h-event")),
            "h-entry" | "hentry" => Some(("Article", class == "h-entry")),
            "h-adr" => Some(("adr", true)),
            "h-feed" => Some(("Feed", true)),
            _ => None,
        });
        let Some((kind, is_new)) = kind else { continue };
        // A card that is a company's: its name and its organization are one.
        let classes: Vec<&str> = element.classes().collect();
        let is_org = classes.contains(&"p-org") || classes.contains(&"org");
        let kind = if is_org { "Organization" } else { kind };
        let id_of = element.attribute("id").map(|own| format!("#{own}"));
        if let Some(index) = items.add(item(
            vec![kind.to_owned()],
            id_of.as_deref(),
            id,
            Feature::Microformat,
        )) {
            at.insert(id, (index, is_new));
        }
    }
    if at.is_empty() {
        return;
    }
    for (id, element) in tree.page.elements() {
        let owner = tree
            .page
            .with_ancestors(id)
            .skip(1)
            .find_map(|around| at.get(&around))
            .copied();
        let own = at.get(&id).map(|(index, _)| *index);
        for (classes, property) in CLASSES {
            let Some(class) = classes.iter().find(|class| element.has_class(class)) else {
                continue;
            };
            let is_new = class.contains('-') && class.as_bytes().get(1) == Some(&b'-');
            // In a card of the new kind the old words are ordinary class names.
            let Some((owner, _)) =
                owner.filter(|(_, owner_is_new)| *owner_is_new == is_new || !owner_is_new)
            else {
                continue;
            };
            let is_link = matches!(*property, "url" | "email" | "telephone" | "identifier");
            let link = element
                .attribute("href")
                .filter(|href| is_link && (*property == "url" || !href.starts_with("http")));
            let value = match (own, link) {
                (Some(inner), _) => Value::Item(inner),
                (None, Some(href)) => Value::Text(href.to_owned(), id),
                (None, None) => {
                    let value = tree.page.subtree(id).skip(1).find(|inner| {
                        tree.page.element(*inner).is_some_and(|e| {
                            e.has_class("value") || e.has_class("organization-name")
                        })
                    });
                    Value::Text(tree.any_text(value.unwrap_or(id)).replace('\n', " "), id)
                }
            };
            put(items, owner, property, value);
        }
    }
    // A card without a name of its own is named by its text.
    let cards: Vec<(NodeId, usize)> = at.iter().map(|(id, (index, _))| (*id, *index)).collect();
    for (id, index) in cards {
        let has_name = items
            .get(index)
            .is_some_and(|item| item.properties.iter().any(|(name, _)| name == "name"));
        let text = tree.any_text(id);
        if !has_name && !text.contains('\n') && text.chars().count() <= 80 {
            put(items, index, "name", Value::Text(text, id));
        }
    }
}

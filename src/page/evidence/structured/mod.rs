//! Structured data in every notation, as items with schema.org's property names.

mod json;
mod markup;

use super::super::tree::Tree;
use super::field::Feature;
use crate::page::snapshot::NodeId;

/// More items than this are not looked at.
const MAX_ITEMS: usize = 400;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Items(pub Vec<Item>);

#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Without the vocabulary's address: `Person`.
    pub types: Vec<String>,
    pub id: Option<String>,
    /// The item and the property that this one is the value of.
    pub within: Option<(usize, String)>,
    pub properties: Vec<(String, Value)>,
    pub node: NodeId,
    pub notation: Feature,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Text(String, NodeId),
    Item(usize),
    /// Of an item that may be elsewhere.
    Reference(String),
}

impl Items {
    #[must_use]
    pub fn read(tree: &Tree) -> Self {
        let mut items = Self::default();
        for (id, element) in tree.page.elements() {
            if element.tag == "script" {
                json::read(&mut items, &tree.page.raw_text(id), id);
            }
        }
        markup::microdata(&mut items, tree);
        markup::rdfa(&mut items, tree);
        markup::microformats(&mut items, tree);
        items
    }

    fn add(&mut self, item: Item) -> Option<usize> {
        let index = self.0.len();
        if index >= MAX_ITEMS {
            return None;
        }
        self.0.push(item);
        Some(index)
    }

    pub fn of_type<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = (usize, &'a Item)> {
        self.0
            .iter()
            .enumerate()
            .filter(move |(_, item)| item.is(wanted))
    }

    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Item> {
        self.0.get(index)
    }

    /// The values of a property as a person would write them, with the nodes they are in.
    #[must_use]
    pub fn texts(&self, item: usize, property: &str) -> Vec<(String, NodeId)> {
        self.texts_to(item, property, 0)
    }

    fn texts_to(&self, item: usize, property: &str, depth: usize) -> Vec<(String, NodeId)> {
        let Some(item) = self.get(item).filter(|_| depth < 4) else {
            return Vec::new();
        };
        let values = item.properties.iter().filter(|(name, _)| name == property);
        let texts = values.flat_map(|(_, value)| match value {
            Value::Text(text, node) => vec![(text.clone(), *node)],
            Value::Item(inner) => self
                .in_words(*inner, item.node, depth)
                .into_iter()
                .collect(),
            // An id is no text; what it stands for may be.
            Value::Reference(id) => {
                let inner = self.0.iter().position(|other| {
                    other.id.as_ref() == Some(id) && !other.properties.is_empty()
                });
                inner
                    .and_then(|inner| self.in_words(inner, item.node, depth))
                    .into_iter()
                    .collect()
            }
        });
        texts.filter(|(text, _)| !text.trim().is_empty()).collect()
    }

    /// The first value of a property.
    #[must_use]
    pub fn text(&self, item: usize, property: &str) -> Option<String> {
        self.texts(item, property)
            .into_iter()
            .next()
            .map(|(text, _)| text)
    }

    /// The item that a property names.
    #[must_use]
    pub fn target(&self, item: &Item, property: &str) -> Option<usize> {
        item.properties
            .iter()
            .filter(|(name, _)| name == property)
            .find_map(|(_, value)| match value {
                Value::Item(inner) => {
                    // An item that is nothing but an id stands for the one that it names.
                    let id = self
                        .get(*inner)
                        .filter(|item| item.properties.is_empty())
                        .and_then(|item| item.id.as_ref());
                    id.and_then(|id| {
                        self.0.iter().position(|other| {
                            other.id.as_ref() == Some(id) && !other.properties.is_empty()
                        })
                    })
                    .or(Some(*inner))
                }
                Value::Reference(id) => self.0.iter().position(|other| {
                    other.id.as_ref() == Some(id) && !other.properties.is_empty()
                }),
                Value::Text(..) => None,
            })
    }

    fn in_words(&self, index: usize, around: NodeId, depth: usize) -> Option<(String, NodeId)> {
        let item = self.get(index)?;
        let first = |property: &str| self.texts_to(index, property, depth + 1).into_iter().next();
        let own = |property: &str| first(property).map(|(text, _)| text);
        let node = if item.notation == Feature::JsonLd {
            around
        } else {
            item.node
        };
        if item.is("PostalAddress") || item.is("adr") {
            let town: Vec<String> = ["addressLocality", "addressRegion", "postalCode"]
                .iter()
                .filter_map(|name| own(name))
                .collect();
            let parts = [
                own("streetAddress"),
                Some(town.join(", ")),
                own("addressCountry"),
            ];
            let parts: Vec<String> = parts
                .into_iter()
                .flatten()
                .filter(|part| !part.is_empty())
                .collect();
            return Some((parts.join(", "), node));
        }
        if item.is("PropertyValue") {
            return first("value");
        }
        for property in [
            "name",
            "address",
            "title",
            "value",
            "email",
            "telephone",
            "url",
        ] {
            if let Some((text, inner)) = first(property) {
                return Some((
                    text,
                    if item.notation == Feature::JsonLd {
                        node
                    } else {
                        inner
                    },
                ));
            }
        }
        None
    }
}

impl Item {
    #[must_use]
    pub fn is(&self, wanted: &str) -> bool {
        self.types.iter().any(|known| known == wanted)
    }
}

/// `https://schema.org/Person` and `schema:Person` are `Person`.
fn local_name(name: &str) -> String {
    name.trim()
        .trim_end_matches('/')
        .rsplit(['/', '#', ':'])
        .next()
        .unwrap_or_default()
        .to_owned()
}

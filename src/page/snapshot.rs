//! A page as the port saw it: one bounded, flat description of its elements in document order.
//!
//! # Wire form, version 1
//!
//! One text, because that crosses from a content script to the background, and from JavaScript to
//! WebAssembly, as a single copy. Records end with U+001E, the parts of a record with U+001F; the
//! port replaces both characters wherever the page itself has them.
//!
//! - The first record is `1`, the page's address and, where the page did not fit, `cut`.
//! - An element is its depth, its tag and any number of parts. A part's first character tells what it
//!   is: `-` hidden, `~` hidden from sight but read to assistive technology, `@` a box
//!   (`x,y,width,height,font size,font weight`), `#` the number of a recipe's selector that matches.
//!   Any other part is an attribute, `name=value`.
//! - A text is its depth, an empty tag and the text, with runs of white space shortened to a space.
//!
//! Records come in document order, so the depth alone places them. Open shadow roots are elements
//! with the tag `#shadow`, the documents of frames are `#document`.
//!
//! Nothing in it is trusted: [`Snapshot::decode`] accepts any text and never reads past its bounds.

/// Most elements of one page.
pub const MAX_ELEMENTS: usize = 5_000;
/// Most texts of one page: an element may have text between all of its children.
const MAX_TEXTS: usize = 3 * MAX_ELEMENTS;
/// Most bytes of one page, texts and attributes together.
pub const MAX_BYTES: usize = 256 * 1024;
/// Deeper elements are taken as children of this depth.
const MAX_DEPTH: usize = 500;

const RECORD_END: char = '\u{1e}';
const PART_END: char = '\u{1f}';
const VERSION: &str = "1";

/// The position of a node in document order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(u32);

impl NodeId {
    /// The document itself, the parent of the root element.
    pub const DOCUMENT: Self = Self(0);

    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }

    pub(super) fn at(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    pub url: String,
    /// Whether the page had more than the bounds allow.
    pub is_cut: bool,
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub parent: NodeId,
    /// One past the last node inside of this one.
    end: u32,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    Element(Box<Element>),
    Text(String),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Element {
    /// In lower case; `#document` and `#shadow` for what is no element.
    pub tag: String,
    pub sight: Sight,
    /// Only of what could be a heading.
    pub shape: Option<Shape>,
    /// Numbers of the recipe's selectors that match.
    pub marks: Vec<u16>,
    attributes: Vec<(String, String)>,
}

/// Who perceives an element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sight {
    #[default]
    Shown,
    /// Not visible, but read to assistive technology.
    Spoken,
    Hidden,
}

/// Where an element is on the page and how its text looks, in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
    pub font_size: f32,
    pub font_weight: f32,
}

impl Element {
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn attributes(&self) -> impl Iterator<Item = (&str, &str)> {
        (self.attributes.iter()).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    #[must_use]
    pub fn has_class(&self, wanted: &str) -> bool {
        self.classes().any(|class| class == wanted)
    }

    pub fn classes(&self) -> impl Iterator<Item = &str> {
        self.attribute("class")
            .unwrap_or_default()
            .split_whitespace()
    }
}

impl Snapshot {
    /// Reads the wire form. Empty where the version is another one; what does not fit the form is
    /// left out.
    #[must_use]
    pub fn decode(wire: &str) -> Self {
        let mut records = wire.split(RECORD_END);
        let mut head = records.next().unwrap_or_default().split(PART_END);
        if head.next() != Some(VERSION) {
            return Self::default();
        }
        let mut builder = Builder::new(head.next().unwrap_or_default());
        if head.next() == Some("cut") {
            builder.mark_cut();
        }
        for record in records {
            let mut parts = record.split(PART_END);
            let depth = parts.next().and_then(|depth| depth.parse::<usize>().ok());
            let (Some(depth), Some(tag)) = (depth, parts.next()) else {
                continue;
            };
            builder.close_to(depth);
            let is_within = match tag {
                "" => builder.text(parts.next().unwrap_or_default()),
                tag => builder.open(element(tag, parts)),
            };
            if !is_within {
                break;
            }
        }
        builder.build()
    }

    /// The inverse of [`Snapshot::decode`], for tests and for pages that were read from files.
    #[must_use]
    pub fn encode(&self) -> String {
        let clean = |text: &str| text.replace([RECORD_END, PART_END], " ");
        let mut wire = format!("{VERSION}{PART_END}{}", clean(&self.url));
        if self.is_cut {
            wire.push(PART_END);
            wire.push_str("cut");
        }
        wire.push(RECORD_END);
        let mut open: Vec<NodeId> = vec![NodeId::DOCUMENT];
        for (index, node) in self.nodes.iter().enumerate().skip(1) {
            while open.last().is_some_and(|last| *last != node.parent) && open.len() > 1 {
                open.pop();
            }
            wire.push_str(&(open.len() - 1).to_string());
            match &node.body {
                Body::Text(text) => {
                    wire.push_str(&format!("{PART_END}{PART_END}{}", clean(text)));
                }
                Body::Element(element) => {
                    wire.push_str(&format!("{PART_END}{}", clean(&element.tag)));
                    match element.sight {
                        Sight::Shown => {}
                        Sight::Spoken => wire.push_str(&format!("{PART_END}~")),
                        Sight::Hidden => wire.push_str(&format!("{PART_END}-")),
                    }
                    if let Some(shape) = element.shape {
                        wire.push_str(&format!(
                            "{PART_END}@{},{},{},{},{},{}",
                            shape.x,
                            shape.y,
                            shape.width,
                            shape.height,
                            shape.font_size,
                            shape.font_weight
                        ));
                    }
                    for mark in &element.marks {
                        wire.push_str(&format!("{PART_END}#{mark}"));
                    }
                    for (name, value) in &element.attributes {
                        wire.push_str(&format!("{PART_END}{}={}", clean(name), clean(value)));
                    }
                    open.push(NodeId::at(index));
                }
            }
            wire.push(RECORD_END);
        }
        wire
    }

    /// How many nodes there are, the document included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.len() <= 1
    }

    #[must_use]
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.index())
    }

    #[must_use]
    pub fn element(&self, id: NodeId) -> Option<&Element> {
        match &self.node(id)?.body {
            Body::Element(element) => Some(element),
            Body::Text(_) => None,
        }
    }

    #[must_use]
    pub fn tag(&self, id: NodeId) -> &str {
        self.element(id).map_or("", |element| element.tag.as_str())
    }

    #[must_use]
    pub fn attribute(&self, id: NodeId, name: &str) -> Option<&str> {
        self.element(id)?.attribute(name)
    }

    /// None for the document.
    #[must_use]
    pub fn parent(&self, id: NodeId) -> Option<NodeId> {
        let parent = self.node(id)?.parent;
        (id != NodeId::DOCUMENT).then_some(parent)
    }

    /// From the node itself up to the root element.
    pub fn with_ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::successors(Some(id), |id| self.parent(*id))
            .take_while(|id| *id != NodeId::DOCUMENT)
    }

    /// The node itself and everything inside, in document order.
    pub fn subtree(&self, id: NodeId) -> impl DoubleEndedIterator<Item = NodeId> {
        (id.index()..self.end(id)).map(NodeId::at)
    }

    /// One past the last node inside.
    #[must_use]
    pub fn end(&self, id: NodeId) -> usize {
        self.node(id).map_or(id.index(), |node| node.end as usize)
    }

    #[must_use]
    pub fn contains(&self, outer: NodeId, inner: NodeId) -> bool {
        (outer.index()..self.end(outer)).contains(&inner.index())
    }

    pub fn children(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let end = self.end(id);
        let first = Some(id.index() + 1).filter(|first| *first < end);
        std::iter::successors(first, move |at| {
            Some(self.end(NodeId::at(*at))).filter(|next| *next < end && next > at)
        })
        .map(NodeId::at)
    }

    pub fn child_elements(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        self.children(id)
            .filter(|child| self.element(*child).is_some())
    }

    pub fn elements(&self) -> impl Iterator<Item = (NodeId, &Element)> {
        let nodes = self.nodes.iter().enumerate().skip(1);
        nodes.filter_map(|(index, node)| match &node.body {
            Body::Element(element) => Some((NodeId::at(index), element.as_ref())),
            Body::Text(_) => None,
        })
    }

    /// Every node but the document.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        let nodes = self.nodes.iter().enumerate().skip(1);
        nodes.map(|(index, node)| (NodeId::at(index), node))
    }

    /// The text inside, as the page spells it, without line breaks between blocks.
    #[must_use]
    pub fn raw_text(&self, id: NodeId) -> String {
        let nodes = self.subtree(id).filter_map(|id| self.node(id));
        nodes
            .filter_map(|node| match &node.body {
                Body::Text(text) => Some(text.as_str()),
                Body::Element(_) => None,
            })
            .collect()
    }
}

fn element<'a>(tag: &str, parts: impl Iterator<Item = &'a str>) -> Element {
    let mut element = Element {
        tag: tag.to_ascii_lowercase(),
        ..Element::default()
    };
    for part in parts {
        match part.split_at_checked(1) {
            Some(("-", "")) => element.sight = Sight::Hidden,
            Some(("~", "")) => element.sight = Sight::Spoken,
            Some(("@", numbers)) => element.shape = shape(numbers),
            Some(("#", number)) => element.marks.extend(number.parse::<u16>()),
            _ => {
                if let Some((name, value)) = part.split_once('=') {
                    (element.attributes).push((name.to_ascii_lowercase(), value.to_owned()));
                }
            }
        }
    }
    element
}

fn shape(numbers: &str) -> Option<Shape> {
    let mut numbers = numbers.split(',').map(|number| {
        let number = number.parse::<f32>().ok();
        number.filter(|number| number.is_finite())
    });
    Some(Shape {
        x: numbers.next()??,
        y: numbers.next()??,
        width: numbers.next()??,
        height: numbers.next()??,
        font_size: numbers.next()??,
        font_weight: numbers.next()??,
    })
}

/// Builds a snapshot in document order and keeps it within the bounds.
#[derive(Debug)]
pub struct Builder {
    snapshot: Snapshot,
    open: Vec<NodeId>,
    elements: usize,
    texts: usize,
    bytes: usize,
}

impl Builder {
    #[must_use]
    pub fn new(url: &str) -> Self {
        let document = Node {
            parent: NodeId::DOCUMENT,
            end: 1,
            body: Body::Element(Box::new(Element {
                tag: "#document".into(),
                ..Element::default()
            })),
        };
        Self {
            snapshot: Snapshot {
                url: url.chars().take(4_096).collect(),
                is_cut: false,
                nodes: vec![document],
            },
            open: vec![NodeId::DOCUMENT],
            elements: 0,
            texts: 0,
            bytes: 0,
        }
    }

    pub fn mark_cut(&mut self) {
        self.snapshot.is_cut = true;
    }

    /// Opens an element in the one opened last. False where the page is full.
    pub fn open(&mut self, element: Element) -> bool {
        let attributes = element.attributes.iter();
        let bytes: usize = attributes
            .map(|(name, value)| name.len() + value.len())
            .sum();
        self.elements += 1;
        let is_within = self.elements <= MAX_ELEMENTS && self.has_room(bytes + element.tag.len());
        if is_within {
            let id = self.push(Body::Element(Box::new(element)));
            if self.open.len() < MAX_DEPTH {
                self.open.push(id);
            }
        }
        is_within
    }

    /// Adds an element made of a tag and attributes; see [`Builder::open`].
    pub fn open_tag(
        &mut self,
        tag: &str,
        sight: Sight,
        shape: Option<Shape>,
        marks: Vec<u16>,
        attributes: Vec<(String, String)>,
    ) -> bool {
        self.open(Element {
            tag: tag.to_owned(),
            sight,
            shape,
            marks,
            attributes,
        })
    }

    /// False where the page is full.
    pub fn text(&mut self, text: &str) -> bool {
        if text.is_empty() {
            return true;
        }
        self.texts += 1;
        let is_within = self.texts <= MAX_TEXTS && self.has_room(text.len());
        if is_within {
            self.push(Body::Text(text.to_owned()));
        }
        is_within
    }

    /// Closes elements until the next one has this depth; the root element's is 0.
    pub fn close_to(&mut self, depth: usize) {
        self.open.truncate(depth.saturating_add(1));
    }

    /// The depth that the next element would have.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.open.len() - 1
    }

    #[must_use]
    pub fn build(self) -> Snapshot {
        self.snapshot
    }

    fn has_room(&mut self, bytes: usize) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        let has_room = self.bytes <= MAX_BYTES;
        self.snapshot.is_cut |= !has_room;
        has_room
    }

    fn push(&mut self, body: Body) -> NodeId {
        let nodes = &mut self.snapshot.nodes;
        let id = NodeId::at(nodes.len());
        nodes.push(Node {
            parent: self.open.last().copied().unwrap_or(NodeId::DOCUMENT),
            end: id.0 + 1,
            body,
        });
        for ancestor in &self.open {
            if let Some(node) = nodes.get_mut(ancestor.index()) {
                node.end = id.0 + 1;
            }
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PAGE: &str = "1\u{1f}https://jobs.example/p/7\u{1e}\
        0\u{1f}html\u{1f}lang=en\u{1e}\
        1\u{1f}body\u{1e}\
        2\u{1f}h1\u{1f}@8,16,300,40,32,700\u{1f}#2\u{1f}class=name big\u{1e}\
        3\u{1f}\u{1f}Imani Okafor\u{1e}\
        2\u{1f}div\u{1f}-\u{1e}\
        3\u{1f}\u{1f}=odd\u{1e}";

    #[test]
    fn a_wire_form_becomes_a_tree() {
        let page = Snapshot::decode(PAGE);
        let (heading, element) = page.elements().find(|(_, e)| e.tag == "h1").unwrap();
        assert!(element.has_class("name") && element.marks == [2]);
        assert_eq!(element.shape.unwrap().font_size, 32.0);
        assert_eq!(page.raw_text(heading), "Imani Okafor");
        let body = page.parent(heading).unwrap();
        let tags: Vec<_> = page.children(body).map(|id| page.tag(id)).collect();
        assert_eq!(tags, ["h1", "div"]);
        assert!(page.contains(body, heading) && !page.contains(heading, body));
    }

    #[test]
    fn another_version_is_an_empty_page() {
        assert!(Snapshot::decode(&PAGE.replacen('1', "2", 1)).is_empty());
    }

    #[test]
    fn a_page_with_too_many_nodes_is_cut() {
        let mut wire = String::from("1\u{1f}https://jobs.example/\u{1e}");
        for index in 0..100_000 {
            wire.push_str(&format!("{}\u{1f}p\u{1e}", index % 40));
        }
        let page = Snapshot::decode(&wire);
        assert_eq!(page.elements().count(), MAX_ELEMENTS);
    }

    proptest! {
        #[test]
        fn any_text_is_decoded_without_a_panic(
            text in "(1\u{1f}u\u{1e})?([0-9]{0,9}[\u{1f}\u{1e}a-z=@,#~ -]{0,9}){0,60}",
        ) {
            let page = Snapshot::decode(&text);
            for (id, _) in page.nodes() {
                prop_assert!(page.parent(id).unwrap() < id);
                prop_assert!(page.end(id) > id.index());
                prop_assert!(page.with_ancestors(id).count() <= MAX_DEPTH + 1);
                prop_assert_eq!(page.children(id).filter(|c| page.parent(*c) != Some(id)).count(), 0);
            }
        }

        #[test]
        fn a_decoded_page_survives_encoding(
            parts in prop::collection::vec((0_usize..6, "[a-z]{0,3}", "[a-z ]{1,5}"), 0..60),
        ) {
            let records = parts.iter().map(|(depth, tag, text)| match tag.as_str() {
                "" => format!("{depth}\u{1f}\u{1f}{text}\u{1e}"),
                _ => format!("{depth}\u{1f}{tag}\u{1f}title={text}\u{1e}"),
            });
            let wire = format!("1\u{1f}u\u{1e}{}", records.collect::<String>());
            let page = Snapshot::decode(&wire);
            prop_assert_eq!(Snapshot::decode(&page.encode()), page);
        }
    }
}

//! Changes pages as a redesign would: other names for classes, other wrappers and another order,
//! labels in another language. What they say of the person stays.

use atsi::page::words::{Label, SectionKind, Words};
use ego_tree::NodeId;
use scraper::node::Node;
use scraper::{ElementRef, Html};
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Every class and id gets a name without meaning.
    Names,
    /// Blocks get a wrapper more, and sections the reverse order.
    Structure,
    /// Labels and the headings of sections are German.
    Language,
}

impl Change {
    pub const ALL: [Self; 3] = [Self::Names, Self::Structure, Self::Language];

    pub fn title(self) -> &'static str {
        match self {
            Self::Names => "All classes and ids renamed",
            Self::Structure => "Wrapped and reordered",
            Self::Language => "Labels in another language",
        }
    }
}

pub fn apply(html: &str, change: Change, words: &Words) -> String {
    match change {
        Change::Names => rename(html),
        Change::Structure => restructure(html),
        Change::Language => translate(html, words),
    }
}

/// Attributes that hold ids.
const REFERENCES: &[&str] = &[
    "id",
    "for",
    "headers",
    "itemref",
    "aria-labelledby",
    "aria-describedby",
    "aria-controls",
];

fn rename(html: &str) -> String {
    let page = Html::parse_document(html);
    let mut names: BTreeSet<String> = BTreeSet::new();
    for element in page.root_element().descendent_elements() {
        for (_, value) in element
            .value()
            .attrs()
            .filter(|(name, _)| *name == "class" || *name == "id")
        {
            names.extend(value.split_whitespace().map(str::to_owned));
        }
    }
    // Long ones first, as one may begin another.
    let mut names: Vec<String> = names.into_iter().collect();
    names.sort_by_key(|name| std::cmp::Reverse(name.len()));
    let mut out = String::with_capacity(html.len());
    let mut rest = html;
    // Tag by tag, and style sheet by style sheet: texts are never touched.
    while let Some(at) = rest.find('<') {
        let (before, tag) = rest.split_at(at);
        out.push_str(before);
        let is_style = tag
            .get(..6)
            .is_some_and(|start| start.eq_ignore_ascii_case("<style"));
        let end = if is_style {
            tag.find("</").unwrap_or(tag.len())
        } else {
            tag_end(tag)
        };
        let (tag, after) = tag.split_at(end);
        if is_style {
            out.push_str(&rename_in_css(tag, &names));
        } else if tag.starts_with("<!--") {
            out.push_str(tag);
        } else {
            out.push_str(&rename_in_tag(tag, &names));
        }
        rest = after;
    }
    out + rest
}

/// Where a tag ends, whatever its attributes hold.
fn tag_end(tag: &str) -> usize {
    if tag.starts_with("<!--") {
        return tag.find("-->").map_or(tag.len(), |at| at + 3);
    }
    let mut quote = None;
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return at + 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    tag.len()
}

fn new_name(names: &[String], name: &str) -> String {
    names
        .iter()
        .position(|known| known == name)
        .map_or_else(|| name.to_owned(), |index| format!("x{index}z"))
}

fn rename_in_tag(tag: &str, names: &[String]) -> String {
    let mut out = tag.to_owned();
    for attribute in REFERENCES.iter().chain(&["class"]) {
        for quote in ['"', '\''] {
            let start = format!(" {attribute}={quote}");
            let Some(at) = out.find(&start) else { continue };
            let from = at + start.len();
            let Some(length) = out.get(from..).and_then(|rest| rest.find(quote)) else {
                continue;
            };
            let value = out.get(from..from + length).unwrap_or_default();
            let renamed: Vec<String> = value
                .split_whitespace()
                .map(|name| new_name(names, name))
                .collect();
            out.replace_range(from..from + length, &renamed.join(" "));
        }
    }
    out
}

fn rename_in_css(css: &str, names: &[String]) -> String {
    let mut out = css.to_owned();
    for name in names.iter().filter(|name| name.len() > 1) {
        for sign in ['.', '#'] {
            let mut from = 0;
            let old = format!("{sign}{name}");
            while let Some(at) = out
                .get(from..)
                .and_then(|rest| rest.find(&old))
                .map(|at| at + from)
            {
                let end = at + old.len();
                let next = out
                    .get(end..)
                    .and_then(|rest| rest.chars().next())
                    .unwrap_or(' ');
                let new = format!("{sign}{}", new_name(names, name));
                from = at + new.len();
                if next.is_alphanumeric() || next == '-' || next == '_' {
                    from = end;
                } else {
                    out.replace_range(at..end, &new);
                }
            }
        }
    }
    out
}

fn restructure(html: &str) -> String {
    let mut page = Html::parse_document(html);
    let elements: Vec<ElementRef> = page.root_element().descendent_elements().collect();
    let is_one = |element: &ElementRef, tags: &[&str]| tags.contains(&element.value().name());
    let in_table = |element: &ElementRef| {
        element
            .parent()
            .and_then(ElementRef::wrap)
            .is_some_and(|parent| {
                is_one(
                    &parent,
                    &[
                        "table", "tbody", "thead", "tr", "dl", "ul", "ol", "select", "head",
                    ],
                )
            })
    };
    let wrapped: Vec<NodeId> = (elements.iter())
        .filter(|element| {
            is_one(
                element,
                &[
                    "h1", "h2", "h3", "p", "dl", "ul", "table", "section", "article",
                ],
            ) && !in_table(element)
                && element.attr("slot").is_none()
        })
        .map(|element| element.id())
        .collect();
    // Sections beside each other, but for the one that names the person.
    let has_name = |element: &ElementRef| {
        element
            .descendent_elements()
            .any(|inner| is_one(&inner, &["h1"]))
    };
    let sections: Vec<NodeId> = elements
        .iter()
        .filter(|element| is_one(element, &["section"]) && !has_name(element))
        .map(|element| element.id())
        .collect();
    let wrapper = {
        let template = Html::parse_document("<div></div>");
        let found = template
            .root_element()
            .descendent_elements()
            .find(|element| element.value().name() == "div");
        found.map(|element| Node::Element(element.value().clone()))
    };
    let Some(wrapper) = wrapper else {
        return html.to_owned();
    };
    for pair in sections.windows(2) {
        if let [one, other] = pair {
            let parent = |id: NodeId| {
                page.tree
                    .get(id)
                    .and_then(|node| node.parent())
                    .map(|parent| parent.id())
            };
            if parent(*one) == parent(*other)
                && let Some(mut one) = page.tree.get_mut(*one)
            {
                one.insert_id_before(*other);
            }
        }
    }
    for id in wrapped {
        let outer = page
            .tree
            .get_mut(id)
            .map(|mut node| node.insert_before(wrapper.clone()).id());
        if let Some(mut outer) = outer.and_then(|outer| page.tree.get_mut(outer)) {
            outer.append_id(id);
        }
    }
    page.html()
}

fn translate(html: &str, words: &Words) -> String {
    let mut page = Html::parse_document(html);
    let texts: Vec<(NodeId, String)> = page
        .tree
        .nodes()
        .filter_map(|node| Some((node.id(), node.value().as_text()?.to_string())))
        .collect();
    for (id, text) in texts {
        let trimmed = text.trim();
        let bare = trimmed.trim_end_matches(':').trim();
        let german = match (words.label(bare), words.section(bare)) {
            (_, Some(SectionKind::Experience)) => "Berufserfahrung",
            (_, Some(SectionKind::Education)) => "Ausbildung",
            (_, Some(SectionKind::Skills)) => "Kenntnisse",
            (_, Some(SectionKind::Contact)) => "Kontakt",
            (_, Some(SectionKind::About)) => "Über mich",
            (Some(Label::Email), _) => "E-Mail-Adresse",
            (Some(Label::Phone), _) => "Telefon",
            (Some(Label::Title), _) => "Berufsbezeichnung",
            (Some(Label::Company), _) => "Arbeitgeber",
            (Some(Label::Location), _) => "Wohnort",
            (Some(Label::Resume), _) => "Lebenslauf",
            (Some(Label::FirstName), _) => "Vorname",
            (Some(Label::LastName), _) => "Nachname",
            _ => continue,
        };
        if bare.is_empty() || bare.chars().count() == 1 {
            continue;
        }
        let german = text.replace(bare, german);
        if let Some(mut node) = page.tree.get_mut(id)
            && let Node::Text(text) = node.value()
        {
            text.text = german.as_str().into();
        }
    }
    page.html()
}

#[cfg(test)]
mod tests {
    use super::super::Reader;
    use super::*;

    const PAGE: &str = "<style>.name{display:none} .name-tag{}</style><body class=\"name\"><p>.name</p>\
        <dl><dt>Email:</dt><dd class=\"name-tag\">a@b.example</dd></dl><section>1</section><section>2</section></body>";

    #[test]
    fn renaming_keeps_texts_and_style_sheets_in_step() {
        let renamed = rename(PAGE);
        assert!(
            !renamed.contains("\"name\"") && renamed.contains("<p>.name</p>"),
            "{renamed}"
        );
        let class = renamed
            .split("class=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .unwrap_or_default();
        assert!(renamed.contains(&format!(".{class}{{display")), "{renamed}");
    }

    #[test]
    fn structure_and_language_change_and_values_stay() -> anyhow::Result<()> {
        let reader = Reader::load_from(&super::super::repository())?;
        let moved = restructure(PAGE);
        assert!(moved.find(">2<") < moved.find(">1<"), "{moved}");
        let german = translate(PAGE, &reader.words);
        assert!(
            german.contains("E-Mail-Adresse:") && german.contains("a@b.example"),
            "{german}"
        );
        Ok(())
    }
}

//! Questions to a [`Snapshot`]: where each node is on the page, which text stands in one line, and
//! which heading it is under.

use super::snapshot::{Body, Element, NodeId, Sight, Snapshot};
use super::words::Words;

/// What surrounds a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    pub sight: Sight,
    pub in_main: bool,
    pub in_navigation: bool,
    /// In the header of the whole site.
    pub in_banner: bool,
    pub in_footer: bool,
    pub in_aside: bool,
    pub in_dialog: bool,
    pub in_form: bool,
    /// In a quotation, a comment or a recommendation.
    pub in_quote: bool,
    pub in_control: bool,
    pub in_link: bool,
    pub in_head: bool,
    /// Under a heading about somebody else: similar candidates, references, the recruiter.
    pub of_others: bool,
    /// In an icon that a font draws.
    pub in_icon: bool,
    /// One of several structures that are alike.
    pub is_item: bool,
    /// In one of several structures that are alike.
    pub in_repeat: bool,
    /// In a list of people.
    pub in_people: bool,
}

/// A run of text inside of one inline element.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// The text, or the icon or image whose description it is.
    pub node: NodeId,
    pub text: String,
    pub sight: Sight,
    is_spaced: bool,
    /// Whether it is in an element that is not for emphasis.
    is_own: bool,
}

/// Text between two block boundaries.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The block it is in.
    pub block: NodeId,
    pub pieces: Vec<Piece>,
    /// What a person sees of it.
    pub text: String,
    pub sight: Sight,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Section {
    pub heading: NodeId,
    pub text: String,
    pub level: u8,
    /// The nodes below the heading.
    pub start: usize,
    pub end: usize,
}

#[derive(Debug)]
pub struct Tree<'a> {
    pub page: &'a Snapshot,
    pub words: &'a Words,
    places: Vec<Place>,
    pub lines: Vec<Line>,
    pub sections: Vec<Section>,
}

const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em", "font",
    "i", "img", "ins", "kbd", "label", "mark", "nobr", "output", "picture", "q", "rp", "rt",
    "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "svg", "time", "tt",
    "u", "var", "wbr", "use", "path",
];

/// The longest text that can be a heading, in characters.
const MAX_HEADING: usize = 90;
/// The longest description of an icon or image that counts as text.
const MAX_DESCRIPTION: usize = 80;

impl<'a> Tree<'a> {
    #[must_use]
    pub fn new(page: &'a Snapshot, words: &'a Words) -> Self {
        let mut tree = Self {
            page,
            words,
            places: vec![Place::default(); page.len()],
            lines: Vec::new(),
            sections: Vec::new(),
        };
        tree.find_places();
        tree.find_lines();
        tree.find_sections();
        tree.find_others();
        tree
    }

    #[must_use]
    pub fn place(&self, id: NodeId) -> Place {
        self.places.get(id.index()).copied().unwrap_or_default()
    }

    /// Changes the place of a node and of everything inside.
    pub fn mark(&mut self, start: usize, end: usize, change: impl Fn(&mut Place)) {
        for place in self.places.get_mut(start..end).into_iter().flatten() {
            change(place);
        }
    }

    /// The lines that have a piece inside of a node.
    pub fn lines_in(&self, id: NodeId) -> impl DoubleEndedIterator<Item = (usize, &Line)> {
        let (start, end) = (id.index(), self.page.end(id));
        let first = self.lines.partition_point(|line| line.start() < start);
        let after = self.lines.partition_point(|line| line.start() < end);
        (first..after).filter_map(|at| Some((at, self.lines.get(at)?)))
    }

    /// The line that holds a text, or an element's first text.
    #[must_use]
    pub fn line_of(&self, node: NodeId) -> Option<usize> {
        let after = self
            .lines
            .partition_point(|line| line.start() <= node.index());
        let before = after.checked_sub(1);
        let holds = |at: usize| {
            self.lines.get(at).is_some_and(|line| {
                line.pieces
                    .iter()
                    .any(|piece| self.page.contains(node, piece.node))
            })
        };
        before
            .filter(|at| holds(*at))
            .or_else(|| Some(after).filter(|at| holds(*at)))
            .or(before)
    }

    /// The line that began before an element and may go on inside.
    #[must_use]
    pub fn line_around(&self, id: NodeId) -> Option<&Line> {
        let after = self.lines.partition_point(|line| line.start() < id.index());
        after.checked_sub(1).and_then(|at| self.lines.get(at))
    }

    /// What a person sees of a node, its lines separated by line breaks, without controls inside.
    #[must_use]
    pub fn text(&self, id: NodeId) -> String {
        let inside = |piece: &&Piece| {
            self.page.contains(id, piece.node)
                && piece.sight == Sight::Shown
                && (self.place(id).in_control || !self.place(piece.node).in_control)
        };
        let lines = self.lines_in(id).map(|(_, line)| line);
        // A node inside of a line begins after the line does.
        let own_line = self.line_around(id);
        let texts = own_line
            .into_iter()
            .chain(lines)
            .map(|line| join(line.pieces.iter().filter(inside)));
        texts
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The text of an element that is hidden from sight too.
    #[must_use]
    pub fn any_text(&self, id: NodeId) -> String {
        let shown = self.text(id);
        if !shown.is_empty() {
            return shown;
        }
        let raw = self.page.raw_text(id);
        let words: Vec<&str> = raw.split_whitespace().collect();
        words.join(" ")
    }

    /// The accessible name of a control or link.
    #[must_use]
    pub fn name_of(&self, id: NodeId) -> String {
        let attribute = |name| {
            self.page
                .attribute(id, name)
                .filter(|text| !text.is_empty())
        };
        if let Some(label) = attribute("aria-label") {
            return label.to_owned();
        }
        let pieces = self.lines_in(id).flat_map(|(_, line)| &line.pieces);
        let own_line = self.line_around(id);
        let pieces = own_line
            .into_iter()
            .flat_map(|line| &line.pieces)
            .chain(pieces);
        let inside = pieces.filter(|piece| {
            self.page.contains(id, piece.node)
                && (piece.sight != Sight::Hidden || self.place(id).sight == Sight::Hidden)
        });
        let text = join(inside);
        if !text.is_empty() {
            return text;
        }
        let other = attribute("value")
            .or_else(|| attribute("title"))
            .or_else(|| attribute("alt"));
        other.unwrap_or_default().to_owned()
    }

    /// The innermost heading that a node is under.
    #[must_use]
    pub fn section_of(&self, id: NodeId) -> Option<&Section> {
        let around = self
            .sections
            .iter()
            .filter(|s| (s.start..s.end).contains(&id.index()));
        around.min_by_key(|section| section.end - section.start)
    }

    /// Every heading that a node is under.
    pub fn sections_of(&self, id: NodeId) -> impl Iterator<Item = &Section> {
        self.sections
            .iter()
            .filter(move |s| (s.start..s.end).contains(&id.index()))
    }

    /// The words in the names that a page's makers gave an element.
    #[must_use]
    pub fn hints(&self, id: NodeId) -> Vec<String> {
        self.page.element(id).map(hints).unwrap_or_default()
    }

    #[must_use]
    pub fn is_block(&self, id: NodeId) -> bool {
        self.page
            .element(id)
            .is_some_and(|element| !INLINE.contains(&element.tag.as_str()))
    }

    /// The level of a heading element, 1 to 6.
    #[must_use]
    pub fn heading_level(&self, id: NodeId) -> Option<u8> {
        heading_level(self.page.element(id)?)
    }

    fn find_places(&mut self) {
        for (id, node) in self.page.nodes() {
            let mut place = self.place(node.parent);
            if let Body::Element(element) = &node.body {
                self.enter(&mut place, element, id);
            }
            if let Some(known) = self.places.get_mut(id.index()) {
                *known = place;
            }
        }
    }

    fn enter(&self, place: &mut Place, element: &Element, id: NodeId) {
        let role = element.attribute("role").unwrap_or_default();
        let tag = element.tag.as_str();
        if place.sight != Sight::Hidden {
            match element.sight {
                Sight::Shown => {}
                other => place.sight = other,
            }
        }
        let in_content = place.in_main
            || self.page.with_ancestors(id).skip(1).any(|outer| {
                matches!(
                    self.page.tag(outer),
                    "article" | "section" | "main" | "dialog" | "#shadow"
                )
            });
        let hints = hints(element);
        let hint = |words: &[String]| hints.iter().any(|hint| words.contains(hint));
        let is_page = matches!(tag, "body" | "html" | "main" | "#document" | "article");
        place.in_head |= tag == "head";
        place.in_main |= tag == "main" || role == "main";
        place.in_navigation |= tag == "nav"
            || matches!(
                role,
                "navigation" | "menu" | "menubar" | "tablist" | "toolbar"
            )
            || !is_page && hint(&self.words.places.navigation);
        place.in_banner |= role == "banner"
            || tag == "header"
                && !in_content
                && !self
                    .page
                    .subtree(id)
                    .any(|inner| self.page.tag(inner) == "h1")
            || !is_page && hint(&self.words.places.banner);
        place.in_footer |= role == "contentinfo"
            || tag == "footer" && !in_content
            || !is_page && !place.in_main && hint(&self.words.places.footer);
        place.in_aside |= tag == "aside" || role == "complementary";
        place.in_dialog |= tag == "dialog" || matches!(role, "dialog" | "alertdialog" | "alert");
        place.in_form |= tag == "form" || role == "form";
        place.in_quote |=
            matches!(tag, "blockquote" | "q") || !is_page && hint(&self.words.places.quote);
        place.in_control |= is_control(element);
        place.in_link |= tag == "a" && element.attribute("href").is_some();
        place.in_icon |= !self.page.child_elements(id).any(|_| true)
            && (matches!(tag, "i" | "span" | "em") || tag.contains("icon"))
            && (tag.contains("icon")
                || hints.iter().any(|hint| {
                    matches!(
                        hint.as_str(),
                        "icon"
                            | "icons"
                            | "material"
                            | "symbols"
                            | "glyph"
                            | "glyphicon"
                            | "icofont"
                            | "lucide"
                            | "feather"
                    )
                }))
            || tag == "i" && element.attribute("aria-hidden") == Some("true")
            || INLINE.contains(&tag)
                && tag != "a"
                && element.attribute("title").is_some_and(|title| {
                    // The name of a picture and what it means are one word.
                    title.eq_ignore_ascii_case(self.page.raw_text(id).trim())
                });
        place.of_others |= !is_page && hint(&self.words.places.others);
    }

    fn find_lines(&mut self) {
        let mut line = Line::empty(NodeId::DOCUMENT);
        let mut lines = Vec::new();
        // Whether the next piece is separated by white space, and where the open elements end.
        let mut is_spaced = false;
        let mut ends: Vec<usize> = Vec::new();
        for (id, node) in self.page.nodes() {
            let place = self.place(id);
            while ends.last().is_some_and(|end| *end <= id.index()) {
                ends.pop();
                line.flush(&mut lines);
            }
            match &node.body {
                Body::Element(element) => {
                    let is_boundary = self.is_block(id)
                        || is_control(element)
                        || place.sight != self.place(node.parent).sight;
                    if is_boundary {
                        line.flush(&mut lines);
                        ends.push(self.page.end(id));
                    }
                    if is_boundary && self.is_block(id) {
                        line.block = id;
                    }
                    if let Some(text) =
                        description(self.page, id, element).filter(|_| !place.in_icon)
                    {
                        let sight = if place.sight == Sight::Hidden {
                            Sight::Hidden
                        } else {
                            Sight::Spoken
                        };
                        line.push(
                            self.block_of(id),
                            Piece {
                                node: id,
                                text,
                                sight,
                                is_spaced: true,
                                is_own: true,
                            },
                        );
                        is_spaced = true;
                    }
                }
                Body::Text(_) if place.in_head || self.page.tag(node.parent) == "script" => {}
                Body::Text(text) => {
                    let trimmed = clean(text);
                    is_spaced |= text.starts_with(char::is_whitespace);
                    if !trimmed.is_empty() {
                        // An icon's text is the name of its picture.
                        let is_own = matches!(
                            self.page.tag(node.parent),
                            "span" | "a" | "small" | "label" | "data" | "time" | "abbr"
                        );
                        let is_icon = place.in_icon && place.sight == Sight::Shown;
                        let sight = if is_icon { Sight::Spoken } else { place.sight };
                        line.push(
                            self.block_of(id),
                            Piece {
                                node: id,
                                text: trimmed,
                                sight,
                                is_spaced: is_spaced || is_icon,
                                is_own,
                            },
                        );
                        is_spaced = is_icon;
                    }
                    is_spaced |= text.ends_with(char::is_whitespace);
                }
            }
        }
        line.flush(&mut lines);
        self.lines = lines;
    }

    /// The innermost block around a node.
    #[must_use]
    pub fn block_of(&self, id: NodeId) -> NodeId {
        self.page
            .with_ancestors(id)
            .find(|id| self.is_block(*id))
            .unwrap_or(NodeId::DOCUMENT)
    }

    fn find_sections(&mut self) {
        let mut headings: Vec<(NodeId, u8, String)> = Vec::new();
        for (id, element) in self.page.elements() {
            let Some(level) = heading_level(element) else {
                continue;
            };
            let text = self.any_text(id).replace('\n', " ");
            if !text.is_empty() && text.chars().count() <= MAX_HEADING {
                headings.push((id, level, text));
            }
        }
        // What looks like a heading: a short line of its own that begins with a known phrase, and a
        // table's row that is one cell.
        for line in &self.lines {
            let is_field = self
                .page
                .with_ancestors(line.block)
                .take(2)
                .any(|id| matches!(self.page.tag(id), "dt" | "dd" | "label"));
            let is_short = line.text.chars().count() <= MAX_HEADING
                && line.text.split_whitespace().count() <= 7
                && !line.text.contains(|c: char| c.is_numeric() || c == '@');
            let cell = self
                .page
                .with_ancestors(line.block)
                .take(2)
                .find(|id| matches!(self.page.tag(*id), "td" | "th"));
            let row = cell
                .and_then(|cell| self.page.parent(cell))
                .filter(|row| self.page.tag(*row) == "tr");
            let is_row = row.is_some_and(|row| {
                self.page.child_elements(row).count() == 1 && self.lines_in(row).count() == 1
            }) && cell.is_some_and(|cell| {
                self.page.tag(cell) == "th" || self.page.attribute(cell, "colspan").is_some()
            });
            let is_known =
                self.words.is_about_others(&line.text) || self.words.is_section(&line.text);
            let is_heading = headings.iter().any(|(id, ..)| {
                self.page.contains(*id, line.block) || self.page.contains(line.block, *id)
            });
            let is_control = line.pieces.iter().any(|piece| {
                self.place(piece.node).in_control || self.place(piece.node).in_navigation
            });
            if is_short
                && !is_heading
                && !is_control
                && !is_field
                && (is_row || is_known && cell.is_none())
            {
                let at = row.filter(|_| is_row).unwrap_or(line.block);
                headings.push((at, if is_row { 5 } else { 6 }, line.text.clone()));
            }
        }
        headings.sort_by_key(|(id, ..)| *id);
        let levels: Vec<(NodeId, u8)> = headings
            .iter()
            .map(|(id, level, _)| (*id, *level))
            .collect();
        self.sections = headings
            .into_iter()
            .map(|(heading, level, text)| {
                let at = self.out_of_wrapper(heading);
                let parent = self.page.parent(at).unwrap_or(NodeId::DOCUMENT);
                let start = self.page.end(at);
                let mut end = self.page.end(parent);
                let next = levels.iter().find(|(id, other)| {
                    *id > heading && (start..end).contains(&id.index()) && *other <= level
                });
                if let Some((next, _)) = next {
                    // Where the sibling begins that holds the next heading.
                    let sibling = self
                        .page
                        .with_ancestors(*next)
                        .find(|id| self.page.parent(*id) == Some(parent));
                    end = sibling.map_or(end, NodeId::index);
                }
                Section {
                    heading,
                    text,
                    level,
                    start,
                    end: end.max(start),
                }
            })
            .collect();
    }

    /// The outermost wrapper in which a heading is all there is, but for links and controls.
    fn out_of_wrapper(&self, heading: NodeId) -> NodeId {
        let mut at = heading;
        while let Some(parent) = self.page.parent(at).filter(|id| *id != NodeId::DOCUMENT) {
            let is_outer = matches!(
                self.page.tag(parent),
                "main"
                    | "body"
                    | "section"
                    | "article"
                    | "aside"
                    | "#document"
                    | "#shadow"
                    | "fieldset"
                    | "dialog"
                    | "html"
            );
            let after = self.page.end(at)..self.page.end(parent);
            let rest: usize = (after.map(NodeId::at))
                .filter(|id| !self.place(*id).in_control && !self.place(*id).in_link)
                .filter_map(|id| match &self.page.node(id)?.body {
                    Body::Text(text) => Some(text.trim().chars().count()),
                    Body::Element(_) => None,
                })
                .sum();
            let links = self
                .page
                .subtree(parent)
                .filter(|id| id.index() >= self.page.end(at) && self.page.tag(*id) == "a")
                .count();
            if is_outer || rest > 0 || links > 1 {
                break;
            }
            at = parent;
        }
        at
    }

    fn find_others(&mut self) {
        let ranges: Vec<_> = (self.sections.iter())
            .filter(|section| self.words.is_about_others(&section.text))
            .map(|section| (section.heading.index(), section.start, section.end))
            .collect();
        for (heading, start, end) in ranges {
            self.mark(start, end, |place| place.of_others = true);
            let heading_end = self.page.end(NodeId::at(heading));
            self.mark(heading, heading_end, |place| place.of_others = true);
        }
    }
}

impl Line {
    fn empty(block: NodeId) -> Self {
        Self {
            block,
            pieces: Vec::new(),
            text: String::new(),
            sight: Sight::Shown,
        }
    }

    fn push(&mut self, block: NodeId, piece: Piece) {
        if self.pieces.is_empty() {
            self.block = block;
        }
        self.pieces.push(piece);
    }

    fn flush(&mut self, lines: &mut Vec<Self>) {
        if self.pieces.is_empty() {
            return;
        }
        let mut line = std::mem::replace(self, Self::empty(self.block));
        line.sight = if line.pieces.iter().any(|piece| piece.sight == Sight::Shown) {
            Sight::Shown
        } else {
            line.pieces
                .first()
                .map_or(Sight::Shown, |piece| piece.sight)
        };
        line.text = join(line.pieces.iter().filter(|piece| piece.sight == line.sight));
        lines.push(line);
    }

    /// The first node.
    #[must_use]
    pub fn start(&self) -> usize {
        self.pieces.first().map_or(0, |piece| piece.node.index())
    }

    /// The node of its first piece.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.pieces.first().map_or(self.block, |piece| piece.node)
    }
}

/// Puts pieces together. Elements that a style sheet keeps apart have no space between them, but one
/// that begins in the middle of a word has none either: a capital, a digit or another element that is
/// not for emphasis begins a word.
pub fn join<'a>(pieces: impl Iterator<Item = &'a Piece>) -> String {
    let mut text = String::new();
    for piece in pieces {
        let first = piece.text.chars().next();
        let last = text.chars().next_back();
        let is_initial = text
            .rsplit(char::is_whitespace)
            .next()
            .is_some_and(|word| word.chars().count() == 1);
        let begins = first.is_some_and(|c| {
            (c.is_alphanumeric() && (!c.is_lowercase() || piece.is_own)) || "(+".contains(c)
        });
        let is_new_word = begins
            && last.is_some_and(|c| c.is_alphanumeric() || ",:;)".contains(c))
            && !is_initial;
        if !text.is_empty() && (piece.is_spaced || is_new_word) {
            text.push(' ');
        }
        text.push_str(&piece.text);
    }
    text
}

/// Without white space around, and without characters that nobody sees.
#[must_use]
pub fn clean(text: &str) -> String {
    let seen = text.chars().filter(|c| {
        !matches!(c, '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
            && (!c.is_control() || c.is_whitespace())
    });
    let seen: String = seen.collect();
    let words: Vec<&str> = seen.split_whitespace().collect();
    words.join(" ")
}

#[must_use]
pub fn is_control(element: &Element) -> bool {
    let role = element.attribute("role").unwrap_or_default();
    matches!(
        element.tag.as_str(),
        "button" | "input" | "select" | "textarea"
    ) || matches!(
        role,
        "button" | "menuitem" | "switch" | "checkbox" | "radio" | "tab" | "combobox" | "option"
    )
}

fn heading_level(element: &Element) -> Option<u8> {
    match element.tag.as_bytes() {
        [b'h', level @ b'1'..=b'6'] => Some(level - b'0'),
        b"legend" | b"summary" | b"caption" => Some(5),
        _ if element.attribute("role") == Some("heading") => {
            let level = element
                .attribute("aria-level")
                .and_then(|level| level.trim().parse().ok());
            Some(level.unwrap_or(2).clamp(1, 6))
        }
        _ => None,
    }
}

/// What stands for an image or icon.
fn description(page: &Snapshot, id: NodeId, element: &Element) -> Option<String> {
    let is_image =
        matches!(element.tag.as_str(), "img" | "svg") || element.attribute("role") == Some("img");
    let is_empty = || page.raw_text(id).trim().is_empty();
    let text = if is_image {
        element
            .attribute("alt")
            .or_else(|| element.attribute("aria-label"))
            .or_else(|| element.attribute("title"))
    } else if matches!(element.tag.as_str(), "i" | "span" | "abbr" | "div") && is_empty() {
        element
            .attribute("aria-label")
            .or_else(|| element.attribute("title"))
    } else if element.tag == "input"
        && matches!(element.attribute("type"), Some("button" | "submit"))
    {
        element.attribute("value")
    } else {
        None
    };
    let text = clean(text?);
    (!text.is_empty() && text.chars().count() <= MAX_DESCRIPTION).then_some(text)
}

/// The words in class, id and test names: `candidateEmail__link` gives `candidate`, `email`, `link`.
#[must_use]
pub fn hints(element: &Element) -> Vec<String> {
    let named = element.attributes().filter(|(name, _)| {
        matches!(*name, "class" | "id" | "name" | "slot")
            || name.starts_with("data-") && !name.contains("react") && *name != "data-v"
    });
    let mut found: Vec<String> = Vec::new();
    for (name, value) in named {
        if value.len() > 300 {
            continue;
        }
        let is_data = name.starts_with("data-");
        // A data attribute's value is a hint where it is a name, not a content.
        let value =
            if is_data && (value.contains(' ') || value.contains('@') || value.contains('/')) {
                ""
            } else {
                value
            };
        let name = if is_data {
            name.trim_start_matches("data-")
        } else {
            ""
        };
        for word in split_words(name).into_iter().chain(split_words(value)) {
            if !found.contains(&word) {
                found.push(word);
            }
        }
    }
    found
}

/// Splits at everything that is no letter, and where a capital follows a small letter.
#[must_use]
pub fn split_words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut was_lower = false;
    for c in text.chars() {
        if !c.is_alphabetic() || (c.is_uppercase() && was_lower) {
            if word.chars().count() > 1 {
                words.push(std::mem::take(&mut word));
            }
            word.clear();
        }
        if c.is_alphabetic() {
            word.extend(c.to_lowercase());
        }
        was_lower = c.is_lowercase();
    }
    if word.chars().count() > 1 {
        words.push(word);
    }
    words
}

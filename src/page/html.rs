//! A saved HTML file as a [`Snapshot`], as the port would take it in a browser: for tests, for
//! training, and for `xtask read`. Without layout, so there are no boxes but inline font sizes.

use super::address;
use super::snapshot::{Builder, Shape, Sight, Snapshot};
use ego_tree::NodeRef;
use scraper::node::{Element as HtmlElement, Node};
use scraper::{ElementRef, Html, Selector};

/// Frames inside of frames are read to this depth.
const MAX_FRAMES: usize = 3;
/// Most characters of one text, and of one script that holds data; as in `extension/snapshot.js`.
const MAX_TEXT: usize = 4_000;
const MAX_DATA: usize = 60_000;
const MAX_ATTRIBUTE: usize = 500;
const MAX_DATA_ATTRIBUTES: usize = 8;

/// Elements of which nothing is taken; as in `extension/snapshot.js`.
const SKIPPED: &[&str] = &[
    "style", "noscript", "template", "canvas", "audio", "video", "textarea", "option", "optgroup",
    "base", "math", "map",
];
/// The attributes that carry meaning; as in `extension/snapshot.js`.
const ATTRIBUTES: &[&str] = &[
    "about",
    "action",
    "alt",
    "autocomplete",
    "class",
    "content",
    "contenteditable",
    "data",
    "datatype",
    "datetime",
    "disabled",
    "download",
    "for",
    "formaction",
    "headers",
    "href",
    "id",
    "itemid",
    "itemprop",
    "itemref",
    "itemscope",
    "itemtype",
    "label",
    "lang",
    "name",
    "open",
    "placeholder",
    "prefix",
    "property",
    "readonly",
    "rel",
    "resource",
    "role",
    "scope",
    "slot",
    "title",
    "translate",
    "type",
    "typeof",
    "vocab",
];

/// Takes a snapshot of an HTML file that was at `url`. `marks` are the recipe's selectors; one that
/// does not parse marks nothing.
#[must_use]
pub fn snapshot(html: &str, url: &str, marks: &[&str]) -> Snapshot {
    let mut builder = Builder::new(url);
    Reader::new(&Html::parse_document(html), url, marks).read(&mut builder, 0);
    builder.build()
}

struct Reader<'h, 'm> {
    html: &'h Html,
    base: url::Base,
    rules: Vec<Rule>,
    marks: Vec<(u16, Selector)>,
    texts: &'m [&'m str],
}

impl<'h, 'm> Reader<'h, 'm> {
    fn new(html: &'h Html, url: &str, texts: &'m [&'m str]) -> Self {
        let base = html.root_element().descendent_elements();
        let base = base
            .filter(|element| element.value().name() == "base")
            .find_map(|element| element.attr("href"));
        let page = url::Base::new(url);
        let numbered = texts.iter().zip(0..);
        Self {
            html,
            base: base.map_or_else(|| page.clone(), |href| url::Base::new(&page.join(href))),
            rules: rules(html),
            marks: numbered
                .filter_map(|(css, number)| Some((number, Selector::parse(css).ok()?)))
                .collect(),
            texts,
        }
    }

    fn read(&self, builder: &mut Builder, frames: usize) {
        self.element(builder, self.html.root_element(), Sight::Shown, frames);
    }

    /// Reads what is shown of an element: of one with a shadow root, that, with its own children in
    /// the slots.
    fn children(&self, builder: &mut Builder, parent: ElementRef, sight: Sight, frames: usize) {
        match parent.child_elements().find(|child| is_shadow(*child)) {
            Some(shadow) => {
                let depth = builder.depth();
                builder.open_tag("#shadow", sight, None, Vec::new(), Vec::new());
                // The parser keeps a template's content in a fragment of its own.
                let fragment = shadow.children().find(|child| child.value().is_fragment());
                let inside = fragment.iter().flat_map(|fragment| fragment.children());
                self.nodes(builder, inside, sight, frames);
                builder.close_to(depth);
            }
            None if parent.value().name() == "slot" => self.slot(builder, parent, sight, frames),
            None => self.nodes(builder, parent.children(), sight, frames),
        }
    }

    /// Reads what was put into a slot, or else what the slot has of its own.
    fn slot(&self, builder: &mut Builder, slot: ElementRef, sight: Sight, frames: usize) {
        let name = slot.attr("name").unwrap_or_default();
        let root = slot.ancestors().find(|node| node.value().is_fragment());
        let host = root
            .and_then(|root| root.parent()?.parent())
            .and_then(ElementRef::wrap);
        let put: Vec<_> = (host.iter().flat_map(|host| host.children()))
            .filter(|child| match ElementRef::wrap(*child) {
                Some(element) => {
                    element.attr("slot").unwrap_or_default() == name && !is_shadow(element)
                }
                None => {
                    name.is_empty()
                        && child
                            .value()
                            .as_text()
                            .is_some_and(|text| !text.trim().is_empty())
                }
            })
            .collect();
        if put.is_empty() {
            self.nodes(builder, slot.children(), sight, frames);
        } else {
            self.nodes(builder, put.into_iter(), sight, frames);
        }
    }

    fn nodes<'n>(
        &self,
        builder: &mut Builder,
        nodes: impl Iterator<Item = NodeRef<'n, Node>>,
        sight: Sight,
        frames: usize,
    ) {
        for node in nodes {
            match ElementRef::wrap(node) {
                Some(element) => self.element(builder, element, sight, frames),
                None => {
                    if let Some(text) = node.value().as_text() {
                        builder.text(&cut(&one_spaced(text), MAX_TEXT));
                    }
                }
            }
        }
    }

    fn element(&self, builder: &mut Builder, element: ElementRef, outer: Sight, frames: usize) {
        let tag = element.value().name();
        let is_data = tag == "script" && element.attr("type") == Some("application/ld+json");
        if SKIPPED.contains(&tag)
            || tag == "script" && !is_data
            || element.attr("type") == Some("password") && tag != "input"
        {
            return;
        }
        let depth = builder.depth();
        let own = self.sight(element);
        let sight = if outer == Sight::Shown { own } else { outer };
        let marks = self.marks.iter().filter(|(_, css)| css.matches(&element));
        builder.open_tag(
            tag,
            sight,
            self.shape(element),
            marks.map(|(number, _)| *number).collect(),
            self.attributes(element.value()),
        );
        if is_data {
            builder.text(&cut(&element.text().collect::<String>(), MAX_DATA));
        } else if let Some(inner) = element.attr("srcdoc").filter(|_| frames < MAX_FRAMES) {
            let inner = Html::parse_document(inner);
            builder.open_tag("#document", sight, None, Vec::new(), Vec::new());
            let mut reader = Reader::new(&inner, "", self.texts);
            reader.base = self.base.clone();
            reader.element(builder, inner.root_element(), sight, frames + 1);
        } else if !matches!(tag, "svg" | "select" | "iframe") && !is_typed_into(element) {
            self.children(builder, element, sight, frames);
        }
        builder.close_to(depth);
    }

    fn attributes(&self, element: &HtmlElement) -> Vec<(String, String)> {
        let tag = element.name();
        let mut data = 0;
        // A value that nobody can type into is part of the page.
        let has_own_value = matches!(tag, "data" | "meter" | "progress" | "li" | "param")
            || element.attr("readonly").is_some()
            || element.attr("disabled").is_some()
            || matches!(element.attr("type"), Some("button" | "submit" | "reset"));
        let is_secret = element.attr("type") == Some("password");
        let taken = element.attrs().filter(|(name, _)| {
            let is_data = name.starts_with("data-");
            data += usize::from(is_data);
            let is_address = matches!(tag, "iframe" | "embed") && *name == "src";
            ATTRIBUTES.contains(name)
                || is_address
                || name.starts_with("aria-")
                || is_data && data <= MAX_DATA_ATTRIBUTES
                || *name == "value" && has_own_value && !is_secret
        });
        let mut attributes: Vec<(String, String)> = taken
            .map(|(name, value)| {
                let value = match name {
                    "href" | "action" | "formaction" | "src" => self.base.join(value),
                    "data" if tag == "object" => self.base.join(value),
                    _ => one_spaced(value).trim().to_owned(),
                };
                (name.to_owned(), cut(&value, MAX_ATTRIBUTE))
            })
            .collect();
        // The order in the source is of no meaning.
        attributes.sort();
        attributes
    }

    fn sight(&self, element: ElementRef) -> Sight {
        let value = element.value();
        let has_class = |wanted: &[&str]| value.classes().any(|class| wanted.contains(&class));
        let in_closed = element
            .parent()
            .and_then(ElementRef::wrap)
            .is_some_and(|parent| {
                parent.value().name() == "details"
                    && parent.attr("open").is_none()
                    && value.name() != "summary"
            });
        let is_hidden = value.attr("hidden").is_some()
            || value.name() == "dialog" && value.attr("open").is_none()
            || value.attr("type") == Some("hidden")
            || in_closed;
        if is_hidden {
            return Sight::Hidden;
        }
        let mut style = Style::default();
        for rule in self
            .rules
            .iter()
            .filter(|rule| rule.selector.matches(&element))
        {
            style.add(&rule.declarations);
        }
        style.add(value.attr("style").unwrap_or_default());
        match style.sight() {
            Sight::Shown
                if has_class(&[
                    "sr-only",
                    "visually-hidden",
                    "visuallyhidden",
                    "screen-reader-text",
                ]) =>
            {
                Sight::Spoken
            }
            sight => sight,
        }
    }

    fn shape(&self, element: ElementRef) -> Option<Shape> {
        let mut style = Style::default();
        for rule in self
            .rules
            .iter()
            .filter(|rule| rule.selector.matches(&element))
        {
            style.add(&rule.declarations);
        }
        style.add(element.attr("style").unwrap_or_default());
        let of_tag = match (element.value().name(), element.attr("size")) {
            ("font", Some("5")) => Some(24.0),
            ("font", Some("6" | "+3")) => Some(32.0),
            ("font", Some("7" | "+4")) => Some(48.0),
            ("font", Some("4" | "+1")) => Some(18.0),
            ("font", Some("+2")) => Some(24.0),
            _ => None,
        };
        let font_size = style.font_size.or(of_tag)?;
        Some(Shape {
            x: 0.0,
            y: 0.0,
            width: 0.0,
            height: 0.0,
            font_size,
            font_weight: style.font_weight.unwrap_or(400.0),
        })
    }
}

/// Whether it is a declarative shadow root that the page's scripts may read.
fn is_shadow(element: ElementRef) -> bool {
    let mode = element.attr("shadowrootmode");
    element.value().name() == "template"
        && mode.is_some_and(|mode| mode.eq_ignore_ascii_case("open"))
}

fn is_typed_into(element: ElementRef) -> bool {
    let editable = element.attr("contenteditable");
    editable.is_some_and(|value| value.is_empty() || value == "true" || value == "plaintext-only")
}

struct Rule {
    selector: Selector,
    declarations: String,
}

/// The rules of the page's own style sheets that can hide something or change a font's size. Rules
/// inside of `@media` and the like are left out.
fn rules(html: &Html) -> Vec<Rule> {
    let mut rules = Vec::new();
    let sheets = html.root_element().descendent_elements();
    for sheet in sheets.filter(|element| element.value().name() == "style") {
        let text = without_comments(&sheet.text().collect::<String>());
        let mut rest = text.as_str();
        while let Some((head, after)) = rest.split_once('{') {
            let end = block_end(after);
            let (block, next) = after.split_at_checked(end).unwrap_or((after, ""));
            rest = next.strip_prefix('}').unwrap_or(next);
            let head = head.trim();
            if head.starts_with('@') || block.contains('{') || !Style::is_told_by(block) {
                continue;
            }
            if let Ok(selector) = Selector::parse(head) {
                rules.push(Rule {
                    selector,
                    declarations: block.to_owned(),
                });
            }
        }
    }
    rules
}

fn without_comments(css: &str) -> String {
    let mut out = String::new();
    let mut rest = css;
    while let Some((before, after)) = rest.split_once("/*") {
        out.push_str(before);
        rest = after.split_once("*/").map_or("", |(_, after)| after);
    }
    out + rest
}

/// Where the block that has just been opened is closed.
fn block_end(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return at,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[derive(Default)]
struct Style {
    is_gone: bool,
    is_invisible: bool,
    is_clipped: bool,
    is_out_of_flow: bool,
    is_tiny: bool,
    font_size: Option<f32>,
    font_weight: Option<f32>,
}

impl Style {
    fn is_told_by(declarations: &str) -> bool {
        [
            "display",
            "visibility",
            "opacity",
            "clip",
            "position",
            "font",
        ]
        .iter()
        .any(|property| declarations.contains(property))
    }

    fn add(&mut self, declarations: &str) {
        for declaration in declarations.split(';') {
            let Some((property, value)) = declaration.split_once(':') else {
                continue;
            };
            let value = value
                .trim()
                .trim_end_matches("!important")
                .trim()
                .to_ascii_lowercase();
            let pixels = || {
                let number = value
                    .strip_suffix("px")
                    .and_then(|number| number.parse::<f32>().ok());
                let relative = ["rem", "em"]
                    .iter()
                    .find_map(|unit| value.strip_suffix(unit));
                number.or_else(|| Some(relative?.parse::<f32>().ok()? * 16.0))
            };
            match property.trim().to_ascii_lowercase().as_str() {
                "display" => self.is_gone = value == "none",
                "visibility" => self.is_invisible = matches!(value.as_str(), "hidden" | "collapse"),
                "opacity" => self.is_invisible = matches!(value.as_str(), "0" | "0.0" | "0%"),
                "clip" | "clip-path" => self.is_clipped = value != "none" && value != "auto",
                "position" => self.is_out_of_flow = value == "absolute" || value == "fixed",
                "width" | "height" => {
                    self.is_tiny = pixels().is_some_and(|size| size <= 1.0) || value == "0";
                }
                "left" | "top" | "text-indent" => {
                    self.is_clipped |= pixels().is_some_and(|at| at <= -900.0);
                }
                "font-size" => self.font_size = pixels(),
                "font-weight" => {
                    self.font_weight = if value == "bold" {
                        Some(700.0)
                    } else {
                        value.parse().ok()
                    };
                }
                _ => {}
            }
        }
    }

    fn sight(&self) -> Sight {
        if self.is_gone || self.is_invisible {
            Sight::Hidden
        } else if self.is_out_of_flow && (self.is_clipped || self.is_tiny) {
            Sight::Spoken
        } else {
            Sight::Shown
        }
    }
}

fn one_spaced(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut was_space = false;
    for c in text.chars() {
        // Not `is_whitespace`: a no-break space is part of what the page says.
        let is_space = matches!(c, ' ' | '\n' | '\t' | '\r' | '\u{c}' | '\u{1e}' | '\u{1f}');
        if !(is_space && was_space) {
            out.push(if is_space { ' ' } else { c });
        }
        was_space = is_space;
    }
    out
}

fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

mod url {
    //! Resolves links as a browser does, for the spellings that pages use.

    use super::address::Address;

    #[derive(Clone, Debug, Default)]
    pub struct Base {
        whole: String,
        scheme: String,
        origin: String,
        folder: String,
        path: String,
    }

    impl Base {
        pub fn new(url: &str) -> Self {
            let Some(address) = Address::parse(url) else {
                return Self::default();
            };
            let folder = address
                .path
                .rsplit_once('/')
                .map_or("", |(folder, _)| folder);
            Self {
                whole: url.split('#').next().unwrap_or_default().to_owned(),
                scheme: url.split("://").next().unwrap_or_default().to_owned(),
                folder: format!("{folder}/"),
                path: address.path,
                origin: address.origin,
            }
        }

        pub fn join(&self, href: &str) -> String {
            let href = href.trim();
            let has_scheme = href.split_once(':').is_some_and(|(scheme, _)| {
                scheme.starts_with(|c: char| c.is_ascii_alphabetic())
                    && scheme
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
            });
            if has_scheme || self.origin.is_empty() {
                return href.replace(' ', "%20");
            }
            let joined = match href {
                "" => self.whole.clone(),
                _ if href.starts_with("//") => format!("{}:{href}", self.scheme),
                _ if href.starts_with('/') => format!("{}{}", self.origin, without_dots(href)),
                _ if href.starts_with('#') => format!("{}{href}", self.whole),
                _ if href.starts_with('?') => format!("{}{}{href}", self.origin, self.path),
                _ => format!(
                    "{}{}",
                    self.origin,
                    without_dots(&format!("{}{href}", self.folder))
                ),
            };
            joined.replace(' ', "%20")
        }
    }

    fn without_dots(path: &str) -> String {
        let end = path.find(['?', '#']).unwrap_or(path.len());
        let (path, tail) = path.split_at_checked(end).unwrap_or((path, ""));
        let mut parts: Vec<&str> = Vec::new();
        for part in path.split('/').skip(1) {
            match part {
                "." => {}
                ".." => {
                    parts.pop();
                }
                part => parts.push(part),
            }
        }
        format!("/{}{tail}", parts.join("/"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::NodeId;
    use super::*;

    const URL: &str = "https://jobs.example/people/imani?tab=1";

    fn taken(html: &str) -> Snapshot {
        snapshot(html, URL, &["h1", "!"])
    }

    fn sight_of(page: &Snapshot, id: &str) -> Option<Sight> {
        let found = page.elements().find(|(_, e)| e.attribute("id") == Some(id));
        found.map(|(_, element)| element.sight)
    }

    #[test]
    fn shadow_roots_and_frames_are_part_of_the_page() {
        let page = taken(
            "<x-card><template shadowrootmode=open><h1>Imani</h1></template></x-card>\
             <x-card><template shadowrootmode=closed><p>secret</p></template></x-card>\
             <iframe srcdoc='<a href=\"cv.pdf\">CV</a>'></iframe>",
        );
        let text = page.raw_text(NodeId::DOCUMENT);
        assert!(
            text.contains("Imani") && text.contains("CV") && !text.contains("secret"),
            "{text}"
        );
        let link = page.elements().find(|(_, e)| e.tag == "a").unwrap().1;
        assert_eq!(
            link.attribute("href"),
            Some("https://jobs.example/people/cv.pdf")
        );
        let heading = page.elements().find(|(_, e)| e.tag == "h1").unwrap().1;
        assert_eq!(heading.marks, [0]);
    }

    #[test]
    fn hiding_is_seen_in_attributes_and_style_sheets() {
        let page = taken(
            "<style>/* x */ .gone, .x { display: none } @media print { #shown { display: none } }
             .said { position: absolute; clip: rect(0 0 0 0); width: 1px }</style>
             <p id=a hidden></p><p id=b class=gone><i id=c></i></p><p id=d style='visibility:hidden'></p>
             <p id=e class=said></p><p id=shown></p><details><summary id=f></summary><p id=g></p></details>",
        );
        for id in ["a", "b", "c", "d", "g"] {
            assert_eq!(sight_of(&page, id), Some(Sight::Hidden), "{id}");
        }
        assert_eq!(sight_of(&page, "e"), Some(Sight::Spoken));
        for id in ["f", "shown"] {
            assert_eq!(sight_of(&page, id), Some(Sight::Shown), "{id}");
        }
    }

    #[test]
    fn what_was_typed_is_never_taken() {
        let page = taken(
            "<input value=typed><input type=password value=secret><textarea>typed</textarea>
             <div contenteditable>typed</div><script>code</script><style>css</style>
             <svg><title>drawing</title></svg><input readonly value=shown><button>Send</button>",
        );
        let wire = page.encode();
        for never in ["=typed", "typed\u{1e}", "secret", "code", "css", "drawing"] {
            assert!(!wire.contains(never), "{never}");
        }
        assert!(wire.contains("shown") && wire.contains("Send"));
    }

    #[test]
    fn links_are_resolved() {
        let page = taken(
            "<a href=../x>1</a><a href=/y?z>2</a><a href=?tab=2>3</a><a href=mailto:a@b.c>4</a>",
        );
        let links = page.elements().filter_map(|(_, e)| e.attribute("href"));
        let links: Vec<_> = links.collect();
        assert_eq!(
            links,
            [
                "https://jobs.example/x",
                "https://jobs.example/y?z",
                "https://jobs.example/people/imani?tab=2",
                "mailto:a@b.c"
            ]
        );
    }
}

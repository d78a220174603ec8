//! Whose page it may be.

use super::super::address::Address;
use super::super::tree::{Piece, Tree, join};
use super::super::words::{Label, plain};
use super::field::{Feature, Field};
use super::labels::Labelled;
use super::structured::Items;
use super::{Found, person};
use crate::page::snapshot::{NodeId, Sight};

/// A name needs at least this likeness to be proposed, a heading less.
const MIN_LIKENESS: f32 = 0.3;
const MIN_HEADING_LIKENESS: f32 = 0.2;

pub fn read(tree: &Tree, labels: &[Labelled], items: &Items, found: &mut Vec<Found>) {
    headings(tree, found);
    hinted(tree, found);
    labelled(tree, labels, found);
    titles(tree, found);
    structured(tree, items, found);
}

fn propose(
    tree: &Tree,
    found: &mut Vec<Found>,
    text: &str,
    node: NodeId,
    least: f32,
    features: &[Feature],
) {
    let text = without_phrase(tree, text);
    let likeness = person::likeness(&text, tree.words);
    if likeness < least {
        return;
    }
    let mut one = Found::new(Field::Name, &text, node, features);
    one.features.set(Feature::GoodShape, likeness);
    one.features.set_if(Feature::GivenName, {
        let tokens = person::tokens(&text, tree.words);
        tokens
            .iter()
            .any(|token| tree.words.given_names.contains(token.as_str()))
    });
    found.push(one);
}

/// *Profile of Imani Okafor*, *Imani Okafor's profile*, *Candidate: Imani Okafor*.
fn without_phrase(tree: &Tree, text: &str) -> String {
    let text = text.trim();
    let is_page_word = |word: &str| {
        let word = plain(word);
        tree.words.not_names.contains(&word)
            || tree.words.resume.contains(&word)
            || tree.words.label(&word) == Some(Label::Name)
    };
    if let Some((head, tail)) = text.split_once([':', '：'])
        && head.split_whitespace().all(is_page_word)
    {
        return tail.trim().to_owned();
    }
    for of in [
        " of ", " de ", " von ", " di ", " do ", " da ", " for ", " für ", " van ", " – ", " - ",
        " — ",
    ] {
        if let Some((head, tail)) = text.split_once(of) {
            if head.split_whitespace().all(is_page_word) {
                return tail.trim().to_owned();
            }
            if of.contains(['–', '-', '—']) && tail.split_whitespace().all(is_page_word) {
                return head.trim().to_owned();
            }
        }
    }
    for of in ["'s ", "’s "] {
        if let Some((head, tail)) = text.split_once(of)
            && tail.split_whitespace().all(is_page_word)
        {
            return head.trim().to_owned();
        }
    }
    text.to_owned()
}

fn headings(tree: &Tree, found: &mut Vec<Found>) {
    let visible: Vec<(NodeId, u8)> = (tree.page.elements())
        .filter_map(|(id, _)| Some((id, tree.heading_level(id)?)))
        .filter(|(id, _)| tree.place(*id).sight == Sight::Shown && !tree.text(*id).is_empty())
        .collect();
    let is_content = |id: NodeId| {
        let place = tree.place(id);
        !(place.in_navigation
            || place.in_banner
            || place.in_footer
            || place.of_others
            || place.in_dialog)
    };
    let firsts = visible.iter().filter(|(_, level)| *level == 1).count();
    let first = visible
        .iter()
        .find(|(id, _)| is_content(*id))
        .map(|(id, _)| *id);
    for (id, _) in tree.page.elements() {
        let Some(level) = tree.heading_level(id).filter(|level| *level <= 5) else {
            continue;
        };
        let mut features = vec![match level {
            1 => Feature::Heading1,
            2 => Feature::Heading2,
            _ => Feature::Heading3,
        }];
        if level == 1 && firsts == 1 && tree.place(id).sight == Sight::Shown {
            features.push(Feature::OnlyHeading1);
        }
        if first == Some(id) {
            features.push(Feature::FirstHeading);
        }
        for (text, node) in names_in(tree, id) {
            propose(tree, found, &text, node, MIN_HEADING_LIKENESS, &features);
        }
    }
    // Text that only looks like a heading.
    let sizes = tree.page.elements().filter_map(|(id, element)| {
        let place = tree.place(id);
        let shown = place.sight == Sight::Shown && !place.in_banner && !place.in_navigation;
        Some((id, element.shape.filter(|_| shown)?))
            .filter(|(id, _)| !tree.text(*id).is_empty() && tree.text(*id).chars().count() < 80)
    });
    let sizes: Vec<_> = sizes.collect();
    let largest = sizes
        .iter()
        .map(|(_, shape)| shape.font_size)
        .fold(0.0_f32, f32::max);
    for (id, shape) in sizes {
        let mut features = Vec::new();
        if shape.font_size >= largest && largest >= 17.0 {
            features.push(Feature::Largest);
        }
        if shape.font_weight >= 600.0 || shape.font_size >= 17.0 {
            features.push(Feature::Emphasis);
        }
        for (text, node) in names_in(tree, id)
            .into_iter()
            .filter(|_| !features.is_empty())
        {
            propose(tree, found, &text, node, MIN_LIKENESS, &features);
        }
    }
    // The first lines of the content, and bold ones.
    let main = tree
        .page
        .elements()
        .find(|(id, _)| tree.place(*id).in_main)
        .map(|(id, _)| id);
    let lines = tree.lines.iter().filter(|line| {
        line.sight == Sight::Shown
            && is_content(line.block)
            && !tree.place(line.block).in_head
            && main.is_none_or(|main| tree.page.contains(main, line.block))
    });
    for (index, line) in lines.enumerate().take(400) {
        let Some(piece) = line.pieces.first() else {
            continue;
        };
        let is_bold = tree
            .page
            .with_ancestors(piece.node)
            .take(3)
            .any(|id| matches!(tree.page.tag(id), "b" | "strong" | "big" | "font" | "em"));
        let mut features = Vec::new();
        if is_bold {
            features.push(Feature::Emphasis);
        }
        if index < 6 {
            features.push(Feature::BeforeName);
        }
        for (text, node) in best_prefix(tree, &line.pieces).filter(|_| index < 6 || is_bold) {
            propose(tree, found, &text, node, 0.55, &features);
        }
    }
}

/// The names that an element's lines may hold.
fn names_in(tree: &Tree, id: NodeId) -> Vec<(String, NodeId)> {
    let mut names = Vec::new();
    let own = tree.line_around(id);
    let hidden = tree.place(id).sight;
    for line in own
        .into_iter()
        .chain(tree.lines_in(id).map(|(_, line)| line))
        .take(4)
    {
        let pieces: Vec<Piece> = (line.pieces.iter())
            .filter(|piece| {
                tree.page.contains(id, piece.node) && !tree.place(piece.node).in_control
            })
            .filter(|piece| piece.sight == hidden || hidden != Sight::Shown)
            .cloned()
            .collect();
        names.extend(best_prefix(tree, &pieces));
        if names.len() > 1 {
            break;
        }
    }
    names
}

/// The pieces at the beginning that look most like a name: a heading may hold badges and a title.
fn best_prefix<'a>(
    tree: &'a Tree,
    pieces: &'a [Piece],
) -> impl Iterator<Item = (String, NodeId)> + use<'a> {
    let is_part = |piece: &&Piece| {
        (piece.sight != Sight::Spoken || pieces.len() == 1)
            && tree.words.label(&piece.text).is_none()
    };
    let pieces: Vec<&Piece> = pieces.iter().filter(is_part).collect();
    let mut best: Option<(f32, String, NodeId)> = None;
    for start in 0..pieces.len().min(3) {
        for end in start + 1..=pieces.len().min(start + 6) {
            let run = pieces.get(start..end).unwrap_or_default();
            let Some(node) = run.first().map(|piece| piece.node) else {
                continue;
            };
            let text = join(run.iter().copied());
            let bare = without_phrase(tree, &text);
            let score = person::likeness(&bare, tree.words) - 0.1 * start as f32;
            // Longer only where that is likelier: "Maya" and "Solis" are one name in two pieces.
            if best
                .as_ref()
                .is_none_or(|(known, ..)| score > *known + 0.01)
            {
                best = Some((score, text, node));
            }
        }
    }
    best.into_iter().map(|(_, text, node)| (text, node))
}

fn hinted(tree: &Tree, found: &mut Vec<Found>) {
    let mut first: Option<(String, NodeId)> = None;
    for (id, _) in tree.page.elements() {
        let hints = tree.hints(id);
        if hints.is_empty() || tree.lines_in(id).count() > 2 {
            continue;
        }
        let text = tree.text(id).replace('\n', " ");
        if text.is_empty() || text.chars().count() > 80 {
            continue;
        }
        // Given and family name in two elements.
        if tree.words.has_hint(&hints, Label::FirstName) && !text.contains(' ')
            || tree.words.has_hint(&hints, Label::FirstName)
                && person::likeness(&text, tree.words) > 0.2
        {
            first = Some((text.clone(), id));
        } else if tree.words.has_hint(&hints, Label::LastName)
            && let Some((given, node)) = first.take()
        {
            propose(
                tree,
                found,
                &format!("{given} {text}"),
                node,
                MIN_LIKENESS,
                &[Feature::Hint],
            );
        }
        let is_company = tree.words.has_hint(&hints, Label::Company);
        if tree.words.has_hint(&hints, Label::Name) && !is_company {
            for (text, node) in names_in(tree, id) {
                propose(tree, found, &text, node, MIN_LIKENESS, &[Feature::Hint]);
            }
        }
    }
}

fn labelled(tree: &Tree, labels: &[Labelled], found: &mut Vec<Found>) {
    for labelled in labels
        .iter()
        .filter(|labelled| labelled.label == Label::Name)
    {
        propose(
            tree,
            found,
            &labelled.value,
            labelled.node,
            MIN_LIKENESS,
            &[Feature::Label],
        );
    }
    let of = |label| {
        labels
            .iter()
            .filter(move |labelled| labelled.label == label)
    };
    for (first, last) in of(Label::FirstName).zip(of(Label::LastName)) {
        let full = format!("{} {}", first.value, last.value);
        propose(
            tree,
            found,
            &full,
            first.node,
            MIN_LIKENESS,
            &[Feature::Label],
        );
    }
}

fn titles(tree: &Tree, found: &mut Vec<Found>) {
    for (id, element) in tree.page.elements() {
        if !tree.place(id).in_head {
            continue;
        }
        let (text, feature) = match element.tag.as_str() {
            "title" => (tree.page.raw_text(id), Feature::InDocumentTitle),
            "meta" => {
                let name = element
                    .attribute("property")
                    .or_else(|| element.attribute("name"))
                    .unwrap_or_default();
                if !matches!(name, "og:title" | "twitter:title" | "profile:username") {
                    continue;
                }
                (
                    element.attribute("content").unwrap_or_default().to_owned(),
                    Feature::Meta,
                )
            }
            _ => continue,
        };
        for (index, part) in segments(tree, &text).into_iter().enumerate() {
            let features: &[Feature] = if index == 0 {
                &[feature]
            } else {
                &[Feature::Meta]
            };
            propose(tree, found, &part, id, 0.5, features);
        }
    }
}

/// The parts of a document's title, and of those the beginning before a comma.
#[must_use]
pub fn segments(tree: &Tree, title: &str) -> Vec<String> {
    let mut parts = vec![title.to_owned()];
    for between in &tree.words.separators {
        parts = parts
            .iter()
            .flat_map(|part| part.split(between.as_str()))
            .map(|part| part.trim().to_owned())
            .collect();
    }
    parts.retain(|part| !part.is_empty());
    let heads: Vec<String> = parts
        .iter()
        .filter_map(|part| Some(part.split_once([',', '(', ':'])?.0.trim().to_owned()))
        .collect();
    parts.into_iter().chain(heads).collect()
}

fn structured(tree: &Tree, items: &Items, found: &mut Vec<Found>) {
    for (index, item) in items.of_type("Person") {
        if item.is("Organization") {
            continue;
        }
        let mut features = vec![item.notation];
        if is_main(items, index) {
            features.push(Feature::MainEntity);
        }
        let full = items.text(index, "name").or_else(|| {
            Some(format!(
                "{} {}",
                items.text(index, "givenName")?,
                items.text(index, "familyName")?
            ))
        });
        if let Some(full) = full {
            propose(
                tree,
                found,
                &full,
                item.node,
                MIN_HEADING_LIKENESS,
                &features,
            );
        }
    }
}

/// Whether structured data says that a page is about an item.
#[must_use]
pub fn is_main(items: &Items, index: usize) -> bool {
    let is_named = |item: &super::structured::Item| {
        ["mainEntity", "about"]
            .iter()
            .any(|property| items.target(item, property) == Some(index))
    };
    let by_page = items.0.iter().any(|item| {
        !item.is("Article") && !item.is("NewsArticle") && !item.is("BlogPosting") && is_named(item)
    });
    let is_top = |item: &super::structured::Item| match &item.within {
        None => true,
        Some((outer, property)) => {
            property == "@graph"
                && items
                    .get(*outer)
                    .is_some_and(|outer| outer.within.is_none())
        }
    };
    let people: Vec<usize> = items
        .of_type("Person")
        .filter(|(_, item)| is_top(item) && !item.is("Organization"))
        .map(|(index, _)| index)
        .collect();
    by_page || people == [index]
}

/// Sets what the names say of each other: the only one that is not beside what the page is about is
/// likely its person's, and so is one that is followed by ways to reach somebody.
pub fn compare(tree: &Tree, emails: &[(String, NodeId)], names: &mut [super::Candidate]) {
    let is_likely = |name: &super::Candidate| {
        name.features.get(Feature::GoodShape) >= 0.6
            && !super::is_elsewhere(&name.features)
            && !name.features.has(Feature::Account)
            && !name.features.has(Feature::InQuote)
            && !name.features.has(Feature::InControl)
    };
    let keys: Vec<Vec<String>> = names
        .iter()
        .filter(|name| is_likely(name))
        .map(|name| person::tokens(&name.value, tree.words))
        .collect();
    for name in names {
        let tokens = person::tokens(&name.value, tree.words);
        let is_only = is_likely(name)
            && keys
                .iter()
                .all(|other| person::is_same(other, &tokens) || person::shares(other, &tokens));
        name.features.set_if(Feature::Only, is_only);
        let lines: Vec<usize> = name
            .nodes
            .iter()
            .filter(|node| !tree.place(**node).in_head)
            .filter_map(|node| tree.line_of(*node))
            .collect();
        let is_followed = emails
            .iter()
            .filter_map(|(_, node)| tree.line_of(*node))
            .any(|email| lines.iter().any(|line| (*line..line + 16).contains(&email)));
        name.features.set_if(Feature::InContact, is_followed);
    }
}

/// What speaks for a name elsewhere on the page.
pub fn judge(
    tree: &Tree,
    emails: &[(String, NodeId)],
    name: &str,
    features: &mut super::field::Features,
) {
    let tokens = person::tokens(name, tree.words);
    let title = tree
        .page
        .elements()
        .find(|(id, element)| element.tag == "title" && tree.place(*id).in_head);
    let title = title
        .map(|(id, _)| tree.page.raw_text(id))
        .unwrap_or_default();
    let folded = format!(
        " {} ",
        person::tokens(&title.replace(['|', ',', '(', ')'], " "), tree.words).join(" ")
    );
    features.set_if(
        Feature::InDocumentTitle,
        !tokens.is_empty()
            && tokens
                .iter()
                .all(|token| folded.contains(&format!(" {token} "))),
    );
    if let Some(address) = Address::parse(&tree.page.url) {
        let slug = address.normal_path();
        let slugs = slug
            .rsplit('/')
            .take(3)
            .map(|part| person::handle_agrees(part, &tokens));
        let best = slugs.fold(0.0_f32, f32::max);
        features.set(Feature::InSlug, if best >= 0.7 { best } else { 0.0 });
    }
    let usable = emails.iter().filter(|(_, node)| {
        let place = tree.place(*node);
        !place.in_banner
            && !place.of_others
            && !place.in_people
            && !place.in_footer
            && !place.in_navigation
    });
    let best = usable
        .map(|(email, _)| {
            person::handle_agrees(email.split('@').next().unwrap_or_default(), &tokens)
        })
        .fold(0.0_f32, f32::max);
    features.set(Feature::InEmail, if best >= 0.7 { best } else { 0.0 });
    let mut photos = tree
        .page
        .elements()
        .filter(|(_, element)| element.tag == "img")
        .filter_map(|(_, element)| element.attribute("alt"));
    features.set_if(
        Feature::InPhoto,
        photos.any(|alt| {
            tokens.len() > 1 && person::is_same(&person::tokens(alt, tree.words), &tokens)
        }),
    );
    // A résumé's file is often called after the person.
    let files = tree.page.elements().filter(|(id, element)| {
        element.tag == "a" && !tree.place(*id).of_others && !tree.place(*id).in_people
    });
    let is_filed = files
        .filter_map(|(_, element)| element.attribute("href"))
        .any(|href| {
            let file = href
                .split(['?', '#'])
                .next()
                .unwrap_or_default()
                .rsplit('/')
                .next()
                .unwrap_or_default();
            file.contains('.')
                && !href.contains('@')
                && person::handle_agrees(file.split('.').next().unwrap_or_default(), &tokens) >= 1.0
        });
    features.set_if(Feature::File, is_filed);
    features.set_if(Feature::PageWord, person::likeness(name, tree.words) < 0.3);
}

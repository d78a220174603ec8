//! Labels and what they label, in every common markup: definition lists, tables, *label: value*,
//! label and value side by side or one above the other, icons, and attributes.

use super::super::tree::{Tree, join};
use super::super::words::{Label, plain};
use crate::page::snapshot::{NodeId, Sight};

/// Values longer than this, in characters, are texts rather than values.
const MAX_VALUE: usize = 300;

#[derive(Clone, Debug, PartialEq)]
pub struct Labelled {
    pub label: Label,
    /// As the page has it.
    pub text: String,
    pub value: String,
    pub node: NodeId,
}

/// Everything that stands beside a known label.
#[must_use]
pub fn read(tree: &Tree) -> Vec<Labelled> {
    let mut found = Vec::new();
    tables(tree, &mut found);
    lists(tree, &mut found);
    lines(tree, &mut found);
    attributes(tree, &mut found);
    found
}

fn push(found: &mut Vec<Labelled>, label: Label, text: &str, value: &str, node: NodeId) {
    let value = value.trim_start_matches([':', '-', '–', '=']).trim();
    let is_known = found
        .iter()
        .any(|one| one.label == label && one.value == value && one.node == node);
    if !value.is_empty() && value.chars().count() <= MAX_VALUE && !is_known {
        found.push(Labelled {
            label,
            text: plain(text),
            value: value.to_owned(),
            node,
        });
    }
}

/// Every line of a node is a value of its own, but for addresses.
fn push_lines(tree: &Tree, found: &mut Vec<Labelled>, label: Label, text: &str, id: NodeId) {
    let mut any = false;
    for (_, line) in tree.lines_in(id) {
        if line.sight == Sight::Hidden && tree.place(id).sight != Sight::Hidden {
            continue;
        }
        // "Email: a@b" inside of the value has a label of its own.
        push(found, label, text, &line.text, line.node());
        any = true;
    }
    let text_inside = tree.text(id);
    if !any && !text_inside.is_empty() {
        push(found, label, text, &text_inside, id);
    } else if !any {
        // A field that nobody can type into.
        let inputs = tree
            .page
            .subtree(id)
            .filter_map(|id| Some((id, tree.page.attribute(id, "value")?)));
        for (id, value) in inputs {
            push(found, label, text, value, id);
        }
    }
}

fn tables(tree: &Tree, found: &mut Vec<Labelled>) {
    for (table, element) in tree.page.elements() {
        let role = element.attribute("role").unwrap_or_default();
        if element.tag != "table" && !matches!(role, "table" | "grid") {
            continue;
        }
        let rows: Vec<Vec<NodeId>> = (tree.page.subtree(table))
            .filter(|id| {
                tree.page.tag(*id) == "tr" || tree.page.attribute(*id, "role") == Some("row")
            })
            .map(|row| {
                let cells = tree.page.child_elements(row);
                cells.filter(|id| is_cell(tree, *id)).collect()
            })
            .filter(|cells: &Vec<_>| !cells.is_empty())
            .collect();
        let label_of = |cell: &NodeId| tree.words.label(&tree.any_text(*cell));
        // Rows of label and value, one or more pairs a row.
        let mut is_by_row = false;
        for cells in &rows {
            let is_pairs = cells.len() % 2 == 0
                && cells.chunks(2).all(|pair| {
                    pair.first().is_some_and(|cell| {
                        label_of(cell).is_some() || tree.any_text(*cell).trim_end().ends_with(':')
                    })
                })
                && cells
                    .chunks(2)
                    .any(|pair| pair.get(1).is_some_and(|value| label_of(value).is_none()));
            for pair in cells.chunks(2).filter(|_| is_pairs) {
                if let [label, value] = pair {
                    let text = tree.any_text(*label);
                    if let Some(known) = tree.words.label(&text) {
                        push_lines(tree, found, known, &text, *value);
                        is_by_row = true;
                    }
                }
            }
        }
        // One row of labels over one row of values; over more rows it is a list of people.
        if let ([head, body], false) = (rows.as_slice(), is_by_row) {
            for (label, value) in head.iter().zip(body) {
                if let Some(known) = label_of(label)
                    .filter(|_| head.iter().filter(|cell| label_of(cell).is_some()).count() > 1)
                {
                    push_lines(tree, found, known, &tree.any_text(*label), *value);
                }
            }
        }
    }
}

fn is_cell(tree: &Tree, id: NodeId) -> bool {
    matches!(tree.page.tag(id), "td" | "th")
        || matches!(
            tree.page.attribute(id, "role"),
            Some("cell" | "gridcell" | "rowheader" | "columnheader")
        )
}

fn lists(tree: &Tree, found: &mut Vec<Labelled>) {
    for (id, element) in tree.page.elements() {
        let is_term = element.tag == "dt" || element.attribute("role") == Some("term");
        if !is_term {
            continue;
        }
        let text = tree.any_text(id);
        let name = tree.name_of(id);
        let Some(label) = tree.words.label(&text).or_else(|| tree.words.label(&name)) else {
            continue;
        };
        let parent = tree.page.parent(id).unwrap_or(NodeId::DOCUMENT);
        let after = tree.page.child_elements(parent).filter(|other| *other > id);
        for value in after
            .take_while(|other| !matches!(tree.page.tag(*other), "dt"))
            .filter(|other| {
                tree.page.tag(*other) == "dd"
                    || tree.page.attribute(*other, "role") == Some("definition")
            })
        {
            push_lines(tree, found, label, &text, value);
        }
    }
}

fn lines(tree: &Tree, found: &mut Vec<Labelled>) {
    for (at, line) in tree.lines.iter().enumerate() {
        if line.text.chars().count() > 400 && line.pieces.len() < 2 {
            continue;
        }
        let in_cell = tree
            .page
            .with_ancestors(line.block)
            .take(3)
            .any(|id| matches!(tree.page.tag(id), "dt" | "th"));
        if in_cell {
            continue;
        }
        // Inside one line: "Email: a@b", "<b>Email</b> a@b", an icon before its value.
        let mut has_own = false;
        let in_heading = tree
            .page
            .with_ancestors(line.block)
            .take(3)
            .any(|id| tree.heading_level(id).is_some_and(|level| level <= 4));
        for (index, piece) in line
            .pieces
            .iter()
            .enumerate()
            .filter(|(_, piece)| !in_heading || piece.text.contains(':'))
        {
            has_own |= inline(tree, found, line, index, &piece.text);
        }
        let only_label = tree.words.label(&line.text).filter(|_| !has_own);
        if let Some(label) = only_label {
            beside(tree, found, at, label);
        } else if !has_own && line.pieces.len() > 1 {
            // A label that is itself in several pieces.
            if let Some((head, value)) = line.text.split_once(':')
                && let Some(label) = tree.words.label(head)
            {
                push(
                    found,
                    label,
                    head,
                    value,
                    line.pieces.last().map_or(line.node(), |piece| piece.node),
                );
            }
        }
    }
}

/// Reads a label at a piece of a line. True where there is one with its value.
fn inline(
    tree: &Tree,
    found: &mut Vec<Labelled>,
    line: &super::super::tree::Line,
    index: usize,
    text: &str,
) -> bool {
    let rest = line.pieces.get(index + 1..).unwrap_or_default();
    // The value goes up to the next label.
    let until = rest.iter().position(|piece| {
        tree.words.label(&piece.text).is_some()
            || piece
                .text
                .split_once(':')
                .is_some_and(|(head, _)| tree.words.label(head).is_some())
    });
    let value_pieces = rest.get(..until.unwrap_or(rest.len())).unwrap_or_default();
    let shown = |pieces: &[super::super::tree::Piece]| {
        join(
            pieces
                .iter()
                .filter(|piece| piece.sight != Sight::Hidden || line.sight == Sight::Hidden),
        )
    };
    let mut any = false;
    // "Email: a@b | Phone: 123" is one text with several labels.
    for part in text.split([';', '|', '•', '·', '\n']) {
        let (head, tail) = part.split_once([':', '：']).unwrap_or((part, ""));
        let Some(label) = tree.words.label(head) else {
            continue;
        };
        if !tail.trim().is_empty() {
            let node = line
                .pieces
                .get(index)
                .map_or(line.block, |piece| piece.node);
            let more = if part.len() == text.len() && tree.words.label(tail).is_none() {
                shown(value_pieces)
            } else {
                String::new()
            };
            let value = if more.is_empty() {
                tail.trim().to_owned()
            } else {
                format!("{} {more}", tail.trim())
            };
            push(found, label, head, &value, node);
            any = true;
        } else if part.len() == text.len() && !value_pieces.is_empty() {
            // One letter is a label only before a colon.
            if head.trim().chars().count() <= 1 && !part.contains(':') {
                continue;
            }
            let value = shown(value_pieces);
            push(
                found,
                label,
                head,
                &value,
                value_pieces.first().map_or(line.block, |piece| piece.node),
            );
            any = true;
        }
    }
    any
}

/// A line that is nothing but a label: its value is the next or the previous line in the smallest
/// block that holds both and nothing else, or the next block among its siblings.
fn beside(tree: &Tree, found: &mut Vec<Labelled>, at: usize, label: Label) {
    let Some(line) = tree.lines.get(at) else {
        return;
    };
    let text = line.text.clone();
    let is_label = |line: &super::super::tree::Line| {
        tree.words.label(&line.text).is_some() || line.text.trim_end().ends_with(':')
    };
    let is_heading = tree
        .page
        .with_ancestors(line.block)
        .take(3)
        .any(|id| tree.heading_level(id).is_some_and(|level| level <= 4));
    for id in tree.page.with_ancestors(line.block).take(5) {
        let inside: Vec<(usize, &super::super::tree::Line)> = (tree.lines_in(id))
            .filter(|(_, other)| other.sight != Sight::Hidden || line.sight == Sight::Hidden)
            .filter(|(other, line)| {
                *other == at
                    || !line
                        .pieces
                        .iter()
                        .all(|piece| tree.place(piece.node).in_control)
            })
            .collect();
        if inside.len() < 2 {
            // A field that nobody can type into has its value in an attribute.
            let input = tree.page.subtree(id).find_map(|id| {
                Some((
                    id,
                    tree.page
                        .attribute(id, "value")
                        .filter(|_| tree.page.tag(id) == "input")?,
                ))
            });
            if let Some((id, value)) = input {
                return push(found, label, &text, value, id);
            }
            continue;
        }
        let before: Vec<_> = inside.iter().filter(|(other, _)| *other < at).collect();
        let after: Vec<_> = inside.iter().filter(|(other, _)| *other > at).collect();
        // A card of a value and its label below it.
        if let ([(_, value)], true) = (before.as_slice(), after.is_empty()) {
            if !is_label(value) && !is_heading {
                push(found, label, &text, &value.text, value.node());
            }
            return;
        }
        if !before.is_empty() && inside.len() == 2 {
            return;
        }
        // The value is what is typed into a field.
        let first_after = after.first().map_or(usize::MAX, |(_, value)| value.start());
        let is_typed = tree.page.subtree(id).any(|id| {
            (line.start()..first_after).contains(&id.index())
                && matches!(tree.page.tag(id), "input" | "textarea" | "select")
        });
        if is_typed {
            return;
        }
        let values = after.iter().take_while(|(_, value)| !is_label(value));
        let labels = inside.iter().filter(|(_, line)| is_label(line)).count();
        let count = if labels > 1 || inside.len() > 6 { 1 } else { 4 };
        for (_, value) in values.take(count) {
            if tree
                .page
                .with_ancestors(value.block)
                .take(2)
                .any(|id| tree.heading_level(id).is_some())
            {
                break;
            }
            push(found, label, &text, &value.text, value.node());
        }
        return;
    }
}

fn attributes(tree: &Tree, found: &mut Vec<Labelled>) {
    for (id, element) in tree.page.elements() {
        // Responsive tables: the label is an attribute of the cell.
        for name in [
            "data-label",
            "data-title",
            "data-th",
            "data-header",
            "data-caption",
            "label",
        ] {
            let Some(text) = element.attribute(name) else {
                continue;
            };
            if let Some(label) = tree.words.label(text) {
                push_lines(tree, found, label, text, id);
            }
        }
        if element.tag == "input"
            && !matches!(
                element.attribute("type"),
                Some("button" | "submit" | "reset" | "hidden")
            )
        {
            let Some(value) = element.attribute("value") else {
                continue;
            };
            let text = element
                .attribute("aria-label")
                .or_else(|| element.attribute("placeholder"))
                .map(str::to_owned);
            let by_for = || {
                let own = element.attribute("id")?;
                let label = tree
                    .page
                    .elements()
                    .find(|(_, e)| e.tag == "label" && e.attribute("for") == Some(own))?;
                Some(tree.any_text(label.0))
            };
            let text = text.or_else(by_for).or_else(|| {
                element
                    .attribute("name")
                    .map(|name| name.replace(['_', '-'], " "))
            });
            if let Some((text, label)) =
                text.and_then(|text| Some((text.clone(), tree.words.label(&text)?)))
            {
                push(found, label, &text, value, id);
            }
        }
        let labelled_by = element
            .attribute("aria-labelledby")
            .or_else(|| element.attribute("headers"));
        if let Some(ids) = labelled_by.filter(|_| {
            !matches!(
                element.tag.as_str(),
                "section" | "nav" | "main" | "dialog" | "article" | "aside" | "form"
            )
        }) {
            for own in ids.split_whitespace() {
                let Some((other, _)) = tree
                    .page
                    .elements()
                    .find(|(_, e)| e.attribute("id") == Some(own))
                else {
                    continue;
                };
                let text = tree.any_text(other);
                if let Some(label) = tree
                    .words
                    .label(&text)
                    .filter(|_| other != id && !tree.page.contains(id, other))
                {
                    push_lines(tree, found, label, &text, id);
                }
            }
        }
        // "Email: a@b" or "Email" as the accessible name of a link or group.
        if let Some(name) = element
            .attribute("aria-label")
            .or_else(|| element.attribute("title"))
        {
            let (head, tail) = name.split_once(':').unwrap_or((name, ""));
            if let Some(label) = tree.words.label(head) {
                if tail.trim().is_empty() {
                    if matches!(
                        element.tag.as_str(),
                        "a" | "span" | "li" | "div" | "p" | "address" | "dd" | "td"
                    ) && tree.lines_in(id).count() <= 2
                    {
                        push_lines(tree, found, label, head, id);
                    }
                } else {
                    push(found, label, head, tail, id);
                }
            }
        }
    }
}

//! Repeated structures, and which of them are lists of people.

use super::super::tree::{Tree, clean};
use super::super::words::Label;
use super::person;
use crate::page::snapshot::{NodeId, Sight};
use std::collections::BTreeMap;

/// One person of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub item: NodeId,
    pub name: String,
    /// Where the person's link leads.
    pub href: Option<String>,
    /// The site's own id, where the row has one.
    pub site_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PeopleList {
    pub parent: NodeId,
    pub rows: Vec<Row>,
}

/// Finds lists of people, and marks what is repeated in the tree.
pub fn find(tree: &mut Tree) -> Vec<PeopleList> {
    let mut lists: Vec<PeopleList> = Vec::new();
    let mut repeats: Vec<NodeId> = Vec::new();
    let parents: Vec<NodeId> = tree.page.elements().map(|(id, _)| id).collect();
    for parent in parents {
        if tree.place(parent).in_head {
            continue;
        }
        for group in groups(tree, parent) {
            let rows = rows(tree, &group);
            let mut names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let are_people = rows.len() * 5 >= group.len() * 3 && names.len() > 1;
            if are_people {
                lists.push(PeopleList { parent, rows });
            } else {
                repeats.extend(alike(tree, group));
            }
        }
    }
    for item in repeats {
        tree.mark(item.index(), item.index() + 1, |place| place.is_item = true);
        let end = tree.page.end(item);
        tree.mark(item.index(), end, |place| place.in_repeat = true);
    }
    // The innermost list has the rows; what is around it repeats them.
    let inner: Vec<NodeId> = lists.iter().map(|list| list.parent).collect();
    lists.retain(|list| {
        !inner.iter().any(|other| {
            *other != list.parent
                && tree.page.contains(list.parent, *other)
                && list
                    .rows
                    .iter()
                    .any(|row| tree.page.contains(row.item, *other))
        })
    });
    for list in &lists {
        for row in &list.rows {
            let end = tree.page.end(row.item);
            tree.mark(row.item.index(), end, |place| place.in_people = true);
        }
    }
    lists
}

/// Of a group those that are built alike, where there are some.
fn alike(tree: &Tree, group: Vec<NodeId>) -> Vec<NodeId> {
    let shape = |item: NodeId| {
        let inside = tree
            .page
            .child_elements(item)
            .map(|id| tree.page.tag(id))
            .take(6);
        format!(
            "{} {}",
            inside.collect::<Vec<_>>().join(">"),
            tree.page
                .attribute(item, "class")
                .unwrap_or_default()
                .split_whitespace()
                .next()
                .unwrap_or_default()
        )
    };
    let mut shapes: BTreeMap<String, Vec<NodeId>> = BTreeMap::new();
    for item in group {
        shapes.entry(shape(item)).or_default().push(item);
    }
    shapes
        .into_values()
        .filter(|alike| alike.len() > 1)
        .flatten()
        .collect()
}

/// The children of an element that are alike, two at least.
fn groups(tree: &Tree, parent: NodeId) -> Vec<Vec<NodeId>> {
    let mut alike: BTreeMap<String, Vec<NodeId>> = BTreeMap::new();
    for child in tree.page.child_elements(parent) {
        let tag = tree.page.tag(child);
        if !tree.is_block(child) && tag != "a"
            || matches!(
                tag,
                "br" | "hr"
                    | "script"
                    | "meta"
                    | "link"
                    | "td"
                    | "th"
                    | "dt"
                    | "dd"
                    | "input"
                    | "button"
            )
        {
            continue;
        }
        if tree.heading_level(child).is_some()
            || tag == "p" && tree.page.child_elements(child).next().is_none()
        {
            continue;
        }
        alike.entry(tag.to_owned()).or_default().push(child);
    }
    let mut groups: Vec<Vec<NodeId>> = alike
        .into_values()
        .filter(|group| group.len() > 1)
        .collect();
    // A row of a table may be two, one of them folded; wrappers may differ in what they hold.
    for group in &mut groups {
        group.retain(|item| tree.lines_in(*item).next().is_some());
    }
    groups.retain(|group| group.len() > 1);
    groups
}

/// The people whom items are about: all of them are named at the same place of their item.
fn rows(tree: &Tree, group: &[NodeId]) -> Vec<Row> {
    let found: Vec<(String, Row)> = group.iter().filter_map(|item| row(tree, *item)).collect();
    let mut paths: BTreeMap<&str, usize> = BTreeMap::new();
    for (path, _) in &found {
        *paths.entry(path).or_default() += 1;
    }
    let Some(path) = paths
        .into_iter()
        .max_by_key(|(_, count)| *count)
        .map(|(path, _)| path.to_owned())
    else {
        return Vec::new();
    };
    let rows: Vec<Row> = found
        .into_iter()
        .filter(|(known, _)| *known == path)
        .map(|(_, row)| row)
        .collect();
    // Two that differ much in size are a person and something else.
    let sizes: Vec<usize> = rows
        .iter()
        .map(|row| tree.lines_in(row.item).count())
        .collect();
    let (least, most) = (
        sizes.iter().min().copied().unwrap_or(0),
        sizes.iter().max().copied().unwrap_or(0),
    );
    if rows.len() < 3 && (most > 3 * least.max(1) || most > least + 12) {
        Vec::new()
    } else {
        rows
    }
}

/// The person whom an item is about, and the tags that lead to the name.
fn row(tree: &Tree, item: NodeId) -> Option<(String, Row)> {
    let first = tree
        .lines_in(item)
        .map(|(_, line)| line)
        .find(|line| line.sight != Sight::Hidden)?;
    // "Manager: Tom Reed" is a field.
    let head = first.text.split([':', '：']).next().unwrap_or_default();
    let is_field = tree
        .words
        .label(head)
        .is_some_and(|label| label != Label::Other && label != Label::ExternalId);
    if is_field || tree.words.is_section(&first.text) || tree.words.is_about_others(&first.text) {
        return None;
    }
    if tree.place(item).in_navigation
        && tree.page.tag(item) == "li"
        && tree.lines_in(item).count() == 1
    {
        return None;
    }
    let mut best: Option<(f32, String, NodeId)> = None;
    for (index, (_, line)) in tree.lines_in(item).enumerate().take(8) {
        if line.sight == Sight::Hidden && tree.place(item).sight != Sight::Hidden
            || line.text.chars().count() > 160
        {
            continue;
        }
        // "Pablo Quiroga – Comprador", "Priya Anand, panand@…".
        let texts = line
            .pieces
            .iter()
            .map(|piece| (piece.text.as_str(), piece.node))
            .chain([(line.text.as_str(), line.node())]);
        for (text, node) in texts {
            for part in text
                .split([',', '–', '—', '·', '|', '•', '(', ':'])
                .take(1)
                .chain([text])
            {
                let part = clean(part);
                let score = person::likeness(&part, tree.words) - 0.05 * index as f32;
                if part.split_whitespace().count() > 1
                    && score >= 0.55
                    && best
                        .as_ref()
                        .is_none_or(|(known, ..)| score > *known + 0.001)
                {
                    best = Some((score, part, node));
                }
            }
        }
    }
    let (score, name, node) = best?;
    let own_link = tree
        .page
        .with_ancestors(node)
        .take_while(|id| tree.page.contains(item, *id))
        .find(|id| tree.page.tag(*id) == "a");
    let link = own_link.or_else(|| {
        tree.page.subtree(item).find(|id| {
            tree.page
                .attribute(*id, "href")
                .is_some_and(|href| href.starts_with("http"))
        })
    });
    let href = link
        .and_then(|id| tree.page.attribute(id, "href"))
        .map(str::to_owned);
    let has_contact = tree.page.subtree(item).any(|id| {
        tree.page
            .attribute(id, "href")
            .is_some_and(|href| href.starts_with("mailto:") || href.starts_with("tel:"))
    }) || tree.lines_in(item).any(|(_, line)| line.text.contains('@'));
    let is_only_a_name = tree.lines_in(item).count() == 1 && link.is_none() && !has_contact;
    // Companies and schools look like names too: there must be more.
    if score < 0.75 && link.is_none() && !has_contact || is_only_a_name && score < 0.9 {
        return None;
    }
    let site_id = tree.page.subtree(item).find_map(|id| {
        let attributes = tree.page.element(id)?.attributes();
        let id_of = |name: &str| {
            matches!(
                name,
                "data-candidate-id"
                    | "data-profile-id"
                    | "data-person-id"
                    | "data-talent-id"
                    | "data-user-id"
                    | "data-member-id"
                    | "data-applicant-id"
            )
        };
        attributes
            .filter(|(name, value)| id_of(name) && !value.is_empty())
            .map(|(_, value)| value.to_owned())
            .next()
    });
    let path: Vec<&str> = (tree.page.with_ancestors(node))
        .take_while(|id| *id != item)
        .filter(|id| tree.page.element(*id).is_some())
        .map(|id| tree.page.tag(id))
        .filter(|tag| *tag != "a" && *tag != "img")
        .collect();
    Some((
        path.join(">"),
        Row {
            item,
            name,
            href,
            site_id,
        },
    ))
}

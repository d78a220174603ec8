//! Evidence about a page: readers propose candidates for each field, each with what speaks for and
//! against it; trained weights make a confidence of that.
//!
//! First it is decided whose page it may be. Everything else is judged by how it agrees with that
//! person, and by who else is on the page.

pub mod contact;
pub mod field;
pub mod files;
pub mod kind;
pub mod labels;
pub mod naming;
pub mod person;
pub mod repeats;
pub mod structured;
#[cfg(test)]
mod tests;
pub mod weights;
pub mod work;

use super::snapshot::{NodeId, Sight};
use super::tree::Tree;
use field::{Feature, Features, Field};
use labels::Labelled;
use person::Mention;
use repeats::PeopleList;
use structured::Items;
use weights::Weights;

/// What a reader proposes, at one place of the page.
#[derive(Clone, Debug)]
pub struct Found {
    pub field: Field,
    pub value: String,
    pub node: NodeId,
    pub features: Features,
}

impl Found {
    #[must_use]
    pub fn new(field: Field, value: &str, node: NodeId, features: &[Feature]) -> Self {
        Self {
            field,
            value: value.to_owned(),
            node,
            features: Features::of(features),
        }
    }
}

/// A value with everything that is known of it.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub field: Field,
    pub value: String,
    /// Every place where it is, the best first.
    pub nodes: Vec<NodeId>,
    pub features: Features,
    pub confidence: f32,
}

/// Whose page it may be.
#[derive(Clone, Debug)]
pub struct Subject {
    pub name: String,
    pub tokens: Vec<String>,
    pub node: NodeId,
    pub confidence: f32,
    /// Everybody else who is named.
    pub others: Vec<Mention>,
    /// Where the subject is named.
    own: Vec<NodeId>,
}

/// A page with everything that was found on it.
#[derive(Debug)]
pub struct Evidence<'a> {
    pub tree: Tree<'a>,
    pub labels: Vec<Labelled>,
    pub items: Items,
    pub people: Vec<PeopleList>,
    pub subject: Option<Subject>,
    /// Of all fields, by confidence.
    pub candidates: Vec<Candidate>,
}

impl<'a> Evidence<'a> {
    #[must_use]
    pub fn gather(mut tree: Tree<'a>, weights: &Weights) -> Self {
        let people = repeats::find(&mut tree);
        let labels = labels::read(&tree);
        let items = Items::read(&tree);
        let mut names = Vec::new();
        naming::read(&tree, &labels, &items, &mut names);
        let mut contacts = Vec::new();
        contact::read(&tree, &labels, &mut contacts);
        let emails: Vec<(String, NodeId)> = (contacts.iter())
            .filter(|found| found.field == Field::Email)
            .map(|found| (found.value.clone(), found.node))
            .collect();
        for found in &mut names {
            locate(&tree, found, None);
        }
        let mut names = merge(&tree, names);
        naming::compare(&tree, &emails, &mut names);
        for name in &mut names {
            naming::judge(&tree, &emails, &name.value, &mut name.features);
            name.confidence = weights.confidence(Field::Name, &name.features);
        }
        sort(&mut names);
        let subject = names
            .first()
            .filter(|name| name.confidence > 0.05)
            .map(|name| subject(&tree, &labels, name));
        let mut candidates = names;
        if let Some(subject) = &subject {
            let mut found = contacts;
            work::read(&tree, &labels, subject, &mut found);
            files::read(&tree, &labels, &mut found);
            structured_fields(&tree, &items, subject, &mut found);
            for found in &mut found {
                locate(&tree, found, Some(subject));
            }
            let mut rest = merge(&tree, found);
            contact::compare(&tree, &mut rest);
            let counts: Vec<(Field, usize)> = Field::ALL
                .iter()
                .map(|field| {
                    (
                        *field,
                        rest.iter()
                            .filter(|one| one.field == *field && !is_elsewhere(&one.features))
                            .count(),
                    )
                })
                .collect();
            for one in &mut rest {
                match one.field {
                    Field::Email => {
                        contact::judge_email(&tree, &one.value, subject, &mut one.features)
                    }
                    Field::Resume | Field::Website => {
                        files::judge(&one.value, subject, &mut one.features)
                    }
                    _ => {}
                }
                let is_only = counts.contains(&(one.field, 1)) && !is_elsewhere(&one.features);
                one.features.set_if(Feature::Only, is_only);
                one.confidence = weights.confidence(one.field, &one.features);
            }
            candidates.extend(rest);
        }
        sort(&mut candidates);
        Self {
            tree,
            labels,
            items,
            people,
            subject,
            candidates,
        }
    }

    pub fn of(&self, field: Field) -> impl Iterator<Item = &Candidate> {
        self.candidates
            .iter()
            .filter(move |candidate| candidate.field == field)
    }
}

fn sort(candidates: &mut [Candidate]) {
    candidates.sort_by(|one, other| {
        other
            .confidence
            .total_cmp(&one.confidence)
            .then(one.nodes.cmp(&other.nodes))
    });
}

fn is_elsewhere(features: &Features) -> bool {
    [
        Feature::OfOthers,
        Feature::InPeople,
        Feature::InFooter,
        Feature::InBanner,
        Feature::InNavigation,
        Feature::OtherPerson,
        Feature::Hidden,
        Feature::IgnoredLabel,
        Feature::PastJob,
    ]
    .iter()
    .any(|feature| features.has(*feature))
}

fn subject(tree: &Tree, labels: &[Labelled], name: &Candidate) -> Subject {
    let tokens = person::tokens(&name.value, tree.words);
    let (own, others): (Vec<Mention>, Vec<Mention>) = person::mentions(tree)
        .into_iter()
        .partition(|mention| person::is_same(&mention.tokens, &tokens));
    // "Supervisor: Oralia Treviño" names somebody, however rare the name.
    let labelled = labels.iter().filter(|one| {
        one.label == super::words::Label::Ignored && person::likeness(&one.value, tree.words) >= 0.5
    });
    let labelled = labelled.map(|one| Mention {
        node: one.node,
        tokens: person::tokens(&one.value, tree.words),
        text: one.value.clone(),
        likeness: 1.0,
    });
    let others: Vec<Mention> = others.into_iter().chain(labelled).collect();
    // Where the name is seen, rather than where it is in the page's head.
    let node = (name.nodes.iter())
        .find(|node| tree.place(**node).sight == Sight::Shown && !tree.place(**node).in_head);
    let node = node
        .or(name.nodes.first())
        .copied()
        .unwrap_or(NodeId::DOCUMENT);
    let mut own: Vec<NodeId> = own.into_iter().map(|mention| mention.node).collect();
    own.push(node);
    let others = others
        .into_iter()
        .filter(|other| {
            !(other.tokens.len() < 3 && tokens.len() > 1 && person::is_same(&other.tokens, &tokens))
        })
        .collect();
    Subject {
        name: name.value.clone(),
        tokens,
        node,
        confidence: name.confidence,
        others,
        own,
    }
}

/// Sets what the place of a value says.
fn locate(tree: &Tree, found: &mut Found, subject: Option<&Subject>) {
    let place = tree.place(found.node);
    let features = &mut found.features;
    let link_is_source = features.has(Feature::Link) || found.field == Field::Resume;
    features.set_if(Feature::InMain, place.in_main);
    features.set_if(Feature::InHead, place.in_head);
    features.set_if(Feature::InNavigation, place.in_navigation);
    features.set_if(Feature::InBanner, place.in_banner);
    features.set_if(Feature::InFooter, place.in_footer);
    features.set_if(Feature::InAside, place.in_aside);
    features.set_if(Feature::InDialog, place.in_dialog);
    features.set_if(Feature::InForm, place.in_form);
    features.set_if(Feature::InQuote, place.in_quote);
    features.set_if(
        Feature::InControl,
        place.in_control && found.field != Field::Resume,
    );
    features.set_if(
        Feature::InLink,
        place.in_link && !link_is_source && !matches!(found.field, Field::Email | Field::Phone),
    );
    features.set_if(Feature::OfOthers, place.of_others);
    features.set_if(
        Feature::InRepeat,
        place.in_repeat && !features.has(Feature::Label),
    );
    features.set_if(Feature::InPeople, place.in_people);
    features.set_if(Feature::Hidden, place.sight == Sight::Hidden);
    features.set_if(Feature::Spoken, place.sight == Sight::Spoken);
    features.set_if(Feature::Account, is_account(tree, found.node));
    let mut sections = tree.sections_of(found.node);
    features.set_if(
        Feature::InContact,
        found.field != Field::Name
            && sections.any(|section| {
                tree.words.section(&section.text) == Some(super::words::SectionKind::Contact)
            }),
    );
    if let Some(subject) = subject {
        let own = tree
            .page
            .with_ancestors(subject.node)
            .filter(|id| tree.is_block(*id))
            .nth(2);
        features.set_if(
            Feature::WithName,
            own.is_some_and(|own| {
                !matches!(tree.page.tag(own), "body" | "html" | "#document")
                    && tree.page.contains(own, found.node)
            }),
        );
        features.set_if(Feature::OtherPerson, is_of_other(tree, found.node, subject));
    }
}

/// Whether somebody else is named nearer to a place than the subject is, and before it.
fn is_of_other(tree: &Tree, node: NodeId, subject: &Subject) -> bool {
    if subject.others.is_empty() {
        return false;
    }
    let line = tree.line_of(node);
    let is_own_line = subject.own.iter().any(|own| tree.line_of(*own) == line);
    if subject
        .others
        .iter()
        .any(|other| tree.line_of(other.node) == line && !is_own_line)
    {
        return true;
    }
    for around in tree.page.with_ancestors(node).skip(1) {
        if matches!(
            tree.page.tag(around),
            "body" | "html" | "main" | "#document"
        ) || subject
            .own
            .iter()
            .any(|own| tree.page.contains(around, *own))
        {
            return false;
        }
        let is_named = |other: &Mention| {
            tree.page.contains(around, other.node) && other.node < node && other.likeness >= 0.8
        };
        if subject.others.iter().any(is_named) {
            return true;
        }
    }
    false
}

/// Whether it is the person's who is signed in.
fn is_account(tree: &Tree, node: NodeId) -> bool {
    let begins = |text: &str| {
        let text = super::words::plain(text);
        tree.words.account_words.iter().any(|words| {
            text.strip_prefix(words.as_str())
                .is_some_and(|rest| rest.starts_with([' ', ',', ':']) || rest.is_empty())
        })
    };
    let Some(line) = tree.line_of(node).and_then(|at| tree.lines.get(at)) else {
        return false;
    };
    if begins(&line.text) || line.pieces.iter().any(|piece| begins(&piece.text)) {
        return true;
    }
    // "Log out" beside it, in a block that has little else.
    tree.page
        .with_ancestors(line.block)
        .skip(1)
        .take(2)
        .any(|around| {
            let inside: Vec<_> = tree.lines_in(around).collect();
            inside.len() <= 4
                && inside
                    .iter()
                    .any(|(_, other)| begins(&other.text) && other.text != line.text)
        })
}

/// The same value at several places is one candidate.
fn merge(tree: &Tree, found: Vec<Found>) -> Vec<Candidate> {
    let mut merged: Vec<(Candidate, String)> = Vec::new();
    for one in found {
        let key = key(tree, one.field, &one.value);
        if key.is_empty() {
            continue;
        }
        let same = merged
            .iter_mut()
            .find(|(known, other)| known.field == one.field && is_same(one.field, other, &key));
        let Some((known, known_key)) = same else {
            merged.push((
                Candidate {
                    field: one.field,
                    value: one.value,
                    nodes: vec![one.node],
                    features: one.features,
                    confidence: 0.0,
                },
                key,
            ));
            continue;
        };
        if known.nodes.contains(&one.node) {
            for (feature, strength) in one.features.iter() {
                known.features.set(feature, strength);
            }
        } else {
            // A place counts against a value only where all its places do.
            for feature in Feature::ALL.iter().filter(|feature| feature.is_place()) {
                if !one.features.has(*feature) {
                    known.features.remove(*feature);
                }
            }
            for (feature, strength) in one
                .features
                .iter()
                .filter(|(feature, _)| !feature.is_place() && *feature != Feature::BadShape)
            {
                known.features.set(feature, strength);
            }
            if !one.features.has(Feature::BadShape) {
                known.features.remove(Feature::BadShape);
            }
            known.features.set(Feature::Repeated, 1.0);
            known.nodes.push(one.node);
        }
        if is_better(tree, one.field, &one.value, &known.value) {
            known.value = one.value;
            *known_key = key;
        }
    }
    merged.into_iter().map(|(candidate, _)| candidate).collect()
}

/// What two spellings of one value have in common.
fn key(tree: &Tree, field: Field, value: &str) -> String {
    match field {
        Field::Name => {
            let mut tokens = person::tokens(value, tree.words);
            tokens.sort();
            tokens.join(" ")
        }
        Field::Email => value.to_lowercase(),
        Field::Phone => value.to_lowercase(),
        Field::Resume | Field::Website => value.trim_end_matches('/').to_owned(),
        _ => value
            .to_lowercase()
            .chars()
            .filter(|c| c.is_alphanumeric())
            .collect(),
    }
}

fn is_same(field: Field, one: &str, other: &str) -> bool {
    one == other || field == Field::Phone && super::phone::same(one, other)
}

/// Whether another spelling is better to show and to send.
fn is_better(tree: &Tree, field: Field, new: &str, known: &str) -> bool {
    match field {
        // The fullest: "Femke van den Berg" before "Femke Berg", as long as it is nothing but a name.
        Field::Name => {
            new.chars().count() > known.chars().count()
                && new.chars().count() < 60
                && person::likeness(new, tree.words) >= person::likeness(known, tree.words) - 0.05
        }
        Field::Phone => {
            let is_spelled = |number: &str| number.contains([' ', '(', '-', '.', '\u{a0}']);
            is_spelled(new) && !is_spelled(known)
                || is_spelled(new) == is_spelled(known)
                    && new.contains("ext")
                    && !known.contains("ext")
        }
        _ => false,
    }
}

/// What structured data says of the subject, and of everybody else.
fn structured_fields(tree: &Tree, items: &Items, subject: &Subject, found: &mut Vec<Found>) {
    for (index, item) in items.of_type("Person") {
        let tokens = items
            .text(index, "name")
            .map(|name| person::tokens(&name, tree.words))
            .unwrap_or_default();
        let is_own = if tokens.is_empty() {
            naming::is_main(items, index)
        } else {
            person::is_same(&tokens, &subject.tokens)
        };
        let mut features = vec![item.notation];
        if is_own && naming::is_main(items, index) {
            features.push(Feature::MainEntity);
        }
        let mut add = |field: Field, value: &str, node: NodeId| {
            let features: &[Feature] = if is_own {
                &features
            } else {
                &[Feature::IgnoredLabel]
            };
            found.push(Found::new(field, value, node, features));
        };
        for property in [
            "email",
            "telephone",
            "jobTitle",
            "worksFor",
            "address",
            "homeLocation",
            "sameAs",
            "url",
            "identifier",
            "hasOccupation",
            "contactPoint",
        ] {
            for (text, node) in items.texts(index, property) {
                let text = super::tree::clean(&text);
                match property {
                    "email" => {
                        for email in super::email::find(&super::address::percent_decode(&text)) {
                            add(Field::Email, &email, node);
                        }
                    }
                    "contactPoint" if text.contains('@') => {
                        for email in super::email::find(&text) {
                            add(Field::Email, &email, node);
                        }
                    }
                    "telephone" => add(Field::Phone, text.trim_start_matches("tel:"), node),
                    "jobTitle" | "hasOccupation" if is_own => add(Field::Title, &text, node),
                    "worksFor" if is_own => add(Field::Company, &text, node),
                    "address" | "homeLocation" if is_own => add(Field::Location, &text, node),
                    "sameAs" | "url" if is_own && text.starts_with("http") => {
                        add(Field::Website, &text, node)
                    }
                    "identifier" if is_own => add(Field::ExternalId, &text, node),
                    _ => {}
                }
            }
        }
    }
    for (index, _) in items
        .0
        .iter()
        .enumerate()
        .filter(|(_, item)| !item.is("Person") && !item.types.is_empty())
    {
        for (email, node) in items.texts(index, "email") {
            found.push(Found::new(
                Field::Email,
                &email,
                node,
                &[Feature::IgnoredLabel],
            ));
        }
        for (phone, node) in items.texts(index, "telephone") {
            let phone = phone.trim_start_matches("tel:").to_owned();
            found.push(Found::new(
                Field::Phone,
                &phone,
                node,
                &[Feature::IgnoredLabel],
            ));
        }
    }
}

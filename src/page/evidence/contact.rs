//! E-mail addresses and telephone numbers.

use super::super::address::Address;
use super::super::tree::{Line, Tree};
use super::super::words::Label;
use super::super::{email, phone};
use super::field::{Feature, Features, Field};
use super::labels::Labelled;
use super::{Candidate, Found, Subject};
use crate::page::snapshot::{NodeId, Sight};

pub fn read(tree: &Tree, labels: &[Labelled], found: &mut Vec<Found>) {
    links(tree, found);
    for labelled in labels {
        match labelled.label {
            Label::Email => {
                for email in email::find(&labelled.value) {
                    found.push(Found::new(
                        Field::Email,
                        &email,
                        labelled.node,
                        &[Feature::Label],
                    ));
                }
            }
            Label::Phone => {
                for number in phone::labelled(&labelled.value) {
                    found.push(Found::new(
                        Field::Phone,
                        &number.shown,
                        labelled.node,
                        &[Feature::Label, Feature::GoodShape],
                    ));
                }
            }
            Label::Ignored => {
                for email in email::find(&labelled.value) {
                    found.push(Found::new(
                        Field::Email,
                        &email,
                        labelled.node,
                        &[Feature::IgnoredLabel],
                    ));
                }
                for number in phones_in(&labelled.value) {
                    found.push(Found::new(
                        Field::Phone,
                        &number,
                        labelled.node,
                        &[Feature::IgnoredLabel],
                    ));
                }
            }
            Label::Other | Label::ExternalId => {
                for number in phones_in(&labelled.value) {
                    found.push(Found::new(
                        Field::Phone,
                        &number,
                        labelled.node,
                        &[Feature::BadShape],
                    ));
                }
            }
            _ => {}
        }
    }
    texts(tree, found);
}

fn links(tree: &Tree, found: &mut Vec<Found>) {
    for (id, element) in tree.page.elements() {
        if let Some(code) = element.attribute("data-cfemail")
            && let Some(email) = cloudflare(code)
        {
            found.push(Found::new(Field::Email, &email, id, &[Feature::Link]));
        }
        let Some(href) = element.attribute("href") else {
            continue;
        };
        let lower = href.to_ascii_lowercase();
        let text = tree.name_of(id);
        if let Some(code) = lower.split_once("/cdn-cgi/l/email-protection#") {
            if let Some(email) = cloudflare(code.1) {
                found.push(Found::new(Field::Email, &email, id, &[Feature::Link]));
            }
        } else if lower.starts_with("mailto:") {
            for email in email::from_mailto(href) {
                let mut one = Found::new(Field::Email, &email, id, &[Feature::Link]);
                one.features.set_if(
                    Feature::BadShape,
                    !text.contains('@') && tree.words.is_about_others(&text),
                );
                // An address with a prepared subject is a letter about something.
                one.features
                    .set_if(Feature::HasSubject, lower.contains("subject="));
                found.push(one);
            }
        } else if let Some(number) = ["tel:", "sms:", "callto:"]
            .iter()
            .find_map(|scheme| lower.strip_prefix(scheme))
        {
            let Some(number) = phone::from_tel(&format!("tel:{number}")) else {
                continue;
            };
            let shown = phone::labelled(&text)
                .into_iter()
                .find(|shown| phone::same(&shown.shown, &number.shown));
            let number = shown.unwrap_or(number).shown;
            found.push(Found::new(
                Field::Phone,
                &number,
                id,
                &[Feature::Link, Feature::GoodShape],
            ));
        }
    }
}

fn texts(tree: &Tree, found: &mut Vec<Found>) {
    for line in &tree.lines {
        // Joined, as an address may be divided by markup; and by piece, as two may stand beside.
        let pieces: Vec<(String, NodeId)> = line
            .pieces
            .iter()
            .map(|piece| (piece.text.clone(), piece.node))
            .collect();
        let whole = joined(line);
        let mut any = false;
        for (text, node) in &pieces {
            for email in email::find(text) {
                any = true;
                found.push(Found::new(
                    Field::Email,
                    &email,
                    *node,
                    &hinted(tree, *node, Label::Email),
                ));
            }
        }
        if !any && whole.contains('@') && pieces.len() > 1 {
            for email in email::find(&whole) {
                found.push(Found::new(
                    Field::Email,
                    &email,
                    line.node(),
                    &hinted(tree, line.node(), Label::Email),
                ));
            }
        }
        if line.text.chars().count() > 160 {
            continue;
        }
        for (text, node) in &pieces {
            for number in phones_in(text) {
                let mut one = Found::new(
                    Field::Phone,
                    &number,
                    *node,
                    &hinted(tree, *node, Label::Phone),
                );
                one.features.set_if(
                    Feature::GoodShape,
                    number.starts_with('+') || is_national(&number),
                );
                // A number that is not alone in its text is more often a count or an id.
                let rest = phones_in(text)
                    .iter()
                    .fold(text.clone(), |rest, number| rest.replace(number, ""));
                let rest = rest.chars().filter(|c| c.is_alphanumeric()).count();
                one.features.set_if(
                    Feature::BadShape,
                    rest > 12 || !one.features.has(Feature::GoodShape) && rest > 0,
                );
                found.push(one);
            }
        }
    }
}

/// The pieces of a line; together where an address may have been divided.
fn joined(line: &Line) -> String {
    let mut whole = String::new();
    for piece in line
        .pieces
        .iter()
        .filter(|piece| piece.sight != Sight::Spoken)
    {
        let is_divided = whole.ends_with(['@', '.']) || piece.text.starts_with(['@', '.']);
        if !is_divided && !whole.is_empty() {
            whole.push(' ');
        }
        whole.push_str(&piece.text);
    }
    whole
}

fn hinted(tree: &Tree, node: NodeId, label: Label) -> Vec<Feature> {
    let near = tree.page.with_ancestors(node).take(4);
    let is_hinted = near
        .into_iter()
        .any(|id| tree.lines_in(id).count() <= 2 && tree.words.has_hint(&tree.hints(id), label));
    let icon = tree
        .line_of(node)
        .and_then(|at| tree.lines.get(at))
        .is_some_and(|line| {
            let signs = if label == Label::Email {
                ["✉", "📧", "📩", "@:"]
            } else {
                ["☎", "📞", "📱", "✆"]
            };
            signs.iter().any(|sign| line.text.contains(sign))
        });
    if is_hinted || icon {
        vec![Feature::Hint]
    } else {
        Vec::new()
    }
}

/// What Cloudflare hides addresses with.
fn cloudflare(code: &str) -> Option<String> {
    let bytes: Option<Vec<u8>> = (0..code.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(code.get(at..at + 2)?, 16).ok())
        .collect();
    let bytes = bytes?;
    let (key, rest) = bytes.split_first()?;
    let text = String::from_utf8(rest.iter().map(|byte| byte ^ key).collect()).ok()?;
    email::find(&text).into_iter().next()
}

/// Every telephone number in a text, as it is spelled there.
#[must_use]
pub fn phones_in(text: &str) -> Vec<String> {
    phone::find(text)
        .into_iter()
        .map(|phone| phone.shown)
        .collect()
}

/// Sets which numbers stand beside an address that may be the person's.
pub fn compare(tree: &Tree, candidates: &mut [Candidate]) {
    let lines: Vec<usize> = (candidates.iter())
        .filter(|one| {
            matches!(one.field, Field::Email | Field::Resume) && !super::is_elsewhere(&one.features)
        })
        .flat_map(|one| one.nodes.iter().filter_map(|node| tree.line_of(*node)))
        .collect();
    for one in candidates
        .iter_mut()
        .filter(|one| one.field == Field::Phone)
    {
        let own = one.nodes.iter().filter_map(|node| tree.line_of(*node));
        let is_beside = own
            .into_iter()
            .any(|own| lines.iter().any(|line| own.abs_diff(*line) <= 3));
        one.features.set_if(Feature::Current, is_beside);
    }
}

fn is_national(number: &str) -> bool {
    let groups: Vec<usize> = number
        .split(|c: char| !c.is_numeric())
        .filter(|group| !group.is_empty())
        .map(str::len)
        .collect();
    let is_zero = number.starts_with('0')
        && (9..=12).contains(
            &number
                .chars()
                .filter(|c| c.is_numeric())
                .collect::<String>()
                .len(),
        )
        && groups.len() > 1;
    number.starts_with('(')
        || is_zero
        || matches!(groups.as_slice(), [3, 3, 4] | [1, 3, 3, 4] | [3, 3, 3])
}

/// What an address says about whose it is.
pub fn judge_email(tree: &Tree, email: &str, subject: &Subject, features: &mut Features) {
    let (local, domain) = email.split_once('@').unwrap_or((email, ""));
    let agrees = super::person::handle_agrees(local, &subject.tokens);
    // dana@danamoss.example
    let site = domain.split('.').next().unwrap_or_default();
    let by_domain = super::person::handle_agrees(site, &subject.tokens);
    features.set(
        Feature::AgreesWithName,
        agrees.max(if by_domain >= 0.7 { by_domain } else { 0.0 }),
    );
    let lower = local.to_lowercase();
    let first = lower.split(['.', '-', '_', '+']).next().unwrap_or_default();
    let is_role = tree.words.role_addresses.contains(&lower)
        || tree.words.role_addresses.contains(first) && agrees < 0.5;
    features.set_if(Feature::RoleAddress, is_role);
    let host = Address::parse(&tree.page.url)
        .map(|address| address.host)
        .unwrap_or_default();
    let own = host.split('.').rev().nth(1).unwrap_or_default().to_owned();
    features.set_if(
        Feature::OwnDomain,
        own.len() > 3 && domain.split('.').any(|part| part == own),
    );
    let others = subject
        .others
        .iter()
        .map(|other| super::person::handle_agrees(local, &other.tokens));
    let best = others.fold(0.0_f32, f32::max);
    if best > agrees + 0.05 && best >= 0.7 {
        features.set(Feature::AgreesWithOther, best);
    }
}

//! Résumés and web sites.

use super::super::address::Address;
use super::super::tree::Tree;
use super::super::words::{Label, Words};
use super::field::{Feature, Features, Field};
use super::labels::Labelled;
use super::{Found, Subject, person};
use crate::page::snapshot::{NodeId, Sight};

const FILES: &[&str] = &[".pdf", ".doc", ".docx", ".rtf", ".odt", ".pages", ".txt"];

pub fn read(tree: &Tree, labels: &[Labelled], found: &mut Vec<Found>) {
    let page = tree.page.url.split('#').next().unwrap_or_default();
    let base = Address::parse(&tree.page.url);
    for (id, element) in tree.page.elements() {
        if tree.place(id).in_head {
            continue;
        }
        let own = element
            .attribute("href")
            .filter(|_| element.tag == "a" || element.tag == "area");
        let frame = element
            .attribute("src")
            .or_else(|| element.attribute("data"))
            .filter(|_| matches!(element.tag.as_str(), "iframe" | "embed" | "object"));
        let is_button = element.tag == "button"
            || element.attribute("role") == Some("button")
            || element.tag == "a"
                && own.is_none_or(|href| href.ends_with('#') || href.starts_with("javascript:"));
        // A button may carry its address in an attribute of its own, or in the form around it.
        let carried = || {
            let by_data = element.attributes().find(|(name, value)| {
                name.starts_with("data-")
                    && *name != "data-action"
                    && (value.starts_with("http") || value.starts_with('/') && value.len() > 2)
            });
            let form = tree
                .page
                .with_ancestors(id)
                .find(|id| tree.page.tag(*id) == "form");
            let by_form = form.and_then(|form| tree.page.attribute(form, "action"));
            by_data
                .map(|(_, value)| value)
                .or_else(|| element.attribute("formaction"))
                .or(by_form)
        };
        let Some(href) = (if is_button { carried() } else { own.or(frame) }) else {
            continue;
        };
        let Some(url) = absolute(href, base.as_ref()) else {
            continue;
        };
        if url.split('#').next() == Some(page) {
            continue;
        }
        propose_resume(tree, id, &url, is_button, labels, found);
        if own.is_some() && !is_button {
            propose_site(tree, id, &url, labels, base.as_ref(), found);
        }
    }
}

fn absolute(href: &str, base: Option<&Address>) -> Option<String> {
    let url = match href.strip_prefix('/') {
        Some(rest) if !rest.starts_with('/') => format!("{}{href}", base?.origin),
        _ => href.to_owned(),
    };
    Address::parse(&url).map(|_| url)
}

fn propose_resume(
    tree: &Tree,
    id: NodeId,
    url: &str,
    is_button: bool,
    labels: &[Labelled],
    found: &mut Vec<Found>,
) {
    let name = tree.name_of(id);
    let title = tree.page.attribute(id, "title").unwrap_or_default();
    let download = tree.page.attribute(id, "download").unwrap_or_default();
    let address = Address::parse(url);
    let path = address
        .as_ref()
        .map(Address::normal_path)
        .unwrap_or_default();
    let query = address
        .as_ref()
        .map(|address| address.query.clone())
        .unwrap_or_default();
    let lower = path.to_lowercase();
    let is_file = FILES.iter().any(|end| lower.ends_with(end))
        || FILES.iter().any(|end| {
            query.to_lowercase().ends_with(end)
                || download.to_lowercase().ends_with(end)
                || name.to_lowercase().ends_with(end)
        });
    let words_of = |text: &str| text.replace(['_', '.', '/', '='], " ");
    let says = |text: &str| Words::any_word(&tree.words.resume, &words_of(text));
    let by_text = says(&name) || says(title) || says(download);
    let by_path = says(&path) || says(&query);
    let is_labelled = labels.iter().any(|labelled| {
        labelled.label == Label::Resume
            && (tree.page.contains(id, labelled.node)
                || tree.page.contains(labelled.node, id)
                || tree.line_of(labelled.node).is_some()
                    && tree.line_of(labelled.node) == tree.line_of(id))
    });
    let is_hinted = tree
        .page
        .with_ancestors(id)
        .take(2)
        .any(|id| tree.words.has_hint(&tree.hints(id), Label::Resume));
    if !(by_text || by_path || is_labelled || is_hinted && is_file) {
        return;
    }
    let mut one = Found::new(Field::Resume, url, id, &[]);
    one.features.set_if(Feature::SaysResume, by_text);
    one.features.set_if(Feature::Link, by_path);
    one.features.set_if(Feature::File, is_file);
    one.features.set_if(Feature::Label, is_labelled);
    one.features.set_if(Feature::Hint, is_hinted);
    one.features.set_if(Feature::InControl, is_button);
    let says_other = |text: &str| Words::any_word(&tree.words.not_resume, &words_of(text));
    one.features
        .set_if(Feature::PageWord, says_other(&name) || says_other(&path));
    one.features.remove(Feature::InLink);
    found.push(one);
}

fn propose_site(
    tree: &Tree,
    id: NodeId,
    url: &str,
    labels: &[Labelled],
    base: Option<&Address>,
    found: &mut Vec<Found>,
) {
    let Some(address) = Address::parse(url) else {
        return;
    };
    let site = |host: &str| host.split('.').rev().take(2).collect::<Vec<_>>().join(".");
    if base.is_some_and(|base| site(&base.host) == site(&address.host))
        || tree.place(id).sight == Sight::Hidden
    {
        return;
    }
    let is_social = tree
        .words
        .social_domains
        .iter()
        .any(|domain| address.is_within(domain));
    let is_labelled = labels.iter().any(|labelled| {
        labelled.label == Label::Website
            && (tree.page.contains(id, labelled.node)
                || tree.line_of(labelled.node) == tree.line_of(id) && labelled.node > id)
    });
    let path = address.normal_path();
    let mut one = Found::new(Field::Website, url, id, &[]);
    one.features.set_if(Feature::KnownWord, is_social);
    one.features.set_if(Feature::Label, is_labelled);
    one.features.set_if(
        Feature::Hint,
        tree.words.has_hint(&tree.hints(id), Label::Website),
    );
    let mut words = path
        .split(|c: char| !c.is_alphanumeric() && c != '-')
        .filter(|word| !word.is_empty());
    one.features.set_if(
        Feature::PageWord,
        path == "/" && is_social
            || words.any(|word| tree.words.share_words.contains(word))
            || address.query.contains("url="),
    );
    found.push(one);
}

/// What an address says about whose file or site it is.
pub fn judge(url: &str, subject: &Subject, features: &mut Features) {
    let Some(address) = Address::parse(url) else {
        return;
    };
    let path = address.normal_path();
    let parts: Vec<&str> = path
        .split('/')
        .chain([address.host.as_str()])
        .filter(|part| !part.is_empty())
        .collect();
    let agrees = |tokens: &[String]| {
        parts
            .iter()
            .map(|part| person::handle_agrees(part.trim_end_matches(".pdf"), tokens))
            .fold(0.0_f32, f32::max)
    };
    let own = agrees(&subject.tokens);
    features.set(Feature::AgreesWithName, if own >= 0.7 { own } else { 0.0 });
    let other = subject
        .others
        .iter()
        .map(|other| agrees(&other.tokens))
        .fold(0.0_f32, f32::max);
    features.set(
        Feature::AgreesWithOther,
        if other > own && other >= 0.9 {
            other
        } else {
            0.0
        },
    );
}

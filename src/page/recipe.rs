//! A recipe: what a site's pages look like, as data.
//!
//! The files stand in `extension/recipes/*.json`. The port uses the parts that tell where to read
//! and where to mount; the core uses the parts that tell what it means. A file that does not fit
//! these types does not build.

use super::address::Address;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The core's part of a recipe. The port's part, in the same file, is [`PortRecipe`].
#[derive(Debug, Deserialize)]
pub struct Recipe {
    pub site: Site,
    /// Host names it is for: exact, or `*.` and a domain.
    pub hosts: Vec<String>,
    /// Host names it is not for although `hosts` says so.
    #[serde(default)]
    pub except_hosts: Vec<String>,
    /// By field: the [`Way`]s to find it, best first.
    #[serde(default)]
    pub fields: Lists,
    /// The site's vocabulary, in lower case.
    #[serde(default)]
    pub words: Lists,
}

/// The port's part of a recipe: what to read and where to mount. The build hands it to the port as
/// it stands, after it was read into this type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortRecipe {
    /// What the port reads from the document, each under a name.
    pub read: Vec<Reading>,
    /// Repeated elements, read one by one as they appear.
    #[serde(default)]
    pub rows: Option<Rows>,
    /// The form in which a job is edited.
    #[serde(default)]
    pub job: Option<JobForm>,
    /// Where views are mounted, by place, the first that is found; none: in a corner.
    pub mount: Mount,
    /// A button shown before the core has answered.
    #[serde(default)]
    pub placeholder: Option<Placeholder>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Site {
    Jopwell,
    Greenhouse,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reading {
    pub name: String,
    pub css: String,
    pub take: Take,
    /// Most elements to read.
    pub most: u32,
    /// Read only when the person presses something: what is long and not needed to recognise a page.
    #[serde(default)]
    pub when_pressed: bool,
}

/// What the port takes of an element. `Pair`s arrive as two strings, the rest as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Take {
    /// Its text.
    Text,
    /// Its source text, for scripts that hold data.
    Source,
    /// An address in `href`, resolved.
    Href,
    /// The attribute that the selector's last `[name]` names.
    Attribute,
    /// Pair: where a link leads, and the attribute that the selector's last `[name]` names, of the
    /// nearest element around it that has one.
    Owner,
    /// Pair: where a link leads, and its text or accessible name.
    Link,
    /// Pair: `itemprop`, and the value as HTML's microdata defines it.
    Item,
    /// Pairs, one for each class name: the name, and the text or link target.
    Class,
    /// Pair: a label's text, and the text of what it labels.
    Label,
    /// Pair: a heading's text, and all text below it up to the next heading.
    Section,
    /// The text of the element that follows.
    Next,
    /// A control's accessible name.
    Control,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows {
    pub css: String,
    pub take: Take,
    /// Rows that have a control for the candidate's status.
    #[serde(default)]
    pub tracker: Option<Tracker>,
    /// Where whole lists are sorted and filtered: what of one is a person's, the closest around the
    /// element.
    #[serde(default)]
    pub item: Option<String>,
}

/// Where the status of a row is shown and set: a list box, in a form that is sent as it stands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tracker {
    /// What is around the row's element; the attribute that it names last is the row's id.
    pub row: String,
    /// The control, inside it.
    pub control: String,
    /// A link to the job that the row is about, inside it, …
    pub job: String,
    /// … or, where the whole page is about one job, in the page.
    pub page_job: String,
    /// When the row was made: an element with a `datetime`, or with a date as its text.
    pub when: String,
}

/// Where a job's form has each field, as a selector.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobForm {
    pub title: String,
    pub description: String,
    /// A list box, or a text.
    pub status: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// Beside the person's name.
    pub name: Vec<Place>,
    /// In a row of a list, seen from the element that `rows` found.
    #[serde(default)]
    pub row: Vec<Place>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub css: String,
    pub put: Put,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Put {
    /// As the last child.
    Inside,
    /// As the next sibling.
    After,
    /// As the next sibling, on lines of its own.
    Below,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placeholder {
    /// Shown where every one of these matches something …
    pub needs: Vec<String>,
    /// … and none of these does. Where one does, the page is no profile for certain, and nothing is
    /// read: a list of a hundred people costs nothing.
    pub never: Vec<String>,
    /// Of a message in `extension/_locales`: the core, which knows the texts, has not answered yet.
    pub label: String,
    pub action: String,
}

/// Lists of texts under names: a field's ways, or the site's vocabulary.
pub type Lists = BTreeMap<String, Vec<String>>;

/// One way to find a field, written as a word and what it is about: `label phone|mobile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way<'a> {
    /// `reading NAME`: the values of a named reading.
    Reading(&'a str),
    /// `person PROPERTY`: a property of a schema.org `Person`, as JSON-LD, microdata, or the h-card
    /// class that means it.
    Person(&'a str),
    /// `label A|B`: what stands beside one of these labels.
    Label(&'a str),
    /// `link KIND`.
    Link(LinkKind),
    /// `headline PART`: a part of the line under the name, `Title at Company`.
    Headline(HeadlinePart),
}

impl<'a> Way<'a> {
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (word, about) = text.split_once(' ')?;
        Some(match (word, about) {
            ("reading", name) => Self::Reading(name),
            ("person", property) => Self::Person(property),
            ("label", labels) => Self::Label(labels),
            ("link", "mail") => Self::Link(LinkKind::Mail),
            ("link", "telephone") => Self::Link(LinkKind::Telephone),
            ("link", "resume") => Self::Link(LinkKind::Resume),
            ("link", "outside") => Self::Link(LinkKind::Outside),
            ("headline", "title") => Self::Headline(HeadlinePart::Title),
            ("headline", "company") => Self::Headline(HeadlinePart::Company),
            _ => return None,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    Mail,
    Telephone,
    /// Its text or address has one of the words for a résumé.
    Resume,
    /// Leads off the site, and is not one of the others.
    Outside,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadlinePart {
    Title,
    Company,
}

impl Recipe {
    pub fn ways<'a>(&'a self, field: &str) -> impl Iterator<Item = Way<'a>> + use<'a> {
        list(&self.fields, field)
            .iter()
            .filter_map(|way| Way::parse(way))
    }

    #[must_use]
    pub fn is_for(&self, address: &Address) -> bool {
        let named = |patterns: &[String]| {
            patterns
                .iter()
                .any(|pattern| match pattern.strip_prefix('*') {
                    Some(domain) => {
                        address.host.len() > domain.len() && address.host.ends_with(domain)
                    }
                    None => *pattern == address.host,
                })
        };
        named(&self.hosts) && !named(&self.except_hosts)
    }
}

/// The texts under a name, none where there are none.
#[must_use]
pub fn list<'a>(lists: &'a Lists, name: &str) -> &'a [String] {
    lists.get(name).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIELDS: &[&str] = &[
        "external_id",
        "name",
        "given_name",
        "family_name",
        "title",
        "company",
        "emails",
        "phones",
        "addresses",
        "websites",
        "resume",
        "job_requisition",
    ];
    const WORDS: &[&str] = &[
        "not_names",
        "not_sections",
        "name_particles",
        "honorifics",
        "suffixes",
        "resume",
        "profile_controls",
        "own_domains",
        "social_domains",
        "applications",
        "job_open",
        "job_closed",
        "settings",
    ];
    const PORT_PARTS: &[&str] = &["read", "rows", "job", "mount", "placeholder"];

    #[test]
    fn the_shipped_recipes_are_well_formed() {
        for json in [
            include_str!("../../extension/recipes/jopwell.json"),
            include_str!("../../extension/recipes/greenhouse.json"),
        ] {
            let recipe = serde_json::from_str::<Recipe>(json).unwrap();
            for (field, ways) in &recipe.fields {
                assert!(FIELDS.contains(&field.as_str()), "{field}");
                for way in ways {
                    assert!(Way::parse(way).is_some(), "{way}");
                }
            }
            for (name, words) in &recipe.words {
                assert!(WORDS.contains(&name.as_str()), "{name}");
                assert!(
                    words.iter().all(|word| word.to_lowercase() == *word),
                    "{name}"
                );
            }
            let mut whole: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(json).unwrap();
            for part in ["recipe", "site", "hosts", "except_hosts", "fields", "words"] {
                whole.remove(part);
            }
            assert!(whole.keys().all(|key| PORT_PARTS.contains(&key.as_str())));
            let port: PortRecipe = serde_json::from_value(whole.into()).unwrap();
            assert!(!port.mount.name.is_empty());
            for ways in recipe.fields.values() {
                for way in ways.iter().filter_map(|way| Way::parse(way)) {
                    if let Way::Reading(name) = way {
                        assert!(
                            port.read.iter().any(|reading| reading.name == name),
                            "{name}"
                        );
                    }
                }
            }
        }
    }
}

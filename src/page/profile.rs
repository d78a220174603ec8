//! From readings to the profile that is sent.

use super::address::Address as PageAddress;
use super::name::{self, Hints, Name};
use super::recipe::{HeadlinePart, LinkKind, Recipe, Way, list};
use super::seen::Seen;
use super::structured::Structured;
use atsi_protocol::{
    Address, Email, MAX_EXTERNAL_ID_CHARS, MAX_FIELD_CHARS, MAX_LIST_ITEMS, MAX_LONG_FIELD_CHARS,
    MAX_NOTES_CHARS, Phone, Profile, Website, is_web_url,
};

/// Fewer digits are no telephone number.
const SHORTEST_PHONE: usize = 3;

/// A page's readings with everything needed to ask them for a field.
pub struct Reader<'a> {
    pub recipe: &'a Recipe,
    pub address: &'a PageAddress,
    pub seen: &'a Seen,
    pub structured: Structured,
}

impl<'a> Reader<'a> {
    #[must_use]
    pub fn new(recipe: &'a Recipe, address: &'a PageAddress, seen: &'a Seen) -> Self {
        Self {
            recipe,
            address,
            seen,
            structured: Structured::of(seen),
        }
    }

    /// The candidate's id on the site. The rules, in order:
    ///
    /// 1. the site's own id, where the recipe finds exactly one on the page;
    /// 2. else the path of the page's canonical address, where that is on the same host or one of
    ///    the recipe's, normalised: percent-decoded, without doubled or trailing slashes, query and
    ///    fragment;
    /// 3. else the path of the page's own address, normalised likewise.
    ///
    /// A path begins with `/`, a site's id is cut to what does not, so the two never meet. None on a
    /// page whose only address is the site's root.
    #[must_use]
    pub fn external_id(&self) -> Option<String> {
        let mut own: Vec<String> = self.values("external_id");
        own.dedup();
        if let [id] = own.as_slice() {
            let id = id.trim_start_matches('/');
            if !id.is_empty() && id.chars().count() <= MAX_EXTERNAL_ID_CHARS {
                return Some(id.to_owned());
            }
        }
        let canonical = self
            .seen
            .texts("canonical")
            .next()
            .and_then(PageAddress::parse);
        let canonical = canonical.filter(|c| self.recipe.is_for(c) && c.normal_path() != "/");
        path_id(canonical.as_ref().unwrap_or(self.address))
    }

    #[must_use]
    pub fn name(&self) -> Option<Name> {
        let first = self.values("given_name").into_iter().next();
        let last = self.values("family_name").into_iter().next();
        if let (Some(first), Some(last)) = (first, last) {
            return Some(Name {
                first: short(&first),
                last: short(&last),
            });
        }
        name::divide(&self.shown_name()?, &Hints::default()).into_name()
    }

    /// The name as the page shows it.
    fn shown_name(&self) -> Option<String> {
        let words = &self.recipe.words;
        self.values("name")
            .into_iter()
            .find(|text| name::can_be_name(text, words))
    }

    #[must_use]
    pub fn emails(&self) -> Vec<String> {
        let mut emails = self.values("emails");
        emails.retain(|email| self.is_someones(email));
        unique(emails)
    }

    /// Whether it is an e-mail address, and not the site's own.
    #[must_use]
    pub fn is_someones(&self, email: &str) -> bool {
        let own = list(&self.recipe.words, "own_domains");
        email.split_once('@').is_some_and(|(local, domain)| {
            let domain = domain.to_ascii_lowercase();
            !local.is_empty()
                && domain.contains('.')
                && !email.contains(char::is_whitespace)
                && !own.contains(&domain)
        })
    }

    #[must_use]
    pub fn phones(&self) -> Vec<String> {
        let mut phones: Vec<String> = Vec::new();
        for phone in self.values("phones") {
            // A link and a label often spell one number in two ways.
            let same = |known: &String| {
                let (one, other) = (digits(known), digits(&phone));
                one.ends_with(&other) || other.ends_with(&one)
            };
            if digits(&phone).chars().count() >= SHORTEST_PHONE && !phones.iter().any(same) {
                phones.push(phone);
            }
        }
        phones
    }

    #[must_use]
    pub fn resume(&self) -> Option<String> {
        self.values("resume")
            .into_iter()
            .find(|url| is_web_url(url))
    }

    /// Everything of the person that Greenhouse can take, within the protocol's limits. What has no
    /// field, or does not fit one, goes into the notes.
    #[must_use]
    pub fn profile(&self, name: &Name) -> Profile {
        let mut leftover = Vec::new();
        let phones = keep(self.phones(), MAX_FIELD_CHARS, "Phone", &mut leftover);
        let emails = keep(self.emails(), MAX_FIELD_CHARS, "E-mail", &mut leftover);
        let addresses = keep(
            unique(self.values("addresses")),
            MAX_LONG_FIELD_CHARS,
            "Address",
            &mut leftover,
        );
        let mut sites = unique(self.values("websites"));
        sites.retain(|url| {
            is_web_url(url) && PageAddress::parse(url).is_some_and(|to| !self.recipe.is_for(&to))
        });
        let (social, sites): (Vec<_>, Vec<_>) =
            sites.into_iter().partition(|url| self.is_social(url));
        let social = keep(social, MAX_LONG_FIELD_CHARS, "Social media", &mut leftover);
        let sites = keep(sites, MAX_LONG_FIELD_CHARS, "Web site", &mut leftover);
        let single = |field: &str| {
            self.values(field)
                .into_iter()
                .next()
                .map(|text| short(&text))
        };
        Profile {
            first_name: name.first.clone(),
            last_name: name.last.clone(),
            company: single("company"),
            title: single("title"),
            phone_numbers: phones
                .into_iter()
                .map(|number| self.phone(number))
                .collect(),
            emails: emails
                .into_iter()
                .map(|address| self.email(address))
                .collect(),
            addresses: addresses
                .into_iter()
                .map(|address| Address {
                    address,
                    kind: "other".into(),
                })
                .collect(),
            social_media: social,
            websites: sites.into_iter().map(|url| self.website(url)).collect(),
            resume_url: self.resume(),
            notes: self.notes(name, &leftover),
        }
    }

    #[must_use]
    pub fn phone(&self, number: String) -> Phone {
        Phone {
            kind: phone_kind(self.label_of_phone(&number)).into(),
            number,
        }
    }

    #[must_use]
    pub fn email(&self, address: String) -> Email {
        Email {
            kind: email_kind(self.label_of(&address)).into(),
            address,
        }
    }

    #[must_use]
    pub fn website(&self, url: String) -> Website {
        Website {
            kind: site_kind(self.label_of(&url)).into(),
            url,
        }
    }

    /// Whether nothing but the text after the name says what a field is.
    #[must_use]
    pub fn is_from_headline(&self, field: &str) -> bool {
        let ways = self.recipe.ways(field);
        let first = ways.map(|way| (matches!(way, Way::Headline(_)), self.values_of(way)));
        let mut found =
            first.filter(|(_, values)| values.iter().any(|text| !text.trim().is_empty()));
        found.next().is_some_and(|(is_headline, _)| is_headline)
    }

    /// Whether a text is, or begins with, the name of a control that only a profile has.
    #[must_use]
    pub fn is_profile_control(&self, text: &str) -> bool {
        let text = text.to_ascii_lowercase();
        list(&self.recipe.words, "profile_controls")
            .iter()
            .any(|word| text.starts_with(word.as_str()))
    }

    #[must_use]
    pub fn is_social(&self, url: &str) -> bool {
        PageAddress::parse(url).is_some_and(|address| {
            list(&self.recipe.words, "social_domains")
                .iter()
                .any(|domain| address.is_within(domain))
        })
    }

    /// The label, or the link's own text, that stands beside a value.
    fn label_of(&self, value: &str) -> String {
        self.label_beside(|text| text.contains(value))
    }

    fn label_of_phone(&self, phone: &str) -> String {
        self.label_beside(|text| digits(text).contains(&digits(phone)))
    }

    fn label_beside(&self, is_it: impl Fn(&str) -> bool) -> String {
        let labels = (self.seen.pairs("labels")).map(|(label, text)| (text, label));
        let found = labels
            .chain(self.seen.pairs("links"))
            .find(|(text, _)| is_it(text));
        found.map_or_else(String::new, |(_, label)| label.to_ascii_lowercase())
    }

    fn notes(&self, name: &Name, leftover: &[String]) -> Option<String> {
        let mut notes = String::new();
        if let Some(shown) = self.shown_name().filter(|shown| *shown != name.full()) {
            notes.push_str(&format!("Name on Jopwell: {shown}\n"));
        }
        for (label, text) in self.seen.pairs("labels") {
            let label = label.trim_end_matches(':').trim();
            let is_field = self.is_used_label(&label.to_ascii_lowercase()) || is_web_url(text);
            if !label.is_empty() && !text.is_empty() && !is_field {
                notes.push_str(&format!("{label}: {}\n", tidy(text)));
            }
        }
        for property in [
            "description",
            "alumniOf",
            "knowsAbout",
            "hasCredential",
            "knowsLanguage",
            "award",
        ] {
            let values: Vec<&str> = self.structured.values(property).collect();
            if !values.is_empty() {
                let title = match property {
                    "description" => "About",
                    "alumniOf" => "Education",
                    "knowsAbout" => "Skills",
                    "hasCredential" => "Credentials",
                    "knowsLanguage" => "Languages",
                    _ => "Awards",
                };
                notes.push_str(&format!("\n{title}\n{}\n", values.join(", ")));
            }
        }
        for (heading, text) in self.seen.pairs("sections") {
            let text = self.without_labelled(tidy(text));
            let lower = heading.to_ascii_lowercase();
            // Other people's names are no part of this person's notes.
            let is_about_others = list(&self.recipe.words, "not_sections")
                .iter()
                .any(|word| lower.starts_with(word.as_str()));
            if is_about_others {
                continue;
            }
            if !heading.is_empty() && !text.is_empty() && !notes.contains(&text) {
                notes.push_str(&format!("\n{heading}\n{text}\n"));
            }
        }
        for line in leftover {
            notes.push_str(line);
            notes.push('\n');
        }
        let notes = notes.trim();
        if notes.is_empty() {
            return None;
        }
        if notes.chars().count() <= MAX_NOTES_CHARS {
            return Some(notes.to_owned());
        }
        const CUT: &str = "\n… (shortened; the rest is on the Jopwell profile)";
        let kept: String = notes
            .chars()
            .take(MAX_NOTES_CHARS - CUT.chars().count())
            .collect();
        Some(kept + CUT)
    }

    /// A section without its labelled values: they are fields of their own, or notes already.
    fn without_labelled(&self, section: String) -> String {
        let labels = self.seen.pairs("labels");
        let without = labels.fold(section, |left, (label, value)| {
            left.replace(&tidy(&format!("{label}\n{value}")), "")
        });
        tidy(&without)
    }

    fn is_used_label(&self, label: &str) -> bool {
        let mut ways = self
            .recipe
            .fields
            .values()
            .flatten()
            .filter_map(|way| Way::parse(way));
        ways.any(
            |way| matches!(way, Way::Label(labels) if labels.split('|').any(|used| used == label)),
        )
    }

    /// The values that the ways find, in their order.
    fn values(&self, field: &str) -> Vec<String> {
        self.recipe
            .ways(field)
            .flat_map(|way| self.values_of(way))
            .map(|text| tidy(&text))
            .filter(|text| !text.is_empty())
            .collect()
    }

    #[must_use]
    pub fn first(&self, field: &str) -> Option<String> {
        self.values(field).into_iter().next()
    }

    fn values_of(&self, way: Way) -> Vec<String> {
        match way {
            Way::Reading(name) => self.seen.texts(name).map(str::to_owned).collect(),
            Way::Person(property) => self
                .structured
                .values(property)
                .map(|value| without_scheme(value).to_owned())
                .collect(),
            Way::Label(labels) => {
                let matching = self.seen.pairs("labels").filter(|(label, _)| {
                    let label = label.trim_end_matches(':').trim().to_ascii_lowercase();
                    labels.split('|').any(|wanted| wanted == label)
                });
                matching
                    .flat_map(|(_, text)| text.lines())
                    .map(str::to_owned)
                    .collect()
            }
            Way::Link(kind) => self.links(kind),
            Way::Headline(part) => self
                .seen
                .texts("headline")
                .filter(|line| !self.is_profile_control(line))
                .filter_map(|line| headline_part(line, part))
                .map(str::to_owned)
                .take(1)
                .collect(),
        }
    }

    fn links(&self, wanted: LinkKind) -> Vec<String> {
        let links = self.seen.pairs("links").filter_map(|(href, text)| {
            let lower = href.to_ascii_lowercase();
            let (kind, value) = if lower.starts_with("mailto:") {
                (LinkKind::Mail, without_scheme(href).to_owned())
            } else if lower.starts_with("tel:") {
                (LinkKind::Telephone, without_scheme(href).to_owned())
            } else {
                let to = PageAddress::parse(href)?;
                let text = text.to_ascii_lowercase();
                let names_resume = |part: &str| {
                    part.split(|c: char| !c.is_alphanumeric()).any(|word| {
                        list(&self.recipe.words, "resume")
                            .iter()
                            .any(|resume| resume == word)
                    })
                };
                let kind = if names_resume(&text)
                    || (names_resume(&to.path.to_ascii_lowercase())
                        && to.path.to_ascii_lowercase().ends_with(".pdf"))
                {
                    LinkKind::Resume
                } else {
                    LinkKind::Outside
                };
                (kind, href.to_owned())
            };
            (kind == wanted).then_some(value)
        });
        links.collect()
    }
}

/// The id of a candidate known only by a link, as on a search card or a tracker row: the same rule
/// as [`Reader::external_id`], applied to what the row shows.
#[must_use]
pub fn row_external_id(site_id: Option<&str>, href: &str) -> Option<String> {
    match site_id
        .map(|id| id.trim().trim_start_matches('/'))
        .filter(|id| !id.is_empty())
    {
        Some(id) => Some(id.to_owned()),
        None => path_id(&PageAddress::parse(href)?),
    }
}

pub(super) fn path_id(address: &PageAddress) -> Option<String> {
    let path = address.normal_path();
    (path != "/" && path.chars().count() <= MAX_EXTERNAL_ID_CHARS).then_some(path)
}

/// `mailto:` and `tel:` values without the scheme and what follows `?`, decoded.
fn without_scheme(value: &str) -> String {
    let lower = value.to_ascii_lowercase();
    for scheme in ["mailto:", "tel:"] {
        if lower.starts_with(scheme) {
            let rest = value.get(scheme.len()..).unwrap_or_default();
            let rest = rest.split('?').next().unwrap_or_default();
            return super::address::percent_decode(rest).trim().to_owned();
        }
    }
    value.to_owned()
}

fn headline_part(line: &str, part: HeadlinePart) -> Option<&str> {
    if line.chars().count() > MAX_FIELD_CHARS || line.contains('\n') || line.contains('@') {
        return None;
    }
    let (title, company) = [" at ", " @ ", " · ", " | ", " – "]
        .iter()
        .find_map(|between| line.split_once(between))
        .unwrap_or((line, ""));
    let found = match part {
        HeadlinePart::Title => title,
        HeadlinePart::Company => company.split([',', '·', '|']).next().unwrap_or_default(),
    };
    Some(found.trim()).filter(|text| !text.is_empty())
}

/// Keeps what fits the protocol's limits; the rest becomes lines for the notes.
fn keep(
    values: Vec<String>,
    most_chars: usize,
    label: &str,
    leftover: &mut Vec<String>,
) -> Vec<String> {
    let mut kept = Vec::new();
    for value in values {
        if kept.len() < MAX_LIST_ITEMS && value.chars().count() <= most_chars {
            kept.push(value);
        } else {
            leftover.push(format!("{label}: {value}"));
        }
    }
    kept
}

fn unique(mut values: Vec<String>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    values.retain(|value| {
        let folded = value.to_ascii_lowercase();
        let is_new = !seen.contains(&folded);
        if is_new {
            seen.push(folded);
        }
        is_new
    });
    values
}

fn digits(phone: &str) -> String {
    phone.chars().filter(|c| c.is_numeric()).collect()
}

fn short(text: &str) -> String {
    tidy(text)
        .replace('\n', " ")
        .chars()
        .take(MAX_FIELD_CHARS)
        .collect()
}

/// One space between words, no empty lines, no control characters.
fn tidy(text: &str) -> String {
    let mut lines = Vec::new();
    for line in text.lines() {
        let words: Vec<String> = line
            .split_whitespace()
            .map(|word| word.chars().filter(|c| !c.is_control()).collect())
            .collect();
        let line = words.join(" ");
        if !line.is_empty() {
            lines.push(line);
        }
    }
    lines.join("\n")
}

fn phone_kind(label: String) -> &'static str {
    match label {
        label if label.contains("mobile") || label.contains("cell") => "mobile",
        label if label.contains("work") || label.contains("office") => "work",
        label if label.contains("home") => "home",
        _ => "other",
    }
}

fn email_kind(label: String) -> &'static str {
    match label {
        label if label.contains("work") => "work",
        label if label.contains("personal") || label.contains("home") => "personal",
        _ => "other",
    }
}

fn site_kind(label: String) -> &'static str {
    match label {
        label if label.contains("portfolio") => "portfolio",
        label if label.contains("blog") => "blog",
        label if label.contains("company") => "company",
        label
            if label.contains("personal")
                || label.contains("website")
                || label.contains("web site") =>
        {
            "personal"
        }
        _ => "other",
    }
}

//! What page is this, and what does it say? Pure functions from what the port read.

pub mod address;
pub mod email;
pub mod evidence;
pub mod greenhouse;
#[cfg(not(target_arch = "wasm32"))]
pub mod html;
pub mod job;
pub mod name;
pub mod phone;
pub mod profile;
pub mod reading;
pub mod recipe;
pub mod seen;
pub mod snapshot;
pub mod structured;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod unseen;
pub mod words;

use address::Address;
use atsi_protocol::Profile;
use name::Name;
use profile::Reader;
use recipe::{Recipe, Site};
use seen::Seen;
use std::sync::LazyLock;
use unseen::Unseen;

static RECIPES: LazyLock<Vec<Recipe>> = LazyLock::new(|| {
    [
        include_str!(concat!(env!("OUT_DIR"), "/jopwell.json")),
        include_str!(concat!(env!("OUT_DIR"), "/greenhouse.json")),
    ]
    .into_iter()
    .filter_map(|recipe| serde_json::from_str(recipe).ok())
    .collect()
});

/// What a page is to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Page {
    /// Nothing of ours.
    Nothing,
    /// The address is already the next candidate's, the content still the last one's. Whoever acted
    /// on it would send one person's details under another's id.
    Changing,
    JopwellProfile(Box<ProfilePage>),
    JopwellJob(Box<job::JobPage>),
    GreenhouseCandidate(greenhouse::CandidatePage),
    /// The account's settings on Jopwell.
    JopwellSettings,
    /// Ids of the people on a list, in search results or in the tracker, by the port's row number.
    JopwellList(Vec<(u32, String)>),
    /// Greenhouse ids of the people on a list, by the port's row number.
    GreenhouseList(Vec<(u32, u64)>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfilePage {
    /// None where the page has no id and no address of its own.
    pub external_id: Option<String>,
    pub name: Name,
    pub profile: Profile,
    /// Tells one person's content from another's; see [`Page::Changing`].
    pub key: PageKey,
}

/// Remembered by the port and handed back with the next look, because the worker may be gone by then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageKey {
    identity: String,
    content: u64,
}

impl PageKey {
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (content, identity) = text.split_once(' ')?;
        let content = u64::from_str_radix(content, 16).ok()?;
        Some(Self {
            identity: identity.to_owned(),
            content,
        })
    }
}

impl std::fmt::Display for PageKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:016x} {}", self.content, self.identity)
    }
}

/// Whether a row with this status in the tracker stands for an application.
#[must_use]
pub fn is_application(status: &str) -> bool {
    let status = status.trim().to_ascii_lowercase();
    let words = (RECIPES.iter()).flat_map(|recipe| recipe::list(&recipe.words, "applications"));
    status.is_empty() || words.into_iter().any(|word| *word == status)
}

/// Whether one page may read the other with its session.
#[must_use]
pub fn same_origin(one: &str, other: &str) -> bool {
    let origin = |url| Address::parse(url).map(|address| address.origin);
    origin(one).is_some_and(|one| origin(other) == Some(one))
}

/// The id of a job on Jopwell: the path of its page, because lists show no other.
#[must_use]
pub fn jopwell_job_id(href: &str) -> Option<String> {
    profile::row_external_id(None, href)
}

/// Recognises a page. `was` is the key of the candidate whom the same document showed last.
#[must_use]
pub fn recognise(seen: &Seen, was: Option<&PageKey>) -> Page {
    let Some(address) = Address::parse(&seen.url) else {
        return Page::Nothing;
    };
    let Some(recipe) = RECIPES.iter().find(|recipe| recipe.is_for(&address)) else {
        return Page::Nothing;
    };
    match recipe.site {
        Site::Jopwell => jopwell_page(recipe, &address, seen, was),
        Site::Greenhouse => match greenhouse::candidate_page(&address) {
            Some(page) => Page::GreenhouseCandidate(page),
            None => Page::GreenhouseList(
                (seen.rows.iter())
                    .filter_map(|(row, value)| {
                        let link = Address::parse(value.text()).filter(|to| recipe.is_for(to))?;
                        Some((*row, greenhouse::candidate_page(&link)?.candidate_id))
                    })
                    .collect(),
            ),
        },
    }
}

fn jopwell_page(recipe: &Recipe, address: &Address, seen: &Seen, was: Option<&PageKey>) -> Page {
    let reader = Reader::new(recipe, address, seen);
    let known = jopwell_profile(&reader, was);
    if known != Page::Nothing {
        return known;
    }
    let other = match is_settings(recipe, seen) {
        true => Page::JopwellSettings,
        false => job::job_page(recipe, address, seen),
    };
    // Rows are asked about once, but the page is looked at again: they cannot decide what it is.
    if other == Page::Nothing
        && let Some(page) = unseen_profile(&reader, was)
    {
        return page;
    }
    if seen.rows.is_empty() {
        return other;
    }
    let rows = seen.rows.iter().filter_map(|(row, value)| {
        let id = profile::row_external_id(value.second(), value.text())?;
        Some((*row, id))
    });
    Page::JopwellList(rows.collect())
}

/// No live path is known: the heading says it.
fn is_settings(recipe: &Recipe, seen: &Seen) -> bool {
    let known = recipe::list(&recipe.words, "settings");
    let is_one = |heading: &str| {
        let heading = heading.trim();
        known
            .iter()
            .any(|known| known.eq_ignore_ascii_case(heading))
    };
    seen.texts("heading").any(is_one)
}

/// A profile is recognised by what it says, never by its path alone, because no live path is known:
/// one person's name, and at least one thing that only a person's page has.
fn jopwell_profile(reader: &Reader, was: Option<&PageKey>) -> Page {
    if is_of_others(reader) {
        return Page::Nothing;
    }
    let Some(name) = reader.name() else {
        return Page::Nothing;
    };
    let emails = reader.emails();
    let phones = reader.phones();
    let resume = reader.resume();
    let controls: Vec<String> = (reader.seen)
        .texts("controls")
        .chain(reader.seen.pairs("links").map(|(_, text)| text))
        .map(str::to_ascii_lowercase)
        .filter(|text| reader.is_profile_control(text))
        .collect();
    // A list repeats its controls and has many people's addresses.
    let repeated = controls.len() - distinct(controls.iter().map(String::as_str));
    if repeated > 1 || emails.len() > MOST_EMAILS_OF_ONE_PERSON {
        return Page::Nothing;
    }
    let has_evidence = reader.structured.people == 1
        || !emails.is_empty()
        || !phones.is_empty()
        || resume.is_some()
        || !controls.is_empty();
    if !has_evidence {
        return Page::Nothing;
    }
    let content = [emails, phones, resume.into_iter().collect()].concat();
    profile_page(reader, name, &content, was, |name| {
        let mut profile = reader.profile(name);
        if let Some(unseen) = Unseen::read(reader) {
            unseen.complete(name, &mut profile);
        }
        profile
    })
}

/// A profile in a markup that the recipe does not know.
fn unseen_profile(reader: &Reader, was: Option<&PageKey>) -> Option<Page> {
    if is_of_others(reader) {
        return None;
    }
    let (name, profile) = Unseen::read(reader)?.profile()?;
    let emails = profile.emails.iter().map(|email| email.address.clone());
    let phones = profile.phone_numbers.iter().map(|one| one.number.clone());
    let content: Vec<String> = emails
        .chain(phones)
        .chain(profile.resume_url.clone())
        .collect();
    Some(profile_page(reader, name, &content, was, |_| profile))
}

/// Whether a page is surely not one person's: to log in, a job, or with several people.
fn is_of_others(reader: &Reader) -> bool {
    reader.seen.texts("passwords").next().is_some()
        || reader.structured.jobs > 0
        || reader.structured.people > 1
        || distinct(reader.seen.texts("site_id")) > 1
}

fn profile_page(
    reader: &Reader,
    name: Name,
    content: &[String],
    was: Option<&PageKey>,
    profile: impl FnOnce(&Name) -> Profile,
) -> Page {
    let external_id = reader.external_id();
    let identity = external_id.clone().unwrap_or_default();
    let names = [name.first.as_str(), &name.last].into_iter();
    let content = fnv1a(names.chain(content.iter().map(String::as_str)));
    let key = PageKey { identity, content };
    if was.is_some_and(|was| was.content == key.content && was.identity != key.identity) {
        return Page::Changing;
    }
    let profile = profile(&name);
    Page::JopwellProfile(Box::new(ProfilePage {
        external_id,
        name,
        profile,
        key,
    }))
}

const MOST_EMAILS_OF_ONE_PERSON: usize = 6;

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> usize {
    let mut seen = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen.len()
}

/// FNV-1a: short, stable over versions, and nothing here needs more.
pub(crate) fn fnv1a<'a>(parts: impl Iterator<Item = &'a str>) -> u64 {
    let bytes = parts.flat_map(|part| part.bytes().chain([0]));
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
pub(crate) fn jopwell_recipe() -> &'static Recipe {
    RECIPES
        .iter()
        .find(|recipe| recipe.site == Site::Jopwell)
        .unwrap()
}

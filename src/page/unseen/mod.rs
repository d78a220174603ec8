//! Profiles in a markup that the recipe does not know, read by evidence; and what evidence adds to a
//! profile that the recipe does know.

#[cfg(test)]
mod tests;

use super::evidence::weights::Weights;
use super::name::{self, Name};
use super::phone;
use super::profile::Reader;
use super::reading::{self, Claim, Reading};
use super::snapshot::Snapshot;
use super::words::Words;
use atsi_protocol::{
    Address, MAX_FIELD_CHARS, MAX_LIST_ITEMS, MAX_LONG_FIELD_CHARS, Profile, is_web_url,
};
use std::sync::LazyLock;

struct Data {
    words: Words,
    weights: Weights,
}

/// None would mean that the build shipped broken data, which a test rules out.
static DATA: LazyLock<Option<Data>> = LazyLock::new(|| {
    Some(Data {
        words: Words::parse(include_str!("../../../extension/reader/words.json"))?,
        weights: Weights::parse(include_str!("../../../extension/reader/weights.json"))?,
    })
});

/// What evidence says of a page that was looked at.
pub struct Unseen<'a> {
    reader: &'a Reader<'a>,
    snapshot: Snapshot,
    reading: Reading,
}

impl<'a> Unseen<'a> {
    /// None where the port sent no description of the page, or the page is no profile.
    #[must_use]
    pub fn read(reader: &'a Reader<'a>) -> Option<Self> {
        let data = DATA.as_ref()?;
        let snapshot = Snapshot::decode(reader.seen.page.as_deref()?);
        let reading = reading::read(&snapshot, &data.words, &data.weights);
        reading.name.as_ref()?;
        Some(Self {
            reader,
            snapshot,
            reading,
        })
    }

    /// The person's name and profile, where the page is surely theirs.
    #[must_use]
    pub fn profile(&self) -> Option<(Name, Profile)> {
        let shown = &self.reading.name.as_ref()?.value;
        let is_name = name::can_be_name(shown, &self.reader.recipe.words);
        if !is_name || !self.reading.is_surely_profile() {
            return None;
        }
        let name = self.reading.division(&self.snapshot).into_name()?;
        let websites = values(&self.reading.websites).filter(|url| {
            is_web_url(url) && url.chars().count() <= MAX_LONG_FIELD_CHARS && !self.is_own_site(url)
        });
        let (social, sites) = websites
            .take(MAX_LIST_ITEMS)
            .partition(|url| self.reader.is_social(url));
        let sites: Vec<String> = sites;
        let location = field(self.reading.location.as_ref());
        let mut profile = Profile {
            first_name: name.first.clone(),
            last_name: name.last.clone(),
            addresses: location.map(address).into_iter().collect(),
            social_media: social,
            websites: sites
                .into_iter()
                .map(|url| self.reader.website(url))
                .collect(),
            notes: (*shown != name.full()).then(|| format!("Name on Jopwell: {shown}")),
            ..Profile::default()
        };
        self.fill(&mut profile);
        Some((name, profile))
    }

    /// Adds what the recipe found nothing for, and removes what is somebody else's, where evidence
    /// takes the page for the same person's.
    pub fn complete(&self, name: &Name, profile: &mut Profile) {
        if !self.is_about(name) {
            return;
        }
        let others = &self.reading.of_others;
        profile.emails.retain(|email| {
            !others
                .iter()
                .any(|other| other.eq_ignore_ascii_case(&email.address))
        });
        profile
            .phone_numbers
            .retain(|one| !others.iter().any(|other| phone::same(other, &one.number)));
        // Whatever follows the name is a guess.
        if self.reading.title.is_some() && self.reader.is_from_headline("title") {
            profile.title = None;
        }
        if self.reading.company.is_some() && self.reader.is_from_headline("company") {
            profile.company = None;
        }
        self.fill(profile);
    }

    fn fill(&self, profile: &mut Profile) {
        let reading = &self.reading;
        if profile.emails.is_empty() {
            let emails = values(&reading.emails).filter(|email| self.reader.is_someones(email));
            profile.emails = emails.map(|email| self.reader.email(email)).collect();
        }
        if profile.phone_numbers.is_empty() {
            let phones = values(&reading.phones).filter(|number| fits(number));
            profile.phone_numbers = phones.map(|number| self.reader.phone(number)).collect();
        }
        let resume = reading.resume.as_ref().map(|claim| claim.value.clone());
        let resume = resume.filter(|url| is_web_url(url));
        profile.resume_url = profile.resume_url.take().or(resume);
        let title = || field(reading.title.as_ref());
        profile.title = profile.title.take().or_else(title);
        let company = || field(reading.company.as_ref());
        profile.company = profile.company.take().or_else(company);
    }

    /// Whether both readers mean the same person: each word of one name is in the other.
    fn is_about(&self, name: &Name) -> bool {
        let words = |text: &str| -> Vec<String> {
            let words = text.split(|c: char| !c.is_alphanumeric());
            let words = words.map(str::to_lowercase);
            words.filter(|word| !word.is_empty()).collect()
        };
        let shown = self.reading.name.as_ref().map(|claim| words(&claim.value));
        let (shown, name) = (shown.unwrap_or_default(), words(&name.full()));
        let is_within =
            |one: &[String], other: &[String]| one.iter().all(|word| other.contains(word));
        !shown.is_empty()
            && !name.is_empty()
            && (is_within(&shown, &name) || is_within(&name, &shown))
    }

    fn is_own_site(&self, url: &str) -> bool {
        super::address::Address::parse(url).is_none_or(|to| self.reader.recipe.is_for(&to))
    }
}

fn values(claims: &[Claim]) -> impl Iterator<Item = String> {
    claims.iter().map(|claim| claim.value.clone())
}

fn fits(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MAX_FIELD_CHARS
}

fn field(claim: Option<&Claim>) -> Option<String> {
    claim
        .map(|claim| claim.value.clone())
        .filter(|text| fits(text))
}

fn address(address: String) -> Address {
    Address {
        address,
        kind: "other".into(),
    }
}

//! What a page says, with how sure that is and why.

use super::address::Address;
use super::evidence::field::{Feature, Field};
use super::evidence::kind::{self, Kind};
use super::evidence::weights::Weights;
use super::evidence::{Candidate, Evidence};
use super::name::{self, Division, Hints};
use super::snapshot::{NodeId, Snapshot};
use super::tree::Tree;
use super::words::Words;

/// More of them are a list, not one person's.
const MAX_VALUES: usize = 5;

/// What lets a name count that is not sure by itself: how sure the page is, the least confidence, and
/// how many times the odds of the next name.
const SURE_PROFILE: f32 = 0.6;
const LEAST_NAME: f32 = 0.05;
const LEAD: f32 = 2.0;

/// From here on a page that the recipe does not know is somebody's. Well above the margin of training:
/// no page of the corpus that is not kept aside gets a wrong button.
const SURELY_PROFILE: f32 = 0.97;

/// A value that is claimed.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    pub value: String,
    pub node: NodeId,
    pub confidence: f32,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    pub kind: Kind,
    /// How sure it is that the page is a profile.
    pub profile_confidence: f32,
    /// As the page shows it.
    pub name: Option<Claim>,
    pub emails: Vec<Claim>,
    pub phones: Vec<Claim>,
    pub resume: Option<Claim>,
    pub title: Option<Claim>,
    pub company: Option<Claim>,
    pub location: Option<Claim>,
    pub websites: Vec<Claim>,
    /// E-mail addresses and phone numbers that are somebody else's.
    pub of_others: Vec<String>,
    /// The people of a list: the site's id or the link, and the name.
    pub people: Vec<(String, String)>,
}

impl Reading {
    /// Whether the page is a profile even if nothing but this reading says so.
    #[must_use]
    pub fn is_surely_profile(&self) -> bool {
        self.kind == Kind::Profile && self.profile_confidence >= SURELY_PROFILE
    }

    /// The name, divided with what the rest of the page says of it.
    #[must_use]
    pub fn division(&self, snapshot: &Snapshot) -> Division {
        let Some(name) = &self.name else {
            return Division::NotAName;
        };
        let emails: Vec<String> = self
            .emails
            .iter()
            .map(|claim| claim.value.clone())
            .collect();
        let path = Address::parse(&snapshot.url)
            .map(|address| address.normal_path())
            .unwrap_or_default();
        let title = snapshot
            .elements()
            .find(|(_, element)| element.tag == "title")
            .map(|(id, _)| snapshot.raw_text(id));
        let language = snapshot
            .elements()
            .find_map(|(_, element)| element.attribute("lang"));
        let hints = Hints {
            emails: &emails,
            slug: path.rsplit('/').next(),
            title: title.as_deref(),
            language,
            ..Hints::default()
        };
        name::divide(&name.value, &hints)
    }
}

/// Reads a page.
#[must_use]
pub fn read(snapshot: &Snapshot, words: &Words, weights: &Weights) -> Reading {
    let evidence = Evidence::gather(Tree::new(snapshot, words), weights);
    conclude(&evidence, weights)
}

/// Claims what is sure enough.
#[must_use]
pub fn conclude(evidence: &Evidence, weights: &Weights) -> Reading {
    let features = kind::features(evidence, weights);
    let profile_confidence = weights.profile.confidence(&features);
    let name =
        one(evidence, weights, Field::Name).or_else(|| leading_name(evidence, profile_confidence));
    let is_profile = profile_confidence >= weights.profile.margin && name.is_some();
    let mut reading = Reading {
        kind: if is_profile {
            Kind::Profile
        } else {
            kind::other(evidence, &features)
        },
        profile_confidence,
        ..Reading::default()
    };
    let list = kind::list(evidence).filter(|list| list.rows.len() > 1);
    if let Some(list) = list.filter(|_| reading.kind == Kind::List) {
        let rows = list.rows.iter().filter_map(|row| {
            let id = row.site_id.clone().or_else(|| row.href.clone())?;
            Some((id, row.name.clone()))
        });
        reading.people = rows.collect();
    }
    if is_profile {
        reading.name = name;
        reading.emails = many(evidence, weights, Field::Email);
        reading.phones = many(evidence, weights, Field::Phone);
        reading.websites = many(evidence, weights, Field::Website);
        reading.resume = one(evidence, weights, Field::Resume);
        reading.title = one(evidence, weights, Field::Title);
        reading.company = one(evidence, weights, Field::Company);
        reading.location = one(evidence, weights, Field::Location);
        reading.of_others = of_others(evidence, weights);
    }
    reading
}

/// On a page that is surely somebody's, the name that leads all others by far.
fn leading_name(evidence: &Evidence, profile_confidence: f32) -> Option<Claim> {
    let mut names = evidence.of(Field::Name);
    let best = names.next()?;
    let second = names.next().map_or(0.0, |name| name.confidence);
    let odds = |confidence: f32| confidence / (1.0 - confidence).max(1e-6);
    let leads = odds(best.confidence) >= LEAD * odds(second);
    (profile_confidence >= SURE_PROFILE && best.confidence >= LEAST_NAME && leads)
        .then(|| claim(best))
}

fn claim(candidate: &Candidate) -> Claim {
    Claim {
        value: candidate.value.clone(),
        node: candidate.nodes.first().copied().unwrap_or(NodeId::DOCUMENT),
        confidence: candidate.confidence,
    }
}

fn one(evidence: &Evidence, weights: &Weights, field: Field) -> Option<Claim> {
    let best = evidence.of(field).next()?;
    (best.confidence >= weights.margin(field)).then(|| claim(best))
}

/// In the order of the page.
fn many(evidence: &Evidence, weights: &Weights, field: Field) -> Vec<Claim> {
    let sure = evidence
        .of(field)
        .filter(|one| one.confidence >= weights.margin(field));
    let mut claims: Vec<Claim> = sure.take(MAX_VALUES).map(claim).collect();
    claims.sort_by_key(|claim| claim.node);
    claims
}

fn of_others(evidence: &Evidence, weights: &Weights) -> Vec<String> {
    let is_of_other = |one: &&Candidate| {
        one.confidence < weights.margin(one.field)
            && [
                Feature::OfOthers,
                Feature::InPeople,
                Feature::OtherPerson,
                Feature::Account,
            ]
            .iter()
            .any(|feature| one.features.has(*feature))
    };
    let contacts = evidence
        .of(Field::Email)
        .chain(evidence.of(Field::Phone))
        .filter(is_of_other);
    contacts.map(|one| one.value.clone()).collect()
}

/// Everything that was found, with what speaks for and against it, for people.
#[must_use]
pub fn explain(evidence: &Evidence, weights: &Weights) -> String {
    let mut out = String::new();
    let features = kind::features(evidence, weights);
    out.push_str(&format!(
        "profile {:.2}:{}\n",
        weights.profile.confidence(&features),
        reasons(features.iter(), |feature| weights.profile.weight(feature))
    ));
    for candidate in &evidence.candidates {
        let model = weights.fields.get(&candidate.field);
        let weight = |feature| model.map_or(0.0, |model| model.weight(feature));
        let sign = if candidate.confidence >= weights.margin(candidate.field) {
            "✓"
        } else {
            " "
        };
        out.push_str(&format!(
            "{sign} {:?} {:.2} {:?}:{}\n",
            candidate.field,
            candidate.confidence,
            candidate.value,
            reasons(candidate.features.iter(), weight)
        ));
    }
    out
}

fn reasons(
    features: impl Iterator<Item = (Feature, f32)>,
    weight: impl Fn(Feature) -> f32,
) -> String {
    let mut parts: Vec<(f32, String)> = features
        .map(|(feature, strength)| {
            let counts = strength * weight(feature);
            (counts, format!(" {feature:?}{counts:+.1}"))
        })
        .collect();
    parts.sort_by(|one, other| other.0.abs().total_cmp(&one.0.abs()));
    parts.into_iter().map(|(_, text)| text).collect()
}

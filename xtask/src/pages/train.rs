//! Sets the weights by logistic regression over the pages that are not kept aside.
//!
//! A corpus of a few hundred pages cannot teach a hundred weights from nothing, so each is drawn
//! towards a prior (`priors.json`), as strongly as does best on pages that are left out in turn.

use super::corpus::{self, Sample};
use super::{Reader, score};
use anyhow::{Context, Result};
use atsi::page::evidence::field::{Feature, Features, Field};
use atsi::page::evidence::kind::{self, Kind};
use atsi::page::evidence::weights::{Model, Weights};
use atsi::page::evidence::{Candidate, Evidence};
use atsi::page::html;
use atsi::page::phone;
use atsi::page::tree::Tree;
use std::collections::BTreeMap;
use std::fs;
use threads::map;

/// How strongly weights are drawn to their priors; the best of them is taken.
const PULLS: [f32; 3] = [0.5, 1.5, 5.0];
const STEPS: usize = 200;
const FOLDS: usize = 6;
/// A wrong claim costs more than a missed one.
const WRONG_COSTS: f32 = 1.5;
/// A wrong button costs most.
const WRONG_BUTTON_COSTS: f32 = 3.0;

/// One candidate, and whether it is right.
struct Example {
    page: usize,
    features: Features,
    is_right: bool,
}

pub fn train() -> Result<()> {
    let mut reader = Reader::load()?;
    let priors = Weights::parse(include_str!("priors.json")).context("priors.json does not fit")?;
    let samples: Vec<Sample> = corpus::load(&crate::paths::root())?
        .into_iter()
        .filter(|sample| !sample.is_aside())
        .collect();
    // The subject depends on the names' weights, and the page on those of all fields.
    for _ in 0..2 {
        for stage in [
            vec![Field::Name],
            Field::ALL
                .iter()
                .copied()
                .filter(|field| *field != Field::Name)
                .collect(),
        ] {
            let examples = fields(&reader, &samples);
            for field in stage {
                let none = Vec::new();
                let own = examples.get(&field).unwrap_or(&none);
                if let Some(prior) = priors.fields.get(&field) {
                    let model = fit(own, prior, WRONG_COSTS, &format!("{field:?}"));
                    reader.weights.fields.insert(field, model);
                }
            }
        }
        let pages = profiles(&reader, &samples);
        reader.weights.profile = fit(&pages, &priors.profile, WRONG_BUTTON_COSTS, "profile");
    }
    let path = crate::paths::root().join("extension/reader/weights.json");
    fs::write(&path, serde_json::to_string_pretty(&reader.weights)? + "\n")?;
    println!(
        "{}",
        score::of(&reader, samples.iter(), str::to_owned).table("Trained on")
    );
    Ok(())
}

fn fields(reader: &Reader, samples: &[Sample]) -> BTreeMap<Field, Vec<Example>> {
    let mut all: BTreeMap<Field, Vec<Example>> = BTreeMap::new();
    let profiles: Vec<(usize, &Sample)> = samples
        .iter()
        .enumerate()
        .filter(|(_, sample)| sample.expected.page == Kind::Profile)
        .collect();
    let found = map(&profiles, |(page, sample)| {
        let snapshot = html::snapshot(&sample.html, &sample.expected.url, &[]);
        let evidence = Evidence::gather(Tree::new(&snapshot, &reader.words), &reader.weights);
        let has_subject = evidence
            .of(Field::Name)
            .next()
            .is_some_and(|name| is_right(name, sample));
        let candidates = evidence
            .candidates
            .iter()
            .filter(|one| has_subject || one.field == Field::Name);
        let examples = candidates.map(|one| {
            (
                one.field,
                Example {
                    page: *page,
                    features: one.features.clone(),
                    is_right: is_right(one, sample),
                },
            )
        });
        examples.collect::<Vec<_>>()
    });
    for (field, example) in found.into_iter().flatten() {
        all.entry(field).or_default().push(example);
    }
    all
}

fn profiles(reader: &Reader, samples: &[Sample]) -> Vec<Example> {
    let numbered: Vec<(usize, &Sample)> = samples.iter().enumerate().collect();
    map(&numbered, |(page, sample)| {
        let snapshot = html::snapshot(&sample.html, &sample.expected.url, &[]);
        let evidence = Evidence::gather(Tree::new(&snapshot, &reader.words), &reader.weights);
        Example {
            page: *page,
            features: kind::features(&evidence, &reader.weights),
            is_right: sample.expected.page == Kind::Profile,
        }
    })
}

fn is_right(candidate: &Candidate, sample: &Sample) -> bool {
    let expected = &sample.expected;
    let value = candidate.value.as_str();
    let is_one = |wanted: &Option<String>| {
        wanted
            .as_deref()
            .is_some_and(|wanted| score::plain(wanted) == score::plain(value))
    };
    match candidate.field {
        Field::Name => expected
            .name
            .as_ref()
            .is_some_and(|name| score::is_same_name(value, &name.shown())),
        Field::Email => expected
            .emails
            .iter()
            .any(|email| email.eq_ignore_ascii_case(value)),
        Field::Phone => expected
            .phones
            .iter()
            .any(|phone| phone::same(phone, value)),
        Field::Resume => expected.resume.as_deref() == Some(value),
        Field::Title => is_one(&expected.title),
        Field::Company => is_one(&expected.company),
        // Nothing is expected of these; they keep their priors.
        Field::Location | Field::Website | Field::ExternalId => false,
    }
}

/// The model that does best on pages left out, trained on all.
fn fit(examples: &[Example], prior: &Model, cost: f32, title: &str) -> Model {
    if !examples.iter().any(|example| example.is_right) {
        return prior.clone();
    }
    let loss_of = |pull: &f32| -> f32 {
        let folds: Vec<usize> = (0..FOLDS).collect();
        let losses = map(&folds, |fold| {
            let (out, kept): (Vec<&Example>, Vec<&Example>) = examples
                .iter()
                .partition(|example| example.page % FOLDS == *fold);
            let model = descend(&kept, prior, *pull, cost);
            out.iter()
                .map(|example| loss(&model, example, cost))
                .sum::<f32>()
        });
        losses.into_iter().sum()
    };
    let losses: Vec<f32> = PULLS.iter().map(loss_of).collect();
    let best = PULLS
        .iter()
        .zip(&losses)
        .min_by(|one, other| one.1.total_cmp(other.1));
    let pull = best.map_or(1.0, |(pull, _)| *pull);
    println!(
        "{title}: {} examples, pull {pull}, loss on pages left out {losses:.1?}",
        examples.len()
    );
    let all: Vec<&Example> = examples.iter().collect();
    descend(&all, prior, pull, cost)
}

fn loss(model: &Model, example: &Example, cost: f32) -> f32 {
    let confidence = model.confidence(&example.features).clamp(1e-6, 1.0 - 1e-6);
    if example.is_right {
        -confidence.ln()
    } else {
        -cost * (1.0 - confidence).ln()
    }
}

/// Gradient descent with a step of its own for each weight (Adagrad).
fn descend(examples: &[&Example], prior: &Model, pull: f32, cost: f32) -> Model {
    // By the feature's number; the last is the bias.
    let count = Feature::ALL.len();
    let start: Vec<f32> = Feature::ALL
        .iter()
        .map(|feature| prior.weight(*feature))
        .chain([prior.bias])
        .collect();
    let numbered: Vec<(Vec<(usize, f32)>, bool)> = examples
        .iter()
        .map(|example| {
            let features = example
                .features
                .iter()
                .map(|(feature, strength)| (feature as usize, strength));
            (features.chain([(count, 1.0)]).collect(), example.is_right)
        })
        .collect();
    let mut weights = start.clone();
    let mut seen = vec![0.0_f32; count + 1];
    let at = |all: &[f32], index: usize| all.get(index).copied().unwrap_or_default();
    for _ in 0..STEPS {
        let mut slopes: Vec<f32> = weights
            .iter()
            .zip(&start)
            .map(|(weight, start)| pull * (weight - start))
            .collect();
        for (features, is_right) in &numbered {
            let sum: f32 = features
                .iter()
                .map(|(index, strength)| at(&weights, *index) * strength)
                .sum();
            let confidence = 1.0 / (1.0 + (-sum).exp());
            let error = if *is_right {
                confidence - 1.0
            } else {
                confidence * cost
            };
            for (index, strength) in features {
                if let Some(slope) = slopes.get_mut(*index) {
                    *slope += error * strength;
                }
            }
        }
        for ((weight, seen), slope) in weights.iter_mut().zip(&mut seen).zip(slopes) {
            *seen += slope * slope;
            *weight -= 0.5 * slope / (seen.sqrt() + 1e-3);
        }
    }
    let rounded = |weight: f32| (weight * 1_000.0).round() / 1_000.0;
    let used = Feature::ALL
        .iter()
        .zip(&weights)
        .filter(|(_, weight)| weight.abs() >= 0.001);
    Model {
        bias: rounded(at(&weights, count)),
        margin: prior.margin,
        weights: used
            .map(|(feature, weight)| (*feature, rounded(*weight)))
            .collect(),
    }
}

mod threads {
    //! A parallel map over a slice.

    use std::thread;

    pub fn map<T: Sync, R: Send>(all: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let each = &each;
        let parts: Vec<&[T]> = all.chunks(all.len().div_ceil(threads).max(1)).collect();
        thread::scope(|scope| {
            let running: Vec<_> = parts
                .iter()
                .map(|part| scope.spawn(move || part.iter().map(each).collect::<Vec<R>>()))
                .collect();
            running
                .into_iter()
                .flat_map(|thread| thread.join().unwrap_or_default())
                .collect()
        })
    }
}

//! How much each feature counts: `extension/reader/weights.json`, set by `xtask train`.

use super::field::{Feature, Features, Field};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A logistic model: the bias, a weight for each feature, and the confidence below which nothing is
/// claimed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub bias: f32,
    pub margin: f32,
    pub weights: BTreeMap<Feature, f32>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    pub version: u32,
    pub fields: BTreeMap<Field, Model>,
    /// Whether a page is somebody's profile.
    pub profile: Model,
}

impl Weights {
    /// None where the text does not fit.
    #[must_use]
    pub fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    #[must_use]
    pub fn confidence(&self, field: Field, features: &Features) -> f32 {
        self.fields
            .get(&field)
            .map_or(0.0, |model| model.confidence(features))
    }

    #[must_use]
    pub fn margin(&self, field: Field) -> f32 {
        self.fields.get(&field).map_or(1.0, |model| model.margin)
    }
}

impl Model {
    /// Between 0 and 1.
    #[must_use]
    pub fn confidence(&self, features: &Features) -> f32 {
        1.0 / (1.0 + (-self.sum(features)).exp())
    }

    #[must_use]
    pub fn sum(&self, features: &Features) -> f32 {
        features.iter().fold(self.bias, |sum, (feature, strength)| {
            sum + strength * self.weight(feature)
        })
    }

    #[must_use]
    pub fn weight(&self, feature: Feature) -> f32 {
        self.weights.get(&feature).copied().unwrap_or_default()
    }
}

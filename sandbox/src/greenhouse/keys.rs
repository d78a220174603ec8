//! New API keys.

use rand::RngExt;
use rand::rngs::StdRng;
use serde::Deserialize;
use time::OffsetDateTime;

use super::model::Greenhouse;
use super::records::{ApiKey, KeyType};
use crate::clock::timestamp;

/// A key to make: its type, the partner that owns its source, and a text for people.
#[derive(Deserialize)]
pub struct NewKey {
    key_type: KeyType,
    #[serde(default)]
    partner: String,
    #[serde(default)]
    description: String,
}

/// Makes a key; its secret is in the answer and nowhere else.
pub fn make_key(greenhouse: &mut Greenhouse, rng: &mut StdRng, new: NewKey) -> ApiKey {
    let secret = (0..32)
        .map(|_| char::from_digit(rng.random_range(0..16), 16).unwrap_or('0'))
        .collect();
    let key = ApiKey {
        id: greenhouse.next_id(),
        secret,
        key_type: new.key_type,
        partner: Some(new.partner)
            .filter(|partner| !partner.is_empty() && new.key_type == KeyType::CandidateIngestion),
        description: new.description,
        created_at: OffsetDateTime::now_utc(),
    };
    tracing::info!(
        id = key.id,
        created_at = timestamp(key.created_at),
        "API key made"
    );
    greenhouse.keys.push(key.clone());
    key
}

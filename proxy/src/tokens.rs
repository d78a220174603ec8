//! Tokens: 256 random bits, of which only the digest is stored.

use crate::store::Digest;
use chacha20poly1305::aead::Generate;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Marks a token for people and for scanners of leaked secrets.
const PREFIX: &str = "atsi_";

/// Generates a token.
#[must_use]
pub fn generate() -> Zeroizing<String> {
    let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(Generate::generate());
    Zeroizing::new(format!("{PREFIX}{}", hex::encode(bytes.as_slice())))
}

/// Returns the digest under which a token is stored.
#[must_use]
pub fn digest(token: &str) -> Digest {
    Sha256::digest(token).into()
}

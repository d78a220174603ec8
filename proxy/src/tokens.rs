//! Tokens: 256 random bits, of which only the digest is kept.

use crate::store::Digest;
use chacha20poly1305::aead::Generate;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

/// Lets a person, and whoever looks for leaked secrets, see what it is.
const PREFIX: &str = "atsi_";

#[must_use]
pub fn fresh() -> Zeroizing<String> {
    let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(Generate::generate());
    Zeroizing::new(format!("{PREFIX}{}", hex::encode(bytes.as_slice())))
}

#[must_use]
pub fn digest(token: &str) -> Digest {
    Sha256::digest(token).into()
}

//! Standard Webhooks: signed by whoever knows the secret, at a time, for an id.
//!
//! Source: the Standard Webhooks specification, 1.0.0, signature scheme `v1`. Its Rust library reads
//! the clock by itself and brings a second implementation of HMAC-SHA256, so this is written over the
//! one that is here.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub const ID: &str = "webhook-id";
pub const TIMESTAMP: &str = "webhook-timestamp";
pub const SIGNATURE: &str = "webhook-signature";
/// How far the signer's clock and ours may be apart.
pub const TOLERANCE_SECONDS: u64 = 5 * 60;

/// Of the secrets that we make.
pub const SECRET_BYTES: usize = 32;

const SECRET_PREFIX: &str = "whsec_";
const VERSION_PREFIX: &str = "v1,";

/// Why a request is not one that was signed with the secret just now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A header is missing, or is none of this scheme's.
    Unsigned,
    /// The signature is right, and too old or from the future.
    Stale,
    Signature,
}

/// The three headers, as they came; empty where missing.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    pub id: &'a str,
    /// Whole seconds since the Unix epoch.
    pub timestamp: &'a str,
    /// `v1,` and base64, any number of them with spaces between.
    pub signature: &'a str,
}

/// A secret as people copy it.
#[must_use]
pub fn secret_text(secret: &[u8]) -> String {
    format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(secret))
}

/// The value of [`SIGNATURE`]; `None` where the secret cannot be a key.
#[must_use]
pub fn sign(secret: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Option<String> {
    let code = mac(secret, id, timestamp, body)?.finalize().into_bytes();
    Some(format!("{VERSION_PREFIX}{}", BASE64_STANDARD.encode(code)))
}

/// Checks the signature first: only who knows the secret learns about the clock. The comparison takes
/// the same time wherever two signatures differ. `now`: whole seconds since the Unix epoch.
///
/// # Errors
/// What is wrong with it.
pub fn verify<'a>(
    secrets: impl IntoIterator<Item = &'a [u8]>,
    signed: Signed<'_>,
    body: &[u8],
    now: u64,
) -> Result<(), Wrong> {
    if signed.id.is_empty() || signed.signature.is_empty() {
        return Err(Wrong::Unsigned);
    }
    let timestamp: u64 = signed.timestamp.parse().map_err(|_| Wrong::Unsigned)?;
    let codes: Vec<Vec<u8>> = (signed.signature.split(' '))
        .filter_map(|one| one.strip_prefix(VERSION_PREFIX))
        .filter_map(|code| BASE64_STANDARD.decode(code).ok())
        .collect();
    if codes.is_empty() {
        return Err(Wrong::Unsigned);
    }
    let is_right = secrets.into_iter().any(|secret| {
        mac(secret, signed.id, signed.timestamp, body)
            .is_some_and(|mac| (codes.iter()).any(|code| mac.clone().verify_slice(code).is_ok()))
    });
    if !is_right {
        return Err(Wrong::Signature);
    }
    if now.abs_diff(timestamp) > TOLERANCE_SECONDS {
        return Err(Wrong::Stale);
    }
    Ok(())
}

fn mac(secret: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        mac.update(part);
    }
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of the specification's own libraries.
    const SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const EXAMPLE: Signed = Signed {
        id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        timestamp: "1614265330",
        signature: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    };
    const BODY: &[u8] = br#"{"test": 2432232314}"#;
    const THEN: u64 = 1_614_265_330;

    fn secret() -> Vec<u8> {
        BASE64_STANDARD.decode(SECRET).unwrap()
    }

    fn check(signed: Signed<'_>, body: &[u8], now: u64) -> Result<(), Wrong> {
        verify([secret().as_slice()], signed, body, now)
    }

    #[test]
    fn the_published_example_verifies_for_five_minutes() {
        for now in [THEN, THEN - 300, THEN + 300] {
            assert_eq!(check(EXAMPLE, BODY, now), Ok(()));
        }
        for now in [THEN - 301, THEN + 301, 0, u64::MAX] {
            assert_eq!(check(EXAMPLE, BODY, now), Err(Wrong::Stale));
        }
        let signed = sign(&secret(), EXAMPLE.id, EXAMPLE.timestamp, BODY);
        assert_eq!(signed.as_deref(), Some(EXAMPLE.signature));
    }

    #[test]
    fn one_right_signature_among_several_is_enough_and_an_old_secret_serves() {
        let several = format!("v1a,eA== v1,d3Jvbmc= {}", EXAMPLE.signature);
        let signed = Signed {
            signature: &several,
            ..EXAMPLE
        };
        let secrets = [b"another".to_vec(), secret()];
        let secrets = secrets.iter().map(Vec::as_slice);
        assert_eq!(verify(secrets, signed, BODY, THEN), Ok(()));
    }

    #[test]
    fn what_is_missing_or_was_changed_is_told_apart() {
        let cases = [
            (Signed { id: "", ..EXAMPLE }, Wrong::Unsigned),
            (
                Signed {
                    timestamp: "soon",
                    ..EXAMPLE
                },
                Wrong::Unsigned,
            ),
            (
                Signed {
                    signature: "v1,%",
                    ..EXAMPLE
                },
                Wrong::Unsigned,
            ),
            (
                Signed {
                    signature: "v2,d3Jvbmc=",
                    ..EXAMPLE
                },
                Wrong::Unsigned,
            ),
            (
                Signed {
                    id: "msg_2",
                    ..EXAMPLE
                },
                Wrong::Signature,
            ),
            (
                Signed {
                    timestamp: "1614265331",
                    ..EXAMPLE
                },
                Wrong::Signature,
            ),
        ];
        for (signed, wrong) in cases {
            assert_eq!(check(signed, BODY, THEN), Err(wrong), "{signed:?}");
        }
        assert_eq!(check(EXAMPLE, b"{}", THEN), Err(Wrong::Signature));
    }

    proptest! {
        #[test]
        fn no_header_breaks_it(id: String, timestamp: String, signature: String, body: Vec<u8>) {
            let signed = Signed { id: &id, timestamp: &timestamp, signature: &signature };
            prop_assert!(check(signed, &body, THEN).is_err());
        }
    }
}

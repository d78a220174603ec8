//! Signatures as Standard Webhooks 1.0.0 has them, scheme `v1`: over an id, a time and the body.
//!
//! docs/adr/0008-own-code-beside-libraries.md says why this is not the specification's Rust library.

use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

pub const ID: &str = "webhook-id";
pub const TIMESTAMP: &str = "webhook-timestamp";
pub const SIGNATURE: &str = "webhook-signature";
/// Largest difference between the signer's clock and ours.
pub const TOLERANCE_SECONDS: u64 = 5 * 60;

const SECRET_PREFIX: &str = "whsec_";
const VERSION_PREFIX: &str = "v1,";

/// The reason for which a signature is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// A header is missing, or is not of this scheme.
    Unsigned,
    /// The signature is right, but its timestamp is too far off.
    Stale,
    /// The signature is wrong.
    Wrong,
}

/// The three headers as received; empty where missing.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    pub id: &'a str,
    /// Whole seconds since the Unix epoch.
    pub timestamp: &'a str,
    /// `v1,` and base64; any number of them, divided by spaces.
    pub signature: &'a str,
}

/// Returns a secret in the form that people copy.
#[must_use]
pub fn secret_text(secret: &[u8]) -> String {
    format!("{SECRET_PREFIX}{}", BASE64_STANDARD.encode(secret))
}

/// Returns the value of [`SIGNATURE`]; `None` where the secret cannot be a key.
#[must_use]
pub fn sign(secret: &[u8], id: &str, timestamp: &str, body: &[u8]) -> Option<String> {
    let code = mac(secret, id, timestamp, body)?.finalize().into_bytes();
    Some(format!("{VERSION_PREFIX}{}", BASE64_STANDARD.encode(code)))
}

/// Checks a signature in constant time, and then its timestamp: nobody without the secret learns about the
/// clock. `now`: whole seconds since the Unix epoch.
///
/// # Errors
/// See [`SignatureError`].
pub fn verify<'a>(
    secrets: impl IntoIterator<Item = &'a [u8]>,
    signed: Signed<'_>,
    body: &[u8],
    now: u64,
) -> Result<(), SignatureError> {
    if signed.id.is_empty() || signed.signature.is_empty() {
        return Err(SignatureError::Unsigned);
    }
    let timestamp: u64 = signed
        .timestamp
        .parse()
        .map_err(|_| SignatureError::Unsigned)?;
    let codes: Vec<Vec<u8>> = (signed.signature.split(' '))
        .filter_map(|one| one.strip_prefix(VERSION_PREFIX))
        .filter_map(|code| BASE64_STANDARD.decode(code).ok())
        .collect();
    if codes.is_empty() {
        return Err(SignatureError::Unsigned);
    }
    let is_right = secrets.into_iter().any(|secret| {
        mac(secret, signed.id, signed.timestamp, body)
            .is_some_and(|mac| (codes.iter()).any(|code| mac.clone().verify_slice(code).is_ok()))
    });
    if !is_right {
        return Err(SignatureError::Wrong);
    }
    if now.abs_diff(timestamp) > TOLERANCE_SECONDS {
        return Err(SignatureError::Stale);
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

    /// The example in the tests of the specification's libraries.
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

    fn check(signed: Signed<'_>, body: &[u8], now: u64) -> Result<(), SignatureError> {
        verify([secret().as_slice()], signed, body, now)
    }

    #[test]
    fn published_example_verifies_for_five_minutes() {
        for now in [THEN, THEN - 300, THEN + 300] {
            assert_eq!(check(EXAMPLE, BODY, now), Ok(()));
        }
        for now in [THEN - 301, THEN + 301, 0, u64::MAX] {
            assert_eq!(check(EXAMPLE, BODY, now), Err(SignatureError::Stale));
        }
        let signed = sign(&secret(), EXAMPLE.id, EXAMPLE.timestamp, BODY);
        assert_eq!(signed.as_deref(), Some(EXAMPLE.signature));
    }

    #[test]
    fn right_signature_among_several_verifies_with_any_valid_secret() {
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
    fn missing_header_and_changed_content_are_distinguished() {
        let cases = [
            (Signed { id: "", ..EXAMPLE }, SignatureError::Unsigned),
            (
                Signed {
                    timestamp: "soon",
                    ..EXAMPLE
                },
                SignatureError::Unsigned,
            ),
            (
                Signed {
                    signature: "v1,%",
                    ..EXAMPLE
                },
                SignatureError::Unsigned,
            ),
            (
                Signed {
                    signature: "v2,d3Jvbmc=",
                    ..EXAMPLE
                },
                SignatureError::Unsigned,
            ),
            (
                Signed {
                    id: "msg_2",
                    ..EXAMPLE
                },
                SignatureError::Wrong,
            ),
            (
                Signed {
                    timestamp: "1614265331",
                    ..EXAMPLE
                },
                SignatureError::Wrong,
            ),
        ];
        for (signed, wrong) in cases {
            assert_eq!(check(signed, BODY, THEN), Err(wrong), "{signed:?}");
        }
        assert_eq!(check(EXAMPLE, b"{}", THEN), Err(SignatureError::Wrong));
    }

    proptest! {
        #[test]
        fn any_header_is_survived(id: String, timestamp: String, signature: String, body: Vec<u8>) {
            let signed = Signed { id: &id, timestamp: &timestamp, signature: &signature };
            prop_assert!(check(signed, &body, THEN).is_err());
        }
    }
}

//! `Signature: sha256 <hex>`: HMAC-SHA256 over the raw bytes of the body, keyed with the secret as
//! typed in Greenhouse. Source: Greenhouse webhooks, Authentication.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const HEX_CHARS: usize = 64;

/// Returns whether the header's value is the signature of `body` under `secret`, compared in constant
/// time.
#[must_use]
pub fn is_signed(header: &str, secret: &[u8], body: &[u8]) -> bool {
    let Some(hex) = header.trim().strip_prefix("sha256 ").map(str::trim) else {
        return false;
    };
    if hex.len() != HEX_CHARS {
        return false;
    }
    let Ok(signature) = hex::decode(hex) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return false;
    };
    mac.update(body);
    mac.verify_slice(&signature).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 4231, test case 2.
    const BODY: &[u8] = b"what do ya want for nothing?";
    const SIGNED: &str = "sha256 5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";

    #[test]
    fn published_example_is_signed() {
        assert!(is_signed(SIGNED, b"Jefe", BODY));
        assert!(is_signed(&format!("  {SIGNED} "), b"Jefe", BODY));
    }

    #[test]
    fn changed_header_secret_or_body_is_not_signed() {
        for header in [
            "",
            "sha256",
            "sha256 ",
            &SIGNED[7..],
            &SIGNED.replace("sha256", "sha1"),
            &SIGNED[..SIGNED.len() - 2],
            &format!("{SIGNED}00"),
            &SIGNED.replace('5', "6"),
            &SIGNED.replace('5', "ü"),
        ] {
            assert!(!is_signed(header, b"Jefe", BODY), "{header}");
        }
        assert!(!is_signed(SIGNED, b"jefe", BODY));
        assert!(!is_signed(SIGNED, b"", BODY));
        assert!(!is_signed(SIGNED, b"Jefe", b"what do ya want for nothing"));
    }

    proptest! {
        #[test]
        fn any_header_is_survived(header: String, secret: Vec<u8>, body: Vec<u8>) {
            prop_assert!(!is_signed(&header, &secret, &body));
        }
    }
}

//! Signatures of deliveries, as Standard Webhooks has them.

use crate::standard_webhooks;

/// Returns the value of `webhook-signature`: one signature per secret, so that the receiver may know either.
#[must_use]
pub fn signature<'a>(
    secrets: impl IntoIterator<Item = &'a [u8]>,
    id: &str,
    timestamp: u64,
    body: &str,
) -> String {
    let timestamp = timestamp.to_string();
    let signed = (secrets.into_iter())
        .filter_map(|secret| standard_webhooks::sign(secret, id, &timestamp, body.as_bytes()));
    signed.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, engine::general_purpose::STANDARD};

    /// The example in the tests of the Standard Webhooks libraries.
    #[test]
    fn published_example_is_signed_alike() {
        let secret = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let (id, at, body) = (
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            r#"{"test": 2432232314}"#,
        );
        let one = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
        assert_eq!(signature([secret.as_slice()], id, at, body), one);
        let both = signature([secret.as_slice(), b"another".as_slice()], id, at, body);
        assert!(both.starts_with(&format!("{one} v1,")), "{both}");
        assert_eq!(
            standard_webhooks::secret_text(&secret),
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
        );
    }
}

//! Secrets that sign what crosses between ATSi and another system: shown once, stored sealed, and replaced
//! with an overlap, so that both sides can change at different times.

use crate::{
    clock::millis,
    seal::{Purpose, Sealer, Unsealable},
    standard_webhooks,
    store::CompanyId,
};
use atsi_protocol::Millis;
use chacha20poly1305::aead::Generate;
use std::time::Duration;
use zeroize::Zeroizing;

const BYTES: usize = 32;

/// One kind of secret.
#[derive(Clone, Copy, Debug)]
pub struct SecretKind {
    purpose: Purpose<'static>,
    form: Form,
    /// Time for which the previous secret stays valid.
    overlap: Duration,
}

/// The form in which a secret is shown and used as a key.
#[derive(Clone, Copy, Debug)]
enum Form {
    /// Hexadecimal digits; these characters are the key.
    Hex,
    /// `whsec_` and base64, as Standard Webhooks has it; the bytes are the key.
    StandardWebhooks,
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Greenhouse signs its webhooks. A company edits one webhook per action, and Greenhouse retries for 15
/// hours.
pub const GREENHOUSE_WEBHOOKS: SecretKind = SecretKind {
    purpose: Purpose::HookSecret,
    form: Form::Hex,
    overlap: DAY.saturating_mul(7),
};
/// Jopwell's systems sign pushed applications.
pub const JOPWELL_PUSHES: SecretKind = SecretKind {
    purpose: Purpose::PushSecret,
    form: Form::StandardWebhooks,
    overlap: DAY.saturating_mul(7),
};
/// The proxy signs deliveries to a company's callback address.
pub const CALLBACKS: SecretKind = SecretKind {
    purpose: Purpose::CallbackSecret,
    form: Form::StandardWebhooks,
    overlap: DAY,
};

/// A secret that was just generated.
pub struct NewSecret {
    /// The text that the admin copies; it is shown once.
    pub shown: Zeroizing<String>,
    pub sealed: Vec<u8>,
}

impl SecretKind {
    /// Generates a secret.
    ///
    /// # Errors
    /// Sealing failed.
    pub fn generate(self, sealer: &Sealer, company: CompanyId) -> Result<NewSecret, Unsealable> {
        let bytes: Zeroizing<[u8; BYTES]> = Zeroizing::new(Generate::generate());
        let shown = Zeroizing::new(match self.form {
            Form::Hex => hex::encode(bytes.as_slice()),
            Form::StandardWebhooks => standard_webhooks::secret_text(bytes.as_slice()),
        });
        let key = match self.form {
            Form::Hex => shown.as_bytes(),
            Form::StandardWebhooks => bytes.as_slice(),
        };
        Ok(NewSecret {
            sealed: sealer.seal(company, self.purpose, key)?,
            shown,
        })
    }

    /// Returns when the previous secret expires: now where it is revoked.
    #[must_use]
    pub fn previous_until(self, revoke_previous: bool, now: Millis) -> Millis {
        if revoke_previous {
            now
        } else {
            now.saturating_add(millis(self.overlap))
        }
    }

    /// Opens the keys that are valid.
    ///
    /// # Errors
    /// One of them cannot be opened.
    pub fn open<'a>(
        self,
        sealer: &Sealer,
        company: CompanyId,
        sealed: impl IntoIterator<Item = &'a Vec<u8>>,
    ) -> Result<Vec<Zeroizing<Vec<u8>>>, Unsealable> {
        (sealed.into_iter())
            .map(|sealed| sealer.open(company, self.purpose, sealed))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_secret_opens_as_the_key_that_is_shown() {
        let sealer = Sealer::new(&[7; 32]);
        let new = GREENHOUSE_WEBHOOKS.generate(&sealer, 1).unwrap();
        let keys = GREENHOUSE_WEBHOOKS.open(&sealer, 1, [&new.sealed]).unwrap();
        assert_eq!(keys[0].as_slice(), new.shown.as_bytes());
        assert_eq!(new.shown.len(), 64);
        for kind in [JOPWELL_PUSHES, CALLBACKS] {
            let new = kind.generate(&sealer, 1).unwrap();
            let keys = kind.open(&sealer, 1, [&new.sealed]).unwrap();
            assert_eq!(*new.shown, standard_webhooks::secret_text(&keys[0]));
            assert!(kind.open(&sealer, 2, [&new.sealed]).is_err());
        }
    }

    #[test]
    fn previous_secret_stays_valid_unless_it_is_revoked() {
        assert_eq!(CALLBACKS.previous_until(false, 1), 24 * 60 * 60 * 1000 + 1);
        assert_eq!(CALLBACKS.previous_until(true, 1), 1);
    }
}

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};

/// A partner API key and the Greenhouse user every call acts for.
///
/// Sent as `Authorization: Basic base64("<key>:")` and `On-Behalf-Of: <e-mail address>`, both on
/// every request (Greenhouse Candidate Ingestion API, Authentication). `Debug` shows neither key
/// nor header.
#[derive(Clone)]
pub struct Credentials {
    authorization: HeaderValue,
    on_behalf_of: HeaderValue,
    user: String,
}

/// Why a key and an address cannot be [`Credentials`]. Never carries what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CredentialsError {
    #[error("the API key is empty")]
    KeyEmpty,
    #[error("the API key contains a space, a control character or a character outside ASCII")]
    KeyCharacters,
    #[error("the API key contains a colon; give the key alone, as Greenhouse shows it")]
    KeyColon,
    #[error("the On-Behalf-Of user is empty")]
    UserEmpty,
    #[error(
        "the On-Behalf-Of address contains a space, a control character or a character outside ASCII"
    )]
    UserCharacters,
    #[error("the On-Behalf-Of user must be one e-mail address, not a user id or a name")]
    UserNotAnAddress,
}

impl Credentials {
    /// `api_key`: as Greenhouse shows it, without a colon. `on_behalf_of`: the e-mail address of an
    /// active Greenhouse user (this API takes an address where the Harvest API takes a user id).
    ///
    /// # Errors
    /// The form of either is wrong. Nothing is sent, so a well-formed wrong key is
    /// found only by [`Client::current_user`](crate::Client::current_user).
    pub fn new(
        api_key: impl AsRef<str>,
        on_behalf_of: impl Into<String>,
    ) -> Result<Self, CredentialsError> {
        let (key, user) = (api_key.as_ref(), on_behalf_of.into());
        if key.is_empty() {
            return Err(CredentialsError::KeyEmpty);
        }
        if !key.chars().all(|c| c.is_ascii_graphic()) {
            return Err(CredentialsError::KeyCharacters);
        }
        // The key is the user name of Basic authentication, which ends at the first colon.
        if key.contains(':') {
            return Err(CredentialsError::KeyColon);
        }
        if user.is_empty() {
            return Err(CredentialsError::UserEmpty);
        }
        if !user.chars().all(|c| c.is_ascii_graphic()) {
            return Err(CredentialsError::UserCharacters);
        }
        if !is_email_address(&user) {
            return Err(CredentialsError::UserNotAnAddress);
        }
        let mut authorization =
            HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{key}:"))))
                .map_err(|_| CredentialsError::KeyCharacters)?;
        authorization.set_sensitive(true);
        let on_behalf_of =
            HeaderValue::from_str(&user).map_err(|_| CredentialsError::UserCharacters)?;
        Ok(Self {
            authorization,
            on_behalf_of,
            user,
        })
    }

    /// The e-mail address of the user the calls act for.
    pub fn on_behalf_of(&self) -> &str {
        &self.user
    }

    pub(crate) fn write_to(&self, headers: &mut HeaderMap) {
        headers.insert(AUTHORIZATION, self.authorization.clone());
        headers.insert("on-behalf-of", self.on_behalf_of.clone());
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("api_key", &"[redacted]")
            .field("on_behalf_of", &self.user)
            .finish()
    }
}

/// Whether `text` has the outer form of one e-mail address. Greenhouse has the last word.
pub(crate) fn is_email_address(text: &str) -> bool {
    let one_word = !text
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>'));
    one_word
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colon_is_inside_the_base64() {
        let credentials = Credentials::new("k3y", "service@hartwell.example").unwrap();
        let mut headers = HeaderMap::new();
        credentials.write_to(&mut headers);
        // `printf 'k3y:' | base64`
        assert_eq!(headers["authorization"], "Basic azN5Og==");
        assert_eq!(headers["on-behalf-of"], "service@hartwell.example");
    }

    #[test]
    fn debug_shows_no_key_in_any_form() {
        let credentials = Credentials::new("k3y-of-hartwell", "service@hartwell.example").unwrap();
        let mut headers = HeaderMap::new();
        credentials.write_to(&mut headers);
        for text in [format!("{credentials:?}"), format!("{headers:?}")] {
            assert!(!text.contains("k3y-of"), "{text}");
            assert!(!text.contains("azN5"), "{text}");
        }
    }

    #[test]
    fn malformed_credentials_are_named() {
        use CredentialsError::*;
        let user = "service@hartwell.example";
        for (key, on_behalf_of, expected) in [
            ("", user, KeyEmpty),
            ("k3y\n", user, KeyCharacters),
            (" k3y", user, KeyCharacters),
            ("k3y\u{a0}", user, KeyCharacters),
            ("kéy", user, KeyCharacters),
            ("k3y:", user, KeyColon),
            ("name:k3y", user, KeyColon),
            ("k3y", "", UserEmpty),
            (
                "k3y",
                "service@hartwell.example\r\nX-Forged: 1",
                UserCharacters,
            ),
            ("k3y", "dienst@härtwell.example", UserCharacters),
            ("k3y", "41190", UserNotAnAddress),
            ("k3y", "@hartwell.example", UserNotAnAddress),
            ("k3y", "service@", UserNotAnAddress),
            ("k3y", "a@b@c.example", UserNotAnAddress),
            ("k3y", "a@b.example,c@d.example", UserNotAnAddress),
        ] {
            assert_eq!(
                Credentials::new(key, on_behalf_of).unwrap_err(),
                expected,
                "{key:?} {on_behalf_of:?}"
            );
        }
    }
}

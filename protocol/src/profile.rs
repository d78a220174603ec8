use crate::limits::{MAX_FIELD_CHARS, MAX_LIST_ITEMS, MAX_LONG_FIELD_CHARS, MAX_NOTES_CHARS};
use serde::{Deserialize, Serialize};

/// What a Jopwell page says about a person, as far as Greenhouse's Candidate Ingestion API can take it.
///
/// Source: Greenhouse Candidate Ingestion API, `POST /candidates`.
///
/// ```json
/// {
///   "first_name": "Imani",
///   "last_name": "Brooks",
///   "company": "Mud Lab",
///   "title": "Ceramicist",
///   "phone_numbers": [{"number": "+1 312 555 0123", "kind": "mobile"}],
///   "emails": [{"address": "imani@mail.example", "kind": "personal"}],
///   "addresses": [{"address": "12 Clay St\nChicago, IL", "kind": "home"}],
///   "social_media": ["https://social.example/imani"],
///   "websites": [{"url": "https://imani.example", "kind": "portfolio"}],
///   "resume_url": "https://www.jopwell.com/resumes/101.pdf",
///   "notes": "Education: BFA, Ceramics"
/// }
/// ```
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Profile {
    pub first_name: String,
    pub last_name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phone_numbers: Vec<Phone>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<Email>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    /// `http` or `https` addresses.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub social_media: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub websites: Vec<Website>,
    /// Where Greenhouse may fetch the résumé: an `http` or `https` address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume_url: Option<String>,
    /// Plain text: education, experience, skills and anything else without a field of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
}

/// A phone number.
///
/// ```json
/// {"number": "+1 312 555 0123", "kind": "mobile"}
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Phone {
    pub number: String,
    /// `mobile`, `home`, `work` or `other`.
    pub kind: String,
}

/// An e-mail address.
///
/// ```json
/// {"address": "imani@mail.example", "kind": "personal"}
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Email {
    pub address: String,
    /// `personal`, `work` or `other`.
    pub kind: String,
}

/// A postal address.
///
/// ```json
/// {"address": "12 Clay St\nChicago, IL", "kind": "home"}
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Address {
    /// Free text, its lines separated by `\n`.
    pub address: String,
    /// `home`, `work` or `other`.
    pub kind: String,
}

/// A web site of the person.
///
/// ```json
/// {"url": "https://imani.example", "kind": "portfolio"}
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Website {
    pub url: String,
    /// `personal`, `company`, `portfolio`, `blog` or `other`.
    pub kind: String,
}

/// The field of a [`Profile`] that cannot be sent, and the reason, in words for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidProfile {
    pub field: &'static str,
    pub reason: &'static str,
}

impl Profile {
    /// Checks that both names are present, lengths and counts are within the limits, and web addresses are
    /// `http` or `https`.
    ///
    /// # Errors
    /// Returns the first invalid field.
    pub fn check(&self) -> Result<(), InvalidProfile> {
        let invalid = |field, reason| Err(InvalidProfile { field, reason });
        if self.first_name.trim().is_empty() {
            return invalid("first_name", "is missing");
        }
        if self.last_name.trim().is_empty() {
            return invalid("last_name", "is missing");
        }
        let texts = [
            ("first_name", Some(&self.first_name), MAX_FIELD_CHARS),
            ("last_name", Some(&self.last_name), MAX_FIELD_CHARS),
            ("company", self.company.as_ref(), MAX_FIELD_CHARS),
            ("title", self.title.as_ref(), MAX_FIELD_CHARS),
            ("notes", self.notes.as_ref(), MAX_NOTES_CHARS),
        ];
        for (field, text, most) in texts {
            if text.is_some_and(|text| text.chars().count() > most) {
                return invalid(field, "is too long");
            }
        }
        let counts = [
            ("phone_numbers", self.phone_numbers.len()),
            ("emails", self.emails.len()),
            ("addresses", self.addresses.len()),
            ("social_media", self.social_media.len()),
            ("websites", self.websites.len()),
        ];
        for (field, count) in counts {
            if count > MAX_LIST_ITEMS {
                return invalid(field, "has too many entries");
            }
        }
        let too_long = |text: &String, most| text.chars().count() > most;
        if (self.phone_numbers.iter()).any(|p| too_long(&p.number, MAX_FIELD_CHARS)) {
            return invalid("phone_numbers", "has an entry that is too long");
        }
        if (self.emails.iter()).any(|e| too_long(&e.address, MAX_FIELD_CHARS)) {
            return invalid("emails", "has an entry that is too long");
        }
        if (self.addresses.iter()).any(|a| too_long(&a.address, MAX_LONG_FIELD_CHARS)) {
            return invalid("addresses", "has an entry that is too long");
        }
        if !self.social_media.iter().all(|url| is_web_url(url)) {
            return invalid("social_media", "has an entry that is not a web address");
        }
        if !self.websites.iter().all(|site| is_web_url(&site.url)) {
            return invalid("websites", "has an entry that is not a web address");
        }
        if !self.resume_url.iter().all(|url| is_web_url(url)) {
            return invalid("resume_url", "is not a web address");
        }
        Ok(())
    }
}

/// Returns whether this is an `http` or `https` address that may be sent: short enough, no white space.
#[must_use]
pub fn is_web_url(url: &str) -> bool {
    let scheme_ok = ["https://", "http://"].iter().any(|scheme| {
        url.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
            && url.len() > scheme.len()
    });
    scheme_ok
        && url.chars().count() <= MAX_LONG_FIELD_CHARS
        && !url.chars().any(|c| c.is_whitespace() || c.is_control())
}

/// Keeps personal data out of logs: `{:?}` prints the type's name only.
macro_rules! debug_without_content {
    ($($name:ident),*) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    )*};
}
debug_without_content!(Profile, Phone, Email, Address, Website);

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            first_name: "Imani".into(),
            last_name: "Brooks".into(),
            ..Profile::default()
        }
    }

    #[test]
    fn name_alone_is_valid() {
        assert_eq!(profile().check(), Ok(()));
    }

    #[test]
    fn missing_last_name_is_named() {
        let bad = Profile {
            last_name: "  ".into(),
            ..profile()
        };
        assert_eq!(bad.check().unwrap_err().field, "last_name");
    }

    #[test]
    fn address_other_than_http_is_refused() {
        for bad in [
            "javascript:alert(1)",
            "https://",
            "ftp://a.example",
            "https://a b.example",
            "é",
        ] {
            let profile = Profile {
                resume_url: Some(bad.into()),
                ..profile()
            };
            assert_eq!(profile.check().unwrap_err().field, "resume_url", "{bad}");
        }
        let good = Profile {
            resume_url: Some("HTTPS://a.example/cv.pdf".into()),
            ..profile()
        };
        assert_eq!(good.check(), Ok(()));
    }

    #[test]
    fn too_many_phones_are_refused() {
        let phone = Phone {
            number: "1".into(),
            kind: "home".into(),
        };
        let bad = Profile {
            phone_numbers: vec![phone; MAX_LIST_ITEMS + 1],
            ..profile()
        };
        assert_eq!(bad.check().unwrap_err().field, "phone_numbers");
    }

    #[test]
    fn debug_output_hides_the_person() {
        assert_eq!(format!("{:?}", profile()), "Profile(…)");
    }
}

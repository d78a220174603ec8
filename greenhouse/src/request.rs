use std::fmt;

use serde::Serialize;
use url::Url;

use crate::credentials::is_email_address;
use crate::error::Error;

/// The body of `POST /candidates` for one candidate or prospect.
///
/// Start from [`NewCandidate::prospect`] or [`NewCandidate::candidate`] and set what is known.
/// Fields, requirements and types: Greenhouse Candidate Ingestion API, `POST /candidates`.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct NewCandidate {
    /// `false` makes a candidate, who needs a `job_id`.
    pub prospect: bool,
    pub first_name: String,
    pub last_name: String,
    /// The id of this person in the caller's own system. Greenhouse stores it and promises nothing
    /// about a second one that is equal.
    pub external_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_id: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// An `http` or `https` address where Greenhouse's servers may fetch the résumé.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resume: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phone_numbers: Vec<PhoneNumber>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<EmailAddress>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub social_media: Vec<SocialMedia>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub websites: Vec<Website>,
    /// Who gets credit; the acting user where `None`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Referrer>,
    /// Plain text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Prospects only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prospect_pool_id: Option<u64>,
    /// Prospects only; a stage of `prospect_pool_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prospect_pool_stage_id: Option<u64>,
    /// Prospects only; the address of a Greenhouse user.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prospect_owner_email: Option<String>,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct PhoneNumber {
    pub phone_number: String,
    #[serde(rename = "type")]
    pub kind: PhoneType,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct EmailAddress {
    pub email: String,
    #[serde(rename = "type")]
    pub kind: EmailType,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Address {
    /// A free block of text, lines divided by `\n`.
    pub address: String,
    #[serde(rename = "type")]
    pub kind: AddressType,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct SocialMedia {
    /// `http` or `https`.
    pub url: String,
}

#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Website {
    /// `http` or `https`.
    pub url: String,
    #[serde(rename = "type")]
    pub kind: WebsiteType,
}

/// Matched to a Greenhouse user by `email`; the names create a new referrer if none matches.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Referrer {
    pub email: String,
    pub first_name: String,
    pub last_name: String,
}

macro_rules! types {
    ($($(#[$doc:meta])* $name:ident { $($variant:ident),+ $(,)? })+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, strum::EnumString)]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        pub enum $name { $($variant),+ }
    )+};
}

types! {
    /// The type of a [`PhoneNumber`].
    PhoneType { Mobile, Home, Work, Other }
    /// The type of an [`EmailAddress`].
    EmailType { Personal, Work, Other }
    /// The type of an [`Address`].
    AddressType { Home, Work, Other }
    /// The type of a [`Website`].
    WebsiteType { Personal, Company, Portfolio, Blog, Other }
}

impl NewCandidate {
    /// A prospect, on no job until `job_id` is set.
    pub fn prospect(
        first_name: impl Into<String>,
        last_name: impl Into<String>,
        external_id: impl Into<String>,
    ) -> Self {
        Self {
            prospect: true,
            first_name: first_name.into(),
            last_name: last_name.into(),
            external_id: external_id.into(),
            job_id: None,
            company: None,
            title: None,
            resume: None,
            phone_numbers: Vec::new(),
            emails: Vec::new(),
            addresses: Vec::new(),
            social_media: Vec::new(),
            websites: Vec::new(),
            referrer: None,
            notes: None,
            prospect_pool_id: None,
            prospect_pool_stage_id: None,
            prospect_owner_email: None,
        }
    }

    /// A candidate on a job.
    pub fn candidate(
        first_name: impl Into<String>,
        last_name: impl Into<String>,
        external_id: impl Into<String>,
        job_id: u64,
    ) -> Self {
        Self {
            prospect: false,
            job_id: Some(job_id),
            ..Self::prospect(first_name, last_name, external_id)
        }
    }

    /// Checks all that can be known without asking Greenhouse: required fields, which fields go
    /// together, no empty texts, no control characters (addresses and notes may have line breaks
    /// and tabs), well-formed e-mail and web addresses.
    ///
    /// # Errors
    /// [`Error::InvalidRequest`] for the first field that does not hold.
    pub fn check(&self) -> Result<(), Error> {
        line("first_name", &self.first_name)?;
        line("last_name", &self.last_name)?;
        line("external_id", &self.external_id)?;
        if let Some(company) = &self.company {
            line("company", company)?;
        }
        if let Some(title) = &self.title {
            line("title", title)?;
        }
        if let Some(resume) = &self.resume {
            web_address("resume", resume)?;
        }
        for (i, phone) in self.phone_numbers.iter().enumerate() {
            line(
                format_args!("phone_numbers[{i}].phone_number"),
                &phone.phone_number,
            )?;
        }
        for (i, email) in self.emails.iter().enumerate() {
            email_address(format_args!("emails[{i}].email"), &email.email)?;
        }
        for (i, address) in self.addresses.iter().enumerate() {
            block(format_args!("addresses[{i}].address"), &address.address)?;
        }
        for (i, social) in self.social_media.iter().enumerate() {
            web_address(format_args!("social_media[{i}].url"), &social.url)?;
        }
        for (i, website) in self.websites.iter().enumerate() {
            web_address(format_args!("websites[{i}].url"), &website.url)?;
        }
        if let Some(referrer) = &self.referrer {
            email_address("referrer.email", &referrer.email)?;
            line("referrer.first_name", &referrer.first_name)?;
            line("referrer.last_name", &referrer.last_name)?;
        }
        if let Some(notes) = &self.notes {
            block("notes", notes)?;
        }
        if let Some(owner) = &self.prospect_owner_email {
            email_address("prospect_owner_email", owner)?;
        }
        if self.prospect_pool_stage_id.is_some() && self.prospect_pool_id.is_none() {
            return Err(Error::invalid(
                "prospect_pool_id",
                "is required with prospect_pool_stage_id",
            ));
        }
        if !self.prospect {
            if self.job_id.is_none() {
                return Err(Error::invalid("job_id", "is required for a candidate"));
            }
            for (field, is_set) in [
                ("prospect_pool_id", self.prospect_pool_id.is_some()),
                ("prospect_owner_email", self.prospect_owner_email.is_some()),
            ] {
                if is_set {
                    return Err(Error::invalid(field, "is for prospects only"));
                }
            }
        }
        Ok(())
    }
}

fn line(field: impl fmt::Display, text: &str) -> Result<(), Error> {
    if text.contains(['\n', '\r', '\t']) {
        return Err(Error::invalid(
            field.to_string(),
            "contains a line break or a tab",
        ));
    }
    block(field, text)
}

fn block(field: impl fmt::Display, text: &str) -> Result<(), Error> {
    let invalid = |reason| Err(Error::invalid(field.to_string(), reason));
    if text.trim().is_empty() {
        return invalid("is empty");
    }
    if (text.chars()).any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return invalid("contains a control character");
    }
    Ok(())
}

fn email_address(field: impl fmt::Display, text: &str) -> Result<(), Error> {
    line(&field, text)?;
    if is_email_address(text) {
        Ok(())
    } else {
        Err(Error::invalid(
            field.to_string(),
            "is not an e-mail address",
        ))
    }
}

fn web_address(field: impl fmt::Display, text: &str) -> Result<(), Error> {
    line(&field, text)?;
    if is_web_address(text) {
        Ok(())
    } else {
        Err(Error::invalid(
            field.to_string(),
            "is not an http or https address",
        ))
    }
}

/// Whether `text` is an absolute `http` or `https` URL, the only ones safe to offer as a link.
pub(crate) fn is_web_address(text: &str) -> bool {
    // The parser skips white space that a reader of the text would not.
    !text.contains(char::is_whitespace)
        && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

impl fmt::Debug for NewCandidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewCandidate")
            .field("prospect", &self.prospect)
            .field("job_id", &self.job_id)
            .finish_non_exhaustive()
    }
}

macro_rules! debug_without_data {
    ($($name:ident),+) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}
debug_without_data!(
    PhoneNumber,
    EmailAddress,
    Address,
    SocialMedia,
    Website,
    Referrer
);

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn prospect() -> NewCandidate {
        NewCandidate::prospect("Imani", "Okafor", "profile-8841")
    }

    #[test]
    fn json_has_greenhouse_names_and_only_what_is_set() {
        assert_eq!(
            serde_json::to_value(prospect()).unwrap(),
            json!({
                "prospect": true, "first_name": "Imani", "last_name": "Okafor",
                "external_id": "profile-8841",
            })
        );
        let full = NewCandidate {
            job_id: Some(4_150_486_002),
            company: Some("Brightwater".into()),
            title: Some("Analyst".into()),
            resume: Some("https://files.example/r/8841.pdf".into()),
            phone_numbers: vec![PhoneNumber {
                phone_number: "+1 555 0134".into(),
                kind: PhoneType::Mobile,
            }],
            emails: vec![EmailAddress {
                email: "imani@example.org".into(),
                kind: EmailType::Personal,
            }],
            addresses: vec![Address {
                address: "12 Elm Row\nAtlanta".into(),
                kind: AddressType::Home,
            }],
            social_media: vec![SocialMedia {
                url: "https://social.example/imani".into(),
            }],
            websites: vec![Website {
                url: "http://imani.example".into(),
                kind: WebsiteType::Portfolio,
            }],
            referrer: Some(Referrer {
                email: "ada@hartwell.example".into(),
                first_name: "Ada".into(),
                last_name: "Park".into(),
            }),
            notes: Some("Skills: SQL\nSpelman College".into()),
            prospect_pool_id: Some(31),
            prospect_pool_stage_id: Some(32),
            prospect_owner_email: Some("ada@hartwell.example".into()),
            ..prospect()
        };
        full.check().unwrap();
        assert_eq!(
            serde_json::to_value(full).unwrap(),
            json!({
                "prospect": true, "first_name": "Imani", "last_name": "Okafor",
                "external_id": "profile-8841", "job_id": 4_150_486_002_u64,
                "company": "Brightwater", "title": "Analyst",
                "resume": "https://files.example/r/8841.pdf",
                "phone_numbers": [{"phone_number": "+1 555 0134", "type": "mobile"}],
                "emails": [{"email": "imani@example.org", "type": "personal"}],
                "addresses": [{"address": "12 Elm Row\nAtlanta", "type": "home"}],
                "social_media": [{"url": "https://social.example/imani"}],
                "websites": [{"url": "http://imani.example", "type": "portfolio"}],
                "referrer": {
                    "email": "ada@hartwell.example", "first_name": "Ada", "last_name": "Park",
                },
                "notes": "Skills: SQL\nSpelman College",
                "prospect_pool_id": 31, "prospect_pool_stage_id": 32,
                "prospect_owner_email": "ada@hartwell.example",
            })
        );
    }

    #[test]
    fn words_and_types_match_both_ways() {
        assert_eq!("mobile".parse(), Ok(PhoneType::Mobile));
        assert_eq!("portfolio".parse(), Ok(WebsiteType::Portfolio));
        assert!("Work".parse::<EmailType>().is_err());
        assert!("".parse::<AddressType>().is_err());
    }

    #[test]
    fn what_greenhouse_would_refuse_names_its_field() {
        type Spoil = fn(&mut NewCandidate);
        let cases: [(Spoil, &str); 17] = [
            (|c| c.first_name.clear(), "first_name"),
            (|c| c.last_name = " \u{a0}".into(), "last_name"),
            (|c| c.external_id = "a\nb".into(), "external_id"),
            (|c| c.company = Some(String::new()), "company"),
            (|c| c.title = Some("A\0".into()), "title"),
            (|c| c.notes = Some("\n".into()), "notes"),
            (|c| c.resume = Some("javascript:alert(1)".into()), "resume"),
            (
                |c| c.resume = Some("https://a.example/b c".into()),
                "resume",
            ),
            (|c| c.resume = Some("/relative.pdf".into()), "resume"),
            (
                |c| {
                    c.emails = ["a@b.example", "nobody"]
                        .map(|email| EmailAddress {
                            email: email.into(),
                            kind: EmailType::Other,
                        })
                        .into()
                },
                "emails[1].email",
            ),
            (
                |c| {
                    c.phone_numbers = vec![PhoneNumber {
                        phone_number: "".into(),
                        kind: PhoneType::Other,
                    }]
                },
                "phone_numbers[0].phone_number",
            ),
            (
                |c| {
                    c.websites = vec![Website {
                        url: "ftp://a.example".into(),
                        kind: WebsiteType::Other,
                    }]
                },
                "websites[0].url",
            ),
            (
                |c| {
                    c.social_media = vec![SocialMedia {
                        url: "https://".into(),
                    }]
                },
                "social_media[0].url",
            ),
            (|c| c.prospect = false, "job_id"),
            (|c| c.prospect_pool_stage_id = Some(32), "prospect_pool_id"),
            (
                |c| {
                    c.prospect = false;
                    c.job_id = Some(1);
                    c.prospect_pool_id = Some(31);
                },
                "prospect_pool_id",
            ),
            (
                |c| {
                    c.prospect = false;
                    c.job_id = Some(1);
                    c.prospect_owner_email = Some("ada@hartwell.example".into());
                },
                "prospect_owner_email",
            ),
        ];
        for (spoil, expected) in cases {
            let mut candidate = prospect();
            candidate.check().unwrap();
            spoil(&mut candidate);
            match candidate.check().unwrap_err() {
                Error::InvalidRequest { field, .. } => assert_eq!(field, expected),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn debug_shows_no_person() {
        let candidate = NewCandidate {
            notes: Some("Spelman College".into()),
            ..prospect()
        };
        let text = format!("{candidate:?}");
        for secret in ["Imani", "Okafor", "8841", "Spelman"] {
            assert!(!text.contains(secret), "{text}");
        }
    }
}

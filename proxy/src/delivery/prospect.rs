//! Translates a profile into the body of Greenhouse's `POST /candidates`.
//!
//! The core composes the profile, its notes included, from what a page shows (`src/page/profile.rs`). A
//! new field of the profile needs a line there, in `protocol/src/profile.rs` and here.

use atsi_greenhouse::{Address, EmailAddress, NewCandidate, PhoneNumber, SocialMedia, Website};
use atsi_protocol::Profile;

/// Returns the candidate on a job for a profile; apart from the job as [`prospect`].
#[must_use]
pub fn candidate(external_id: &str, job_id: u64, profile: &Profile) -> NewCandidate {
    NewCandidate {
        prospect: false,
        ..prospect(external_id, Some(job_id), profile)
    }
}

/// Returns the prospect for a profile, on `job_id` or, without one, in the general pool.
///
/// Texts are tidied (no control characters, one line where the field is one), empty entries are left
/// out, and a kind that Greenhouse does not know becomes `other`. No referrer is named, so Greenhouse
/// credits the acting user. Source: Greenhouse Candidate Ingestion API,
/// `POST /candidates`.
#[must_use]
pub fn prospect(external_id: &str, job_id: Option<u64>, profile: &Profile) -> NewCandidate {
    NewCandidate {
        job_id,
        company: profile.company.as_deref().and_then(line),
        title: profile.title.as_deref().and_then(line),
        resume: profile.resume_url.as_deref().and_then(line),
        phone_numbers: entries(&profile.phone_numbers, |phone| {
            Some(PhoneNumber {
                phone_number: line(&phone.number)?,
                kind: phone
                    .kind
                    .parse()
                    .unwrap_or(atsi_greenhouse::PhoneType::Other),
            })
        }),
        emails: entries(&profile.emails, |email| {
            Some(EmailAddress {
                email: line(&email.address)?,
                kind: email
                    .kind
                    .parse()
                    .unwrap_or(atsi_greenhouse::EmailType::Other),
            })
        }),
        addresses: entries(&profile.addresses, |address| {
            Some(Address {
                address: block(&address.address)?,
                kind: address
                    .kind
                    .parse()
                    .unwrap_or(atsi_greenhouse::AddressType::Other),
            })
        }),
        social_media: entries(&profile.social_media, |url| {
            Some(SocialMedia { url: line(url)? })
        }),
        websites: entries(&profile.websites, |site| {
            Some(Website {
                url: line(&site.url)?,
                kind: site
                    .kind
                    .parse()
                    .unwrap_or(atsi_greenhouse::WebsiteType::Other),
            })
        }),
        notes: profile.notes.as_deref().and_then(block),
        ..NewCandidate::prospect(
            line(&profile.first_name).unwrap_or_default(),
            line(&profile.last_name).unwrap_or_default(),
            external_id,
        )
    }
}

fn entries<T, U>(all: &[T], map: impl Fn(&T) -> Option<U>) -> Vec<U> {
    all.iter().filter_map(map).collect()
}

/// Returns one line without control characters; `None` where nothing is left.
fn line(text: &str) -> Option<String> {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// Returns the lines without other control characters; `None` where nothing is left.
fn block(text: &str) -> Option<String> {
    let text = text.replace("\r\n", "\n");
    let text: String = text
        .chars()
        .filter(|&c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use atsi_protocol::{Email, Phone};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn every_field_of_a_profile_is_sent() {
        let profile: Profile = serde_json::from_value(json!({
            "first_name": " Imani ", "last_name": "Brooks\u{0}-Ade", "company": "Kiln & Co", "title": "Potter\n(lead)",
            "phone_numbers": [{"number": "+1 555 0100", "kind": "mobile"}, {"number": " ", "kind": "home"}],
            "emails": [{"address": "imani@kiln.example", "kind": "carrier pigeon"}],
            "addresses": [{"address": "1 Clay St\r\nOakland\u{7}", "kind": "home"}],
            "social_media": ["https://social.example/imani"],
            "websites": [{"url": "https://imani.example", "kind": "portfolio"}],
            "resume_url": "https://jopwell.example/cv.pdf", "notes": "Skills: glazing\n\nSpeaks: Yoruba ",
        }))
        .unwrap();
        let sent =
            serde_json::to_value(prospect("imani-7", Some(4_100_200_002), &profile)).unwrap();
        assert_eq!(
            sent,
            json!({
                "prospect": true, "first_name": "Imani", "last_name": "Brooks -Ade",
                "external_id": "imani-7", "job_id": 4_100_200_002_u64,
                "company": "Kiln & Co", "title": "Potter (lead)", "resume": "https://jopwell.example/cv.pdf",
                "phone_numbers": [{"phone_number": "+1 555 0100", "type": "mobile"}],
                "emails": [{"email": "imani@kiln.example", "type": "other"}],
                "addresses": [{"address": "1 Clay St\nOakland", "type": "home"}],
                "social_media": [{"url": "https://social.example/imani"}],
                "websites": [{"url": "https://imani.example", "type": "portfolio"}],
                "notes": "Skills: glazing\n\nSpeaks: Yoruba",
            })
        );
    }

    #[test]
    fn prospect_without_job_goes_to_the_general_pool() {
        let profile = Profile {
            first_name: "Imani".into(),
            last_name: "Brooks".into(),
            ..Profile::default()
        };
        let sent = serde_json::to_value(prospect("imani-7", None, &profile)).unwrap();
        assert_eq!(
            sent,
            json!({"prospect": true, "first_name": "Imani", "last_name": "Brooks", "external_id": "imani-7"})
        );
    }

    proptest! {
        /// Whatever the profile says, no field is empty or has a control character.
        #[test]
        fn tidied_profile_passes_the_checks_of_greenhouse(first in "\\PC+", last in ".+", number in ".*", notes: String, kind: String) {
            prop_assume!(line(&first).is_some() && line(&last).is_some());
            let profile = Profile {
                first_name: first,
                last_name: last,
                phone_numbers: vec![Phone { number, kind: kind.clone() }],
                emails: vec![Email { address: "a@b.example".into(), kind }],
                notes: Some(notes),
                ..Profile::default()
            };
            prop_assert!(prospect("x", None, &profile).check().is_ok());
        }
    }
}

//! Reads the address of a candidate's page in Greenhouse that a person pasted.

use atsi_protocol::{InGreenhouse, NOT_THE_APP};
use url::{Host, Url};

/// The usual origin of the recruiting app.
pub const APP: &str = "https://app.greenhouse.io";

/// The reason for which a pasted address is refused: a sentence for the person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileLinkError {
    #[error(
        "This is not a web address. Copy it from the address bar of the candidate's page in Greenhouse."
    )]
    NotAnAddress,
    #[error("This page is not in Greenhouse. Copy the address of the candidate's page there.")]
    NotGreenhouse,
    #[error(
        "This is not a candidate's page. Open the candidate in Greenhouse and copy the address of that page."
    )]
    NotACandidate,
    #[error(
        "This address names two different applications. Open the candidate in Greenhouse again and copy the address of that page."
    )]
    Contradiction,
}

/// Reads the ids in a profile's address, in either shape of Greenhouse's recruiting app:
/// `/people/{id}?application_id={application}` and
/// `/people/{id}/applications/{application}[/redesign]`.
///
/// # Errors
/// The address is not one of these, or its path and query name different applications.
pub fn parse(text: &str) -> Result<InGreenhouse, ProfileLinkError> {
    let url = Url::parse(text.trim()).map_err(|_| ProfileLinkError::NotAnAddress)?;
    let Some(Host::Domain(host)) = url.host() else {
        return Err(ProfileLinkError::NotGreenhouse);
    };
    let company = host
        .strip_suffix(".greenhouse.io")
        .ok_or(ProfileLinkError::NotGreenhouse)?;
    let first_label = company.split('.').next().unwrap_or_default();
    let foreign = url.scheme() != "https"
        || !url.username().is_empty()
        || first_label.is_empty()
        || NOT_THE_APP.contains(&first_label);
    if foreign {
        return Err(ProfileLinkError::NotGreenhouse);
    }

    let path: Vec<&str> = url
        .path_segments()
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect();
    let (candidate, in_path) = match path.as_slice() {
        ["people", candidate] => (candidate, None),
        ["people", candidate, "applications", application]
        | ["people", candidate, "applications", application, "redesign"] => {
            (candidate, Some(*application))
        }
        _ => return Err(ProfileLinkError::NotACandidate),
    };
    let candidate_id = id(candidate).ok_or(ProfileLinkError::NotACandidate)?;
    let mut application_id = None;
    let in_query = url
        .query_pairs()
        .filter(|(name, _)| name == "application_id" || name == "job_application_id")
        .map(|(_, value)| value.into_owned());
    for application in in_path.map(str::to_owned).into_iter().chain(in_query) {
        let found = id(&application).ok_or(ProfileLinkError::NotACandidate)?;
        match application_id.replace(found) {
            Some(earlier) if earlier != found => return Err(ProfileLinkError::Contradiction),
            _ => {}
        }
    }

    let port = url
        .port()
        .map(|port| format!(":{port}"))
        .unwrap_or_default();
    Ok(InGreenhouse {
        candidate_id,
        application_id,
        profile_url: profile_url(
            &format!("https://{host}{port}"),
            candidate_id,
            application_id,
        ),
    })
}

/// Returns the origin of the recruiting app that a page belongs to; the usual one for any other page.
#[must_use]
pub fn origin(page: &str) -> String {
    let own =
        parse(page).and_then(|_| Url::parse(page).map_err(|_| ProfileLinkError::NotAnAddress));
    own.map_or_else(|_| APP.to_owned(), |url| url.origin().ascii_serialization())
}

/// Returns the address that Greenhouse's API prints for a candidate, for an answer without one.
#[must_use]
pub fn profile_url(origin: &str, candidate_id: u64, application_id: Option<u64>) -> String {
    match application_id {
        Some(application) => format!("{origin}/people/{candidate_id}?application_id={application}"),
        None => format!("{origin}/people/{candidate_id}"),
    }
}

/// Reads a positive id as Greenhouse writes it: digits only, within 63 bits.
fn id(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse()
        .ok()
        .filter(|&id| digits && id > 0 && i64::try_from(id).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn origin_of_a_page_is_the_app_of_its_company() {
        for (page, expected) in [
            (
                "https://app2.greenhouse.io/people/7?application_id=8",
                "https://app2.greenhouse.io",
            ),
            (
                "https://boards.greenhouse.io/people/7",
                "https://app.greenhouse.io",
            ),
            (
                "https://auth.greenhouse.io/people/7",
                "https://app.greenhouse.io",
            ),
            ("https://kiln.example/people/7", "https://app.greenhouse.io"),
            ("", "https://app.greenhouse.io"),
        ] {
            assert_eq!(origin(page), expected, "{page}");
        }
    }

    #[test]
    fn profile_address_of_either_shape_and_any_host_is_read() {
        for host in [
            "app",
            "app2",
            "app5",
            "app.eu",
            "s101.recruiting.eu",
            "hartwell",
        ] {
            for (path, application) in [
                ("people/259096501002", None),
                ("people/259096501002/", None),
                (
                    "people/259096501002?application_id=273686618002#application",
                    Some(273_686_618_002),
                ),
                (
                    "people/259096501002?job_application_id=273686618002",
                    Some(273_686_618_002),
                ),
                (
                    "people/259096501002/applications/273686618002",
                    Some(273_686_618_002),
                ),
                (
                    "people/259096501002/applications/273686618002/redesign?from=list",
                    Some(273_686_618_002),
                ),
                (
                    "people/259096501002/applications/273686618002?application_id=273686618002",
                    Some(273_686_618_002),
                ),
            ] {
                let text = format!(" https://{host}.greenhouse.io/{path}\n");
                let there = parse(&text).unwrap();
                assert_eq!(
                    (there.candidate_id, there.application_id),
                    (259_096_501_002, application),
                    "{text}"
                );
                assert!(
                    there
                        .profile_url
                        .starts_with(&format!("https://{host}.greenhouse.io/people/259096501002"))
                );
                assert_eq!(parse(&there.profile_url).unwrap(), there);
            }
        }
        let with_port = parse("https://app.greenhouse.io:8443/people/7").unwrap();
        assert_eq!(
            with_port.profile_url,
            "https://app.greenhouse.io:8443/people/7"
        );
    }

    #[test]
    fn other_address_is_refused_with_its_reason() {
        use ProfileLinkError::*;
        for (text, reason) in [
            ("", NotAnAddress),
            ("Imani Brooks", NotAnAddress),
            ("javascript:alert(1)", NotGreenhouse),
            ("http://app.greenhouse.io/people/7", NotGreenhouse),
            ("https://user@app.greenhouse.io/people/7", NotGreenhouse),
            ("https://greenhouse.io/people/7", NotGreenhouse),
            ("https://127.0.0.1/people/7", NotGreenhouse),
            ("https://app.greenhouse.io.example/people/7", NotGreenhouse),
            ("https://evilgreenhouse.io/people/7", NotGreenhouse),
            ("https://boards.greenhouse.io/people/7", NotGreenhouse),
            (
                "https://job-boards.eu.greenhouse.io/people/7",
                NotGreenhouse,
            ),
            ("https://api.greenhouse.io/people/7", NotGreenhouse),
            ("https://app.greenhouse.io/people", NotACandidate),
            ("https://app.greenhouse.io/people/new", NotACandidate),
            ("https://app.greenhouse.io/people/0", NotACandidate),
            ("https://app.greenhouse.io/people/+7", NotACandidate),
            (
                "https://app.greenhouse.io/people/9223372036854775808",
                NotACandidate,
            ),
            (
                "https://app.greenhouse.io/people/7/merge?application_id=8",
                NotACandidate,
            ),
            (
                "https://app.greenhouse.io/people/7/applications/x",
                NotACandidate,
            ),
            ("https://app.greenhouse.io/sdash/7", NotACandidate),
            (
                "https://app.greenhouse.io/people/7/applications/8?application_id=9",
                Contradiction,
            ),
            (
                "https://app.greenhouse.io/people/7?application_id=8&application_id=9",
                Contradiction,
            ),
        ] {
            assert_eq!(parse(text), Err(reason), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text: String) {
            let _ = parse(&text);
            let _ = parse(&format!("https://app.greenhouse.io/{text}"));
        }
    }
}

//! Greenhouse's own pages, recognised by address alone.

use super::address::Address;
use atsi_protocol::NOT_THE_APP;

/// Whether it is a page of the recruiting app, under whichever of its hosts the company has it.
#[must_use]
pub fn is_of_the_app(address: &Address) -> bool {
    let label = address.host.strip_suffix(".greenhouse.io");
    address.origin.starts_with("https:") && label.is_some_and(|label| !NOT_THE_APP.contains(&label))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CandidatePage {
    pub candidate_id: u64,
    pub application_id: Option<u64>,
}

/// Both shapes in use: `/people/{id}?application_id={id}` and
/// `/people/{id}/applications/{id}[/redesign]`. None where path and query name two applications.
#[must_use]
pub fn candidate_page(address: &Address) -> Option<CandidatePage> {
    let mut parts = address.path.split('/').filter(|part| !part.is_empty());
    if parts.next() != Some("people") {
        return None;
    }
    let candidate_id = id(parts.next()?)?;
    let rest: Vec<&str> = parts.collect();
    let in_path = match rest.as_slice() {
        [] => None,
        ["applications", application] | ["applications", application, "redesign"] => {
            Some(id(application)?)
        }
        _ => return None,
    };
    let in_query = ["application_id", "job_application_id"]
        .into_iter()
        .find_map(|name| id(address.query_value(name)?));
    match (in_path, in_query) {
        (Some(path), Some(query)) if path != query => None,
        (path, query) => Some(CandidatePage {
            candidate_id,
            application_id: path.or(query),
        }),
    }
}

fn id(text: &str) -> Option<u64> {
    if text.starts_with('+') {
        None
    } else {
        text.parse().ok().filter(|&id| id > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(href: &str) -> Option<(u64, Option<u64>)> {
        let page = candidate_page(&Address::parse(href)?)?;
        Some((page.candidate_id, page.application_id))
    }

    #[test]
    fn the_app_is_known_by_its_hosts_as_the_recipe_knows_it() {
        let recipe = include_str!("../../extension/recipes/greenhouse.json");
        let recipe: serde_json::Value = serde_json::from_str(recipe).unwrap();
        let except = NOT_THE_APP.map(|label| format!("{label}.greenhouse.io"));
        assert_eq!(recipe["except_hosts"], serde_json::json!(except));
        let is = |href: &str| is_of_the_app(&Address::parse(href).unwrap());
        assert!(is("https://app2.greenhouse.io:8443/people"));
        assert!(is("https://s101.recruiting.eu.greenhouse.io/"));
        assert!(!is("https://boards.greenhouse.io/hartwell"));
        assert!(!is("http://app.greenhouse.io/"));
        assert!(!is("https://app.greenhouse.io.evil.example/"));
        assert!(!is("https://greenhouse.io/"));
    }

    #[test]
    fn both_shapes_are_known() {
        let both = Some((259_096_501_002, Some(273_686_618_002)));
        for path in [
            "people/259096501002?application_id=273686618002",
            "people/259096501002?application_id=273686618002#application",
            "people/259096501002/applications/273686618002",
            "people/259096501002/applications/273686618002/redesign?x=1",
            "people/259096501002?job_application_id=273686618002",
        ] {
            assert_eq!(
                page(&format!("https://app2.greenhouse.io/{path}")),
                both,
                "{path}"
            );
        }
        assert_eq!(page("https://acme.greenhouse.io/people/7"), Some((7, None)));
    }

    #[test]
    fn other_pages_are_not_candidates() {
        for path in [
            "",
            "people",
            "people/new",
            "people/7/merge?application_id=8",
            "people/7/applications/x",
            "people/0",
            "people/+7",
            "people/99999999999999999999999",
            "sdash/7",
            "people?page=2",
            "people/7/applications/8?application_id=9",
        ] {
            assert_eq!(
                page(&format!("https://app.greenhouse.io/{path}")),
                None,
                "{path}"
            );
        }
    }
}

//! How an event reads in the report. It contains no text of a page, of an address only the host, and no key.

use super::call::{Call, ProxyAnswer};
use crate::action::Action;
use crate::page::Page;
use crate::page::address::Address;
use crate::page::seen::Seen;
use atsi_protocol::Problem;

/// Names that recipes give are not longer.
const LONGEST_NAME: usize = 30;

/// A page: what it was recognized as, and which readings of the recipe found several, one or no elements.
#[must_use]
pub fn page(seen: &Seen, page: &Page) -> String {
    let host = Address::parse(&seen.url).map_or(String::new(), |address| address.host);
    let taken_for = match page {
        Page::Nothing => "nothing",
        Page::Changing => "a page between two people",
        Page::JopwellProfile(_) => "a profile",
        Page::JopwellJob(_) => "a job",
        Page::JopwellSettings => "the settings",
        Page::JopwellList(_) => "a list",
        Page::GreenhouseCandidate(_) => "a candidate",
        Page::GreenhouseList(_) => "a list",
    };
    let mut line = format!("{host} taken for {taken_for}");
    if let Page::JopwellProfile(found) = page {
        let profile = &found.profile;
        for (name, is_there) in [
            ("id", found.external_id.is_some()),
            ("company", profile.company.is_some()),
            ("title", profile.title.is_some()),
            ("e-mail", !profile.emails.is_empty()),
            ("telephone", !profile.phone_numbers.is_empty()),
            ("résumé", profile.resume_url.is_some()),
        ] {
            for part in [if is_there { ", " } else { ", no " }, name] {
                line.push_str(part);
            }
        }
    }
    let rows = [
        ("rows", seen.rows.len()),
        ("tracker_rows", seen.tracked.len()),
    ];
    let readings = (seen.readings.iter()).map(|(name, values)| (name.as_str(), values.len()));
    let mut found: Vec<_> = readings.collect();
    found.sort_unstable();
    found.extend(rows);
    for (how_many, least, most) in [("several", 2, usize::MAX), ("one", 1, 1), ("none", 0, 0)] {
        line.push_str("; ");
        line.push_str(how_many);
        line.push_str(" of:");
        for (name, _) in found
            .iter()
            .filter(|(_, count)| (least..=most).contains(count))
        {
            line.push(' ');
            line.push_str(short(name));
        }
    }
    line
}

/// Shortens a name that a page gave.
fn short(name: &str) -> &str {
    (name.char_indices().nth(LONGEST_NAME)).map_or(name, |(end, _)| name.split_at(end).0)
}

/// A click, without what it was about.
#[must_use]
pub fn click(action: &Action) -> String {
    format!("clicked: {}", action.verb())
}

/// A request that failed; none for one that did not.
#[must_use]
pub fn failure(call: &Call, answer: &ProxyAnswer) -> Option<String> {
    let became = match answer {
        None => "no answer".to_owned(),
        Some(response) if response.status < 400 => return None,
        Some(response) => {
            let problem = serde_json::from_str::<Problem>(&response.body);
            let code = problem.map_or("no ATSi problem", |problem| problem.code.as_str());
            format!("{} {code}", response.status)
        }
    };
    let http = call.http();
    // What follows may be a key.
    let path = http.path.split(['/', '?']).nth(2).unwrap_or_default();
    Some(format!("{} {path}: {became}", http.method))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::call::Response;

    fn seen(json: &str) -> Seen {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn page_taken_for_nothing_lists_its_readings() {
        let seen = seen(
            r#"{"url": "https://www.jopwell.com/amara?secret=1",
                "readings": {"heading": ["Amara Okafor"], "link": ["a", "b"], "label": []}}"#,
        );
        assert_eq!(
            page(&seen, &Page::Nothing),
            "www.jopwell.com taken for nothing; several of: link; one of: heading; none of: label rows tracker_rows"
        );
    }

    #[test]
    fn click_and_failed_request_name_nobody() {
        assert_eq!(click(&Action::TryNow("okafor".into())), "clicked: try-now");
        let get = Call::GetSend {
            key: "amara".to_owned(),
            is_application: false,
        };
        let body = r#"{"code": "not_connected", "title": "Amara", "detail": "Amara"}"#;
        let answer = |status, body: &str| {
            Some(Response {
                status,
                body: body.to_owned(),
            })
        };
        assert_eq!(failure(&get, &answer(200, "")), None);
        assert_eq!(failure(&get, &None).unwrap(), "GET sends: no answer");
        assert_eq!(
            failure(&get, &answer(502, "<p>Amara")).unwrap(),
            "GET sends: 502 no ATSi problem"
        );
        let refused = failure(&get, &answer(409, body)).unwrap();
        assert!(refused.starts_with("GET sends: 409 "), "{refused}");
        assert!(!refused.contains("Amara"), "{refused}");
    }
}

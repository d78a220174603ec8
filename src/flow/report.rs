//! What ATSi saw and did lately, for whoever is asked for help; above all where a site has changed and the
//! recipe no longer fits. It names nobody: no text of a page, of an address only the host, no key.

use super::call::{Answer, Call};
use crate::json::{FromJson, read_fields};
use crate::page::Page;
use crate::page::address::Address;
use crate::page::seen::Seen;
use atsi_protocol::{Millis, Problem};
use serde::Serialize;
use serde_json::Value;

/// More would be read by nobody.
const KEPT: usize = 40;
/// Longer is no name that a recipe gives.
const LONGEST_NAME: usize = 30;

/// The last things that happened, the newest at the end; what happened again counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Report {
    entries: Vec<Entry>,
    #[serde(skip)]
    is_new: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Entry {
    at: Millis,
    times: u32,
    what: String,
}

read_fields! { Entry { at, times, what } }

impl FromJson for Report {
    fn from_json(json: &Value) -> Option<Self> {
        Some(Self {
            entries: FromJson::from_json(json)?,
            is_new: false,
        })
    }
}

impl Report {
    pub fn note(&mut self, at: Millis, what: String) {
        let same = self.entries.iter().position(|entry| entry.what == what);
        let times = same.map_or(0, |index| self.entries.remove(index).times);
        if self.entries.len() == KEPT {
            self.entries.remove(0);
        }
        self.entries.push(Entry {
            at,
            times: times.saturating_add(1),
            what,
        });
        self.is_new = true;
    }

    /// Whether something was noted since this was asked last.
    pub fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.is_new)
    }

    /// A line for each, the newest first.
    #[must_use]
    pub fn lines(&self, now: Millis) -> String {
        let line = |entry: &Entry| {
            let seconds = now.saturating_sub(entry.at) / 1000;
            let ago = match seconds {
                0..120 => format!("{seconds} s"),
                _ => format!("{} min", seconds / 60),
            };
            format!("{ago} ago, {}×: {}\n", entry.times, entry.what)
        };
        self.entries.iter().rev().map(line).collect()
    }
}

/// A page, what it was taken for, and of what the readings of the recipe found several, one or none.
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
    let found: Vec<_> = readings.chain(rows).collect();
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

/// What a page calls something may be as long as it likes.
fn short(name: &str) -> &str {
    (name.char_indices().nth(LONGEST_NAME)).map_or(name, |(end, _)| name.split_at(end).0)
}

/// A button, without what it was pressed for.
#[must_use]
pub fn press(action: &str) -> String {
    let kind = action.split(':').next().unwrap_or_default();
    format!("pressed: {}", short(kind))
}

/// A request that did not go well; none for one that did.
#[must_use]
pub fn call(call: &Call, answer: &Answer) -> Option<String> {
    let became = match answer {
        None => "no answer".to_owned(),
        Some(response) if response.status < 400 => return None,
        Some(response) => {
            let problem = crate::json::parse::<Problem>(&response.body);
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
        crate::json::parse(json).unwrap()
    }

    #[test]
    fn what_happens_again_counts_and_the_oldest_goes() {
        let mut report = Report::default();
        for at in 0..=KEPT as u64 {
            report.note(at * 1000, format!("{at}"));
        }
        report.note(60_000, "7".to_owned());
        assert!(report.take_news());
        assert!(!report.take_news());
        let lines = report.lines(200_000);
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(lines.len(), KEPT);
        assert_eq!(lines[0], "2 min ago, 2×: 7");
        assert_eq!(lines[KEPT - 1], "3 min ago, 1×: 1");
        let kept: Report = crate::json::parse(&crate::json::write(&report)).unwrap();
        assert_eq!(kept, report);
    }

    #[test]
    fn a_page_that_is_taken_for_nothing_says_what_was_found() {
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
    fn a_press_and_a_request_name_nobody() {
        assert_eq!(press("send-as:Okafor"), "pressed: send-as");
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
        assert_eq!(call(&get, &answer(200, "")), None);
        assert_eq!(call(&get, &None).unwrap(), "GET sends: no answer");
        assert_eq!(
            call(&get, &answer(502, "<p>Amara")).unwrap(),
            "GET sends: 502 no ATSi problem"
        );
        let refused = call(&get, &answer(409, body)).unwrap();
        assert!(refused.starts_with("GET sends: 409 "), "{refused}");
        assert!(!refused.contains("Amara"), "{refused}");
    }
}

//! A job's page on Jopwell, and the form in which it is edited.

use super::address::Address;
use super::profile::{Reader, path_id};
use super::recipe::{Recipe, list};
use super::seen::Seen;
use super::{Page, RECIPES, distinct};
use atsi_protocol::{JopwellJob, MAX_DESCRIPTION_CHARS};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobPage {
    pub job: JopwellJob,
    /// As HTML or as text; none on the form.
    pub description: Option<String>,
    /// Where it is edited.
    pub edit: Option<String>,
    pub is_form: bool,
    /// Whether it says that the job is open; none where it says nothing of it that is known.
    pub is_open: Option<bool>,
}

/// The site's words for a job that is open, or for one that is closed; in lower case, the usual one first.
#[must_use]
pub fn words_for(is_open: bool) -> &'static [String] {
    let name = if is_open { "job_open" } else { "job_closed" };
    (RECIPES.iter())
        .map(|recipe| list(&recipe.words, name))
        .find(|words| !words.is_empty())
        .unwrap_or_default()
}

/// A job is recognised by what its page says: the site's own id beside the only heading, or structured
/// data of one job; and nothing of a person. Its id is the path of its page, as
/// [`super::jopwell_job_id`] has it for links in lists; the form has the page's path and `/edit`.
#[must_use]
pub fn job_page(recipe: &Recipe, address: &Address, seen: &Seen) -> Page {
    let reader = Reader::new(recipe, address, seen);
    let ids = distinct(seen.texts("job_id"));
    let is_one = ids == 1 || ids == 0 && reader.structured.jobs == 1;
    let is_other_page = seen.texts("passwords").next().is_some()
        || seen.texts("site_id").next().is_some()
        || reader.structured.people > 0
        || reader.structured.jobs > 1;
    if !is_one || is_other_page {
        return Page::Nothing;
    }
    let is_form = seen.texts("job_form").next().is_some();
    let of_job = |property| reader.structured.of_job(property);
    let title = match is_form {
        true => seen.texts("job_title").next(),
        false => of_job("title").or_else(|| seen.texts("heading").next()),
    };
    let canonical = seen.texts("canonical").next().and_then(Address::parse);
    let canonical = canonical.filter(|c| recipe.is_for(c) && c.normal_path() != "/");
    let id = path_id(canonical.as_ref().unwrap_or(address))
        .map(|path| path.trim_end_matches("/edit").to_owned());
    let (Some(title), Some(id)) = (title, id) else {
        return Page::Nothing;
    };
    let job = JopwellJob {
        id,
        title: short(title),
        location: of_job("jobLocation").map(short),
        requisition: reader.first("job_requisition").map(|text| short(&text)),
    };
    let edit = seen
        .texts("job_edit")
        .find(|edit| Address::parse(edit).is_some_and(|to| to.origin == address.origin));
    let is_open = seen.texts("job_status").find_map(|status| {
        let status = status.to_ascii_lowercase();
        ([true, false].into_iter()).find(|is_open| words_for(*is_open).contains(&status))
    });
    match job.check() {
        Ok(()) => Page::JopwellJob(Box::new(JobPage {
            job,
            description: of_job("description")
                .map(|text| text.chars().take(MAX_DESCRIPTION_CHARS).collect()),
            edit: edit.map(str::to_owned),
            is_form,
            is_open,
        })),
        Err(_) => Page::Nothing,
    }
}

/// In one line, and no longer than a field may be.
fn short(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words
        .join(" ")
        .chars()
        .filter(|c| !c.is_control())
        .take(atsi_protocol::MAX_FIELD_CHARS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::seen::Value;
    use super::super::{jopwell_job_id, recognise};
    use super::*;

    fn seen(url: &str, readings: &[(&str, &str)]) -> Seen {
        Seen {
            url: format!("https://www.jopwell.com{url}"),
            readings: (readings.iter())
                .map(|(name, text)| ((*name).to_owned(), vec![Value::Text((*text).into())]))
                .collect(),
            ..Seen::default()
        }
    }

    fn job(seen: &Seen) -> Option<JobPage> {
        match recognise(seen, None) {
            Page::JopwellJob(page) => Some(*page),
            _ => None,
        }
    }

    const POSTING: &str = r#"{"@type":"JobPosting","title":"Kiln Engineer","description":"<p>Fire</p>",
        "identifier":{"@type":"PropertyValue","name":"Jopwell","value":"310"},
        "jobLocation":{"@type":"Place","address":{"@type":"PostalAddress","addressLocality":"Leeds"}}}"#;

    #[test]
    fn the_page_and_its_form_are_one_job() {
        let page = job(&seen(
            "/jobs/310",
            &[("jsonld", POSTING), ("heading", "Kiln Engineer")],
        ));
        let page = page.unwrap();
        assert_eq!(
            (page.job.id.as_str(), page.job.title.as_str()),
            ("/jobs/310", "Kiln Engineer")
        );
        let in_a_list = jopwell_job_id("https://www.jopwell.com/jobs/310/?from=tracker");
        assert_eq!(in_a_list, Some(page.job.id.clone()));
        assert_eq!(page.job.location.as_deref(), Some("Leeds"));
        assert_eq!(page.description.as_deref(), Some("<p>Fire</p>"));
        let form = [
            ("job_id", "310"),
            ("job_form", "description"),
            ("job_title", "Kiln Engineer"),
            ("heading", "Edit job"),
        ];
        let form = job(&seen("/jobs/310/edit", &form)).unwrap();
        assert_eq!(
            (&form.job.id, &form.job.title, form.is_form),
            (&page.job.id, &page.job.title, true)
        );
        assert_eq!(form.description, None);

        let by_path = |path| job(&seen(path, &[("jsonld", POSTING)])).unwrap().job.id;
        assert_eq!(by_path("/jobs/kiln/"), by_path("/jobs/kiln/edit"));
        assert_eq!(by_path("/jobs/kiln"), "/jobs/kiln");
    }

    #[test]
    fn its_status_is_open_or_closed_by_the_sites_words() {
        for (says, is_open) in [
            (vec!["Open"], Some(true)),
            (vec!["Remote", "CLOSED"], Some(false)),
            (vec!["Opening soon"], None),
            (vec![], None),
        ] {
            let mut readings = vec![("jsonld", POSTING)];
            readings.extend(says.into_iter().map(|text| ("job_status", text)));
            let mut page = seen("/jobs/310", &[("jsonld", POSTING)]);
            let texts = readings.iter().skip(1);
            page.readings.push((
                "job_status".into(),
                texts.map(|(_, text)| Value::Text((*text).into())).collect(),
            ));
            assert_eq!(job(&page).unwrap().is_open, is_open, "{readings:?}");
        }
    }

    #[test]
    fn microdata_is_a_job_too() {
        let pair = |name: &str, value: &str| Value::Pair(name.into(), value.into());
        let items = vec![
            pair("#JobPosting", ""),
            pair("title", "Potter"),
            pair("description", "Clay"),
        ];
        let mut seen = seen("/jobs/7", &[]);
        seen.readings.push(("items".into(), items));
        let page = job(&seen).unwrap();
        assert_eq!(
            (page.job.title.as_str(), page.description.as_deref()),
            ("Potter", Some("Clay"))
        );
    }

    #[test]
    fn people_and_lists_are_no_jobs() {
        let person = r#"{"@type":"Person","name":"Imani Okafor"}"#;
        let list = format!(r#"{{"itemListElement":[{POSTING},{POSTING}]}}"#);
        let both = format!("[{POSTING},{person}]");
        for readings in [
            vec![("heading", "Jobs at Hartwell")],
            vec![("jsonld", list.as_str())],
            vec![("jsonld", both.as_str())],
            vec![("jsonld", POSTING), ("site_id", "48247")],
            vec![("jsonld", POSTING), ("passwords", "password")],
            vec![("jsonld", r#"{"@type":"JobPosting","title":" "}"#)],
        ] {
            assert_eq!(job(&seen("/jobs/1", &readings)), None, "{readings:?}");
        }
        // And a job is nobody's profile, whatever it offers.
        let mut page = seen(
            "/jobs/310",
            &[
                ("jsonld", POSTING),
                ("heading", "Ada Park"),
                ("controls", "Message"),
            ],
        );
        page.readings.push((
            "links".into(),
            vec![Value::Pair(
                "mailto:jobs@hartwell.example".into(),
                "Ask".into(),
            )],
        ));
        assert!(job(&page).is_some());
    }
}

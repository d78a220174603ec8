//! What would become of everybody with the options' table of statuses as it stands in the form.

use super::candidates::{Entry, jopwell_page};
use super::node::{Node, Tone, facts, line, link, list, stack, status, text};
use atsi_protocol::{Millis, REJECTED, TRACKER_STATUSES, WriteBackSettings};

/// People who are listed for each status.
const MOST: usize = 100;

const NOT_KNOWN: &str = key!(
    "What Jopwell shows of them now, ATSi sees only when their row is on somebody’s screen. Who has the status already needs nothing; whom one of you set by hand stays as they are; a row that ATSi never set is only moved forward; and who stands in no candidate tracker has no row."
);

/// How many people, and who, would get which status on Jopwell.
#[must_use]
pub fn preview(settings: &WriteBackSettings, people: &[Entry]) -> Node {
    let mut found: Vec<(&str, &str, &Entry)> = Vec::new();
    let (mut several, mut unfit) = (0, 0);
    for entry in people {
        let is_there = matches!(&*entry.state, "created" | "existing") && entry.readable;
        match entry.applications.as_slice() {
            [application] if is_there => {
                let stage = application.stage_or_status();
                match settings.status_for(stage) {
                    Some(to) => found.push((to, stage, entry)),
                    None => unfit += 1,
                }
            }
            [_, _, ..] if is_there => several += 1,
            _ => {}
        }
    }
    let is_automatic = |to: &str| settings.automatic.iter().any(|one| one == to);
    let by_itself = (found.iter()).filter(|(to, ..)| is_automatic(to)).count();
    let mut rows = Vec::new();
    for to in TRACKER_STATUSES.into_iter().rev() {
        let those = || found.iter().filter(|(status, ..)| *status == to);
        let count = those().count();
        if count == 0 {
            continue;
        }
        let people = people_of(count);
        let how = match (is_automatic(to), settings.rejected_after) {
            (false, _) => say!("{people}, when one of you presses", people = people),
            (true, Some(wait)) if to == REJECTED => say!(
                "{people}, by itself, {time} after the rejection",
                people = people,
                time = time_of(wait)
            ),
            (true, _) => say!("{people}, by itself", people = people),
        };
        let mut shown = vec![list(
            those()
                .take(MOST)
                .map(|(_, stage, entry)| one(stage, entry))
                .collect(),
        )];
        if count > MOST {
            shown.push(text(say!("and {count} more", count = count - MOST)).tone(Tone::Quiet));
        }
        shown.insert(0, text(how));
        rows.push((to, stack(shown)));
    }
    let all = people_of(found.len());
    let mut parts = vec![status(
        say!(
            "{all} would have a status on Jopwell; {some} of them without a press",
            all = all,
            some = by_itself
        ),
        Tone::Plain,
    )];
    if !rows.is_empty() {
        parts.push(facts(rows));
    }
    if several > 0 {
        let words = say!(
            "{people} left alone, with several applications in Greenhouse",
            people = people_of(several)
        );
        parts.push(text(words).tone(Tone::Quiet));
    }
    if unfit > 0 {
        let words = say!(
            "{people} left alone, in a stage that no words above fit",
            people = people_of(unfit)
        );
        parts.push(text(words).tone(Tone::Quiet));
    }
    parts.push(text(say!(NOT_KNOWN)).tone(Tone::Quiet));
    stack(parts)
}

fn one(stage: &str, entry: &Entry) -> Node {
    let page = jopwell_page(&entry.external_id);
    let mut parts = vec![match page.is_empty() {
        true => text(&*entry.external_id),
        false => link(&*entry.external_id, page),
    }];
    if let Some(id) = entry.candidate_id {
        parts.push(link(
            say!("{id} in Greenhouse", id = id),
            &*entry.profile_url,
        ));
    }
    parts.push(text(stage).tone(Tone::Quiet));
    line(parts)
}

fn people_of(count: usize) -> String {
    match count {
        0 => say!("Nobody").to_owned(),
        1 => say!("1 person").to_owned(),
        more => say!("{count} people", count = more),
    }
}

fn time_of(wait: Millis) -> String {
    let hours = wait / 3_600_000;
    match (hours / 24, hours) {
        (0, 1) => say!("1 hour").to_owned(),
        (0, hours) => say!("{count} hours", count = hours),
        (1, _) => say!("1 day").to_owned(),
        (days, _) => say!("{count} days", count = days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use atsi_protocol::ApplicationStatus;

    fn person(id: &str, state: &str, stands: &[(&str, Option<&str>)]) -> Entry {
        let application = |(status, stage): &(&str, Option<&str>)| ApplicationStatus {
            application_id: 1,
            job: None,
            status: (*status).to_owned(),
            stage: stage.map(str::to_owned),
            pool: None,
            since: None,
        };
        Entry {
            external_id: id.into(),
            state: state.into(),
            candidate_id: Some(61),
            profile_url: "https://app.greenhouse.io/people/61".into(),
            readable: id != "gone",
            applications: stands.iter().map(application).collect(),
            ..Entry::default()
        }
    }

    fn says(settings: &WriteBackSettings, people: &[Entry]) -> String {
        crate::json::write(&preview(settings, people))
    }

    #[test]
    fn who_would_get_which_status_follows_the_form() {
        let people = [
            person("101", "created", &[("active", Some("Phone Interview"))]),
            person("/people/imani", "existing", &[("rejected", Some("Offer"))]),
            person("103", "created", &[("rejected", None)]),
            person("104", "created", &[("active", Some("Take Home Test"))]),
            person("105", "created", &[("hired", None), ("active", None)]),
            person("106", "refused", &[("hired", None)]),
            person("gone", "created", &[("hired", None)]),
        ];
        let mut settings = WriteBackSettings::default();
        let before = says(&settings, &people);
        for part in [
            "3 people would have a status on Jopwell; 0 of them without a press",
            "2 people, when one of you presses",
            "1 person left alone, with several applications in Greenhouse",
            "1 person left alone, in a stage that no words above fit",
            "https://www.jopwell.com/people/imani",
            "is only moved forward",
        ] {
            assert!(before.contains(part), "{part}: {before}");
        }
        for absent in ["106", "gone", "Hired"] {
            assert!(!before.contains(absent), "{absent}: {before}");
        }
        settings.automatic = vec!["Rejected".into()];
        settings.rejected_after = Some(86_400_000);
        let after = says(&settings, &people);
        for part in [
            "2 of them without a press",
            "2 people, by itself, 1 day after the rejection",
            "1 person, when one of you presses",
        ] {
            assert!(after.contains(part), "{part}: {after}");
        }
        settings.rules.clear();
        let none = says(&settings, &people);
        assert!(none.contains("Nobody would have a status"), "{none}");
    }

    #[test]
    fn a_long_list_ends() {
        let many: Vec<Entry> = (0..MOST + 7)
            .map(|id| person(&id.to_string(), "created", &[("hired", None)]))
            .collect();
        let text = says(&WriteBackSettings::default(), &many);
        assert!(text.contains("and 7 more"), "{text}");
        assert_eq!(text.matches("61 in Greenhouse").count(), MOST);
    }
}

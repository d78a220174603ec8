//! A preview of the statuses that candidates would get by the form on the options page.

use super::candidates::jopwell_page;
use super::node::{Node, Tone, facts, line, link, list, stack, status, text};
use atsi_protocol::{
    InGreenhouse, KnownCandidate, Millis, REJECTED, SendState, TRACKER_STATUSES, WriteBackSettings,
};

/// The most people listed for each status.
const LISTED: usize = 100;

const NOT_KNOWN: &str = key!(
    "ATSi reads a status on Jopwell only while its row is on someone’s screen. Candidates who already have the status are skipped. Statuses set manually don’t change. A row that ATSi never set only moves forward. People who aren’t in the tracker are skipped."
);

/// Lists the people by the status that they would get on Jopwell.
#[must_use]
pub fn preview(settings: &WriteBackSettings, people: &[KnownCandidate]) -> Node {
    let mut found: Vec<(&str, &str, &KnownCandidate)> = Vec::new();
    let (mut several, mut unmatched) = (0, 0);
    for candidate in people {
        let status = candidate.status.as_ref().filter(|status| status.readable);
        let Some(status) = status.filter(|_| there(candidate).is_some()) else {
            continue;
        };
        match status.applications.as_slice() {
            [application] => {
                let stage = application.stage_or_status();
                match settings.status_for(stage) {
                    Some(to) => found.push((to, stage, candidate)),
                    None => unmatched += 1,
                }
            }
            [_, _, ..] => several += 1,
            [] => {}
        }
    }
    let is_automatic = |to: &str| settings.automatic.iter().any(|one| one == to);
    let automatic = (found.iter()).filter(|(to, ..)| is_automatic(to)).count();
    let mut rows = Vec::new();
    for to in TRACKER_STATUSES.into_iter().rev() {
        let those = || found.iter().filter(|(status, ..)| *status == to);
        let count = those().count();
        if count == 0 {
            continue;
        }
        let people = people_of(count);
        let how = match (is_automatic(to), settings.rejected_after) {
            (false, _) => say!("{people}, when someone clicks", people = people),
            (true, Some(wait)) if to == REJECTED => say!(
                "{people}, automatically, {time} after the rejection",
                people = people,
                time = time_of(wait)
            ),
            (true, _) => say!("{people}, automatically", people = people),
        };
        let mut shown = vec![list(
            those()
                .take(LISTED)
                .map(|(_, stage, candidate)| person(stage, candidate))
                .collect(),
        )];
        if count > LISTED {
            shown.push(text(say!("and {count} more", count = count - LISTED)).tone(Tone::Quiet));
        }
        shown.insert(0, text(how));
        rows.push((to, stack(shown)));
    }
    let all = people_of(found.len());
    let mut parts = vec![status(
        say!(
            "{all} would get a status on Jopwell, {some} of them automatically",
            all = all,
            some = automatic
        ),
        Tone::Plain,
    )];
    if !rows.is_empty() {
        parts.push(facts(rows));
    }
    if several > 0 {
        let words = say!(
            "{people} skipped: several applications in Greenhouse",
            people = people_of(several)
        );
        parts.push(text(words).tone(Tone::Quiet));
    }
    if unmatched > 0 {
        let words = say!(
            "{people} skipped: no words above match the stage",
            people = people_of(unmatched)
        );
        parts.push(text(words).tone(Tone::Quiet));
    }
    parts.push(text(say!(NOT_KNOWN)).tone(Tone::Quiet));
    stack(parts)
}

fn there(candidate: &KnownCandidate) -> Option<&InGreenhouse> {
    match &candidate.send {
        SendState::Created(there) | SendState::Existing(there) => Some(there),
        _ => None,
    }
}

fn person(stage: &str, candidate: &KnownCandidate) -> Node {
    let page = jopwell_page(&candidate.external_id);
    let mut parts = vec![match page.is_empty() {
        true => text(&*candidate.external_id),
        false => link(&*candidate.external_id, page),
    }];
    if let Some(there) = there(candidate) {
        parts.push(link(
            say!("{id} in Greenhouse", id = there.candidate_id),
            &*there.profile_url,
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
    use atsi_protocol::{ApplicationStatus, CandidateStatus, Problem, ProblemCode};

    fn candidate(id: &str, state: &str, applications: &[(&str, Option<&str>)]) -> KnownCandidate {
        let there = InGreenhouse {
            candidate_id: 61,
            application_id: None,
            profile_url: "https://app.greenhouse.io/people/61".into(),
        };
        let application = |(status, stage): &(&str, Option<&str>)| ApplicationStatus {
            application_id: 1,
            job: None,
            status: (*status).to_owned(),
            stage: stage.map(str::to_owned),
            pool: None,
            since: None,
        };
        KnownCandidate {
            external_id: id.into(),
            idempotency_key: "k".into(),
            sent_at: 1,
            sent_by: None,
            send: match state {
                "created" => SendState::Created(there),
                "existing" => SendState::Existing(there),
                _ => SendState::Refused {
                    problem: Problem::new(ProblemCode::GreenhouseRefused),
                },
            },
            status: Some(CandidateStatus {
                read_at: 1,
                route: None,
                readable: id != "gone",
                merged: false,
                applications: applications.iter().map(application).collect(),
            }),
            on_jopwell: None,
            waiting: Vec::new(),
        }
    }

    fn says(settings: &WriteBackSettings, people: &[KnownCandidate]) -> String {
        serde_json::to_string(&preview(settings, people)).unwrap()
    }

    #[test]
    fn preview_lists_the_statuses_that_the_form_gives() {
        let people = [
            candidate("101", "created", &[("active", Some("Phone Interview"))]),
            candidate("/people/imani", "existing", &[("rejected", Some("Offer"))]),
            candidate("103", "created", &[("rejected", None)]),
            candidate("104", "created", &[("active", Some("Take Home Test"))]),
            candidate("105", "created", &[("hired", None), ("active", None)]),
            candidate("106", "refused", &[("hired", None)]),
            candidate("gone", "created", &[("hired", None)]),
        ];
        let mut settings = WriteBackSettings::default();
        let before = says(&settings, &people);
        for part in [
            "3 people would get a status on Jopwell, 0 of them automatically",
            "2 people, when someone clicks",
            "1 person skipped: several applications in Greenhouse",
            "1 person skipped: no words above match the stage",
            "https://www.jopwell.com/people/imani",
            "only moves forward",
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
            "2 of them automatically",
            "2 people, automatically, 1 day after the rejection",
            "1 person, when someone clicks",
        ] {
            assert!(after.contains(part), "{part}: {after}");
        }
        settings.rules.clear();
        let none = says(&settings, &people);
        assert!(none.contains("Nobody would get a status"), "{none}");
    }

    #[test]
    fn preview_of_many_people_is_cut_off() {
        let many: Vec<KnownCandidate> = (0..LISTED + 7)
            .map(|id| candidate(&id.to_string(), "created", &[("hired", None)]))
            .collect();
        let text = says(&WriteBackSettings::default(), &many);
        assert!(text.contains("and 7 more"), "{text}");
        assert_eq!(text.matches("61 in Greenhouse").count(), LISTED);
    }
}

//! What readings of a page come to: the recognition rules, the identity rules, and the profile.

use super::profile::row_external_id;
use super::seen::Value;
use super::*;
use atsi_protocol::{MAX_LIST_ITEMS, MAX_NOTES_CHARS};
use proptest::prelude::*;

type Readings<'a> = &'a [(&'a str, &'a [&'a str])];

/// A page with one text under each of some readings.
fn page(url: &str, readings: Readings) -> Seen {
    let texts = |texts: &[&str]| {
        let values = texts.iter().map(|text| match text.split_once(" => ") {
            Some((first, second)) => Value::Pair(first.into(), second.into()),
            None => Value::Text((*text).into()),
        });
        values.collect::<Vec<_>>()
    };
    let readings = readings
        .iter()
        .map(|(name, values)| ((*name).to_owned(), texts(values)));
    Seen {
        url: url.into(),
        readings: readings.collect(),
        ..Seen::default()
    }
}

fn profile_of(seen: &Seen) -> ProfilePage {
    match recognise(seen, None) {
        Page::JopwellProfile(page) => *page,
        other => panic!("{other:?}"),
    }
}

const URL: &str = "https://www.jopwell.com/anything/at-all";

#[test]
fn a_name_and_any_one_thing_of_a_person_make_a_profile() {
    let evidence: &[(&str, &[&str])] = &[
        ("links", &["mailto:imani@mail.example => E-mail"]),
        ("links", &["tel:+13125550142 => Call"]),
        (
            "links",
            &["https://www.jopwell.com/files/7 => Download résumé"],
        ),
        ("controls", &["Message"]),
        ("controls", &["Download résumé"]),
        ("labels", &["E-mail => imani@mail.example"]),
        ("labels", &["Phone: => 312 555 0142"]),
        ("jsonld", &[r#"{"@type":"Person","name":"Imani Okafor"}"#]),
    ];
    for one in evidence {
        let seen = page(URL, &[("heading", &["Imani Okafor"]), *one]);
        assert_eq!(profile_of(&seen).name.full(), "Imani Okafor", "{one:?}");
    }
}

#[test]
fn a_path_or_a_name_alone_is_no_profile() {
    let pages: &[Readings] = &[
        &[("heading", &["Imani Okafor"])],
        &[("controls", &["Message"])],
        // The site's own address is nobody's.
        &[
            ("heading", &["Imani Okafor"]),
            ("links", &["mailto:help@jopwell.com => Help"]),
        ],
        &[
            ("heading", &["Imani Okafor"]),
            ("links", &["https://www.jopwell.com/x => About"]),
        ],
    ];
    for readings in pages {
        assert_eq!(
            recognise(
                &page("https://www.jopwell.com/candidates/7", readings),
                None
            ),
            Page::Nothing
        );
    }
}

#[test]
fn lists_jobs_and_log_ins_are_no_profiles() {
    let pages: &[Readings] = &[
        &[
            ("heading", &["Search results"]),
            ("controls", &["Message", "Message"]),
        ],
        &[
            ("heading", &["Ada Park"]),
            ("controls", &["Message", "Message", "Message"]),
        ],
        &[
            ("heading", &["Ada Park"]),
            ("site_id", &["1", "2"]),
            ("controls", &["Message"]),
        ],
        &[
            ("heading", &["Data Analyst"]),
            ("jsonld", &[r#"{"@type":"JobPosting"}"#]),
            ("controls", &["Message"]),
        ],
        &[
            ("heading", &["Ada Park"]),
            ("passwords", &["password"]),
            ("controls", &["Message"]),
        ],
        &[(
            "jsonld",
            &[r#"[{"@type":"Person","name":"Ada Park"},{"@type":"Person","name":"Bo Li"}]"#],
        )],
    ];
    for readings in pages {
        let found = recognise(&page(URL, readings), None);
        let is_job = matches!(found, Page::JopwellJob(_));
        assert_eq!(is_job, readings[0].1 == ["Data Analyst"], "{readings:?}");
        assert!(is_job || found == Page::Nothing, "{readings:?}");
    }
}

#[test]
fn other_hosts_are_not_ours() {
    let readings: &[(&str, &[&str])] =
        &[("heading", &["Imani Okafor"]), ("controls", &["Message"])];
    for url in [
        "https://help.jopwell.com/x",
        "https://jopwell.com.evil.example/x",
        "https://boards.greenhouse.io/people/7",
        "https://greenhouse.io/people/7",
        "not an address",
    ] {
        assert_eq!(
            recognise(&page(url, readings), None),
            Page::Nothing,
            "{url}"
        );
    }
}

#[test]
fn one_person_has_one_identity() {
    let name: (&str, &[&str]) = ("heading", &["Imani Okafor"]);
    let message: (&str, &[&str]) = ("controls", &["Message"]);
    let id = |seen: &Seen| profile_of(seen).external_id;
    // 1. The site's own id, wherever it is found.
    let own = page(
        URL,
        &[
            name,
            message,
            ("site_id", &["48247"]),
            ("canonical", &["https://www.jopwell.com/x"]),
        ],
    );
    assert_eq!(id(&own).as_deref(), Some("48247"));
    let structured = page(
        URL,
        &[(
            "jsonld",
            &[r#"{"@type":"Person","name":"Imani Okafor","identifier":48247}"#],
        )],
    );
    assert_eq!(id(&structured).as_deref(), Some("48247"));
    // 2. Else the canonical address's path, 3. else the page's own, both normalised.
    let canonical = page(
        "https://jopwell.com/search?person=7",
        &[
            name,
            message,
            (
                "canonical",
                &["https://www.jopwell.com//students/im%C3%A1ni/"],
            ),
        ],
    );
    assert_eq!(id(&canonical).as_deref(), Some("/students/imáni"));
    let elsewhere = page(
        URL,
        &[name, message, ("canonical", &["https://other.example/x"])],
    );
    assert_eq!(id(&elsewhere).as_deref(), Some("/anything/at-all"));
    for url in [
        "https://www.jopwell.com/a/b/?ref=1#x",
        "https://jopwell.com:8443//a/b",
    ] {
        assert_eq!(
            id(&page(url, &[name, message])).as_deref(),
            Some("/a/b"),
            "{url}"
        );
    }
    assert_eq!(
        id(&page("https://www.jopwell.com/", &[name, message])),
        None
    );
}

#[test]
fn a_row_knows_the_same_identity() {
    assert_eq!(
        row_external_id(Some(" 48247 "), "https://www.jopwell.com/candidates/48247").as_deref(),
        Some("48247")
    );
    assert_eq!(
        row_external_id(None, "https://www.jopwell.com/a/b/?from=search").as_deref(),
        Some("/a/b")
    );
    assert_eq!(row_external_id(Some(""), "https://www.jopwell.com/"), None);
    assert_eq!(row_external_id(None, "javascript:void(0)"), None);
}

#[test]
fn every_field_that_greenhouse_takes_is_filled() {
    let seen = page(
        URL,
        &[
            ("heading", &["Dr. Imani J. Okafor"]),
            ("headline", &["Firmware Engineer at Lumen Robotics"]),
            (
                "labels",
                &[
                    "Work e-mail: => imani@work.example",
                    "Mobile phone => +1 312 555 0142",
                    "Location => Chicago, IL",
                    "Pronouns => she/her",
                ],
            ),
            (
                "links",
                &[
                    "mailto:imani@mail.example?subject=Hi => Personal e-mail",
                    "https://www.linkedin.com/in/imani => LinkedIn",
                    "https://imani.example/ => Portfolio",
                    "javascript:alert(1) => Résumé",
                    "https://www.jopwell.com/resumes/7.pdf => Download résumé",
                    "https://www.jopwell.com/candidates/8 => Next",
                ],
            ),
            (
                "sections",
                &[
                    "Education => Howard University\nBSc",
                    "Similar candidates => Bo Li",
                ],
            ),
        ],
    );
    let profile = profile_of(&seen).profile;
    assert_eq!(
        (profile.first_name.as_str(), profile.last_name.as_str()),
        ("Imani J.", "Okafor")
    );
    assert_eq!(profile.title.as_deref(), Some("Firmware Engineer"));
    assert_eq!(profile.company.as_deref(), Some("Lumen Robotics"));
    let emails: Vec<_> = profile
        .emails
        .iter()
        .map(|e| (e.address.as_str(), e.kind.as_str()))
        .collect();
    assert_eq!(
        emails,
        [
            ("imani@mail.example", "personal"),
            ("imani@work.example", "work")
        ]
    );
    let phones: Vec<_> = profile
        .phone_numbers
        .iter()
        .map(|p| (p.number.as_str(), p.kind.as_str()))
        .collect();
    assert_eq!(phones, [("+1 312 555 0142", "mobile")]);
    assert_eq!(profile.addresses[0].address, "Chicago, IL");
    assert_eq!(profile.social_media, ["https://www.linkedin.com/in/imani"]);
    assert_eq!(
        (
            profile.websites[0].url.as_str(),
            profile.websites[0].kind.as_str()
        ),
        ("https://imani.example/", "portfolio")
    );
    assert_eq!(profile.websites.len(), 1);
    assert_eq!(
        profile.resume_url.as_deref(),
        Some("https://www.jopwell.com/resumes/7.pdf")
    );
    assert_eq!(
        profile.notes.as_deref(),
        Some(
            "Name on Jopwell: Dr. Imani J. Okafor\nPronouns: she/her\n\nEducation\nHoward University\nBSc"
        )
    );
    assert_eq!(profile.check(), Ok(()));
}

#[test]
fn a_section_of_labels_is_not_told_twice() {
    let seen = page(
        URL,
        &[
            ("heading", &["Imani Okafor"]),
            (
                "labels",
                &["Phone => +1 312 555 0142", "Pronouns: => she/her"],
            ),
            (
                "sections",
                &[
                    "Details => Phone\n+1 312 555  0142\nPronouns:\nshe/her",
                    "More => Pronouns:\nshe/her\nPlays the cello",
                ],
            ),
        ],
    );
    assert_eq!(
        profile_of(&seen).profile.notes.as_deref(),
        Some("Pronouns: she/her\n\nMore\nPlays the cello")
    );
}

#[test]
fn what_is_too_much_goes_into_the_notes_or_is_cut_there() {
    let phones: Vec<String> = (0..50)
        .map(|n| format!("tel:+1312555{n:04} => Call"))
        .collect();
    let phones: Vec<&str> = phones.iter().map(String::as_str).collect();
    let about = format!("About => {}", "word ".repeat(40_000));
    let seen = page(
        URL,
        &[
            ("heading", &["Imani Okafor"]),
            ("links", &phones),
            ("sections", &[&about]),
        ],
    );
    let profile = profile_of(&seen).profile;
    assert_eq!(profile.phone_numbers.len(), MAX_LIST_ITEMS);
    let notes = profile.notes.clone().unwrap();
    assert_eq!(notes.chars().count(), MAX_NOTES_CHARS);
    assert!(notes.ends_with("(shortened; the rest is on the Jopwell profile)"));
    assert_eq!(profile.check(), Ok(()));
    let seen = page(URL, &[("heading", &["Imani Okafor"]), ("links", &phones)]);
    let profile = profile_of(&seen).profile;
    assert!(profile.notes.unwrap().contains("Phone: +13125550049"));
}

#[test]
fn badly_formed_addresses_are_no_contacts() {
    let links: &[&str] = &[
        "mailto:no-at-sign => x",
        "mailto:@mail.example => x",
        "mailto:a b@mail.example => x",
        "tel:-- => x",
    ];
    assert_eq!(
        recognise(
            &page(URL, &[("heading", &["Imani Okafor"]), ("links", links)]),
            None
        ),
        Page::Nothing
    );
}

#[test]
fn a_page_key_survives_the_port() {
    let key = profile_of(&page(
        URL,
        &[("heading", &["Imani Okafor"]), ("controls", &["Message"])],
    ))
    .key;
    assert_eq!(PageKey::parse(&key.to_string()), Some(key));
    assert_eq!(PageKey::parse("nonsense"), None);
}

proptest! {
    #[test]
    fn whatever_a_page_says_the_profile_fits_the_limits(
        heading in "\\PC{0,60}",
        values in prop::collection::vec(("[a-z]{0,8}|mailto:.{0,30}|https?://.{0,40}|javascript:.{0,9}", "\\PC{0,40}"), 0..30),
        sections in prop::collection::vec((".{0,20}", ".{0,200}"), 0..5),
    ) {
        let pairs = |pairs: &[(String, String)]| pairs.iter().map(|(a, b)| Value::Pair(a.clone(), b.clone())).collect::<Vec<_>>();
        let mut seen = page(URL, &[("controls", &["Message"])]);
        seen.readings.push(("heading".into(), vec![Value::Text(heading)]));
        for reading in ["links", "labels", "items", "hcard"] {
            seen.readings.push((reading.into(), pairs(&values)));
        }
        seen.readings.push(("sections".into(), pairs(&sections)));
        if let Page::JopwellProfile(mut page) = recognise(&seen, None) {
            if page.profile.last_name.is_empty() {
                page.profile.last_name = "x".into();
            }
            prop_assert_eq!(page.profile.check(), Ok(()));
        }
    }
}

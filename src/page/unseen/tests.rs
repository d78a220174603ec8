use super::super::html;
use super::super::seen::{Seen, Value};
use super::super::{Page, PageKey, ProfilePage, recognise};
use super::DATA;

/// A page of the corpus as the port would send it, where the recipe's readings find what is given.
fn seen(page: &str, url: &str, readings: &[(&str, &[(&str, &str)])]) -> Seen {
    let path = format!("{}/tests/pages/{page}.html", env!("CARGO_MANIFEST_DIR"));
    described(&std::fs::read_to_string(path).unwrap(), url, readings)
}

fn described(html: &str, url: &str, readings: &[(&str, &[(&str, &str)])]) -> Seen {
    let value = |(first, second): &(&str, &str)| match *second {
        "" => Value::Text((*first).into()),
        second => Value::Pair((*first).into(), second.into()),
    };
    let readings = readings.iter().map(|(name, values)| {
        let values = values.iter().map(value).collect();
        ((*name).to_owned(), values)
    });
    Seen {
        url: url.into(),
        readings: readings.collect(),
        page: Some(html::snapshot(html, url, &[]).encode()),
        ..Seen::default()
    }
}

fn profile_of(seen: &Seen) -> ProfilePage {
    match recognise(seen, None) {
        Page::JopwellProfile(page) => *page,
        other => panic!("{other:?}"),
    }
}

fn emails(page: &ProfilePage) -> Vec<&str> {
    let emails = page.profile.emails.iter();
    emails.map(|email| email.address.as_str()).collect()
}

fn phones(page: &ProfilePage) -> Vec<&str> {
    let phones = page.profile.phone_numbers.iter();
    phones.map(|phone| phone.number.as_str()).collect()
}

#[test]
fn shipped_words_and_weights_are_valid() {
    assert!(DATA.is_some());
}

#[test]
fn page_without_known_markup_is_read_by_evidence() {
    let url = "https://www.jopwell.com/v/8a77/candidate-view";
    let page = profile_of(&seen("profiles/aria-only-no-headings", url, &[]));
    assert_eq!(page.external_id.as_deref(), Some("/v/8a77/candidate-view"));
    assert_eq!(page.name.full(), "Devorah Lindenbaum");
    assert_eq!(emails(&page), ["devorah@lindenbaum-consult.example"]);
    assert_eq!(phones(&page), ["(917) 555-0133"]);
    let profile = &page.profile;
    assert_eq!(
        profile.title.as_deref(),
        Some("Speech-Language Pathologist")
    );
    assert_eq!(
        profile.company.as_deref(),
        Some("Ocean Parkway Therapy Group")
    );
    let resume = "https://www.jopwell.com/v/8a77/attachments/cv";
    assert_eq!(profile.resume_url.as_deref(), Some(resume));
    let notes = "Name on Jopwell: Devorah Lindenbaum, MS, CCC-SLP";
    assert_eq!(profile.notes.as_deref(), Some(notes));
}

#[test]
fn unlabeled_and_reversed_pages_are_read_by_evidence() {
    for (page, url, name, email, phone) in [
        (
            "profiles/unlabeled-icons-aria-only",
            "https://www.jopwell.com/u/u_71",
            "Odalys Benítez-Crowe",
            "odalys@benitezcrowe.example",
            "253-555-0141",
        ),
        (
            "profiles/labels-below-values",
            "https://www.jopwell.com/v3/candidates/c-80012",
            "Joaquín Tesfaye",
            "joaquin.tesfaye@plumemail.example",
            "(303) 555-0174",
        ),
        (
            "profiles/plain-mantine-candidate",
            "https://www.jopwell.com/r/c/8",
            "Percival Osei-Tutu",
            "percival@oseitutu.example",
            "+1 (262) 555-0185",
        ),
    ] {
        let found = profile_of(&seen(page, url, &[]));
        assert_eq!(found.name.full(), name);
        assert_eq!(emails(&found), [email]);
        assert_eq!(phones(&found), [phone]);
    }
}

#[test]
fn pages_of_the_site_and_pages_in_doubt_have_no_button() {
    for page in [
        "others/account-settings-recruiter",
        "others/support-ticket-agent-view",
        "others/product-tour-mock-candidate",
    ] {
        let found = recognise(&seen(page, "https://www.jopwell.com/x/1", &[]), None);
        assert!(!matches!(found, Page::JopwellProfile(_)), "{page}");
    }
}

#[test]
fn page_to_log_in_is_never_read_by_evidence() {
    let url = "https://www.jopwell.com/v/8a77/candidate-view";
    let passwords: &[(&str, &[(&str, &str)])] = &[("passwords", &[("password", "")])];
    let seen = seen("profiles/aria-only-no-headings", url, passwords);
    assert_eq!(recognise(&seen, None), Page::Nothing);
}

#[test]
fn rows_do_not_decide_whether_evidence_is_asked() {
    let url = "https://www.jopwell.com/v/8a77/candidate-view";
    let mut seen = seen("profiles/aria-only-no-headings", url, &[]);
    let row = Value::Pair("https://www.jopwell.com/v/1".into(), String::new());
    seen.rows.push((1, row));
    assert_eq!(profile_of(&seen).name.full(), "Devorah Lindenbaum");
}

#[test]
fn content_of_the_last_address_is_still_changing() {
    let url = "https://www.jopwell.com/v/8a77/candidate-view";
    let key = profile_of(&seen("profiles/aria-only-no-headings", url, &[])).key;
    let next = "https://www.jopwell.com/v/8a78/candidate-view";
    let seen = seen("profiles/aria-only-no-headings", next, &[]);
    let was = PageKey::parse(&key.to_string());
    assert_eq!(recognise(&seen, was.as_ref()), Page::Changing);
}

#[test]
fn known_profile_is_completed_by_evidence() {
    let url = "https://www.jopwell.com/v/8a77/candidate-view";
    let readings: &[(&str, &[(&str, &str)])] = &[
        ("heading", &[("Devorah Lindenbaum, MS, CCC-SLP", "")]),
        ("headline", &[("Available from March", "")]),
        ("controls", &[("Message", "")]),
    ];
    let page = profile_of(&seen("profiles/aria-only-no-headings", url, readings));
    assert_eq!(emails(&page), ["devorah@lindenbaum-consult.example"]);
    assert_eq!(phones(&page), ["(917) 555-0133"]);
    let title = page.profile.title.as_deref();
    assert_eq!(title, Some("Speech-Language Pathologist"));
    let company = page.profile.company.as_deref();
    assert_eq!(company, Some("Ocean Parkway Therapy Group"));
    assert!(page.profile.resume_url.is_some());
}

#[test]
fn addresses_of_other_people_are_dropped() {
    let url = "https://www.jopwell.com/v/8a77/candidate-view";
    let own = "devorah@lindenbaum-consult.example";
    let readings: &[(&str, &[(&str, &str)])] = &[
        ("heading", &[("Devorah Lindenbaum, MS, CCC-SLP", "")]),
        (
            "links",
            &[
                ("mailto:devorah@lindenbaum-consult.example", "E-mail"),
                ("mailto:shosh@adler.example", "E-mail"),
            ],
        ),
    ];
    let page = profile_of(&seen("profiles/aria-only-no-headings", url, readings));
    assert_eq!(emails(&page), [own]);
}

#[test]
fn evidence_about_somebody_else_adds_nothing() {
    let url = "https://www.jopwell.com/v/8a77/candidate-view";
    let readings: &[(&str, &[(&str, &str)])] = &[
        ("heading", &[("Imani Okafor", "")]),
        ("controls", &[("Message", "")]),
    ];
    let page = profile_of(&seen("profiles/aria-only-no-headings", url, readings));
    assert_eq!(page.name.full(), "Imani Okafor");
    assert!(emails(&page).is_empty() && phones(&page).is_empty());
    assert_eq!(page.profile.title, None);
}

#[test]
fn broken_descriptions_are_nothing() {
    for page in ["", "1", "2\u{1f}x\u{1e}", "1\u{1f}\u{1e}9\u{1f}h1\u{1e}"] {
        let seen = Seen {
            url: "https://www.jopwell.com/x".into(),
            page: Some(page.into()),
            ..Seen::default()
        };
        assert_eq!(recognise(&seen, None), Page::Nothing);
    }
}

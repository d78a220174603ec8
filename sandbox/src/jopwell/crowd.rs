//! Any number of further people, the same in every run.

use super::model::{Jopwell, MAX_CANDIDATES, Profile, Variant};
use super::seed::{phones, profile, texts};

/// Adds people until there are `count`, or [`MAX_CANDIDATES`].
pub fn grow(jopwell: &mut Jopwell, count: usize) {
    for index in jopwell.candidates.len()..count.min(MAX_CANDIDATES) {
        jopwell.add(generated(index));
    }
}

/// Returns the same person for the same `index`.
fn generated(index: usize) -> Profile {
    const GIVEN: [&str; 20] = [
        "Jada", "Tyrone", "Lucía", "Mei", "Omar", "Keisha", "Diego", "Anaya", "Malik", "Rosa",
        "Andre", "Leilani", "Xavier", "Zainab", "Elijah", "Camila", "Darius", "Nia", "Rafael",
        "Simone",
    ];
    const FAMILY: [&str; 17] = [
        "Washington",
        "Rivera",
        "Nakamura",
        "Begay",
        "Hassan",
        "Coleman",
        "Ortiz",
        "Sharma",
        "Freeman",
        "Castillo",
        "Baptiste",
        "Kahale",
        "Tran",
        "Abara",
        "Jenkins",
        "Morales",
        "Diallo",
    ];
    const WORK: [(&str, &str); 6] = [
        ("Project Manager", "Cobalt Builders"),
        ("Software Engineer", "Finch & Co"),
        ("Marketing Associate", "Sunbeam Foods"),
        ("Nurse Educator", "Lakeside Clinic"),
        ("Business Analyst", "Harbor Freight Data"),
        ("Recruiting Coordinator", "Willow Works"),
    ];
    let pick = |list: &[&'static str], by: usize| {
        list.get(by % list.len().max(1))
            .copied()
            .unwrap_or_default()
    };
    let (given, family) = (pick(&GIVEN, index), pick(&FAMILY, index / 3 + index));
    let (title, company) = WORK.get(index % WORK.len()).copied().unwrap_or_default();
    Profile {
        emails: vec![format!("person{index}@mail.example")],
        phones: phones(&[("+1 555 555 0100", "Mobile")]),
        has_resume: !index.is_multiple_of(4),
        skills: texts(&["Teamwork", "Spreadsheets"]),
        ..profile(
            Variant::Classic,
            (&format!("{given} {family}"), given, family),
            title,
            company,
            "Chicago, IL",
        )
    }
}

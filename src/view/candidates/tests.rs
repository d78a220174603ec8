//! Tests of the candidates' table.

use super::*;
use atsi_protocol::{
    ApplicationStatus, CandidateStatus, InGreenhouse, Millis, Problem, ProblemCode, SendState,
    WaitReason,
};

const SENT: Millis = 1_790_000_000_000;

fn application(job: Option<&str>, stage: Option<&str>, status: &str) -> ApplicationStatus {
    ApplicationStatus {
        application_id: 1,
        job: job.map(str::to_owned),
        status: status.into(),
        stage: stage.map(str::to_owned),
        pool: None,
        since: None,
    }
}

fn there() -> InGreenhouse {
    InGreenhouse {
        candidate_id: 61_002,
        application_id: None,
        profile_url: "https://app.greenhouse.io/people/61002".into(),
    }
}

fn candidate(id: &str, job: Option<&str>, stage: Option<&str>, status: &str) -> KnownCandidate {
    KnownCandidate {
        external_id: id.into(),
        idempotency_key: "k".into(),
        sent_at: SENT,
        sent_by: Some("Ada Park".into()),
        send: SendState::Created(there()),
        status: Some(CandidateStatus {
            read_at: SENT + 1_000,
            route: None,
            readable: true,
            merged: false,
            applications: vec![application(job, stage, status)],
        }),
        on_jopwell: None,
        waiting: Vec::new(),
    }
}

fn table(candidates: Vec<KnownCandidate>) -> Candidates {
    let mut table = Candidates::new(str::to_lowercase);
    for candidate in candidates {
        table.push(candidate);
    }
    table
}

/// The place of a column in the table, by its title.
fn column(title: &str) -> usize {
    in_table()
        .position(|column| column.title() == title)
        .unwrap()
}

fn cell<'a>(table: &'a Candidates, place: usize, title: &str) -> Cell<'a> {
    let column = in_table().nth(column(title)).unwrap();
    column.cell(table.shown_row(place).unwrap())
}

fn ids(table: &Candidates) -> Vec<&str> {
    (0..table.shown())
        .map(|place| match cell(table, place, "Jopwell ID") {
            Cell::Link { text, .. } => text,
            other => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn sorting_puts_numbers_before_texts_and_reverses_on_second_click() {
    let job = |id, job| candidate(id, job, None, "active");
    let mut table = table(vec![
        job("103", Some("Writer")),
        job("/people/maya", None),
        job("20", Some("Analyst")),
    ]);
    table.sort_by(column("Jopwell ID"));
    assert_eq!(ids(&table), ["20", "103", "/people/maya"]);
    table.sort_by(column("Jopwell ID"));
    assert_eq!(ids(&table), ["/people/maya", "103", "20"]);
    table.sort_by(column("Job"));
    assert_eq!(ids(&table), ["20", "103", "/people/maya"]);
    table.sort_by(column("Sent"));
    assert!(table.is_in_order_of_pages());
    assert_eq!(ids(&table), ["103", "/people/maya", "20"]);
}

#[test]
fn search_and_filters_narrow_the_rows() {
    let mut table = table(vec![
        candidate("1", Some("Data Analyst; Writer"), Some("Offer"), "active"),
        candidate("2", Some("Writer"), Some("Phone Screen"), "active"),
        candidate("3", Some("Écrivain"), None, "rejected"),
    ]);
    table.search("WRITER offer");
    assert_eq!(ids(&table), ["1"]);
    table.search("écriv");
    assert_eq!(ids(&table), ["3"]);
    table.search("");
    table.filter("Active", "Writer");
    assert_eq!(ids(&table), ["1", "2"]);
    table.filter("Rejected", "");
    assert_eq!(ids(&table), ["3"]);
    // What comes later is filtered too.
    table.push(candidate("4", None, None, "rejected"));
    table.push(candidate("5", None, None, "active"));
    assert_eq!(ids(&table), ["3", "4"]);
    assert_eq!(table.len(), 5);
    assert_eq!(table.choices().1, ["Data Analyst", "Writer", "Écrivain"]);
}

#[test]
fn chosen_filter_stays_a_choice_when_no_candidate_matches() {
    let mut table = table(vec![candidate("1", Some("Writer"), None, "hired")]);
    table.filter("Hired", "Writer");
    // Read anew, and the first page has nobody of them.
    table.clear();
    table.push(candidate("2", Some("Analyst"), None, "rejected"));
    let (statuses, jobs) = table.choices();
    assert_eq!(statuses, ["Hired", "Rejected"]);
    assert_eq!(jobs, ["Analyst", "Writer"]);
}

#[test]
fn empty_cells_sort_last_and_equal_ones_keep_their_order() {
    let read = |id: &str, read_at: Option<Millis>| {
        let mut one = candidate(id, None, None, "active");
        one.status = one
            .status
            .zip(read_at)
            .map(|(status, read_at)| CandidateStatus { read_at, ..status });
        one
    };
    let mut table = table(vec![
        read("1", None),
        read("2", Some(SENT)),
        read("3", Some(SENT + 1)),
        read("4", Some(SENT)),
        read("5", None),
    ]);
    // The newest first.
    table.sort_by(column("Status updated"));
    assert_eq!(ids(&table), ["3", "2", "4", "1", "5"]);
    table.sort_by(column("Status updated"));
    assert_eq!(ids(&table), ["2", "4", "3", "1", "5"]);
}

#[test]
fn status_column_names_each_state() {
    let with = |send: SendState| KnownCandidate {
        send,
        ..candidate("1", None, None, "active")
    };
    let unreadable = |merged| KnownCandidate {
        status: Some(CandidateStatus {
            read_at: SENT,
            route: None,
            readable: false,
            merged,
            applications: Vec::new(),
        }),
        ..with(SendState::Existing(there()))
    };
    let waiting = SendState::Waiting {
        reason: WaitReason::Sending,
        retry_at: None,
    };
    let refused = SendState::Refused {
        problem: Problem::new(ProblemCode::GreenhouseRefused),
    };
    let mut several = candidate("1", None, Some("Offer"), "rejected");
    if let Some(status) = &mut several.status {
        status
            .applications
            .push(application(None, Some("Offer"), "active"));
        status.applications.push(application(None, None, "active"));
    }
    let unread = KnownCandidate {
        status: None,
        ..candidate("1", None, None, "active")
    };
    for (candidate, word) in [
        (with(waiting), "Waiting"),
        (with(refused), "Not sent"),
        (
            with(SendState::Uncertain { since: SENT }),
            "Check in Greenhouse",
        ),
        (unreadable(true), "Merged"),
        (unreadable(false), "Not available"),
        (unread, "In Greenhouse"),
        (several, "Active"),
        (candidate("1", None, Some("Offer"), "active"), "Active"),
        (candidate("1", None, None, "active"), "Prospect"),
        (candidate("1", None, None, "hired"), "Hired"),
        (candidate("1", None, None, "rejected"), "Rejected"),
        (candidate("1", None, None, "archived"), "archived"),
    ] {
        let table = table(vec![candidate]);
        assert_eq!(cell(&table, 0, "Status"), Cell::Text(word));
    }
}

#[test]
fn jopwell_id_links_only_when_it_is_a_path() {
    for (id, href) in [
        ("/people/maya", "https://www.jopwell.com/people/maya"),
        ("//evil.example/x", ""),
        ("1029", ""),
    ] {
        let table = table(vec![candidate(id, None, None, "active")]);
        let Cell::Link { href: found, .. } = cell(&table, 0, "Jopwell ID") else {
            panic!("no link")
        };
        assert_eq!(found, href);
    }
}

#[test]
fn csv_cell_that_looks_like_a_formula_is_escaped() {
    let mut table = table(vec![
        candidate(
            "=1+1",
            Some("a \"quoted\", job\nof two lines"),
            Some("+49"),
            "active",
        ),
        candidate("5", Some(" @SUM(A1)"), Some("-"), "active"),
        candidate("6", Some("＝1"), Some("plain"), "active"),
    ]);
    table.search("a");
    let csv: String = table.csv().collect();
    let body = csv.strip_prefix('\u{feff}').unwrap();
    let lines: Vec<&str> = body.split("\r\n").collect();
    assert!(lines[0].starts_with("\"Jopwell ID\",\"Greenhouse ID\",\"Job\","));
    let time = "\"2026-09-21T14:13:20Z\",\"2026-09-21T14:13:21Z\"";
    let rest =
        format!("\"Active\",\"Ada Park\",{time},\"\",\"https://app.greenhouse.io/people/61002\"");
    assert_eq!(
        lines[1],
        format!("\"'=1+1\",\"61002\",\"a \"\"quoted\"\", job\nof two lines\",\"'+49\",{rest}")
    );
    assert_eq!(
        lines[2],
        format!("\"5\",\"61002\",\"' @SUM(A1)\",\"'-\",{rest}")
    );
    assert_eq!(
        lines[3],
        format!("\"6\",\"61002\",\"'＝1\",\"plain\",{rest}")
    );
    assert_eq!(lines[4..], [""]);
}

//! *All Jopwell candidates*: everybody whom the company sent, to sort, filter, search and take along.

use atsi_protocol::{ApplicationStatus, Millis};
use std::collections::BinaryHeap;

/// A column of the table, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Jopwell,
    Greenhouse,
    Job,
    Stage,
    Status,
    SentBy,
    Sent,
    Read,
}

pub const COLUMNS: [(Column, &str); 8] = [
    (Column::Jopwell, key!("Jopwell id")),
    (Column::Greenhouse, key!("Greenhouse id")),
    (Column::Job, key!("Job")),
    (Column::Stage, key!("Stage")),
    (Column::Status, key!("Status")),
    (Column::SentBy, key!("Sent by")),
    (Column::Sent, key!("Sent")),
    (Column::Read, key!("Status read")),
];

/// What stands in a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    Text(&'a str),
    Link { text: &'a str, href: &'a str },
    Time(Option<Millis>),
}

/// What the table needs of a candidate of `GET /v1/candidates`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub external_id: String,
    pub sent_at: Millis,
    pub sent_by: String,
    /// The name of a state of `SendState`.
    pub state: String,
    pub candidate_id: Option<u64>,
    pub profile_url: String,
    pub read_at: Option<Millis>,
    /// False where Greenhouse no longer shows the candidate.
    pub readable: bool,
    pub merged: bool,
    pub applications: Vec<ApplicationStatus>,
}

#[derive(Debug)]
struct Row {
    jopwell_id: String,
    /// Empty where the id is none of an address.
    jopwell_page: String,
    greenhouse_id: String,
    greenhouse_page: String,
    job: String,
    stage: String,
    status: String,
    sent_by: String,
    sent_at: Millis,
    read_at: Option<Millis>,
    /// Its texts in lower case, for the search.
    found_by: String,
}

#[derive(Debug)]
pub struct Candidates {
    /// A text in lower case: the browser has the tables that this takes.
    to_lower_case: fn(&str) -> String,
    rows: Vec<Row>,
    /// Those that are shown, by their place in `rows`, in the order in which they are.
    shown: Vec<usize>,
    sort: (Column, bool),
    query: String,
    status: String,
    job: String,
}

impl Candidates {
    #[must_use]
    pub fn new(to_lower_case: fn(&str) -> String) -> Self {
        Self {
            to_lower_case,
            rows: Vec::new(),
            shown: Vec::new(),
            sort: (Column::Sent, true),
            query: String::new(),
            status: String::new(),
            job: String::new(),
        }
    }

    /// Adds somebody. The order is made anew by [`Self::arrange`] only, unless it is that
    /// in which the pages come.
    pub fn push(&mut self, entry: Entry) {
        let row = Row::new(entry, self.to_lower_case);
        if self.shows(&row) {
            self.shown.push(self.rows.len());
        }
        self.rows.push(row);
    }

    /// Forgets everybody, and keeps what was chosen.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.shown.clear();
    }

    /// Newest first, as the pages come.
    #[must_use]
    pub fn is_in_order_of_pages(&self) -> bool {
        self.sort == (Column::Sent, true)
    }

    /// Shows those in whom every word of `query` is found.
    pub fn search(&mut self, query: &str) {
        self.query = (self.to_lower_case)(query);
        self.arrange();
    }

    /// Shows those with this status and this job only; empty is any.
    pub fn filter(&mut self, status: &str, job: &str) {
        status.clone_into(&mut self.status);
        job.clone_into(&mut self.job);
        self.arrange();
    }

    /// By another column; by the same once more: the other way round.
    pub fn sort_by(&mut self, column: Column) {
        let (last, descending) = self.sort;
        let dates_first_new = matches!(column, Column::Sent | Column::Read);
        self.sort = (
            column,
            if column == last {
                !descending
            } else {
                dates_first_new
            },
        );
        self.arrange();
    }

    /// The column and whether it goes down.
    #[must_use]
    pub fn sort(&self) -> (Column, bool) {
        self.sort
    }

    pub fn arrange(&mut self) {
        let mut shown = Vec::with_capacity(self.rows.len());
        shown.extend(
            (0..self.rows.len())
                .filter(|&index| self.row(index).is_some_and(|row| self.shows(row))),
        );
        if !self.is_in_order_of_pages() {
            let (column, descending) = self.sort;
            let keyed: BinaryHeap<(Key<'_>, usize)> = shown
                .iter()
                .filter_map(|&index| Some((self.row(index)?.key(column), index)))
                .collect();
            // A heap takes a quarter of the room that a sort takes in the module.
            let mut keyed = keyed.into_sorted_vec();
            if descending {
                // Who has nothing there stays last, and equals stay as the pages come.
                let filled = keyed.partition_point(|(key, _)| *key < Key::Nothing);
                if let Some(filled) = keyed.get_mut(..filled) {
                    filled.reverse();
                    for equals in filled.chunk_by_mut(|(one, _), (other, _)| one == other) {
                        equals.reverse();
                    }
                }
            }
            shown = keyed.into_iter().map(|(_, index)| index).collect();
        }
        self.shown = shown;
    }

    fn row(&self, index: usize) -> Option<&Row> {
        self.rows.get(index)
    }

    fn shows(&self, row: &Row) -> bool {
        (self.status.is_empty() || row.status == self.status)
            && (self.job.is_empty() || row.job.split(SEVERAL).any(|job| job == self.job))
            && self
                .query
                .split_whitespace()
                .all(|word| row.found_by.contains(word))
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    #[must_use]
    pub fn shown(&self) -> usize {
        self.shown.len()
    }

    /// The cells of the row at a place among those shown.
    #[must_use]
    pub fn cells(&self, place: usize) -> Option<[Cell<'_>; 8]> {
        Some(self.row(*self.shown.get(place)?)?.cells())
    }

    /// Every status and every job that there is, to filter by, and what is chosen.
    #[must_use]
    pub fn choices(&self) -> (Vec<&str>, Vec<&str>) {
        (
            sorted(
                (self.rows.iter().map(|row| &*row.status)).chain(std::iter::once(&*self.status)),
            ),
            sorted(
                (self.rows.iter().flat_map(|row| row.job.split(SEVERAL)))
                    .chain(std::iter::once(&*self.job)),
            ),
        )
    }

    /// What is shown, as CSV in the sense of RFC 4180, in parts of a few thousand rows.
    pub fn csv(&self) -> impl Iterator<Item = String> {
        let head = COLUMNS.map(|(_, title)| crate::language::text(title));
        let mut first = "\u{feff}".to_owned();
        write_line(
            &mut first,
            head.into_iter()
                .chain([say!("Jopwell page"), say!("Greenhouse page")]),
        );
        let parts = self.shown.chunks(2_000).map(|part| {
            let mut lines = String::new();
            for row in part.iter().filter_map(|&index| self.row(index)) {
                let (sent, read) = (iso(row.sent_at), row.read_at.map(iso));
                let cells = [
                    &row.jopwell_id,
                    &row.greenhouse_id,
                    &row.job,
                    &row.stage,
                    &row.status,
                    &row.sent_by,
                    &sent,
                    read.as_deref().unwrap_or_default(),
                    &row.jopwell_page,
                    &row.greenhouse_page,
                ];
                write_line(&mut lines, cells.into_iter());
            }
            lines
        });
        std::iter::once(first).chain(parts)
    }
}

/// A few distinct texts among many, in order.
fn sorted<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut all = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        if let Err(place) = all.binary_search(&text) {
            all.insert(place, text);
        }
    }
    all
}

/// Between the jobs of somebody with several, and between their stages.
const SEVERAL: &str = "; ";

/// The address of somebody's page; empty where the id is none of an address.
pub(super) fn jopwell_page(id: &str) -> String {
    match id.starts_with('/') && !id.starts_with("//") {
        true => format!("https://www.jopwell.com{id}"),
        false => String::new(),
    }
}

/// What rows are sorted by: numbers before texts.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Number(u64),
    Text(&'a str),
    Nothing,
}

impl Row {
    fn new(entry: Entry, to_lower_case: fn(&str) -> String) -> Self {
        let joined = |part: fn(&ApplicationStatus) -> Option<&str>| {
            let parts: Vec<&str> = entry.applications.iter().filter_map(part).collect();
            parts.join(SEVERAL)
        };
        let id = &entry.external_id;
        let mut row = Self {
            jopwell_page: jopwell_page(id),
            greenhouse_id: entry
                .candidate_id
                .map(|id| id.to_string())
                .unwrap_or_default(),
            job: joined(|application| application.job.as_deref()),
            stage: joined(|application| application.stage.as_deref()),
            status: standing(&entry).to_owned(),
            jopwell_id: entry.external_id,
            greenhouse_page: entry.profile_url,
            sent_by: entry.sent_by,
            sent_at: entry.sent_at,
            read_at: entry.read_at,
            found_by: String::new(),
        };
        let found_by = [
            &*row.jopwell_id,
            &row.greenhouse_id,
            &row.job,
            &row.stage,
            &row.status,
            &row.sent_by,
        ];
        row.found_by = to_lower_case(&found_by.join("\n"));
        row
    }

    fn cells(&self) -> [Cell<'_>; 8] {
        [
            Cell::Link {
                text: &self.jopwell_id,
                href: &self.jopwell_page,
            },
            Cell::Link {
                text: &self.greenhouse_id,
                href: &self.greenhouse_page,
            },
            Cell::Text(&self.job),
            Cell::Text(&self.stage),
            Cell::Text(&self.status),
            Cell::Text(&self.sent_by),
            Cell::Time(Some(self.sent_at)),
            Cell::Time(self.read_at),
        ]
    }

    fn key(&self, column: Column) -> Key<'_> {
        let words = match column {
            Column::Sent => return Key::Number(self.sent_at),
            Column::Read => return self.read_at.map_or(Key::Nothing, Key::Number),
            Column::Jopwell => &self.jopwell_id,
            Column::Greenhouse => &self.greenhouse_id,
            Column::Job => &self.job,
            Column::Stage => &self.stage,
            Column::Status => &self.status,
            Column::SentBy => &self.sent_by,
        };
        match words.parse() {
            _ if words.is_empty() => Key::Nothing,
            Ok(number) => Key::Number(number),
            Err(_) => Key::Text(words),
        }
    }
}

/// How somebody stands, in a few words: the application that is furthest, where there are several.
fn standing(entry: &Entry) -> &str {
    match &*entry.state {
        "waiting" => return say!("Waiting"),
        "refused" => return say!("Not sent"),
        "uncertain" => return say!("Check in Greenhouse"),
        _ if !entry.readable && entry.merged => return say!("Merged"),
        _ if !entry.readable => return say!("Not readable"),
        _ => {}
    }
    let mut word = say!("In Greenhouse");
    let mut furthest = 0;
    for application in &entry.applications {
        let (rank, words) = match (&*application.status, &application.stage) {
            ("hired", _) => (5, say!("Hired")),
            ("active", Some(_)) => (4, say!("Active")),
            ("active", None) => (3, say!("Prospect")),
            ("rejected", _) => (1, say!("Rejected")),
            (other, _) => (2, other),
        };
        if rank > furthest {
            (furthest, word) = (rank, words);
        }
    }
    word
}

/// Quoted throughout. A cell that a spreadsheet would take for a formula begins with an apostrophe.
/// Source: OWASP, CSV Injection.
fn write_line<'a>(to: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (index, cell) in cells.enumerate() {
        to.push_str(if index == 0 { "\"" } else { ",\"" });
        let dangerous = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
        if cell
            .trim_start_matches([' ', '"', '\''])
            .starts_with(dangerous)
        {
            to.push('\'');
        }
        for c in cell.chars() {
            if c == '"' {
                to.push('"');
            }
            to.push(c);
        }
        to.push('"');
    }
    to.push_str("\r\n");
}

/// A moment as RFC 3339 has it, in UTC. Source of the calendar: Howard Hinnant, `civil_from_days`.
fn iso(at: Millis) -> String {
    let (days, seconds) = (at / 86_400_000, at / 1_000 % 86_400);
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 {
        month_from_march + 3
    } else {
        month_from_march - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
    format!(
        "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{:02}Z",
        seconds % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENT: Millis = 1_790_000_000_000;

    fn candidate(id: &str, job: Option<&str>, stage: Option<&str>, status: &str) -> Entry {
        Entry {
            external_id: id.into(),
            sent_at: SENT,
            sent_by: "Ada Park".into(),
            state: "created".into(),
            candidate_id: Some(61_002),
            profile_url: "https://app.greenhouse.io/people/61002".into(),
            read_at: Some(SENT + 1_000),
            readable: true,
            merged: false,
            applications: vec![ApplicationStatus {
                application_id: 1,
                job: job.map(str::to_owned),
                status: status.into(),
                stage: stage.map(str::to_owned),
                pool: None,
                since: None,
            }],
        }
    }

    fn table(entries: Vec<Entry>) -> Candidates {
        let mut table = Candidates::new(str::to_lowercase);
        entries.into_iter().for_each(|entry| table.push(entry));
        table
    }

    fn ids(table: &Candidates) -> Vec<&str> {
        (0..table.shown())
            .map(|place| match table.cells(place).unwrap()[0] {
                Cell::Link { text, .. } => text,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn sorted_by_number_then_text_then_nothing_and_the_other_way_round() {
        let job = |id, job| candidate(id, job, None, "active");
        let mut table = table(vec![
            job("103", Some("Writer")),
            job("/people/maya", None),
            job("20", Some("Analyst")),
        ]);
        table.sort_by(Column::Jopwell);
        assert_eq!(ids(&table), ["20", "103", "/people/maya"]);
        table.sort_by(Column::Jopwell);
        assert_eq!(ids(&table), ["/people/maya", "103", "20"]);
        table.sort_by(Column::Job);
        assert_eq!(ids(&table), ["20", "103", "/people/maya"]);
        table.sort_by(Column::Sent);
        assert!(table.is_in_order_of_pages());
        assert_eq!(ids(&table), ["103", "/people/maya", "20"]);
    }

    #[test]
    fn found_by_every_word_and_filtered_by_status_and_job() {
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
    fn what_is_chosen_stays_a_choice_while_nobody_has_it() {
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
    fn who_has_nothing_there_stands_last_and_equals_stay_as_the_pages_come() {
        let read = |id: &str, read_at| Entry {
            read_at,
            ..candidate(id, None, None, "active")
        };
        let mut table = table(vec![
            read("1", None),
            read("2", Some(SENT)),
            read("3", Some(SENT + 1)),
            read("4", Some(SENT)),
            read("5", None),
        ]);
        // The newest first.
        table.sort_by(Column::Read);
        assert_eq!(ids(&table), ["3", "2", "4", "1", "5"]);
        table.sort_by(Column::Read);
        assert_eq!(ids(&table), ["2", "4", "3", "1", "5"]);
    }

    #[test]
    fn each_state_has_its_word() {
        let with = |state: &str| Entry {
            state: state.into(),
            ..candidate("1", None, None, "active")
        };
        let unreadable = Entry {
            readable: false,
            ..with("existing")
        };
        let merged = Entry {
            readable: false,
            merged: true,
            ..with("existing")
        };
        let mut several = candidate("1", None, Some("Offer"), "rejected");
        several
            .applications
            .extend(candidate("1", None, Some("Offer"), "active").applications);
        several
            .applications
            .extend(candidate("1", None, None, "active").applications);
        for (candidate, word) in [
            (with("waiting"), "Waiting"),
            (with("refused"), "Not sent"),
            (with("uncertain"), "Check in Greenhouse"),
            (merged, "Merged"),
            (unreadable, "Not readable"),
            (several, "Active"),
            (candidate("1", None, Some("Offer"), "active"), "Active"),
            (candidate("1", None, None, "active"), "Prospect"),
            (candidate("1", None, None, "hired"), "Hired"),
            (candidate("1", None, None, "rejected"), "Rejected"),
            (candidate("1", None, None, "archived"), "archived"),
        ] {
            let table = table(vec![candidate]);
            assert_eq!(table.cells(0).unwrap()[4], Cell::Text(word));
        }
    }

    #[test]
    fn a_path_leads_to_jopwell_and_an_id_does_not() {
        for (id, href) in [
            ("/people/maya", "https://www.jopwell.com/people/maya"),
            ("//evil.example/x", ""),
            ("1029", ""),
        ] {
            let table = table(vec![candidate(id, None, None, "active")]);
            let Cell::Link { href: found, .. } = table.cells(0).unwrap()[0] else {
                panic!("no link")
            };
            assert_eq!(found, href);
        }
    }

    #[test]
    fn a_spreadsheet_takes_no_cell_for_a_formula() {
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
        assert!(lines[0].starts_with("\"Jopwell id\",\"Greenhouse id\",\"Job\","));
        let time = "\"2026-09-21T14:13:20Z\",\"2026-09-21T14:13:21Z\"";
        let rest = format!(
            "\"Active\",\"Ada Park\",{time},\"\",\"https://app.greenhouse.io/people/61002\""
        );
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

    #[test]
    fn moments_are_written_in_utc() {
        for (at, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399_000, "2000-02-28T23:59:59Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(iso(at), text);
        }
    }
}

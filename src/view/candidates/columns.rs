//! The columns of *All candidates*, on the screen and in the file, and what a row holds for them.

use atsi_protocol::{ApplicationStatus, KnownCandidate, Millis, SendState};

/// One column. To add one, add it to [`COLUMNS`]: table, sorting and CSV follow.
pub struct Column {
    title: &'static str,
    pub place: Place,
    pub width: Width,
    pub order: Order,
    cell: for<'a> fn(&'a CandidateRow) -> Cell<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Table,
    /// In the CSV only; the table has it as a link of another column.
    File,
}

/// How wide a column is; `pages.css` has a class for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    Even,
    Number,
    Long,
    Moment,
}

/// The first sorting by a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Ascending,
    /// Of moments: the latest first.
    Descending,
    /// Latest first, as the proxy's pages come already.
    AsThePagesCome,
}

/// The content of a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    Text(&'a str),
    /// A text that leads to an address; without one where `href` is empty.
    Link {
        text: &'a str,
        href: &'a str,
    },
    Time(Option<Millis>),
}

/// In the order of the table, and of the file.
pub static COLUMNS: [Column; 10] = [
    Column {
        title: key!("Jopwell ID"),
        place: Place::Table,
        width: Width::Even,
        order: Order::Ascending,
        cell: |row| Cell::Link {
            text: &row.jopwell_id,
            href: &row.jopwell_page,
        },
    },
    Column {
        title: key!("Greenhouse ID"),
        place: Place::Table,
        width: Width::Number,
        order: Order::Ascending,
        cell: |row| Cell::Link {
            text: &row.greenhouse_id,
            href: &row.greenhouse_page,
        },
    },
    Column {
        title: key!("Job"),
        place: Place::Table,
        width: Width::Long,
        order: Order::Ascending,
        cell: |row| Cell::Text(&row.job),
    },
    Column {
        title: key!("Stage"),
        place: Place::Table,
        width: Width::Even,
        order: Order::Ascending,
        cell: |row| Cell::Text(&row.stage),
    },
    Column {
        title: key!("Status"),
        place: Place::Table,
        width: Width::Even,
        order: Order::Ascending,
        cell: |row| Cell::Text(&row.status),
    },
    Column {
        title: key!("Sent by"),
        place: Place::Table,
        width: Width::Even,
        order: Order::Ascending,
        cell: |row| Cell::Text(&row.sent_by),
    },
    Column {
        title: key!("Sent"),
        place: Place::Table,
        width: Width::Moment,
        order: Order::AsThePagesCome,
        cell: |row| Cell::Time(Some(row.sent_at)),
    },
    Column {
        title: key!("Status updated"),
        place: Place::Table,
        width: Width::Moment,
        order: Order::Descending,
        cell: |row| Cell::Time(row.read_at),
    },
    Column {
        title: key!("Jopwell page"),
        place: Place::File,
        width: Width::Even,
        order: Order::Ascending,
        cell: |row| Cell::Text(&row.jopwell_page),
    },
    Column {
        title: key!("Greenhouse page"),
        place: Place::File,
        width: Width::Even,
        order: Order::Ascending,
        cell: |row| Cell::Text(&row.greenhouse_page),
    },
];

/// The columns on the screen.
pub fn in_table() -> impl Iterator<Item = &'static Column> {
    COLUMNS.iter().filter(|column| column.place == Place::Table)
}

impl Column {
    #[must_use]
    pub fn title(&self) -> &'static str {
        crate::language::text(self.title)
    }

    #[must_use]
    pub fn cell<'a>(&self, row: &'a CandidateRow) -> Cell<'a> {
        (self.cell)(row)
    }

    /// What a row is sorted by in this column.
    pub(super) fn sort_key<'a>(&self, row: &'a CandidateRow) -> SortKey<'a> {
        let text = match self.cell(row) {
            Cell::Time(at) => return at.map_or(SortKey::Nothing, SortKey::Number),
            Cell::Text(text) | Cell::Link { text, .. } => text,
        };
        match text.parse() {
            _ if text.is_empty() => SortKey::Nothing,
            Ok(number) => SortKey::Number(number),
            Err(_) => SortKey::Text(text),
        }
    }
}

impl Width {
    /// The class of its cells.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Self::Even => "",
            Self::Number => "number",
            Self::Long => "long",
            Self::Moment => "moment",
        }
    }
}

/// Numbers before texts, and empty cells last.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SortKey<'a> {
    Number(u64),
    Text(&'a str),
    Nothing,
}

/// A candidate as the table and the file show them.
#[derive(Debug)]
pub struct CandidateRow {
    jopwell_id: String,
    /// Empty where the id is not the path of a page.
    jopwell_page: String,
    greenhouse_id: String,
    greenhouse_page: String,
    pub(super) job: String,
    stage: String,
    pub(super) status: String,
    sent_by: String,
    sent_at: Millis,
    read_at: Option<Millis>,
    /// Its texts in lower case, for the search.
    pub(super) search_text: String,
}

/// Between the jobs of a candidate with several, and between their stages.
pub(super) const SEPARATOR: &str = "; ";

impl CandidateRow {
    pub(super) fn new(candidate: KnownCandidate, to_lower_case: fn(&str) -> String) -> Self {
        let status = status_of(&candidate).to_owned();
        let (greenhouse_id, greenhouse_page) = match candidate.send {
            SendState::Created(there) | SendState::Existing(there) => {
                (there.candidate_id.to_string(), there.profile_url)
            }
            _ => Default::default(),
        };
        let applications =
            (candidate.status.as_ref()).map_or(&[][..], |status| &status.applications);
        let joined = |part: fn(&ApplicationStatus) -> Option<&str>| {
            let parts: Vec<&str> = applications.iter().filter_map(part).collect();
            parts.join(SEPARATOR)
        };
        let mut row = Self {
            jopwell_page: jopwell_page(&candidate.external_id),
            greenhouse_id,
            greenhouse_page,
            job: joined(|application| application.job.as_deref()),
            stage: joined(|application| application.stage.as_deref()),
            status,
            sent_by: candidate.sent_by.unwrap_or_default(),
            sent_at: candidate.sent_at,
            read_at: candidate.status.as_ref().map(|status| status.read_at),
            jopwell_id: candidate.external_id,
            search_text: String::new(),
        };
        let texts = [
            &*row.jopwell_id,
            &row.greenhouse_id,
            &row.job,
            &row.stage,
            &row.status,
            &row.sent_by,
        ];
        row.search_text = to_lower_case(&texts.join("\n"));
        row
    }
}

/// The address of a candidate's page on Jopwell; empty where the id is not the path of one.
pub(in crate::view) fn jopwell_page(id: &str) -> String {
    match id.starts_with('/') && !id.starts_with("//") {
        true => format!("https://www.jopwell.com{id}"),
        false => String::new(),
    }
}

/// A candidate's status in a few words: of several applications, the one that is furthest.
fn status_of(candidate: &KnownCandidate) -> &str {
    match &candidate.send {
        SendState::Waiting { .. } => return say!("Waiting"),
        SendState::Refused { .. } => return say!("Not sent"),
        SendState::Uncertain { .. } => return say!("Check in Greenhouse"),
        SendState::Created(_) | SendState::Existing(_) => {}
    }
    let Some(status) = &candidate.status else {
        return say!("In Greenhouse");
    };
    if !status.readable {
        return match status.merged {
            true => say!("Merged"),
            false => say!("Not available"),
        };
    }
    let mut words = say!("In Greenhouse");
    let mut furthest = 0;
    for application in &status.applications {
        let (rank, word) = match (&*application.status, &application.stage) {
            ("hired", _) => (5, say!("Hired")),
            ("active", Some(_)) => (4, say!("Active")),
            ("active", None) => (3, say!("Prospect")),
            ("rejected", _) => (1, say!("Rejected")),
            (other, _) => (2, other),
        };
        if rank > furthest {
            (furthest, words) = (rank, word);
        }
    }
    words
}

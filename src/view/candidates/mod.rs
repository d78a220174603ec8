//! *All candidates*: everyone the company sent, to search, filter, sort and export.

mod columns;
mod csv;
#[cfg(test)]
mod tests;

pub(super) use columns::jopwell_page;
pub use columns::{CandidateRow, Cell, Column, Order, Width, in_table};

use atsi_protocol::KnownCandidate;
use columns::{COLUMNS, SEPARATOR, SortKey};

#[derive(Debug)]
pub struct Candidates {
    /// Of the browser, which has the Unicode tables for it.
    to_lower_case: fn(&str) -> String,
    rows: Vec<CandidateRow>,
    /// Places in `rows` of those that are shown, in the order shown.
    shown: Vec<usize>,
    /// Place in `COLUMNS`, and whether descending.
    sort: (usize, bool),
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
            sort: (
                (COLUMNS.iter())
                    .position(|column| column.order == Order::AsThePagesCome)
                    .unwrap_or_default(),
                true,
            ),
            query: String::new(),
            status: String::new(),
            job: String::new(),
        }
    }

    /// Adds a candidate. Unless the order is that in which the pages come, only [`Self::arrange`] restores it.
    pub fn push(&mut self, candidate: KnownCandidate) {
        let row = CandidateRow::new(candidate, self.to_lower_case);
        if self.shows(&row) {
            self.shown.push(self.rows.len());
        }
        self.rows.push(row);
    }

    /// Removes all candidates, and keeps search, filters and order.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.shown.clear();
    }

    /// Newest first, as the pages come.
    #[must_use]
    pub fn is_in_order_of_pages(&self) -> bool {
        let (column, descending) = self.sort;
        descending
            && (COLUMNS.get(column)).is_some_and(|column| column.order == Order::AsThePagesCome)
    }

    /// Shows the candidates whose texts contain every word of `query`.
    pub fn search(&mut self, query: &str) {
        self.query = (self.to_lower_case)(query);
        self.arrange();
    }

    /// Shows only candidates with this status and this job; empty means any.
    pub fn filter(&mut self, status: &str, job: &str) {
        status.clone_into(&mut self.status);
        job.clone_into(&mut self.job);
        self.arrange();
    }

    /// Sorts by the column at this place among [`in_table`]; by the same column again, reverses the order.
    pub fn sort_by(&mut self, place: usize) {
        let Some((column, order)) = table_column(place) else {
            return;
        };
        let (last, descending) = self.sort;
        self.sort = (
            column,
            if column == last {
                !descending
            } else {
                order != Order::Ascending
            },
        );
        self.arrange();
    }

    /// The order by the column at this place among [`in_table`], if that is what rows are sorted by.
    #[must_use]
    pub fn sort_at(&self, place: usize) -> Option<Direction> {
        let (column, descending) = self.sort;
        let (sorted, _) = table_column(place)?;
        (sorted == column).then_some(match descending {
            true => Direction::Descending,
            false => Direction::Ascending,
        })
    }

    pub fn arrange(&mut self) {
        let mut shown = Vec::with_capacity(self.rows.len());
        shown.extend(
            (0..self.rows.len())
                .filter(|&index| self.row(index).is_some_and(|row| self.shows(row))),
        );
        let (column, descending) = self.sort;
        if let Some(column) = COLUMNS.get(column)
            && !self.is_in_order_of_pages()
        {
            let mut keyed: Vec<(SortKey<'_>, usize)> = shown
                .iter()
                .filter_map(|&index| Some((column.sort_key(self.row(index)?), index)))
                .collect();
            keyed.sort_unstable();
            if descending {
                // Empty cells stay last, and equal ones in the order of the pages.
                let filled = keyed.partition_point(|(key, _)| *key < SortKey::Nothing);
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

    fn row(&self, index: usize) -> Option<&CandidateRow> {
        self.rows.get(index)
    }

    fn shows(&self, row: &CandidateRow) -> bool {
        (self.status.is_empty() || row.status == self.status)
            && (self.job.is_empty() || row.job.split(SEPARATOR).any(|job| job == self.job))
            && self
                .query
                .split_whitespace()
                .all(|word| row.search_text.contains(word))
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

    /// The row at a place among those shown.
    #[must_use]
    pub fn shown_row(&self, place: usize) -> Option<&CandidateRow> {
        self.row(*self.shown.get(place)?)
    }

    /// Every status and every job to filter by, and those that are chosen.
    #[must_use]
    pub fn choices(&self) -> (Vec<&str>, Vec<&str>) {
        (
            sorted(
                (self.rows.iter().map(|row| &*row.status)).chain(std::iter::once(&*self.status)),
            ),
            sorted(
                (self.rows.iter().flat_map(|row| row.job.split(SEPARATOR)))
                    .chain(std::iter::once(&*self.job)),
            ),
        )
    }

    /// What is shown as CSV, in parts of a few thousand rows.
    pub fn csv(&self) -> impl Iterator<Item = String> {
        let parts = self.shown.chunks(2_000).map(|part| {
            let mut lines = String::new();
            for row in part.iter().filter_map(|&index| self.row(index)) {
                csv::write_row(&mut lines, &COLUMNS, row);
            }
            lines
        });
        std::iter::once(csv::head(&COLUMNS)).chain(parts)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// The place in `COLUMNS` and the first order of the column at a place among [`in_table`].
fn table_column(place: usize) -> Option<(usize, Order)> {
    (COLUMNS.iter().enumerate())
        .filter(|(_, column)| column.place == columns::Place::Table)
        .map(|(index, column)| (index, column.order))
        .nth(place)
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

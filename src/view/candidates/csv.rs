//! The candidates as CSV in the sense of RFC 4180, for spreadsheets.

use super::columns::{CandidateRow, Cell, Column};
use atsi_protocol::Millis;

/// The titles of the columns, after the mark by which spreadsheets recognize UTF-8.
pub(super) fn head(columns: &[Column]) -> String {
    let mut line = "\u{feff}".to_owned();
    let titles = columns.iter().map(|column| column.title());
    write_line(&mut line, titles.map(str::to_owned));
    line
}

pub(super) fn write_row(to: &mut String, columns: &[Column], row: &CandidateRow) {
    let cells = columns.iter().map(|column| match column.cell(row) {
        Cell::Text(text) | Cell::Link { text, .. } => text.to_owned(),
        Cell::Time(at) => at.map(iso).unwrap_or_default(),
    });
    write_line(to, cells);
}

/// Quotes every cell. A cell that a spreadsheet would take for a formula begins with an apostrophe.
/// Source: OWASP, CSV Injection.
fn write_line(to: &mut String, cells: impl Iterator<Item = String>) {
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

/// A moment in UTC as RFC 3339 writes it. Source of the calendar: Howard Hinnant, `civil_from_days`.
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

    #[test]
    fn moment_in_csv_is_utc() {
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

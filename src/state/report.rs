//! What ATSi saw and did lately, for the person who is asked for help. It contains no text of a page, of an
//! address only the host, and no key.

use atsi_protocol::Millis;
use serde::{Deserialize, Serialize};

/// Entries that are kept.
pub const MOST_KEPT: usize = 40;

/// The last things that happened, the newest at the end; repetitions are counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Report {
    entries: Vec<Entry>,
    #[serde(skip)]
    is_new: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Entry {
    at: Millis,
    times: u32,
    what: String,
}

impl Report {
    pub fn note(&mut self, at: Millis, what: String) {
        let same = self.entries.iter().position(|entry| entry.what == what);
        let times = same.map_or(0, |index| self.entries.remove(index).times);
        if self.entries.len() == MOST_KEPT {
            self.entries.remove(0);
        }
        self.entries.push(Entry {
            at,
            times: times.saturating_add(1),
            what,
        });
        self.is_new = true;
    }

    /// Returns whether something was noted since the last call.
    pub fn take_is_new(&mut self) -> bool {
        std::mem::take(&mut self.is_new)
    }

    /// One line for each entry, the newest first.
    #[must_use]
    pub fn lines(&self, now: Millis) -> String {
        let line = |entry: &Entry| {
            let seconds = now.saturating_sub(entry.at) / 1000;
            let ago = match seconds {
                0..120 => format!("{seconds} s"),
                _ => format!("{} min", seconds / 60),
            };
            format!("{ago} ago, {}×: {}\n", entry.times, entry.what)
        };
        self.entries.iter().rev().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_entry_is_counted_and_the_oldest_is_dropped() {
        let mut report = Report::default();
        for at in 0..=MOST_KEPT as u64 {
            report.note(at * 1000, format!("{at}"));
        }
        report.note(60_000, "7".to_owned());
        assert!(report.take_is_new());
        assert!(!report.take_is_new());
        let lines = report.lines(200_000);
        let lines: Vec<_> = lines.lines().collect();
        assert_eq!(lines.len(), MOST_KEPT);
        assert_eq!(lines[0], "2 min ago, 2×: 7");
        assert_eq!(lines[MOST_KEPT - 1], "3 min ago, 1×: 1");
        let kept: Report = serde_json::from_str(&serde_json::to_string(&report).unwrap()).unwrap();
        assert_eq!(kept, report);
    }
}

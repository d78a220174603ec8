//! Rows of Jopwell's candidate tracker, and what the proxy plans for them.

use atsi_protocol::{Millis, RowPlan, TrackedRow};

#[derive(Debug)]
pub struct PlannedRow {
    /// What the proxy was asked.
    pub asked: TrackedRow,
    pub asked_at: Millis,
    pub plan: Option<RowPlan>,
    pub wait: Option<PlannedWait>,
    /// The write-back that a page was told to do last.
    pub set: Option<u64>,
}

/// A status that is set after a while.
#[derive(Clone, Copy, Debug)]
pub struct PlannedWait {
    pub due: Millis,
    /// When the time left, in words, changes.
    pub shown_until: Millis,
}

/// What a row of the tracker shows besides the candidate's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowStatus {
    /// It will be set.
    Waits { to: String, left: TimeLeft },
    /// It can be set by a click, because of this stage.
    Offered { to: String, stage: String },
    /// ATSi set it; before, the row showed this.
    SetByAtsi { was: String },
}

/// A time that is left, rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeLeft {
    Minutes(u64),
    Hours(u64),
    Days(u64),
}

impl TimeLeft {
    /// Returns the time in words, and after how many milliseconds the words change.
    #[must_use]
    pub fn of(left: Millis) -> (Self, Millis) {
        const MINUTE: Millis = 60_000;
        const HOUR: Millis = 60 * MINUTE;
        const DAY: Millis = 24 * HOUR;
        let unit = match left {
            ..=HOUR => MINUTE,
            _ if left <= 2 * DAY => HOUR,
            _ => DAY,
        };
        let count = left.div_ceil(unit).max(1);
        let until = left.saturating_sub((count - 1) * unit);
        let rounded = match unit {
            MINUTE => Self::Minutes(count),
            HOUR => Self::Hours(count),
            _ => Self::Days(count),
        };
        (rounded, until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_true_until_it_says() {
        const HOUR: Millis = 3_600_000;
        for (left, rounded) in [
            (0, TimeLeft::Minutes(1)),
            (60_001, TimeLeft::Minutes(2)),
            (HOUR, TimeLeft::Minutes(60)),
            (HOUR + 1, TimeLeft::Hours(2)),
            (48 * HOUR, TimeLeft::Hours(48)),
            (48 * HOUR + 1, TimeLeft::Days(3)),
            (720 * HOUR, TimeLeft::Days(30)),
        ] {
            let (words, until) = TimeLeft::of(left);
            assert_eq!(words, rounded);
            if until > 0 {
                assert_eq!(TimeLeft::of(left - until + 1).0, words);
                assert_ne!(TimeLeft::of(left - until).0, words);
            }
        }
    }
}

//! A row of Jopwell's candidate tracker, besides the candidate's status.

use super::node::{Node, Tone, button, text};
use crate::action::Action;
use crate::state::tracker::{RowStatus, TimeLeft};

/// `row`: the row's id on Jopwell.
#[must_use]
pub fn row(status: &RowStatus, row: &str) -> Vec<Node> {
    let row = || row.to_owned();
    match status {
        RowStatus::Waits { to, left } => vec![
            text(say!(
                "{status} will be set in {left}",
                status = to,
                left = in_words(*left)
            ))
            .tone(Tone::Quiet),
            button(say!("Set now"), Action::SetStatus(row())),
            button(say!("Don’t set"), Action::SkipStatus(row())),
        ],
        RowStatus::Offered { to, stage } => {
            let tip = say!("In Greenhouse: {what}", what = stage);
            let set = button(
                say!("Set to {status}", status = to),
                Action::SetStatus(row()),
            );
            vec![set.tip(tip)]
        }
        RowStatus::SetByAtsi { was } => {
            let undo = button(say!("Undo"), Action::UndoStatus(row()));
            vec![
                text(say!("set by ATSi")).tone(Tone::Quiet),
                undo.tip(say!("Sets the status back to {status}", status = was)),
            ]
        }
    }
}

fn in_words(left: TimeLeft) -> String {
    match left {
        TimeLeft::Minutes(count) => say!("{count} min", count = count),
        TimeLeft::Hours(count) => say!("{count} h", count = count),
        TimeLeft::Days(count) => say!("{count} days", count = count),
    }
}

//! The texts of notifications.

use crate::state::State;
use crate::state::notifications::{News, NewsKind};

#[must_use]
pub fn title(news: &[News]) -> String {
    match news {
        [one] => crate::language::text(one.milestone.kind.key()).to_owned(),
        _ => say!("Updates from Greenhouse").to_owned(),
    }
}

#[must_use]
pub fn message(state: &State, news: &[News]) -> String {
    if let [one] = news {
        // Known only for candidates whom this browser sent.
        let name = state.record(&one.key).map(|record| record.name.as_str());
        let name = name.unwrap_or(say!("A Jopwell candidate"));
        return match one.job.as_str() {
            "" => name.to_owned(),
            job => format!("{name} · {job}"),
        };
    }
    let count = |kind| news.iter().filter(|one| one.milestone.kind == kind).count();
    let lines = [
        match count(NewsKind::Hired) {
            0 => String::new(),
            1 => say!("1 person was hired").to_owned(),
            more => say!("{count} people were hired", count = more),
        },
        match count(NewsKind::Offer) {
            0 => String::new(),
            1 => say!("1 person reached the offer stage").to_owned(),
            more => say!("{count} people reached the offer stage", count = more),
        },
        match count(NewsKind::Rejected) {
            0 => String::new(),
            1 => say!("1 person was rejected").to_owned(),
            more => say!("{count} people were rejected", count = more),
        },
    ];
    lines
        .into_iter()
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

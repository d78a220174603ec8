//! The texts of notifications.

use crate::flow::State;
use crate::flow::notifications::{HIRED, News, OFFER, REJECTED};

#[must_use]
pub fn title(news: &[News]) -> String {
    match news {
        [one] => crate::language::known(one.kind),
        _ => say!("Updates from Greenhouse").to_owned(),
    }
}

#[must_use]
pub fn message(state: &State, news: &[News]) -> String {
    if let [one] = news {
        // Known only for candidates whom this browser sent.
        let name = state.record(one.key).map(|record| record.name.as_str());
        let name = name.unwrap_or(say!("A Jopwell candidate"));
        return match one.job {
            "" => name.to_owned(),
            job => format!("{name} · {job}"),
        };
    }
    let count = |kind| news.iter().filter(|one| one.kind == kind).count();
    let lines = [
        match count(HIRED) {
            0 => String::new(),
            1 => say!("1 person was hired").to_owned(),
            more => say!("{count} people were hired", count = more),
        },
        match count(OFFER) {
            0 => String::new(),
            1 => say!("1 person reached the offer stage").to_owned(),
            more => say!("{count} people reached the offer stage", count = more),
        },
        match count(REJECTED) {
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

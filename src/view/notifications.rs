//! What a notification says.

use crate::flow::State;
use crate::flow::notifications::{HIRED, News, OFFER, REJECTED};

#[must_use]
pub fn title(news: &[News]) -> String {
    match news {
        [one] => one.kind.to_owned(),
        _ => "News from Greenhouse".to_owned(),
    }
}

#[must_use]
pub fn message(state: &State, news: &[News]) -> String {
    if let [one] = news {
        // Of whom this browser sent.
        let name = state.record(one.key).map(|record| record.name.as_str());
        let name = name.unwrap_or("Somebody from Jopwell");
        return match one.job {
            "" => name.to_owned(),
            job => format!("{name} · {job}"),
        };
    }
    let mut words = String::new();
    for (kind, what) in [
        (HIRED, "hired"),
        (OFFER, "moved to the offer"),
        (REJECTED, "rejected"),
    ] {
        match news.iter().filter(|one| one.kind == kind).count() {
            0 => continue,
            1 => words += "1 person was ",
            more => words += &format!("{more} people were "),
        }
        words += what;
        words += "\n";
    }
    words.trim_end().to_owned()
}

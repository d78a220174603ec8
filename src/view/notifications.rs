//! What a notification says.

use crate::flow::notifications::{Kind, News};

#[must_use]
pub fn title(news: &[News]) -> String {
    match news {
        [one] => match one.kind {
            Kind::Hired => "Hired",
            Kind::Offer => "Offer",
            Kind::Rejected => "Rejected",
        },
        _ => "News from Greenhouse",
    }
    .to_owned()
}

/// `name`: of whom this browser sent.
#[must_use]
pub fn message(news: &[News], name: impl Fn(&str) -> Option<String>) -> String {
    if let [one] = news {
        let who = name(&one.key).unwrap_or_else(|| "Somebody from Jopwell".to_owned());
        return match &one.job {
            Some(job) => format!("{who} · {job}"),
            None => who,
        };
    }
    let mut sentences = Vec::new();
    for (kind, what) in [
        (Kind::Hired, "hired"),
        (Kind::Offer, "moved to the offer"),
        (Kind::Rejected, "rejected"),
    ] {
        match news.iter().filter(|one| one.kind == kind).count() {
            0 => {}
            1 => sentences.push(format!("1 person was {what}")),
            more => sentences.push(format!("{more} people were {what}")),
        }
    }
    sentences.join("\n")
}

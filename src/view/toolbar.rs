//! The icon in the browser's toolbar.

/// The badge and the title, for a number of sends that wait or need a decision.
#[must_use]
pub fn icon(waiting: usize) -> (String, String) {
    let title = match waiting {
        0 => return (String::new(), "ATSi".to_owned()),
        1 => say!("ATSi: 1 send is waiting or needs a decision").to_owned(),
        more => say!(
            "ATSi: {more} sends are waiting or need a decision",
            more = more
        ),
    };
    (waiting.to_string(), title)
}

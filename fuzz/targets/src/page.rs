//! The readings of a page by the port: `{"url": …, "readings": {name: […]}, "rows": [[n, …]]}`.

use atsi::page::{Page, PageKey, recognise, seen::Seen};

pub fn target(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(seen) = serde_json::from_str::<Seen>(text) else {
        return;
    };
    let page = recognise(&seen, None);
    assert_eq!(recognise(&seen, None), page);
    let Page::JopwellProfile(profile) = &page else {
        return;
    };
    // The proxy accepts every profile that is offered for sending; one with a single name is not offered.
    let of_one_name = profile.name.last.is_empty();
    assert!(!profile.name.first.is_empty());
    assert!(!profile.name.full().contains(char::is_control));
    if !of_one_name {
        assert_eq!(profile.profile.check(), Ok(()));
    }
    assert!(profile.external_id.as_deref() != Some(""));
    // The port's copy of the key says the same, and the same person again is no change.
    let key = PageKey::parse(&profile.key.to_string());
    assert_eq!(key.as_ref(), Some(&profile.key));
    assert_eq!(recognise(&seen, key.as_ref()), page);
}

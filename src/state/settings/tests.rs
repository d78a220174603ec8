use super::*;

#[test]
fn proxy_address_is_https_or_on_this_computer() {
    for good in [
        "http://127.0.0.1:8787",
        "http://localhost:1/",
        "http://[::1]:8787",
        "https://atsi.example.com/",
    ] {
        assert!(proxy_address(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "127.0.0.1",
        "ftp://127.0.0.1",
        "http://example.com",
        "https://a.example/path",
        "https://a.example/?x",
    ] {
        assert!(proxy_address(bad).is_err(), "{bad}");
    }
}

#[test]
fn session_of_another_company_does_not_belong_to_these_sends() {
    let [hartwell, other] = ["hartwell.example", "other.example"].map(str::to_owned);
    assert!(belongs_to_company(Some(&hartwell), Some(&hartwell)));
    assert!(!belongs_to_company(Some(&hartwell), Some(&other)));
    // Stored by a version that did not keep the company, or the first to sign in.
    assert!(belongs_to_company(Some(&hartwell), None));
    assert!(belongs_to_company(None, Some(&other)));
}

/// As version 0.1 stored them.
#[test]
fn settings_of_version_0_1_are_read() {
    let stored = r#"{"proxy":"https://atsi.example.com","connection":{"state":"active",
        "account_name":"Hartwell","service_user_email":null,"masked_key":"••••3f9a","connected_at":1,
        "connected_by":"Ada Park","problem":null},"after":1790000000041,"company":"hartwell.example",
        "notifications":{"hired":1,"offer":null,"rejected":5,"all":true,"me":"Ada Park","quiet_from":1200,
        "quiet_until":480,"told":["1007\nHired\n","1008\nOffer\n"],
        "waiting":["1007\nHired\nk-7\nhttps://app.greenhouse.io/people/7\nAnalyst"],"due":1790000060000}}"#;
    let settings: Settings = serde_json::from_str(stored).unwrap();
    assert_eq!(settings.proxy, "https://atsi.example.com");
    assert_eq!(settings.after, Some(1_790_000_000_041));
    let notifications = settings.notifications.as_ref().unwrap();
    assert_eq!((notifications.hired, notifications.offer), (Some(1), None));
    let json = serde_json::to_value(&settings).unwrap();
    assert_eq!(
        json["notifications"],
        serde_json::from_str::<serde_json::Value>(stored).unwrap()["notifications"]
    );
    // The oldest ones have less.
    let settings: Settings = serde_json::from_str(r#"{"proxy":"http://127.0.0.1:1"}"#).unwrap();
    assert_eq!((settings.after, settings.company), (None, None));
}

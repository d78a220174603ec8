//! Who may set a row of Jopwell's candidate tracker: one browser, once, and never against a person.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use reqwest::Method;
use serde_json::{Value, json};
use support::{Stand, quick};

async fn ask(stand: &Stand, method: Method, path: &str, body: &Value) -> Value {
    let (status, answer) = stand.json(stand.ask(method, path).json(body)).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn choose(stand: &Stand, automatic: &[&str]) -> Value {
    let rules = json!([{"stage": "Phone", "status": "Phone Screen"}]);
    let settings = json!({"rules": rules, "automatic": automatic});
    ask(stand, Method::PUT, "/v1/write-back", &settings).await
}

async fn claim(stand: &Stand, row: &str, from: &str, to: &str, pressed: bool) -> Value {
    let request = json!({"row": row, "from": from, "to": to, "pressed": pressed});
    ask(stand, Method::POST, "/v1/write-backs", &request).await
}

async fn finish(stand: &Stand, claim: &Value, state: &str) {
    let path = format!("/v1/write-backs/{}", claim["id"]);
    let recorded = ask(stand, Method::POST, &path, &json!({"state": state})).await;
    assert_eq!(recorded["state"], state);
}

#[tokio::test]
async fn of_many_browsers_one_sets_the_row() {
    let stand = Stand::connected(quick()).await;
    choose(&stand, &["Phone Screen"]).await;
    let asking = (0..6).map(|_| claim(&stand, "9013", "Applied", "Phone Screen", false));
    let claims = futures_util::future::join_all(asking).await;
    let (told_yes, told_no): (Vec<_>, Vec<_>) =
        claims.iter().partition(|claim| claim["id"].is_u64());
    assert_eq!((told_yes.len(), told_no.len()), (1, 5), "{claims:?}");
    assert!(told_no.iter().all(|claim| claim["refused"] == "taken"));
    finish(&stand, told_yes[0], "written").await;
    // A colleague's page was not loaded anew, and still shows what was there before.
    let late = claim(&stand, "9013", "Applied", "Phone Screen", false).await;
    assert_eq!(late["refused"], "by_hand", "{late}");
    let (_, state) = stand.json(stand.ask(Method::GET, "/v1/write-back")).await;
    assert_eq!(state["last"].as_array().unwrap().len(), 1);
    assert_eq!(state["last"][0]["state"], "written");
}

#[tokio::test]
async fn nothing_is_written_before_the_company_chose_so_status_by_status() {
    let stand = Stand::connected(quick()).await;
    let (_, state) = stand.json(stand.ask(Method::GET, "/v1/write-back")).await;
    assert_eq!(state["settings"]["automatic"], json!([]));
    assert!(state["settings"]["rules"].as_array().unwrap().len() > 5);
    let refused = claim(&stand, "1", "Applied", "Phone Screen", false).await;
    assert_eq!(refused["refused"], "not_automatic");
    choose(&stand, &["Phone Screen"]).await;
    let refused = claim(&stand, "1", "Applied", "Rejected", false).await;
    assert_eq!(refused["refused"], "not_automatic");
    assert!(claim(&stand, "1", "Applied", "Phone Screen", false).await["id"].is_u64());
    // A person's own press needs nobody's choice.
    assert!(claim(&stand, "2", "Applied", "Rejected", true).await["id"].is_u64());
}

#[tokio::test]
async fn what_a_person_set_stays() {
    let stand = Stand::connected(quick()).await;
    choose(
        &stand,
        &["Applied", "Phone Screen", "Interviewing", "Rejected"],
    )
    .await;
    // Before ATSi came: only forward.
    let back = claim(&stand, "1", "Offer", "Phone Screen", false).await;
    assert_eq!(back["refused"], "by_hand");
    let hired = claim(&stand, "1", "Hired", "Rejected", false).await;
    assert_eq!(hired["refused"], "by_hand");
    let unknown = claim(&stand, "1", "On hold", "Phone Screen", false).await;
    assert_eq!(unknown["refused"], "by_hand");

    let first = claim(&stand, "1", "Applied", "Interviewing", false).await;
    finish(&stand, &first, "written").await;
    // What ATSi set, it may also set back.
    let second = claim(&stand, "1", "Interviewing", "Phone Screen", false).await;
    finish(&stand, &second, "written").await;
    // Somebody sets another one: theirs stays, until they press.
    let third = claim(&stand, "1", "Offer", "Interviewing", false).await;
    assert_eq!(third["refused"], "by_hand");
    let pressed = claim(&stand, "1", "Offer", "Interviewing", true).await;
    finish(&stand, &pressed, "written").await;
    // Taken back: neither the same nor another one is written by itself any more, nor by a late report.
    finish(&stand, &pressed, "undone").await;
    for (from, to) in [("Offer", "Interviewing"), ("Interviewing", "Rejected")] {
        let refused = claim(&stand, "1", from, to, false).await;
        assert_eq!(refused["refused"], "by_hand", "{from} {to}");
    }
    let path = format!("/v1/write-backs/{}", pressed["id"]);
    let late = stand
        .ask(Method::POST, &path)
        .json(&json!({"state": "written"}));
    assert_eq!(stand.json(late).await.0, 404);
}

#[tokio::test]
async fn what_failed_is_left_alone_for_a_while() {
    let stand = Stand::connected(quick()).await;
    choose(&stand, &["Phone Screen"]).await;
    let first = claim(&stand, "1", "Applied", "Phone Screen", false).await;
    finish(&stand, &first, "failed").await;
    let again = claim(&stand, "1", "Applied", "Phone Screen", false).await;
    assert_eq!(again["refused"], "by_hand");
    assert!(claim(&stand, "1", "Applied", "Phone Screen", true).await["id"].is_u64());
}

#[tokio::test]
async fn what_is_no_status_is_refused() {
    let stand = Stand::connected(quick()).await;
    let long = "x".repeat(300);
    for (path, body, field) in [
        (
            "/v1/write-backs",
            json!({"row": "", "from": "Applied", "to": "Offer"}),
            "row",
        ),
        (
            "/v1/write-backs",
            json!({"row": long, "from": "Applied", "to": "Offer"}),
            "row",
        ),
        (
            "/v1/write-backs",
            json!({"row": "1", "from": "\u{7}", "to": "Offer"}),
            "from",
        ),
        (
            "/v1/write-backs",
            json!({"row": "1", "from": "Applied", "to": "Lunch"}),
            "to",
        ),
    ] {
        let (status, problem) = stand.json(stand.ask(Method::POST, path).json(&body)).await;
        assert_eq!(
            (status, &problem["field"]),
            (400, &json!(field)),
            "{problem}"
        );
    }
    for (settings, field) in [
        (
            json!({"rules": [{"stage": "", "status": "Offer"}], "automatic": []}),
            "rules",
        ),
        (
            json!({"rules": [{"stage": "x", "status": "Lunch"}], "automatic": []}),
            "rules",
        ),
        (json!({"rules": [], "automatic": ["Lunch"]}), "automatic"),
    ] {
        let request = stand.ask(Method::PUT, "/v1/write-back").json(&settings);
        let (status, problem) = stand.json(request).await;
        assert_eq!(
            (status, &problem["field"]),
            (400, &json!(field)),
            "{problem}"
        );
    }
    for id in ["0", "9223372036854775808", "x"] {
        let path = format!("/v1/write-backs/{id}");
        let request = stand
            .ask(Method::POST, &path)
            .json(&json!({"state": "written"}));
        assert_eq!(stand.json(request).await.0, 404, "{id}");
    }
}

//! The audit.

use super::operator::{busy, repaired};
use crate::support::{Reply, Stand, person, quick};
use atsi_proxy::{config::DatabaseUrl, rotate_master_key};
use axum::http::StatusCode;
use reqwest::Method;
use serde_json::json;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

#[tokio::test]
async fn decision_is_audited() {
    let mut stand = Stand::connected(quick()).await;
    for (key, external_id) in [("k-1", "imani-7"), ("k-2", "noor-3")] {
        let lost = Reply::CreateAnd(StatusCode::BAD_GATEWAY, "");
        stand.fake.next(lost);
        let sent = stand.send(key, &person(external_id)).await.1;
        assert_eq!(sent["state"], "uncertain");
    }
    let link = "https://app.greenhouse.io/people/4100001?application_id=4100002";
    let there = json!({"decision": "it_is_there", "profile_url": link});
    let (status, body) = stand.decide("k-1", there.clone()).await;
    assert_eq!(status, 200, "{body}");
    // One that cannot be taken leaves no trace.
    assert_eq!(stand.decide("k-2", there).await.0, 400);
    let again = json!({"decision": "send_again"});
    assert_eq!(stand.decide("k-2", again.clone()).await.0, 200);
    assert_eq!(stand.decide("k-2", again).await.0, 409);
    let (_, page) = stand.json(stand.ask(Method::GET, "/v1/audit")).await;
    let entries = page["entries"].as_array().unwrap();
    let told: Vec<(&str, &str)> = entries[1..]
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap();
            (text("action"), text("subject"))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("decided_it_is_there", "k-1"),
            ("decided_send_again", "k-2")
        ]
    );
    stand.stop().await;
}

#[tokio::test]
async fn audit_records_actions_and_cannot_be_changed() {
    let mut stand = busy().await;
    repaired(&stand).await;
    let page = async |stand: &Stand, path: &str| {
        let (status, page) = stand.json(stand.ask(reqwest::Method::GET, path)).await;
        assert_eq!(status, 200, "{page}");
        page["entries"].as_array().unwrap().clone()
    };
    stand.stop().await;
    let config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    rotate_master_key(&config).await.unwrap();
    stand.begin().await;
    let entries = page(&stand, "/v1/audit").await;
    let actions: Vec<&str> = entries
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    let done = [
        "connected",
        "hook_secret_made",
        "connection_replaced",
        "master_key_rotated",
    ];
    assert_eq!(actions, done);
    let last_but_one = entries[2]["id"].as_u64().unwrap();
    let rest = page(&stand, &format!("/v1/audit?after={last_but_one}")).await;
    assert_eq!(rest, entries[3..]);
    let wrong = stand.ask(reqwest::Method::GET, "/v1/audit?after=x");
    assert_eq!(stand.json(wrong).await.0, 400);
    stand.stop().await;

    for statement in ["UPDATE audit SET who = 'x'", "DELETE FROM audit"] {
        let error = match stand.database.parse().unwrap() {
            DatabaseUrl::Sqlite(path) => {
                let mut db = SqliteConnectOptions::new()
                    .filename(path)
                    .connect()
                    .await
                    .unwrap();
                sqlx::query(statement).execute(&mut db).await.unwrap_err()
            }
            DatabaseUrl::Postgres(options) => {
                let mut db = options.connect().await.unwrap();
                sqlx::query(statement).execute(&mut db).await.unwrap_err()
            }
        };
        assert!(error.to_string().contains("append-only"), "{error}");
    }
}

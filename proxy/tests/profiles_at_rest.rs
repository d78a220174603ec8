//! What is on disk of a profile, and what is never done with it.

use crate::support::{BASIC, KEY, Reply, Stand, person, quick};
use axum::http::StatusCode;
use serde_json::json;
use std::path::Path;

#[tokio::test]
async fn files_hold_no_readable_key_or_profile() {
    let mut stand = Stand::connected(quick()).await;
    if !stand.database.starts_with("sqlite:") {
        return; // PostgreSQL's files are not ours to read.
    }
    stand.fake.next(Reply::Throttle(&[("retry-after", "3600")]));
    stand.send("k-wait", &person("waiting-person")).await;
    let secrets = [
        KEY,
        BASIC.strip_prefix("Basic ").unwrap(),
        "imani.brooks@kiln.example",
        "Kiln engineer",
        "glazing",
    ];
    assert_no_file_holds(stand.folder.path(), &secrets);
    let folder = stand.folder.path().to_owned();
    stand.stop().await;
    assert_no_file_holds(&folder, &secrets);
}

#[tokio::test]
async fn profile_of_a_settled_send_is_deleted() {
    let mut stand = Stand::connected(quick()).await;
    stand.fake.next(Reply::Throttle(&[]));
    stand.send("k-1", &person("imani-7")).await;
    stand.stop().await;
    let count = "SELECT count(*) FROM outbox";
    let rows: i64 = if stand.database.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(&stand.database).await.unwrap();
        sqlx::query_scalar(count).fetch_one(&pool).await.unwrap()
    } else {
        let pool = sqlx::PgPool::connect(&stand.database).await.unwrap();
        sqlx::query_scalar(count).fetch_one(&pool).await.unwrap()
    };
    assert_eq!(rows, 0);
}

fn assert_no_file_holds(folder: &Path, secrets: &[&str]) {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        files += 1;
        for secret in secrets {
            assert!(
                !bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes()),
                "{secret}"
            );
        }
    }
    assert!(files >= 2);
}

/// The addresses in a profile are for Greenhouse; whoever makes the proxy open one reaches into the
/// network that it stands in.
#[tokio::test]
async fn url_in_a_profile_is_never_requested() {
    let stand = Stand::connected(quick()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inside = format!("http://{}/secret", listener.local_addr().unwrap());
    let mut body = person("imani-7");
    body["profile"]["resume_url"] = json!(inside);
    body["profile"]["social_media"] = json!([inside]);
    body["profile"]["websites"] = json!([{"url": inside, "kind": "other"}]);
    stand
        .fake
        .next(Reply::CreateAnd(StatusCode::BAD_GATEWAY, ""));
    let (_, send) = stand.send("k-1", &body).await;
    assert_eq!(send["state"], "uncertain");
    let elsewhere = json!({"decision": "it_is_there", "profile_url": inside});
    assert_eq!(stand.decide("k-1", elsewhere).await.0, 400);
    let (_, send) = stand.decide("k-1", json!({"decision": "send_again"})).await;
    assert_eq!(send["state"], "created");
    let candidate = send["candidate_id"].as_u64().unwrap();
    stand
        .look_up(json!({"candidate_ids": [candidate], "refresh": true}))
        .await;
    // All of it is over: whoever had connected would stand in the listener's queue.
    let nobody = futures_util::FutureExt::now_or_never(listener.accept());
    assert!(nobody.is_none(), "the proxy opened an address of a profile");
}

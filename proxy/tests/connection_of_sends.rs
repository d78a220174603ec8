//! Sends, and what happens to their connection.

use crate::support::{BASIC, KEY, OTHER_BASIC, OTHER_KEY, Reply, Stand, USER, person, quick};
use reqwest::Method;
use serde_json::json;

#[tokio::test]
async fn revoked_key_stops_sends_until_the_connection_is_repaired() {
    let stand = Stand::connected(quick()).await;
    stand.fake.script(|script| script.keys = vec![OTHER_BASIC]);
    let (status, send) = stand.send("k-1", &person("imani-7")).await;
    assert_eq!(
        (status, &send["reason"]),
        (202, &json!("connection_broken")),
        "{send}"
    );
    let (status, send) = stand.send("k-2", &person("another")).await;
    assert_eq!(
        (status, &send["reason"]),
        (202, &json!("connection_broken"))
    );
    assert_eq!(stand.fake.posts(), 1);
    let (_, connection) = stand
        .json(stand.ask(reqwest::Method::GET, "/v1/connection"))
        .await;
    assert_eq!(connection["state"], "broken");
    assert_eq!(connection["problem"]["code"], "key_refused");

    assert_eq!(stand.connect(OTHER_KEY, USER).await.1["state"], "active");
    stand.until("k-1", "created").await;
    stand.until("k-2", "created").await;
    assert_eq!(stand.fake.script(|script| script.candidates.len()), 2);
}

#[tokio::test]
async fn key_replaced_during_sends_loses_and_doubles_nothing() {
    const SENDS: usize = 6;
    let stand = Stand::connected(quick()).await;
    stand
        .fake
        .script(|script| script.keys = vec![BASIC, OTHER_BASIC]);
    stand.fake.hold();
    let sends: Vec<_> = (0..SENDS)
        .map(|number| {
            let request = stand.post_send(&format!("k-{number}"), &person(&format!("p-{number}")));
            tokio::spawn(request.send())
        })
        .collect();
    stand.fake.arrived(1).await;
    // The old key is revoked before Greenhouse has answered what came with it.
    assert_eq!(stand.connect(OTHER_KEY, USER).await.1["state"], "active");
    stand.fake.script(|script| script.keys = vec![OTHER_BASIC]);
    stand.fake.let_go(4 * SENDS);
    for send in sends {
        assert!(send.await.unwrap().unwrap().status().is_success());
    }
    for number in 0..SENDS {
        stand.until(&format!("k-{number}"), "created").await;
    }
    let (_, connection) = stand.json(stand.ask(Method::GET, "/v1/connection")).await;
    assert_eq!(
        connection["state"], "active",
        "the late answer is the old key's"
    );
    let there = stand.fake.script(|script| {
        let ids = script.candidates.values();
        ids.map(|one| one["external_id"].to_string())
            .collect::<Vec<_>>()
    });
    let distinct: std::collections::BTreeSet<_> = there.iter().collect();
    assert_eq!((there.len(), distinct.len()), (SENDS, SENDS));
}

#[tokio::test]
async fn send_without_a_connection_is_refused() {
    let stand = Stand::start(quick()).await;
    let (status, problem) = stand.send("k-1", &person("imani-7")).await;
    assert_eq!((status, &problem["code"]), (409, &json!("not_connected")));

    stand.connect(KEY, USER).await;
    stand.fake.next(Reply::Throttle(&[("retry-after", "3600")]));
    assert_eq!(stand.send("k-1", &person("imani-7")).await.0, 202);
    let (_, connection) = stand
        .json(stand.ask(reqwest::Method::DELETE, "/v1/connection"))
        .await;
    assert_eq!(connection, json!({"state": "none"}));
    let send = stand.state_of("k-1").await;
    assert_eq!(
        (&send["state"], &send["problem"]["code"]),
        (&json!("refused"), &json!("not_connected"))
    );
    // A repetition is still answered, though nothing new is accepted.
    assert_eq!(
        stand.send("k-1", &person("imani-7")).await.1["state"],
        "refused"
    );
    assert_eq!(stand.send("k-2", &person("imani-7")).await.0, 409);

    stand.connect(KEY, USER).await;
    assert_eq!(
        stand.send("k-3", &person("imani-7")).await.1["state"],
        "created"
    );
    assert_eq!(stand.fake.script(|script| script.candidates.len()), 1);
}

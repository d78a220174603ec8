//! Three proxies on one database, one of them killed under load.

use crate::sends::support::{
    self, EXTENSION, Fake, KEY, USER, person,
    process::{Process, client, command},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, path::Path, time::Duration};

const PEOPLE: usize = 120;

async fn start(folder: &Path, database: &str, greenhouse: &str) -> Process {
    let mut command = command(folder, greenhouse);
    command
        .env("ATSI_DATABASE_URL", database)
        .env("ATSI_LOG", "warn");
    Process::spawn(command, folder).await
}

#[tokio::test]
async fn one_of_three_proxies_is_killed_under_load_and_nothing_is_lost_or_doubled() {
    let Some(database) = support::postgres::database() else {
        return;
    };
    let (fake, greenhouse) = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut proxies = Vec::new();
    for _ in 0..3 {
        proxies.push(start(folder.path(), &database, &greenhouse).await);
    }
    let http = client();
    let urls: Vec<String> = proxies.iter().map(|proxy| proxy.url.clone()).collect();
    let connected = http
        .put(format!("{}/v1/connection", urls[0]))
        .header("origin", EXTENSION)
        .json(&json!({"api_key": KEY, "service_user_email": USER}))
        .send()
        .await
        .unwrap();
    assert_eq!(connected.status(), 200);

    // Each person is sent through two proxies at once, under two keys.
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..PEOPLE {
        for twin in 0..2 {
            let request = http
                .post(format!("{}/v1/sends", urls[(number + twin) % 3]))
                .header("origin", EXTENSION)
                .header("idempotency-key", format!("k-{number}-{twin}"))
                .json(&person(&format!("person-{number}")));
            sending.spawn(async move {
                let answer = request.send().await.ok()?;
                Some((number, answer.status().as_u16()))
            });
        }
    }
    fake.arrived(8).await;
    proxies.remove(0).kill().await;
    let mut accepted = std::collections::BTreeSet::new();
    while let Some(answer) = sending.join_next().await {
        if let Some((number, status)) = answer.unwrap() {
            assert!(status == 200 || status == 202, "{status}");
            accepted.insert(number);
        }
    }
    assert!(accepted.len() > PEOPLE / 2);

    // What the dead one had dispatched becomes uncertain when its leases run out; the rest arrives.
    let settled = |send: &Value| send["state"] == "created" || send["state"] == "uncertain";
    for number in accepted {
        loop {
            let body = json!({"external_ids": [format!("person-{number}")]});
            let request = http.post(format!("{}/v1/lookups", urls[1]));
            let answer = request
                .header("origin", EXTENSION)
                .json(&body)
                .send()
                .await
                .unwrap();
            let answer: Value = answer.json().await.unwrap();
            let send = &answer["candidates"][0]["send"];
            if settled(send) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let mut posts: BTreeMap<String, u32> = BTreeMap::new();
    for post in fake.script(|script| script.posts.clone()) {
        *posts
            .entry(post["external_id"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    assert!(posts.values().all(|&count| count == 1), "{posts:?}");
}

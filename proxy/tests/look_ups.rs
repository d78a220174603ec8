//! Look-ups, and the statuses that they read again.

use crate::support::{Reply, Stand, person, quick};
use axum::http::StatusCode;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn look_up_finds_candidates_by_either_id() {
    let stand = Stand::connected(quick()).await;
    let (_, created) = stand.send("k-1", &person("imani-7")).await;
    stand.send("k-2", &person("imani-7")).await;
    stand
        .fake
        .next(Reply::CreateAnd(StatusCode::BAD_GATEWAY, ""));
    stand.send("k-3", &person("unsure")).await;
    stand.fake.next(Reply::Refuse(StatusCode::BAD_REQUEST, ""));
    stand.send("k-4", &person("refused")).await;
    let id = created["candidate_id"].as_u64().unwrap();

    let found = stand
        .look_up(
            json!({"candidate_ids": [id, 1, 2, u64::MAX], "external_ids": ["nobody", "Imani-7"]}),
        )
        .await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["external_id"], "imani-7");
    assert_eq!(found[0]["idempotency_key"], "k-1");
    assert_eq!(found[0]["sent_by"], "Kiln Service");
    assert_eq!(found[0]["send"]["state"], "created");
    assert_eq!(found[0]["send"]["candidate_id"], json!(id));
    assert!(found[0].get("status").is_none());

    let found = stand
        .look_up(
            json!({"candidate_ids": [id, id], "external_ids": ["imani-7", "unsure", "refused"]}),
        )
        .await;
    let states: Vec<&str> = found
        .iter()
        .map(|one| one["send"]["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["created", "uncertain", "refused"]);
    // Of a send without a clear answer is said that a person has to look.
    let waiting: Vec<&Value> = found.iter().map(|one| &one["waiting"]).collect();
    let looks = json!([{"what": "send", "failed": true}]);
    assert_eq!(waiting, [&Value::Null, &looks, &Value::Null]);
    assert_eq!(stand.look_up(json!({})).await.len(), 0);
    assert_eq!(stand.fake.script(|script| script.gets.len()), 0);

    let many: Vec<u64> = (0..2_001).collect();
    let request = stand
        .ask(Method::POST, "/v1/lookups")
        .json(&json!({"candidate_ids": many}));
    assert_eq!(stand.json(request).await.1["field"], "candidate_ids");
    let mut most: Vec<u64> = (0..1_999).collect();
    most.push(id);
    let names: Vec<String> = (0..2_000).map(|n| format!("person-{n}")).collect();
    assert_eq!(
        stand
            .look_up(json!({"candidate_ids": most, "external_ids": names}))
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn refresh_reads_each_status_once_and_keeps_what_it_knew() {
    let tuning = atsi_proxy::Tuning {
        status_fresh_for: Duration::from_secs(3600),
        ..quick()
    };
    let mut stand = Stand::connected(tuning).await;
    let mut ids = Vec::new();
    for n in 0..60 {
        let (_, send) = stand
            .send(&format!("k-{n}"), &person(&format!("person-{n}")))
            .await;
        ids.push(send["candidate_id"].as_u64().unwrap());
    }
    let request = json!({"candidate_ids": ids, "refresh": true});
    let (first, second) = tokio::join!(
        stand.look_up(request.clone()),
        stand.look_up(request.clone())
    );
    for found in [first, second] {
        assert_eq!(
            found
                .iter()
                .filter(|one| one.get("status").is_some())
                .count(),
            50
        );
    }
    assert_eq!(
        stand
            .fake
            .script(|script| script.gets.iter().map(Vec::len).collect::<Vec<_>>()),
        [50]
    );
    // The rest, and nobody twice.
    let found = stand.look_up(request.clone()).await;
    let figures = stand.ask(Method::GET, "/metrics").send().await.unwrap();
    let figures = figures.text().await.unwrap();
    for line in [
        // Twice the fifty of the one read that both waited for, then ten.
        "atsi_lookup_candidates_total{source=\"greenhouse\"} 110",
        "atsi_lookup_candidates_total{source=\"stored\"} 70",
    ] {
        assert!(figures.lines().any(|found| found == line), "{figures}");
    }
    assert_eq!(
        found
            .iter()
            .filter(|one| one.get("status").is_some())
            .count(),
        60
    );
    stand.look_up(request.clone()).await;
    assert_eq!(
        stand
            .fake
            .script(|script| script.gets.iter().map(Vec::len).collect::<Vec<_>>()),
        [50, 10]
    );

    let first = &found[0];
    assert_eq!(first["status"]["readable"], true);
    let application = &first["status"]["applications"][0];
    assert_eq!(application["status"], "active");
    assert_eq!(application["application_id"], json!(ids[0] + 1));

    // Gone from what the key can read: no longer readable, and the last known kept.
    stand.stop().await;
    stand.tuning.status_fresh_for = Duration::ZERO;
    stand.begin().await;
    stand
        .fake
        .script(|script| script.candidates.remove(&ids[0]));
    let found = stand
        .look_up(json!({"candidate_ids": [ids[0], ids[1]], "refresh": true}))
        .await;
    assert_eq!(found[0]["status"]["readable"], false);
    assert_eq!(&found[0]["status"]["applications"][0], application);
    assert_eq!(found[1]["status"]["readable"], true);
}

#[tokio::test]
async fn failed_refresh_answers_with_the_stored_status_and_is_not_repeated() {
    let tuning = atsi_proxy::Tuning {
        status_fresh_for: Duration::ZERO,
        ..quick()
    };
    let stand = Stand::connected(tuning).await;
    let (_, send) = stand.send("k-1", &person("imani-7")).await;
    let request = json!({"candidate_ids": [send["candidate_id"]], "refresh": true});
    assert_eq!(
        stand.look_up(request.clone()).await[0]["status"]["readable"],
        true
    );
    stand
        .fake
        .script(|script| script.get_reply = Some((StatusCode::INTERNAL_SERVER_ERROR, "")));
    for _ in 0..3 {
        assert_eq!(
            stand.look_up(request.clone()).await[0]["status"]["readable"],
            true
        );
    }
    assert_eq!(stand.fake.script(|script| script.gets.len()), 2);
}

#[tokio::test]
async fn refresh_with_a_revoked_key_breaks_the_connection() {
    let tuning = atsi_proxy::Tuning {
        status_fresh_for: Duration::ZERO,
        ..quick()
    };
    let stand = Stand::connected(tuning).await;
    let (_, send) = stand.send("k-1", &person("imani-7")).await;
    stand.fake.script(|script| script.keys.clear());
    let found = stand
        .look_up(json!({"candidate_ids": [send["candidate_id"]], "refresh": true}))
        .await;
    assert_eq!(found[0]["send"]["state"], "created");
    let (_, connection) = stand.json(stand.ask(Method::GET, "/v1/connection")).await;
    assert_eq!(connection["state"], "broken");
}

//! The list of everybody whom a company sent.

use crate::support::{Reply, Stand, person, person_on, quick};
use axum::http::StatusCode;
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn candidate_list_has_each_person_once_newest_first() {
    let stand = Stand::connected(quick()).await;
    let refuse = || Reply::Refuse(StatusCode::UNPROCESSABLE_ENTITY, "");
    stand.fake.next(refuse());
    stand.send("a-refused", &person("a")).await;
    stand.send("b", &person("b")).await;
    stand.fake.next(refuse());
    stand.send("c-refused", &person("c")).await;
    stand.send("a", &person("a")).await;
    // One more job: another send of the same person.
    stand.send("b-job", &person_on("b", 7)).await;
    // Refused although one before was not: that one still counts.
    stand.fake.next(refuse());
    stand.send("a-job", &person_on("a", 7)).await;
    stand.send("d", &person("d")).await;

    let ask = |query: &str| stand.ask(Method::GET, &format!("/v1/candidates{query}"));
    let mut after = String::new();
    let mut keys = Vec::new();
    for page in 0.. {
        let (status, body) = stand.json(ask(&format!("?limit=2{after}"))).await;
        assert_eq!(status, 200, "{body}");
        for candidate in body["candidates"].as_array().unwrap() {
            keys.push(candidate["idempotency_key"].as_str().unwrap().to_owned());
            let text = candidate.to_string();
            assert!(!text.contains("Brooks") && !text.contains("kiln"), "{text}");
        }
        match body["next"].as_u64() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
        assert!(page < 5, "the pages come to an end");
    }
    assert_eq!(keys, ["d", "b-job", "a", "c-refused"]);

    let (_, all) = stand.json(ask("")).await;
    assert_eq!(all["candidates"].as_array().unwrap().len(), 4);
    assert_eq!(all["next"], Value::Null);
    let looked_up = stand
        .look_up(json!({"external_ids": ["a", "b", "c", "d"]}))
        .await;
    for candidate in all["candidates"].as_array().unwrap() {
        assert!(looked_up.contains(candidate), "the same as a look-up has");
    }
    for wrong in [
        "?limit=0",
        "?limit=2001",
        "?limit=x",
        "?after=-1",
        "?after=x",
    ] {
        let (status, problem) = stand.json(ask(wrong)).await;
        assert_eq!(
            (status, &problem["code"]),
            (400, &json!("invalid_request")),
            "{wrong}"
        );
    }
}

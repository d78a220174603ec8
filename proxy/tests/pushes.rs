//! Applications that Jopwell's systems push.

use super::applications::{JOB, application, apply, in_greenhouse, link, until, with_job};
use crate::support::{Stand, quick, sandbox::Pair};
use atsi_proxy::standard_webhooks;
use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

struct Push {
    url: String,
    secret: Vec<u8>,
}

impl Push {
    async fn new(pair: &Pair, request: Value) -> Self {
        let ask = pair
            .stand
            .ask(Method::POST, "/v1/push/secret")
            .json(&request);
        let (status, made) = pair.stand.json(ask).await;
        assert_eq!(status, 200, "{made}");
        let secret = made["secret"].as_str().unwrap();
        let secret = secret.strip_prefix("whsec_").unwrap();
        Self {
            url: made["url"].as_str().unwrap().to_owned(),
            secret: BASE64_STANDARD.decode(secret).unwrap(),
        }
    }

    /// Signed `late` seconds from now, or before where negative.
    fn signed(&self, pair: &Pair, id: &str, body: &Value, late: i64) -> RequestBuilder {
        let body = body.to_string();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let timestamp = (i64::try_from(now.as_secs()).unwrap() + late).to_string();
        let signature =
            standard_webhooks::sign(&self.secret, id, &timestamp, body.as_bytes()).unwrap();
        // From no browser: no Origin.
        let request = pair.stand.http.post(&self.url);
        request
            .header(standard_webhooks::ID, id)
            .header(standard_webhooks::TIMESTAMP, timestamp)
            .header(standard_webhooks::SIGNATURE, signature)
            .body(body)
    }

    async fn push(&self, pair: &Pair, id: &str, body: &Value) -> (u16, Value) {
        pair.stand.json(self.signed(pair, id, body, 0)).await
    }
}

#[tokio::test]
async fn pushed_application_becomes_a_candidate_without_a_browser() {
    let (mut pair, job) = with_job("on").await;
    assert!(pair.get("/v1/push").await.get("url").is_none());
    let push = Push::new(&pair, json!({})).await;
    let (status, accepted) = push.push(&pair, "msg_1", &application("imani-7")).await;
    assert_eq!(
        (status, &accepted["sent_by"]),
        (202, &json!("Jopwell")),
        "{accepted}"
    );
    until(&pair, "msg_1", "created").await;
    assert_eq!(in_greenhouse(&pair, "imani-7"), [[(false, job.as_u64())]]);

    let again = push.signed(&pair, "msg_1", &application("imani-7"), 0);
    let again = again.send().await.unwrap();
    assert_eq!(again.status(), 200);
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    // The extension sees the same row of the tracker.
    let (_, twin) = apply(&pair, "k-1", &application("imani-7")).await;
    assert_eq!(twin["state"], "existing");

    let body = application("noor-3");
    let other = Push {
        url: push.url.clone(),
        secret: vec![7; 32],
    };
    let cases = [
        (
            push.signed(&pair, "msg_1", &body, 0),
            422,
            "idempotency_key_reused",
        ),
        (push.signed(&pair, "msg_2", &body, -301), 401, "push_stale"),
        (push.signed(&pair, "msg_2", &body, 302), 401, "push_stale"),
        (
            other.signed(&pair, "msg_2", &body, 0),
            401,
            "push_signature_wrong",
        ),
        (
            push.signed(&pair, "msg_2", &body, 0).body("{}"),
            401,
            "push_signature_wrong",
        ),
        (
            push.signed(&pair, "msg_2", &json!({"external_id": 7}), 0),
            400,
            "invalid_request",
        ),
        (
            pair.stand.http.post(&push.url).json(&body),
            401,
            "push_unsigned",
        ),
        (
            push.signed(&pair, &"x".repeat(129), &body, 0),
            400,
            "invalid_request",
        ),
    ];
    for (request, status, code) in cases {
        let (got, problem) = pair.stand.json(request).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{problem}");
    }
    let large = json!({"external_id": "x".repeat(300_000)});
    let (status, _) = pair
        .stand
        .json(push.signed(&pair, "msg_2", &large, 0))
        .await;
    assert_eq!(status, 413);
    let elsewhere = Push {
        url: push.url.replace("/hooks/jopwell/", "/hooks/jopwell/0"),
        secret: push.secret.clone(),
    };
    assert_eq!(elsewhere.push(&pair, "msg_2", &body).await.0, 404);
    assert!(in_greenhouse(&pair, "noor-3").is_empty());

    // What was refused, and why, is told where an admin looks.
    let came = pair.get("/v1/push").await["received"].clone();
    let counts: Vec<(&str, u64)> = (came.as_array().unwrap().iter())
        .map(|one| {
            (
                one["name"].as_str().unwrap(),
                one["count"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        counts,
        [
            ("accepted", 2),
            ("body_too_large", 1),
            ("idempotency_key_reused", 1),
            ("invalid_request", 2),
            ("push_signature_wrong", 2),
            ("push_stale", 2),
            ("push_unsigned", 1),
        ]
    );

    // A new secret; the one before is good for a week, or revoked at once.
    let next = Push::new(&pair, json!({})).await;
    assert_eq!(next.url, push.url);
    for (id, push) in [("msg_3", &push), ("msg_4", &next)] {
        assert!(push.push(&pair, id, &application(id)).await.0 < 300);
    }
    let last = Push::new(&pair, json!({"revoke_previous": true})).await;
    let (_, problem) = next.push(&pair, "msg_5", &body).await;
    assert_eq!(problem["code"], "push_signature_wrong");
    assert!(last.push(&pair, "msg_5", &body).await.0 < 300);
    pair.stand.stop().await;
}

#[tokio::test]
async fn push_reaches_its_address_only() {
    let (mut pair, _) = with_job("on").await;
    let push = Push::new(&pair, json!({})).await;
    pair.stand.stop().await;
    let mut config = Stand::config(
        pair.stand.folder.path(),
        &pair.stand.database,
        &pair.stand.greenhouse,
    );
    config.public_url = Some("https://atsi.kiln.example/".parse().unwrap());
    pair.stand.proxy = Some(atsi_proxy::Proxy::start(&config, quick()).await.unwrap());
    let path = push.url.split_once("/hooks").unwrap().1;
    let address = pair.get("/v1/push").await;
    assert_eq!(
        address["url"],
        format!("https://atsi.kiln.example/hooks{path}")
    );
    let at_public = |body: RequestBuilder| body.header("host", "atsi.kiln.example");
    let here = Push {
        url: pair.stand.url(&format!("/hooks{path}")),
        ..push
    };
    let request = at_public(here.signed(&pair, "msg_1", &application("imani-7"), 0));
    assert_eq!(pair.stand.json(request).await.0, 202);
    let request = at_public(pair.stand.http.get(pair.stand.url("/v1/applications")));
    assert_eq!(pair.stand.json(request).await.0, 403);
    pair.stand.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn applications_pushed_at_once_arrive_once_each() {
    const PEOPLE: usize = 150;
    let (mut pair, job) = with_job("on").await;
    let push = Push::new(&pair, json!({})).await;
    let mut pushes = Vec::new();
    for number in 0..PEOPLE {
        let body = application(&format!("person-{number}"));
        pushes.push(push.signed(&pair, &format!("msg_{number}"), &body, 0));
        let seen = pair.stand.ask(Method::POST, "/v1/applications");
        let seen = seen.header("idempotency-key", format!("seen-{number}"));
        pushes.push(seen.json(&body));
    }
    let pushes: Vec<_> = (pushes.into_iter())
        .map(|request| tokio::spawn(request.send()))
        .collect();
    for push in pushes {
        assert!(push.await.unwrap().unwrap().status().is_success());
    }
    // Paused and resumed in the middle: what left, left; what did not goes later.
    link(&pair, JOB, &job, "paused").await;
    link(&pair, JOB, &job, "on").await;
    let mut states = BTreeMap::<String, usize>::new();
    for number in 0..PEOPLE {
        let path = format!("/v1/applications/msg_{number}");
        let settled = |application: &Value| application["state"] != "waiting";
        let state = pair.get_until(&path, settled).await;
        *states.entry(state["state"].to_string()).or_default() += 1;
        let there = in_greenhouse(&pair, &format!("person-{number}"));
        assert_eq!(there, [[(false, job.as_u64())]], "{state}");
    }
    assert!(
        states
            .keys()
            .all(|state| state == "\"created\"" || state == "\"existing\"")
    );
    let first = pair.get("/v1/applications").await;
    assert_eq!(first["applications"].as_array().unwrap().len(), PEOPLE);
    pair.stand.stop().await;
}

/// What docs/push.md tells Jopwell's engineers to send.
#[tokio::test]
async fn example_of_the_document_is_accepted() {
    let (mut pair, _) = with_job("on").await;
    let document = include_str!("../../docs/push.md");
    let example = document.split("```json\n").nth(1).unwrap();
    let example: Value = serde_json::from_str(example.split("```").next().unwrap()).unwrap();
    assert_eq!(example["jopwell_job"]["id"], JOB);
    let push = Push::new(&pair, json!({})).await;
    let (status, accepted) = push.push(&pair, "msg_1", &example).await;
    assert_eq!(status, 202, "{accepted}");
    until(&pair, "msg_1", "created").await;
    let api = pair.get("/openapi.json").await;
    let shown = "/paths/~1v1~1applications/post/requestBody/content/application~1json/example";
    assert_eq!(
        api.pointer(shown),
        Some(&example),
        "the OpenAPI document shows the same"
    );
    pair.stand.stop().await;
}

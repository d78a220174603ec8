//! Greenhouse's web hooks, from the sandbox's real sender to what a look-up says.

use super::hook_history::{COMPANY, History, PACE, PEOPLE, Step, play};
use crate::support::{
    self, person,
    records::new_send,
    sandbox::{Pair, control},
};
use atsi_greenhouse::webhook;
use atsi_protocol::{
    ApplicationStatus, CandidateStatus, InGreenhouse, Problem, ProblemCode, SendState, StatusRoute,
};
use atsi_proxy::store::{Accepted, LeaseLimits, NewSend, ReceivedHook, Settlement, Store};
use atsi_sandbox::greenhouse::webhooks::signature;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

fn count(hooks: &Value, kind: &str, name: &str) -> u64 {
    let counts = hooks[kind].as_array().cloned().unwrap_or_default();
    let found = counts.iter().find(|count| count["name"] == name);
    found.map_or(0, |count| count["count"].as_u64().unwrap())
}

#[tokio::test]
async fn webhook_updates_the_status() {
    let pair = Pair::start().await;
    pair.put(
        "/switches",
        json!({"webhook_duplicates": 2, "webhook_extra_root_keys": true}),
    )
    .await;
    let jobs = control(&pair.sandbox, Method::GET, "/state", Value::Null).await;
    let job = jobs["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|job| job["status"] == "open");
    let job = job.unwrap()["id"].clone();

    let (_, sent) = pair.stand.send("k-1", &person("imani-7")).await;
    assert_eq!(sent["state"], "created", "{sent}");
    let candidate = sent["candidate_id"].clone();
    let application = |found: &Value| found["status"]["applications"][0].clone();
    pair.hand(&candidate, "pool", json!({"pool": "Campus 2026"}))
        .await;
    pair.until("imani-7", |found| {
        application(found)["pool"] == "Campus 2026"
    })
    .await;
    pair.hand(&candidate, "convert", json!({"job_id": job}))
        .await;
    pair.until("imani-7", |found| application(found)["pool"].is_null())
        .await;
    pair.hand(&candidate, "move", json!({"stage": "Offer"}))
        .await;
    pair.until("imani-7", |found| application(found)["stage"] == "Offer")
        .await;
    for (what, status) in [
        ("reject", "rejected"),
        ("unreject", "active"),
        ("hire", "hired"),
        ("unhire", "active"),
    ] {
        pair.hand(&candidate, what, json!({})).await;
        let found = pair
            .until("imani-7", |found| application(found)["status"] == status)
            .await;
        assert_eq!(found["status"]["route"], "web_hook", "{found}");
    }

    let other = pair.stand.send("k-2", &person("ada-3")).await.1;
    pair.hand(&candidate, "merge", json!({"into": other["candidate_id"]}))
        .await;
    let into = other["candidate_id"].clone();
    let merged = pair
        .until("imani-7", |found| found["send"]["candidate_id"] == into)
        .await;
    let page = merged["send"]["profile_url"].as_str().unwrap();
    assert!(page.contains(&format!("/people/{into}")), "{page}");
    assert_eq!(merged["status"]["merged"], true, "{merged}");
    let survivor = pair.until("ada-3", Value::is_object).await;
    assert_eq!(survivor["status"]["merged"], Value::Null, "{survivor}");

    pair.hand(&into, "delete", json!({})).await;
    pair.until("ada-3", Value::is_null).await;
    pair.until("imani-7", Value::is_null).await;
    let everybody = pair.stand.ask(Method::GET, "/v1/candidates");
    assert_eq!(pair.stand.json(everybody).await.1["candidates"], json!([]));
    // Who repeats the old request does not bring the person back.
    let (_, again) = pair.stand.send("k-1", &person("imani-7")).await;
    assert_eq!(again["state"], "refused");
    assert_eq!(again["problem"]["code"], "candidate_erased");
    assert_eq!(again["external_id"], "");

    let hooks = pair.hooks().await;
    for action in [
        "ping",
        "reject_candidate",
        "hire_candidate",
        "merge_candidate",
        "delete_candidate",
    ] {
        assert!(count(&hooks, "received", action) > 0, "{action}: {hooks}");
    }
    assert_eq!(count(&hooks, "received", "other"), 0, "{hooks}");
    assert_eq!(hooks["refused"], Value::Null, "{hooks}");
    let metrics = pair
        .stand
        .ask(Method::GET, "/metrics")
        .send()
        .await
        .unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(
        metrics.contains("atsi_web_hooks_total{result=\"duplicate\"}"),
        "{metrics}"
    );
}

#[tokio::test]
async fn anonymized_person_is_erased() {
    let pair = Pair::start().await;
    let (_, sent) = pair.stand.send("k-1", &person("imani-7")).await;
    pair.hand(&sent["candidate_id"], "anonymize", json!({}))
        .await;
    pair.until("imani-7", Value::is_null).await;
    let found = pair
        .stand
        .look_up(json!({"candidate_ids": [sent["candidate_id"]]}))
        .await;
    assert!(found.is_empty());
}

#[tokio::test]
async fn webhook_settles_an_uncertain_send() {
    for out_of_order in [false, true] {
        let pair = Pair::start().await;
        pair.put("/switches", json!({"webhook_out_of_order": out_of_order}))
            .await;
        let fault =
            json!([{"endpoint": "post_candidates", "kind": "reset_after_commit", "times": 1}]);
        pair.put("/faults", fault).await;
        pair.stand.send("k-1", &person("imani-7")).await;
        let settled = pair.stand.until("k-1", "created").await;
        let state = control(&pair.sandbox, Method::GET, "/state", Value::Null).await;
        let made: Vec<&Value> = state["candidates"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|candidate| candidate["external_id"] == "imani-7")
            .collect();
        assert_eq!(made.len(), 1);
        assert_eq!(made[0]["id"], settled["candidate_id"]);
        // The same person once more is known to be there.
        let (_, again) = pair.stand.send("k-2", &person("imani-7")).await;
        assert_eq!(again["state"], "existing");
    }
}

#[tokio::test]
async fn profile_of_a_send_settled_by_webhook_leaves_no_byte_in_the_file() {
    if support::OVER_POSTGRES {
        return;
    }
    let mut pair = Pair::start().await;
    let secret = pair.make_secret(json!({})).await;
    // Nobody tells us at first.
    pair.put("/webhooks", json!([])).await;
    let fault = json!([{"endpoint": "post_candidates", "kind": "reset_after_commit", "times": 1}]);
    pair.put("/faults", fault).await;
    let (_, sent) = pair.stand.send("k-1", &person("imani-7")).await;
    assert_eq!(sent["state"], "uncertain", "{sent}");
    let file = pair.stand.folder.path().join("atsi.db");
    let sealed = support::sealed_profile(&file).await;
    pair.subscribe(&secret).await;
    let state = control(&pair.sandbox, Method::GET, "/state", Value::Null).await;
    let ours = |list: &str, of: &dyn Fn(&Value) -> bool| {
        let found = state[list].as_array().unwrap().iter().find(|one| of(one));
        found.unwrap()["id"].clone()
    };
    let candidate = ours("candidates", &|one| one["external_id"] == "imani-7");
    let job = ours("jobs", &|one| one["status"] == "open");
    pair.hand(&candidate, "convert", json!({"job_id": job}))
        .await;
    pair.stand.until("k-1", "created").await;
    pair.stand.stop().await;
    for piece in sealed.chunks_exact(32) {
        assert!(!support::files_hold(&file, piece));
    }
    assert!(support::files_hold(&file, b"imani-7"), "its id stays");
}

async fn deliver(pair: &Pair, url: &Value, secret: &str, body: &str) -> (u16, String) {
    let response = pair
        .stand
        .http
        .post(url.as_str().unwrap())
        .header("signature", signature(secret, body.as_bytes()).unwrap())
        .body(body.to_owned())
        .send()
        .await
        .unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn forged_or_unreadable_webhook_is_refused_and_counted() {
    let pair = Pair::start().await;
    let made = pair.make_secret(json!({})).await;
    let (url, secret) = (&made["url"], made["secret"].as_str().unwrap());
    let good = r#"{"action":"ping","payload":{"name":"R\u0026D"}}"#;
    assert_eq!(
        deliver(&pair, url, secret, good).await,
        (200, String::new())
    );
    assert_eq!(deliver(&pair, url, "not the secret", good).await.0, 401);
    // The same JSON in other bytes is another body.
    let other_bytes = pair
        .stand
        .http
        .post(url.as_str().unwrap())
        .header("signature", signature(secret, good.as_bytes()).unwrap())
        .body(r#"{"action":"ping","payload":{"name":"R&D"}}"#);
    assert_eq!(other_bytes.send().await.unwrap().status(), 401);
    let unsigned = pair.stand.http.post(url.as_str().unwrap()).body(good);
    assert_eq!(unsigned.send().await.unwrap().status(), 401);
    assert_eq!(deliver(&pair, url, secret, "not json").await.0, 400);
    let no_id = r#"{"action":"delete_candidate","payload":{"person":{"id":"Imani Brooks"}}}"#;
    let (status, body) = deliver(&pair, url, secret, no_id).await;
    assert_eq!(status, 400);
    assert!(!body.contains("Imani"), "{body}");
    let large = "x".repeat(2 * 1024 * 1024 + 1);
    assert_eq!(deliver(&pair, url, secret, &large).await.0, 413);
    let elsewhere = json!(pair.stand.url("/hooks/greenhouse/0123456789abcdef"));
    assert_eq!(deliver(&pair, &elsewhere, secret, good).await.0, 404);
    let unknown = r#"{"action":"teapot_boiled","payload":[],"new":{"keys":1}}"#;
    assert_eq!(deliver(&pair, url, secret, unknown).await.0, 200);

    let hooks = pair.hooks().await;
    assert_eq!(count(&hooks, "refused", "signature"), 3, "{hooks}");
    assert_eq!(count(&hooks, "refused", "malformed"), 2, "{hooks}");
    assert_eq!(count(&hooks, "refused", "too_large"), 1, "{hooks}");
    assert_eq!(count(&hooks, "received", "other"), 1, "{hooks}");
    assert_eq!(&hooks["url"], url);
    assert!(!hooks.to_string().contains(secret));
}

/// The signature is that of the bytes as they came; the repair of the text is ours.
#[tokio::test]
async fn webhook_with_half_of_a_surrogate_pair_is_kept() {
    let pair = Pair::start().await;
    let made = pair.make_secret(json!({})).await;
    let (_, sent) = pair.stand.send("k-1", &person("imani-7")).await;
    let body = json!({"action": "reject_candidate", "payload": {"application": {
        "id": sent["application_id"], "status": "rejected", "prospect": false,
        "jobs": [{"id": 30, "name": "Kiln engineer"}],
        "candidate": {"id": sent["candidate_id"], "title": "Care lead CUT"},
    }}});
    let body = body.to_string().replace("CUT", r"\ud83d");
    let secret = made["secret"].as_str().unwrap();
    let (status, answer) = deliver(&pair, &made["url"], secret, &body).await;
    assert_eq!(status, 200, "{answer}");
    pair.until("imani-7", |found| {
        found["status"]["applications"][0]["status"] == "rejected"
    })
    .await;
    assert_eq!(deliver(&pair, &made["url"], "another", &body).await.0, 401);
}

#[tokio::test]
async fn both_webhook_secrets_work_during_a_rotation() {
    let pair = Pair::start().await;
    let first = pair.make_secret(json!({})).await;
    let second = pair.make_secret(json!({})).await;
    assert_eq!(first["url"], second["url"]);
    assert_ne!(first["secret"], second["secret"]);
    assert!(second["previous_secret_until"].is_u64());
    let ping = |number: u32| format!(r#"{{"action":"ping","payload":{{"web_hook_id":{number}}}}}"#);
    let text = |made: &Value| made["secret"].as_str().unwrap().to_owned();
    let url = &first["url"];
    assert_eq!(deliver(&pair, url, &text(&first), &ping(1)).await.0, 200);
    assert_eq!(deliver(&pair, url, &text(&second), &ping(2)).await.0, 200);
    let third = pair.make_secret(json!({"revoke_previous": true})).await;
    assert_eq!(third["previous_secret_until"], Value::Null);
    assert_eq!(deliver(&pair, url, &text(&first), &ping(3)).await.0, 401);
    assert_eq!(deliver(&pair, url, &text(&second), &ping(4)).await.0, 401);
    assert_eq!(deliver(&pair, url, &text(&third), &ping(5)).await.0, 200);
}

#[tokio::test]
async fn forwarded_request_reaches_webhooks_only() {
    let pair = Pair::start().await;
    for header in ["forwarded", "x-forwarded-for", "via"] {
        let through = |method, path: &str| pair.stand.ask(method, path).header(header, "192.0.2.7");
        let api = through(Method::GET, "/v1/connection").send().await.unwrap();
        assert_eq!(api.status(), 403, "{header}");
        let hook = through(Method::POST, "/hooks/greenhouse/x")
            .send()
            .await
            .unwrap();
        assert_eq!(hook.status(), 404, "{header}");
    }
}

/// Candidate 10 was sent and is there, with application 20.
async fn one_in_greenhouse(store: &dyn Store) {
    let there = InGreenhouse {
        candidate_id: 10,
        application_id: Some(20),
        profile_url: "https://app.greenhouse.io/people/10?application_id=20".to_owned(),
    };
    let history = History {
        bodies: Vec::new(),
        people: vec![there],
        last: Vec::new(),
    };
    play(store, &history, &[Step::Answer(0)]).await;
}

/// An answer of Greenhouse's that comes after the web hook that made it untrue.
#[tokio::test]
async fn late_read_of_a_merged_or_deleted_candidate_changes_nothing() {
    const NOW: u64 = 1_700_000_000_000;
    let database = support::Database::new().await;
    let store = database.open().await;
    one_in_greenhouse(store.as_ref()).await;
    let hear = async |digest: u8, event: webhook::Event| {
        let received = ReceivedHook {
            event_id: None,
            digest: [digest; 32],
            action: "any".to_owned(),
            event,
        };
        store.receive_hook(COMPANY, &received, NOW).await.unwrap();
    };
    let read = async |candidate: u64, application_id: u64, read_at: u64| {
        let status = CandidateStatus {
            read_at,
            route: None,
            readable: true,
            merged: false,
            applications: vec![ApplicationStatus {
                application_id,
                job: None,
                status: "active".to_owned(),
                stage: None,
                pool: None,
                since: None,
            }],
        };
        store
            .put_statuses(
                COMPANY,
                &[candidate],
                &[(candidate, status)],
                StatusRoute::Asked,
                PACE,
                read_at,
            )
            .await
            .unwrap();
    };
    let applications = async || {
        let ids = ["answered".to_owned()];
        let found = store.look_up(COMPANY, &[], &ids, NOW).await.unwrap();
        assert_eq!(found[0].candidate_id, Some(11));
        let status = found[0].candidate.status.clone().unwrap();
        (status.applications.iter())
            .map(|application| application.application_id)
            .collect::<Vec<_>>()
    };

    read(10, 20, NOW).await;
    let merged = |candidate_id| webhook::Event::Merged {
        candidate_id,
        into: 11,
    };
    hear(1, merged(10)).await;
    read(10, 20, NOW + 100_000).await;
    assert_eq!(applications().await, [20]);

    // Whatever was kept of 12 would come along.
    hear(2, webhook::Event::Erased { candidate_id: 12 }).await;
    read(12, 22, NOW + 100_000).await;
    hear(3, merged(12)).await;
    assert_eq!(applications().await, [20]);
    store.close().await;
}

/// Nobody makes them anew in Greenhouse by what they pressed before.
#[tokio::test]
async fn waiting_sends_of_a_deleted_person_are_erased() {
    let database = support::Database::new().await;
    let store = database.open().await;
    one_in_greenhouse(store.as_ref()).await;
    let now = 1_700_000_000_000;
    let limits = LeaseLimits {
        total: 9,
        per_company: 9,
    };
    let minute = Duration::from_secs(60);
    let send = async |key: &str, external_id: &str, job_id: u64| {
        let new = NewSend {
            job_id: Some(job_id),
            ..new_send(key, external_id)
        };
        let accepted = store.accept(COMPANY, new, now).await.unwrap();
        assert!(matches!(accepted, Accepted::New(_)));
    };
    let state = async |key: &str| {
        let found = store.send(COMPANY, key, now).await.unwrap().unwrap();
        (found.external_id, found.state)
    };
    // One was refused, one is on its way, one is about to leave, one waits.
    send("refused", PEOPLE[0], 4).await;
    let refused = store.lease("w", limits, now, minute).await.unwrap();
    assert!(store.dispatch(&refused[0], now).await.unwrap());
    let problem = Problem::new(ProblemCode::GreenhouseRefused);
    let refused = store.settle(&refused[0], Settlement::Refused(problem), now);
    assert!(refused.await.unwrap());
    send("left", PEOPLE[0], 1).await;
    let left = store.lease("w", limits, now, minute).await.unwrap();
    assert!(store.dispatch(&left[0], now).await.unwrap());
    send("leased", PEOPLE[0], 2).await;
    let leased = store.lease("w", limits, now, minute).await.unwrap();
    send("waits", PEOPLE[0], 3).await;
    send("another", "another", 3).await;
    let received = ReceivedHook {
        event_id: None,
        digest: [1; 32],
        action: "any".to_owned(),
        event: webhook::Event::Erased { candidate_id: 10 },
    };
    store.receive_hook(COMPANY, &received, now).await.unwrap();
    for key in ["refused", "leased", "waits"] {
        let (external_id, state) = state(key).await;
        assert_eq!(external_id, "");
        let SendState::Refused { problem } = state else {
            panic!("{key}: {state:?}")
        };
        assert_eq!(problem.code, ProblemCode::CandidateErased);
    }
    assert!(!store.dispatch(&leased[0], now).await.unwrap());
    let rest = store.lease("w", limits, now, minute).await.unwrap();
    assert_eq!(rest.len(), 1);
    assert_eq!(rest[0].external_id, "another");
    // What left may be somebody in Greenhouse; its answer still counts.
    let made = InGreenhouse {
        candidate_id: 11,
        application_id: None,
        profile_url: "https://app.greenhouse.io/people/11".to_owned(),
    };
    let settled = store.settle(&left[0], Settlement::Created(made), now).await;
    assert!(settled.unwrap());
    assert!(matches!(state("left").await.1, SendState::Created(_)));
    store.close().await;
}

/// PostgreSQL holds no NUL. Another partner's id may have one, and so may what a stranger asks for.
#[tokio::test]
async fn text_with_nul_breaks_nothing() {
    let pair = Pair::start().await;
    let secret = pair.make_secret(json!({})).await;
    let body = json!({
        "action": "new_candidate_application",
        "payload": {"application": {
            "id": 20, "status": "active", "jobs": [{"id": 30, "name": "Kiln engineer"}],
            "candidate": {"id": 10, "external_id": "a\u{0}b"},
        }},
    });
    let key = secret["secret"].as_str().unwrap();
    let (status, answer) = deliver(&pair, &secret["url"], key, &body.to_string()).await;
    assert_eq!(status, 200, "{answer}");
    for (method, path) in [
        (Method::GET, "/v1/sends/%00"),
        (Method::GET, "/v1/applications/%00"),
        (Method::DELETE, "/v1/applications/%00"),
        (Method::DELETE, "/v1/job-links/%00"),
        (Method::GET, "/v1/job-links/%00/description"),
        (Method::POST, "/hooks/greenhouse/%00"),
        (Method::POST, "/hooks/jopwell/%00/v1/applications"),
    ] {
        let (status, problem) = pair.stand.json(pair.stand.ask(method, path)).await;
        assert_eq!(status, 404, "{path}: {problem}");
    }
    let none = pair.get("/v1/applications?jopwell_job=%00").await;
    assert_eq!(none["applications"], json!([]));
}

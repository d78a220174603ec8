//! Greenhouse's web hooks, from the sandbox's real sender to what a look-up says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use atsi_protocol::{
    ApplicationStatus, CandidateStatus, ChangesPage, InGreenhouse, KnownCandidate, SendState,
};
use atsi_proxy::{
    hooks,
    store::{Accepted, LeaseLimits, NewConnection, NewSend, ReceivedHook, Settlement, Store},
};
use atsi_sandbox::greenhouse::{
    seed::{INGESTION_KEY, SERVICE_USER},
    webhooks::signature,
};
use axum::{Router, body::Bytes, extract::State, routing::post};
use proptest::{
    prelude::*,
    test_runner::{Config as Runs, TestRunner},
};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use support::{
    person,
    sandbox::{Pair, control, sandbox},
};

fn count(hooks: &Value, kind: &str, name: &str) -> u64 {
    let counts = hooks[kind].as_array().cloned().unwrap_or_default();
    let found = counts.iter().find(|count| count["name"] == name);
    found.map_or(0, |count| count["count"].as_u64().unwrap())
}

#[tokio::test]
async fn what_happens_in_greenhouse_is_known_here() {
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
    pair.hand(&candidate, "convert", json!({"job_id": job}))
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
        pair.until("imani-7", |found| application(found)["status"] == status)
            .await;
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
async fn an_anonymised_person_is_forgotten() {
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
async fn a_web_hook_settles_what_is_uncertain() {
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
async fn no_byte_of_a_profile_is_left_in_the_file_once_a_web_hook_settled_its_send() {
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
async fn what_is_not_genuine_or_not_readable_is_refused_and_counted() {
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

#[tokio::test]
async fn two_secrets_are_good_while_they_are_changed() {
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
async fn what_was_forwarded_reaches_the_web_hooks_and_nothing_else() {
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

/// Real bodies of the sandbox's web hooks about two people: one sent and answered, one whose answer
/// was lost.
async fn history() -> (Vec<Bytes>, [InGreenhouse; 2]) {
    let sandbox = sandbox().await;
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let receiver = Router::new()
        .route(
            "/",
            post(
                |State(bodies): State<Arc<Mutex<Vec<Bytes>>>>, body: Bytes| async move {
                    bodies.lock().unwrap().push(body);
                },
            ),
        )
        .with_state(Arc::clone(&bodies));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, receiver).await.unwrap() });
    let hook = json!([{"action": "*", "url": url, "secret": "s"}]);
    control(&sandbox, Method::PUT, "/webhooks", hook).await;

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let mut people = Vec::new();
    for external_id in ["answered", "lost", "merged-away", "deleted"] {
        let response = client
            .post(format!("http://{}/v1/partner/candidates", sandbox.http))
            .basic_auth(INGESTION_KEY, Some(""))
            .header("on-behalf-of", SERVICE_USER)
            .json(&json!({"first_name": "A", "last_name": "B", "external_id": external_id}))
            .send()
            .await
            .unwrap();
        let made: Value = response.json().await.unwrap();
        people.push(InGreenhouse {
            candidate_id: made["id"].as_u64().unwrap(),
            application_id: made["application_id"].as_u64(),
            profile_url: made["profile_url"].as_str().unwrap().to_owned(),
        });
    }
    let state = control(&sandbox, Method::GET, "/state", Value::Null).await;
    let open = state["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|job| job["status"] == "open");
    let job = open.unwrap()["id"].clone();
    let hand = async |who: usize, what: &str, body: Value| {
        let path = format!("/greenhouse/candidates/{}/{what}", people[who].candidate_id);
        control(&sandbox, Method::POST, &path, body).await;
    };
    for who in [0, 1] {
        hand(who, "convert", json!({"job_id": job})).await;
        hand(who, "move", json!({"stage": "Phone Interview"})).await;
        hand(who, "update", json!({})).await;
        hand(who, "reject", json!({})).await;
        hand(who, "unreject", json!({})).await;
        hand(who, "move", json!({"stage": "Offer"})).await;
    }
    hand(0, "hire", json!({})).await;
    hand(0, "unhire", json!({})).await;
    hand(1, "hire", json!({})).await;
    hand(2, "reject", json!({})).await;
    hand(2, "merge", json!({"into": people[0].candidate_id})).await;
    hand(3, "delete", json!({})).await;
    let expected = 1 + 4 + 2 * 6 + 3 + 2 + 1;
    loop {
        let got = bodies.lock().unwrap().clone();
        if got.len() >= expected {
            sandbox.stop().await.unwrap();
            let [answered, lost, ..] = <[InGreenhouse; 4]>::try_from(people).unwrap();
            return (got, [answered, lost]);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

const COMPANY: i64 = 1;

#[derive(Clone, Debug)]
enum Step {
    Hook(usize),
    /// The answer of the first send comes in.
    Answer,
    /// The second send is given up: its answer never comes.
    GiveUp,
}

/// Knows what the change log told, and nothing else.
#[derive(Default)]
struct Follower {
    after: u64,
    known: HashMap<String, KnownCandidate>,
}

impl Follower {
    /// Row by row, so that a gap in the numbers shows.
    async fn follow(&mut self, store: &dyn Store, now: u64) {
        loop {
            let told = store
                .changes(COMPANY, Some(self.after), 1, now)
                .await
                .unwrap();
            let ChangesPage {
                changes,
                next,
                more,
                reset,
            } = told;
            assert!(!reset);
            for change in changes {
                assert_eq!(change.number, next);
                let key = change.candidate.idempotency_key.clone();
                self.known.insert(key, change.candidate);
            }
            if next == self.after {
                assert!(!more);
                return;
            }
            assert!(self.after == 0 || next == self.after + 1);
            self.after = next;
        }
    }

    /// Times of a read may be newer than the last change; what is shown may not.
    fn knows(&self, stored: &[KnownCandidate]) {
        for candidate in stored
            .iter()
            .filter(|one| !matches!(one.send, SendState::Waiting { .. }))
        {
            let known = self.known.get(&candidate.idempotency_key);
            let shown = |one: &KnownCandidate| {
                let status = one.status.clone().map(|mut status| {
                    status.read_at = 0;
                    status
                });
                (one.external_id.clone(), one.send.clone(), status)
            };
            assert_eq!(known.map(shown), Some(shown(candidate)));
        }
    }
}

/// What is left after the steps, without when it was noticed.
async fn play(
    store: &dyn Store,
    bodies: &[Bytes],
    answered: &InGreenhouse,
    steps: &[Step],
) -> Vec<KnownCandidate> {
    let now = u64::try_from(
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_millis(),
    )
    .unwrap()
        - 60_000;
    store.personal_company(now).await.unwrap();
    let connection = NewConnection {
        sealed_key: vec![1],
        masked_key: "••••".to_owned(),
        service_user: "service@kiln.example".to_owned(),
        account_name: None,
    };
    store
        .put_connection(COMPANY, connection, now)
        .await
        .unwrap();
    store
        .add_hook_secret(COMPANY, "hook", &[1], now, now)
        .await
        .unwrap();
    for external_id in ["answered", "lost"] {
        let new = NewSend {
            idempotency_key: external_id.to_owned(),
            request_fingerprint: vec![1],
            external_id: external_id.to_owned(),
            job_id: None,
            sent_by: None,
            sealed_profile: vec![1],
        };
        let accepted = store.accept(COMPANY, new, now).await.unwrap();
        assert!(matches!(accepted, Accepted::New(_)));
    }
    let limits = LeaseLimits {
        total: 9,
        per_company: 9,
    };
    let leased = store
        .lease("w", limits, now, Duration::from_secs(3600))
        .await
        .unwrap();
    for attempt in &leased {
        assert!(store.dispatch(attempt, now).await.unwrap());
    }
    let attempt = |external_id: &str| {
        leased
            .iter()
            .find(|leased| leased.external_id == external_id)
            .unwrap()
    };
    let mut follower = Follower::default();
    for (number, step) in steps.iter().enumerate() {
        if number % 3 == 0 {
            follower.follow(store, now).await;
        }
        match step {
            Step::Hook(index) => {
                let body = &bodies[index % bodies.len()];
                let read = hooks::read(body).unwrap();
                let received = ReceivedHook {
                    event_id: None,
                    digest: Sha256::digest(body).into(),
                    action: read.action.to_owned(),
                    event: read.event,
                };
                store.receive_hook(COMPANY, &received, now).await.unwrap();
            }
            Step::Answer => {
                let created = Settlement::Created(answered.clone());
                store
                    .settle(attempt("answered"), created, now)
                    .await
                    .unwrap();
            }
            Step::GiveUp => {
                store
                    .settle(attempt("lost"), Settlement::Uncertain, now)
                    .await
                    .unwrap();
            }
        }
    }
    let ids = ["answered".to_owned(), "lost".to_owned()];
    let found = store.look_up(COMPANY, &[], &ids, now).await.unwrap();
    let mut known: Vec<KnownCandidate> = found.into_iter().map(|found| found.candidate).collect();
    follower.follow(store, now).await;
    follower.knows(&known);
    let mut anew = Follower::default();
    anew.follow(store, now).await;
    anew.knows(&known);
    for candidate in &mut known {
        candidate.sent_at = 0;
        if let Some(status) = &mut candidate.status {
            status.read_at = 0;
        }
    }
    known
}

#[test]
fn any_order_and_any_repetition_ends_in_the_same_state() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (bodies, [answered, lost]) = runtime.block_on(history());
    let mut in_order: Vec<Step> = (0..bodies.len()).map(Step::Hook).collect();
    in_order.insert(0, Step::GiveUp);
    in_order.insert(0, Step::Answer);
    let end = |steps: &[Step]| {
        runtime.block_on(async {
            let database = support::Database::new().await;
            let store = database.open().await;
            let known = play(store.as_ref(), &bodies, &answered, steps).await;
            store.close().await;
            known
        })
    };
    let expected = end(&in_order);
    // The state itself is what Greenhouse's people did last.
    let told = json!(expected);
    assert_eq!(
        told[0]["send"]["candidate_id"],
        json!(answered.candidate_id)
    );
    assert_eq!(told[1]["send"]["candidate_id"], json!(lost.candidate_id));
    assert_eq!(
        told[0]["status"]["applications"][0]["status"], "active",
        "{told}"
    );
    assert_eq!(
        told[0]["status"]["applications"][0]["stage"], "Offer",
        "{told}"
    );
    assert_eq!(
        told[1]["status"]["applications"][0]["status"], "hired",
        "{told}"
    );

    let twice: Vec<Step> = in_order.iter().chain(&in_order).cloned().collect();
    let runs = Runs {
        cases: 24,
        failure_persistence: None,
        ..Runs::default()
    };
    TestRunner::new(runs)
        .run(&Just(twice).prop_shuffle(), |steps| {
            prop_assert_eq!(&end(&steps), &expected);
            Ok(())
        })
        .unwrap();
}

/// An answer of Greenhouse's that comes after the web hook that made it untrue.
#[tokio::test]
async fn a_late_read_of_somebody_merged_or_deleted_changes_nothing() {
    const NOW: u64 = 1_700_000_000_000;
    let database = support::Database::new().await;
    let store = database.open().await;
    let there = InGreenhouse {
        candidate_id: 10,
        application_id: Some(20),
        profile_url: "https://app.greenhouse.io/people/10?application_id=20".to_owned(),
    };
    play(store.as_ref(), &[], &there, &[Step::Answer]).await;
    let hear = async |digest: u8, event: hooks::Event| {
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
            readable: true,
            applications: vec![ApplicationStatus {
                application_id,
                job: None,
                status: "active".to_owned(),
                stage: None,
            }],
        };
        store
            .put_statuses(COMPANY, &[candidate], &[(candidate, status)], read_at)
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
    let merged = |candidate_id| hooks::Event::Merged {
        candidate_id,
        into: 11,
    };
    hear(1, merged(10)).await;
    read(10, 20, NOW + 100_000).await;
    assert_eq!(applications().await, [20]);

    // Whatever was kept of 12 would come along.
    hear(2, hooks::Event::Erased { candidate_id: 12 }).await;
    read(12, 22, NOW + 100_000).await;
    hear(3, merged(12)).await;
    assert_eq!(applications().await, [20]);
    store.close().await;
}

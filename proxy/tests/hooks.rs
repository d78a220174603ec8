//! Greenhouse's web hooks, from the sandbox's real sender to what a look-up says.

use crate::support::{
    self, person,
    sandbox::{Pair, control, sandbox},
};
use atsi_greenhouse::webhook;
use atsi_protocol::{
    ApplicationStatus, CandidateStatus, ChangesPage, InGreenhouse, KnownCandidate, Problem,
    ProblemCode, SendState, StatusRoute,
};
use atsi_proxy::{
    poll_plan::Pace,
    store::{
        Accepted, LeaseLimits, NewConnection, NewSend, PERSON, ReceivedHook, Settlement, Store,
    },
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

/// Who is in the sandbox's Greenhouse: four were sent by us, the others came as Greenhouse's do.
const PEOPLE: [&str; 7] = [
    "answered",
    "lost",
    "chained",
    "anonymised",
    "merged-away",
    "middle",
    "deleted",
];
/// So many of [`PEOPLE`] are ours.
const OURS: usize = 4;

/// What happened in the sandbox's Greenhouse.
pub struct History {
    /// Real bodies of its web hooks.
    bodies: Vec<Bytes>,
    /// Where each of [`PEOPLE`] was at first.
    people: Vec<InGreenhouse>,
    /// What it says of `answered` in the end.
    last: Vec<ApplicationStatus>,
}

/// Hired and unhired, rejected and unrejected, prospects turned candidates, a chain of merges that
/// leaves one candidate with several applications, one deleted and one anonymised.
pub async fn history() -> History {
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
    for external_id in PEOPLE {
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
    for pool in ["Campus 2026", "Diversity partners"] {
        hand(2, "pool", json!({"pool": pool})).await;
    }
    for who in [2, 3] {
        hand(who, "convert", json!({"job_id": job})).await;
        hand(who, "move", json!({"stage": "Phone Interview"})).await;
    }
    hand(4, "reject", json!({})).await;
    let into = |who: usize| json!({"into": people[who].candidate_id});
    hand(4, "merge", into(0)).await;
    // A chain: the second becomes the third, and then the third the first.
    hand(2, "merge", into(5)).await;
    hand(5, "merge", into(0)).await;
    hand(3, "anonymize", json!({})).await;
    hand(6, "delete", json!({})).await;
    let id = people[0].candidate_id;
    let url = format!(
        "http://{}/v1/partner/candidates?candidate_ids={id}",
        sandbox.http
    );
    let read = client
        .get(url)
        .basic_auth(INGESTION_KEY, Some(""))
        .header("on-behalf-of", SERVICE_USER);
    let read: Value = read.send().await.unwrap().json().await.unwrap();
    let applications = read[0]["applications"].as_array().unwrap();
    let text = |of: &Value| of.as_str().map(str::to_owned);
    let last = applications.iter().map(|one| ApplicationStatus {
        application_id: one["id"].as_u64().unwrap(),
        job: text(&one["job"]),
        status: text(&one["status"]).unwrap().to_lowercase(),
        stage: text(&one["stage"]),
        pool: None,
        since: None,
    });
    let last: Vec<_> = last.collect();
    assert_eq!(last.len(), 4, "{read}");
    let expected = 1 + PEOPLE.len() + 2 * 6 + 3 + 2 + 2 * 2 + 1 + 3 + 2;
    loop {
        let bodies = bodies.lock().unwrap().clone();
        if bodies.len() >= expected {
            assert_eq!(bodies.len(), expected);
            sandbox.stop().await.unwrap();
            return History {
                bodies,
                people,
                last,
            };
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

const COMPANY: i64 = 1;

#[derive(Clone, Debug)]
pub enum Step {
    Hook(usize),
    /// The answer of this one of our sends comes in.
    Answer(usize),
    /// The send is given up: its answer never comes.
    GiveUp(usize),
    /// Greenhouse is asked about `answered`, after everything happened.
    Read,
}

/// A status without when it was noticed.
fn without_times(status: &mut CandidateStatus) {
    status.read_at = 0;
    status.route = None;
    for application in &mut status.applications {
        application.since = None;
    }
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
                ..
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
                    without_times(&mut status);
                    status
                });
                (one.external_id.clone(), one.send.clone(), status)
            };
            assert_eq!(known.map(shown), Some(shown(candidate)));
        }
    }
}

/// What is left after the steps, without when it was noticed.
pub async fn play(store: &dyn Store, history: &History, steps: &[Step]) -> Vec<KnownCandidate> {
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
        connected_by: None,
    };
    store
        .put_connection(COMPANY, connection, PERSON, now)
        .await
        .unwrap();
    store
        .add_hook_secret(COMPANY, "hook", &[1], now, PERSON, now)
        .await
        .unwrap();
    for external_id in &PEOPLE[..OURS] {
        let new = NewSend {
            idempotency_key: (*external_id).to_owned(),
            request_fingerprint: vec![1],
            external_id: (*external_id).to_owned(),
            job_id: None,
            sent_by: None,
            member: None,
            sealed_profile: vec![1],
            resume: None,
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
                let body = &history.bodies[*index];
                let read = webhook::read(body).unwrap();
                let received = ReceivedHook {
                    event_id: None,
                    digest: Sha256::digest(body).into(),
                    action: read.action.as_str().to_owned(),
                    event: read.event,
                };
                store.receive_hook(COMPANY, &received, now).await.unwrap();
            }
            Step::Answer(who) => {
                let created = Settlement::Created(history.people[*who].clone());
                let leased = attempt(PEOPLE[*who]);
                store.settle(leased, created, now).await.unwrap();
            }
            Step::GiveUp(who) => {
                let leased = attempt(PEOPLE[*who]);
                let settled = store.settle(leased, Settlement::Uncertain, now);
                settled.await.unwrap();
            }
            Step::Read => {
                // What a read says is as old as its question, and half a minute more.
                let status = CandidateStatus {
                    read_at: now + 120_000,
                    route: None,
                    readable: true,
                    merged: false,
                    applications: history.last.clone(),
                };
                let id = history.people[0].candidate_id;
                let read_at = status.read_at;
                store
                    .put_statuses(
                        COMPANY,
                        &[id],
                        &[(id, status)],
                        StatusRoute::Asked,
                        PACE,
                        read_at,
                    )
                    .await
                    .unwrap();
            }
        }
    }
    let ids: Vec<String> = (PEOPLE[..OURS].iter()).map(|id| (*id).to_owned()).collect();
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
            without_times(status);
        }
    }
    known
}

/// As it happened.
pub fn in_order(history: &History) -> Vec<Step> {
    let answers = [
        Step::Answer(0),
        Step::GiveUp(1),
        Step::Answer(2),
        Step::Answer(3),
    ];
    let hooks = (0..history.bodies.len()).map(Step::Hook);
    answers.into_iter().chain(hooks).collect()
}

#[test]
fn any_order_and_any_repetition_ends_in_the_same_state() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let history = runtime.block_on(history());
    let mut in_order = in_order(&history);
    let end = |steps: &[Step]| {
        runtime.block_on(async {
            let database = support::Database::new().await;
            let store = database.open().await;
            let known = play(store.as_ref(), &history, steps).await;
            store.close().await;
            known
        })
    };
    let expected = end(&in_order);
    // The state itself is what Greenhouse's people did last, and what Greenhouse says when asked.
    let [answered, lost, chained] = <[KnownCandidate; 3]>::try_from(expected.clone()).unwrap();
    let candidate = |known: &KnownCandidate| match &known.send {
        SendState::Created(there) => there.candidate_id,
        other => panic!("{other:?}"),
    };
    assert_eq!(candidate(&answered), history.people[0].candidate_id);
    assert_eq!(candidate(&lost), history.people[1].candidate_id);
    assert_eq!(candidate(&chained), candidate(&answered), "two merges on");
    let status = |known: &KnownCandidate| known.status.clone().unwrap();
    assert_eq!(
        status(&chained).applications,
        status(&answered).applications
    );
    assert!(status(&chained).merged && !status(&answered).merged);
    let standing = |known: &KnownCandidate| {
        let status = known.status.clone().unwrap();
        (status.applications.into_iter())
            .map(|one| (one.application_id, one.status, one.stage))
            .collect::<Vec<_>>()
    };
    let mut last: Vec<_> = (history.last.iter().cloned())
        .map(|one| (one.application_id, one.status, one.stage))
        .collect();
    last.sort_unstable();
    assert_eq!(standing(&answered), last);
    let words: Vec<&str> = last.iter().map(|(_, status, _)| status.as_str()).collect();
    assert_eq!(words, ["active", "active", "rejected", "active"]);
    assert_eq!(standing(&lost)[0].1, "hired");

    // A read after all of it changes nothing, wherever it comes.
    in_order.push(Step::Read);
    let expected = end(&in_order);
    assert_eq!(standing(&expected[0]), last);
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

const PACE: Pace = Pace {
    looked_at: 30_000,
    others: 900_000,
    hooks: false,
};

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
async fn a_late_read_of_somebody_merged_or_deleted_changes_nothing() {
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
async fn what_has_not_left_yet_of_somebody_who_was_deleted_goes_too() {
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
            idempotency_key: key.to_owned(),
            request_fingerprint: vec![1],
            external_id: external_id.to_owned(),
            job_id: Some(job_id),
            sent_by: None,
            member: None,
            sealed_profile: vec![1],
            resume: None,
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
async fn a_text_that_no_database_holds_breaks_nothing() {
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

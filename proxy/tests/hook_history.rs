//! The history of many candidates, told by webhooks in any order.

use crate::support::{
    self,
    records::{new_connection, new_send},
    sandbox::{control, sandbox},
    wait::until,
};
use atsi_greenhouse::webhook;
use atsi_protocol::{
    ApplicationStatus, CandidateStatus, ChangesPage, InGreenhouse, KnownCandidate, SendState,
    StatusRoute,
};
use atsi_proxy::{
    poll_plan::Pace,
    store::{Accepted, LeaseLimits, PERSON, ReceivedHook, Settlement, Store},
};
use atsi_sandbox::greenhouse::seed::{INGESTION_KEY, SERVICE_USER};
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

/// Who is in the sandbox's Greenhouse: four were sent by us, the others came as Greenhouse's do.
pub const PEOPLE: [&str; 7] = [
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
    pub bodies: Vec<Bytes>,
    /// Where each of [`PEOPLE`] was at first.
    pub people: Vec<InGreenhouse>,
    /// What it says of `answered` in the end.
    pub last: Vec<ApplicationStatus>,
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
    let bodies = until("every webhook of the history", async || {
        let bodies = bodies.lock().unwrap().clone();
        if bodies.len() >= expected {
            Ok(bodies)
        } else {
            Err(bodies.len())
        }
    })
    .await;
    assert_eq!(bodies.len(), expected);
    sandbox.stop().await.unwrap();
    History {
        bodies,
        people,
        last,
    }
}

pub const COMPANY: i64 = 1;

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
    let connection = new_connection();
    store
        .put_connection(COMPANY, connection, PERSON, now)
        .await
        .unwrap();
    store
        .add_hook_secret(COMPANY, "hook", &[1], now, PERSON, now)
        .await
        .unwrap();
    for external_id in &PEOPLE[..OURS] {
        let new = new_send(*external_id, *external_id);
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
fn webhooks_in_any_order_and_replayed_end_in_the_same_state() {
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

pub const PACE: Pace = Pace {
    looked_at: 30_000,
    others: 900_000,
    hooks: false,
};

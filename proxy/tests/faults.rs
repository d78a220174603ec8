//! The fault suite: the real binary, killed again and again under load, before a Greenhouse that
//! does everything wrong that it can. At the end its record and ours are compared one by one.
//!
//! `ATSI_SOAK=1` runs it at full size. A failure names its seed; `ATSI_SEED` repeats it.

use crate::support::{
    Database, EXTENSION, person,
    process::{Process, ask, client, command},
    wait::{Deadline, let_time_pass, until, until_true},
};
use atsi_sandbox::{
    Running,
    faults::{Endpoint, FaultKind, FaultRule},
};
use rand::{RngExt, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::{sync::watch, task::JoinSet};

/// The ready key and service user of the sandbox.
const KEY: &str = "5a4db0c5a4db0c5a4db0c00000000001";
const USER: &str = "service@hartwell.example";

/// Each person is sent under two keys, as by two colleagues.
const TWINS: usize = 2;
/// Sends of one company that may be on their way at once (`Tuning::in_flight_per_company`): so many
/// outcomes can be lost with one kill.
const IN_FLIGHT: usize = 4;

struct Size {
    people: usize,
    kills: usize,
    at_once: usize,
}

impl Size {
    fn wanted() -> Self {
        if std::env::var("ATSI_SOAK").is_ok_and(|soak| soak == "1") {
            Self {
                people: 3_000,
                kills: 60,
                at_once: 32,
            }
        } else {
            Self {
                people: 150,
                kills: 5,
                at_once: 16,
            }
        }
    }
}

fn faults(size: &Size) -> Vec<FaultRule> {
    let rule = |kind, probability, times| FaultRule {
        endpoint: Endpoint::PostCandidates,
        kind,
        times,
        probability,
        after_ms: 200,
        retry_after: 1,
    };
    // Each of these stops the whole connection for a while, so they are counted.
    let pauses = u32::try_from(size.people / 50).unwrap();
    let mut faults = vec![
        rule(FaultKind::Throttle, 0.03, Some(pauses)),
        rule(FaultKind::ThrottleBare, 0.03, Some(pauses)),
    ];
    for kind in [
        FaultKind::ServerError,
        FaultKind::Html,
        FaultKind::HtmlOk,
        FaultKind::Empty,
        FaultKind::BadRequest,
        FaultKind::Unprocessable,
        FaultKind::Slow,
        FaultKind::SlowAfterCommit,
        FaultKind::ResetBeforeCommit,
        FaultKind::ResetAfterCommit,
        FaultKind::ServerErrorAfterCommit,
        FaultKind::HtmlAfterCommit,
        FaultKind::Truncated,
    ] {
        faults.push(rule(kind, 0.02, None));
    }
    faults
}

/// What leaves the outcome open: whoever sees it can know neither that the candidate is there nor
/// that they are not.
fn is_ambiguous(fault: FaultKind) -> bool {
    matches!(
        fault,
        FaultKind::ServerError
            | FaultKind::Html
            | FaultKind::HtmlOk
            | FaultKind::Empty
            | FaultKind::ResetBeforeCommit
            | FaultKind::ResetAfterCommit
            | FaultKind::ServerErrorAfterCommit
            | FaultKind::HtmlAfterCommit
            | FaultKind::Truncated
    )
}

struct World {
    greenhouse: Running,
    database: Database,
    http: reqwest::Client,
    /// Where the proxy is; it moves each time it starts.
    url: watch::Sender<String>,
}

impl World {
    async fn start_proxy(&self) -> Process {
        let folder = self.database.folder.path();
        let greenhouse = format!("http://{}/v1/partner", self.greenhouse.http);
        let mut command = command(folder, &greenhouse);
        command
            .env("ATSI_DATABASE_URL", &self.database.url)
            .env("ATSI_GREENHOUSE_RATE", "100")
            .env("ATSI_LOG", "warn");
        let process = Process::spawn(command, folder).await;
        self.url.send_replace(process.url.clone());
        process
    }

    /// Posts it until the proxy answers, as the extension does: always under the same key.
    async fn send(&self, path: &str, key: &str, person: &Value) -> Value {
        let what = format!("an answer to {key}");
        let deadline = Deadline::of(&what);
        loop {
            let url = self.url.borrow().clone();
            let request = self
                .http
                .post(format!("{url}{path}"))
                .header("origin", EXTENSION)
                .header("idempotency-key", key)
                .json(person);
            if let Ok(answer) = request.send().await
                && let Ok(body) = answer.json::<Value>().await
            {
                assert!(body["state"].is_string(), "{body}");
                return body;
            }
            deadline.look_again("no answer").await;
        }
    }

    async fn state(&self, key: &str) -> Value {
        let url = self.url.borrow().clone();
        ask(&self.http, self.http.get(format!("{url}/v1/sends/{key}"))).await
    }
}

fn external_id(number: usize) -> String {
    format!("person-{number}")
}

/// Every second person applied.
fn applied(number: usize) -> bool {
    number % 2 == 1
}

const JOPWELL_JOB: &str = "/jobs/kiln-engineer";

/// Where it is told, and what.
fn told(number: usize) -> (&'static str, Value) {
    let mut body = person(&external_id(number));
    if !applied(number) {
        return ("/v1/sends", body);
    }
    body["jopwell_job"] = json!({"id": JOPWELL_JOB, "title": "Kiln engineer"});
    ("/v1/applications", body)
}

/// Whether nothing more happens by itself. An application that Greenhouse refuses waits for a person.
fn is_settled(send: &Value) -> bool {
    send["state"] != "waiting" || send["reason"] == "held"
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn proxy_killed_at_random_amid_faults_loses_and_doubles_nothing() {
    let seed =
        std::env::var("ATSI_SEED").map_or_else(|_| rand::random(), |seed| seed.parse().unwrap());
    eprintln!("ATSI_SEED={seed}");
    let mut random = StdRng::seed_from_u64(seed);
    let size = Size::wanted();
    let loopback = "127.0.0.1:0".parse().unwrap();
    let greenhouse = atsi_sandbox::start(atsi_sandbox::Config {
        https_listen: loopback,
        http_listen: loopback,
        rng_seed: Some(seed),
        mail_dir: None,
    });
    let world = Arc::new(World {
        greenhouse: greenhouse.await.unwrap(),
        database: Database::new().await,
        http: client(),
        url: watch::Sender::new(String::new()),
    });
    let mut proxy = world.start_proxy().await;
    let connection = json!({"api_key": KEY, "service_user_email": USER});
    let request = world
        .http
        .put(format!("{}/v1/connection", proxy.url))
        .json(&connection);
    assert_eq!(ask(&world.http, request).await["state"], "active");
    let request = world.http.get(format!("{}/v1/jobs", proxy.url));
    let jobs = ask(&world.http, request).await;
    let link = json!({
        "jopwell_job": {"id": JOPWELL_JOB, "title": "Kiln engineer"},
        "greenhouse_job_id": jobs["jobs"][0]["id"], "applications": "on",
    });
    let request = world.http.put(format!("{}/v1/job-links", proxy.url));
    let linked = ask(&world.http, request.json(&link)).await;
    assert_eq!(linked["applications"], "on", "{linked}");
    world.greenhouse.sandbox.world().faults = faults(&size);

    let mut sending = JoinSet::new();
    let turns = Arc::new(tokio::sync::Semaphore::new(size.at_once));
    for number in 0..size.people {
        for twin in 0..TWINS {
            let (world, turns) = (Arc::clone(&world), Arc::clone(&turns));
            sending.spawn(async move {
                let _turn = turns.acquire().await.unwrap();
                let (path, body) = told(number);
                world.send(path, &format!("{number}-{twin}"), &body).await
            });
        }
    }

    let posts = || world.greenhouse.sandbox.world().posts.len();
    for _ in 0..size.kills {
        let before = posts();
        // Half of what there is to come, so that there is always more, whatever a kill takes along.
        let most = size.people / (size.kills + 1) / 2;
        let wanted = before + random.random_range(1..=most);
        until_true("more posts at Greenhouse", || posts() >= wanted).await;
        // At any moment of what follows.
        let_time_pass(Duration::from_micros(random.random_range(0..20_000))).await;
        proxy.kill().await;
        proxy = world.start_proxy().await;
    }
    while let Some(sent) = sending.join_next().await {
        sent.unwrap();
    }

    // What waits goes out meanwhile, as the faults that stop the connection are counted; then
    // everything stands still.
    let mut states = BTreeMap::new();
    for number in 0..size.people {
        for twin in 0..TWINS {
            let key = format!("{number}-{twin}");
            let what = format!("send {key} to be settled");
            let send = until(&what, async || {
                let send = world.state(&key).await;
                assert!(send["state"].is_string(), "lost: {send}");
                if is_settled(&send) {
                    Ok(send)
                } else {
                    Err(send)
                }
            });
            states.insert((number, twin), send.await);
        }
    }
    proxy.terminate().await;
    compare(&world, &size, &states);
}

fn compare(world: &World, size: &Size, states: &BTreeMap<(usize, usize), Value>) {
    let sandbox = world.greenhouse.sandbox.world();
    let mut outcomes = BTreeMap::<String, usize>::new();
    let mut without_a_fault = 0;
    for number in 0..size.people {
        let id = external_id(number);
        let there: Vec<u64> = sandbox
            .greenhouse
            .candidates
            .iter()
            .filter(|(_, candidate)| candidate.external_id.as_deref() == Some(&id))
            .map(|(&candidate_id, _)| candidate_id)
            .collect();
        assert!(
            there.len() <= 1,
            "{id} is in Greenhouse {} times",
            there.len()
        );
        for candidate in &there {
            let application = &sandbox.greenhouse.candidates[candidate].applications[0];
            assert_eq!(application.prospect, !applied(number), "{id}");
        }
        let arrived: Vec<Option<FaultKind>> = sandbox
            .posts
            .iter()
            .filter(|post| post.external_ids.contains(&id))
            .map(|post| post.fault)
            .collect();
        let refusals = arrived.iter().filter(|fault| {
            matches!(
                fault,
                Some(FaultKind::BadRequest | FaultKind::Unprocessable)
            )
        });
        let refused = refusals.count();
        for twin in 0..TWINS {
            let send = &states[&(number, twin)];
            let held = send["reason"] == "held";
            let state = if held {
                "held"
            } else {
                send["state"].as_str().unwrap()
            };
            *outcomes.entry(state.to_owned()).or_default() += 1;
            match state {
                "created" | "existing" => {
                    assert_eq!(vec![send["candidate_id"].as_u64().unwrap()], there, "{id}");
                }
                "refused" | "held" => {
                    assert!(refused > 0, "{id} was refused by nobody: {arrived:?}")
                }
                "uncertain" => {
                    // The last request is the one that nobody heard the end of.
                    let explained = arrived.last().copied().flatten().is_some_and(is_ambiguous);
                    without_a_fault += usize::from(!explained && twin == 0);
                }
                other => panic!("{id} ended as {other}"),
            }
        }
    }
    assert!(
        without_a_fault <= size.kills * IN_FLIGHT,
        "{without_a_fault} are uncertain, and neither a fault nor a kill explains it"
    );
    eprintln!(
        "{outcomes:?}; {} requests; {without_a_fault} outcomes lost with a kill",
        sandbox.posts.len()
    );
    let (sent, uncertain) = (
        outcomes["created"],
        outcomes.get("uncertain").copied().unwrap_or(0),
    );
    assert!(
        sent > size.people / 4,
        "the faults left too little of the run"
    );
    assert!(uncertain > 0, "no fault was met");
}

//! A crash at every step: the real binary ends itself at the first, the second, … the last time that
//! it makes something durable, just before it or right after, in a run that has everything in it.
//! Whoever asked repeats the request, as the extension does; at the end all is as if nothing had been.

use crate::support::{
    EXTENSION, Fake, KEY, Reply, USER, person,
    process::{Process, client, command},
    wait::until,
};
use atsi_sandbox::greenhouse::webhooks::signature;
use axum::http::StatusCode;
use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use std::{
    path::{Path, PathBuf},
    process::Command as Build,
    sync::Arc,
};

/// `crash.c` as a library, made once for all runs.
fn crash_library(folder: &Path) -> PathBuf {
    let library = folder.join("crash.so");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/crash.c");
    let made = Build::new("cc")
        .args(["-shared", "-fPIC", "-O1", "-o"])
        .arg(&library)
        .args([source, "-ldl"])
        .status();
    assert!(made.unwrap().success(), "cc");
    library
}

struct Run {
    folder: tempfile::TempDir,
    greenhouse: String,
    fake: Arc<Fake>,
    http: reqwest::Client,
    proxy: Process,
    crashes: u32,
}

impl Run {
    /// A connected proxy that will crash at its `at`-th sync; the connection was made before.
    async fn start(library: &Path, at: u32, when: &str) -> Self {
        let (fake, greenhouse) = Fake::start().await;
        let folder = tempfile::tempdir().unwrap();
        let http = client();
        let first = Process::start(folder.path(), &greenhouse).await;
        let connection = json!({"api_key": KEY, "service_user_email": USER});
        let request = http
            .put(format!("{}/v1/connection", first.url))
            .json(&connection);
        let answer = request.header("origin", EXTENSION).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        first.terminate().await;

        let mut command = command(folder.path(), &greenhouse);
        command
            .env("LD_PRELOAD", library)
            .env("ATSI_CRASH_AT", at.to_string())
            .env("ATSI_CRASH_WHEN", when);
        let (proxy, crashes) = match Process::try_spawn(command, folder.path()).await {
            Some(proxy) => (proxy, 0),
            None => (Process::start(folder.path(), &greenhouse).await, 1),
        };
        Self {
            folder,
            greenhouse,
            fake,
            http,
            proxy,
            crashes,
        }
    }

    /// Asks until there is an answer; a proxy that has ended is started again, and does not crash.
    async fn ask(
        &mut self,
        method: Method,
        path: &str,
        with: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Value {
        loop {
            let request = self
                .http
                .request(method.clone(), format!("{}{path}", self.proxy.url));
            if let Ok(answer) = with(request.header("origin", EXTENSION)).send().await
                && let Ok(body) = answer.bytes().await
            {
                return serde_json::from_slice(&body).unwrap_or_default();
            }
            if !self.proxy.is_alive() {
                self.crashes += 1;
                self.proxy = Process::start(self.folder.path(), &self.greenhouse).await;
            }
        }
    }

    /// Posts until the proxy has it, then asks until it is no longer under way.
    async fn send(&mut self, id: &str) -> Value {
        let body = person(id);
        let key = format!("key-{id}");
        let send = self
            .ask(Method::POST, "/v1/sends", |request| {
                request.header("idempotency-key", &key).json(&body)
            })
            .await;
        if send["state"] != "waiting" {
            return send;
        }
        until(&format!("send {key} to be settled"), async || {
            let path = format!("/v1/sends/{key}");
            let send = self.ask(Method::GET, &path, |request| request).await;
            if send["state"] == "waiting" {
                Err(send)
            } else {
                Ok(send)
            }
        })
        .await
    }

    /// The candidates that Greenhouse made of the person.
    fn made(&self, id: &str) -> Vec<u64> {
        self.fake.script(|script| {
            let all = script.candidates.iter();
            let of_them = all.filter(|(_, candidate)| candidate["external_id"] == id);
            of_them.map(|(&candidate, _)| candidate).collect()
        })
    }

    fn id_of(&self, id: &str) -> Option<u64> {
        self.made(id).first().copied()
    }

    /// Whoever is there once is known to be there; whoever is not is known to be refused or uncertain.
    fn agrees(&self, id: &str, send: &Value) {
        let made = self.made(id).len();
        assert!(made <= 1, "{id}: {made} times in Greenhouse");
        match send["state"].as_str().unwrap() {
            "created" => assert_eq!(made, 1, "{id}"),
            "refused" => assert_eq!(made, 0, "{id}"),
            "uncertain" => assert!(
                self.crashes > 0 || id == "cut",
                "{id} is uncertain without a reason"
            ),
            other => panic!("{id}: {other}"),
        }
    }
}

/// Everything that writes: sends of each outcome, a pause, a web hook and its secret, a decision.
async fn everything(run: &mut Run) {
    let plain = run.send("plain").await;
    run.agrees("plain", &plain);

    run.fake.next(Reply::Throttle(&[("retry-after", "0")]));
    let busy = run.send("busy").await;
    run.agrees("busy", &busy);

    run.fake.next(Reply::Refuse(
        StatusCode::UNPROCESSABLE_ENTITY,
        r#"{"errors":[{"message":"no","field":"first_name"}]}"#,
    ));
    let refused = run.send("refused").await;
    run.agrees("refused", &refused);
    // A crash may have taken the answer along; then nobody waits for it any more.
    run.fake.script(|script| script.replies.clear());

    run.fake.next(Reply::CreateAndCut);
    let cut = run.send("cut").await;
    run.agrees("cut", &cut);
    run.fake.script(|script| script.replies.clear());

    // A crash may have come before the request left; then Greenhouse tells of somebody else.
    let (about, candidate) = match run.id_of("cut") {
        Some(candidate) => ("cut", candidate),
        None => ("stranger", 4_100_900_001),
    };
    let secret = run
        .ask(Method::POST, "/v1/hooks/secret", |request| {
            request.json(&json!({}))
        })
        .await;
    let url = secret["url"].as_str().unwrap();
    let path = url.get(url.find("/hooks/").unwrap()..).unwrap().to_owned();
    let body = json!({
        "action": "new_prospect_application",
        "payload": {"application": {
            "id": 4_100_900_002_u64, "prospect": true, "status": "active", "jobs": [],
            "candidate": {"id": candidate, "external_id": about, "first_name": "Imani", "last_name": "Brooks"},
        }},
    })
    .to_string();
    let signed = signature(secret["secret"].as_str().unwrap(), body.as_bytes()).unwrap();
    run.ask(Method::POST, &path, |request| {
        request
            .header("content-type", "application/json")
            .header("signature", &signed)
            .header("greenhouse-event-id", "4100900900")
            .body(body.clone())
    })
    .await;
    if about == "cut" {
        let cut = run.send("cut").await;
        assert_eq!(cut["state"], "created", "{cut}");
    }
    let hooks = run.ask(Method::GET, "/v1/hooks", |request| request).await;
    // A delivery whose answer was lost comes again, and counts again.
    let deliveries = hooks["received"][0]["count"].as_u64().unwrap();
    assert!(
        deliveries == 1 || (deliveries == 2 && run.crashes == 1),
        "{hooks}"
    );

    // What a crash left uncertain, a person settles.
    for id in ["plain", "busy", "refused", "cut"] {
        if run.send(id).await["state"] != "uncertain" {
            continue;
        }
        let decision = match run.id_of(id) {
            None => json!({"decision": "send_again"}),
            Some(there) => {
                let page = format!("https://app.greenhouse.io/people/{there}");
                json!({"decision": "it_is_there", "profile_url": page})
            }
        };
        let path = format!("/v1/sends/key-{id}/decision");
        run.ask(Method::POST, &path, |request| request.json(&decision))
            .await;
        let send = run.send(id).await;
        run.agrees(id, &send);
    }
}

/// A run with a crash at its `at`-th sync; false where it ended before that many.
async fn crashed(library: &Path, at: u32, when: &str) -> bool {
    let mut run = Run::start(library, at, when).await;
    everything(&mut run).await;
    assert!(run.crashes <= 1);
    // The last crashes are in the middle of the shutdown.
    let ended_well = run.proxy.end().await;
    run.proxy = Process::start(run.folder.path(), &run.greenhouse).await;
    for id in ["plain", "busy", "refused", "cut"] {
        let send = run.send(id).await;
        run.agrees(id, &send);
    }
    run.proxy.terminate().await;
    run.crashes > 0 || !ended_well
}

/// Runs side by side, as each spends most of its time waiting.
const LANES: u32 = 4;

#[tokio::test]
async fn crash_at_any_step_loses_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let library = crash_library(folder.path());
    for when in ["before", "after"] {
        let lanes = (1..=LANES).map(async |first| {
            let mut at = first;
            while crashed(&library, at, when).await {
                at += LANES;
            }
            at
        });
        let steps = join_all(lanes).await.into_iter().min().unwrap() - 1;
        assert!(
            steps >= 15,
            "{steps} steps only: the crashes do not reach the proxy's writes"
        );
        eprintln!("{steps} crashes {when} a write was durable");
    }
}

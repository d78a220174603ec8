//! A company's changes arrive at its own address: signed, in order, at least once.

use crate::support::wait;
use crate::{
    jobs::{job_control, new_job},
    support::{self, EXTENSION, Stand, person, quick, sandbox::Pair},
};
use atsi_proxy::{Proxy, Tuning};
use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::post,
};
use reqwest::Method;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::Semaphore;

/// What arrived: its headers and its body as they were.
#[derive(Clone)]
struct Arrived {
    headers: HeaderMap,
    body: String,
}

impl Arrived {
    fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }

    fn event(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    fn key(&self) -> String {
        let key = &self.event()["data"]["candidate"]["idempotency_key"];
        key.as_str().unwrap().to_owned()
    }

    fn is_signed_with(&self, secret: &str) -> bool {
        let webhook = Webhook::new(secret).unwrap();
        webhook.verify(self.body.as_bytes(), &self.headers).is_ok()
    }
}

#[derive(Default)]
struct Inbox {
    arrived: Vec<Arrived>,
    answers: VecDeque<Response>,
}

/// A receiver as a company would have one.
struct Receiver {
    inbox: Mutex<Inbox>,
    arrivals: Semaphore,
}

impl Receiver {
    async fn start() -> (Arc<Self>, String) {
        let receiver = Arc::new(Self {
            inbox: Mutex::default(),
            arrivals: Semaphore::new(0),
        });
        let router = Router::new()
            .route("/atsi", post(receive))
            .with_state(Arc::clone(&receiver));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/atsi", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (receiver, url)
    }

    fn answer(&self, answer: impl IntoResponse) {
        let answers = &mut self.inbox.lock().unwrap().answers;
        answers.push_back(answer.into_response());
    }

    /// The next so many that arrive.
    async fn next(&self, count: u32) -> Vec<Arrived> {
        let what = format!("{count} more deliveries");
        let arrived = wait::within(&what, self.arrivals.acquire_many(count)).await;
        arrived.unwrap().forget();
        let inbox = self.inbox.lock().unwrap();
        let end = inbox.arrived.len() - self.arrivals.available_permits();
        inbox.arrived[end - count as usize..end].to_vec()
    }
}

async fn receive(
    State(receiver): State<Arc<Receiver>>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let mut inbox = receiver.inbox.lock().unwrap();
    inbox.arrived.push(Arrived { headers, body });
    receiver.arrivals.add_permits(1);
    let answer = inbox.answers.pop_front();
    answer.unwrap_or_else(|| StatusCode::NO_CONTENT.into_response())
}

fn impatient() -> Tuning {
    Tuning {
        callback_first_pause: Duration::from_millis(10),
        ..quick()
    }
}

async fn ask(stand: &Stand, method: Method, path: &str, body: Value) -> Value {
    let request = stand.ask(method, &format!("/v1/callback{path}"));
    let request = if body.is_null() {
        request
    } else {
        request.json(&body)
    };
    let (status, said) = stand.json(request).await;
    assert_eq!(status, 200, "{said}");
    said
}

async fn set(stand: &Stand, url: &str) -> Value {
    ask(stand, Method::PUT, "", json!({"url": url})).await
}

async fn get(stand: &Stand, path: &str) -> Value {
    ask(stand, Method::GET, path, Value::Null).await
}

/// Asks until the answer is the wanted one.
async fn until(stand: &Stand, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let what = format!("another answer to GET /v1/callback{path}");
    wait::until(&what, async || {
        let body = get(stand, path).await;
        if wanted(&body) { Ok(body) } else { Err(body) }
    })
    .await
}

#[tokio::test]
pub async fn change_is_delivered_signed_and_listed() {
    let mut stand = Stand::connected(impatient()).await;
    let (receiver, url) = Receiver::start().await;
    assert_eq!(
        get(&stand, "").await,
        json!({"state": "none", "waiting": 0})
    );
    stand.send("k-0", &person("before")).await;
    let made = set(&stand, &url).await;
    let secret = made["secret"].as_str().unwrap();
    assert_eq!(
        (&made["state"], &made["url"]),
        (&"active".into(), &url.as_str().into())
    );
    // Shown once.
    assert_eq!(set(&stand, &url).await["secret"], Value::Null);
    assert_eq!(get(&stand, "").await["secret"], Value::Null);

    stand.send("k-1", &person("imani-7")).await;
    let [first] = receiver.next(1).await.try_into().ok().unwrap();
    assert!(first.is_signed_with(secret));
    assert!(!first.is_signed_with("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"));
    let event = first.event();
    assert_eq!(event["type"], "candidate.changed");
    assert!(
        event["timestamp"].as_str().unwrap().ends_with('Z'),
        "{event}"
    );
    assert_eq!(event["data"]["version"], 1);
    let candidate = &event["data"]["candidate"];
    assert_eq!(candidate["external_id"], "imani-7");
    assert_eq!(candidate["send"]["state"], "created", "{event}");

    // As the documents have it, down to the example.
    let (_, document) = stand.json(stand.ask(Method::GET, "/openapi.json")).await;
    let schema = json!({
        "$ref": "#/components/schemas/CallbackEvent", "components": document["components"]
    });
    let schema = jsonschema::validator_for(&schema).unwrap();
    let text = include_str!("../../docs/callback.md");
    let example = text.split("```").nth(1).unwrap();
    let example: Value = serde_json::from_str(example.strip_prefix("json").unwrap()).unwrap();
    for one in [&event, &example] {
        assert!(schema.is_valid(one), "{one}");
    }
    let keys = |one: &Value| one.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&example), keys(&event));
    assert_eq!(keys(&example["data"]), keys(&event["data"]));
    assert!(!schema.is_valid(&json!({"type": "candidate.changed"})));

    let listed = until(&stand, "/deliveries", |said| {
        said["deliveries"][0]["state"] == "delivered"
    })
    .await;
    let delivery = &listed["deliveries"][0];
    assert_eq!(
        listed["deliveries"].as_array().unwrap().len(),
        1,
        "{listed}"
    );
    assert_eq!(delivery["webhook_id"], first.id());
    assert_eq!(
        (&delivery["answer"], &delivery["attempts"]),
        (&"204".into(), &1.into())
    );
    assert_eq!(delivery["idempotency_key"], "k-1");

    // The same once more is another delivery.
    let path = format!("/deliveries/{}/redeliver", delivery["id"]);
    ask(&stand, Method::POST, &path, Value::Null).await;
    let [again] = receiver.next(1).await.try_into().ok().unwrap();
    assert_ne!(again.id(), first.id());
    assert_eq!(again.event()["data"], event["data"]);
    for nowhere in ["0", "x", "-1", "9223372036854775807"] {
        let request = stand.ask(
            Method::POST,
            &format!("/v1/callback/deliveries/{nowhere}/redeliver"),
        );
        assert_eq!(stand.json(request).await.0, 404);
    }

    // What waits outlives the proxy.
    let away = (
        StatusCode::SERVICE_UNAVAILABLE,
        [(header::RETRY_AFTER, "1")],
    );
    receiver.answer(away);
    stand.send("k-2", &person("ada-3")).await;
    let [refused] = receiver.next(1).await.try_into().ok().unwrap();
    until(&stand, "", |said| said["state"] == "failing").await;
    stand.stop().await;
    stand.begin().await;
    let [arrived] = receiver.next(1).await.try_into().ok().unwrap();
    assert_eq!(arrived.id(), refused.id());
    until(&stand, "", |said| {
        said["state"] == "active" && said["waiting"] == 0
    })
    .await;

    let removed = ask(&stand, Method::DELETE, "", Value::Null).await;
    assert_eq!(removed, json!({"state": "none", "waiting": 0}));
    stand.send("k-3", &person("noor-9")).await;
    assert_eq!(get(&stand, "/deliveries").await["deliveries"], json!([]));
    assert_eq!(receiver.arrivals.available_permits(), 0);
}

/// The next delivery about a job that says this of it.
async fn told_of_job(receiver: &Receiver, is_it: impl Fn(&Value) -> bool) -> Arrived {
    loop {
        let [arrived] = receiver.next(1).await.try_into().ok().unwrap();
        let event = arrived.event();
        assert_eq!(event["type"], "job.changed", "{event}");
        if is_it(&event["data"]["job"]) {
            return arrived;
        }
    }
}

#[tokio::test]
async fn change_of_a_linked_job_is_delivered() {
    let mut pair = Pair::with(impatient()).await;
    let made = pair.make_secret(json!({})).await;
    pair.subscribe(&made).await;
    let (receiver, url) = Receiver::start().await;
    let secret = set(&pair.stand, &url).await["secret"].clone();
    let job = new_job(&pair, "Taster").await;
    let is_known = |jobs: &Value| {
        let mut jobs = jobs["jobs"].as_array().unwrap().iter();
        jobs.any(|known| known["id"] == job && known["title"].is_string())
    };
    pair.get_until("/v1/jobs", is_known).await;
    // Of a job that nobody linked nothing is told.
    job_control(&pair, &job, "close", json!({})).await;
    job_control(&pair, &job, "open", json!({})).await;
    let is_open = |jobs: &Value| {
        let mut jobs = jobs["jobs"].as_array().unwrap().iter();
        jobs.any(|known| known["id"] == job && known["state"] == "open")
    };
    pair.get_until("/v1/jobs", is_open).await;
    assert_eq!(
        get(&pair.stand, "/deliveries").await["deliveries"],
        json!([])
    );

    let start = pair.get("/v1/changes").await["next"].clone();
    let on_jopwell = json!({"id": "310", "title": "Taster of glazes"});
    let link = json!({"jopwell_job": on_jopwell, "greenhouse_job_id": job});
    let request = pair.stand.ask(Method::PUT, "/v1/job-links").json(&link);
    assert_eq!(pair.stand.json(request).await.0, 200);
    let linked = told_of_job(&receiver, |told| told["job"]["id"] == job).await;
    assert!(linked.is_signed_with(secret.as_str().unwrap()));
    let data = linked.event()["data"].clone();
    assert_eq!(data["job"]["jopwell_jobs"], json!([on_jopwell]));
    assert!(data["number"].as_u64() > start.as_u64(), "{data}");

    job_control(&pair, &job, "close", json!({})).await;
    told_of_job(&receiver, |told| told["job"]["state"] == "closed").await;
    job_control(&pair, &job, "open", json!({})).await;
    told_of_job(&receiver, |told| told["job"]["state"] == "open").await;
    let before = data["job"]["described_at"].as_u64();
    let content = json!({"content": "<p>You taste <b>glazes</b></p>"});
    job_control(&pair, &job, "post_update", content).await;
    let anew = |told: &Value| told["described_at"].as_u64() > before;
    let described = told_of_job(&receiver, anew).await.event();
    // Its text is read where it is needed, and goes to nobody else.
    assert!(!described.to_string().contains("glazes</b>"), "{described}");

    // As the documents have it, down to the example; and whoever asks is told the same.
    let (_, document) = pair
        .stand
        .json(pair.stand.ask(Method::GET, "/openapi.json"))
        .await;
    let schema = json!({
        "$ref": "#/components/schemas/CallbackEvent", "components": document["components"]
    });
    let schema = jsonschema::validator_for(&schema).unwrap();
    let text = include_str!("../../docs/callback.md");
    let example = text.split("```").nth(3).unwrap();
    let example: Value = serde_json::from_str(example.strip_prefix("json").unwrap()).unwrap();
    for one in [&described, &example] {
        assert!(schema.is_valid(one), "{one}");
    }
    let keys = |one: &Value| one.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&example["data"]), keys(&described["data"]));
    assert_eq!(
        keys(&example["data"]["job"]),
        keys(&described["data"]["job"])
    );
    assert_eq!(example["type"], described["type"]);
    let asked = pair.get(&format!("/v1/changes?after={start}")).await;
    assert_eq!(asked["jobs"], json!([job]));
    assert_eq!(asked["changed_jobs"], json!([described["data"]["job"]]));

    let listed = until(&pair.stand, "/deliveries", |said| {
        said["deliveries"][0]["state"] == "delivered"
    })
    .await;
    let delivery = &listed["deliveries"][0];
    assert_eq!(delivery["greenhouse_job_id"], job);
    assert!(delivery["idempotency_key"].is_null(), "{delivery}");
    let path = format!("/deliveries/{}/redeliver", delivery["id"]);
    ask(&pair.stand, Method::POST, &path, Value::Null).await;
    let [again] = receiver.next(1).await.try_into().ok().unwrap();
    assert_eq!(again.event()["data"]["job"], described["data"]["job"]);

    // Unlinked, it is told once more, and is nobody's then.
    let request = pair.stand.ask(Method::DELETE, "/v1/job-links/310");
    assert_eq!(pair.stand.json(request).await.0, 200);
    told_of_job(&receiver, |told| told["jopwell_jobs"] == json!([])).await;
    pair.stand.stop().await;
}

#[tokio::test]
async fn failing_receiver_gets_everything_in_the_end() {
    let stand = Stand::connected(impatient()).await;
    let (receiver, url) = Receiver::start().await;
    let secret = set(&stand, &url).await["secret"].clone();
    let (nowhere, _) = Receiver::start().await;
    let moved = [(header::LOCATION, "http://127.0.0.1:9/elsewhere")];
    receiver.answer(StatusCode::INTERNAL_SERVER_ERROR);
    receiver.answer((StatusCode::TEMPORARY_REDIRECT, moved));
    receiver.answer(StatusCode::BAD_REQUEST);
    let keys: Vec<String> = (0..6).map(|number| format!("k-{number}")).collect();
    for key in &keys {
        let (_, sent) = stand.send(key, &person(&format!("person-{key}"))).await;
        assert_eq!(sent["state"], "created");
    }
    let arrived = receiver.next(9).await;
    let delivered: HashSet<String> = arrived[3..].iter().map(Arrived::key).collect();
    assert_eq!(delivered, keys.iter().cloned().collect());
    let secret = secret.as_str().unwrap();
    assert!(arrived.iter().all(|one| one.is_signed_with(secret)));
    let ids: HashSet<&str> = arrived.iter().map(Arrived::id).collect();
    assert_eq!(ids.len(), 6, "a further attempt has the same id");
    until(&stand, "", |said| {
        said["waiting"] == 0 && said["state"] == "active"
    })
    .await;
    assert_eq!(nowhere.arrivals.available_permits(), 0);
    let metrics = stand.ask(Method::GET, "/metrics").send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(
        metrics.contains("atsi_callbacks_total{result=\"delivered\"} 6"),
        "{metrics}"
    );
    assert!(
        metrics.contains("atsi_callbacks_total{result=\"failed\"} 3"),
        "{metrics}"
    );
}

#[tokio::test]
async fn waiting_delivery_is_sent_at_once_on_request() {
    let an_hour = Tuning {
        callback_first_pause: Duration::from_secs(3600),
        ..quick()
    };
    let stand = Stand::connected(an_hour).await;
    let (receiver, url) = Receiver::start().await;
    set(&stand, &url).await;
    receiver.answer(StatusCode::INTERNAL_SERVER_ERROR);
    stand.send("k-1", &person("imani-7")).await;
    let [refused] = receiver.next(1).await.try_into().ok().unwrap();
    let listed = until(&stand, "/deliveries", |said| {
        said["deliveries"][0]["answer"] == "500"
    })
    .await;
    let path = format!("/deliveries/{}/redeliver", listed["deliveries"][0]["id"]);
    ask(&stand, Method::POST, &path, Value::Null).await;
    let [again] = receiver.next(1).await.try_into().ok().unwrap();
    assert_eq!(again.id(), refused.id());
    let listed = until(&stand, "/deliveries", |said| {
        said["deliveries"][0]["state"] == "delivered"
    })
    .await;
    assert_eq!(listed["deliveries"].as_array().unwrap().len(), 1);

    // What has arrived goes once more as a delivery of its own.
    ask(&stand, Method::POST, &path, Value::Null).await;
    let [copy] = receiver.next(1).await.try_into().ok().unwrap();
    assert_ne!(copy.id(), refused.id());
    assert_eq!(copy.key(), "k-1");
}

#[tokio::test]
async fn replaced_callback_secret_signs_beside_the_new_one() {
    let stand = Stand::connected(impatient()).await;
    let (receiver, url) = Receiver::start().await;
    let make = async |body: Value| {
        let made = ask(&stand, Method::POST, "/secret", body).await;
        (made["secret"].as_str().unwrap().to_owned(), made)
    };
    let request = stand
        .ask(Method::POST, "/v1/callback/secret")
        .json(&json!({}));
    assert_eq!(stand.json(request).await.0, 404, "there is no address yet");
    let first = set(&stand, &url).await["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    let (second, made) = make(json!({})).await;
    assert!(made["previous_secret_until"].is_u64(), "{made}");
    stand.send("k-1", &person("imani-7")).await;
    let [both] = receiver.next(1).await.try_into().ok().unwrap();
    assert!(both.is_signed_with(&first) && both.is_signed_with(&second));
    let (third, made) = make(json!({"revoke_previous": true})).await;
    assert_eq!(made["previous_secret_until"], Value::Null);
    stand.send("k-2", &person("ada-3")).await;
    let [one] = receiver.next(1).await.try_into().ok().unwrap();
    assert!(one.is_signed_with(&third));
    assert!(!one.is_signed_with(&first) && !one.is_signed_with(&second));
}

#[tokio::test]
async fn receiver_that_answers_410_is_disabled_until_its_address_is_entered_again() {
    let stand = Stand::connected(impatient()).await;
    let (receiver, url) = Receiver::start().await;
    set(&stand, &url).await;
    receiver.answer(StatusCode::GONE);
    stand.send("k-1", &person("imani-7")).await;
    let [gone] = receiver.next(1).await.try_into().ok().unwrap();
    let said = until(&stand, "", |said| said["state"] == "disabled").await;
    assert!(said["disabled_at"].is_u64());
    stand.send("k-2", &person("ada-3")).await;
    set(&stand, &url).await;
    let arrived = receiver.next(2).await;
    let keys: HashSet<String> = arrived.iter().map(Arrived::key).collect();
    assert_eq!(keys, HashSet::from(["k-1".to_owned(), "k-2".to_owned()]));
    assert!(arrived.iter().any(|one| one.id() == gone.id()));
}

#[tokio::test]
async fn callback_address_in_a_private_network_is_refused() {
    let mut stand = Stand::start(quick()).await;
    stand.stop().await;
    let mut config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    config.callback_to_private = false;
    let proxy = Proxy::start(&config, quick()).await.unwrap();
    for (address, why) in [
        ("https://127.0.0.1:9/", "public internet"),
        (
            "https://169.254.169.254/latest/meta-data",
            "public internet",
        ),
        ("https://[::ffff:10.0.0.1]/", "public internet"),
        ("http://hooks.kiln.example/", "https://"),
        ("https://a:b@hooks.kiln.example/", "signed"),
        ("", "https://"),
    ] {
        let url = format!("http://{}/v1/callback", proxy.address());
        let request = stand.http.put(url).header("origin", EXTENSION);
        let (status, problem) = stand.json(request.json(&json!({"url": address}))).await;
        assert_eq!(
            (status, &problem["field"]),
            (400, &"url".into()),
            "{address}"
        );
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(why), "{address}: {detail}");
    }
    // One that was entered while it was allowed, and a name that stands for this machine.
    let (receiver, url) = Receiver::start().await;
    let named = url.replace("127.0.0.1", "localhost");
    proxy.stop().await;
    config.callback_to_private = true;
    for address in [url, named] {
        let proxy = Proxy::start(&config, impatient()).await.unwrap();
        let path = format!("http://{}/v1/callback", proxy.address());
        let request = stand.http.put(path).header("origin", EXTENSION);
        let (status, said) = stand.json(request.json(&json!({"url": address}))).await;
        assert_eq!(status, 200, "{said}");
        proxy.stop().await;
    }
    config.callback_to_private = false;
    stand.proxy = Some(Proxy::start(&config, impatient()).await.unwrap());
    stand.connect(support::KEY, support::USER).await;
    stand.send("k-1", &person("imani-7")).await;
    let said = until(&stand, "/deliveries", |said| {
        said["deliveries"][0]["answer"].is_string()
    })
    .await;
    assert_eq!(said["deliveries"][0]["answer"], "address_not_allowed");
    assert_eq!(receiver.arrivals.available_permits(), 0);
}

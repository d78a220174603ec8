//! A company's changes arrive at its own address: signed, in order, at least once.

use crate::{
    jobs::{job_control, new_job},
    support::{self, EXTENSION, Stand, person, quick, sandbox::Pair},
};
use atsi_greenhouse::webhook;
use atsi_protocol::{InGreenhouse, Problem, ProblemCode};
use atsi_proxy::{
    Proxy, Tuning,
    store::{
        Accepted, CallbackAnswer, CallbackContent, Expiry, GIVE_UP_AFTER_MS, LeaseLimits,
        LeasedCallback, NewConnection, NewSend, PERSON, ReceivedHook, Settlement, Store,
    },
};
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
    came: Semaphore,
}

impl Receiver {
    async fn start() -> (Arc<Self>, String) {
        let receiver = Arc::new(Self {
            inbox: Mutex::default(),
            came: Semaphore::new(0),
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
        self.came.acquire_many(count).await.unwrap().forget();
        let inbox = self.inbox.lock().unwrap();
        let end = inbox.arrived.len() - self.came.available_permits();
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
    receiver.came.add_permits(1);
    let answer = inbox.answers.pop_front();
    answer.unwrap_or_else(|| StatusCode::NO_CONTENT.into_response())
}

/// Of whom a delivery tells, by the idempotency key.
fn key(leased: &LeasedCallback) -> Option<String> {
    match &leased.content {
        CallbackContent::Candidate(candidate) => Some(candidate.idempotency_key.clone()),
        CallbackContent::Job(_) | CallbackContent::Loss => None,
    }
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

/// Asks until it is so; the harness's own time limit is the only one.
async fn until(stand: &Stand, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        let said = get(stand, path).await;
        if wanted(&said) {
            return said;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
pub async fn each_change_arrives_signed_and_is_listed() {
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
    assert_eq!(receiver.came.available_permits(), 0);
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
async fn a_linked_job_that_is_opened_closed_renamed_or_described_anew_is_told() {
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
async fn a_receiver_that_stumbles_gets_everything_in_the_end() {
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
    assert_eq!(nowhere.came.available_permits(), 0);
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
async fn what_waits_for_a_receiver_is_sent_again_at_once_when_somebody_asks() {
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
async fn a_secret_is_changed_without_a_gap() {
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
async fn a_receiver_that_is_gone_is_left_alone_until_the_address_is_entered_again() {
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
async fn what_leads_into_the_operators_own_network_is_refused() {
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
    assert_eq!(receiver.came.available_permits(), 0);
}

const COMPANY: i64 = 1;
const NOW: u64 = 1_800_000_000_000;

/// Two people who wait for their outcome, and an address.
async fn store_of_two() -> (support::Database, Box<dyn Store>) {
    let database = support::Database::new().await;
    let store = database.open().await;
    assert_eq!(store.personal_company(NOW).await.unwrap(), COMPANY);
    connect(store.as_ref()).await;
    for name in ["a", "b"] {
        accept(store.as_ref(), name).await;
    }
    assert!(
        store
            .put_callback(COMPANY, "https://kiln.example/", &[1], PERSON, NOW)
            .await
            .unwrap()
    );
    (database, store)
}

async fn settle(store: &dyn Store) {
    let limits = LeaseLimits {
        total: 9,
        per_company: 9,
    };
    let leased = store.lease("w", limits, NOW, Duration::from_secs(60)).await;
    for (leased, id) in leased.unwrap().iter().zip(11..) {
        assert!(store.dispatch(leased, NOW).await.unwrap());
        let there = InGreenhouse {
            candidate_id: id,
            application_id: None,
            profile_url: format!("https://app.greenhouse.io/people/{id}"),
        };
        let created = Settlement::Created(there);
        assert!(store.settle(leased, created, NOW).await.unwrap());
    }
}

/// The receiver answers with this status at `at`; the delivery may go again at `again_at`, and others at
/// once.
async fn end(store: &dyn Store, leased: &LeasedCallback, status: u16, again_at: u64, at: u64) {
    let answer = CallbackAnswer::Status {
        status,
        retry_after: None,
    };
    store
        .settle_callback(leased, &answer, again_at, at, at)
        .await
        .unwrap();
}

/// Nothing leaves any more; what waits is refused, which is a change.
async fn disconnect(store: &dyn Store) {
    let problem = Problem::new(ProblemCode::NotConnected);
    store
        .delete_connection(COMPANY, &problem, PERSON, NOW)
        .await
        .unwrap();
}

async fn connect(store: &dyn Store) {
    let connection = NewConnection {
        sealed_key: vec![1],
        masked_key: "…".to_owned(),
        service_user: support::USER.to_owned(),
        account_name: None,
        connected_by: None,
    };
    store
        .put_connection(COMPANY, connection, PERSON, NOW)
        .await
        .unwrap();
}

async fn accept(store: &dyn Store, name: &str) {
    let new = NewSend {
        idempotency_key: name.to_owned(),
        request_fingerprint: vec![1],
        external_id: name.to_owned(),
        job_id: None,
        sent_by: None,
        member: None,
        sealed_profile: vec![1],
        resume: None,
    };
    let accepted = store.accept(COMPANY, new, NOW).await.unwrap();
    assert!(matches!(accepted, Accepted::New(_)));
}

#[tokio::test]
async fn of_each_candidate_one_delivery_at_a_time_and_none_twice() {
    let (_database, store) = store_of_two().await;
    let store: Arc<dyn Store> = store.into();
    settle(store.as_ref()).await;
    // Several proxies look at once.
    let mut looking = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let store = Arc::clone(&store);
        looking.spawn(async move {
            store.queue_callbacks(NOW).await.unwrap();
            let leased = store.lease_callbacks(4, 9, NOW, Duration::from_secs(60));
            leased.await.unwrap()
        });
    }
    let leased: Vec<_> = looking.join_all().await.into_iter().flatten().collect();
    let keys = |leased: &[LeasedCallback]| {
        let mut keys: Vec<String> = leased.iter().map(|one| key(one).unwrap()).collect();
        keys.sort_unstable();
        keys
    };
    assert_eq!(keys(&leased), ["a", "b"]);

    // While they are under way, both change: what follows waits for its turn.
    store
        .add_hook_secret(COMPANY, "p", &[1], NOW, PERSON, NOW)
        .await
        .unwrap();
    for (candidate_id, digest) in [(11, 1), (12, 2)] {
        let received = ReceivedHook {
            event_id: None,
            digest: [digest; 32],
            action: "merge_candidate".to_owned(),
            event: webhook::Event::Merged {
                candidate_id,
                into: candidate_id + 100,
            },
        };
        store.receive_hook(COMPANY, &received, NOW).await.unwrap();
    }
    let lease = async |at| {
        store.queue_callbacks(at).await.unwrap();
        let leased = store.lease_callbacks(4, 9, at, Duration::from_secs(60));
        leased.await.unwrap()
    };
    assert!(lease(NOW).await.is_empty());
    // One arrived, the other is refused, and waits by itself.
    let (first, other): (Vec<_>, Vec<_>) =
        (leased.into_iter()).partition(|one| key(one).as_deref() == Some("a"));
    let store = store.as_ref();
    end(store, &other[0], 400, NOW + 9_000, NOW).await;
    end(store, &first[0], 200, NOW, NOW).await;
    let next = lease(NOW + 1).await;
    assert_eq!(keys(&next), ["a"]);
    assert!(next[0].number > first[0].number && next[0].webhook_id != first[0].webhook_id);
    end(store, &next[0], 200, NOW, NOW).await;
    let again = lease(NOW + 9_000).await;
    assert_eq!(keys(&again), ["b"]);
    assert_eq!(again[0].webhook_id, other[0].webhook_id);
    // A late answer to an attempt that was given up says nothing.
    end(store, &other[0], 200, NOW, NOW).await;
    assert!(lease(NOW + 9_001).await.is_empty());

    // Refused for three days: given up, and what followed it goes on.
    let days = NOW + GIVE_UP_AFTER_MS + 1;
    end(store, &again[0], 400, days, days).await;
    let last = lease(days).await;
    assert_eq!(keys(&last), ["b"]);
    assert_ne!(last[0].webhook_id, other[0].webhook_id);
    // An address that nothing reached for three days is left alone.
    let later = days + GIVE_UP_AFTER_MS;
    end(store, &last[0], 400, later, later).await;
    let said = store.callback(COMPANY, days).await.unwrap().unwrap();
    assert_eq!(said.disabled_at, Some(days + GIVE_UP_AFTER_MS));
    store.close().await;
}

#[tokio::test]
async fn who_was_disabled_for_longer_than_changes_are_kept_is_told_so() {
    let (_database, store) = store_of_two().await;
    let lease = async || {
        store.queue_callbacks(NOW).await.unwrap();
        let leased = store.lease_callbacks(1, 1, NOW, Duration::from_secs(60));
        leased.await.unwrap()
    };
    disconnect(store.as_ref()).await;
    let [one] = lease().await.try_into().ok().unwrap();
    end(store.as_ref(), &one, 410, NOW, NOW).await;
    assert!(lease().await.is_empty());
    // Something changes, and all but the newest row of the log goes.
    for name in ["c", "d"] {
        connect(store.as_ref()).await;
        accept(store.as_ref(), name).await;
        disconnect(store.as_ref()).await;
    }
    let none = Expiry {
        changes: u64::MAX,
        ..Expiry::default()
    };
    store.prune(none).await.unwrap();
    assert!(
        !store
            .put_callback(COMPANY, "https://kiln.example/", &[2], PERSON, NOW)
            .await
            .unwrap()
    );
    let mut told = Vec::new();
    loop {
        let leased = lease().await;
        let Some(one) = leased.first() else { break };
        told.push(key(one));
        end(store.as_ref(), one, 200, NOW, NOW).await;
    }
    assert!(told.contains(&None), "{told:?}");
    assert!(told.contains(&Some("d".to_owned())), "{told:?}");
    store.close().await;
}

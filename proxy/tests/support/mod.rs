//! A strict stand-in for Greenhouse, and a proxy started against it.
//!
//! The rules are those of the Greenhouse Candidate Ingestion API.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod company;
pub mod live;
pub mod postgres;
#[cfg(unix)]
pub mod process;
pub mod sandbox;

use atsi_proxy::{
    Config, Proxy, Tuning,
    config::DatabaseUrl,
    store::{SqlStore, Store},
};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use clap::Parser;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::{
    collections::{HashMap, VecDeque},
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::Semaphore;

pub const KEY: &str = "5a17b0xn0tareal0keyf0rtests00c0de";
/// `base64("{KEY}:")`, made with coreutils.
pub const BASIC: &str = "Basic NWExN2IweG4wdGFyZWFsMGtleWYwcnRlc3RzMDBjMGRlOg==";
pub const OTHER_KEY: &str = "77other0key77other0key77other0key";
pub const OTHER_BASIC: &str = "Basic NzdvdGhlcjBrZXk3N290aGVyMGtleTc3b3RoZXIwa2V5Og==";
pub const USER: &str = "service@kiln.example";
pub const EXTENSION: &str = "chrome-extension://abcdefghijklmnopabcdefghijklmnop";

/// What the fake does with the next `POST /candidates`.
pub enum Reply {
    /// Creates, and answers so.
    Create,
    /// Creates, and answers what does not tell.
    CreateAnd(StatusCode, &'static str),
    /// Creates, and cuts the connection in the middle of the answer.
    CreateAndCut,
    /// Creates nothing.
    Refuse(StatusCode, &'static str),
    /// 429, with these headers.
    Throttle(&'static [(&'static str, &'static str)]),
}

#[derive(Default)]
pub struct Script {
    pub replies: VecDeque<Reply>,
    /// Bodies of the POSTs that arrived, in order.
    pub posts: Vec<Value>,
    /// Ids of each `GET /candidates`.
    pub gets: Vec<Vec<u64>>,
    /// What can be read back.
    pub candidates: HashMap<u64, Value>,
    pub get_reply: Option<(StatusCode, &'static str)>,
    pub user_reply: Option<(StatusCode, &'static str)>,
    /// Rate limit headers of every answer.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The credentials that are accepted.
    pub keys: Vec<&'static str>,
    pub violations: Vec<String>,
}

pub struct Fake {
    pub script: Mutex<Script>,
    /// One permit for each POST that arrived.
    pub arrived: Semaphore,
    /// A POST is answered when it gets a permit.
    pub answers: Semaphore,
    /// The same of who asks who the user is.
    pub asked: Semaphore,
    pub users: Semaphore,
}

impl Fake {
    pub async fn start() -> (Arc<Self>, String) {
        let fake = Arc::new(Self {
            script: Mutex::new(Script {
                keys: vec![BASIC],
                ..Script::default()
            }),
            arrived: Semaphore::new(0),
            answers: Semaphore::new(Semaphore::MAX_PERMITS),
            asked: Semaphore::new(0),
            users: Semaphore::new(Semaphore::MAX_PERMITS),
        });
        let router = Router::new()
            .route("/v1/partner/current_user", get(current_user))
            .route("/v1/partner/jobs", get(jobs))
            .route(
                "/v1/partner/candidates",
                get(get_candidates).post(post_candidates),
            )
            .fallback(unknown)
            .with_state(Arc::clone(&fake));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/partner", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (fake, url)
    }

    pub fn script<T>(&self, with: impl FnOnce(&mut Script) -> T) -> T {
        with(&mut self.script.lock().unwrap())
    }

    pub fn next(&self, reply: Reply) {
        self.script(|script| script.replies.push_back(reply));
    }

    pub fn posts(&self) -> usize {
        self.script(|script| script.posts.len())
    }

    /// From now on POSTs wait for [`Self::let_go`].
    pub fn hold(&self) {
        self.answers.forget_permits(Semaphore::MAX_PERMITS);
    }

    pub fn let_go(&self, posts: usize) {
        self.answers.add_permits(posts);
    }

    /// Until so many POSTs more have arrived.
    pub async fn arrived(&self, posts: u32) {
        self.arrived.acquire_many(posts).await.unwrap().forget();
    }

    /// The answer to wrong credentials, where they are wrong.
    fn refusal(&self, headers: &HeaderMap) -> Option<Response> {
        let text = |name: &str| {
            headers
                .get(name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        let agent = text("user-agent");
        if !agent.starts_with("atsi-proxy/") {
            self.script(|script| script.violations.push(format!("user agent {agent}")));
        }
        let known = self.script(|script| script.keys.contains(&text("authorization")));
        if !known || text("on-behalf-of") != USER {
            let body = r#"{"errors":[{"message":"Invalid Basic Auth credentials"}]}"#;
            return Some((StatusCode::UNAUTHORIZED, json_type(), body).into_response());
        }
        None
    }

    fn with_headers(&self, mut response: Response) -> Response {
        for &(name, value) in &self.script.lock().unwrap().headers {
            response.headers_mut().insert(name, value.parse().unwrap());
        }
        response
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        let violations = std::mem::take(&mut self.script.get_mut().unwrap().violations);
        if !std::thread::panicking() {
            assert!(
                violations.is_empty(),
                "Greenhouse was asked wrongly: {violations:?}"
            );
        }
    }
}

fn json_type() -> [(header::HeaderName, &'static str); 1] {
    [(header::CONTENT_TYPE, "application/json")]
}

async fn unknown(State(fake): State<Arc<Fake>>, request: axum::extract::Request) -> StatusCode {
    fake.script(|script| {
        script
            .violations
            .push(format!("{} {}", request.method(), request.uri()))
    });
    StatusCode::NOT_FOUND
}

async fn current_user(State(fake): State<Arc<Fake>>, headers: HeaderMap) -> Response {
    fake.asked.add_permits(1);
    fake.users.acquire().await.unwrap().forget();
    if let Some((status, body)) = fake.script(|script| script.user_reply) {
        return (status, json_type(), body).into_response();
    }
    if let Some(response) = fake.refusal(&headers) {
        return response;
    }
    let is_other = headers
        .get("authorization")
        .is_some_and(|key| key == OTHER_BASIC);
    let name = if is_other {
        "Forge Service"
    } else {
        "Kiln Service"
    };
    axum::Json(json!({"id": 4_000_100_002_u64, "full_name": name, "email": USER})).into_response()
}

/// The one job of the fake.
pub const JOB: u64 = 4_100_200_002;

async fn jobs(State(fake): State<Arc<Fake>>, headers: HeaderMap) -> Response {
    if let Some(response) = fake.refusal(&headers) {
        return response;
    }
    let jobs = json!([{"id": JOB, "name": "Kiln engineer", "status": "open", "public": true}]);
    axum::Json(jobs).into_response()
}

async fn get_candidates(
    State(fake): State<Arc<Fake>>,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    if let Some(response) = fake.refusal(&headers) {
        return response;
    }
    let ids: Vec<u64> = query["candidate_ids"]
        .split(',')
        .map(|id| id.parse().unwrap())
        .collect();
    let reply = fake.script(|script| {
        script.gets.push(ids.clone());
        script.get_reply
    });
    if let Some((status, body)) = reply {
        return (status, json_type(), body).into_response();
    }
    let found: Vec<Value> = fake.script(|script| {
        ids.iter()
            .filter_map(|id| script.candidates.get(id).cloned())
            .collect()
    });
    let response = axum::Json(found).into_response();
    fake.with_headers(response)
}

async fn post_candidates(
    State(fake): State<Arc<Fake>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let sent: Value = serde_json::from_slice(&body).unwrap_or_default();
    fake.script(|script| script.posts.push(sent.clone()));
    fake.arrived.add_permits(1);
    fake.answers.acquire().await.unwrap().forget();
    if let Some(response) = fake.refusal(&headers) {
        return response;
    }
    let well_formed = sent["prospect"] == json!(true)
        && ["first_name", "last_name", "external_id"]
            .iter()
            .all(|name| sent[name].is_string())
        && headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|value| value == "application/json");
    if !well_formed {
        fake.script(|script| script.violations.push("a malformed POST".to_owned()));
    }
    let (reply, id) = fake.script(|script| {
        let id = 4_100_000_002 + 1_000 * script.posts.len() as u64;
        (script.replies.pop_front().unwrap_or(Reply::Create), id)
    });
    let create = || {
        let candidate = json!({
            "id": id, "external_id": sent["external_id"],
            "applications": [{"id": id + 1, "job": null, "status": "Active", "stage": null}],
        });
        fake.script(|script| script.candidates.insert(id, candidate));
    };
    let response = match reply {
        Reply::Create => {
            create();
            let created = json!({
                "id": id, "application_id": id + 1, "external_id": sent["external_id"],
                "profile_url": format!("https://app.greenhouse.io/people/{id}?application_id={}", id + 1),
            });
            (StatusCode::CREATED, axum::Json(created)).into_response()
        }
        Reply::CreateAnd(status, body) => {
            create();
            (status, [(header::CONTENT_TYPE, "text/html")], body).into_response()
        }
        Reply::CreateAndCut => {
            create();
            let pieces = [
                Ok(Bytes::from("{\"id\":")),
                Err(std::io::Error::other("cut")),
            ];
            Body::from_stream(futures_of(pieces)).into_response()
        }
        Reply::Refuse(status, body) => (status, json_type(), body).into_response(),
        Reply::Throttle(pairs) => {
            let mut response = (
                StatusCode::TOO_MANY_REQUESTS,
                json_type(),
                r#"{"message":"Rate limit exceeded"}"#,
            )
                .into_response();
            for &(name, value) in pairs {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
    };
    fake.with_headers(response)
}

/// A stream of pieces with a rest between them, so that each is written by itself.
fn futures_of(
    pieces: [Result<Bytes, std::io::Error>; 2],
) -> impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> {
    futures_util::StreamExt::then(futures_util::stream::iter(pieces), |piece| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        piece
    })
}

/// A database of the test's own.
pub struct Database {
    pub folder: TempDir,
    pub url: String,
}

/// The suites run once over each database.
pub const OVER_POSTGRES: bool = matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"on_postgres");

impl Database {
    /// Over PostgreSQL in `tests/on_postgres.rs` where it is installed, over SQLite elsewhere.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let over_postgres = OVER_POSTGRES.then(postgres::database).flatten();
        let url = over_postgres
            .unwrap_or_else(|| format!("sqlite://{}", folder.path().join("atsi.db").display()));
        Self { folder, url }
    }

    /// A statement past the store, while nobody else has the database open for writing.
    pub async fn execute(&self, sql: &'static str) {
        use sqlx::{Connection, Executor};
        match self.url.parse().unwrap() {
            DatabaseUrl::Sqlite(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut db = sqlx::SqliteConnection::connect_with(&options)
                    .await
                    .unwrap();
                db.execute(sql).await.unwrap();
            }
            DatabaseUrl::Postgres(options) => {
                let mut db = sqlx::PgConnection::connect_with(&options).await.unwrap();
                db.execute(sql).await.unwrap();
            }
        }
    }

    pub async fn open(&self) -> Box<dyn Store> {
        match self.url.parse().unwrap() {
            DatabaseUrl::Sqlite(path) => Box::new(SqlStore::open_sqlite(&path).await.unwrap()),
            DatabaseUrl::Postgres(options) => {
                Box::new(SqlStore::open_postgres(*options).await.unwrap())
            }
        }
    }
}

/// A proxy over a folder of its own.
pub struct Stand {
    pub folder: TempDir,
    pub database: String,
    pub fake: Arc<Fake>,
    pub greenhouse: String,
    pub tuning: Tuning,
    /// What is changed in the configuration before the proxy starts.
    pub adjust: fn(&mut Config, &Path),
    pub proxy: Option<Proxy>,
    pub http: reqwest::Client,
}

/// Short pauses, many calls: a test shall not wait.
pub fn quick() -> Tuning {
    Tuning {
        calls_per_second: 10_000,
        shortest_pause: Duration::from_millis(20),
        longest_pause: Duration::from_millis(100),
        codes_per_address: 10_000,
        codes_per_client: 10_000,
        ..Tuning::default()
    }
}

impl Stand {
    pub async fn start(tuning: Tuning) -> Self {
        Self::start_with(tuning, |_, _| {}).await
    }

    pub async fn start_with(tuning: Tuning, adjust: fn(&mut Config, &Path)) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (fake, greenhouse) = Fake::start().await;
        let Database { folder, url } = Database::new().await;
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut stand = Self {
            folder,
            database: url,
            fake,
            greenhouse,
            tuning,
            adjust,
            proxy: None,
            http,
        };
        stand.begin().await;
        stand
    }

    /// Started and connected with [`KEY`].
    pub async fn connected(tuning: Tuning) -> Self {
        let stand = Self::start(tuning).await;
        let (status, body) = stand.connect(KEY, USER).await;
        assert_eq!((status, &body["state"]), (200, &json!("active")), "{body}");
        stand
    }

    pub fn config(folder: &Path, database: &str, greenhouse: &str) -> Config {
        let key_file = folder.join("atsi.key");
        Config::parse_from([
            "atsi-proxy",
            "--listen",
            "127.0.0.1:0",
            "--database-url",
            database,
            "--greenhouse-url",
            greenhouse,
            "--master-key-file",
            key_file.to_str().unwrap(),
            // Receivers of callbacks listen on this machine.
            "--callback-to-private",
        ])
    }

    pub async fn begin(&mut self) {
        let mut config = Self::config(self.folder.path(), &self.database, &self.greenhouse);
        (self.adjust)(&mut config, self.folder.path());
        self.proxy = Some(Proxy::start(&config, self.tuning.clone()).await.unwrap());
    }

    /// Its database, while it is stopped.
    pub fn at_rest(&self) -> Database {
        Database {
            folder: tempfile::tempdir().unwrap(),
            url: self.database.clone(),
        }
    }

    pub async fn stop(&mut self) {
        self.proxy.take().unwrap().stop().await;
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.proxy.as_ref().unwrap().address())
    }

    pub fn ask(&self, method: Method, path: &str) -> RequestBuilder {
        self.http
            .request(method, self.url(path))
            .header("origin", EXTENSION)
    }

    pub async fn json(&self, request: RequestBuilder) -> (u16, Value) {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let kind = response.headers()[header::CONTENT_TYPE]
            .to_str()
            .unwrap()
            .to_owned();
        let body: Value = response.json().await.unwrap();
        let expected = if status < 400 {
            "application/json"
        } else {
            "application/problem+json"
        };
        assert_eq!(kind, expected, "{body}");
        if status >= 400 {
            assert_eq!(body["status"], json!(status));
            assert_eq!(
                body["type"],
                json!(format!("/problems/{}", body["code"].as_str().unwrap()))
            );
        }
        (status, body)
    }

    pub async fn connect(&self, key: &str, user: &str) -> (u16, Value) {
        let body = json!({"api_key": key, "service_user_email": user});
        self.json(self.ask(Method::PUT, "/v1/connection").json(&body))
            .await
    }

    pub fn post_send(&self, key: &str, body: &Value) -> RequestBuilder {
        self.ask(Method::POST, "/v1/sends")
            .header("idempotency-key", key)
            .json(body)
    }

    pub async fn send(&self, key: &str, body: &Value) -> (u16, Value) {
        self.json(self.post_send(key, body)).await
    }

    pub async fn state_of(&self, key: &str) -> Value {
        let (status, body) = self
            .json(self.ask(Method::GET, &format!("/v1/sends/{key}")))
            .await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Asks until the send is in this state; the harness's own time limit is the only one.
    pub async fn until(&self, key: &str, state: &str) -> Value {
        loop {
            let send = self.state_of(key).await;
            if send["state"] == state {
                return send;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    pub async fn decide(&self, key: &str, decision: Value) -> (u16, Value) {
        self.json(
            self.ask(Method::POST, &format!("/v1/sends/{key}/decision"))
                .json(&decision),
        )
        .await
    }

    pub async fn look_up(&self, request: Value) -> Vec<Value> {
        let (status, body) = self
            .json(self.ask(Method::POST, "/v1/lookups").json(&request))
            .await;
        assert_eq!(status, 200, "{body}");
        body["candidates"].as_array().unwrap().clone()
    }
}

/// The one sealed profile in an SQLite file that a proxy may be using.
pub async fn sealed_profile(file: &Path) -> Vec<u8> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut reader = options.connect().await.unwrap();
    let sealed = sqlx::query_scalar("SELECT sealed_profile FROM outbox")
        .fetch_one(&mut reader)
        .await
        .unwrap();
    reader.close().await.unwrap();
    sealed
}

/// Whether an SQLite file, or its log, has these bytes anywhere.
pub fn files_hold(file: &Path, what: &[u8]) -> bool {
    let holds = |file: &Path| {
        let bytes = std::fs::read(file).unwrap_or_default();
        bytes.windows(what.len()).any(|window| window == what)
    };
    assert!(file.exists());
    holds(file) || holds(&file.with_extension("db-wal"))
}

/// A person to send.
pub fn person(external_id: &str) -> Value {
    json!({
        "external_id": external_id,
        "profile": {
            "first_name": "Imani", "last_name": "Brooks", "title": "Kiln engineer",
            "emails": [{"address": "imani.brooks@kiln.example", "kind": "personal"}],
            "notes": "Skills: glazing, raku",
        },
    })
}

pub fn person_on(external_id: &str, job_id: u64) -> Value {
    let mut body = person(external_id);
    body["job_id"] = json!(job_id);
    body
}

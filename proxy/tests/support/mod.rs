//! A proxy started against a strict stand-in for Greenhouse.

#![allow(dead_code, reason = "each test file uses a part of it")]

pub mod company;
mod fake;
pub mod live;
pub mod postgres;
#[cfg(unix)]
pub mod process;
pub mod records;
pub mod sandbox;
pub mod wait;

use atsi_proxy::{
    Config, Proxy, Tuning,
    config::DatabaseUrl,
    store::{SqlStore, Store},
};
use axum::http::header;
use clap::Parser;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::{path::Path, sync::Arc, time::Duration};
use tempfile::TempDir;

#[allow(unused_imports, reason = "the bench has no use for the job")]
pub use fake::JOB;
pub use fake::{Fake, Reply};

pub const KEY: &str = "5a17b0xn0tareal0keyf0rtests00c0de";
/// `base64("{KEY}:")`, made with coreutils.
pub const BASIC: &str = "Basic NWExN2IweG4wdGFyZWFsMGtleWYwcnRlc3RzMDBjMGRlOg==";
pub const OTHER_KEY: &str = "77other0key77other0key77other0key";
pub const OTHER_BASIC: &str = "Basic NzdvdGhlcjBrZXk3N290aGVyMGtleTc3b3RoZXIwa2V5Og==";
pub const USER: &str = "service@kiln.example";
pub const EXTENSION: &str = "chrome-extension://abcdefghijklmnopabcdefghijklmnop";

/// A database for one test.
pub struct Database {
    pub folder: TempDir,
    pub url: String,
}

/// The suites run once over each database.
pub const OVER_POSTGRES: bool = matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"on_postgres");

impl Database {
    /// Over PostgreSQL in `tests/on_postgres.rs`, over SQLite elsewhere.
    pub async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = match OVER_POSTGRES {
            true => postgres::database(),
            false => format!("sqlite://{}", folder.path().join("atsi.db").display()),
        };
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

/// A proxy in its own folder.
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

/// Short pauses and many calls, so that tests are quick.
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

    /// Asks until the send is in this state.
    pub async fn until(&self, key: &str, state: &str) -> Value {
        wait::until(&format!("send {key} to be {state}"), async || {
            let send = self.state_of(key).await;
            if send["state"] == state {
                Ok(send)
            } else {
                Err(send)
            }
        })
        .await
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

//! A running sandbox on free ports, and a client that reaches its sites by their real host names.

use atsi_sandbox::greenhouse::seed::{INGESTION_KEY, SERVICE_USER};
use atsi_sandbox::{Config, Running};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

pub struct TestSandbox {
    pub running: Running,
    pub client: Client,
}

impl TestSandbox {
    pub async fn start() -> Self {
        Self::start_as(None).await
    }

    pub async fn start_with_mail(folder: &std::path::Path) -> Self {
        Self::start_as(Some(folder.to_owned())).await
    }

    async fn start_as(mail_dir: Option<std::path::PathBuf>) -> Self {
        let any = "127.0.0.1:0".parse().unwrap();
        let running = atsi_sandbox::start(Config {
            https_listen: any,
            http_listen: any,
            rng_seed: Some(7),
            mail_dir,
        })
        .await
        .unwrap();
        let mut builder = Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .tls_danger_accept_invalid_certs(true);
        for host in HOSTS {
            builder = builder.resolve(host, running.https);
        }
        Self {
            client: builder.build().unwrap(),
            running,
        }
    }

    pub fn http(&self, path: &str) -> String {
        format!("http://{}{path}", self.running.http)
    }

    pub fn https(&self, host: &str, path: &str) -> String {
        format!("https://{host}:{}{path}", self.running.https.port())
    }

    /// A call of the Ingestion API as `user` with the ready key.
    pub fn api(&self, method: reqwest::Method, path: &str, user: &str) -> RequestBuilder {
        self.client
            .request(method, self.http(&format!("/v1/partner{path}")))
            .basic_auth(INGESTION_KEY, Some(""))
            .header("On-Behalf-Of", user)
    }

    pub async fn get(&self, path: &str) -> Response {
        self.api(reqwest::Method::GET, path, SERVICE_USER)
            .send()
            .await
            .unwrap()
    }

    pub async fn post_candidates(&self, body: &Value) -> (StatusCode, Value) {
        let response = self
            .api(reqwest::Method::POST, "/candidates", SERVICE_USER)
            .json(body)
            .send()
            .await
            .unwrap();
        (response.status(), response.json().await.unwrap())
    }

    /// Stores a person and returns (candidate id, application id).
    pub async fn person(&self, extra: Value) -> (u64, u64) {
        let mut body =
            json!({ "first_name": "Imani", "last_name": "Okafor", "external_id": "48247" });
        body.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        let (status, answer) = self.post_candidates(&body).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        (
            answer["id"].as_u64().unwrap(),
            answer["application_id"].as_u64().unwrap(),
        )
    }

    pub async fn read(&self, ids: &str) -> Value {
        let response = self.get(&format!("/candidates?candidate_ids={ids}")).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.json().await.unwrap()
    }

    /// A call of the control API that must succeed; answers its JSON, or null where there is none.
    pub async fn control(&self, method: reqwest::Method, path: &str, body: Value) -> Value {
        let response = self
            .client
            .request(method, self.http(&format!("/sandbox{path}")))
            .json(&body)
            .send()
            .await
            .unwrap();
        assert!(response.status().is_success(), "{path}: {response:?}");
        let text = response.text().await.unwrap();
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub async fn put(&self, path: &str, body: Value) -> Value {
        self.control(reqwest::Method::PUT, path, body).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        self.control(reqwest::Method::POST, path, body).await
    }

    pub async fn hand(&self, candidate: u64, control: &str, body: Value) -> Value {
        self.post(
            &format!("/greenhouse/candidates/{candidate}/{control}"),
            body,
        )
        .await
    }

    pub async fn state(&self) -> Value {
        self.control(reqwest::Method::GET, "/state", Value::Null)
            .await
    }

    pub async fn page(&self, host: &str, path: &str) -> Response {
        self.client
            .get(self.https(host, path))
            .send()
            .await
            .unwrap()
    }
}

pub const HOSTS: [&str; 12] = [
    "www.jopwell.com",
    "jopwell.com",
    "app.greenhouse.io",
    "app2.greenhouse.io",
    "app3.greenhouse.io",
    "app4.greenhouse.io",
    "app5.greenhouse.io",
    "app.eu.greenhouse.io",
    "s101.recruiting.eu.greenhouse.io",
    "hartwell.greenhouse.io",
    "api.greenhouse.io",
    "boards.greenhouse.io",
];

//! The sandbox's Greenhouse, and a proxy connected to it.

use super::{Stand, quick, wait::until};
use atsi_proxy::Tuning;
use atsi_sandbox::greenhouse::seed::{INGESTION_KEY, SERVICE_USER};
use reqwest::Method;
use serde_json::{Value, json};

pub async fn sandbox() -> atsi_sandbox::Running {
    let any = "127.0.0.1:0".parse().unwrap();
    let config = atsi_sandbox::Config {
        https_listen: any,
        http_listen: any,
        rng_seed: Some(7),
        mail_dir: None,
    };
    atsi_sandbox::start(config).await.unwrap()
}

pub async fn control(
    sandbox: &atsi_sandbox::Running,
    method: Method,
    path: &str,
    body: Value,
) -> Value {
    let url = format!("http://{}/sandbox{path}", sandbox.http);
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let response = client
        .request(method, url)
        .json(&body)
        .send()
        .await
        .unwrap();
    assert!(response.status().is_success(), "{path}: {response:?}");
    response.json().await.unwrap_or(Value::Null)
}

/// A proxy and the sandbox's Greenhouse.
pub struct Pair {
    pub stand: Stand,
    pub sandbox: atsi_sandbox::Running,
}

impl Pair {
    pub async fn connected() -> Self {
        Self::with(quick()).await
    }

    pub async fn with(tuning: Tuning) -> Self {
        let sandbox = sandbox().await;
        let mut stand = Stand::start(tuning).await;
        stand.stop().await;
        stand.greenhouse = format!("http://{}/v1/partner", sandbox.http);
        stand.begin().await;
        let (status, body) = stand.connect(INGESTION_KEY, SERVICE_USER).await;
        assert_eq!(status, 200, "{body}");
        Self { stand, sandbox }
    }

    /// Connected, and with one web hook for every action.
    pub async fn start() -> Self {
        let pair = Self::connected().await;
        let secret = pair.make_secret(json!({})).await;
        pair.subscribe(&secret).await;
        pair
    }

    pub async fn make_secret(&self, request: Value) -> Value {
        let ask = self.stand.ask(Method::POST, "/v1/hooks/secret");
        let (status, secret) = self.stand.json(ask.json(&request)).await;
        assert_eq!(status, 200, "{secret}");
        secret
    }

    pub async fn subscribe(&self, secret: &Value) {
        let hook = json!([{"action": "*", "url": secret["url"], "secret": secret["secret"]}]);
        self.put("/webhooks", hook).await;
    }

    pub async fn put(&self, path: &str, body: Value) -> Value {
        control(&self.sandbox, Method::PUT, path, body).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Value {
        control(&self.sandbox, Method::POST, path, body).await
    }

    pub async fn hand(&self, candidate: &Value, what: &str, body: Value) {
        self.post(&format!("/greenhouse/candidates/{candidate}/{what}"), body)
            .await;
    }

    /// Of the proxy.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.stand.json(self.stand.ask(Method::GET, path)).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    /// Asks the proxy for this until the answer is the wanted one.
    pub async fn get_until(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until(&format!("another answer to GET {path}"), async || {
            let body = self.get(path).await;
            if wanted(&body) { Ok(body) } else { Err(body) }
        })
        .await
    }

    /// Asks the proxy alone, never Greenhouse, until the candidate is as wanted.
    pub async fn until(&self, external_id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        until(
            &format!("a change of candidate {external_id}"),
            async || {
                let found = self
                    .stand
                    .look_up(json!({"external_ids": [external_id]}))
                    .await;
                let found = found.into_iter().next().unwrap_or(Value::Null);
                if wanted(&found) {
                    Ok(found)
                } else {
                    Err(found)
                }
            },
        )
        .await
    }

    pub async fn hooks(&self) -> Value {
        self.get("/v1/hooks").await
    }
}

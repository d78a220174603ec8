//! The receiver takes what is signed, and says of everything else that it was not.

use crate::support::TestSandbox;
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::StatusCode;
use serde_json::{Value, json};
use sha2::Sha256;
use time::OffsetDateTime;

const SECRET: [u8; 24] = [7; 24];
const BODY: &str = r#"{"type":"job.changed","data":{"version":1}}"#;

async fn post(sandbox: &TestSandbox, id: &str, late: i64, secret: &[u8], body: &str) -> StatusCode {
    let at = OffsetDateTime::now_utc().unix_timestamp() - late;
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(format!("{id}.{at}.{BODY}").as_bytes());
    let code = BASE64_STANDARD.encode(mac.finalize().into_bytes());
    let request = (sandbox.client.post(sandbox.http("/sandbox/receiver")))
        .header("webhook-id", id)
        .header("webhook-timestamp", at)
        .header("webhook-signature", format!("v1,eA== v1,{code}"))
        .body(body.to_owned());
    request.send().await.unwrap().status()
}

async fn set(sandbox: &TestSandbox, changes: Value) -> StatusCode {
    let request = sandbox.client.put(sandbox.http("/sandbox/receiver"));
    request.json(&changes).send().await.unwrap().status()
}

#[tokio::test]
async fn message_signed_now_with_the_secret_is_verified() {
    let sandbox = TestSandbox::start().await;
    assert_eq!(
        post(&sandbox, "msg_0", 0, b"", BODY).await,
        StatusCode::NO_CONTENT
    );
    let secret = format!("whsec_{}", BASE64_STANDARD.encode(SECRET));
    assert_eq!(
        set(&sandbox, json!({"secret": secret})).await,
        StatusCode::NO_CONTENT
    );
    assert_eq!(
        set(&sandbox, json!({"secret": "7"})).await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        set(&sandbox, json!({"status": 7})).await,
        StatusCode::BAD_REQUEST
    );
    assert_eq!(
        set(&sandbox, json!({"status": 500})).await,
        StatusCode::NO_CONTENT
    );
    let failed = post(&sandbox, "msg_1", 0, &SECRET, BODY).await;
    assert_eq!(failed, StatusCode::INTERNAL_SERVER_ERROR);
    set(&sandbox, json!({"status": 204})).await;
    post(&sandbox, "msg_1", 0, &SECRET, BODY).await;
    post(&sandbox, "msg_2", 0, b"another", BODY).await;
    post(&sandbox, "msg_3", 301, &SECRET, BODY).await;
    post(&sandbox, "msg_4", 0, &SECRET, &BODY.replace('1', "2")).await;

    let came = sandbox.client.get(sandbox.http("/sandbox/receiver"));
    let came: Vec<Value> = came.send().await.unwrap().json().await.unwrap();
    let told: Vec<_> = (came.iter())
        .map(|one| {
            (
                one["id"].as_str().unwrap(),
                one["verified"] == true,
                one["times"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("msg_0", false, 1),
            ("msg_1", true, 2),
            ("msg_2", false, 1),
            ("msg_3", false, 1),
            ("msg_4", false, 1)
        ]
    );
    assert_eq!(came[1]["type"], "job.changed");
    assert_eq!(came[1]["answered"], 204);
    assert_eq!(came[4]["event"]["data"]["version"], 2);

    let page = sandbox
        .client
        .get(sandbox.http("/receiver"))
        .send()
        .await
        .unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("msg_1") && page.contains("2 times"), "{page}");
    assert_eq!(page.matches("not verified").count(), 4, "{page}");
}

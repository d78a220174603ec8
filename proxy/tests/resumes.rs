//! Résumés, from the upload to the file in the sandbox's Greenhouse.

use crate::support::{
    OVER_POSTGRES, Stand, files_hold, person, quick,
    sandbox::Pair,
    wait::{until, until_true},
};
use atsi_proxy::{Proxy, store::Expiry};
use axum::{Router, body::Body, extract::Request, response::Response};
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};

const ORIGINAL: &str = "https://static.kiln.example/imani.pdf";

fn pdf(size: usize) -> Vec<u8> {
    let mut file = b"%PDF-1.7 Imani Brooks, glazing\n".to_vec();
    file.resize(size, b'x');
    file
}

/// The public address of the proxy: a reverse proxy in front of it, on a port of its own.
struct Front {
    url: String,
    to: Arc<Mutex<String>>,
}

impl Front {
    async fn start() -> Self {
        let to = Arc::new(Mutex::new(String::new()));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let target = Arc::clone(&to);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let router = Router::new().fallback(move |request: Request| {
            let (target, client) = (Arc::clone(&target), client.clone());
            async move {
                let to = format!("{}{}", target.lock().unwrap(), request.uri());
                let host = request.headers()["host"].clone();
                let request = client.request(request.method().clone(), to);
                let answer = request.header("host", host).send().await.unwrap();
                let mut response = Response::new(Body::empty());
                *response.status_mut() = answer.status();
                *response.headers_mut() = answer.headers().clone();
                *response.body_mut() = answer.bytes().await.unwrap().into();
                response
            }
        });
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, to }
    }

    /// Begins the proxy anew, behind this.
    async fn begin(&self, stand: &mut Stand) {
        let mut config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
        config.public_url = Some(self.url.parse().unwrap());
        stand.proxy = Some(Proxy::start(&config, quick()).await.unwrap());
        *self.to.lock().unwrap() = stand.url("");
    }
}

/// A pair that Greenhouse reaches through a front, and a linked job with applications on.
async fn public() -> (Pair, Front) {
    let mut pair = Pair::connected().await;
    pair.stand.stop().await;
    let front = Front::start().await;
    front.begin(&mut pair.stand).await;
    link(&pair, "on").await;
    (pair, front)
}

async fn link(pair: &Pair, applications: &str) {
    let jobs = pair.get("/v1/jobs").await;
    let body = json!({
        "jopwell_job": {"id": "/jobs/7", "title": "Kiln engineer"},
        "greenhouse_job_id": jobs["jobs"][0]["id"], "applications": applications,
    });
    let ask = pair.stand.ask(Method::PUT, "/v1/job-links").json(&body);
    assert_eq!(pair.stand.json(ask).await.0, 200);
}

async fn upload(pair: &Pair, name: &str, file: Vec<u8>) -> (u16, Value) {
    let ask = pair
        .stand
        .ask(Method::POST, &format!("/v1/resumes?name={name}"));
    let ask = ask.header("content-type", "application/octet-stream");
    pair.stand.json(ask.body(file)).await
}

fn with_resume(external_id: &str, resume: &Value) -> Value {
    let mut body = person(external_id);
    body["profile"]["resume_url"] = json!(ORIGINAL);
    body["resume"] = resume["id"].clone();
    body
}

async fn apply(pair: &Pair, key: &str, external_id: &str, resume: &Value) -> (u16, Value) {
    let mut body = with_resume(external_id, resume);
    body["jopwell_job"] = json!({"id": "/jobs/7", "title": "Kiln engineer"});
    let ask = pair.stand.ask(Method::POST, "/v1/applications");
    pair.stand
        .json(ask.header("idempotency-key", key).json(&body))
        .await
}

/// Where the sandbox was told to fetch the résumé of a person.
fn told(pair: &Pair, external_id: &str) -> String {
    let world = pair.sandbox.sandbox.world();
    let mut candidates = world.greenhouse.candidates.values();
    let candidate = candidates.find(|one| one.external_id.as_deref() == Some(external_id));
    candidate.unwrap().resume_url.clone().unwrap()
}

#[tokio::test]
pub async fn resume_arrives_as_a_file_and_leaves_nothing_behind() {
    let (mut pair, _front) = public().await;
    let file = pdf(300_000);
    let (status, resume) = upload(&pair, "Imani%20Brooks.docx", file.clone()).await;
    assert_eq!(status, 200, "{resume}");
    assert_eq!(resume["file_name"], "Imani-Brooks.pdf", "by its content");
    let database = pair.stand.folder.path().join("atsi.db");
    let holds = |what: &[u8]| !OVER_POSTGRES && files_hold(&database, what);
    assert!(!holds(b"%PDF-1.7 Imani"), "it is sealed");

    let (_, applied) = apply(&pair, "k-1", "imani-7", &resume).await;
    assert_eq!(applied["resume"], "attached", "{applied}");
    // Greenhouse may fetch it before it answers.
    let done = |application: &Value| {
        application["resume"] == "fetched" && application["state"] == "created"
    };
    let sent = pair.get_until("/v1/applications/k-1", done).await;
    // It has left; Greenhouse puts it down a moment later.
    until_true("the résumé in Greenhouse", || {
        !pair.sandbox.sandbox.world().files.is_empty()
    })
    .await;
    {
        let world = pair.sandbox.sandbox.world();
        let fetched = world.files.values().next().unwrap();
        assert_eq!(
            (&fetched.bytes, fetched.filename.as_str()),
            (&file, "Imani-Brooks.pdf")
        );
        assert_eq!(fetched.media_type, "application/pdf");
        let candidate = sent["candidate_id"].as_u64().unwrap();
        let shown = &world.greenhouse.candidates[&candidate].attachments[0];
        assert_eq!(shown.filename, "Imani-Brooks.pdf");
    }
    let url = told(&pair, "imani-7");
    assert!(url.contains("/r/") && !url.contains("imani-7"), "{url}");
    assert_eq!(
        pair.stand.http.get(&url).send().await.unwrap().status(),
        404
    );

    // The same for a prospect that somebody sends.
    let (_, resume) = upload(&pair, "noor.txt", b"Noor Haddad\nKilns\n".to_vec()).await;
    let (_, sent) = pair
        .stand
        .send("k-2", &with_resume("noor-3", &resume))
        .await;
    assert_eq!(sent["state"], "created", "{sent}");
    pair.get_until("/v1/sends/k-2", done).await;
    // A file goes along once.
    let (status, problem) = pair.stand.send("k-3", &with_resume("ada-9", &resume)).await;
    assert_eq!((status, &problem["code"]), (422, &json!("resume_unknown")));
    assert_eq!(
        pair.stand.send("k-3", &person("ada-9")).await.1["state"],
        "created"
    );
    pair.stand.stop().await;
}

#[tokio::test]
async fn broken_download_can_be_repeated() {
    let (mut pair, front) = public().await;
    // Nobody answers at the public address while Greenhouse tries.
    let there = std::mem::replace(
        &mut *front.to.lock().unwrap(),
        "http://127.0.0.1:1".to_owned(),
    );
    let file = pdf(12_000_000);
    let (_, resume) = upload(&pair, "cv.pdf", file.clone()).await;
    apply(&pair, "k-1", "imani-7", &resume).await;
    pair.get_until("/v1/applications/k-1", |sent| sent["state"] == "created")
        .await;
    let url = told(&pair, "imani-7");
    let path = url.strip_prefix(&front.url).unwrap().to_owned();
    let get = || pair.stand.http.get(format!("{there}{path}")).send();
    let mut response = get().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/pdf");
    assert!(response.chunk().await.unwrap().is_some());
    // While one is fetching, another gets nothing.
    assert_eq!(get().await.unwrap().status(), 404);
    drop(response);
    let whole = until("the résumé to be free again", async || {
        let response = get().await.unwrap();
        match response.status().as_u16() {
            200 => Ok(response.bytes().await.unwrap()),
            other => Err(other),
        }
    })
    .await;
    assert!(whole == file);
    pair.get_until("/v1/applications/k-1", |sent| sent["resume"] == "fetched")
        .await;
    assert_eq!(get().await.unwrap().status(), 404);
    let wrong = format!("{there}/r/{}/cv.pdf", "0".repeat(64));
    assert_eq!(
        pair.stand.http.get(wrong).send().await.unwrap().status(),
        404
    );
    pair.stand.stop().await;
}

#[tokio::test]
async fn file_that_is_not_a_resume_is_refused() {
    let mut pair = Pair::connected().await;
    for (file, status, code) in [
        (Vec::new(), 422, "resume_empty"),
        (
            b"<!doctype html><title>Sign in</title>".to_vec(),
            422,
            "resume_is_web_page",
        ),
        (b"\x89PNG\r\n\x1a\n\0".to_vec(), 422, "resume_type_unknown"),
        (pdf(20 * 1024 * 1024 + 1), 413, "resume_too_large"),
    ] {
        let (got, problem) = upload(&pair, "cv.pdf", file).await;
        assert_eq!((got, &problem["code"]), (status, &json!(code)), "{problem}");
    }
    let (status, _) = upload(&pair, "cv.pdf", pdf(20 * 1024 * 1024)).await;
    assert_eq!(status, 200);
    let unknown = json!({"id": "0123"});
    let (status, problem) = pair
        .stand
        .send("k-1", &with_resume("imani-7", &unknown))
        .await;
    assert_eq!((status, &problem["code"]), (422, &json!("resume_unknown")));
    let (status, _) = apply(&pair, "k-1", "imani-7", &unknown).await;
    assert_eq!(status, 422);
    let (status, _) = pair
        .stand
        .json(pair.stand.ask(Method::GET, "/v1/sends/k-1"))
        .await;
    assert_eq!(status, 404);
    pair.stand.stop().await;
}

#[tokio::test]
async fn resume_without_a_public_address_is_sent_as_a_link() {
    let mut pair = Pair::connected().await;
    let (_, resume) = upload(&pair, "cv.pdf", pdf(2_000)).await;
    let (_, sent) = pair
        .stand
        .send("k-1", &with_resume("imani-7", &resume))
        .await;
    assert_eq!(sent["state"], "created", "{sent}");
    assert_eq!(sent["resume"], "not_offered");
    assert_eq!(told(&pair, "imani-7"), ORIGINAL);
    pair.stand.stop().await;
}

#[tokio::test]
async fn resume_waits_with_its_application() {
    let (mut pair, front) = public().await;
    link(&pair, "paused").await;
    let (_, waits) = upload(&pair, "waits.pdf", pdf(2_000)).await;
    let (_, forgotten) = upload(&pair, "forgotten.pdf", pdf(2_000)).await;
    let (_, dropped) = upload(&pair, "dropped.pdf", pdf(2_000)).await;
    apply(&pair, "k-1", "imani-7", &waits).await;
    apply(&pair, "k-2", "noor-3", &dropped).await;
    let path = "/v1/applications/k-2";
    assert_eq!(
        pair.stand
            .json(pair.stand.ask(Method::DELETE, path))
            .await
            .0,
        200
    );
    pair.stand.stop().await;

    // Days later, and with another master key: what nobody referred to is gone.
    let config = Stand::config(
        pair.stand.folder.path(),
        &pair.stand.database,
        &pair.stand.greenhouse,
    );
    atsi_proxy::rotate_master_key(&config).await.unwrap();
    let database = pair.stand.at_rest();
    let store = database.open().await;
    let expiry = Expiry {
        resumes: u64::MAX >> 2,
        ..Expiry::default()
    };
    assert_eq!(store.prune(expiry).await.unwrap().resumes, 1);
    store.close().await;
    front.begin(&mut pair.stand).await;
    let (status, _) = pair
        .stand
        .send("k-3", &with_resume("ada-9", &forgotten))
        .await;
    assert_eq!(status, 422);
    link(&pair, "on").await;
    pair.get_until("/v1/applications/k-1", |sent| sent["resume"] == "fetched")
        .await;
    pair.stand.stop().await;
}

#[tokio::test]
async fn resume_that_is_not_fetched_expires() {
    let (mut pair, front) = public().await;
    *front.to.lock().unwrap() = "http://127.0.0.1:1".to_owned();
    let (_, resume) = upload(&pair, "cv.pdf", pdf(2_000)).await;
    let (_, sent) = pair
        .stand
        .send("k-1", &with_resume("imani-7", &resume))
        .await;
    assert_eq!(
        (&sent["state"], &sent["resume"]),
        (&json!("created"), &json!("offered"))
    );
    pair.stand.stop().await;
    let database = pair.stand.at_rest();
    let store = database.open().await;
    let expiry = |resumes| Expiry {
        resumes,
        ..Expiry::default()
    };
    let sent_at = sent["accepted_at"].as_u64().unwrap();
    const DAY_MS: u64 = 24 * 60 * 60 * 1000;
    assert_eq!(
        store
            .prune(expiry(sent_at + DAY_MS - 1))
            .await
            .unwrap()
            .resumes,
        0
    );
    assert_eq!(
        store
            .prune(expiry(sent_at + DAY_MS + 60_000))
            .await
            .unwrap()
            .resumes,
        1
    );
    store.close().await;
    front.begin(&mut pair.stand).await;
    assert_eq!(pair.get("/v1/sends/k-1").await["resume"], "expired");
    let url = told(&pair, "imani-7");
    assert_eq!(
        pair.stand.http.get(&url).send().await.unwrap().status(),
        404
    );
    pair.stand.stop().await;
}

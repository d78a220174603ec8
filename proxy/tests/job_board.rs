//! A company's public job board, from the sandbox's own to what is said of a job.

use crate::support::wait::{until, until_true};
use crate::{
    jobs::{job_control, new_job},
    support::{Stand, quick, sandbox::Pair, sandbox::sandbox},
};
use atsi_proxy::{Config, Tuning};
use atsi_sandbox::greenhouse::seed::{INGESTION_KEY, SERVICE_USER};
use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use reqwest::Method;
use serde_json::{Value, json};
use std::{
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

const BOARD: &str = "hartwell";

/// Reads boards again and again.
fn often() -> Tuning {
    Tuning {
        boards_every: Duration::from_millis(30),
        ..quick()
    }
}

/// The job board stands where the rest of the stand-in for Greenhouse does.
fn beside_the_api(config: &mut Config, _: &Path) {
    config.job_board_url = config.greenhouse_url.join("boards").unwrap();
}

/// Without web hooks.
async fn pair() -> Pair {
    let sandbox = sandbox().await;
    let mut stand = Stand::start_with(often(), beside_the_api).await;
    stand.stop().await;
    stand.greenhouse = format!("http://{}/v1/partner", sandbox.http);
    stand.begin().await;
    let (status, body) = stand.connect(INGESTION_KEY, SERVICE_USER).await;
    assert_eq!(status, 200, "{body}");
    Pair { stand, sandbox }
}

async fn put(stand: &Stand, token: &str) -> (u16, Value) {
    let request = stand.ask(Method::PUT, "/v1/job-board");
    stand.json(request.json(&json!({"token": token}))).await
}

#[tokio::test]
async fn job_board_without_webhooks_brings_descriptions_and_removals() {
    let mut pair = pair().await;
    let job = new_job(&pair, "Kiln Engineer").await;
    pair.get("/v1/jobs?refresh=true").await;
    let link =
        json!({"jopwell_job": {"id": "310", "title": "Kiln engineer"}, "greenhouse_job_id": job});
    let request = pair.stand.ask(Method::PUT, "/v1/job-links").json(&link);
    assert_eq!(pair.stand.json(request).await.0, 200);
    let hostile =
        "<p onclick=x()>You fire kilns &amp; <b>glaze</b></p><script>x()</script><ul><li>Raku";
    job_control(&pair, &job, "post_update", json!({"content": hostile})).await;
    job_control(&pair, &job, "post_live", json!({})).await;
    assert_eq!(pair.get("/v1/job-board").await, json!({}));

    let (status, board) = put(&pair.stand, &format!(" {BOARD} ")).await;
    assert_eq!((status, &board["token"]), (200, &json!(BOARD)), "{board}");
    assert!(
        board["read_at"].is_u64() && board["problem"].is_null(),
        "{board}"
    );
    let path = "/v1/job-links/310/description";
    let told = pair.get(path).await;
    assert_eq!(told["text"], "You fire kilns & glaze\n\n• Raku");
    assert_eq!(told["job"]["on_board"], true);

    // It is read again by itself.
    let anew = json!({"content": "<p>You fire kilns at noon</p>"});
    job_control(&pair, &job, "post_update", anew).await;
    let is_anew = |told: &Value| told["text"] == "You fire kilns at noon";
    pair.get_until(path, is_anew).await;

    // A job that left the board is not closed by that.
    job_control(&pair, &job, "close", json!({})).await;
    let left = |links: &Value| links["links"][0]["job"]["on_board"] == false;
    let links = pair.get_until("/v1/job-links", left).await;
    assert_eq!(links["links"][0]["job"]["state"], "open", "{links}");
    let told = pair.get(path).await;
    assert_eq!(told["text"], "You fire kilns at noon");

    // Taken away, nobody says any more where a job stands.
    let request = pair.stand.ask(Method::DELETE, "/v1/job-board");
    assert_eq!(pair.stand.json(request).await, (200, json!({})));
    let links = pair.get("/v1/job-links").await;
    assert!(links["links"][0]["job"]["on_board"].is_null(), "{links}");
    let (_, audit) = pair
        .stand
        .json(pair.stand.ask(Method::GET, "/v1/audit"))
        .await;
    for action in ["job_board_set", "job_board_removed"] {
        assert!(audit.to_string().contains(action), "{audit}");
    }
    pair.stand.stop().await;
}

#[tokio::test]
async fn unknown_board_token_is_refused_and_not_stored() {
    let mut pair = pair().await;
    let long = "x".repeat(101);
    for token in ["", "another", "../partner/jobs", "a/b", "a?b", "ä", &long] {
        let (status, problem) = put(&pair.stand, token).await;
        assert_eq!(
            (status, &problem["field"]),
            (400, &json!("token")),
            "{token}: {problem}"
        );
        let says = problem["detail"].as_str().unwrap();
        assert!(
            says.contains("last part of your job board's address"),
            "{says}"
        );
    }
    assert_eq!(pair.get("/v1/job-board").await, json!({}));
    pair.stand.stop().await;
}

/// What a board of ours answers: 200 with this body, or another status.
#[derive(Default)]
struct Answers {
    status: AtomicU16,
    body: Mutex<String>,
    /// `If-None-Match` of each request.
    asked: Mutex<Vec<Option<String>>>,
}

async fn board(answers: Arc<Answers>) -> String {
    let answer = move |headers: HeaderMap| {
        let known = headers.get(header::IF_NONE_MATCH);
        let known = known.map(|etag| etag.to_str().unwrap().to_owned());
        answers.asked.lock().unwrap().push(known.clone());
        let status = StatusCode::from_u16(answers.status.load(Ordering::Relaxed)).unwrap();
        let body = answers.body.lock().unwrap().clone();
        let answer: Response = match known.as_deref() {
            Some("\"one\"") if status == StatusCode::OK => StatusCode::NOT_MODIFIED.into_response(),
            _ => (status, [(header::ETAG, "\"one\"")], body).into_response(),
        };
        std::future::ready(answer)
    };
    let router = Router::new().route("/v1/boards/hartwell/jobs", get(answer));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/partner", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

#[tokio::test]
async fn unchanged_board_is_not_read_again_and_a_broken_one_says_why() {
    let answers = Arc::new(Answers::default());
    let set = |status: u16, body: &str| {
        answers.status.store(status, Ordering::Relaxed);
        body.clone_into(&mut answers.body.lock().unwrap());
    };
    let mut stand = Stand::start_with(often(), beside_the_api).await;
    stand.stop().await;
    stand.greenhouse = board(Arc::clone(&answers)).await;
    stand.begin().await;
    for (status, body, says) in [
        (
            200,
            "<!doctype html><title>Careers</title>",
            "--job-board-url",
        ),
        (200, r#"{"jobs": 7}"#, "--job-board-url"),
        (301, "", "--job-board-url"),
        (404, "", "no job board with this token"),
        (503, "", "could not be reached"),
    ] {
        set(status, body);
        let (refused, problem) = put(&stand, BOARD).await;
        assert_eq!(
            (refused, &problem["field"]),
            (400, &json!("token")),
            "{problem}"
        );
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{status}: {detail}");
    }
    set(200, r#"{"jobs": []}"#);
    assert_eq!(put(&stand, BOARD).await.0, 200);
    let until_board = async |wanted: &(dyn Fn(&Value) -> bool + Sync)| {
        until("another answer to GET /v1/job-board", async || {
            let (_, board) = stand.json(stand.ask(Method::GET, "/v1/job-board")).await;
            if wanted(&board) { Ok(()) } else { Err(board) }
        })
        .await;
    };
    answers.asked.lock().unwrap().clear();
    until_true("three reads of the board", || {
        answers.asked.lock().unwrap().len() >= 3
    })
    .await;
    let asked = answers.asked.lock().unwrap().clone();
    assert!(
        asked.iter().all(|etag| etag.as_deref() == Some("\"one\"")),
        "{asked:?}"
    );
    // It fails later: that is said, and it is tried again.
    set(503, "");
    until_board(&|board| {
        board["problem"]
            .as_str()
            .is_some_and(|says| says.contains("reached"))
    })
    .await;
    // A sentence, where other problems are JSON.
    let (status, data) = stand
        .json(stand.ask(Method::GET, "/v1/company/export"))
        .await;
    assert_eq!(status, 200, "{data}");
    let problem = data["job_board"][0]["problem"].as_str().unwrap();
    assert!(problem.contains("reached"), "{problem}");
    set(200, r#"{"jobs": []}"#);
    until_board(&|board| board["problem"].is_null()).await;
    stand.stop().await;
}

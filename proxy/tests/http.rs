//! The guard, the connection, look-ups, health and the OpenAPI document, over real HTTP.

use crate::support::{EXTENSION, KEY, OTHER_KEY, Reply, Stand, USER, person, quick};
use atsi_protocol::{MAX_BODY_BYTES, ProblemCode};
use axum::http::StatusCode;
use reqwest::Method;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Sends raw bytes, so that no client library corrects them; returns status line and headers.
async fn raw(stand: &Stand, request: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(stand.proxy.as_ref().unwrap().address())
        .await
        .unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn web_page_gets_nothing_and_changes_nothing() {
    let stand = Stand::connected(quick()).await;
    for origin in [
        "https://www.jopwell.com",
        "https://evil.example",
        "null",
        "http://localhost:3000",
    ] {
        for (method, path) in [
            (Method::GET, "/v1/connection"),
            (Method::DELETE, "/v1/connection"),
            (Method::POST, "/v1/sends"),
            (Method::GET, "/metrics"),
            (Method::GET, "/nowhere"),
            (Method::OPTIONS, "/v1/sends"),
        ] {
            let request = stand
                .http
                .request(method, stand.url(path))
                .header("origin", origin)
                .header("access-control-request-method", "POST");
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 403);
            assert!(
                !response
                    .headers()
                    .contains_key("access-control-allow-origin")
            );
        }
    }
    // What an image or a form of a page makes the browser send.
    for site in ["cross-site", "same-site"] {
        let request = stand
            .http
            .get(stand.url("/v1/connection"))
            .header("sec-fetch-site", site);
        assert_eq!(stand.json(request).await.1["code"], "origin_refused");
    }
    let (_, connection) = stand.json(stand.ask(Method::GET, "/v1/connection")).await;
    assert_eq!(connection["state"], "active");
}

#[tokio::test]
async fn foreign_host_name_is_refused() {
    let stand = Stand::start(quick()).await;
    let port = stand.proxy.as_ref().unwrap().address().port();
    for path in [
        "/v1/connection",
        "/healthz",
        "/readyz",
        "/problems/internal",
        "/nowhere",
    ] {
        let request = stand
            .ask(Method::GET, path)
            .header("host", format!("rebound.example:{port}"));
        assert_eq!(
            stand.json(request).await.1["code"],
            "host_refused",
            "{path}"
        );
    }
    for host in ["localhost", "[::1]", "127.0.0.1"] {
        let request = stand
            .ask(Method::GET, "/v1/connection")
            .header("host", format!("{host}:{port}"));
        assert_eq!(stand.json(request).await.0, 200);
    }
    let answer = raw(&stand, "GET /healthz HTTP/1.0\r\n\r\n").await;
    assert!(answer.contains(" 403 "), "{answer}");
    let lines = format!(
        "GET http://rebound.example/healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n"
    );
    let answer = raw(&stand, &lines).await;
    assert!(answer.contains(" 403 "), "{answer}");
}

#[tokio::test]
async fn extension_and_program_are_served() {
    let stand = Stand::start(quick()).await;
    for origin in [
        EXTENSION,
        "moz-extension://0d1f9c86-3a1e-4c0e-9a39-2f4e1f4e7b61",
    ] {
        let preflight = stand
            .http
            .request(Method::OPTIONS, stand.url("/v1/sends"))
            .header("origin", origin)
            .header("access-control-request-method", "POST")
            .header(
                "access-control-request-headers",
                "content-type,idempotency-key",
            )
            .send()
            .await
            .unwrap();
        assert_eq!(preflight.status(), 200);
        assert_eq!(preflight.headers()["access-control-allow-origin"], origin);
        let allowed = preflight.headers()["access-control-allow-headers"]
            .to_str()
            .unwrap()
            .to_lowercase();
        assert_eq!(allowed, "content-type,idempotency-key");
        assert!(
            !preflight
                .headers()
                .contains_key("access-control-allow-credentials")
        );

        let response = stand
            .http
            .get(stand.url("/v1/connection"))
            .header("origin", origin)
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["access-control-allow-origin"], origin);
        assert_eq!(
            response.headers()["access-control-expose-headers"],
            "idempotent-replayed"
        );
    }
    // What Firefox and Chromium send with an extension's GET.
    for site in ["same-origin", "none"] {
        let request = stand
            .http
            .get(stand.url("/v1/connection"))
            .header("sec-fetch-site", site);
        assert_eq!(stand.json(request).await.0, 200);
    }
    // A program.
    let response = stand
        .http
        .get(stand.url("/v1/connection"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    assert!(
        !response
            .headers()
            .contains_key("access-control-allow-origin")
    );
}

#[tokio::test]
async fn answer_carries_the_security_headers() {
    let stand = Stand::start(quick()).await;
    for path in [
        "/healthz",
        "/v1/connection",
        "/nowhere",
        "/openapi.json",
        "/problems/internal",
    ] {
        let response = stand.ask(Method::GET, path).send().await.unwrap();
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            (
                "content-security-policy",
                "default-src 'none'; frame-ancestors 'none'",
            ),
        ] {
            assert_eq!(response.headers()[name], value, "{path}");
        }
        assert!(response.headers().contains_key("x-request-id"));
    }
}

#[tokio::test]
async fn malformed_request_is_answered_with_a_problem() {
    let stand = Stand::start(quick()).await;
    let put = || stand.ask(Method::PUT, "/v1/connection");
    let json = "application/json";
    let secret = format!("{{\"api_key\": [\"{KEY}\"]}}");
    for (request, code) in [
        (stand.ask(Method::GET, "/v1/nothing"), ProblemCode::NotFound),
        (
            stand.ask(Method::GET, "/v1/sends/unknown"),
            ProblemCode::NotFound,
        ),
        (
            stand.ask(Method::GET, "/v1/sends/%FF"),
            ProblemCode::NotFound,
        ),
        (
            stand.ask(Method::GET, "/problems/unheard_of"),
            ProblemCode::NotFound,
        ),
        (
            stand.ask(Method::PATCH, "/v1/connection"),
            ProblemCode::MethodNotAllowed,
        ),
        (
            stand.ask(Method::DELETE, "/v1/sends"),
            ProblemCode::MethodNotAllowed,
        ),
        (put().body("{}"), ProblemCode::UnsupportedMediaType),
        (
            put().header("content-type", "text/plain").body("{}"),
            ProblemCode::UnsupportedMediaType,
        ),
        (
            put().header("content-type", json).body("{"),
            ProblemCode::InvalidRequest,
        ),
        (
            put().header("content-type", json).body(vec![0xff, 0xfe]),
            ProblemCode::InvalidRequest,
        ),
        (
            put().header("content-type", json).body("[".repeat(100_000)),
            ProblemCode::InvalidRequest,
        ),
        (
            put().header("content-type", json).body(secret),
            ProblemCode::InvalidRequest,
        ),
        (
            put()
                .header("content-type", json)
                .body(vec![b' '; MAX_BODY_BYTES + 1]),
            ProblemCode::BodyTooLarge,
        ),
    ] {
        let (status, problem) = stand.json(request).await;
        assert_eq!(
            (status, &problem["code"]),
            (code.status(), &json!(code.as_str())),
            "{problem}"
        );
        assert!(!problem.to_string().contains(KEY));
    }
}

#[tokio::test]
async fn problem_code_has_a_page() {
    let stand = Stand::start(quick()).await;
    for code in ProblemCode::ALL {
        let response = stand
            .ask(Method::GET, &format!("/problems/{}", code.as_str()))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert!(response.text().await.unwrap().contains(code.title()));
    }
}

#[tokio::test]
async fn connected_key_is_checked_and_never_shown() {
    let mut stand = Stand::start(quick()).await;
    let (_, none) = stand.json(stand.ask(Method::GET, "/v1/connection")).await;
    assert_eq!(none, json!({"state": "none"}));

    // What was pasted with spaces around it is meant without them.
    let (status, connection) = stand
        .connect(&format!(" {KEY}\n"), &format!("{USER} "))
        .await;
    assert_eq!(status, 200);
    assert_eq!(connection["account_name"], "Kiln Service");
    assert_eq!(connection["masked_key"], "••••c0de");
    assert_eq!(connection["service_user_email"], USER);
    stand.stop().await;
    stand.begin().await;
    let (_, after) = stand.json(stand.ask(Method::GET, "/v1/connection")).await;
    assert_eq!(after, connection);
    assert!(!after.to_string().contains(&KEY[..20]));
}

#[tokio::test]
async fn failed_connection_says_why_and_keeps_the_old_one() {
    let stand = Stand::connected(quick()).await;
    let (_, before) = stand.json(stand.ask(Method::GET, "/v1/connection")).await;
    for (key, user, field) in [
        ("", USER, "api_key"),
        ("has a space", USER, "api_key"),
        ("has:colon", USER, "api_key"),
        (KEY, "", "service_user_email"),
        (KEY, "4000100002", "service_user_email"),
        (
            KEY,
            "two@kiln.example, three@kiln.example",
            "service_user_email",
        ),
        (&"k".repeat(300), USER, "api_key"),
    ] {
        let (status, problem) = stand.connect(key, user).await;
        assert_eq!(
            (status, &problem["field"]),
            (400, &json!(field)),
            "{problem}"
        );
    }
    let cases: [(u16, &str, ProblemCode); 8] = [
        (
            401,
            r#"{"errors":[{"message":"Invalid API key"}]}"#,
            ProblemCode::KeyRefused,
        ),
        (
            401,
            r#"{"errors":[{"message":"On-Behalf-Of user not found"}]}"#,
            ProblemCode::ServiceUserUnknown,
        ),
        (401, "", ProblemCode::KeyOrUserRefused),
        (403, "{}", ProblemCode::PermissionDenied),
        (429, "{}", ProblemCode::GreenhouseBusy),
        (503, "<html>", ProblemCode::GreenhouseUnreachable),
        (200, "<html>", ProblemCode::GreenhouseUnexpected),
        (404, "{}", ProblemCode::GreenhouseUnexpected),
    ];
    for (status, body, code) in cases {
        stand.fake.script(|script| {
            script.user_reply = Some((StatusCode::from_u16(status).unwrap(), body))
        });
        let (status, problem) = stand.connect(OTHER_KEY, USER).await;
        assert_eq!(
            (status, &problem["code"]),
            (code.status(), &json!(code.as_str()))
        );
        assert!(!problem.to_string().contains(OTHER_KEY));
    }
    let (_, after) = stand.json(stand.ask(Method::GET, "/v1/connection")).await;
    assert_eq!(after, before);
    assert_eq!(
        stand.send("k-1", &person("imani-7")).await.1["state"],
        "created"
    );
}

#[tokio::test]
async fn health_and_metrics_match_the_state() {
    let stand = Stand::connected(quick()).await;
    for path in ["/healthz", "/readyz"] {
        // Monitoring needs no origin, and may run in a page.
        let response = stand
            .http
            .get(stand.url(path))
            .header("origin", "https://monitor.example")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
    }
    let ready = stand.http.get(stand.url("/readyz")).send().await.unwrap();
    assert_eq!(
        ready.text().await.unwrap(),
        "ready\ndatabase: writable\nworker: running\nproxy: serving\n"
    );
    stand.send("k-1", &person("imani-7")).await;
    stand.send("k-2", &person("imani-7")).await;
    stand
        .fake
        .next(Reply::CreateAnd(StatusCode::BAD_GATEWAY, ""));
    stand.send("k-3", &person("unsure")).await;
    stand.fake.next(Reply::Throttle(&[("retry-after", "3600")]));
    stand.send("k-4", &person("waiting")).await;
    let wanted = |refresh| json!({"external_ids": ["imani-7", "nobody"], "refresh": refresh});
    stand.look_up(wanted(false)).await;
    // Greenhouse is left alone: what is stored answers.
    stand.look_up(wanted(true)).await;
    let text = stand
        .ask(Method::GET, "/metrics")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for line in [
        "atsi_sends_total{outcome=\"created\"} 1",
        "atsi_sends_total{outcome=\"existing\"} 1",
        "atsi_sends_total{outcome=\"uncertain\"} 1",
        "atsi_outbox_waiting 1",
        "atsi_greenhouse_throttled_total{endpoint=\"post_candidates\"} 1",
        "atsi_connections{state=\"active\"} 0",
        "atsi_connections{state=\"paused\"} 1",
        "atsi_connections{state=\"broken\"} 0",
        "atsi_lookups_total 2",
        "atsi_lookup_ids_total 4",
        "atsi_lookup_candidates_total{source=\"stored\"} 2",
        "atsi_lookup_candidates_total{source=\"greenhouse\"} 0",
        "atsi_outbox_uncertain 1",
        "atsi_greenhouse_call_seconds_count{endpoint=\"post_candidates\",result=\"2xx\"} 1",
        "atsi_greenhouse_call_seconds_count{endpoint=\"post_candidates\",result=\"429\"} 1",
        "atsi_greenhouse_call_seconds_count{endpoint=\"post_candidates\",result=\"502\"} 1",
        "atsi_greenhouse_call_seconds_count{endpoint=\"current_user\",result=\"2xx\"} 1",
    ] {
        assert!(
            text.lines().any(|found| found == line),
            "{line} is not in\n{text}"
        );
    }
}

#[tokio::test]
async fn read_only_database_is_not_ready_and_reveals_nothing() {
    let stand = Stand::connected(quick()).await;
    // Somebody else's write lock, held for as long as this lives.
    let database = stand.folder.path().join("atsi.db");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let lock = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
    let body = person("imani-7");
    let (ready, send) = tokio::join!(
        stand.http.get(stand.url("/readyz")).send(),
        stand.send("k-1", &body)
    );
    let ready = ready.unwrap();
    assert_eq!(ready.status(), 503);
    let said = ready.text().await.unwrap();
    assert!(said.starts_with("not ready\ndatabase: "), "{said}");
    assert!(!said.contains("writable"), "{said}");
    assert_eq!((send.0, &send.1["code"]), (500, &json!("internal")));
    for word in ["sqlite", "SQL", "locked", "database"] {
        assert!(!send.1.to_string().contains(word), "{}", send.1);
    }
    drop(lock);
    pool.close().await;
    assert_eq!(
        stand.send("k-1", &person("imani-7")).await.1["state"],
        "created"
    );
}

#[tokio::test]
async fn unfinished_request_is_cut_off() {
    let stand = Stand::start(quick()).await;
    let address = stand.proxy.as_ref().unwrap().address();
    for beginning in ["", "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "] {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        stream.write_all(beginning.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // Ends only when the proxy closes the connection; the harness's time limit is the only one.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
    }
}

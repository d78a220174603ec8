//! The guard, the connection, look-ups, health and the OpenAPI document, over real HTTP.

use crate::support::{EXTENSION, KEY, OTHER_KEY, Reply, Stand, USER, person, quick};
use atsi_protocol::{MAX_BODY_BYTES, ProblemCode};
use axum::http::StatusCode;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;
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
async fn a_web_page_gets_nothing_and_changes_nothing() {
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
async fn a_name_that_was_made_to_point_here_is_refused() {
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
async fn an_extension_and_a_program_are_served() {
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
async fn every_answer_carries_the_security_headers() {
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
async fn malformed_requests_are_problems_too() {
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
async fn each_problem_has_a_page() {
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
async fn connecting_checks_the_key_and_never_shows_it() {
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
async fn a_connection_that_fails_says_why_and_leaves_the_old_one() {
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
async fn look_ups_find_ours_by_either_id() {
    let stand = Stand::connected(quick()).await;
    let (_, created) = stand.send("k-1", &person("imani-7")).await;
    stand.send("k-2", &person("imani-7")).await;
    stand
        .fake
        .next(Reply::CreateAnd(StatusCode::BAD_GATEWAY, ""));
    stand.send("k-3", &person("unsure")).await;
    stand.fake.next(Reply::Refuse(StatusCode::BAD_REQUEST, ""));
    stand.send("k-4", &person("refused")).await;
    let id = created["candidate_id"].as_u64().unwrap();

    let found = stand
        .look_up(
            json!({"candidate_ids": [id, 1, 2, u64::MAX], "external_ids": ["nobody", "Imani-7"]}),
        )
        .await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["external_id"], "imani-7");
    assert_eq!(found[0]["idempotency_key"], "k-1");
    assert_eq!(found[0]["sent_by"], "Kiln Service");
    assert_eq!(found[0]["send"]["state"], "created");
    assert_eq!(found[0]["send"]["candidate_id"], json!(id));
    assert!(found[0].get("status").is_none());

    let found = stand
        .look_up(
            json!({"candidate_ids": [id, id], "external_ids": ["imani-7", "unsure", "refused"]}),
        )
        .await;
    let states: Vec<&str> = found
        .iter()
        .map(|one| one["send"]["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["created", "uncertain", "refused"]);
    // Of a send without a clear answer is said that a person has to look.
    let waiting: Vec<&Value> = found.iter().map(|one| &one["waiting"]).collect();
    let looks = json!([{"what": "send", "failed": true}]);
    assert_eq!(waiting, [&Value::Null, &looks, &Value::Null]);
    assert_eq!(stand.look_up(json!({})).await.len(), 0);
    assert_eq!(stand.fake.script(|script| script.gets.len()), 0);

    let many: Vec<u64> = (0..2_001).collect();
    let request = stand
        .ask(Method::POST, "/v1/lookups")
        .json(&json!({"candidate_ids": many}));
    assert_eq!(stand.json(request).await.1["field"], "candidate_ids");
    let mut most: Vec<u64> = (0..1_999).collect();
    most.push(id);
    let names: Vec<String> = (0..2_000).map(|n| format!("person-{n}")).collect();
    assert_eq!(
        stand
            .look_up(json!({"candidate_ids": most, "external_ids": names}))
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn a_refresh_reads_each_status_once_and_keeps_what_it_knew() {
    let tuning = atsi_proxy::Tuning {
        status_fresh_for: Duration::from_secs(3600),
        ..quick()
    };
    let mut stand = Stand::connected(tuning).await;
    let mut ids = Vec::new();
    for n in 0..60 {
        let (_, send) = stand
            .send(&format!("k-{n}"), &person(&format!("person-{n}")))
            .await;
        ids.push(send["candidate_id"].as_u64().unwrap());
    }
    let request = json!({"candidate_ids": ids, "refresh": true});
    let (first, second) = tokio::join!(
        stand.look_up(request.clone()),
        stand.look_up(request.clone())
    );
    for found in [first, second] {
        assert_eq!(
            found
                .iter()
                .filter(|one| one.get("status").is_some())
                .count(),
            50
        );
    }
    assert_eq!(
        stand
            .fake
            .script(|script| script.gets.iter().map(Vec::len).collect::<Vec<_>>()),
        [50]
    );
    // The rest, and nobody twice.
    let found = stand.look_up(request.clone()).await;
    let figures = stand.ask(Method::GET, "/metrics").send().await.unwrap();
    let figures = figures.text().await.unwrap();
    for line in [
        // Twice the fifty of the one read that both waited for, then ten.
        "atsi_lookup_candidates_total{source=\"greenhouse\"} 110",
        "atsi_lookup_candidates_total{source=\"stored\"} 70",
    ] {
        assert!(figures.lines().any(|found| found == line), "{figures}");
    }
    assert_eq!(
        found
            .iter()
            .filter(|one| one.get("status").is_some())
            .count(),
        60
    );
    stand.look_up(request.clone()).await;
    assert_eq!(
        stand
            .fake
            .script(|script| script.gets.iter().map(Vec::len).collect::<Vec<_>>()),
        [50, 10]
    );

    let first = &found[0];
    assert_eq!(first["status"]["readable"], true);
    let application = &first["status"]["applications"][0];
    assert_eq!(application["status"], "active");
    assert_eq!(application["application_id"], json!(ids[0] + 1));

    // Gone from what the key can read: no longer readable, and the last known kept.
    stand.stop().await;
    stand.tuning.status_fresh_for = Duration::ZERO;
    stand.begin().await;
    stand
        .fake
        .script(|script| script.candidates.remove(&ids[0]));
    let found = stand
        .look_up(json!({"candidate_ids": [ids[0], ids[1]], "refresh": true}))
        .await;
    assert_eq!(found[0]["status"]["readable"], false);
    assert_eq!(&found[0]["status"]["applications"][0], application);
    assert_eq!(found[1]["status"]["readable"], true);
}

#[tokio::test]
async fn a_refresh_that_fails_answers_with_what_is_stored_and_is_not_hammered() {
    let tuning = atsi_proxy::Tuning {
        status_fresh_for: Duration::ZERO,
        ..quick()
    };
    let stand = Stand::connected(tuning).await;
    let (_, send) = stand.send("k-1", &person("imani-7")).await;
    let request = json!({"candidate_ids": [send["candidate_id"]], "refresh": true});
    assert_eq!(
        stand.look_up(request.clone()).await[0]["status"]["readable"],
        true
    );
    stand
        .fake
        .script(|script| script.get_reply = Some((StatusCode::INTERNAL_SERVER_ERROR, "")));
    for _ in 0..3 {
        assert_eq!(
            stand.look_up(request.clone()).await[0]["status"]["readable"],
            true
        );
    }
    assert_eq!(stand.fake.script(|script| script.gets.len()), 2);
}

#[tokio::test]
async fn a_refresh_with_a_revoked_key_breaks_the_connection() {
    let tuning = atsi_proxy::Tuning {
        status_fresh_for: Duration::ZERO,
        ..quick()
    };
    let stand = Stand::connected(tuning).await;
    let (_, send) = stand.send("k-1", &person("imani-7")).await;
    stand.fake.script(|script| script.keys.clear());
    let found = stand
        .look_up(json!({"candidate_ids": [send["candidate_id"]], "refresh": true}))
        .await;
    assert_eq!(found[0]["send"]["state"], "created");
    let (_, connection) = stand.json(stand.ask(Method::GET, "/v1/connection")).await;
    assert_eq!(connection["state"], "broken");
}

#[tokio::test]
async fn health_and_figures_tell_the_truth() {
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
async fn a_database_that_cannot_be_written_is_not_ready_and_tells_nothing_inside() {
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
async fn the_openapi_document_is_complete() {
    let stand = Stand::start(quick()).await;
    let (_, document) = stand.json(stand.ask(Method::GET, "/openapi.json")).await;
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push(format!("{} {path}", method.to_uppercase()));
            assert!(
                !operation["summary"].as_str().unwrap_or_default().is_empty(),
                "{method} {path}"
            );
            let documented = operation["responses"].as_object().unwrap();
            let success = match path.as_str() {
                "/v1/live" => "101",
                "/v1/sign-in/code" => "202",
                _ => "200",
            };
            assert!(documented.contains_key(success), "{method} {path}");
            // What it answers to nothing at all, and to a page, is documented.
            let real = path
                .replace("{idempotency_key}", "k-1")
                .replace("{code}", "internal")
                .replace("{connection}", "0123")
                .replace("{session}", "1")
                .replace("{member}", "1")
                .replace("{invitation}", "1")
                .replace("{request}", "1")
                .replace("{token}", "atsi_made_up");
            let method: Method = method.to_uppercase().parse().unwrap();
            for request in [
                stand.ask(method.clone(), &real),
                stand
                    .http
                    .request(method.clone(), stand.url(&real))
                    .header("origin", "https://evil.example"),
                stand
                    .ask(method.clone(), &real)
                    .header("host", "evil.example"),
                stand
                    .ask(method.clone(), &real)
                    .header("idempotency-key", "k")
                    .json(&json!([])),
                stand
                    .ask(method.clone(), &real)
                    .header("idempotency-key", "k")
                    .json(&person("x")),
                stand
                    .ask(method.clone(), &real)
                    .json(&json!({"decision": "send_again"})),
            ] {
                let status = request.send().await.unwrap().status();
                assert!(
                    documented.contains_key(status.as_str()),
                    "{method} {path} answered {status}"
                );
            }
        }
    }
    operations.sort();
    assert_eq!(
        operations,
        [
            "DELETE /v1/applications/{idempotency_key}",
            "DELETE /v1/callback",
            "DELETE /v1/company/data",
            "DELETE /v1/connection",
            "DELETE /v1/connection/requests/{request}",
            "DELETE /v1/enrolment",
            "DELETE /v1/invitations/{invitation}",
            "DELETE /v1/job-board",
            "DELETE /v1/job-links/{jopwell_job}",
            "DELETE /v1/members/{member}",
            "DELETE /v1/session",
            "DELETE /v1/sessions/{session}",
            "GET /connect/{token}",
            "GET /healthz",
            "GET /join",
            "GET /metrics",
            "GET /openapi.json",
            "GET /problems/{code}",
            "GET /r/{token}/{file_name}",
            "GET /readyz",
            "GET /v1/applications",
            "GET /v1/applications/{idempotency_key}",
            "GET /v1/audit",
            "GET /v1/callback",
            "GET /v1/callback/deliveries",
            "GET /v1/candidates",
            "GET /v1/changes",
            "GET /v1/company/export",
            "GET /v1/connection",
            "GET /v1/connection/requests",
            "GET /v1/enrolment",
            "GET /v1/hooks",
            "GET /v1/invitations",
            "GET /v1/job-board",
            "GET /v1/job-links",
            "GET /v1/job-links/{jopwell_job}/description",
            "GET /v1/job-saving",
            "GET /v1/jobs",
            "GET /v1/live",
            "GET /v1/me",
            "GET /v1/members",
            "GET /v1/push",
            "GET /v1/sends/{idempotency_key}",
            "GET /v1/sessions",
            "GET /v1/write-back",
            "POST /connect/{token}",
            "POST /hooks/greenhouse/{connection}",
            "POST /hooks/jopwell/{company}/v1/applications",
            "POST /v1/applications",
            "POST /v1/callback/deliveries/{id}/redeliver",
            "POST /v1/callback/secret",
            "POST /v1/connection/check",
            "POST /v1/connection/requests",
            "POST /v1/enrol",
            "POST /v1/hooks/secret",
            "POST /v1/invitations",
            "POST /v1/job-links/proposals",
            "POST /v1/job-pages",
            "POST /v1/job-saves/{save}",
            "POST /v1/job-saves/{save}/undo",
            "POST /v1/lookups",
            "POST /v1/push/secret",
            "POST /v1/resumes",
            "POST /v1/sends",
            "POST /v1/sends/{idempotency_key}/decision",
            "POST /v1/sign-in",
            "POST /v1/sign-in/code",
            "POST /v1/tracking-link",
            "POST /v1/write-backs",
            "POST /v1/write-backs/{id}",
            "PUT /v1/callback",
            "PUT /v1/company",
            "PUT /v1/connection",
            "PUT /v1/enrolment",
            "PUT /v1/job-board",
            "PUT /v1/job-links",
            "PUT /v1/job-links/{jopwell_job}/description",
            "PUT /v1/job-saving",
            "PUT /v1/me",
            "PUT /v1/members/{member}",
            "PUT /v1/write-back",
        ]
    );
    assert_references_resolve(&document, &document);
}

fn assert_references_resolve(document: &Value, part: &Value) {
    match part {
        Value::Object(map) => {
            if let Some(reference) = map.get("$ref") {
                let pointer = reference.as_str().unwrap().strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{pointer} is missing");
            }
            map.values()
                .for_each(|value| assert_references_resolve(document, value));
        }
        Value::Array(items) => items
            .iter()
            .for_each(|item| assert_references_resolve(document, item)),
        _ => {}
    }
}

#[tokio::test]
async fn a_client_that_never_finishes_its_request_is_cut_off() {
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

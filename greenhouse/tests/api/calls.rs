use std::net::SocketAddr;
use std::time::Duration;

use atsi_greenhouse::{
    ApplicationStatus, Client, CreatedCandidate, Credentials, Error, MAX_CANDIDATE_IDS,
    NewCandidate, UnauthorizedHint,
};
use axum::Router;
use axum::body::Bytes;
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{AUTHORIZATION, USER, client, create_fails, credentials, prospect};

async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn refusal(status: StatusCode, message: &str, field: Option<&str>) -> Response {
    let body = json!({"errors": [{"message": message, "field": field}]}).to_string();
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

fn ok(body: Value) -> Response {
    (
        [(header::CONTENT_TYPE, "application/json")],
        body.to_string(),
    )
        .into_response()
}

/// Refuses what Greenhouse documents it refuses, and every header the client has no reason to send.
async fn check_headers(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if headers
        .get("authorization")
        .is_none_or(|value| value != AUTHORIZATION)
    {
        return refusal(StatusCode::UNAUTHORIZED, "Invalid API key", None);
    }
    if headers
        .get("on-behalf-of")
        .is_none_or(|value| value != USER)
    {
        return refusal(
            StatusCode::UNAUTHORIZED,
            "On-Behalf-Of is not a user here",
            None,
        );
    }
    let mut expected = vec![
        "accept",
        "authorization",
        "host",
        "on-behalf-of",
        "user-agent",
    ];
    if request.method() == Method::POST {
        expected.extend(["content-length", "content-type"]);
    }
    expected.sort_unstable();
    let mut sent: Vec<&str> = headers.keys().map(|name| name.as_str()).collect();
    sent.sort_unstable();
    let to_the_letter = headers["accept"] == "application/json"
        && headers
            .get("content-type")
            .is_none_or(|value| value == "application/json");
    if sent != expected || !to_the_letter {
        return refusal(StatusCode::IM_A_TEAPOT, "headers", None);
    }
    next.run(request).await
}

async fn candidates(uri: Uri) -> Response {
    if uri.query() != Some("candidate_ids=259096501002,77,78") {
        return refusal(StatusCode::BAD_REQUEST, "query", Some("candidate_ids"));
    }
    ok(json!([{
        "id": 259_096_501_002_u64,
        "name": "Imani Okafor",
        "external_id": "profile-8841",
        "is_new_key": true,
        "applications": [
            {
                "id": 273_686_618_002_u64, "job": "Analyst", "status": "Active",
                "stage": "Phone Interview",
                "profile_url": "https://app.greenhouse.io/people/259096501002?application_id=273686618002",
            },
            {"id": 9, "job": null, "status": "rejected", "stage": null, "profile_url": null},
        ],
    }]))
}

async fn create(headers: HeaderMap, body: Bytes) -> Response {
    let expected = json!({
        "prospect": true, "first_name": "Imani", "last_name": "Okafor",
        "external_id": "profile-8841",
        "emails": [{"email": "imani@example.org", "type": "personal"}],
    });
    let length = headers["content-length"].to_str().unwrap();
    if length != body.len().to_string()
        || serde_json::from_slice::<Value>(&body).unwrap() != expected
    {
        return refusal(StatusCode::BAD_REQUEST, "body", None);
    }
    let created = json!({
        "id": 259_096_501_002_u64, "application_id": 273_686_618_002_u64,
        "external_id": "profile-8841",
        "profile_url": "https://app.greenhouse.io/people/259096501002?application_id=273686618002",
    });
    (StatusCode::CREATED, ok(created)).into_response()
}

async fn tracking_link(body: String) -> Response {
    if body != r#"{"job_id":4150486002}"# {
        return refusal(StatusCode::BAD_REQUEST, "body", None);
    }
    ok(
        json!({"tracking_link": "http://grnh.se/q8w2ab", "job": "Analyst", "source": "Jopwell", "referrer": null}),
    )
}

async fn greenhouse() -> Client {
    let user = json!({
        "id": 4_001_693_002_u64, "full_name": "Hartwell Service", "first_name": "Hartwell",
        "last_name": "Service", "email": USER,
    });
    let jobs = json!([
        {"id": 4_150_486_002_u64, "name": "Analyst", "status": "open", "public": true},
        {"id": 12, "name": "Chef", "status": "open", "public": false},
    ]);
    let pools = json!([{"id": 31, "name": "Campus", "stages": [
        {"id": 32, "name": "New"}, {"id": 33, "name": "Called"},
    ]}]);
    let calls = Router::new()
        .route("/current_user", get(async || ok(user)))
        .route("/jobs", get(async || ok(jobs)))
        .route(
            "/prospect_pools",
            get(async || {
                let mut response = ok(pools);
                let headers = response.headers_mut();
                headers.insert("x-ratelimit-limit", "50".parse().unwrap());
                headers.insert("x-ratelimit-remaining", "49".parse().unwrap());
                response
            }),
        )
        .route("/candidates", get(candidates).post(create))
        .route("/tracking_link", post(tracking_link))
        .layer(middleware::from_fn(check_headers));
    client(serve(Router::new().nest("/v1/partner", calls)).await)
}

/// A client of a server that answers every request with this.
async fn answering(status: u16, body: impl Into<Bytes>) -> Client {
    answering_with(status, &[], body).await
}

async fn answering_with(
    status: u16,
    headers: &[(&'static str, &'static str)],
    body: impl Into<Bytes>,
) -> Client {
    let mut response_headers = HeaderMap::new();
    for (name, value) in headers {
        response_headers.insert(*name, value.parse().unwrap());
    }
    let (status, body) = (StatusCode::from_u16(status).unwrap(), body.into());
    client(serve(Router::new().fallback(async move || (status, response_headers, body))).await)
}

#[tokio::test]
async fn every_call_sends_and_reads_the_documented_shapes() {
    let (client, credentials) = (greenhouse().await, credentials());

    let user = client.current_user(&credentials).await.unwrap().value;
    assert_eq!(user.id, Some(4_001_693_002));
    assert_eq!(user.full_name.as_deref(), Some("Hartwell Service"));
    assert_eq!(user.email.as_deref(), Some(USER));

    let jobs = client.jobs(&credentials).await.unwrap().value;
    assert_eq!(jobs.len(), 2);
    assert_eq!(
        (jobs[0].id, jobs[0].name.as_str(), jobs[0].public),
        (4_150_486_002, "Analyst", true)
    );
    assert!(!jobs[1].public);

    let pools = client.prospect_pools(&credentials).await.unwrap();
    assert_eq!(pools.rate_limit.limit, Some(50));
    assert_eq!(pools.rate_limit.remaining, Some(49));
    let stages: Vec<_> = (pools.value[0].stages.iter())
        .map(|stage| (stage.id, stage.name.as_str()))
        .collect();
    assert_eq!(stages, [(32, "New"), (33, "Called")]);

    let candidates = (client
        .candidates(&credentials, &[259_096_501_002, 77, 78])
        .await)
        .unwrap()
        .value;
    assert_eq!(candidates.len(), 1);
    assert_eq!(candidates[0].external_id.as_deref(), Some("profile-8841"));
    let [active, rejected] = &candidates[0].applications[..] else {
        panic!("{candidates:?}");
    };
    assert_eq!(active.status, Some(ApplicationStatus::Active));
    assert_eq!(active.stage.as_deref(), Some("Phone Interview"));
    assert_eq!(rejected.status, Some(ApplicationStatus::Rejected));
    assert_eq!((&rejected.job, &rejected.stage), (&None, &None));

    let created = (client.create_candidate(&credentials, &prospect()).await).unwrap();
    assert_eq!(
        created.value,
        CreatedCandidate {
            id: 259_096_501_002,
            application_id: Some(273_686_618_002),
            external_id: Some("profile-8841".into()),
            profile_url: Some(
                "https://app.greenhouse.io/people/259096501002?application_id=273686618002".into()
            ),
        }
    );

    let link = (client.tracking_link(&credentials, 4_150_486_002).await).unwrap();
    assert_eq!(link.value.tracking_link, "http://grnh.se/q8w2ab");
}

#[tokio::test]
async fn base_url_may_end_in_a_slash_and_keeps_no_password() {
    let answer = json!([]).to_string();
    let router = Router::new().route(
        "/v1/partner/jobs",
        get(async move |headers: HeaderMap| {
            let sent: Vec<_> = headers.get_all("authorization").iter().collect();
            assert_eq!(sent, [AUTHORIZATION]);
            answer
        }),
    );
    let address = serve(router).await;
    for base_url in [
        format!("http://{address}/v1/partner"),
        format!("http://{address}/v1/partner/"),
        format!("http://ada:secret@{address}/v1/partner?a=b#c"),
    ] {
        let http = crate::http_builder().build().unwrap();
        let client = Client::new(base_url.parse().unwrap(), http);
        assert!(!format!("{client:?}").contains("secret"));
        client.jobs(&credentials()).await.unwrap();
    }
}

#[tokio::test]
async fn base_url_of_another_scheme_is_refused() {
    for base_url in ["mailto:ada@hartwell.example", "ftp://hartwell.example/"] {
        let http = crate::http_builder().build().unwrap();
        let client = Client::new(base_url.parse().unwrap(), http);
        match client.jobs(&credentials()).await.unwrap_err() {
            Error::InvalidRequest { field, .. } => assert_eq!(field, "base_url"),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn wrong_key_and_unknown_user_are_told_apart_if_the_text_does() {
    let client = greenhouse().await;
    for (key, user, expected) in [
        ("another-key", USER, UnauthorizedHint::Key),
        (
            crate::KEY,
            "nobody@hartwell.example",
            UnauthorizedHint::User,
        ),
    ] {
        let credentials = Credentials::new(key, user).unwrap();
        match client.current_user(&credentials).await.unwrap_err() {
            Error::Unauthorized { hint } => assert_eq!(hint, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn request_that_greenhouse_would_refuse_is_not_sent() {
    // Any request at all would come back as 500.
    let client = answering(500, "").await;
    let credentials = credentials();
    let too_many = vec![1; MAX_CANDIDATE_IDS + 1];
    for ids in [&[][..], &too_many] {
        match client.candidates(&credentials, ids).await.unwrap_err() {
            Error::InvalidRequest { field, .. } => assert_eq!(field, "candidate_ids"),
            other => panic!("{other:?}"),
        }
    }
    let nameless = NewCandidate::prospect("Imani", "", "profile-8841");
    let result = client.create_candidate(&credentials, &nameless).await;
    match result.unwrap_err() {
        error @ Error::InvalidRequest { .. } => {
            assert!(error.nothing_was_created());
            assert_eq!(
                error.to_string(),
                "the request was not sent: last_name is empty"
            );
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn ids_up_to_the_limit_are_sent_in_one_request() {
    let router = Router::new().route(
        "/v1/partner/candidates",
        get(async |uri: Uri| {
            assert_eq!(uri.query().unwrap().split(',').count(), MAX_CANDIDATE_IDS);
            "[]"
        }),
    );
    let client = client(serve(router).await);
    let ids = vec![u64::MAX; MAX_CANDIDATE_IDS];
    let answer = client.candidates(&credentials(), &ids).await.unwrap();
    assert_eq!(answer.value, []);
}

#[tokio::test]
async fn any_success_status_is_success() {
    for status in [200, 201, 202] {
        let client = answering(status, r#"{"id":5}"#).await;
        let created = client.create_candidate(&credentials(), &prospect()).await;
        assert_eq!(created.unwrap().value.id, 5);
    }
}

#[tokio::test]
async fn refusal_keeps_its_status_and_fields() {
    let body = r#"{"message":"Validation error","errors":[{"message":"imani@example.org is odd","field":"emails[0].email"}]}"#;
    for status in [400, 422] {
        match create_fails(&answering(status, body).await).await {
            Error::Refused { status: s, errors } => {
                assert_eq!(s, status);
                assert_eq!(errors[0].field(), Some("emails[0].email"));
                assert_eq!(errors[0].message(), "imani@example.org is odd");
            }
            other => panic!("{other:?}"),
        }
    }
    let html = "<html><body>Imani Okafor</body></html>";
    let error = create_fails(&answering(413, html).await).await;
    assert!(
        matches!(&error, Error::Refused { status: 413, errors } if errors.is_empty()),
        "{error:?}"
    );
    let error = create_fails(&answering(403, html).await).await;
    assert!(matches!(error, Error::Forbidden), "{error:?}");
    let error = create_fails(&answering(404, "").await).await;
    assert!(matches!(error, Error::NotFound), "{error:?}");
}

#[tokio::test]
async fn throttled_answer_says_how_long_to_wait() {
    for (headers, expected) in [
        (&[("retry-after", "3")][..], Some(3)),
        (
            &[
                ("date", "Tue, 04 Nov 2025 09:00:00 GMT"),
                ("retry-after", "Tue, 04 Nov 2025 09:01:00 GMT"),
            ],
            Some(60),
        ),
        (
            &[
                ("date", "Tue, 04 Nov 2025 09:00:00 GMT"),
                ("x-ratelimit-reset", "1762246808"),
            ],
            Some(8),
        ),
        (&[], None),
    ] {
        let client = answering_with(429, headers, r#"{"message":"Rate limit exceeded"}"#).await;
        match create_fails(&client).await {
            Error::Busy { retry_after, .. } => {
                assert_eq!(retry_after, expected.map(Duration::from_secs));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn answer_of_another_server_is_unreadable() {
    let too_large = vec![b' '; 9 * 1024 * 1024];
    for (status, body) in [
        (200, Bytes::from("<html>Imani Okafor</html>")),
        (200, r#"{"external_id":"profile-8841"}"#.into()),
        (201, r#"[{"id":1},{"id":2}]"#.into()),
        (204, "".into()),
        (200, too_large.into()),
    ] {
        let error = create_fails(&answering(status, body).await).await;
        assert!(
            matches!(error, Error::Unreadable { status: s } if s == status),
            "{error:?}"
        );
        assert!(!error.nothing_was_created());
    }
}

#[tokio::test]
async fn large_error_page_keeps_its_meaning() {
    let page = vec![b'x'; 1024 * 1024];
    let error = create_fails(&answering(503, page.clone()).await).await;
    assert!(
        matches!(error, Error::ServerFailed { status: 503 }),
        "{error:?}"
    );
    let error = create_fails(&answering(400, page).await).await;
    assert!(
        matches!(error, Error::Refused { status: 400, .. }),
        "{error:?}"
    );
}

//! Sends over real HTTP and a real SQLite file, against a strict stand-in for Greenhouse.

use crate::support::{Reply, Stand, person, person_on, quick, wait::until};
use atsi_proxy::Tuning;
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test]
async fn request_repeated_while_the_first_one_runs_is_still_running() {
    let stand = Stand::connected(quick()).await;
    stand.fake.hold();
    let first = tokio::spawn(stand.post_send("k-1", &person("imani-7")).send());
    stand.fake.arrived(1).await;
    let (status, problem) = stand.send("k-1", &person("imani-7")).await;
    assert_eq!((status, &problem["code"]), (409, &json!("still_running")));
    // What is wrong with a request is said first.
    let (status, problem) = stand.send("k-1", &person("ada-3")).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("idempotency_key_reused"))
    );
    stand.fake.let_go(1);
    assert_eq!(first.await.unwrap().unwrap().status(), 200);
    assert_eq!(
        stand.send("k-1", &person("imani-7")).await.1["state"],
        "created"
    );
    assert_eq!(stand.fake.posts(), 1);
}

#[tokio::test]
async fn lost_answer_can_be_asked_for_again() {
    let tuning = Tuning {
        answer_within: Duration::from_millis(100),
        ..quick()
    };
    let stand = Stand::connected(tuning).await;
    stand.fake.hold();
    let first = tokio::spawn(stand.post_send("k-1", &person("imani-7")).send());
    stand.fake.arrived(1).await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    // Until the proxy has seen that the client is gone, the first one still runs.
    let mut again = stand.send("k-1", &person("imani-7")).await;
    while again.0 == 409 {
        again = stand.send("k-1", &person("imani-7")).await;
    }
    assert_eq!(again.1["reason"], "sending");
    stand.fake.let_go(1);
    stand.until("k-1", "created").await;
    assert_eq!(stand.fake.posts(), 1);
}

#[tokio::test]
pub async fn send_becomes_a_prospect_once() {
    let mut stand = Stand::connected(quick()).await;
    let (status, send) = stand
        .send("k-1", &person_on("imani-7", 4_100_200_002))
        .await;
    assert_eq!((status, &send["state"]), (200, &json!("created")), "{send}");
    let id = send["candidate_id"].as_u64().unwrap();
    assert!(id > u64::from(u32::MAX) / 2);
    assert_eq!(send["sent_by"], "Kiln Service");
    assert_eq!(
        send["profile_url"],
        json!(format!(
            "https://app.greenhouse.io/people/{id}?application_id={}",
            id + 1
        ))
    );
    let sent = stand.fake.script(|script| script.posts[0].clone());
    assert_eq!(
        sent,
        json!({
            "prospect": true, "first_name": "Imani", "last_name": "Brooks", "external_id": "imani-7",
            "job_id": 4_100_200_002_u64, "title": "Kiln engineer",
            "emails": [{"email": "imani.brooks@kiln.example", "type": "personal"}],
            "notes": "Skills: glazing, raku",
        })
    );

    stand.stop().await;
    stand.begin().await;
    assert_eq!(stand.state_of("k-1").await, send);
}

#[tokio::test]
async fn replayed_key_gets_the_same_answer_and_another_body_is_refused() {
    let stand = Stand::connected(quick()).await;
    let first = stand
        .post_send("k-1", &person("imani-7"))
        .send()
        .await
        .unwrap();
    assert!(!first.headers().contains_key("idempotent-replayed"));
    let first: Value = first.json().await.unwrap();
    let again = stand
        .post_send("k-1", &person("imani-7"))
        .send()
        .await
        .unwrap();
    assert_eq!(again.headers()["idempotent-replayed"], "true");
    assert_eq!(again.json::<Value>().await.unwrap(), first);
    // A structured field puts the key in quotes; unknown fields are not part of the request.
    let mut newer = person("imani-7");
    newer["from_a_newer_core"] = json!(1);
    let (status, quoted) = stand.send("\"k-1\"", &newer).await;
    assert_eq!((status, quoted), (200, first));

    let (status, problem) = stand.send("k-1", &person("someone-else")).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("idempotency_key_reused"))
    );
    assert_eq!(stand.fake.posts(), 1);
}

#[tokio::test]
async fn second_send_of_a_person_finds_the_first() {
    let stand = Stand::connected(quick()).await;
    let (_, first) = stand.send("k-1", &person("imani-7")).await;
    let (status, second) = stand.send("k-2", &person("imani-7")).await;
    assert_eq!((status, &second["state"]), (200, &json!("existing")));
    for field in [
        "candidate_id",
        "application_id",
        "profile_url",
        "accepted_at",
        "sent_by",
    ] {
        assert_eq!(second[field], first[field], "{field}");
    }
    assert_eq!(second["idempotency_key"], "k-2");

    // Another job, and an id that differs in one letter's case, are other wishes.
    assert_eq!(
        stand.send("k-3", &person_on("imani-7", 9)).await.1["state"],
        "created"
    );
    assert_eq!(
        stand.send("k-4", &person("Imani-7")).await.1["state"],
        "created"
    );
    assert_eq!(stand.fake.posts(), 3);
}

#[tokio::test]
async fn simultaneous_sends_of_one_person_make_one_prospect() {
    let stand = Stand::connected(quick()).await;
    let keys: Vec<String> = (0..50).map(|n| format!("k-{n}")).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for key in &keys {
        let request = stand.post_send(key, &person("imani-7"));
        tasks.spawn(async move { request.send().await.unwrap().json::<Value>().await.unwrap() });
    }
    let mut states = std::collections::BTreeMap::<String, usize>::new();
    let mut ids = std::collections::BTreeSet::new();
    while let Some(send) = tasks.join_next().await {
        let send = send.unwrap();
        *states
            .entry(send["state"].as_str().unwrap().to_owned())
            .or_default() += 1;
        ids.insert(send["candidate_id"].as_u64());
    }
    assert_eq!(
        states,
        [("created".to_owned(), 1), ("existing".to_owned(), 49)].into()
    );
    assert_eq!(ids.len(), 1);
    assert_eq!(stand.fake.posts(), 1);
}

#[tokio::test]
async fn sends_of_many_people_are_all_delivered() {
    let stand = Stand::connected(quick()).await;
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..40 {
        let request = stand.post_send(&format!("k-{n}"), &person(&format!("person-{n}")));
        tasks.spawn(async move { request.send().await.unwrap().json::<Value>().await.unwrap() });
    }
    while let Some(send) = tasks.join_next().await {
        assert_eq!(send.unwrap()["state"], "created");
    }
    let mut sent: Vec<String> = stand.fake.script(|script| {
        script
            .posts
            .iter()
            .map(|post| post["external_id"].as_str().unwrap().to_owned())
            .collect()
    });
    sent.sort();
    sent.dedup();
    assert_eq!((sent.len(), stand.fake.posts()), (40, 40));
}

#[tokio::test]
async fn answer_that_may_mean_created_is_uncertain_and_not_repeated() {
    let stand = Stand::connected(quick()).await;
    let replies = [
        Reply::CreateAnd(StatusCode::BAD_GATEWAY, "<html>bad gateway</html>"),
        Reply::CreateAnd(StatusCode::INTERNAL_SERVER_ERROR, ""),
        Reply::CreateAnd(StatusCode::OK, "<html>maintenance</html>"),
        Reply::CreateAnd(StatusCode::OK, "{\"id\":"),
        // Nobody has such an id, and the database could not hold the second.
        Reply::CreateAnd(StatusCode::OK, "{\"id\":0}"),
        Reply::CreateAnd(StatusCode::OK, "{\"id\":18446744073709551615}"),
        Reply::CreateAnd(StatusCode::FOUND, ""),
        Reply::CreateAndCut,
    ];
    let count = replies.len();
    for (n, reply) in replies.into_iter().enumerate() {
        stand.fake.next(reply);
        let external_id = format!("person-{n}");
        let (status, send) = stand.send(&format!("k-{n}"), &person(&external_id)).await;
        assert_eq!(
            (status, &send["state"]),
            (200, &json!("uncertain")),
            "{n}: {send}"
        );
        let (_, again) = stand
            .send(&format!("again-{n}"), &person(&external_id))
            .await;
        assert_eq!(again["state"], "uncertain");
    }
    assert_eq!(stand.fake.posts(), count);
}

#[tokio::test]
async fn missing_answer_leaves_the_send_uncertain() {
    let mut stand = Stand::connected(quick()).await;
    stand.stop().await;
    stand.tuning.call_timeout = Duration::from_millis(200);
    stand.begin().await;
    stand.fake.hold();
    let (_, send) = stand.send("k-1", &person("imani-7")).await;
    assert_eq!(send["state"], "uncertain");
    assert_eq!(stand.fake.posts(), 1);
}

#[tokio::test]
pub async fn decision_settles_an_uncertain_send() {
    let stand = Stand::connected(quick()).await;
    for key in ["there", "again"] {
        stand
            .fake
            .next(Reply::CreateAnd(StatusCode::BAD_GATEWAY, ""));
        assert_eq!(stand.send(key, &person(key)).await.1["state"], "uncertain");
    }
    // A colleague's send that follows the uncertain one can be used to settle it.
    assert_eq!(
        stand.send("colleague", &person("there")).await.1["state"],
        "uncertain"
    );
    let there =
        "https://hartwell.greenhouse.io/people/4100777002/applications/4100778002/redesign?x=1";
    let (status, send) = stand
        .decide(
            "colleague",
            json!({"decision": "it_is_there", "profile_url": there}),
        )
        .await;
    assert_eq!((status, &send["state"]), (200, &json!("existing")));
    assert_eq!(send["candidate_id"], json!(4_100_777_002_u64));
    let send = stand.state_of("there").await;
    assert_eq!(send["state"], "created");
    assert_eq!(send["application_id"], json!(4_100_778_002_u64));
    assert_eq!(
        send["profile_url"],
        "https://hartwell.greenhouse.io/people/4100777002?application_id=4100778002"
    );

    // The page of one candidate cannot settle the send of another.
    let wrong = json!({"decision": "it_is_there", "profile_url": there});
    let (status, problem) = stand.decide("again", wrong).await;
    assert_eq!((status, &problem["field"]), (400, &json!("profile_url")));
    let contradiction = "https://app.greenhouse.io/people/5/applications/6?application_id=7";
    let (status, problem) = stand
        .decide(
            "again",
            json!({"decision": "it_is_there", "profile_url": contradiction}),
        )
        .await;
    assert_eq!((status, &problem["field"]), (400, &json!("profile_url")));

    let posts = stand.fake.posts();
    let (status, send) = stand
        .decide("again", json!({"decision": "send_again"}))
        .await;
    assert_eq!((status, &send["state"]), (200, &json!("created")));
    assert_eq!(stand.fake.posts(), posts + 1);

    let (status, problem) = stand
        .decide("again", json!({"decision": "send_again"}))
        .await;
    assert_eq!((status, &problem["code"]), (409, &json!("not_uncertain")));
    let (status, problem) = stand
        .decide("nobody", json!({"decision": "send_again"}))
        .await;
    assert_eq!((status, &problem["code"]), (404, &json!("not_found")));
    assert_eq!(stand.fake.posts(), posts + 1);
}

#[tokio::test]
async fn busy_greenhouse_is_asked_again_and_nothing_is_doubled() {
    let stand = Stand::connected(quick()).await;
    for _ in 0..3 {
        stand.fake.next(Reply::Throttle(&[]));
    }
    stand.fake.next(Reply::Throttle(&[("retry-after", "0")]));
    let (status, send) = stand.send("k-1", &person("imani-7")).await;
    assert_eq!((status, &send["state"]), (200, &json!("created")));
    assert_eq!(stand.fake.posts(), 5);
    assert_eq!(stand.fake.script(|script| script.candidates.len()), 1);
}

#[tokio::test]
async fn long_pause_is_answered_at_once_and_holds_for_the_connection() {
    let stand = Stand::connected(quick()).await;
    stand.fake.next(Reply::Throttle(&[("retry-after", "3600")]));
    let before = now();
    let (status, send) = stand.send("k-1", &person("imani-7")).await;
    assert_eq!((status, &send["state"]), (202, &json!("waiting")));
    assert_eq!(send["reason"], "greenhouse_busy");
    assert!(
        send["retry_at"].as_u64().unwrap() >= before + 3_600_000,
        "{send}"
    );
    let (status, send) = stand.send("k-2", &person("another")).await;
    assert_eq!((status, &send["reason"]), (202, &json!("greenhouse_busy")));
    assert_eq!(stand.fake.posts(), 1);
}

#[tokio::test]
async fn used_up_rate_window_is_respected() {
    let tuning = atsi_proxy::Tuning {
        longest_pause: Duration::from_secs(3600),
        ..quick()
    };
    let stand = Stand::connected(tuning).await;
    stand.fake.script(|script| {
        script.headers = vec![
            ("x-ratelimit-limit", "50"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", "900"),
        ];
    });
    assert_eq!(
        stand.send("k-1", &person("imani-7")).await.1["state"],
        "created"
    );
    let (status, send) = stand.send("k-2", &person("another")).await;
    assert_eq!((status, &send["reason"]), (202, &json!("greenhouse_busy")));
    assert_eq!(stand.fake.posts(), 1);
}

#[tokio::test]
async fn unreachable_greenhouse_is_tried_until_it_is_back() {
    let mut stand = Stand::connected(quick()).await;
    stand.stop().await;
    let back = std::mem::replace(&mut stand.greenhouse, {
        // Bound and dropped again: nobody listens there.
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}/v1/partner", socket.local_addr().unwrap())
    });
    stand.tuning.answer_within = Duration::ZERO;
    stand.begin().await;
    let (status, send) = stand.send("k-1", &person("imani-7")).await;
    assert_eq!((status, &send["state"]), (202, &json!("waiting")));
    until(
        "the send to say that Greenhouse is unreachable",
        async || {
            let send = stand.state_of("k-1").await;
            assert_eq!(send["state"], "waiting");
            if send["reason"] == "greenhouse_unreachable" {
                Ok(())
            } else {
                Err(send)
            }
        },
    )
    .await;
    stand.stop().await;
    stand.greenhouse = back;
    stand.begin().await;
    stand.until("k-1", "created").await;
    assert_eq!(stand.fake.posts(), 1);
}

#[tokio::test]
async fn refused_send_says_why_and_frees_the_person() {
    let stand = Stand::connected(quick()).await;
    for (reply, code, field) in [
        (
            Reply::Refuse(
                StatusCode::BAD_REQUEST,
                r#"{"errors":[{"message":"imani.brooks@kiln.example is taken","field":"emails"}]}"#,
            ),
            "greenhouse_refused",
            json!("emails"),
        ),
        (
            Reply::Refuse(StatusCode::UNPROCESSABLE_ENTITY, ""),
            "greenhouse_refused",
            Value::Null,
        ),
        (
            Reply::Refuse(StatusCode::FORBIDDEN, "{}"),
            "permission_denied",
            Value::Null,
        ),
    ] {
        stand.fake.next(reply);
        let key = format!("k-{}", stand.fake.posts());
        let (status, send) = stand.send(&key, &person("imani-7")).await;
        assert_eq!((status, &send["state"]), (200, &json!("refused")));
        assert_eq!(
            (&send["problem"]["code"], &send["problem"]["field"]),
            (&json!(code), &field)
        );
        // Greenhouse's own words may repeat the candidate's data.
        assert!(!send.to_string().contains("kiln.example"), "{send}");
    }
    let (_, send) = stand.send("k-last", &person("imani-7")).await;
    assert_eq!(send["state"], "created");
    assert_eq!(stand.state_of("k-0").await["state"], "refused");
}

#[tokio::test]
async fn slow_answer_is_reported_later() {
    let tuning = atsi_proxy::Tuning {
        answer_within: Duration::from_millis(50),
        ..quick()
    };
    let stand = Stand::connected(tuning).await;
    stand.fake.hold();
    let (status, send) = stand.send("k-1", &person("imani-7")).await;
    assert_eq!((status, &send["reason"]), (202, &json!("sending")));
    stand.fake.arrived(1).await;
    let (status, send) = stand.send("k-2", &person("imani-7")).await;
    assert_eq!((status, &send["state"]), (202, &json!("waiting")));
    stand.fake.let_go(1);
    stand.until("k-1", "created").await;
    assert_eq!(stand.state_of("k-2").await["state"], "existing");
    assert_eq!(stand.fake.posts(), 1);
}

#[tokio::test]
async fn stopping_proxy_finishes_requests_under_way() {
    let mut stand = Stand::connected(quick()).await;
    stand.fake.hold();
    let waiting = stand.post_send("k-1", &person("imani-7"));
    let waiting =
        tokio::spawn(async move { waiting.send().await.unwrap().json::<Value>().await.unwrap() });
    stand.fake.arrived(1).await;
    let fake = std::sync::Arc::clone(&stand.fake);
    tokio::join!(stand.stop(), async {
        // Who waits is told the truth at once, while the request is still with Greenhouse.
        assert_eq!(waiting.await.unwrap()["state"], "waiting");
        fake.let_go(1);
    });
    stand.begin().await;
    assert_eq!(stand.state_of("k-1").await["state"], "created");
    assert_eq!(stand.fake.posts(), 1);
}

#[tokio::test]
async fn malformed_send_is_refused_before_anything_is_stored() {
    let stand = Stand::connected(quick()).await;
    let long = "x".repeat(600);
    for (pointer, value, field) in [
        ("/external_id", json!(" "), "external_id"),
        ("/external_id", json!("a\u{0}b"), "external_id"),
        ("/external_id", json!(long), "external_id"),
        ("/profile/first_name", json!(""), "first_name"),
        ("/profile/last_name", json!("\t"), "last_name"),
        ("/profile/title", json!(long), "title"),
        (
            "/profile/emails/0/address",
            json!("no address"),
            "emails[0].email",
        ),
    ] {
        let mut body = person("imani-7");
        *body.pointer_mut(pointer).unwrap() = value;
        let (status, problem) = stand.send("k-1", &body).await;
        assert_eq!(
            (status, &problem["field"]),
            (400, &json!(field)),
            "{problem}"
        );
    }
    for (field, value) in [
        ("resume_url", json!("javascript:alert(1)")),
        ("social_media", json!(["ftp://x.example"])),
        (
            "phone_numbers",
            json!(vec![json!({"number": "1", "kind": "home"}); 50]),
        ),
    ] {
        let mut body = person("imani-7");
        body["profile"][field] = value;
        let (status, problem) = stand.send("k-1", &body).await;
        assert_eq!(
            (status, &problem["field"]),
            (400, &json!(field)),
            "{problem}"
        );
    }
    for job in [json!(0), json!(u64::MAX)] {
        let mut body = person("imani-7");
        body["job_id"] = job;
        assert_eq!(stand.send("k-1", &body).await.1["field"], "job_id");
    }
    let no_key = stand
        .ask(reqwest::Method::POST, "/v1/sends")
        .json(&person("imani-7"));
    assert_eq!(
        stand.json(no_key).await.1["code"],
        "idempotency_key_missing"
    );
    for key in ["", "  ", "\"\""] {
        assert_eq!(
            stand.send(key, &person("imani-7")).await.1["code"],
            "idempotency_key_missing"
        );
    }
    for key in ["with space", "back\\slash", &"k".repeat(129)] {
        assert_eq!(stand.send(key, &person("imani-7")).await.0, 400);
    }
    assert_eq!(stand.fake.posts(), 0);
    // None of that used up the key.
    assert_eq!(
        stand.send("k-1", &person("imani-7")).await.1["state"],
        "created"
    );
}

fn now() -> u64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

//! Sends over real HTTP and a real SQLite file, against a strict stand-in for Greenhouse.

use crate::support::{
    BASIC, KEY, OTHER_BASIC, OTHER_KEY, Reply, Stand, USER, person, person_on, quick,
};
use atsi_proxy::Tuning;
use axum::http::StatusCode;
use reqwest::Method;
use serde_json::{Value, json};
use std::{path::Path, time::Duration};

#[tokio::test]
async fn a_request_repeated_while_the_first_one_runs_is_told_so() {
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
async fn who_lost_the_answer_may_ask_again() {
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
pub async fn a_send_becomes_a_prospect_and_stays_one() {
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
async fn the_same_key_gets_the_same_answer_and_another_body_is_refused() {
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
async fn a_second_send_of_the_same_person_finds_the_first() {
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
async fn fifty_sends_of_one_person_at_once_make_one_prospect() {
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
async fn many_different_people_are_all_delivered() {
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
async fn whatever_may_have_created_someone_is_uncertain_and_not_sent_again() {
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
async fn an_answer_that_never_comes_leaves_the_send_uncertain() {
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
pub async fn a_person_settles_what_is_uncertain() {
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
async fn a_busy_greenhouse_is_asked_again_and_nothing_is_doubled() {
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
async fn a_long_pause_is_answered_at_once_and_holds_for_the_whole_connection() {
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
async fn a_used_up_window_is_respected() {
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
async fn a_greenhouse_out_of_reach_is_tried_until_it_is_back() {
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
    loop {
        let send = stand.state_of("k-1").await;
        assert_eq!(send["state"], "waiting");
        if send["reason"] == "greenhouse_unreachable" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stand.stop().await;
    stand.greenhouse = back;
    stand.begin().await;
    stand.until("k-1", "created").await;
    assert_eq!(stand.fake.posts(), 1);
}

#[tokio::test]
async fn a_refused_send_says_why_and_frees_the_person() {
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
async fn everybody_who_was_sent_is_listed_once_the_newest_first() {
    let stand = Stand::connected(quick()).await;
    let refuse = || Reply::Refuse(StatusCode::UNPROCESSABLE_ENTITY, "");
    stand.fake.next(refuse());
    stand.send("a-refused", &person("a")).await;
    stand.send("b", &person("b")).await;
    stand.fake.next(refuse());
    stand.send("c-refused", &person("c")).await;
    stand.send("a", &person("a")).await;
    // One more job: another send of the same person.
    stand.send("b-job", &person_on("b", 7)).await;
    // Refused although one before was not: that one still counts.
    stand.fake.next(refuse());
    stand.send("a-job", &person_on("a", 7)).await;
    stand.send("d", &person("d")).await;

    let ask = |query: &str| stand.ask(Method::GET, &format!("/v1/candidates{query}"));
    let mut after = String::new();
    let mut keys = Vec::new();
    for page in 0.. {
        let (status, body) = stand.json(ask(&format!("?limit=2{after}"))).await;
        assert_eq!(status, 200, "{body}");
        for candidate in body["candidates"].as_array().unwrap() {
            keys.push(candidate["idempotency_key"].as_str().unwrap().to_owned());
            let text = candidate.to_string();
            assert!(!text.contains("Brooks") && !text.contains("kiln"), "{text}");
        }
        match body["next"].as_u64() {
            Some(next) => after = format!("&after={next}"),
            None => break,
        }
        assert!(page < 5, "the pages come to an end");
    }
    assert_eq!(keys, ["d", "b-job", "a", "c-refused"]);

    let (_, all) = stand.json(ask("")).await;
    assert_eq!(all["candidates"].as_array().unwrap().len(), 4);
    assert_eq!(all["next"], Value::Null);
    let looked_up = stand
        .look_up(json!({"external_ids": ["a", "b", "c", "d"]}))
        .await;
    for candidate in all["candidates"].as_array().unwrap() {
        assert!(looked_up.contains(candidate), "the same as a look-up has");
    }
    for wrong in [
        "?limit=0",
        "?limit=2001",
        "?limit=x",
        "?after=-1",
        "?after=x",
    ] {
        let (status, problem) = stand.json(ask(wrong)).await;
        assert_eq!(
            (status, &problem["code"]),
            (400, &json!("invalid_request")),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_revoked_key_stops_sends_until_the_connection_is_repaired() {
    let stand = Stand::connected(quick()).await;
    stand.fake.script(|script| script.keys = vec![OTHER_BASIC]);
    let (status, send) = stand.send("k-1", &person("imani-7")).await;
    assert_eq!(
        (status, &send["reason"]),
        (202, &json!("connection_broken")),
        "{send}"
    );
    let (status, send) = stand.send("k-2", &person("another")).await;
    assert_eq!(
        (status, &send["reason"]),
        (202, &json!("connection_broken"))
    );
    assert_eq!(stand.fake.posts(), 1);
    let (_, connection) = stand
        .json(stand.ask(reqwest::Method::GET, "/v1/connection"))
        .await;
    assert_eq!(connection["state"], "broken");
    assert_eq!(connection["problem"]["code"], "key_refused");

    assert_eq!(stand.connect(OTHER_KEY, USER).await.1["state"], "active");
    stand.until("k-1", "created").await;
    stand.until("k-2", "created").await;
    assert_eq!(stand.fake.script(|script| script.candidates.len()), 2);
}

#[tokio::test]
async fn a_key_replaced_while_sends_are_under_way_loses_none_and_makes_none_twice() {
    const SENDS: usize = 6;
    let stand = Stand::connected(quick()).await;
    stand
        .fake
        .script(|script| script.keys = vec![BASIC, OTHER_BASIC]);
    stand.fake.hold();
    let sends: Vec<_> = (0..SENDS)
        .map(|number| {
            let request = stand.post_send(&format!("k-{number}"), &person(&format!("p-{number}")));
            tokio::spawn(request.send())
        })
        .collect();
    stand.fake.arrived(1).await;
    // The old key is revoked before Greenhouse has answered what came with it.
    assert_eq!(stand.connect(OTHER_KEY, USER).await.1["state"], "active");
    stand.fake.script(|script| script.keys = vec![OTHER_BASIC]);
    stand.fake.let_go(4 * SENDS);
    for send in sends {
        assert!(send.await.unwrap().unwrap().status().is_success());
    }
    for number in 0..SENDS {
        stand.until(&format!("k-{number}"), "created").await;
    }
    let (_, connection) = stand.json(stand.ask(Method::GET, "/v1/connection")).await;
    assert_eq!(
        connection["state"], "active",
        "the late answer is the old key's"
    );
    let there = stand.fake.script(|script| {
        let ids = script.candidates.values();
        ids.map(|one| one["external_id"].to_string())
            .collect::<Vec<_>>()
    });
    let distinct: std::collections::BTreeSet<_> = there.iter().collect();
    assert_eq!((there.len(), distinct.len()), (SENDS, SENDS));
}

#[tokio::test]
async fn without_a_connection_nothing_is_accepted_and_what_waited_is_refused() {
    let stand = Stand::start(quick()).await;
    let (status, problem) = stand.send("k-1", &person("imani-7")).await;
    assert_eq!((status, &problem["code"]), (409, &json!("not_connected")));

    stand.connect(KEY, USER).await;
    stand.fake.next(Reply::Throttle(&[("retry-after", "3600")]));
    assert_eq!(stand.send("k-1", &person("imani-7")).await.0, 202);
    let (_, connection) = stand
        .json(stand.ask(reqwest::Method::DELETE, "/v1/connection"))
        .await;
    assert_eq!(connection, json!({"state": "none"}));
    let send = stand.state_of("k-1").await;
    assert_eq!(
        (&send["state"], &send["problem"]["code"]),
        (&json!("refused"), &json!("not_connected"))
    );
    // A repetition is still answered, though nothing new is accepted.
    assert_eq!(
        stand.send("k-1", &person("imani-7")).await.1["state"],
        "refused"
    );
    assert_eq!(stand.send("k-2", &person("imani-7")).await.0, 409);

    stand.connect(KEY, USER).await;
    assert_eq!(
        stand.send("k-3", &person("imani-7")).await.1["state"],
        "created"
    );
    assert_eq!(stand.fake.script(|script| script.candidates.len()), 1);
}

#[tokio::test]
async fn a_slow_answer_is_waited_for_and_asked_for_later() {
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
async fn stopping_finishes_what_is_on_its_way() {
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
async fn malformed_sends_are_refused_before_anything_is_kept() {
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

#[tokio::test]
async fn neither_key_nor_profile_can_be_read_from_the_files() {
    let mut stand = Stand::connected(quick()).await;
    if !stand.database.starts_with("sqlite:") {
        return; // PostgreSQL's files are not ours to read.
    }
    stand.fake.next(Reply::Throttle(&[("retry-after", "3600")]));
    stand.send("k-wait", &person("waiting-person")).await;
    let secrets = [
        KEY,
        BASIC.strip_prefix("Basic ").unwrap(),
        "imani.brooks@kiln.example",
        "Kiln engineer",
        "glazing",
    ];
    assert_no_file_holds(stand.folder.path(), &secrets);
    let folder = stand.folder.path().to_owned();
    stand.stop().await;
    assert_no_file_holds(&folder, &secrets);
}

#[tokio::test]
async fn a_settled_sends_profile_is_gone() {
    let mut stand = Stand::connected(quick()).await;
    stand.fake.next(Reply::Throttle(&[]));
    stand.send("k-1", &person("imani-7")).await;
    stand.stop().await;
    let count = "SELECT count(*) FROM outbox";
    let rows: i64 = if stand.database.starts_with("sqlite:") {
        let pool = sqlx::SqlitePool::connect(&stand.database).await.unwrap();
        sqlx::query_scalar(count).fetch_one(&pool).await.unwrap()
    } else {
        let pool = sqlx::PgPool::connect(&stand.database).await.unwrap();
        sqlx::query_scalar(count).fetch_one(&pool).await.unwrap()
    };
    assert_eq!(rows, 0);
}

fn assert_no_file_holds(folder: &Path, secrets: &[&str]) {
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        files += 1;
        for secret in secrets {
            assert!(
                !bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_bytes()),
                "{secret}"
            );
        }
    }
    assert!(files >= 2);
}

fn now() -> u64 {
    let since = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

/// The addresses in a profile are for Greenhouse; whoever makes the proxy open one reaches into the
/// network that it stands in.
#[tokio::test]
async fn nothing_that_a_profile_names_is_asked_for() {
    let stand = Stand::connected(quick()).await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inside = format!("http://{}/secret", listener.local_addr().unwrap());
    let mut body = person("imani-7");
    body["profile"]["resume_url"] = json!(inside);
    body["profile"]["social_media"] = json!([inside]);
    body["profile"]["websites"] = json!([{"url": inside, "kind": "other"}]);
    stand
        .fake
        .next(Reply::CreateAnd(StatusCode::BAD_GATEWAY, ""));
    let (_, send) = stand.send("k-1", &body).await;
    assert_eq!(send["state"], "uncertain");
    let elsewhere = json!({"decision": "it_is_there", "profile_url": inside});
    assert_eq!(stand.decide("k-1", elsewhere).await.0, 400);
    let (_, send) = stand.decide("k-1", json!({"decision": "send_again"})).await;
    assert_eq!(send["state"], "created");
    let candidate = send["candidate_id"].as_u64().unwrap();
    stand
        .look_up(json!({"candidate_ids": [candidate], "refresh": true}))
        .await;
    // All of it is over: whoever had connected would stand in the listener's queue.
    let nobody = futures_util::FutureExt::now_or_never(listener.accept());
    assert!(nobody.is_none(), "the proxy opened an address of a profile");
}

//! The Candidate Ingestion API over real HTTP: what is documented, what is switched, what goes wrong on order.
use atsi_sandbox::greenhouse::seed::{HARVEST_KEY, INGESTION_KEY, JOB_BOARD_KEY, SERVICE_USER};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::TestSandbox;

#[tokio::test]
async fn wrong_credentials_are_refused_as_documented() {
    let sandbox = TestSandbox::start().await;
    let with = async |authorization: Option<String>, user: Option<&str>| {
        let mut request = sandbox.client.get(sandbox.http("/v1/partner/current_user"));
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        if let Some(user) = user {
            request = request.header("On-Behalf-Of", user);
        }
        let response = request.send().await.unwrap();
        (
            response.status().as_u16(),
            response.json::<Value>().await.unwrap(),
        )
    };
    let basic = |text: &str| Some(format!("Basic {}", BASE64_STANDARD.encode(text)));
    let good = basic(&format!("{INGESTION_KEY}:"));

    let (status, user) = with(good.clone(), Some(SERVICE_USER)).await;
    assert_eq!((status, &user["email"]), (200, &json!(SERVICE_USER)));
    assert_eq!(user["full_name"], "Hartwell Service");
    assert!(user["id"].as_u64().unwrap() > u64::from(u32::MAX));

    for (what, authorization) in [
        ("no header", None),
        ("no colon", basic(INGESTION_KEY)),
        (
            "colon outside",
            Some(format!("Basic {}:", BASE64_STANDARD.encode(INGESTION_KEY))),
        ),
        ("not encoded", Some(format!("Basic {INGESTION_KEY}:"))),
        ("unknown key", basic("00000000000000000000000000000000:")),
        ("Harvest key", basic(&format!("{HARVEST_KEY}:"))),
        ("Job Board key", basic(&format!("{JOB_BOARD_KEY}:"))),
        ("bearer", Some(format!("Bearer {INGESTION_KEY}"))),
    ] {
        let (status, body) = with(authorization, Some(SERVICE_USER)).await;
        assert_eq!(status, 401, "{what}");
        assert!(body["errors"][0]["message"].is_string(), "{what}");
    }
    let (missing, missing_text) = with(good.clone(), None).await;
    let (unknown, _) = with(good.clone(), Some("nobody@hartwell.example")).await;
    assert_eq!((missing, unknown), (401, 401));
    let (disabled, _) = with(good.clone(), Some("disabled@hartwell.example")).await;
    assert_eq!(disabled, 403);

    let (_, wrong_key_text) = with(basic("00:"), Some(SERVICE_USER)).await;
    assert_ne!(wrong_key_text, missing_text);
    sandbox
        .put(
            "/switches",
            json!({ "identical_401_texts": true, "disabled_user_status": 401 }),
        )
        .await;
    assert_eq!(
        with(basic("00:"), Some(SERVICE_USER)).await,
        with(good.clone(), None).await
    );
    assert_eq!(with(good, Some("disabled@hartwell.example")).await.0, 401);
}

#[tokio::test]
async fn post_candidates_checks_fields_as_documented() {
    let sandbox = TestSandbox::start().await;
    let state = sandbox.state().await;
    let job = state["jobs"][0]["id"].clone();
    let closed = state["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .find(|job| job["status"] == "closed")
        .unwrap()["id"]
        .clone();
    let pools = state["prospect_pools"].clone();
    let with = |extra: Value| {
        let mut body = json!({ "first_name": "A", "last_name": "B", "external_id": "e" });
        body.as_object_mut()
            .unwrap()
            .extend(extra.as_object().unwrap().clone());
        body
    };
    for (field, body) in [
        ("first_name", with(json!({ "first_name": " " }))),
        ("last_name", with(json!({ "last_name": null }))),
        ("external_id", with(json!({ "external_id": 5 }))),
        ("job_id", with(json!({ "prospect": false }))),
        ("job_id", with(json!({ "job_id": 1 }))),
        ("job_id", with(json!({ "job_id": closed }))),
        ("prospect", with(json!({ "prospect": "yes" }))),
        (
            "phone_numbers",
            with(json!({ "phone_numbers": [{ "phone_number": "1", "type": "skype" }] })),
        ),
        (
            "phone_numbers",
            with(json!({ "phone_numbers": [{ "type": "home" }] })),
        ),
        (
            "emails",
            with(json!({ "emails": [{ "email": "a@b.example", "type": "home" }] })),
        ),
        ("emails", with(json!({ "emails": "a@b.example" }))),
        (
            "addresses",
            with(json!({ "addresses": [{ "address": "x" }] })),
        ),
        (
            "websites",
            with(json!({ "websites": [{ "url": "https://x.example", "type": "linkedin" }] })),
        ),
        ("social_media", with(json!({ "social_media": [{}] }))),
        (
            "referrer",
            with(json!({ "referrer": { "email": "a@b.example" } })),
        ),
        (
            "prospect_pool_id",
            with(json!({ "prospect_pool_stage_id": pools[0]["stages"][0]["id"] })),
        ),
        (
            "prospect_pool_id",
            with(json!({ "prospect": false, "job_id": job, "prospect_pool_id": pools[0]["id"] })),
        ),
        (
            "prospect_pool_stage_id",
            with(
                json!({ "prospect_pool_id": pools[0]["id"], "prospect_pool_stage_id": pools[1]["stages"][0]["id"] }),
            ),
        ),
        (
            "prospect_owner_email",
            with(json!({ "prospect_owner_email": "nobody@hartwell.example" })),
        ),
    ] {
        let (status, answer) = sandbox.post_candidates(&body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(answer["errors"][0]["field"], field, "{body}");
    }
    let invalid = sandbox
        .api(Method::POST, "/candidates", SERVICE_USER)
        .body("{")
        .send()
        .await
        .unwrap();
    assert_eq!(invalid.status(), StatusCode::BAD_REQUEST);
    assert_eq!(
        sandbox.state().await["candidates"]
            .as_array()
            .unwrap()
            .len(),
        state["candidates"].as_array().unwrap().len(),
        "nothing of that was stored"
    );

    let (id, application) = sandbox
        .person(json!({
            "prospect": "true",
            "job_id": job,
            "prospect_pool_id": pools[0]["id"],
            "prospect_pool_stage_id": pools[0]["stages"][1]["id"],
            "prospect_owner_email": "ada.park@hartwell.example",
            "emails": [{ "email": "a@b.example", "type": "personal" }],
            "social_media": [{ "url": "https://social.example/a" }],
            "notes": "Skills: Rust",
            "something_new": 1,
        }))
        .await;
    let read = sandbox.read(&id.to_string()).await;
    assert_eq!(read[0]["external_id"], "48247");
    assert_eq!(read[0]["applications"][0]["id"], application);
    assert_eq!(read[0]["applications"][0]["stage"], Value::Null);
    assert_eq!(read[0]["applications"][0]["status"], "Active");
    assert_eq!(
        read[0]["applications"][0]["profile_url"],
        format!("https://app.greenhouse.io/people/{id}?application_id={application}")
    );

    let (status, list) = sandbox
        .post_candidates(&json!([
            with(json!({})),
            with(json!({ "external_id": "f" }))
        ]))
        .await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list[1]["external_id"], "f");
}

#[tokio::test]
async fn api_key_and_user_limit_what_is_read() {
    let sandbox = TestSandbox::start().await;
    let state = sandbox.state().await;
    let jobs = state["jobs"].as_array().unwrap();
    let foreign = state["candidates"][0]["id"].as_u64().unwrap();
    let (ours, _) = sandbox
        .person(json!({ "prospect": false, "job_id": jobs[0]["id"] }))
        .await;
    let (elsewhere, _) = sandbox
        .person(json!({ "prospect": false, "job_id": jobs[3]["id"] }))
        .await;
    let (jobless, _) = sandbox.person(json!({})).await;
    let all = format!("{ours},{foreign},{elsewhere},{jobless},77,nonsense");
    let ids = |list: &Value| -> Vec<u64> {
        list.as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["id"].as_u64().unwrap())
            .collect()
    };
    assert_eq!(ids(&sandbox.read(&all).await), [ours, elsewhere, jobless]);

    let as_user = async |user: &str| {
        sandbox
            .api(
                Method::GET,
                &format!("/candidates?candidate_ids={all}"),
                user,
            )
            .send()
            .await
            .unwrap()
    };
    let job_admin = as_user("jobadmin@hartwell.example").await;
    assert_eq!(ids(&job_admin.json().await.unwrap()), [ours]);
    let basic = as_user("basic@hartwell.example").await;
    assert_eq!(basic.status(), StatusCode::FORBIDDEN);
    let disabled = as_user("disabled@hartwell.example").await;
    assert_eq!(disabled.status(), StatusCode::OK);
    assert_eq!(disabled.json::<Value>().await.unwrap(), json!([]));

    sandbox
        .hand(ours, "source", json!({ "source": "Referral" }))
        .await;
    sandbox
        .hand(elsewhere, "merge", json!({ "into": foreign }))
        .await;
    sandbox.hand(jobless, "delete", json!({})).await;
    assert_eq!(sandbox.read(&all).await, json!([]));
    assert_eq!(
        sandbox.get("/candidates").await.status(),
        StatusCode::BAD_REQUEST
    );

    let basic = "basic@hartwell.example";
    for (body, status) in [
        (
            json!({ "prospect": false, "job_id": jobs[0]["id"] }),
            StatusCode::OK,
        ),
        (json!({}), StatusCode::OK),
        (json!({ "job_id": jobs[0]["id"] }), StatusCode::FORBIDDEN),
    ] {
        let mut whole = json!({ "first_name": "A", "last_name": "B", "external_id": "e" });
        whole
            .as_object_mut()
            .unwrap()
            .extend(body.as_object().unwrap().clone());
        let response = sandbox
            .api(Method::POST, "/candidates", basic)
            .json(&whole)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), status, "{body}");
    }
    let link = async |user: &str, job: &Value| {
        sandbox
            .api(Method::POST, "/tracking_link", user)
            .json(&json!({ "job_id": job }))
            .send()
            .await
            .unwrap()
    };
    assert_eq!(
        link(basic, &jobs[0]["id"]).await.status(),
        StatusCode::FORBIDDEN
    );
    let good: Value = link(SERVICE_USER, &jobs[0]["id"])
        .await
        .json()
        .await
        .unwrap();
    assert!(
        good["tracking_link"]
            .as_str()
            .unwrap()
            .starts_with("http://grnh.se/")
    );
    assert_eq!(good["source"], "Jopwell");
}

#[tokio::test]
async fn job_list_has_open_jobs_and_the_board_live_posts() {
    let sandbox = TestSandbox::start().await;
    let jobs: Value = sandbox.get("/jobs").await.json().await.unwrap();
    let jobs = jobs.as_array().unwrap();
    assert!(jobs.iter().all(|job| job["status"] == "open"));
    assert!(jobs.iter().any(|job| job["public"] == false));
    let board: Value = sandbox
        .client
        .get(sandbox.http("/v1/boards/hartwell/jobs?content=true"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let posts = board["jobs"].as_array().unwrap();
    let internal: Vec<&Value> = posts.iter().map(|post| &post["internal_job_id"]).collect();
    let public: Vec<&Value> = jobs
        .iter()
        .filter(|job| job["public"] == true)
        .map(|job| &job["id"])
        .collect();
    assert_eq!(internal, public);
    assert!(
        posts[0]["content"]
            .as_str()
            .unwrap()
            .starts_with("&lt;p&gt;")
    );
    assert_ne!(posts[0]["title"], jobs[0]["name"]);

    sandbox
        .post(
            &format!("/greenhouse/jobs/{}/close", jobs[0]["id"]),
            json!({}),
        )
        .await;
    let after: Value = sandbox.get("/jobs").await.json().await.unwrap();
    assert_eq!(after.as_array().unwrap().len(), jobs.len() - 1);
}

#[tokio::test]
async fn switch_changes_the_undocumented_behavior() {
    let sandbox = TestSandbox::start().await;
    let body = json!({ "first_name": "A", "last_name": "B", "external_id": "same" });
    let (_, first) = sandbox.post_candidates(&body).await;
    let (_, second) = sandbox.post_candidates(&body).await;
    assert_ne!(
        first["id"], second["id"],
        "nothing is known to de-duplicate"
    );

    sandbox
        .put(
            "/switches",
            json!({ "post_status": 201, "repeated_external_id": "return_existing" }),
        )
        .await;
    let (status, third) = sandbox.post_candidates(&body).await;
    assert_eq!((status, &third["id"]), (StatusCode::CREATED, &first["id"]));
    sandbox
        .put("/switches", json!({ "repeated_external_id": "refuse" }))
        .await;
    let (status, _) = sandbox.post_candidates(&body).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);

    sandbox
        .put(
            "/switches",
            json!({ "single_candidate_as_object": true, "status_casing": "lower" }),
        )
        .await;
    let read = sandbox.read(&first["id"].to_string()).await;
    assert_eq!(read["applications"][0]["status"], "active");

    let mixed = json!([{ "first_name": "A", "last_name": "B", "external_id": "new" }, { "first_name": "A" }]);
    assert_eq!(
        sandbox.post_candidates(&mixed).await.0,
        StatusCode::BAD_REQUEST
    );
    sandbox
        .put("/switches", json!({ "array_with_invalid_item": "store_the_rest", "repeated_external_id": "create_again" }))
        .await;
    let (_, stored) = sandbox.post_candidates(&mixed).await;
    assert_eq!(stored.as_array().unwrap().len(), 1);

    sandbox.put("/switches", json!({ "rate_limit": 2 })).await;
    let left =
        |response: &reqwest::Response| response.headers().get("x-ratelimit-remaining").cloned();
    assert_eq!(left(&sandbox.get("/jobs").await).unwrap(), "1");
    assert_eq!(left(&sandbox.get("/jobs").await).unwrap(), "0");
    let limited = sandbox.get("/jobs").await;
    assert_eq!(limited.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(limited.headers().contains_key("retry-after"));

    let job = sandbox.state().await["jobs"][0]["id"].clone();
    let (id, application) = sandbox.running_person_without_limit().await;
    sandbox
        .put(
            "/switches",
            json!({ "conversion_keeps_application_id": false }),
        )
        .await;
    let done = sandbox.hand(id, "convert", json!({ "job_id": job })).await;
    assert_ne!(done["applications"][0]["id"], application);
}

impl TestSandbox {
    async fn running_person_without_limit(&self) -> (u64, u64) {
        self.put(
            "/switches",
            json!({ "rate_limit": null, "post_status": 200 }),
        )
        .await;
        self.person(json!({ "external_id": "again" })).await
    }
}

#[tokio::test]
async fn ordered_fault_happens() {
    let sandbox = TestSandbox::start().await;
    let body = json!({ "first_name": "A", "last_name": "B", "external_id": "fault" });
    let stored = async || {
        sandbox.state().await["candidates"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|candidate| candidate["external_id"] == "fault")
            .count()
    };
    let send = async || {
        sandbox
            .api(Method::POST, "/candidates", SERVICE_USER)
            .json(&body)
            .send()
            .await
    };
    let order = async |kind: &str| {
        sandbox
            .put(
                "/faults",
                json!([{ "endpoint": "post_candidates", "kind": kind, "times": 1, "after_ms": 1 }]),
            )
            .await;
    };
    let mut count = 0;
    for (kind, status, commits) in [
        ("throttle", Some(429), false),
        ("throttle_bare", Some(429), false),
        ("server_error", Some(500), false),
        ("html", Some(503), false),
        ("html_ok", Some(200), false),
        ("empty", Some(200), false),
        ("bad_request", Some(400), false),
        ("unauthorized", Some(401), false),
        ("forbidden", Some(403), false),
        ("not_found", Some(404), false),
        ("unprocessable", Some(422), false),
        ("slow", Some(200), true),
        ("slow_after_commit", Some(200), true),
        ("server_error_after_commit", Some(500), true),
        ("html_after_commit", Some(200), true),
        ("reset_before_commit", None, false),
        ("reset_after_commit", None, true),
    ] {
        order(kind).await;
        let answer = send().await;
        assert_eq!(
            answer
                .as_ref()
                .ok()
                .map(|response| response.status().as_u16()),
            status,
            "{kind}"
        );
        count += usize::from(commits);
        assert_eq!(stored().await, count, "{kind}");
    }
    order("truncated").await;
    let cut = send().await.unwrap();
    assert!(cut.content_length().unwrap() > 50);
    assert!(cut.bytes().await.is_err(), "half of the body, then the end");

    assert_eq!(
        send().await.unwrap().status(),
        StatusCode::OK,
        "each fault was for one call"
    );
    let calls = sandbox.state().await["calls"]["post_candidates"].clone();
    assert_eq!(calls["reset"], 2);
    assert_eq!(calls["429"], 2);
}

#[tokio::test]
async fn reset_restores_the_seed() {
    let sandbox = TestSandbox::start().await;
    let before = sandbox.state().await["candidates"]
        .as_array()
        .unwrap()
        .len();
    sandbox
        .post("/greenhouse/fill", json!({ "count": 1000, "ours": 300 }))
        .await;
    let state = sandbox.state().await;
    let candidates = state["candidates"].as_array().unwrap();
    assert_eq!(candidates.len(), before + 1000);
    let ours = candidates.iter().filter(|one| one["source"] == "Jopwell");
    assert_eq!(ours.clone().count(), 300);
    assert!(
        ours.clone()
            .all(|one| one["external_id"].as_str().unwrap().starts_with("fill-"))
    );
    sandbox
        .put("/switches", json!({ "post_status": 201 }))
        .await;
    sandbox.post("/reset", json!({})).await;
    assert_eq!(
        sandbox.state().await["candidates"]
            .as_array()
            .unwrap()
            .len(),
        before
    );
    let switches = sandbox.control(Method::GET, "/switches", Value::Null).await;
    assert_eq!(switches["post_status"], 200);
}

#[tokio::test]
async fn other_machines_cannot_reach_the_sandbox() {
    let outside = atsi_sandbox::start(atsi_sandbox::Config {
        https_listen: "127.0.0.1:0".parse().unwrap(),
        http_listen: "0.0.0.0:0".parse().unwrap(),
        rng_seed: None,
        mail_dir: None,
    })
    .await;
    assert!(outside.is_err());

    let sandbox = TestSandbox::start().await;
    let rebound = sandbox
        .client
        .get(sandbox.http("/sandbox/state"))
        .header("Host", "evil.example")
        .send()
        .await
        .unwrap();
    assert_eq!(rebound.status(), StatusCode::MISDIRECTED_REQUEST);
    let form = sandbox
        .client
        .post(sandbox.http("/sandbox/greenhouse/fill"))
        .header("Content-Type", "text/plain")
        .body(r#"{"count":1}"#)
        .send()
        .await
        .unwrap();
    assert_eq!(form.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    sandbox.running.stop().await.unwrap();
}

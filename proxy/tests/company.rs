//! Company mode: signing in, who may do what, and that no company touches another.

use crate::support::{
    self, BASIC, EXTENSION, KEY, OTHER_BASIC, OTHER_KEY, OVER_POSTGRES, Stand, USER,
    company::{Mail, Person, office, office_with},
    live::Listener,
    person, quick,
};
use atsi_proxy::{Tuning, audit, config::Mode, export, store::NewMail};
use atsi_sandbox::greenhouse::webhooks::signature;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    sync::Semaphore,
};
use tokio_tungstenite::tungstenite::Error;

const ADA: &str = "ada.park@kiln.example";
const NOOR: &str = "noor@kiln.example";
const EVE: &str = "eve@forge.example";

fn body(address: &str, code: &str) -> Value {
    json!({"email": address, "code": code, "device": "Chrome on Windows"})
}

#[tokio::test]
async fn the_first_of_a_domain_is_its_admin_and_a_colleague_is_in_at_once() {
    let mut stand = office().await;
    let ada = stand.sign_in(" Ada.Park@KILN.example ").await;
    assert_eq!(
        (ada.role(), &ada.me["member"]["name"]),
        ("admin", &json!("Ada Park"))
    );
    assert_eq!(ada.me["member"]["email"], ADA);
    assert_eq!(
        ada.me["company"],
        json!({"domain": "kiln.example", "automatic_joining": true})
    );
    assert_eq!(ada.me["connection"]["state"], "none");
    let (status, connection) = stand.connect_as(&ada, KEY, USER).await;
    assert_eq!(
        (status, &connection["connected_by"]),
        (200, &json!("Ada Park"))
    );

    let noor = stand.sign_in(NOOR).await;
    assert_eq!(noor.role(), "recruiter");
    assert_eq!(noor.me["connection"]["state"], "active");
    assert_eq!(noor.me["connection"]["connected_by"], "Ada Park");
    let (_, send) = stand.send_as(&noor, "k-1", &person("imani-7")).await;
    assert_eq!(
        (&send["state"], &send["sent_by"]),
        (&json!("created"), &json!("Noor"))
    );
    // Both see it, on one connection.
    let (_, seen) = stand.get_as(&ada, "/v1/sends/k-1").await;
    assert_eq!(seen["state"], "created");
    // Again, on another device, it is the same person; and a restart signs nobody out.
    let again = stand.sign_in(NOOR).await;
    assert_eq!(again.id(), noor.id());
    assert_ne!(again.token, noor.token);
    stand.stop().await;
    stand.begin().await;
    assert_eq!(
        stand.get_as(&noor, "/v1/me").await.1["session"],
        noor.me["session"]
    );
    stand.stop().await;
}

#[tokio::test]
async fn the_answer_does_not_tell_who_is_known() {
    let mut stand = office().await;
    stand.sign_in(ADA).await;
    let mut answers = BTreeSet::new();
    for address in [
        ADA,
        "nobody@kiln.example",
        "x@unknown.example",
        "x@gmail.com",
    ] {
        let response = stand
            .ask(Method::POST, "/v1/sign-in/code")
            .json(&json!({"email": address}))
            .send()
            .await
            .unwrap();
        let status = response.status().as_u16();
        let mut headers: Vec<String> = (response.headers().keys())
            .map(ToString::to_string)
            .collect();
        headers.sort();
        answers.insert((status, headers, response.text().await.unwrap()));
        // And each gets the same mail.
        let expected = if address == ADA { 2 } else { 1 };
        let mail = stand.until_mail(address, expected).await;
        assert_eq!(mail.subject, "Your ATSi code");
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    // Nor does trying a code.
    let mut answers = BTreeSet::new();
    for address in [
        ADA,
        "nobody@kiln.example",
        "x@unknown.example",
        "never@asked.example",
    ] {
        let (status, problem) = stand.try_sign_in(body(address, "nonsense")).await;
        answers.insert((status, problem.to_string()));
    }
    assert_eq!(answers.len(), 1, "{answers:?}");
    stand.stop().await;
}

#[tokio::test]
async fn a_code_is_good_once_for_ten_minutes_and_five_tries() {
    let mut stand = office().await;
    let wrong = |code: &str| if code == "000000" { "000001" } else { "000000" };
    let refused = |answer: (u16, Value)| {
        assert_eq!((answer.0, &answer.1["code"]), (422, &json!("code_wrong")));
    };
    // Once.
    let code = stand.code(ADA).await;
    assert_eq!(code.len(), 6);
    let (status, answer) = stand.try_sign_in(body(ADA, &code)).await;
    assert_eq!(status, 200, "{answer}");
    refused(stand.try_sign_in(body(ADA, &code)).await);

    // Five tries, the right one included.
    let code = stand.code(ADA).await;
    for _ in 0..5 {
        refused(stand.try_sign_in(body(ADA, wrong(&code))).await);
    }
    refused(stand.try_sign_in(body(ADA, &code)).await);
    let code = stand.code(ADA).await;
    for _ in 0..4 {
        refused(stand.try_sign_in(body(ADA, wrong(&code))).await);
    }
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    assert_eq!(stand.try_sign_in(body(ADA, &spaced)).await.0, 200);

    // The newest alone, and for its own address alone.
    let older = stand.code(ADA).await;
    let newer = stand.code(ADA).await;
    if older != newer {
        refused(stand.try_sign_in(body(ADA, &older)).await);
    }
    let of_noor = stand.code(NOOR).await;
    if of_noor != newer {
        refused(stand.try_sign_in(body(ADA, &of_noor)).await);
    }
    assert_eq!(stand.try_sign_in(body(ADA, &newer)).await.0, 200);

    // Ten minutes.
    let code = stand.code(ADA).await;
    stand
        .execute("UPDATE sign_in_code SET expires_at = expires_at - 600001")
        .await;
    refused(stand.try_sign_in(body(ADA, &code)).await);
    stand.stop().await;
}

#[tokio::test]
async fn who_tries_too_often_is_told_to_wait() {
    let mut stand = office_with(Tuning {
        codes_per_address: 2,
        codes_per_client: 3,
        ..quick()
    })
    .await;
    assert_eq!(stand.ask_code(ADA).await.0, 202);
    assert_eq!(stand.ask_code(ADA).await.0, 202);
    let request = stand.ask(Method::POST, "/v1/sign-in/code");
    let response = request.json(&json!({"email": ADA})).send().await.unwrap();
    assert_eq!(response.status(), 429);
    let seconds = response.headers()["retry-after"].to_str().unwrap();
    assert!(
        (1..=300).contains(&seconds.parse::<u32>().unwrap()),
        "{seconds}"
    );
    // The refused one counts for the client as well.
    let (status, problem) = stand.ask_code(NOOR).await;
    assert_eq!(
        (status, &problem["code"]),
        (429, &json!("too_many_requests"))
    );
    for _ in 0..15 {
        assert_eq!(stand.try_sign_in(body(ADA, "x")).await.0, 422);
    }
    assert_eq!(stand.try_sign_in(body(ADA, "x")).await.0, 429);
    stand.stop().await;
}

#[tokio::test]
async fn a_stranger_needs_an_invitation() {
    let mut stand = office().await;
    stand.sign_in(ADA).await;
    let code = stand.code("someone@gmail.com").await;
    for _ in 0..7 {
        // The code stays good for when there is one.
        let (status, problem) = stand.try_sign_in(body("someone@gmail.com", &code)).await;
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("invitation_needed"))
        );
    }
    let mut request = body("someone@gmail.com", &code);
    request["invitation"] = json!("https://atsi.kiln.example/join#atsi_made_up");
    let (status, problem) = stand.try_sign_in(request).await;
    assert_eq!(
        (status, &problem["code"]),
        (403, &json!("invitation_needed"))
    );
    assert!(problem["detail"].as_str().unwrap().contains("revoked"));
    // Two domains are two companies.
    let eve = stand.sign_in(EVE).await;
    assert_eq!(
        (eve.role(), &eve.me["company"]["domain"]),
        ("admin", &json!("forge.example"))
    );
    stand.stop().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_and_its_live_channel() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let phone = stand.sign_in(ADA).await;
    let url = stand.url("");
    let listen =
        async |token: Option<&str>| Listener::connect_as(&url, None, EXTENSION, token).await;
    let mut here = listen(Some(&ada.token)).await.unwrap();
    let mut there = listen(Some(&phone.token)).await.unwrap();
    here.hear().await.unwrap();
    there.hear().await.unwrap();
    for refused in [listen(None).await, listen(Some("atsi_made_up")).await] {
        let Err(Error::Http(answer)) = refused else {
            panic!("a stranger listens");
        };
        assert_eq!(answer.status(), 401);
    }

    let (_, sessions) = stand.get_as(&ada, "/v1/sessions").await;
    let sessions = sessions["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0]["device"], "Firefox on Linux");
    let current = |one: &&Value| one["current"] == true;
    let own: Vec<_> = sessions.iter().filter(current).collect();
    assert_eq!((own.len(), &own[0]["id"]), (1, &ada.me["session"]));

    let path = format!("/v1/sessions/{}", phone.me["session"]);
    let (status, left) = stand.delete_as(&ada, &path).await;
    assert_eq!(
        (status, left["sessions"].as_array().unwrap().len()),
        (200, 1)
    );
    assert_eq!(stand.delete_as(&ada, &path).await.0, 404);
    assert_eq!(there.hear().await.unwrap_err(), 4001);
    let (status, problem) = stand.get_as(&phone, "/v1/me").await;
    assert_eq!((status, &problem["code"]), (401, &json!("sign_in_needed")));
    // The other one goes on.
    assert_eq!(stand.get_as(&ada, "/v1/me").await.0, 200);
    assert_eq!(stand.delete_as(&ada, "/v1/session").await.0, 200);
    assert_eq!(here.hear().await.unwrap_err(), 4001);
    assert_eq!(stand.get_as(&ada, "/v1/me").await.0, 401);
    stand.stop().await;
}

#[tokio::test]
async fn a_session_that_nobody_uses_ends() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    stand
        .execute("UPDATE session SET last_used_at = last_used_at - 7776000001")
        .await;
    assert_eq!(stand.get_as(&ada, "/v1/me").await.0, 401);
    let ada = stand.sign_in(ADA).await;
    stand
        .execute("UPDATE session SET last_used_at = last_used_at - 600000")
        .await;
    let before = stand.get_as(&ada, "/v1/sessions").await.1;
    let after = stand.get_as(&ada, "/v1/sessions").await.1;
    // The first use was written down after it was answered from; the next within minutes is not.
    assert_eq!(
        before["sessions"][0]["last_used_at"],
        after["sessions"][0]["last_used_at"]
    );
    assert!(
        after["sessions"][0]["last_used_at"].as_u64() > after["sessions"][0]["created_at"].as_u64()
    );
    stand.stop().await;
}

/// What anybody may ask, without a token.
const OPEN: &[&str] = &[
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /openapi.json",
    "GET /problems/{code}",
    "POST /hooks/greenhouse/{connection}",
    "POST /hooks/jopwell/{company}/v1/applications",
    "GET /r/{token}/{file_name}",
    "GET /connect/{token}",
    "GET /join",
    "POST /connect/{token}",
    "POST /v1/enrol",
    "POST /v1/sign-in",
    "POST /v1/sign-in/code",
];

/// What only admins may ask.
const FOR_ADMINS: &[&str] = &[
    "DELETE /v1/company/data",
    "DELETE /v1/connection",
    "DELETE /v1/enrolment",
    "GET /v1/audit",
    "GET /v1/enrolment",
    "GET /v1/company/export",
    "DELETE /v1/invitations/{invitation}",
    "DELETE /v1/members/{member}",
    "GET /v1/invitations",
    "POST /v1/connection/check",
    "POST /v1/hooks/secret",
    "POST /v1/push/secret",
    "POST /v1/invitations",
    "PUT /v1/company",
    "PUT /v1/connection",
    "PUT /v1/enrolment",
    "PUT /v1/members/{member}",
    "DELETE /v1/callback",
    "POST /v1/callback/deliveries/{id}/redeliver",
    "POST /v1/callback/secret",
    "PUT /v1/callback",
    "PUT /v1/write-back",
    "PUT /v1/job-saving",
    "DELETE /v1/job-board",
    "PUT /v1/job-board",
    // While there is a connection that works.
    "POST /v1/connection/requests",
];

async fn operations(stand: &Stand) -> Vec<String> {
    let (_, document) = stand.json(stand.ask(Method::GET, "/openapi.json")).await;
    let paths = document["paths"].as_object().unwrap();
    let all = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    all.collect()
}

/// Whose ids go into an address.
#[derive(Default)]
struct Ids {
    session: u64,
    member: u64,
    invitation: u64,
    request: u64,
    write_back: u64,
    job_save: u64,
}

/// A request to an operation, with ids of somebody's. A new operation has to be thought of here.
fn request(operation: &str, ids: &Ids) -> (Method, String, Option<Value>) {
    let (method, path) = operation.split_once(' ').unwrap();
    let body = match operation {
        "POST /v1/sign-in" => Some(body("x@gmail.com", "123456")),
        "POST /v1/sign-in/code" => Some(json!({"email": "x@gmail.com"})),
        "PUT /v1/connection" => Some(json!({"api_key": OTHER_KEY, "service_user_email": USER})),
        "PUT /v1/me" => Some(json!({"name": "Eve"})),
        "POST /v1/sends" => Some(person("eves-1")),
        "POST /v1/sends/{idempotency_key}/decision" => Some(json!({"decision": "send_again"})),
        "POST /v1/lookups" => Some(json!({
            "external_ids": ["imani-7", "noor-3"], "candidate_ids": [4_100_001_002_u64], "refresh": true,
        })),
        "PUT /v1/company" => Some(json!({"automatic_joining": false})),
        "PUT /v1/members/{member}" => Some(json!({"role": "recruiter"})),
        "POST /v1/invitations" => Some(json!({"role": "admin", "email": "x@gmail.com"})),
        "POST /v1/connection/requests" => Some(json!({"admin_email": "it@forge.example"})),
        "POST /v1/enrol" => Some(json!({"token": "atsi_made_up", "device": "x"})),
        "PUT /v1/callback" => Some(json!({"url": "https://callback.forge.example/atsi"})),
        "POST /v1/callback/secret" => Some(json!({})),
        "PUT /v1/write-back" => Some(json!({"rules": [], "automatic": ["Prospect"]})),
        "POST /v1/write-backs" => {
            let row = json!({"row": "row-1", "shows": "Applied", "stage": "Hired", "press": "set"});
            Some(json!({"rows": [row]}))
        }
        "PUT /v1/job-saving" => Some(json!({"descriptions": true, "closing": false})),
        "POST /v1/job-saves/{save}" => Some(json!({"before": "Eve's"})),
        "POST /v1/write-backs/{id}" => Some(json!({"is_set": true})),
        "POST /v1/connection/check" => {
            Some(json!({"api_key": OTHER_KEY, "service_user_email": USER}))
        }
        "PUT /v1/job-board" => Some(json!({"token": "eves/board"})),
        "PUT /v1/job-links" => Some(json!({
            "jopwell_job": {"id": "eves-job", "title": "Potter"}, "greenhouse_job_id": 4_100_200_002_u64,
        })),
        "POST /v1/job-links/proposals" => {
            Some(json!({"jopwell_job": {"id": "job-1", "title": "Potter"}}))
        }
        "POST /v1/job-pages" => Some(json!({
            "job": {"id": "job-1", "title": "Eve's potter"}, "description": "<p>Eve's</p>",
        })),
        "PUT /v1/job-links/{jopwell_job}/description" => {
            Some(json!({"changed_at": 1_700_000_000_000_u64}))
        }
        "POST /v1/hooks/secret" | "POST /v1/push/secret" => Some(json!({"revoke_previous": true})),
        "POST /v1/applications" => {
            let mut application = person("eves-4");
            application["jopwell_job"] = json!({"id": "eves-job-2", "title": "Potter"});
            Some(application)
        }
        "POST /hooks/jopwell/{company}/v1/applications" => Some(person("eves-3")),
        "POST /v1/resumes" => Some(json!("taken as a file, whatever it holds")),
        "POST /v1/tracking-link" => Some(json!({"greenhouse_job_id": 4_100_200_002_u64})),
        "POST /hooks/greenhouse/{connection}" => Some(json!({"action": "ping"})),
        "DELETE /v1/company/data"
        | "DELETE /v1/connection"
        | "DELETE /v1/session"
        | "DELETE /v1/sessions/{session}"
        | "GET /healthz"
        | "GET /metrics"
        | "GET /openapi.json"
        | "GET /problems/{code}"
        | "GET /readyz"
        | "GET /v1/audit"
        | "GET /v1/changes"
        | "GET /v1/company/export"
        | "GET /v1/connection"
        | "GET /v1/hooks"
        | "GET /v1/live"
        | "GET /v1/me"
        | "GET /v1/sends/{idempotency_key}"
        | "GET /v1/sessions"
        | "DELETE /v1/invitations/{invitation}"
        | "DELETE /v1/job-links/{jopwell_job}"
        | "DELETE /v1/members/{member}"
        | "GET /join"
        | "GET /v1/invitations"
        | "GET /v1/job-board"
        | "DELETE /v1/job-board"
        | "GET /v1/job-links"
        | "GET /v1/job-links/{jopwell_job}/description"
        | "GET /v1/jobs"
        | "GET /v1/members"
        | "GET /v1/write-back"
        | "GET /v1/job-saving"
        | "POST /v1/job-saves/{save}/undo"
        | "DELETE /v1/applications/{idempotency_key}"
        | "GET /r/{token}/{file_name}"
        | "GET /v1/applications"
        | "GET /v1/applications/{idempotency_key}"
        | "GET /v1/candidates"
        | "GET /v1/push"
        | "DELETE /v1/callback"
        | "GET /v1/callback"
        | "GET /v1/callback/deliveries"
        | "POST /v1/callback/deliveries/{id}/redeliver"
        | "DELETE /v1/connection/requests/{request}"
        | "DELETE /v1/enrolment"
        | "GET /connect/{token}"
        | "GET /v1/connection/requests"
        | "GET /v1/enrolment"
        | "POST /connect/{token}"
        | "PUT /v1/enrolment" => None,
        _ => panic!("{operation} has no case: say what a stranger may learn and change by it"),
    };
    let key = if path.starts_with("/v1/applications") {
        "a-1"
    } else {
        "k-1"
    };
    let path = path
        .replace("{idempotency_key}", key)
        .replace("{code}", "internal")
        .replace("{connection}", "0123")
        .replace("{id}", &ids.write_back.to_string())
        .replace("{save}", &ids.job_save.to_string())
        .replace("{request}", &ids.request.to_string())
        .replace("{token}", "atsi_made_up")
        .replace("{company}", "0123")
        .replace("{file_name}", "resume.pdf")
        .replace("{jopwell_job}", "job-1")
        .replace("{session}", &ids.session.to_string())
        .replace("{member}", &ids.member.to_string())
        .replace("{invitation}", &ids.invitation.to_string());
    assert!(!path.contains('{'), "{path}");
    (method.parse().unwrap(), path, body)
}

async fn ask(stand: &Stand, person: Option<&Person>, operation: &str, ids: &Ids) -> (u16, String) {
    let (method, path, body) = request(operation, ids);
    let mut request = stand
        .ask(method, &path)
        .header("idempotency-key", "eves-key");
    if let Some(person) = person {
        request = request.bearer_auth(&person.token);
    }
    if let Some(body) = body {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

#[tokio::test]
async fn without_a_token_nothing_of_a_company_is_answered() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let ids = Ids {
        session: ada.me["session"].as_u64().unwrap(),
        ..Ids::default()
    };
    let ended = stand.sign_in(ADA).await;
    stand.delete_as(&ended, "/v1/session").await;
    let made_up = Person {
        token: format!("atsi_{}", "0".repeat(64)),
        me: Value::Null,
    };
    let operations = operations(&stand).await;
    for operation in &operations {
        for stranger in [None, Some(&ended), Some(&made_up)] {
            let (status, said) = ask(&stand, stranger, operation, &ids).await;
            if OPEN.contains(&operation.as_str()) {
                assert_ne!(status, 401, "{operation}: {said}");
            } else {
                assert_eq!(status, 401, "{operation}: {said}");
                assert!(said.contains("sign_in_needed"), "{operation}: {said}");
            }
        }
    }
    for known in OPEN.iter().chain(FOR_ADMINS) {
        assert!(operations.iter().any(|one| one == known), "{known}");
    }
    // Two tokens are none; a token in another scheme is none.
    for request in [
        stand
            .as_person(&ada, Method::GET, "/v1/me")
            .header("authorization", "Bearer x"),
        stand
            .ask(Method::GET, "/v1/me")
            .header("authorization", format!("Basic {}", ada.token)),
    ] {
        assert_eq!(stand.json(request).await.0, 401);
    }
    stand.stop().await;
}

#[tokio::test]
async fn a_recruiter_changes_nothing_that_is_an_admins() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    stand.connect_as(&ada, KEY, USER).await;
    let noor = stand.sign_in(NOOR).await;
    let ids = Ids::default();
    for operation in operations(&stand).await {
        if operation == "DELETE /v1/session" {
            continue;
        }
        let (status, said) = ask(&stand, Some(&noor), &operation, &ids).await;
        let refused = status == 403 && said.contains("admin_needed");
        assert_eq!(
            refused,
            FOR_ADMINS.contains(&operation.as_str()),
            "{operation}: {said}"
        );
    }
    let (_, connection) = stand.get_as(&ada, "/v1/connection").await;
    assert_eq!(connection["state"], "active");
    stand.stop().await;
}

/// A company with something in every corner.
async fn kiln(stand: &Stand) -> (Person, Ids) {
    stand
        .fake
        .script(|script| script.keys = vec![BASIC, OTHER_BASIC]);
    let ada = stand.sign_in(ADA).await;
    assert_eq!(stand.connect_as(&ada, KEY, USER).await.0, 200);
    let (_, send) = stand.send_as(&ada, "k-1", &person("imani-7")).await;
    assert_eq!(send["state"], "created", "{send}");
    let wanted = json!({"external_ids": ["imani-7"], "refresh": true});
    let (_, found) = stand.post_as(&ada, "/v1/lookups", wanted).await;
    assert!(found["candidates"][0]["status"].is_object(), "{found}");
    let (status, hook) = stand.post_as(&ada, "/v1/hooks/secret", json!({})).await;
    assert_eq!(status, 200, "{hook}");
    let link = json!({
        "jopwell_job": {"id": "job-1", "title": "Raku master"}, "greenhouse_job_id": 4_100_200_002_u64,
    });
    let (status, link) = stand.put_as(&ada, "/v1/job-links", link).await;
    assert_eq!(status, 200, "{link}");
    let page =
        json!({"job": {"id": "job-1", "title": "Raku master"}, "description": "Smoke and ash"});
    assert_eq!(stand.post_as(&ada, "/v1/job-pages", page).await.0, 200);
    let closed = r#"{"action":"job_updated","payload":{"job":{"id":4100200009,"name":"Glazer","status":"closed"}}}"#;
    let heard = (stand.http.post(hook["url"].as_str().unwrap())).header(
        "signature",
        signature(hook["secret"].as_str().unwrap(), closed.as_bytes()).unwrap(),
    );
    let heard = heard.body(closed).send().await.unwrap();
    assert_eq!(heard.status(), 200);
    let link = json!({"jopwell_job": {"id": "job-2", "title": "Glazer"}, "greenhouse_job_id": 4_100_200_009_u64});
    assert_eq!(stand.put_as(&ada, "/v1/job-links", link).await.0, 200);
    let chosen = json!({"descriptions": false, "closing": true});
    assert_eq!(stand.put_as(&ada, "/v1/job-saving", chosen).await.0, 200);
    let page = json!({"job": {"id": "job-2", "title": "Glazer"}, "open": true, "saves": true});
    let (_, seen) = stand.post_as(&ada, "/v1/job-pages", page).await;
    let invitation = json!({"role": "admin", "email": "guest@kiln.example"});
    let (_, made) = stand.post_as(&ada, "/v1/invitations", invitation).await;
    let row =
        json!({"row": "row-1", "shows": "Applied", "stage": "Phone Interview", "press": "set"});
    let rows = json!({"rows": [row]});
    let (_, plans) = stand.post_as(&ada, "/v1/write-backs", rows).await;
    let mut waits = person("noor-9");
    waits["jopwell_job"] = json!({"id": "job-9", "title": "Enameller"});
    let (_, held) = stand.apply_as(&ada, "a-1", &waits).await;
    assert_eq!(held["reason"], "held", "{held}");
    let secret = stand.post_as(&ada, "/v1/push/secret", json!({})).await;
    assert_eq!(secret.0, 200);
    let help = json!({"admin_email": "it@kiln.example"});
    let (_, asked) = stand.post_as(&ada, "/v1/connection/requests", help).await;
    assert_eq!(stand.put_as(&ada, "/v1/enrolment", json!({})).await.0, 200);
    for (address, mails) in [("guest@kiln.example", 1), ("it@kiln.example", 1)] {
        stand.until_mail(address, mails).await;
    }
    let ids = Ids {
        session: ada.me["session"].as_u64().unwrap(),
        member: ada.id(),
        invitation: made["invitation"]["id"].as_u64().unwrap(),
        request: asked["request"]["id"].as_u64().unwrap(),
        write_back: plans["rows"][0]["set"].as_u64().unwrap(),
        job_save: seen["save"]["id"].as_u64().unwrap(),
    };
    (ada, ids)
}

async fn all_of(stand: &Stand, admin: &Person) -> Value {
    let (status, mut data) = stand.get_as(admin, "/v1/company/export").await;
    assert_eq!(status, 200, "{data}");
    // Grows with each export.
    data.as_object_mut().unwrap().remove("audit");
    data
}

#[tokio::test]
async fn no_company_sees_or_changes_anything_of_anothers() {
    let mut stand = office().await;
    let (ada, ids) = kiln(&stand).await;
    let before = all_of(&stand, &ada).await;
    let (_, connection) = stand.get_as(&ada, "/v1/connection").await;
    let of_kiln = [
        "kiln.example",
        "Ada",
        "imani-7",
        "Raku master",
        "Enameller",
        "noor-9",
        "Kiln Service",
        before["hook"][0]["public_id"].as_str().unwrap(),
        connection["masked_key"].as_str().unwrap(),
    ];
    let of_kiln = of_kiln.map(str::to_owned);
    let mut asked = 0;
    for operation in operations(&stand).await {
        if operation == "GET /metrics" || operation == "GET /openapi.json" {
            continue;
        }
        // What ends a session ends Eve's.
        let eve = stand.sign_in(EVE).await;
        assert_eq!(eve.role(), "admin");
        stand.connect_as(&eve, OTHER_KEY, USER).await;
        let (status, said) = ask(&stand, Some(&eve), &operation, &ids).await;
        asked += 1;
        if operation.contains("/connect/") {
            // A page is the extension's to read, and its form nobody's to send.
            assert!([403, 410].contains(&status), "{operation}: {said}");
        } else if operation.contains('{') && !operation.contains("{code}") {
            assert_eq!(status, 404, "{operation}: {said}");
        }
        for word in &of_kiln {
            // Eve's own service user happens to have Kiln's address.
            let said = said.replace(USER, "");
            assert!(
                !said.contains(word.as_str()),
                "{operation} tells {word}: {said}"
            );
        }
        let after = all_of(&stand, &ada).await;
        assert_eq!(after, before, "{operation} changed something");
    }
    assert!(asked > 20);
    // Nor does the live channel tell.
    let eve = stand.sign_in(EVE).await;
    let url = stand.url("");
    let mut listener = Listener::connect_as(&url, None, EXTENSION, Some(&eve.token))
        .await
        .unwrap();
    listener.hear().await.unwrap();
    stand.connect_as(&eve, OTHER_KEY, USER).await;
    stand.send_as(&ada, "k-2", &person("noor-3")).await;
    let (_, send) = stand.send_as(&eve, "k-2", &person("eves-2")).await;
    assert_eq!(
        send["external_id"], "eves-2",
        "the same key is another send"
    );
    let told = listener.changes(1).await;
    assert_eq!(told.len(), 1);
    let (_, page) = stand.get_as(&eve, "/v1/changes?after=0").await;
    assert!(!page.to_string().contains("noor-3"), "{page}");
    stand.stop().await;
}

#[tokio::test]
async fn the_audit_names_the_member_and_an_operator_names_the_company() {
    let mut stand = office().await;
    let (ada, _) = kiln(&stand).await;
    let eve = stand.sign_in(EVE).await;
    let (_, told) = stand.get_as(&ada, "/v1/audit").await;
    let entries = told["entries"].as_array().unwrap();
    let seen: Vec<(&str, &str)> = entries
        .iter()
        .map(|entry| {
            (
                entry["who"].as_str().unwrap(),
                entry["action"].as_str().unwrap(),
            )
        })
        .collect();
    for action in [
        "company_founded",
        "signed_in",
        "connected",
        "hook_secret_made",
    ] {
        assert!(seen.contains(&(ADA, action)), "{action}: {seen:?}");
    }
    assert!(!told.to_string().contains("eve"), "{told}");

    let mut config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    config.mode = Mode::Company;
    config.mail_dir = Some(stand.folder.path().join("mail"));
    let error = export(&config, None).await.unwrap_err().to_string();
    assert!(
        error.contains("--company: kiln.example, forge.example"),
        "{error}"
    );
    let error = export(&config, Some("elsewhere.example"))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("There are: kiln.example"), "{error}");
    let data = export(&config, Some("Kiln.example")).await.unwrap();
    assert!(
        data.contains("imani-7") && !data.contains("forge.example"),
        "{data}"
    );
    let lines = audit(&config, Some("forge.example")).await.unwrap();
    assert!(
        lines.contains(&format!("\t{EVE}\tcompany_founded")),
        "{lines}"
    );

    // Erased to the last row: nobody is signed in, and the audit knows a number alone.
    let (status, _) = stand.delete_as(&ada, "/v1/company/data").await;
    assert_eq!(status, 200);
    assert_eq!(stand.get_as(&ada, "/v1/me").await.0, 401);
    assert_eq!(stand.get_as(&eve, "/v1/me").await.0, 200);
    let error = export(&config, Some("kiln.example"))
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("There are: forge.example."), "{error}");
    if !OVER_POSTGRES {
        let file = stand.folder.path().join("atsi.db");
        for text in ["ada.park", "Ada Park", "imani-7"] {
            assert!(!support::files_hold(&file, text.as_bytes()), "{text}");
        }
    }
    let again = stand.sign_in(NOOR).await;
    assert_eq!(again.role(), "admin", "the domain begins anew");
    assert!(again.id() > ada.id());
    stand.stop().await;
}

#[tokio::test]
async fn no_token_and_no_code_can_be_read_from_the_database() {
    if OVER_POSTGRES {
        return;
    }
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let code = stand.code(ADA).await;
    let file = stand.folder.path().join("atsi.db");
    for secret in [ada.token.as_str(), &ada.token[5..], &code] {
        assert!(!support::files_hold(&file, secret.as_bytes()), "{secret}");
    }
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    assert!(!support::files_hold(&file, spaced.as_bytes()));
    stand.stop().await;
}

#[tokio::test]
async fn who_is_removed_is_out_at_once_and_does_not_come_back_by_themselves() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let noor = stand.sign_in(NOOR).await;
    let phone = stand.sign_in(NOOR).await;
    let (_, members) = stand.get_as(&noor, "/v1/members").await;
    let seen: Vec<_> = members["members"].as_array().unwrap().iter().collect();
    assert_eq!(seen.len(), 2);
    assert_eq!(
        (&seen[0]["email"], &seen[0]["role"]),
        (&json!(ADA), &json!("admin"))
    );
    assert!(seen[1]["last_used_at"].is_u64());

    let url = stand.url("");
    let mut listener = Listener::connect_as(&url, None, EXTENSION, Some(&phone.token))
        .await
        .unwrap();
    listener.hear().await.unwrap();
    let path = format!("/v1/members/{}", noor.id());
    assert_eq!(
        stand
            .delete_as(&noor, &format!("/v1/members/{}", ada.id()))
            .await
            .0,
        403
    );
    assert_eq!(stand.delete_as(&ada, &path).await.0, 200);
    assert_eq!(listener.hear().await.unwrap_err(), 4001);
    for token in [&noor, &phone] {
        assert_eq!(stand.get_as(token, "/v1/me").await.0, 401);
    }
    assert_eq!(stand.delete_as(&ada, &path).await.0, 404);
    let code = stand.code(NOOR).await;
    let (_, problem) = stand.try_sign_in(body(NOOR, &code)).await;
    assert_eq!(problem["code"], "invitation_needed");
    // An admin may change their mind.
    let (_, made) = stand
        .post_as(&ada, "/v1/invitations", json!({"role": "recruiter"}))
        .await;
    let mut request = body(NOOR, &code);
    request["invitation"] = made["link"].clone();
    let (status, back) = stand.try_sign_in(request).await;
    assert_eq!(
        (status, &back["me"]["member"]["role"]),
        (200, &json!("recruiter"))
    );
    stand.stop().await;
}

#[tokio::test]
async fn a_company_always_has_an_admin() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let noor = stand.sign_in(NOOR).await;
    let own = format!("/v1/members/{}", ada.id());
    let other = format!("/v1/members/{}", noor.id());
    let recruiter = json!({"role": "recruiter"});
    for answer in [
        stand.delete_as(&ada, &own).await,
        stand.put_as(&ada, &own, recruiter.clone()).await,
    ] {
        assert_eq!((answer.0, &answer.1["code"]), (409, &json!("last_admin")));
    }
    // Staying one is no change.
    assert_eq!(
        stand.put_as(&ada, &own, json!({"role": "admin"})).await.0,
        200
    );
    let (status, member) = stand.put_as(&ada, &other, json!({"role": "admin"})).await;
    assert_eq!((status, &member["role"]), (200, &json!("admin")));
    // What a member may do is asked anew with every request.
    assert_eq!(stand.get_as(&noor, "/v1/audit").await.0, 200);
    // Both at once: one of them stays.
    let (one, two) = tokio::join!(stand.delete_as(&ada, &own), stand.delete_as(&noor, &other));
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    stand.stop().await;
}

#[tokio::test]
async fn joining_can_be_closed_and_an_invitation_opens_it_for_one() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let closed = json!({"automatic_joining": false});
    let (_, company) = stand.put_as(&ada, "/v1/company", closed).await;
    assert_eq!(company["automatic_joining"], false);
    let code = stand.code(NOOR).await;
    let (_, problem) = stand.try_sign_in(body(NOOR, &code)).await;
    assert_eq!(problem["code"], "invitation_needed");

    // By mail, for one address.
    let invitation = json!({"role": "admin", "email": "Guest@gmail.com"});
    let (status, made) = stand.post_as(&ada, "/v1/invitations", invitation).await;
    assert_eq!(status, 200, "{made}");
    let mail = stand.until_mail("guest@gmail.com", 1).await;
    assert_eq!(mail.subject, "Ada Park invites you to ATSi");
    let link = made["link"].as_str().unwrap();
    assert_eq!(mail.link("/join#"), link);
    let invited = async |address: &str, link: &str| {
        let code = stand.code(address).await;
        let mut request = body(address, &code);
        request["invitation"] = json!(link);
        stand.try_sign_in(request).await
    };
    assert_eq!(invited(NOOR, link).await.0, 403, "it is somebody else's");
    let (status, guest) = invited("guest@gmail.com", link).await;
    assert_eq!(
        (status, &guest["me"]["member"]["role"]),
        (200, &json!("admin"))
    );
    assert_eq!(guest["me"]["company"]["domain"], "kiln.example");
    assert_eq!(invited(EVE, link).await.0, 403, "it was used");

    // By link, for whoever has it; one that is revoked or too old is none.
    let by_link = async || {
        let (_, made) = stand
            .post_as(&ada, "/v1/invitations", json!({"role": "recruiter"}))
            .await;
        (
            made["invitation"]["id"].clone(),
            made["link"].as_str().unwrap().to_owned(),
        )
    };
    let (id, link) = by_link().await;
    let revoke = format!("/v1/invitations/{id}");
    assert_eq!(stand.delete_as(&ada, &revoke).await.0, 200);
    assert_eq!(stand.delete_as(&ada, &revoke).await.0, 404);
    assert_eq!(invited(NOOR, &link).await.0, 403);
    let (_, link) = by_link().await;
    stand
        .execute(
            "UPDATE invitation SET expires_at = expires_at - 604800001 WHERE accepted_at IS NULL",
        )
        .await;
    assert_eq!(invited(NOOR, &link).await.0, 403);
    let (_, link) = by_link().await;
    let token = link.rsplit_once('#').unwrap().1;
    let (status, noor) = invited(NOOR, token).await;
    assert_eq!(
        (status, &noor["me"]["member"]["role"]),
        (200, &json!("recruiter"))
    );
    let (_, all) = stand.get_as(&ada, "/v1/invitations").await;
    let states: Vec<_> = all["invitations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["state"].as_str().unwrap())
        .collect();
    assert_eq!(states, ["accepted", "expired", "revoked", "accepted"]);

    // Where the link leads, whoever opens it.
    let page = stand
        .http
        .get(stand.url("/join"))
        .header("sec-fetch-site", "cross-site");
    let page = page.send().await.unwrap();
    assert_eq!(page.status(), 200);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self'"),
        "{policy}"
    );
    assert!(page.text().await.unwrap().contains("You are invited"));
    stand.stop().await;
}

#[tokio::test]
async fn an_invitation_of_who_is_no_admin_any_more_opens_nothing() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let noor = stand.sign_in(NOOR).await;
    let set_role = async |role: &str| {
        let path = format!("/v1/members/{}", noor.id());
        let (status, _) = stand.put_as(&ada, &path, json!({"role": role})).await;
        assert_eq!(status, 200);
    };
    let invite = async || {
        let admin = json!({"role": "admin"});
        let (status, made) = stand.post_as(&noor, "/v1/invitations", admin).await;
        assert_eq!(status, 200, "{made}");
        made["link"].clone()
    };
    let enter = async |address: &str, link: &Value| {
        let code = stand.code(address).await;
        let mut request = body(address, &code);
        request["invitation"] = link.clone();
        stand.try_sign_in(request).await.0
    };
    let states = async || {
        let (_, all) = stand.get_as(&ada, "/v1/invitations").await;
        let all = all["invitations"].as_array().unwrap().clone();
        all.into_iter().map(|one| one["state"].clone())
    };
    set_role("admin").await;
    let link = invite().await;
    set_role("recruiter").await;
    assert_eq!(enter("noor@gmail.com", &link).await, 403);
    assert!(states().await.eq([json!("revoked")]));
    set_role("admin").await;
    let kept = invite().await;
    assert_eq!(enter("guest@gmail.com", &kept).await, 200);
    let path = format!("/v1/members/{}", noor.id());
    assert_eq!(stand.delete_as(&ada, &path).await.0, 200);
    // Under the address that was removed, and under another.
    for address in [NOOR, "noor@gmail.com"] {
        assert_eq!(enter(address, &link).await, 403, "{address}");
    }
    // What was used before stays so.
    assert!(states().await.eq([json!("accepted"), json!("revoked")]));
    stand.stop().await;
}

#[tokio::test]
async fn who_is_removed_while_greenhouse_checks_their_key_connects_nothing() {
    let mut stand = office().await;
    let ada = stand.sign_in(ADA).await;
    let noor = stand.sign_in(NOOR).await;
    let path = format!("/v1/members/{}", noor.id());
    for change in ["demoted", "removed"] {
        let admin = json!({"role": "admin"});
        assert_eq!(stand.put_as(&ada, &path, admin).await.0, 200);
        stand.fake.users.forget_permits(Semaphore::MAX_PERMITS);
        let key = json!({"api_key": KEY, "service_user_email": USER});
        let connecting = stand.put_as(&noor, "/v1/connection", key);
        let meanwhile = async {
            stand.fake.asked.acquire().await.unwrap().forget();
            let recruiter = json!({"role": "recruiter"});
            let (status, _) = match change {
                "demoted" => stand.put_as(&ada, &path, recruiter).await,
                _ => stand.delete_as(&ada, &path).await,
            };
            assert_eq!(status, 200);
            stand.fake.users.add_permits(100);
        };
        let ((status, problem), ()) = tokio::join!(connecting, meanwhile);
        assert_eq!(
            (status, &problem["code"]),
            (403, &json!("admin_needed")),
            "{change}"
        );
        let (_, connection) = stand.get_as(&ada, "/v1/connection").await;
        assert_eq!(connection["state"], "none", "{change}");
    }
    stand.stop().await;
}

#[tokio::test]
async fn personal_mode_has_no_accounts() {
    let mut stand = Stand::connected(quick()).await;
    let (status, me) = stand.json(stand.ask(Method::GET, "/v1/me")).await;
    assert_eq!(status, 200);
    assert_eq!(
        (&me["mode"], &me["mail"]),
        (&json!("personal"), &json!(false))
    );
    assert_eq!(me["connection"]["state"], "active");
    assert!(me.get("member").is_none() && me.get("company").is_none());
    let (status, problem) = stand.ask_code(ADA).await;
    assert_eq!((status, &problem["code"]), (409, &json!("no_accounts")));
    stand.stop().await;
}

#[tokio::test]
async fn a_mail_is_text_and_html_and_says_what_it_is_about() {
    let mut stand = office().await;
    let code = stand.code(ADA).await;
    let mail = stand.mail_to(ADA).remove(0);
    assert_eq!(mail.from, "ATSi <atsi@localhost>");
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    for said in [&mail.text, &mail.html] {
        assert!(said.contains(&spaced), "{said}");
        assert!(said.contains("10 minutes"), "{said}");
        assert!(said.contains(&stand.url("")), "{said}");
    }
    assert!(
        !mail.subject.contains(&code[..3]),
        "subjects are shown on locked screens"
    );
    stand.stop().await;
}

/// A mail server that knows as much of RFC 5321 as a client needs. It first refuses `busy` mails for a
/// moment; of the rest it hands out the recipient and the content.
async fn mail_server(
    mut busy: u32,
) -> (
    String,
    tokio::sync::mpsc::UnboundedReceiver<(String, Vec<u8>)>,
) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let (sender, receiver) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (reader, mut writer) = stream.into_split();
            let mut lines = BufReader::new(reader).lines();
            writer
                .write_all(b"220 mail.kiln.example\r\n")
                .await
                .unwrap();
            let (mut to, mut content, mut in_data) = (String::new(), Vec::new(), false);
            while let Ok(Some(line)) = lines.next_line().await {
                let answer = if in_data {
                    if line != "." {
                        let line = line.strip_prefix('.').unwrap_or(&line);
                        content.extend_from_slice(line.as_bytes());
                        content.extend_from_slice(b"\r\n");
                        continue;
                    }
                    in_data = false;
                    sender
                        .send((to.clone(), std::mem::take(&mut content)))
                        .unwrap();
                    "250 taken"
                } else if let Some(recipient) = line.strip_prefix("RCPT TO:") {
                    to = recipient.trim_matches(['<', '>']).to_owned();
                    if busy > 0 {
                        busy -= 1;
                        "450 try again later"
                    } else {
                        "250 ok"
                    }
                } else if line == "DATA" {
                    in_data = true;
                    "354 go on"
                } else if line.starts_with("QUIT") {
                    "221 bye"
                } else {
                    "250 ok"
                };
                if writer
                    .write_all(format!("{answer}\r\n").as_bytes())
                    .await
                    .is_err()
                {
                    break;
                }
            }
        }
    });
    (url, receiver)
}

#[tokio::test]
async fn by_smtp_a_mail_arrives_once_though_the_server_was_busy_or_away() {
    let mut stand = office().await;
    stand.stop().await;
    let (url, mut arrived) = mail_server(1).await;
    let mut config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    config.mode = Mode::Company;
    config.mail_from = "ATSi at Kiln <atsi@kiln.example>".parse().unwrap();
    // Nobody listens there.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("smtp://{}", gone.local_addr().unwrap());
    drop(gone);
    config.smtp_url = Some(nowhere.parse().unwrap());
    stand.proxy = Some(atsi_proxy::Proxy::start(&config, quick()).await.unwrap());
    assert_eq!(stand.ask_code(ADA).await.0, 202);
    stand.stop().await;
    stand.execute("UPDATE mail SET due_at = queued_at").await;

    config.smtp_url = Some(url.parse().unwrap());
    stand.proxy = Some(atsi_proxy::Proxy::start(&config, quick()).await.unwrap());
    let (to, content) = arrived.recv().await.unwrap();
    assert_eq!(to, ADA);
    let mail = Mail::parse(&content);
    assert_eq!(mail.from, "\"ATSi at Kiln\" <atsi@kiln.example>");
    let (status, _) = stand.try_sign_in(body(ADA, &mail.code())).await;
    assert_eq!(status, 200);
    // What came later comes next: the first was not sent again.
    assert_eq!(stand.ask_code(NOOR).await.0, 202);
    assert_eq!(arrived.recv().await.unwrap().0, NOOR);
    stand.stop().await;
    assert!(arrived.try_recv().is_err());
}

/// Or the worker would look for it again and again.
#[tokio::test]
async fn nobody_waits_for_a_mail_that_is_too_old() {
    let database = support::Database::new().await;
    let store = database.open().await;
    let mail = NewMail {
        company: None,
        intent: "code/1",
        sealed: vec![1],
        drop_at: 2_000,
    };
    assert!(store.put_mail(mail, 1_000).await.unwrap());
    assert_eq!(store.next_mail_due(1_999).await.unwrap(), Some(1_000));
    assert_eq!(store.next_mail_due(2_000).await.unwrap(), None);
    assert!(store.take_mail(2_000).await.unwrap().is_none());
    store.close().await;
}

#[tokio::test]
async fn a_code_that_is_too_old_is_not_mailed_any_more() {
    let mut stand = office().await;
    stand.stop().await;
    let mut config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    config.mode = Mode::Company;
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("smtp://{}", gone.local_addr().unwrap());
    drop(gone);
    config.smtp_url = Some(nowhere.parse().unwrap());
    stand.proxy = Some(atsi_proxy::Proxy::start(&config, quick()).await.unwrap());
    assert_eq!(stand.ask_code(ADA).await.0, 202);
    stand.stop().await;
    stand
        .execute("UPDATE mail SET due_at = queued_at, drop_at = queued_at + 1")
        .await;
    stand.begin().await;
    // A later mail is sent, so the earlier one was passed over.
    stand.code(NOOR).await;
    assert!(stand.mail_to(ADA).is_empty());
    stand.stop().await;
}

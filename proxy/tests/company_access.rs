//! Who may do what: every operation without a token, as a recruiter and as another company.

use super::company::{ADA, EVE, NOOR, body};
use crate::support::{
    BASIC, EXTENSION, KEY, OTHER_BASIC, OTHER_KEY, Stand, USER,
    company::{Person, office},
    live::Listener,
    person,
};
use atsi_sandbox::greenhouse::webhooks::signature;
use reqwest::Method;
use serde_json::{Value, json};

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
pub struct Ids {
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
async fn request_without_a_token_learns_nothing_of_a_company() {
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
async fn recruiter_cannot_change_what_only_admins_may() {
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
pub async fn kiln(stand: &Stand) -> (Person, Ids) {
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
async fn company_cannot_see_or_change_anything_of_another() {
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

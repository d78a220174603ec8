//! The OpenAPI document itself.

use crate::support::{Stand, person, quick};
use reqwest::Method;
use serde_json::{Value, json};

#[tokio::test]
async fn openapi_document_is_complete() {
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

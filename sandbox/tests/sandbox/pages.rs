//! The web sites: every page under its policy, both profile shapes, and the controls a person uses.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::TestSandbox;

const JOPWELL: &str = "www.jopwell.com";
const GREENHOUSE: &str = "app.greenhouse.io";

impl TestSandbox {
    async fn html(&self, host: &str, path: &str) -> String {
        let response = self.page(host, path).await;
        assert_eq!(response.status(), StatusCode::OK, "{host}{path}");
        response.text().await.unwrap()
    }

    async fn submit(&self, host: &str, path: &str, fields: &[(&str, &str)]) -> reqwest::Response {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.client
            .post(self.https(host, path))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap()
    }

    async fn jopwell_candidates(&self) -> Vec<Value> {
        let list = self
            .control(reqwest::Method::GET, "/jopwell/candidates", Value::Null)
            .await;
        list.as_array().unwrap().clone()
    }
}

/// (candidate id, application id) of the first seeded person in Greenhouse who can still be moved.
async fn someone(sandbox: &TestSandbox) -> (u64, u64) {
    let state = sandbox.state().await;
    let person = state["candidates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| {
            one["applications"][0]["prospect"] == false
                && one["applications"][0]["status"] == "active"
        })
        .unwrap()
        .clone();
    (
        person["id"].as_u64().unwrap(),
        person["applications"][0]["id"].as_u64().unwrap(),
    )
}

#[tokio::test]
async fn page_has_a_strict_policy_and_nothing_inline() {
    let sandbox = TestSandbox::start().await;
    let (id, application) = someone(&sandbox).await;
    let job = sandbox.state().await["jobs"][0]["id"].clone();
    let mut pages: Vec<(&str, String)> = [
        "/",
        "/login",
        "/search",
        "/search?cards=100",
        "/tracker",
        "/jobs",
        "/jobs/310",
        "/settings",
        "/nowhere",
    ]
    .map(|path| (JOPWELL, path.to_owned()))
    .to_vec();
    for candidate in sandbox.jopwell_candidates().await {
        pages.push((JOPWELL, candidate["path"].as_str().unwrap().to_owned()));
    }
    for path in [
        "/people".to_owned(),
        format!("/people/{id}?application_id={application}"),
        format!("/people/{id}/applications/{application}"),
        format!("/people/{id}/applications/{application}/redesign"),
        format!("/people/{id}/merge"),
        format!("/plans/{job}/candidates"),
        format!("/sdash/{job}"),
        "/alljobs".to_owned(),
        "/users/sign_in".to_owned(),
        "/configure/dev_center/credentials".to_owned(),
        "/nowhere".to_owned(),
    ] {
        pages.push((GREENHOUSE, path));
    }
    for (host, path) in pages {
        let response = sandbox.page(host, &path).await;
        let header = |name: &str| {
            response
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
                .unwrap_or_default()
        };
        let policy = header("content-security-policy");
        let script = policy
            .split(';')
            .find(|part| part.trim().starts_with("script-src"))
            .unwrap();
        assert!(!policy.contains("unsafe"), "{host}{path}");
        if host == JOPWELL {
            assert!(
                script.contains("'self'") || script.contains("'none'"),
                "{path}"
            );
        } else {
            assert!(
                script.contains("'nonce-") && script.contains("'strict-dynamic'"),
                "{path}"
            );
        }
        assert_eq!(header("x-content-type-options"), "nosniff", "{host}{path}");
        assert!(!header("referrer-policy").is_empty(), "{host}{path}");
        let page = scraper::Html::parse_document(&response.text().await.unwrap());
        let find = |selector: &str| {
            page.select(&scraper::Selector::parse(selector).unwrap())
                .count()
        };
        assert_eq!(
            find("style, [style], [onclick], [onerror]"),
            0,
            "{host}{path}"
        );
        assert_eq!(
            find("script:not([src]):not([type='application/ld+json'])"),
            0,
            "{host}{path}"
        );
        assert_eq!(find("footer"), 1, "{host}{path}");
    }
}

#[tokio::test]
async fn candidate_has_the_same_id_everywhere() {
    let sandbox = TestSandbox::start().await;
    let search = sandbox.html(JOPWELL, "/search").await;
    let tracker = sandbox.html(JOPWELL, "/tracker").await;
    for candidate in sandbox.jopwell_candidates().await {
        let (id, path) = (
            candidate["id"].as_str().unwrap(),
            candidate["path"].as_str().unwrap(),
        );
        let marked = format!("data-candidate-id=\"{id}\"");
        let page = sandbox.html(JOPWELL, path).await;
        assert!(search.contains(&format!("href=\"{path}\"")), "{path}");
        let variant = candidate["profile"]["variant"].as_str().unwrap();
        match variant {
            "classic" => assert!(page.contains(&marked), "{path}"),
            "json_ld" => assert!(page.contains(&format!("\"identifier\":\"{id}\"")), "{path}"),
            "app" => {
                let data = sandbox.html(JOPWELL, &format!("/api/talent/{id}")).await;
                let data: Value = serde_json::from_str(&data).unwrap();
                assert_eq!(data["profile"]["name"], candidate["profile"]["name"]);
            }
            _ => assert!(!page.contains(&format!("\"{id}\"")), "{path}"),
        }
        let shown = matches!(variant, "classic" | "json_ld" | "app");
        assert_eq!(search.contains(&marked), shown, "{path}");
        if tracker.contains(&format!("href=\"{path}\"")) {
            assert_eq!(tracker.contains(&marked), shown, "{path}");
        }
        if candidate["profile"]["has_resume"] == true {
            let resume = sandbox.page(JOPWELL, &format!("/resumes/{id}.pdf")).await;
            assert_eq!(resume.headers()["content-type"], "application/pdf");
            assert!(resume.bytes().await.unwrap().starts_with(b"%PDF-1.4"));
        }
    }
}

#[tokio::test]
async fn hostile_content_is_shown_as_text() {
    let sandbox = TestSandbox::start().await;
    let evil = "</script></title><img src=x onerror=alert(1)>\"'";
    for variant in ["classic", "json_ld", "microdata", "h_card", "app"] {
        let added = sandbox
            .post(
                "/jopwell/candidates",
                json!({
                    "variant": variant, "name": evil, "about": evil, "emails": [evil], "headline": evil,
                    "phones": [{ "number": evil, "label": evil }], "skills": [evil],
                    "links": [{ "label": evil, "url": "javascript:alert(1)" }],
                }),
            )
            .await;
        let page = sandbox.html(JOPWELL, added["path"].as_str().unwrap()).await;
        assert!(!page.contains("<img"), "{variant}");
    }
    assert!(!sandbox.html(JOPWELL, "/search").await.contains("<img"));
    let (id, application) = sandbox
        .person(json!({ "first_name": evil, "last_name": evil, "notes": evil, "company": evil, "external_id": evil }))
        .await;
    for path in [
        "/people".to_owned(),
        format!("/people/{id}?application_id={application}"),
    ] {
        assert!(!sandbox.html(GREENHOUSE, &path).await.contains("<img"));
    }
}

#[tokio::test]
async fn app_host_serves_both_profile_urls() {
    let sandbox = TestSandbox::start().await;
    let (id, application) = someone(&sandbox).await;
    for host in [
        "app.greenhouse.io",
        "app2.greenhouse.io",
        "app5.greenhouse.io",
        "app.eu.greenhouse.io",
        "s101.recruiting.eu.greenhouse.io",
        "hartwell.greenhouse.io",
    ] {
        let legacy = sandbox
            .html(host, &format!("/people/{id}?application_id={application}"))
            .await;
        assert!(legacy.contains("person-name") && legacy.contains("small-button stage-option "));
        assert!(!legacy.contains("Source = Jopwell"));
        let redesign = sandbox
            .html(
                host,
                &format!("/people/{id}/applications/{application}/redesign"),
            )
            .await;
        assert!(redesign.contains("data-birch") && !redesign.contains("person-name"));
    }
    for (path, status) in [
        (
            format!("/people/{id}?application_id=1"),
            StatusCode::NOT_FOUND,
        ),
        (
            format!("/people/{id}/applications/1"),
            StatusCode::NOT_FOUND,
        ),
        ("/people/1".to_owned(), StatusCode::NOT_FOUND),
    ] {
        assert_eq!(
            sandbox.page(GREENHOUSE, &path).await.status(),
            status,
            "{path}"
        );
    }
    let board = sandbox.page("boards.greenhouse.io", "/people").await;
    assert_eq!(board.status(), StatusCode::MISDIRECTED_REQUEST);

    sandbox
        .post(
            "/pages",
            json!({ "host": "boards.greenhouse.io", "path": "/people", "html": "<h1>Mine</h1>", "csp": "script-src 'none'" }),
        )
        .await;
    let mine = sandbox.page("boards.greenhouse.io", "/people?x=1").await;
    assert_eq!(
        mine.headers()["content-security-policy"],
        "script-src 'none'"
    );
    assert_eq!(mine.text().await.unwrap(), "<h1>Mine</h1>");
}

#[tokio::test]
async fn hand_controls_move_a_candidate() {
    let sandbox = TestSandbox::start().await;
    let (id, application) = someone(&sandbox).await;
    let here = format!("/people/{id}?application_id={application}");
    let app = application.to_string();
    let press = async |control: &str, extra: &[(&str, &str)]| {
        let mut fields = vec![
            ("return_to", here.as_str()),
            ("application_id", app.as_str()),
        ];
        fields.extend(extra);
        sandbox
            .submit(
                GREENHOUSE,
                &format!("/people/{id}/controls/{control}"),
                &fields,
            )
            .await
    };
    let standing = async || {
        let state = sandbox.state().await;
        let person = state["candidates"]
            .as_array()
            .unwrap()
            .iter()
            .find(|one| one["id"] == id)
            .unwrap()
            .clone();
        let one = &person["applications"][0];
        format!(
            "{} {}",
            one["status"].as_str().unwrap(),
            one["stage"].as_str().unwrap()
        )
    };
    let moved = press("move", &[("stage", "Offer")]).await;
    assert_eq!(moved.status(), StatusCode::SEE_OTHER);
    assert_eq!(moved.headers()["location"], here.as_str());
    assert_eq!(standing().await, "active Offer");
    assert!(
        sandbox
            .html(GREENHOUSE, &here)
            .await
            .contains("Moved to Offer.")
    );
    assert!(
        !sandbox
            .html(GREENHOUSE, &here)
            .await
            .contains("class=\"notice\""),
        "said once"
    );

    assert_eq!(press("unreject", &[]).await.status(), StatusCode::CONFLICT);
    press("reject", &[("reason", "Position closed")]).await;
    assert_eq!(standing().await, "rejected Offer");
    assert_eq!(
        press("move", &[("stage", "Offer")]).await.status(),
        StatusCode::CONFLICT
    );
    press("unreject", &[]).await;
    press("hire", &[]).await;
    assert_eq!(standing().await, "hired Offer");
    press("unhire", &[]).await;
    assert_eq!(standing().await, "active Offer");
    assert_eq!(
        press("move", &[("stage", "Nonsense")]).await.status(),
        StatusCode::NOT_FOUND
    );
    press("source", &[("source", "Agency")]).await;
    press("anonymize", &[]).await;
    assert!(
        sandbox
            .html(GREENHOUSE, &here)
            .await
            .contains("Anonymized Candidate")
    );
    let deleted = press("delete", &[]).await;
    assert_eq!(deleted.headers()["location"], "/people");
    assert_eq!(
        sandbox.page(GREENHOUSE, &here).await.status(),
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn new_api_key_is_shown_once_and_works() {
    let sandbox = TestSandbox::start().await;
    let path = "/configure/dev_center/credentials";
    let created = sandbox
        .submit(
            GREENHOUSE,
            path,
            &[
                ("key_type", "candidate_ingestion"),
                ("partner", "Jopwell"),
                ("description", "Mine"),
            ],
        )
        .await
        .text()
        .await
        .unwrap();
    let page = scraper::Html::parse_document(&created);
    let selector = scraper::Selector::parse("#new-api-key").unwrap();
    let key: String = page.select(&selector).next().unwrap().text().collect();
    assert_eq!(key.len(), 32);
    assert!(!sandbox.html(GREENHOUSE, path).await.contains(&key));
    let user = sandbox
        .client
        .get(sandbox.http("/v1/partner/current_user"))
        .basic_auth(key, Some(""))
        .header("On-Behalf-Of", "ada.park@hartwell.example")
        .send()
        .await
        .unwrap();
    assert_eq!(user.status(), StatusCode::OK);
}

#[tokio::test]
async fn list_is_paged_and_appended() {
    let sandbox = TestSandbox::start().await;
    sandbox
        .post("/greenhouse/fill", json!({ "count": 120, "ours": 40 }))
        .await;
    let rows = |html: &str| html.matches("data-person-id").count();
    assert_eq!(rows(&sandbox.html(GREENHOUSE, "/people").await), 50);
    assert_eq!(
        rows(
            &sandbox
                .html(GREENHOUSE, "/people?page=2&fragment=rows")
                .await
        ),
        50
    );
    let all = sandbox.html(GREENHOUSE, "/people?per_page=1000").await;
    assert_eq!(rows(&all), 146);
    assert!(!all.contains("load-more"));
    sandbox
        .put("/switches", json!({ "profile_links": "redesign" }))
        .await;
    assert!(
        !sandbox
            .html(GREENHOUSE, "/people")
            .await
            .contains("?application_id=")
    );
    assert!(
        sandbox
            .html(GREENHOUSE, "/people?search=zzzz")
            .await
            .contains("no_results--header")
    );
}

#[tokio::test]
async fn people_added_to_the_tracker_are_shown() {
    let sandbox = TestSandbox::start().await;
    let people = sandbox
        .control(reqwest::Method::GET, "/jopwell/candidates", Value::Null)
        .await;
    let id = people[0]["id"].as_str().unwrap();
    let tracked = serde_json::json!({"candidate_ids": [id], "status": "Applied"});
    let rows = sandbox
        .control(reqwest::Method::POST, "/jopwell/tracker", tracked)
        .await;
    assert_eq!(rows[0]["candidate_id"], id);
    let tracker = sandbox.html(JOPWELL, "/tracker").await;
    assert!(tracker.contains(&format!("data-row-id=\"{}\"", rows[0]["id"])));
}

#[tokio::test]
async fn tracker_saves_a_status_and_names_its_author() {
    let sandbox = TestSandbox::start().await;
    let saved = sandbox
        .submit(JOPWELL, "/tracker/9000/status", &[("status", "Offer")])
        .await;
    assert_eq!(saved.status(), StatusCode::SEE_OTHER);
    let rows = sandbox
        .control(reqwest::Method::GET, "/jopwell/tracker", Value::Null)
        .await;
    assert_eq!(rows[0]["status"], "Offer");
    assert_eq!(rows[0]["modified_by"], "Noor Haddad");
    let unknown = sandbox
        .submit(JOPWELL, "/tracker/9000/status", &[("status", "Nonsense")])
        .await;
    assert_eq!(unknown.status(), StatusCode::BAD_REQUEST);
    let tracker = sandbox.html(JOPWELL, "/tracker").await;
    for heading in [
        "Candidate",
        "Job Title",
        "Location",
        "Latest Application Status",
        "Resume",
        "Notes",
        "Created At",
        "Viewed At",
        "Sourced By",
        "Source",
        "Recruiter Bucket",
        "Last Modified By",
        "Last Modified Date",
    ] {
        assert!(
            tracker.contains(&format!("<th scope=\"col\">{heading}</th>")),
            "{heading}"
        );
    }
}

#[tokio::test]
async fn resume_of_a_known_profile_is_attached() {
    let sandbox = TestSandbox::start().await;
    let candidates = sandbox.jopwell_candidates().await;
    let resume = format!(
        "https://www.jopwell.com/resumes/{}.pdf",
        candidates[0]["id"].as_str().unwrap()
    );
    let (known, _) = sandbox.person(json!({ "resume": resume })).await;
    let (unknown, _) = sandbox
        .person(json!({ "resume": "https://elsewhere.example/cv.pdf" }))
        .await;
    assert!(
        sandbox
            .html(GREENHOUSE, &format!("/people/{known}"))
            .await
            .contains("imani-okafor.pdf")
    );
    assert!(
        !sandbox
            .html(GREENHOUSE, &format!("/people/{unknown}"))
            .await
            .contains(".pdf")
    );
}

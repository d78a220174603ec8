//! Jobs, from the sandbox's list and web hooks to the links that hold.

use crate::support::{quick, sandbox::Pair};
use atsi_proxy::Tuning;
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

pub async fn new_job(pair: &Pair, name: &str) -> Value {
    pair.post("/greenhouse/jobs", json!({"name": name})).await["id"].clone()
}

pub async fn job_control(pair: &Pair, job: &Value, what: &str, body: Value) {
    pair.post(&format!("/greenhouse/jobs/{job}/{what}"), body)
        .await;
}

async fn link(pair: &Pair, body: Value) -> (u16, Value) {
    let request = pair.stand.ask(Method::PUT, "/v1/job-links").json(&body);
    pair.stand.json(request).await
}

fn of<'a>(jobs: &'a Value, id: &Value) -> &'a Value {
    let jobs = jobs["jobs"].as_array().unwrap();
    jobs.iter().find(|job| &job["id"] == id).unwrap()
}

#[tokio::test]
async fn job_list_is_read_once_and_again_on_request() {
    // A list that is a millisecond old is read anew where one asks for it.
    let pair = Pair::with(Tuning {
        status_fresh_for: Duration::ZERO,
        ..quick()
    })
    .await;
    let jobs = pair.get("/v1/jobs").await;
    assert!(
        jobs["read_at"].is_u64() && jobs.get("problem").is_none(),
        "{jobs}"
    );
    let before = jobs["jobs"].as_array().unwrap().len();
    assert!(before > 3, "{jobs}");
    let job = new_job(&pair, "Taster").await;
    assert_eq!(pair.get("/v1/jobs").await, jobs);
    let jobs = pair.get("/v1/jobs?refresh=true").await;
    assert_eq!(of(&jobs, &job)["state"], "open");

    job_control(&pair, &job, "close", json!({})).await;
    let jobs = pair.get("/v1/jobs?refresh=true").await;
    assert_eq!(of(&jobs, &job)["state"], "not_listed");
    job_control(&pair, &job, "open", json!({})).await;
    let jobs = pair.get("/v1/jobs?refresh=true").await;
    assert_eq!(of(&jobs, &job)["state"], "open");

    // Greenhouse fails: what is known stays, and the answer says why it is old.
    pair.put(
        "/faults",
        json!([{"endpoint": "jobs", "kind": "server_error"}]),
    )
    .await;
    let old = pair.get("/v1/jobs?refresh=true").await;
    assert_eq!(old["problem"]["code"], "greenhouse_unreachable", "{old}");
    assert_eq!(old["jobs"], jobs["jobs"]);
    let mut pair = pair;
    pair.stand.stop().await;
}

#[tokio::test]
async fn webhook_updates_a_job_at_once() {
    let mut pair = Pair::start().await;
    pair.get("/v1/jobs").await;
    let job = new_job(&pair, "Taster").await;
    let state = |wanted: &'static str| {
        let job = job.clone();
        move |jobs: &Value| {
            let jobs = jobs["jobs"].as_array().unwrap();
            let found = jobs.iter().find(|known| known["id"] == job);
            found.is_some_and(|job| job["state"] == wanted)
        }
    };
    let jobs = pair.get_until("/v1/jobs", state("open")).await;
    assert!(of(&jobs, &job)["requisition"].is_string(), "{jobs}");
    job_control(&pair, &job, "update", json!({})).await;
    for _ in 0..2 {
        job_control(&pair, &job, "close", json!({})).await;
        pair.get_until("/v1/jobs", state("closed")).await;
        // In the same words as before.
        job_control(&pair, &job, "open", json!({})).await;
        pair.get_until("/v1/jobs", state("open")).await;
    }
    job_control(&pair, &job, "close", json!({})).await;
    pair.get_until("/v1/jobs", state("closed")).await;
    job_control(&pair, &job, "delete", json!({})).await;
    pair.get_until("/v1/jobs", state("deleted")).await;
    pair.stand.stop().await;
}

#[tokio::test]
pub async fn job_link_is_proposed_confirmed_and_kept() {
    let mut pair = Pair::start().await;
    let job = new_job(&pair, "Kiln Engineer").await;
    // The list may have it first; the requisition comes with the web hook.
    let is_whole = |jobs: &Value| {
        let jobs = jobs["jobs"].as_array().unwrap();
        let known = jobs.iter().find(|known| known["id"] == job);
        known.is_some_and(|job| job["requisition"].is_string())
    };
    let jobs = pair.get_until("/v1/jobs", is_whole).await;
    let requisition = of(&jobs, &job)["requisition"].clone();

    let on_jopwell = json!({"id": "/jobs/kiln-engineer", "title": "Kiln engineer"});
    let propose = |wanted: Value| {
        let ask = pair.stand.ask(Method::POST, "/v1/job-links/proposals");
        pair.stand.json(ask.json(&wanted))
    };
    let (status, proposed) = propose(on_jopwell.clone()).await;
    assert_eq!(status, 200, "{proposed}");
    let first = &proposed["proposals"][0];
    assert_eq!(
        (&first["job"]["id"], &first["because"]),
        (&job, &json!(["title"]))
    );
    let mut by_number = on_jopwell.clone();
    by_number["title"] = json!("Something else altogether");
    by_number["requisition"] = requisition;
    let (_, proposed) = propose(by_number).await;
    let first = &proposed["proposals"][0];
    assert_eq!((&first["job"]["id"], &first["score"]), (&job, &json!(100)));

    let wanted = json!({"jopwell_job": on_jopwell, "greenhouse_job_id": job});
    let (status, linked) = link(&pair, wanted.clone()).await;
    assert_eq!(status, 200, "{linked}");
    assert_eq!(
        (&linked["job"]["id"], &linked["applications"]),
        (&job, &json!("off"))
    );
    let since = &linked["linked_at"];

    // Renamed on both sides; the switch stays where nothing is said of it.
    let mut renamed = wanted.clone();
    renamed["jopwell_job"]["title"] = json!("Senior kiln engineer");
    renamed["applications"] = json!("on");
    link(&pair, renamed.clone()).await;
    renamed.as_object_mut().unwrap().remove("applications");
    let (_, again) = link(&pair, renamed).await;
    assert_eq!(
        (&again["linked_at"], &again["applications"]),
        (since, &json!("on"))
    );
    let first = |links: &Value| links["links"][0].clone();
    job_control(&pair, &job, "update", json!({})).await;
    job_control(&pair, &job, "close", json!({})).await;
    let links = pair
        .get_until("/v1/job-links", |links| {
            first(links)["job"]["state"] == "closed"
        })
        .await;
    assert_eq!(
        first(&links)["jopwell_job"]["title"],
        "Senior kiln engineer"
    );
    job_control(&pair, &job, "delete", json!({})).await;
    pair.get_until("/v1/job-links", |links| {
        first(links)["job"]["state"] == "deleted"
    })
    .await;

    let path = "/v1/job-links/%2Fjobs%2Fkiln-engineer";
    let (status, left) = pair.stand.json(pair.stand.ask(Method::DELETE, path)).await;
    assert_eq!(
        (status, &left["links"][0]["applications"]),
        (200, &json!("off"))
    );
    assert!(left["links"][0].get("job").is_none(), "{left}");
    let (status, _) = pair.stand.json(pair.stand.ask(Method::DELETE, path)).await;
    assert_eq!(status, 404);
    let audit = pair.get("/v1/audit").await;
    let actions: Vec<&str> = (audit["entries"].as_array().unwrap().iter())
        .map(|entry| entry["action"].as_str().unwrap())
        .filter(|action| action.starts_with("job") || action.starts_with("app"))
        .collect();
    assert_eq!(actions, ["job_linked", "applications_on", "job_unlinked"]);
    pair.stand.stop().await;
}

#[tokio::test]
async fn job_that_cannot_be_linked_is_refused() {
    let mut pair = Pair::connected().await;
    let on_jopwell = json!({"id": "/jobs/1", "title": "Kiln engineer"});
    for (wanted, code) in [
        (
            json!({"jopwell_job": on_jopwell, "greenhouse_job_id": 77}),
            "job_unknown",
        ),
        (
            json!({"jopwell_job": {"id": " ", "title": "x"}, "greenhouse_job_id": 77}),
            "invalid_request",
        ),
        (
            json!({"jopwell_job": {"id": "/1", "title": "x".repeat(300)}, "greenhouse_job_id": 77}),
            "invalid_request",
        ),
        (json!({"jopwell_job": on_jopwell}), "invalid_request"),
    ] {
        let (_, problem) = link(&pair, wanted).await;
        assert_eq!(problem["code"], code, "{problem}");
    }
    let disconnected = pair.stand.ask(Method::DELETE, "/v1/connection");
    assert_eq!(pair.stand.json(disconnected).await.0, 200);
    pair.stand.stop().await;
}

#[tokio::test]
async fn tracking_link_credits_jopwell() {
    let mut pair = Pair::connected().await;
    let jobs = pair.get("/v1/jobs").await;
    let job = &jobs["jobs"][0];
    let ask = |id: Value| {
        let ask = pair.stand.ask(Method::POST, "/v1/tracking-link");
        pair.stand.json(ask.json(&json!({"greenhouse_job_id": id})))
    };
    let (status, link) = ask(job["id"].clone()).await;
    assert_eq!(status, 200, "{link}");
    assert_eq!(
        (&link["source"], &link["job"]),
        (&json!("Jopwell"), &job["name"])
    );
    let token = link["url"].as_str().unwrap().rsplit('/').next().unwrap();
    let made_for = pair.sandbox.sandbox.world().greenhouse.tracking_links[token];
    assert_eq!(json!(made_for), job["id"]);
    for (id, code) in [(json!(77), "job_unknown"), (json!(0), "invalid_request")] {
        let (_, problem) = ask(id).await;
        assert_eq!(problem["code"], code, "{problem}");
    }
    pair.put(
        "/faults",
        json!([{"endpoint": "tracking_link", "kind": "forbidden", "times": 1}]),
    )
    .await;
    let (_, problem) = ask(job["id"].clone()).await;
    assert_eq!(problem["code"], "permission_denied");
    assert!(
        problem["detail"].as_str().unwrap().contains("Basic"),
        "{problem}"
    );
    pair.stand.stop().await;
}

#[tokio::test]
async fn description_is_compared_announced_and_dismissed() {
    let mut pair = Pair::start().await;
    let job = new_job(&pair, "Kiln Engineer").await;
    let page = |description: &str| {
        let on_jopwell = json!({"id": "310", "title": "Kiln engineer"});
        let ask = pair.stand.ask(Method::POST, "/v1/job-pages");
        (pair.stand).json(ask.json(&json!({"job": on_jopwell, "description": description})))
    };
    let path = "/v1/job-links/310/description";
    let compared = || pair.stand.json(pair.stand.ask(Method::GET, path));
    let of_job = |jobs: &Value| {
        let jobs = jobs["jobs"].as_array().unwrap();
        jobs.iter()
            .any(|known| known["id"] == job && known["title"].is_string())
    };
    pair.get_until("/v1/jobs", of_job).await;

    // Nothing is kept of a job that is not linked.
    let (status, unlinked) = page("<p>As you like it</p>").await;
    assert_eq!(status, 200, "{unlinked}");
    assert_eq!(unlinked["link"]["proposals"][0]["job"]["id"], job);
    assert_eq!(unlinked["description_is_news"], false);
    assert_eq!(pair.get("/v1/job-links").await["links"], json!([]));
    assert_eq!(compared().await.0, 404);
    let start = pair.get("/v1/changes").await["next"].clone();
    let wanted =
        json!({"jopwell_job": {"id": "310", "title": "Kiln engineer"}, "greenhouse_job_id": job});
    assert_eq!(link(&pair, wanted).await.0, 200);
    let changes = pair.get(&format!("/v1/changes?after={start}")).await;
    assert_eq!(changes["jobs"], json!([job]), "{changes}");

    let hostile = "<p onclick=x()>You fire kilns by <b>day</b></p><script>x()</script><ul><li>Raku";
    job_control(&pair, &job, "post_update", json!({"content": hostile})).await;
    let is_told = |told: &Value| {
        told["text"]
            .as_str()
            .is_some_and(|text| text.contains("Raku"))
    };
    let told = pair.get_until(path, is_told).await;
    assert_eq!(told["text"], "You fire kilns by day\n\n• Raku");
    assert!(
        told.get("seen_at").is_none() && told["is_news"] == false,
        "{told}"
    );
    let (_, seen) = page("You fire kilns by night").await;
    assert_eq!(seen["description_is_news"], true, "{seen}");
    assert_eq!(seen["described_at"], told["changed_at"]);
    let (_, told) = compared().await;
    assert_eq!(
        told["rows"][0]["before"],
        json!([{"text": "You fire kilns by ", "changed": false}, {"text": "night", "changed": true}])
    );
    assert_eq!(
        told["rows"][1],
        json!({"before": [], "after": [{"text": "• Raku", "changed": true}]})
    );
    assert!(!told.to_string().contains('<'), "{told}");

    // Passed over until it changes again; a version that is not the last cannot be.
    let pass_over = |at: Value| {
        let ask = pair.stand.ask(Method::PUT, path);
        pair.stand.json(ask.json(&json!({"changed_at": at})))
    };
    assert_eq!(pass_over(json!(7)).await.0, 404);
    let (status, passed) = pass_over(told["changed_at"].clone()).await;
    assert_eq!((status, &passed["is_news"]), (200, &json!(false)));
    assert_eq!(
        page("You fire kilns by night").await.1["description_is_news"],
        false
    );
    let before = pair.get("/v1/changes").await["next"].clone();
    job_control(
        &pair,
        &job,
        "post_update",
        json!({"content": "<p>You fire kilns at noon</p>"}),
    )
    .await;
    pair.get_until(path, |told| told["is_news"] == true).await;
    let changes = pair.get(&format!("/v1/changes?after={before}")).await;
    assert_eq!(
        (&changes["jobs"], &changes["changes"]),
        (&json!([job]), &json!([]))
    );

    // Saved on Jopwell: the same words in other paragraphs.
    let (_, saved) = page("You fire kilns\nat noon").await;
    assert_eq!(saved["description_is_news"], false, "{saved}");
    job_control(&pair, &job, "close", json!({})).await;
    pair.get_until("/v1/job-links", |links| {
        links["links"][0]["job"]["state"] == "closed"
    })
    .await;
    pair.stand.stop().await;
}

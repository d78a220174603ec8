//! Applications, from the extension and from Jopwell's systems to the sandbox's Greenhouse.

use crate::jobs::job_control;
use crate::support::{OVER_POSTGRES, Stand, person, sandbox::Pair};
use atsi_proxy::store::Expiry;
use reqwest::Method;
use serde_json::{Value, json};

pub const JOB: &str = "/jobs/kiln-engineer";

pub fn application(external_id: &str) -> Value {
    let mut body = person(external_id);
    body["jopwell_job"] = json!({"id": JOB, "title": "Kiln engineer", "location": "Oakland"});
    body
}

pub async fn apply(pair: &Pair, key: &str, body: &Value) -> (u16, Value) {
    let ask = pair.stand.ask(Method::POST, "/v1/applications");
    pair.stand
        .json(ask.header("idempotency-key", key).json(body))
        .await
}

pub async fn new_job(pair: &Pair, name: &str) -> Value {
    let job = pair.post("/greenhouse/jobs", json!({"name": name})).await["id"].clone();
    // The proxy learns of it.
    pair.get_until("/v1/jobs?refresh=true", |jobs| {
        let jobs = jobs["jobs"].as_array().unwrap();
        jobs.iter().any(|known| known["id"] == job)
    })
    .await;
    job
}

pub async fn link(pair: &Pair, jopwell_job: &str, job: &Value, applications: &str) {
    let body = json!({
        "jopwell_job": {"id": jopwell_job, "title": "Kiln engineer"},
        "greenhouse_job_id": job, "applications": applications,
    });
    let ask = pair.stand.ask(Method::PUT, "/v1/job-links").json(&body);
    let (status, body) = pair.stand.json(ask).await;
    assert_eq!(status, 200, "{body}");
}

/// A pair, and a job that is linked with applications as said.
pub async fn with_job(applications: &str) -> (Pair, Value) {
    let pair = Pair::start().await;
    let job = new_job(&pair, "Kiln engineer").await;
    link(&pair, JOB, &job, applications).await;
    (pair, job)
}

/// Until the application is in this state.
pub async fn until(pair: &Pair, key: &str, state: &str) -> Value {
    let path = format!("/v1/applications/{key}");
    pair.get_until(&path, |application| application["state"] == state)
        .await
}

/// Until the application waits for this.
pub async fn until_held(pair: &Pair, key: &str, reason: &str) -> Value {
    let path = format!("/v1/applications/{key}");
    pair.get_until(&path, |application| application["held"]["reason"] == reason)
        .await
}

/// What Greenhouse holds of a person: for each profile, of each application whether it is a
/// prospect's and for which job.
pub fn in_greenhouse(pair: &Pair, external_id: &str) -> Vec<Vec<(bool, Option<u64>)>> {
    let world = pair.sandbox.sandbox.world();
    let there = (world.greenhouse.candidates.values())
        .filter(|candidate| candidate.external_id.as_deref() == Some(external_id));
    there
        .map(|candidate| {
            let applications = candidate.applications.iter();
            applications.map(|one| (one.prospect, one.job_id)).collect()
        })
        .collect()
}

async fn decide(pair: &Pair, key: &str, decision: Value) -> (u16, Value) {
    pair.stand.decide(key, decision).await
}

#[tokio::test]
pub async fn applicant_becomes_a_candidate_on_the_linked_job_once() {
    let (mut pair, job) = with_job("on").await;
    let (status, accepted) = apply(&pair, "k-1", &application("imani-7")).await;
    assert_eq!(
        (status, &accepted["state"]),
        (202, &json!("waiting")),
        "{accepted}"
    );
    assert_eq!(accepted["name"], "Imani Brooks");
    let sent = until(&pair, "k-1", "created").await;
    assert_eq!(sent["job_id"], job);
    assert!(
        sent.get("name").is_none(),
        "nothing of the person is kept: {sent}"
    );
    let there = vec![vec![(false, job.as_u64())]];
    assert_eq!(in_greenhouse(&pair, "imani-7"), there);

    // Again, by the same key, by another, and for the pool: nobody is made twice.
    let (status, again) = apply(&pair, "k-1", &application("imani-7")).await;
    assert_eq!((status, &again["state"]), (200, &json!("created")));
    let (_, twin) = apply(&pair, "k-2", &application("imani-7")).await;
    assert_eq!(twin["state"], "existing");
    assert_eq!(twin["candidate_id"], sent["candidate_id"]);
    let (_, pressed) = pair.stand.send("k-3", &person("imani-7")).await;
    assert_eq!(pressed["state"], "existing", "{pressed}");
    let (status, problem) = apply(&pair, "k-1", &application("noor-3")).await;
    assert_eq!(
        (status, &problem["code"]),
        (422, &json!("idempotency_key_reused"))
    );
    assert_eq!(in_greenhouse(&pair, "imani-7"), there);
    let found = pair
        .stand
        .look_up(json!({"external_ids": ["imani-7"]}))
        .await;
    assert_eq!(found[0]["send"]["state"], "created");
    pair.stand.stop().await;
}

#[tokio::test]
pub async fn application_waits_visibly_until_its_job_is_linked_and_turned_on() {
    let mut pair = Pair::start().await;
    for (number, id) in ["imani-7", "noor-3"].iter().enumerate() {
        let (status, held) = apply(&pair, &format!("k-{number}"), &application(id)).await;
        assert_eq!((status, &held["reason"]), (202, &json!("held")), "{held}");
        assert_eq!(held["held"]["reason"], "job_not_linked");
    }
    let links = pair.get("/v1/job-links").await;
    assert_eq!(links["links"][0]["held"], 2);
    assert_eq!(links["links"][0]["jopwell_job"]["location"], "Oakland");
    // It is not shown as sent.
    let wanted = json!({"external_ids": ["imani-7"]});
    assert!(pair.stand.look_up(wanted).await.is_empty());

    let job = new_job(&pair, "Kiln engineer").await;
    link(&pair, JOB, &job, "off").await;
    until_held(&pair, "k-0", "applications_off").await;
    let preview = pair
        .get("/v1/applications?held=true&jopwell_job=%2Fjobs%2Fkiln-engineer")
        .await;
    let names: Vec<&Value> = (preview["applications"].as_array().unwrap().iter())
        .map(|application| &application["external_id"])
        .collect();
    assert_eq!(names, ["noor-3", "imani-7"], "{preview}");
    assert_eq!(preview["applications"][0]["name"], "Imani Brooks");
    link(&pair, JOB, &job, "paused").await;
    until_held(&pair, "k-0", "applications_paused").await;

    // What waits outlives the proxy.
    pair.stand.stop().await;
    pair.stand.begin().await;
    link(&pair, JOB, &job, "on").await;
    for key in ["k-0", "k-1"] {
        until(&pair, key, "created").await;
    }
    let none = pair.get("/v1/applications?held=true").await;
    assert_eq!(none["applications"], json!([]));
    assert_eq!(in_greenhouse(&pair, "noor-3"), [[(false, job.as_u64())]]);
    pair.stand.stop().await;
}

#[tokio::test]
async fn applicant_who_is_a_prospect_is_held() {
    let (mut pair, job) = with_job("on").await;
    for id in ["imani-7", "noor-3", "ada-9"] {
        pair.stand.send(&format!("p-{id}"), &person(id)).await;
        apply(&pair, &format!("a-{id}"), &application(id)).await;
    }
    let held = until_held(&pair, "a-imani-7", "already_prospect").await;
    let prospect = &held["held"]["prospect"];
    assert!(
        prospect["profile_url"]
            .as_str()
            .unwrap()
            .contains("/people/"),
        "{held}"
    );
    for id in ["imani-7", "noor-3", "ada-9"] {
        assert_eq!(in_greenhouse(&pair, id), [[(true, None)]]);
    }

    // Converted there: the web hook says so.
    let candidate = &prospect["candidate_id"];
    pair.hand(candidate, "convert", json!({"job_id": job}))
        .await;
    let there = until(&pair, "a-imani-7", "existing").await;
    assert_eq!(&there["candidate_id"], candidate);
    assert_eq!(in_greenhouse(&pair, "imani-7"), [[(false, job.as_u64())]]);

    // A person says that it shall go all the same.
    let (_, decided) = decide(&pair, "a-noor-3", json!({"decision": "send_again"})).await;
    assert_eq!(decided["state"], "created", "{decided}");
    assert_eq!(in_greenhouse(&pair, "noor-3").len(), 2);
    let (status, _) = decide(&pair, "a-noor-3", json!({"decision": "send_again"})).await;
    assert_eq!(status, 409);

    // Or that it shall not go at all.
    let path = "/v1/applications/a-ada-9";
    let dismiss = || pair.stand.json(pair.stand.ask(Method::DELETE, path));
    let (status, dismissed) = dismiss().await;
    assert_eq!(status, 200, "{dismissed}");
    assert_eq!(dismissed["problem"]["code"], "application_dismissed");
    assert_eq!(dismiss().await.0, 409);
    let (_, again) = apply(&pair, "a-again", &application("ada-9")).await;
    assert_eq!(again["problem"]["code"], "application_dismissed", "{again}");
    assert_eq!(in_greenhouse(&pair, "ada-9").len(), 1);
    pair.stand.stop().await;
}

/// What was held at the time of a backup may have left since.
#[tokio::test]
async fn held_application_of_a_restored_backup_does_not_go_out() {
    if OVER_POSTGRES {
        return;
    }
    let (mut pair, job) = with_job("on").await;
    job_control(&pair, &job, "close", json!({})).await;
    let state =
        |state: &'static str| move |links: &Value| links["links"][0]["job"]["state"] == state;
    pair.get_until("/v1/job-links", state("closed")).await;
    apply(&pair, "a-1", &application("imani-7")).await;
    until_held(&pair, "a-1", "job_not_open").await;
    let stand = &pair.stand;
    let config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    let copy = stand.folder.path().join("copy.db");
    atsi_proxy::backup(&config, &copy).await.unwrap();
    job_control(&pair, &job, "open", json!({})).await;
    until(&pair, "a-1", "created").await;

    pair.stand.stop().await;
    pair.stand.database = format!("sqlite://{}", copy.display());
    pair.stand.begin().await;
    pair.get_until("/v1/jobs?refresh=true", |jobs| {
        let jobs = jobs["jobs"].as_array().unwrap();
        jobs.iter()
            .any(|known| known["id"] == job && known["state"] == "open")
    })
    .await;
    let path = "/v1/applications/a-1";
    let is_moved = |one: &Value| one["held"]["reason"] != "job_not_open";
    let after = pair.get_until(path, is_moved).await;
    assert_eq!(after["held"]["reason"], "applications_paused", "{after}");
    assert_eq!(in_greenhouse(&pair, "imani-7").len(), 1);
    pair.stand.stop().await;
}

#[tokio::test]
async fn dismissed_application_never_comes_back() {
    let (mut pair, job) = with_job("paused").await;
    apply(&pair, "a-1", &application("imani-7")).await;
    let dismiss = pair.stand.ask(Method::DELETE, "/v1/applications/a-1");
    assert_eq!(pair.stand.json(dismiss).await.0, 200);
    link(&pair, JOB, &job, "on").await;
    pair.stand.stop().await;
    let database = pair.stand.at_rest();
    let store = database.open().await;
    let long_ago = u64::MAX >> 2;
    let before = Expiry {
        idempotency_keys: long_ago,
        refused_sends: long_ago,
        ..Expiry::default()
    };
    let pruned = store.prune(before).await.unwrap();
    assert_eq!(pruned.idempotency_keys, 1);
    store.close().await;
    pair.stand.begin().await;
    let (_, again) = apply(&pair, "a-2", &application("imani-7")).await;
    assert_eq!(again["problem"]["code"], "application_dismissed", "{again}");
    assert!(in_greenhouse(&pair, "imani-7").is_empty());
    pair.stand.stop().await;
}

#[tokio::test]
async fn application_goes_out_after_the_prospect_send_failed() {
    let (mut pair, job) = with_job("on").await;
    pair.put(
        "/faults",
        json!([{"endpoint": "post_candidates", "kind": "reset_after_commit", "times": 1}]),
    )
    .await;
    let (_, prospect) = pair.stand.send("p-1", &person("imani-7")).await;
    assert!(
        matches!(prospect["state"].as_str(), Some("uncertain" | "created")),
        "{prospect}"
    );
    apply(&pair, "a-1", &application("imani-7")).await;
    until_held(&pair, "a-1", "already_prospect").await;
    // Another person's prospect is refused: nothing is there.
    pair.put(
        "/faults",
        json!([{"endpoint": "post_candidates", "kind": "unprocessable", "times": 1}]),
    )
    .await;
    let (_, refused) = pair.stand.send("p-2", &person("noor-3")).await;
    assert_eq!(refused["state"], "refused");
    apply(&pair, "a-2", &application("noor-3")).await;
    until(&pair, "a-2", "created").await;
    assert_eq!(in_greenhouse(&pair, "noor-3"), [[(false, job.as_u64())]]);
    pair.stand.stop().await;
}

#[tokio::test]
async fn closed_job_keeps_its_applications_until_it_reopens() {
    let (mut pair, job) = with_job("on").await;
    // Closed while the web hooks are cut off: Greenhouse itself refuses.
    pair.put("/webhooks", json!([])).await;
    pair.post(&format!("/greenhouse/jobs/{job}/close"), json!({}))
        .await;
    apply(&pair, "k-1", &application("imani-7")).await;
    let held = until_held(&pair, "k-1", "job_not_open").await;
    assert_eq!(
        held["held"]["problem"]["code"], "greenhouse_refused",
        "{held}"
    );
    apply(&pair, "k-2", &application("noor-3")).await;
    until_held(&pair, "k-2", "job_not_open").await;
    let posts = pair.sandbox.sandbox.world().posts.len();
    assert_eq!(posts, 1, "the second found it out by the first");

    let secret = pair.make_secret(json!({})).await;
    pair.subscribe(&secret).await;
    pair.post(&format!("/greenhouse/jobs/{job}/open"), json!({}))
        .await;
    for key in ["k-1", "k-2"] {
        until(&pair, key, "created").await;
    }

    // Deleted: another job takes its place.
    pair.post(&format!("/greenhouse/jobs/{job}/close"), json!({}))
        .await;
    pair.post(&format!("/greenhouse/jobs/{job}/delete"), json!({}))
        .await;
    pair.get_until("/v1/job-links", |links| {
        links["links"][0]["job"]["state"] == "deleted"
    })
    .await;
    apply(&pair, "k-3", &application("ada-9")).await;
    until_held(&pair, "k-3", "job_not_open").await;
    let other = new_job(&pair, "Kiln engineer II").await;
    link(&pair, JOB, &other, "on").await;
    assert_eq!(until(&pair, "k-3", "created").await["job_id"], other);
    pair.stand.stop().await;
}

#[tokio::test]
async fn refused_application_is_kept_and_can_be_sent_again() {
    let (mut pair, job) = with_job("on").await;
    pair.put(
        "/faults",
        json!([{"endpoint": "post_candidates", "kind": "forbidden", "times": 1}]),
    )
    .await;
    apply(&pair, "k-1", &application("imani-7")).await;
    let held = until_held(&pair, "k-1", "refused").await;
    assert_eq!(
        held["held"]["problem"]["code"], "permission_denied",
        "{held}"
    );
    // Nothing that happens by itself sends it.
    link(&pair, JOB, &job, "paused").await;
    link(&pair, JOB, &job, "on").await;
    assert_eq!(
        pair.get("/v1/applications/k-1").await["held"]["reason"],
        "refused"
    );
    let (_, sent) = decide(&pair, "k-1", json!({"decision": "send_again"})).await;
    assert_eq!(sent["state"], "created", "{sent}");
    assert_eq!(in_greenhouse(&pair, "imani-7").len(), 1);
    pair.stand.stop().await;
}

#[tokio::test]
async fn two_jopwell_jobs_with_one_greenhouse_job_make_one_application() {
    let (mut pair, job) = with_job("on").await;
    link(&pair, "/jobs/the-same", &job, "on").await;
    apply(&pair, "k-1", &application("imani-7")).await;
    until(&pair, "k-1", "created").await;
    let mut twin = application("imani-7");
    twin["jopwell_job"]["id"] = json!("/jobs/the-same");
    let (_, there) = apply(&pair, "k-2", &twin).await;
    assert_eq!(there["state"], "existing", "{there}");
    // Another job is another application.
    let other = new_job(&pair, "Glaze chemist").await;
    link(&pair, "/jobs/chemist", &other, "on").await;
    twin["jopwell_job"]["id"] = json!("/jobs/chemist");
    apply(&pair, "k-3", &twin).await;
    until(&pair, "k-3", "created").await;
    assert_eq!(in_greenhouse(&pair, "imani-7").len(), 2);
    pair.stand.stop().await;
}

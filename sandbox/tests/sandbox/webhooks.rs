//! Web hooks as a receiver sees them: keys, bytes, signatures, retries.

use std::sync::{Arc, Mutex};

use atsi_sandbox::greenhouse::webhooks::signature;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::TestSandbox;

struct Received {
    headers: HeaderMap,
    bytes: Bytes,
}

impl Received {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap()
    }

    fn event_id(&self) -> String {
        self.headers["greenhouse-event-id"]
            .to_str()
            .unwrap()
            .to_owned()
    }
}

/// A receiver on a free port that answers with the statuses in turn, and with the last one from then on.
struct Receiver {
    url: String,
    statuses: Arc<Mutex<Vec<u16>>>,
    received: mpsc::UnboundedReceiver<Received>,
}

impl Receiver {
    async fn start() -> Self {
        let (sender, received) = mpsc::unbounded_channel();
        let statuses = Arc::new(Mutex::new(vec![200]));
        let shared = (sender, Arc::clone(&statuses));
        type Shared = (mpsc::UnboundedSender<Received>, Arc<Mutex<Vec<u16>>>);
        let app =
            Router::new()
                .route(
                    "/hook",
                    post(
                        |State((sender, statuses)): State<Shared>,
                         headers: HeaderMap,
                         bytes: Bytes| async move {
                            let mut statuses = statuses.lock().unwrap();
                            let status = if statuses.len() > 1 {
                                statuses.remove(0)
                            } else {
                                statuses[0]
                            };
                            sender.send(Received { headers, bytes }).unwrap();
                            StatusCode::from_u16(status).unwrap()
                        },
                    ),
                )
                .with_state(shared);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url,
            statuses,
            received,
        }
    }

    fn answer(&self, statuses: &[u16]) {
        *self.statuses.lock().unwrap() = statuses.to_vec();
    }

    async fn next(&mut self) -> Received {
        self.received.recv().await.unwrap()
    }

    /// Subscribes to every action and swallows the ping.
    async fn subscribe(&mut self, sandbox: &TestSandbox) {
        sandbox
            .put(
                "/webhooks",
                json!([{ "action": "*", "url": self.url, "secret": "s3cret" }]),
            )
            .await;
        let ping = self.next().await.json();
        assert_eq!(ping["action"], "ping");
    }
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = value
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

fn sorted(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    words.sort_unstable();
    words
}

const APPLICATION: &str = "id rejected_at prospect status applied_at last_activity_at url source credited_to \
    rejection_reason rejection_details current_stage custom_fields candidate jobs";
const CANDIDATE: &str = "id first_name last_name title company created_at external_id photo_url is_private can_email \
    phone_numbers email_addresses addresses website_addresses social_media_addresses educations employments recruiter \
    coordinator attachments tags custom_fields";
const JOB: &str = "id name requisition_id notes confidential job_post_id status created_by_id created_at opened_at \
    closed_at departments offices custom_fields";

/// The keys of each payload against the Greenhouse web hook documentation, absent ones included.
#[tokio::test]
async fn webhook_action_has_the_documented_keys() {
    let sandbox = TestSandbox::start().await;
    let mut receiver = Receiver::start().await;
    receiver.subscribe(&sandbox).await;
    let job = sandbox.state().await["jobs"][0]["id"].clone();
    let mut expect = async |action: &str| {
        let body = receiver.next().await.json();
        assert_eq!(body["action"], action);
        assert_eq!(keys(&body), ["action", "payload"]);
        body["payload"].clone()
    };
    let with = |base: &str, more: &str| format!("{base} {more}");

    let (id, _) = sandbox
        .person(json!({ "job_id": job, "emails": [{ "email": "a@b.example", "type": "work" }] }))
        .await;
    let new = expect("new_prospect_application").await["application"].clone();
    assert_eq!(keys(&new), sorted(APPLICATION));
    assert_eq!(keys(&new["candidate"]), sorted(CANDIDATE));
    assert_eq!(keys(&new["source"]), sorted("id public_name"));
    assert_eq!(keys(&new["jobs"][0]), sorted(JOB));
    assert_eq!(new["current_stage"], Value::Null);
    assert_eq!(new["candidate"]["external_id"], "48247");
    assert_eq!(
        new["candidate"]["email_addresses"],
        json!([{ "type": "work", "value": "a@b.example" }])
    );
    assert_eq!(
        keys(&new["credited_to"]),
        sorted("id email name employee_id")
    );

    sandbox.hand(id, "convert", json!({})).await;
    let converted = expect("new_candidate_application").await["application"].clone();
    assert_eq!(
        keys(&converted),
        sorted(&with(APPLICATION, "prospect_detail"))
    );
    assert_eq!(
        keys(&converted["candidate"]),
        sorted(&with(CANDIDATE, "url"))
    );
    assert_eq!(keys(&converted["source"]), sorted("id name"));
    assert_eq!(
        keys(&converted["jobs"][0]),
        sorted(&with(JOB, "url hiring_team"))
    );
    assert_eq!(
        keys(&converted["current_stage"]["interviews"][0]),
        sorted("id name status interview_kit interviewers")
    );

    sandbox
        .hand(id, "move", json!({ "stage": "Phone Interview" }))
        .await;
    let moved = expect("candidate_stage_change").await["application"].clone();
    assert_eq!(keys(&moved), sorted(APPLICATION));
    assert_eq!(keys(&moved["candidate"]), sorted(&with(CANDIDATE, "url")));
    assert_eq!(keys(&moved["source"]), sorted("id name"));
    assert_eq!(moved["current_stage"]["name"], "Phone Interview");

    sandbox
        .hand(id, "reject", json!({ "reason": "Position closed" }))
        .await;
    let rejected = expect("reject_candidate").await["application"].clone();
    assert_eq!(keys(&rejected), sorted(APPLICATION));
    assert_eq!(keys(&rejected["candidate"]), sorted(CANDIDATE));
    assert_eq!(keys(&rejected["source"]), sorted("id public_name"));
    assert_eq!(keys(&rejected["rejection_reason"]), sorted("id name type"));
    assert_eq!(rejected["current_stage"]["interviews"], json!([]));
    assert_eq!(rejected["status"], "rejected");

    sandbox.hand(id, "unreject", json!({})).await;
    let back = expect("unreject_candidate").await["application"].clone();
    assert_eq!(keys(&back["candidate"]), sorted(CANDIDATE));
    assert_eq!(
        (&back["rejected_at"], &back["rejection_reason"]),
        (&Value::Null, &Value::Null)
    );

    sandbox.hand(id, "hire", json!({})).await;
    let hired = expect("hire_candidate").await["application"].clone();
    assert_eq!(
        keys(&hired),
        sorted("id opening credited_to source url candidate job jobs custom_fields offer")
    );
    assert_eq!(
        keys(&hired["candidate"]),
        sorted(
            "id first_name last_name title external_id url is_private can_email phone_numbers email_addresses \
             addresses educations employments recruiter coordinator attachments custom_fields"
        )
    );
    assert_eq!(
        keys(&hired["job"]),
        sorted("id name open_date close_date requisition_id departments offices custom_fields")
    );
    assert_eq!(
        keys(&hired["jobs"][0]),
        sorted(
            "id name requisition_id confidential opened_at closed_at departments offices custom_fields"
        )
    );
    assert_eq!(
        keys(&hired["offer"]),
        sorted("id version created_at sent_at resolved_at starts_at custom_fields")
    );

    sandbox.hand(id, "unhire", json!({})).await;
    let unhired = expect("unhire_candidate").await["application"].clone();
    assert_eq!(keys(&unhired), sorted(APPLICATION));
    assert_eq!(keys(&unhired["candidate"]), sorted(&with(CANDIDATE, "url")));
    assert_eq!(keys(&unhired["source"]), sorted("id public_name"));

    sandbox
        .hand(id, "source", json!({ "source": "Referral" }))
        .await;
    let updated = expect("application_updated").await["application"].clone();
    assert_eq!(
        keys(&updated),
        sorted(&with(APPLICATION, "prospect_detail"))
    );
    let mut without_employments = sorted(CANDIDATE);
    without_employments.retain(|key| *key != "employments");
    without_employments.push("url");
    without_employments.sort_unstable();
    assert_eq!(keys(&updated["candidate"]), without_employments);
    assert_eq!(updated["source"]["name"], "Referral");

    sandbox.hand(id, "update", json!({ "title": "Lead" })).await;
    let edited = expect("update_candidate").await["candidate"].clone();
    let mut update_keys = sorted(CANDIDATE);
    update_keys.retain(|key| !matches!(*key, "is_private" | "can_email"));
    update_keys.push("url");
    update_keys.sort_unstable();
    assert_eq!(keys(&edited), update_keys);
    assert_eq!(edited["title"], "Lead");

    sandbox.hand(id, "delete_application", json!({})).await;
    assert_eq!(
        keys(&expect("delete_application").await["application"]),
        sorted(
            "id candidate_id job_id created_at source_id candidate_rejection_reason_id rejection_note_id rejected_at \
             referrer_id prospect rejected_by_user_id"
        )
    );

    sandbox.hand(id, "anonymize", json!({})).await;
    assert_eq!(
        keys(&expect("candidate_anonymized").await),
        sorted("candidate_id anonymized_fields")
    );

    let person = "id first_name last_name company title created_at headline is_private recruiter_user_id \
                  coordinator_user_id can_email";
    let (other, application) = sandbox.person(json!({})).await;
    expect("new_prospect_application").await;
    sandbox.hand(id, "merge", json!({ "into": other })).await;
    let merged = expect("merge_candidate").await["person"].clone();
    assert_eq!(keys(&merged), sorted(&with(person, "new_candidate_id")));
    assert_eq!(
        (&merged["id"], &merged["new_candidate_id"]),
        (&json!(id), &json!(other))
    );

    sandbox.hand(other, "delete", json!({})).await;
    let deleted = expect("delete_candidate").await["person"].clone();
    assert_eq!(
        keys(&deleted),
        sorted(&with(person, "deleted_application_ids"))
    );
    assert_eq!(deleted["deleted_application_ids"], json!([application]));

    let whole_job = with(JOB, "hiring_team openings");
    let post_keys = "id title location content internal_content updated_at job_id external internal live questions";
    let made = sandbox
        .post("/greenhouse/jobs", json!({ "name": "Taster" }))
        .await;
    assert_eq!(
        keys(&expect("job_created").await["job"]),
        sorted(&whole_job)
    );
    assert_eq!(keys(&expect("job_post_created").await), sorted(post_keys));
    let press = async |control: &str, body: Value| {
        sandbox
            .post(&format!("/greenhouse/jobs/{}/{control}", made["id"]), body)
            .await;
    };
    press("update", json!({ "notes": "x" })).await;
    assert_eq!(
        keys(&expect("job_updated").await["job"]),
        sorted(&whole_job)
    );
    press("approve", json!({})).await;
    let approved = expect("job_approved").await;
    assert_eq!(keys(&approved), sorted("approval_flow job"));
    assert_eq!(keys(&approved["job"]), sorted(&whole_job));
    press("post_live", json!({})).await;
    let post = expect("job_post_updated").await;
    assert_eq!(keys(&post), sorted(post_keys));
    assert_eq!(post["live"], true);
    press("close", json!({})).await;
    assert_eq!(expect("job_updated").await["job"]["status"], "closed");
    press("delete", json!({})).await;
    assert_eq!(
        keys(&expect("job_deleted").await["job"]),
        sorted("id name custom_fields")
    );
}

#[tokio::test]
async fn delivery_is_signed_over_the_bytes_as_sent() {
    let sandbox = TestSandbox::start().await;
    let mut receiver = Receiver::start().await;
    receiver.subscribe(&sandbox).await;
    sandbox
        .put("/switches", json!({ "webhook_extra_root_keys": true }))
        .await;
    sandbox
        .person(json!({ "company": "Salt & <Pepper>" }))
        .await;
    let delivery = receiver.next().await;
    let text = std::str::from_utf8(&delivery.bytes).unwrap();
    assert!(text.contains(r"Salt \u0026 \u003cPepper\u003e"));
    assert_eq!(
        delivery.headers["signature"].to_str().unwrap(),
        signature("s3cret", &delivery.bytes).unwrap()
    );
    let body = delivery.json();
    assert_eq!(
        body["payload"]["application"]["candidate"]["company"],
        "Salt & <Pepper>"
    );
    assert_eq!(body["organization_name"], "Hartwell");
}

#[tokio::test]
async fn failed_ping_leaves_the_webhook_disabled() {
    let sandbox = TestSandbox::start().await;
    let mut receiver = Receiver::start().await;
    receiver.answer(&[204]);
    let hooks =
        json!([{ "action": "new_prospect_application", "url": receiver.url, "secret": "s" }]);
    let answer = sandbox.put("/webhooks", hooks.clone()).await;
    assert_eq!(answer["hooks"][0]["active"], false, "204 is not 200");
    let ping = receiver.next().await.json();
    assert_eq!(
        keys(&ping["payload"]),
        sorted("web_hook_id endpoint_url created_at updated_at name event active content-type")
    );
    assert!(
        !answer.to_string().contains("\"s\""),
        "no secret comes back"
    );

    receiver.answer(&[200]);
    sandbox.put("/webhooks", hooks).await;
    assert_eq!(receiver.next().await.json()["action"], "ping");
    sandbox.person(json!({})).await;
    assert_eq!(
        receiver.next().await.json()["action"],
        "new_prospect_application"
    );

    let elsewhere = sandbox
        .client
        .put(sandbox.http("/sandbox/webhooks"))
        .json(&json!([{ "action": "*", "url": "https://example.com/", "secret": "s" }]))
        .send()
        .await
        .unwrap();
    assert_eq!(elsewhere.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn failing_delivery_is_tried_seven_times() {
    let sandbox = TestSandbox::start().await;
    let mut receiver = Receiver::start().await;
    receiver.subscribe(&sandbox).await;
    sandbox
        .put(
            "/switches",
            json!({ "webhook_minute_ms": 0, "stable_event_id": true }),
        )
        .await;
    receiver.answer(&[500, 404, 302, 204, 503, 429, 200]);
    sandbox.person(json!({})).await;
    let mut ids = std::collections::HashSet::new();
    let mut bodies = std::collections::HashSet::new();
    for _ in 0..7 {
        let delivery = receiver.next().await;
        ids.insert(delivery.event_id());
        bodies.insert(delivery.bytes);
    }
    assert_eq!((ids.len(), bodies.len()), (1, 1));

    receiver.answer(&[500]);
    sandbox
        .put("/switches", json!({ "stable_event_id": false }))
        .await;
    sandbox.person(json!({})).await;
    let mut ids = std::collections::HashSet::new();
    for _ in 0..7 {
        ids.insert(receiver.next().await.event_id());
    }
    assert_eq!(ids.len(), 7);
    receiver.answer(&[200]);
    sandbox.person(json!({ "external_id": "after" })).await;
    let next = receiver.next().await.json();
    assert_eq!(
        next["payload"]["application"]["candidate"]["external_id"], "after",
        "there is no eighth attempt"
    );
}

#[tokio::test]
async fn deliveries_can_be_doubled_and_out_of_order() {
    let sandbox = TestSandbox::start().await;
    let mut receiver = Receiver::start().await;
    receiver.subscribe(&sandbox).await;
    sandbox
        .put("/switches", json!({ "webhook_duplicates": 1 }))
        .await;
    let (id, _) = sandbox.person(json!({})).await;
    let (first, second) = (receiver.next().await, receiver.next().await);
    assert_eq!(first.event_id(), second.event_id());
    assert_eq!(first.bytes, second.bytes);

    sandbox
        .put(
            "/switches",
            json!({ "webhook_duplicates": 0, "webhook_out_of_order": true }),
        )
        .await;
    sandbox.hand(id, "reject", json!({})).await;
    sandbox.hand(id, "unreject", json!({})).await;
    assert_eq!(receiver.next().await.json()["action"], "unreject_candidate");
    assert_eq!(receiver.next().await.json()["action"], "reject_candidate");
}

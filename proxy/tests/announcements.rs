//! An announcement names what changed, so that no browser asks for anything else.

use crate::support::{EXTENSION, Stand, live::Listener, person, quick};
use atsi_protocol::{
    HookSecret,
    live::{CompanyPart, LiveMessage},
};
use atsi_sandbox::greenhouse::webhooks::signature;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

const LISTENERS: usize = 1_000;
const WEBHOOKS: usize = 100;
/// Webhooks about the company's candidate; the others are about strangers.
const CHANGES: usize = 10;

async fn listeners(stand: &Stand, count: usize) -> Vec<Listener> {
    let url = stand.url("");
    let mut listeners = Vec::new();
    // In groups, so that no queue of connections overflows.
    while listeners.len() < count {
        let group = (count - listeners.len()).min(50);
        let connecting = (0..group).map(|_| Listener::connect(&url, None, EXTENSION));
        for listener in join_all(connecting).await {
            let mut listener = listener.unwrap();
            listener.hear().await.unwrap();
            listeners.push(listener);
        }
    }
    listeners
}

async fn secret(stand: &Stand) -> HookSecret {
    let request = stand.ask(Method::POST, "/v1/hooks/secret");
    let (status, body) = stand.json(request.json(&json!({}))).await;
    assert_eq!(status, 200, "{body}");
    serde_json::from_value(body).unwrap()
}

fn stage_change(candidate: u64, application: u64, number: usize) -> String {
    let minute = number % 60;
    json!({
        "action": "candidate_stage_change",
        "payload": {"application": {
            "id": application, "prospect": false, "status": "active",
            "last_activity_at": format!("2026-11-24T08:{minute:02}:00Z"),
            "current_stage": {"id": 1, "name": format!("Stage {number}")},
            "jobs": [{"id": 3485, "name": "Designer"}],
            "candidate": {"id": candidate, "external_id": null},
        }},
    })
    .to_string()
}

async fn accepted_webhooks(stand: &Stand) -> usize {
    let metrics = stand.ask(Method::GET, "/metrics").send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    (metrics.lines())
        .filter(|line| line.starts_with("atsi_web_hooks_total{result=\"accepted\"}"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<usize>().ok())
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn webhooks_announce_their_changes_and_nothing_else() {
    let stand = Stand::connected(quick()).await;
    let (_, send) = stand.send("k-1", &person("imani-7")).await;
    assert_eq!(send["state"], "created", "{send}");
    let candidate = send["candidate_id"].as_u64().unwrap();
    let application = send["application_id"].as_u64().unwrap_or(candidate + 1);
    let secret = secret(&stand).await;
    let url = stand.url(url::Url::parse(&secret.url).unwrap().path());
    let mut listeners = listeners(&stand, LISTENERS).await;
    let start = listeners[0].next;

    for number in 0..WEBHOOKS {
        let is_ours = number % (WEBHOOKS / CHANGES) == 0;
        let stranger = 900_000 + u64::try_from(number).unwrap();
        let body = if is_ours {
            stage_change(candidate, application, number)
        } else {
            stage_change(stranger, stranger, number)
        };
        let request = stand
            .http
            .post(&url)
            .header(
                "signature",
                signature(&secret.secret, body.as_bytes()).unwrap(),
            )
            .body(body);
        assert_eq!(request.send().await.unwrap().status(), 200);
    }
    assert_eq!(accepted_webhooks(&stand).await, WEBHOOKS);

    // The connection changes once, after all webhooks.
    let (status, _) = stand
        .json(stand.ask(Method::DELETE, "/v1/connection"))
        .await;
    assert_eq!(status, 200);
    let mut totals = Vec::new();
    for listener in &mut listeners {
        let mut numbers = Vec::new();
        let part = loop {
            match listener.message().await {
                LiveMessage::Changes(page) => {
                    numbers.extend(page.changes.iter().map(|change| change.number));
                }
                LiveMessage::Changed { changed } => break changed,
                other => panic!("{other:?}"),
            }
        };
        // A browser asks for its company again at each such message: this is the first one.
        assert_eq!(part, CompanyPart::Connection);
        assert!(numbers.is_sorted() && numbers.iter().all(|number| *number > start));
        totals.push(numbers);
    }
    assert!(!totals[0].is_empty());
    assert!(totals.iter().all(|numbers| *numbers == totals[0]));
}

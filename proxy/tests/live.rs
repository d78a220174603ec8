//! Changes, asked for and told live.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use atsi_proxy::Proxy;
use reqwest::Method;
use serde_json::Value;
use std::ops::Range;
use support::{EXTENSION, OVER_POSTGRES, Stand, live::Listener, person, quick};
use tokio_tungstenite::tungstenite::Error;

async fn listen(stand: &Stand, after: Option<u64>) -> Listener {
    let mut listener = Listener::connect(&stand.url(""), after, EXTENSION)
        .await
        .unwrap();
    if after.is_none() {
        let first = listener.hear().await.unwrap();
        assert!(first.changes.is_empty() && !first.more);
    }
    listener
}

async fn send(stand: &Stand, people: Range<u32>) {
    for number in people {
        let key = format!("k-{number}");
        let (_, send) = stand.send(&key, &person(&format!("person-{number}"))).await;
        assert_eq!(send["state"], "created", "{send}");
    }
}

fn keys(told: &[(u64, String)]) -> Vec<&str> {
    told.iter().map(|(_, key)| key.as_str()).collect()
}

async fn page(stand: &Stand, query: &str) -> Value {
    let request = stand.ask(Method::GET, &format!("/v1/changes{query}"));
    let (status, page) = stand.json(request).await;
    assert_eq!(status, 200, "{page}");
    page
}

#[tokio::test]
async fn every_listener_is_told_every_change_once_and_in_order() {
    let mut stand = Stand::connected(quick()).await;
    send(&stand, 0..1).await;
    let mut one = listen(&stand, None).await;
    let mut other = listen(&stand, None).await;
    let start = one.next;
    assert_eq!(other.next, start);
    send(&stand, 1..5).await;
    let told = one.changes(4).await;
    assert_eq!(keys(&told), ["k-1", "k-2", "k-3", "k-4"]);
    assert_eq!(told[0].0, start + 1);
    assert!(
        told.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0),
        "{told:?}"
    );
    assert_eq!(other.changes(4).await, told);

    // One is away while something happens, and learns just that.
    let last = one.next;
    one.leave().await;
    send(&stand, 5..8).await;
    assert_eq!(keys(&other.changes(3).await), ["k-5", "k-6", "k-7"]);
    let mut one = listen(&stand, Some(last)).await;
    assert_eq!(keys(&one.changes(3).await), ["k-5", "k-6", "k-7"]);

    // The proxy starts again, and nothing is told twice or left out.
    let ((), closed) = tokio::join!(stand.stop(), async {
        (one.hear().await, other.hear().await)
    });
    assert_eq!((closed.0.unwrap_err(), closed.1.unwrap_err()), (1001, 1001));
    stand.begin().await;
    let mut one = listen(&stand, Some(one.next)).await;
    assert!(one.hear().await.unwrap().changes.is_empty());
    send(&stand, 8..9).await;
    assert_eq!(keys(&one.changes(1).await), ["k-8"]);

    // Asking tells the same.
    let asked = page(&stand, &format!("?after={start}")).await;
    assert_eq!(asked["next"], one.next);
    let changes = asked["changes"].as_array().unwrap();
    let numbers: Vec<u64> = (changes.iter())
        .map(|change| change["number"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, (start + 1..=start + 8).collect::<Vec<_>>());
    assert_eq!(changes[7]["candidate"]["send"]["state"], "created");
    assert_eq!(page(&stand, "").await["next"], one.next);
}

#[tokio::test]
async fn who_knows_a_number_that_is_not_known_here_starts_anew() {
    let stand = Stand::connected(quick()).await;
    send(&stand, 0..2).await;
    let newest = page(&stand, "").await["next"].as_u64().unwrap();
    // 0 is what an empty log says.
    let all = page(&stand, "?after=0").await;
    assert_eq!(
        (&all["reset"], &all["next"]),
        (&false.into(), &newest.into())
    );
    assert_eq!(all["changes"].as_array().unwrap().len(), 2);
    for unknown in [1, newest - 3, newest + 1, u64::MAX] {
        let told = page(&stand, &format!("?after={unknown}")).await;
        assert_eq!(
            (&told["reset"], &told["next"]),
            (&true.into(), &newest.into())
        );
        let mut listener = listen(&stand, Some(unknown)).await;
        let told = listener.hear().await.unwrap();
        assert!(told.reset && told.changes.is_empty() && told.next == newest);
    }
    let request = stand.ask(Method::GET, "/v1/changes?after=soon");
    let (status, problem) = stand.json(request).await;
    assert_eq!((status, &problem["field"]), (400, &"after".into()));
}

#[tokio::test]
async fn a_page_cannot_listen() {
    let stand = Stand::connected(quick()).await;
    for origin in ["https://evil.example", "null", "http://127.0.0.1"] {
        let refused = Listener::connect(&stand.url(""), None, origin).await;
        match refused.map(drop) {
            Err(Error::Http(answer)) => assert_eq!(answer.status(), 403, "{origin}"),
            other => panic!("{origin}: {other:?}"),
        }
    }
    let plain = stand.ask(Method::GET, "/v1/live").send().await.unwrap();
    assert_eq!(plain.status(), 400);
}

#[tokio::test]
async fn what_one_proxy_changes_every_proxy_tells() {
    if !OVER_POSTGRES {
        return;
    }
    let stand = Stand::connected(quick()).await;
    let config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    let mut others = Vec::new();
    let mut listeners = vec![listen(&stand, None).await];
    for _ in 0..2 {
        let proxy = Proxy::start(&config, quick()).await.unwrap();
        let url = format!("http://{}", proxy.address());
        let mut listener = Listener::connect(&url, None, EXTENSION).await.unwrap();
        listener.hear().await.unwrap();
        listeners.push(listener);
        others.push(proxy);
    }
    send(&stand, 0..6).await;
    let told = listeners[0].changes(6).await;
    for listener in &mut listeners[1..] {
        assert_eq!(listener.changes(6).await, told);
    }
    for proxy in others {
        proxy.stop().await;
    }
}

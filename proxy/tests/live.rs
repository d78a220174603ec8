//! Changes, asked for and told live.

use crate::support::{EXTENSION, OVER_POSTGRES, Stand, live::Listener, person, quick, wait};
use atsi_proxy::{Proxy, Tuning, store::Expiry};
use reqwest::Method;
use serde_json::Value;
use std::{ops::Range, time::Duration};
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
async fn listener_hears_every_change_once_and_in_order() {
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
async fn listener_with_an_unknown_number_starts_over() {
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
async fn returning_listener_continues_unless_its_changes_were_pruned() {
    let mut stand = Stand::connected(quick()).await;
    send(&stand, 0..3).await;
    let asleep = listen(&stand, None).await;
    let before = asleep.next - 2;
    let last = asleep.next;
    asleep.leave().await;
    // A day later by the log: what was before has been deleted, and more happened. Times are whole
    // milliseconds, so some have to pass.
    wait::let_time_pass(Duration::from_millis(20)).await;
    let morning = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let morning = u64::try_from(morning.unwrap().as_millis()).unwrap();
    wait::let_time_pass(Duration::from_millis(20)).await;
    send(&stand, 3..6).await;
    stand.stop().await;
    let database = stand.at_rest();
    let store = database.open().await;
    let expiry = Expiry {
        changes: morning,
        ..Expiry::default()
    };
    assert_eq!(store.prune(expiry).await.unwrap().changes, 3);
    store.close().await;
    stand.begin().await;
    let mut awake = listen(&stand, Some(last)).await;
    assert_eq!(keys(&awake.changes(3).await), ["k-3", "k-4", "k-5"]);
    // Who slept for so long that its number is gone reads everything anew.
    let mut late = listen(&stand, Some(before)).await;
    let told = late.hear().await.unwrap();
    assert!(told.reset && told.changes.is_empty() && told.next == awake.next);
}

#[tokio::test]
async fn web_page_cannot_listen() {
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

/// Waits until the proxy holds so many live connections.
async fn holds(stand: &Stand, count: u32) {
    let wanted = format!("\natsi_live_connections {count}\n");
    wait::until(&format!("{count} live connections"), async || {
        let metrics = stand.ask(Method::GET, "/metrics").send().await.unwrap();
        let metrics = metrics.text().await.unwrap();
        if metrics.contains(&wanted) {
            return Ok(());
        }
        let line = |line: &&str| line.starts_with("atsi_live_connections");
        Err(metrics.lines().find(line).map(str::to_owned))
    })
    .await;
}

#[tokio::test]
async fn live_connections_are_limited_and_freed() {
    let stand = Stand::connected(Tuning {
        live_connections: 2,
        ..quick()
    })
    .await;
    let first = listen(&stand, None).await;
    let _second = listen(&stand, None).await;
    let refused = Listener::connect(&stand.url(""), None, EXTENSION).await;
    match refused.map(drop) {
        Err(Error::Http(answer)) => {
            assert_eq!(answer.status(), 503);
            let problem = String::from_utf8_lossy(answer.body().as_deref().unwrap()).into_owned();
            assert!(problem.contains("too_many_live"), "{problem}");
        }
        other => panic!("{other:?}"),
    }
    // Asking is always possible.
    assert_eq!(page(&stand, "").await["more"], false);
    first.leave().await;
    holds(&stand, 1).await;
    listen(&stand, None).await;
}

/// 20 MB of changes, more than any buffer on the way holds.
const MUCH: [&str; 2] = [
    "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2000)
     INSERT INTO send (company_id, idempotency_key, external_id, accepted_at, state, settled_at, candidate_id, profile_url)
     SELECT 1, 'much-' || n, 'much-' || n, 1, 'created', 1, 4000000000 + n,
            replace(replace(replace('..........', '.', '..........'), '.', '..........'), '.', '..........') FROM n",
    "UPDATE send SET application_id = 5000000000 + candidate_id WHERE idempotency_key LIKE 'much-%'",
];

/// A proxy with much to tell, and the number before it.
async fn with_much(tuning: Tuning) -> (Stand, u64) {
    let mut stand = Stand::connected(tuning).await;
    send(&stand, 0..1).await;
    let start = page(&stand, "").await["next"].as_u64().unwrap();
    stand.stop().await;
    let database = stand.at_rest();
    for sql in MUCH {
        database.execute(sql).await;
    }
    stand.begin().await;
    (stand, start)
}

#[tokio::test]
async fn slow_listener_is_cut_and_misses_nothing_on_return() {
    // However long it takes to read nothing, it is not that for which it is cut.
    let (stand, start) = with_much(Tuning {
        live_send_within: Duration::from_secs(3600),
        ..quick()
    })
    .await;
    let mut slow = Listener::connect(&stand.url(""), Some(start), EXTENSION)
        .await
        .unwrap();
    let mut quick = listen(&stand, None).await;
    // Each is a message of its own, as the next follows only when it was heard.
    for number in 1..80 {
        send(&stand, number..number + 1).await;
        quick.changes(1).await;
    }
    let mut heard = 0;
    let code = loop {
        match slow.hear().await {
            Ok(page) => heard += page.changes.len(),
            Err(code) => break code,
        }
    };
    assert_eq!(code, 4008);
    let mut slow = listen(&stand, Some(slow.next)).await;
    while slow.next < quick.next {
        heard += slow.hear().await.unwrap().changes.len();
    }
    assert_eq!(heard, 2000 + 79);
}

#[tokio::test]
async fn listener_that_reads_nothing_loses_its_place() {
    let (stand, start) = with_much(Tuning {
        live_send_within: Duration::from_millis(50),
        ..quick()
    })
    .await;
    let silent = Listener::connect(&stand.url(""), Some(start), EXTENSION)
        .await
        .unwrap();
    holds(&stand, 0).await;
    drop(silent);
}

#[tokio::test]
async fn change_at_one_proxy_is_announced_by_every_proxy() {
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

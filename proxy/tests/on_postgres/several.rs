//! Three proxies on one database: what they share, and one of them killed under load.

use crate::support::{
    self, EXTENSION, Fake, KEY, Stand, USER, person,
    process::{Process, client, command},
    records::{new_connection, new_send},
    wait::until,
};
use atsi_protocol::{Problem, ProblemCode, WaitReason};
use atsi_proxy::{
    Proxy, Tuning,
    config::DatabaseUrl,
    store::{LeaseLimits, PERSON, SendDecision, Settlement, Store},
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

const PEOPLE: usize = 120;

async fn start(folder: &Path, database: &str, greenhouse: &str) -> Process {
    let mut command = command(folder, greenhouse);
    command
        .env("ATSI_DATABASE_URL", database)
        .env("ATSI_LOG", "warn");
    Process::spawn(command, folder).await
}

#[tokio::test]
async fn proxy_killed_under_load_loses_and_doubles_nothing() {
    let database = support::postgres::database();
    let (fake, greenhouse) = Fake::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut proxies = Vec::new();
    for _ in 0..3 {
        proxies.push(start(folder.path(), &database, &greenhouse).await);
    }
    let http = client();
    let urls: Vec<String> = proxies.iter().map(|proxy| proxy.url.clone()).collect();
    let connected = http
        .put(format!("{}/v1/connection", urls[0]))
        .header("origin", EXTENSION)
        .json(&json!({"api_key": KEY, "service_user_email": USER}))
        .send()
        .await
        .unwrap();
    assert_eq!(connected.status(), 200);

    // Each person is sent through two proxies at once, under two keys.
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..PEOPLE {
        for twin in 0..2 {
            let request = http
                .post(format!("{}/v1/sends", urls[(number + twin) % 3]))
                .header("origin", EXTENSION)
                .header("idempotency-key", format!("k-{number}-{twin}"))
                .json(&person(&format!("person-{number}")));
            sending.spawn(async move {
                let answer = request.send().await.ok()?;
                Some((number, answer.status().as_u16()))
            });
        }
    }
    fake.arrived(8).await;
    proxies.remove(0).kill().await;
    let mut accepted = std::collections::BTreeSet::new();
    while let Some(answer) = sending.join_next().await {
        if let Some((number, status)) = answer.unwrap() {
            assert!(status == 200 || status == 202, "{status}");
            accepted.insert(number);
        }
    }
    assert!(accepted.len() > PEOPLE / 2);

    // What the dead one had dispatched becomes uncertain when its leases run out; the rest arrives.
    let settled = |send: &Value| send["state"] == "created" || send["state"] == "uncertain";
    for number in accepted {
        until(&format!("person-{number} to be settled"), async || {
            let body = json!({"external_ids": [format!("person-{number}")]});
            let request = http.post(format!("{}/v1/lookups", urls[1]));
            let answer = request
                .header("origin", EXTENSION)
                .json(&body)
                .send()
                .await
                .unwrap();
            let answer: Value = answer.json().await.unwrap();
            let send = &answer["candidates"][0]["send"];
            if settled(send) {
                Ok(())
            } else {
                Err(send.clone())
            }
        })
        .await;
    }
    let mut posts: BTreeMap<String, u32> = BTreeMap::new();
    for post in fake.script(|script| script.posts.clone()) {
        *posts
            .entry(post["external_id"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    assert!(posts.values().all(|&count| count == 1), "{posts:?}");
}

/// Three connected proxies in this process, over one database.
async fn three(tuning: Tuning) -> (Stand, Vec<Proxy>) {
    let stand = Stand::connected(tuning).await;
    let config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    let mut others = Vec::new();
    for _ in 0..2 {
        others.push(Proxy::start(&config, stand.tuning.clone()).await.unwrap());
    }
    (stand, others)
}

fn urls(stand: &Stand, others: &[Proxy]) -> Vec<String> {
    let others = others
        .iter()
        .map(|proxy| format!("http://{}", proxy.address()));
    std::iter::once(stand.url("")).chain(others).collect()
}

#[tokio::test]
async fn outcome_reaches_requests_at_other_proxies() {
    // Whoever waits reads again when told of a change, and otherwise only after this long: an answer
    // that comes at all was told of.
    let tuning = Tuning {
        answer_within: Duration::from_secs(3600),
        ..support::quick()
    };
    let (mut stand, others) = three(tuning).await;
    let urls = urls(&stand, &others);
    let ask = |method: Method, url: &str, path: String| {
        let request = stand.http.request(method, format!("{url}{path}"));
        request.header("origin", EXTENSION)
    };
    let post = |url: &str, key: &str| {
        ask(Method::POST, url, "/v1/sends".to_owned())
            .header("idempotency-key", key)
            .json(&person("person-1"))
    };
    stand.fake.hold();
    let mut waiting = vec![tokio::spawn(post(&urls[0], "k").send())];
    stand.fake.arrived(1).await;
    // At the others: the same request once more, and a colleague's for the same person.
    for url in &urls[1..] {
        waiting.push(tokio::spawn(post(url, "k").send()));
        let colleague = format!("colleague-at-{url}").replace([':', '/'], "-");
        waiting.push(tokio::spawn(post(url, &colleague).send()));
        until(&format!("{colleague} to be known"), async || {
            // Asked at the proxy that has seen neither: the claim is in the database.
            let path = format!("/v1/sends/{colleague}");
            let answer = ask(Method::GET, &urls[0], path).send().await.unwrap();
            if answer.status() == 200 {
                let send: Value = answer.json().await.unwrap();
                assert_eq!(send["state"], "waiting", "{send}");
                Ok(())
            } else {
                Err(answer.status())
            }
        })
        .await;
    }
    stand.fake.let_go(1);
    let mut states = Vec::new();
    for answer in waiting {
        let answer = answer.await.unwrap().unwrap();
        assert_eq!(answer.status(), 200);
        let send: Value = answer.json().await.unwrap();
        assert_eq!(send["candidate_id"], 4_100_001_002_u64, "{send}");
        states.push(send["state"].as_str().unwrap().to_owned());
    }
    assert_eq!(
        states,
        ["created", "created", "existing", "created", "existing"]
    );
    assert_eq!(stand.fake.posts(), 1);
    for proxy in others {
        proxy.stop().await;
    }
    stand.stop().await;
}

#[tokio::test]
async fn turns_of_several_proxies_are_handed_out_once() {
    const BURST: u32 = 5;
    const EACH: u32 = 20;
    const HOUR: Duration = Duration::from_secs(3600);
    // With a company in it, and nobody at work.
    let mut stand = Stand::connected(support::quick()).await;
    stand.stop().await;
    let database = stand.at_rest();
    database.execute("DELETE FROM rate").await;
    let company = 1;
    let mut taking = tokio::task::JoinSet::new();
    for _ in 0..3 {
        let store: Arc<dyn Store> = Arc::from(database.open().await);
        for _ in 0..EACH {
            let store = Arc::clone(&store);
            taking.spawn(async move { store.take_turn(company, HOUR, BURST).await.unwrap() });
        }
    }
    let mut waits: Vec<Duration> = taking
        .join_all()
        .await
        .into_iter()
        .map(Option::unwrap)
        .collect();
    waits.sort();
    // The n-th place is n hours away, less what this test took.
    let places: Vec<u64> = waits
        .iter()
        .map(|wait| wait.as_secs().div_ceil(HOUR.as_secs()))
        .collect();
    let expected: Vec<u64> = (0..u64::from(3 * EACH))
        .map(|n| (n + 1).saturating_sub(u64::from(BURST)))
        .collect();
    assert_eq!(places, expected);
}

#[tokio::test]
async fn three_proxies_share_the_rate_of_one() {
    const RATE: u32 = 20;
    const SENDS: u32 = 60;
    let tuning = Tuning {
        calls_per_second: RATE,
        in_flight_per_company: SENDS,
        in_flight: SENDS,
        // However slow the machine is, each request waits for its outcome.
        answer_within: Duration::from_secs(3600),
        ..support::quick()
    };
    let (mut stand, others) = three(tuning).await;
    let urls = urls(&stand, &others);
    let begin = std::time::Instant::now();
    let mut sending = tokio::task::JoinSet::new();
    for number in 0..SENDS {
        let request = stand
            .http
            .post(format!("{}/v1/sends", urls[number as usize % 3]))
            .header("origin", EXTENSION)
            .header("idempotency-key", format!("k-{number}"))
            .json(&person(&format!("person-{number}")));
        sending.spawn(async move { request.send().await.unwrap().status() });
    }
    // A bound from below, which a slow machine keeps all the better.
    for number in 1..=SENDS {
        stand.fake.arrived(1).await;
        let earliest = Duration::from_secs(1) * number.saturating_sub(RATE + 1) / RATE;
        assert!(begin.elapsed() >= earliest, "call {number}");
    }
    assert!(sending.join_all().await.iter().all(|&status| status == 200));
    for proxy in others {
        proxy.stop().await;
    }
    stand.stop().await;
}

#[tokio::test]
async fn member_removed_through_one_proxy_is_out_at_the_others_at_once() {
    use support::{
        company::{Person, office},
        live::Listener,
    };
    let mut stand = office().await;
    if stand.database.starts_with("sqlite") {
        return;
    }
    let ada = stand.sign_in("ada@kiln.example").await;
    let noor: Person = stand.sign_in("noor@kiln.example").await;
    let mut config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    (stand.adjust)(&mut config, stand.folder.path());
    let other = Proxy::start(&config, stand.tuning.clone()).await.unwrap();
    let mut listener = Listener::connect_as(&other.url(), None, EXTENSION, Some(&noor.token))
        .await
        .unwrap();
    listener.hear().await.unwrap();
    let path = format!("/v1/members/{}", noor.id());
    assert_eq!(stand.delete_as(&ada, &path).await.0, 200);
    assert_eq!(listener.hear().await.unwrap_err(), 4001);
    let request = stand.http.get(format!("{}/v1/me", other.url()));
    let answer = request.bearer_auth(&noor.token).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    other.stop().await;
    stand.stop().await;
}

/// A restart that takes longer than the listeners try to come back.
#[tokio::test]
async fn proxies_hear_each_other_again_after_the_database_was_away() {
    let (mut stand, others) = three(support::quick()).await;
    let Ok(DatabaseUrl::Postgres(options)) = stand.database.parse() else {
        return;
    };
    let name = options.get_database().unwrap().to_owned();
    let options = options.database("postgres");
    let mut server = PgConnection::connect_with(&options).await.unwrap();
    until_listening(&mut server, &name, 3).await;
    for allowed in [false, true] {
        let sql = format!("ALTER DATABASE {name} ALLOW_CONNECTIONS {allowed}");
        server.execute(AssertSqlSafe(sql)).await.unwrap();
        if allowed {
            break;
        }
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        let end = sqlx::query(end).bind(&name).execute(&mut server);
        end.await.unwrap();
        for url in urls(&stand, &others) {
            until("a proxy without its database to be not ready", async || {
                let asked = stand.http.get(format!("{url}/readyz")).send();
                match asked.await.unwrap().status().as_u16() {
                    503 => Ok(()),
                    other => Err(other),
                }
            })
            .await;
        }
    }
    until_listening(&mut server, &name, 3).await;
    for proxy in others {
        proxy.stop().await;
    }
    stand.stop().await;
}

async fn until_listening(server: &mut PgConnection, database: &str, count: i64) {
    until(&format!("{count} proxies to listen"), async || {
        let listening: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = $1 AND query LIKE 'LISTEN%'",
        )
        .bind(database)
        .fetch_one(&mut *server)
        .await
        .unwrap();
        if listening == count {
            Ok(())
        } else {
            Err(listening)
        }
    })
    .await;
}

/// An answer that comes late and a person's decision about the same send wait for each other, and not
/// in a circle.
#[tokio::test]
async fn late_answer_and_decision_do_not_deadlock() {
    const COMPANY: i64 = 1;
    const LEASE: Duration = Duration::from_millis(1_000);
    let database = support::Database::new().await;
    let store = database.open().await;
    let mut now = 1_000_000;
    store.personal_company(now).await.unwrap();
    let connection = new_connection();
    let connected = store.put_connection(COMPANY, connection, PERSON, now);
    connected.await.unwrap();
    let limits = LeaseLimits {
        total: 9,
        per_company: 9,
    };
    for number in 0..20 {
        let key = format!("k-{number}");
        let new = new_send(key.clone(), format!("person-{number}"));
        store.accept(COMPANY, new, now).await.unwrap();
        let leased = store.lease("w", limits, now, LEASE).await.unwrap();
        assert!(store.dispatch(&leased[0], now).await.unwrap());
        now += 2_000;
        assert_eq!(store.mark_lost_sends_uncertain(now).await.unwrap(), 1);
        let busy = Settlement::Pause {
            reason: WaitReason::GreenhouseBusy,
            until: now + 1,
        };
        let (settled, decided) = futures_util::future::join(
            store.settle(&leased[0], busy, now),
            store.decide(COMPANY, &key, SendDecision::SendAgain, PERSON, now),
        )
        .await;
        settled.unwrap();
        decided.unwrap();
        now += 2_000;
        // A decision that came too late may hold it for a moment.
        let leased = until("the send to be leased", async || {
            let mut leased = store.lease("w", limits, now, LEASE).await.unwrap();
            leased.pop().ok_or(())
        })
        .await;
        assert!(store.dispatch(&leased, now).await.unwrap());
        let problem = Problem::new(ProblemCode::GreenhouseRefused);
        let refused = store.settle(&leased, Settlement::Refused(problem), now);
        assert!(refused.await.unwrap());
    }
    store.close().await;
}

//! The proxy's figures under load: the real binary, over real databases that sync to the disk, with
//! the clients on the same machine. Prints a JSON array; each part takes less than a minute. Names of
//! parts (`sends`, `look-ups`, `web-hooks`, `live`, `applications`, `polls`) measure these alone.
//!
//! `cargo bench -p atsi-proxy --bench proxy -- fill DATABASE COUNT` only fills an SQLite database that
//! the proxy has made, for measurements in the browser.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a measurement that cannot be made fails by panicking"
)]

#[path = "../tests/support/mod.rs"]
mod support;

use atsi_protocol::{ApplicationStatus, CandidateStatus, StatusRoute};
use atsi_proxy::{
    poll_plan::{self, Looked, Pace, Plan, Scheduled},
    store::{NewConnection, PERSON, PollClaim, PollTurn, SqlStore, Store},
};
use atsi_sandbox::greenhouse::{
    seed::{INGESTION_KEY, SERVICE_USER},
    webhooks::signature,
};
use rand::RngExt;
use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, Executor,
    postgres::PgConnectOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};
use std::{
    collections::HashMap,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use support::{
    EXTENSION, Fake, KEY, Reply, USER,
    live::Listener,
    person,
    process::{Process, ask, client, command},
};
use tokio::task::JoinSet;

const FOR: Duration = Duration::from_secs(6);
const SENDERS: usize = 32;
const ASKERS: usize = 4;
const DELIVERERS: usize = 1000;
const LISTENERS: usize = 5000;
const ASKED: usize = 100;
const APPLICANTS: usize = 200;

/// What `figure` of tests/bench/figures.js takes.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    most: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    most_ratio: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    least_ratio: Option<f64>,
}

#[tokio::main]
async fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let names: Vec<&String> = wanted.iter().filter(|arg| !arg.starts_with('-')).collect();
    let is_wanted = |name: &str| names.is_empty() || names.iter().any(|wanted| *wanted == name);
    let mut arguments = std::env::args()
        .skip_while(|argument| argument != "fill")
        .skip(1);
    if let (Some(database), Some(count)) = (arguments.next(), arguments.next()) {
        return fill(Path::new(&database), 0, count.parse().unwrap()).await;
    }
    let mut figures = Vec::new();
    if is_wanted("sends") {
        figures.push(sends_sqlite().await);
        if support::postgres::programs().is_some() {
            let database = support::postgres::durable_database();
            figures.push(sends_postgres(&database).await);
        }
    }
    if is_wanted("look-ups") {
        figures.extend(look_ups().await);
    }
    if is_wanted("web-hooks") {
        figures.extend(web_hooks().await);
    }
    if is_wanted("live") {
        figures.extend(live_connections().await);
    }
    if is_wanted("applications") {
        figures.extend(applications().await);
    }
    if is_wanted("polls") {
        figures.extend(polls().await);
    }
    println!("{}", serde_json::to_string(&figures).unwrap());
}

async fn start(folder: &Path, database: &str, greenhouse: &str) -> Process {
    let mut command = command(folder, greenhouse);
    command
        .env("ATSI_DATABASE_URL", database)
        .env("ATSI_LOG", "warn");
    Process::spawn(command, folder).await
}

async fn connect(http: &reqwest::Client, proxy: &Process) {
    let request = http.put(format!("{}/v1/connection", proxy.url));
    let key = json!({"api_key": KEY, "service_user_email": USER});
    let said = ask(http, request.json(&key)).await;
    assert_eq!(said["state"], "active", "{said}");
}

/// A connected proxy on SQLite.
async fn connected(folder: &Path, greenhouse: &str) -> (Process, reqwest::Client) {
    let database = format!("sqlite://{}", folder.join("atsi.db").display());
    let proxy = start(folder, &database, greenhouse).await;
    let http = client();
    connect(&http, &proxy).await;
    (proxy, http)
}

/// Clients that ask again as soon as they are answered, for [`FOR`]: how many answers a second, and
/// how long each took, sorted.
async fn load<F: Future<Output = ()> + Send>(
    clients: usize,
    one: impl Fn(usize) -> F + Clone + Send + 'static,
) -> (f64, Vec<Duration>) {
    let started = Instant::now();
    let mut running = JoinSet::new();
    for number in 0..clients {
        let one = one.clone();
        running.spawn(async move {
            let mut took = Vec::new();
            while started.elapsed() < FOR {
                let asked = Instant::now();
                one(number).await;
                took.push(asked.elapsed());
            }
            took
        });
    }
    let mut took: Vec<Duration> = running.join_all().await.into_iter().flatten().collect();
    let rate = took.len() as f64 / started.elapsed().as_secs_f64();
    took.sort_unstable();
    (rate, took)
}

fn quantile(sorted: &[Duration], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted[rank.max(1) - 1].as_secs_f64() * 1000.0
}

/// Sends accepted a second while Greenhouse is left alone, so that nothing else is at work.
async fn sends(folder: &Path, database: &str) -> f64 {
    let (fake, greenhouse) = Fake::start().await;
    let proxy = start(folder, database, &greenhouse).await;
    let http = client();
    connect(&http, &proxy).await;
    fake.next(Reply::Throttle(&[("retry-after", "3600")]));
    let url: Arc<str> = format!("{}/v1/sends", proxy.url).into();
    let numbers = Arc::new(AtomicU64::new(0));
    let send = {
        let http = http.clone();
        move |_| {
            let (http, url, numbers) = (http.clone(), Arc::clone(&url), Arc::clone(&numbers));
            async move {
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                let request = http
                    .post(&*url)
                    .header("origin", EXTENSION)
                    .header("idempotency-key", format!("bench-{number}"))
                    .json(&person(&format!("person-{number}")));
                let answer = request.send().await.unwrap();
                assert_eq!(answer.status(), 202);
                answer.bytes().await.unwrap();
            }
        }
    };
    // The first finds out that Greenhouse is busy.
    send(0).await;
    let (rate, _) = load(SENDERS, send).await;
    proxy.terminate().await;
    rate
}

const BARE: &str =
    "DROP TABLE IF EXISTS bare; CREATE TABLE bare (id BIGINT PRIMARY KEY, body VARCHAR NOT NULL)";
const INSERT: &str = "INSERT INTO bare (id, body) VALUES ($1, $2)";

/// Commits of one row a second, one after the other over one connection of the same driver.
macro_rules! bare_commits {
    ($connection:expr) => {{
        let mut connection = $connection;
        connection.execute(BARE).await.unwrap();
        let body = "x".repeat(400);
        let started = Instant::now();
        let mut rows = 0_i64;
        while started.elapsed() < FOR {
            let row = sqlx::query(INSERT).bind(rows).bind(&body);
            row.execute(&mut connection).await.unwrap();
            rows += 1;
        }
        let rate = rows as f64 / started.elapsed().as_secs_f64();
        connection.close().await.unwrap();
        rate
    }};
}

/// What else the disk does changes by the minute, so the baseline is taken before and after.
fn sends_figure(database: &str, value: f64, before: f64, after: f64) -> Figure {
    Figure {
        name: format!("durable sends accepted, {database}; baseline: bare commits"),
        value,
        unit: "/s",
        baseline: Some(f64::midpoint(before, after)),
        least_ratio: Some(0.5),
        ..Figure::default()
    }
}

async fn sends_sqlite() -> Figure {
    let folder = tempfile::tempdir().unwrap();
    let bare = SqliteConnectOptions::new()
        .filename(folder.path().join("bare.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let before = bare_commits!(bare.clone().connect().await.unwrap());
    let database = format!("sqlite://{}", folder.path().join("atsi.db").display());
    let rate = sends(folder.path(), &database).await;
    let after = bare_commits!(bare.connect().await.unwrap());
    sends_figure("SQLite", rate, before, after)
}

async fn sends_postgres(database: &str) -> Figure {
    let folder = tempfile::tempdir().unwrap();
    let options: PgConnectOptions = database.parse().unwrap();
    let before = bare_commits!(options.clone().connect().await.unwrap());
    let rate = sends(folder.path(), database).await;
    let after = bare_commits!(options.connect().await.unwrap());
    sends_figure("PostgreSQL", rate, before, after)
}

/// Everybody is in Greenhouse with one application.
async fn fill(database: &Path, from: u64, to: u64) {
    let options = SqliteConnectOptions::new().filename(database);
    let mut connection = options.connect().await.unwrap();
    let numbers = format!(
        "WITH RECURSIVE n (n) AS (SELECT {} UNION ALL SELECT n + 1 FROM n WHERE n < {to})",
        from + 1
    );
    let mut tx = connection.begin().await.unwrap();
    for statement in [
        "INSERT INTO send (id, company_id, idempotency_key, external_id, accepted_at, state, settled_at,
                           candidate_id, application_id, profile_url)
         SELECT n, 1, 'key-' || n, 'person-' || n, 1, 'created', 1, 4000000000 + n, 5000000000 + n,
                'https://app.greenhouse.io/people/' || (4000000000 + n) FROM n",
        "INSERT INTO idempotency (company_id, idempotency_key, request_fingerprint, send_id, accepted_at)
         SELECT 1, 'key-' || n, zeroblob(32), n, 1 FROM n",
        "INSERT INTO claim (company_id, external_id, job_id, send_id) SELECT 1, 'person-' || n, 0, n FROM n",
        "INSERT INTO status (company_id, candidate_id, readable, read_at) SELECT 1, 4000000000 + n, 1, 1 FROM n",
        "INSERT INTO poll (company_id, candidate_id, asked_at, due_at, changed_at)
         SELECT 1, 4000000000 + n, 1800000000000, 1800000000000 + abs(random()) % 86400000, 1795000000000 FROM n",
        "INSERT INTO application (company_id, application_id, candidate_id, job, status, stage, as_of, rank, digest)
         SELECT 1, 5000000000 + n, 4000000000 + n, 'Kiln engineer', 'active', 'Phone Interview', 1, 0, 0 FROM n",
    ] {
        let statement = AssertSqlSafe(format!("{numbers} {statement}"));
        tx.execute(statement).await.unwrap();
    }
    tx.commit().await.unwrap();
    connection.close().await.unwrap();
}

async fn look_ups() -> Vec<Figure> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("atsi.db");
    let database = format!("sqlite://{}", file.display());
    let (_fake, greenhouse) = Fake::start().await;
    let http = client();
    // Makes the tables.
    let first = start(folder.path(), &database, &greenhouse).await;
    connect(&http, &first).await;
    first.terminate().await;
    let mut figures: Vec<Figure> = Vec::new();
    let mut filled = 0;
    let mut baseline = None;
    for (stored, shown) in [
        (10_000, "10 thousand"),
        (100_000, "100 thousand"),
        (1_000_000, "1 million"),
    ] {
        fill(&file, filled, stored).await;
        filled = stored;
        let proxy = start(folder.path(), &database, &greenhouse).await;
        let url: Arc<str> = format!("{}/v1/lookups", proxy.url).into();
        let http = http.clone();
        let (rate, took) = load(ASKERS, move |_| {
            let (http, url) = (http.clone(), Arc::clone(&url));
            let ids: Vec<String> = (0..ASKED)
                .map(|_| format!("person-{}", rand::rng().random_range(1..=stored)))
                .collect();
            async move {
                let request = http.post(&*url).json(&json!({"external_ids": ids}));
                let answer = ask(&http, request).await;
                let found = answer["candidates"].as_array().unwrap();
                assert!(found.len() > ASKED / 2, "{answer}");
            }
        })
        .await;
        figures.push(Figure {
            name: format!("look-ups of {ASKED} candidates, {shown} stored"),
            value: rate,
            unit: "/s",
            ..Figure::default()
        });
        let p99 = quantile(&took, 0.99);
        figures.push(Figure {
            name: format!("look-up of {ASKED} candidates, {shown} stored, p99"),
            value: p99,
            unit: "ms",
            baseline,
            most_ratio: (stored == 1_000_000).then_some(1.3),
            ..Figure::default()
        });
        baseline = baseline.or(Some(p99));
        figures.push(Figure {
            name: format!("resident memory, {shown} stored"),
            value: resident_mb(proxy.id()),
            unit: "MB",
            most: (stored == 1_000_000).then_some(100.0),
            ..Figure::default()
        });
        proxy.terminate().await;
    }
    figures
}

const HOUR: u64 = 60 * 60 * 1000;
/// The clock of [`polls`] begins here.
const BEGIN: u64 = 1_800_000_000_000;

/// Requests to Greenhouse in an hour: the real schedule over the real database, with a clock of its own
/// and a Greenhouse that answers at once. Nobody changed for two months, but for one in a hundred each day.
async fn polls() -> Vec<Figure> {
    let mut figures = Vec::new();
    for (stored, shown) in [(10, "10"), (1_000, "1,000"), (20_000, "20,000")] {
        for (on_screen, looking) in [(0, "nobody"), (10, "10 people")] {
            figures.push(Figure {
                name: format!(
                    "requests to Greenhouse an hour, {shown} candidates, {looking} on a screen"
                ),
                value: polls_an_hour(stored, on_screen).await,
                unit: "/h",
                ..Figure::default()
            });
        }
    }
    figures
}

async fn polls_an_hour(stored: u64, on_screen: u64) -> f64 {
    const WARM: u64 = 2 * HOUR;
    const MEASURED: u64 = 4 * HOUR;
    const PACE: Pace = Pace {
        looked_at: 30_000,
        others: 15 * 60_000,
        hooks: false,
    };
    // Counted, not timed: nothing here waits for a disk where there is memory to use instead.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    };
    let file = folder.path().join("atsi.db");
    let store: Box<dyn Store> = Box::new(SqlStore::open_sqlite(&file).await.unwrap());
    let company = store.personal_company(BEGIN).await.unwrap();
    let connection = NewConnection {
        sealed_key: vec![1],
        masked_key: String::new(),
        service_user: USER.to_owned(),
        account_name: None,
        connected_by: None,
    };
    store
        .put_connection(company, connection, PERSON, BEGIN)
        .await
        .unwrap();
    fill(&file, 0, stored).await;
    let screen: Vec<String> = (1..=on_screen).map(|n| format!("person-{n}")).collect();
    let (mut now, mut asked, mut changed) = (BEGIN, 0_u32, 0);
    while now < BEGIN + WARM + MEASURED {
        let polls = store.poll_schedule(company, &screen).await.unwrap();
        let look = |(_, scheduled): &(String, Scheduled)| Looked {
            scheduled: *scheduled,
            since: now,
        };
        let looked: Vec<Looked> = polls.watched.iter().map(look).collect();
        match poll_plan::plan(PACE, &looked, &polls.soonest, now) {
            Plan::Wait(until) => now = until.unwrap().min(now + 30_000),
            Plan::Ask {
                candidates,
                looked_at,
            } => {
                let ids: Vec<u64> = candidates.iter().map(|one| one.candidate_id).collect();
                let latest = candidates.iter().map(|one| one.asked_at).max().unwrap();
                let turn = PollTurn {
                    looked_at,
                    pause: 2_000,
                    pause_of_others: 12_000,
                    again_at: now + PACE.others,
                };
                let claim = store.claim_polls(company, &ids, latest, turn, now).await;
                let ids = match claim.unwrap() {
                    PollClaim::Claimed(ids) => ids,
                    PollClaim::NotBefore(until) => {
                        now = until;
                        continue;
                    }
                };
                asked += u32::from(now >= BEGIN + WARM);
                // As many as changed since the last read.
                let due = (now - BEGIN) * stored / 100 / (24 * HOUR);
                let status = |id: u64, stage: Option<String>| {
                    let application = ApplicationStatus {
                        application_id: 1_000_000_000 + id,
                        job: Some("Kiln engineer".to_owned()),
                        status: "active".to_owned(),
                        stage,
                        pool: None,
                        since: None,
                    };
                    let status = CandidateStatus {
                        read_at: now,
                        route: None,
                        readable: true,
                        merged: false,
                        applications: vec![application],
                    };
                    (id, status)
                };
                let statuses: Vec<(u64, CandidateStatus)> = ids
                    .iter()
                    .map(|&id| {
                        let moves = changed < due;
                        changed += u64::from(moves);
                        let stage = if moves {
                            format!("Stage {changed}")
                        } else {
                            "Phone Interview".to_owned()
                        };
                        status(id, Some(stage))
                    })
                    .collect();
                store
                    .put_statuses(company, &ids, &statuses, StatusRoute::Asked, PACE, now)
                    .await
                    .unwrap();
            }
        }
    }
    store.close().await;
    f64::from(asked) / (MEASURED / HOUR) as f64
}

fn resident_mb(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    let kilobytes: f64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes / 1024.0
}

/// A thousand connections, each with a web hook under way at all times.
async fn web_hooks() -> Vec<Figure> {
    let folder = tempfile::tempdir().unwrap();
    let (_fake, greenhouse) = Fake::start().await;
    let (proxy, http) = connected(folder.path(), &greenhouse).await;
    let request = http.post(format!("{}/v1/hooks/secret", proxy.url));
    let made: Value = ask(&http, request.json(&json!({}))).await;
    let text = |name: &str| -> Arc<str> { made[name].as_str().unwrap().into() };
    let (url, secret) = (text("url"), text("secret"));
    let numbers = Arc::new(AtomicU64::new(0));
    let (rate, took) = load(DELIVERERS, move |_| {
        let (http, url, secret) = (http.clone(), Arc::clone(&url), Arc::clone(&secret));
        let number = numbers.fetch_add(1, Ordering::Relaxed);
        async move {
            let body = stage_change(number).to_string();
            let request = http
                .post(&*url)
                .header("signature", signature(&secret, body.as_bytes()).unwrap())
                .header("greenhouse-event-id", number.to_string())
                .body(body);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.bytes().await.unwrap();
        }
    })
    .await;
    proxy.terminate().await;
    vec![
        Figure {
            name: format!("web hooks accepted, {DELIVERERS} connections, SQLite"),
            value: rate,
            unit: "/s",
            ..Figure::default()
        },
        Figure {
            name: format!("web hook, {DELIVERERS} connections, SQLite, p99"),
            value: quantile(&took, 0.99),
            unit: "ms",
            ..Figure::default()
        },
    ]
}

/// Applications that arrive at once, at the rate that Greenhouse gets by default, with the proxy
/// killed twice on the way.
async fn applications() -> Vec<Figure> {
    let sandbox = support::sandbox::sandbox().await;
    let greenhouse = format!("http://{}/v1/partner", sandbox.http);
    let made = support::sandbox::control(
        &sandbox,
        Method::POST,
        "/greenhouse/jobs",
        json!({"name": "Kiln engineer"}),
    );
    let job = made.await["id"].clone();
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}", folder.path().join("atsi.db").display());
    let mut proxy = start(folder.path(), &database, &greenhouse).await;
    let http = client();
    let key = json!({"api_key": INGESTION_KEY, "service_user_email": SERVICE_USER});
    let request = http.put(format!("{}/v1/connection", proxy.url)).json(&key);
    assert_eq!(ask(&http, request).await["state"], "active");
    // By person, how often they are in Greenhouse.
    let there = || {
        let world = sandbox.sandbox.world();
        let mut there = HashMap::<String, usize>::new();
        for candidate in world.greenhouse.candidates.values() {
            let id = candidate.external_id.as_deref().unwrap_or_default();
            if id.starts_with("applicant-") {
                *there.entry(id.to_owned()).or_default() += 1;
            }
        }
        there
    };
    let jopwell_job = json!({"id": "/jobs/kiln-engineer", "title": "Kiln engineer"});
    let link = json!({
        "jopwell_job": jopwell_job, "greenhouse_job_id": job, "applications": "on",
    });
    let request = http.put(format!("{}/v1/job-links", proxy.url)).json(&link);
    let linked = ask(&http, request).await;
    assert_eq!(linked["applications"], "on", "{linked}");

    let started = Instant::now();
    for number in 0..APPLICANTS {
        let mut body = person(&format!("applicant-{number}"));
        body["jopwell_job"] = jopwell_job.clone();
        let request = http.post(format!("{}/v1/applications", proxy.url));
        let request = request.header("idempotency-key", format!("bench-{number}"));
        let taken = ask(&http, request.json(&body)).await;
        assert_eq!(
            taken["external_id"],
            format!("applicant-{number}"),
            "{taken}"
        );
    }
    for share in [3, 2] {
        while there().len() < APPLICANTS / share {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        proxy.kill().await;
        proxy = start(folder.path(), &database, &greenhouse).await;
    }
    let (mut created, mut uncertain) = (Vec::new(), 0);
    for number in 0..APPLICANTS {
        let url = format!("{}/v1/applications/bench-{number}", proxy.url);
        loop {
            let application = ask(&http, http.get(&url)).await;
            match application["state"].as_str().unwrap() {
                "created" => created.push(format!("applicant-{number}")),
                // Greenhouse had the request when the proxy died, so a person decides.
                "uncertain" => uncertain += 1,
                _ => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            }
            break;
        }
    }
    let took = started.elapsed().as_secs_f64();
    proxy.terminate().await;
    let there = there();
    assert!(created.len() + uncertain == APPLICANTS && uncertain <= 8);
    let lost = created.iter().filter(|id| !there.contains_key(*id)).count();
    let twice = there.values().filter(|count| **count > 1).count();
    let rate = atsi_proxy::Tuning::default().calls_per_second;
    vec![
        Figure {
            name: format!(
                "{APPLICANTS} applications at once, proxy killed twice; baseline: {rate} requests a second"
            ),
            value: took,
            unit: "s",
            baseline: Some(APPLICANTS as f64 / f64::from(rate)),
            most_ratio: Some(1.05),
            ..Figure::default()
        },
        Figure {
            name: "of these lost, or made twice".to_owned(),
            value: (lost + twice) as f64,
            most: Some(0.0),
            ..Figure::default()
        },
        Figure {
            name: "of these for a person to look up, as Greenhouse had them when the proxy died"
                .to_owned(),
            value: uncertain as f64,
            ..Figure::default()
        },
    ]
}

fn stage_change(number: u64) -> Value {
    json!({"action": "candidate_stage_change", "payload": {"application": {
        "id": 5_000_000_000_u64 + number, "rejected_at": null, "prospect": false, "status": "active",
        "applied_at": "2026-11-20T10:00:00.000Z", "last_activity_at": "2026-11-24T10:00:00.000Z",
        "url": format!("https://app.greenhouse.io/people/{}?application_id={}", 4_000_000_000_u64 + number, 5_000_000_000_u64 + number),
        "source": {"id": 1, "name": "Jopwell"}, "credited_to": null, "rejection_reason": null,
        "current_stage": {"id": 2, "name": "Phone Interview", "interviews": []}, "custom_fields": {},
        "candidate": {
            "id": 4_000_000_000_u64 + number, "first_name": "Imani", "last_name": "Brooks",
            "created_at": "2026-11-20T10:00:00.000Z", "external_id": format!("person-{number}"),
            "phone_numbers": [], "email_addresses": [], "tags": [], "custom_fields": {}
        },
        "jobs": [{"id": 3, "name": "Kiln engineer", "status": "open"}]
    }}})
}

/// Everybody listens to one company, and then something changes. Both processes need as many open
/// files as there are listeners (`ulimit -n`).
async fn live_connections() -> Vec<Figure> {
    let folder = tempfile::tempdir().unwrap();
    let (_fake, greenhouse) = Fake::start().await;
    let (proxy, http) = connected(folder.path(), &greenhouse).await;
    let before = resident_mb(proxy.id());
    let mut listeners = Vec::new();
    for _ in 0..LISTENERS {
        let mut listener = Listener::connect(&proxy.url, None, EXTENSION)
            .await
            .unwrap();
        listener.hear().await.unwrap();
        listeners.push(listener);
    }
    let held = resident_mb(proxy.id());
    let mut hearing = JoinSet::new();
    for mut listener in listeners {
        hearing.spawn(async move {
            let told = listener.changes(1).await;
            assert_eq!(told[0].1, "k");
            (Instant::now(), listener)
        });
    }
    let request = http.post(format!("{}/v1/sends", proxy.url));
    let request = request.header("idempotency-key", "k").json(&person("p"));
    let send = ask(&http, request).await;
    assert_eq!(send["state"], "created", "{send}");
    let settled = Instant::now();
    let heard = hearing.join_all().await;
    let last = heard.iter().map(|(at, _)| *at).max().unwrap();
    proxy.terminate().await;
    vec![
        Figure {
            name: format!("memory for each of {LISTENERS} live connections"),
            value: (held - before) * 1024.0 / LISTENERS as f64,
            unit: "KB",
            ..Figure::default()
        },
        Figure {
            name: format!("a send settled, until the last of {LISTENERS} listeners heard of it"),
            value: last.saturating_duration_since(settled).as_secs_f64() * 1000.0,
            unit: "ms",
            ..Figure::default()
        },
    ]
}

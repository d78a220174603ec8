//! What an operator does: rotate the master key, back up, restore; and what leaves by itself.

use crate::support::{self, OVER_POSTGRES, Reply, Stand, person, quick};
use atsi_proxy::{
    audit,
    config::DatabaseUrl,
    erase, export, rotate_master_key,
    store::{Expiry, Pruned},
};
use axum::http::StatusCode;
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// One send is in Greenhouse; another waits because its connection broke.
async fn busy() -> Stand {
    let stand = Stand::connected(quick()).await;
    assert_eq!(
        stand.send("k-1", &person("imani-7")).await.1["state"],
        "created"
    );
    stand.fake.script(|script| script.keys.clear());
    let waits = stand.send("k-2", &person("noor-3")).await.1;
    assert_eq!(waits["reason"], "connection_broken", "{waits}");
    let (status, _) = stand
        .json(
            stand
                .ask(reqwest::Method::POST, "/v1/hooks/secret")
                .json(&json!({})),
        )
        .await;
    assert_eq!(status, 200);
    stand
}

fn key_file(stand: &Stand) -> PathBuf {
    stand.folder.path().join("atsi.key")
}

async fn repaired(stand: &Stand) {
    stand
        .fake
        .script(|script| script.keys = vec![support::BASIC]);
    let (_, body) = stand.connect(support::KEY, support::USER).await;
    assert_eq!(body["state"], "active", "{body}");
}

#[tokio::test]
async fn after_a_rotation_everything_opens_with_the_new_key_alone() {
    let mut stand = busy().await;
    stand.stop().await;
    let old = std::fs::read(key_file(&stand)).unwrap();
    let config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    // The check, the API key, the secret of the web hooks and one profile.
    assert_eq!(rotate_master_key(&config).await.unwrap(), 4);
    assert_ne!(std::fs::read(key_file(&stand)).unwrap(), old);
    stand.begin().await;
    repaired(&stand).await;
    stand.until("k-2", "created").await;
    assert_eq!(
        stand.fake.posts(),
        3,
        "the refused one and one for each person"
    );
    stand.stop().await;

    std::fs::write(key_file(&stand), old).unwrap();
    let error = atsi_proxy::Proxy::start(&config, quick())
        .await
        .err()
        .unwrap();
    assert!(
        error.to_string().contains("a master key other than"),
        "{error}"
    );
}

#[tokio::test]
async fn a_rotation_cut_off_anywhere_is_made_good_at_the_next_start() {
    let mut stand = busy().await;
    stand.stop().await;
    let config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    let key = key_file(&stand);
    let next = stand.folder.path().join("atsi.key.next");
    let old = std::fs::read(&key).unwrap();

    // While the new key was written: the old one serves, and another rotation writes it anew.
    std::fs::copy(&key, &next).unwrap();
    std::fs::write(&next, b"half").unwrap();
    stand.begin().await;
    stand.stop().await;
    assert_eq!(std::fs::read(&key).unwrap(), old);
    assert_eq!(rotate_master_key(&config).await.unwrap(), 4);
    let second = std::fs::read(&key).unwrap();
    assert_ne!(second, old);

    // After the new key was written and before the database changed.
    std::fs::copy(&key, &next).unwrap();
    std::fs::write(&next, [7_u8; 32]).unwrap();
    stand.begin().await;
    stand.stop().await;
    assert_eq!(std::fs::read(&key).unwrap(), second);
    assert_eq!(rotate_master_key(&config).await.unwrap(), 4);
    assert_eq!(std::fs::read(&key).unwrap(), [7_u8; 32]);

    // After the database changed and before the new key took the old one's place.
    std::fs::copy(&key, &next).unwrap();
    std::fs::write(&key, &second).unwrap();
    stand.begin().await;
    assert_eq!(std::fs::read(&key).unwrap(), [7_u8; 32]);
    assert!(!next.exists());
    repaired(&stand).await;
    stand.until("k-2", "created").await;
    stand.stop().await;
}

#[tokio::test]
async fn what_is_old_leaves_and_what_is_not_final_keeps_its_key() {
    let mut stand = busy().await;
    stand.stop().await;
    let store = stand.at_rest();
    let store = store.open().await;
    let all = |before| Expiry {
        changes: before,
        idempotency_keys: before,
        hook_records: before,
        refused_sends: before,
        resumes: before,
        write_backs: before,
    };
    assert_eq!(store.prune(all(0)).await.unwrap(), Pruned::default());
    let pruned = store.prune(all(u64::MAX >> 2)).await.unwrap();
    assert_eq!((pruned.idempotency_keys, pruned.refused_sends), (1, 0));
    store.close().await;

    stand.begin().await;
    assert_eq!(stand.state_of("k-2").await["state"], "waiting");
    let (status, _) = stand
        .json(stand.ask(reqwest::Method::GET, "/v1/sends/k-1"))
        .await;
    assert_eq!(status, 404);
    // The claim outlives the key: the same person again is not sent again.
    repaired(&stand).await;
    let again = stand.send("k-9", &person("imani-7")).await.1;
    assert_eq!(again["state"], "existing", "{again}");
    stand.stop().await;
}

#[tokio::test]
async fn a_backup_under_load_is_whole_and_nothing_of_it_goes_out_twice() {
    if OVER_POSTGRES {
        return;
    }
    let mut stand = Stand::connected(quick()).await;
    let config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    for number in 0..20 {
        stand
            .send(&format!("before-{number}"), &person(&format!("b-{number}")))
            .await;
    }
    stand.fake.hold();
    let held = stand.post_send("held", &person("held"));
    let held = tokio::spawn(held.send());
    stand.fake.arrived(21).await;
    let copy = stand.folder.path().join("copy.db");
    let saving = atsi_proxy::backup(&config, &copy);
    let load = async {
        for number in 0..20 {
            let request = stand.ask(reqwest::Method::POST, "/v1/lookups");
            let wanted = json!({"external_ids": [format!("b-{number}")]});
            assert_eq!(stand.json(request.json(&wanted)).await.0, 200);
        }
    };
    let (saved, ()) = tokio::join!(saving, load);
    saved.unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&copy).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    // A backup never overwrites another.
    let error = atsi_proxy::backup(&config, &copy).await.unwrap_err();
    assert!(error.to_string().contains("exists"), "{error}");
    stand.fake.let_go(100);
    held.await.unwrap().unwrap();
    stand.until("held", "created").await;
    stand.stop().await;
    let posts = stand.fake.posts();

    stand.database = format!("sqlite://{}", copy.display());
    stand.begin().await;
    for number in 0..20 {
        stand.until(&format!("before-{number}"), "created").await;
    }
    // It had gone out after the backup: nobody guesses.
    stand.until("held", "uncertain").await;
    assert_eq!(stand.fake.posts(), posts);
    stand.stop().await;
}

/// What docs/operating.md has an operator run after `pg_restore`.
#[tokio::test]
async fn nothing_of_a_restored_dump_goes_out_by_itself() {
    let mut stand = busy().await;
    let posts = stand.fake.posts();
    stand.stop().await;
    let DatabaseUrl::Postgres(options) = stand.database.parse().unwrap() else {
        return;
    };
    let text = include_str!("../../docs/operating.md");
    let statements = text.find("UPDATE outbox SET").unwrap();
    let statements = text[statements..].split("\n\n").next().unwrap();
    let mut db = options.connect().await.unwrap();
    sqlx::raw_sql(statements).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
    stand
        .fake
        .script(|script| script.keys = vec![support::BASIC]);
    stand.begin().await;
    repaired(&stand).await;
    stand.until("k-2", "uncertain").await;
    assert_eq!(stand.fake.posts(), posts);
    stand.stop().await;
}

#[tokio::test]
async fn no_byte_of_a_profile_is_left_in_the_file_once_its_outcome_is_final() {
    if OVER_POSTGRES {
        return;
    }
    let mut stand = busy().await;
    let file = stand.folder.path().join("atsi.db");
    let sealed = support::sealed_profile(&file).await;
    stand.stop().await;
    let holds = |what: &[u8]| support::files_hold(&file, what);
    assert!(holds(&sealed[..64]), "it waits, so it is there");
    stand.begin().await;
    repaired(&stand).await;
    stand.until("k-2", "created").await;
    stand.stop().await;
    for piece in sealed.chunks_exact(32) {
        assert!(!holds(piece));
    }
    for text in ["Imani", "Brooks", "imani.brooks@", "glazing"] {
        assert!(!holds(text.as_bytes()), "{text}");
    }
}

/// The tables that have rows of a company, and how many each.
async fn rows_of_the_company(database: &str) -> BTreeMap<String, i64> {
    const COMPANY: &str = "company_id";
    let mut rows = BTreeMap::new();
    match database.parse().unwrap() {
        DatabaseUrl::Sqlite(path) => {
            let options = SqliteConnectOptions::new().filename(path).read_only(true);
            let mut db = options.connect().await.unwrap();
            let tables: Vec<String> = sqlx::query_scalar(
                "SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
                 WHERE m.type = 'table' AND c.name = $1",
            )
            .bind(COMPANY)
            .fetch_all(&mut db)
            .await
            .unwrap();
            for table in tables {
                let count = format!("SELECT count(*) FROM {table}");
                let count = sqlx::query_scalar(sqlx::AssertSqlSafe(count));
                rows.insert(table, count.fetch_one(&mut db).await.unwrap());
            }
        }
        DatabaseUrl::Postgres(options) => {
            let mut db = options.connect().await.unwrap();
            let tables: Vec<String> = sqlx::query_scalar(
                "SELECT CAST(table_name AS TEXT) FROM information_schema.columns
                 WHERE column_name = $1 AND table_schema = 'public'",
            )
            .bind(COMPANY)
            .fetch_all(&mut db)
            .await
            .unwrap();
            for table in tables {
                let count = format!("SELECT count(*) FROM {table}");
                let count = sqlx::query_scalar(sqlx::AssertSqlSafe(count));
                rows.insert(table, count.fetch_one(&mut db).await.unwrap());
            }
        }
    }
    // A place in the rate: a time, and about nobody.
    rows.remove("rate");
    rows
}

#[tokio::test]
async fn what_is_kept_of_the_company_is_handed_out_and_erased_to_the_last_byte() {
    let mut stand = busy().await;
    repaired(&stand).await;
    stand.until("k-2", "created").await;
    let wanted = json!({"external_ids": ["imani-7"], "refresh": true});
    assert!(stand.look_up(wanted).await[0]["status"].is_object());
    let link = json!({"jopwell_job": {"id": "/jobs/7", "title": "Kiln engineer"}, "greenhouse_job_id": support::JOB});
    let (status, body) = stand
        .json(stand.ask(Method::PUT, "/v1/job-links").json(&link))
        .await;
    assert_eq!(status, 200, "{body}");
    let mut waits = person("lena-4");
    waits["jopwell_job"] = link["jopwell_job"].clone();
    let ask = stand.ask(Method::POST, "/v1/applications");
    let (status, body) = stand
        .json(ask.header("idempotency-key", "a-1").json(&waits))
        .await;
    assert_eq!((status, &body["reason"]), (202, &json!("held")), "{body}");
    let ask = stand
        .ask(Method::POST, "/v1/resumes?name=Lena.txt")
        .body("Lena Ortiz, kilns");
    assert_eq!(stand.json(ask).await.0, 200);
    let ask = stand.ask(Method::POST, "/v1/push/secret").json(&json!({}));
    assert_eq!(stand.json(ask).await.0, 200);
    let rules = json!([{"stage": "Phone", "status": "Phone Screen"}]);
    let settings = json!({"rules": rules, "automatic": ["Phone Screen"]});
    let row = json!({"row": "tracker-row-9013", "external_id": "imani-7", "shows": "Applied", "stage": "Phone Interview"});
    let page = json!({"job": link["jopwell_job"], "description": "<p>You fire kilns</p>"});
    for (method, path, body) in [
        (Method::POST, "/v1/job-pages", page),
        (Method::PUT, "/v1/write-back", settings),
        (
            Method::PUT,
            "/v1/job-saving",
            json!({"descriptions": true, "closing": false}),
        ),
        (Method::POST, "/v1/write-backs", json!({"rows": [row]})),
    ] {
        let (status, body) = stand.json(stand.ask(method, path).json(&body)).await;
        assert_eq!(status, 200, "{body}");
    }
    stand.fake.script(|script| script.keys.clear());
    stand.send("k-3", &person("ada-9")).await;
    let file = stand.folder.path().join("atsi.db");

    let (status, data) = stand
        .json(stand.ask(Method::GET, "/v1/company/export"))
        .await;
    assert_eq!(status, 200, "{data}");
    let kept = rows_of_the_company(&stand.database).await;
    let shown: BTreeSet<&String> = data.as_object().unwrap().keys().collect();
    let stored: BTreeSet<&String> = kept.keys().collect();
    assert_eq!(
        shown, stored,
        "every table with a company's rows is handed out"
    );
    for (table, rows) in &kept {
        let shown = data[table].as_array().unwrap().len();
        assert_eq!(i64::try_from(shown).unwrap(), *rows, "{table}");
    }
    assert_eq!(data["send"][0]["external_id"], "imani-7");
    assert_eq!(data["send"][0]["state"], "created");
    assert_eq!(data["status"][0]["readable"], true);
    assert_eq!(data["greenhouse_job"][0]["public"], true);
    assert_eq!(data["jopwell_job"][0]["job_id"], support::JOB);
    assert_eq!(
        data["jopwell_description"][0]["html"],
        "<p>You fire kilns</p>"
    );
    assert_eq!(data["job_saving"][0]["descriptions"], true);
    assert_eq!(data["held"][0]["anyway"], false);
    assert_eq!(data["application_claim"][0]["external_id"], "lena-4");
    assert_eq!(data["application"][0]["status"], "active");
    assert_eq!(data["connection"][0]["problem"]["code"], "key_refused");
    let text = data.to_string();
    assert_eq!(data["resume"][0]["file_name"], "Lena.txt");
    for secret in [support::KEY, "Imani", "Brooks", "Ortiz", "sealed"] {
        assert!(!text.contains(secret), "{secret}");
    }

    let sealed = if OVER_POSTGRES {
        Vec::new()
    } else {
        support::sealed_profile(&file).await
    };
    let (status, erased) = stand
        .json(stand.ask(Method::DELETE, "/v1/company/data"))
        .await;
    assert_eq!(status, 200, "{erased}");
    let kept_but_audit = kept.iter().filter(|(table, _)| *table != "audit");
    let rows: i64 = kept_but_audit.map(|(_, rows)| rows).sum();
    assert_eq!(erased["rows"], json!(rows));
    for (table, rows) in rows_of_the_company(&stand.database).await {
        assert_eq!(rows == 0, table != "audit", "{table}");
    }
    if !OVER_POSTGRES {
        // While the proxy runs, in the file and in its log.
        for piece in sealed.chunks_exact(32) {
            assert!(!support::files_hold(&file, piece));
        }
        for text in [
            "imani-7",
            "noor-3",
            "ada-9",
            "tracker-row-9013",
            support::USER,
        ] {
            assert!(!support::files_hold(&file, text.as_bytes()), "{text}");
        }
    }
    let (_, connection) = stand.json(stand.ask(Method::GET, "/v1/connection")).await;
    assert_eq!(connection["state"], "none");
    let (_, audit) = stand.json(stand.ask(Method::GET, "/v1/audit")).await;
    let entries = audit["entries"].as_array().unwrap();
    let last: Vec<_> = entries.iter().rev().take(2).collect();
    assert_eq!(last[1]["action"], "exported");
    assert_eq!(
        (&last[0]["action"], &last[0]["who"]),
        (&json!("erased"), &json!("member"))
    );
    // It begins anew.
    repaired(&stand).await;
    let anew = stand.send("k-1", &person("imani-7")).await.1;
    assert_eq!(anew["state"], "created", "{anew}");
    stand.stop().await;
}

#[tokio::test]
async fn what_was_under_way_while_the_company_was_erased_brings_nothing_back() {
    let mut stand = Stand::connected(quick()).await;
    stand.fake.hold();
    let held = tokio::spawn(stand.post_send("held", &person("held")).send());
    stand.fake.arrived(1).await;
    let (status, _) = stand
        .json(stand.ask(Method::DELETE, "/v1/company/data"))
        .await;
    assert_eq!(status, 200);
    stand.fake.let_go(100);
    held.await.unwrap().unwrap();
    // Stopping waits for what is under way.
    stand.stop().await;
    for (table, rows) in rows_of_the_company(&stand.database).await {
        assert_eq!(rows == 0, table != "audit", "{table}");
    }
}

#[tokio::test]
async fn an_operator_exports_erases_and_reads_the_audit_beside_a_running_proxy() {
    let mut stand = busy().await;
    let config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    let data: Value = serde_json::from_str(&export(&config, None).await.unwrap()).unwrap();
    assert_eq!(data["send"].as_array().unwrap().len(), 2);
    assert!(erase(&config, None).await.unwrap() > 0);
    let (status, _) = stand.json(stand.ask(Method::GET, "/v1/sends/k-1")).await;
    assert_eq!(status, 404);
    let told = audit(&config, None).await.unwrap();
    let lines: Vec<Vec<&str>> = told
        .lines()
        .map(|line| line.split('\t').collect())
        .collect();
    let done: Vec<&str> = lines.iter().map(|line| line[3]).collect();
    assert_eq!(
        done,
        ["connected", "hook_secret_made", "exported", "erased"]
    );
    assert_eq!(lines[3][2], "operator");
    stand.stop().await;

    if !OVER_POSTGRES {
        let nowhere = Stand::config(stand.folder.path(), "sqlite://typo.db", &stand.greenhouse);
        for error in [
            export(&nowhere, None).await.map(drop),
            erase(&nowhere, None).await.map(drop),
            audit(&nowhere, None).await.map(drop),
            rotate_master_key(&nowhere).await.map(drop),
        ] {
            let error = error.unwrap_err().to_string();
            assert!(error.contains("typo.db"), "{error}");
        }
    }
}

#[tokio::test]
async fn decisions_are_audited() {
    let mut stand = Stand::connected(quick()).await;
    for (key, external_id) in [("k-1", "imani-7"), ("k-2", "noor-3")] {
        let lost = Reply::CreateAnd(StatusCode::BAD_GATEWAY, "");
        stand.fake.next(lost);
        let sent = stand.send(key, &person(external_id)).await.1;
        assert_eq!(sent["state"], "uncertain");
    }
    let link = "https://app.greenhouse.io/people/4100001?application_id=4100002";
    let there = json!({"decision": "it_is_there", "profile_url": link});
    let (status, body) = stand.decide("k-1", there.clone()).await;
    assert_eq!(status, 200, "{body}");
    // One that cannot be taken leaves no trace.
    assert_eq!(stand.decide("k-2", there).await.0, 400);
    let again = json!({"decision": "send_again"});
    assert_eq!(stand.decide("k-2", again.clone()).await.0, 200);
    assert_eq!(stand.decide("k-2", again).await.0, 409);
    let (_, page) = stand.json(stand.ask(Method::GET, "/v1/audit")).await;
    let entries = page["entries"].as_array().unwrap();
    let told: Vec<(&str, &str)> = entries[1..]
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap();
            (text("action"), text("subject"))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("decided_it_is_there", "k-1"),
            ("decided_send_again", "k-2")
        ]
    );
    stand.stop().await;
}

#[tokio::test]
async fn the_master_key_is_not_rotated_under_a_running_proxy() {
    let mut stand = busy().await;
    let config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    let key = std::fs::read(key_file(&stand)).unwrap();
    let error = rotate_master_key(&config).await.unwrap_err().to_string();
    if OVER_POSTGRES {
        let address = stand.proxy.as_ref().unwrap().address();
        assert!(
            error.contains(&format!("atsi-proxy {address} from ")),
            "{error}"
        );
    } else {
        assert!(error.contains("in use by another atsi-proxy"), "{error}");
    }
    assert_eq!(std::fs::read(key_file(&stand)).unwrap(), key);
    stand.stop().await;
    assert_eq!(rotate_master_key(&config).await.unwrap(), 4);
    assert_ne!(std::fs::read(key_file(&stand)).unwrap(), key);

    if let DatabaseUrl::Postgres(options) = stand.database.parse().unwrap() {
        // What a rotation does first; meanwhile no proxy starts with a key that is about to go.
        let mut rotating = options.connect().await.unwrap();
        let mut tx = rotating.begin().await.unwrap();
        sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('atsi-proxy master key', 1))")
            .execute(&mut *tx)
            .await
            .unwrap();
        let error = atsi_proxy::Proxy::start(&config, quick())
            .await
            .err()
            .unwrap();
        assert!(error.to_string().contains("being rotated"), "{error}");
        tx.rollback().await.unwrap();
    }
    stand.begin().await;
    repaired(&stand).await;
    stand.until("k-2", "created").await;
    stand.stop().await;
}

/// How many rows each of our tables has.
async fn all_rows(database: &str) -> BTreeMap<String, i64> {
    let count = |table: &String| sqlx::AssertSqlSafe(format!("SELECT count(*) FROM {table}"));
    let mut rows = BTreeMap::new();
    match database.parse().unwrap() {
        DatabaseUrl::Sqlite(path) => {
            let options = SqliteConnectOptions::new().filename(path);
            let mut db = options.connect().await.unwrap();
            let tables: Vec<String> = sqlx::query_scalar(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
            )
            .fetch_all(&mut db)
            .await
            .unwrap();
            for table in tables {
                let number = sqlx::query_scalar(count(&table)).fetch_one(&mut db).await;
                rows.insert(table, number.unwrap());
            }
        }
        DatabaseUrl::Postgres(options) => {
            let mut db = options.connect().await.unwrap();
            let tables: Vec<String> = sqlx::query_scalar(
                "SELECT CAST(tablename AS TEXT) FROM pg_tables WHERE schemaname = 'public'",
            )
            .fetch_all(&mut db)
            .await
            .unwrap();
            for table in tables {
                let number = sqlx::query_scalar(count(&table)).fetch_one(&mut db).await;
                rows.insert(table, number.unwrap());
            }
        }
    }
    rows.remove("_sqlx_migrations");
    rows
}

/// Rows of the schema of 0001, before the web hooks, in SQL that SQLite knows.
const FIRST_ROWS: &str = r#"
    INSERT INTO company VALUES (1, 10);
    INSERT INTO master_key_check VALUES (1, x'01');
    INSERT INTO connection (company_id, generation, sealed_key, masked_key, service_user, connected_at)
    VALUES (1, 10, x'02', '••••cdef', 'kiln@kiln.example', 10);
    INSERT INTO send (id, company_id, idempotency_key, external_id, accepted_at, state, settled_at, candidate_id, profile_url)
    VALUES (1, 1, 'k-1', 'imani-7', 11, 'created', 12, 4100001, 'https://app.greenhouse.io/people/4100001'),
           (2, 1, 'k-2', 'noor-3', 13, 'uncertain', 14, NULL, NULL);
    INSERT INTO idempotency VALUES (1, 'k-1', x'03', 1, 11), (1, 'k-2', x'04', 2, 13);
    INSERT INTO claim VALUES (1, 'imani-7', 0, 1), (1, 'noor-3', 0, 2);
    INSERT INTO outbox (send_id, company_id, sealed_profile, queued_at, dispatched_at)
    VALUES (2, 1, x'05', 13, 14);
    INSERT INTO status VALUES (1, 4100001,
        '[{"application_id": 51, "job": "Kiln", "status": "Active", "stage": "Offer"}]', 1, 15);"#;

/// Rows that came with the web hooks, in SQL that both databases know.
const HOOK_ROWS: &str = r#"
    INSERT INTO hook VALUES (1, 'c0ffee', 16);
    INSERT INTO hook_event (company_id, action, event_id, digest, received_at)
    VALUES (1, 'ping', '77', SECRET, 17);
    INSERT INTO hook_secret (company_id, sealed_secret, created_at) VALUES (1, SECRET, 16);
    INSERT INTO hook_count VALUES (1, 'received', 'ping', 1, 17);
    INSERT INTO gone VALUES (1, 'candidate', 4100009, 18);
    INSERT INTO merged VALUES (1, 4100008, 4100001, 19);"#;

/// What PostgreSQL's 0001 adds to [`HOOK_ROWS`].
const POSTGRES_ROWS: &str = r#"
    INSERT INTO company VALUES (1, 10);
    INSERT INTO master_key_check VALUES (1, '\x01');
    INSERT INTO connection (company_id, generation, sealed_key, masked_key, service_user, connected_at)
    VALUES (1, 10, '\x02', '••••cdef', 'kiln@kiln.example', 10);
    INSERT INTO send (company_id, idempotency_key, external_id, accepted_at, state, settled_at, candidate_id, profile_url)
    VALUES (1, 'k-1', 'imani-7', 11, 'created', 12, 4100001, 'https://app.greenhouse.io/people/4100001'),
           (1, 'k-2', 'noor-3', 13, 'uncertain', 14, NULL, NULL);
    INSERT INTO idempotency VALUES (1, 'k-1', '\x03', 1, 11), (1, 'k-2', '\x04', 2, 13);
    INSERT INTO claim VALUES (1, 'imani-7', 0, 1), (1, 'noor-3', 0, 2);
    INSERT INTO outbox (send_id, company_id, sealed_profile, queued_at, dispatched_at)
    VALUES (2, 1, '\x05', 13, 14);
    INSERT INTO status VALUES (1, 4100001, true, 15);
    INSERT INTO application VALUES (1, 51, 4100001, 'Kiln', 'active', 'Offer', 15, 0, 0);
    INSERT INTO rate VALUES (1, 20);"#;

/// A database as version `number` of the schema left it, filled.
async fn of_schema(number: i64) -> support::Database {
    let database = support::Database::new().await;
    match database.url.parse().unwrap() {
        DatabaseUrl::Sqlite(path) => {
            let options = SqliteConnectOptions::new()
                .filename(path)
                .create_if_missing(true);
            let mut db = options.connect().await.unwrap();
            for version in 1..=number {
                let mut all = sqlx::migrate!("migrations/sqlite");
                let chosen = all.migrations.to_mut();
                chosen.retain(|migration| migration.version <= version);
                all.run_direct(None, &mut db, false).await.unwrap();
                let rows = match version {
                    1 => FIRST_ROWS.to_owned(),
                    2 => HOOK_ROWS.replace("SECRET", "x'06'"),
                    _ => panic!("say what is new in {version}"),
                };
                let rows = sqlx::AssertSqlSafe(rows);
                sqlx::raw_sql(rows).execute(&mut db).await.unwrap();
            }
            db.close().await.unwrap();
        }
        DatabaseUrl::Postgres(options) => {
            assert_eq!(number, 1);
            let mut db = options.connect().await.unwrap();
            let mut all = sqlx::migrate!("migrations/postgres");
            let chosen = all.migrations.to_mut();
            chosen.retain(|migration| migration.version <= 1);
            all.run_direct(None, &mut db, false).await.unwrap();
            let rows = format!("{POSTGRES_ROWS}{}", HOOK_ROWS.replace("SECRET", r"'\x06'"));
            let rows = sqlx::AssertSqlSafe(rows);
            sqlx::raw_sql(rows).execute(&mut db).await.unwrap();
            db.close().await.unwrap();
        }
    }
    database
}

#[tokio::test]
async fn a_database_of_an_older_schema_comes_up_with_all_its_rows() {
    for number in if OVER_POSTGRES { 1..=1 } else { 1..=2 } {
        let database = of_schema(number).await;
        let before = all_rows(&database.url).await;
        for (table, rows) in &before {
            assert!(*rows > 0, "{table} of schema {number} is not filled");
        }

        let store = database.open().await;
        let created = store.send(1, "k-1", 20).await.unwrap().unwrap();
        assert_eq!(created.external_id, "imani-7");
        let uncertain = store.send(1, "k-2", 20).await.unwrap().unwrap();
        assert!(matches!(
            uncertain.state,
            atsi_protocol::SendState::Uncertain { .. }
        ));
        let connection = store.connection(1).await.unwrap().unwrap();
        assert_eq!(connection.service_user, "kiln@kiln.example");
        let found = store.look_up(1, &[4_100_001], &[], 20).await.unwrap();
        let status = found[0].candidate.status.as_ref().unwrap();
        assert_eq!(status.applications[0].stage.as_deref(), Some("Offer"));
        let hook = store.hook_by_public_id("c0ffee", 20).await.unwrap();
        assert_eq!(hook.is_some(), before.contains_key("hook"));
        assert!(store.audit(1, 0, 10).await.unwrap().is_empty());
        store.close().await;

        let after = all_rows(&database.url).await;
        for (table, rows) in before {
            assert_eq!(after[&table], rows, "{table} of schema {number}");
        }
    }
}

#[tokio::test]
async fn the_audit_tells_what_was_done_and_cannot_be_changed() {
    let mut stand = busy().await;
    repaired(&stand).await;
    let page = async |stand: &Stand, path: &str| {
        let (status, page) = stand.json(stand.ask(reqwest::Method::GET, path)).await;
        assert_eq!(status, 200, "{page}");
        page["entries"].as_array().unwrap().clone()
    };
    stand.stop().await;
    let config = Stand::config(stand.folder.path(), &stand.database, &stand.greenhouse);
    rotate_master_key(&config).await.unwrap();
    stand.begin().await;
    let entries = page(&stand, "/v1/audit").await;
    let actions: Vec<&str> = entries
        .iter()
        .map(|entry| entry["action"].as_str().unwrap())
        .collect();
    let done = [
        "connected",
        "hook_secret_made",
        "connection_replaced",
        "master_key_rotated",
    ];
    assert_eq!(actions, done);
    let last_but_one = entries[2]["id"].as_u64().unwrap();
    let rest = page(&stand, &format!("/v1/audit?after={last_but_one}")).await;
    assert_eq!(rest, entries[3..]);
    let wrong = stand.ask(reqwest::Method::GET, "/v1/audit?after=x");
    assert_eq!(stand.json(wrong).await.0, 400);
    stand.stop().await;

    for statement in ["UPDATE audit SET who = 'x'", "DELETE FROM audit"] {
        let error = match stand.database.parse().unwrap() {
            DatabaseUrl::Sqlite(path) => {
                let mut db = SqliteConnectOptions::new()
                    .filename(path)
                    .connect()
                    .await
                    .unwrap();
                sqlx::query(statement).execute(&mut db).await.unwrap_err()
            }
            DatabaseUrl::Postgres(options) => {
                let mut db = options.connect().await.unwrap();
                sqlx::query(statement).execute(&mut db).await.unwrap_err()
            }
        };
        assert!(error.to_string().contains("append-only"), "{error}");
    }
}

//! What an operator does: rotate the master key, back up, restore; and what leaves by itself.

use crate::support::{self, OVER_POSTGRES, Stand, person, quick};
use atsi_proxy::{
    audit,
    config::DatabaseUrl,
    erase, export, rotate_master_key,
    store::{Expiry, Pruned},
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

/// One send is in Greenhouse; another waits because its connection broke.
pub async fn busy() -> Stand {
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

pub async fn repaired(stand: &Stand) {
    stand
        .fake
        .script(|script| script.keys = vec![support::BASIC]);
    let (_, body) = stand.connect(support::KEY, support::USER).await;
    assert_eq!(body["state"], "active", "{body}");
}

#[tokio::test]
async fn rotated_master_key_opens_everything_and_the_old_one_nothing() {
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
async fn interrupted_rotation_is_completed_at_the_next_start() {
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
async fn old_rows_are_deleted_and_open_sends_keep_their_key() {
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
async fn backup_under_load_is_complete_and_sends_nothing_twice() {
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
async fn restored_dump_sends_nothing_automatically() {
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
async fn profile_of_a_final_send_leaves_no_byte_in_the_file() {
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
async fn company_data_is_exported_and_erased_to_the_last_byte() {
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
async fn send_under_way_during_erasure_brings_nothing_back() {
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
async fn operator_exports_erases_and_reads_the_audit_beside_a_running_proxy() {
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
async fn master_key_of_a_running_proxy_is_not_rotated() {
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

//! Databases of older versions.

use crate::support::{self, OVER_POSTGRES};
use atsi_proxy::config::DatabaseUrl;
use sqlx::{ConnectOptions, Connection, sqlite::SqliteConnectOptions};
use std::collections::BTreeMap;

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
async fn database_of_an_older_schema_keeps_all_its_rows() {
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

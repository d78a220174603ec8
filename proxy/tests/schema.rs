//! The real schema against the lists of what is exported, erased and merged: a new table or column that
//! nobody listed fails here.

use crate::support::Database;
use atsi_greenhouse::webhook::Event;
use atsi_protocol::{
    ApplicationStatus, CandidateStatus, InGreenhouse, StatusRoute, TrackedRow, WriteBackSettings,
};
use atsi_proxy::{
    config::DatabaseUrl,
    poll_plan::Pace,
    store::{
        Accepted, LeaseLimits, NewConnection, NewResume, NewSend, PERSON, ReceivedHook, Settlement,
        Store,
        inventory::{ERASED, EXPORTED, HIDDEN, KEPT_WHEN_ERASED, OnErase, OnMerge, PERSON_TABLES},
    },
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const NOW: u64 = 1_800_000_000_000;
const COMPANY: i64 = 1;
/// Long enough not to be a part of another number.
const CANDIDATE: u64 = 7_351_902_846;
const REMAINING: u64 = 7_351_902_999;
const PERSON_ON_JOPWELL: &str = "imani-okafor-7";
/// Columns that say whose row it is.
const PERSON_COLUMNS: [&str; 3] = ["external_id", "candidate_id", "send_id"];

/// A connection past the store.
enum Schema {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Schema {
    async fn of(database: &Database) -> Self {
        match database.url.parse().unwrap() {
            DatabaseUrl::Sqlite(path) => {
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                Self::Sqlite(SqliteConnection::connect_with(&options).await.unwrap())
            }
            DatabaseUrl::Postgres(options) => {
                Self::Postgres(PgConnection::connect_with(&options).await.unwrap())
            }
        }
    }

    /// The columns of every table, by table.
    async fn columns(&mut self) -> BTreeMap<String, BTreeSet<String>> {
        const SQLITE: &str =
            "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c
             WHERE m.type = 'table'";
        const POSTGRES: &str =
            "SELECT t.table_name::text, c.column_name::text FROM information_schema.tables t
             JOIN information_schema.columns c USING (table_schema, table_name)
             WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE'";
        let rows: Vec<(String, String)> = match self {
            Self::Sqlite(db) => sqlx::query_as(SQLITE).fetch_all(db).await.unwrap(),
            Self::Postgres(db) => sqlx::query_as(POSTGRES).fetch_all(db).await.unwrap(),
        };
        let mut tables: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (table, column) in rows {
            if !table.starts_with("sqlite_") && !table.starts_with("_sqlx") {
                tables.entry(table).or_default().insert(column);
            }
        }
        tables
    }

    /// Every value of a column, as text.
    async fn values(&mut self, table: &str, column: &str) -> Vec<String> {
        let sql = AssertSqlSafe(format!(
            "SELECT CAST({column} AS TEXT) FROM {table} WHERE {column} IS NOT NULL"
        ));
        match self {
            Self::Sqlite(db) => sqlx::query_scalar(sql).fetch_all(db).await.unwrap(),
            Self::Postgres(db) => sqlx::query_scalar(sql).fetch_all(db).await.unwrap(),
        }
    }

    /// The tables that have one of `words` in a column that is neither sealed nor a digest.
    async fn tables_with(&mut self, words: &[&str]) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (table, columns) in self.columns().await {
            for column in columns {
                let is_opaque = ["sealed", "digest", "fingerprint"]
                    .iter()
                    .any(|word| column.contains(word));
                if is_opaque {
                    continue;
                }
                let values = self.values(&table, &column).await;
                if (values.iter()).any(|value| words.iter().any(|word| value.contains(word))) {
                    found.insert(table.clone());
                }
            }
        }
        found
    }
}

async fn schema() -> BTreeMap<String, BTreeSet<String>> {
    let database = Database::new().await;
    database.open().await.close().await;
    Schema::of(&database).await.columns().await
}

#[tokio::test]
async fn table_with_a_company_is_erased_with_it() {
    for (table, columns) in schema().await {
        let is_kept = KEPT_WHEN_ERASED.iter().any(|(kept, _)| *kept == table);
        assert!(
            !columns.contains("company_id") || ERASED.contains(&table.as_str()) || is_kept,
            "erasing a company would leave its rows in {table}. Add it to ERASED in \
             store/sql/company_data.rs, after the tables that refer to it; or to KEPT_WHEN_ERASED, with the reason."
        );
    }
}

#[tokio::test]
async fn column_of_a_company_is_exported_or_hidden_on_purpose() {
    let schema = schema().await;
    for (table, columns) in &schema {
        let is_kept = KEPT_WHEN_ERASED.iter().any(|(kept, _)| kept == table);
        let exported = EXPORTED.iter().find(|exported| exported.table == table);
        if !columns.contains("company_id") || (is_kept && exported.is_none()) {
            continue;
        }
        let exported = exported.unwrap_or_else(|| {
            panic!("{table} is not exported. Add it to EXPORTED in store/sql/company_data.rs.")
        });
        for column in columns {
            assert!(
                column == "company_id"
                    || exported.columns.contains(&column.as_str())
                    || HIDDEN.contains(&(table.as_str(), column.as_str())),
                "{table}.{column} is not exported. Add it to EXPORTED in store/sql/company_data.rs, or to HIDDEN if \
                 it is sealed, a digest or of no meaning to a person."
            );
        }
    }
    for (table, column) in HIDDEN {
        assert!(
            schema[*table].contains(*column),
            "HIDDEN names {table}.{column}, which does not exist"
        );
    }
}

#[tokio::test]
async fn table_with_a_candidate_says_what_erasing_and_merging_do() {
    let schema = schema().await;
    for (table, columns) in &schema {
        let has_a_person = PERSON_COLUMNS
            .iter()
            .any(|column| columns.contains(*column));
        assert!(
            !has_a_person || PERSON_TABLES.iter().any(|listed| listed.table == table),
            "{table} has a candidate's rows. Erase and merge them in store/sql/tables/people.rs, and add the table \
             to PERSON_TABLES there."
        );
    }
    for listed in PERSON_TABLES {
        assert!(
            schema.contains_key(listed.table),
            "PERSON_TABLES names {}, which does not exist",
            listed.table
        );
    }
}

fn new_send(idempotency_key: &str, job_id: Option<u64>, resume: Option<&str>) -> NewSend {
    NewSend {
        idempotency_key: idempotency_key.to_owned(),
        request_fingerprint: vec![1],
        external_id: PERSON_ON_JOPWELL.to_owned(),
        job_id,
        sent_by: Some("Grace".to_owned()),
        member: None,
        sealed_profile: vec![1],
        resume: resume.map(str::to_owned),
    }
}

/// A company with rows about a candidate in every table that can have some.
async fn store_with_a_candidate(database: &Database) -> Box<dyn Store> {
    let store = database.open().await;
    assert_eq!(store.personal_company(NOW).await.unwrap(), COMPANY);
    let connection = NewConnection {
        sealed_key: vec![1],
        masked_key: String::new(),
        service_user: String::new(),
        account_name: None,
        connected_by: None,
    };
    store
        .put_connection(COMPANY, connection, PERSON, NOW)
        .await
        .unwrap();
    store
        .add_hook_secret(COMPANY, "c0ffee", &[1], NOW, PERSON, NOW)
        .await
        .unwrap();
    store
        .put_callback(COMPANY, "https://example.com", &[1], PERSON, NOW)
        .await
        .unwrap();
    let resume = NewResume {
        id: "r-1".to_owned(),
        file_name: "imani.pdf".to_owned(),
        media_type: "application/pdf",
        size: 1,
        sealed: vec![1],
        expires_at: NOW + 1,
    };
    store.put_resume(COMPANY, &resume, NOW).await.unwrap();
    let sent = store
        .accept(COMPANY, new_send("k-1", None, None), NOW)
        .await
        .unwrap();
    assert!(matches!(sent, Accepted::New(_)), "{sent:?}");
    let limits = LeaseLimits {
        total: 1,
        per_company: 1,
    };
    let leased = store
        .lease("w", limits, NOW, Duration::from_secs(60))
        .await
        .unwrap();
    let [leased] = leased.try_into().unwrap();
    assert!(store.dispatch(&leased, NOW).await.unwrap());
    let created = Settlement::Created(InGreenhouse {
        candidate_id: CANDIDATE,
        application_id: Some(5),
        profile_url: format!("https://app.greenhouse.io/people/{CANDIDATE}"),
    });
    assert!(store.settle(&leased, created, NOW).await.unwrap());
    // A second send waits, with a file.
    let waits = store
        .accept(COMPANY, new_send("k-2", Some(3), Some("r-1")), NOW)
        .await
        .unwrap();
    assert!(matches!(waits, Accepted::New(_)), "{waits:?}");
    let status = CandidateStatus {
        read_at: NOW,
        route: None,
        readable: true,
        merged: false,
        applications: vec![ApplicationStatus {
            application_id: 5,
            job: None,
            status: "active".to_owned(),
            stage: Some("Phone screen".to_owned()),
            pool: None,
            since: None,
        }],
    };
    let pace = Pace {
        looked_at: 1_000,
        others: 1_000,
        hooks: false,
    };
    store
        .put_statuses(
            COMPANY,
            &[CANDIDATE],
            &[(CANDIDATE, status)],
            StatusRoute::Asked,
            pace,
            NOW,
        )
        .await
        .unwrap();
    store
        .put_write_back_settings(COMPANY, &WriteBackSettings::default(), PERSON, NOW)
        .await
        .unwrap();
    let row = TrackedRow {
        row: "row-1".to_owned(),
        external_id: Some(PERSON_ON_JOPWELL.to_owned()),
        shows: "Highlighted".to_owned(),
        stage: "Phone screen".to_owned(),
        press: None,
    };
    store.plan_write_backs(COMPANY, &[row], NOW).await.unwrap();
    store.queue_callbacks(NOW).await.unwrap();
    store
}

async fn hear(store: &dyn Store, action: &str, event: Event) {
    let received = ReceivedHook {
        event_id: None,
        digest: [7; 32],
        action: action.to_owned(),
        event,
    };
    let effect = store
        .receive_hook(COMPANY, &received, NOW + 1)
        .await
        .unwrap();
    assert!(!effect.duplicate);
}

fn names<'a>(listed: impl Iterator<Item = &'a &'static str>) -> BTreeSet<String> {
    listed.map(|name| (*name).to_owned()).collect()
}

#[tokio::test]
async fn erased_candidate_is_left_in_no_table_but_the_memory_that_they_are_gone() {
    let database = Database::new().await;
    let store = store_with_a_candidate(&database).await;
    let id = CANDIDATE.to_string();
    let mut schema = Schema::of(&database).await;
    let before = schema.tables_with(&[&id, PERSON_ON_JOPWELL]).await;
    for table in [
        "application",
        "claim",
        "poll",
        "send",
        "status",
        "tracker_row",
    ] {
        assert!(
            before.contains(table),
            "the test has no candidate in {table}: {before:?}"
        );
    }
    hear(
        &*store,
        "delete_candidate",
        Event::Erased {
            candidate_id: CANDIDATE,
        },
    )
    .await;
    let kept = PERSON_TABLES
        .iter()
        .filter(|listed| listed.on_erase == OnErase::Kept);
    let mut allowed = names(kept.map(|listed| &listed.table));
    allowed.insert("gone".to_owned());
    let after = schema
        .tables_with(&[&id, PERSON_ON_JOPWELL, "imani.pdf"])
        .await;
    assert!(
        after.is_subset(&allowed),
        "the erased candidate is still in {:?}. Erase them in store/sql/tables/people.rs.",
        &after - &allowed
    );
    store.close().await;
}

#[tokio::test]
async fn merged_candidate_has_the_remaining_profile_everywhere() {
    let database = Database::new().await;
    let store = store_with_a_candidate(&database).await;
    let merged = Event::Merged {
        candidate_id: CANDIDATE,
        into: REMAINING,
    };
    hear(&*store, "merge_candidate", merged).await;
    let mut schema = Schema::of(&database).await;
    let kept = PERSON_TABLES
        .iter()
        .filter(|listed| listed.on_merge == OnMerge::Kept);
    let allowed = names(kept.map(|listed| &listed.table));
    let after = schema.tables_with(&[&CANDIDATE.to_string()]).await;
    assert!(
        after.is_subset(&allowed),
        "the merged candidate's old id is still in {:?}. Move it in store/sql/tables/people.rs.",
        &after - &allowed
    );
    let moved = PERSON_TABLES
        .iter()
        .filter(|listed| listed.on_merge == OnMerge::Moved);
    let remaining = schema.tables_with(&[&REMAINING.to_string()]).await;
    let moved = names(moved.map(|listed| &listed.table));
    assert!(
        moved.is_subset(&remaining),
        "{remaining:?} lacks {:?}",
        &moved - &remaining
    );
    store.close().await;
}

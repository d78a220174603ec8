//! No statement that is run for a page, a web hook or a read goes through all that a company has. SQLite's
//! planner takes it that a company has ten rows of anything, where it was not told otherwise.

use crate::{
    hooks::{history, in_order, play},
    support::{Database, Stand, quick},
};
use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, Row as _, SqlitePool};
use std::{
    collections::BTreeSet,
    fmt::Debug,
    sync::{Arc, Mutex},
};
use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt as _},
};

/// The tables that grow with the people whom a company sent.
const LARGE: [&str; 11] = [
    "application",
    "application_claim",
    "change_log",
    "claim",
    "hook_event",
    "idempotency",
    "poll",
    "send",
    "status",
    "tracker_row",
    "write_back",
];

/// What was run, by any test of this program.
#[derive(Clone, Default)]
struct Statements(Arc<Mutex<BTreeSet<String>>>);

impl<S: Subscriber> Layer<S> for Statements {
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        metadata.target() == "sqlx::query"
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        // A short one is its own summary.
        let text = match statement.whole.trim() {
            "" => statement.summary,
            whole => whole.to_owned(),
        };
        self.0.lock().unwrap().insert(text);
    }
}

#[derive(Default)]
struct Statement {
    summary: String,
    whole: String,
}

impl Visit for Statement {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => value.clone_into(&mut self.summary),
            "db.statement" => value.clone_into(&mut self.whole),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}

/// The steps of its plan that go through a large table, or through all that a company has there.
async fn large_steps(db: &SqlitePool, statement: &str) -> Vec<String> {
    let words: Vec<&str> = statement
        .split(|c: char| !(c.is_alphanumeric() || c == '_'))
        .filter(|word| !word.is_empty())
        .collect();
    // A table, and what it is called in the statement.
    let large: BTreeSet<&str> = (words.windows(3))
        .filter(|near| ["FROM", "JOIN", "UPDATE"].contains(&near[0]) && LARGE.contains(&near[1]))
        .flat_map(|near| [near[1], near[2]])
        .collect();
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let steps = sqlx::query(explain).fetch_all(db).await.unwrap();
    (steps.iter())
        .map(|step| step.get::<String, _>("detail"))
        .filter(|step| step.starts_with("SCAN ") || step.contains("(company_id=?)"))
        .filter(|step| large.contains(step.split(' ').nth(1).unwrap()))
        .collect()
}

#[tokio::test]
async fn what_is_run_often_reads_no_company_whole() {
    let statements = Statements::default();
    let subscriber = tracing_subscriber::registry().with(statements.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();

    let database = Database::new().await;
    let history = history().await;
    play(&*database.open().await, &history, &in_order(&history)).await;
    let stand = Stand::connected(quick()).await;
    stand
        .send(
            "k-1",
            &json!({"first_name": "Imani", "last_name": "Okafor", "external_id": "imani-7"}),
        )
        .await;
    for (path, body) in [
        ("/v1/lookups", json!({"external_ids": ["imani-7"]})),
        (
            "/v1/write-backs",
            json!({"rows": [{"row": "9", "external_id": "imani-7", "shows": "Applied", "stage": "Offer"}]}),
        ),
    ] {
        let asked = stand.ask(Method::POST, path).json(&body);
        let (status, answer) = stand.json(asked).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }
    for path in ["/v1/changes?after=1", "/v1/candidates", "/v1/jobs"] {
        let (status, answer) = stand.json(stand.ask(Method::GET, path)).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }

    let run = statements.0.lock().unwrap().clone();
    assert!(
        run.iter()
            .any(|statement| statement.contains("tracker_row"))
    );
    let db = SqlitePool::connect(&stand.database).await.unwrap();
    let mut checked = 0;
    for statement in run {
        let is_one_of = |words: &[&str]| words.iter().any(|word| statement.contains(word));
        // A page of them, or their newest, is what is asked for.
        let is_short = is_one_of(&["LIMIT", "max("]);
        // Once an hour.
        let is_of_retention = is_one_of(&["accepted_at < $", "settled_at < $", "WHERE at < $"]);
        let is_wanted = ["SELECT", "WITH", "UPDATE", "DELETE"]
            .iter()
            .any(|verb| statement.starts_with(verb));
        if !is_wanted || is_short || is_of_retention {
            continue;
        }
        let steps = large_steps(&db, &statement).await;
        assert!(steps.is_empty(), "{steps:?} in\n{statement}");
        checked += 1;
    }
    assert!(checked > 50, "{checked}");
}

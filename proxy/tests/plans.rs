//! No statement that is run for a page, a web hook or a read goes through all that a company has. SQLite's
//! planner takes it that a company has ten rows of anything, where it was not told otherwise.

use crate::{
    applications, callback,
    hook_history::{history, in_order, play},
    job_saves, jobs, polling, resumes, sends,
    support::{Database, Stand, person, quick},
    write_backs,
};
use reqwest::Method;
use serde_json::json;
use sqlx::{AssertSqlSafe, Row as _, SqlitePool};
use std::{
    collections::BTreeSet,
    env,
    fmt::Debug,
    process::Command,
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

/// What was run in this process.
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

/// What the statements are taken from.
const STORIES: [fn(); 12] = [
    applications::application_waits_visibly_until_its_job_is_linked_and_turned_on,
    applications::applicant_becomes_a_candidate_on_the_linked_job_once,
    callback::change_is_delivered_signed_and_listed,
    job_saves::closing_is_saved_once_and_a_manual_reopening_stays,
    job_saves::description_that_matched_is_saved_by_one_browser_once,
    jobs::job_link_is_proposed_confirmed_and_kept,
    polling::candidate_on_a_screen_is_read_repeatedly,
    resumes::resume_arrives_as_a_file_and_leaves_nothing_behind,
    sends::decision_settles_an_uncertain_send,
    sends::send_becomes_a_prospect_once,
    write_backs::row_is_set_by_one_of_many_browsers,
    webhooks_and_page_reads_use_indexes,
];

#[tokio::test]
async fn webhooks_and_page_reads_use_indexes() {
    let database = Database::new().await;
    let history = history().await;
    play(&*database.open().await, &history, &in_order(&history)).await;
    let stand = Stand::connected(quick()).await;
    let (_, sent) = stand.send("k-1", &person("imani-7")).await;
    let found = stand.look_up(json!({"external_ids": ["imani-7"]})).await;
    assert_eq!(found.len(), 1, "{sent}");
    for path in ["/v1/changes?after=1", "/v1/candidates"] {
        let (status, answer) = stand.json(stand.ask(Method::GET, path)).await;
        assert_eq!(status, 200, "{path}: {answer}");
    }
}

/// In a process of its own: SQLite's statements are told from threads of their own, so who listens hears of the
/// whole process, and other tests may erase a company whole.
#[test]
fn frequent_statement_reads_no_whole_company() {
    let run = Command::new(env::current_exe().unwrap())
        .args([
            "--ignored",
            "--exact",
            "plans::frequent_statements_of_postgresql_use_indexes",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
#[ignore = "started by the test above"]
fn frequent_statements_of_postgresql_use_indexes() {
    let statements = Statements::default();
    let subscriber = tracing_subscriber::registry().with(statements.clone());
    tracing::subscriber::set_global_default(subscriber).unwrap();
    for story in STORIES {
        story();
    }
    explain(statements);
}

#[tokio::main(flavor = "current_thread")]
async fn explain(statements: Statements) {
    let database = Database::new().await;
    drop(database.open().await);
    let run = statements.0.lock().unwrap().clone();
    assert!(
        run.iter()
            .any(|statement| statement.contains("tracker_row"))
    );
    let db = SqlitePool::connect(&database.url).await.unwrap();
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
    assert!(checked > 100, "{checked}");
}

//! Who may save a job on Jopwell by itself: one browser, once, where the company chose so, and never
//! against a person.

use crate::jobs::{job_control, new_job};
use crate::support::sandbox::Pair;
use atsi_proxy::store::Expiry;
use reqwest::Method;
use serde_json::{Value, json};

const NIGHT: &str = "<p>You fire kilns by night</p>";
const NOON: &str = "<p>You fire kilns at noon, &amp; more</p>";
const DUSK: &str = "<p>You fire kilns at dusk</p>";

/// A linked job whose post is live, and a company that chose what is saved.
struct Kiln {
    pair: Pair,
    job: Value,
}

impl Kiln {
    async fn new(descriptions: bool, closing: bool) -> Self {
        let pair = Pair::start().await;
        let job = new_job(&pair, "Kiln Engineer").await;
        let of_job = |jobs: &Value| {
            let jobs = jobs["jobs"].as_array().unwrap();
            jobs.iter()
                .any(|known| known["id"] == job && known["title"].is_string())
        };
        pair.get_until("/v1/jobs", of_job).await;
        let kiln = Self { pair, job };
        kiln.link(&kiln.job).await;
        kiln.ask(Method::POST, "/v1/job-pages", json!({"job": on_jopwell()}))
            .await;
        kiln.choose(descriptions, closing).await;
        kiln
    }

    async fn ask(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.try_to(method, path, body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn try_to(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let stand = &self.pair.stand;
        stand.json(stand.ask(method, path).json(&body)).await
    }

    async fn link(&self, job: &Value) {
        let wanted = json!({"jopwell_job": on_jopwell(), "greenhouse_job_id": job});
        self.ask(Method::PUT, "/v1/job-links", wanted).await;
    }

    async fn choose(&self, descriptions: bool, closing: bool) {
        let chosen = json!({"descriptions": descriptions, "closing": closing});
        self.ask(Method::PUT, "/v1/job-saving", chosen).await;
    }

    /// Greenhouse describes the job so.
    async fn describe(&self, html: &str) {
        let before = self.pair.get("/v1/changes").await["next"].clone();
        job_control(
            &self.pair,
            &self.job,
            "post_update",
            json!({"content": html}),
        )
        .await;
        let path = format!("/v1/changes?after={before}");
        self.pair
            .get_until(&path, |changes| changes["next"] != before)
            .await;
    }

    async fn live(&self, html: &str) {
        self.describe(html).await;
        job_control(&self.pair, &self.job, "post_live", json!({})).await;
        // Behind it in the queue, so that the one before has come.
        self.describe("<p>Soon</p>").await;
        self.describe(html).await;
    }

    async fn hear(&self, control: &str, state: &str) {
        job_control(&self.pair, &self.job, control, json!({})).await;
        self.pair
            .get_until("/v1/job-links", |links| {
                links["links"][0]["job"]["state"] == state
            })
            .await;
    }

    /// Somebody looks at the job's page on Jopwell.
    async fn see(&self, description: &str, open: bool) -> Value {
        let page =
            json!({"job": on_jopwell(), "description": description, "open": open, "saves": true});
        self.ask(Method::POST, "/v1/job-pages", page).await
    }

    async fn done(&self, save: &Value, body: Value) {
        let path = format!("/v1/job-saves/{}", save["id"]);
        self.ask(Method::POST, &path, body).await;
    }

    async fn undo(&self, saved: &Value) -> Value {
        let path = format!("/v1/job-saves/{}/undo", saved["id"]);
        self.ask(Method::POST, &path, json!({})).await
    }

    async fn end(mut self) {
        self.pair.stand.stop().await;
    }
}

fn on_jopwell() -> Value {
    json!({"id": "310", "title": "Kiln engineer"})
}

#[tokio::test]
pub async fn description_that_matched_is_saved_by_one_browser_once() {
    let kiln = Kiln::new(true, false).await;
    kiln.live(NIGHT).await;
    let agreed = kiln.see(NIGHT, true).await;
    assert!(agreed["save"].is_null(), "{agreed}");
    kiln.describe(NOON).await;
    let looks = (0..6).map(|_| kiln.see(NIGHT, true));
    let pages = futures_util::future::join_all(looks).await;
    let told: Vec<&Value> = (pages.iter().map(|page| &page["save"]))
        .filter(|save| save.is_object())
        .collect();
    assert_eq!(told.len(), 1, "{pages:?}");
    let save = told[0];
    assert_eq!(
        (&save["kind"], &save["was"], &save["to"]),
        (
            &json!("description"),
            &json!("You fire kilns by night"),
            &json!("You fire kilns at noon, & more")
        )
    );
    let before = kiln.pair.get("/v1/changes").await["next"].clone();
    kiln.done(save, json!({"before": "You fire kilns\nby night"}))
        .await;
    // Told twice it counts once.
    kiln.done(save, json!({"problem": "refused"})).await;
    let changes = kiln.pair.get(&format!("/v1/changes?after={before}")).await;
    assert_eq!(changes["jobs"], json!([kiln.job]), "open pages hear of it");

    // A page that was opened before is neither news nor a person's text.
    let old = kiln.see(NIGHT, true).await;
    assert_eq!(
        (&old["is_old"], &old["description_is_news"], &old["save"]),
        (&json!(true), &json!(false), &Value::Null),
        "{old}"
    );
    assert_eq!(
        (&old["saved"][0]["state"], &old["saved"][0]["undoable"]),
        (&json!("saved"), &json!(true)),
        "{old}"
    );
    let now = kiln.see(NOON, true).await;
    assert_eq!(
        (&now["is_old"], &now["save"]),
        (&json!(false), &Value::Null)
    );
    // The next change goes the same way, even where only an old page is open.
    kiln.describe(DUSK).await;
    let next = kiln.see(NIGHT, true).await;
    assert_eq!(next["save"]["was"], "You fire kilns at noon, & more");

    let audit = kiln.pair.get("/v1/audit").await;
    let lines: Vec<&str> = (audit["entries"].as_array().unwrap().iter())
        .filter_map(|entry| entry["action"].as_str())
        .filter(|action| action.contains("saved"))
        .collect();
    assert_eq!(
        lines,
        [
            "chose what of jobs is saved on Jopwell",
            "description_saved"
        ]
    );
    assert!(!audit.to_string().contains("kilns"), "{audit}");
    kiln.end().await;
}

#[tokio::test]
async fn job_is_not_saved_before_the_company_turned_it_on() {
    let kiln = Kiln::new(false, false).await;
    kiln.live(NIGHT).await;
    kiln.see(NIGHT, true).await;
    kiln.describe(NOON).await;
    let page = kiln.see(NIGHT, true).await;
    assert_eq!(page["description_is_news"], true, "{page}");
    assert!(page["save"].is_null(), "{page}");
    kiln.hear("close", "closed").await;
    assert!(kiln.see(NIGHT, true).await["save"].is_null());
    kiln.hear("open", "open").await;

    kiln.choose(true, true).await;
    let form = json!({"job": on_jopwell(), "saves": true});
    let page = kiln.ask(Method::POST, "/v1/job-pages", form).await;
    assert!(page["save"].is_null(), "{page}");
    let no_form = json!({"job": on_jopwell(), "description": NIGHT, "open": true});
    let page = kiln.ask(Method::POST, "/v1/job-pages", no_form).await;
    assert!(page["save"].is_null(), "{page}");
    job_control(&kiln.pair, &kiln.job, "post_hidden", json!({})).await;
    kiln.describe(DUSK).await;
    let draft = kiln.see(NIGHT, true).await;
    assert_eq!(draft["description_is_news"], true, "{draft}");
    assert!(draft["save"].is_null(), "{draft}");
    kiln.end().await;
}

#[tokio::test]
async fn save_that_ends_after_a_relink_changes_nothing() {
    let kiln = Kiln::new(true, false).await;
    kiln.live(NIGHT).await;
    kiln.see(NIGHT, true).await;
    kiln.describe(NOON).await;
    let save = kiln.see(NIGHT, true).await["save"].clone();
    assert!(save.is_object());
    let other = Kiln {
        job: new_job(&kiln.pair, "Glazer").await,
        pair: kiln.pair,
    };
    other
        .pair
        .get_until("/v1/jobs?refresh=true", |jobs| {
            let jobs = jobs["jobs"].as_array().unwrap();
            jobs.iter().any(|known| known["id"] == other.job)
        })
        .await;
    other.link(&other.job).await;
    other
        .done(&save, json!({"before": "You fire kilns by night"}))
        .await;
    other.live(DUSK).await;
    // The text there is the other job's, and nobody said that this one's may replace it.
    let page = other.see(NOON, true).await;
    assert_eq!(page["description_is_news"], true, "{page}");
    assert!(page["save"].is_null(), "{page}");
    other.end().await;
}

#[tokio::test]
async fn text_written_by_a_person_is_never_overwritten() {
    let kiln = Kiln::new(true, false).await;
    kiln.live(NIGHT).await;
    // It never said the same.
    assert!(kiln.see("Ours", true).await["save"].is_null());
    kiln.see(NIGHT, true).await;
    // Somebody wrote there.
    kiln.see("You fire kilns by night!", true).await;
    kiln.describe(NOON).await;
    let by_hand = kiln.see("You fire kilns by night!", true).await;
    assert_eq!(by_hand["description_is_news"], true, "{by_hand}");
    assert!(by_hand["save"].is_null(), "{by_hand}");

    // Only the form knows of what was written since the page was opened.
    kiln.see(NOON, true).await;
    kiln.describe(DUSK).await;
    let page = kiln.see(NOON, true).await;
    kiln.done(&page["save"], json!({"problem": "changed"}))
        .await;
    let page = kiln.see(NOON, true).await;
    assert_eq!(
        (&page["saved"][0]["state"], &page["saved"][0]["problem"]),
        (&json!("failed"), &json!("changed")),
        "{page}"
    );
    assert_eq!(page["description_is_news"], true, "the proposal stays");
    kiln.describe(NIGHT).await;
    assert!(kiln.see(NOON, true).await["save"].is_null());

    // Kept on purpose.
    kiln.see(NIGHT, true).await;
    kiln.describe(NOON).await;
    let path = "/v1/job-links/310/description";
    let version = kiln.pair.get(path).await["changed_at"].clone();
    kiln.ask(Method::PUT, path, json!({"changed_at": version}))
        .await;
    kiln.describe(DUSK).await;
    assert!(kiln.see(NIGHT, true).await["save"].is_null());

    // In step with one job says nothing of another.
    kiln.see(DUSK, true).await;
    let other = new_job(&kiln.pair, "Kiln Engineer II").await;
    kiln.pair
        .get_until("/v1/jobs", |jobs| jobs.to_string().contains("Engineer II"))
        .await;
    kiln.link(&other).await;
    kiln.link(&kiln.job).await;
    kiln.describe(NIGHT).await;
    assert!(kiln.see(DUSK, true).await["save"].is_null());
    kiln.end().await;
}

#[tokio::test]
async fn page_opened_before_a_manual_save_does_not_undo_it() {
    let kiln = Kiln::new(true, false).await;
    kiln.live(NIGHT).await;
    assert_eq!(kiln.see("Ours", true).await["description_is_news"], true);
    kiln.see(NIGHT, true).await;
    let old = kiln.see("Ours", true).await;
    assert_eq!(
        (&old["is_old"], &old["description_is_news"]),
        (&json!(true), &json!(false)),
        "{old}"
    );
    let told = kiln.pair.get("/v1/job-links/310/description").await;
    assert_eq!(told["rows"][0]["before"], told["rows"][0]["after"]);
    // It does not hide that both are in step.
    kiln.describe(NOON).await;
    let page = kiln.see("Ours", true).await;
    assert_eq!(page["save"]["was"], "You fire kilns by night", "{page}");
    kiln.end().await;
}

#[tokio::test]
async fn undone_save_restores_the_text_and_is_not_repeated() {
    let kiln = Kiln::new(true, false).await;
    kiln.live(NIGHT).await;
    kiln.see(NIGHT, true).await;
    kiln.describe(NOON).await;
    let save = kiln.see(NIGHT, true).await["save"].clone();
    let exactly = "You fire  kilns\n\n<by> night ";
    kiln.done(&save, json!({"before": exactly})).await;

    let undo = kiln.undo(&save).await;
    assert_eq!(
        (&undo["was"], &undo["to"], &undo["undoes"]),
        (
            &json!("You fire kilns at noon, & more"),
            &json!(exactly),
            &json!(true)
        )
    );
    // Somebody is at it.
    let path = format!("/v1/job-saves/{}/undo", save["id"]);
    assert_eq!(kiln.try_to(Method::POST, &path, json!({})).await.0, 404);
    kiln.done(&undo, json!({"problem": "away"})).await;
    let page = kiln.see(NOON, true).await;
    assert_eq!(
        (&page["saved"][0]["problem"], &page["saved"][0]["undoable"]),
        (&json!("away"), &json!(true)),
        "{page}"
    );
    let undo = kiln.undo(&save).await;
    kiln.done(&undo, json!({"before": "You fire kilns at noon, & more"}))
        .await;
    let stale = kiln.see(NOON, true).await;
    assert_eq!(
        (&stale["is_old"], &stale["saved"][0]["state"]),
        (&json!(true), &json!("undone")),
        "{stale}"
    );
    let page = kiln
        .see("<p>You fire kilns</p><p>&lt;by&gt; night</p>", true)
        .await;
    assert_eq!(
        (&page["is_old"], &page["description_is_news"], &page["save"]),
        (&json!(false), &json!(false), &Value::Null),
        "{page}"
    );
    // Whoever takes a text back wants it: the next one is theirs to take over.
    kiln.describe(DUSK).await;
    let page = kiln
        .see("<p>You fire kilns</p><p>&lt;by&gt; night</p>", true)
        .await;
    assert_eq!(page["description_is_news"], true, "{page}");
    assert!(page["save"].is_null(), "{page}");
    let (status, problem) = kiln.try_to(Method::POST, &path, json!({})).await;
    assert_eq!(
        (status, &problem["code"]),
        (404, &json!("not_found")),
        "{problem}"
    );
    kiln.end().await;
}

#[tokio::test]
pub async fn closing_is_saved_once_and_a_manual_reopening_stays() {
    let kiln = Kiln::new(false, true).await;
    assert!(kiln.see(NIGHT, true).await["save"].is_null());
    kiln.hear("close", "closed").await;
    let looks = (0..4).map(|_| kiln.see(NIGHT, true));
    let pages = futures_util::future::join_all(looks).await;
    let told: Vec<&Value> = (pages.iter().map(|page| &page["save"]))
        .filter(|save| save.is_object())
        .collect();
    assert_eq!(told.len(), 1, "{pages:?}");
    assert_eq!(
        (&told[0]["kind"], told[0].get("to")),
        (&json!("closing"), None)
    );
    let before = kiln.pair.get("/v1/changes").await["next"].clone();
    kiln.done(told[0], json!({"before": "Open"})).await;
    let changes = kiln.pair.get(&format!("/v1/changes?after={before}")).await;
    assert_eq!(changes["jobs"], json!([kiln.job]), "{changes}");
    let page = kiln.see(NIGHT, true).await;
    assert!(page["save"].is_null(), "opened again by a person: {page}");
    assert_eq!(page["saved"][0]["state"], "saved");
    let undo = kiln.undo(told[0]).await;
    assert_eq!(
        (&undo["to"], undo.get("was")),
        (&json!("Open"), None),
        "{undo}"
    );
    kiln.done(&undo, json!({"before": "Closed"})).await;
    let page = kiln.see(NIGHT, true).await;
    assert_eq!(
        (&page["save"], &page["saved"][0]["state"]),
        (&Value::Null, &json!("undone")),
        "{page}"
    );
    // Deleted is the same closing; opened and closed again is another.
    kiln.hear("open", "open").await;
    kiln.hear("close", "closed").await;
    let page = kiln.see(NIGHT, true).await;
    assert_eq!(page["save"]["kind"], "closing", "{page}");
    kiln.done(&page["save"], json!({"before": "Open"})).await;
    kiln.hear("delete", "deleted").await;
    assert!(kiln.see(NIGHT, true).await["save"].is_null());
    kiln.end().await;
}

#[tokio::test]
async fn uncertain_state_closes_no_job() {
    let kiln = Kiln::new(false, true).await;
    kiln.hear("close", "closed").await;
    kiln.see(NIGHT, false).await;
    assert!(kiln.see(NIGHT, true).await["save"].is_null());

    kiln.hear("open", "open").await;
    kiln.hear("close", "closed").await;
    let page = kiln.see(NIGHT, true).await;
    kiln.done(&page["save"], json!({"problem": "changed"}))
        .await;
    let page = kiln.see(NIGHT, true).await;
    assert!(page["save"].is_null(), "closed there already: {page}");
    assert_eq!(page["saved"], Value::Null, "nothing to tell: {page}");

    // Jopwell fails: left alone for a while, and said so.
    kiln.hear("open", "open").await;
    kiln.hear("close", "closed").await;
    let page = kiln.see(NIGHT, true).await;
    kiln.done(&page["save"], json!({"problem": "login"})).await;
    let page = kiln.see(NIGHT, true).await;
    assert!(page["save"].is_null(), "{page}");
    assert_eq!(page["saved"][0]["problem"], "login");

    // Out of the list is not closed: no web hook said so.
    kiln.pair.put("/webhooks", json!([])).await;
    job_control(&kiln.pair, &kiln.job, "open", json!({})).await;
    let state = |wanted: &'static str| {
        let job = kiln.job.clone();
        move |jobs: &Value| {
            let jobs = jobs["jobs"].as_array().unwrap();
            let found = jobs.iter().find(|known| known["id"] == job);
            found.is_some_and(|job| job["state"] == wanted)
        }
    };
    kiln.pair
        .get_until("/v1/jobs?refresh=true", state("open"))
        .await;
    job_control(&kiln.pair, &kiln.job, "close", json!({})).await;
    kiln.pair
        .get_until("/v1/jobs?refresh=true", state("not_listed"))
        .await;
    let page = kiln.see(NIGHT, true).await;
    assert!(page["save"].is_null(), "{page}");
    kiln.end().await;
}

#[tokio::test]
async fn unknown_save_is_not_found_and_the_last_of_each_job_is_kept() {
    let kiln = Kiln::new(true, false).await;
    for (path, body) in [
        ("/v1/job-saves/77", json!({})),
        ("/v1/job-saves/x", json!({})),
        ("/v1/job-saves/77/undo", json!({})),
    ] {
        assert_eq!(kiln.try_to(Method::POST, path, body).await.0, 404, "{path}");
    }
    kiln.live(NIGHT).await;
    kiln.see(NIGHT, true).await;
    let mut text = NIGHT;
    let mut last = Value::Null;
    for next in [NOON, DUSK] {
        kiln.describe(next).await;
        last = kiln.see(text, true).await["save"].clone();
        kiln.done(&last, json!({"before": text})).await;
        text = next;
    }
    let mut stand = kiln.pair.stand;
    stand.stop().await;
    let database = stand.at_rest();
    let store = database.open().await;
    let before = |write_backs| Expiry {
        write_backs,
        ..Expiry::default()
    };
    assert_eq!(store.prune(before(0)).await.unwrap().write_backs, 0);
    for gone in [1, 0] {
        let pruned = store.prune(before(u64::MAX >> 2)).await.unwrap();
        assert_eq!(pruned.write_backs, gone);
    }
    store.close().await;
    stand.begin().await;
    let path = format!("/v1/job-saves/{}/undo", last["id"]);
    let request = stand.ask(Method::POST, &path);
    assert_eq!(stand.json(request).await.0, 200);
    stand.stop().await;
}

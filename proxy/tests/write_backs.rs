//! Who may set a row of Jopwell's candidate tracker: one browser, once, and never against a person.

use crate::support::{Stand, person, quick, sandbox::Pair, wait};
use atsi_proxy::store::Expiry;
use reqwest::Method;
use serde_json::{Value, json};

async fn ask(stand: &Stand, method: Method, path: &str, body: &Value) -> Value {
    let (status, answer) = stand.json(stand.ask(method, path).json(body)).await;
    assert_eq!(status, 200, "{answer}");
    answer
}

async fn choose(stand: &Stand, automatic: &[&str]) -> Value {
    let rules = json!([
        {"stage": "Phone", "status": "Phone Screen"},
        {"stage": "onsite", "status": "Interviewing"},
        {"stage": "Rejected", "status": "Rejected"},
    ]);
    let settings = json!({"rules": rules, "automatic": automatic});
    ask(stand, Method::PUT, "/v1/write-back", &settings).await
}

/// What becomes of a row that shows this status, its candidate being in this stage.
async fn plan(stand: &Stand, row: &str, shows: &str, stage: &str, press: Option<&str>) -> Value {
    let asked = json!({"row": row, "shows": shows, "stage": stage, "press": press});
    let request = json!({"rows": [asked]});
    let answer = ask(stand, Method::POST, "/v1/write-backs", &request).await;
    answer["rows"][0].clone()
}

async fn finish(stand: &Stand, plan: &Value, is_set: bool) {
    let path = format!("/v1/write-backs/{}", plan["set"]);
    ask(stand, Method::POST, &path, &json!({"is_set": is_set})).await;
}

#[tokio::test]
pub async fn row_is_set_by_one_of_many_browsers() {
    let stand = Stand::connected(quick()).await;
    choose(&stand, &["Phone Screen"]).await;
    let asking = (0..6).map(|_| plan(&stand, "9013", "Applied", "Phone Interview", None));
    let plans = futures_util::future::join_all(asking).await;
    let (told, others): (Vec<_>, Vec<_>) = plans.iter().partition(|plan| plan["set"].is_u64());
    assert_eq!((told.len(), others.len()), (1, 5), "{plans:?}");
    assert!(plans.iter().all(|plan| plan["to"] == "Phone Screen"));
    finish(&stand, told[0], true).await;
    // A colleague's page was not loaded anew, and still shows what was there before.
    let late = plan(&stand, "9013", "Applied", "Phone Interview", None).await;
    assert!(late["set"].is_null(), "{late}");
    // The same row twice on one page, too.
    let row = json!({"row": "9026", "shows": "Applied", "stage": "Phone Interview"});
    let request = json!({"rows": [row, row]});
    let answer = ask(&stand, Method::POST, "/v1/write-backs", &request).await;
    assert!(answer["rows"][0]["set"].is_u64() && answer["rows"][1]["set"].is_null());
}

#[tokio::test]
async fn status_is_not_written_before_the_company_turned_it_on() {
    let stand = Stand::connected(quick()).await;
    let (_, settings) = stand.json(stand.ask(Method::GET, "/v1/write-back")).await;
    assert_eq!(settings["automatic"], json!([]));
    // What would be written is told all the same.
    let offered = plan(&stand, "1", "Applied", "Preliminary Phone Screen", None).await;
    assert_eq!(
        (&offered["to"], &offered["set"]),
        (&json!("Phone Screen"), &Value::Null)
    );
    choose(&stand, &["Phone Screen"]).await;
    let offered = plan(&stand, "1", "Applied", "Rejected", None).await;
    assert!(offered["set"].is_null(), "{offered}");
    // A person's own press needs nobody's choice.
    assert!(plan(&stand, "2", "Applied", "Rejected", Some("set")).await["set"].is_u64());
    assert!(plan(&stand, "1", "Applied", "PHONE interview", None).await["set"].is_u64());
    // There is nothing to say of a stage that no rule fits, or of a row that shows what it should.
    assert!(
        plan(&stand, "3", "Applied", "Take Home Test", None)
            .await
            .is_null()
    );
    assert!(
        plan(&stand, "3", "Phone Screen", "Phone Interview", None)
            .await
            .is_null()
    );
}

#[tokio::test]
async fn status_set_by_a_person_stays() {
    let stand = Stand::connected(quick()).await;
    choose(
        &stand,
        &["Applied", "Phone Screen", "Interviewing", "Rejected"],
    )
    .await;
    // Before ATSi came: only forward.
    for (shows, stage) in [
        ("Offer", "Phone Interview"),
        ("Hired", "Rejected"),
        ("On hold", "Onsite"),
    ] {
        let refused = plan(&stand, "1", shows, stage, None).await;
        assert!(refused["set"].is_null(), "{shows} {stage}");
    }
    let first = plan(&stand, "1", "Applied", "Onsite", None).await;
    finish(&stand, &first, true).await;
    // What ATSi set, it may also set back.
    let shown = plan(&stand, "1", "Interviewing", "Onsite", None).await;
    assert_eq!(
        (&shown["was"], &shown["to"]),
        (&json!("Applied"), &Value::Null)
    );
    let second = plan(&stand, "1", "Interviewing", "Phone Interview", None).await;
    finish(&stand, &second, true).await;
    // Somebody sets another one: theirs stays, until they press.
    let third = plan(&stand, "1", "Offer", "Onsite", None).await;
    assert!(third["set"].is_null() && third["was"].is_null(), "{third}");
    let pressed = plan(&stand, "1", "Offer", "Onsite", Some("set")).await;
    finish(&stand, &pressed, true).await;
    // Taken back: neither the same nor another one is written by itself any more.
    let undo = plan(&stand, "1", "Interviewing", "Onsite", Some("undo")).await;
    assert_eq!(undo["to"], "Offer");
    finish(&stand, &undo, true).await;
    for (shows, stage) in [("Offer", "Onsite"), ("Offer", "Rejected")] {
        let refused = plan(&stand, "1", shows, stage, None).await;
        assert!(
            refused["set"].is_null() && refused["was"].is_null(),
            "{refused}"
        );
    }
    // There is nothing more to take back.
    let again = plan(&stand, "1", "Offer", "Onsite", Some("undo")).await;
    assert!(again["set"].is_null(), "{again}");
}

#[tokio::test]
async fn failed_write_back_is_not_repeated_at_once() {
    let stand = Stand::connected(quick()).await;
    choose(&stand, &["Phone Screen"]).await;
    let first = plan(&stand, "1", "Applied", "Phone Interview", None).await;
    finish(&stand, &first, false).await;
    let again = plan(&stand, "1", "Applied", "Phone Interview", None).await;
    assert!(
        again["to"] == "Phone Screen" && again["set"].is_null(),
        "{again}"
    );
    let pressed = plan(&stand, "1", "Applied", "Phone Interview", Some("set")).await;
    assert!(pressed["set"].is_u64());
}

#[tokio::test]
async fn unknown_tracker_status_is_refused() {
    let stand = Stand::connected(quick()).await;
    let long = "x".repeat(300);
    for (row, shows, stage) in [
        ("", "a", "b"),
        (long.as_str(), "a", "b"),
        ("1", "\u{7}", "b"),
        ("1", "a", " "),
    ] {
        let rows = json!({"rows": [{"row": row, "shows": shows, "stage": stage}]});
        let request = stand.ask(Method::POST, "/v1/write-backs").json(&rows);
        let (status, problem) = stand.json(request).await;
        assert_eq!(
            (status, &problem["field"]),
            (400, &json!("rows")),
            "{problem}"
        );
    }
    for (settings, field) in [
        (
            json!({"rules": [{"stage": "", "status": "Offer"}], "automatic": []}),
            "rules",
        ),
        (
            json!({"rules": [{"stage": "x", "status": "Lunch"}], "automatic": []}),
            "rules",
        ),
        (json!({"rules": [], "automatic": ["Lunch"]}), "automatic"),
        (
            json!({"rules": [], "automatic": [], "rejected_after": 31 * 24 * HOUR}),
            "rejected_after",
        ),
    ] {
        let request = stand.ask(Method::PUT, "/v1/write-back").json(&settings);
        let (status, problem) = stand.json(request).await;
        assert_eq!(
            (status, &problem["field"]),
            (400, &json!(field)),
            "{problem}"
        );
    }
    for id in ["0", "9223372036854775808", "x"] {
        let path = format!("/v1/write-backs/{id}");
        let request = stand
            .ask(Method::POST, &path)
            .json(&json!({"is_set": true}));
        assert_eq!(stand.json(request).await.0, 404, "{id}");
    }
}

#[tokio::test]
async fn candidate_shows_the_tracker_status_and_what_waits() {
    let stand = Stand::connected(quick()).await;
    choose(&stand, &[]).await;
    let (_, sent) = stand.send("k-1", &person("imani-7")).await;
    let candidate = sent["candidate_id"].as_u64().unwrap();
    stand.fake.script(|script| {
        let found = script.candidates.get_mut(&candidate).unwrap();
        found["applications"][0]["stage"] = json!("Phone Interview");
        found["applications"][0]["status"] = json!("Active");
    });
    let told = async || {
        let request = json!({"candidate_ids": [candidate], "refresh": true});
        stand.look_up(request).await.remove(0)
    };
    let before = told().await;
    assert!(
        before["on_jopwell"].is_null() && before["waiting"].is_null(),
        "{before}"
    );

    let show = async |shows: &str, press: Value| {
        let row = json!({
            "row": "9013", "external_id": "imani-7", "shows": shows, "stage": "Phone Interview", "press": press,
        });
        let answer = ask(
            &stand,
            Method::POST,
            "/v1/write-backs",
            &json!({"rows": [row]}),
        )
        .await;
        answer["rows"][0].clone()
    };
    show("Applied", Value::Null).await;
    let seen = told().await;
    assert_eq!(seen["on_jopwell"]["status"], "Applied");
    let waits = |failed| json!([{"what": "write_back", "name": "Phone Screen", "failed": failed}]);
    assert_eq!(seen["waiting"], waits(false));
    let set = show("Applied", json!("set")).await;
    finish(&stand, &set, false).await;
    assert_eq!(told().await["waiting"], waits(true));
    let (_, changes) = stand.json(stand.ask(Method::GET, "/v1/changes")).await;
    let path = format!("/v1/changes?after={}", changes["next"]);
    let set = show("Applied", json!("set")).await;
    finish(&stand, &set, true).await;
    // A panel that is open hears of it.
    let (_, changes) = stand.json(stand.ask(Method::GET, &path)).await;
    let changed = &changes["changes"][0]["candidate"];
    assert_eq!(changed["on_jopwell"]["status"], "Phone Screen", "{changes}");
    let done = told().await;
    assert_eq!(done["on_jopwell"]["status"], "Phone Screen");
    assert!(done["waiting"].is_null(), "{done}");
    // Taken back by a person: that is how they want it.
    let undo = show("Phone Screen", json!("undo")).await;
    finish(&stand, &undo, true).await;
    let back = told().await;
    assert_eq!(back["on_jopwell"]["status"], "Applied");
    assert!(back["waiting"].is_null(), "{back}");

    // Of somebody whom nobody sent nothing is kept, and an id has to be one.
    let stranger =
        json!({"row": "9", "external_id": "noor-3", "shows": "Applied", "stage": "Offer"});
    ask(
        &stand,
        Method::POST,
        "/v1/write-backs",
        &json!({"rows": [stranger]}),
    )
    .await;
    stand.send("k-2", &person("noor-3")).await;
    let found = stand.look_up(json!({"external_ids": ["noor-3"]})).await;
    assert!(found[0]["on_jopwell"].is_null(), "{found:?}");
    for id in ["", "\u{7}", &"x".repeat(513)] {
        let row = json!({"row": "9", "external_id": id, "shows": "Applied", "stage": "Offer"});
        let request = stand.ask(Method::POST, "/v1/write-backs");
        let (status, problem) = stand.json(request.json(&json!({"rows": [row]}))).await;
        assert_eq!(
            (status, &problem["field"]),
            (400, &json!("rows")),
            "{problem}"
        );
    }
}

/// Neither waits for what the other holds.
#[tokio::test]
async fn row_set_while_others_show_it_is_recorded_once() {
    let stand = Stand::connected(quick()).await;
    choose(&stand, &[]).await;
    stand.send("k-1", &person("imani-7")).await;
    let row = |number: usize, press: Option<&str>| {
        json!({
            "row": number.to_string(), "external_id": "imani-7", "shows": "Applied",
            "stage": "Phone Interview", "press": press,
        })
    };
    for _ in 0..10 {
        let pressed = json!({"rows": [row(0, Some("set"))]});
        let told = ask(&stand, Method::POST, "/v1/write-backs", &pressed).await;
        let rows: Vec<Value> = (0..60).rev().map(|number| row(number, None)).collect();
        let shown = json!({"rows": rows});
        let showing = ask(&stand, Method::POST, "/v1/write-backs", &shown);
        futures_util::future::join(showing, finish(&stand, &told["rows"][0], true)).await;
        // The next press is one of its own.
        let press = json!({"rows": [row(0, Some("undo"))]});
        ask(&stand, Method::POST, "/v1/write-backs", &press).await;
    }
}

const HOUR: u64 = 60 * 60 * 1000;

/// The same rules, and how long *Rejected* waits.
async fn choose_wait(stand: &Stand, automatic: &[&str], wait: u64) {
    let rules = json!([
        {"stage": "Rejected", "status": "Rejected"},
        {"stage": "Declined", "status": "Rejected"},
        {"stage": "Offer", "status": "Offer"},
    ]);
    let settings = json!({"rules": rules, "automatic": automatic, "rejected_after": wait});
    let saved = ask(stand, Method::PUT, "/v1/write-back", &settings).await;
    assert_eq!(saved["rejected_after"], wait);
}

/// What becomes of the row of a person.
async fn of_person(stand: &Stand, row: &str, id: &str, stage: &str, press: Option<&str>) -> Value {
    let asked =
        json!({"row": row, "shows": "Applied", "stage": stage, "external_id": id, "press": press});
    let answer = ask(
        stand,
        Method::POST,
        "/v1/write-backs",
        &json!({"rows": [asked]}),
    )
    .await;
    answer["rows"][0].clone()
}

/// Somebody on a job in Greenhouse, who is rejected there.
async fn rejected(pair: &Pair, id: &str) -> Value {
    let (_, sent) = pair.stand.send(&format!("k-{id}"), &person(id)).await;
    let candidate = sent["candidate_id"].clone();
    pair.hand(&candidate, "reject", json!({})).await;
    stands(pair, id, "rejected").await;
    candidate
}

async fn stands(pair: &Pair, id: &str, status: &str) {
    pair.until(id, |found| {
        found["status"]["applications"][0]["status"] == status
    })
    .await;
}

#[tokio::test]
async fn rejected_waits_from_the_rejection_in_greenhouse() {
    let pair = Pair::start().await;
    let stand = &pair.stand;
    let candidate = rejected(&pair, "imani-7").await;
    choose_wait(stand, &["Rejected"], HOUR).await;
    for _ in 0..2 {
        let waits = of_person(stand, "1", "imani-7", "Rejected", None).await;
        let left = waits["sets_in"].as_u64().unwrap();
        assert!((HOUR - 120_000..=HOUR).contains(&left), "{waits}");
        assert!(
            waits["to"] == "Rejected" && waits["set"].is_null(),
            "{waits}"
        );
    }
    // What a page still shows of somebody who is rejected no longer, or of a stranger, sets nothing.
    pair.hand(&candidate, "unreject", json!({})).await;
    stands(&pair, "imani-7", "active").await;
    for id in ["imani-7", "nobody-1"] {
        choose_wait(stand, &["Rejected"], 1).await;
        let late = of_person(stand, "1", id, "Rejected", None).await;
        assert!(late["set"].is_null() && late["sets_in"].is_null(), "{late}");
    }
    // Rejected once more, and the time is over: of three browsers, one sets it.
    pair.hand(&candidate, "reject", json!({})).await;
    stands(&pair, "imani-7", "rejected").await;
    choose_wait(stand, &["Rejected"], 1).await;
    // The choice was to wait one millisecond.
    wait::let_time_pass(std::time::Duration::from_millis(5)).await;
    let asking = (0..3).map(|_| of_person(stand, "1", "imani-7", "Rejected", None));
    let plans = futures_util::future::join_all(asking).await;
    let told = plans.iter().filter(|plan| plan["set"].is_u64()).count();
    assert_eq!(told, 1, "{plans:?}");
}

#[tokio::test]
async fn waiting_status_is_set_now_or_skipped_by_a_click() {
    let pair = Pair::start().await;
    let stand = &pair.stand;
    rejected(&pair, "imani-7").await;
    choose_wait(stand, &["Rejected"], 72 * HOUR).await;
    let pressed = of_person(stand, "1", "imani-7", "Rejected", Some("set")).await;
    assert!(
        pressed["set"].is_u64() && pressed["sets_in"].is_null(),
        "{pressed}"
    );
    let skipped = of_person(stand, "2", "imani-7", "Rejected", Some("skip")).await;
    assert!(
        skipped["set"].is_null() && skipped["sets_in"].is_null(),
        "{skipped}"
    );
    // It stays so, after the time as well; a press sets it all the same.
    for wait in [72 * HOUR, 1] {
        choose_wait(stand, &["Rejected"], wait).await;
        let after = of_person(stand, "2", "imani-7", "Rejected", None).await;
        assert!(
            after["to"] == "Rejected" && after["was"].is_null(),
            "{after}"
        );
        assert!(
            after["set"].is_null() && after["sets_in"].is_null(),
            "{after}"
        );
    }
    let pressed = of_person(stand, "2", "imani-7", "Rejected", Some("set")).await;
    assert!(pressed["set"].is_u64(), "{pressed}");
    // What is not set by itself waits for nothing, and no other status waits.
    choose_wait(stand, &["Offer"], HOUR).await;
    let offered = of_person(stand, "3", "imani-7", "Rejected", None).await;
    assert!(
        offered["to"] == "Rejected" && offered["sets_in"].is_null(),
        "{offered}"
    );
    assert!(of_person(stand, "4", "imani-7", "Offer", None).await["set"].is_u64());
}

#[tokio::test]
async fn pruning_keeps_the_last_write_back_of_each_row() {
    let mut stand = Stand::connected(quick()).await;
    choose(&stand, &["Phone Screen", "Interviewing"]).await;
    let first = plan(&stand, "1", "Applied", "Phone Interview", None).await;
    finish(&stand, &first, true).await;
    let second = plan(&stand, "1", "Phone Screen", "Onsite", None).await;
    finish(&stand, &second, true).await;
    let undo = plan(&stand, "1", "Interviewing", "Onsite", Some("undo")).await;
    finish(&stand, &undo, true).await;
    let other = plan(&stand, "2", "Applied", "Onsite", None).await;
    finish(&stand, &other, true).await;
    stand.stop().await;
    let database = stand.at_rest();
    let store = database.open().await;
    let before = |write_backs| Expiry {
        write_backs,
        ..Expiry::default()
    };
    assert_eq!(store.prune(before(0)).await.unwrap().write_backs, 0);
    for gone in [2, 0] {
        let pruned = store.prune(before(u64::MAX >> 2)).await.unwrap();
        assert_eq!(pruned.write_backs, gone);
    }
    store.close().await;
    stand.begin().await;
    // What a person took back is not set again, and what ATSi set can still be taken back.
    let row = plan(&stand, "1", "Phone Screen", "Onsite", None).await;
    assert!(row["to"] == "Interviewing" && row["set"].is_null(), "{row}");
    let row = plan(&stand, "2", "Interviewing", "Onsite", None).await;
    assert_eq!(row["was"], "Applied");
}

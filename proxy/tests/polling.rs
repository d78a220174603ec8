//! Greenhouse is asked how candidates stand without anybody asking here.

use crate::support::{
    self, EXTENSION, Stand,
    live::Listener,
    person, quick,
    records::{new_connection, new_send},
};
use atsi_greenhouse::webhook;
use atsi_protocol::{ApplicationStatus, CandidateStatus, InGreenhouse, StatusRoute};
use atsi_proxy::{
    Tuning,
    poll_plan::Pace,
    store::{
        Accepted, Decided, LeaseLimits, PERSON, PollClaim, PollTurn, ReceivedHook, SendDecision,
        Settlement, Store,
    },
};
use serde_json::json;
use std::{sync::Arc, time::Duration};

const COMPANY: i64 = 1;
const NOW: u64 = 1_800_000_000_000;
const MINUTE: u64 = 60_000;
const PACE: Pace = Pace {
    looked_at: 30_000,
    others: 15 * MINUTE,
    hooks: false,
};
const LOOK: PollTurn = PollTurn {
    looked_at: true,
    pause: 2_000,
    pause_of_others: 12_000,
    again_at: NOW + 15 * MINUTE,
};
const DUE: PollTurn = PollTurn {
    looked_at: false,
    ..LOOK
};

async fn listener(stand: &Stand) -> Listener {
    let mut listener = Listener::connect(&stand.url(""), None, EXTENSION)
        .await
        .unwrap();
    listener.hear().await.unwrap();
    listener
}

/// Puts the person's only application into a stage in Greenhouse, where `None` is not shown at all.
fn put(stand: &Stand, candidate: u64, stage: Option<&str>) {
    stand.fake.script(
        |script| match (stage, script.candidates.get_mut(&candidate)) {
            (Some(stage), Some(found)) => found["applications"][0]["stage"] = json!(stage),
            (Some(_), None) => panic!("there is no {candidate}"),
            (None, _) => {
                script.candidates.remove(&candidate);
            }
        },
    );
}

/// What the next change says of the person's status.
async fn told(listener: &mut Listener) -> CandidateStatus {
    loop {
        let page = listener.hear().await.unwrap();
        if let Some(change) = page.changes.last() {
            return change.candidate.status.clone().unwrap();
        }
    }
}

#[tokio::test]
pub async fn candidate_on_a_screen_is_read_repeatedly() {
    let stand = Stand::connected(Tuning {
        poll_looked_at_every: Duration::from_millis(40),
        ..quick()
    })
    .await;
    let (_, sent) = stand.send("k-1", &person("imani-7")).await;
    stand.send("k-2", &person("ada-3")).await;
    let candidate = sent["candidate_id"].as_u64().unwrap();
    let mut listener = listener(&stand).await;
    listener
        .say(r#"{"looking": ["imani-7", "nobody", "\u0000"], "more": 1}"#)
        .await;
    assert_eq!(told(&mut listener).await.applications[0].stage, None);
    for stage in ["Phone Interview", "Offer"] {
        put(&stand, candidate, Some(stage));
        let status = told(&mut listener).await;
        assert_eq!(status.applications[0].stage.as_deref(), Some(stage));
    }
    // Not shown any more is a state of its own; what was known stays.
    put(&stand, candidate, None);
    let status = told(&mut listener).await;
    assert!(!status.readable);
    assert_eq!(status.applications[0].stage.as_deref(), Some("Offer"));

    let asked = stand.fake.script(|script| script.gets.clone());
    assert!(asked.iter().all(|ids| ids == &[candidate]), "{asked:?}");
    let metrics = stand.ask(reqwest::Method::GET, "/metrics");
    let metrics = metrics.send().await.unwrap().text().await.unwrap();
    for line in [
        "atsi_greenhouse_polls_total{reason=\"looked_at\"}",
        "atsi_greenhouse_candidates_read_total{result=\"changed\"} 3",
        "atsi_greenhouse_candidates_read_total{result=\"missing\"}",
    ] {
        assert!(metrics.contains(line), "{line}: {metrics}");
    }
}

#[tokio::test]
async fn status_names_the_route_by_which_it_came() {
    let stand = Stand::connected(Tuning {
        status_fresh_for: Duration::ZERO,
        ..quick()
    })
    .await;
    let (_, sent) = stand.send("k-1", &person("imani-7")).await;
    let candidate = sent["candidate_id"].as_u64().unwrap();
    let ids = json!([candidate]);
    let read = async |request: serde_json::Value| stand.look_up(request).await[0]["status"].clone();
    let status = read(json!({"candidate_ids": ids, "refresh": true})).await;
    assert_eq!(status["route"], "asked");
    let status = read(json!({"candidate_ids": ids, "refresh": true, "by_press": true})).await;
    assert_eq!(status["route"], "sync_now");
    // Without a refresh nothing is read, and nothing came by a press.
    let status = read(json!({"candidate_ids": ids})).await;
    assert_eq!(status["route"], "sync_now");
}

#[tokio::test]
async fn listener_that_sends_an_unknown_message_is_cut() {
    let stand = Stand::start(quick()).await;
    let unit = "x".repeat(100);
    let long = json!({"looking": vec![unit; 200]}).to_string();
    for (said, code) in [
        ("{\"looking\": [1]}", Some(1007)),
        ("looking", Some(1007)),
        (long.as_str(), None),
    ] {
        let mut listener = listener(&stand).await;
        listener.say(said).await;
        let end = listener.end().await;
        assert_eq!(end, code, "{said:.20}");
    }
}

/// People who came to Greenhouse at [`NOW`], under these candidate ids.
async fn store_with(store: &dyn Store, candidates: &[u64]) {
    assert_eq!(store.personal_company(NOW).await.unwrap(), COMPANY);
    let connection = new_connection();
    store
        .put_connection(COMPANY, connection, PERSON, NOW)
        .await
        .unwrap();
    for candidate in candidates {
        let new = new_send(format!("k-{candidate}"), format!("person-{candidate}"));
        let accepted = store.accept(COMPANY, new, NOW).await.unwrap();
        assert!(matches!(accepted, Accepted::New(_)));
    }
    let limits = LeaseLimits {
        total: 1000,
        per_company: 1000,
    };
    let leased = store.lease("w", limits, NOW, Duration::from_secs(60)).await;
    for leased in leased.unwrap() {
        assert!(store.dispatch(&leased, NOW).await.unwrap());
        let id = leased.external_id.strip_prefix("person-").unwrap();
        let there = InGreenhouse {
            candidate_id: id.parse().unwrap(),
            application_id: None,
            profile_url: format!("https://app.greenhouse.io/people/{id}"),
        };
        let created = Settlement::Created(there);
        assert!(store.settle(&leased, created, NOW).await.unwrap());
    }
}

fn status(application_id: u64, status: &str, read_at: u64) -> CandidateStatus {
    CandidateStatus {
        read_at,
        route: None,
        readable: true,
        merged: false,
        applications: vec![ApplicationStatus {
            application_id,
            job: None,
            status: status.to_owned(),
            stage: None,
            pool: None,
            since: None,
        }],
    }
}

/// When each is due, in minutes from [`NOW`].
async fn due(store: &dyn Store) -> Vec<(u64, u64)> {
    let polls = store.poll_schedule(COMPANY, &[]).await.unwrap();
    let mut due: Vec<(u64, u64)> = (polls.soonest.iter())
        .map(|one| (one.candidate_id, one.due_at.saturating_sub(NOW) / MINUTE))
        .collect();
    due.sort_unstable();
    due
}

#[tokio::test]
async fn read_result_decides_the_time_of_the_next_read() {
    let database = support::Database::new().await;
    let store = database.open().await;
    let all = [11, 12, 13, 14];
    store_with(store.as_ref(), &all).await;
    assert_eq!(
        due(store.as_ref()).await,
        [(11, 1), (12, 1), (13, 1), (14, 1)]
    );
    let read = async |at: u64, statuses: &[(u64, CandidateStatus)]| {
        let asked: Vec<u64> = all.to_vec();
        let put = store.put_statuses(COMPANY, &asked, statuses, StatusRoute::Asked, PACE, at);
        put.await.unwrap().changed
    };
    // Under way, hired, rejected; and one that is not shown.
    let of = |words: [&str; 3], at| {
        let ids = [11, 12, 13].into_iter().zip(words);
        ids.map(|(id, word)| (id, status(id + 10, word, at)))
            .collect::<Vec<_>>()
    };
    let first = NOW + MINUTE;
    assert_eq!(
        read(first, &of(["active", "hired", "rejected"], first)).await,
        0
    );
    let [active, hired, rejected, missing] = due(store.as_ref()).await.try_into().unwrap();
    let within = |(_, due): (u64, u64), low, high| (low..=high).contains(&due);
    assert!(within(active, 14, 16), "{active:?}");
    assert!(within(hired, 300, 361) && within(rejected, 300, 361));
    assert!(within(missing, 52, 61), "{missing:?}");

    // After a month without a change it is asked about once a day; unrejected it is likely to move.
    let later = NOW + 30 * 24 * 60 * MINUTE;
    let changed = read(later, &of(["active", "hired", "active"], later)).await;
    assert_eq!(changed, 1);
    let [active, hired, unrejected, _] = due(store.as_ref()).await.try_into().unwrap();
    let month = 30 * 24 * 60;
    assert!(
        within(active, month + 21 * 60, month + 24 * 60),
        "{active:?}"
    );
    assert!(
        within(hired, month + 6 * 24 * 60, month + 8 * 24 * 60),
        "{hired:?}"
    );
    assert!(within(unrejected, month + 13, month + 16), "{unrejected:?}");
    store.close().await;
}

#[tokio::test]
async fn send_settled_by_a_person_has_its_status_read() {
    let database = support::Database::new().await;
    let store = database.open().await;
    store_with(store.as_ref(), &[11]).await;
    let new = new_send("k-12", "person-12");
    store.accept(COMPANY, new, NOW).await.unwrap();
    let limits = LeaseLimits {
        total: 1,
        per_company: 1,
    };
    let leased = store.lease("w", limits, NOW, Duration::from_secs(60)).await;
    let [leased] = leased.unwrap().try_into().unwrap();
    assert!(store.dispatch(&leased, NOW).await.unwrap());
    let settled = store.settle(&leased, Settlement::Uncertain, NOW).await;
    assert!(settled.unwrap());
    let there = SendDecision::AlreadyThere(InGreenhouse {
        candidate_id: 12,
        application_id: None,
        profile_url: "https://app.greenhouse.io/people/12".to_owned(),
    });
    let decided = store.decide(COMPANY, "k-12", there, PERSON, NOW).await;
    assert!(matches!(decided.unwrap(), Decided::Done(_)));
    let status_of = async || {
        let found = store.look_up(COMPANY, &[12], &[], NOW).await.unwrap();
        assert_eq!(found.len(), 1);
        found.into_iter().next().unwrap().candidate.status
    };
    assert_eq!(status_of().await, None);
    assert_eq!(due(store.as_ref()).await, [(11, 1), (12, 1)]);
    let read = [(12, status(22, "active", NOW))];
    store
        .put_statuses(COMPANY, &[12], &read, StatusRoute::Asked, PACE, NOW)
        .await
        .unwrap();
    let route = status_of().await.unwrap().route;
    assert_eq!(route, Some(StatusRoute::Asked));
    store.close().await;
}

#[tokio::test]
async fn webhook_moves_the_schedule_with_the_candidate() {
    let database = support::Database::new().await;
    let store = database.open().await;
    store_with(store.as_ref(), &[11, 12]).await;
    let mut digest = 0;
    let mut hear = async |event: webhook::Event| {
        digest += 1;
        let received = ReceivedHook {
            event_id: None,
            digest: [digest; 32],
            action: "any".to_owned(),
            event,
        };
        store.receive_hook(COMPANY, &received, NOW).await.unwrap();
    };
    store
        .add_hook_secret(COMPANY, "public", &[1], NOW, PERSON, NOW)
        .await
        .unwrap();
    assert_eq!(store.last_hook_at(COMPANY).await.unwrap(), None);
    let merged = webhook::Event::Merged {
        candidate_id: 11,
        into: 13,
    };
    hear(merged).await;
    assert_eq!(store.last_hook_at(COMPANY).await.unwrap(), Some(NOW));
    let known = |due: Vec<(u64, u64)>| due.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(known(due(store.as_ref()).await), [12, 13]);
    hear(webhook::Event::Erased { candidate_id: 12 }).await;
    assert_eq!(known(due(store.as_ref()).await), [13]);
    let looked = store
        .poll_schedule(COMPANY, &["person-11".to_owned()])
        .await;
    assert_eq!(looked.unwrap().watched[0].1.candidate_id, 13);
    store.close().await;
}

#[tokio::test]
async fn poll_is_taken_by_one_of_many_and_not_too_often() {
    let database = support::Database::new().await;
    let store: Arc<dyn Store> = database.open().await.into();
    store_with(store.as_ref(), &[11, 12, 13]).await;
    let mut asking = tokio::task::JoinSet::new();
    let at = NOW + 5 * MINUTE;
    for _ in 0..8 {
        let store = Arc::clone(&store);
        asking.spawn(async move {
            let claim = store.claim_polls(COMPANY, &[11, 12], NOW, LOOK, at);
            claim.await.unwrap()
        });
    }
    let asked = asking.join_all().await;
    let claimed: Vec<&Vec<u64>> = (asked.iter())
        .filter_map(|claim| match claim {
            PollClaim::Claimed(ids) => Some(ids),
            PollClaim::NotBefore(_) => None,
        })
        .collect();
    assert_eq!(claimed.len(), 1, "{asked:?}");
    assert_eq!(claimed[0].len(), 2);
    let waits = |until| {
        asked
            .iter()
            .filter(|one| **one == PollClaim::NotBefore(until))
            .count()
    };
    assert_eq!(waits(at + 2_000), 7, "{asked:?}");

    // The next turn; the two were asked about since the plan was made.
    let again = at + 2_000;
    let claim = async |ids: &[u64], turn, now| {
        let claim = store.claim_polls(COMPANY, ids, NOW, turn, now);
        claim.await.unwrap()
    };
    assert_eq!(
        claim(&[13], DUE, again).await,
        PollClaim::NotBefore(at + 12_000)
    );
    assert_eq!(
        claim(&[11, 13], LOOK, again).await,
        PollClaim::Claimed(vec![13])
    );
    assert_eq!(
        claim(&[13], LOOK, again + 1_999).await,
        PollClaim::NotBefore(again + 2_000)
    );
    assert_eq!(
        claim(&[13], DUE, again + 12_000).await,
        PollClaim::Claimed(vec![])
    );
    store.close().await;
}

//! What the store keeps of deliveries, without a proxy.

use crate::support::records::{new_connection, new_send};
use crate::support::{self};
use atsi_greenhouse::webhook;
use atsi_protocol::{InGreenhouse, Problem, ProblemCode};
use atsi_proxy::store::{
    Accepted, CallbackAnswer, CallbackContent, Expiry, GIVE_UP_AFTER_MS, LeaseLimits,
    LeasedCallback, PERSON, ReceivedHook, Settlement, Store,
};
use std::{sync::Arc, time::Duration};

const COMPANY: i64 = 1;

const NOW: u64 = 1_800_000_000_000;

/// Two people who wait for their outcome, and an address.
async fn store_of_two() -> (support::Database, Box<dyn Store>) {
    let database = support::Database::new().await;
    let store = database.open().await;
    assert_eq!(store.personal_company(NOW).await.unwrap(), COMPANY);
    connect(store.as_ref()).await;
    for name in ["a", "b"] {
        accept(store.as_ref(), name).await;
    }
    assert!(
        store
            .put_callback(COMPANY, "https://kiln.example/", &[1], PERSON, NOW)
            .await
            .unwrap()
    );
    (database, store)
}

async fn settle(store: &dyn Store) {
    let limits = LeaseLimits {
        total: 9,
        per_company: 9,
    };
    let leased = store.lease("w", limits, NOW, Duration::from_secs(60)).await;
    for (leased, id) in leased.unwrap().iter().zip(11..) {
        assert!(store.dispatch(leased, NOW).await.unwrap());
        let there = InGreenhouse {
            candidate_id: id,
            application_id: None,
            profile_url: format!("https://app.greenhouse.io/people/{id}"),
        };
        let created = Settlement::Created(there);
        assert!(store.settle(leased, created, NOW).await.unwrap());
    }
}

/// The receiver answers with this status at `at`; the delivery may go again at `again_at`, and others at
/// once.
async fn end(store: &dyn Store, leased: &LeasedCallback, status: u16, again_at: u64, at: u64) {
    let answer = CallbackAnswer::Status {
        status,
        retry_after: None,
    };
    store
        .settle_callback(leased, &answer, again_at, at, at)
        .await
        .unwrap();
}

/// Nothing leaves any more; what waits is refused, which is a change.
async fn disconnect(store: &dyn Store) {
    let problem = Problem::new(ProblemCode::NotConnected);
    store
        .delete_connection(COMPANY, &problem, PERSON, NOW)
        .await
        .unwrap();
}

async fn connect(store: &dyn Store) {
    let connection = new_connection();
    store
        .put_connection(COMPANY, connection, PERSON, NOW)
        .await
        .unwrap();
}

async fn accept(store: &dyn Store, name: &str) {
    let new = new_send(name, name);
    let accepted = store.accept(COMPANY, new, NOW).await.unwrap();
    assert!(matches!(accepted, Accepted::New(_)));
}

#[tokio::test]
async fn candidate_gets_one_delivery_at_a_time_and_none_twice() {
    let (_database, store) = store_of_two().await;
    let store: Arc<dyn Store> = store.into();
    settle(store.as_ref()).await;
    // Several proxies look at once.
    let mut looking = tokio::task::JoinSet::new();
    for _ in 0..6 {
        let store = Arc::clone(&store);
        looking.spawn(async move {
            store.queue_callbacks(NOW).await.unwrap();
            let leased = store.lease_callbacks(4, 9, NOW, Duration::from_secs(60));
            leased.await.unwrap()
        });
    }
    let leased: Vec<_> = looking.join_all().await.into_iter().flatten().collect();
    let keys = |leased: &[LeasedCallback]| {
        let mut keys: Vec<String> = leased.iter().map(|one| key(one).unwrap()).collect();
        keys.sort_unstable();
        keys
    };
    assert_eq!(keys(&leased), ["a", "b"]);

    // While they are under way, both change: what follows waits for its turn.
    store
        .add_hook_secret(COMPANY, "p", &[1], NOW, PERSON, NOW)
        .await
        .unwrap();
    for (candidate_id, digest) in [(11, 1), (12, 2)] {
        let received = ReceivedHook {
            event_id: None,
            digest: [digest; 32],
            action: "merge_candidate".to_owned(),
            event: webhook::Event::Merged {
                candidate_id,
                into: candidate_id + 100,
            },
        };
        store.receive_hook(COMPANY, &received, NOW).await.unwrap();
    }
    let lease = async |at| {
        store.queue_callbacks(at).await.unwrap();
        let leased = store.lease_callbacks(4, 9, at, Duration::from_secs(60));
        leased.await.unwrap()
    };
    assert!(lease(NOW).await.is_empty());
    // One arrived, the other is refused, and waits by itself.
    let (first, other): (Vec<_>, Vec<_>) =
        (leased.into_iter()).partition(|one| key(one).as_deref() == Some("a"));
    let store = store.as_ref();
    end(store, &other[0], 400, NOW + 9_000, NOW).await;
    end(store, &first[0], 200, NOW, NOW).await;
    let next = lease(NOW + 1).await;
    assert_eq!(keys(&next), ["a"]);
    assert!(next[0].number > first[0].number && next[0].webhook_id != first[0].webhook_id);
    end(store, &next[0], 200, NOW, NOW).await;
    let again = lease(NOW + 9_000).await;
    assert_eq!(keys(&again), ["b"]);
    assert_eq!(again[0].webhook_id, other[0].webhook_id);
    // A late answer to an attempt that was given up says nothing.
    end(store, &other[0], 200, NOW, NOW).await;
    assert!(lease(NOW + 9_001).await.is_empty());

    // Refused for three days: given up, and what followed it goes on.
    let days = NOW + GIVE_UP_AFTER_MS + 1;
    end(store, &again[0], 400, days, days).await;
    let last = lease(days).await;
    assert_eq!(keys(&last), ["b"]);
    assert_ne!(last[0].webhook_id, other[0].webhook_id);
    // An address that nothing reached for three days is left alone.
    let later = days + GIVE_UP_AFTER_MS;
    end(store, &last[0], 400, later, later).await;
    let said = store.callback(COMPANY, days).await.unwrap().unwrap();
    assert_eq!(said.disabled_at, Some(days + GIVE_UP_AFTER_MS));
    store.close().await;
}

#[tokio::test]
async fn receiver_disabled_longer_than_changes_are_kept_is_told_of_the_loss() {
    let (_database, store) = store_of_two().await;
    let lease = async || {
        store.queue_callbacks(NOW).await.unwrap();
        let leased = store.lease_callbacks(1, 1, NOW, Duration::from_secs(60));
        leased.await.unwrap()
    };
    disconnect(store.as_ref()).await;
    let [one] = lease().await.try_into().ok().unwrap();
    end(store.as_ref(), &one, 410, NOW, NOW).await;
    assert!(lease().await.is_empty());
    // Something changes, and all but the newest row of the log goes.
    for name in ["c", "d"] {
        connect(store.as_ref()).await;
        accept(store.as_ref(), name).await;
        disconnect(store.as_ref()).await;
    }
    let none = Expiry {
        changes: u64::MAX,
        ..Expiry::default()
    };
    store.prune(none).await.unwrap();
    assert!(
        !store
            .put_callback(COMPANY, "https://kiln.example/", &[2], PERSON, NOW)
            .await
            .unwrap()
    );
    let mut told = Vec::new();
    loop {
        let leased = lease().await;
        let Some(one) = leased.first() else { break };
        told.push(key(one));
        end(store.as_ref(), one, 200, NOW, NOW).await;
    }
    assert!(told.contains(&None), "{told:?}");
    assert!(told.contains(&Some("d".to_owned())), "{told:?}");
    store.close().await;
}

/// Of whom a delivery tells, by the idempotency key.
fn key(leased: &LeasedCallback) -> Option<String> {
    match &leased.content {
        CallbackContent::Candidate(candidate) => Some(candidate.idempotency_key.clone()),
        CallbackContent::Job(_) | CallbackContent::Loss => None,
    }
}

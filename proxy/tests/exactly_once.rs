//! The claim and the outbox under any interleaving of sends, attempts, lost answers, crashes and
//! decisions: Greenhouse is asked for each person and job at most once more than a person said.

use crate::support::{
    self, Database,
    records::{new_connection, new_send},
};
use atsi_protocol::{InGreenhouse, Millis, Problem, ProblemCode, SendState, WaitReason};
use atsi_proxy::store::{
    Accepted, Decided, LeaseLimits, Leased, NewConnection, NewSend, PERSON, SendDecision,
    Settlement, Store,
};
use proptest::{collection::vec, prelude::*};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

const COMPANY: i64 = 1;
const LEASE: Duration = Duration::from_millis(1_000);
const LIMITS: LeaseLimits = LeaseLimits {
    total: 3,
    per_company: 2,
};

/// One thing that happens. Numbers choose among what there is, wrapping round.
#[derive(Clone, Debug)]
enum Step {
    Send {
        key: u8,
        person: u8,
        job: u8,
    },
    Lease,
    Dispatch(usize),
    Answer(usize, Answer),
    /// The attempt dies without a word; its request may have arrived.
    Vanish(usize),
    /// Everything stops and starts again. Attempts of before may still stir.
    Crash,
    Wait(u16),
    Look,
    ItIsThere(u8),
    SendAgain(u8),
    Reconnect,
    Disconnect,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Created,
    Refused,
    Busy,
    KeyRefused,
    /// The request arrived, or not; nobody can tell.
    Unclear,
}

fn step() -> impl Strategy<Value = Step> {
    let answer = prop_oneof![
        3 => Just(Answer::Created),
        1 => Just(Answer::Refused),
        1 => Just(Answer::Busy),
        1 => Just(Answer::KeyRefused),
        2 => Just(Answer::Unclear),
    ];
    prop_oneof![
        6 => (0..8_u8, 0..2_u8, 0..2_u8).prop_map(|(key, person, job)| Step::Send { key, person, job }),
        6 => Just(Step::Lease),
        6 => any::<usize>().prop_map(Step::Dispatch),
        6 => (any::<usize>(), answer).prop_map(|(attempt, answer)| Step::Answer(attempt, answer)),
        1 => any::<usize>().prop_map(Step::Vanish),
        1 => Just(Step::Crash),
        3 => (0..1_500_u16).prop_map(Step::Wait),
        2 => Just(Step::Look),
        1 => (0..8_u8).prop_map(Step::ItIsThere),
        2 => (0..8_u8).prop_map(Step::SendAgain),
        2 => Just(Step::Reconnect),
        1 => Just(Step::Disconnect),
    ]
}

type Claim = (String, Option<u64>);

/// What Greenhouse and a person know of one (person, job).
#[derive(Default, Debug)]
struct Truth {
    /// Requests that left and are not known to have done nothing.
    may_have_created: usize,
    said_again: usize,
    /// Ids that Greenhouse gave, or a person found.
    candidates: BTreeSet<u64>,
}

struct World {
    database: Database,
    store: Box<dyn Store>,
    now: Millis,
    attempts: Vec<(Leased, bool)>,
    truth: BTreeMap<Claim, Truth>,
    keys: BTreeMap<String, Claim>,
    next_candidate: u64,
}

impl World {
    async fn new() -> Self {
        let database = Database::new().await;
        let store = database.open().await;
        let now = 1_000_000;
        store.personal_company(now).await.unwrap();
        let mut world = Self {
            database,
            store,
            now,
            attempts: Vec::new(),
            truth: BTreeMap::new(),
            keys: BTreeMap::new(),
            next_candidate: 4_100_000_002,
        };
        world.reconnect().await;
        world
    }

    async fn reconnect(&mut self) {
        let new = new_connection();
        self.store
            .put_connection(COMPANY, new, PERSON, self.now)
            .await
            .unwrap();
    }

    fn candidate(&mut self, claim: &Claim) -> InGreenhouse {
        self.next_candidate += 1_000;
        self.truth
            .get_mut(claim)
            .unwrap()
            .candidates
            .insert(self.next_candidate);
        InGreenhouse {
            candidate_id: self.next_candidate,
            application_id: None,
            profile_url: "https://app.greenhouse.io/people/1".to_owned(),
        }
    }

    async fn dispatch(&mut self, attempt: usize) {
        let (leased, dispatched) = &mut self.attempts[attempt];
        if *dispatched {
            return;
        }
        if self.store.dispatch(leased, self.now).await.unwrap() {
            *dispatched = true;
            let claim = (leased.external_id.clone(), leased.job_id);
            self.truth.get_mut(&claim).unwrap().may_have_created += 1;
        } else {
            let (leased, _) = self.attempts.remove(attempt);
            self.store
                .settle(&leased, Settlement::HandedBack, self.now)
                .await
                .unwrap();
        }
    }

    async fn answer(&mut self, attempt: usize, answer: Answer) {
        if !self.attempts[attempt].1 {
            return;
        }
        let (leased, _) = self.attempts.remove(attempt);
        let claim = (leased.external_id.clone(), leased.job_id);
        let nothing_created = !matches!(answer, Answer::Created | Answer::Unclear);
        if nothing_created {
            self.truth.get_mut(&claim).unwrap().may_have_created -= 1;
        }
        let settlement = match answer {
            Answer::Created => Settlement::Created(self.candidate(&claim)),
            Answer::Refused => Settlement::Refused(Problem::new(ProblemCode::GreenhouseRefused)),
            Answer::Busy => Settlement::Pause {
                reason: WaitReason::GreenhouseBusy,
                until: self.now + 700,
            },
            Answer::KeyRefused => {
                Settlement::ConnectionBroken(Problem::new(ProblemCode::KeyRefused))
            }
            Answer::Unclear => Settlement::Uncertain,
        };
        self.store
            .settle(&leased, settlement, self.now)
            .await
            .unwrap();
    }

    async fn take(&mut self, step: Step) {
        let count = self.attempts.len();
        match step {
            Step::Send { key, person, job } => {
                let claim: Claim = (
                    format!("person-{person}"),
                    (job > 0).then_some(u64::from(job)),
                );
                let new = NewSend {
                    request_fingerprint: vec![person, job],
                    job_id: claim.1,
                    ..new_send(format!("k-{key}"), claim.0.clone())
                };
                let held = self.is_held(&claim).await;
                let accepted = self.store.accept(COMPANY, new, self.now).await.unwrap();
                let known = self.keys.get(&format!("k-{key}"));
                match accepted {
                    Accepted::New(_) | Accepted::Follows(_) => {
                        assert_eq!(known, None);
                        assert_eq!(held, matches!(accepted, Accepted::Follows(_)));
                        self.truth.entry(claim.clone()).or_default();
                        self.keys.insert(format!("k-{key}"), claim);
                    }
                    Accepted::Replayed(_) => assert_eq!(known, Some(&claim)),
                    Accepted::KeyReused => assert!(known.is_some_and(|known| *known != claim)),
                    Accepted::NotConnected => assert_eq!(known, None),
                    Accepted::NoSuchResume => panic!("none was named"),
                }
            }
            Step::Lease => {
                let leased = self
                    .store
                    .lease("worker", LIMITS, self.now, LEASE)
                    .await
                    .unwrap();
                self.attempts
                    .extend(leased.into_iter().map(|leased| (leased, false)));
            }
            Step::Dispatch(n) if count > 0 => self.dispatch(n % count).await,
            Step::Answer(n, answer) if count > 0 => self.answer(n % count, answer).await,
            Step::Vanish(n) if count > 0 => drop(self.attempts.remove(n % count)),
            Step::Dispatch(_) | Step::Answer(..) | Step::Vanish(_) => {}
            Step::Crash => {
                self.store.close().await;
                self.store = self.database.open().await;
            }
            Step::Wait(millis) => self.now += Millis::from(millis),
            Step::Look => drop(
                self.store
                    .mark_lost_sends_uncertain(self.now)
                    .await
                    .unwrap(),
            ),
            Step::ItIsThere(key) => {
                let key = format!("k-{key}");
                let Some(claim) = self.keys.get(&key).cloned() else {
                    return;
                };
                let there = self.candidate(&claim);
                let settling = SendDecision::AlreadyThere(there.clone());
                if !matches!(
                    self.store
                        .decide(COMPANY, &key, settling, PERSON, self.now)
                        .await
                        .unwrap(),
                    Decided::Done(_)
                ) {
                    self.truth
                        .get_mut(&claim)
                        .unwrap()
                        .candidates
                        .remove(&there.candidate_id);
                }
            }
            Step::SendAgain(key) => {
                let key = format!("k-{key}");
                let decided = self
                    .store
                    .decide(COMPANY, &key, SendDecision::SendAgain, PERSON, self.now)
                    .await
                    .unwrap();
                if matches!(decided, Decided::Done(_)) {
                    let claim = &self.keys[&key];
                    self.truth.get_mut(claim).unwrap().said_again += 1;
                }
            }
            Step::Reconnect => self.reconnect().await,
            Step::Disconnect => {
                let problem = Problem::new(ProblemCode::NotConnected);
                self.store
                    .delete_connection(COMPANY, &problem, PERSON, self.now)
                    .await
                    .unwrap();
            }
        }
    }

    /// Whether a send that was not refused stands for this person and job.
    async fn is_held(&self, claim: &Claim) -> bool {
        for (key, of) in &self.keys {
            let send = self
                .store
                .send(COMPANY, key, self.now)
                .await
                .unwrap()
                .unwrap();
            if of == claim && !matches!(send.state, SendState::Refused { .. }) {
                return true;
            }
        }
        false
    }

    async fn check(&self) {
        for (claim, truth) in &self.truth {
            assert!(
                truth.may_have_created <= 1 + truth.said_again,
                "{claim:?} {truth:?}"
            );
        }
        for (key, claim) in &self.keys {
            let send = self
                .store
                .send(COMPANY, key, self.now)
                .await
                .unwrap()
                .unwrap();
            let truth = &self.truth[claim];
            match send.state {
                SendState::Created(there) | SendState::Existing(there) => {
                    assert!(
                        truth.candidates.contains(&there.candidate_id),
                        "{key} {there:?} {truth:?}"
                    );
                }
                SendState::Uncertain { .. } => {
                    assert!(truth.may_have_created > 0, "{key} {truth:?}")
                }
                SendState::Refused { .. } | SendState::Waiting { .. } => {}
            }
        }
    }

    /// Nothing goes wrong any more: what waits must come to an end.
    async fn settle_everything(&mut self) {
        self.attempts.clear();
        self.reconnect().await;
        for _ in 0..2 * self.keys.len() + 2 {
            self.now += 2_000;
            self.take(Step::Look).await;
            self.take(Step::Lease).await;
            while !self.attempts.is_empty() {
                let before = self.attempts.len();
                self.dispatch(0).await;
                if self.attempts.len() == before {
                    self.answer(0, Answer::Created).await;
                }
            }
        }
        self.check().await;
        for key in self.keys.keys() {
            let send = self
                .store
                .send(COMPANY, key, self.now)
                .await
                .unwrap()
                .unwrap();
            assert!(
                !matches!(send.state, SendState::Waiting { .. }),
                "{key} waits for ever: {send:?}"
            );
        }
        assert_eq!(self.store.queue_figures().await.unwrap().waiting, 0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if support::OVER_POSTGRES { 12 } else { 96 }, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn events_in_any_order_never_double_or_lose_a_send(steps in vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for step in steps {
                world.take(step).await;
                world.check().await;
            }
            world.settle_everything().await;
        });
    }
}

/// One company's bulk stands before another one's click: the click is among the next to leave, though
/// the bulk fills every place it may.
#[tokio::test]
async fn bulk_of_one_company_does_not_delay_a_click_of_another() {
    const BULK: u32 = 10_000;
    const OTHER: i64 = 2;
    let world = World::new().await;
    let sql = "INSERT INTO company (id, created_at) VALUES (2, 1)";
    world.database.execute(sql).await;
    let connection = NewConnection {
        service_user: "service@anvil.example".to_owned(),
        ..new_connection()
    };
    world
        .store
        .put_connection(OTHER, connection, PERSON, world.now)
        .await
        .unwrap();
    let send = async |company, number: u32, now| {
        let new = new_send(format!("k-{number}"), format!("person-{number}"));
        world.store.accept(company, new, now).await.unwrap();
    };
    for number in 0..BULK {
        send(COMPANY, number, world.now).await;
    }
    let limits = LeaseLimits {
        total: 32,
        per_company: 4,
    };
    let lease = async || {
        let leased = world
            .store
            .lease("worker", limits, world.now, LEASE)
            .await
            .unwrap();
        leased
            .into_iter()
            .map(|leased| leased.company)
            .collect::<Vec<_>>()
    };
    assert_eq!(lease().await, [COMPANY; 4]);
    assert!(
        lease().await.is_empty(),
        "the bulk has every place it may have"
    );
    send(OTHER, 0, world.now + 1).await;
    assert_eq!(lease().await, [OTHER]);
}

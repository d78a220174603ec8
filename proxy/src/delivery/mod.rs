//! From the outbox to Greenhouse: leases, attempts and what becomes of them.

pub mod profile_link;
mod prospect;
mod verdict;

pub use prospect::{candidate, prospect};

use crate::{
    config::Tuning,
    metrics::Metrics,
    now,
    seal::{Purpose, Sealer},
    store::{CompanyId, LeaseLimits, Leased, Sender, Settlement, Store, StoreError},
    upstream::Upstream,
};
use atsi_greenhouse::{Credentials, Error, Referrer};
use atsi_protocol::{Millis, Problem, ProblemCode, Profile, Send, SendState, WaitReason};
use chacha20poly1305::aead::Generate;
use sha2::{Digest, Sha256};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{Notify, broadcast},
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;
use url::Url;
use zeroize::Zeroizing;

/// The worker looks around at least so often, whatever it was told.
const LOOK_AROUND: Duration = Duration::from_secs(30);
const LOOK_FOR_THE_DEAD: Duration = Duration::from_secs(5);
/// After an error of the database.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// A pause as short as this is sat out before the answer; of a longer one the person is told.
const SHORT_PAUSE: Duration = Duration::from_secs(2);
const CHANGES_KEPT: usize = 1024;
/// Greenhouse says nothing of when it fetches a résumé.
const RESUME_OFFERED: Duration = Duration::from_secs(24 * 60 * 60);
const RESUME_TOKEN_BYTES: usize = 32;

/// Something changed: in the outbox, of one person, or of the company itself.
#[derive(Clone, Debug)]
pub struct Change {
    company: CompanyId,
    what: Changed,
}

#[derive(Clone, Debug)]
enum Changed {
    /// The company's connection, or who belongs to it: it concerns every send.
    Connection,
    /// Sends of the person with this external id.
    Sends(Arc<str>),
    /// Sends or statuses that nobody waits for.
    Candidates,
}

impl Change {
    fn concerns(&self, company: CompanyId, external_id: &str) -> bool {
        self.company == company
            && match &self.what {
                Changed::Connection => true,
                Changed::Sends(id) => **id == *external_id,
                Changed::Candidates => false,
            }
    }

    #[must_use]
    pub fn is_of(&self, company: CompanyId) -> bool {
        self.company == company
    }

    /// Whether it is the company itself that changed: its connection, or who belongs to it.
    #[must_use]
    pub fn is_of_members(&self) -> bool {
        matches!(self.what, Changed::Connection)
    }
}

pub struct Delivery {
    store: Arc<dyn Store>,
    upstream: Arc<Upstream>,
    sealer: Arc<Sealer>,
    metrics: Arc<Metrics>,
    tuning: Tuning,
    /// Under which Greenhouse reaches this proxy, without a slash at the end.
    public_url: Option<String>,
    /// Names this worker in its leases.
    owner: String,
    due: Notify,
    changes: broadcast::Sender<Change>,
    running: AtomicBool,
    shutdown: CancellationToken,
}

impl Delivery {
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        upstream: Arc<Upstream>,
        sealer: Arc<Sealer>,
        metrics: Arc<Metrics>,
        tuning: Tuning,
        public_url: Option<&Url>,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            store,
            upstream,
            sealer,
            metrics,
            tuning,
            public_url: public_url.map(|url| url.as_str().trim_end_matches('/').to_owned()),
            owner: uuid::Uuid::new_v4().to_string(),
            due: Notify::new(),
            changes: broadcast::Sender::new(CHANGES_KEPT),
            running: AtomicBool::new(false),
            shutdown,
        }
    }

    /// CallbackContent the worker that something may be due.
    pub fn wake(&self) {
        self.due.notify_one();
    }

    /// CallbackContent who waits that the company's connection changed.
    pub fn connection_changed(&self, company: CompanyId) {
        self.announce(company, Changed::Connection);
        self.tell_others(company);
        self.wake();
    }

    /// CallbackContent who listens that something of the company's candidates may have changed. Over PostgreSQL
    /// the change log tells all proxies, with the commit.
    pub fn candidates_changed(&self, company: CompanyId) {
        self.announce(company, Changed::Candidates);
    }

    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.load(Ordering::Relaxed)
    }

    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.shutdown.is_cancelled()
    }

    /// What has changed from now on; to be asked for before the state that may change is read.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Change> {
        self.changes.subscribe()
    }

    /// Where the send stands once it is settled, once it will wait for longer, or once the time to
    /// answer is over: whichever is first. `None` where there is no such send.
    ///
    /// # Errors
    /// The database.
    pub async fn outcome(
        &self,
        mut changes: broadcast::Receiver<Change>,
        company: CompanyId,
        idempotency_key: &str,
    ) -> Result<Option<Send>, StoreError> {
        let deadline = Instant::now() + self.tuning.answer_within;
        let latest = now().saturating_add(millis(SHORT_PAUSE.min(self.tuning.answer_within)));
        loop {
            let Some(send) = self.store.send(company, idempotency_key, now()).await? else {
                return Ok(None);
            };
            let worth_waiting = match &send.state {
                SendState::Waiting {
                    reason: WaitReason::Sending,
                    ..
                } => true,
                SendState::Waiting {
                    retry_at: Some(at), ..
                } => *at < latest,
                _ => false,
            };
            if !worth_waiting {
                return Ok(Some(send));
            }
            let changed = async {
                // One who lags behind has missed something, and reads anew.
                while changes
                    .recv()
                    .await
                    .is_ok_and(|change| !change.concerns(company, &send.external_id))
                {
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => return Ok(Some(send)),
                over = timeout_at(deadline, changed) => if over.is_err() {
                    // Read once more: the outcome may have come with the last tick.
                    return self.store.send(company, idempotency_key, now()).await;
                },
            }
        }
    }

    /// Delivers until shutdown; then finishes what is under way and hands back the rest.
    pub async fn run(self: Arc<Self>) {
        let _running = Running::new(&self.running);
        let mut attempts = JoinSet::new();
        let hearing = tokio::spawn(Arc::clone(&self).hear());
        if let Err(error) = self.store.show_presence(&self.owner).await {
            tracing::error!(%error, "the other proxies do not see this one, and may end its leases");
        }
        let patrol = tokio::spawn(Arc::clone(&self).look_for_the_dead());
        while !self.shutdown.is_cancelled() {
            let pause = match self.take_due(&mut attempts).await {
                Ok(Some(at)) => Duration::from_millis(at.saturating_sub(now())).min(LOOK_AROUND),
                Ok(None) => LOOK_AROUND,
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read");
                    TRY_AGAIN
                }
            };
            self.metrics.upkeep();
            tokio::select! {
                () = self.shutdown.cancelled() => {}
                () = self.due.notified() => {}
                // A finished attempt makes room for the next one.
                Some(_) = attempts.join_next() => {}
                () = sleep(pause) => {}
            }
        }
        while attempts.join_next().await.is_some() {}
        for ended in [hearing.await, patrol.await] {
            if let Err(error) = ended {
                tracing::error!(%error, "a part of the delivery ended badly");
            }
        }
        if let Err(error) = self.store.hand_back(&self.owner).await {
            tracing::error!(%error, "leases could not be handed back; they run out by themselves");
        }
    }

    /// Takes over at once what a proxy that died had on its hands.
    async fn look_for_the_dead(self: Arc<Self>) {
        loop {
            match self.store.expire_leases_of_dead_proxies(now()).await {
                Ok(0) => {}
                Ok(_) => self.wake(),
                Err(error) => {
                    tracing::error!(%error, "leases of dead proxies could not be ended; they run out by themselves");
                }
            }
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = sleep(LOOK_FOR_THE_DEAD) => {}
            }
        }
    }

    /// Starts an attempt for each due row that there is room for; returns when to look again.
    async fn take_due(
        self: &Arc<Self>,
        attempts: &mut JoinSet<()>,
    ) -> Result<Option<Millis>, StoreError> {
        // One moment for all three: what is not due yet at the lease must be seen by `next_due`.
        let now = now();
        let lost = self.store.mark_lost_sends_uncertain(now).await?;
        if lost > 0 {
            tracing::warn!(
                count = lost,
                "sends are uncertain: they left, and their outcome was lost"
            );
            self.metrics.sends("uncertain", lost);
        }
        let under_way = u32::try_from(attempts.len()).unwrap_or(u32::MAX);
        let limits = LeaseLimits {
            total: self.tuning.in_flight.saturating_sub(under_way),
            per_company: self.tuning.in_flight_per_company,
        };
        if limits.total > 0 {
            for leased in self
                .store
                .lease(&self.owner, limits, now, self.tuning.lease)
                .await?
            {
                attempts.spawn(Arc::clone(self).attempt(leased));
            }
        }
        self.store.next_due(now).await
    }

    async fn attempt(self: Arc<Self>, leased: Leased) {
        let settlement = match self.deliver(&leased).await {
            Ok(settlement) => settlement,
            Err(error) => {
                // Nothing left: the request goes out only after the database said so.
                tracing::error!(send = leased.send, %error, "the send could not be dispatched");
                Settlement::HandedBack
            }
        };
        let outcome = match &settlement {
            Settlement::Created(_) => Some("created"),
            Settlement::Refused(_) => Some("refused"),
            Settlement::Uncertain => Some("uncertain"),
            Settlement::Held(..) => Some("held"),
            Settlement::Pause { .. } | Settlement::ConnectionBroken(_) | Settlement::HandedBack => {
                None
            }
        };
        tracing::info!(
            send = leased.send,
            attempt = leased.attempt,
            outcome = outcome.unwrap_or("waiting"),
            "attempt"
        );
        // An outcome that is not written down is lost for good, so this is worth some patience.
        let patience = Instant::now() + self.tuning.lease;
        let settled = loop {
            match self.store.settle(&leased, settlement.clone(), now()).await {
                Ok(settled) => break settled,
                Err(error) if Instant::now() < patience => {
                    tracing::error!(send = leased.send, %error, "an outcome could not be written; trying again");
                    sleep(TRY_AGAIN).await;
                }
                Err(error) => {
                    tracing::error!(send = leased.send, %error, "an outcome is lost");
                    break false;
                }
            }
        };
        if settled && let Some(outcome) = outcome {
            self.metrics.sends(outcome, 1);
        }
        if settled && let Settlement::Pause { until, .. } = settlement {
            self.metrics.paused(leased.company, until, now());
        }
        let what = match settlement {
            Settlement::Pause { .. } | Settlement::ConnectionBroken(_) => Changed::Connection,
            _ => Changed::Sends(leased.external_id.as_str().into()),
        };
        self.announce(leased.company, what);
        self.tell_others(leased.company);
    }

    async fn deliver(&self, leased: &Leased) -> Result<Settlement, StoreError> {
        let internal = || Problem::new(ProblemCode::Internal);
        let Some(credentials) = self
            .upstream
            .credentials(leased.company, &leased.connection)
        else {
            let problem = internal().with_detail("The stored key cannot be opened. Connect anew.");
            return Ok(Settlement::ConnectionBroken(problem));
        };
        let purpose = Purpose::Profile {
            idempotency_key: &leased.idempotency_key,
        };
        let profile = self
            .sealer
            .open(leased.company, purpose, &leased.sealed_profile)
            .ok();
        let profile = profile.and_then(|json| serde_json::from_slice::<Profile>(&json).ok());
        let Some(profile) = profile else {
            return Ok(Settlement::Refused(
                internal().with_detail("The stored profile cannot be opened."),
            ));
        };
        let mut candidate = match leased.job_id {
            Some(job) if leased.is_application => candidate(&leased.external_id, job, &profile),
            job => prospect(&leased.external_id, job, &profile),
        };
        candidate.referrer = leased.sender.as_ref().map(referrer);
        let acting = self.acting(leased).await;

        tokio::select! {
            () = self.upstream.turn(leased.company) => {}
            () = self.shutdown.cancelled() => return Ok(Settlement::HandedBack),
        }
        if leased.has_resume
            && let Some(url) = self.offer_resume(leased).await?
        {
            candidate.resume = Some(url);
        }
        if !self.store.dispatch(leased, now()).await? {
            return Ok(Settlement::HandedBack);
        }
        let create = async |credentials: &Credentials| {
            (self.upstream)
                .create_candidate(leased.company, &leased.connection, credentials, &candidate)
                .await
        };
        let mut result = create(acting.as_ref().unwrap_or(&credentials)).await;
        // Nothing was created: what the member may not do, the service user may.
        let refused = matches!(result, Err(Error::Unauthorized { .. } | Error::Forbidden));
        if acting.is_some() && refused {
            let unknown = matches!(result, Err(Error::Unauthorized { .. }));
            self.upstream.turn(leased.company).await;
            result = create(&credentials).await;
            if unknown && !matches!(result, Err(Error::Unauthorized { .. })) {
                self.remember_acting(leased, false).await;
            }
        }
        if let Err(error) = &result {
            tracing::warn!(send = leased.send, %error, "Greenhouse did not take a send");
        }
        let settlement = verdict::verdict(
            &result,
            leased.job_id.is_some(),
            leased.connection.failures,
            rand::random(),
            now(),
            &self.tuning,
        );
        Ok(if leased.is_application {
            verdict::of_application(settlement)
        } else {
            settlement
        })
    }

    /// Where Greenhouse may fetch the résumé of a send for a day; `None` where that is nowhere, so that
    /// the original link has to do.
    async fn offer_resume(&self, leased: &Leased) -> Result<Option<String>, StoreError> {
        let Some(public_url) = &self.public_url else {
            self.store.erase_unoffered_resume(leased.send).await?;
            return Ok(None);
        };
        let secret: Zeroizing<[u8; RESUME_TOKEN_BYTES]> = Zeroizing::new(Generate::generate());
        let token = hex::encode(secret.as_slice());
        let expires_at = now().saturating_add(millis(RESUME_OFFERED));
        let name = self
            .store
            .offer_resume(leased.send, &Sha256::digest(&token), expires_at)
            .await?;
        Ok(name.map(|name| format!("{public_url}/r/{token}/{name}")))
    }

    /// The credentials of the member who sent, where Greenhouse knows them.
    async fn acting(&self, leased: &Leased) -> Option<Credentials> {
        let sender = leased.sender.as_ref()?;
        let (company, connection) = (leased.company, &leased.connection);
        let own = (self.upstream).credentials_of(company, connection, &sender.email)?;
        match sender.acting {
            Some(acting) => return acting.then_some(own),
            None if sender.email == connection.service_user => return None,
            None => {}
        }
        let acting = match self.upstream.current_user(company, &own).await {
            Ok(_) => true,
            Err(Error::Forbidden) => false,
            // Either the member is unknown, or the key is refused: the service user knows which.
            Err(Error::Unauthorized { .. }) => {
                let service = self.upstream.credentials(company, connection)?;
                self.upstream.current_user(company, &service).await.ok()?;
                false
            }
            Err(error) => {
                tracing::warn!(%error, "it is not known whether Greenhouse knows a member");
                return None;
            }
        };
        self.remember_acting(leased, acting).await;
        acting.then_some(own)
    }

    async fn remember_acting(&self, leased: &Leased, acting: bool) {
        let Some(sender) = &leased.sender else { return };
        let generation = leased.connection.generation;
        let remembered = (self.store)
            .set_acting(leased.company, sender.member, generation, acting)
            .await;
        if let Err(error) = remembered {
            tracing::error!(%error, "whether Greenhouse knows a member was not remembered");
        }
    }

    /// Passes on what other proxies announce.
    async fn hear(self: Arc<Self>) {
        let mut heard = match self.store.listen().await {
            Ok(Some(heard)) => heard,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "the other proxies cannot be heard; looking around instead");
                return;
            }
        };
        loop {
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                company = heard.recv() => match company {
                    Some(company) => {
                        self.announce(company, Changed::Connection);
                        self.wake();
                    }
                    None => return,
                },
            }
        }
    }

    /// In the background: nobody's answer has to wait for it.
    fn tell_others(&self, company: CompanyId) {
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            if let Err(error) = store.announce(company).await {
                tracing::warn!(%error, "the other proxies could not be told");
            }
        });
    }

    fn announce(&self, company: CompanyId, what: Changed) {
        // Nobody may be waiting; that is no error.
        let _ = self.changes.send(Change { company, what });
    }
}

/// Who gets credit in Greenhouse. A name of one word is completed by where the person works.
fn referrer(sender: &Sender) -> Referrer {
    let at = sender.email.rsplit('@').next().unwrap_or_default();
    let (first, last) = sender.name.rsplit_once(' ').unwrap_or((&sender.name, at));
    Referrer {
        email: sender.email.clone(),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
    }
}

/// True for as long as the worker lives, however it ends.
struct Running<'a>(&'a AtomicBool);

impl<'a> Running<'a> {
    fn new(flag: &'a AtomicBool) -> Self {
        flag.store(true, Ordering::Relaxed);
        Self(flag)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

fn millis(duration: Duration) -> Millis {
    duration.as_millis().try_into().unwrap_or(Millis::MAX)
}

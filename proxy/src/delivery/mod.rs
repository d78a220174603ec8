//! From the outbox to Greenhouse: leases, attempts and their outcomes.

mod prospect;
mod verdict;

pub use prospect::{candidate, prospect};

use crate::{
    announcer::{Announcer, Changes},
    clock::{millis, now, until},
    config::Tuning,
    context::Context,
    metrics::{Metrics, SendOutcome},
    seal::{Purpose, Sealer},
    store::{CompanyId, LeaseLimits, Leased, Sender, Settlement, Store, StoreError},
    upstream::Upstream,
};
use atsi_greenhouse::{Credentials, Error, Referrer};
use atsi_protocol::{
    Millis, Problem, ProblemCode, Profile, Send, SendState, WaitReason, live::CompanyPart,
};
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
    sync::Notify,
    task::JoinSet,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::sync::CancellationToken;
use url::Url;
use zeroize::Zeroizing;

/// Longest time between two looks at the outbox.
const LOOK_AROUND: Duration = Duration::from_secs(30);
const EXPIRE_LEASES_EVERY: Duration = Duration::from_secs(5);
/// Pause after an error of the database.
const RETRY_PAUSE: Duration = Duration::from_secs(1);
/// A pause up to this long is waited out before the answer; a longer one is shown.
const SHORT_PAUSE: Duration = Duration::from_secs(2);
/// Greenhouse does not say when it fetches a résumé.
const RESUME_OFFERED: Duration = Duration::from_secs(24 * 60 * 60);
const RESUME_TOKEN_BYTES: usize = 32;

/// Delivers the outbox, and gives requests the outcome of their sends.
pub struct Delivery {
    store: Arc<dyn Store>,
    upstream: Arc<Upstream>,
    sealer: Arc<Sealer>,
    metrics: Arc<Metrics>,
    announcer: Arc<Announcer>,
    tuning: Tuning,
    /// The address at which Greenhouse reaches this proxy, without a slash at the end.
    public_url: Option<String>,
    /// Names this worker in its leases.
    owner: String,
    due: Notify,
    running: AtomicBool,
    shutdown: CancellationToken,
}

impl Delivery {
    #[must_use]
    pub fn new(context: &Context, upstream: Arc<Upstream>, public_url: Option<&Url>) -> Self {
        Self {
            store: Arc::clone(&context.store),
            upstream,
            sealer: Arc::clone(&context.sealer),
            metrics: Arc::clone(&context.metrics),
            announcer: Arc::clone(&context.announcer),
            tuning: context.tuning.clone(),
            public_url: public_url.map(|url| url.as_str().trim_end_matches('/').to_owned()),
            owner: uuid::Uuid::new_v4().to_string(),
            due: Notify::new(),
            running: AtomicBool::new(false),
            shutdown: context.shutdown.clone(),
        }
    }

    /// Tells the worker that something may be due.
    pub fn wake(&self) {
        self.due.notify_one();
    }

    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.load(Ordering::Relaxed)
    }

    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.shutdown.is_cancelled()
    }

    /// Returns the state of a send as soon as it is settled, will wait for longer, or the time to answer
    /// is over. `None` where there is no such send.
    ///
    /// `changes`: subscribed to before the send was accepted, so that no outcome is missed.
    ///
    /// # Errors
    /// The database failed.
    pub async fn outcome(
        &self,
        mut changes: Changes,
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
                // After missed changes the send is read again.
                while changes
                    .next()
                    .await
                    .is_ok_and(|change| !change.may_settle(company, &send.external_id))
                {
                }
            };
            tokio::select! {
                () = self.shutdown.cancelled() => return Ok(Some(send)),
                over = timeout_at(deadline, changed) => if over.is_err() {
                    // The outcome may have come at the last moment.
                    return self.store.send(company, idempotency_key, now()).await;
                },
            }
        }
    }

    /// Delivers until shutdown; then finishes the attempts under way and hands back the rest.
    pub async fn run(self: Arc<Self>) {
        let _running = Running::new(&self.running);
        let mut attempts = JoinSet::new();
        let mut changes = self.announcer.subscribe();
        let listening = tokio::spawn(Arc::clone(&self).listen_to_others());
        if let Err(error) = self.store.show_presence(&self.owner).await {
            tracing::error!(%error, "this proxy could not announce itself; the others may end its leases");
        }
        let expiring = tokio::spawn(Arc::clone(&self).expire_leases_of_dead_proxies());
        while !self.shutdown.is_cancelled() {
            let pause = match self.take_due(&mut attempts).await {
                Ok(Some(at)) => until(at).min(LOOK_AROUND),
                Ok(None) => LOOK_AROUND,
                Err(error) => {
                    tracing::error!(%error, "the outbox cannot be read");
                    RETRY_PAUSE
                }
            };
            self.metrics.upkeep();
            tokio::select! {
                () = self.shutdown.cancelled() => {}
                () = self.due.notified() => {}
                // A new connection releases what waited for it.
                () = changes.company_changed() => {}
                // A finished attempt makes room for the next one.
                Some(_) = attempts.join_next() => {}
                () = sleep(pause) => {}
            }
        }
        while attempts.join_next().await.is_some() {}
        for ended in [listening.await, expiring.await] {
            if let Err(error) = ended {
                tracing::error!(%error, "a task of the delivery panicked");
            }
        }
        if let Err(error) = self.store.hand_back(&self.owner).await {
            tracing::error!(%error, "leases could not be handed back; they expire");
        }
    }

    /// Ends the leases of proxies that died, so that their sends go out without waiting for the expiry.
    async fn expire_leases_of_dead_proxies(self: Arc<Self>) {
        loop {
            match self.store.expire_leases_of_dead_proxies(now()).await {
                Ok(0) => {}
                Ok(_) => self.wake(),
                Err(error) => {
                    tracing::error!(%error, "leases of dead proxies could not be ended; they expire");
                }
            }
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                () = sleep(EXPIRE_LEASES_EVERY) => {}
            }
        }
    }

    /// Starts an attempt for each due row that there is room for; returns the time of the next one.
    async fn take_due(
        self: &Arc<Self>,
        attempts: &mut JoinSet<()>,
    ) -> Result<Option<Millis>, StoreError> {
        // One moment for all three: a row that is not due yet for the lease must be seen by `next_due`.
        let now = now();
        let lost = self.store.mark_lost_sends_uncertain(now).await?;
        if lost > 0 {
            tracing::warn!(
                count = lost,
                "sends are uncertain: they left, and their outcome is lost"
            );
            self.metrics.sends(SendOutcome::Uncertain, lost);
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
                // No request was made: it leaves only after the database has recorded it.
                tracing::error!(send = leased.send, %error, "the send could not be dispatched");
                Settlement::HandedBack
            }
        };
        let outcome = match &settlement {
            Settlement::Created(_) => Some(SendOutcome::Created),
            Settlement::Refused(_) => Some(SendOutcome::Refused),
            Settlement::Uncertain => Some(SendOutcome::Uncertain),
            Settlement::Held(..) => Some(SendOutcome::Held),
            Settlement::Pause { .. } | Settlement::ConnectionBroken(_) | Settlement::HandedBack => {
                None
            }
        };
        tracing::info!(
            send = leased.send,
            attempt = leased.attempt,
            outcome = outcome.map_or("waiting", Into::into),
            "attempt"
        );
        // An outcome that is not stored is lost for good, so the database gets time to recover.
        let give_up_at = Instant::now() + self.tuning.lease;
        let settled = loop {
            match self.store.settle(&leased, settlement.clone(), now()).await {
                Ok(settled) => break settled,
                Err(error) if Instant::now() < give_up_at => {
                    tracing::error!(send = leased.send, %error, "an outcome could not be stored; trying again");
                    sleep(RETRY_PAUSE).await;
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
        match settlement {
            Settlement::Pause { .. } | Settlement::ConnectionBroken(_) => {
                (self.announcer).company_changed(leased.company, CompanyPart::Connection);
            }
            Settlement::Created(_)
            | Settlement::Refused(_)
            | Settlement::Held(..)
            | Settlement::Uncertain
            | Settlement::HandedBack => {
                (self.announcer).sends_changed(leased.company, &leased.external_id);
            }
        }
    }

    async fn deliver(&self, leased: &Leased) -> Result<Settlement, StoreError> {
        let internal = || Problem::new(ProblemCode::Internal);
        let Some(credentials) = self
            .upstream
            .credentials(leased.company, &leased.connection)
        else {
            let problem = internal()
                .with_detail("The stored key cannot be opened. Connect to Greenhouse again.");
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
        // Nothing was created, and the service user may do what this member may not.
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
        let backoff = self.tuning.greenhouse_backoff();
        let settlement = verdict::verdict(
            &result,
            leased.job_id.is_some(),
            |asked| asked.unwrap_or_default() + backoff.pause(leased.connection.failures),
            now(),
        );
        Ok(if leased.is_application {
            verdict::of_application(settlement)
        } else {
            settlement
        })
    }

    /// Returns the address at which Greenhouse may fetch the résumé of a send for a day. `None` without a
    /// public address: then the original link is sent.
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

    /// Returns the credentials of the member who sent, if Greenhouse knows that user.
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
            // Either the member is unknown or the key is refused: the service user tells them apart.
            Err(Error::Unauthorized { .. }) => {
                let service = self.upstream.credentials(company, connection)?;
                self.upstream.current_user(company, &service).await.ok()?;
                false
            }
            Err(error) => {
                tracing::warn!(%error, "could not ask Greenhouse whether it knows a member");
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
            tracing::error!(%error, "could not store whether Greenhouse knows a member");
        }
    }

    /// Passes on the announcements of other proxies.
    async fn listen_to_others(self: Arc<Self>) {
        let mut announcements = match self.store.listen().await {
            Ok(Some(announcements)) => announcements,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "the other proxies cannot be heard; the outbox is read every 30 seconds");
                return;
            }
        };
        loop {
            tokio::select! {
                () = self.shutdown.cancelled() => return,
                announcement = announcements.recv() => match announcement {
                    Some(announcement) => {
                        self.announcer.pass_on(announcement);
                        self.wake();
                    }
                    None => return,
                },
            }
        }
    }
}

/// Returns the person who gets credit in Greenhouse. A single name is completed by the domain of the
/// address, because Greenhouse requires a last name.
fn referrer(sender: &Sender) -> Referrer {
    let at = sender.email.rsplit('@').next().unwrap_or_default();
    let (first, last) = sender.name.rsplit_once(' ').unwrap_or((&sender.name, at));
    Referrer {
        email: sender.email.clone(),
        first_name: first.to_owned(),
        last_name: last.to_owned(),
    }
}

/// Keeps a flag true while the worker runs, however it ends.
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

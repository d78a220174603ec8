//! Live connections: each company's changes, to everybody who listens, as they are committed.
//!
//! One task for each company follows the log while somebody listens; it reads and encodes a change once,
//! whatever the number of listeners. Who was away, or missed something, reads by itself from the last
//! number that it knows.

use crate::{
    config::Tuning,
    delivery::Delivery,
    now,
    polling::Screen,
    store::{CompanyId, SessionId, Store, StoreError},
};
use atsi_protocol::ChangesPage;
use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, close_code},
};
use serde::Deserialize;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// Rows of the log that one message tells of.
pub const PAGE: u32 = 200;
/// Messages that a company's slowest listener may be behind before it is cut.
const BEHIND: usize = 64;
/// Keeps the extension's worker awake, which sleeps after 30 seconds without a message.
const PING_EVERY: Duration = Duration::from_secs(20);
/// A listener from which nothing came for so many pings is gone.
const SILENT_PINGS: u32 = 3;
/// For what was told to nobody: a change by another program, a lost announcement.
const LOOK_AROUND: Duration = Duration::from_secs(30);
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// The listener was too slow. It comes back and asks from its last number.
pub const TOO_SLOW: u16 = 4008;
/// The session has ended: signed out or removed.
pub const SIGNED_OUT: u16 = 4001;

/// What a listener is told where the company itself changed. It asks how it stands now.
const COMPANY_CHANGED: &str = r#"{"changed":"company"}"#;

pub struct Live {
    store: Arc<dyn Store>,
    delivery: Arc<Delivery>,
    companies: Mutex<HashMap<CompanyId, broadcast::Sender<Arc<Told>>>>,
    places: Arc<Semaphore>,
    has_accounts: bool,
    most: u32,
    send_within: Duration,
    shutdown: CancellationToken,
}

enum Told {
    Changes(Changes),
    /// The company itself: its connection, or who belongs to it.
    Company,
    /// Who listens with another session has to make sure that it still counts.
    Living(HashSet<SessionId>),
}

/// Everything from one number to another, encoded once for all.
struct Changes {
    after: u64,
    next: u64,
    reset: bool,
    text: Utf8Bytes,
}

/// A place among the connections that this proxy holds; free again when dropped.
pub struct Place(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit);

/// What a listener may say.
#[derive(Deserialize)]
struct Said {
    /// The external ids of who is on its screens now; instead of those before.
    looking: Option<Vec<String>>,
}

enum End {
    /// The other side left, or its connection broke.
    Gone,
    TooSlow,
    SignedOut,
    Unintelligible,
    Stopping,
    Failed(StoreError),
}

impl Live {
    pub fn new(
        store: Arc<dyn Store>,
        delivery: Arc<Delivery>,
        has_accounts: bool,
        tuning: &Tuning,
        shutdown: CancellationToken,
    ) -> Self {
        Self {
            store,
            delivery,
            companies: Mutex::default(),
            has_accounts,
            places: Arc::new(Semaphore::new(tuning.live_connections as usize)),
            most: tuning.live_connections,
            send_within: tuning.live_send_within,
            shutdown,
        }
    }

    /// `None` where there are as many connections as there may be.
    pub fn place(&self) -> Option<Place> {
        Arc::clone(&self.places).try_acquire_owned().ok().map(Place)
    }

    pub fn connections(&self) -> usize {
        (self.most as usize).saturating_sub(self.places.available_permits())
    }

    /// Returns once every connection has ended, after shutdown.
    pub async fn ended(&self) {
        let _ = self.places.acquire_many(self.most).await;
    }

    /// CallbackContent the other side what changed after a number, until it leaves.
    pub async fn serve(
        self: Arc<Self>,
        mut socket: WebSocket,
        company: CompanyId,
        session: Option<SessionId>,
        after: Option<u64>,
        screen: Screen,
        _place: Place,
    ) {
        let (code, reason) = match self
            .tell(&mut socket, company, session, after, screen)
            .await
        {
            End::Gone => return,
            End::Unintelligible => (
                close_code::INVALID,
                "say {\"looking\": [external ids]} or nothing",
            ),
            End::TooSlow => (TOO_SLOW, "too slow"),
            End::SignedOut => (SIGNED_OUT, "the session has ended"),
            End::Stopping => (close_code::AWAY, "the proxy stops"),
            End::Failed(error) => {
                tracing::error!(%error, "changes could not be read");
                (close_code::ERROR, "the proxy met an error of its own")
            }
        };
        let close = Message::Close(Some(CloseFrame {
            code,
            reason: reason.into(),
        }));
        // Who does not take even this is cut without a word.
        let _ = timeout(self.send_within, socket.send(close)).await;
    }

    async fn tell(
        self: &Arc<Self>,
        socket: &mut WebSocket,
        company: CompanyId,
        session: Option<SessionId>,
        after: Option<u64>,
        mut screen: Screen,
    ) -> End {
        // First of all, so that nothing falls between what is read now and what is told later.
        let mut told = self.listen(company);
        let mut known = match self.catch_up(socket, company, after).await {
            Ok(known) => known,
            Err(end) => return end,
        };
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut silent = 0;
        loop {
            let sent = tokio::select! {
                () = self.shutdown.cancelled() => Err(End::Stopping),
                told = told.recv() => match told.as_deref() {
                    Ok(Told::Living(living)) => self.still_signed_in(company, session, living).await,
                    Ok(Told::Company) => {
                        self.send(socket, Message::Text(Utf8Bytes::from_static(COMPANY_CHANGED))).await
                    }
                    Ok(Told::Changes(told)) if told.next <= known && !told.reset => Ok(()),
                    Ok(Told::Changes(told)) if told.after == known => {
                        known = told.next;
                        self.send(socket, Message::Text(told.text.clone())).await
                    }
                    // It starts elsewhere than where this listener stands.
                    Ok(Told::Changes(_)) => match self.catch_up(socket, company, Some(known)).await {
                        Ok(next) => {
                            known = next;
                            Ok(())
                        }
                        Err(end) => Err(end),
                    },
                    Err(broadcast::error::RecvError::Lagged(_)) => Err(End::TooSlow),
                    Err(broadcast::error::RecvError::Closed) => Err(End::Stopping),
                },
                heard = socket.recv() => match heard {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Gone),
                    Some(Ok(Message::Text(text))) => {
                        silent = 0;
                        match serde_json::from_str::<Said>(&text) {
                            Ok(Said { looking: Some(ids) }) => {
                                screen.looks_at(ids, now());
                                Ok(())
                            }
                            Ok(_) => Ok(()),
                            Err(_) => Err(End::Unintelligible),
                        }
                    }
                    Some(Ok(_)) => {
                        silent = 0;
                        Ok(())
                    }
                },
                _ = pings.tick() => {
                    silent += 1;
                    if silent > SILENT_PINGS {
                        Err(End::Gone)
                    } else {
                        self.send(socket, Message::Ping(Bytes::new())).await
                    }
                }
            };
            if let Err(end) = sent {
                return end;
            }
        }
    }

    async fn still_signed_in(
        &self,
        company: CompanyId,
        session: Option<SessionId>,
        living: &HashSet<SessionId>,
    ) -> Result<(), End> {
        let Some(session) = session.filter(|session| !living.contains(session)) else {
            return Ok(());
        };
        // It may be younger than the list.
        let living = self.store.active_sessions(company, now()).await;
        if living.map_err(End::Failed)?.contains(&session) {
            Ok(())
        } else {
            Err(End::SignedOut)
        }
    }

    /// Reads and tells all there is after a number, at least one message; returns the last number.
    async fn catch_up(
        &self,
        socket: &mut WebSocket,
        company: CompanyId,
        after: Option<u64>,
    ) -> Result<u64, End> {
        let mut after = after;
        loop {
            let page = self.page(company, after).await.map_err(End::Failed)?;
            self.send(socket, Message::Text(encoded(&page))).await?;
            after = Some(page.next);
            if self.shutdown.is_cancelled() {
                return Err(End::Stopping);
            }
            if !page.more {
                return Ok(page.next);
            }
        }
    }

    async fn send(&self, socket: &mut WebSocket, message: Message) -> Result<(), End> {
        match timeout(self.send_within, socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::TooSlow),
        }
    }

    async fn page(
        &self,
        company: CompanyId,
        after: Option<u64>,
    ) -> Result<ChangesPage, StoreError> {
        self.store.changes(company, after, PAGE, now()).await
    }

    fn listen(self: &Arc<Self>, company: CompanyId) -> broadcast::Receiver<Arc<Told>> {
        let mut companies = (self.companies.lock()).unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = companies.get(&company) {
            return sender.subscribe();
        }
        let (sender, receiver) = broadcast::channel(BEHIND);
        companies.insert(company, sender.clone());
        tokio::spawn(Arc::clone(self).follow(company, sender));
        receiver
    }

    /// Follows the company's log for as long as somebody listens.
    async fn follow(self: Arc<Self>, company: CompanyId, sender: broadcast::Sender<Arc<Told>>) {
        // First of all, so that no change falls between.
        let mut changes = self.delivery.changes();
        let mut known = None;
        loop {
            let mut pause = LOOK_AROUND;
            loop {
                let page = match self.page(company, known).await {
                    Ok(page) => page,
                    Err(error) => {
                        tracing::error!(%error, "changes could not be read");
                        pause = TRY_AGAIN;
                        break;
                    }
                };
                let is_first = known.is_none();
                // Who caught up with less than this sees by the first that it missed something.
                if is_first || known != Some(page.next) {
                    let told = Changes {
                        after: known.unwrap_or(page.next),
                        next: page.next,
                        reset: page.reset,
                        text: encoded(&page),
                    };
                    let _ = sender.send(Arc::new(Told::Changes(told)));
                }
                known = Some(page.next);
                if !page.more {
                    break;
                }
            }
            let changed = async {
                loop {
                    match changes.recv().await {
                        Ok(change) if !change.is_of(company) => {}
                        Ok(change) => return change.is_of_members(),
                        // Whatever was missed may have been one.
                        Err(_) => return true,
                    }
                }
            };
            let (mut members, is_told) = tokio::select! {
                () = self.shutdown.cancelled() => return,
                members = changed => (members, true),
                () = sleep(pause) => (true, false),
            };
            // However many changes there were, they are read once.
            loop {
                match changes.try_recv() {
                    Ok(change) => members |= change.is_of(company) && change.is_of_members(),
                    Err(broadcast::error::TryRecvError::Lagged(_)) => members = true,
                    Err(_) => break,
                }
            }
            if members && is_told {
                let _ = sender.send(Arc::new(Told::Company));
            }
            if members && self.has_accounts {
                match self.store.active_sessions(company, now()).await {
                    Ok(living) => {
                        let _ = sender.send(Arc::new(Told::Living(living)));
                    }
                    Err(error) => tracing::error!(%error, "sessions could not be read"),
                }
            }
            let mut companies = (self.companies.lock()).unwrap_or_else(PoisonError::into_inner);
            if sender.receiver_count() == 0 {
                companies.remove(&company);
                return;
            }
        }
    }
}

fn encoded(page: &ChangesPage) -> Utf8Bytes {
    // Numbers, texts and lists: it has a JSON form.
    serde_json::to_string(page).unwrap_or_default().into()
}

//! Live connections: a company's changes, to every listener, as soon as they are committed.
//!
//! One task per company follows the log while somebody listens; it reads and encodes a change once,
//! whatever the number of listeners. A listener that was away, or missed something, catches up from the
//! last number that it knows.

use crate::{
    announcer::{Announcer, Change, Changes, Missed, Subject},
    clock::now,
    context::Context,
    polling::Screen,
    store::{CompanyId, SessionId, Store, StoreError},
};
use atsi_protocol::{
    ChangesPage,
    live::{CloseReason, CompanyPart, LiveMessage},
};
use axum::{
    body::Bytes,
    extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket},
};
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

/// Most rows of the log in one message.
pub const PAGE: u32 = 200;
/// A listener that falls behind by more than this many messages is cut.
const MAX_BEHIND: usize = 64;
/// Keeps the extension's worker awake, which sleeps after 30 seconds without a message.
const PING_EVERY: Duration = Duration::from_secs(20);
/// A listener is gone after this many pings without an answer.
const MAX_SILENT_PINGS: u32 = 3;
/// Finds what nobody announced: a change by another program, a lost announcement.
const LOOK_AROUND: Duration = Duration::from_secs(30);
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The live connections of this proxy.
pub struct Live {
    store: Arc<dyn Store>,
    announcer: Arc<Announcer>,
    companies: Mutex<HashMap<CompanyId, broadcast::Sender<Arc<News>>>>,
    places: Arc<Semaphore>,
    has_accounts: bool,
    max_connections: u32,
    send_timeout: Duration,
    shutdown: CancellationToken,
}

/// A message to all listeners of a company.
enum News {
    Changes(Page),
    /// The company itself changed.
    Company(CompanyPart),
    /// The sessions that are signed in. A listener with another one checks whether it has ended.
    Sessions(HashSet<SessionId>),
}

/// The changes from one number to another, encoded once for all listeners.
struct Page {
    after: u64,
    next: u64,
    reset: bool,
    text: Utf8Bytes,
}

/// A place among the connections of this proxy; free again when dropped.
pub struct Place(#[expect(dead_code, reason = "it is held")] OwnedSemaphorePermit);

/// The end of a connection.
enum End {
    /// The listener left, or the connection broke.
    Gone,
    Closed(CloseReason),
    Failed(StoreError),
}

/// The announcements that follow from one or more changes.
#[derive(Default)]
struct Due {
    parts: HashSet<CompanyPart>,
}

impl Due {
    fn add(&mut self, company: CompanyId, change: Result<Change, Missed>) -> bool {
        match change {
            Ok(change) if change.company != company => return false,
            Ok(Change {
                subject: Subject::Company(part),
                ..
            }) => {
                self.parts.insert(part);
            }
            Ok(_) => {}
            // Any change may have been among the missed ones.
            Err(Missed) => {
                self.parts.insert(CompanyPart::Company);
            }
        }
        true
    }

    fn may_end_sessions(&self) -> bool {
        (self.parts.iter()).any(|part| match part {
            CompanyPart::Members | CompanyPart::Company => true,
            CompanyPart::Connection => false,
        })
    }
}

impl Live {
    #[must_use]
    pub fn new(context: &Context, has_accounts: bool) -> Self {
        let max_connections = context.tuning.live_connections;
        Self {
            store: Arc::clone(&context.store),
            announcer: Arc::clone(&context.announcer),
            companies: Mutex::default(),
            places: Arc::new(Semaphore::new(max_connections as usize)),
            has_accounts,
            max_connections,
            send_timeout: context.tuning.live_send_within,
            shutdown: context.shutdown.clone(),
        }
    }

    /// Takes a place; `None` if all are taken.
    pub fn place(&self) -> Option<Place> {
        Arc::clone(&self.places).try_acquire_owned().ok().map(Place)
    }

    pub fn connections(&self) -> usize {
        (self.max_connections as usize).saturating_sub(self.places.available_permits())
    }

    /// Waits until every connection has ended, after shutdown.
    pub async fn ended(&self) {
        let _ = self.places.acquire_many(self.max_connections).await;
    }

    /// Sends the listener what changed after a number, until it leaves.
    pub async fn serve(
        self: Arc<Self>,
        mut socket: WebSocket,
        company: CompanyId,
        session: Option<SessionId>,
        after: Option<u64>,
        screen: Screen,
        _place: Place,
    ) {
        let reason = match self
            .forward(&mut socket, company, session, after, screen)
            .await
        {
            End::Gone => return,
            End::Closed(reason) => reason,
            End::Failed(error) => {
                tracing::error!(%error, "changes could not be read");
                CloseReason::Internal
            }
        };
        let close = Message::Close(Some(CloseFrame {
            code: reason.code(),
            reason: reason.text().into(),
        }));
        // A listener that does not read even this is cut.
        let _ = timeout(self.send_timeout, socket.send(close)).await;
    }

    async fn forward(
        self: &Arc<Self>,
        socket: &mut WebSocket,
        company: CompanyId,
        session: Option<SessionId>,
        after: Option<u64>,
        mut screen: Screen,
    ) -> End {
        // Subscribed before anything is read, so that nothing falls between.
        let mut news = self.listen(company);
        let mut known = match self.catch_up(socket, company, after).await {
            Ok(known) => known,
            Err(end) => return end,
        };
        let mut pings = interval(PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut silent_pings = 0;
        loop {
            let done = tokio::select! {
                () = self.shutdown.cancelled() => Err(End::Closed(CloseReason::Stopping)),
                news = news.recv() => match news.as_deref() {
                    Ok(News::Sessions(living)) => self.check_session(company, session, living).await,
                    Ok(News::Company(part)) => {
                        let message = LiveMessage::Changed { changed: *part };
                        self.send(socket, Message::Text(encoded(&message))).await
                    }
                    Ok(News::Changes(page)) if page.next <= known && !page.reset => Ok(()),
                    Ok(News::Changes(page)) if page.after == known => {
                        known = page.next;
                        self.send(socket, Message::Text(page.text.clone())).await
                    }
                    // The page does not follow on the last number of this listener.
                    Ok(News::Changes(_)) => match self.catch_up(socket, company, Some(known)).await {
                        Ok(next) => {
                            known = next;
                            Ok(())
                        }
                        Err(end) => Err(end),
                    },
                    Err(broadcast::error::RecvError::Lagged(_)) => {
                        Err(End::Closed(CloseReason::TooSlow))
                    }
                    Err(broadcast::error::RecvError::Closed) => {
                        Err(End::Closed(CloseReason::Stopping))
                    }
                },
                message = socket.recv() => match message {
                    Some(Ok(Message::Close(_)) | Err(_)) | None => Err(End::Gone),
                    Some(Ok(Message::Text(text))) => {
                        silent_pings = 0;
                        received(&text, &mut screen)
                    }
                    Some(Ok(_)) => {
                        silent_pings = 0;
                        Ok(())
                    }
                },
                _ = pings.tick() => {
                    silent_pings += 1;
                    if silent_pings > MAX_SILENT_PINGS {
                        Err(End::Gone)
                    } else {
                        self.send(socket, Message::Ping(Bytes::new())).await
                    }
                }
            };
            if let Err(end) = done {
                return end;
            }
        }
    }

    /// Ends the connection of a session that has ended.
    async fn check_session(
        &self,
        company: CompanyId,
        session: Option<SessionId>,
        living: &HashSet<SessionId>,
    ) -> Result<(), End> {
        let Some(session) = session.filter(|session| !living.contains(session)) else {
            return Ok(());
        };
        // The session may be younger than the list.
        let living = self.store.active_sessions(company, now()).await;
        if living.map_err(End::Failed)?.contains(&session) {
            Ok(())
        } else {
            Err(End::Closed(CloseReason::SignedOut))
        }
    }

    /// Sends everything after a number, at least one message; returns the last number.
    async fn catch_up(
        &self,
        socket: &mut WebSocket,
        company: CompanyId,
        after: Option<u64>,
    ) -> Result<u64, End> {
        let mut after = after;
        loop {
            let page = self.page(company, after).await.map_err(End::Failed)?;
            let (next, more) = (page.next, page.more);
            let text = encoded(&LiveMessage::Changes(page));
            self.send(socket, Message::Text(text)).await?;
            after = Some(next);
            if self.shutdown.is_cancelled() {
                return Err(End::Closed(CloseReason::Stopping));
            }
            if !more {
                return Ok(next);
            }
        }
    }

    async fn send(&self, socket: &mut WebSocket, message: Message) -> Result<(), End> {
        match timeout(self.send_timeout, socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Closed(CloseReason::TooSlow)),
        }
    }

    async fn page(
        &self,
        company: CompanyId,
        after: Option<u64>,
    ) -> Result<ChangesPage, StoreError> {
        self.store.changes(company, after, PAGE, now()).await
    }

    fn listen(self: &Arc<Self>, company: CompanyId) -> broadcast::Receiver<Arc<News>> {
        let mut companies = (self.companies.lock()).unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = companies.get(&company) {
            return sender.subscribe();
        }
        let (sender, receiver) = broadcast::channel(MAX_BEHIND);
        companies.insert(company, sender.clone());
        tokio::spawn(Arc::clone(self).follow(company, sender));
        receiver
    }

    /// Follows the company's log for as long as somebody listens.
    async fn follow(self: Arc<Self>, company: CompanyId, sender: broadcast::Sender<Arc<News>>) {
        // Subscribed before anything is read, so that no change falls between.
        let mut changes = self.announcer.subscribe();
        let mut known = None;
        loop {
            let pause = match self.read_log(company, &mut known, &sender).await {
                Ok(()) => LOOK_AROUND,
                Err(error) => {
                    tracing::error!(%error, "changes could not be read");
                    RETRY_PAUSE
                }
            };
            let (due, is_announced) = tokio::select! {
                () = self.shutdown.cancelled() => return,
                due = announced(company, &mut changes) => (due, true),
                () = sleep(pause) => (Due::default(), false),
            };
            for part in &due.parts {
                let _ = sender.send(Arc::new(News::Company(*part)));
            }
            // A session can also end without an announcement.
            if self.has_accounts && (due.may_end_sessions() || !is_announced) {
                match self.store.active_sessions(company, now()).await {
                    Ok(living) => {
                        let _ = sender.send(Arc::new(News::Sessions(living)));
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

    /// Reads the log after the last known number and sends what is new to every listener.
    async fn read_log(
        &self,
        company: CompanyId,
        known: &mut Option<u64>,
        sender: &broadcast::Sender<Arc<News>>,
    ) -> Result<(), StoreError> {
        loop {
            let page = self.page(company, *known).await?;
            let (next, more) = (page.next, page.more);
            // The first page also goes to listeners who know less: they see that they missed something.
            if *known != Some(next) {
                let page = Page {
                    after: known.unwrap_or(next),
                    next,
                    reset: page.reset,
                    text: encoded(&LiveMessage::Changes(page)),
                };
                let _ = sender.send(Arc::new(News::Changes(page)));
            }
            *known = Some(next);
            if !more {
                return Ok(());
            }
        }
    }
}

/// Waits for a change of the company. However many changes there are by then, they are read once.
async fn announced(company: CompanyId, changes: &mut Changes) -> Due {
    let mut due = Due::default();
    while !due.add(company, changes.next().await) {}
    loop {
        match changes.try_next() {
            Ok(Some(change)) => {
                due.add(company, Ok(change));
            }
            Ok(None) => return due,
            Err(missed) => {
                due.add(company, Err(missed));
            }
        }
    }
}

fn received(text: &str, screen: &mut Screen) -> Result<(), End> {
    match serde_json::from_str(text) {
        Ok(LiveMessage::Looking { looking }) => screen.looks_at(looking, now()),
        Ok(LiveMessage::Unknown) => {}
        // Only the proxy sends these.
        Ok(LiveMessage::Changes(_) | LiveMessage::Changed { .. }) | Err(_) => {
            return Err(End::Closed(CloseReason::Invalid));
        }
    }
    Ok(())
}

fn encoded(message: &LiveMessage) -> Utf8Bytes {
    // Numbers, texts and lists always have a JSON form.
    serde_json::to_string(message).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(subjects: impl IntoIterator<Item = Subject>) -> Due {
        let mut due = Due::default();
        for subject in subjects {
            let company = 1;
            assert!(due.add(company, Ok(Change { company, subject })));
        }
        due
    }

    #[test]
    fn changed_rows_announce_nothing_about_the_company() {
        let due = due([Subject::Log, Subject::Sends("imani-7".into())]);
        assert!(due.parts.is_empty() && !due.may_end_sessions());
    }

    #[test]
    fn changed_part_is_announced_once_and_only_members_end_sessions() {
        let connection = || Subject::Company(CompanyPart::Connection);
        let paused = due([connection(), connection(), Subject::Log]);
        assert_eq!(paused.parts.len(), 1);
        assert!(!paused.may_end_sessions());
        let removed = due([Subject::Company(CompanyPart::Members)]);
        assert!(removed.may_end_sessions());
    }

    #[test]
    fn missed_changes_count_as_any_and_other_companies_do_not_count() {
        let mut due = Due::default();
        let subject = Subject::Company(CompanyPart::Members);
        assert!(!due.add(
            1,
            Ok(Change {
                company: 2,
                subject
            })
        ));
        assert!(due.parts.is_empty());
        assert!(due.add(1, Err(Missed)));
        assert!(due.may_end_sessions());
    }
}

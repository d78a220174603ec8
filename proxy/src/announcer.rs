//! Announces changes to everything that waits for them, in this proxy and the others.
//!
//! An announcement names exactly what changed, so that nothing else is read again. It carries no data:
//! its receivers read the database.

use crate::store::{Announcement, CompanyId, Store};
use atsi_protocol::live::CompanyPart;
use std::sync::Arc;
use tokio::sync::broadcast;

/// A receiver that falls behind by more than this many changes is told that it missed some.
const CHANGES_KEPT: usize = 1024;

/// Something changed in a company.
#[derive(Clone, Debug)]
pub struct Change {
    pub company: CompanyId,
    pub subject: Subject,
}

/// The subject of a change.
#[derive(Clone, Debug)]
pub enum Subject {
    /// The company itself: its connection, or its people and their sessions.
    Company(CompanyPart),
    /// Sends of the candidate with this external id.
    Sends(Arc<str>),
    /// Rows of the change log: sends, statuses or jobs.
    Log,
}

impl Change {
    /// Whether a request that waits for the outcome of a candidate's send has to read it again.
    #[must_use]
    pub fn may_settle(&self, company: CompanyId, external_id: &str) -> bool {
        self.company == company
            && match &self.subject {
                // A pause or a new key concerns every waiting send.
                Subject::Company(_) | Subject::Log => true,
                Subject::Sends(id) => **id == *external_id,
            }
    }
}

/// Announces changes to this proxy and, over PostgreSQL, to the others.
pub struct Announcer {
    store: Arc<dyn Store>,
    changes: broadcast::Sender<Change>,
}

impl Announcer {
    #[must_use]
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            changes: broadcast::Sender::new(CHANGES_KEPT),
        }
    }

    /// Subscribes to changes from now on. Subscribe before reading the state that may change.
    #[must_use]
    pub fn subscribe(&self) -> Changes {
        Changes(self.changes.subscribe())
    }

    /// Announces that the company itself changed.
    pub fn company_changed(&self, company: CompanyId, part: CompanyPart) {
        self.announce_here(company, Subject::Company(part));
        self.announce_elsewhere(Announcement {
            company,
            part: Some(part),
        });
    }

    /// Announces rows of the company's change log. Over PostgreSQL a trigger tells the other proxies
    /// with the commit.
    pub fn log_changed(&self, company: CompanyId) {
        self.announce_here(company, Subject::Log);
    }

    /// Announces that sends of a candidate changed.
    pub fn sends_changed(&self, company: CompanyId, external_id: &str) {
        self.announce_here(company, Subject::Sends(external_id.into()));
        self.announce_elsewhere(Announcement {
            company,
            part: None,
        });
    }

    /// Passes on what another proxy announced.
    pub fn pass_on(&self, announcement: Announcement) {
        let subject = announcement.part.map_or(Subject::Log, Subject::Company);
        self.announce_here(announcement.company, subject);
    }

    fn announce_here(&self, company: CompanyId, subject: Subject) {
        // An error says that nobody listens.
        let _ = self.changes.send(Change { company, subject });
    }

    /// In the background: no answer has to wait for it.
    fn announce_elsewhere(&self, announcement: Announcement) {
        let store = Arc::clone(&self.store);
        tokio::spawn(async move {
            if let Err(error) = store.announce(announcement).await {
                tracing::warn!(%error, "a change could not be announced to the other proxies");
            }
        });
    }
}

/// Receives changes.
pub struct Changes(broadcast::Receiver<Change>);

/// Changes came faster than they were received, so any may have been missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missed;

impl Changes {
    /// Waits for the next change.
    ///
    /// # Errors
    /// Some were missed; the next call goes on with the oldest that is kept.
    pub async fn next(&mut self) -> Result<Change, Missed> {
        match self.0.recv().await {
            Ok(change) => Ok(change),
            Err(broadcast::error::RecvError::Lagged(_)) => Err(Missed),
            // The proxy is stopping, and the shutdown token ends the wait.
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }

    /// Returns a change that has been announced already.
    ///
    /// # Errors
    /// As [`Changes::next`].
    pub fn try_next(&mut self) -> Result<Option<Change>, Missed> {
        match self.0.try_recv() {
            Ok(change) => Ok(Some(change)),
            Err(broadcast::error::TryRecvError::Lagged(_)) => Err(Missed),
            Err(_) => Ok(None),
        }
    }

    /// Waits until any company itself changed, or some changes were missed.
    pub async fn company_changed(&mut self) {
        while let Ok(change) = self.next().await {
            if matches!(change.subject, Subject::Company(_)) {
                return;
            }
        }
    }
}

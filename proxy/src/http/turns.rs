//! Work that must not run twice at the same time in this proxy.

use crate::store::CompanyId;
use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::OwnedMutexGuard;

/// A lock and a value for each company. A request that waits for its turn usually finds the work done.
#[derive(Default)]
pub struct PerCompany<T>(Mutex<HashMap<CompanyId, Arc<tokio::sync::Mutex<T>>>>);

impl<T: Default> PerCompany<T> {
    /// Waits for the company's turn.
    pub async fn turn(&self, company: CompanyId) -> OwnedMutexGuard<T> {
        let lock = {
            let mut companies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(companies.entry(company).or_default())
        };
        lock.lock_owned().await
    }
}

/// The subjects that are being worked on.
#[derive(Debug)]
pub struct InProgress<K>(Arc<Mutex<HashSet<K>>>);

impl<K> Default for InProgress<K> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<K: Hash + Eq + Clone> InProgress<K> {
    /// Begins to work on a subject; `None` if somebody does already.
    pub fn begin(&self, subject: K) -> Option<Work<K>> {
        let mut subjects = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        subjects.insert(subject.clone()).then(|| Work {
            in_progress: Arc::clone(&self.0),
            subject,
        })
    }
}

/// Work on a subject, until dropped.
pub struct Work<K: Hash + Eq> {
    in_progress: Arc<Mutex<HashSet<K>>>,
    pub subject: K,
}

impl<K: Hash + Eq> Drop for Work<K> {
    fn drop(&mut self) {
        let mut subjects = (self.in_progress.lock()).unwrap_or_else(PoisonError::into_inner);
        subjects.remove(&self.subject);
    }
}

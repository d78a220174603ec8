//! A company's connection to Greenhouse: the sealed key, its user, and how it is doing.

use super::{CompanyId, Result, StoredConnectionRequest};
use atsi_protocol::{Millis, Problem, WaitReason};

/// A connection as it is stored; the key is sealed.
#[derive(Clone, Debug)]
pub struct StoredConnection {
    /// Grows with each replacement, and is never used twice.
    pub generation: i64,
    pub sealed_key: Vec<u8>,
    pub masked_key: String,
    pub service_user: String,
    pub account_name: Option<String>,
    pub connected_at: Millis,
    /// Name of the member who connected.
    pub connected_by: Option<String>,
    /// Why it is broken; absent where it works.
    pub problem: Option<Problem>,
    /// No request goes to Greenhouse before this time.
    pub paused_until: Millis,
    /// How many attempts in a row found Greenhouse busy or out of reach.
    pub failures: u32,
}

/// A connection to store.
#[derive(Clone, Debug)]
pub struct NewConnection {
    pub sealed_key: Vec<u8>,
    pub masked_key: String,
    pub service_user: String,
    pub account_name: Option<String>,
    pub connected_by: Option<String>,
}

/// Numbers of connections by their state, for the metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ConnectionFigures {
    pub active: u64,
    /// Greenhouse was busy or out of reach, and gets no requests for a while.
    pub paused: u64,
    /// Greenhouse refused the key or its user.
    pub broken: u64,
}

/// The table `connection`.
#[async_trait::async_trait]
pub trait ConnectionStore {
    /// Returns the one company of personal mode; its row is on disk afterwards.
    async fn personal_company(&self, now: Millis) -> Result<CompanyId>;

    /// Returns the company's connection, whether it works or not.
    async fn connection(&self, company: CompanyId) -> Result<Option<StoredConnection>>;

    /// Replaces the connection under a new generation. Sends that waited for its repair are due again.
    async fn put_connection(
        &self,
        company: CompanyId,
        new: NewConnection,
        who: &str,
        now: Millis,
    ) -> Result<StoredConnection>;

    /// Does the same by a one-time link, which is used up in the same transaction. Returns `None`, and
    /// writes nothing, where the link no longer works.
    async fn put_connection_by_request(
        &self,
        request: &StoredConnectionRequest,
        new: NewConnection,
        now: Millis,
    ) -> Result<Option<StoredConnection>>;

    /// Deletes the connection. Sends that have not left yet are refused with `problem`, because they were
    /// meant for the account that is gone.
    async fn delete_connection(
        &self,
        company: CompanyId,
        problem: &Problem,
        who: &str,
        now: Millis,
    ) -> Result<()>;

    /// Marks the connection broken, unless it was replaced since `generation`.
    async fn break_connection(
        &self,
        company: CompanyId,
        generation: i64,
        problem: &Problem,
    ) -> Result<()>;

    /// Pauses all requests to Greenhouse until `until`, unless the connection was replaced since
    /// `generation`. A longer pause stays.
    async fn pause_connection(
        &self,
        company: CompanyId,
        generation: i64,
        reason: WaitReason,
        until: Millis,
    ) -> Result<()>;

    /// Returns the companies whose connection works and is not paused.
    async fn connected_companies(&self, now: Millis) -> Result<Vec<CompanyId>>;

    /// Counts all companies' connections by their state, for the metrics.
    async fn connection_figures(&self, now: Millis) -> Result<ConnectionFigures>;
}

//! Candidates' statuses, as reads of Greenhouse's API report them.

use super::{CompanyId, Result};
use crate::poll_plan::Pace;
use atsi_protocol::{CandidateStatus, Millis, StatusRoute};

/// The answer to [`StatusStore::put_statuses`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StatusesPut {
    /// Number of candidates whose status changed; a first read is not a change.
    pub changed: usize,
}

/// The tables `status` and `application`.
#[async_trait::async_trait]
pub trait StatusStore {
    /// Records what Greenhouse said about the candidates `asked`, and when each is read next. A candidate
    /// that is absent from `read` can no longer be read and keeps the applications known last.
    async fn put_statuses(
        &self,
        company: CompanyId,
        asked: &[u64],
        read: &[(u64, CandidateStatus)],
        route: StatusRoute,
        pace: Pace,
        now: Millis,
    ) -> Result<StatusesPut>;
}

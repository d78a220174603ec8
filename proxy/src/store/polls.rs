//! The schedule by which Greenhouse is asked about candidates.

use super::{CompanyId, Result};
use crate::poll_plan::Scheduled;
use atsi_protocol::Millis;

/// The data from which a company's next poll is planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PollSchedule {
    /// Those of the candidates on screens that are in Greenhouse, by external id.
    pub watched: Vec<(String, Scheduled)>,
    /// The candidates that are due first.
    pub soonest: Vec<Scheduled>,
    /// When the last web hook arrived, pings aside.
    pub last_hook_at: Option<Millis>,
}

/// A company's turn to be polled.
#[derive(Clone, Copy, Debug)]
pub struct PollTurn {
    /// Somebody has one of the candidates on screen.
    pub looked_at: bool,
    /// Milliseconds until the next poll.
    pub pause: Millis,
    /// Milliseconds until the next poll of candidates on nobody's screen.
    pub pause_of_others: Millis,
    /// When the candidates of this poll are due again, unless an answer says otherwise.
    pub again_at: Millis,
}

/// The answer to [`PollStore::claim_polls`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PollClaim {
    /// The turn is the caller's, and so are these candidates.
    Claimed(Vec<u64>),
    /// Somebody had a turn lately; the next one is due then.
    NotBefore(Millis),
}

/// The tables `poll` and `poll_turn`.
#[async_trait::async_trait]
pub trait PollStore {
    /// Returns when the company's last web hook arrived, pings aside.
    async fn last_hook_at(&self, company: CompanyId) -> Result<Option<Millis>>;

    /// Returns what the next poll is planned from; `external_ids` are the candidates on somebody's screen.
    async fn poll_schedule(
        &self,
        company: CompanyId,
        external_ids: &[String],
    ) -> Result<PollSchedule>;

    /// Takes the company's turn, and those of the candidates that were last asked about at `latest` or
    /// before. A turn that is not due writes nothing.
    async fn claim_polls(
        &self,
        company: CompanyId,
        candidates: &[u64],
        latest: Millis,
        turn: PollTurn,
        now: Millis,
    ) -> Result<PollClaim>;
}

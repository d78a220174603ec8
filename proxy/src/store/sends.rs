//! Sends: claims, outcomes, and look-ups of the candidates that were sent.

use super::{CompanyId, MemberId, Result};
use atsi_protocol::{CandidatesPage, InGreenhouse, KnownCandidate, Millis, Send};

/// A send to accept.
#[derive(Clone, Debug)]
pub struct NewSend {
    pub idempotency_key: String,
    /// SHA-256 over the request; tells a repetition from another request under the same key.
    pub request_fingerprint: Vec<u8>,
    pub external_id: String,
    pub job_id: Option<u64>,
    pub sent_by: Option<String>,
    /// The sending member, in company mode.
    pub member: Option<MemberId>,
    pub sealed_profile: Vec<u8>,
    /// The id of the résumé to send along.
    pub resume: Option<String>,
}

/// The answer to [`SendStore::accept`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accepted {
    /// A new send, now in the outbox.
    New(Send),
    /// Another send holds the claim; its outcome is also this one's.
    Follows(Send),
    /// The same request was accepted before; this is its present state.
    Replayed(Send),
    /// The key was used for another request.
    KeyReused,
    /// The company has no connection.
    NotConnected,
    /// The résumé does not exist, or belongs to another send.
    NoSuchResume,
}

/// The answer to [`SendStore::decide`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decided {
    Done(Box<Send>),
    NoSuchSend,
    NotUncertain,
    /// The profile in Greenhouse belongs to another candidate.
    CandidateOfAnother,
}

/// What a person says about an uncertain send.
#[derive(Clone, Debug)]
pub enum SendDecision {
    AlreadyThere(InGreenhouse),
    SendAgain,
}

/// A candidate found by a look-up.
#[derive(Clone, Debug)]
pub struct FoundCandidate {
    pub candidate: KnownCandidate,
    /// Present where the candidate is in Greenhouse.
    pub candidate_id: Option<u64>,
}

/// The tables `send`, `idempotency` and `claim`.
#[async_trait::async_trait]
pub trait SendStore {
    /// Claims (company, external_id, job) and records the send with its outbox row, or finds the send
    /// that answers this one.
    async fn accept(&self, company: CompanyId, new: NewSend, now: Millis) -> Result<Accepted>;

    /// Returns the send that an idempotency key belongs to, as its owner sees it.
    async fn send(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        now: Millis,
    ) -> Result<Option<Send>>;

    /// Settles an uncertain send, or a held application, by a person's decision.
    async fn decide(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        decision: SendDecision,
        who: &str,
        now: Millis,
    ) -> Result<Decided>;

    /// Returns the candidates of these ids that the company has sent. For an `external_id` the latest send
    /// counts that was not refused, else the latest; a send that both kinds of id name is listed once.
    async fn look_up(
        &self,
        company: CompanyId,
        candidate_ids: &[u64],
        external_ids: &[String],
        now: Millis,
    ) -> Result<Vec<FoundCandidate>>;

    /// Returns at most `limit` candidates that the company has sent, the newest first and older than
    /// `after`; each by the send that counts in [`Self::look_up`]. Erased people are not among them.
    async fn candidates(
        &self,
        company: CompanyId,
        after: Option<u64>,
        limit: u32,
        now: Millis,
    ) -> Result<CandidatesPage>;

    /// Returns the address in Greenhouse of the candidate that the company sent last.
    async fn last_profile_url(&self, company: CompanyId) -> Result<Option<String>>;
}

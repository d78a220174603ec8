//! Signing in, and the sessions of members' devices.

use super::{CompanyId, Digest, MemberId, NewMail, Result, StoredMember};
use atsi_protocol::Millis;
use std::collections::HashSet;

/// A session's row id; never used twice.
pub type SessionId = i64;

/// How often a code may be tried.
pub const MOST_TRIES: u32 = 5;
/// A session ends after 90 days without use.
pub const IDLE_SESSION_MS: Millis = 90 * 24 * 60 * 60 * 1000;
/// The time of a session's last use is at most this much out of date.
pub const USED_EVERY_MS: Millis = 5 * 60 * 1000;

/// A session of a member's device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    pub id: SessionId,
    pub device: String,
    pub created_at: Millis,
    pub last_used_at: Millis,
}

/// The owner of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    pub session: SessionId,
    pub member: StoredMember,
}

/// A claim to own a mailbox, with its proof.
#[derive(Clone, Debug)]
pub struct SigningIn<'a> {
    /// In its normal form.
    pub email: &'a str,
    pub code: Digest,
    /// The address's domain, where it is an employer's.
    pub work_domain: Option<&'a str>,
    pub invitation: Option<Digest>,
    /// The name of a new member.
    pub name: &'a str,
    /// The language tag of the request.
    pub language: &'a str,
    pub session: NewSession<'a>,
}

/// A session to begin.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    pub token: Digest,
    pub device: &'a str,
}

/// The answer to [`SessionStore::sign_in`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    In(Authenticated),
    /// Wrong, expired, used or tried too often.
    CodeWrong,
    /// The code is right, and still works.
    InvitationNeeded,
    /// The code is right, and still works; the invitation is for another address, used, expired or revoked.
    InvitationInvalid,
}

/// The tables `session` and `sign_in_code`; a first sign-in also adds to `company`, `account` and `member`.
#[async_trait::async_trait]
pub trait SessionStore {
    /// Keeps a code for the address in place of the one before, and queues its mail.
    async fn put_sign_in_code(
        &self,
        email: &str,
        code: Digest,
        expires_at: Millis,
        mail: NewMail<'_>,
        now: Millis,
    ) -> Result<()>;

    /// Checks a code and begins a session. A person who is not a member yet becomes one: by an invitation,
    /// at a domain that joins automatically, or as the first of a new company. A code works once; each
    /// wrong try is counted on disk.
    async fn sign_in(&self, who: SigningIn<'_>, now: Millis) -> Result<SignIn>;

    /// Returns the member that a token belongs to, and records that the session is in use.
    async fn authenticate(&self, token: Digest, now: Millis) -> Result<Option<Authenticated>>;

    /// Returns the member's sessions, the one used last first.
    async fn sessions(&self, company: CompanyId, member: MemberId) -> Result<Vec<StoredSession>>;

    /// Deletes a session. Returns false where the member has no such session.
    async fn end_session(
        &self,
        company: CompanyId,
        member: MemberId,
        session: SessionId,
        now: Millis,
    ) -> Result<bool>;

    /// Returns the company's sessions that have not ended.
    async fn active_sessions(&self, company: CompanyId, now: Millis) -> Result<HashSet<SessionId>>;
}

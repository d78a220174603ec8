//! Who belongs to which company, and the mail that waits.

use super::{CompanyId, Result};
use atsi_protocol::{Millis, Problem, Role};
use std::collections::HashSet;

/// A member's row id.
pub type MemberId = i64;
/// A session's row id; never used twice.
pub type SessionId = i64;
/// SHA-256 of a token, or a keyed digest of a code.
pub type Digest = [u8; 32];

/// A company's account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAccount {
    pub company: CompanyId,
    pub domain: String,
    pub automatic_joining: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMember {
    pub id: MemberId,
    pub company: CompanyId,
    /// Absent of a managed device.
    pub email: Option<String>,
    pub name: String,
    pub role: Role,
    pub joined_at: Millis,
    pub last_used_at: Option<Millis>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredSession {
    pub id: SessionId,
    pub device: String,
    pub created_at: Millis,
    pub last_used_at: Millis,
}

/// Whom a token belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authenticated {
    pub session: SessionId,
    pub member: StoredMember,
}

/// Somebody who says that a mailbox is theirs.
#[derive(Clone, Debug)]
pub struct SigningIn<'a> {
    /// In its normal form.
    pub email: &'a str,
    pub code: Digest,
    /// The domain, where it is one of an employer.
    pub work_domain: Option<&'a str>,
    pub invitation: Option<Digest>,
    /// Of a new member.
    pub name: &'a str,
    /// The tag of the one that they asked in.
    pub language: &'a str,
    pub session: NewSession<'a>,
}

#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    pub token: Digest,
    pub device: &'a str,
}

/// What became of [`Accounts::sign_in`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    In(Authenticated),
    /// Wrong, expired, used or tried too often.
    CodeWrong,
    /// The code is right, and stays good.
    InvitationNeeded,
    /// As before: the one that was given is not for this address, used, expired or revoked.
    InvitationInvalid,
}

/// What became of a change to a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    Done(StoredMember),
    NoSuchMember,
    /// Nobody could manage the company then.
    LastAdmin,
}

#[derive(Clone, Debug)]
pub struct NewInvitation<'a> {
    pub token: Digest,
    /// In its normal form; absent where it is for whoever has the link.
    pub email: Option<&'a str>,
    pub role: Role,
    pub by: MemberId,
    pub expires_at: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredInvitation {
    pub id: i64,
    pub email: Option<String>,
    pub role: Role,
    pub invited_by: String,
    pub created_at: Millis,
    pub expires_at: Millis,
    pub is_accepted: bool,
    pub is_revoked: bool,
}

#[derive(Clone, Debug)]
pub struct NewHelp<'a> {
    pub token: Digest,
    pub admin_email: &'a str,
    pub by: MemberId,
    pub expires_at: Millis,
}

/// A one-time link for a Greenhouse admin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredHelp {
    pub id: i64,
    pub company: CompanyId,
    pub admin_email: String,
    pub asked_by: String,
    /// The asker may connect the company themselves.
    pub by_admin: bool,
    pub created_at: Millis,
    pub expires_at: Millis,
    pub is_opened: bool,
    pub is_done: bool,
    /// By a member, or since the asker left.
    pub is_revoked: bool,
}

/// A connection that broke, and an admin who was not told yet.
#[derive(Clone, Debug)]
pub struct Untold {
    pub company: CompanyId,
    pub domain: String,
    pub generation: i64,
    pub problem: Problem,
    pub admin: MemberId,
    pub email: String,
    pub language: String,
}

#[derive(Clone, Debug)]
pub struct NewMail<'a> {
    pub company: Option<CompanyId>,
    /// What is told once: a second mail with the same intent is passed over.
    pub intent: &'a str,
    /// Sealed for the company, or for none.
    pub sealed: Vec<u8>,
    /// Of no use to anybody after this.
    pub drop_at: Millis,
}

/// A mail that nobody else will send.
#[derive(Clone, Debug)]
pub struct TakenMail {
    pub id: i64,
    pub company: Option<CompanyId>,
    pub intent: String,
    pub sealed: Vec<u8>,
    /// With this one.
    pub attempts: u32,
}

/// How often a code may be tried.
pub const MOST_TRIES: u32 = 5;
/// A session that nobody used for so long has ended: 90 days.
pub const IDLE_SESSION_MS: Millis = 90 * 24 * 60 * 60 * 1000;
/// When a session was last used is written down at most so often.
pub const USED_EVERY_MS: Millis = 5 * 60 * 1000;
/// For so long after it left an intent is remembered: 30 days.
pub const INTENT_KEPT_MS: Millis = 30 * 24 * 60 * 60 * 1000;

#[async_trait::async_trait]
pub trait Accounts {
    /// Keeps a code for the address in the place of the one before, and its mail.
    async fn put_sign_in_code(
        &self,
        email: &str,
        code: Digest,
        expires_at: Millis,
        mail: NewMail<'_>,
        now: Millis,
    ) -> Result<()>;

    /// Checks a code, and makes whoever gave it a member where they are none yet: by an invitation, at
    /// a domain that joins automatically, or as the first of a new company. A code is good once.
    async fn sign_in(&self, who: SigningIn<'_>, now: Millis) -> Result<SignIn>;

    /// Whose token it is.
    async fn authenticate(&self, token: Digest, now: Millis) -> Result<Option<Authenticated>>;

    async fn account(&self, company: CompanyId) -> Result<Option<StoredAccount>>;

    async fn accounts(&self) -> Result<Vec<StoredAccount>>;

    /// Those who belong to the company now, in the order in which they joined.
    async fn members(&self, company: CompanyId) -> Result<Vec<StoredMember>>;

    async fn set_role(
        &self,
        company: CompanyId,
        member: MemberId,
        role: Role,
        who: &str,
        now: Millis,
    ) -> Result<MemberChange>;

    /// Their sessions end, and automatic joining does not bring them back.
    async fn remove_member(
        &self,
        company: CompanyId,
        member: MemberId,
        who: &str,
        now: Millis,
    ) -> Result<MemberChange>;

    async fn set_automatic_joining(
        &self,
        company: CompanyId,
        automatic: bool,
        who: &str,
        now: Millis,
    ) -> Result<()>;

    /// Keeps an invitation, and its mail where there is one; returns its id.
    async fn put_invitation(
        &self,
        company: CompanyId,
        new: NewInvitation<'_>,
        mail: Option<NewMail<'_>>,
        now: Millis,
    ) -> Result<i64>;

    /// The newest first.
    async fn invitations(&self, company: CompanyId) -> Result<Vec<StoredInvitation>>;

    /// False where the company has no such invitation that is open.
    async fn revoke_invitation(
        &self,
        company: CompanyId,
        invitation: i64,
        who: &str,
        now: Millis,
    ) -> Result<bool>;

    /// Keeps a one-time link and its mail; returns its id.
    async fn put_help(
        &self,
        company: CompanyId,
        new: NewHelp<'_>,
        mail: NewMail<'_>,
        now: Millis,
    ) -> Result<i64>;

    /// The newest first.
    async fn helps(&self, company: CompanyId) -> Result<Vec<StoredHelp>>;

    /// What a link stands for, whether it still counts or not.
    async fn help(&self, token: Digest) -> Result<Option<StoredHelp>>;

    async fn open_help(&self, help: i64, now: Millis) -> Result<()>;

    /// False where the company has no such link that is open.
    async fn revoke_help(
        &self,
        company: CompanyId,
        help: i64,
        who: &str,
        now: Millis,
    ) -> Result<bool>;

    /// Whether Greenhouse knows the member, found out under the key of this generation.
    async fn set_acting(
        &self,
        company: CompanyId,
        member: MemberId,
        generation: i64,
        acting: bool,
    ) -> Result<()>;

    async fn broken_untold(&self) -> Result<Vec<Untold>>;

    /// The page in Greenhouse of whom the company sent last.
    async fn last_profile(&self, company: CompanyId) -> Result<Option<String>>;

    /// Keeps the company's enrolment token in the place of the one before.
    async fn put_enrolment(
        &self,
        company: CompanyId,
        token: Digest,
        by: MemberId,
        now: Millis,
    ) -> Result<()>;

    /// When the token was made, and the name of who made it.
    async fn enrolment(&self, company: CompanyId) -> Result<Option<(Millis, String)>>;

    async fn delete_enrolment(&self, company: CompanyId, who: &str, now: Millis) -> Result<()>;

    /// Signs a device in; `None` where the token is no company's.
    async fn enrol(
        &self,
        token: Digest,
        session: NewSession<'_>,
        now: Millis,
    ) -> Result<Option<Authenticated>>;

    async fn rename_member(&self, company: CompanyId, member: MemberId, name: &str) -> Result<()>;

    async fn sessions(&self, company: CompanyId, member: MemberId) -> Result<Vec<StoredSession>>;

    /// False where the member has no such session.
    async fn end_session(
        &self,
        company: CompanyId,
        member: MemberId,
        session: SessionId,
        now: Millis,
    ) -> Result<bool>;

    /// Those of the company that have not ended.
    async fn living_sessions(&self, company: CompanyId, now: Millis) -> Result<HashSet<SessionId>>;

    /// False where the intent was there before.
    async fn put_mail(&self, mail: NewMail<'_>, now: Millis) -> Result<bool>;

    /// Takes the next mail that is due. From here on it is sent at most once: whoever dies now never
    /// sends it.
    async fn take_mail(&self, now: Millis) -> Result<Option<TakenMail>>;

    /// The mail has left, or is given up: its content goes.
    async fn finish_mail(&self, mail: i64) -> Result<()>;

    /// The mail has certainly not left: it is due again later.
    async fn put_mail_back(&self, mail: i64, due_at: Millis) -> Result<()>;

    /// When the next mail is due that is not too old.
    async fn next_mail(&self, now: Millis) -> Result<Option<Millis>>;

    /// Deletes codes, sessions and mail that count no longer.
    async fn prune_accounts(&self, now: Millis) -> Result<()>;
}

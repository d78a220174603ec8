//! The outbox of mail.

use super::{CompanyId, MemberId, Result};
use atsi_protocol::{Millis, Problem};

/// An intent is remembered for 30 days after its mail became useless.
pub const INTENT_KEPT_MS: Millis = 30 * 24 * 60 * 60 * 1000;

/// A broken connection, and an admin for whom no mail about it was queued.
#[derive(Clone, Debug)]
pub struct UnreportedBreak {
    pub company: CompanyId,
    pub domain: String,
    pub generation: i64,
    pub problem: Problem,
    pub admin: MemberId,
    pub email: String,
    pub language: String,
}

/// A mail to queue.
#[derive(Clone, Debug)]
pub struct NewMail<'a> {
    pub company: Option<CompanyId>,
    /// Identifies the mail: a second one with the same intent is dropped.
    pub intent: &'a str,
    /// Sealed for the company, or for no company.
    pub sealed: Vec<u8>,
    /// The mail is useless after this time.
    pub drop_at: Millis,
}

/// A mail that only the caller will send.
#[derive(Clone, Debug)]
pub struct TakenMail {
    pub id: i64,
    pub company: Option<CompanyId>,
    pub intent: String,
    pub sealed: Vec<u8>,
    /// This one included.
    pub attempts: u32,
}

/// The table `mail`.
#[async_trait::async_trait]
pub trait MailStore {
    /// Queues a mail. Returns false, and writes nothing, where its intent is known already.
    async fn put_mail(&self, mail: NewMail<'_>, now: Millis) -> Result<bool>;

    /// Takes the next due mail. It is sent at most once from then on: a process that ends now has lost it.
    async fn take_mail(&self, now: Millis) -> Result<Option<TakenMail>>;

    /// Erases the content of a mail that has left or is given up; its intent stays.
    async fn finish_mail(&self, mail: i64) -> Result<()>;

    /// Makes a taken mail due again at `due_at`: it certainly has not left.
    async fn put_mail_back(&self, mail: i64, due_at: Millis) -> Result<()>;

    /// Returns when the next mail is due that is still of use then.
    async fn next_mail_due(&self, now: Millis) -> Result<Option<Millis>>;

    /// Returns every broken connection with each admin for whom no mail about it was queued.
    async fn unreported_breaks(&self) -> Result<Vec<UnreportedBreak>>;
}

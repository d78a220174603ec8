//! The database: one trait for each feature, and [`Store`], their sum.
//!
//! Each method is one transaction: when it returns, all that it says is on disk, and on an error nothing
//! of it. Times are milliseconds since the Unix epoch unless a comment says otherwise. `who` is a member
//! or program as the audit names it, see [`who`]. Every method fails with [`StoreError::Database`] where
//! the database cannot be reached, and with [`StoreError::Corrupt`] where it holds a value that this
//! program does not write.

mod accounts;
mod applications;
mod audit;
mod callbacks;
mod changes;
mod company_data;
mod connection_requests;
mod connections;
mod enrolment;
mod hooks;
mod invitations;
mod job_boards;
mod job_saves;
mod jobs;
mod mail;
mod master_key;
mod members;
mod outbox;
mod polls;
mod proxies;
mod pushes;
mod resumes;
mod retention;
mod sends;
mod sessions;
mod sql;
mod statuses;
mod write_backs;

pub use accounts::*;
pub use applications::*;
pub use audit::*;
pub use callbacks::*;
pub use changes::*;
pub use company_data::*;
pub use connection_requests::*;
pub use connections::*;
pub use enrolment::*;
pub use hooks::*;
pub use invitations::*;
pub use job_boards::*;
pub use job_saves::*;
pub use jobs::*;
pub use mail::*;
pub use master_key::*;
pub use members::*;
pub use outbox::*;
pub use polls::*;
pub use proxies::*;
pub use pushes::*;
pub use resumes::*;
pub use retention::*;
pub use sends::*;
pub use sessions::*;
pub use sql::{SqlStore, copy_sqlite, inventory};
pub use statuses::*;
pub use write_backs::*;

/// A company's row id.
pub type CompanyId = i64;
/// A send's row id.
pub type SendId = i64;
/// SHA-256 of a token, or a keyed digest of a code.
pub type Digest = [u8; 32];

/// Why the database did not do as told. Nothing of the transaction is on disk.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database answered with an error: {0}")]
    Database(#[from] sqlx::Error),
    #[error("the database cannot be brought to this version's schema: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// The commit that this write shared with others failed.
    #[error("the database answered with an error to several writes at once: {0}")]
    SharedCommit(String),
    /// A value is not one that this program writes; the text names the column.
    #[error("the database holds something unreadable in {0}")]
    Corrupt(&'static str),
    #[error("The database file {path} cannot be used: {source}.")]
    File {
        path: String,
        source: std::io::Error,
    },
    #[error("The database {path} is in use by another atsi-proxy. Stop that one first.")]
    InUse { path: String },
    #[error(
        "These proxies still run over this database: {who}. Stop every proxy, rotate, and start them with the new key."
    )]
    StillServed { who: String },
    #[error("The master key is being rotated. Start the proxy afterwards, with the new key.")]
    Rotating,
}

/// The result of a method of the store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Everything that the proxy keeps.
#[async_trait::async_trait]
pub trait Store:
    AccountStore
    + ApplicationStore
    + AuditStore
    + CallbackStore
    + ChangeStore
    + CompanyDataStore
    + ConnectionRequestStore
    + ConnectionStore
    + EnrolmentStore
    + HookStore
    + InvitationStore
    + JobBoardStore
    + JobSaveStore
    + JobStore
    + MailStore
    + MasterKeyStore
    + MemberStore
    + OutboxStore
    + PollStore
    + ProxyStore
    + PushStore
    + ResumeStore
    + RetentionStore
    + SendStore
    + SessionStore
    + StatusStore
    + WriteBackStore
    + std::marker::Send
    + Sync
    + 'static
{
    /// Writes to the database and takes it back; nothing changes on disk.
    ///
    /// # Errors
    /// The database cannot be written.
    async fn check_writable(&self) -> Result<()>;

    /// Closes every file and connection, and gives back every lock.
    async fn close(&self);
}

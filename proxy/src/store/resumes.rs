//! Files of résumés, sealed, from the upload until Greenhouse has fetched them.

use super::{CompanyId, Result, SendId};
use atsi_protocol::Millis;

/// A résumé's file to keep.
#[derive(Clone, Debug)]
pub struct NewResume {
    pub id: String,
    pub file_name: String,
    pub media_type: &'static str,
    /// In bytes.
    pub size: u64,
    pub sealed: Vec<u8>,
    pub expires_at: Millis,
}

/// A résumé's file.
#[derive(Clone, Debug)]
pub struct StoredResume {
    pub id: String,
    pub company: CompanyId,
    pub file_name: String,
    pub media_type: String,
    pub sealed: Vec<u8>,
}

/// The table `resume`, and the state of a send's file.
#[async_trait::async_trait]
pub trait ResumeStore {
    /// Keeps a file that belongs to no send yet.
    async fn put_resume(&self, company: CompanyId, new: &NewResume, now: Millis) -> Result<()>;

    /// Makes the file of a send available under the digest of a token, in place of any before. Returns the
    /// file's name, or `None` where the file is gone.
    async fn offer_resume(
        &self,
        send: SendId,
        token_digest: &[u8],
        expires_at: Millis,
    ) -> Result<Option<String>>;

    /// Erases the file of a send that cannot be offered.
    async fn erase_unoffered_resume(&self, send: SendId) -> Result<()>;

    /// Returns the file that a token leads to now.
    async fn resume_by_token(
        &self,
        token_digest: &[u8],
        now: Millis,
    ) -> Result<Option<StoredResume>>;

    /// Erases a file that was fetched completely.
    async fn erase_fetched_resume(&self, id: &str) -> Result<()>;
}

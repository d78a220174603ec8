//! One-time links by which a Greenhouse admin enters the company's key.

use super::{CompanyId, Digest, MemberId, NewMail, Result};
use atsi_protocol::Millis;

/// A one-time link to keep.
#[derive(Clone, Debug)]
pub struct NewConnectionRequest<'a> {
    pub token: Digest,
    pub admin_email: &'a str,
    pub by: MemberId,
    pub expires_at: Millis,
}

/// A one-time link for a Greenhouse admin, and its state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredConnectionRequest {
    pub id: i64,
    pub company: CompanyId,
    pub admin_email: String,
    pub asked_by: String,
    /// The asking member is an admin, who could connect the company without the link.
    pub by_admin: bool,
    pub created_at: Millis,
    pub expires_at: Millis,
    pub is_opened: bool,
    pub is_done: bool,
    /// A member revoked it, or the asking member left.
    pub is_revoked: bool,
}

/// The table `connection_request`.
#[async_trait::async_trait]
pub trait ConnectionRequestStore {
    /// Keeps a link and queues its mail; returns the request's id.
    async fn put_connection_request(
        &self,
        company: CompanyId,
        new: NewConnectionRequest<'_>,
        mail: NewMail<'_>,
        now: Millis,
    ) -> Result<i64>;

    /// Returns the company's requests, the newest first.
    async fn connection_requests(&self, company: CompanyId)
    -> Result<Vec<StoredConnectionRequest>>;

    /// Returns the request of a link, whether the link still works or not.
    async fn connection_request(&self, token: Digest) -> Result<Option<StoredConnectionRequest>>;

    /// Records when a link was opened for the first time.
    async fn open_connection_request(&self, request: i64, now: Millis) -> Result<()>;

    /// Revokes a link. Returns false where the company has no such link that is open.
    async fn revoke_connection_request(
        &self,
        company: CompanyId,
        request: i64,
        who: &str,
        now: Millis,
    ) -> Result<bool>;
}

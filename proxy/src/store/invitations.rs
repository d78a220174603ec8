//! Invitations to join a company.

use super::{CompanyId, Digest, MemberId, NewMail, Result};
use atsi_protocol::{Millis, Role};

/// An invitation to keep.
#[derive(Clone, Debug)]
pub struct NewInvitation<'a> {
    pub token: Digest,
    /// In its normal form; absent where anybody with the link may join.
    pub email: Option<&'a str>,
    pub role: Role,
    pub by: MemberId,
    pub expires_at: Millis,
}

/// An invitation and its state.
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

/// The table `invitation`.
#[async_trait::async_trait]
pub trait InvitationStore {
    /// Keeps an invitation, and queues its mail where it has one; returns the invitation's id.
    async fn put_invitation(
        &self,
        company: CompanyId,
        new: NewInvitation<'_>,
        mail: Option<NewMail<'_>>,
        now: Millis,
    ) -> Result<i64>;

    /// Returns the company's invitations, the newest first.
    async fn invitations(&self, company: CompanyId) -> Result<Vec<StoredInvitation>>;

    /// Revokes an invitation. Returns false where the company has no such invitation that is open.
    async fn revoke_invitation(
        &self,
        company: CompanyId,
        invitation: i64,
        who: &str,
        now: Millis,
    ) -> Result<bool>;
}

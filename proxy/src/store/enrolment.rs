//! The token by which a company's managed devices sign in.

use super::{Authenticated, CompanyId, Digest, MemberId, NewSession, Result};
use atsi_protocol::Millis;

/// A company's enrolment token; only its digest is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEnrolment {
    pub made_at: Millis,
    /// Name of the admin who made it.
    pub made_by: String,
}

/// The table `enrolment`.
#[async_trait::async_trait]
pub trait EnrolmentStore {
    /// Keeps the company's token in place of the one before.
    async fn put_enrolment(
        &self,
        company: CompanyId,
        token: Digest,
        by: MemberId,
        now: Millis,
    ) -> Result<()>;

    /// Returns when and by whom the company's token was made.
    async fn enrolment(&self, company: CompanyId) -> Result<Option<StoredEnrolment>>;

    /// Deletes the token. Devices that signed in by it stay signed in.
    async fn delete_enrolment(&self, company: CompanyId, who: &str, now: Millis) -> Result<()>;

    /// Makes a device a member and begins its session. Returns `None` where the token is no company's.
    async fn enrol(
        &self,
        token: Digest,
        session: NewSession<'_>,
        now: Millis,
    ) -> Result<Option<Authenticated>>;
}

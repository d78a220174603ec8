//! The members of a company.

use super::{CompanyId, Result};
use atsi_protocol::{Millis, Role};

/// A member's row id.
pub type MemberId = i64;

/// A member, or a managed device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMember {
    pub id: MemberId,
    pub company: CompanyId,
    /// Absent for a managed device.
    pub email: Option<String>,
    pub name: String,
    pub role: Role,
    pub joined_at: Millis,
    pub last_used_at: Option<Millis>,
}

/// The answer to a change of a member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberChange {
    Done(StoredMember),
    NoSuchMember,
    /// Without this admin nobody could manage the company.
    LastAdmin,
}

/// The table `member`.
#[async_trait::async_trait]
pub trait MemberStore {
    /// Returns the company's present members, in the order in which they joined.
    async fn members(&self, company: CompanyId) -> Result<Vec<StoredMember>>;

    /// Changes a member's role. Managed devices stay recruiters.
    async fn set_role(
        &self,
        company: CompanyId,
        member: MemberId,
        role: Role,
        who: &str,
        now: Millis,
    ) -> Result<MemberChange>;

    /// Ends the membership and its sessions. The row stays, so that automatic joining does not bring the
    /// person back.
    async fn remove_member(
        &self,
        company: CompanyId,
        member: MemberId,
        who: &str,
        now: Millis,
    ) -> Result<MemberChange>;

    /// Replaces a member's name. Sends keep the name they were sent under.
    async fn rename_member(&self, company: CompanyId, member: MemberId, name: &str) -> Result<()>;

    /// Records whether Greenhouse knows the member as a user, found out under the key of this generation.
    async fn set_acting(
        &self,
        company: CompanyId,
        member: MemberId,
        generation: i64,
        acting: bool,
    ) -> Result<()>;
}

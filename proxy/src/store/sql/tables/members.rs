//! Members.

use super::super::{
    query::{Connection, Row, query, query_for},
    values::{optional_unsigned, signed, unsigned},
};
use super::audit;
use crate::store::{CompanyId, MemberId, Result, Sender, SigningIn, StoreError, StoredMember, who};
use atsi_protocol::{Millis, Role};

/// Everything that [`member_of`] reads, of `member m`.
pub const MEMBER_COLUMNS: &str =
    "m.id, m.company_id, m.email, m.name, m.role, m.joined_at, m.last_used_at ";

pub struct NewMember<'a> {
    pub email: Option<&'a str>,
    pub name: &'a str,
    pub role: Role,
}

impl<'a> NewMember<'a> {
    pub fn verified(who: &SigningIn<'a>, role: Role) -> Self {
        Self {
            email: Some(who.email),
            name: who.name,
            role,
        }
    }
}

pub async fn add(
    db: &mut Connection,
    company: CompanyId,
    new: NewMember<'_>,
    action: &str,
    now: Millis,
) -> Result<StoredMember> {
    let row = query(
        "INSERT INTO member (company_id, email, name, role, joined_at, last_used_at)
         VALUES ($1, $2, $3, $4, $5, $5)
         RETURNING id, company_id, email, name, role, joined_at, last_used_at",
    )
    .bind(company)
    .bind(new.email)
    .bind(new.name)
    .bind(role_name(new.role))
    .bind(signed(now))
    .fetch_one(&mut *db)
    .await?;
    let member = member_of(&row)?;
    audit::record_audit(db, Some(company), &who(member.id), action, None, now).await?;
    Ok(member)
}

pub async fn find_by_email(db: &mut Connection, email: &str) -> Result<Option<StoredMember>> {
    let row = query_for(|_| {
        format!("SELECT {MEMBER_COLUMNS}FROM member m WHERE m.email = $1 AND m.removed_at IS NULL")
    })
    .bind(email)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(member_of).transpose()
}

/// Returns the member as a sender, if they have an e-mail address, with what is known under the key of
/// `generation`.
pub async fn sender(
    db: &mut Connection,
    member: MemberId,
    generation: i64,
) -> Result<Option<Sender>> {
    let row = query(
        "SELECT m.id, m.email, m.name, m.acting, m.acting_generation
         FROM member m WHERE m.id = $1 AND m.email IS NOT NULL",
    )
    .bind(member)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let known_under: Option<i64> = row.try_get("acting_generation")?;
    let acting: Option<bool> = row.try_get("acting")?;
    Ok(Some(Sender {
        member: row.try_get("id")?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        acting: acting.filter(|_| known_under == Some(generation)),
    }))
}

pub fn member_of(row: &Row) -> Result<StoredMember> {
    Ok(StoredMember {
        id: row.try_get("id")?,
        company: row.try_get("company_id")?,
        email: row.try_get("email")?,
        name: row.try_get("name")?,
        role: role_of(row)?,
        joined_at: unsigned(row.try_get("joined_at")?, "member")?,
        last_used_at: optional_unsigned(row, "last_used_at")?,
    })
}

pub fn role_of(row: &Row) -> Result<Role> {
    match row.try_get("role")? {
        "admin" => Ok(Role::Admin),
        "recruiter" => Ok(Role::Recruiter),
        _ => Err(StoreError::Corrupt("role")),
    }
}

pub fn role_name(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Recruiter => "recruiter",
    }
}

//! Members.

use super::{
    SqlStore,
    locks::lock_company,
    query::{Connection, query, query_for, scalar},
    tables::{
        audit,
        members::{self, MEMBER_COLUMNS},
    },
    values::signed,
};
use crate::store::{CompanyId, MemberChange, MemberId, MemberStore, Result, StoredMember};
use atsi_protocol::{Millis, Role};

#[async_trait::async_trait]
impl MemberStore for SqlStore {
    async fn members(&self, company: CompanyId) -> Result<Vec<StoredMember>> {
        let rows = query_for(|_| {
            format!(
                "SELECT {MEMBER_COLUMNS} FROM member m WHERE m.company_id = $1
                     AND m.removed_at IS NULL ORDER BY m.id"
            )
        })
        .bind(company)
        .fetch_all(&mut self.read().await?)
        .await?;
        rows.iter().map(members::member_of).collect()
    }

    async fn set_role(
        &self,
        company: CompanyId,
        member: MemberId,
        role: Role,
        who: &str,
        now: Millis,
    ) -> Result<MemberChange> {
        let mut tx = self.write().await?;
        let mut changed = match changeable(&mut tx, company, member, role == Role::Admin).await? {
            Changeable::Yes(member) => member,
            Changeable::No(why) => return Ok(why),
        };
        // A device has no person behind it who could be an admin.
        if changed.email.is_none() {
            return Ok(MemberChange::NoSuchMember);
        }
        query("UPDATE member SET role = $3 WHERE company_id = $1 AND id = $2")
            .bind(company)
            .bind(member)
            .bind(members::role_name(role))
            .execute(&mut tx)
            .await?;
        let action = match role {
            Role::Admin => "made_admin",
            Role::Recruiter => "made_recruiter",
        };
        let subject = member.to_string();
        audit::record_audit(&mut tx, Some(company), who, action, Some(&subject), now).await?;
        tx.commit().await?;
        changed.role = role;
        Ok(MemberChange::Done(changed))
    }

    async fn remove_member(
        &self,
        company: CompanyId,
        member: MemberId,
        who: &str,
        now: Millis,
    ) -> Result<MemberChange> {
        let mut tx = self.write().await?;
        let removed = match changeable(&mut tx, company, member, false).await? {
            Changeable::Yes(member) => member,
            Changeable::No(why) => return Ok(why),
        };
        query("UPDATE member SET removed_at = $3 WHERE company_id = $1 AND id = $2")
            .bind(company)
            .bind(member)
            .bind(signed(now))
            .execute(&mut tx)
            .await?;
        query("DELETE FROM session WHERE company_id = $1 AND member_id = $2")
            .bind(company)
            .bind(member)
            .execute(&mut tx)
            .await?;
        let subject = member.to_string();
        audit::record_audit(
            &mut tx,
            Some(company),
            who,
            "member_removed",
            Some(&subject),
            now,
        )
        .await?;
        tx.commit().await?;
        Ok(MemberChange::Done(removed))
    }

    async fn rename_member(&self, company: CompanyId, member: MemberId, name: &str) -> Result<()> {
        query("UPDATE member SET name = $3 WHERE company_id = $1 AND id = $2")
            .bind(company)
            .bind(member)
            .bind(name)
            .execute(&mut self.direct().await?)
            .await?;
        Ok(())
    }

    async fn set_acting(
        &self,
        company: CompanyId,
        member: MemberId,
        generation: i64,
        acting: bool,
    ) -> Result<()> {
        query("UPDATE member SET acting = $3, acting_generation = $4 WHERE company_id = $1 AND id = $2")
            .bind(company)
            .bind(member)
            .bind(acting)
            .bind(generation)
            .execute(&mut self.direct().await?)
            .await?;
        Ok(())
    }
}

/// The answer to [`changeable`].
enum Changeable {
    Yes(StoredMember),
    No(MemberChange),
}

/// Returns the member if the company keeps an admin after the change. Until the transaction ends, nobody else
/// changes a member of the company.
async fn changeable(
    db: &mut Connection,
    company: CompanyId,
    member: MemberId,
    stays_admin: bool,
) -> Result<Changeable> {
    lock_company(db, company).await?;
    let row = query_for(|_| {
        format!(
            "SELECT {MEMBER_COLUMNS} FROM member m WHERE m.company_id = $1 AND m.id = $2
                 AND m.removed_at IS NULL"
        )
    })
    .bind(company)
    .bind(member)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else {
        return Ok(Changeable::No(MemberChange::NoSuchMember));
    };
    let found = members::member_of(&row)?;
    let others: i64 = scalar(
        "SELECT count(*) FROM member m
         WHERE m.company_id = $1 AND m.id <> $2 AND m.role = 'admin' AND m.removed_at IS NULL",
    )
    .bind(company)
    .bind(member)
    .fetch_one(db)
    .await?;
    if found.role == Role::Admin && !stays_admin && others == 0 {
        return Ok(Changeable::No(MemberChange::LastAdmin));
    }
    Ok(Changeable::Yes(found))
}

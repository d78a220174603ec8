//! Signing in, and sessions.

use super::{
    SqlStore,
    locks::lock_subject,
    query::{Connection, query, query_for, scalar},
    tables::{
        audit, mail,
        members::{self, MEMBER_COLUMNS},
        sessions,
    },
    values::{signed, unsigned},
};
use crate::store::{
    Authenticated, CompanyId, Digest, IDLE_SESSION_MS, MOST_TRIES, MemberId, NewMail, Result,
    SessionId, SessionStore, SignIn, SigningIn, StoredMember, StoredSession, USED_EVERY_MS, who,
};
use atsi_protocol::{Millis, Role};
use std::collections::HashSet;

#[async_trait::async_trait]
impl SessionStore for SqlStore {
    async fn put_sign_in_code(
        &self,
        email: &str,
        code: Digest,
        expires_at: Millis,
        mail: NewMail<'_>,
        now: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        query(
            "INSERT INTO sign_in_code (email, digest, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (email) DO UPDATE SET digest = excluded.digest, expires_at = excluded.expires_at, tries = 0",
        )
        .bind(email)
        .bind(&code[..])
        .bind(signed(expires_at))
        .execute(&mut tx)
        .await?;
        mail::put(&mut tx, mail, now).await?;
        Ok(tx.commit().await?)
    }

    async fn sign_in(&self, who: SigningIn<'_>, now: Millis) -> Result<SignIn> {
        let mut tx = self.write().await?;
        lock_subject(&mut tx, sessions::NO_COMPANY, who.email).await?;
        let tries = query(
            "UPDATE sign_in_code SET tries = tries + 1 WHERE email = $1 AND expires_at > $2 AND tries < $3
             RETURNING digest",
        )
        .bind(who.email)
        .bind(signed(now))
        .bind(i64::from(MOST_TRIES))
        .fetch_optional(&mut tx)
        .await?;
        let is_right = match tries {
            Some(row) => row.try_get::<Vec<u8>>("digest")? == who.code,
            None => false,
        };
        if !is_right {
            tx.commit().await?;
            return Ok(SignIn::CodeWrong);
        }
        let member = match members::find_by_email(&mut tx, who.email).await? {
            Some(member) => member,
            None => match join(&mut tx, &who, now).await? {
                Joining::Joined(member) => member,
                // Everything is rolled back, the counted try included, so the code still works.
                Joining::InvitationNeeded => return Ok(SignIn::InvitationNeeded),
                Joining::InvitationInvalid => return Ok(SignIn::InvitationInvalid),
            },
        };
        query("DELETE FROM sign_in_code WHERE email = $1")
            .bind(who.email)
            .execute(&mut tx)
            .await?;
        // Greenhouse may have a user for them by now.
        query("UPDATE member SET acting = NULL, language = $2 WHERE id = $1")
            .bind(member.id)
            .bind(who.language)
            .execute(&mut tx)
            .await?;
        let session = sessions::begin(&mut tx, &member, &who.session, now).await?;
        tx.commit().await?;
        Ok(SignIn::In(Authenticated { session, member }))
    }

    async fn authenticate(&self, token: Digest, now: Millis) -> Result<Option<Authenticated>> {
        let row = query_for(|_| {
            format!(
                "SELECT s.id AS session_id, s.last_used_at AS session_used_at, {MEMBER_COLUMNS}
                     FROM session s JOIN member m ON m.id = s.member_id
                 WHERE s.token_digest = $1 AND m.removed_at IS NULL AND s.last_used_at > $2"
            )
        })
        .bind(&token[..])
        .bind(signed(now.saturating_sub(IDLE_SESSION_MS)))
        .fetch_optional(&mut self.read().await?)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let member = members::member_of(&row)?;
        let session: SessionId = row.try_get("session_id")?;
        let used_at = unsigned(row.try_get("session_used_at")?, "session")?;
        if now.saturating_sub(used_at) > USED_EVERY_MS {
            let mut tx = self.write().await?;
            for (update, id) in [
                (
                    "UPDATE session SET last_used_at = $2 WHERE id = $1",
                    session,
                ),
                (
                    "UPDATE member SET last_used_at = $2 WHERE id = $1",
                    member.id,
                ),
            ] {
                query(update)
                    .bind(id)
                    .bind(signed(now))
                    .execute(&mut tx)
                    .await?;
            }
            tx.commit().await?;
        }
        Ok(Some(Authenticated { session, member }))
    }

    async fn sessions(&self, company: CompanyId, member: MemberId) -> Result<Vec<StoredSession>> {
        let rows = query(
            "SELECT id, device, created_at, last_used_at FROM session
             WHERE company_id = $1 AND member_id = $2 ORDER BY last_used_at DESC, id DESC",
        )
        .bind(company)
        .bind(member)
        .fetch_all(&mut self.read().await?)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(StoredSession {
                    id: row.try_get("id")?,
                    device: row.try_get("device")?,
                    created_at: unsigned(row.try_get("created_at")?, "session")?,
                    last_used_at: unsigned(row.try_get("last_used_at")?, "session")?,
                })
            })
            .collect()
    }

    async fn end_session(
        &self,
        company: CompanyId,
        member: MemberId,
        session: SessionId,
        now: Millis,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        let ended =
            query("DELETE FROM session WHERE company_id = $1 AND member_id = $2 AND id = $3")
                .bind(company)
                .bind(member)
                .bind(session)
                .execute(&mut tx)
                .await?
                == 1;
        if ended {
            audit::record_audit(
                &mut tx,
                Some(company),
                &who(member),
                "signed_out",
                None,
                now,
            )
            .await?;
        }
        tx.commit().await?;
        Ok(ended)
    }

    async fn active_sessions(&self, company: CompanyId, now: Millis) -> Result<HashSet<SessionId>> {
        let ids: Vec<SessionId> = scalar(
            "SELECT s.id FROM session s JOIN member m ON m.id = s.member_id
             WHERE s.company_id = $1 AND m.removed_at IS NULL AND s.last_used_at > $2",
        )
        .bind(company)
        .bind(signed(now.saturating_sub(IDLE_SESSION_MS)))
        .fetch_all(&mut self.read().await?)
        .await?;
        Ok(ids.into_iter().collect())
    }
}

/// The answer to [`join`].
enum Joining {
    Joined(StoredMember),
    InvitationNeeded,
    InvitationInvalid,
}

/// Makes the owner of a verified address a member, or returns why not.
async fn join(db: &mut Connection, who: &SigningIn<'_>, now: Millis) -> Result<Joining> {
    if let Some(token) = who.invitation {
        let row = query(
            "UPDATE invitation SET accepted_at = $2
             WHERE token_digest = $1 AND accepted_at IS NULL AND revoked_at IS NULL AND expires_at > $2
               AND (email IS NULL OR email = $3)
               AND EXISTS (SELECT 1 FROM member m
                           WHERE m.id = invitation.invited_by AND m.removed_at IS NULL AND m.role = 'admin')
             RETURNING company_id, role",
        )
        .bind(&token[..])
        .bind(signed(now))
        .bind(who.email)
        .fetch_optional(&mut *db)
        .await?;
        let Some(row) = row else {
            return Ok(Joining::InvitationInvalid);
        };
        let role = members::role_of(&row)?;
        return members::add(
            db,
            row.try_get("company_id")?,
            members::NewMember::verified(who, role),
            "joined",
            now,
        )
        .await
        .map(Joining::Joined);
    }
    let Some(domain) = who.work_domain else {
        return Ok(Joining::InvitationNeeded);
    };
    // When the first two people of a company sign in at once, only one of them founds it.
    lock_subject(db, sessions::NO_COMPANY, domain).await?;
    let account = query(
        "SELECT a.company_id, a.automatic_joining, EXISTS (SELECT 1 FROM member m
                WHERE m.company_id = a.company_id AND m.email = $2) AS was_there
         FROM account a WHERE a.domain = $1",
    )
    .bind(domain)
    .bind(who.email)
    .fetch_optional(&mut *db)
    .await?;
    let Some(account) = account else {
        let company = found_company(db, domain, now).await?;
        return members::add(
            db,
            company,
            members::NewMember::verified(who, Role::Admin),
            "company_founded",
            now,
        )
        .await
        .map(Joining::Joined);
    };
    let open: bool = account.try_get("automatic_joining")?;
    if !open || account.try_get("was_there")? {
        return Ok(Joining::InvitationNeeded);
    }
    let company = account.try_get("company_id")?;
    members::add(
        db,
        company,
        members::NewMember::verified(who, Role::Recruiter),
        "joined",
        now,
    )
    .await
    .map(Joining::Joined)
}

async fn found_company(db: &mut Connection, domain: &str, now: Millis) -> Result<CompanyId> {
    lock_subject(db, sessions::NO_COMPANY, "the next company").await?;
    let company: CompanyId = scalar(
        "INSERT INTO company (id, created_at) SELECT coalesce(max(id), 1) + 1, $1 FROM company RETURNING id",
    )
    .bind(signed(now))
    .fetch_one(&mut *db)
    .await?;
    query(
        "INSERT INTO account (company_id, domain, automatic_joining, created_at) VALUES ($1, $2, $3, $4)",
    )
    .bind(company)
    .bind(domain)
    .bind(true)
    .bind(signed(now))
    .execute(db)
    .await?;
    Ok(company)
}

//! Who belongs to which company, and the mail that waits.

use super::super::{Connection, Row, ThisStore};
use super::admin::note;
use super::{optional_json, optional_unsigned, signed, small, unsigned};
use crate::store::{
    Accounts, Authenticated, CompanyId, Digest, IDLE_SESSION_MS, INTENT_KEPT_MS, MOST_TRIES,
    MemberChange, MemberId, NewHelp, NewInvitation, NewMail, NewSession, Result, Sender, SessionId,
    SignIn, SigningIn, StoreError, StoredAccount, StoredHelp, StoredInvitation, StoredMember,
    StoredSession, TakenMail, USED_EVERY_MS, Untold, who,
};
use atsi_protocol::{Millis, Role};
use sqlx::Row as _;
use std::collections::HashSet;

/// Everything that [`member_of`] reads.
macro_rules! member_columns {
    () => {
        "m.id, m.company_id, m.email, m.name, m.role, m.joined_at, m.last_used_at "
    };
}

/// Everything that [`help_of`] reads.
macro_rules! help_select {
    () => {
        "SELECT r.id, r.company_id, r.admin_email, m.name AS asked_by, m.role = 'admin' AS by_admin,
                r.created_at, r.expires_at, r.opened_at IS NOT NULL AS is_opened,
                r.done_at IS NOT NULL AS is_done,
                r.revoked_at IS NOT NULL OR m.removed_at IS NOT NULL AS is_revoked
         FROM connection_request r JOIN member m ON m.id = r.asked_by "
    };
}

/// A lock's company where there is none yet.
const NO_COMPANY: CompanyId = 0;

#[async_trait::async_trait]
impl Accounts for ThisStore {
    async fn put_sign_in_code(
        &self,
        email: &str,
        code: Digest,
        expires_at: Millis,
        mail: NewMail<'_>,
        now: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO sign_in_code (email, digest, expires_at) VALUES ($1, $2, $3)
             ON CONFLICT (email) DO UPDATE SET digest = excluded.digest, expires_at = excluded.expires_at, tries = 0",
        )
        .bind(email)
        .bind(&code[..])
        .bind(signed(expires_at))
        .execute(&mut *tx)
        .await?;
        put_mail(&mut tx, mail, now).await?;
        Ok(tx.commit().await?)
    }

    async fn sign_in(&self, who: SigningIn<'_>, now: Millis) -> Result<SignIn> {
        let mut tx = self.write().await?;
        super::super::lock(&mut tx, NO_COMPANY, who.email).await?;
        let tries = sqlx::query(
            "UPDATE sign_in_code SET tries = tries + 1 WHERE email = $1 AND expires_at > $2 AND tries < $3
             RETURNING digest",
        )
        .bind(who.email)
        .bind(signed(now))
        .bind(i64::from(MOST_TRIES))
        .fetch_optional(&mut *tx)
        .await?;
        let is_right = match tries {
            Some(row) => row.try_get::<Vec<u8>, _>("digest")? == who.code,
            None => false,
        };
        if !is_right {
            tx.commit().await?;
            return Ok(SignIn::CodeWrong);
        }
        let member = match member_by_email(&mut tx, who.email).await? {
            Some(member) => member,
            None => match join(&mut tx, &who, now).await? {
                Ok(member) => member,
                // Rolled back, the try included: the code stays good.
                Err(refused) => return Ok(refused),
            },
        };
        sqlx::query("DELETE FROM sign_in_code WHERE email = $1")
            .bind(who.email)
            .execute(&mut *tx)
            .await?;
        // Greenhouse may know them by now.
        sqlx::query("UPDATE member SET acting = NULL, language = $2 WHERE id = $1")
            .bind(member.id)
            .bind(who.language)
            .execute(&mut *tx)
            .await?;
        let session = begin_session(&mut tx, &member, &who.session, now).await?;
        tx.commit().await?;
        Ok(SignIn::In(Authenticated { session, member }))
    }

    async fn authenticate(&self, token: Digest, now: Millis) -> Result<Option<Authenticated>> {
        let row = sqlx::query(concat!(
            "SELECT s.id AS session_id, s.last_used_at AS session_used_at, ",
            member_columns!(),
            "FROM session s JOIN member m ON m.id = s.member_id
             WHERE s.token_digest = $1 AND m.removed_at IS NULL AND s.last_used_at > $2"
        ))
        .bind(&token[..])
        .bind(signed(now.saturating_sub(IDLE_SESSION_MS)))
        .fetch_optional(&mut *self.read().await?)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let member = member_of(&row)?;
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
                sqlx::query(update)
                    .bind(id)
                    .bind(signed(now))
                    .execute(&mut *tx)
                    .await?;
            }
            tx.commit().await?;
        }
        Ok(Some(Authenticated { session, member }))
    }

    async fn account(&self, company: CompanyId) -> Result<Option<StoredAccount>> {
        let row = sqlx::query(
            "SELECT company_id, domain, automatic_joining FROM account WHERE company_id = $1",
        )
        .bind(company)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        row.as_ref().map(account_of).transpose()
    }

    async fn accounts(&self) -> Result<Vec<StoredAccount>> {
        let rows = sqlx::query(
            "SELECT company_id, domain, automatic_joining FROM account ORDER BY company_id",
        )
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(account_of).collect()
    }

    async fn members(&self, company: CompanyId) -> Result<Vec<StoredMember>> {
        let rows = sqlx::query(concat!(
            "SELECT ",
            member_columns!(),
            "FROM member m WHERE m.company_id = $1 AND m.removed_at IS NULL ORDER BY m.id"
        ))
        .bind(company)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(member_of).collect()
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
            Ok(member) => member,
            Err(refused) => return Ok(refused),
        };
        // A device has nobody who could answer for it.
        if changed.email.is_none() {
            return Ok(MemberChange::NoSuchMember);
        }
        sqlx::query("UPDATE member SET role = $3 WHERE company_id = $1 AND id = $2")
            .bind(company)
            .bind(member)
            .bind(role_name(role))
            .execute(&mut *tx)
            .await?;
        let action = match role {
            Role::Admin => "made_admin",
            Role::Recruiter => "made_recruiter",
        };
        let subject = member.to_string();
        note(&mut tx, Some(company), who, action, Some(&subject), now).await?;
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
            Ok(member) => member,
            Err(refused) => return Ok(refused),
        };
        sqlx::query("UPDATE member SET removed_at = $3 WHERE company_id = $1 AND id = $2")
            .bind(company)
            .bind(member)
            .bind(signed(now))
            .execute(&mut *tx)
            .await?;
        sqlx::query("DELETE FROM session WHERE company_id = $1 AND member_id = $2")
            .bind(company)
            .bind(member)
            .execute(&mut *tx)
            .await?;
        let subject = member.to_string();
        note(
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

    async fn set_automatic_joining(
        &self,
        company: CompanyId,
        automatic: bool,
        who: &str,
        now: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE account SET automatic_joining = $2 WHERE company_id = $1")
            .bind(company)
            .bind(automatic)
            .execute(&mut *tx)
            .await?;
        let action = if automatic {
            "joining_opened"
        } else {
            "joining_closed"
        };
        note(&mut tx, Some(company), who, action, None, now).await?;
        Ok(tx.commit().await?)
    }

    async fn put_invitation(
        &self,
        company: CompanyId,
        new: NewInvitation<'_>,
        mail: Option<NewMail<'_>>,
        now: Millis,
    ) -> Result<i64> {
        let mut tx = self.write().await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO invitation (company_id, token_digest, email, role, invited_by, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        )
        .bind(company)
        .bind(&new.token[..])
        .bind(new.email)
        .bind(role_name(new.role))
        .bind(new.by)
        .bind(signed(now))
        .bind(signed(new.expires_at))
        .fetch_one(&mut *tx)
        .await?;
        if let Some(mail) = mail {
            put_mail(&mut tx, mail, now).await?;
        }
        let subject = id.to_string();
        note(
            &mut tx,
            Some(company),
            &who(new.by),
            "invited",
            Some(&subject),
            now,
        )
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn invitations(&self, company: CompanyId) -> Result<Vec<StoredInvitation>> {
        let rows = sqlx::query(
            "SELECT i.id, i.email, i.role, m.name AS invited_by, i.created_at, i.expires_at,
                    i.accepted_at IS NOT NULL AS is_accepted,
                    i.revoked_at IS NOT NULL OR m.removed_at IS NOT NULL OR m.role <> 'admin' AS is_revoked
             FROM invitation i JOIN member m ON m.id = i.invited_by
             WHERE i.company_id = $1 ORDER BY i.id DESC",
        )
        .bind(company)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(StoredInvitation {
                    id: row.try_get("id")?,
                    email: row.try_get("email")?,
                    role: role_of(row)?,
                    invited_by: row.try_get("invited_by")?,
                    created_at: unsigned(row.try_get("created_at")?, "invitation")?,
                    expires_at: unsigned(row.try_get("expires_at")?, "invitation")?,
                    is_accepted: row.try_get("is_accepted")?,
                    is_revoked: row.try_get("is_revoked")?,
                })
            })
            .collect()
    }

    async fn revoke_invitation(
        &self,
        company: CompanyId,
        invitation: i64,
        who: &str,
        now: Millis,
    ) -> Result<bool> {
        let sql = "UPDATE invitation SET revoked_at = $3
             WHERE company_id = $1 AND id = $2 AND revoked_at IS NULL AND accepted_at IS NULL";
        revoke(
            self,
            sql,
            company,
            invitation,
            who,
            "invitation_revoked",
            now,
        )
        .await
    }

    async fn put_help(
        &self,
        company: CompanyId,
        new: NewHelp<'_>,
        mail: NewMail<'_>,
        now: Millis,
    ) -> Result<i64> {
        let mut tx = self.write().await?;
        let id: i64 = sqlx::query_scalar(
            "INSERT INTO connection_request (company_id, token_digest, admin_email, asked_by, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
        )
        .bind(company)
        .bind(&new.token[..])
        .bind(new.admin_email)
        .bind(new.by)
        .bind(signed(now))
        .bind(signed(new.expires_at))
        .fetch_one(&mut *tx)
        .await?;
        put_mail(&mut tx, mail, now).await?;
        let subject = id.to_string();
        note(
            &mut tx,
            Some(company),
            &who(new.by),
            "connection_requested",
            Some(&subject),
            now,
        )
        .await?;
        tx.commit().await?;
        Ok(id)
    }

    async fn helps(&self, company: CompanyId) -> Result<Vec<StoredHelp>> {
        let rows = sqlx::query(concat!(
            help_select!(),
            "WHERE r.company_id = $1 ORDER BY r.id DESC"
        ))
        .bind(company)
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter().map(help_of).collect()
    }

    async fn help(&self, token: Digest) -> Result<Option<StoredHelp>> {
        let row = sqlx::query(concat!(help_select!(), "WHERE r.token_digest = $1"))
            .bind(&token[..])
            .fetch_optional(&mut *self.read().await?)
            .await?;
        row.as_ref().map(help_of).transpose()
    }

    async fn open_help(&self, help: i64, now: Millis) -> Result<()> {
        sqlx::query(
            "UPDATE connection_request SET opened_at = $2 WHERE id = $1 AND opened_at IS NULL",
        )
        .bind(help)
        .bind(signed(now))
        .execute(&mut *self.direct().await?)
        .await?;
        Ok(())
    }

    async fn revoke_help(
        &self,
        company: CompanyId,
        help: i64,
        who: &str,
        now: Millis,
    ) -> Result<bool> {
        let sql = "UPDATE connection_request SET revoked_at = $3
             WHERE company_id = $1 AND id = $2 AND revoked_at IS NULL AND done_at IS NULL";
        revoke(
            self,
            sql,
            company,
            help,
            who,
            "connection_request_revoked",
            now,
        )
        .await
    }

    async fn set_acting(
        &self,
        company: CompanyId,
        member: MemberId,
        generation: i64,
        acting: bool,
    ) -> Result<()> {
        sqlx::query("UPDATE member SET acting = $3, acting_generation = $4 WHERE company_id = $1 AND id = $2")
            .bind(company)
            .bind(member)
            .bind(acting)
            .bind(generation)
            .execute(&mut *self.direct().await?)
            .await?;
        Ok(())
    }

    async fn broken_untold(&self) -> Result<Vec<Untold>> {
        let rows = sqlx::query(
            "SELECT c.company_id, a.domain, c.generation, c.problem, m.id AS member_id, m.email, m.language
             FROM connection c
             JOIN account a ON a.company_id = c.company_id
             JOIN member m ON m.company_id = c.company_id AND m.role = 'admin'
                          AND m.removed_at IS NULL AND m.email IS NOT NULL
             WHERE c.problem IS NOT NULL AND NOT EXISTS (
                 SELECT 1 FROM mail x
                 WHERE x.intent = 'broken/' || CAST(c.company_id AS TEXT) || '/' || CAST(c.generation AS TEXT)
                                  || '/' || CAST(m.id AS TEXT))",
        )
        .fetch_all(&mut *self.read().await?)
        .await?;
        rows.iter()
            .map(|row| {
                Ok(Untold {
                    company: row.try_get("company_id")?,
                    domain: row.try_get("domain")?,
                    generation: row.try_get("generation")?,
                    problem: optional_json(row, "problem")?
                        .ok_or(StoreError::Corrupt("problem"))?,
                    admin: row.try_get("member_id")?,
                    email: row.try_get("email")?,
                    language: row.try_get("language")?,
                })
            })
            .collect()
    }

    async fn last_profile(&self, company: CompanyId) -> Result<Option<String>> {
        let page = sqlx::query_scalar(
            "SELECT profile_url FROM send WHERE company_id = $1 AND profile_url IS NOT NULL
             ORDER BY id DESC LIMIT 1",
        );
        let page = page.bind(company);
        Ok(page.fetch_optional(&mut *self.read().await?).await?)
    }

    async fn put_enrolment(
        &self,
        company: CompanyId,
        token: Digest,
        by: MemberId,
        now: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO enrolment (company_id, token_digest, made_by, made_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (company_id) DO UPDATE SET token_digest = excluded.token_digest,
                 made_by = excluded.made_by, made_at = excluded.made_at",
        )
        .bind(company)
        .bind(&token[..])
        .bind(by)
        .bind(signed(now))
        .execute(&mut *tx)
        .await?;
        note(
            &mut tx,
            Some(company),
            &who(by),
            "enrolment_made",
            None,
            now,
        )
        .await?;
        Ok(tx.commit().await?)
    }

    async fn enrolment(&self, company: CompanyId) -> Result<Option<(Millis, String)>> {
        let row = sqlx::query(
            "SELECT e.made_at, m.name FROM enrolment e JOIN member m ON m.id = e.made_by WHERE e.company_id = $1",
        )
        .bind(company)
        .fetch_optional(&mut *self.read().await?)
        .await?;
        row.map(|row| {
            Ok((
                unsigned(row.try_get("made_at")?, "enrolment")?,
                row.try_get("name")?,
            ))
        })
        .transpose()
    }

    async fn delete_enrolment(&self, company: CompanyId, who: &str, now: Millis) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM enrolment WHERE company_id = $1")
            .bind(company)
            .execute(&mut *tx)
            .await?;
        note(&mut tx, Some(company), who, "enrolment_revoked", None, now).await?;
        Ok(tx.commit().await?)
    }

    async fn enrol(
        &self,
        token: Digest,
        session: NewSession<'_>,
        now: Millis,
    ) -> Result<Option<Authenticated>> {
        let mut tx = self.write().await?;
        let company: Option<CompanyId> =
            sqlx::query_scalar("SELECT company_id FROM enrolment WHERE token_digest = $1")
                .bind(&token[..])
                .fetch_optional(&mut *tx)
                .await?;
        let Some(company) = company else {
            return Ok(None);
        };
        let new = NewMember {
            email: None,
            name: session.device,
            role: Role::Recruiter,
        };
        let member = add_member(&mut tx, company, new, "enrolled", now).await?;
        let session = begin_session(&mut tx, &member, &session, now).await?;
        tx.commit().await?;
        Ok(Some(Authenticated { session, member }))
    }

    async fn rename_member(&self, company: CompanyId, member: MemberId, name: &str) -> Result<()> {
        sqlx::query("UPDATE member SET name = $3 WHERE company_id = $1 AND id = $2")
            .bind(company)
            .bind(member)
            .bind(name)
            .execute(&mut *self.direct().await?)
            .await?;
        Ok(())
    }

    async fn sessions(&self, company: CompanyId, member: MemberId) -> Result<Vec<StoredSession>> {
        let rows = sqlx::query(
            "SELECT id, device, created_at, last_used_at FROM session
             WHERE company_id = $1 AND member_id = $2 ORDER BY last_used_at DESC, id DESC",
        )
        .bind(company)
        .bind(member)
        .fetch_all(&mut *self.read().await?)
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
            sqlx::query("DELETE FROM session WHERE company_id = $1 AND member_id = $2 AND id = $3")
                .bind(company)
                .bind(member)
                .bind(session)
                .execute(&mut *tx)
                .await?
                .rows_affected()
                == 1;
        if ended {
            note(
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

    async fn living_sessions(&self, company: CompanyId, now: Millis) -> Result<HashSet<SessionId>> {
        let ids: Vec<SessionId> = sqlx::query_scalar(
            "SELECT s.id FROM session s JOIN member m ON m.id = s.member_id
             WHERE s.company_id = $1 AND m.removed_at IS NULL AND s.last_used_at > $2",
        )
        .bind(company)
        .bind(signed(now.saturating_sub(IDLE_SESSION_MS)))
        .fetch_all(&mut *self.read().await?)
        .await?;
        Ok(ids.into_iter().collect())
    }

    async fn put_mail(&self, mail: NewMail<'_>, now: Millis) -> Result<bool> {
        put_mail(&mut *self.direct().await?, mail, now).await
    }

    async fn take_mail(&self, now: Millis) -> Result<Option<TakenMail>> {
        let row = sqlx::query(concat!(
            "UPDATE mail SET taken_at = $1, attempts = attempts + 1
             WHERE id = (SELECT t.id FROM mail t
                         WHERE t.sealed IS NOT NULL AND t.taken_at IS NULL AND t.due_at <= $1 AND t.drop_at > $1
                         ORDER BY t.due_at, t.id LIMIT 1",
            skip_locked_of!("t"),
            ") RETURNING id, company_id, intent, sealed, attempts"
        ))
        .bind(signed(now))
        .fetch_optional(&mut *self.direct().await?)
        .await?;
        row.map(|row| {
            Ok(TakenMail {
                id: row.try_get("id")?,
                company: row.try_get("company_id")?,
                intent: row.try_get("intent")?,
                sealed: row.try_get("sealed")?,
                attempts: small(row.try_get("attempts")?),
            })
        })
        .transpose()
    }

    async fn finish_mail(&self, mail: i64) -> Result<()> {
        sqlx::query("UPDATE mail SET sealed = NULL WHERE id = $1")
            .bind(mail)
            .execute(&mut *self.direct().await?)
            .await?;
        Ok(())
    }

    async fn put_mail_back(&self, mail: i64, due_at: Millis) -> Result<()> {
        sqlx::query("UPDATE mail SET taken_at = NULL, due_at = $2 WHERE id = $1")
            .bind(mail)
            .bind(signed(due_at))
            .execute(&mut *self.direct().await?)
            .await?;
        Ok(())
    }

    async fn next_mail(&self, now: Millis) -> Result<Option<Millis>> {
        let due: Option<i64> = sqlx::query_scalar(
            "SELECT min(due_at) FROM mail
             WHERE sealed IS NOT NULL AND taken_at IS NULL AND drop_at > due_at AND drop_at > $1",
        )
        .bind(signed(now))
        .fetch_one(&mut *self.read().await?)
        .await?;
        due.map(|due| unsigned(due, "mail")).transpose()
    }

    async fn prune_accounts(&self, now: Millis) -> Result<()> {
        let mut tx = self.write().await?;
        for (delete, before) in [
            ("DELETE FROM sign_in_code WHERE expires_at <= $1", now),
            (
                "DELETE FROM session WHERE last_used_at <= $1",
                now.saturating_sub(IDLE_SESSION_MS),
            ),
            (
                "DELETE FROM mail WHERE drop_at <= $1",
                now.saturating_sub(INTENT_KEPT_MS),
            ),
            // Nobody sends it any more.
            (
                "UPDATE mail SET sealed = NULL WHERE drop_at <= $1 AND sealed IS NOT NULL",
                now,
            ),
        ] {
            sqlx::query(delete)
                .bind(signed(before))
                .execute(&mut *tx)
                .await?;
        }
        Ok(tx.commit().await?)
    }
}

/// The member, where the company keeps an admin without them; whoever else changes one waits.
async fn changeable(
    db: &mut Connection,
    company: CompanyId,
    member: MemberId,
    stays_admin: bool,
) -> Result<Result<StoredMember, MemberChange>> {
    super::super::lock_company(db, company).await?;
    let row = sqlx::query(concat!(
        "SELECT ",
        member_columns!(),
        "FROM member m WHERE m.company_id = $1 AND m.id = $2 AND m.removed_at IS NULL"
    ))
    .bind(company)
    .bind(member)
    .fetch_optional(&mut *db)
    .await?;
    let Some(row) = row else {
        return Ok(Err(MemberChange::NoSuchMember));
    };
    let found = member_of(&row)?;
    let others: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM member m
         WHERE m.company_id = $1 AND m.id <> $2 AND m.role = 'admin' AND m.removed_at IS NULL",
    )
    .bind(company)
    .bind(member)
    .fetch_one(db)
    .await?;
    if found.role == Role::Admin && !stays_admin && others == 0 {
        return Ok(Err(MemberChange::LastAdmin));
    }
    Ok(Ok(found))
}

/// Makes a verified address a member, or says why not.
async fn join(
    db: &mut Connection,
    who: &SigningIn<'_>,
    now: Millis,
) -> Result<Result<StoredMember, SignIn>> {
    if let Some(token) = who.invitation {
        let row = sqlx::query(
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
            return Ok(Err(SignIn::InvitationInvalid));
        };
        let role = role_of(&row)?;
        return add_member(
            db,
            row.try_get("company_id")?,
            NewMember::verified(who, role),
            "joined",
            now,
        )
        .await
        .map(Ok);
    }
    let Some(domain) = who.work_domain else {
        return Ok(Err(SignIn::InvitationNeeded));
    };
    // The first two of a company that sign in at once do not both make it.
    super::super::lock(db, NO_COMPANY, domain).await?;
    let account = sqlx::query(
        "SELECT a.company_id, a.automatic_joining, EXISTS (SELECT 1 FROM member m
                WHERE m.company_id = a.company_id AND m.email = $2) AS was_there
         FROM account a WHERE a.domain = $1",
    )
    .bind(domain)
    .bind(who.email)
    .fetch_optional(&mut *db)
    .await?;
    let Some(account) = account else {
        let company = found(db, domain, now).await?;
        return add_member(
            db,
            company,
            NewMember::verified(who, Role::Admin),
            "company_founded",
            now,
        )
        .await
        .map(Ok);
    };
    let open: bool = account.try_get("automatic_joining")?;
    if !open || account.try_get("was_there")? {
        return Ok(Err(SignIn::InvitationNeeded));
    }
    let company = account.try_get("company_id")?;
    add_member(
        db,
        company,
        NewMember::verified(who, Role::Recruiter),
        "joined",
        now,
    )
    .await
    .map(Ok)
}

async fn found(db: &mut Connection, domain: &str, now: Millis) -> Result<CompanyId> {
    super::super::lock(db, NO_COMPANY, "the next company").await?;
    let company: CompanyId = sqlx::query_scalar(
        "INSERT INTO company (id, created_at) SELECT coalesce(max(id), 1) + 1, $1 FROM company RETURNING id",
    )
    .bind(signed(now))
    .fetch_one(&mut *db)
    .await?;
    sqlx::query(
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

struct NewMember<'a> {
    email: Option<&'a str>,
    name: &'a str,
    role: Role,
}

impl<'a> NewMember<'a> {
    fn verified(who: &SigningIn<'a>, role: Role) -> Self {
        Self {
            email: Some(who.email),
            name: who.name,
            role,
        }
    }
}

/// Who sent, where it is a person with an address; what is known of them under the key of `generation`.
pub async fn sender(
    db: &mut Connection,
    member: MemberId,
    generation: i64,
) -> Result<Option<Sender>> {
    let row = sqlx::query(
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

async fn add_member(
    db: &mut Connection,
    company: CompanyId,
    new: NewMember<'_>,
    action: &str,
    now: Millis,
) -> Result<StoredMember> {
    let row = sqlx::query(
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
    note(db, Some(company), &who(member.id), action, None, now).await?;
    Ok(member)
}

async fn begin_session(
    db: &mut Connection,
    member: &StoredMember,
    new: &NewSession<'_>,
    now: Millis,
) -> Result<SessionId> {
    let session = sqlx::query_scalar(
        "INSERT INTO session (company_id, member_id, token_digest, device, created_at, last_used_at)
         VALUES ($1, $2, $3, $4, $5, $5) RETURNING id",
    )
    .bind(member.company)
    .bind(member.id)
    .bind(&new.token[..])
    .bind(new.device)
    .bind(signed(now))
    .fetch_one(&mut *db)
    .await?;
    note(
        db,
        Some(member.company),
        &who(member.id),
        "signed_in",
        None,
        now,
    )
    .await?;
    Ok(session)
}

async fn member_by_email(db: &mut Connection, email: &str) -> Result<Option<StoredMember>> {
    let row = sqlx::query(concat!(
        "SELECT ",
        member_columns!(),
        "FROM member m WHERE m.email = $1 AND m.removed_at IS NULL"
    ))
    .bind(email)
    .fetch_optional(db)
    .await?;
    row.as_ref().map(member_of).transpose()
}

async fn put_mail(db: &mut Connection, mail: NewMail<'_>, now: Millis) -> Result<bool> {
    let done = sqlx::query(
        "INSERT INTO mail (company_id, intent, sealed, queued_at, drop_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $4) ON CONFLICT (intent) DO NOTHING",
    )
    .bind(mail.company)
    .bind(mail.intent)
    .bind(mail.sealed)
    .bind(signed(now))
    .bind(signed(mail.drop_at))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Uses a one-time link up; false where it counts no longer. Who asked must still be a member, and may
/// not replace a connection that works unless they are an admin.
pub async fn use_help(db: &mut Connection, help: &StoredHelp, now: Millis) -> Result<bool> {
    let done = sqlx::query(
        "UPDATE connection_request SET done_at = $2
         WHERE id = $1 AND done_at IS NULL AND revoked_at IS NULL AND expires_at > $2
           AND EXISTS (SELECT 1 FROM member m
                       WHERE m.id = connection_request.asked_by AND m.removed_at IS NULL
                         AND (m.role = 'admin' OR NOT EXISTS (
                                 SELECT 1 FROM connection c
                                 WHERE c.company_id = connection_request.company_id AND c.problem IS NULL)))",
    )
    .bind(help.id)
    .bind(signed(now))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

fn help_of(row: &Row) -> Result<StoredHelp> {
    Ok(StoredHelp {
        id: row.try_get("id")?,
        company: row.try_get("company_id")?,
        admin_email: row.try_get("admin_email")?,
        asked_by: row.try_get("asked_by")?,
        by_admin: row.try_get("by_admin")?,
        created_at: unsigned(row.try_get("created_at")?, "connection_request")?,
        expires_at: unsigned(row.try_get("expires_at")?, "connection_request")?,
        is_opened: row.try_get("is_opened")?,
        is_done: row.try_get("is_done")?,
        is_revoked: row.try_get("is_revoked")?,
    })
}

fn account_of(row: &Row) -> Result<StoredAccount> {
    Ok(StoredAccount {
        company: row.try_get("company_id")?,
        domain: row.try_get("domain")?,
        automatic_joining: row.try_get("automatic_joining")?,
    })
}

fn member_of(row: &Row) -> Result<StoredMember> {
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

fn role_of(row: &Row) -> Result<Role> {
    match row.try_get("role")? {
        "admin" => Ok(Role::Admin),
        "recruiter" => Ok(Role::Recruiter),
        _ => Err(StoreError::Corrupt("role")),
    }
}

fn role_name(role: Role) -> &'static str {
    match role {
        Role::Admin => "admin",
        Role::Recruiter => "recruiter",
    }
}

/// Takes back what `sql` names, where it still counts, and adds it to the audit.
async fn revoke(
    store: &ThisStore,
    sql: &'static str,
    company: CompanyId,
    id: i64,
    who: &str,
    action: &str,
    now: Millis,
) -> Result<bool> {
    let mut tx = store.write().await?;
    let changed = sqlx::query(sql)
        .bind(company)
        .bind(id)
        .bind(signed(now))
        .execute(&mut *tx)
        .await?;
    let revoked = changed.rows_affected() == 1;
    if revoked {
        let subject = id.to_string();
        note(&mut tx, Some(company), who, action, Some(&subject), now).await?;
    }
    tx.commit().await?;
    Ok(revoked)
}

//! Every statement, in the SQL that SQLite and PostgreSQL have in common. This file is compiled once
//! for each: `super` names the types and spells what differs (`sqlite.rs`, `postgres.rs`).
//!
//! Rows are locked in one order, so that no two transactions wait for each other: the company's
//! [`super::lock`], `send`, `outbox`, `claim`, `connection`.

mod company_data;

use super::{Connection, Row, ThisStore};
use crate::polling::plan::Pace;
use crate::store::{
    Accepted, Announcement, ApplicationsPage, Audited, CallbackAnswer, CompanyId,
    ConnectionFigures, Decided, Dismissed, Expiry, Found, HookCount, HookEffect, JobSaves,
    LeaseLimits, Leased, LeasedCallback, ListedJob, NewApplication, NewConnection, NewResume,
    NewSend, PollTurn, Polls, Pruned, QueueFigures, ReceivedHook, Reseal, Result, SeenJob, SendId,
    Settlement, Settling, StatusesPut, Store, StoreError, StoredApplication, StoredBoard,
    StoredCallback, StoredConnection, StoredDelivery, StoredDescription, StoredHelp, StoredHook,
    StoredJobs, StoredLink, StoredPush, StoredResume, as_follower,
};
use admin::note;
use atsi_greenhouse::job_board::BoardPost;
use atsi_protocol::{
    ApplicationStatus, ApplicationsSwitch, CandidateStatus, CandidatesPage, ChangedJob,
    ChangesPage, InGreenhouse, JobSave, JobSaveDone, JobSaving, JopwellJob, KnownCandidate, Millis,
    Problem, RowPlan, Send, SendState, StatusRoute, TrackedRow, WaitReason, WriteBackSettings,
};
use hooks::HookBy;
use serde::{Serialize, de::DeserializeOwned};
use sqlx::Row as _;
use std::time::Duration;
use tokio::sync::mpsc;

/// Everything that [`send_of`] reads.
macro_rules! send_columns {
    () => {
        "s.idempotency_key, s.external_id, s.job_id, s.sent_by, s.accepted_at, s.state, s.settled_at, \
         s.candidate_id, s.merged, s.application_id, s.profile_url, s.problem, s.resume, \
         o.dispatched_at, o.lease_until, h.reason AS held, \
         c.company_id IS NULL OR c.problem IS NOT NULL AS broken, c.paused_until, c.pause_reason "
    };
}

/// The tables that a send's state is read from.
macro_rules! send_joins {
    () => {
        " LEFT JOIN outbox o ON o.send_id = s.id LEFT JOIN held h ON h.send_id = s.id \
          LEFT JOIN connection c ON c.company_id = s.company_id "
    };
}

mod accounts;
mod admin;
// Behind the macros that they use.
mod applications;
mod boards;
mod callbacks;
mod changes;
mod hooks;
mod job_saves;
mod jobs;
mod polls;
mod resumes;
mod waiting;
mod write_backs;

#[async_trait::async_trait]
impl Store for ThisStore {
    async fn personal_company(&self, now: Millis) -> Result<CompanyId> {
        const PERSONAL: CompanyId = 1;
        sqlx::query("INSERT INTO company (id, created_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
            .bind(PERSONAL)
            .bind(signed(now))
            .execute(&mut *self.direct().await?)
            .await?;
        Ok(PERSONAL)
    }

    async fn master_key_check(&self, offered: Option<&[u8]>) -> Result<Option<Vec<u8>>> {
        let mut tx = self.write().await?;
        if let Some(offered) = offered {
            sqlx::query(
                "INSERT INTO master_key_check (id, sealed) VALUES (1, $1) ON CONFLICT DO NOTHING",
            )
            .bind(offered)
            .execute(&mut *tx)
            .await?;
        }
        let sealed = sqlx::query_scalar("SELECT sealed FROM master_key_check")
            .fetch_optional(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(sealed)
    }

    async fn connection(&self, company: CompanyId) -> Result<Option<StoredConnection>> {
        connection(&mut *self.read().await?, company).await
    }

    async fn put_connection(
        &self,
        company: CompanyId,
        new: NewConnection,
        who: &str,
        now: Millis,
    ) -> Result<StoredConnection> {
        let mut tx = self.write().await?;
        let stored = put_connection(&mut tx, company, new, who, now).await?;
        tx.commit().await?;
        Ok(stored)
    }

    async fn put_connection_by_help(
        &self,
        help: &StoredHelp,
        new: NewConnection,
        now: Millis,
    ) -> Result<Option<StoredConnection>> {
        let mut tx = self.write().await?;
        if !accounts::use_help(&mut tx, help, now).await? {
            return Ok(None);
        }
        let who = format!("link {}", help.id);
        let stored = put_connection(&mut tx, help.company, new, &who, now).await?;
        tx.commit().await?;
        Ok(Some(stored))
    }

    async fn delete_connection(
        &self,
        company: CompanyId,
        problem: &Problem,
        who: &str,
        now: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        super::lock_company(&mut tx, company).await?;
        note(&mut tx, Some(company), who, "disconnected", None, now).await?;
        // First of all, so that nothing more is accepted.
        sqlx::query("DELETE FROM connection WHERE company_id = $1")
            .bind(company)
            .execute(&mut *tx)
            .await?;
        let held: Vec<SendId> =
            sqlx::query_scalar("SELECT send_id FROM held WHERE company_id = $1")
                .bind(company)
                .fetch_all(&mut *tx)
                .await?;
        let waiting: Vec<SendId> = sqlx::query_scalar(concat!(
            "SELECT o.send_id FROM outbox o WHERE o.company_id = $1 AND o.dispatched_at IS NULL",
            for_update_of!("o")
        ))
        .bind(company)
        .fetch_all(&mut *tx)
        .await?;
        for send in held.into_iter().chain(waiting) {
            refuse(&mut tx, company, send, problem, now).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn break_connection(
        &self,
        company: CompanyId,
        generation: i64,
        problem: &Problem,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        break_connection(&mut tx, company, generation, problem).await?;
        Ok(tx.commit().await?)
    }

    async fn pause(
        &self,
        company: CompanyId,
        generation: i64,
        reason: WaitReason,
        until: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        pause(&mut tx, company, generation, reason, until).await?;
        Ok(tx.commit().await?)
    }

    async fn accept(&self, company: CompanyId, new: NewSend, now: Millis) -> Result<Accepted> {
        self.take_in(company, new, now).await
    }

    async fn accept_application(
        &self,
        company: CompanyId,
        new: NewApplication,
        now: Millis,
    ) -> Result<Accepted> {
        let mut tx = self.write().await?;
        let accepted = applications::accept(&mut tx, company, new, now).await;
        if is_kept(&accepted) {
            tx.commit().await?;
        }
        accepted
    }

    async fn applications(
        &self,
        company: CompanyId,
        page: ApplicationsPage<'_>,
        now: Millis,
    ) -> Result<Vec<StoredApplication>> {
        let page = applications::Listed::Page(page);
        applications::list(&mut *self.read().await?, company, page, now).await
    }

    async fn application(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        now: Millis,
    ) -> Result<Option<StoredApplication>> {
        let key = applications::Listed::Key(idempotency_key);
        let mut found = applications::list(&mut *self.read().await?, company, key, now).await?;
        Ok(found.pop())
    }

    async fn dismiss_application(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        who: &str,
        now: Millis,
    ) -> Result<Dismissed> {
        let mut tx = self.write().await?;
        let dismissed = applications::dismiss(&mut tx, company, idempotency_key, who, now).await?;
        tx.commit().await?;
        Ok(dismissed)
    }

    async fn push(&self, public_id: &str, now: Millis) -> Result<Option<StoredPush>> {
        let by = applications::PushBy::PublicId(public_id);
        applications::push(&mut *self.read().await?, by, now).await
    }

    async fn push_of(&self, company: CompanyId, now: Millis) -> Result<Option<StoredPush>> {
        let by = applications::PushBy::Company(company);
        applications::push(&mut *self.read().await?, by, now).await
    }

    async fn put_push_secret(
        &self,
        company: CompanyId,
        public_id: &str,
        sealed: &[u8],
        previous_until: Millis,
        who: &str,
        now: Millis,
    ) -> Result<StoredPush> {
        let mut tx = self.write().await?;
        let push = applications::put_push_secret(
            &mut tx,
            company,
            public_id,
            sealed,
            previous_until,
            who,
            now,
        )
        .await?;
        tx.commit().await?;
        push.ok_or(StoreError::Corrupt("push"))
    }

    async fn count_push(&self, company: CompanyId, outcome: &str, now: Millis) -> Result<()> {
        applications::count_push(&mut *self.direct().await?, company, outcome, now).await
    }

    async fn push_counts(&self, company: CompanyId) -> Result<Vec<atsi_protocol::HookCount>> {
        applications::push_counts(&mut *self.read().await?, company).await
    }

    async fn put_resume(&self, company: CompanyId, new: &NewResume, now: Millis) -> Result<()> {
        resumes::put(&mut *self.direct().await?, company, new, now).await
    }

    async fn offer_resume(
        &self,
        send: SendId,
        token_digest: &[u8],
        expires_at: Millis,
    ) -> Result<Option<String>> {
        resumes::offer(self, send, token_digest, expires_at).await
    }

    async fn drop_resume(&self, send: SendId) -> Result<()> {
        resumes::drop_unoffered(self, send).await
    }

    async fn resume_by_token(
        &self,
        token_digest: &[u8],
        now: Millis,
    ) -> Result<Option<StoredResume>> {
        resumes::by_token(&mut *self.read().await?, token_digest, now).await
    }

    async fn resume_fetched(&self, id: &str) -> Result<()> {
        resumes::fetched(self, id).await
    }

    async fn send(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        now: Millis,
    ) -> Result<Option<Send>> {
        let mut reader = self.read().await?;
        Ok(send_by_key(&mut reader, company, idempotency_key, now)
            .await?
            .map(|(_, send)| send))
    }

    async fn keep_master_key(&self, name: &str) -> Result<()> {
        self.keep_key(name).await
    }

    async fn appear(&self, owner: &str) -> Result<()> {
        self.show(owner).await
    }

    async fn end_leases_of_the_dead(&self, now: Millis) -> Result<u64> {
        self.bury(now).await
    }

    async fn lease(
        &self,
        owner: &str,
        limits: LeaseLimits,
        now: Millis,
        duration: Duration,
    ) -> Result<Vec<Leased>> {
        let mut tx = self.write().await?;
        let until = now.saturating_add(duration.as_millis().try_into().unwrap_or(Millis::MAX));
        let companies = sqlx::query(concat!(
            "SELECT c.company_id, c.failures,
                    (SELECT count(*) FROM outbox l WHERE l.company_id = c.company_id AND l.lease_until > $1) AS in_flight
             FROM connection c
             WHERE c.problem IS NULL AND c.paused_until <= $1
               AND EXISTS (SELECT 1 FROM outbox o
                           WHERE o.company_id = c.company_id AND o.dispatched_at IS NULL AND o.lease_until <= $1)
             ORDER BY in_flight, random() LIMIT $2",
            skip_locked_of!("c")
        ))
        .bind(signed(now))
        .bind(i64::from(limits.total))
        .fetch_all(&mut *tx)
        .await?;
        let mut leased = Vec::new();
        for row in companies {
            let company: CompanyId = row.try_get("company_id")?;
            let in_flight = small(row.try_get("in_flight")?);
            // After a failure one send goes ahead and finds out whether Greenhouse is back.
            let failing = row.try_get::<i64, _>("failures")? > 0;
            let most = if failing { 1 } else { limits.per_company };
            let room = most
                .saturating_sub(in_flight)
                .min(limits.total.saturating_sub(count(&leased)));
            if room == 0 {
                continue;
            }
            let Some(connection) = connection(&mut tx, company).await? else {
                continue;
            };
            let rows = sqlx::query(concat!(
                "UPDATE outbox SET attempt = attempt + 1, lease_owner = $2, lease_until = $3
                 WHERE send_id IN (SELECT o.send_id FROM outbox o
                                   WHERE o.company_id = $1 AND o.dispatched_at IS NULL AND o.lease_until <= $4
                                   ORDER BY o.queued_at, o.send_id LIMIT $5",
                skip_locked_of!("o"),
                ")
                 RETURNING send_id, attempt, sealed_profile,
                     (SELECT s.idempotency_key FROM send s WHERE s.id = outbox.send_id) AS idempotency_key,
                     (SELECT s.external_id FROM send s WHERE s.id = outbox.send_id) AS external_id,
                     (SELECT s.job_id FROM send s WHERE s.id = outbox.send_id) AS job_id,
                     (SELECT s.kind FROM send s WHERE s.id = outbox.send_id) AS kind,
                     (SELECT s.resume FROM send s WHERE s.id = outbox.send_id) AS resume,
                     (SELECT s.member_id FROM send s WHERE s.id = outbox.send_id) AS member_id"
            ))
            .bind(company)
            .bind(owner)
            .bind(signed(until))
            .bind(signed(now))
            .bind(i64::from(room))
            .fetch_all(&mut *tx)
            .await?;
            for row in rows {
                let sender = match row.try_get("member_id")? {
                    Some(member) => {
                        accounts::sender(&mut tx, member, connection.generation).await?
                    }
                    None => None,
                };
                leased.push(Leased {
                    sender,
                    send: row.try_get("send_id")?,
                    company,
                    attempt: row.try_get("attempt")?,
                    idempotency_key: row.try_get("idempotency_key")?,
                    external_id: row.try_get("external_id")?,
                    job_id: optional_unsigned(&row, "job_id")?,
                    is_application: row.try_get::<&str, _>("kind")? == "application",
                    has_resume: matches!(row.try_get("resume")?, Some("attached" | "offered")),
                    sealed_profile: row.try_get("sealed_profile")?,
                    connection: connection.clone(),
                });
            }
        }
        tx.commit().await?;
        Ok(leased)
    }

    async fn dispatch(&self, leased: &Leased, now: Millis) -> Result<bool> {
        let done = sqlx::query(
            "UPDATE outbox SET dispatched_at = $3, first_dispatched_at = coalesce(first_dispatched_at, $3)
             WHERE send_id = $1 AND attempt = $2 AND dispatched_at IS NULL AND lease_until > $3
               AND EXISTS (SELECT 1 FROM connection c
                           WHERE c.company_id = outbox.company_id AND c.generation = $4
                             AND c.problem IS NULL AND c.paused_until <= $3)",
        )
        .bind(leased.send)
        .bind(leased.attempt)
        .bind(signed(now))
        .bind(leased.connection.generation)
        .execute(&mut *self.direct().await?)
        .await?;
        Ok(done.rows_affected() == 1)
    }

    async fn settle(&self, leased: &Leased, settlement: Settlement, now: Millis) -> Result<bool> {
        let mut tx = self.write().await?;
        // What changes a send's state says so in the change log, under this lock: even what goes back to wait
        // may have been given up for lost meanwhile.
        super::lock_company(&mut tx, leased.company).await?;
        let dispatched: Option<bool> = sqlx::query_scalar(concat!(
            "SELECT o.dispatched_at IS NOT NULL FROM outbox o WHERE o.send_id = $1 AND o.attempt = $2",
            for_update_of!("o")
        ))
        .bind(leased.send)
        .bind(leased.attempt)
        .fetch_optional(&mut *tx)
        .await?;
        match (dispatched, &settlement) {
            (None, _)
            | (Some(true), Settlement::HandedBack)
            // A person said *send again* meanwhile, and is not to be asked the same once more.
            | (Some(false), Settlement::Uncertain) => return Ok(false),
            (Some(_), _) => {}
        }
        let (company, generation) = (leased.company, leased.connection.generation);
        match settlement {
            Settlement::Created(there) => {
                in_greenhouse(&mut tx, company, leased.send, &there, now).await?;
                recovered(&mut tx, company, generation).await?;
            }
            Settlement::Refused(problem) => {
                refuse(&mut tx, company, leased.send, &problem, now).await?;
                recovered(&mut tx, company, generation).await?;
            }
            Settlement::Held(reason, problem) => {
                applications::refused(&mut tx, company, leased.send, reason, &problem, now).await?;
                recovered(&mut tx, company, generation).await?;
            }
            Settlement::Uncertain => uncertain(&mut tx, leased.send, now).await?,
            Settlement::Pause { reason, until } => {
                back_to_the_outbox(&mut tx, leased.send).await?;
                pause(&mut tx, company, generation, reason, until).await?;
                sqlx::query(
                    "UPDATE connection SET failures = $3 WHERE company_id = $1 AND generation = $2 AND failures < $3",
                )
                .bind(company)
                .bind(generation)
                .bind(i64::from(leased.connection.failures.saturating_add(1)))
                .execute(&mut *tx)
                .await?;
            }
            Settlement::ConnectionBroken(problem) => {
                back_to_the_outbox(&mut tx, leased.send).await?;
                break_connection(&mut tx, company, generation, &problem).await?;
            }
            Settlement::HandedBack => back_to_the_outbox(&mut tx, leased.send).await?,
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn give_up_lost(&self, now: Millis) -> Result<u64> {
        const LOST: &str = "SELECT DISTINCT o.company_id FROM outbox o JOIN send s ON s.id = o.send_id
                            WHERE o.dispatched_at IS NOT NULL AND o.lease_until <= $1 AND s.state = 'waiting'";
        const LOCKED: &str = concat!(
            "SELECT o.send_id FROM outbox o JOIN send s ON s.id = o.send_id
             WHERE o.company_id = $2 AND o.dispatched_at IS NOT NULL AND o.lease_until <= $1
               AND s.state = 'waiting'",
            skip_locked_of!("o")
        );
        let mut reader = self.read().await?;
        let companies: Vec<CompanyId> = sqlx::query_scalar(LOST)
            .bind(signed(now))
            .fetch_all(&mut *reader)
            .await?;
        drop(reader);
        let mut given_up = 0;
        // Never two companies' locks in one transaction.
        for company in companies {
            let mut tx = self.write().await?;
            super::lock_company(&mut tx, company).await?;
            let lost: Vec<SendId> = sqlx::query_scalar(LOCKED)
                .bind(signed(now))
                .bind(company)
                .fetch_all(&mut *tx)
                .await?;
            for &send in &lost {
                uncertain(&mut tx, send, now).await?;
            }
            tx.commit().await?;
            given_up += lost.len() as u64;
        }
        Ok(given_up)
    }

    async fn hand_back(&self, owner: &str) -> Result<()> {
        sqlx::query(
            "UPDATE outbox SET lease_until = 0, lease_owner = NULL WHERE lease_owner = $1 AND dispatched_at IS NULL",
        )
        .bind(owner)
        .execute(&mut *self.direct().await?)
        .await?;
        Ok(())
    }

    async fn next_due(&self, now: Millis) -> Result<Option<Millis>> {
        let next: Option<i64> = sqlx::query_scalar(
            "SELECT min(due) FROM (
                 SELECT c.paused_until AS due FROM connection c
                 WHERE c.problem IS NULL AND c.paused_until > $1
                   AND EXISTS (SELECT 1 FROM outbox o WHERE o.company_id = c.company_id AND o.dispatched_at IS NULL)
                 UNION ALL
                 SELECT o.lease_until FROM outbox o WHERE o.lease_until > $1) due_times",
        )
        .bind(signed(now))
        .fetch_one(&mut *self.read().await?)
        .await?;
        next.map(|due| unsigned(due, "due")).transpose()
    }

    async fn decide(
        &self,
        company: CompanyId,
        idempotency_key: &str,
        settling: Settling,
        who: &str,
        now: Millis,
    ) -> Result<Decided> {
        let mut tx = self.write().await?;
        super::lock_company(&mut tx, company).await?;
        sqlx::query(concat!(
            "SELECT o.send_id FROM idempotency i JOIN outbox o ON o.send_id = i.send_id
             WHERE i.company_id = $1 AND i.idempotency_key = $2",
            for_update_of!("o")
        ))
        .bind(company)
        .bind(idempotency_key)
        .fetch_optional(&mut *tx)
        .await?;
        let Some((send_id, send)) = send_by_key(&mut tx, company, idempotency_key, now).await?
        else {
            return Ok(Decided::NoSuchSend);
        };
        let is_held = applications::is_open(&mut tx, send_id).await?;
        if !is_held && !matches!(send.state, SendState::Uncertain { .. }) {
            return Ok(Decided::NotUncertain);
        }
        let action = match &settling {
            Settling::ItIsThere(_) => "decided_it_is_there",
            Settling::SendAgain => "decided_send_again",
        };
        // Rolled back with the rest where the decision cannot be taken.
        note(
            &mut tx,
            Some(company),
            who,
            action,
            Some(idempotency_key),
            now,
        )
        .await?;
        match settling {
            Settling::ItIsThere(there) => {
                let another: Option<SendId> = sqlx::query_scalar(
                    "SELECT id FROM send WHERE company_id = $1 AND candidate_id = $2 AND external_id <> $3",
                )
                .bind(company)
                .bind(signed(there.candidate_id))
                .bind(&send.external_id)
                .fetch_optional(&mut *tx)
                .await?;
                if another.is_some() {
                    return Ok(Decided::CandidateOfAnother);
                }
                in_greenhouse(&mut tx, company, send_id, &there, now).await?;
            }
            Settling::SendAgain if is_held => {
                applications::send_anyway(&mut tx, company, send_id, now).await?;
            }
            Settling::SendAgain => {
                back_to_the_outbox(&mut tx, send_id).await?;
                sqlx::query("UPDATE outbox SET queued_at = $2 WHERE send_id = $1")
                    .bind(send_id)
                    .bind(signed(now))
                    .execute(&mut *tx)
                    .await?;
            }
        }
        let (_, send) = send_by_key(&mut tx, company, idempotency_key, now)
            .await?
            .ok_or(StoreError::Corrupt("idempotency"))?;
        tx.commit().await?;
        Ok(Decided::Done(Box::new(send)))
    }

    async fn look_up(
        &self,
        company: CompanyId,
        candidate_ids: &[u64],
        external_ids: &[String],
        now: Millis,
    ) -> Result<Vec<Found>> {
        let mut reader = self.read().await?;
        // An id beyond 63 bits was never stored, and SQLite's JSON functions would round it.
        let candidate_ids: Vec<u64> = candidate_ids
            .iter()
            .copied()
            .filter(|&id| i64::try_from(id).is_ok())
            .collect();
        let external_ids = storable(external_ids);
        let rows = sqlx::query(concat!(
            "WITH wanted AS (
                 SELECT (SELECT id FROM send WHERE company_id = $1 AND candidate_id = w.value
                         ORDER BY id DESC LIMIT 1) AS id
                 FROM ",
            json_numbers!("$2"),
            " w
                 UNION
                 SELECT (SELECT id FROM send WHERE company_id = $1 AND external_id = w.value
                           AND NOT EXISTS (SELECT 1 FROM held h WHERE h.send_id = send.id)
                         ORDER BY state = 'refused', id DESC LIMIT 1)
                 FROM ",
            json_texts!("$3"),
            " w)
             SELECT ",
            send_columns!(),
            ", t.readable, t.read_at, t.route
             FROM wanted JOIN send s ON s.id = wanted.id
             LEFT JOIN status t ON t.company_id = s.company_id AND t.candidate_id = s.candidate_id",
            send_joins!(),
            "ORDER BY s.id"
        ))
        .bind(company)
        .bind(to_json(&candidate_ids)?)
        .bind(to_json(&external_ids)?)
        .fetch_all(&mut *reader)
        .await?;
        found(&mut reader, company, &rows, now).await
    }

    async fn candidates(
        &self,
        company: CompanyId,
        after: Option<u64>,
        limit: u32,
        now: Millis,
    ) -> Result<CandidatesPage> {
        let mut reader = self.read().await?;
        let rows = sqlx::query(concat!(
            "SELECT s.id, ",
            send_columns!(),
            ", t.readable, t.read_at, t.route
             FROM send s
             LEFT JOIN status t ON t.company_id = s.company_id AND t.candidate_id = s.candidate_id",
            send_joins!(),
            "WHERE s.company_id = $1 AND s.id < $2 AND s.external_id <> ''
               AND NOT EXISTS (SELECT 1 FROM send other
                               WHERE other.company_id = $1 AND other.external_id = s.external_id
                                 AND other.id <> s.id
                                 AND (CASE WHEN s.state = 'refused' THEN other.state <> 'refused' OR other.id > s.id
                                           ELSE other.state <> 'refused' AND other.id > s.id END))
             ORDER BY s.id DESC LIMIT $3"
        ))
        .bind(company)
        .bind(after.map_or(i64::MAX, signed))
        .bind(i64::from(limit))
        .fetch_all(&mut *reader)
        .await?;
        let last = rows.last().filter(|_| rows.len() >= limit as usize);
        let next = last
            .map(|row| unsigned(row.try_get("id")?, "id"))
            .transpose()?;
        let found = found(&mut reader, company, &rows, now).await?;
        Ok(CandidatesPage {
            candidates: found.into_iter().map(|found| found.candidate).collect(),
            next,
        })
    }

    async fn put_statuses(
        &self,
        company: CompanyId,
        asked: &[u64],
        read: &[(u64, CandidateStatus)],
        route: StatusRoute,
        pace: Pace,
        now: Millis,
    ) -> Result<StatusesPut> {
        let mut tx = self.write().await?;
        super::lock_company(&mut tx, company).await?;
        // Disconnected, or erased, while the read was on its way: nothing comes back by it.
        if connection(&mut tx, company).await?.is_none() {
            return Ok(StatusesPut::default());
        }
        let before = polls::standing(&mut tx, company, asked).await?;
        for candidate_id in asked {
            let id = signed(*candidate_id);
            // Deleted or merged while the read was on its way: it says nothing of who is left.
            if hooks::is_gone(&mut tx, company, id).await?
                || hooks::current(&mut tx, company, id).await? != id
            {
                continue;
            }
            let status = read.iter().find(|(id, _)| id == candidate_id);
            let (readable, read_at) = status.map_or((false, now), |(_, status)| {
                (status.readable, status.read_at)
            });
            sqlx::query(
                "INSERT INTO status (company_id, candidate_id, readable, read_at, route)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (company_id, candidate_id) DO UPDATE SET
                     readable = excluded.readable, read_at = excluded.read_at, route = excluded.route
                 WHERE excluded.read_at >= status.read_at",
            )
            .bind(company)
            .bind(id)
            .bind(readable)
            .bind(signed(read_at))
            .bind(route.as_str())
            .execute(&mut *tx)
            .await?;
            if let Some((_, status)) = status {
                hooks::put_read(&mut tx, company, *candidate_id, status).await?;
            }
        }
        let changed = polls::reschedule(&mut tx, company, asked, &before, pace, now).await?;
        tx.commit().await?;
        Ok(StatusesPut { changed })
    }

    async fn connected(&self, now: Millis) -> Result<Vec<CompanyId>> {
        Ok(sqlx::query_scalar(
            "SELECT company_id FROM connection WHERE problem IS NULL AND paused_until <= $1 ORDER BY company_id",
        )
        .bind(signed(now))
        .fetch_all(&mut *self.read().await?)
        .await?)
    }

    async fn hook_heard_at(&self, company: CompanyId) -> Result<Option<Millis>> {
        polls::heard_at(&mut *self.read().await?, company).await
    }

    async fn polls(&self, company: CompanyId, external_ids: &[String]) -> Result<Polls> {
        polls::polls(&mut *self.read().await?, company, external_ids).await
    }

    async fn claim_polls(
        &self,
        company: CompanyId,
        candidates: &[u64],
        latest: Millis,
        turn: PollTurn,
        now: Millis,
    ) -> Result<Result<Vec<u64>, Millis>> {
        let mut tx = self.write().await?;
        let claimed = polls::claim(&mut tx, company, candidates, latest, turn, now).await?;
        tx.commit().await?;
        Ok(claimed)
    }

    async fn changes(
        &self,
        company: CompanyId,
        after: Option<u64>,
        limit: u32,
        now: Millis,
    ) -> Result<ChangesPage> {
        changes::after(&mut *self.read().await?, company, after, limit, now).await
    }

    async fn jobs(&self, company: CompanyId) -> Result<StoredJobs> {
        jobs::all(&mut *self.read().await?, company).await
    }

    async fn changed_jobs(&self, company: CompanyId, ids: &[u64]) -> Result<Vec<ChangedJob>> {
        jobs::changed(&mut *self.read().await?, company, ids).await
    }

    async fn job_board(&self, company: CompanyId) -> Result<Option<StoredBoard>> {
        boards::find(&mut *self.read().await?, company).await
    }

    async fn put_job_board(
        &self,
        company: CompanyId,
        token: &str,
        who: &str,
        now: Millis,
    ) -> Result<StoredBoard> {
        boards::put(self, company, token, who, now).await
    }

    async fn delete_job_board(&self, company: CompanyId, who: &str, now: Millis) -> Result<()> {
        boards::delete(self, company, who, now).await
    }

    async fn due_boards(&self, now: Millis) -> Result<Vec<CompanyId>> {
        boards::due(&mut *self.read().await?, now).await
    }

    async fn claim_board(
        &self,
        company: CompanyId,
        now: Millis,
        next_at: Millis,
    ) -> Result<Option<StoredBoard>> {
        boards::claim(self, company, now, next_at).await
    }

    async fn put_board(
        &self,
        company: CompanyId,
        token: &str,
        read: Option<(&[BoardPost], Option<&str>)>,
        at: Millis,
        next_at: Millis,
    ) -> Result<()> {
        boards::take(self, company, token, read, at, next_at).await
    }

    async fn fail_board(
        &self,
        company: CompanyId,
        token: &str,
        problem: &str,
        next_at: Millis,
    ) -> Result<()> {
        boards::fail(self, company, token, problem, next_at).await
    }

    async fn put_jobs(
        &self,
        company: CompanyId,
        generation: i64,
        listed: &[ListedJob],
        read_at: Millis,
        now: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        let changed = jobs::put_list(&mut tx, company, generation, listed, read_at).await?;
        for job in changed {
            applications::job_changed(&mut tx, company, signed(job), now).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn job_links(&self, company: CompanyId) -> Result<Vec<StoredLink>> {
        jobs::links(&mut *self.read().await?, company, None).await
    }

    async fn link_job(
        &self,
        company: CompanyId,
        job: &JopwellJob,
        job_id: u64,
        applications: Option<ApplicationsSwitch>,
        who: &str,
        now: Millis,
    ) -> Result<Option<StoredLink>> {
        let mut tx = self.write().await?;
        let mut link = jobs::link(&mut tx, company, job, job_id, applications, who, now).await?;
        if link.is_some() {
            applications::link_changed(&mut tx, company, &job.id, now).await?;
            link = jobs::links(&mut tx, company, Some(&job.id)).await?.pop();
        }
        tx.commit().await?;
        Ok(link)
    }

    async fn unlink_job(
        &self,
        company: CompanyId,
        jopwell_id: &str,
        who: &str,
        now: Millis,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        let was_linked = jobs::unlink(&mut tx, company, jopwell_id, who, now).await?;
        applications::link_changed(&mut tx, company, jopwell_id, now).await?;
        tx.commit().await?;
        Ok(was_linked)
    }

    async fn see_job_page(
        &self,
        company: CompanyId,
        job: &JopwellJob,
        page: &SeenJob<'_>,
        now: Millis,
    ) -> Result<JobSaves> {
        let mut tx = self.write().await?;
        let saves = jobs::see_page(&mut tx, company, job, page, now).await?;
        tx.commit().await?;
        Ok(saves)
    }

    async fn job_saving(&self, company: CompanyId) -> Result<JobSaving> {
        job_saves::settings(&mut *self.read().await?, company).await
    }

    async fn put_job_saving(
        &self,
        company: CompanyId,
        chosen: JobSaving,
        who: &str,
        now: Millis,
    ) -> Result<()> {
        job_saves::put_settings(self, company, chosen, who, now).await
    }

    async fn finish_job_save(
        &self,
        company: CompanyId,
        id: u64,
        done: &JobSaveDone,
        who: &str,
        now: Millis,
    ) -> Result<bool> {
        job_saves::finish(self, company, id, done, who, now).await
    }

    async fn undo_job_save(
        &self,
        company: CompanyId,
        id: u64,
        now: Millis,
    ) -> Result<Option<JobSave>> {
        job_saves::undo(self, company, id, now).await
    }

    async fn job_description(
        &self,
        company: CompanyId,
        jopwell_id: &str,
    ) -> Result<Option<StoredDescription>> {
        jobs::description(&mut *self.read().await?, company, jopwell_id).await
    }

    async fn pass_over_description(
        &self,
        company: CompanyId,
        jopwell_id: &str,
        changed_at: Millis,
        who: &str,
        now: Millis,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        let is_done = jobs::take(&mut tx, company, jopwell_id, changed_at, now).await?;
        if is_done {
            job_saves::disagree(&mut tx, company, jopwell_id).await?;
            let action = "description_passed_over";
            admin::note(&mut tx, Some(company), who, action, Some(jopwell_id), now).await?;
        }
        tx.commit().await?;
        Ok(is_done)
    }

    async fn callback(&self, company: CompanyId, now: Millis) -> Result<Option<StoredCallback>> {
        callbacks::find(&mut *self.read().await?, company, now).await
    }

    async fn put_callback(
        &self,
        company: CompanyId,
        url: &str,
        sealed_secret: &[u8],
        who: &str,
        now: Millis,
    ) -> Result<bool> {
        callbacks::put(self, company, url, sealed_secret, who, now).await
    }

    async fn add_callback_secret(
        &self,
        company: CompanyId,
        sealed: &[u8],
        others_until: Millis,
        who: &str,
        now: Millis,
    ) -> Result<bool> {
        callbacks::add_secret(self, company, sealed, others_until, who, now).await
    }

    async fn delete_callback(&self, company: CompanyId, who: &str, now: Millis) -> Result<()> {
        callbacks::delete(self, company, who, now).await
    }

    async fn gather_callbacks(&self, now: Millis) -> Result<()> {
        callbacks::gather(self, now).await
    }

    async fn lease_callbacks(
        &self,
        each: u32,
        room: u32,
        now: Millis,
        duration: Duration,
    ) -> Result<Vec<LeasedCallback>> {
        callbacks::lease(self, each, room, now, duration).await
    }

    async fn settle_callback(
        &self,
        leased: &LeasedCallback,
        answer: &CallbackAnswer,
        again_at: Millis,
        paused_until: Millis,
        now: Millis,
    ) -> Result<()> {
        callbacks::settle(self, leased, answer, again_at, paused_until, now).await
    }

    async fn next_callback(&self, now: Millis) -> Result<Option<Millis>> {
        callbacks::next(&mut *self.read().await?, now).await
    }

    async fn callback_deliveries(
        &self,
        company: CompanyId,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredDelivery>> {
        callbacks::deliveries(&mut *self.read().await?, company, before, limit).await
    }

    async fn redeliver_callback(
        &self,
        company: CompanyId,
        delivery: i64,
        now: Millis,
    ) -> Result<bool> {
        callbacks::redeliver(self, company, delivery, now).await
    }

    async fn write_back_settings(&self, company: CompanyId) -> Result<WriteBackSettings> {
        write_backs::settings(&mut *self.read().await?, company).await
    }

    async fn put_write_back_settings(
        &self,
        company: CompanyId,
        settings: &WriteBackSettings,
        who: &str,
        now: Millis,
    ) -> Result<()> {
        write_backs::put_settings(self, company, settings, who, now).await
    }

    async fn plan_write_backs(
        &self,
        company: CompanyId,
        rows: &[TrackedRow],
        now: Millis,
    ) -> Result<Vec<RowPlan>> {
        write_backs::plan(self, company, rows, now).await
    }

    async fn finish_write_back(
        &self,
        company: CompanyId,
        id: u64,
        is_set: bool,
        now: Millis,
    ) -> Result<bool> {
        write_backs::finish(self, company, id, is_set, now).await
    }

    async fn hook(&self, public_id: &str, now: Millis) -> Result<Option<StoredHook>> {
        self.find_hook(HookBy::PublicId(public_id), now).await
    }

    async fn hook_of(&self, company: CompanyId, now: Millis) -> Result<Option<StoredHook>> {
        self.find_hook(HookBy::Company(company), now).await
    }

    async fn add_hook_secret(
        &self,
        company: CompanyId,
        public_id: &str,
        sealed: &[u8],
        others_until: Millis,
        who: &str,
        now: Millis,
    ) -> Result<StoredHook> {
        self.put_hook_secret(company, public_id, sealed, others_until, who, now)
            .await
    }

    async fn receive_hook(
        &self,
        company: CompanyId,
        received: &ReceivedHook,
        now: Millis,
    ) -> Result<HookEffect> {
        self.apply_hook(company, received, now).await
    }

    async fn count_refused_hook(
        &self,
        company: CompanyId,
        reason: &str,
        now: Millis,
    ) -> Result<()> {
        self.count_refusal(company, reason, now).await
    }

    async fn hook_counts(&self, company: CompanyId) -> Result<Vec<HookCount>> {
        self.counts(company).await
    }

    async fn take_turn(
        &self,
        company: CompanyId,
        interval: Duration,
        burst: u32,
    ) -> Result<Option<Duration>> {
        self.next_turn(company, interval, burst).await
    }

    async fn announce(&self, announcement: Announcement) -> Result<()> {
        self.notify(announcement).await
    }

    async fn listen(&self) -> Result<Option<mpsc::Receiver<Announcement>>> {
        self.hear().await
    }

    async fn prune(&self, before: Expiry) -> Result<Pruned> {
        admin::prune(self, before).await
    }

    async fn reseal(&self, reseal: Reseal<'_>, now: Millis) -> Result<u64> {
        admin::reseal(self, reseal, now).await
    }

    async fn audit(&self, company: CompanyId, after: u64, limit: u32) -> Result<Vec<Audited>> {
        admin::audit(&mut *self.read().await?, company, after, limit).await
    }

    async fn export(
        &self,
        company: CompanyId,
        who: &str,
        now: Millis,
    ) -> Result<serde_json::Map<String, serde_json::Value>> {
        company_data::export(self, company, who, now).await
    }

    async fn erase(&self, company: CompanyId, who: &str, now: Millis) -> Result<u64> {
        company_data::erase(self, company, who, now).await
    }

    async fn queue_figures(&self) -> Result<QueueFigures> {
        let row = sqlx::query(
            "SELECT count(*) FILTER (WHERE s.state = 'waiting') AS waiting,
                    count(*) FILTER (WHERE s.state = 'uncertain') AS uncertain,
                    min(o.queued_at) FILTER (WHERE s.state = 'waiting') AS oldest
             FROM outbox o JOIN send s ON s.id = o.send_id",
        )
        .fetch_one(&mut *self.read().await?)
        .await?;
        Ok(QueueFigures {
            waiting: unsigned(row.try_get("waiting")?, "waiting")?,
            uncertain: unsigned(row.try_get("uncertain")?, "uncertain")?,
            oldest: optional_unsigned(&row, "oldest")?,
        })
    }

    async fn connection_figures(&self, now: Millis) -> Result<ConnectionFigures> {
        let row = sqlx::query(
            "SELECT count(*) FILTER (WHERE problem IS NULL AND paused_until <= $1) AS active,
                    count(*) FILTER (WHERE problem IS NULL AND paused_until > $1) AS paused,
                    count(*) FILTER (WHERE problem IS NOT NULL) AS broken
             FROM connection",
        )
        .bind(signed(now))
        .fetch_one(&mut *self.read().await?)
        .await?;
        Ok(ConnectionFigures {
            active: unsigned(row.try_get("active")?, "active")?,
            paused: unsigned(row.try_get("paused")?, "paused")?,
            broken: unsigned(row.try_get("broken")?, "broken")?,
        })
    }

    async fn check_writable(&self) -> Result<()> {
        let mut tx = self.write().await?;
        // A statement that really writes, and is taken back.
        sqlx::query("UPDATE company SET created_at = created_at")
            .execute(&mut *tx)
            .await?;
        Ok(tx.rollback().await?)
    }

    async fn close(&self) {
        self.shut().await;
    }
}

/// Whether what was written on the way to this answer is to stay.
pub(super) const fn is_kept(accepted: &Result<Accepted>) -> bool {
    matches!(accepted, Ok(Accepted::New(_) | Accepted::Follows(_)))
}

/// [`Store::accept`] within a transaction.
pub(super) async fn accept(
    db: &mut Connection,
    company: CompanyId,
    new: &NewSend,
    now: Millis,
) -> Result<Accepted> {
    // Another request with this key, and another for this person, wait here for their turn.
    super::lock(&mut *db, company, &new.idempotency_key).await?;
    super::lock(&mut *db, company, &new.external_id).await?;
    if let Some(answer) = replay(&mut *db, company, new, now).await? {
        return Ok(answer);
    }
    if !is_connected(&mut *db, company).await? {
        return Ok(Accepted::NotConnected);
    }
    let job_id = new.job_id.map(signed);
    let holder: Option<SendId> = sqlx::query_scalar(
        // Who applied to any job need not become a prospect on none.
        "SELECT c.send_id FROM claim c JOIN send s ON s.id = c.send_id
         WHERE c.company_id = $1 AND c.external_id = $2
           AND (c.job_id = $3 OR $3 = 0 AND s.kind = 'application')
         ORDER BY c.job_id <> $3, c.send_id LIMIT 1",
    )
    .bind(company)
    .bind(&new.external_id)
    .bind(job_id.unwrap_or(0))
    .fetch_optional(&mut *db)
    .await?;
    let send_id = match holder {
        Some(holder) => holder,
        None => {
            let send_id: SendId = sqlx::query_scalar(
                "INSERT INTO send (company_id, idempotency_key, external_id, job_id, sent_by, accepted_at, state, member_id)
                 VALUES ($1, $2, $3, $4, $5, $6, 'waiting', $7) RETURNING id",
            )
            .bind(company)
            .bind(&new.idempotency_key)
            .bind(&new.external_id)
            .bind(job_id)
            .bind(&new.sent_by)
            .bind(signed(now))
            .bind(new.member)
            .fetch_one(&mut *db)
            .await?;
            sqlx::query("INSERT INTO claim (company_id, external_id, job_id, send_id) VALUES ($1, $2, $3, $4)")
                .bind(company)
                .bind(&new.external_id)
                .bind(job_id.unwrap_or(0))
                .bind(send_id)
                .execute(&mut *db)
                .await?;
            sqlx::query(
                "INSERT INTO outbox (send_id, company_id, sealed_profile, queued_at) VALUES ($1, $2, $3, $4)",
            )
            .bind(send_id)
            .bind(company)
            .bind(&new.sealed_profile)
            .bind(signed(now))
            .execute(&mut *db)
            .await?;
            send_id
        }
    };
    remember(&mut *db, company, new, send_id, now).await?;
    if let (None, Some(id)) = (holder, &new.resume)
        && !resumes::attach(&mut *db, company, id, send_id, now).await?
    {
        return Ok(Accepted::NoSuchResume);
    }
    let (_, send) = send_by_key(&mut *db, company, &new.idempotency_key, now)
        .await?
        .ok_or(StoreError::Corrupt("idempotency"))?;
    Ok(if holder.is_some() {
        Accepted::Follows(send)
    } else {
        Accepted::New(send)
    })
}

/// The answer to a request that came before, where it did.
async fn replay(
    tx: &mut Connection,
    company: CompanyId,
    new: &NewSend,
    now: Millis,
) -> Result<Option<Accepted>> {
    let earlier: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT request_fingerprint FROM idempotency WHERE company_id = $1 AND idempotency_key = $2",
    )
    .bind(company)
    .bind(&new.idempotency_key)
    .fetch_optional(&mut *tx)
    .await?;
    let Some(earlier) = earlier else {
        return Ok(None);
    };
    if earlier != new.request_fingerprint {
        return Ok(Some(Accepted::KeyReused));
    }
    let send = send_by_key(tx, company, &new.idempotency_key, now).await?;
    let (_, send) = send.ok_or(StoreError::Corrupt("idempotency"))?;
    Ok(Some(Accepted::Replayed(send)))
}

/// Whether there is a connection, which nobody takes away before the transaction ends.
async fn is_connected(tx: &mut Connection, company: CompanyId) -> Result<bool> {
    let connected: Option<CompanyId> = sqlx::query_scalar(concat!(
        "SELECT company_id FROM connection WHERE company_id = $1",
        for_key_share!()
    ))
    .bind(company)
    .fetch_optional(tx)
    .await?;
    Ok(connected.is_some())
}

/// Notes which send answers this request from now on.
async fn remember(
    tx: &mut Connection,
    company: CompanyId,
    new: &NewSend,
    send: SendId,
    now: Millis,
) -> Result<()> {
    sqlx::query(
        "INSERT INTO idempotency (company_id, idempotency_key, request_fingerprint, send_id, accepted_at)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(company)
    .bind(&new.idempotency_key)
    .bind(&new.request_fingerprint)
    .bind(send)
    .bind(signed(now))
    .execute(tx)
    .await?;
    Ok(())
}

async fn put_connection(
    db: &mut Connection,
    company: CompanyId,
    new: NewConnection,
    who: &str,
    now: Millis,
) -> Result<StoredConnection> {
    let action = match connection(db, company).await? {
        None => "connected",
        Some(_) => "connection_replaced",
    };
    note(db, Some(company), who, action, None, now).await?;
    // A generation is never used twice, not even after the connection was taken away.
    sqlx::query(
        "INSERT INTO connection
             (company_id, generation, sealed_key, masked_key, service_user, account_name, connected_at, connected_by)
         VALUES ($1, $2, $3, $4, $5, $6, $2, $7)
         ON CONFLICT (company_id) DO UPDATE SET
             generation = CASE WHEN connection.generation < excluded.generation THEN excluded.generation ELSE connection.generation + 1 END,
             sealed_key = excluded.sealed_key, masked_key = excluded.masked_key,
             service_user = excluded.service_user, account_name = excluded.account_name,
             connected_at = excluded.connected_at, connected_by = excluded.connected_by,
             problem = NULL, paused_until = 0, pause_reason = NULL, failures = 0",
    )
    .bind(company)
    .bind(signed(now))
    .bind(new.sealed_key)
    .bind(new.masked_key)
    .bind(new.service_user)
    .bind(new.account_name)
    .bind(new.connected_by)
    .execute(&mut *db)
    .await?;
    let stored = connection(db, company).await?;
    stored.ok_or(StoreError::Corrupt("connection"))
}

async fn connection(db: &mut Connection, company: CompanyId) -> Result<Option<StoredConnection>> {
    let row = sqlx::query(
        "SELECT generation, sealed_key, masked_key, service_user, account_name, connected_at, connected_by, problem,
                paused_until, failures
         FROM connection WHERE company_id = $1",
    )
    .bind(company)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(StoredConnection {
        generation: row.try_get("generation")?,
        sealed_key: row.try_get("sealed_key")?,
        masked_key: row.try_get("masked_key")?,
        service_user: row.try_get("service_user")?,
        account_name: row.try_get("account_name")?,
        connected_at: unsigned(row.try_get("connected_at")?, "connected_at")?,
        connected_by: row.try_get("connected_by")?,
        problem: optional_json(&row, "problem")?,
        paused_until: unsigned(row.try_get("paused_until")?, "paused_until")?,
        failures: small(row.try_get("failures")?),
    }))
}

async fn break_connection(
    db: &mut Connection,
    company: CompanyId,
    generation: i64,
    problem: &Problem,
) -> Result<()> {
    sqlx::query("UPDATE connection SET problem = $3 WHERE company_id = $1 AND generation = $2")
        .bind(company)
        .bind(generation)
        .bind(to_json(problem)?)
        .execute(db)
        .await?;
    Ok(())
}

async fn pause(
    db: &mut Connection,
    company: CompanyId,
    generation: i64,
    reason: WaitReason,
    until: Millis,
) -> Result<()> {
    sqlx::query(
        "UPDATE connection SET paused_until = $3, pause_reason = $4
         WHERE company_id = $1 AND generation = $2 AND paused_until < $3",
    )
    .bind(company)
    .bind(generation)
    .bind(signed(until))
    .bind(to_json(&reason)?)
    .execute(db)
    .await?;
    Ok(())
}

/// Greenhouse answered clearly: the next failure is the first of its row again.
async fn recovered(db: &mut Connection, company: CompanyId, generation: i64) -> Result<()> {
    sqlx::query(
        "UPDATE connection SET failures = 0 WHERE company_id = $1 AND generation = $2 AND failures <> 0",
    )
    .bind(company)
    .bind(generation)
    .execute(db)
    .await?;
    Ok(())
}

/// Greenhouse may have merged or deleted the candidate before we knew whose it is.
async fn in_greenhouse(
    db: &mut Connection,
    company: CompanyId,
    send: SendId,
    there: &InGreenhouse,
    now: Millis,
) -> Result<()> {
    let candidate = signed(there.candidate_id);
    let current = hooks::current(db, company, candidate).await?;
    let profile_url = if current == candidate {
        there.profile_url.clone()
    } else {
        hooks::moved(&there.profile_url, current, there.application_id)
    };
    sqlx::query(
        "UPDATE send SET state = 'created', settled_at = $2, candidate_id = $3, application_id = $4, profile_url = $5,
             merged = $6
         WHERE id = $1",
    )
    .bind(send)
    .bind(signed(now))
    .bind(current)
    .bind(there.application_id.map(signed))
    .bind(profile_url)
    .bind(current != candidate)
    .execute(&mut *db)
    .await?;
    applications::leave_held(db, send).await?;
    leave_outbox(db, send).await?;
    applications::person_changed(db, company, send, now).await?;
    if hooks::is_gone(db, company, current).await? {
        return hooks::erase_sends(db, company, current, now).await;
    }
    polls::came(db, company, current, now).await
}

/// Nothing was created, so the claim is free for the next send.
async fn refuse(
    db: &mut Connection,
    company: CompanyId,
    send: SendId,
    problem: &Problem,
    now: Millis,
) -> Result<()> {
    sqlx::query("UPDATE send SET state = 'refused', settled_at = $2, problem = $3 WHERE id = $1")
        .bind(send)
        .bind(signed(now))
        .bind(to_json(problem)?)
        .execute(&mut *db)
        .await?;
    for delete in [
        "DELETE FROM claim WHERE send_id = $1",
        "DELETE FROM application_claim WHERE send_id = $1",
        "DELETE FROM resume WHERE send_id = $1",
    ] {
        sqlx::query(delete).bind(send).execute(&mut *db).await?;
    }
    applications::leave_held(db, send).await?;
    leave_outbox(db, send).await?;
    applications::person_changed(db, company, send, now).await
}

async fn leave_outbox(db: &mut Connection, send: SendId) -> Result<()> {
    sqlx::query("DELETE FROM outbox WHERE send_id = $1")
        .bind(send)
        .execute(db)
        .await?;
    Ok(())
}

/// The row stays, profile included, for the case that a person says *send again*.
async fn uncertain(db: &mut Connection, send: SendId, now: Millis) -> Result<()> {
    sqlx::query("UPDATE send SET state = 'uncertain', settled_at = $2 WHERE id = $1")
        .bind(send)
        .bind(signed(now))
        .execute(&mut *db)
        .await?;
    sqlx::query("UPDATE outbox SET lease_until = 0, lease_owner = NULL WHERE send_id = $1")
        .bind(send)
        .execute(db)
        .await?;
    Ok(())
}

async fn back_to_the_outbox(db: &mut Connection, send: SendId) -> Result<()> {
    resumes::keep(db, send).await?;
    sqlx::query("UPDATE send SET state = 'waiting', settled_at = NULL WHERE id = $1")
        .bind(send)
        .execute(&mut *db)
        .await?;
    sqlx::query(
        "UPDATE outbox SET dispatched_at = NULL, lease_until = 0, lease_owner = NULL WHERE send_id = $1",
    )
    .bind(send)
    .execute(db)
    .await?;
    Ok(())
}

/// The candidates that rows with [`send_columns`], `readable` and `read_at` stand for, in their order.
async fn found(
    db: &mut Connection,
    company: CompanyId,
    rows: &[Row],
    now: Millis,
) -> Result<Vec<Found>> {
    let in_greenhouse: Vec<i64> = rows
        .iter()
        .filter_map(|row| row.try_get("candidate_id").transpose())
        .collect::<Result<_, _>>()?;
    let applications = hooks::applications_of(db, company, &in_greenhouse).await?;
    let people: Vec<&str> = (rows.iter())
        .map(|row| row.try_get("external_id"))
        .collect::<Result<_, _>>()?;
    let waiting = waiting::of(db, company, &people).await?;
    let on_jopwell = write_backs::on_jopwell(db, company, &people).await?;
    let rules = match on_jopwell.is_empty() {
        true => WriteBackSettings::default(),
        false => write_backs::settings(db, company).await?,
    };
    rows.iter()
        .map(|row| {
            let send = send_of(row, now)?;
            let candidate_id = match &send.state {
                SendState::Created(there) | SendState::Existing(there) => Some(there.candidate_id),
                _ => None,
            };
            let status = status_of(row, candidate_id.and_then(|id| applications.get(&id)))?;
            let mut waiting = waiting.get(&send.external_id).cloned().unwrap_or_default();
            let row = on_jopwell.get(&send.external_id);
            waiting.extend(row.and_then(|row| row.waits(&rules, status.as_ref())));
            Ok(Found {
                candidate: KnownCandidate {
                    on_jopwell: row.map(|row| row.shown.clone()),
                    waiting,
                    external_id: send.external_id,
                    idempotency_key: send.idempotency_key,
                    sent_at: send.accepted_at,
                    sent_by: send.sent_by,
                    send: send.state,
                    status,
                },
                candidate_id,
            })
        })
        .collect()
}

/// The send that answers a key, as the owner of the key sees it.
async fn send_by_key(
    db: &mut Connection,
    company: CompanyId,
    idempotency_key: &str,
    now: Millis,
) -> Result<Option<(SendId, Send)>> {
    let row = sqlx::query(concat!(
        "SELECT s.id, ",
        send_columns!(),
        "FROM idempotency i JOIN send s ON s.id = i.send_id",
        send_joins!(),
        "WHERE i.company_id = $1 AND i.idempotency_key = $2"
    ))
    .bind(company)
    .bind(idempotency_key)
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let mut send = send_of(&row, now)?;
    if send.idempotency_key != idempotency_key {
        idempotency_key.clone_into(&mut send.idempotency_key);
        send.state = as_follower(send.state);
    }
    Ok(Some((row.try_get("id")?, send)))
}

fn send_of(row: &Row, now: Millis) -> Result<Send> {
    let settled_at = optional_unsigned(row, "settled_at")?;
    let state = match row.try_get("state")? {
        "waiting" => waiting_of(row, now)?,
        "created" => SendState::Created(in_greenhouse_of(row)?),
        "existing" => SendState::Existing(in_greenhouse_of(row)?),
        "refused" => SendState::Refused {
            problem: optional_json(row, "problem")?.ok_or(StoreError::Corrupt("problem"))?,
        },
        "uncertain" => SendState::Uncertain {
            since: settled_at.ok_or(StoreError::Corrupt("settled_at"))?,
        },
        _ => return Err(StoreError::Corrupt("state")),
    };
    Ok(Send {
        idempotency_key: row.try_get("idempotency_key")?,
        external_id: row.try_get("external_id")?,
        job_id: optional_unsigned(row, "job_id")?,
        accepted_at: unsigned(row.try_get("accepted_at")?, "accepted_at")?,
        sent_by: row.try_get("sent_by")?,
        resume: (row.try_get::<Option<&str>, _>("resume")?)
            .map(applications::resume_of)
            .transpose()?,
        state,
    })
}

fn in_greenhouse_of(row: &Row) -> Result<InGreenhouse> {
    Ok(InGreenhouse {
        candidate_id: unsigned(row.try_get("candidate_id")?, "candidate_id")?,
        application_id: optional_unsigned(row, "application_id")?,
        profile_url: row.try_get("profile_url")?,
    })
}

fn waiting_of(row: &Row, now: Millis) -> Result<SendState> {
    let leased = optional_unsigned(row, "lease_until")?.is_some_and(|until| until > now);
    let dispatched = optional_unsigned(row, "dispatched_at")?.is_some();
    let paused_until = optional_unsigned(row, "paused_until")?.filter(|&until| until > now);
    let (reason, retry_at) = if row.try_get::<Option<&str>, _>("held")?.is_some() {
        (WaitReason::Held, None)
    } else if leased || dispatched {
        (WaitReason::Sending, None)
    } else if row.try_get("broken")? {
        (WaitReason::ConnectionBroken, None)
    } else if paused_until.is_some() {
        let reason = optional_json(row, "pause_reason")?.unwrap_or(WaitReason::GreenhouseBusy);
        (reason, paused_until)
    } else {
        (WaitReason::Sending, None)
    };
    Ok(SendState::Waiting { reason, retry_at })
}

fn status_of(
    row: &Row,
    applications: Option<&Vec<ApplicationStatus>>,
) -> Result<Option<CandidateStatus>> {
    let Some(read_at) = optional_unsigned(row, "read_at")? else {
        return Ok(None);
    };
    Ok(Some(CandidateStatus {
        read_at,
        route: (row.try_get::<Option<&str>, _>("route")?)
            .and_then(|route| (StatusRoute::ALL.into_iter()).find(|known| known.as_str() == route)),
        readable: row.try_get("readable")?,
        merged: row.try_get("merged")?,
        applications: applications.cloned().unwrap_or_default(),
    }))
}

/// Ids and times fit: Greenhouse's ids are below 2^53, and what comes from outside is checked.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn unsigned(value: i64, column: &'static str) -> Result<u64> {
    u64::try_from(value).map_err(|_| StoreError::Corrupt(column))
}

fn optional_unsigned(row: &Row, column: &'static str) -> Result<Option<u64>> {
    row.try_get::<Option<i64>, _>(column)?
        .map(|value| unsigned(value, column))
        .transpose()
}

fn to_json(value: &impl Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|_| StoreError::Corrupt("a value that is not JSON"))
}

fn optional_json<T: DeserializeOwned>(row: &Row, column: &'static str) -> Result<Option<T>> {
    row.try_get::<Option<&str>, _>(column)?
        .map(|json| serde_json::from_str(json).map_err(|_| StoreError::Corrupt(column)))
        .transpose()
}

/// Those that can have been stored: SQLite's JSON functions would cut others.
fn storable(external_ids: &[String]) -> Vec<&String> {
    external_ids
        .iter()
        .filter(|id| !id.contains(char::is_control))
        .collect()
}

/// A count; what does not fit is as good as the largest.
fn small(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

fn count(leased: &[Leased]) -> u32 {
    u32::try_from(leased.len()).unwrap_or(u32::MAX)
}

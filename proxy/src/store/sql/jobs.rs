//! Jobs and links.

use super::{
    SqlStore,
    locks::lock_company,
    query::{Connection, query, scalar},
    tables::{applications, audit, connections, descriptions, jobs},
    values::signed,
};
use crate::store::{
    CompanyId, JobStore, ListedJob, Result, StoredDescription, StoredJobs, StoredLink,
};
use atsi_protocol::{ApplicationsSwitch, ChangedJob, Job, JobState, JopwellJob, Millis};
use std::collections::{HashMap, HashSet};

#[async_trait::async_trait]
impl JobStore for SqlStore {
    async fn jobs(&self, company: CompanyId) -> Result<StoredJobs> {
        jobs::all(&mut self.read().await?, company).await
    }

    async fn changed_jobs(&self, company: CompanyId, ids: &[u64]) -> Result<Vec<ChangedJob>> {
        jobs::changed(&mut self.read().await?, company, ids).await
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
        let changed = put_list(&mut tx, company, generation, listed, read_at).await?;
        for job in changed {
            applications::reconsider_job(&mut tx, company, signed(job), now).await?;
        }
        Ok(tx.commit().await?)
    }

    async fn job_links(&self, company: CompanyId) -> Result<Vec<StoredLink>> {
        jobs::links(&mut self.read().await?, company, None).await
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
        let mut link = link(&mut tx, company, job, job_id, applications, who, now).await?;
        if link.is_some() {
            applications::reconsider_link(&mut tx, company, &job.id, now).await?;
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
        let was_linked = unlink(&mut tx, company, jopwell_id, who, now).await?;
        applications::reconsider_link(&mut tx, company, jopwell_id, now).await?;
        tx.commit().await?;
        Ok(was_linked)
    }

    async fn job_description(
        &self,
        company: CompanyId,
        jopwell_id: &str,
    ) -> Result<Option<StoredDescription>> {
        descriptions::find(&mut self.read().await?, company, jopwell_id).await
    }

    async fn keep_jopwell_description(
        &self,
        company: CompanyId,
        jopwell_id: &str,
        changed_at: Millis,
        who: &str,
        now: Millis,
    ) -> Result<bool> {
        let mut tx = self.write().await?;
        let is_done =
            descriptions::mark_handled(&mut tx, company, jopwell_id, changed_at, now).await?;
        if is_done {
            descriptions::forget_agreement(&mut tx, company, jopwell_id).await?;
            let action = "description_passed_over";
            audit::record_audit(&mut tx, Some(company), who, action, Some(jopwell_id), now).await?;
        }
        tx.commit().await?;
        Ok(is_done)
    }
}

/// Records Greenhouse's list, read at `read_at` over connection `generation`; returns the jobs that appeared on
/// it or left it.
async fn put_list(
    tx: &mut Connection,
    company: CompanyId,
    generation: i64,
    listed: &[ListedJob],
    read_at: Millis,
) -> Result<Vec<u64>> {
    lock_company(tx, company).await?;
    let mut changed = Vec::new();
    let current = connections::find(tx, company).await?;
    if current.is_none_or(|current| current.generation != generation) {
        return Ok(changed);
    }
    let before: HashMap<u64, Job> = (jobs::all(tx, company).await?.jobs.into_iter())
        .map(|job| (job.id, job))
        .collect();
    for listed in listed {
        let known = before.get(&listed.id);
        // A web hook that arrived since the request is newer.
        if known.is_some_and(|known| known.heard_at > read_at) {
            continue;
        }
        let is_new = known.is_none_or(|known| {
            (known.name.as_str(), known.state, known.public)
                != (listed.name.as_str(), JobState::Open, listed.public)
        });
        if known.is_none_or(|known| known.state != JobState::Open) {
            changed.push(listed.id);
        }
        if is_new {
            query(
                "INSERT INTO greenhouse_job (company_id, job_id, name, state, public, heard_at)
                 VALUES ($1, $2, $3, 'open', $4, $5)
                 ON CONFLICT (company_id, job_id) DO UPDATE SET name = excluded.name,
                     state = excluded.state, public = excluded.public, heard_at = excluded.heard_at",
            )
            .bind(company)
            .bind(signed(listed.id))
            .bind(&listed.name)
            .bind(listed.public)
            .bind(signed(read_at))
            .execute(&mut *tx)
            .await?;
        }
    }
    let listed: HashSet<u64> = listed.iter().map(|job| job.id).collect();
    for job in before.values().filter(|job| {
        job.state == JobState::Open && job.heard_at <= read_at && !listed.contains(&job.id)
    }) {
        jobs::set_state(tx, company, signed(job.id), JobState::NotListed, read_at).await?;
        changed.push(job.id);
    }
    query(
        "INSERT INTO job_list (company_id, read_at) VALUES ($1, $2)
         ON CONFLICT (company_id) DO UPDATE SET read_at = excluded.read_at",
    )
    .bind(company)
    .bind(signed(read_at))
    .execute(tx)
    .await?;
    Ok(changed)
}

/// Links a job, or links it to another one. Returns `None` where the company knows no such job in Greenhouse.
async fn link(
    tx: &mut Connection,
    company: CompanyId,
    job: &JopwellJob,
    job_id: u64,
    applications: Option<ApplicationsSwitch>,
    who: &str,
    now: Millis,
) -> Result<Option<StoredLink>> {
    lock_company(tx, company).await?;
    let known: Option<i64> =
        scalar("SELECT job_id FROM greenhouse_job WHERE company_id = $1 AND job_id = $2")
            .bind(company)
            .bind(signed(job_id))
            .fetch_optional(&mut *tx)
            .await?;
    if known.is_none() {
        return Ok(None);
    }
    jobs::record_jopwell_job(tx, company, job, now).await?;
    let before = jobs::links(tx, company, Some(&job.id)).await?.pop();
    let was = before.and_then(|before| Some((before.job?.id, before.applications)));
    let applications = applications
        .or(was.map(|(_, switch)| switch))
        .unwrap_or_default();
    let mut done = Vec::new();
    if was.is_none_or(|(id, _)| id != job_id) {
        done.push("job_linked");
    }
    if was.map(|(_, switch)| switch).unwrap_or_default() != applications {
        done.push(match applications {
            ApplicationsSwitch::Off => "applications_off",
            ApplicationsSwitch::On => "applications_on",
            ApplicationsSwitch::Paused => "applications_paused",
        });
    }
    for action in done {
        audit::record_audit(tx, Some(company), who, action, Some(&job.id), now).await?;
    }
    // Agreement with another job's text says nothing about this one.
    if was.is_some_and(|(id, _)| id != job_id) {
        descriptions::forget_agreement(tx, company, &job.id).await?;
    }
    query(
        "UPDATE jopwell_job SET linked_at = CASE WHEN job_id = $3 THEN linked_at ELSE $5 END,
             job_id = $3, applications = $4
         WHERE company_id = $1 AND jopwell_id = $2",
    )
    .bind(company)
    .bind(&job.id)
    .bind(signed(job_id))
    .bind(applications.as_str())
    .bind(signed(now))
    .execute(&mut *tx)
    .await?;
    Ok(jobs::links(tx, company, Some(&job.id)).await?.pop())
}

/// Deletes a link; returns false where there was none.
async fn unlink(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
    who: &str,
    now: Millis,
) -> Result<bool> {
    lock_company(tx, company).await?;
    let rows = query(
        "UPDATE jopwell_job SET job_id = NULL, linked_at = NULL, applications = 'off'
         WHERE company_id = $1 AND jopwell_id = $2 AND job_id IS NOT NULL",
    )
    .bind(company)
    .bind(jopwell_id)
    .execute(&mut *tx)
    .await?;
    if rows > 0 {
        descriptions::forget_agreement(tx, company, jopwell_id).await?;
        audit::record_audit(
            tx,
            Some(company),
            who,
            "job_unlinked",
            Some(jopwell_id),
            now,
        )
        .await?;
    }
    Ok(rows > 0)
}

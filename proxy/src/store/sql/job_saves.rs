//! Changes of jobs that are saved on Jopwell: which browser may save one, and what was saved.

use super::{
    SqlStore,
    locks::lock_company,
    query::{Connection, query, scalar},
    tables::{audit, descriptions, job_saves, jobs},
    values::{optional_unsigned, signed, unsigned},
};
use crate::{
    description::{blocks, of_text, plain},
    store::{CompanyId, JobPageContent, JobPagePlan, JobSaveStore, Result},
};
use atsi_protocol::{
    JobSave, JobSaveDone, JobSaveKind, JobSaveProblem, JobSaveState, JobSaved, JobSaving,
    JopwellJob, MAX_DESCRIPTION_CHARS, Millis,
};

#[async_trait::async_trait]
impl JobSaveStore for SqlStore {
    async fn record_job_page(
        &self,
        company: CompanyId,
        job: &JopwellJob,
        page: &JobPageContent<'_>,
        now: Millis,
    ) -> Result<JobPagePlan> {
        let mut tx = self.write().await?;
        let saves = record_page(&mut tx, company, job, page, now).await?;
        tx.commit().await?;
        Ok(saves)
    }

    async fn job_saving(&self, company: CompanyId) -> Result<JobSaving> {
        settings(&mut self.read().await?, company).await
    }

    async fn put_job_saving(
        &self,
        company: CompanyId,
        chosen: JobSaving,
        who: &str,
        now: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        query(
            "INSERT INTO job_saving (company_id, descriptions, closing) VALUES ($1, $2, $3)
             ON CONFLICT (company_id) DO UPDATE SET descriptions = excluded.descriptions, closing = excluded.closing",
        )
        .bind(company)
        .bind(chosen.descriptions)
        .bind(chosen.closing)
        .execute(&mut tx)
        .await?;
        let names = [
            (chosen.descriptions, "descriptions"),
            (chosen.closing, "closing"),
        ];
        let names: Vec<&str> = (names.iter())
            .filter_map(|(is_chosen, name)| is_chosen.then_some(*name))
            .collect();
        let what = "chose what of jobs is saved on Jopwell";
        let names = names.join(", ");
        audit::record_audit(&mut tx, Some(company), who, what, Some(&names), now).await?;
        Ok(tx.commit().await?)
    }

    async fn finish_job_save(
        &self,
        company: CompanyId,
        id: u64,
        done: &JobSaveDone,
        who: &str,
        now: Millis,
    ) -> Result<bool> {
        let Ok(id) = i64::try_from(id) else {
            return Ok(false);
        };
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        let Some((jopwell_id, version, last)) = job_saves::find(&mut tx, company, id).await? else {
            return Ok(false);
        };
        if last.state != "claimed" {
            return Ok(true);
        }
        // A value that cannot be restored exactly is not kept for undoing.
        let before = (done.before.as_ref()).filter(|before| {
            before.chars().count() <= MAX_DESCRIPTION_CHARS && !before.contains('\0')
        });
        query(
            "UPDATE job_save SET state = $3, reason = $4, before_value = $5, at = $6
             WHERE company_id = $1 AND id = $2",
        )
        .bind(company)
        .bind(id)
        .bind(match done.problem {
            None => "written",
            Some(_) => "failed",
        })
        .bind(done.problem.map(JobSaveProblem::as_str))
        .bind(before)
        .bind(signed(now))
        .execute(&mut tx)
        .await?;
        let is_description = last.kind == JobSaveKind::Description;
        match (done.problem, last.undoes) {
            (None, undoes) => {
                if is_description {
                    // Greenhouse's text is dealt with, as after *Keep Jopwell's text*. If another job was
                    // linked meanwhile, the two sides do not agree.
                    query(
                        "UPDATE jopwell_description SET html = $3, taken = $5, taken_at = $6,
                             former = $7, former_until = $6,
                             agreed = CASE WHEN EXISTS (
                                 SELECT 1 FROM jopwell_job j
                                 WHERE j.company_id = $1 AND j.jopwell_id = $2 AND j.linked_at <= $8) THEN $4 END
                         WHERE company_id = $1 AND jopwell_id = $2",
                    )
                    .bind(company)
                    .bind(&jopwell_id)
                    .bind(last.after_html.as_deref().unwrap_or_default())
                    .bind(last.after_html.as_deref().filter(|_| undoes.is_none()))
                    .bind(match undoes {
                        None => &last.after_html,
                        Some(_) => &last.before_html,
                    })
                    .bind(signed(now))
                    .bind(&last.before_html)
                    .bind(signed(last.at))
                    .execute(&mut tx)
                    .await?;
                } else {
                    record_closing(&mut tx, company, &jopwell_id, Some(version)).await?;
                }
                if undoes.is_some() {
                    query("UPDATE job_save SET state = 'undone' WHERE company_id = $1 AND id = $2")
                        .bind(company)
                        .bind(undoes)
                        .execute(&mut tx)
                        .await?;
                }
                let action = match (is_description, undoes) {
                    (true, None) => "description_saved",
                    (true, Some(_)) => "description_put_back",
                    (false, None) => "job_closed",
                    (false, Some(_)) => "job_reopened",
                };
                audit::record_audit(&mut tx, Some(company), who, action, Some(&jopwell_id), now)
                    .await?;
            }
            // A person edited or closed it, and that stays.
            (Some(JobSaveProblem::Changed), None) => match is_description {
                true => descriptions::forget_agreement(&mut tx, company, &jopwell_id).await?,
                false => record_closing(&mut tx, company, &jopwell_id, Some(version)).await?,
            },
            _ => {}
        }
        tx.commit().await?;
        Ok(true)
    }

    async fn undo_job_save(
        &self,
        company: CompanyId,
        id: u64,
        now: Millis,
    ) -> Result<Option<JobSave>> {
        let Ok(id) = i64::try_from(id) else {
            return Ok(None);
        };
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        let Some((jopwell_id, version, last)) = job_saves::find(&mut tx, company, id).await? else {
            return Ok(None);
        };
        let lasts = job_saves::lasts(&mut tx, company, &jopwell_id).await?;
        let is_newest = lasts.of(last.kind).is_some_and(|newest| newest.id == id);
        let Some(to) = last.before_value else {
            return Ok(None);
        };
        if !is_newest || last.state != "written" || lasts.is_claimed(now) {
            return Ok(None);
        }
        let is_description = last.kind == JobSaveKind::Description;
        let html = is_description.then(|| of_text(&to));
        let wanted = Claim {
            kind: last.kind,
            undoes: Some(id),
            version,
            before_html: last.after_html.as_deref(),
            after_html: html.as_deref(),
        };
        let save = JobSave {
            id: claim(&mut tx, company, &jopwell_id, &wanted, now).await?,
            kind: last.kind,
            undoes: true,
            was: last.after_html.as_ref().map(|html| plain(&blocks(html))),
            to: Some(to),
        };
        tx.commit().await?;
        Ok(Some(save))
    }
}

/// Keeps what a linked job's page shows; nothing is kept of other jobs.
async fn record_page(
    tx: &mut Connection,
    company: CompanyId,
    job: &JopwellJob,
    page: &JobPageContent<'_>,
    now: Millis,
) -> Result<JobPagePlan> {
    lock_company(tx, company).await?;
    let link = jobs::links(tx, company, Some(&job.id)).await?.pop();
    if link.is_none_or(|link| link.job.is_none()) {
        return Ok(JobPagePlan::default());
    }
    jobs::record_jopwell_job(tx, company, job, now).await?;
    let is_old = match page.shown {
        Some(shown) => descriptions::record_shown(tx, company, &job.id, shown, now).await?,
        None => false,
    };
    plan(tx, company, &job.id, page, is_old, now).await
}

/// Whether a linked job is closed on both sides.
struct Closing {
    /// When Greenhouse closed it; absent where it is not closed.
    at: Option<Millis>,
    /// The closing in Greenhouse for which Jopwell's job was closed.
    done_for: Option<Millis>,
}

async fn settings(db: &mut Connection, company: CompanyId) -> Result<JobSaving> {
    let row = query("SELECT descriptions, closing FROM job_saving WHERE company_id = $1")
        .bind(company)
        .fetch_optional(db)
        .await?;
    let Some(row) = row else {
        return Ok(JobSaving::default());
    };
    Ok(JobSaving {
        descriptions: row.try_get("descriptions")?,
        closing: row.try_get("closing")?,
    })
}

/// Returns what a browser that shows the job should save, if anything, and what was saved. It runs in the
/// transaction that records the page.
async fn plan(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
    page: &JobPageContent<'_>,
    is_old: bool,
    now: Millis,
) -> Result<JobPagePlan> {
    let lasts = job_saves::lasts(tx, company, jopwell_id).await?;
    let chosen = settings(tx, company).await?;
    let closing = closing_of(tx, company, jopwell_id).await?;
    let description = descriptions::find(tx, company, jopwell_id).await?;
    if page.is_open == Some(false) && closing.at.is_some() {
        record_closing(tx, company, jopwell_id, closing.at).await?;
    }
    let may_save = page.saves && !lasts.is_claimed(now);
    let mut save = None;
    if may_save
        && chosen.descriptions
        && page.shown.is_some()
        && lasts.is_free(JobSaveKind::Description, now)
        && let Some(known) = &description
        && known.live
        && known.is_news()
        && let Some(agreed) = &known.agreed
        && (known.shown.as_ref()).is_some_and(|shown| descriptions::same_text(shown, agreed))
    {
        let to = plain(&blocks(&known.html));
        if !to.is_empty() {
            let id = claim(
                tx,
                company,
                jopwell_id,
                &Claim {
                    kind: JobSaveKind::Description,
                    undoes: None,
                    version: known.changed_at,
                    before_html: Some(agreed),
                    after_html: Some(&known.html),
                },
                now,
            )
            .await?;
            save = Some(JobSave {
                id,
                kind: JobSaveKind::Description,
                undoes: false,
                was: Some(plain(&blocks(agreed))),
                to: Some(to),
            });
        }
    }
    if may_save
        && save.is_none()
        && chosen.closing
        && page.is_open == Some(true)
        && lasts.is_free(JobSaveKind::Closing, now)
        && let Some(version) = closing.at
        && closing.done_for != Some(version)
    {
        let kind = JobSaveKind::Closing;
        let wanted = Claim {
            kind,
            undoes: None,
            version,
            before_html: None,
            after_html: None,
        };
        save = Some(JobSave {
            id: claim(tx, company, jopwell_id, &wanted, now).await?,
            kind,
            undoes: false,
            was: None,
            to: None,
        });
    }
    let mut saved = Vec::new();
    for kind in JobSaveKind::ALL {
        let Some(last) = lasts.of(kind) else { continue };
        let is_failure = last.state == "failed";
        let is_reported = match (kind, last.state.as_str()) {
            (_, "claimed") => false,
            (JobSaveKind::Description, "failed") => {
                description.as_ref().is_some_and(|known| known.is_news())
            }
            (JobSaveKind::Description, "written") => {
                is_old
                    || page.shown.is_none_or(|shown| {
                        last.after_html
                            .as_deref()
                            .is_some_and(|html| descriptions::same_text(html, shown))
                    })
            }
            (JobSaveKind::Closing, "failed") => {
                closing.at.is_some()
                    && page.is_open != Some(false)
                    && last.problem != Some(JobSaveProblem::Changed)
            }
            (JobSaveKind::Closing, "written") => closing.at.is_some(),
            _ => true,
        };
        let undo = lasts
            .undo_of(last)
            .filter(|undo| undo.state != "claimed" || now < undo.at + job_saves::CLAIM_LASTS);
        let at = undo
            .filter(|undo| undo.state == "written")
            .map_or(last.at, |undo| undo.at);
        if !is_reported || now >= at + descriptions::REPORTED_FOR {
            continue;
        }
        saved.push(JobSaved {
            id: unsigned(last.id, "id")?,
            kind,
            state: match last.state.as_str() {
                "written" => JobSaveState::Saved,
                "undone" => JobSaveState::Undone,
                _ => JobSaveState::Failed,
            },
            at,
            problem: match is_failure {
                true => last.problem,
                false => undo.and_then(|undo| undo.problem),
            },
            undoable: last.state == "written"
                && last.before_value.is_some()
                && undo.is_none_or(|undo| undo.state == "failed"),
        });
    }
    Ok(JobPagePlan {
        save,
        saved,
        is_old,
    })
}

struct Claim<'a> {
    kind: JobSaveKind,
    undoes: Option<i64>,
    version: Millis,
    before_html: Option<&'a str>,
    after_html: Option<&'a str>,
}

async fn claim(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
    wanted: &Claim<'_>,
    now: Millis,
) -> Result<u64> {
    let id = scalar(
        "INSERT INTO job_save (company_id, jopwell_id, kind, undoes, version, before_html, after_html, state, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'claimed', $8) RETURNING id",
    )
    .bind(company)
    .bind(jopwell_id)
    .bind(wanted.kind.as_str())
    .bind(wanted.undoes)
    .bind(signed(wanted.version))
    .bind(wanted.before_html)
    .bind(wanted.after_html)
    .bind(signed(now))
    .fetch_one(tx)
    .await?;
    unsigned(id, "id")
}

async fn record_closing(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
    closing: Option<Millis>,
) -> Result<()> {
    query("UPDATE jopwell_job SET closed_for = $3 WHERE company_id = $1 AND jopwell_id = $2")
        .bind(company)
        .bind(jopwell_id)
        .bind(closing.map(signed))
        .execute(tx)
        .await?;
    Ok(())
}

async fn closing_of(tx: &mut Connection, company: CompanyId, jopwell_id: &str) -> Result<Closing> {
    let row = query(
        "SELECT g.state, g.closed_at, j.closed_for FROM jopwell_job j
         JOIN greenhouse_job g ON g.company_id = j.company_id AND g.job_id = j.job_id
         WHERE j.company_id = $1 AND j.jopwell_id = $2",
    )
    .bind(company)
    .bind(jopwell_id)
    .fetch_one(tx)
    .await?;
    let is_closed = matches!(row.try_get("state")?, "closed" | "deleted");
    Ok(Closing {
        // A job that was closed before times were kept counts as one closing.
        at: is_closed.then_some(optional_unsigned(&row, "closed_at")?.unwrap_or(0)),
        done_for: optional_unsigned(&row, "closed_for")?,
    })
}

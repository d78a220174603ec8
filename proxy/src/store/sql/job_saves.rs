//! Jobs on Jopwell that follow Greenhouse by themselves: which browser may save one, and what was saved.

use super::{
    super::{Connection, Row, ThisStore, lock_company},
    admin::note,
    jobs::description,
    optional_unsigned, signed, unsigned,
};
use crate::{
    description::{blocks, have_same_text, of_text, plain},
    store::{CompanyId, JobSaves, Result, SeenJob, StoreError},
};
use atsi_protocol::{
    JobSave, JobSaveDone, JobSaveKind, JobSaveProblem, JobSaveState, JobSaved, JobSaving,
    MAX_DESCRIPTION_CHARS, Millis,
};
use sqlx::Row as _;

/// How long a browser that was told to save a job has it to itself.
const AT_IT: Millis = 30_000;
/// How long a job is left alone after it could not be saved.
const AFTER_FAILURE: Millis = 10 * 60_000;
/// How long a save is told of, and a page that says what stood there before is taken for one that was
/// opened then.
pub const TOLD_FOR: Millis = 24 * 60 * 60_000;

/// What was last saved of a job, of one kind.
#[derive(Debug)]
struct Last {
    id: i64,
    kind: JobSaveKind,
    undoes: Option<i64>,
    before_html: Option<String>,
    after_html: Option<String>,
    before_value: Option<String>,
    state: String,
    problem: Option<JobSaveProblem>,
    at: Millis,
}

/// The last saves of a job: of each kind one, and one that took a save back.
#[derive(Debug)]
struct Lasts(Vec<Last>);

/// How a linked job stands as to being closed.
struct Closing {
    /// When Greenhouse closed it; absent where it did not, or that is not certain.
    at: Option<Millis>,
    /// The closing for which Jopwell's was closed.
    done_for: Option<Millis>,
}

pub async fn settings(db: &mut Connection, company: CompanyId) -> Result<JobSaving> {
    let row = sqlx::query("SELECT descriptions, closing FROM job_saving WHERE company_id = $1")
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

pub async fn put_settings(
    store: &ThisStore,
    company: CompanyId,
    chosen: JobSaving,
    who: &str,
    now: Millis,
) -> Result<()> {
    let mut tx = store.write().await?;
    lock_company(&mut tx, company).await?;
    sqlx::query(
        "INSERT INTO job_saving (company_id, descriptions, closing) VALUES ($1, $2, $3)
         ON CONFLICT (company_id) DO UPDATE SET descriptions = excluded.descriptions, closing = excluded.closing",
    )
    .bind(company)
    .bind(chosen.descriptions)
    .bind(chosen.closing)
    .execute(&mut *tx)
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
    note(&mut tx, Some(company), who, what, Some(&names), now).await?;
    Ok(tx.commit().await?)
}

async fn lasts(db: &mut Connection, company: CompanyId, jopwell_id: &str) -> Result<Lasts> {
    let rows = sqlx::query(
        "SELECT s.id, s.kind, s.undoes, s.before_html, s.after_html, s.before_value, s.state, s.reason, s.at
         FROM job_save s
         WHERE s.company_id = $1 AND s.id IN (
             SELECT max(b.id) FROM job_save b WHERE b.company_id = $1 AND b.jopwell_id = $2
             GROUP BY b.kind, b.undoes IS NULL)",
    )
    .bind(company)
    .bind(jopwell_id)
    .fetch_all(db)
    .await?;
    Ok(Lasts(rows.iter().map(last_of).collect::<Result<_>>()?))
}

impl Lasts {
    fn of(&self, kind: JobSaveKind) -> Option<&Last> {
        (self.0.iter()).find(|last| last.kind == kind && last.undoes.is_none())
    }

    fn undo_of(&self, base: &Last) -> Option<&Last> {
        self.0.iter().find(|last| last.undoes == Some(base.id))
    }

    /// A browser is at it.
    fn is_claimed(&self, now: Millis) -> bool {
        (self.0.iter()).any(|last| last.state == "claimed" && now < last.at + AT_IT)
    }

    /// Whether nothing speaks against another try. What a person changed is settled otherwise.
    fn is_free(&self, kind: JobSaveKind, now: Millis) -> bool {
        self.of(kind).is_none_or(|last| {
            last.state != "failed"
                || last.problem == Some(JobSaveProblem::Changed)
                || now >= last.at + AFTER_FAILURE
        })
    }
}

/// What a browser that looks at the job is to save, if any, and what was saved; in the transaction in
/// which the page is seen.
pub async fn plan(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
    page: &SeenJob<'_>,
    is_old: bool,
    now: Millis,
) -> Result<JobSaves> {
    let lasts = lasts(tx, company, jopwell_id).await?;
    let chosen = settings(tx, company).await?;
    let closing = closing_of(tx, company, jopwell_id).await?;
    let description = description(tx, company, jopwell_id).await?;
    if page.is_open == Some(false) && closing.at.is_some() {
        close_for(tx, company, jopwell_id, closing.at).await?;
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
        && (known.shown.as_ref()).is_some_and(|shown| same(shown, agreed))
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
        let is_told = match (kind, last.state.as_str()) {
            (_, "claimed") => false,
            (JobSaveKind::Description, "failed") => {
                description.as_ref().is_some_and(|known| known.is_news())
            }
            (JobSaveKind::Description, "written") => {
                is_old
                    || page.shown.is_none_or(|shown| {
                        last.after_html
                            .as_deref()
                            .is_some_and(|html| same(html, shown))
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
            .filter(|undo| undo.state != "claimed" || now < undo.at + AT_IT);
        let at = undo
            .filter(|undo| undo.state == "written")
            .map_or(last.at, |undo| undo.at);
        if !is_told || now >= at + TOLD_FOR {
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
    Ok(JobSaves {
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
    let id = sqlx::query_scalar(
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

/// How a save went; false where the company was told of no such one.
pub async fn finish(
    store: &ThisStore,
    company: CompanyId,
    id: u64,
    done: &JobSaveDone,
    who: &str,
    now: Millis,
) -> Result<bool> {
    let Ok(id) = i64::try_from(id) else {
        return Ok(false);
    };
    let mut tx = store.write().await?;
    lock_company(&mut tx, company).await?;
    let Some((jopwell_id, version, last)) = one(&mut tx, company, id).await? else {
        return Ok(false);
    };
    if last.state != "claimed" {
        return Ok(true);
    }
    // What cannot be put back exactly is not put back.
    let before = (done.before.as_ref())
        .filter(|before| before.chars().count() <= MAX_DESCRIPTION_CHARS && !before.contains('\0'));
    sqlx::query(
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
    .execute(&mut *tx)
    .await?;
    let is_description = last.kind == JobSaveKind::Description;
    match (done.problem, last.undoes) {
        (None, undoes) => {
            if is_description {
                // Greenhouse's text needs to be told no more, as after *Keep Jopwell's text*. It is in step
                // with no other job that was linked meanwhile.
                sqlx::query(
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
                .execute(&mut *tx)
                .await?;
            } else {
                close_for(&mut tx, company, &jopwell_id, Some(version)).await?;
            }
            if undoes.is_some() {
                sqlx::query(
                    "UPDATE job_save SET state = 'undone' WHERE company_id = $1 AND id = $2",
                )
                .bind(company)
                .bind(undoes)
                .execute(&mut *tx)
                .await?;
            }
            let action = match (is_description, undoes) {
                (true, None) => "description_saved",
                (true, Some(_)) => "description_put_back",
                (false, None) => "job_closed",
                (false, Some(_)) => "job_reopened",
            };
            note(&mut tx, Some(company), who, action, Some(&jopwell_id), now).await?;
        }
        // A person wrote there, or closed it: that stays.
        (Some(JobSaveProblem::Changed), None) => match is_description {
            true => disagree(&mut tx, company, &jopwell_id).await?,
            false => close_for(&mut tx, company, &jopwell_id, Some(version)).await?,
        },
        _ => {}
    }
    tx.commit().await?;
    Ok(true)
}

/// Puts back what was there before a save: the browser that asks does it. `None` where that cannot be.
pub async fn undo(
    store: &ThisStore,
    company: CompanyId,
    id: u64,
    now: Millis,
) -> Result<Option<JobSave>> {
    let Ok(id) = i64::try_from(id) else {
        return Ok(None);
    };
    let mut tx = store.write().await?;
    lock_company(&mut tx, company).await?;
    let Some((jopwell_id, version, last)) = one(&mut tx, company, id).await? else {
        return Ok(None);
    };
    let lasts = lasts(&mut tx, company, &jopwell_id).await?;
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

/// Jopwell's text is a person's from now on.
pub async fn disagree(tx: &mut Connection, company: CompanyId, jopwell_id: &str) -> Result<()> {
    sqlx::query(
        "UPDATE jopwell_description SET agreed = NULL WHERE company_id = $1 AND jopwell_id = $2",
    )
    .bind(company)
    .bind(jopwell_id)
    .execute(tx)
    .await?;
    Ok(())
}

async fn close_for(
    tx: &mut Connection,
    company: CompanyId,
    jopwell_id: &str,
    closing: Option<Millis>,
) -> Result<()> {
    sqlx::query("UPDATE jopwell_job SET closed_for = $3 WHERE company_id = $1 AND jopwell_id = $2")
        .bind(company)
        .bind(jopwell_id)
        .bind(closing.map(signed))
        .execute(tx)
        .await?;
    Ok(())
}

async fn closing_of(tx: &mut Connection, company: CompanyId, jopwell_id: &str) -> Result<Closing> {
    let row = sqlx::query(
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
        // What was closed before this was kept was closed once.
        at: is_closed.then_some(optional_unsigned(&row, "closed_at")?.unwrap_or(0)),
        done_for: optional_unsigned(&row, "closed_for")?,
    })
}

async fn one(
    tx: &mut Connection,
    company: CompanyId,
    id: i64,
) -> Result<Option<(String, Millis, Last)>> {
    let row = sqlx::query(
        "SELECT id, jopwell_id, version, kind, undoes, before_html, after_html, before_value, state, reason, at
         FROM job_save WHERE company_id = $1 AND id = $2",
    )
    .bind(company)
    .bind(id)
    .fetch_optional(tx)
    .await?;
    row.map(|row| {
        let version = unsigned(row.try_get("version")?, "version")?;
        Ok((row.try_get("jopwell_id")?, version, last_of(&row)?))
    })
    .transpose()
}

fn last_of(row: &Row) -> Result<Last> {
    let kind: &str = row.try_get("kind")?;
    let reason: Option<&str> = row.try_get("reason")?;
    Ok(Last {
        id: row.try_get("id")?,
        kind: (JobSaveKind::ALL.into_iter())
            .find(|known| known.as_str() == kind)
            .ok_or(StoreError::Corrupt("kind"))?,
        undoes: row.try_get("undoes")?,
        before_html: row.try_get("before_html")?,
        after_html: row.try_get("after_html")?,
        before_value: row.try_get("before_value")?,
        state: row.try_get("state")?,
        problem: (JobSaveProblem::ALL.into_iter()).find(|known| reason == Some(known.as_str())),
        at: unsigned(row.try_get("at")?, "at")?,
    })
}

pub fn same(one: &str, other: &str) -> bool {
    have_same_text(&blocks(one), &blocks(other))
}

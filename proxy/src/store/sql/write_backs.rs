//! Statuses set in Jopwell's candidate tracker: which browser may set a row, and what was set.

use super::{
    SqlStore,
    locks::lock_company,
    query::{Connection, Row, query, query_for, scalar},
    tables::{audit, write_backs},
    values::{signed, storable, to_json, unsigned},
};
use crate::store::{CompanyId, Result, WriteBackStore};
use atsi_protocol::{
    Millis, REJECTED, RowPlan, TrackedRow, WriteBackPress, WriteBackSettings, moves_forward,
};
use std::collections::HashMap;

#[async_trait::async_trait]
impl WriteBackStore for SqlStore {
    async fn write_back_settings(&self, company: CompanyId) -> Result<WriteBackSettings> {
        write_backs::settings(&mut self.read().await?, company).await
    }

    async fn put_write_back_settings(
        &self,
        company: CompanyId,
        settings: &WriteBackSettings,
        who: &str,
        now: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        query(
            "INSERT INTO write_back_settings (company_id, settings) VALUES ($1, $2)
             ON CONFLICT (company_id) DO UPDATE SET settings = excluded.settings",
        )
        .bind(company)
        .bind(to_json(settings)?)
        .execute(&mut tx)
        .await?;
        let what = "chose the statuses that are written on Jopwell";
        let automatic = settings.automatic.join(", ");
        audit::record_audit(&mut tx, Some(company), who, what, Some(&automatic), now).await?;
        Ok(tx.commit().await?)
    }

    async fn plan_write_backs(
        &self,
        company: CompanyId,
        rows: &[TrackedRow],
        now: Millis,
    ) -> Result<Vec<RowPlan>> {
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        let chosen = write_backs::settings(&mut tx, company).await?;
        let ids: Vec<&String> = rows.iter().map(|row| &row.row).collect();
        let last = query_for(|sql| {
            format!(
                "SELECT w.row_id, w.from_status, w.to_status, w.state, w.at FROM write_back w
                 WHERE w.company_id = $1 AND w.id IN (
                     SELECT max(b.id) FROM write_back b
                     WHERE b.company_id = $1 AND b.row_id IN (SELECT v.value
                     FROM {texts} v) GROUP BY b.row_id)",
                texts = sql.json_texts("$2")
            )
        })
        .bind(company)
        .bind(to_json(&ids)?)
        .fetch_all(&mut tx)
        .await?;
        let mut last: HashMap<String, Last> = (last.iter())
            .map(|row| Ok((row.try_get("row_id")?, last_of(row)?)))
            .collect::<Result<_>>()?;
        // Only statuses with a waiting period need to know since when a person has the stage.
        let waits = |to: &str| chosen.rejected_after.filter(|_| to == REJECTED);
        let people: Vec<String> = (rows.iter())
            .filter(|row| chosen.status_for(&row.stage).and_then(waits).is_some())
            .filter_map(|row| row.external_id.clone())
            .collect();
        let since = match people.is_empty() {
            true => HashMap::new(),
            false => since_of(&mut tx, company, &people).await?,
        };
        let mut plans = Vec::new();
        for asked in rows {
            record_row(&mut tx, company, asked, now).await?;
            let is_claimed = |last: &&Last| last.state == "claimed" && now < last.at + CLAIM_LASTS;
            let before = last.get(&asked.row);
            let ours = before.filter(|last| last.state == "written" && last.to == asked.shows);
            let wanted = chosen.status_for(&asked.stage);
            let mut plan = RowPlan {
                row: asked.row.clone(),
                to: wanted.filter(|to| *to != asked.shows).map(str::to_owned),
                set: None,
                sets_in: None,
                was: ours.map(|last| last.from.clone()),
            };
            let goes = match (asked.press, &plan.to) {
                _ if before.as_ref().is_some_and(is_claimed) => false,
                (Some(WriteBackPress::Undo), _) => {
                    plan.to.clone_from(&plan.was);
                    plan.was = None;
                    plan.to.is_some()
                }
                (Some(WriteBackPress::Set), Some(_)) => true,
                (Some(WriteBackPress::Skip), Some(to)) => {
                    // Recorded as if it had been set and undone: the row belongs to a person from now on.
                    let skipped = Last {
                        from: to.clone(),
                        to: asked.shows.clone(),
                        state: "undone".to_owned(),
                        at: now,
                    };
                    add(&mut tx, company, &asked.row, &skipped).await?;
                    last.insert(asked.row.clone(), skipped);
                    false
                }
                (None, Some(to))
                    if chosen.automatic.contains(to) && is_free(before, asked, to, now) =>
                {
                    match waits(to) {
                        None => true,
                        Some(wait) => {
                            let person = asked.external_id.as_ref();
                            // A person who no longer has the stage has nothing to wait for.
                            let since =
                                person.and_then(|id| since.get(&(id.clone(), asked.stage.clone())));
                            plan.sets_in = since
                                .map(|since| since.saturating_add(wait).saturating_sub(now))
                                .filter(|left| *left > 0);
                            since.is_some() && plan.sets_in.is_none()
                        }
                    }
                }
                (None, Some(_)) => false,
                (_, None) => false,
            };
            if goes && let Some(to) = &plan.to {
                let undoes = asked.press == Some(WriteBackPress::Undo);
                let set = Last {
                    from: asked.shows.clone(),
                    to: to.clone(),
                    state: if undoes { "undone" } else { "claimed" }.to_owned(),
                    at: now,
                };
                let id = add(&mut tx, company, &asked.row, &set).await?;
                plan.set = Some(unsigned(id, "id")?);
                // A row that is twice in the request is set once.
                last.insert(asked.row.clone(), set);
            }
            if plan.to.is_some() || plan.was.is_some() {
                plans.push(plan);
            }
        }
        tx.commit().await?;
        Ok(plans)
    }

    async fn finish_write_back(
        &self,
        company: CompanyId,
        id: u64,
        is_set: bool,
        now: Millis,
    ) -> Result<bool> {
        let Ok(id) = i64::try_from(id) else {
            return Ok(false);
        };
        let mut tx = self.write().await?;
        lock_company(&mut tx, company).await?;
        // An undone row stays undone.
        let found = query(
            "UPDATE write_back SET state = CASE WHEN state = 'undone' THEN state ELSE $3 END, at = $4
             WHERE company_id = $1 AND id = $2",
        )
        .bind(company)
        .bind(id)
        .bind(if is_set { "written" } else { "failed" })
        .bind(signed(now))
        .execute(&mut tx)
        .await?;
        if is_set {
            query(
                "UPDATE tracker_row SET at = $3, status =
                     (SELECT w.to_status FROM write_back w WHERE w.company_id = $1 AND w.id = $2)
                 WHERE company_id = $1 AND row_id =
                     (SELECT w.row_id FROM write_back w WHERE w.company_id = $1 AND w.id = $2)",
            )
            .bind(company)
            .bind(id)
            .bind(signed(now))
            .execute(&mut tx)
            .await?;
        }
        tx.commit().await?;
        Ok(found > 0)
    }
}

/// How long a browser's claim to set a row lasts.
const CLAIM_LASTS: Millis = 30_000;

/// How long to wait after a row could not be set.
const AFTER_FAILURE: Millis = 10 * 60_000;

/// The last write-back to a row.
#[derive(Clone, Debug)]
struct Last {
    from: String,
    to: String,
    state: String,
    at: Millis,
}

/// Since when people have their present stage in Greenhouse, by their id and the stage as a row names it.
async fn since_of(
    db: &mut Connection,
    company: CompanyId,
    people: &[String],
) -> Result<HashMap<(String, String), Millis>> {
    let rows = query_for(|sql| {
        format!(
            "SELECT DISTINCT s.external_id, a.status, a.stage, a.since
             FROM send s JOIN application a ON a.company_id = s.company_id
                 AND a.candidate_id = s.candidate_id
             WHERE s.company_id = $1 AND s.external_id IN (SELECT v.value FROM {texts} v)",
            texts = sql.json_texts("$2")
        )
    })
    .bind(company)
    .bind(to_json(&storable(people))?)
    .fetch_all(db)
    .await?;
    let mut all = HashMap::new();
    for row in &rows {
        let stage: Option<String> = row.try_get("stage")?;
        let stage = match (row.try_get("status")?, stage) {
            ("rejected", _) => "Rejected".to_owned(),
            ("hired", _) => "Hired".to_owned(),
            ("active", Some(stage)) => stage,
            ("active", None) => "Prospect".to_owned(),
            (other, _) => other.to_owned(),
        };
        let since = unsigned(row.try_get("since")?, "since")?;
        all.insert((row.try_get("external_id")?, stage), since);
    }
    Ok(all)
}

/// Whether the row may be set automatically. A status that a person set stays.
fn is_free(last: Option<&Last>, asked: &TrackedRow, to: &str, now: Millis) -> bool {
    // The status is older than ATSi, so the row only moves forward.
    let Some(last) = last else {
        return moves_forward(&asked.shows, to);
    };
    match last.state.as_str() {
        "written" => asked.shows == last.to,
        // The browser ended before or after it set the row.
        "claimed" => asked.shows == last.to || asked.shows == last.from,
        "failed" => asked.shows == last.from && now >= last.at + AFTER_FAILURE,
        // A person undid it.
        _ => false,
    }
}

async fn add(db: &mut Connection, company: CompanyId, row: &str, set: &Last) -> Result<i64> {
    Ok(scalar(
        "INSERT INTO write_back (company_id, row_id, from_status, to_status, state, at)
         VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
    )
    .bind(company)
    .bind(row)
    .bind(&set.from)
    .bind(&set.to)
    .bind(&set.state)
    .bind(signed(set.at))
    .fetch_one(db)
    .await?)
}

/// Keeps what a page shows of a row, if the company has sent the person.
async fn record_row(
    db: &mut Connection,
    company: CompanyId,
    row: &TrackedRow,
    now: Millis,
) -> Result<()> {
    let Some(person) = &row.external_id else {
        return Ok(());
    };
    // Nothing is kept about people who were not sent.
    query(
        "INSERT INTO tracker_row (company_id, row_id, external_id, status, at)
         SELECT CAST($1 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT)
         WHERE EXISTS (SELECT 1 FROM send s WHERE s.company_id = $1 AND s.external_id = $3)
         ON CONFLICT (company_id, row_id) DO UPDATE SET external_id = excluded.external_id,
             status = excluded.status, at = excluded.at",
    )
    .bind(company)
    .bind(&row.row)
    .bind(person)
    .bind(&row.shows)
    .bind(signed(now))
    .execute(db)
    .await?;
    Ok(())
}

fn last_of(row: &Row) -> Result<Last> {
    Ok(Last {
        from: row.try_get("from_status")?,
        to: row.try_get("to_status")?,
        state: row.try_get("state")?,
        at: unsigned(row.try_get("at")?, "at")?,
    })
}

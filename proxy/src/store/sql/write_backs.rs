//! Statuses set in Jopwell's candidate tracker: who may set a row, and what was set.

use super::{
    super::{Connection, Row, ThisStore, lock_company},
    admin::note,
    signed, storable, to_json, unsigned,
};
use crate::store::{CompanyId, Result, StoreError};
use atsi_protocol::{
    CandidateStatus, Millis, OnJopwell, REJECTED, RowPlan, TrackedRow, Waiting, WaitingFor,
    WriteBackPress, WriteBackSettings, moves_forward,
};
use sqlx::Row as _;
use std::collections::HashMap;

/// How long a browser that was told to set a row has it to itself.
const AT_IT: Millis = 30_000;
/// How long a row is left alone after it could not be set.
const AFTER_FAILURE: Millis = 10 * 60_000;

/// What was last done about a row.
#[derive(Clone, Debug)]
struct Last {
    from: String,
    to: String,
    state: String,
    at: Millis,
}

/// What is the default until somebody chose.
pub async fn settings(db: &mut Connection, company: CompanyId) -> Result<WriteBackSettings> {
    let chosen: Option<String> =
        sqlx::query_scalar("SELECT settings FROM write_back_settings WHERE company_id = $1")
            .bind(company)
            .fetch_optional(db)
            .await?;
    match chosen {
        Some(json) => serde_json::from_str(&json).map_err(|_| StoreError::Corrupt("settings")),
        None => Ok(WriteBackSettings::default()),
    }
}

pub async fn put_settings(
    store: &ThisStore,
    company: CompanyId,
    settings: &WriteBackSettings,
    who: &str,
    now: Millis,
) -> Result<()> {
    let mut tx = store.write().await?;
    lock_company(&mut tx, company).await?;
    sqlx::query(
        "INSERT INTO write_back_settings (company_id, settings) VALUES ($1, $2)
         ON CONFLICT (company_id) DO UPDATE SET settings = excluded.settings",
    )
    .bind(company)
    .bind(to_json(settings)?)
    .execute(&mut *tx)
    .await?;
    let what = "chose the statuses that are written on Jopwell";
    let automatic = settings.automatic.join(", ");
    note(&mut tx, Some(company), who, what, Some(&automatic), now).await?;
    Ok(tx.commit().await?)
}

pub async fn plan(
    store: &ThisStore,
    company: CompanyId,
    rows: &[TrackedRow],
    now: Millis,
) -> Result<Vec<RowPlan>> {
    let mut tx = store.write().await?;
    lock_company(&mut tx, company).await?;
    let chosen = settings(&mut tx, company).await?;
    let ids: Vec<&String> = rows.iter().map(|row| &row.row).collect();
    let last = sqlx::query(concat!(
        "SELECT w.row_id, w.from_status, w.to_status, w.state, w.at FROM write_back w
         WHERE w.company_id = $1 AND w.id IN (
             SELECT max(b.id) FROM write_back b
             WHERE b.company_id = $1 AND b.row_id IN (SELECT v.value FROM ",
        json_texts!("$2"),
        " v) GROUP BY b.row_id)"
    ))
    .bind(company)
    .bind(to_json(&ids)?)
    .fetch_all(&mut *tx)
    .await?;
    let mut last: HashMap<String, Last> = (last.iter())
        .map(|row| Ok((row.try_get("row_id")?, last_of(row)?)))
        .collect::<Result<_>>()?;
    // Only what waits needs to know since when.
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
        see(&mut tx, company, asked, now).await?;
        let is_claimed = |last: &&Last| last.state == "claimed" && now < last.at + AT_IT;
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
                // As if it had been set and taken back: from here on, the row is a person's.
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
                        // Who is not known to stand so any more has nothing to wait for.
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
            // The same row twice in one request is one row.
            last.insert(asked.row.clone(), set);
        }
        if plan.to.is_some() || plan.was.is_some() {
            plans.push(plan);
        }
    }
    tx.commit().await?;
    Ok(plans)
}

/// Since when people stand so in Greenhouse, by their id and what a row says of it.
async fn since_of(
    db: &mut Connection,
    company: CompanyId,
    people: &[String],
) -> Result<HashMap<(String, String), Millis>> {
    let rows = sqlx::query(concat!(
        "SELECT DISTINCT s.external_id, a.status, a.stage, a.since
         FROM send s JOIN application a ON a.company_id = s.company_id AND a.candidate_id = s.candidate_id
         WHERE s.company_id = $1 AND s.external_id IN (SELECT v.value FROM ",
        json_texts!("$2"),
        " v)"
    ))
    .bind(company)
    .bind(to_json(&storable(people))?)
    .fetch_all(db)
    .await?;
    let mut all = HashMap::new();
    for row in &rows {
        let stage: Option<String> = row.try_get("stage")?;
        let stands = match (row.try_get("status")?, stage) {
            ("rejected", _) => "Rejected".to_owned(),
            ("hired", _) => "Hired".to_owned(),
            ("active", Some(stage)) => stage,
            ("active", None) => "Prospect".to_owned(),
            (other, _) => other.to_owned(),
        };
        let since = unsigned(row.try_get("since")?, "since")?;
        all.insert((row.try_get("external_id")?, stands), since);
    }
    Ok(all)
}

/// Whether nobody set what the row shows; what a person set stays.
fn is_free(last: Option<&Last>, asked: &TrackedRow, to: &str, now: Millis) -> bool {
    // Set before ATSi came: the row is only moved on.
    let Some(last) = last else {
        return moves_forward(&asked.shows, to);
    };
    match last.state.as_str() {
        "written" => asked.shows == last.to,
        // The browser ended over it, before or after.
        "claimed" => asked.shows == last.to || asked.shows == last.from,
        "failed" => asked.shows == last.from && now >= last.at + AFTER_FAILURE,
        // A person took it back.
        _ => false,
    }
}

async fn add(db: &mut Connection, company: CompanyId, row: &str, set: &Last) -> Result<i64> {
    Ok(sqlx::query_scalar(
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

pub async fn finish(
    store: &ThisStore,
    company: CompanyId,
    id: u64,
    is_set: bool,
    now: Millis,
) -> Result<bool> {
    let Ok(id) = i64::try_from(id) else {
        return Ok(false);
    };
    let mut tx = store.write().await?;
    lock_company(&mut tx, company).await?;
    // What was taken back stays so.
    let found = sqlx::query(
        "UPDATE write_back SET state = CASE WHEN state = 'undone' THEN state ELSE $3 END, at = $4
         WHERE company_id = $1 AND id = $2",
    )
    .bind(company)
    .bind(id)
    .bind(if is_set { "written" } else { "failed" })
    .bind(signed(now))
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if is_set {
        sqlx::query(
            "UPDATE tracker_row SET at = $3, status =
                 (SELECT w.to_status FROM write_back w WHERE w.company_id = $1 AND w.id = $2)
             WHERE company_id = $1 AND row_id =
                 (SELECT w.row_id FROM write_back w WHERE w.company_id = $1 AND w.id = $2)",
        )
        .bind(company)
        .bind(id)
        .bind(signed(now))
        .execute(&mut *tx)
        .await?;
    }
    tx.commit().await?;
    Ok(found > 0)
}

/// A page shows this row, and whose it is.
async fn see(db: &mut Connection, company: CompanyId, row: &TrackedRow, now: Millis) -> Result<()> {
    let Some(person) = &row.external_id else {
        return Ok(());
    };
    // Of people who were not sent from here nothing is kept.
    sqlx::query(
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

/// A person's row of the tracker.
pub struct Shown {
    pub shown: OnJopwell,
    /// How the last write-back to it went.
    last: Option<String>,
}

impl Shown {
    /// The status that goes with the stage, where the row shows another and nobody wants it to.
    pub fn waits(
        &self,
        rules: &WriteBackSettings,
        status: Option<&CandidateStatus>,
    ) -> Option<Waiting> {
        let status = status.filter(|status| status.readable)?;
        let [application] = status.applications.as_slice() else {
            return None;
        };
        let to = rules.status_for(application.stage_or_status())?;
        if to == self.shown.status || self.last.as_deref() == Some("undone") {
            return None;
        }
        Some(Waiting {
            what: WaitingFor::WriteBack,
            name: Some(to.to_owned()),
            failed: self.last.as_deref() == Some("failed"),
        })
    }
}

/// What was last seen of people in the tracker, by their id on Jopwell; of several rows the last one seen.
pub async fn on_jopwell(
    db: &mut Connection,
    company: CompanyId,
    people: &[&str],
) -> Result<HashMap<String, Shown>> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query(concat!(
        "SELECT t.external_id, t.status, t.at,
             (SELECT b.state FROM write_back b WHERE b.company_id = $1 AND b.row_id = t.row_id
              ORDER BY b.id DESC LIMIT 1) AS last
         FROM tracker_row t
         WHERE t.company_id = $1 AND t.external_id IN (SELECT w.value FROM ",
        json_texts!("$2"),
        " w)
         ORDER BY t.at, t.row_id"
    ))
    .bind(company)
    .bind(to_json(&people)?)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            let shown = OnJopwell {
                status: row.try_get("status")?,
                at: unsigned(row.try_get("at")?, "at")?,
            };
            let last = row.try_get("last")?;
            Ok((row.try_get("external_id")?, Shown { shown, last }))
        })
        .collect()
}

fn last_of(row: &Row) -> Result<Last> {
    Ok(Last {
        from: row.try_get("from_status")?,
        to: row.try_get("to_status")?,
        state: row.try_get("state")?,
        at: unsigned(row.try_get("at")?, "at")?,
    })
}

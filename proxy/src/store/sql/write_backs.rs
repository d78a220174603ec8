//! Statuses set in Jopwell's candidate tracker: who may set a row, and what was set.

use super::{
    super::{Connection, Row, ThisStore, lock_company},
    admin::{MEMBER, note},
    signed, to_json, unsigned,
};
use crate::{
    now,
    store::{CompanyId, Result, StoreError},
};
use atsi_protocol::{
    Millis, WriteBack, WriteBackClaim, WriteBackOutcome, WriteBackRefusal, WriteBackRequest,
    WriteBackSettings, WriteBackState, moves_forward,
};
use sqlx::Row as _;

/// How long a browser that was told yes has the row to itself.
const AT_IT: Millis = 30_000;
/// How long a row is left alone after it could not be set.
const AFTER_FAILURE: Millis = 10 * 60_000;

macro_rules! last_of_each_row {
    () => {
        "SELECT w.id, w.row_id, w.from_status, w.to_status, w.state, w.at FROM write_back w
         WHERE w.company_id = $1 AND NOT EXISTS (
             SELECT 1 FROM write_back later
             WHERE later.company_id = w.company_id AND later.row_id = w.row_id AND later.id > w.id) "
    };
}

pub async fn state(db: &mut Connection, company: CompanyId) -> Result<WriteBackState> {
    let settings = settings(db, company).await?;
    let rows = sqlx::query(concat!(last_of_each_row!(), "ORDER BY w.id DESC LIMIT 500"))
        .bind(company)
        .fetch_all(db)
        .await?;
    let last = rows.iter().map(write_back_of).collect::<Result<_>>()?;
    Ok(WriteBackState { settings, last })
}

/// What is the default until somebody chose.
async fn settings(db: &mut Connection, company: CompanyId) -> Result<WriteBackSettings> {
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
    let automatic = settings.automatic.join(", ");
    note(
        &mut tx,
        Some(company),
        MEMBER,
        "chose which statuses are written on Jopwell",
        Some(&automatic),
        now(),
    )
    .await?;
    Ok(tx.commit().await?)
}

pub async fn claim(
    store: &ThisStore,
    company: CompanyId,
    request: &WriteBackRequest,
    now: Millis,
) -> Result<WriteBackClaim> {
    let mut tx = store.write().await?;
    lock_company(&mut tx, company).await?;
    let chosen = settings(&mut tx, company).await?;
    let last = sqlx::query(concat!(last_of_each_row!(), "AND w.row_id = $2"))
        .bind(company)
        .bind(&request.row)
        .fetch_optional(&mut *tx)
        .await?;
    let last = last.as_ref().map(write_back_of).transpose()?;
    let is_automatic = chosen.automatic.contains(&request.to);
    if let Some(refused) = refusal(last.as_ref(), request, is_automatic, now) {
        return Ok(WriteBackClaim {
            id: None,
            refused: Some(refused),
        });
    }
    let id: i64 = sqlx::query_scalar(
        "INSERT INTO write_back (company_id, row_id, from_status, to_status, state, at)
         VALUES ($1, $2, $3, $4, 'claimed', $5) RETURNING id",
    )
    .bind(company)
    .bind(&request.row)
    .bind(&request.from)
    .bind(&request.to)
    .bind(signed(now))
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(WriteBackClaim {
        id: Some(unsigned(id, "id")?),
        refused: None,
    })
}

/// Why a row is not to be set now; `last` is what was last done about it.
fn refusal(
    last: Option<&WriteBack>,
    request: &WriteBackRequest,
    is_automatic: bool,
    now: Millis,
) -> Option<WriteBackRefusal> {
    use WriteBackOutcome as Was;
    if last.is_some_and(|last| last.state == Was::Claimed && now < last.at + AT_IT) {
        return Some(WriteBackRefusal::Taken);
    }
    if request.pressed {
        return None;
    }
    if !is_automatic {
        return Some(WriteBackRefusal::NotAutomatic);
    }
    let is_ours = match last {
        // Somebody on Jopwell set it before ATSi came: it is only moved on.
        None => moves_forward(&request.from, &request.to),
        Some(last) => match last.state {
            Was::Written => request.from == last.to,
            // The browser ended over it, before or after.
            Was::Claimed => request.from == last.to || request.from == last.from,
            Was::Failed => request.from == last.from && now >= last.at + AFTER_FAILURE,
            Was::Undone => false,
        },
    };
    (!is_ours).then_some(WriteBackRefusal::ByHand)
}

pub async fn finish(
    store: &ThisStore,
    company: CompanyId,
    id: u64,
    outcome: WriteBackOutcome,
    now: Millis,
) -> Result<Option<WriteBack>> {
    let Ok(id) = i64::try_from(id) else {
        return Ok(None);
    };
    let mut tx = store.write().await?;
    // What was taken back stays so, whoever reports late.
    let row = sqlx::query(
        "UPDATE write_back SET state = $3, at = $4
         WHERE company_id = $1 AND id = $2 AND state <> 'undone'
         RETURNING id, row_id, from_status, to_status, state, at",
    )
    .bind(company)
    .bind(id)
    .bind(name_of(outcome))
    .bind(signed(now))
    .fetch_optional(&mut *tx)
    .await?;
    let done = row.as_ref().map(write_back_of).transpose()?;
    tx.commit().await?;
    Ok(done)
}

fn name_of(outcome: WriteBackOutcome) -> &'static str {
    match outcome {
        WriteBackOutcome::Claimed => "claimed",
        WriteBackOutcome::Written => "written",
        WriteBackOutcome::Failed => "failed",
        WriteBackOutcome::Undone => "undone",
    }
}

fn write_back_of(row: &Row) -> Result<WriteBack> {
    let state = match row.try_get("state")? {
        "claimed" => WriteBackOutcome::Claimed,
        "written" => WriteBackOutcome::Written,
        "failed" => WriteBackOutcome::Failed,
        "undone" => WriteBackOutcome::Undone,
        _ => return Err(StoreError::Corrupt("state")),
    };
    Ok(WriteBack {
        id: unsigned(row.try_get("id")?, "id")?,
        row: row.try_get("row_id")?,
        from: row.try_get("from_status")?,
        to: row.try_get("to_status")?,
        state,
        at: unsigned(row.try_get("at")?, "at")?,
    })
}

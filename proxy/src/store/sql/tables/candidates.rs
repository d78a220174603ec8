//! Candidates as answers show them: the send that counts, the status, and what is not done yet.

use super::super::{
    query::{Connection, Row, query_for},
    values::{optional_unsigned, to_json},
};
use super::{
    greenhouse_applications,
    sends::{self, SEND_COLUMNS, SEND_JOINS},
    waiting, write_backs,
};
use crate::store::{CompanyId, FoundCandidate, Result, SendId};
use atsi_protocol::{
    ApplicationStatus, CandidateStatus, KnownCandidate, Millis, SendState, StatusRoute,
    WriteBackSettings,
};

/// What a candidate's status adds to `SEND_COLUMNS`, of the table of [`STATUS_JOIN`].
pub const STATUS_COLUMNS: &str = ", t.readable, t.read_at, t.route";

/// The table that a candidate's status is read from, beside `send s`.
pub const STATUS_JOIN: &str =
    " LEFT JOIN status t ON t.company_id = s.company_id AND t.candidate_id = s.candidate_id";

/// Returns the candidates of rows that have `SEND_COLUMNS` and [`STATUS_COLUMNS`], in their order.
pub async fn known_candidates(
    db: &mut Connection,
    company: CompanyId,
    rows: &[Row],
    now: Millis,
) -> Result<Vec<FoundCandidate>> {
    let in_greenhouse: Vec<i64> = rows
        .iter()
        .filter_map(|row| row.try_get("candidate_id").transpose())
        .collect::<Result<_, _>>()?;
    let applications =
        greenhouse_applications::applications_of(db, company, &in_greenhouse).await?;
    let people: Vec<&str> = (rows.iter())
        .map(|row| row.try_get("external_id"))
        .collect::<Result<_, _>>()?;
    let waiting = waiting::of_people(db, company, &people).await?;
    let on_jopwell = write_backs::on_jopwell(db, company, &people).await?;
    let rules = match on_jopwell.is_empty() {
        true => WriteBackSettings::default(),
        false => write_backs::settings(db, company).await?,
    };
    rows.iter()
        .map(|row| {
            let send = sends::send_of(row, now)?;
            let candidate_id = match &send.state {
                SendState::Created(there) | SendState::Existing(there) => Some(there.candidate_id),
                _ => None,
            };
            let status = status_of(row, candidate_id.and_then(|id| applications.get(&id)))?;
            let mut waiting = waiting.get(&send.external_id).cloned().unwrap_or_default();
            let row = on_jopwell.get(&send.external_id);
            waiting.extend(row.and_then(|row| row.waits(&rules, status.as_ref())));
            Ok(FoundCandidate {
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

pub fn status_of(
    row: &Row,
    applications: Option<&Vec<ApplicationStatus>>,
) -> Result<Option<CandidateStatus>> {
    let Some(read_at) = optional_unsigned(row, "read_at")? else {
        return Ok(None);
    };
    Ok(Some(CandidateStatus {
        read_at,
        route: (row.try_get::<Option<&str>>("route")?)
            .and_then(|route| (StatusRoute::ALL.into_iter()).find(|known| known.as_str() == route)),
        readable: row.try_get("readable")?,
        merged: row.try_get("merged")?,
        applications: applications.cloned().unwrap_or_default(),
    }))
}

/// Returns the candidates of sends, each with the send's row id.
pub async fn of_sends(
    db: &mut Connection,
    company: CompanyId,
    sends: &[SendId],
    now: Millis,
) -> Result<Vec<(SendId, KnownCandidate)>> {
    let rows = query_for(|sql| {
        format!(
            "SELECT s.id, {SEND_COLUMNS}{STATUS_COLUMNS}
             FROM send s{STATUS_JOIN}{SEND_JOINS}
             WHERE s.company_id = $1
                 AND s.id IN (SELECT CAST(w.value AS BIGINT) FROM {ids} w) ORDER BY s.id",
            ids = sql.json_numbers("$2")
        )
    })
    .bind(company)
    .bind(to_json(&sends)?)
    .fetch_all(&mut *db)
    .await?;
    let found = known_candidates(db, company, &rows, now).await?;
    rows.iter()
        .zip(found)
        .map(|(row, found)| Ok((row.try_get("id")?, found.candidate)))
        .collect()
}

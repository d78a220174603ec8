//! What is not done yet for people: sends and applications that have no outcome.

use super::{super::Connection, to_json};
use crate::store::{CompanyId, Result};
use atsi_protocol::{Waiting, WaitingFor};
use sqlx::Row as _;
use std::collections::HashMap;

/// By the id on Jopwell.
pub async fn of(
    db: &mut Connection,
    company: CompanyId,
    people: &[&str],
) -> Result<HashMap<String, Vec<Waiting>>> {
    let mut waiting: HashMap<String, Vec<Waiting>> = HashMap::new();
    if people.is_empty() {
        return Ok(waiting);
    }
    let rows = sqlx::query(concat!(
        "SELECT s.external_id, s.kind, s.state, h.problem, j.title
         FROM send s
         LEFT JOIN held h ON h.send_id = s.id
         LEFT JOIN jopwell_job j ON j.company_id = s.company_id AND j.jopwell_id = s.jopwell_id
         WHERE s.company_id = $1 AND s.external_id <> '' AND s.state IN ('waiting', 'uncertain')
           AND s.external_id IN (SELECT w.value FROM ",
        json_texts!("$2"),
        " w)
         ORDER BY s.id"
    ))
    .bind(company)
    .bind(to_json(&people)?)
    .fetch_all(db)
    .await?;
    for row in &rows {
        let is_application = row.try_get::<&str, _>("kind")? == "application";
        let is_uncertain = row.try_get::<&str, _>("state")? == "uncertain";
        let is_refused = row.try_get::<Option<&str>, _>("problem")?.is_some();
        let one = Waiting {
            what: match is_application {
                true => WaitingFor::Application,
                false => WaitingFor::Send,
            },
            name: row.try_get("title")?,
            failed: is_uncertain || is_refused,
        };
        waiting
            .entry(row.try_get("external_id")?)
            .or_default()
            .push(one);
    }
    Ok(waiting)
}

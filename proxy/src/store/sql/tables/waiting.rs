//! Sends and applications without an outcome, by person.

use super::super::{
    query::{Connection, query_for},
    values::to_json,
};
use crate::store::{CompanyId, Result};
use atsi_protocol::{Waiting, WaitingFor};
use std::collections::HashMap;

/// Returns what waits, by the person's id on Jopwell.
pub async fn of_people(
    db: &mut Connection,
    company: CompanyId,
    people: &[&str],
) -> Result<HashMap<String, Vec<Waiting>>> {
    let mut waiting: HashMap<String, Vec<Waiting>> = HashMap::new();
    if people.is_empty() {
        return Ok(waiting);
    }
    let rows = query_for(|sql| {
        format!(
            "SELECT s.external_id, s.kind, s.state, h.problem, j.title
         FROM send s
         LEFT JOIN held h ON h.send_id = s.id
         LEFT JOIN jopwell_job j ON j.company_id = s.company_id AND j.jopwell_id = s.jopwell_id
         WHERE s.company_id = $1 AND s.external_id <> '' AND s.state IN ('waiting', 'uncertain')
           AND s.external_id IN (SELECT w.value FROM {texts} w)
         ORDER BY s.id",
            texts = sql.json_texts("$2")
        )
    })
    .bind(company)
    .bind(to_json(&people)?)
    .fetch_all(db)
    .await?;
    for row in &rows {
        let is_application = row.try_get::<&str>("kind")? == "application";
        let is_uncertain = row.try_get::<&str>("state")? == "uncertain";
        let is_refused = row.try_get::<Option<&str>>("problem")?.is_some();
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

//! What write-backs know about the company and its people's rows of the tracker.

use super::super::{
    query::{Connection, query_for, scalar},
    values::{to_json, unsigned},
};
use crate::store::{CompanyId, Result, StoreError};
use atsi_protocol::{CandidateStatus, OnJopwell, Waiting, WaitingFor, WriteBackSettings};
use std::collections::HashMap;

/// Returns the company's settings, or the default.
pub async fn settings(db: &mut Connection, company: CompanyId) -> Result<WriteBackSettings> {
    let chosen: Option<String> =
        scalar("SELECT settings FROM write_back_settings WHERE company_id = $1")
            .bind(company)
            .fetch_optional(db)
            .await?;
    match chosen {
        Some(json) => serde_json::from_str(&json).map_err(|_| StoreError::Corrupt("settings")),
        None => Ok(WriteBackSettings::default()),
    }
}

/// A person's row of the tracker.
pub struct Shown {
    pub shown: OnJopwell,
    /// The state of the last write-back to it.
    last: Option<String>,
}

impl Shown {
    /// Returns the status that goes with the stage, where the row shows another and no person chose that.
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

/// Returns people's rows of the tracker, by their id on Jopwell; of several rows the one seen last.
pub async fn on_jopwell(
    db: &mut Connection,
    company: CompanyId,
    people: &[&str],
) -> Result<HashMap<String, Shown>> {
    if people.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = query_for(|sql| {
        format!(
            "SELECT t.external_id, t.status, t.at,
             (SELECT b.state FROM write_back b WHERE b.company_id = $1 AND b.row_id = t.row_id
              ORDER BY b.id DESC LIMIT 1) AS last
         FROM tracker_row t
         WHERE t.company_id = $1 AND t.external_id IN (SELECT w.value FROM {texts} w)
         ORDER BY t.at, t.row_id",
            texts = sql.json_texts("$2")
        )
    })
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

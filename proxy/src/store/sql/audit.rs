//! The audit.

use super::{
    SqlStore,
    query::{Connection, query},
    values::unsigned,
};
use crate::store::{AuditStore, Audited, CompanyId, Result};

#[async_trait::async_trait]
impl AuditStore for SqlStore {
    async fn audit(&self, company: CompanyId, after: u64, limit: u32) -> Result<Vec<Audited>> {
        audit(&mut self.read().await?, company, after, limit).await
    }
}

async fn audit(
    db: &mut Connection,
    company: CompanyId,
    after: u64,
    limit: u32,
) -> Result<Vec<Audited>> {
    let rows = query(
        // Members are shown by name until they are erased.
        "SELECT a.id, a.at, coalesce(m.email, m.name, a.who) AS who, a.action, a.subject
         FROM audit a LEFT JOIN member m
             ON m.company_id = a.company_id AND a.who = 'member ' || CAST(m.id AS TEXT)
         WHERE (a.company_id = $1 OR a.company_id IS NULL) AND a.id > $2 ORDER BY a.id LIMIT $3",
    )
    .bind(company)
    .bind(i64::try_from(after).unwrap_or(i64::MAX))
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Audited {
                id: unsigned(row.try_get("id")?, "audit")?,
                at: unsigned(row.try_get("at")?, "audit")?,
                who: row.try_get("who")?,
                action: row.try_get("action")?,
                subject: row.try_get("subject")?,
            })
        })
        .collect()
}

//! Accounts.

use super::{
    SqlStore,
    query::{Row, query},
    tables::audit,
};
use crate::store::{AccountStore, CompanyId, Result, StoredAccount};
use atsi_protocol::Millis;

#[async_trait::async_trait]
impl AccountStore for SqlStore {
    async fn account(&self, company: CompanyId) -> Result<Option<StoredAccount>> {
        let row = query(
            "SELECT company_id, domain, automatic_joining FROM account WHERE company_id = $1",
        )
        .bind(company)
        .fetch_optional(&mut self.read().await?)
        .await?;
        row.as_ref().map(account_of).transpose()
    }

    async fn accounts(&self) -> Result<Vec<StoredAccount>> {
        let rows =
            query("SELECT company_id, domain, automatic_joining FROM account ORDER BY company_id")
                .fetch_all(&mut self.read().await?)
                .await?;
        rows.iter().map(account_of).collect()
    }

    async fn set_automatic_joining(
        &self,
        company: CompanyId,
        automatic: bool,
        who: &str,
        now: Millis,
    ) -> Result<()> {
        let mut tx = self.write().await?;
        query("UPDATE account SET automatic_joining = $2 WHERE company_id = $1")
            .bind(company)
            .bind(automatic)
            .execute(&mut tx)
            .await?;
        let action = if automatic {
            "joining_opened"
        } else {
            "joining_closed"
        };
        audit::record_audit(&mut tx, Some(company), who, action, None, now).await?;
        Ok(tx.commit().await?)
    }
}

fn account_of(row: &Row) -> Result<StoredAccount> {
    Ok(StoredAccount {
        company: row.try_get("company_id")?,
        domain: row.try_get("domain")?,
        automatic_joining: row.try_get("automatic_joining")?,
    })
}

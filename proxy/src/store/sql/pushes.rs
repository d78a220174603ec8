//! The address at which Jopwell's systems push applications.

use super::{
    SqlStore,
    locks::lock_company,
    query::{Connection, query},
    tables::audit,
    values::{optional_unsigned, signed, unsigned},
};
use crate::store::{CompanyId, PushStore, Result, StoreError, StoredPush};
use atsi_protocol::{HookCount, Millis};

#[async_trait::async_trait]
impl PushStore for SqlStore {
    async fn push_by_public_id(&self, public_id: &str, now: Millis) -> Result<Option<StoredPush>> {
        let by = PushBy::PublicId(public_id);
        find(&mut self.read().await?, by, now).await
    }

    async fn push_of(&self, company: CompanyId, now: Millis) -> Result<Option<StoredPush>> {
        let by = PushBy::Company(company);
        find(&mut self.read().await?, by, now).await
    }

    async fn put_push_secret(
        &self,
        company: CompanyId,
        public_id: &str,
        sealed: &[u8],
        previous_until: Millis,
        who: &str,
        now: Millis,
    ) -> Result<StoredPush> {
        let mut tx = self.write().await?;
        let push = put_push_secret(
            &mut tx,
            company,
            public_id,
            sealed,
            previous_until,
            who,
            now,
        )
        .await?;
        tx.commit().await?;
        push.ok_or(StoreError::Corrupt("push"))
    }

    async fn count_push(&self, company: CompanyId, outcome: &str, now: Millis) -> Result<()> {
        count(&mut self.direct().await?, company, outcome, now).await
    }

    async fn push_counts(&self, company: CompanyId) -> Result<Vec<HookCount>> {
        counts(&mut self.read().await?, company).await
    }
}

async fn find(db: &mut Connection, by: PushBy<'_>, now: Millis) -> Result<Option<StoredPush>> {
    const BY_COMPANY: &str =
        "SELECT company_id, public_id, sealed_secret, made_at, sealed_previous, previous_until
         FROM push WHERE company_id = $1";
    const BY_ID: &str =
        "SELECT company_id, public_id, sealed_secret, made_at, sealed_previous, previous_until
         FROM push WHERE public_id = $1";
    let row = match by {
        PushBy::Company(company) => {
            let query = query(BY_COMPANY).bind(company);
            query.fetch_optional(db).await?
        }
        PushBy::PublicId(id) => query(BY_ID).bind(id).fetch_optional(db).await?,
    };
    let Some(row) = row else { return Ok(None) };
    let until = optional_unsigned(&row, "previous_until")?.filter(|&until| until > now);
    let previous: Option<Vec<u8>> = row.try_get("sealed_previous")?;
    Ok(Some(StoredPush {
        company: row.try_get("company_id")?,
        public_id: row.try_get("public_id")?,
        sealed_secret: row.try_get("sealed_secret")?,
        made_at: unsigned(row.try_get("made_at")?, "made_at")?,
        previous: previous.zip(until),
    }))
}

enum PushBy<'a> {
    PublicId(&'a str),
    Company(CompanyId),
}

/// Replaces the secret; the previous one stays valid until `previous_until`.
async fn put_push_secret(
    tx: &mut Connection,
    company: CompanyId,
    public_id: &str,
    sealed: &[u8],
    previous_until: Millis,
    who: &str,
    now: Millis,
) -> Result<Option<StoredPush>> {
    lock_company(tx, company).await?;
    audit::record_audit(tx, Some(company), who, "push_secret_made", None, now).await?;
    query(
        "INSERT INTO push (company_id, public_id, sealed_secret, made_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (company_id) DO UPDATE SET sealed_previous = push.sealed_secret,
             previous_until = $5, sealed_secret = excluded.sealed_secret, made_at = excluded.made_at",
    )
    .bind(company)
    .bind(public_id)
    .bind(sealed)
    .bind(signed(now))
    .bind(signed(previous_until))
    .execute(&mut *tx)
    .await?;
    find(tx, PushBy::Company(company), now).await
}

async fn count(db: &mut Connection, company: CompanyId, outcome: &str, now: Millis) -> Result<()> {
    query(
        "INSERT INTO push_count (company_id, outcome, count, last_at) VALUES ($1, $2, 1, $3)
         ON CONFLICT (company_id, outcome) DO UPDATE SET
             count = push_count.count + 1, last_at = excluded.last_at",
    )
    .bind(company)
    .bind(outcome)
    .bind(signed(now))
    .execute(db)
    .await?;
    Ok(())
}

async fn counts(db: &mut Connection, company: CompanyId) -> Result<Vec<HookCount>> {
    let rows = query(
        "SELECT outcome, count, last_at FROM push_count WHERE company_id = $1 ORDER BY outcome",
    )
    .bind(company)
    .fetch_all(db)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(HookCount {
                name: row.try_get("outcome")?,
                count: unsigned(row.try_get("count")?, "count")?,
                last_at: unsigned(row.try_get("last_at")?, "last_at")?,
            })
        })
        .collect()
}

//! The check of the master key, and its rotation.

use super::{
    Backend, SqlStore,
    locks::claim_master_key,
    query::{Connection, query, scalar},
    tables::audit,
};
use crate::{
    seal::Purpose,
    store::{CompanyId, MasterKeyStore, Reseal, Result, StoreError},
};
use atsi_protocol::Millis;

#[async_trait::async_trait]
impl MasterKeyStore for SqlStore {
    async fn master_key_check(&self, offered: Option<&[u8]>) -> Result<Option<Vec<u8>>> {
        let mut tx = self.write().await?;
        if let Some(offered) = offered {
            query(
                "INSERT INTO master_key_check (id, sealed) VALUES (1, $1) ON CONFLICT DO NOTHING",
            )
            .bind(offered)
            .execute(&mut tx)
            .await?;
        }
        let sealed = scalar("SELECT sealed FROM master_key_check")
            .fetch_optional(&mut tx)
            .await?;
        tx.commit().await?;
        Ok(sealed)
    }

    async fn hold_master_key(&self, name: &str) -> Result<()> {
        match &self.backend {
            // The lock on the file keeps every other program away.
            Backend::Sqlite(_) => Ok(()),
            Backend::Postgres(postgres) => postgres.hold_master_key(name).await,
        }
    }

    async fn reseal(&self, reseal: Reseal<'_>, now: Millis) -> Result<u64> {
        let mut tx = self.write().await?;
        claim_master_key(&mut tx).await?;
        // A second rotation waits here, and then finds that its old key opens nothing.
        query("UPDATE master_key_check SET sealed = sealed")
            .execute(&mut tx)
            .await?;
        let mut values = 0;
        for (select, update, what) in [
            (
                "SELECT id, CAST(0 AS BIGINT) AS company_id, sealed, NULL AS subject FROM master_key_check",
                "UPDATE master_key_check SET sealed = $2 WHERE id = $1",
                Sealed::Check,
            ),
            (
                "SELECT company_id AS id, company_id, sealed_key AS sealed, NULL AS subject FROM connection",
                "UPDATE connection SET sealed_key = $2 WHERE company_id = $1",
                Sealed::Key,
            ),
            (
                "SELECT id, company_id, sealed_secret AS sealed, NULL AS subject FROM hook_secret",
                "UPDATE hook_secret SET sealed_secret = $2 WHERE id = $1",
                Sealed::Secret,
            ),
            (
                "SELECT id, company_id, sealed_secret AS sealed, NULL AS subject FROM callback_secret",
                "UPDATE callback_secret SET sealed_secret = $2 WHERE id = $1",
                Sealed::CallbackSecret,
            ),
            (
                "SELECT o.send_id AS id, o.company_id, o.sealed_profile AS sealed, s.idempotency_key AS subject
                 FROM outbox o JOIN send s ON s.id = o.send_id",
                "UPDATE outbox SET sealed_profile = $2 WHERE send_id = $1",
                Sealed::Profile,
            ),
            (
                "SELECT h.send_id AS id, h.company_id, h.sealed_profile AS sealed, s.idempotency_key AS subject
                 FROM held h JOIN send s ON s.id = h.send_id",
                "UPDATE held SET sealed_profile = $2 WHERE send_id = $1",
                Sealed::Profile,
            ),
            (
                "SELECT company_id AS id, company_id, sealed_secret AS sealed, NULL AS subject FROM push",
                "UPDATE push SET sealed_secret = $2 WHERE company_id = $1",
                Sealed::PushSecret,
            ),
            (
                "SELECT company_id AS id, company_id, sealed_previous AS sealed, NULL AS subject FROM push
                 WHERE sealed_previous IS NOT NULL",
                "UPDATE push SET sealed_previous = $2 WHERE company_id = $1",
                Sealed::PushSecret,
            ),
            (
                "SELECT id, coalesce(company_id, 0) AS company_id, sealed, intent AS subject FROM mail
                 WHERE sealed IS NOT NULL",
                "UPDATE mail SET sealed = $2 WHERE id = $1",
                Sealed::Mail,
            ),
        ] {
            values += reseal_table(&mut tx, select, update, what, reseal).await?;
        }
        values += reseal_resumes(&mut tx, reseal).await?;
        audit::record_audit(&mut tx, None, "operator", "master_key_rotated", None, now).await?;
        tx.commit().await?;
        Ok(values)
    }
}

#[derive(Clone, Copy)]
enum Sealed {
    Check,
    Key,
    Secret,
    PushSecret,
    CallbackSecret,
    Profile,
    Mail,
}

async fn reseal_table(
    db: &mut Connection,
    select: &'static str,
    update: &'static str,
    what: Sealed,
    reseal: Reseal<'_>,
) -> Result<u64> {
    let rows = query(select).fetch_all(&mut *db).await?;
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    for row in rows {
        let company: CompanyId = row.try_get("company_id")?;
        let sealed: Vec<u8> = row.try_get("sealed")?;
        let subject: Option<String> = row.try_get("subject")?;
        let purpose = match what {
            Sealed::Check => Purpose::MasterKeyCheck,
            Sealed::Key => Purpose::ApiKey,
            Sealed::Secret => Purpose::HookSecret,
            Sealed::PushSecret => Purpose::PushSecret,
            Sealed::CallbackSecret => Purpose::CallbackSecret,
            Sealed::Profile => Purpose::Profile {
                idempotency_key: subject.as_deref().unwrap_or_default(),
            },
            Sealed::Mail => Purpose::Mail {
                intent: subject.as_deref().unwrap_or_default(),
            },
        };
        let resealed =
            reseal(company, purpose, &sealed).map_err(|_| StoreError::Corrupt("a sealed value"))?;
        query(update)
            .bind(row.try_get::<i64>("id")?)
            .bind(resealed)
            .execute(&mut *db)
            .await?;
    }
    Ok(count)
}

/// Seals the files of résumés again, one by one because they are large.
async fn reseal_resumes(tx: &mut Connection, reseal: Reseal<'_>) -> Result<u64> {
    let ids: Vec<String> = scalar("SELECT id FROM resume").fetch_all(&mut *tx).await?;
    for id in &ids {
        let row = query("SELECT company_id, sealed FROM resume WHERE id = $1")
            .bind(id)
            .fetch_one(&mut *tx)
            .await?;
        let company: CompanyId = row.try_get("company_id")?;
        let sealed: Vec<u8> = row.try_get("sealed")?;
        let resealed = reseal(company, Purpose::Resume { id }, &sealed)
            .map_err(|_| StoreError::Corrupt("a sealed value"))?;
        query("UPDATE resume SET sealed = $2 WHERE id = $1")
            .bind(id)
            .bind(resealed)
            .execute(&mut *tx)
            .await?;
    }
    Ok(ids.len() as u64)
}

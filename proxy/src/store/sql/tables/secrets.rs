//! Secrets that are valid side by side for a while: those of web hooks and of callbacks.

use super::super::{
    query::{Connection, query},
    values::{optional_unsigned, signed, unsigned},
};
use crate::store::{CompanyId, Result, StoredSecret};
use atsi_protocol::Millis;

/// Reads the rows of `select`, which has `sealed_secret`, `created_at` and `valid_until` of the secrets of
/// company `$1` that are valid at `$2`.
pub async fn valid(
    db: &mut Connection,
    select: &'static str,
    company: CompanyId,
    now: Millis,
) -> Result<Vec<StoredSecret>> {
    let rows = query(select)
        .bind(company)
        .bind(signed(now))
        .fetch_all(db)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(StoredSecret {
                sealed: row.try_get("sealed_secret")?,
                created_at: unsigned(row.try_get("created_at")?, "created_at")?,
                valid_until: optional_unsigned(row, "valid_until")?,
            })
        })
        .collect()
}

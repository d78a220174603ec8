//! The outbox of mail.

use super::super::{
    query::{Connection, query},
    values::signed,
};
use crate::store::{NewMail, Result};
use atsi_protocol::Millis;

pub async fn put(db: &mut Connection, mail: NewMail<'_>, now: Millis) -> Result<bool> {
    let done = query(
        "INSERT INTO mail (company_id, intent, sealed, queued_at, drop_at, due_at)
         VALUES ($1, $2, $3, $4, $5, $4) ON CONFLICT (intent) DO NOTHING",
    )
    .bind(mail.company)
    .bind(mail.intent)
    .bind(mail.sealed)
    .bind(signed(now))
    .bind(signed(mail.drop_at))
    .execute(db)
    .await?;
    Ok(done == 1)
}

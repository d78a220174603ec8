//! Opens what a proxy, or an operator's command, needs first: the database and the master key.

use crate::{
    config::{Config, DatabaseUrl},
    seal::{self, MasterKeyError, NO_COMPANY, Purpose, Sealer, Unsealable},
    store::{SqlStore, Store, StoreError},
};
use std::{io, net::SocketAddr, sync::Arc};

/// The text that [`Purpose::MasterKeyCheck`] seals.
const CHECK_TEXT: &[u8] = b"atsi-proxy";

/// The reason for which the proxy, or a command, does not start: a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{0}")]
    Config(String),
    #[error(
        "Cannot listen on {address}: {source}. Is another proxy running? Choose another address with --listen."
    )]
    Listen {
        address: SocketAddr,
        source: io::Error,
    },
    #[error("{0}")]
    MasterKey(#[from] MasterKeyError),
    #[error(
        "The database was sealed with a master key other than the one in --master-key-file. Restore the right file from your copy."
    )]
    WrongMasterKey(#[from] Unsealable),
    #[error("{0}")]
    Store(#[from] StoreError),
    #[error("Cannot create the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    #[error("{0}")]
    Refused(String),
    #[error("{path}: {source}.")]
    File { path: String, source: io::Error },
}

/// Opens the database and brings its schema up to date.
///
/// # Errors
/// A sentence for the operator.
pub async fn open_store(config: &Config) -> Result<Arc<dyn Store>, StoreError> {
    Ok(match &config.database_url {
        DatabaseUrl::Sqlite(path) => Arc::new(SqlStore::open_sqlite(path).await?),
        DatabaseUrl::Postgres(options) => {
            Arc::new(SqlStore::open_postgres(options.as_ref().clone()).await?)
        }
    })
}

/// Opens the master key and checks that the database is sealed with it. Where a rotation was
/// interrupted after the database had changed, it puts the new key in place of the old one.
///
/// # Errors
/// A sentence for the operator.
pub async fn open_sealer(config: &Config, store: &dyn Store) -> Result<Sealer, StartError> {
    let path = &config.master_key_file;
    let stored = store.master_key_check(None).await?;
    let sealer = Sealer::from_file(path, stored.is_none())?;
    let sealed = match stored {
        Some(sealed) => sealed,
        None => {
            let offered = sealer.seal(NO_COMPANY, Purpose::MasterKeyCheck, CHECK_TEXT)?;
            store
                .master_key_check(Some(&offered))
                .await?
                .ok_or(Unsealable)?
        }
    };
    let opens = |sealer: &Sealer| sealer.open(NO_COMPANY, Purpose::MasterKeyCheck, &sealed);
    let Err(wrong) = opens(&sealer) else {
        return Ok(sealer);
    };
    let next = seal::next_key_file(path);
    if !next.exists() {
        return Err(wrong.into());
    }
    let sealer = Sealer::from_file(&next, false)?;
    opens(&sealer)?;
    seal::replace_key_file(path)?;
    tracing::warn!("an interrupted rotation of the master key was completed");
    Ok(sealer)
}

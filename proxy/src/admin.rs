//! What an operator does beside serving.

use crate::{
    clock::now,
    config::{Config, DatabaseUrl},
    seal::{self, MasterKeyError, Sealer, Unsealable, create_private},
    startup::{StartError, open_sealer, open_store},
    store::{self, CompanyId, SqliteStore, Store},
};
use std::{io, path::Path, sync::Arc};

/// Who runs a command on the proxy's own machine, in the audit.
const OPERATOR: &str = "operator";

/// All that the database holds of the company, as JSON; what is sealed is left out. A proxy over
/// SQLite may go on meanwhile.
///
/// # Errors
/// A sentence for the operator.
pub async fn export(config: &Config, company: Option<&str>) -> Result<String, StartError> {
    let store = open_beside(config).await?;
    let company = company_named(store.as_ref(), company).await?;
    let data = store.export(company, OPERATOR, now()).await?;
    store.close().await;
    Ok(format!("{:#}\n", serde_json::Value::Object(data)))
}

/// Deletes all that the database holds of the company but the audit; returns how many rows.
///
/// # Errors
/// A sentence for the operator.
pub async fn erase(config: &Config, company: Option<&str>) -> Result<u64, StartError> {
    let store = open_beside(config).await?;
    let company = company_named(store.as_ref(), company).await?;
    let rows = store.erase(company, OPERATOR, now()).await?;
    store.close().await;
    Ok(rows)
}

/// The audit, a row in each line: id, time in milliseconds since the Unix epoch, who, action and
/// what it was done to.
///
/// # Errors
/// A sentence for the operator.
pub async fn audit(config: &Config, company: Option<&str>) -> Result<String, StartError> {
    const PAGE: u32 = 1000;
    let store = open_beside(config).await?;
    let company = company_named(store.as_ref(), company).await?;
    let (mut lines, mut after) = (String::new(), 0);
    loop {
        let rows = store.audit(company, after, PAGE).await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        for row in rows {
            let subject = row.subject.unwrap_or_default();
            let line = format!(
                "{}\t{}\t{}\t{}\t{subject}",
                row.id, row.at, row.who, row.action
            );
            lines.push_str(line.trim_end());
            lines.push('\n');
        }
    }
    store.close().await;
    Ok(lines)
}

/// The company of a domain; without one, that of personal mode.
async fn company_named(store: &dyn Store, domain: Option<&str>) -> Result<CompanyId, StartError> {
    let accounts = store.accounts().await?;
    let found = domain.and_then(|domain| {
        (accounts.iter()).find(|account| account.domain.eq_ignore_ascii_case(domain))
    });
    if let Some(account) = found {
        return Ok(account.company);
    }
    let domains: Vec<_> = (accounts.iter())
        .map(|account| account.domain.as_str())
        .collect();
    let there_are = domains.join(", ");
    match domain {
        Some(domain) if accounts.is_empty() => Err(StartError::Refused(format!(
            "There is no company {domain}, as nobody has signed in yet."
        ))),
        Some(domain) => Err(StartError::Refused(format!(
            "There is no company {domain}. There are: {there_are}."
        ))),
        None if accounts.is_empty() => Ok(store.personal_company(now()).await?),
        None => Err(StartError::Refused(format!(
            "Say which company, with --company: {there_are}."
        ))),
    }
}

/// The database of an operator's command: there already, and perhaps in use.
async fn open_beside(config: &Config) -> Result<Arc<dyn Store>, StartError> {
    must_exist(config)?;
    Ok(match &config.database_url {
        DatabaseUrl::Sqlite(path) => Arc::new(SqliteStore::open_beside(path).await?),
        DatabaseUrl::Postgres(_) => open_store(config).await?,
    })
}

/// A mistyped name shall not make an empty database.
fn must_exist(config: &Config) -> Result<(), StartError> {
    match &config.database_url {
        DatabaseUrl::Sqlite(path) if !path.exists() => Err(StartError::File {
            path: path.display().to_string(),
            source: io::ErrorKind::NotFound.into(),
        }),
        _ => Ok(()),
    }
}

/// Makes a new master key and seals with it all that is sealed; returns how many values.
///
/// The new key is on disk beside the old one before the database changes in one transaction, and
/// takes the old one's place afterwards. Cut off in between, the next start finds the key that fits.
///
/// # Errors
/// A sentence for the operator. The old key still opens the database, or the next start completes
/// the change.
pub async fn rotate_master_key(config: &Config) -> Result<u64, StartError> {
    must_exist(config)?;
    let store = open_store(config).await?;
    let old = open_sealer(config, store.as_ref()).await?;
    let next = seal::next_key_file(&config.master_key_file);
    // Left by a rotation that was cut off before the database changed: a key like any other, if it
    // was written whole.
    let new = match Sealer::from_file(&next, true) {
        Err(MasterKeyError::WrongLength { path }) => {
            std::fs::remove_file(&next).map_err(|source| StartError::File { path, source })?;
            Sealer::from_file(&next, true)?
        }
        other => other?,
    };
    let values = store
        .reseal(
            &|company, purpose, sealed: &[u8]| -> Result<_, Unsealable> {
                new.seal(company, purpose, &old.open(company, purpose, sealed)?)
            },
            now(),
        )
        .await?;
    seal::replace_key_file(&config.master_key_file)?;
    store.close().await;
    Ok(values)
}

/// Copies the SQLite database into a new file while a proxy may be using it: the state of one
/// moment, readable by its owner only, in place once it is whole.
///
/// Sends that wait in the copy may have gone out by the time it is restored, so they are uncertain
/// there: a person or a web hook settles them, and none is sent twice.
///
/// # Errors
/// A sentence for the operator; `to` is then as it was.
pub async fn backup(config: &Config, to: &Path) -> Result<(), StartError> {
    let DatabaseUrl::Sqlite(from) = &config.database_url else {
        return Err(StartError::Refused(
            "Only an SQLite database is backed up by atsi-proxy. Use pg_dump for PostgreSQL."
                .to_owned(),
        ));
    };
    let file_error = |path: &Path| {
        let path = path.display().to_string();
        move |source| StartError::File { path, source }
    };
    if !from.exists() {
        return Err(file_error(from)(io::ErrorKind::NotFound.into()));
    }
    if to.exists() {
        return Err(file_error(to)(io::ErrorKind::AlreadyExists.into()));
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    let part = Path::new(&part);
    // A part that an interrupted backup left is of no use to anyone.
    match std::fs::remove_file(part) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(file_error(part)(error));
        }
        _ => {}
    }
    create_private(part).map_err(file_error(part))?;
    store::copy_sqlite(from, part, now()).await?;
    std::fs::File::open(part)
        .and_then(|file| file.sync_all())
        // Fails where another made the file meanwhile; renaming would overwrite it.
        .and_then(|()| std::fs::hard_link(part, to))
        .and_then(|()| std::fs::remove_file(part))
        .and_then(|()| seal::sync_folder_of(to))
        .map_err(file_error(to))
}

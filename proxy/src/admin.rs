//! The operator's commands, beside serving.

use crate::{
    clock::now,
    config::{Config, DatabaseUrl},
    seal::{self, MasterKeyError, Sealer, Unsealable, create_private},
    startup::{StartError, open_sealer, open_store},
    store::{self, CompanyId, SqlStore, Store},
};
use std::{io, path::Path, sync::Arc};

/// The person who runs a command on the proxy's own machine, in the audit.
const OPERATOR: &str = "operator";

/// Returns all that the database holds of the company, as JSON. Sealed values are left out. A proxy may be
/// using the database.
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

/// Deletes all that the database holds of the company except the audit; returns how many rows.
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

/// Returns the audit, one row a line, separated by tabs: id, time in milliseconds since the Unix epoch, who,
/// action, and the affected thing.
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

/// Returns the company of a domain; without a domain, that of personal mode.
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
    let all = domains.join(", ");
    match domain {
        Some(domain) if accounts.is_empty() => Err(StartError::Refused(format!(
            "There is no company {domain}, as nobody has signed in yet."
        ))),
        Some(domain) => Err(StartError::Refused(format!(
            "There is no company {domain}. There are: {all}."
        ))),
        None if accounts.is_empty() => Ok(store.personal_company(now()).await?),
        None => Err(StartError::Refused(format!(
            "Choose a company with --company: {all}."
        ))),
    }
}

/// Opens a database that exists already and may be in use.
async fn open_beside(config: &Config) -> Result<Arc<dyn Store>, StartError> {
    must_exist(config)?;
    Ok(match &config.database_url {
        DatabaseUrl::Sqlite(path) => Arc::new(SqlStore::open_sqlite_beside_a_proxy(path).await?),
        DatabaseUrl::Postgres(_) => open_store(config).await?,
    })
}

/// Fails for a file that does not exist: a mistyped name must not create an empty database.
fn must_exist(config: &Config) -> Result<(), StartError> {
    match &config.database_url {
        DatabaseUrl::Sqlite(path) if !path.exists() => Err(StartError::File {
            path: path.display().to_string(),
            source: io::ErrorKind::NotFound.into(),
        }),
        _ => Ok(()),
    }
}

/// Makes a new master key and seals every sealed value with it; returns how many values.
///
/// The new key is on disk beside the old one before the database changes in one transaction, and replaces the
/// old one afterwards. If this is interrupted, the next start finds the key that fits.
///
/// # Errors
/// A sentence for the operator. Either the old key still opens the database, or the next start completes the
/// change.
pub async fn rotate_master_key(config: &Config) -> Result<u64, StartError> {
    must_exist(config)?;
    let store = open_store(config).await?;
    let old = open_sealer(config, store.as_ref()).await?;
    let next = seal::next_key_file(&config.master_key_file);
    // A rotation that was interrupted before the database changed left this key. It is as good as a new one
    // if it was written completely.
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

/// Copies the SQLite database, as it is at one moment, into a new file while a proxy may be using it. The copy
/// is readable by its owner only, and has its name once it is complete.
///
/// Waiting sends may have left by the time the copy is restored, so they are uncertain in it: a person or a web
/// hook settles them, and none is sent twice.
///
/// # Errors
/// A sentence for the operator; `to` is unchanged then.
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
    // Nobody needs the part that an interrupted backup left.
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
        // Fails if somebody else made the file meanwhile; renaming would overwrite it.
        .and_then(|()| std::fs::hard_link(part, to))
        .and_then(|()| std::fs::remove_file(part))
        .and_then(|()| seal::sync_folder_of(to))
        .map_err(file_error(to))
}

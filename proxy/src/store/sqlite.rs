//! SQLite: one file, one writer, a pool of readers.

use super::{Accepted, Announcement, CompanyId, NewSend, Result, StoreError};
use crate::seal::create_private;
use atsi_protocol::Millis;
use sqlx::{
    ConnectOptions, Connection as _, Sqlite, SqlitePool, Transaction,
    pool::PoolConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    fs::{File, TryLockError},
    io::ErrorKind,
    path::Path,
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

// A write transaction is alone in the file, so rows need no locks of their own.
macro_rules! for_key_share {
    () => {
        ""
    };
}
macro_rules! for_update_of {
    ($table:literal) => {
        ""
    };
}
macro_rules! skip_locked_of {
    ($table:literal) => {
        ""
    };
}
macro_rules! json_numbers {
    ($parameter:literal) => {
        concat!("json_each(", $parameter, ")")
    };
}
macro_rules! json_texts {
    ($parameter:literal) => {
        concat!("json_each(", $parameter, ")")
    };
}

macro_rules! json_object {
    () => {
        "json_object"
    };
}

#[path = "sql/mod.rs"]
#[allow(
    clippy::duplicate_mod,
    reason = "the statements are compiled once for each database"
)]
mod sql;

type Connection = sqlx::SqliteConnection;
type Row = sqlx::sqlite::SqliteRow;
type ThisStore = SqliteStore;

const READERS: u32 = 4;
/// Sends that one commit accepts at the most.
const TOGETHER: usize = 64;

/// The whole installation in one SQLite file.
///
/// SQLite has one writer, and a deferred transaction that reads and then writes fails at once where
/// another wrote in between. So every write goes through one connection with `BEGIN IMMEDIATE`.
pub struct SqliteStore {
    writer: SqlitePool,
    readers: SqlitePool,
    intake: mpsc::Sender<Waiting>,
    /// Held for as long as the store lives: two proxies must not work on one file, since each takes
    /// the leases it finds at start for those of its dead predecessor.
    lock: File,
}

/// A send that waits to be accepted.
struct Waiting {
    company: CompanyId,
    new: NewSend,
    now: Millis,
    answer: oneshot::Sender<Result<Accepted>>,
}

impl SqliteStore {
    /// Opens the file, makes it where it is missing (readable by its owner only), and brings it to
    /// this version's schema.
    ///
    /// # Errors
    /// The file cannot be used, or another proxy uses it.
    pub async fn open(path: &Path) -> Result<Self> {
        Self::open_as(path, false).await
    }

    /// Opens it for an operator's command; the proxy that may be using it goes on.
    ///
    /// # Errors
    /// The file cannot be used, or a proxy of another version uses it.
    pub async fn open_beside(path: &Path) -> Result<Self> {
        Self::open_as(path, true).await
    }

    async fn open_as(path: &Path, may_share: bool) -> Result<Self> {
        let shown = path.display().to_string();
        let file_error = |source| StoreError::File {
            path: shown.clone(),
            source,
        };
        // SQLite gives its -wal and -shm files the rights of the main file.
        match create_private(path) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(file_error(error)),
        }
        let mut lock_path = path.as_os_str().to_owned();
        lock_path.push(".lock");
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path)
            .map_err(file_error)?;
        let is_shared = match lock.try_lock() {
            Ok(()) => false,
            Err(TryLockError::WouldBlock) if may_share => true,
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path: shown }),
            Err(TryLockError::Error(error)) => return Err(file_error(error)),
        };

        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(5))
            // A profile that was erased shall not be left in a free page.
            .pragma("secure_delete", "ON");
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .connect_with(options.clone())
            .await?;
        let migrations = sqlx::migrate!("migrations/sqlite");
        if is_shared {
            let newest: Option<i64> =
                sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations")
                    .fetch_one(&writer)
                    .await?;
            if newest != migrations.iter().map(|migration| migration.version).max() {
                return Err(StoreError::InUse { path: shown });
            }
        } else {
            migrations.run(&writer).await?;
        }
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .connect_with(options.read_only(true))
            .await?;
        if !is_shared {
            // The lock says that whoever held these leases is dead.
            sqlx::query(
                "UPDATE outbox SET lease_until = 0, lease_owner = NULL WHERE lease_until <> 0",
            )
            .execute(&writer)
            .await?;
        }
        let (intake, waiting) = mpsc::channel(TOGETHER);
        tokio::spawn(take_in_all(writer.clone(), waiting));
        Ok(Self {
            writer,
            readers,
            intake,
            lock,
        })
    }

    async fn write(&self) -> Result<Transaction<'static, Sqlite>> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// A commit takes a sync of the disk, whatever is in it: who comes while one is under way shares
    /// the next. Nobody is answered before it.
    async fn take_in(&self, company: CompanyId, new: NewSend, now: Millis) -> Result<Accepted> {
        let (answer, accepted) = oneshot::channel();
        let waiting = Waiting {
            company,
            new,
            now,
            answer,
        };
        let closed = || StoreError::Database(sqlx::Error::PoolClosed);
        self.intake.send(waiting).await.map_err(|_| closed())?;
        accepted.await.map_err(|_| closed())?
    }

    /// For a single statement that writes.
    async fn direct(&self) -> Result<PoolConnection<Sqlite>> {
        Ok(self.writer.acquire().await?)
    }

    async fn read(&self) -> Result<PoolConnection<Sqlite>> {
        Ok(self.readers.acquire().await?)
    }

    /// The process is alone with its file, and keeps the rate by itself.
    async fn next_turn(&self, _: CompanyId, _: Duration, _: u32) -> Result<Option<Duration>> {
        Ok(None)
    }

    async fn notify(&self, _: Announcement) -> Result<()> {
        Ok(())
    }

    async fn hear(&self) -> Result<Option<mpsc::Receiver<Announcement>>> {
        Ok(None)
    }

    /// The lock on the file keeps everybody else away.
    async fn keep_key(&self, _: &str) -> Result<()> {
        Ok(())
    }

    /// Whoever is alone is seen by nobody, and ended the leases of its predecessor at the start.
    async fn show(&self, _: &str) -> Result<()> {
        Ok(())
    }

    async fn bury(&self, _: Millis) -> Result<u64> {
        Ok(0)
    }

    async fn shut(&self) {
        self.readers.close().await;
        self.writer.close().await;
        // Held until here and freed now, though something may still hold on to the store.
        let _ = self.lock.unlock();
    }
}

/// Accepts sends for as long as the store is there.
async fn take_in_all(writer: SqlitePool, mut intake: mpsc::Receiver<Waiting>) {
    let mut waiting = Vec::new();
    while intake.recv_many(&mut waiting, TOGETHER).await > 0 {
        let (sends, answers): (Vec<_>, Vec<_>) = waiting
            .drain(..)
            .map(|one| ((one.company, one.new, one.now), one.answer))
            .unzip();
        match take_in_together(&writer, &sends).await {
            Ok(accepted) => {
                for (answer, accepted) in answers.into_iter().zip(accepted) {
                    // Who no longer waits asks again with the same key.
                    let _ = answer.send(accepted);
                }
            }
            Err(error) => {
                for answer in answers {
                    let _ = answer.send(Err(StoreError::Together(error.to_string())));
                }
            }
        }
    }
}

/// Each as if it were alone: what goes wrong with one is taken back, and nothing else.
async fn take_in_together(
    writer: &SqlitePool,
    sends: &[(CompanyId, NewSend, Millis)],
) -> Result<Vec<Result<Accepted>>> {
    let mut tx = writer.begin_with("BEGIN IMMEDIATE").await?;
    let mut answers = Vec::with_capacity(sends.len());
    for (company, new, now) in sends {
        let mut savepoint = tx.begin().await?;
        let accepted = sql::accept(&mut savepoint, *company, new, *now).await;
        if sql::is_kept(&accepted) {
            savepoint.commit().await?;
        } else {
            savepoint.rollback().await?;
        }
        answers.push(accepted);
    }
    tx.commit().await?;
    Ok(answers)
}

/// Copies the database at `from` into the empty file `to`, as it is at one moment; whoever uses it
/// goes on. Sends that wait in the copy are made to look dispatched, so that whoever starts from it
/// finds them uncertain, and applications are paused.
///
/// # Errors
/// The database cannot be read, `to` cannot be written, or the copy is not sound.
pub async fn copy_sqlite(from: &Path, to: &Path, now: Millis) -> Result<()> {
    let options = SqliteConnectOptions::new().busy_timeout(Duration::from_secs(5));
    let mut source = options
        .clone()
        .filename(from)
        .read_only(true)
        .connect()
        .await?;
    sqlx::query("VACUUM INTO $1")
        .bind(
            to.to_str()
                .ok_or(StoreError::Corrupt("the backup's name"))?,
        )
        .execute(&mut source)
        .await?;
    source.close().await?;
    let mut copy = options
        .filename(to)
        .journal_mode(SqliteJournalMode::Delete)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await?;
    sqlx::query(
        "UPDATE outbox SET lease_until = 0, lease_owner = NULL, dispatched_at = coalesce(dispatched_at, $1),
                first_dispatched_at = coalesce(first_dispatched_at, $1)",
    )
    .bind(i64::try_from(now).unwrap_or(i64::MAX))
    .execute(&mut copy)
    .await?;
    // An application that is held may have left since, too: a person looks before it does.
    sqlx::query("UPDATE jopwell_job SET applications = 'paused' WHERE applications = 'on'")
        .execute(&mut copy)
        .await?;
    // The same for mail: it may have left since.
    sqlx::query("UPDATE mail SET sealed = NULL")
        .execute(&mut copy)
        .await?;
    let sound: String = sqlx::query_scalar("PRAGMA integrity_check(1)")
        .fetch_one(&mut copy)
        .await?;
    copy.close().await?;
    if sound == "ok" {
        Ok(())
    } else {
        Err(StoreError::Corrupt("the copy of the database"))
    }
}

/// One writer at a time is SQLite's own rule.
async fn lock(_: &mut Connection, _: CompanyId, _: &str) -> Result<()> {
    Ok(())
}

async fn lock_company(_: &mut Connection, _: CompanyId) -> Result<()> {
    Ok(())
}

/// The lock on the file says that no proxy runs.
async fn claim_key(_: &mut Connection) -> Result<()> {
    Ok(())
}

/// A write transaction sees one state throughout.
async fn begin_snapshot(_: &mut Connection) -> Result<()> {
    Ok(())
}

/// Whatever was deleted leaves the file and its log: what SQLite moved from page to page, too.
async fn wipe(store: &SqliteStore) -> Result<()> {
    let mut writer = store.direct().await?;
    sqlx::query("VACUUM").execute(&mut *writer).await?;
    let is_busy: i64 = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)")
        .fetch_one(&mut *writer)
        .await?;
    if is_busy != 0 {
        tracing::warn!(
            "somebody reads the database, so its -wal file keeps what was deleted until it is next \
             checkpointed; erase once more, or restart the proxy"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::{NewConnection, Store};
    use super::*;

    #[tokio::test]
    async fn one_that_fails_among_several_is_taken_back_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("atsi.db"))
            .await
            .unwrap();
        let company = store.personal_company(1).await.unwrap();
        let connection = NewConnection {
            sealed_key: vec![1],
            masked_key: String::new(),
            service_user: String::new(),
            account_name: None,
            connected_by: None,
        };
        store
            .put_connection(company, connection, "somebody", 1)
            .await
            .unwrap();
        // Fails after the send itself was written.
        sqlx::query(
            "CREATE TRIGGER fails BEFORE INSERT ON claim WHEN NEW.external_id = 'fails'
             BEGIN SELECT RAISE(ABORT, 'as it was told to'); END",
        )
        .execute(&store.writer)
        .await
        .unwrap();
        let send = |key: &str, person: &str| {
            let new = NewSend {
                idempotency_key: key.to_owned(),
                request_fingerprint: vec![1],
                external_id: person.to_owned(),
                job_id: None,
                sent_by: None,
                resume: None,
                member: None,
                sealed_profile: vec![1],
            };
            (company, new, 1)
        };
        let sends = [
            send("k-1", "imani"),
            send("k-2", "fails"),
            send("k-3", "imani"),
            send("k-4", "ada"),
        ];
        let answers = take_in_together(&store.writer, &sends).await.unwrap();
        assert!(matches!(answers[0], Ok(Accepted::New(_))), "{answers:?}");
        assert!(
            matches!(answers[1], Err(StoreError::Database(_))),
            "{answers:?}"
        );
        assert!(
            matches!(answers[2], Ok(Accepted::Follows(_))),
            "{answers:?}"
        );
        assert!(matches!(answers[3], Ok(Accepted::New(_))), "{answers:?}");
        for (key, is_there) in [("k-1", true), ("k-2", false), ("k-4", true)] {
            let send = store.send(company, key, 1).await.unwrap();
            assert_eq!(send.is_some(), is_there, "{key}");
        }
        store.close().await;
    }
}

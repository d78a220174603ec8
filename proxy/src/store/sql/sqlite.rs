//! What only SQLite has: one file with one writer and a pool of readers, and commits that sends share.

use super::{query::Transaction, tables::intake};
use crate::{
    seal::create_private,
    store::{Accepted, CompanyId, NewSend, Result, StoreError},
};
use atsi_protocol::Millis;
use sqlx::{
    ConnectOptions, Connection as _, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    fs::{File, TryLockError},
    io::ErrorKind,
    path::Path,
    time::Duration,
};
use tokio::sync::{mpsc, oneshot};

const READERS: u32 = 4;
/// How many sends one commit accepts at most.
const TOGETHER: usize = 64;

/// The file of one proxy.
pub struct Sqlite {
    /// Has a single connection, through which every write goes.
    pub writer: SqlitePool,
    pub readers: SqlitePool,
    intake: mpsc::Sender<WaitingSend>,
    /// Held for as long as the store lives. Two proxies must not use one file, because each takes the
    /// leases it finds at start for those of its dead predecessor.
    lock: File,
}

/// A send that waits to be accepted.
struct WaitingSend {
    company: CompanyId,
    new: NewSend,
    now: Millis,
    answer: oneshot::Sender<Result<Accepted>>,
}

impl Sqlite {
    /// Opens the file. Where it is shared, a proxy may be using it and nothing is changed.
    pub async fn open(path: &Path, may_share: bool) -> Result<Self> {
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
            // Erased profiles must not be left in free pages.
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
            // The lock proves that the proxy that held these leases is gone.
            sqlx::query(
                "UPDATE outbox SET lease_until = 0, lease_owner = NULL WHERE lease_until <> 0",
            )
            .execute(&writer)
            .await?;
        }
        let (intake, waiting) = mpsc::channel(TOGETHER);
        tokio::spawn(accept_all(writer.clone(), waiting));
        Ok(Self {
            writer,
            readers,
            intake,
            lock,
        })
    }

    /// Accepts a send. Each commit costs a sync of the disk, so sends that arrive during one share the next
    /// commit. Nobody gets an answer before their commit.
    pub async fn accept(&self, company: CompanyId, new: NewSend, now: Millis) -> Result<Accepted> {
        let (answer, accepted) = oneshot::channel();
        let waiting = WaitingSend {
            company,
            new,
            now,
            answer,
        };
        let closed = || StoreError::Database(sqlx::Error::PoolClosed);
        self.intake.send(waiting).await.map_err(|_| closed())?;
        accepted.await.map_err(|_| closed())?
    }

    /// Removes deleted data from the file and its log, including copies that SQLite made while it moved
    /// pages.
    pub async fn wipe(&self) -> Result<()> {
        let mut writer = self.writer.acquire().await?;
        sqlx::query("VACUUM").execute(&mut *writer).await?;
        let is_busy: i64 = sqlx::query_scalar("PRAGMA wal_checkpoint(TRUNCATE)")
            .fetch_one(&mut *writer)
            .await?;
        if is_busy != 0 {
            tracing::warn!(
                "the database is being read, so its -wal file keeps deleted data until its next \
                 checkpoint; erase once more, or restart the proxy"
            );
        }
        Ok(())
    }

    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
        // Released now, even if something still holds the store.
        let _ = self.lock.unlock();
    }
}

/// Accepts sends until the store is dropped.
async fn accept_all(writer: SqlitePool, mut intake: mpsc::Receiver<WaitingSend>) {
    let mut waiting = Vec::new();
    while intake.recv_many(&mut waiting, TOGETHER).await > 0 {
        let (sends, answers): (Vec<_>, Vec<_>) = waiting
            .drain(..)
            .map(|one| ((one.company, one.new, one.now), one.answer))
            .unzip();
        match accept_together(&writer, &sends).await {
            Ok(accepted) => {
                for (answer, accepted) in answers.into_iter().zip(accepted) {
                    // A caller that no longer waits asks again with the same key.
                    let _ = answer.send(accepted);
                }
            }
            Err(error) => {
                for answer in answers {
                    let _ = answer.send(Err(StoreError::SharedCommit(error.to_string())));
                }
            }
        }
    }
}

/// Accepts each send as if it were alone: a failure takes back that send, and nothing else.
async fn accept_together(
    writer: &SqlitePool,
    sends: &[(CompanyId, NewSend, Millis)],
) -> Result<Vec<Result<Accepted>>> {
    let mut tx = Transaction::begin_sqlite(writer).await?;
    let mut answers = Vec::with_capacity(sends.len());
    for (company, new, now) in sends {
        tx.savepoint().await?;
        let accepted = intake::accept(&mut tx, *company, new, *now).await;
        if !intake::is_kept(&accepted) {
            tx.rollback_to_savepoint().await?;
        }
        tx.release_savepoint().await?;
        answers.push(accepted);
    }
    tx.commit().await?;
    Ok(answers)
}

/// Copies the database at `from` into the empty file `to`, as it is at one moment, while a proxy may be
/// using it. In the copy, waiting sends are marked as dispatched, so that a proxy that starts from it finds
/// them uncertain; applications are paused and mail is erased.
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
    // A held application may have left since, too; a person checks first.
    sqlx::query("UPDATE jopwell_job SET applications = 'paused' WHERE applications = 'on'")
        .execute(&mut copy)
        .await?;
    // Mail may have left since, too.
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

#[cfg(test)]
mod tests {
    use super::{
        super::{Backend, SqlStore},
        *,
    };
    use crate::store::{ConnectionStore as _, NewConnection, SendStore as _, Store as _};

    #[tokio::test]
    async fn failing_send_in_a_shared_commit_is_taken_back_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqlStore::open_sqlite(&folder.path().join("atsi.db"))
            .await
            .unwrap();
        let Backend::Sqlite(sqlite) = &store.backend else {
            panic!("an SQLite file is open")
        };
        let writer = &sqlite.writer;
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
             BEGIN SELECT RAISE(ABORT, 'as the test wants'); END",
        )
        .execute(writer)
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
        let answers = accept_together(writer, &sends).await.unwrap();
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

//! One implementation of [`Store`] for SQLite and PostgreSQL.
//!
//! The statements are written in the SQL that both have in common. [`dialect`] spells what differs,
//! [`query`] runs a statement on either, and [`sqlite`] and [`postgres`] hold what only one of them has.
//! A feature's file implements its trait, each method one transaction; the rows that several features
//! work on are in [`tables`].

mod dialect;
mod locks;
mod postgres;
mod query;
mod sqlite;
mod tables;
mod values;

mod accounts;
mod applications;
mod audit;
mod callbacks;
mod changes;
mod company_data;
mod connection_requests;
mod connections;
mod enrolment;
mod hooks;
mod invitations;
mod job_boards;
mod job_saves;
mod jobs;
mod mail;
mod master_key;
mod members;
mod outbox;
mod polls;
mod proxies;
mod pushes;
mod resumes;
mod retention;
mod sends;
mod sessions;
mod statuses;
mod write_backs;

pub use sqlite::copy_sqlite;

/// What becomes of each table's rows, for the tests of the schema.
pub mod inventory {
    pub use super::{
        company_data::{ERASED, EXPORTED, Exported, HIDDEN, KEPT_WHEN_ERASED},
        tables::people::{OnErase, OnMerge, PERSON_TABLES, PersonTable},
    };
}

use super::{Result, Store};
use postgres::Postgres;
use query::{Connection, Session, Transaction, query};
use sqlite::Sqlite;
use sqlx::postgres::PgConnectOptions;
use std::path::Path;

/// The database of a proxy.
pub struct SqlStore {
    backend: Backend,
}

enum Backend {
    /// The whole installation in one file, which one proxy uses.
    Sqlite(Sqlite),
    /// Any number of proxies side by side over one database.
    Postgres(Box<Postgres>),
}

impl SqlStore {
    /// Opens an SQLite file. Afterwards the file exists, readable by its owner only, with this version's
    /// schema, and the leases of the last proxy have ended.
    ///
    /// # Errors
    /// The file cannot be used, or another proxy uses it.
    pub async fn open_sqlite(path: &Path) -> Result<Self> {
        Ok(Self {
            backend: Backend::Sqlite(Sqlite::open(path, false).await?),
        })
    }

    /// Opens an SQLite file for an operator's command, while a proxy may be using it.
    ///
    /// # Errors
    /// The file cannot be used, or a proxy of another version uses it.
    pub async fn open_sqlite_beside_a_proxy(path: &Path) -> Result<Self> {
        Ok(Self {
            backend: Backend::Sqlite(Sqlite::open(path, true).await?),
        })
    }

    /// Connects to PostgreSQL. Afterwards the database has this version's schema; of several proxies that
    /// start together one changes it, and the others wait.
    ///
    /// # Errors
    /// The database cannot be reached, or its schema cannot be changed.
    pub async fn open_postgres(options: PgConnectOptions) -> Result<Self> {
        Ok(Self {
            backend: Backend::Postgres(Box::new(Postgres::open(options).await?)),
        })
    }

    /// Begins a transaction that may write.
    async fn write(&self) -> Result<Transaction> {
        Ok(match &self.backend {
            Backend::Sqlite(sqlite) => Transaction::begin_sqlite(&sqlite.writer).await?,
            Backend::Postgres(postgres) => Transaction::begin_postgres(&postgres.pool).await?,
        })
    }

    /// Returns a connection for a single statement that writes.
    async fn direct(&self) -> Result<Connection> {
        Ok(match &self.backend {
            Backend::Sqlite(sqlite) => {
                Connection::Sqlite(Session::Pooled(sqlite.writer.acquire().await?))
            }
            Backend::Postgres(postgres) => {
                Connection::Postgres(Session::Pooled(postgres.pool.acquire().await?))
            }
        })
    }

    /// Returns a connection for statements that only read.
    async fn read(&self) -> Result<Connection> {
        Ok(match &self.backend {
            Backend::Sqlite(sqlite) => {
                Connection::Sqlite(Session::Pooled(sqlite.readers.acquire().await?))
            }
            Backend::Postgres(postgres) => {
                Connection::Postgres(Session::Pooled(postgres.pool.acquire().await?))
            }
        })
    }
}

#[async_trait::async_trait]
impl Store for SqlStore {
    async fn check_writable(&self) -> Result<()> {
        let mut tx = self.write().await?;
        // A statement that really writes. The transaction is rolled back when it is dropped.
        query("UPDATE company SET created_at = created_at")
            .execute(&mut tx)
            .await?;
        Ok(())
    }

    async fn close(&self) {
        match &self.backend {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => postgres.close().await,
        }
    }
}

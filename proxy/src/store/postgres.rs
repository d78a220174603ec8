//! PostgreSQL: any number of proxies side by side over one database.

use super::{Accepted, Announcement, CompanyId, NewSend, Result, StoreError};
use atsi_protocol::Millis;
use sqlx::{
    Connection as _, PgConnection, PgPool, Postgres, Transaction,
    pool::PoolConnection,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

// A row that another proxy works on is passed over; what must not change meanwhile is held.
macro_rules! for_key_share {
    () => {
        " FOR KEY SHARE"
    };
}
macro_rules! for_update_of {
    ($table:literal) => {
        concat!(" FOR UPDATE OF ", $table)
    };
}
macro_rules! skip_locked_of {
    ($table:literal) => {
        concat!(" FOR NO KEY UPDATE OF ", $table, " SKIP LOCKED")
    };
}
macro_rules! json_numbers {
    ($parameter:literal) => {
        concat!(
            "(SELECT CAST(value AS BIGINT) AS value FROM json_array_elements_text(CAST(",
            $parameter,
            " AS json)))"
        )
    };
}
macro_rules! json_texts {
    ($parameter:literal) => {
        concat!("json_array_elements_text(CAST(", $parameter, " AS json))")
    };
}

macro_rules! json_object {
    () => {
        "json_build_object"
    };
}

#[path = "sql/mod.rs"]
#[expect(
    clippy::duplicate_mod,
    reason = "the statements are compiled once for each database"
)]
mod sql;

type Connection = sqlx::PgConnection;
type Row = sqlx::postgres::PgRow;
type ThisStore = PostgresStore;

const CONNECTIONS: u32 = 16;
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const CHANNEL: &str = "atsi";
/// The subject of the lock that every proxy shares and that a rotation has alone.
const MASTER_KEY: &str = "atsi-proxy master key";
const CHANGES_KEPT: usize = 1024;
/// How often a proxy makes sure that the others still see it.
const PRESENT_EVERY: Duration = Duration::from_secs(5);

pub struct PostgresStore {
    pool: PgPool,
    options: PgConnectOptions,
    /// Tasks that hold locks until `stopping`.
    held: Mutex<Vec<JoinHandle<()>>>,
    stopping: CancellationToken,
}

impl PostgresStore {
    /// Connects, and brings the database to this version's schema; of several proxies that start
    /// together one does, and the others wait.
    ///
    /// # Errors
    /// The database cannot be reached or is not ours to change.
    pub async fn open(options: PgConnectOptions) -> Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(CONNECT_WITHIN)
            .connect_with(options.clone())
            .await?;
        sqlx::migrate!("migrations/postgres").run(&pool).await?;
        Ok(Self {
            pool,
            options,
            held: Mutex::default(),
            stopping: CancellationToken::new(),
        })
    }

    async fn write(&self) -> Result<Transaction<'static, Postgres>> {
        Ok(self.pool.begin().await?)
    }

    /// PostgreSQL's own commits are grouped already.
    async fn take_in(&self, company: CompanyId, new: NewSend, now: Millis) -> Result<Accepted> {
        let mut tx = self.write().await?;
        let accepted = sql::accept(&mut tx, company, &new, now).await;
        if sql::is_kept(&accepted) {
            tx.commit().await?;
        }
        accepted
    }

    async fn direct(&self) -> Result<PoolConnection<Postgres>> {
        Ok(self.pool.acquire().await?)
    }

    async fn read(&self) -> Result<PoolConnection<Postgres>> {
        Ok(self.pool.acquire().await?)
    }

    /// Losing this lock by mistake does no harm: what had left is uncertain until its outcome comes
    /// after all, and what had not is dispatched by nobody twice.
    async fn show(&self, owner: &str) -> Result<()> {
        let lock = Lock {
            take: "SELECT pg_try_advisory_lock(hashtextextended($1, 1))",
            subject: owner.to_owned(),
        };
        self.hold(lock, self.options.clone()).await?;
        Ok(())
    }

    async fn keep_key(&self, name: &str) -> Result<()> {
        let lock = Lock {
            take: "SELECT pg_try_advisory_lock_shared(hashtextextended($1, 1))",
            subject: MASTER_KEY.to_owned(),
        };
        let options = self.options.clone().application_name(name);
        if self.hold(lock, options).await? {
            Ok(())
        } else {
            Err(StoreError::Rotating)
        }
    }

    /// Takes the lock in a session of its own: the server frees it the moment that the process is
    /// gone. False where another has it.
    async fn hold(&self, lock: Lock, options: PgConnectOptions) -> Result<bool> {
        let Some(mut connection) = lock.taken(&options).await? else {
            return Ok(false);
        };
        let stopping = self.stopping.clone();
        let holding = tokio::spawn(async move {
            loop {
                tokio::select! {
                    () = stopping.cancelled() => break,
                    () = sleep(PRESENT_EVERY) => {}
                }
                if connection.ping().await.is_err()
                    && let Ok(Some(again)) = lock.taken(&options).await
                {
                    connection = again;
                }
            }
            // Free before anyone is told that the store is closed. Where that fails, the session ends.
            let _ = sqlx::query("SELECT pg_advisory_unlock_all()")
                .execute(&mut connection)
                .await;
            let _ = connection.close().await;
        });
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(holding);
        Ok(true)
    }

    async fn bury(&self, now: Millis) -> Result<u64> {
        let owners: Vec<String> = sqlx::query_scalar(
            "SELECT DISTINCT lease_owner FROM outbox WHERE lease_until > $1 AND lease_owner IS NOT NULL",
        )
        .bind(sql::signed(now))
        .fetch_all(&self.pool)
        .await?;
        let mut ended = 0;
        for owner in owners {
            let mut tx = self.pool.begin().await?;
            let is_dead: bool =
                sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 1))")
                    .bind(&owner)
                    .fetch_one(&mut *tx)
                    .await?;
            if is_dead {
                let query = sqlx::query(
                    "UPDATE outbox SET lease_until = 0 WHERE lease_owner = $1 AND lease_until > 0",
                );
                ended += query.bind(&owner).execute(&mut *tx).await?.rows_affected();
            }
            tx.commit().await?;
        }
        Ok(ended)
    }

    async fn shut(&self) {
        self.stopping.cancel();
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        for holding in held {
            if let Err(error) = holding.await {
                tracing::error!(%error, "a lock was not given back; it ends with its session");
            }
        }
        self.pool.close().await;
    }

    /// Takes the company's next place, by the database's clock: as many as `burst` at once, then one
    /// each `interval`.
    async fn next_turn(
        &self,
        company: CompanyId,
        interval: Duration,
        burst: u32,
    ) -> Result<Option<Duration>> {
        let micros = |duration: Duration| i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        let wait: i64 = sqlx::query_scalar(
            "WITH clock AS (SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT) AS now)
             INSERT INTO rate (company_id, next_at) SELECT $1, clock.now - $3 + $2 FROM clock
             ON CONFLICT (company_id) DO UPDATE SET
                 next_at = greatest(rate.next_at + $2, excluded.next_at)
             RETURNING next_at - $2 - (SELECT clock.now FROM clock)",
        )
        .bind(company)
        .bind(micros(interval))
        .bind(micros(interval.saturating_mul(burst.saturating_sub(1))))
        .fetch_one(&self.pool)
        .await?;
        Ok(Some(Duration::from_micros(wait.max(0).unsigned_abs())))
    }

    async fn notify(&self, announcement: Announcement) -> Result<()> {
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(announcement.payload())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn hear(&self) -> Result<Option<mpsc::Receiver<Announcement>>> {
        let mut listener = listening(&self.pool).await?;
        let pool = self.pool.clone();
        let (sender, receiver) = mpsc::channel(CHANGES_KEPT);
        tokio::spawn(async move {
            loop {
                let notification = tokio::select! {
                    () = sender.closed() => return,
                    notification = listener.recv() => notification,
                };
                match notification {
                    Ok(notification) => {
                        if let Some(announcement) =
                            Announcement::from_payload(notification.payload())
                            && sender.send(announcement).await.is_err()
                        {
                            return;
                        }
                    }
                    // It connects again by itself, unless the database is away for longer. The workers look
                    // around meanwhile.
                    Err(error) => {
                        tracing::warn!(%error, "the other proxies are not heard for now");
                        listener = loop {
                            tokio::select! {
                                () = sender.closed() => return,
                                () = sleep(PRESENT_EVERY) => {}
                            }
                            if let Ok(again) = listening(&pool).await {
                                break again;
                            }
                        };
                    }
                }
            }
        });
        Ok(Some(receiver))
    }
}

async fn listening(pool: &PgPool) -> Result<PgListener> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// An advisory lock of a session.
struct Lock {
    /// Answers whether it was taken.
    take: &'static str,
    subject: String,
}

impl Lock {
    async fn taken(&self, options: &PgConnectOptions) -> Result<Option<PgConnection>> {
        let mut connection = PgConnection::connect_with(options).await?;
        let is_taken: bool = sqlx::query_scalar(self.take)
            .bind(&self.subject)
            .fetch_one(&mut connection)
            .await?;
        Ok(is_taken.then_some(connection))
    }
}

/// For as long as this transaction lasts no proxy starts; fails where one runs.
async fn claim_key(db: &mut Connection) -> Result<()> {
    let is_free: bool =
        sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 1))")
            .bind(MASTER_KEY)
            .fetch_one(&mut *db)
            .await?;
    if is_free {
        return Ok(());
    }
    let who: Vec<String> = sqlx::query_scalar(
        "SELECT concat(a.application_name, ' from ', coalesce(host(a.client_addr), 'the database''s own machine'))
         FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
         WHERE l.locktype = 'advisory' AND l.granted AND a.datname = current_database()
           AND ((CAST(l.classid AS BIGINT) << 32) | CAST(l.objid AS BIGINT)) = hashtextextended($1, 1)
         ORDER BY 1",
    )
    .bind(MASTER_KEY)
    .fetch_all(db)
    .await?;
    Err(StoreError::StillServed {
        who: who.join("; "),
    })
}

/// Whoever works on the same subject of the company waits here until this transaction ends.
async fn lock(db: &mut Connection, company: CompanyId, subject: &str) -> Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))")
        .bind(format!("{company} {subject}"))
        .execute(db)
        .await?;
    Ok(())
}

async fn lock_company(db: &mut Connection, company: CompanyId) -> Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock($1)")
        .bind(company)
        .execute(db)
        .await?;
    Ok(())
}

/// The transaction, which must not have begun to read, sees one state throughout.
async fn begin_snapshot(db: &mut Connection) -> Result<()> {
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        .execute(db)
        .await?;
    Ok(())
}

/// What was deleted leaves PostgreSQL's files when its own vacuum comes by.
async fn wipe(_: &PostgresStore) -> Result<()> {
    Ok(())
}

//! What only PostgreSQL has: locks that end with a session, notifications, and a shared rate.

use super::{
    locks::MASTER_KEY,
    query::{Transaction, query, scalar},
    values::signed,
};
use crate::store::{Announcement, CompanyId, Result, StoreError};
use atsi_protocol::Millis;
use sqlx::{
    Connection as _, PgConnection, PgPool,
    postgres::{PgConnectOptions, PgListener, PgPoolOptions},
};
use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::mpsc, task::JoinHandle, time::sleep};
use tokio_util::sync::CancellationToken;

const CONNECTIONS: u32 = 16;
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// The channel of notifications.
const CHANNEL: &str = "atsi";
/// Notifications that wait for this process.
const CHANGES_KEPT: usize = 1024;
/// How often a proxy checks that it still holds its locks.
const PRESENT_EVERY: Duration = Duration::from_secs(5);

/// The database of any number of proxies.
pub struct Postgres {
    pub pool: PgPool,
    options: PgConnectOptions,
    /// The tasks that hold locks until `stopping` is cancelled.
    held: Mutex<Vec<JoinHandle<()>>>,
    stopping: CancellationToken,
}

impl Postgres {
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

    /// Shows the other proxies that `owner` runs. Losing this lock by mistake does no harm: a send that had
    /// left is uncertain until its outcome arrives, and one that had not is dispatched once by another proxy.
    pub async fn show_presence(&self, owner: &str) -> Result<()> {
        let lock = Lock {
            take: "SELECT pg_try_advisory_lock(hashtextextended($1, 1))",
            subject: owner.to_owned(),
        };
        self.hold(lock, self.options.clone()).await?;
        Ok(())
    }

    /// Keeps the master key from being rotated until this process ends.
    pub async fn hold_master_key(&self, name: &str) -> Result<()> {
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

    /// Takes the lock in a session of its own, which the server ends as soon as the process is gone. Returns
    /// false where another session has the lock.
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
            // The lock is free before the store counts as closed. If this fails, it ends with the session.
            let _ = sqlx::query("SELECT pg_advisory_unlock_all()")
                .execute(&mut connection)
                .await;
            let _ = connection.close().await;
        });
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.push(holding);
        Ok(true)
    }

    /// Ends the leases of owners whose presence is no longer shown; returns how many.
    pub async fn expire_leases_of_dead_proxies(&self, now: Millis) -> Result<u64> {
        let mut tx = Transaction::begin_postgres(&self.pool).await?;
        let owners: Vec<String> = scalar(
            "SELECT DISTINCT lease_owner FROM outbox WHERE lease_until > $1 AND lease_owner IS NOT NULL",
        )
        .bind(signed(now))
        .fetch_all(&mut tx)
        .await?;
        tx.commit().await?;
        let mut ended = 0;
        for owner in owners {
            let mut tx = Transaction::begin_postgres(&self.pool).await?;
            let is_dead: bool = scalar("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 1))")
                .bind(&owner)
                .fetch_one(&mut tx)
                .await?;
            if is_dead {
                ended += query(
                    "UPDATE outbox SET lease_until = 0 WHERE lease_owner = $1 AND lease_until > 0",
                )
                .bind(&owner)
                .execute(&mut tx)
                .await?;
            }
            tx.commit().await?;
        }
        Ok(ended)
    }

    pub async fn close(&self) {
        self.stopping.cancel();
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        for holding in held {
            if let Err(error) = holding.await {
                tracing::error!(%error, "a lock was not released; it ends with its session");
            }
        }
        self.pool.close().await;
    }

    /// Takes the company's next place in the rate, by the database's clock, and returns how long to wait for
    /// it: `burst` places at once, then one each `interval`.
    pub async fn take_turn(
        &self,
        company: CompanyId,
        interval: Duration,
        burst: u32,
    ) -> Result<Duration> {
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
        Ok(Duration::from_micros(wait.max(0).unsigned_abs()))
    }

    /// Announces a change to every proxy that listens.
    pub async fn announce(&self, announcement: Announcement) -> Result<()> {
        sqlx::query("SELECT pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(announcement.payload())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Returns the announcements from now on.
    pub async fn listen(&self) -> Result<mpsc::Receiver<Announcement>> {
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
                    // The listener reconnects automatically unless the database is away for longer. The
                    // workers poll meanwhile.
                    Err(error) => {
                        tracing::warn!(%error, "notifications of the other proxies are interrupted");
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
        Ok(receiver)
    }
}

async fn listening(pool: &PgPool) -> Result<PgListener> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stopping.cancel();
    }
}

/// An advisory lock that belongs to a session.
struct Lock {
    /// Returns whether the lock was taken.
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

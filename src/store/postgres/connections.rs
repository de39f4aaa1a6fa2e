//! The connections that requests share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgExecutor, PgPool, PgPoolOptions, PgTransaction, Postgres};
use sqlx::{Connection, Executor, SqlSafeStr};
use tokio::sync::watch;
use tokio::time::timeout;

use super::dialect::{BEGIN_SHARED, CONFIGURE, IS_READ_ONLY};
use super::{DEADLINE, PATIENCE};
use crate::metrics;
use crate::store::PoolLoad;
use crate::store::sql::errors::{Result, unavailable};

/// The pool, as metrics name it.
const POOL: &str = "postgres";
/// How long a request waits for a connection.
const WAIT: Duration = PATIENCE;
/// How long it waits while the database is away or too many requests wait already, so that requests fail fast
/// and do not pile up.
const BRIEF_WAIT: Duration = Duration::from_millis(250);
/// A connection that was idle for this long is pinged before it is used.
const IDLE: Duration = Duration::from_secs(1);

/// When all open connections were last found to be broken. Connections opened before are closed instead of
/// used.
#[derive(Clone, Debug)]
pub(super) struct Replaced(watch::Sender<Option<Instant>>);

impl Default for Replaced {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Replaced {
    /// Marks all connections that are open now as broken, unless that has happened since `since`. If many
    /// calls fail at once, one mark is enough.
    pub(super) fn mark(&self, since: Instant) {
        self.0.send_if_modified(|at| {
            let is_new = at.is_none_or(|at| at < since);
            if is_new {
                *at = Some(Instant::now());
            }
            is_new
        });
    }

    /// Watches for marks from now on.
    pub(super) fn subscribe(&self) -> watch::Receiver<Option<Instant>> {
        self.0.subscribe()
    }

    /// Whether a connection of this age was already open at the last mark.
    fn covers(&self, age: Duration) -> bool {
        self.0.borrow().is_some_and(|at| at.elapsed() <= age)
    }
}

/// Refuses a read-only server: a demoted primary or a standby.
pub(super) async fn require_read_write(connection: impl PgExecutor<'_>) -> sqlx::Result<()> {
    let read_only: String = sqlx::query_scalar(IS_READ_ONLY).fetch_one(connection).await?;
    if read_only == "off" {
        return Ok(());
    }
    Err(sqlx::Error::Configuration("the database is read-only: DATABASE_URL must name the primary".into()))
}

/// A pool whose callers give up early while the database is away.
#[derive(Debug)]
pub(super) struct Connections {
    pool: PgPool,
    /// Whether the listening connection is lost: the first sign that the database is away.
    is_lost: watch::Receiver<bool>,
    /// Whether the last caller waited in vain.
    in_vain: AtomicBool,
    replaced: Replaced,
    /// Whether the pool belongs to the application.
    are_shared: bool,
    are_closed: AtomicBool,
}

impl Connections {
    pub(super) async fn open(
        options: PgConnectOptions,
        most: u32,
        is_lost: watch::Receiver<bool>,
        replaced: Replaced,
    ) -> sqlx::Result<Self> {
        let before = replaced.clone();
        let pool = PgPoolOptions::new()
            .max_connections(most)
            // Longer than any caller waits.
            .acquire_timeout(DEADLINE)
            .test_before_acquire(false)
            .before_acquire(move |connection, meta| {
                let is_replaced = before.covers(meta.age);
                Box::pin(async move {
                    if is_replaced {
                        return Ok(false);
                    }
                    if meta.idle_for > IDLE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(|connection, _| {
                Box::pin(async move {
                    require_read_write(&mut *connection).await?;
                    connection.execute(CONFIGURE).await.map(drop)
                })
            })
            .connect_with(options)
            .await?;
        Ok(Self::of(pool, is_lost, replaced, false))
    }

    /// Uses the application's pool.
    pub(super) fn shared(pool: PgPool, is_lost: watch::Receiver<bool>, replaced: Replaced) -> Self {
        Self::of(pool, is_lost, replaced, true)
    }

    fn of(pool: PgPool, is_lost: watch::Receiver<bool>, replaced: Replaced, are_shared: bool) -> Self {
        let (in_vain, are_closed) = (AtomicBool::default(), AtomicBool::default());
        Self { pool, is_lost, in_vain, replaced, are_shared, are_closed }
    }

    pub(super) fn load(&self) -> PoolLoad {
        PoolLoad::of(POOL, &self.pool)
    }

    pub(super) fn are_shared(&self) -> bool {
        self.are_shared
    }

    /// Closes every connection that is open now before it is used again, including the listening one, after a
    /// failure of a call that began at `since`.
    pub(super) fn replace(&self, since: Instant) {
        self.replaced.mark(since);
        // The database may be away until a connection has been opened.
        self.in_vain.store(true, Ordering::Relaxed);
    }

    pub(super) async fn get(&self) -> Result<PoolConnection<Postgres>> {
        if self.are_closed.load(Ordering::Relaxed) {
            return Err(unavailable("the store is closed"));
        }
        let is_away = *self.is_lost.borrow() || self.in_vain.load(Ordering::Relaxed);
        let since = Instant::now();
        let outcome = timeout(if is_away { BRIEF_WAIT } else { WAIT }, self.pool.acquire()).await;
        metrics::pool_wait(POOL, since.elapsed());
        self.in_vain.store(outcome.is_err(), Ordering::Relaxed);
        match outcome {
            Ok(outcome) => Ok(outcome?),
            Err(_elapsed) => Err(unavailable("no connection to the database is free, or it takes none")),
        }
    }

    pub(super) async fn begin(&self) -> Result<PgTransaction<'static>> {
        let connection = self.get().await?;
        // In its own task, because of sqlx 0.9: if its caller is cancelled while the transaction begins, sqlx
        // does not roll back, and the connection returns to the pool inside the transaction. If nobody takes
        // the task's transaction, it is dropped and rolled back.
        let statement = self.are_shared.then(|| BEGIN_SHARED.into_sql_str());
        let beginning = tokio::spawn(PgTransaction::begin(connection, statement));
        Ok(timeout(WAIT, beginning).await.map_err(unavailable)?.map_err(unavailable)??)
    }

    /// Waits for running queries, but not for a server that no longer answers.
    pub(super) async fn close(&self) {
        self.are_closed.store(true, Ordering::Relaxed);
        if !self.are_shared {
            let _ = timeout(PATIENCE, self.pool.close()).await;
        }
    }
}

//! The connections that requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgTransaction, Postgres};
use sqlx::{Connection, Executor};
use tokio::sync::watch;
use tokio::time::timeout;

use super::{DEADLINE, PATIENCE, Result, sql, unavailable};

/// How long a request waits for a connection.
const WAIT: Duration = PATIENCE;
/// How long it waits while the database is away or too many wait already: they are told at once, and do not pile up.
const BRIEF_WAIT: Duration = Duration::from_millis(250);
/// A connection that was idle for so long is asked whether it is still there before it is used.
const IDLE: Duration = Duration::from_secs(1);

/// A pool that gives up soon where waiting is no use.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    pool: PgPool,
    /// Whether the connection that hears of changes is lost, by which a database that goes is known first.
    is_lost: watch::Receiver<bool>,
    /// Whether the last one who waited did so in vain.
    in_vain: Arc<AtomicBool>,
}

impl Connections {
    pub(super) async fn open(
        options: PgConnectOptions,
        most: u32,
        is_lost: watch::Receiver<bool>,
    ) -> sqlx::Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(most)
            // Longer than anybody waits.
            .acquire_timeout(DEADLINE)
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > IDLE {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            .after_connect(|connection, _| {
                Box::pin(async move { connection.execute(sql::CONFIGURE).await.map(drop) })
            })
            .connect_with(options)
            .await?;
        Ok(Self { pool, is_lost, in_vain: Arc::default() })
    }

    pub(super) async fn get(&self) -> Result<PoolConnection<Postgres>> {
        self.wait_for(self.pool.acquire()).await
    }

    pub(super) async fn begin(&self) -> Result<PgTransaction<'static>> {
        self.wait_for(self.pool.begin()).await
    }

    async fn wait_for<T>(&self, connection: impl Future<Output = sqlx::Result<T>>) -> Result<T> {
        let is_away = *self.is_lost.borrow() || self.in_vain.load(Ordering::Relaxed);
        let outcome = timeout(if is_away { BRIEF_WAIT } else { WAIT }, connection).await;
        self.in_vain.store(outcome.is_err(), Ordering::Relaxed);
        match outcome {
            Ok(outcome) => Ok(outcome?),
            Err(_elapsed) => Err(unavailable("no connection to the database is free, or it takes none")),
        }
    }

    /// Finishes what is under way; a server that does not answer any more keeps nobody from stopping.
    pub(super) async fn close(&self) {
        let _ = timeout(PATIENCE, self.pool.close()).await;
    }
}

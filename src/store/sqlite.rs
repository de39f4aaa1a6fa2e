//! The embedded store: one file, one writer, many readers.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::sqlite::{
    SqliteArguments, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteRow, SqliteSynchronous,
};
use sqlx::{Connection, SqlSafeStr, Transaction};
use tokio::sync::broadcast;

use self::dialect::TEXTS;
#[cfg(unix)]
use self::generation::Generation;
use self::watching::{TRUSTED_FOR, Watching};
use super::migrations::migrations;
use super::session_cache::SessionCache;
use super::sql::errors::{Result, unavailable};
use super::sql::{Database, SqlStore, Statement, Value};
use crate::{Change, Changes, PoolLoad, StoreError, metrics};

mod backup;
mod dialect;
#[cfg(unix)]
mod generation;
mod watching;

/// How long a statement waits for a lock, and a call for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many changes are buffered for a slow receiver before it gets a gap.
const CHANGES_KEPT: usize = 1_024;

/// The names of the pools in metrics.
const READERS: &str = "sqlite_readers";
const WRITER: &str = "sqlite_writer";

/// Options of an [`SqliteStore`].
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    session_cache: usize,
}

impl SqliteOptions {
    /// How many sessions are cached by default.
    pub const SESSION_CACHE: usize = 100_000;

    /// Sets how many sessions are cached at most, one to two kilobytes each, so that requests are verified
    /// without a query. 0 turns the cache off. A cached answer is never older than a change that was
    /// answered, whichever process made it.
    #[must_use]
    pub fn session_cache(self, sessions: usize) -> Self {
        Self { session_cache: sessions }
    }
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self { session_cache: Self::SESSION_CACHE }
    }
}

/// Sessions in an SQLite file.
///
/// With WAL, readers continue beside the one writer, and `synchronous = full` makes an answered change survive a power
/// cut. Every change is one `begin immediate` transaction or one statement, so limits are exact.
///
/// It is for one node. A change that another process commits through a store, such as an operator's command,
/// is seen by the next read, and announced within a second as [`Change::Gap`]. A change by another program is
/// seen within a second too. Next to the file is a counter, `<file>-generation`, by which processes notice
/// each other's changes. Never remove it while one of them runs.
pub type SqliteStore = SqlStore<Sqlite>;

/// One SQLite file.
#[derive(Debug)]
pub struct Sqlite {
    writer: SqlitePool,
    readers: SqlitePool,
    changes: broadcast::Sender<Change>,
    watching: Watching,
    cache: Option<Arc<SessionCache>>,
    #[cfg(unix)]
    generation: Generation,
}

impl SqlStore<Sqlite> {
    /// Opens the database of a URL such as `sqlite://data/multi-session.db`, creates it with its folder if it
    /// is missing, and runs the migrations.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the URL is not one of a file, the file cannot be opened or a migration fails.
    pub async fn open(url: &str) -> Result<Self> {
        Self::open_with(url, &SqliteOptions::default()).await
    }

    /// The same with options.
    ///
    /// # Errors
    ///
    /// Same as [`SqliteStore::open`].
    pub async fn open_with(url: &str, options: &SqliteOptions) -> Result<Self> {
        Self::start(url, true, options).await
    }

    /// Opens an existing database and runs the migrations.
    ///
    /// # Errors
    ///
    /// Same as [`SqliteStore::open`], and when there is no such file.
    pub async fn open_existing(url: &str) -> Result<Self> {
        Self::start(url, false, &SqliteOptions::default()).await
    }

    async fn start(url: &str, create: bool, options: &SqliteOptions) -> Result<Self> {
        let session_cache = options.session_cache;
        let options = options_of(url)?;
        if create && let Some(folder) = options.get_filename().parent() {
            std::fs::create_dir_all(folder).map_err(unavailable)?;
        }
        let options = options
            .create_if_missing(create)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // Overwrite deleted rows, so that no part of the file contains an erased user.
            .pragma("secure_delete", "on")
            .busy_timeout(PATIENCE);
        let file = options.get_filename().to_owned();
        let readers = u32::try_from(std::thread::available_parallelism().map_or(2, usize::from)).unwrap_or(2);
        let connections = Arc::new(AtomicU64::default());
        let connected = Arc::clone(&connections);
        let writer = SqlitePoolOptions::new()
            .min_connections(1)
            .max_connections(1)
            .acquire_timeout(PATIENCE)
            // Keep the same connection: commits of others are detected relative to its own commits.
            .max_lifetime(None)
            .idle_timeout(None)
            .after_connect(move |_, _| {
                connected.fetch_add(1, Ordering::SeqCst);
                Box::pin(async { Ok(()) })
            })
            .after_release(|connection, _| Box::pin(is_clean(connection)))
            .connect_with(options.clone())
            .await?;
        migrations!("sqlite").run(&writer).await.map_err(unavailable)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(readers.max(2) * 2)
            .acquire_timeout(PATIENCE)
            .connect_with(options.read_only(true))
            .await?;
        let changes = broadcast::Sender::new(CHANGES_KEPT);
        // Processes notice each other's changes only on Unix.
        let cache = (cfg!(unix) && session_cache > 0).then(|| Arc::new(SessionCache::new(session_cache)));
        let watching = Watching::start(writer.clone(), connections, changes.clone(), cache.clone()).await?;
        let store = Self::new(Sqlite {
            writer,
            readers,
            changes,
            watching,
            cache,
            #[cfg(unix)]
            generation: Generation::open(&file).map_err(unavailable)?,
        });
        store.fill_email_keys().await?;
        Ok(store)
    }

    /// Returns SQLite's query plan of each statement, for the test that refuses scans.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when a statement does not compile.
    #[cfg(feature = "test-support")]
    pub async fn explain(&self) -> Result<Vec<(&'static str, Vec<String>)>> {
        let mut plans = Vec::new();
        for statement in Statement::ALL.iter().filter(|statement| !is_needless(**statement)) {
            let explain = sqlx::AssertSqlSafe(format!("explain query plan {}", TEXTS[*statement as usize]));
            let rows = sqlx::query(explain).fetch_all(&self.database().writer).await?;
            let details = rows.iter().map(|row| sqlx::Row::try_get(row, "detail"));
            plans.push((statement.name(), details.collect::<Result<_, _>>()?));
        }
        Ok(plans)
    }

    /// Runs statements like another program with access to the file.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when one fails.
    #[cfg(feature = "test-support")]
    pub async fn execute(&self, statements: &'static str) -> Result<()> {
        sqlx::raw_sql(statements).execute(&self.database().writer).await?;
        self.database().cache.iter().for_each(|cache| cache.clear());
        Ok(())
    }
}

impl Database for Sqlite {
    type Row = SqliteRow;
    type Connection = SqliteConnection;
    type Transaction = Transaction<'static, sqlx::Sqlite>;

    async fn read(&self, statement: Statement, values: &[Value<'_>]) -> Result<Vec<SqliteRow>> {
        let mut connection = acquire(&self.readers, READERS).await?;
        Ok(query(statement, values).fetch_all(&mut *connection).await?)
    }

    async fn write(&self, statement: Statement, values: &[Value<'_>]) -> Result<u64> {
        let mut connection = acquire(&self.writer, WRITER).await?;
        Ok(query(statement, values).execute(&mut *connection).await?.rows_affected())
    }

    async fn begin(&self) -> Result<Self::Transaction> {
        let connection = acquire(&self.writer, WRITER).await?;
        Ok(Transaction::begin(connection, Some("begin immediate".into_sql_str())).await?)
    }

    fn lend(connection: &mut SqliteConnection) -> crate::Transaction<'_> {
        crate::Transaction::Sqlite(connection)
    }

    fn lent<'a>(transaction: &'a mut crate::Transaction<'_>) -> Option<&'a mut SqliteConnection> {
        match transaction {
            crate::Transaction::Sqlite(connection) => Some(connection),
            _ => None,
        }
    }

    async fn fetch(
        &self,
        connection: &mut SqliteConnection,
        statement: Statement,
        values: &[Value<'_>],
    ) -> Result<Vec<SqliteRow>> {
        Ok(query(statement, values).fetch_all(connection).await?)
    }

    async fn execute(
        &self,
        connection: &mut SqliteConnection,
        statement: Statement,
        values: &[Value<'_>],
    ) -> Result<u64> {
        if is_needless(statement) {
            return Ok(0);
        }
        Ok(query(statement, values).execute(connection).await?.rows_affected())
    }

    /// Runs in its own task, because SQLite commits even if the caller is dropped while it waits.
    async fn commit(&self, transaction: Self::Transaction, changes: Vec<Change>) -> Result<()> {
        let listeners = self.changes.clone();
        let cache = self.cache.clone();
        let committing = tokio::spawn(async move {
            let outcome = transaction.commit().await;
            // Invalidate even if the outcome is unknown.
            cache.iter().for_each(|cache| cache.apply(&changes));
            outcome?;
            for change in changes {
                // Sending fails only without receivers.
                let _ = listeners.send(change);
            }
            Ok::<_, StoreError>(())
        });
        committing.await.map_err(unavailable)?
    }

    fn cache(&self) -> Option<&SessionCache> {
        self.cache.as_deref()
    }

    #[cfg(unix)]
    fn generation(&self, now: Instant) -> Option<u64> {
        let is_watched = self.watching.looked_at().is_some_and(|at| now < at + TRUSTED_FOR);
        self.generation.of_others().filter(|_| is_watched)
    }

    /// If the counter cannot be incremented, wait until every process has checked the database itself or no
    /// longer uses its cache.
    #[cfg(unix)]
    async fn settle(&self) {
        if !self.generation.count().await {
            tokio::time::sleep(TRUSTED_FOR).await;
        }
    }

    fn pools(&self) -> Vec<PoolLoad> {
        [(READERS, &self.readers), (WRITER, &self.writer)].map(|(name, pool)| PoolLoad::of(name, pool)).into()
    }

    async fn announce(&self, change: Change) -> Result<()> {
        let _ = self.changes.send(change);
        Ok(())
    }

    fn changes(&self) -> Changes {
        Changes::new(self.changes.subscribe())
    }

    async fn close(&self) {
        self.watching.stop();
        self.readers.close().await;
        self.writer.close().await;
    }

    /// Removes deleted rows from the WAL file. If a reader prevents that, a later checkpoint does it.
    async fn erase_remains(&self) -> Result<()> {
        sqlx::query("pragma wal_checkpoint(truncate)").execute(&self.writer).await?;
        Ok(())
    }
}

/// How the file of a URL is opened.
fn options_of(url: &str) -> Result<SqliteConnectOptions> {
    let options = SqliteConnectOptions::from_str(url).map_err(unavailable)?;
    if url.contains(":memory:") || options.get_filename() == Path::new("") {
        return Err(unavailable("an SQLite URL must name a file, as in sqlite://data/multi-session.db"));
    }
    Ok(options)
}

async fn acquire(pool: &SqlitePool, name: &'static str) -> Result<PoolConnection<sqlx::Sqlite>> {
    let since = Instant::now();
    let connection = pool.acquire().await;
    metrics::pool_wait(name, since.elapsed());
    Ok(connection?)
}

type Query = sqlx::query::Query<'static, sqlx::Sqlite, SqliteArguments>;

/// Whether the statement only locks, which `begin immediate` has already done.
fn is_needless(statement: Statement) -> bool {
    TEXTS[statement as usize].is_empty()
}

fn query(statement: Statement, values: &[Value<'_>]) -> Query {
    values.iter().fold(sqlx::query(TEXTS[statement as usize]), |query, value| match value {
        Value::Text(text) => query.bind(*text),
        Value::Integer(number) => query.bind(*number),
        Value::Boolean(is_so) => query.bind(*is_so),
        Value::Bytes(bytes) => query.bind(*bytes),
        Value::Texts(list) => query.bind(serde_json::Value::from_iter(list.iter().copied()).to_string()),
        Value::Integers(list) => query.bind(serde_json::Value::from_iter(list.iter().copied()).to_string()),
    })
}

/// Whether a connection can be used again.
///
/// SQLite itself rolls a transaction back when the disk is full or fails. sqlx then fails to roll it back,
/// assumes that the transaction is still open, and refuses the next one. Such a connection is closed.
async fn is_clean(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    // A rollback may still be in the connection's queue: this waits for it.
    connection.ping().await?;
    let is_clean = !connection.is_in_transaction();
    if !is_clean {
        tracing::warn!("a database connection was closed: its transaction could not be rolled back");
    }
    Ok(is_clean)
}

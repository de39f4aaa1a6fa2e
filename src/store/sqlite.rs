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

mod dialect;
#[cfg(unix)]
mod generation;
mod watching;

/// How long a statement waits for another one's lock, and a request for a connection.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many changes wait for a slow listener before it is told of a gap.
const CHANGES_KEPT: usize = 1_024;

/// The pools, as metrics name them.
const READERS: &str = "sqlite_readers";
const WRITER: &str = "sqlite_writer";

/// How an [`SqliteStore`] works.
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    session_cache: usize,
}

impl SqliteOptions {
    /// How many sessions are kept in memory by default.
    pub const SESSION_CACHE: usize = 100_000;

    /// Sets how many sessions are kept in memory at most, about two kilobytes each, so that requests are verified without a
    /// query; none with 0. What they are verified by is never older than a change that was answered, whichever process
    /// made it.
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
/// WAL lets readers go on beside the one writer, and `synchronous = full` makes an answered change survive a power
/// cut. Every change is one `begin immediate` transaction or one statement, so limits are exact.
///
/// It is for one node. What another process commits through a store, such as an operator's command, is seen by the next
/// read, and told within a second as [`Change::Gap`]. What another program commits is seen within a second too. Beside
/// the file is a counter, `<file>-generation`, by which processes hear of each other: never remove it while one runs.
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
    /// Opens the database of a URL such as `sqlite://data/multi-session.db`, made with its folder where it is
    /// missing, and brings its schema up to date.
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

    /// Opens a database that is there already, and brings its schema up to date.
    ///
    /// # Errors
    ///
    /// Same as [`SqliteStore::open`], and when there is no such file.
    pub async fn open_existing(url: &str) -> Result<Self> {
        Self::start(url, false, &SqliteOptions::default()).await
    }

    async fn start(url: &str, create: bool, options: &SqliteOptions) -> Result<Self> {
        let session_cache = options.session_cache;
        let options = SqliteConnectOptions::from_str(url).map_err(unavailable)?;
        if url.contains(":memory:") || options.get_filename() == Path::new("") {
            return Err(unavailable("an SQLite URL must name a file, as in sqlite://data/multi-session.db"));
        }
        if create && let Some(folder) = options.get_filename().parent() {
            std::fs::create_dir_all(folder).map_err(unavailable)?;
        }
        let options = options
            .create_if_missing(create)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            // What is deleted is overwritten: an erased user is in no part of the file.
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
            // One and the same for as long as it works: what others commit is seen against its own commits.
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
        // Processes hear of each other's changes on Unix only.
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

    /// Gives the plan of each statement, as SQLite explains it, for the test that refuses scans.
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

    /// Runs statements, as somebody else with access to the file would.
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

    /// Both run in a task of their own: the caller may be dropped while it waits, and SQLite commits all the same.
    async fn commit(&self, transaction: Self::Transaction, changes: Vec<Change>) -> Result<()> {
        let listeners = self.changes.clone();
        let cache = self.cache.clone();
        let committing = tokio::spawn(async move {
            let outcome = transaction.commit().await;
            // Whether it was made or not, where that is not known.
            cache.iter().for_each(|cache| cache.apply(&changes));
            outcome?;
            for change in changes {
                // Without listeners nobody hears it.
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

    /// Where it cannot be counted, every process has looked at the database itself meanwhile, or does not trust its memory.
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

    /// Nothing of a deleted row stays in the log beside the file; with a reader in the way it goes with a later checkpoint.
    async fn erase_remains(&self) -> Result<()> {
        sqlx::query("pragma wal_checkpoint(truncate)").execute(&self.writer).await?;
        Ok(())
    }
}

async fn acquire(pool: &SqlitePool, name: &'static str) -> Result<PoolConnection<sqlx::Sqlite>> {
    let since = Instant::now();
    let connection = pool.acquire().await;
    metrics::pool_wait(name, since.elapsed());
    Ok(connection?)
}

type Query = sqlx::query::Query<'static, sqlx::Sqlite, SqliteArguments>;

/// Whether it only locks, which `begin immediate` has done.
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
/// SQLite rolls a transaction back by itself when the disk is full or fails. sqlx then fails to roll it back, believes
/// the transaction to be open, and refuses the next one: such a connection is closed.
async fn is_clean(connection: &mut SqliteConnection) -> sqlx::Result<bool> {
    // A rollback may still be in the connection's queue: this waits for it.
    connection.ping().await?;
    let is_clean = !connection.is_in_transaction();
    if !is_clean {
        tracing::warn!("a database connection was closed: its transaction could not be rolled back");
    }
    Ok(is_clean)
}

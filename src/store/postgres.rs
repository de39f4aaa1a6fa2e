//! The store for several nodes: one PostgreSQL database.

use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::SqlStr;
use sqlx::postgres::{PgArguments, PgConnectOptions, PgConnection, PgPool, PgRow, PgTransaction};
#[cfg(feature = "test-support")]
use sqlx::{AssertSqlSafe, Executor};
use tokio::sync::broadcast;
use tokio::time::timeout;

use self::cluster::Cluster;
use self::connections::{Connections, Replaced};
use self::dialect::{NOTIFY, TEXTS};
use self::listening::{Listening, payloads};
use self::schema::Schema;
use super::session_cache::SessionCache;
use super::sql::errors::{Result, corrupt, database_error, unavailable};
use super::sql::{Database, Failure, SqlStore, Statement, Value};
use crate::{Change, Changes, PoolLoad, StoreError};

mod cluster;
mod connections;
mod dialect;
mod listening;
mod schema;
#[cfg(feature = "test-support")]
pub(crate) mod test_database;

/// The timeout of background queries. The server stops a statement after the same time (see `CONFIGURE`).
const PATIENCE: Duration = Duration::from_secs(5);
/// The timeout of any call. If the network is broken, the server never answers.
const DEADLINE: Duration = Duration::from_secs(8);
/// How many changes are buffered for a slow listener before it gets a gap instead.
const CHANGES_KEPT: usize = 1_024;

/// Sessions in a PostgreSQL database, which several nodes may share.
///
/// Every change is one transaction or one statement at the level "read committed". Changes that begin or end
/// sessions lock the rows of their users first. So limits are exact, and if two sessions end each other, one
/// wins. A call returns once its change is on disk: `synchronous_commit` is turned on if it is off. If the
/// connection is lost during a commit, the call returns an error, and the change was made completely or not
/// at all.
///
/// Nodes learn of each other's changes through `listen` and `notify`. A pooler in transaction mode does not
/// support these: connect to the database directly, or through a pooler in session mode.
pub type PostgresStore = SqlStore<Postgres>;

/// The schema of a [`PostgresStore`], and how many sessions it caches.
#[derive(Clone, Debug, Default)]
pub struct PostgresOptions {
    schema: Option<String>,
    session_cache: usize,
}

impl PostgresOptions {
    /// Puts tables and trigger functions into this schema, which is created if it is missing. The
    /// notification channel and advisory locks are named after it. So several installations and an
    /// application can share a database.
    ///
    /// A name has letters, digits, underscores and hyphens, at most 50. The default is the first schema in the
    /// connection's `search_path`: `public`, unless the URL or the role has another one.
    #[must_use]
    pub fn schema(self, name: &str) -> Self {
        Self { schema: Some(name.to_owned()), ..self }
    }

    /// Sets the maximum number of sessions kept in memory, one to two kilobytes each, so that requests are
    /// verified without a query. The default is 0.
    ///
    /// The cache is exact: after a change has returned on any node, no node verifies a request with older
    /// data. For this a change waits for every node that has a cache: some milliseconds normally, and 2.25
    /// seconds once for a node that has died. Nodes of older versions do not wait, so turn the cache on only
    /// when none is left.
    #[must_use]
    pub fn session_cache(self, sessions: usize) -> Self {
        Self { session_cache: sessions, ..self }
    }
}

/// The pool whose connections requests use.
enum Pool {
    /// The store's own pool, with this maximum number of connections.
    Own(u32),
    Shared(PgPool),
}

/// One PostgreSQL database.
#[derive(Debug)]
pub struct Postgres {
    /// The statements, with the name of the schema filled in.
    texts: Vec<SqlStr>,
    cluster: Arc<Cluster>,
    connections: Connections,
    changes: broadcast::Sender<Change>,
    listening: Listening,
}

impl SqlStore<Postgres> {
    /// The default number of a node's connections, not counting the one that listens.
    pub const CONNECTIONS: u32 = 16;

    /// Connects to the database of a URL such as `postgres://user:password@host/database`, brings its schema
    /// up to date, and opens at most `connections` connections.
    ///
    /// Add `?sslmode=verify-full` and `&sslrootcert=…` to require TLS and verify the server's certificate.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the URL is not one of PostgreSQL, the database does not answer or a migration fails.
    pub async fn open(url: &str, connections: u32) -> Result<Self> {
        Self::open_with(url, connections, &PostgresOptions::default()).await
    }

    /// The same with options.
    ///
    /// # Errors
    ///
    /// As [`PostgresStore::open`], and when the name of the schema is not allowed.
    pub async fn open_with(url: &str, connections: u32, options: &PostgresOptions) -> Result<Self> {
        let connect = PgConnectOptions::from_str(url).map_err(unavailable)?;
        let connect = match connect.get_application_name() {
            None => connect.application_name("multi-session"),
            Some(_) => connect,
        };
        Self::start(connect, Pool::Own(connections), options).await
    }

    /// Shares a pool and its database with the application.
    ///
    /// The store migrates and listens on its own connections, which have the pool's options. Everything else
    /// runs on the pool's connections. The store changes their isolation, durability and timeouts only inside
    /// its own transactions, and does not depend on their `search_path`. Replacing broken connections is left
    /// to the pool. [`Store::close`](crate::Store::close) does not close the pool.
    ///
    /// # Errors
    ///
    /// As [`PostgresStore::open_with`].
    ///
    /// # Examples
    ///
    /// ```no_run
    /// use multi_session::{PostgresOptions, PostgresStore};
    ///
    /// # async fn start(pool: sqlx::PgPool) -> Result<(), multi_session::StoreError> {
    /// let options = PostgresOptions::default().schema("multi_session");
    /// let store = PostgresStore::with_pool(pool, &options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn with_pool(pool: PgPool, options: &PostgresOptions) -> Result<Self> {
        Self::start((*pool.connect_options()).clone(), Pool::Shared(pool), options).await
    }

    async fn start(connect: PgConnectOptions, pool: Pool, options: &PostgresOptions) -> Result<Self> {
        let schema = Schema::migrate(&connect, options.schema.as_deref()).await?;
        let changes = broadcast::Sender::new(CHANGES_KEPT);
        let replaced = Replaced::default();
        let cluster = Arc::new(Cluster::new(&schema, options.session_cache));
        let (listening, is_lost) =
            Listening::start(connect.clone(), Arc::clone(&cluster), changes.clone(), replaced.clone())
                .await?;
        let connections = match pool {
            Pool::Own(most) => Connections::open(connect, most, is_lost, replaced).await?,
            Pool::Shared(pool) => Connections::shared(pool, is_lost, replaced),
        };
        let texts = TEXTS.iter().map(|text| schema.qualify(text)).collect();
        let store = Self::new(Postgres { texts, cluster, connections, changes, listening });
        store.fill_email_keys().await?;
        Ok(store)
    }

    /// Returns the plan of each statement on the store's connections. A test checks that no plan reads a whole
    /// table.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when a statement does not compile.
    #[cfg(feature = "test-support")]
    pub async fn explain(&self) -> Result<Vec<(&'static str, Vec<String>)>> {
        let mut connection = self.database().connections.get().await?.detach();
        let mut plans = Vec::new();
        for statement in Statement::ALL {
            let (name, text) = (statement.name(), self.database().texts[*statement as usize].as_str());
            // `lock` statements have no plan.
            if text.starts_with("lock ") {
                continue;
            }
            let count = (1..=12).filter(|number| text.contains(&format!("${number}"))).count();
            let arguments = vec!["null"; count].join(", ");
            let arguments = if count > 0 { format!("({arguments})") } else { arguments };
            connection.execute(AssertSqlSafe(format!("prepare {name} as {text}"))).await?;
            let explain = AssertSqlSafe(format!("explain execute {name}{arguments}"));
            let rows = sqlx::raw_sql(explain).fetch_all(&mut connection).await?;
            let steps = rows.iter().map(|row| sqlx::Row::try_get(row, 0)).collect::<Result<_, _>>()?;
            plans.push((name, steps));
        }
        Ok(plans)
    }
}

impl Database for Postgres {
    type Row = PgRow;
    type Connection = PgConnection;
    type Transaction = PgTransaction<'static>;

    async fn read(&self, statement: Statement, values: &[Value<'_>]) -> Result<Vec<PgRow>> {
        Ok(self.query(statement, values).fetch_all(&mut *self.connections.get().await?).await?)
    }

    async fn write(&self, statement: Statement, values: &[Value<'_>]) -> Result<u64> {
        if !self.connections.are_shared() {
            let mut connection = self.connections.get().await?;
            return Ok(self.query(statement, values).execute(&mut *connection).await?.rows_affected());
        }
        // On the application's connections, our settings apply only inside a transaction.
        let mut transaction = self.begin().await?;
        let changed = self.execute(&mut transaction, statement, values).await?;
        transaction.commit().await?;
        Ok(changed)
    }

    async fn begin(&self) -> Result<Self::Transaction> {
        self.connections.begin().await
    }

    fn lend(connection: &mut PgConnection) -> crate::Transaction<'_> {
        crate::Transaction::Postgres(connection)
    }

    fn lent<'a>(transaction: &'a mut crate::Transaction<'_>) -> Option<&'a mut PgConnection> {
        match transaction {
            crate::Transaction::Postgres(connection) => Some(connection),
            _ => None,
        }
    }

    async fn fetch(
        &self,
        connection: &mut PgConnection,
        statement: Statement,
        values: &[Value<'_>],
    ) -> Result<Vec<PgRow>> {
        Ok(self.query(statement, values).fetch_all(connection).await?)
    }

    async fn execute(
        &self,
        connection: &mut PgConnection,
        statement: Statement,
        values: &[Value<'_>],
    ) -> Result<u64> {
        Ok(self.query(statement, values).execute(connection).await?.rows_affected())
    }

    async fn commit(&self, mut transaction: Self::Transaction, changes: Vec<Change>) -> Result<()> {
        self.notify(&mut transaction, changes.clone()).await?;
        // Invalidate even if the outcome of the commit is unknown.
        let _invalidated = scopeguard::guard(changes, |changes| {
            self.cluster.cache().iter().for_each(|cache| cache.apply(&changes));
        });
        Ok(transaction.commit().await?)
    }

    fn cache(&self) -> Option<&SessionCache> {
        self.cluster.cache()
    }

    fn generation(&self, now: Instant) -> Option<u64> {
        self.cluster.generation(now)
    }

    async fn settle(&self) {
        self.cluster.settle(&self.connections).await;
    }

    fn pools(&self) -> Vec<PoolLoad> {
        vec![self.connections.load()]
    }

    fn waits(&self) -> u64 {
        self.cluster.waits()
    }

    async fn announce(&self, change: Change) -> Result<()> {
        self.notify(&mut *self.connections.get().await?, vec![change]).await
    }

    fn changes(&self) -> Changes {
        Changes::new(self.changes.subscribe())
    }

    async fn close(&self) {
        self.listening.stop().await;
        if !matches!(timeout(PATIENCE, self.cluster.leave(&self.connections)).await, Ok(Ok(()))) {
            tracing::warn!(
                "this node could not remove its lease: the next change of another node waits for it"
            );
        }
        self.connections.close().await;
    }

    /// Stops waiting for a call that takes too long. Then it is unknown whether a change was made.
    ///
    /// A connection error makes the pool replace all connections that are open now.
    async fn attempt<T: Send, E: Failure>(
        &self,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let since = Instant::now();
        let outcome = timeout(DEADLINE, call).await.map_err(unavailable)?;
        if let Err(error) = &outcome
            && error.store_error().is_some_and(is_of_connection)
        {
            self.connections.replace(since);
        }
        outcome
    }

    /// `serialization_failure` or `deadlock_detected`.
    fn is_conflict(error: &StoreError) -> bool {
        let code = database_error(error).and_then(|cause| cause.code());
        matches!(code.as_deref(), Some("40001" | "40P01"))
    }
}

type Query = sqlx::query::Query<'static, sqlx::Postgres, PgArguments>;

impl Postgres {
    fn query(&self, statement: Statement, values: &[Value<'_>]) -> Query {
        let query = sqlx::query(self.texts[statement as usize].clone());
        values.iter().fold(query, |query, value| match value {
            Value::Text(text) => query.bind(*text),
            Value::Integer(number) => query.bind(*number),
            Value::Boolean(is_so) => query.bind(*is_so),
            Value::Bytes(bytes) => query.bind(*bytes),
            Value::Texts(list) => query.bind(list.as_slice()),
            Value::Integers(list) => query.bind(list.as_slice()),
        })
    }

    async fn notify(&self, connection: &mut PgConnection, changes: Vec<Change>) -> Result<()> {
        let payloads = payloads(changes).map_err(corrupt)?;
        if !payloads.is_empty() {
            sqlx::query(NOTIFY)
                .bind(payloads)
                .bind(self.cluster.changes_channel())
                .execute(connection)
                .await?;
        }
        Ok(())
    }
}

/// Whether the error means that other open connections are broken too: the server was demoted
/// (`read_only_sql_transaction`), is stopping (`admin_shutdown`, `crash_shutdown`, `cannot_connect_now`) or
/// is unreachable (class 08, or no answer).
fn is_of_connection(error: &StoreError) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};

    if let Some(cause) = database_error(error) {
        let code = cause.code();
        let code = code.as_deref().unwrap_or_default();
        return code.starts_with("08") || matches!(code, "25006" | "57P01" | "57P02" | "57P03");
    }
    let (StoreError::Unavailable(cause) | StoreError::Corrupt(cause)) = error;
    let Some(sqlx::Error::Io(error)) = cause.downcast_ref() else { return false };
    // Only these kinds. For example, if the process has run out of file descriptors, open connections must be
    // kept.
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

#[cfg(test)]
mod tests {
    use super::TEXTS;

    /// The text up to the parenthesis that closes the one before it.
    fn closed(text: &str) -> &str {
        let mut open = 1;
        let end = text.find(|c| {
            open += i32::from(c == '(') - i32::from(c == ')');
            open == 0
        });
        &text[..end.unwrap_or(text.len())]
    }

    #[test]
    fn selections_with_a_limit_are_made_once() {
        for text in TEXTS {
            for selection in text.split(" in (select ").skip(1).map(closed) {
                assert!(!selection.contains(" limit "), "use in_first!: {text}");
            }
        }
    }
}

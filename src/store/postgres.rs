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

/// How long the database may take to answer what no request waits for; the server gives a statement no longer either
/// (see `CONFIGURE`).
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a call takes at most: a server behind a broken network says nothing at all.
const DEADLINE: Duration = Duration::from_secs(8);
/// How many changes wait for a slow listener before it is told of a gap.
const CHANGES_KEPT: usize = 1_024;

/// Sessions in a PostgreSQL database, which several nodes may share.
///
/// Every change is one transaction or one statement at the level "read committed". Those that begin or end sessions
/// lock the rows of their users first, so limits are exact, and of two sessions that end each other one wins. A change
/// is answered when it is in the database's log on the disk: `synchronous_commit` is turned on where it is off.
/// Where the connection is lost during a commit the outcome is unknown: that is an error, and the change was made
/// wholly or not at all.
///
/// Nodes hear of each other's changes by `listen` and `notify`, which a pooler in transaction mode does not carry:
/// connect to the database itself, or to a pooler in session mode.
pub type PostgresStore = SqlStore<Postgres>;

/// Where in a database a [`PostgresStore`] keeps what it has, and what it keeps in memory.
#[derive(Clone, Debug, Default)]
pub struct PostgresOptions {
    schema: Option<String>,
    session_cache: usize,
}

impl PostgresOptions {
    /// Puts tables and trigger functions into this schema, made where it is missing, and names the notification channel
    /// and advisory locks after it, so that several installations and an application can share a database.
    ///
    /// A name has letters, digits, underscores and hyphens, at most 50. The default is the first schema in the
    /// connection's `search_path`: `public`, unless the URL or the role has another one.
    #[must_use]
    pub fn schema(self, name: &str) -> Self {
        Self { schema: Some(name.to_owned()), ..self }
    }

    /// Sets how many sessions are kept in memory at most, about two kilobytes each, so that requests are verified without a
    /// query; none by default.
    ///
    /// What they are verified by is never older than a change that was answered, whichever node made it. A change waits
    /// for every node that keeps sessions: some milliseconds while they are well, and 2.25 seconds once for a node that
    /// has died. Nodes of an older version do not wait, so turn it on once there are none.
    #[must_use]
    pub fn session_cache(self, sessions: usize) -> Self {
        Self { session_cache: sessions, ..self }
    }
}

/// Whose connections requests use.
enum Pool {
    /// At most so many of our own.
    Own(u32),
    Shared(PgPool),
}

/// One PostgreSQL database.
#[derive(Debug)]
pub struct Postgres {
    /// The statements for the tables of our schema.
    texts: Vec<SqlStr>,
    cluster: Arc<Cluster>,
    connections: Connections,
    changes: broadcast::Sender<Change>,
    listening: Listening,
}

impl SqlStore<Postgres> {
    /// How many connections a node has by default, beside the one that listens.
    pub const CONNECTIONS: u32 = 16;

    /// Connects to the database of a URL such as `postgres://user:password@host/database`, brings its schema up to
    /// date, and keeps at most so many connections.
    ///
    /// `?sslmode=verify-full` and `&sslrootcert=…` hold it to TLS and to whom it talks.
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
    /// The store brings its schema up to date and listens on connections of its own, with the pool's options; all else
    /// runs on the pool's connections, whose settings it changes for its own transactions only: isolation, durability
    /// and timeouts. It does not depend on their `search_path`, and leaves it to the pool to replace connections that do
    /// not work any more. [`Store::close`](crate::Store::close) does not close the pool.
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

    /// Gives the plan of each statement for arguments that are not known, where every scan of a table is avoided that
    /// can be, for the test that refuses scans.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when a statement does not compile.
    #[cfg(feature = "test-support")]
    pub async fn explain(&self) -> Result<Vec<(&'static str, Vec<String>)>> {
        let mut connection = self.database().connections.get().await?.detach();
        connection.execute("set plan_cache_mode = force_generic_plan; set enable_seqscan = off").await?;
        let mut plans = Vec::new();
        for statement in Statement::ALL {
            let (name, text) = (statement.name(), self.database().texts[*statement as usize].as_str());
            // What locks a table has no plan.
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
        // Settings of ours hold within a transaction only.
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
        // Also where the outcome is not known.
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

    /// Gives up on a call that takes too long; whether a change was made is not known then.
    ///
    /// An error that is about the connection makes all connections of now be replaced.
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
    fn was_taken_back(error: &StoreError) -> bool {
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

/// Whether no connection of the same age can be expected to work: the server was demoted (`read_only_sql_transaction`),
/// stops (`admin_shutdown`, `crash_shutdown`, `cannot_connect_now`) or was lost (class 08, or no answer at all).
fn is_of_connection(error: &StoreError) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};

    if let Some(cause) = database_error(error) {
        let code = cause.code();
        let code = code.as_deref().unwrap_or_default();
        return code.starts_with("08") || matches!(code, "25006" | "57P01" | "57P02" | "57P03");
    }
    let (StoreError::Unavailable(cause) | StoreError::Corrupt(cause)) = error;
    let Some(sqlx::Error::Io(error)) = cause.downcast_ref() else { return false };
    // Not every one: where no file can be opened any more, the connections that there are must stay.
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)
}

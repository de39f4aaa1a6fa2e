//! The SQL store: transactions, rows and limits, written once for all databases.
//!
//! To add a database, implement [`Database`] in a file beside this one, and expand `every_statement!` with
//! the dialect's macros. `src/store/sqlite.rs` is the shorter example.

use std::fmt;
use std::ops::DerefMut;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use tracing::Instrument;

use super::session_cache::{SessionCache, Usable};
use super::{Alongside, ChangeContext, ChangeError, PoolLoad, SessionCacheStatistics, StoreError, locked};
use crate::{
    Change, Changes, DeviceKey, EndedReason, Error, Handle, HistoryKind, Purpose, SecretHash, SessionId,
    SignInMethod, Timestamp, UserId, metrics,
};

// First, because the modules below use its macros.
#[macro_use]
mod statements;

mod accounts;
mod email_keys;
pub(super) mod errors;
#[cfg(feature = "import-better-auth")]
mod import;
mod operators;
mod outbox;
pub(super) mod rows;
mod sessions;

use errors::Result;
pub(super) use rows::Columns;
pub(super) use statements::Statement;

/// An SQL database, as [`SqlStore`] uses it.
///
/// Statements that only lock may be empty if a transaction has the whole database for itself.
/// [`Database::execute`] then does nothing.
pub trait Database: fmt::Debug + Send + Sync + 'static {
    /// A row.
    type Row: Columns + Send + Sync;
    /// A connection.
    type Connection: Send;
    /// A transaction of a connection. Dropping it rolls it back.
    type Transaction: DerefMut<Target = Self::Connection> + Send;

    /// Reads rows.
    fn read(
        &self,
        statement: Statement,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Self::Row>>> + Send;

    /// Runs one statement in its own transaction, and returns how many rows it changed.
    fn write(&self, statement: Statement, values: &[Value<'_>]) -> impl Future<Output = Result<u64>> + Send;

    /// Begins a transaction.
    fn begin(&self) -> impl Future<Output = Result<Self::Transaction>> + Send;

    /// Lends the connection of a transaction to the caller of a change.
    fn lend(connection: &mut Self::Connection) -> crate::Transaction<'_>;

    /// The connection that was lent; `None` if it belongs to another database.
    fn lent<'a>(transaction: &'a mut crate::Transaction<'_>) -> Option<&'a mut Self::Connection>;

    /// Runs a statement in a transaction, and returns its rows.
    fn fetch(
        &self,
        connection: &mut Self::Connection,
        statement: Statement,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Self::Row>>> + Send;

    /// Runs a statement in a transaction, and returns how many rows it changed.
    fn execute(
        &self,
        connection: &mut Self::Connection,
        statement: Statement,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<u64>> + Send;

    /// Commits, and announces the changes once they are committed, even if the caller is dropped meanwhile.
    fn commit(
        &self,
        transaction: Self::Transaction,
        changes: Vec<Change>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// The session cache, which [`Database::commit`] and commits of others invalidate.
    fn cache(&self) -> Option<&SessionCache> {
        None
    }

    /// A counter of changes by others that the cache cannot attribute to users; `None` while the cache may
    /// not be used.
    fn generation(&self, _now: Instant) -> Option<u64> {
        None
    }

    /// Waits until no other process answers from the state before the changes that are committed now. A
    /// change is answered after that. A call that finds its change already made waits too, because the
    /// process that made it may have crashed before it was answered.
    fn settle(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// How many calls of [`Database::settle`] have waited for others.
    fn waits(&self) -> u64 {
        0
    }

    /// The pools of its connections.
    fn pools(&self) -> Vec<PoolLoad>;

    /// Announces a change that is in no row to all nodes.
    fn announce(&self, change: Change) -> impl Future<Output = Result<()>> + Send;

    /// The changes that are announced from now on.
    fn changes(&self) -> Changes;

    /// Finishes running calls and closes the database.
    fn close(&self) -> impl Future<Output = ()> + Send;

    /// Runs a call with the database's timeout, and reacts to its failure.
    fn attempt<T: Send, E: Failure>(
        &self,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> impl Future<Output = Result<T, E>> + Send {
        call
    }

    /// Whether the database rolled a change back because of a conflict, so that it can be retried.
    fn is_conflict(_error: &StoreError) -> bool {
        false
    }

    /// Removes the remains of deleted rows outside of the tables.
    fn erase_remains(&self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}

/// Why a call failed: an error of the store, or a refusal.
pub trait Failure: From<StoreError> + Send {
    /// The store's error, if it is what failed.
    fn store_error(&self) -> Option<&StoreError>;
}

impl Failure for StoreError {
    fn store_error(&self) -> Option<&StoreError> {
        Some(self)
    }
}

impl Failure for ChangeError {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Store(error) | Self::Alongside(Error::Store(error)) => Some(error),
            _ => None,
        }
    }
}

/// An argument of a statement.
#[derive(Debug)]
pub enum Value<'a> {
    /// A text or null.
    Text(Option<&'a str>),
    /// An integer or null.
    Integer(Option<i64>),
    /// A boolean.
    Boolean(bool),
    /// Bytes.
    Bytes(&'a [u8]),
    /// A list, for the dialect's `in_list!`.
    Texts(Vec<&'a str>),
    /// A list of integers.
    Integers(Vec<i64>),
}

macro_rules! values_of {
    ($($type:ty: $value:pat => $variant:ident($argument:expr);)*) => {
        $(impl<'a> From<$type> for Value<'a> {
            fn from($value: $type) -> Self {
                Self::$variant($argument)
            }
        })*
    };
}

values_of! {
    &'a str: text => Text(Some(text));
    &'a String: text => Text(Some(text));
    Option<&'a str>: text => Text(text);
    &'a UserId: id => Text(Some(id.as_str()));
    Option<&'a UserId>: id => Text(id.map(UserId::as_str));
    &'a SessionId: id => Text(Some(id.as_str()));
    Option<&'a SessionId>: id => Text(id.map(SessionId::as_str));
    &'a Handle: handle => Text(Some(handle.as_str()));
    EndedReason: reason => Text(Some(reason.as_str()));
    Purpose: purpose => Text(Some(purpose.as_str()));
    i64: number => Integer(Some(number));
    u32: number => Integer(Some(number.into()));
    Timestamp: at => Integer(Some(at.unix_ms()));
    Option<Timestamp>: at => Integer(at.map(Timestamp::unix_ms));
    Option<&'a SignInMethod>: method => Text(method.map(SignInMethod::as_str));
    bool: is_so => Boolean(is_so);
    &'a SecretHash: hash => Bytes(hash.as_bytes());
    &'a DeviceKey: key => Bytes(key.as_bytes());
    Vec<i64>: list => Integers(list);
    Vec<&'a str>: list => Texts(list);
    &'a [&'a Handle]: list => Texts(list.iter().map(|handle| handle.as_str()).collect());
    &'a [&'a SessionId]: list => Texts(list.iter().map(|id| id.as_str()).collect());
    &'a [SessionId]: list => Texts(list.iter().map(SessionId::as_str).collect());
    &'a [HistoryKind]: list => Texts(list.iter().map(|kind| kind.as_str()).collect());
}

/// The arguments of a statement, in the order of their numbers.
macro_rules! values {
    ($($value:expr),* $(,)?) => {
        &[$($crate::store::sql::Value::from($value)),*]
    };
}
use values;

/// How often a change is tried if the database rolls it back because of a conflict.
const TRIES: u32 = 3;

/// Sessions in an SQL database.
#[derive(Debug)]
pub struct SqlStore<D> {
    database: Arc<D>,
}

impl<D> Clone for SqlStore<D> {
    fn clone(&self) -> Self {
        Self { database: Arc::clone(&self.database) }
    }
}

impl<D: Database> SqlStore<D> {
    pub(super) fn new(database: D) -> Self {
        Self { database: Arc::new(database) }
    }

    #[cfg(feature = "test-support")]
    pub(super) fn database(&self) -> &D {
        &self.database
    }

    /// The statistics of the session cache, if there is one.
    pub fn session_cache(&self) -> Option<SessionCacheStatistics> {
        let cache = self.database.cache()?;
        Some(cache.statistics(self.database.waits()))
    }

    /// Lists every session in the order of creation, live or not, for the test of the limit.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails.
    #[cfg(feature = "test-support")]
    pub async fn order_of_creation(&self) -> Result<Vec<SessionId>> {
        self.list(Statement::OrderOfCreation, values![0_i64], rows::session_id).await
    }

    /// Reads rows.
    async fn list<T>(
        &self,
        statement: Statement,
        values: &[Value<'_>],
        read: impl Fn(&D::Row) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        self.read(statement, values).await?.iter().map(read).collect()
    }

    /// Reads at most one row.
    async fn find_one<T>(
        &self,
        statement: Statement,
        values: &[Value<'_>],
        read: impl Fn(&D::Row) -> Result<T> + Send,
    ) -> Result<Option<T>> {
        self.read(statement, values).await?.first().map(read).transpose()
    }

    async fn read(&self, statement: Statement, values: &[Value<'_>]) -> Result<Vec<D::Row>> {
        observed(statement.operation(), self.database.attempt(self.database.read(statement, values))).await
    }

    /// Makes a change that is not announced, and returns how many rows it changed.
    async fn write(&self, statement: Statement, values: &[Value<'_>]) -> Result<u64> {
        observed(statement.operation(), self.retrying(|| self.database.write(statement, values))).await
    }

    /// Makes a change in a transaction, and settles it. `operation` is its name for metrics and the log.
    async fn change<T: Send, E: Failure, F>(
        &self,
        operation: &'static str,
        change: impl Fn(Transaction<D>) -> F + Sync,
    ) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>> + Send,
    {
        observed(operation, self.settled(change)).await
    }

    async fn settled<T: Send, E: Failure, F>(
        &self,
        change: impl Fn(Transaction<D>) -> F + Sync,
    ) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>> + Send,
    {
        let affected = &Arc::new(Mutex::new(Affected::default()));
        let change = &change;
        let outcome =
            self.retrying(|| async move { change(self.begin(Arc::clone(affected)).await?).await }).await;
        // This wait is outside of the database's timeout, so that a committed change is reported as
        // committed.
        if outcome.is_ok() {
            self.settle(affected).await;
        }
        outcome
    }

    /// Retries a change that the database rolled back because of a conflict. It does not retry after a lost
    /// connection, because the outcome is then unknown.
    async fn retrying<T: Send, E: Failure, F>(&self, change: impl Fn() -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>> + Send,
    {
        let mut tries = 1;
        loop {
            match self.database.attempt(change()).await {
                Err(error) if tries < TRIES && error.store_error().is_some_and(D::is_conflict) => {
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    async fn begin(&self, affected: Arc<Mutex<Affected>>) -> Result<Transaction<D>> {
        Ok(Transaction {
            database: Arc::clone(&self.database),
            inner: self.database.begin().await?,
            affected,
        })
    }

    /// Waits until no process answers from the state before a change.
    async fn settle(&self, affected: &Mutex<Affected>) {
        let must_settle = locked(affected).invalidate(self.database.cache());
        if must_settle {
            self.database.settle().await;
        }
    }

    /// The session cache, if it may be used now.
    fn cached(&self) -> Option<Usable<'_>> {
        let cache = self.database.cache()?;
        let now = Instant::now();
        Some(cache.note(self.database.generation(now)?, now))
    }
}

/// Runs an operation of the store in its own span, and records its duration.
async fn observed<T, E: Failure>(
    operation: &'static str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let since = Instant::now();
    let outcome = work.instrument(tracing::debug_span!("store", operation)).await;
    let has_failed = outcome.as_ref().is_err_and(|error| error.store_error().is_some());
    metrics::store_operation(operation, since.elapsed(), has_failed);
    outcome
}

/// The transaction of a change. Dropping it rolls it back.
struct Transaction<D: Database> {
    database: Arc<D>,
    inner: D::Transaction,
    affected: Arc<Mutex<Affected>>,
}

/// The users that a change is about, even if it found nothing to change: another process may have made the
/// change and crashed before it was announced, so their sessions may be cached here in their old state.
#[derive(Debug, Default)]
struct Affected {
    users: Vec<UserId>,
    everybody: bool,
    has_committed: bool,
}

impl Affected {
    /// Invalidates their sessions. Returns whether others must know of the change before it is answered.
    fn invalidate(&self, cache: Option<&SessionCache>) -> bool {
        if let Some(cache) = cache {
            self.users.iter().for_each(|user| cache.invalidate(user));
            if self.everybody {
                cache.clear();
            }
        }
        self.has_committed || self.everybody || !self.users.is_empty()
    }
}

impl<D: Database> Transaction<D> {
    async fn execute(&mut self, statement: Statement, values: &[Value<'_>]) -> Result<u64> {
        self.database.execute(&mut self.inner, statement, values).await
    }

    async fn list<T>(
        &mut self,
        statement: Statement,
        values: &[Value<'_>],
        read: impl Fn(&D::Row) -> Result<T> + Send,
    ) -> Result<Vec<T>> {
        let rows = self.database.fetch(&mut self.inner, statement, values).await?;
        rows.iter().map(read).collect()
    }

    async fn find_one<T>(
        &mut self,
        statement: Statement,
        values: &[Value<'_>],
        read: impl Fn(&D::Row) -> Result<T> + Send,
    ) -> Result<Option<T>> {
        let rows = self.database.fetch(&mut self.inner, statement, values).await?;
        rows.first().map(read).transpose()
    }

    async fn exists(&mut self, statement: Statement, values: &[Value<'_>]) -> Result<bool> {
        Ok(!self.database.fetch(&mut self.inner, statement, values).await?.is_empty())
    }

    /// Runs the caller's work in this transaction.
    async fn alongside(
        &mut self,
        work: Option<&dyn Alongside>,
        change: ChangeContext<'_>,
    ) -> Result<(), ChangeError> {
        let Some(work) = work else { return Ok(()) };
        work.run(&mut D::lend(&mut self.inner), &change).await.map_err(ChangeError::Alongside)
    }

    /// Locks a user. Required before sessions begin or end.
    async fn lock_user(&mut self, user: &UserId) -> Result<()> {
        self.affects(user);
        self.execute(Statement::LockUser, values![user]).await.map(drop)
    }

    /// Records that the change is about a user.
    fn affects(&self, user: &UserId) {
        locked(&self.affected).users.push(user.clone());
    }

    /// Records that the change may be about unknown users.
    fn affects_everybody(&self) {
        locked(&self.affected).everybody = true;
    }

    /// Commits. The caller must settle the change before it answers.
    async fn commit(self, changes: Vec<Change>) -> Result<()> {
        locked(&self.affected).has_committed = true;
        self.database.commit(self.inner, changes).await
    }

    /// Commits changes that others need not know before they are answered: activity, and changes that no
    /// session shows.
    async fn commit_unseen(self, changes: Vec<Change>) -> Result<()> {
        *locked(&self.affected) = Affected::default();
        self.database.commit(self.inner, changes).await
    }
}

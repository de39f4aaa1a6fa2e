//! The store of every SQL database: its transactions, its rows and its limits are written once.
//!
//! To add a database, implement [`Database`] in a file of its own beside this one, and expand `every_statement!` with
//! the dialect's macros; `src/store/sqlite.rs` is the shorter example.

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

// First: its macros are known to what follows.
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

/// What an SQL database does for [`SqlStore`].
///
/// Statements that only lock may have no text where a transaction has the whole database for itself: then
/// [`Database::execute`] does nothing.
pub trait Database: fmt::Debug + Send + Sync + 'static {
    /// A row.
    type Row: Columns + Send + Sync;
    /// A connection.
    type Connection: Send;
    /// A transaction of a connection; it is rolled back when it is dropped.
    type Transaction: DerefMut<Target = Self::Connection> + Send;

    /// Reads rows.
    fn read(
        &self,
        statement: Statement,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Self::Row>>> + Send;

    /// Runs one statement in a transaction of its own, and gives how many rows it changed.
    fn write(&self, statement: Statement, values: &[Value<'_>]) -> impl Future<Output = Result<u64>> + Send;

    /// Begins a transaction.
    fn begin(&self) -> impl Future<Output = Result<Self::Transaction>> + Send;

    /// Lends the connection of a transaction to the caller of a change.
    fn lend(connection: &mut Self::Connection) -> crate::Transaction<'_>;

    /// The connection that was lent; `None` where it is another database's.
    fn lent<'a>(transaction: &'a mut crate::Transaction<'_>) -> Option<&'a mut Self::Connection>;

    /// Runs a statement in a transaction, and gives its rows.
    fn fetch(
        &self,
        connection: &mut Self::Connection,
        statement: Statement,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<Vec<Self::Row>>> + Send;

    /// Runs a statement in a transaction, and gives how many rows it changed.
    fn execute(
        &self,
        connection: &mut Self::Connection,
        statement: Statement,
        values: &[Value<'_>],
    ) -> impl Future<Output = Result<u64>> + Send;

    /// Commits, and tells of the changes if and when it is committed, also where the caller goes away meanwhile.
    fn commit(
        &self,
        transaction: Self::Transaction,
        changes: Vec<Change>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// The sessions that are kept in memory, invalidated by [`Database::commit`] and by what others commit.
    fn cache(&self) -> Option<&SessionCache> {
        None
    }

    /// Counts the changes of others of which the cache knows no more than that there were some; `None` while nothing may be
    /// answered from it.
    fn generation(&self, _now: Instant) -> Option<u64> {
        None
    }

    /// Waits until no other process answers from before what is committed now: a change is answered after that. So is a call
    /// that found its change made, since whoever made it may have died before.
    fn settle(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// How many calls of [`Database::settle`] had to wait for others.
    fn waits(&self) -> u64 {
        0
    }

    /// The pools of its connections.
    fn pools(&self) -> Vec<PoolLoad>;

    /// Tells all nodes of a change that is in no row.
    fn announce(&self, change: Change) -> impl Future<Output = Result<()>> + Send;

    /// Gives what is told from now on.
    fn changes(&self) -> Changes;

    /// Finishes what is under way and lets go of the database.
    fn close(&self) -> impl Future<Output = ()> + Send;

    /// Waits for a call as long as the database may take for one, and learns from its failure.
    fn attempt<T: Send, E: Failure>(
        &self,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> impl Future<Output = Result<T, E>> + Send {
        call
    }

    /// Whether the database took a change back in favour of another one, so that it can be tried anew.
    fn was_taken_back(_error: &StoreError) -> bool {
        false
    }

    /// Removes what is left of deleted rows outside the tables.
    fn erase_remains(&self) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }
}

/// Why a call failed: the store, or what the store was asked for.
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

/// How often a change is tried that the database took back in favour of another one.
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

    /// What was found in memory so far, where sessions are kept there.
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

    /// Reads the one row that there is at most.
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

    /// Makes a change that nobody is told of, and gives how many rows it changed.
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
        // Not within the time that the database may take: whatever was committed is answered as such.
        if outcome.is_ok() {
            self.settle(affected).await;
        }
        outcome
    }

    /// Tries a change anew that the database took back in favour of another one; a lost connection is no such thing, as
    /// then nobody knows what happened.
    async fn retrying<T: Send, E: Failure, F>(&self, change: impl Fn() -> F) -> Result<T, E>
    where
        F: Future<Output = Result<T, E>> + Send,
    {
        let mut tries = 1;
        loop {
            match self.database.attempt(change()).await {
                Err(error) if tries < TRIES && error.store_error().is_some_and(D::was_taken_back) => {
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

    /// Waits until nobody answers from before a change.
    async fn settle(&self, affected: &Mutex<Affected>) {
        let must_settle = locked(affected).invalidate(self.database.cache());
        if must_settle {
            self.database.settle().await;
        }
    }

    /// The sessions in memory, where they may be used now.
    fn cached(&self) -> Option<Usable<'_>> {
        let cache = self.database.cache()?;
        let now = Instant::now();
        Some(cache.note(self.database.generation(now)?, now))
    }
}

/// Waits for an operation of the store, in a span of its own, and notes how long it took.
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

/// A change that is being made; dropped, it is rolled back.
struct Transaction<D: Database> {
    database: Arc<D>,
    inner: D::Transaction,
    affected: Arc<Mutex<Affected>>,
}

/// Whose sessions a change is about, whether it found something to change or not: another process may have made it and died
/// before it told anybody, so that the sessions are still in memory here as they were.
#[derive(Debug, Default)]
struct Affected {
    users: Vec<UserId>,
    everybody: bool,
    has_committed: bool,
}

impl Affected {
    /// Invalidates their sessions; gives whether others must know before the change is answered.
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

    /// Runs what the caller does in this transaction.
    async fn alongside(
        &mut self,
        work: Option<&dyn Alongside>,
        change: ChangeContext<'_>,
    ) -> Result<(), ChangeError> {
        let Some(work) = work else { return Ok(()) };
        work.run(&mut D::lend(&mut self.inner), &change).await.map_err(ChangeError::Alongside)
    }

    /// Whoever begins or ends sessions holds the lock of their users.
    async fn lock_user(&mut self, user: &UserId) -> Result<()> {
        self.affects(user);
        self.execute(Statement::LockUser, values![user]).await.map(drop)
    }

    /// Notes that the change is about a user.
    fn affects(&self, user: &UserId) {
        locked(&self.affected).users.push(user.clone());
    }

    /// Notes that the change may be about users who are not known.
    fn affects_everybody(&self) {
        locked(&self.affected).everybody = true;
    }

    /// Commits; whoever made the change must settle it before it is answered.
    async fn commit(self, changes: Vec<Change>) -> Result<()> {
        locked(&self.affected).has_committed = true;
        self.database.commit(self.inner, changes).await
    }

    /// Commits what others need not know before this is answered: activity, and what shows in no session.
    async fn commit_unseen(self, changes: Vec<Change>) -> Result<()> {
        *locked(&self.affected) = Affected::default();
        self.database.commit(self.inner, changes).await
    }
}

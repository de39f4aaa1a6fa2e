//! The caller's own statements in the transaction of a change.

use async_trait::async_trait;

use crate::{Result, SessionId, Timestamp, UserId};

/// The open transaction of a change, for the caller's own statements in the same database.
///
/// Do not change the store's own tables: the change would not be announced, and sessions may be cached. In PostgreSQL the
/// planner's sequential scans, hash joins, merge joins and JIT are off for your statements, as they are for the store's.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "sqlite")]
/// # mod example {
/// use multi_session::{Alongside, ChangeContext, Error, Result, Transaction};
///
/// /// Stores a passkey with the session that it begins.
/// struct AddPasskey(Vec<u8>);
///
/// #[async_trait::async_trait]
/// impl Alongside for AddPasskey {
///     async fn run(&self, tx: &mut Transaction<'_>, change: &ChangeContext<'_>) -> Result<()> {
///         if let Transaction::Sqlite(connection) = tx {
///             sqlx::query("insert into passkeys (user_id, public_key) values ($1, $2)")
///                 .bind(change.user.as_str())
///                 .bind(&self.0)
///                 .execute(&mut **connection)
///                 .await?;
///         }
///         Ok(())
///     }
/// }
/// # }
/// ```
#[non_exhaustive]
pub enum Transaction<'a> {
    /// In a [`SqliteStore`](crate::SqliteStore).
    #[cfg(feature = "sqlite")]
    Sqlite(&'a mut sqlx::SqliteConnection),
    /// In a [`PostgresStore`](crate::PostgresStore).
    #[cfg(feature = "postgres")]
    Postgres(&'a mut sqlx::PgConnection),
    /// In a [`MemoryStore`](crate::MemoryStore).
    #[cfg(feature = "test-support")]
    Memory(&'a mut crate::MemoryTables),
    /// In a store of another crate.
    Other(&'a mut (dyn std::any::Any + Send)),
}

/// Work of the caller that runs in the transaction of a change. Both are stored, or neither.
///
/// It may run more than once, because PostgreSQL may ask to retry a transaction. So do nothing that cannot be rolled
/// back, and use the database only through this transaction: another connection would wait for it.
#[async_trait]
pub trait Alongside: Send + Sync {
    /// Runs the statements.
    ///
    /// # Errors
    ///
    /// Any error makes the change fail, and nothing is stored. `?` turns an error of sqlx into
    /// [`Error::Store`](crate::Error::Store), so that a retry is recognized. Use
    /// [`Error::alongside`](crate::Error::alongside) for any other error.
    async fn run(&self, tx: &mut Transaction<'_>, change: &ChangeContext<'_>) -> Result<()>;
}

/// What is known about the change that an [`Alongside`] is part of.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct ChangeContext<'a> {
    /// The user.
    pub user: &'a UserId,
    /// The session that begins, that acts, or that is reported.
    pub session: Option<&'a SessionId>,
    /// When it happens.
    pub now: Timestamp,
    /// Whether the user was stored with this change.
    pub is_new_user: bool,
    /// Whether a session begins in a browser in which the user never signed in before.
    pub is_new_device: bool,
    /// Whether the user was locked before this change.
    pub was_locked: bool,
    /// Whether the user was imported with two-factor authentication and no operator has waived it.
    pub needs_two_factor: bool,
}

impl<'a> ChangeContext<'a> {
    /// A context with defaults for everything else.
    pub const fn new(user: &'a UserId, session: Option<&'a SessionId>, now: Timestamp) -> Self {
        Self {
            user,
            session,
            now,
            is_new_user: false,
            is_new_device: false,
            was_locked: false,
            needs_two_factor: false,
        }
    }
}

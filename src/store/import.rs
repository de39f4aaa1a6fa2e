//! Importing users and sessions of another system.

use async_trait::async_trait;

use super::StoreError;
use crate::{SecretHash, Session, Timestamp, User, UserId};

/// The result of importing a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// It is new.
    New,
    /// It existed, and was updated from the source.
    Updated,
    /// It existed and stays: it is the same, or was changed here since.
    Unchanged,
}

/// Why a row was not imported.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ImportRowError {
    /// Another user has the email.
    #[error("another user has its email")]
    EmailTaken,
    /// Its user does not exist here.
    #[error("its user does not exist here")]
    UnknownUser,
    /// Another session has the handle.
    #[error("another session has its token")]
    HandleTaken,
    /// An operator has disabled its user here.
    #[error("its user is disabled here")]
    UserDisabled,
    /// The store failed, and with it the whole import.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The restrictions of a user in the source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportedRestrictions {
    /// Whether the user is banned in the source.
    pub is_banned: bool,
    /// Whether the password alone does not sign the user in.
    pub needs_two_factor: bool,
}

/// The result of importing the restrictions of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Restricted {
    /// How many sessions ended, as the user is disabled from now on.
    pub ended: u64,
    /// Whether the user is still disabled here although the ban in the source has ended.
    pub is_still_disabled: bool,
}

/// A session of another system.
#[derive(Clone, Debug)]
pub struct ImportedSession {
    /// The session; it was last active when it was last updated.
    pub session: Session,
    /// What the cookie's secret will be compared with.
    pub secret_hash: SecretHash,
    /// Whether the cookie stays when the browser is closed.
    pub remember: bool,
}

/// A store into which rows of another system can be imported.
#[async_trait]
pub trait ImportStore: Send + Sync {
    /// Begins the transaction of an import.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails.
    async fn begin_import(&self, now: Timestamp) -> Result<Box<dyn Import>, StoreError>;
}

/// One import: a transaction that is committed at its end, or rolled back when it is dropped.
///
/// A refused row changes nothing, and the import can continue with the next one.
///
/// # Errors
///
/// [`ImportRowError`] when a row is refused or the store fails, and [`StoreError`] from methods without a row.
#[async_trait]
pub trait Import: Send {
    /// Imports a user, or updates the profile if it is newer.
    async fn user(&mut self, user: &User) -> Result<ImportOutcome, ImportRowError>;

    /// Applies the other system's restrictions to an imported user.
    ///
    /// A user who is banned there is disabled here once: if an operator enables the user again, a later import does not
    /// disable them, and no import enables anybody. Two-factor authentication follows the other system until an operator
    /// waives it.
    async fn restrict(
        &mut self,
        user: &UserId,
        restrictions: ImportedRestrictions,
    ) -> Result<Restricted, ImportRowError>;

    /// Imports a password hash as it is. A hash that this system has created since stays.
    async fn password(
        &mut self,
        user: &UserId,
        hash: &str,
        updated_at: Timestamp,
    ) -> Result<ImportOutcome, ImportRowError>;

    /// Imports a live session, or extends it if its expiry in the source is later. An ended session stays
    /// ended, and sessions of a user who is disabled here are refused.
    async fn session(&mut self, session: &ImportedSession) -> Result<ImportOutcome, ImportRowError>;

    /// Ends sessions from earlier imports that this import did not find and that nobody has used here,
    /// because they have ended in the source.
    async fn end_gone(&mut self) -> Result<u64, StoreError>;

    /// Commits the import.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

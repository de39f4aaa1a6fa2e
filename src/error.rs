//! What can go wrong.

use std::sync::Arc;
use std::time::Duration;

use crate::{Code, DeviceChoice, SignInMethod, SignInTicket, StoreError};

/// The result of what may be refused or fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was refused or failed; [`Error::code`] is what clients see.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request itself is refused.
    #[error("refused: {0}")]
    Refused(Code),
    /// The person proved too long ago who they are to do that: verify them and call [`Sessions::prove`].
    ///
    /// [`Sessions::prove`]: crate::Sessions::prove
    #[error("the session is not fresh")]
    SessionNotFresh {
        /// The proofs that are accepted, as configured; empty where none is: then only a new sign-in is fresh.
        proofs: Vec<SignInMethod>,
    },
    /// The person proved who they are, but is signed in on as many devices as allowed: let them choose one that gives way,
    /// and call [`Sessions::begin_instead`], or `Accounts::sign_in_instead` where the password is ours.
    ///
    /// [`Sessions::begin_instead`]: crate::Sessions::begin_instead
    #[error("the user has as many sessions as allowed")]
    LimitReached {
        /// What signs in, once, in place of a device.
        ticket: SignInTicket,
        /// The devices.
        choice: Box<DeviceChoice>,
    },
    /// A credential of the user has changed since the proof was checked: check it again.
    #[error("a credential has changed since the proof was checked")]
    ProofOutdated,
    /// Too many passwords wait to be checked.
    #[error("too many passwords are waiting to be checked")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// Too many tries with a wrong password: this one was not looked at.
    #[error("too many failed attempts")]
    Throttled {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// A password could not be hashed or a stored hash could not be read.
    #[error("password hashing failed: {0}")]
    Password(String),
    /// The caller's own work in a transaction failed.
    #[error("the caller's work in the transaction failed")]
    Alongside(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// Why the caller's own work in a transaction failed, for an [`Alongside`](crate::Alongside).
    pub fn alongside(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Alongside(cause.into().into())
    }

    /// The stable name of what went wrong.
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(code) => *code,
            Self::SessionNotFresh { .. } => Code::SessionNotFresh,
            Self::LimitReached { .. } => Code::MaximumSessionsReached,
            Self::ProofOutdated => Code::Unauthorized,
            Self::Throttled { .. } => Code::TooManyRequests,
            Self::Busy { .. } => Code::ServerBusy,
            Self::Store(StoreError::Unavailable(_)) => Code::ServiceUnavailable,
            Self::Store(StoreError::Corrupt(_)) | Self::Password(_) | Self::Alongside(_) => Code::Internal,
        }
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

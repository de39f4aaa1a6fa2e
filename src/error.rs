//! What can go wrong.

use std::sync::Arc;
use std::time::Duration;

use crate::{Code, DeviceChoice, SignInMethod, SignInTicket, StoreError};

/// The result of a call that may be refused or fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something was refused or failed; [`Error::code`] is what clients see.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request itself is refused.
    #[error("refused: {0}")]
    Refused(Code),
    /// The session is not fresh: verify the person again and call [`Sessions::prove`].
    ///
    /// [`Sessions::prove`]: crate::Sessions::prove
    #[error("the session is not fresh")]
    SessionNotFresh {
        /// The accepted proofs, as configured. If it is empty, only a new sign-in is fresh.
        proofs: Vec<SignInMethod>,
    },
    /// The proof is right, but the person is signed in on as many devices as allowed. Let them choose one to sign out,
    /// and call [`Sessions::begin_instead`], or `Accounts::sign_in_instead` if they used a password.
    ///
    /// [`Sessions::begin_instead`]: crate::Sessions::begin_instead
    #[error("the user has as many sessions as allowed")]
    LimitReached {
        /// The ticket, which signs in once, in place of a device.
        ticket: SignInTicket,
        /// The devices to choose from.
        choice: Box<DeviceChoice>,
    },
    /// A credential of the user has changed since the proof was checked: check it again.
    #[error("a credential has changed since the proof was checked")]
    ProofOutdated,
    /// Too many passwords are waiting to be checked.
    #[error("too many passwords are waiting to be checked")]
    Busy {
        /// How long to wait before the next attempt.
        retry_after: Duration,
    },
    /// Too many attempts with a wrong password. This one was not checked.
    #[error("too many failed attempts")]
    Throttled {
        /// How long to wait before the next attempt.
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
    /// Wraps a failure of the caller's own work in a transaction, for an [`Alongside`](crate::Alongside).
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

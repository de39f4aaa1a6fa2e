//! What can go wrong in the engine.

use std::time::Duration;

use crate::{Code, StoreError};

/// The engine's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why the engine refused or failed; [`Error::code`] is what clients see.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The request itself is refused.
    #[error("refused: {0}")]
    Refused(Code),
    /// Too many passwords wait to be checked.
    #[error("too many passwords wait to be checked")]
    Busy {
        /// When to try again.
        retry_after: Duration,
    },
    /// Too many tries with a wrong password: this one was not looked at.
    #[error("too many tries failed")]
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
}

impl Error {
    /// The stable name of what went wrong.
    pub fn code(&self) -> Code {
        match self {
            Self::Refused(code) => *code,
            Self::Throttled { .. } => Code::TooManyRequests,
            Self::Busy { .. } => Code::ServerBusy,
            Self::Store(StoreError::Unavailable(_)) => Code::ServiceUnavailable,
            Self::Store(StoreError::Corrupt(_)) | Self::Password(_) => Code::Internal,
        }
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

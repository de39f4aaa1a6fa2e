//! What a store tells of itself after it has committed.

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use crate::{SessionId, Timestamp, UserId};

/// A change that is committed: it names rows, and whoever wants to know more reads them.
///
/// Small, so that a database can carry it between nodes; without words, so that none can be out of date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Sessions of a user began or ended.
    Sessions {
        /// Whose they are.
        user: UserId,
        /// Which ones.
        ids: Vec<SessionId>,
    },
    /// A browser acts as another session now.
    Switched {
        /// The user of the session that was active.
        user: UserId,
        /// The session that was active.
        from: SessionId,
        /// The session that is.
        to: SessionId,
    },
    /// A session has another credential since its person proved once more who they are.
    Reauthenticated {
        /// Whose it is.
        user: UserId,
        /// Which one.
        id: SessionId,
    },
    /// What lists show of a session has changed: the name of its device, or where and by which browser it is used.
    Renamed {
        /// Whose it is.
        user: UserId,
        /// Which one.
        id: SessionId,
    },
    /// The person has said that the sign-in of a session, on a new device, was theirs.
    Recognized {
        /// Whose it is.
        user: UserId,
        /// Which one.
        id: SessionId,
    },
    /// Sessions made requests.
    Touched(
        /// Whose, which and when.
        Vec<(UserId, SessionId, Timestamp)>,
    ),
    /// Changes may have been missed: whatever was derived from them is to be read anew.
    Gap,
}

/// The changes of a store from now on, in the order of their commits.
#[derive(Debug)]
pub struct Changes(Receiver<Change>);

impl Changes {
    /// Takes the receiving end of what a store sends.
    pub fn new(receiver: Receiver<Change>) -> Self {
        Self(receiver)
    }

    /// Waits for the next change; `None` when the store is gone. Whoever is too slow hears [`Change::Gap`].
    pub async fn next(&mut self) -> Option<Change> {
        match self.0.recv().await {
            Ok(change) => Some(change),
            Err(RecvError::Lagged(_)) => Some(Change::Gap),
            Err(RecvError::Closed) => None,
        }
    }
}

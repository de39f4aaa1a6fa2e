//! Changes that a store announces after a commit.

use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::{SessionId, Timestamp, UserId};

/// A committed change. It names rows; the receiver reads them.
///
/// It is small, so that a database can carry it between nodes, and has no content that could be out of date.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Sessions of a user began or ended.
    Sessions {
        /// The user.
        user: UserId,
        /// The sessions.
        ids: Vec<SessionId>,
    },
    /// A browser switched to another session.
    Switched {
        /// The user of the session that was active.
        user: UserId,
        /// The session that was active.
        from: SessionId,
        /// The session that is active now.
        to: SessionId,
    },
    /// A session got another credential because its person proved again who they are.
    Reauthenticated {
        /// The user.
        user: UserId,
        /// The session.
        id: SessionId,
    },
    /// What lists show of a session has changed: the name of its device, or where and by which browser it is used.
    Renamed {
        /// The user.
        user: UserId,
        /// The session.
        id: SessionId,
    },
    /// The person confirmed the sign-in of a session on a new device.
    Recognized {
        /// The user.
        user: UserId,
        /// The session.
        id: SessionId,
    },
    /// Sessions made requests.
    Touched(
        /// The users, the sessions, and when.
        Vec<(UserId, SessionId, Timestamp)>,
    ),
    /// Changes may have been missed. Read again what was derived from them.
    Gap,
}

/// The changes of a store from now on, in commit order.
#[derive(Debug)]
pub struct Changes(Receiver<Change>);

impl Changes {
    /// Takes the receiving end of what a store sends.
    pub fn new(receiver: Receiver<Change>) -> Self {
        Self(receiver)
    }

    /// Waits for the next change; `None` when the store is closed. A receiver that is too slow gets [`Change::Gap`].
    pub async fn next(&mut self) -> Option<Change> {
        match self.0.recv().await {
            Ok(change) => Some(change),
            Err(RecvError::Lagged(_)) => Some(Change::Gap),
            Err(RecvError::Closed) => None,
        }
    }

    /// Waits for the next change, and returns it with those that are already queued, at most `limit`. It returns an
    /// empty list when the store is closed. If it is dropped while it waits, nothing is lost.
    pub async fn next_batch(&mut self, limit: usize) -> Vec<Change> {
        let mut batch = Vec::from_iter(self.next().await);
        while (1..limit).contains(&batch.len()) {
            match self.0.try_recv() {
                Ok(change) => batch.push(change),
                Err(TryRecvError::Lagged(_)) => batch.push(Change::Gap),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        batch
    }
}

//! When sessions were last active, kept in memory between two writes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{SessionId, Timestamp};

/// A buffer in front of `last_active_at`: a request costs a map entry, not a write.
#[derive(Debug, Default)]
pub(crate) struct Activity(Mutex<HashMap<SessionId, Timestamp>>);

impl Activity {
    /// Notes that the session made a request.
    pub(crate) fn touch(&self, id: &SessionId, now: Timestamp) {
        let mut buffer = self.lock();
        match buffer.get_mut(id) {
            Some(at) => *at = (*at).max(now),
            None => {
                buffer.insert(id.clone(), now);
            }
        }
    }

    /// Gives the later of what the store knows and what the buffer knows.
    pub(crate) fn latest(&self, id: &SessionId, stored: Timestamp) -> Timestamp {
        self.lock().get(id).copied().unwrap_or(stored).max(stored)
    }

    /// Takes everything out, to be written.
    pub(crate) fn take(&self) -> Vec<(SessionId, Timestamp)> {
        std::mem::take(&mut *self.lock()).into_iter().collect()
    }

    /// Puts back what could not be written.
    pub(crate) fn put_back(&self, batch: Vec<(SessionId, Timestamp)>) {
        for (id, at) in batch {
            self.touch(&id, at);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Timestamp>> {
        // A map of times is right whatever the panicking thread was doing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

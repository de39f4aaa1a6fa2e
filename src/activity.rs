//! When sessions were last active, kept in memory between two writes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::{SessionId, Timestamp, Touch};

/// A buffer in front of `last_active_at`: a request costs a map entry, not a write.
#[derive(Debug, Default)]
pub(crate) struct Activity(Mutex<HashMap<SessionId, Last>>);

/// When a session was last active, and from where if that is another address than the store knows.
#[derive(Debug)]
struct Last {
    at: Timestamp,
    ip_address: Option<String>,
}

impl Activity {
    /// Notes that the session made a request, and that it came from another address than the store knows.
    pub(crate) fn touch(&self, id: &SessionId, now: Timestamp, moved_to: Option<String>) {
        let mut buffer = self.lock();
        match buffer.get_mut(id) {
            Some(last) => {
                last.at = last.at.max(now);
                last.ip_address = moved_to.or(last.ip_address.take());
            }
            None => {
                buffer.insert(id.clone(), Last { at: now, ip_address: moved_to });
            }
        }
    }

    /// Gives the later of what the store knows and what the buffer knows.
    pub(crate) fn latest(&self, id: &SessionId, stored: Timestamp) -> Timestamp {
        self.lock().get(id).map_or(stored, |last| last.at.max(stored))
    }

    /// Takes everything out, to be written.
    pub(crate) fn take(&self) -> Vec<Touch> {
        let buffer = std::mem::take(&mut *self.lock());
        buffer
            .into_iter()
            .map(|(session, Last { at, ip_address })| Touch { session, at, ip_address })
            .collect()
    }

    /// Puts back what could not be written.
    pub(crate) fn put_back(&self, batch: Vec<Touch>) {
        let mut buffer = self.lock();
        for Touch { session, at, ip_address } in batch {
            let last = buffer.entry(session).or_insert(Last { at, ip_address: None });
            last.at = last.at.max(at);
            // What has been noted meanwhile is later.
            last.ip_address = last.ip_address.take().or(ip_address);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SessionId, Last>> {
        // A map of times is right whatever the panicking thread was doing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Live sessions in memory.

use std::sync::Arc;

use super::StoredSession;
use super::cache::Cache;
use crate::{Change, Handle};

/// Live sessions by their handles; each belongs to its user.
pub(super) type SessionCache = Cache<Handle, Arc<StoredSession>>;

impl SessionCache {
    /// Invalidates the sessions that changes may show in: all of their users.
    pub(super) fn apply(&self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Sessions { user, .. }
                | Change::Reauthenticated { user, .. }
                | Change::Renamed { user, .. }
                | Change::Recognized { user, .. } => self.invalidate(user.as_str()),
                Change::Gap => self.clear(),
                Change::Switched { .. } | Change::Touched(_) => {}
            }
        }
    }
}

/// What a store did with the sessions that it keeps in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionCacheStatistics {
    /// How many sessions were found there.
    pub hits: u64,
    /// How many were not, and were read.
    pub misses: u64,
    /// How many are there, those that are out of date too.
    pub sessions: usize,
    /// How many changes have waited for other nodes.
    pub waits: u64,
}

//! The session cache.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Instant;

use quick_cache::Equivalent;

use super::cache::{Cache, Noted};
use super::{SessionCacheStatistics, StoredSession};
use crate::{Change, Handle, Timestamp, UserId};

/// One list is cached for so many cached sessions, if the list is not longer than that.
const SESSIONS_FOR_A_LIST: usize = 10;

/// Live sessions by their handles, and the lists of users who look at their devices.
#[derive(Debug)]
pub struct SessionCache {
    live: Cache<ByHandle, Arc<StoredSession>>,
    lists: Cache<UserId, Arc<[Arc<StoredSession>]>>,
}

/// A session as the key of itself. A copy of the handle would take more memory.
#[derive(Debug)]
struct ByHandle(Arc<StoredSession>);

impl ByHandle {
    fn handle(&self) -> &Handle {
        &self.0.session.handle
    }
}

impl PartialEq for ByHandle {
    fn eq(&self, other: &Self) -> bool {
        self.handle() == other.handle()
    }
}

impl Eq for ByHandle {}

impl Hash for ByHandle {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.handle().hash(state);
    }
}

impl Equivalent<ByHandle> for Handle {
    fn equivalent(&self, key: &ByHandle) -> bool {
        self == key.handle()
    }
}

/// A cache that may be used now, with its state before anything is read.
#[derive(Debug)]
pub(super) struct Usable<'a> {
    cache: &'a SessionCache,
    live: Noted,
    lists: Noted,
}

impl SessionCache {
    /// Creates a cache of at most so many sessions, and a tenth as many lists.
    pub(super) fn new(sessions: usize) -> Self {
        Self { live: Cache::new(sessions), lists: Cache::new(sessions.div_ceil(SESSIONS_FOR_A_LIST)) }
    }

    /// Returns the state before anything is looked up or read: see [`Cache::note`].
    pub(super) fn note(&self, generation: u64, now: Instant) -> Usable<'_> {
        Usable { cache: self, live: self.live.note(generation, now), lists: self.lists.note(generation, now) }
    }

    /// Invalidates the entries of all users that the changes are about.
    pub(super) fn apply(&self, changes: &[Change]) {
        for change in changes {
            match change {
                Change::Sessions { user, .. }
                | Change::Reauthenticated { user, .. }
                | Change::Renamed { user, .. }
                | Change::Recognized { user, .. } => self.invalidate(user),
                // A list shows the last activity of its sessions.
                Change::Touched(touched) => {
                    touched.iter().for_each(|(user, ..)| self.lists.invalidate(user.as_str()));
                }
                Change::Gap => self.clear(),
                Change::Switched { .. } => {}
            }
        }
    }

    /// Invalidates the entries of a user.
    pub(super) fn invalidate(&self, user: &UserId) {
        self.live.invalidate(user.as_str());
        self.lists.invalidate(user.as_str());
    }

    /// Invalidates everything.
    pub(super) fn clear(&self) {
        self.live.clear();
        self.lists.clear();
    }

    /// The numbers of entries, hits and misses.
    pub(super) fn statistics(&self, waits: u64) -> SessionCacheStatistics {
        let (live, lists) = (self.live.lookups(), self.lists.lookups());
        let (hits, misses) = (live.0 + lists.0, live.1 + lists.1);
        SessionCacheStatistics { hits, misses, sessions: self.live.len(), waits }
    }
}

impl Usable<'_> {
    /// Finds a live session. One that looks expired is not returned, because it may have been extended since.
    pub(super) fn live(&self, handle: &Handle, now: Timestamp) -> Option<Arc<StoredSession>> {
        self.cache.live.get(handle, &self.live).filter(|stored| stored.session.expires_at > now)
    }

    /// Inserts a session that was read.
    pub(super) fn keep(&self, stored: &Arc<StoredSession>) {
        let key = ByHandle(Arc::clone(stored));
        self.cache.live.insert(key, stored.user.id.as_str(), Arc::clone(stored), self.live);
    }

    /// Finds the list of a user's live sessions. If one of them looks expired, the list is not returned.
    pub(super) fn list(&self, user: &UserId, now: Timestamp) -> Option<Arc<[Arc<StoredSession>]>> {
        let list = self.cache.lists.get(user, &self.lists)?;
        list.iter().all(|stored| stored.session.expires_at > now).then_some(list)
    }

    /// Inserts the list of a user that was read.
    pub(super) fn keep_list(&self, user: &UserId, list: &[Arc<StoredSession>]) {
        if list.len() <= SESSIONS_FOR_A_LIST {
            self.cache.lists.insert(user.clone(), user.as_str(), list.into(), self.lists);
        }
    }
}

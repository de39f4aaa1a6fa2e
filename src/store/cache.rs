//! Answers from memory that are never older than a change that was answered. `docs/session-cache.md` argues why.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::time::{Duration, Instant};

use quick_cache::sync::Cache as Entries;

/// How long an entry is used before it is read again: it bounds how long a change by hand stays unseen.
const KEPT_FOR: Duration = Duration::from_secs(60);
/// An invalidation is of a group of owners, so that no list of owners is needed.
const GROUPS: usize = 4_096;

/// Values by key, each with the owner whose changes invalidate it.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    entries: Entries<K, Entry<V>>,
    hasher: RandomState,
    /// How many invalidations there were.
    invalidations: AtomicU64,
    /// For each group of owners the last invalidation of one of them.
    invalidated: Box<[AtomicU64]>,
    /// The last invalidation of everything.
    cleared: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

#[derive(Clone, Debug)]
struct Entry<V> {
    value: V,
    group: usize,
    noted: Noted,
}

/// The state of a cache before something is read: what is read counts from then on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted {
    invalidations: u64,
    generation: u64,
    at: Instant,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// Makes a cache of at most so many entries.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: Entries::new(capacity),
            hasher: RandomState::new(),
            invalidations: AtomicU64::default(),
            invalidated: std::iter::repeat_with(AtomicU64::default).take(GROUPS).collect(),
            cleared: AtomicU64::default(),
            hits: AtomicU64::default(),
            misses: AtomicU64::default(),
        }
    }

    /// Notes the state, before anything is looked up or read. `generation` counts the changes of other processes, and entries
    /// count in their own generation only.
    pub(crate) fn note(&self, generation: u64, now: Instant) -> Noted {
        Noted { invalidations: self.invalidations.load(SeqCst), generation, at: now }
    }

    /// Finds a value that nothing has changed since it was read.
    pub(crate) fn get(&self, key: &K, noted: &Noted) -> Option<V> {
        let entry = self.entries.get(key).filter(|entry| {
            let read = &entry.noted;
            read.generation == noted.generation
                && read.invalidations >= self.cleared.load(SeqCst)
                && read.invalidations >= self.invalidated[entry.group].load(SeqCst)
                && noted.at.saturating_duration_since(read.at) < KEPT_FOR
        });
        let counter = if entry.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Relaxed);
        entry.map(|entry| entry.value)
    }

    /// Keeps a value that was read since the state was noted. What was invalidated meanwhile is never found.
    pub(crate) fn insert(&self, key: K, owner: &str, value: V, noted: Noted) {
        self.entries.insert(key, Entry { value, group: self.group(owner), noted });
    }

    /// Invalidates what is there of an owner, once a change of it is committed.
    pub(crate) fn invalidate(&self, owner: &str) {
        self.raise(&self.invalidated[self.group(owner)]);
    }

    /// Invalidates everything.
    pub(crate) fn clear(&self) {
        self.raise(&self.cleared);
    }

    /// How many lookups found a value, and how many did not.
    pub(crate) fn lookups(&self) -> (u64, u64) {
        (self.hits.load(Relaxed), self.misses.load(Relaxed))
    }

    /// How many values there are, also such as are never found again.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whatever was noted before is less.
    fn raise(&self, last: &AtomicU64) {
        last.fetch_max(self.invalidations.fetch_add(1, SeqCst) + 1, SeqCst);
    }

    fn group(&self, owner: &str) -> usize {
        usize::try_from(self.hasher.hash_one(owner)).unwrap_or(usize::MAX) % GROUPS
    }
}

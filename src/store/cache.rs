//! A cache whose entries are never older than a change that was answered. `docs/session-cache.md` explains
//! why.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed, Ordering::SeqCst};
use std::time::{Duration, Instant};

use quick_cache::Equivalent;
use quick_cache::sync::Cache as Entries;

/// How long an entry is used before it is read again. This bounds how long a change by hand stays unseen.
const MAX_AGE: Duration = Duration::from_secs(60);
/// Invalidations are counted per group of owners, so that no list of owners is needed.
const GROUPS: u16 = 4_096;
/// The unit of the time at which an entry was read.
const TICK: Duration = Duration::from_millis(100);

/// Values by key, each with the owner whose changes invalidate it.
#[derive(Debug)]
pub(super) struct Cache<K, V> {
    entries: Entries<K, Entry<V>>,
    hasher: RandomState,
    created_at: Instant,
    /// The number of invalidations so far.
    invalidations: AtomicU64,
    /// The last invalidation of each group of owners.
    invalidated: Box<[AtomicU64]>,
    /// The last invalidation of everything.
    cleared: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
}

/// Small, because there is one for each session.
#[derive(Clone, Debug)]
struct Entry<V> {
    value: V,
    invalidations: u64,
    generation: u64,
    /// In ticks since the cache was created, rounded down: an entry counts as older than it is, never as younger.
    read_at: u32,
    group: u16,
}

/// The state of a cache before something is read. The value that is then read is valid from this state on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noted {
    invalidations: u64,
    generation: u64,
    at: Instant,
}

impl<K: Eq + Hash, V: Clone> Cache<K, V> {
    /// Creates a cache of at most so many entries.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            entries: Entries::new(capacity),
            hasher: RandomState::new(),
            created_at: Instant::now(),
            invalidations: AtomicU64::default(),
            invalidated: std::iter::repeat_with(AtomicU64::default).take(GROUPS.into()).collect(),
            cleared: AtomicU64::default(),
            hits: AtomicU64::default(),
            misses: AtomicU64::default(),
        }
    }

    /// Returns the state. Call it before looking anything up or reading it. `generation` counts the changes
    /// of other processes, and entries are valid only in their own generation.
    pub(crate) fn note(&self, generation: u64, now: Instant) -> Noted {
        Noted { invalidations: self.invalidations.load(SeqCst), generation, at: now }
    }

    /// Finds a value that was not invalidated since it was read.
    pub(crate) fn get<Q: Hash + Equivalent<K>>(&self, key: &Q, noted: &Noted) -> Option<V> {
        let entry = self.entries.get(key).filter(|entry| {
            entry.generation == noted.generation
                && entry.invalidations >= self.cleared.load(SeqCst)
                && entry.invalidations >= self.invalidated[usize::from(entry.group)].load(SeqCst)
                && noted.at.saturating_duration_since(self.created_at + TICK * entry.read_at) < MAX_AGE
        });
        let counter = if entry.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Relaxed);
        entry.map(|entry| entry.value)
    }

    /// Inserts a value that was read after the state was noted. If it was invalidated meanwhile, it is never
    /// found.
    pub(crate) fn insert(&self, key: K, owner: &str, value: V, noted: Noted) {
        let Noted { invalidations, generation, at } = noted;
        let ticks = at.saturating_duration_since(self.created_at).as_millis() / TICK.as_millis();
        let read_at = u32::try_from(ticks).unwrap_or(u32::MAX);
        self.entries
            .insert(key, Entry { value, invalidations, generation, read_at, group: self.group(owner) });
    }

    /// Invalidates the entries of an owner after a change was committed.
    pub(crate) fn invalidate(&self, owner: &str) {
        self.raise(&self.invalidated[usize::from(self.group(owner))]);
    }

    /// Invalidates everything.
    pub(crate) fn clear(&self) {
        self.raise(&self.cleared);
    }

    /// How many lookups found a value, and how many did not.
    pub(crate) fn lookups(&self) -> (u64, u64) {
        (self.hits.load(Relaxed), self.misses.load(Relaxed))
    }

    /// How many entries there are, including invalid ones.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Sets it to a number greater than that of all states noted before.
    fn raise(&self, last: &AtomicU64) {
        last.fetch_max(self.invalidations.fetch_add(1, SeqCst) + 1, SeqCst);
    }

    fn group(&self, owner: &str) -> u16 {
        // The remainder fits.
        (self.hasher.hash_one(owner) % u64::from(GROUPS)) as u16
    }
}

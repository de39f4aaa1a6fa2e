//! What a store does at a moment, for metrics.

/// What a store keeps in memory and has open now: see [`Store::load`](super::Store::load).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct StoreLoad {
    /// The session cache, if the store has one.
    pub session_cache: Option<SessionCacheStatistics>,
    /// The pools of connections.
    pub pools: Vec<PoolLoad>,
}

/// A pool of database connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLoad {
    /// Its name, which is a label of metrics.
    pub name: &'static str,
    /// How many connections are open.
    pub open: u32,
    /// How many of them nobody uses.
    pub idle: u32,
    /// How many may be open.
    pub maximum: u32,
}

#[cfg(any(feature = "postgres", feature = "sqlite"))]
impl PoolLoad {
    pub(super) fn of<D: sqlx::Database>(name: &'static str, pool: &sqlx::Pool<D>) -> Self {
        let idle = u32::try_from(pool.num_idle()).unwrap_or(u32::MAX);
        Self { name, open: pool.size(), idle, maximum: pool.options().get_max_connections() }
    }
}

/// What a store did with the sessions that it keeps in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionCacheStatistics {
    /// How many sessions and lists of sessions were found there.
    pub hits: u64,
    /// How many were not, and were read.
    pub misses: u64,
    /// How many are there, those that are out of date too.
    pub sessions: usize,
    /// How many changes have waited for other nodes.
    pub waits: u64,
}

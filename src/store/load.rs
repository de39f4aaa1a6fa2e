//! The load of a store, for metrics.

/// The session cache and the open connections of a store: see [`Store::load`](super::Store::load).
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
    /// How many of them are idle.
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

/// The use of the session cache.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionCacheStatistics {
    /// How many sessions and lists were found in the cache.
    pub hits: u64,
    /// How many were not found and were read from the database.
    pub misses: u64,
    /// How many sessions are cached, including those that are out of date.
    pub sessions: usize,
    /// How many changes have waited for other nodes.
    pub waits: u64,
}

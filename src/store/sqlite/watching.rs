//! Watches for commits of other processes to the file.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sqlx::sqlite::SqlitePool;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;

use crate::Change;
use crate::store::locked;
use crate::store::session_cache::SessionCache;
use crate::store::sql::errors::Result;

/// How often the file is checked, because SQLite does not notify processes of each other's commits.
const EVERY: Duration = Duration::from_secs(1);

/// How long after a check of the file the cache may be used.
pub(super) const TRUSTED_FOR: Duration = Duration::from_secs(2);

/// The task that checks the file. Dropping this ends it.
#[derive(Debug)]
pub(super) struct Watching {
    task: AbortHandle,
    /// `None` after the task has stopped.
    looked_at: Arc<Mutex<Option<Instant>>>,
}

/// Its value changes when another connection, which belongs to another process, has committed something.
const DATA_VERSION: &str = "pragma data_version";

/// Changes with each commit of another connection than the writer's. The numbers of two connections cannot be
/// compared, so the number of the connection comes first.
type Version = (u64, i64);

impl Watching {
    /// Starts watching. A commit of another process after this is announced to `changes` as a gap.
    ///
    /// `writer` is the only connection with which this process commits, and `connections` counts its
    /// replacements.
    pub(super) async fn start(
        writer: SqlitePool,
        connections: Arc<AtomicU64>,
        changes: broadcast::Sender<Change>,
        cache: Option<Arc<SessionCache>>,
    ) -> Result<Self> {
        let looked_at = Arc::new(Mutex::new(Some(Instant::now())));
        let known = version(&writer, &connections).await?;
        let looks = Arc::clone(&looked_at);
        let task = tokio::spawn(watch(writer, connections, changes, cache, looks, known)).abort_handle();
        Ok(Self { task, looked_at })
    }

    /// When the last check began whose changes have all been applied; `None` after the task has stopped.
    pub(super) fn looked_at(&self) -> Option<Instant> {
        *locked(&self.looked_at)
    }

    pub(super) fn stop(&self) {
        self.task.abort();
        *locked(&self.looked_at) = None;
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.stop();
    }
}

async fn watch(
    writer: SqlitePool,
    connections: Arc<AtomicU64>,
    changes: broadcast::Sender<Change>,
    cache: Option<Arc<SessionCache>>,
    looked_at: Arc<Mutex<Option<Instant>>>,
    mut known: Version,
) {
    loop {
        tokio::time::sleep(EVERY).await;
        let looks_at = Instant::now();
        match version(&writer, &connections).await {
            Ok(version) => {
                if version != known {
                    known = version;
                    cache.iter().for_each(|cache| cache.clear());
                    // Sending fails only without receivers.
                    let _ = changes.send(Change::Gap);
                }
                let mut looked_at = locked(&looked_at);
                if looked_at.is_some() {
                    *looked_at = Some(looks_at);
                }
            }
            // Requests report the error; changes in between are seen by the next check.
            Err(error) => tracing::debug!(%error, "the file could not be checked for changes"),
        }
    }
}

async fn version(writer: &SqlitePool, connections: &AtomicU64) -> Result<Version> {
    let mut connection = writer.acquire().await?;
    let version = sqlx::query_scalar(DATA_VERSION).fetch_one(&mut *connection).await?;
    // There is only one connection at a time.
    Ok((connections.load(Ordering::SeqCst), version))
}

//! What other processes commit to the file.

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

/// How often the file is asked: nothing tells one process what another has committed.
const EVERY: Duration = Duration::from_secs(1);

/// How long after a look at the file an answer from memory is trusted.
pub(super) const TRUSTED_FOR: Duration = Duration::from_secs(2);

/// The task that asks; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watching {
    task: AbortHandle,
    /// `None` once nobody looks any more.
    looked_at: Arc<Mutex<Option<Instant>>>,
}

/// Another number once another connection, which is another process's, has committed something.
const DATA_VERSION: &str = "pragma data_version";

/// What changes with each commit that is not of the writer's connection; numbers of two connections say nothing about
/// each other, so the connection's own comes first.
type Version = (u64, i64);

impl Watching {
    /// Watches from now on: what another process commits after this returned is told to `changes` as a gap.
    ///
    /// `writer` is the one connection that this process commits by, and `connections` counts its successors.
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

    /// When the last look began whose changes have all been applied; `None` once nobody looks any more.
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
                    // Without listeners nobody hears it.
                    let _ = changes.send(Change::Gap);
                }
                let mut looked_at = locked(&looked_at);
                if looked_at.is_some() {
                    *looked_at = Some(looks_at);
                }
            }
            // Requests say what is wrong; what happened meanwhile is seen the next time.
            Err(error) => tracing::debug!(%error, "the file could not be checked for changes"),
        }
    }
}

async fn version(writer: &SqlitePool, connections: &AtomicU64) -> Result<Version> {
    let mut connection = writer.acquire().await?;
    let version = sqlx::query_scalar(DATA_VERSION).fetch_one(&mut *connection).await?;
    // There is one connection at a time, and this is it.
    Ok((connections.load(Ordering::SeqCst), version))
}

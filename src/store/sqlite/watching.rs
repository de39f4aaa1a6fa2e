//! What other processes commit to the file.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::sqlite::SqlitePool;
use tokio::sync::broadcast;
use tokio::task::AbortHandle;

use crate::Change;
use crate::store::sql::errors::Result;

/// How often the file is asked: nothing tells one process what another has committed.
const EVERY: Duration = Duration::from_secs(1);

/// The task that asks; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct Watching(AbortHandle);

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
    ) -> Result<Self> {
        let known = version(&writer, &connections).await?;
        Ok(Self(tokio::spawn(watch(writer, connections, changes, known)).abort_handle()))
    }

    pub(super) fn stop(&self) {
        self.0.abort();
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
    mut known: Version,
) {
    loop {
        tokio::time::sleep(EVERY).await;
        match version(&writer, &connections).await {
            Ok(version) if version != known => {
                known = version;
                // Without listeners nobody hears it.
                let _ = changes.send(Change::Gap);
            }
            Ok(_) => {}
            // Requests say what is wrong; what happened meanwhile is seen the next time.
            Err(error) => tracing::debug!(%error, "the file could not be asked for changes"),
        }
    }
}

async fn version(writer: &SqlitePool, connections: &AtomicU64) -> Result<Version> {
    let mut connection = writer.acquire().await?;
    let version = sqlx::query_scalar(DATA_VERSION).fetch_one(&mut *connection).await?;
    // There is one connection at a time, and this is it.
    Ok((connections.load(Ordering::SeqCst), version))
}

//! A copy of the database, taken while other processes use it.

use std::fs::File;
use std::path::Path;

use sqlx::{ConnectOptions, Connection};

use super::{PATIENCE, Sqlite, options_of};
use crate::store::sql::SqlStore;
use crate::store::sql::errors::{Result, unavailable};

impl SqlStore<Sqlite> {
    /// Copies the database of a URL into a file that does not exist or is empty. The copy is the database at one moment:
    /// every change that was answered before the call is in it. Processes that use the database are not disturbed.
    ///
    /// The copy is durable when this returns; if it fails, the file may be incomplete. The database is only read, so its
    /// schema stays as it is, whatever release wrote it.
    ///
    /// # Errors
    ///
    /// [`StoreError`](crate::StoreError) if there is no such database, or the file has content or cannot be written.
    pub async fn back_up(url: &str, to: &Path) -> Result<()> {
        let name = to.to_str().ok_or_else(|| unavailable("the name of the copy must be UTF-8"))?;
        let options = options_of(url)?.create_if_missing(false).read_only(true).busy_timeout(PATIENCE);
        let mut connection = options.connect().await?;
        // One statement, so one snapshot.
        sqlx::query("vacuum into $1").bind(name).execute(&mut connection).await?;
        connection.close().await?;
        // SQLite does not sync the file.
        let copy = to.to_owned();
        let synced = tokio::task::spawn_blocking(move || File::open(copy)?.sync_all()).await;
        synced.map_err(unavailable)?.map_err(unavailable)
    }
}

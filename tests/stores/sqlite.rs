//! The embedded store: a file for each test.

use std::sync::Arc;

use multi_session::{SqliteStore, Store};
use tempfile::TempDir;

async fn make() -> (Arc<dyn Store>, TempDir) {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    (Arc::new(SqliteStore::open(&url).await.expect("a database")), folder)
}

multi_session::store_contract!(make());

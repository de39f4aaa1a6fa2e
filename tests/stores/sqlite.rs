//! The embedded store: a file for each test.

use std::sync::Arc;

use multi_session::{SqliteStore, Store};
use tempfile::TempDir;

use crate::import;

async fn open() -> (SqliteStore, TempDir) {
    let folder = TempDir::new().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    (SqliteStore::open(&url).await.expect("a database"), folder)
}

async fn make() -> (Arc<dyn Store>, TempDir) {
    let (store, folder) = open().await;
    (Arc::new(store), folder)
}

multi_session::store_contract!(make());

#[tokio::test]
async fn no_statement_scans_a_table() {
    let (store, _folder) = open().await;
    let plans = store.explain().await.expect("the plans");
    assert!(plans.len() > 15);
    for (name, steps) in plans {
        for step in steps {
            let scans_a_table = step.starts_with("SCAN ")
                && !step.contains("json_each")
                && !step.contains("CONSTANT ROW")
                && !step.contains("batch");
            assert!(!scans_a_table, "{name}: {step}");
        }
    }
}

#[tokio::test]
async fn an_import_follows_the_other_system() {
    let (store, _folder) = open().await;
    import::an_import_follows_the_other_system(&store).await;
}

#[tokio::test]
async fn what_was_changed_here_stays_in_an_import() {
    let (store, _folder) = open().await;
    import::what_was_changed_here_stays(&store).await;
}

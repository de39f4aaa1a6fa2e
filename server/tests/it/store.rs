//! The database of a test's server: a file of its own, or in the second run, with MULTI_SESSION_TEST_STORE=postgres,
//! a PostgreSQL database of its own.

use std::sync::Arc;

use multi_session::{
    ImportStore, PostgresStore, PostgresTestDatabase, SessionId, SqliteStore, Store, StoreError,
};
use tempfile::TempDir;

/// Few, since many tests run at once.
const CONNECTIONS: u32 = 4;

/// What tests ask a database for.
pub(crate) trait TestStore: Store + ImportStore {}

impl<T: Store + ImportStore> TestStore for T {}

/// A database of its own; it goes when this is dropped.
pub(crate) enum TestDatabase {
    Sqlite(SqliteStore, TempDir),
    Postgres(PostgresStore, Box<PostgresTestDatabase>),
}

impl TestDatabase {
    pub(crate) async fn make() -> Self {
        match std::env::var("MULTI_SESSION_TEST_STORE").as_deref() {
            Err(_) | Ok("sqlite") => {
                let folder = TempDir::new().expect("a folder");
                let url = format!("sqlite://{}", folder.path().join("test.db").display());
                Self::Sqlite(SqliteStore::open(&url).await.expect("a database"), folder)
            }
            Ok("postgres") => {
                let database = PostgresTestDatabase::migrated().await;
                let store = PostgresStore::open(&database.url(), CONNECTIONS).await.expect("a database");
                Self::Postgres(store, Box::new(database))
            }
            Ok(other) => panic!("MULTI_SESSION_TEST_STORE is {other:?}: it may be sqlite or postgres"),
        }
    }

    pub(crate) fn store(&self) -> Arc<dyn TestStore> {
        match self {
            Self::Sqlite(store, _) => Arc::new(store.clone()),
            Self::Postgres(store, _) => Arc::new(store.clone()),
        }
    }

    /// Every session, live or not.
    pub(crate) async fn order_of_creation(&self) -> Result<Vec<SessionId>, StoreError> {
        match self {
            Self::Sqlite(store, _) => store.order_of_creation().await,
            Self::Postgres(store, _) => store.order_of_creation().await,
        }
    }

    /// Everything that is kept: the bytes of the files, without the index of the log, which readers mark, or the rows
    /// as text.
    pub(crate) async fn contents(&self) -> Vec<u8> {
        match self {
            Self::Sqlite(_, folder) => {
                let files = std::fs::read_dir(folder.path()).expect("the folder");
                let paths = files.map(|file| file.expect("a file").path());
                let kept = paths.filter(|path| !path.to_string_lossy().ends_with("-shm"));
                kept.flat_map(|path| std::fs::read(path).expect("its bytes")).collect()
            }
            Self::Postgres(_, database) => database.contents().await.into_bytes(),
        }
    }
}
